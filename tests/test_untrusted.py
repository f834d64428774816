"""What a service sends is text: it becomes no HTML, no script, no terminal's escape, no formula and no exception."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
import sys
import traceback
import wave
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from matplotlib.text import Text
from servers import KEY, Cloud, Talk, ended, failure, tone, well
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

import paraformer_nb as pnb
from paraformer_nb.dashscope.server_protocol import ENGINE_HEADER
from paraformer_nb.errors import ParaformerError
from paraformer_nb.journal.records import Received
from paraformer_nb.text import sanitise

STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SHOWN = {  # what is sent, and what is seen of it
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "</script><!--": "</script><!--",
    "<img src=//evil.invalid onerror=alert(1)>": "<img src=//evil.invalid onerror=alert(1)>",
    "javascript:alert(1)": "javascript:alert(1)",
    "&lt;b&gt;&amp;": "&lt;b&gt;&amp;",
    "$\\frac{": "$\\frac{",
    "$x_1^2$": "$x_1^2$",
    "\\input{a}%": "\\input{a}%",
    "%s%(x)s{}{0!r}": "%s%(x)s{}{0!r}",
    "../../x": "../../x",
    "C:\\CON": "C:\\CON",
    "=1+1": "=1+1",
    "😀👩\u200d👧": "😀👩\u200d👧",
    "今天": "今天",
    "a\u00a0b": "a\u00a0b",
    "\x1b]0;owned\x07": "]0;owned",
    "\x1b[2J": "[2J",
    "\x9b31m": "31m",
    "bell\x07": "bell",
    "nul\0nul": "nulnul",
    "a\rb": "a b",
    "a\nb": "a b",
    "a\u2028b": "a b",
    "a\x85b": "a b",
    "a\tb": "a b",
    "del\x7f": "del",
    "\u202eevil\u202c": "evil",
    "\u2066a\u2069": "a",
    "half\ud800": "half�",
    "\udc00\ud800": "��",
}
LONG = "w" * 200_000
MANY = 6_000


def as_sent(text: str) -> str:
    """JSON as some services write it: half a character as an escape, what needs none without."""
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", json.dumps(text, ensure_ascii=False))


def hostile_result(task: str, number: int, words: list[str], *, final: bool = True, has_words: bool = True) -> str:
    """A result of such words, which are its punctuation and its speakers, too; or of a text only."""
    begin = 1000 * (number - 1)
    told = [
        {
            "begin_time": begin + 20 * at,
            "end_time": begin + 20 * at + 20,
            "text": word,
            "punctuation": word,
            "speaker_id": word,
            word: word,
        }
        for at, word in enumerate(words)
    ]
    sentence = {
        "sentence_id": number,
        "begin_time": begin,
        "end_time": begin + 900 if final else None,
        "text": " ".join(words),
        "sentence_end": final,
        "emo_tag": words[0],
        "words": told if has_words else [],
    }
    message = {
        "header": {"task_id": task, "event": "result-generated", "attributes": {"x": words}},
        "payload": {"output": {"sentence": sentence, "x": words}, "usage": {"duration": words[0]}},
    }
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda text: as_sent(json.loads(text[0])), json.dumps(message))


async def odd(talk: Talk) -> None:
    """Whatever is no result."""
    for text in SHOWN:
        name = as_sent(text)
        await talk.send(f'{{"header":{{"event":{name},"task_id":"{talk.task}","attributes":{{}}}},"payload":{{}}}}')
        await talk.send(f'{{"header":{{"event":"result-generated","task_id":{name}}},"payload":{{}}}}')
        await talk.send(sanitise(text))


async def hostile(talk: Talk) -> None:
    """Says all there is to say, in every place where there may be a text."""
    await talk.begin()
    await odd(talk)
    await talk.command()
    await talk.send(hostile_result(talk.task, 1, list(SHOWN), final=False))
    await talk.send(hostile_result(talk.task, 1, list(SHOWN)))
    for number, text in enumerate(SHOWN, 2):
        await talk.send(hostile_result(talk.task, number, [text], has_words=False))
    await talk.say(LONG, number=40)
    await talk.say(*("w" for _ in range(MANY)), number=42)
    await talk.finish()


class WithEngine(Cloud):
    """A service that names its engine in the handshake, twice."""

    engine = "<b>$\\frac{\x9b31m\t", "%s"

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        super()._answer(connection, request)
        response = connection.protocol.accept(request)
        for each in self.engine:
            response.headers[ENGINE_HEADER] = each
        return response


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> pnb.Run:
    """A run that was told all of it."""
    path = tmp_path_factory.mktemp("hostile") / "run.jsonl"
    with WithEngine(hostile) as cloud:
        return ended(pnb.transcribe(tone(1.0), service=cloud.service(), pace=None, save=path), 30)


@pytest.fixture(scope="module")
def page(run: pnb.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It as an HTML page."""
    return run.export(tmp_path_factory.mktemp("page") / "run.html", audio=None, title="<b>title</b>")


