"""The form: the chosen clip is transcribed with the chosen service and language."""

from __future__ import annotations

import re
import wave
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from fake_front_end import FakeComm
from servers import Cloud, eventually, well
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

import paraformer_nb as pnb
from paraformer_nb.widgets import panel_texts

DATA = Path(__file__).parents[2] / "notebooks" / "data"


@pytest.fixture(autouse=True)
def _without_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)


def test_pressing_transcribe_starts_a_run_and_the_button_stops_it() -> None:
    panel = pnb.panel(DATA)
    assert [name for name, _ in panel.clip.options] == ["lesson_en.flac", "lesson_zh.flac"]
    assert panel.transcribe.description == "Transcribe"
    panel.transcribe.click()
    assert len(panel.view.children) == 1
    assert eventually(lambda: panel.transcribe.description == "Stop")
    assert eventually(lambda: panel.run.state == "streaming" or panel.run.state == "finishing")
    panel.transcribe.click()
    panel.run.wait(60)
    assert eventually(lambda: panel.transcribe.description == "Transcribe")
    assert panel.run.state in ("stopped", "finished")


def test_earlier_runs_can_be_shown_again() -> None:
    panel = pnb.panel(DATA)
    shown = []
    for _ in range(2):
        panel.transcribe.click()
        shown.append(panel.view.children[0])
        panel.run.cancel()
        panel.run.wait(60)
        assert eventually(lambda: panel.transcribe.description == "Transcribe")
    assert eventually(lambda: len(panel.history.options) == 2)
    assert panel.history.options[0][0].startswith("1. lesson_en.flac · stopped")
    assert panel.view.children == (shown[1],)
    assert panel.history.value == 1
    panel.history.value = 0
    assert panel.view.children == (shown[0],)
    assert len(panel.runs) == 2


def upload(panel: Any, name: str, *blocks: bytes) -> None:
    """Upload a file as the front end does."""
    comm = panel.upload.comm if isinstance(panel.upload.comm, FakeComm) else FakeComm()
    panel.upload.comm = comm
    comm.deliver({"method": "custom", "content": {"kind": "begin", "name": name, "size": sum(map(len, blocks))}})
    before = panel.clip.value
    offset = 0
    for block in blocks:
        assert panel.clip.value == before, "it has not arrived"
        comm.deliver({"method": "custom", "content": {"kind": "block", "offset": offset}}, block)
        offset += len(block)


def test_an_uploaded_file_becomes_the_clip() -> None:
    panel = pnb.panel(DATA)
    content = (DATA / "lesson_en.flac").read_bytes()
    half = len(content) // 2
    upload(panel, "mine.flac", content[:half], content[half:])
    assert panel.clip.label == "mine.flac (uploaded)"
    assert Path(panel.clip.value).read_bytes() == content
    assert len(str(panel.upload.get_state())) < 15_000, "an upload left in the widget would be saved with the notebook"
    panel.transcribe.click()
    panel.run.cancel()
    panel.run.wait(60)
    assert panel.run.clip.name == "mine.flac"


def test_a_file_that_is_uploaded_again_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    panel = pnb.panel(tmp_path)
    for name, content in (("a.wav", b"old"), ("b.wav", b"b"), ("c.wav", b"c")):
        upload(panel, name, content)
    panel.clip.index = 2
    upload(panel, "a.wav", b"new")
    assert [name for name, _ in panel.clip.options] == [f"{name}.wav (uploaded)" for name in "acb"]
    assert Path(panel.clip.value).read_bytes() == b"new"


def test_a_clip_that_is_dropped_while_a_run_goes_on_is_that_of_the_next_run(running: Any) -> None:
    from ipywidgets import VBox

    from paraformer_nb.widgets.panel import Panel, Start

    start = Start(lambda _: {"scripted": []}, lambda *_: (running, VBox()), None, lambda: True, ())
    panel = Panel(start, False, DATA)
    panel.transcribe.click()
    assert eventually(lambda: panel.transcribe.description == "Stop")
    upload(panel, "next.wav", b"sound")
    assert panel.clip.label == "next.wav (uploaded)"
    assert panel.is_running
    panel.transcribe.click()
    assert eventually(lambda: panel.transcribe.description == "Transcribe")
    assert panel.clip.label == "next.wav (uploaded)"


def test_new_files_of_the_folder_are_found(tmp_path: Path) -> None:
    panel = pnb.panel(tmp_path)
    panel.transcribe.click()
    assert "There is no clip yet" in panel.message.value
    (tmp_path / "new.wav").write_bytes(b"")
    panel.look.click()
    assert panel.clip.label == "new.wav"


