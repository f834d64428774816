"""A service's text stays text: it never becomes HTML, a script, a terminal escape, a formula or an exception."""

from __future__ import annotations

import json
import logging
import os
import re
import traceback
import wave
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hostile_texts import SHOWN, as_sent, assert_plain, hostile_result
from matplotlib.text import Text
from seen import displayed
from servers import Cloud, Talk, ended, failure, tone, well
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

import paraformer_nb as pnb
from paraformer_nb.dashscope.server_protocol import ENGINE_HEADER
from paraformer_nb.errors import ParaformerError
from paraformer_nb.journal.records import Received
from paraformer_nb.text import sanitise

LONG = "w" * 200_000
MANY = 6_000


async def send_unknown_events(talk: Talk) -> None:
    """Send these texts as names of events and tasks, and as messages."""
    for text in SHOWN:
        name = as_sent(text)
        await talk.send(f'{{"header":{{"event":{name},"task_id":"{talk.task}","attributes":{{}}}},"payload":{{}}}}')
        await talk.send(f'{{"header":{{"event":"result-generated","task_id":{name}}},"payload":{{}}}}')
        await talk.send(sanitise(text))


async def hostile(talk: Talk) -> None:
    """Send these texts in every field that may have a text."""
    await talk.begin()
    await send_unknown_events(talk)
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

    def answer_handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        super().answer_handshake(connection, request)
        response = connection.protocol.accept(request)
        for each in self.engine:
            response.headers[ENGINE_HEADER] = each
        return response


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> pnb.Run:
    """A run that received all of them."""
    path = tmp_path_factory.mktemp("hostile") / "run.jsonl"
    with WithEngine(hostile) as cloud:
        return ended(pnb.transcribe(tone(1.0), service=cloud.service(), pace=None, save=path), 30)