def assert_plain(told: list[Any]) -> None:
    """Nothing in these texts steers what shows them, and each is one line."""
    assert [text for text in told if isinstance(text, str) and STEERING.search(text)] == []


def test_a_text_is_made_plain() -> None:
    assert {text: sanitise(text) for text in SHOWN} == SHOWN
    assert str(ParaformerError("a\nb\x1b[2J")) == "a b[2J"


# --------------------------------------------------------------------------------------------------------- what is seen


def test_the_tables_hold_it_as_text_and_all_of_it(run: pnb.Run) -> None:
    words = run.words
    first = words[words["sentence_id"] == 1]
    for column in ("text", "punctuation", "speaker"):
        assert list(first[column]) == [text.strip() for text in SHOWN.values()]
    assert list(run.sentences["text"][1 : len(SHOWN)]) == [text.strip() for text in list(SHOWN.values())[:-1]]
    assert words["text"].str.len().max() == len(LONG)
    assert len(words) == 2 * len(SHOWN) + 1 + MANY
    assert words.attrs["service"] == "<b>$\\frac{31m %s"
    for frame in (words, run.words_raw, run.sentences, run.events, run.gaps):
        assert_plain(frame.to_numpy().ravel().tolist())
        assert "<script" not in frame._repr_html_()
        assert "<img" not in frame._repr_html_()
    assert_plain([str(value) for value in words.attrs.values()])


def test_it_is_found_and_taken_back_as_it_stands_in_the_table(run: pnb.Run) -> None:
    view = run.timeline()
    assert len(view.find("alert(1)")) >= 3
    assert run.correct(run.words) == 0, "nothing was changed in it"
    view.close()


def test_what_a_notebook_shows_of_it_is_two_lines_of_text_and_a_picture(run: pnb.Run) -> None:
    view = run.timeline()
    bundle = view._repr_mimebundle_()
    assert bundle is not None
    data = bundle[0]
    view.close()
    assert set(data) == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    assert_plain(data["text/plain"].split("\n"))
    assert data["text/plain"].count("\n") == 1
    assert data["image/png"].startswith(b"\x89PNG")
    assert_plain([repr(run), repr(view), run.text])
    assert "<script" not in str(view.get_state())


def test_a_plot_draws_it_letter_for_letter(run: pnb.Run, tmp_path: Path) -> None:
    figure = run.plot(0.1, 0.2)
    written = {text.get_text(): text for text in figure.findobj(match=Text)}
    assert {"$x_1^2$$x_1^2$", "$\\frac{$\\frac{"} & set(written), "some of them have room"
    assert not [text for text in written.values() if text.get_parse_math() and "$" in text.get_text()]
    assert_plain(list(written))
    figure.savefig(tmp_path / "run.svg")
    assert not [each for each in ElementTree.parse(tmp_path / "run.svg").iter() if each.tag.endswith("script")]
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_word_that_is_longer_than_any_page_is_a_dot(run: pnb.Run) -> None:
    figure = run.plot(39.0, 40.0)
    assert max(len(text.get_text()) for text in figure.findobj(match=Text)) < 1000


class _Page(HTMLParser):
    """What a browser would make of a page: its elements, and the data that stands in it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name == "src"]

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script":
            self.scripts.append(data)


def test_a_page_holds_it_as_data(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    parsed = _Page(text)
    assert parsed.tags.count("script") == 2
    assert not {"img", "b", "iframe"} & set(parsed.tags)
    assert "<!--" not in text.partition('<script type="module">')[0]
    recording = json.loads(parsed.scripts[0])
    words = [word[0] for update in recording["updates"] for each in update["sentences"] for word in each["words"]]
    assert words[: len(SHOWN)] == [text.strip() for text in SHOWN.values()]
    assert_plain(words)


def test_the_recording_keeps_it_as_it_came_and_says_the_same_again(run: pnb.Run) -> None:
    loaded = pnb.load(run.journal.path)
    assert loaded.words.equals(run.words)
    assert loaded.events.equals(run.events)
    bodies = [bytes(record.body).decode() for record in loaded.journal if isinstance(record, Received)]
    sent = [text for text in SHOWN if not re.search("[\ud800-\udfff]", text)]
    assert [text for text in sent if not any(as_sent(text)[1:-1] in body for body in bodies)] == []
    shown = list(run.events["body"].dropna())
    assert any("\\u009b31m" in body for body in shown)
    meant = {text for body in shown for text in _strings(json.loads(body))}
    assert [text for text in sent if text not in meant] == [], "an escape means the same"


def _strings(value: Any) -> list[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        return [value]
    values = [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for each in values for text in _strings(each)]


# --------------------------------------------------------------------------------------------------------- what is said


async def fails(talk: Talk, text: str) -> None:
    await talk.begin()
    await talk.fail(text, text)


async def closes(talk: Talk, text: str) -> None:
    await talk.begin()
    await talk.connection.close(1011, whole(text)[:60])


def whole(text: str) -> str:
    """A text that can be sent without JSON's escapes."""
    return text.encode("utf-8", "replace").decode()