def test_the_cloud_asks_for_a_key_which_is_nowhere_in_the_widgets(key: str) -> None:
    panel = pnb.panel(DATA)
    assert panel.key.layout.display == "none"
    panel.service.value = True
    assert panel.key.layout.display is None
    panel.transcribe.click()
    assert "The cloud needs a key" in panel.message.value
    assert panel.run is None
    comm = FakeComm()
    panel.key.comm = comm
    for wrong in ("", "two words", "密钥"):
        comm.deliver({"method": "custom", "content": {"kind": "key", "key": wrong}})
        assert comm.sent[-1][0]["kind"] == "refused"
    comm.deliver({"method": "custom", "content": {"kind": "key", "key": f" {key} "}})
    assert comm.sent[-1][0] == {"kind": "kept"}
    assert panel.key.layout.display == "none"
    assert panel.message.value == ""
    assert pnb.panel(DATA).service.value is True
    states = [widget.get_state() for widget in (panel, panel.key, panel.message, panel.service)]
    assert key not in repr(states)


class _Doorkeeper(Cloud):
    """A service that accepts one key."""

    def __init__(self, key: str) -> None:
        super().__init__(well)
        self._key = key

    def answer_handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.headers["Authorization"].endswith(f" {self._key}"):
            return super().answer_handshake(connection, request)
        return connection.respond(HTTPStatus.UNAUTHORIZED, "InvalidApiKey")