@pytest.fixture(scope="module")
def page(run: pnb.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run as an HTML page."""
    return run.export(tmp_path_factory.mktemp("page") / "run.html", audio=None, title="<b>title</b>").path


def _lines_of(view: Any) -> list[str]:
    """The lines of text that a saved notebook keeps of a view."""
    return str(displayed(view)["text/plain"]).split("\n")


def test_a_text_is_sanitised() -> None:
    assert {text: sanitise(text) for text in SHOWN} == SHOWN
    assert str(ParaformerError("a\nb\x1b[2J")) == "a b[2J"


# ---------------------------------------------------------------------------------------------- tables, views and files


def test_the_tables_have_every_text_as_text(run: pnb.Run) -> None:
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
        page = displayed(frame)["text/html"]
        assert "<script" not in page
        assert "<img" not in page
    assert_plain([str(value) for value in words.attrs.values()])


def test_a_text_can_be_found_and_an_unchanged_table_changes_nothing(run: pnb.Run) -> None:
    view = run.timeline()
    assert len(view.find("alert(1)")) >= 3
    assert run.correct(run.words) == 0
    view.close()


def test_a_notebook_shows_two_lines_of_text_and_a_picture(run: pnb.Run) -> None:
    view = run.timeline()
    data = displayed(view)
    view.close()
    assert set(data) == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    assert_plain(data["text/plain"].split("\n"))
    assert data["text/plain"].count("\n") == 1
    assert data["image/png"].startswith(b"\x89PNG")
    assert_plain([repr(run), repr(view), run.text])
    assert "<script" not in str(view.get_state())


@pytest.mark.filterwarnings("ignore:no installed font")  # for emoji
def test_a_plot_draws_texts_letter_by_letter(run: pnb.Run, tmp_path: Path) -> None:
    figure = run.plot(start=0.1, end=0.2)
    drawn = {text.get_text(): text for text in figure.findobj(match=Text)}
    assert {"$x_1^2$$x_1^2$", "$\\frac{$\\frac{"} & set(drawn), "some of them have room"
    assert not [text for text in drawn.values() if text.get_parse_math() and "$" in text.get_text()]
    assert_plain(list(drawn))
    figure.savefig(tmp_path / "run.svg")
    assert not [each for each in ElementTree.parse(tmp_path / "run.svg").iter() if each.tag.endswith("script")]
    assert displayed(figure)["image/png"].startswith(b"\x89PNG")


def test_a_word_that_is_longer_than_a_page_is_drawn_short(run: pnb.Run) -> None:
    figure = run.plot(start=39.0, end=40.0)
    assert max(len(text.get_text()) for text in figure.findobj(match=Text)) < 1000


class _Page(HTMLParser):
    """A page as a browser parses it: its elements, and the data in its scripts."""

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


def test_a_page_has_the_texts_as_data(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    parsed = _Page(text)
    assert parsed.tags.count("script") == 2
    assert not {"img", "b", "iframe"} & set(parsed.tags)
    assert "<!--" not in text.partition('<script type="module">')[0]
    updates = [saved["update"] for saved in json.loads(parsed.scripts[0])["updates"]]
    words = [word[0] for update in updates for each in update.get("sentences", []) for word in each["words"]]
    assert words[: len(SHOWN)] == [text.strip() for text in SHOWN.values()]
    assert_plain(words)


def test_the_journal_keeps_the_texts_as_received_and_loads_to_the_same_tables(run: pnb.Run) -> None:
    loaded = pnb.load(run.journal.path)
    assert loaded.words.equals(run.words)
    assert loaded.events.equals(run.events)
    bodies = [bytes(record.body).decode() for record in loaded.journal if isinstance(record, Received)]
    sent = [text for text in SHOWN if not re.search("[\ud800-\udfff]", text)]
    assert [text for text in sent if not any(as_sent(text)[1:-1] in body for body in bodies)] == []
    shown = list(run.events["body"].dropna())
    assert any("\\u009b31m" in body for body in shown)
    parsed = {text for body in shown for text in _strings(json.loads(body))}
    assert [text for text in sent if text not in parsed] == [], "escaped texts are parsed to the same"


def _strings(value: Any) -> list[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        return [value]
    values = [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for each in values for text in _strings(each)]


# --------------------------------------------------------------------------------------------------------------- errors


async def fails(talk: Talk, text: str) -> None:
    await talk.begin()
    await talk.fail(text, text)


async def closes(talk: Talk, text: str) -> None:
    await talk.begin()
    await talk.connection.close(1011, encodable(text)[:60])


def encodable(text: str) -> str:
    """A text that can be sent without JSON's escapes."""
    return text.encode("utf-8", "replace").decode()


ENDINGS: dict[str, Callable[[str], Cloud]] = {
    "task-failed": lambda text: Cloud(lambda talk: fails(talk, text)),
    "a reason to close": lambda text: Cloud(lambda talk: closes(talk, text)),
    "HTTP 401": lambda text: Cloud(well, status=401, body=encodable(text)),
    "HTTP 500": lambda text: Cloud(well, status=500, body=encodable(text)),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_error_is_one_line(ending: str, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG, logger="paraformer_nb")
    shown = []
    hostile_texts = "\n".join(SHOWN)[:400], "\x1b]0;owned\x07\n\x9b31m\u202e\u2028FAKE LINE", "%s{}$\\frac{"
    for number, text in enumerate(hostile_texts):
        with ENDINGS[ending](text) as cloud:
            run = pnb.transcribe(
                tone(0.2), service=cloud.service(), retry=pnb.Retry(attempts=1), save=tmp_path / f"{number}"
            )
            error = failure(run)
        view = run.timeline()
        printed = traceback.format_exception_only(error)
        assert len(printed) == 1
        shown += [str(error), repr(error), printed[0].rstrip("\n"), *_lines_of(view), repr(view)]
        shown += [*run.events["text"], *run.events["event"], *map(str, run.words.attrs.values())]
        view.close()
    assert_plain([*shown, *(record.getMessage() for record in caplog.records)])
    assert "FAKE LINE" in " ".join(shown)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0", "1", "2"]


def test_a_clips_name_stays_text_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        assert_plain([each.words.attrs["clip"], repr(each), *_lines_of(view)])
        view.close()
    assert displayed(run.plot())["image/png"]
    assert "<b>$x$" not in run.export(tmp_path / "page.html").path.read_text(encoding="utf-8")