ENDINGS: dict[str, Callable[[str], Cloud]] = {
    "task-failed": lambda text: Cloud(lambda talk: fails(talk, text)),
    "a reason to close": lambda text: Cloud(lambda talk: closes(talk, text)),
    "HTTP 401": lambda text: Cloud(well, status=401, body=whole(text)),
    "HTTP 500": lambda text: Cloud(well, status=500, body=whole(text)),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_error_says_it_in_one_line(ending: str, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG, logger="paraformer_nb")
    said = []
    nasty = "\n".join(SHOWN)[:400], "\x1b]0;owned\x07\n\x9b31m\u202e\u2028FAKE LINE", "%s{}$\\frac{"
    for number, text in enumerate(nasty):
        with ENDINGS[ending](text) as cloud:
            run = pnb.transcribe(
                tone(0.2), service=cloud.service(), retry=pnb.Retry(attempts=1), save=tmp_path / f"{number}"
            )
            error = failure(run)
        view = run.timeline()
        printed = traceback.format_exception_only(error)
        assert len(printed) == 1
        said += [str(error), repr(error), printed[0].rstrip("\n"), view._in_words(), repr(view)]
        said += [*run.events["text"], *run.events["event"], *map(str, run.words.attrs.values())]
        view.close()
    assert_plain([*said, *(record.getMessage() for record in caplog.records)])
    assert "FAKE LINE" in " ".join(said)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0", "1", "2"]


# ------------------------------------------------------------------------------------------------------------ terminals


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    with wave.open(str(tmp_path / "clip.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(tone(0.3)[0].tobytes())
    return tmp_path / "clip.wav"


def _on_a_terminal(command: list[str], environment: dict[str, str]) -> str:
    parent, child = pty.openpty()
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment)
    os.close(child)
    shown = b""
    try:
        while piece := _read(parent):
            shown += piece
    finally:
        process.kill()
        process.wait(10)
        os.close(parent)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # as Linux says that the other side is closed
        return b""


def test_a_terminal_is_not_steered(clip: Path) -> None:
    async def says_it(talk: Talk) -> None:
        await talk.begin()
        await talk.send(hostile_result(talk.task, 1, list(SHOWN), final=False))
        await talk.command()
        await talk.send(hostile_result(talk.task, 1, list(SHOWN)))
        await talk.send(hostile_result(talk.task, 2, list(SHOWN), final=False))
        await talk.fail("\x1b[2J\n\x9b31m", "\x1b]0;owned\x07\u202e\n\u2028")

    command = [sys.executable, "-m", "paraformer_nb.cli", "transcribe", str(clip)]
    environment = os.environ | {
        "DASHSCOPE_API_KEY": KEY,
        "PYTHONIOENCODING": "utf-8",
        "TERM": "xterm",
        "COLUMNS": "100",
    }
    with Cloud(says_it) as cloud:
        shown = _on_a_terminal([*command, "--url", cloud.url], environment)
        piped = subprocess.run(
            [*command, "--url", cloud.url, "--json"], env=environment, capture_output=True, timeout=60, check=False
        )
    assert "]0;owned" in shown
    assert "the service ended the task" in shown
    assert_plain(re.split("\r\n|\r|\x1b\\[A", shown))  # what the bar itself needs
    rows = [json.loads(line) for line in piped.stdout.decode().splitlines()]
    assert [row["text"] for row in rows] == [text.strip() for text in SHOWN.values()]
    assert_plain(piped.stdout.decode().split("\n"))
    assert_plain(re.split("[\r\n]", piped.stderr.decode()))


def test_a_clip_s_name_is_text_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept").mkdir()
    monkeypatch.setenv("PARAFORMER_NB_SAVE_DIR", str(tmp_path / "kept"))
    path = tmp_path / os.fsdecode(b"caf\xe9\x1b[2J\n<b>$x$.wav")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(tone(0.3)[0].tobytes())
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(path, service=cloud.service(), pace=None))
    loaded = pnb.load(run.journal.path)
    for each in (run, loaded):
        view = each.timeline()
        assert_plain(
            [each.words.attrs["clip"], repr(each), *view._in_words().split("\n"), *view._in_words().split("\n")]
        )
        view.close()
    assert run.plot()._repr_png_()
    assert "<b>$x$" not in run.export(tmp_path / "page.html").read_text(encoding="utf-8")