def test_a_key_that_the_service_refuses_is_asked_for_again(
    key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with wave.open(str(tmp_path / "short.wav"), "wb") as clip:
        clip.setparams((1, 2, 16_000, 0, "NONE", ""))
        clip.writeframes(bytes(16_000))
    with _Doorkeeper(key) as cloud:
        monkeypatch.setenv("DASHSCOPE_WEBSOCKET_BASE_URL", cloud.url)
        panel = pnb.panel(tmp_path)
        panel.service.value = True
        comm = FakeComm()
        panel.key.comm = comm
        comm.deliver({"method": "custom", "content": {"kind": "key", "key": f"sk-{'wrong' * 6}"}})
        assert panel.key.layout.display == "none"
        panel.transcribe.click()
        assert eventually(lambda: panel.key.layout.display is None)
        assert panel.run.state == "failed"
        assert "refused the key" in panel.message.value
        comm.deliver({"method": "custom", "content": {"kind": "key", "key": key}})
        assert panel.key.layout.display == "none"
        assert panel.message.value == ""
        panel.transcribe.click()
        assert eventually(lambda: panel.run.state == "finished")
        assert eventually(lambda: panel.transcribe.description == "Transcribe")
        assert panel.key.layout.display == "none"


def test_a_service_with_a_key_of_its_own_asks_for_none(key: str) -> None:
    with _Doorkeeper(key) as cloud:
        panel = pnb.panel(DATA, service=cloud.service())
        panel.transcribe.click()
        assert eventually(lambda: panel.run.state == "failed")
        assert eventually(lambda: panel.transcribe.description == "Transcribe")
        assert panel.key.layout.display == "none"


def test_a_clip_that_cannot_be_read_is_explained_in_the_form(tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"this is no sound")
    panel = pnb.panel(tmp_path)
    panel.transcribe.click()
    assert "broken.wav" in panel.message.value
    assert "Errno" not in panel.message.value
    assert str(tmp_path) not in panel.message.value
    assert panel.run is None


QWEN, MESSAGE = "qwen-audio-3.1-asr-flash-streaming", "qwen-audio-3.1-asr-flash-message"


def choose(dropdown: Any, label: str) -> None:
    """Choose an option as a front end does."""
    if not isinstance(dropdown.comm, FakeComm):
        dropdown.comm = FakeComm()
    index = [*dropdown.get_state()["_options_labels"]].index(label)
    dropdown.comm.deliver({"method": "update", "state": {"index": index}, "buffer_paths": []})


def offered(panel: Any) -> set[str]:
    """The languages that a front end shows."""
    return set(panel.language.get_state()["_options_labels"])


def test_the_languages_are_those_of_the_model_by_name_in_english_and_chinese() -> None:
    panel = pnb.panel(DATA)
    assert offered(panel) == {"English 英语"}
    assert panel.model.layout.display == "none"
    choose(panel.service, "DashScope: the cloud")
    assert panel.model.layout.display is None
    assert panel.model.value == "paraformer-realtime-v2"
    for model in pnb.MODELS:
        choose(panel.model, model)
        names = {f"{each.english} {each.chinese}" for each in pnb.languages(model)}
        assert offered(panel) == (names if len(names) == 1 else {"detect 自动", *names})
        assert panel.language.disabled == (len(offered(panel)) == 1)
    choose(panel.service, "On this machine: no key, English only")
    assert (offered(panel), panel.language.value) == ({"English 英语"}, "en")


def test_a_language_stays_chosen_while_the_model_accepts_it() -> None:
    panel = pnb.panel(DATA)
    choose(panel.service, "DashScope: the cloud")
    choose(panel.language, "Japanese 日语")
    choose(panel.model, QWEN)
    assert panel.language.label == "Japanese 日语"
    choose(panel.model, MESSAGE)
    assert (panel.language.value, panel.language.disabled) == ("", True)


def test_the_models_are_those_of_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_REGION", "ap-southeast-1")
    panel = pnb.panel(DATA)
    choose(panel.service, "DashScope: the cloud")
    assert panel.model.value == QWEN
    assert set(panel.model.options) == {name for name, model in pnb.MODELS.items() if len(model.regions) == 2}


def test_the_chosen_model_and_language_are_sent(key: str) -> None:
    with Cloud(well) as cloud:
        panel = pnb.panel(DATA, service=cloud.service(key))
        choose(panel.model, QWEN)
        choose(panel.language, "Chinese 中文")
        panel.transcribe.click()
        assert eventually(lambda: cloud.commands)
        panel.run.cancel()
        panel.run.wait(60)
    payload = cloud.commands[0]["payload"]
    assert (payload["model"], payload["parameters"]["language_hints"]) == (QWEN, ["zh"])


def english(panel: Any) -> set[str]:
    """Latin words in the texts of the form; paths and names of products are not counted."""
    fields = [panel.clip, panel.service, panel.model, panel.language, panel.history]
    shown = [field.description for field in fields] + [label for label, _ in panel.service.options]
    shown += [panel.transcribe.description, panel.look.tooltip, re.sub(r"<.*?>|/\S*", "", panel.message.value)]
    shown += [*panel.upload.texts.values(), *panel.key.texts.values()]
    return {word for text in shown for word in re.findall(r"[A-Za-z]{3,}", text)} - {"DashScope", "API"}


def test_the_form_is_in_the_reader_s_language_or_in_one_that_was_set(tmp_path: Path) -> None:
    panel = pnb.panel(tmp_path)
    assert (panel.clip.description, panel.upload.texts, panel.key.texts) == ("Clip", {}, {})
    panel.transcribe.click()
    assert "There is no clip yet" in panel.message.value
    comm = FakeComm()
    panel.upload.comm = comm
    comm.deliver({"method": "custom", "content": {"kind": "reader", "language": "zh"}})
    assert (panel.clip.description, panel.transcribe.description) == ("音频", "转写")
    assert "还没有音频" in panel.message.value, "a message that is there changes as well"
    assert english(panel) == set()
    assert panel.service.value is False
    comm.deliver({"method": "custom", "content": {"kind": "begin", "name": "a.wav", "size": 0}})
    assert comm.sent[-1][0] == {"kind": "refused", "reason": "'a.wav' 是空文件：请选择其他文件。"}
    panel.interface_language = "en"
    assert (panel.clip.description, panel.upload.texts) == ("Clip", {})


def test_the_runs_and_views_of_the_form_are_in_its_language() -> None:
    panel = pnb.panel(DATA)
    panel.interface_language = "zh"
    for _ in range(2):
        panel.transcribe.click()
        assert eventually(lambda: panel.transcribe.description == "停止")
        panel.run.cancel()
        panel.run.wait(60)
        assert eventually(lambda: panel.transcribe.description == "转写")
    assert eventually(lambda: len(panel.history.options) == 2)
    assert re.fullmatch(r"2\. lesson_en\.flac · 已停止 · \d+ 个词", panel.history.options[1][0])
    view = panel.view.children[0]
    assert view.interface_language == "zh"
    view.interface_language = "en"  # as the view's own button does
    assert eventually(lambda: panel.transcribe.description == "Transcribe")


def test_both_languages_have_the_same_values_and_no_text_is_left_over() -> None:
    folder = Path(panel_texts.__file__).parent
    sources = [path for path in folder.rglob("*") if path.suffix in (".py", ".js") and path.name != "panel_texts.py"]
    code = re.sub(r'"\s*\n\s*"', "", "\n".join(path.read_text(encoding="utf-8") for path in sources))
    for text, chinese in panel_texts.CHINESE.items():
        assert sorted(re.findall(r"\{.*?\}", text)) == sorted(re.findall(r"\{.*?\}", chinese)), text
        assert f'"{text}"' in code, f"{text!r} is not used"
