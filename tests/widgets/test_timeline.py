"""The timeline widget's Python side: what it tells a front end, and what a front end may ask of it."""

from __future__ import annotations

from typing import Any

import pytest

from paraformer_nb.dashscope.messages import ResultGeneratedEvent, SentenceResult, WordResult, encode_event
from paraformer_nb.journal.records import ClipSource, Gap, Peaks, Received, RunEnded, RunStarted, ServiceSource
from paraformer_nb.loop import submit
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets.timeline import Timeline

ONE_MEGABYTE = 1_000_000


class Listened(Timeline):
    """The widget, with all that it sends kept in `sent` as well."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(*arguments, **options)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append((content, buffers or []))
        super().send(content, buffers)


def run_record(engine: str = "pocketsphinx") -> RunStarted:
    source = ServiceSource("embedded", "127.0.0.1", engine)
    return RunStarted(0.0, 1, "2026-01-01", ClipSource("a.wav"), 16000, 0.0, 60.0, source, "paraformer-realtime-v2", {})


def heard(number: int, words: list[str], *, is_final: bool) -> Received:
    spans = [WordResult(1000 * number + 100 * i, 1000 * number + 100 * i + 90, word) for i, word in enumerate(words)]
    end = spans[-1].end_time if is_final and spans else None
    sentence = SentenceResult(1000 * number, end, " ".join(words), spans, is_final, sentence_id=number)
    return Received.of(1.0, "task", encode_event(ResultGeneratedEvent("task", sentence)).encode())


def on_loop(call: Any, *arguments: Any) -> None:
    """Call something where the widget may be written to."""

    async def called() -> None:
        call(*arguments)

    submit(called()).result(10)


def ask(view: Timeline, kind: str) -> None:
    """A message from the front end, and whatever it sets going."""
    view._on_message(view, {"kind": kind}, [])
    on_loop(lambda: None)


def shown(view: Listened) -> dict[int, list[str]]:
    """The sentences that a front end has, which follows the messages as ours does."""
    sentences: dict[int, list[str]] = {}
    seq = None
    for content, _ in view.sent:
        if content["reset"]:
            sentences = {}
        else:
            assert content["seq"] == seq + 1, "a message is missing"
        seq = content["seq"]
        for number in content.get("removed", ()):
            del sentences[number]
        for sentence in content["sentences"]:
            sentences[sentence["id"]] = [word[0] for word in sentence["words"]]
    return sentences


@pytest.fixture
def transcript() -> Transcript:
    """A run that has just begun."""
    transcript = Transcript()
    transcript.apply(run_record())
    return transcript


def tell(view: Listened, transcript: Transcript, *records: Any) -> None:
    """Apply records and push what they change."""
    for record in records:
        transcript.apply(record)
    on_loop(view._push)


def test_a_front_end_that_asks_is_told_everything(transcript: Transcript) -> None:
    transcript.apply(heard(1, ["good", "morning"], is_final=True))
    transcript.apply(heard(2, ["to"], is_final=False))
    view = Listened(transcript)
    ask(view, "sync")
    content, _ = view.sent[-1]
    assert content["reset"] is True
    assert shown(view) == {1: ["good", "morning"], 2: ["to"]}
    assert content["run"]["service"] == "Embedded"
    assert content["run"]["model"] == "pocketsphinx"
    assert "English only" in content["run"]["notice"]


def test_updates_carry_only_what_changed(transcript: Transcript) -> None:
    view = Listened(transcript)
    ask(view, "sync")
    tell(view, transcript, heard(1, ["good", "morning"], is_final=True), heard(2, ["to"], is_final=False))
    tell(view, transcript, heard(2, ["today", "we"], is_final=False))
    content, _ = view.sent[-1]
    assert [sentence["id"] for sentence in content["sentences"]] == [2]
    assert not content["reset"]
    assert shown(view) == {1: ["good", "morning"], 2: ["today", "we"]}


def test_a_sentence_that_comes_to_nothing_is_taken_back(transcript: Transcript) -> None:
    view = Listened(transcript)
    ask(view, "sync")
    tell(view, transcript, heard(1, ["uh"], is_final=False))
    tell(view, transcript, heard(1, [], is_final=True))
    assert view.sent[-1][0]["removed"] == [1]
    assert shown(view) == {}


def test_a_lost_message_heals(transcript: Transcript) -> None:
    view = Listened(transcript)
    ask(view, "sync")
    tell(view, transcript, heard(1, ["good"], is_final=True))
    tell(view, transcript, heard(2, ["day"], is_final=False))
    view.sent.pop(-2)  # the front end sees that a number is missing, and asks
    ask(view, "sync")
    view.sent = view.sent[-1:]
    assert shown(view) == {1: ["good"], 2: ["day"]}


def test_no_buffer_is_larger_than_a_megabyte(transcript: Transcript) -> None:
    three_hours = bytes(range(256)) * (2 * 3 * 360_000 // 256)
    transcript.apply(Peaks(0.0, 0.0, 0.01, three_hours))
    view = Listened(transcript)
    ask(view, "sync")
    buffers = [buffer for _, its in view.sent for buffer in its]
    assert max(map(len, buffers)) <= ONE_MEGABYTE
    assert b"".join(buffers) == three_hours
    positions = [content["peaks"]["position"] for content, its in view.sent if its]
    assert positions == sorted(positions)
    assert positions[0] == 0.0


def test_three_hours_that_have_ended_travel_at_half_their_resolution(transcript: Transcript) -> None:
    """So that a loaded recording shows soon, also over a thin line."""
    three_hours = bytes(range(256)) * (2 * 3 * 360_000 // 256)
    transcript.apply(Peaks(0.0, 0.0, 0.01, three_hours))
    transcript.apply(RunEnded(2.0, "finished", None, 10_800.0))
    view = Listened(transcript)
    ask(view, "sync")
    told = [content["peaks"] for content, its in view.sent if its]
    assert {peaks["step"] for peaks in told} == {0.02}
    assert sum(peaks["bins"] for peaks in told) == len(three_hours) // 4
    assert told[1]["position"] == pytest.approx(told[0]["bins"] * 0.02)


def test_nothing_of_the_clip_is_in_the_saved_state(transcript: Transcript) -> None:
    transcript.apply(heard(1, ["secret"], is_final=True))
    view = Listened(transcript)
    ask(view, "sync")
    state = {key: value for key, value in view.get_state().items() if key not in ("_esm", "_css")}
    assert "secret" not in repr(state)


def test_stop_is_handed_on_and_answered(transcript: Transcript) -> None:
    pressed: list[bool] = []
    view = Listened(transcript, stop=lambda: pressed.append(True))
    ask(view, "sync")
    assert view.sent[-1][0]["run"]["can_stop"] is True
    ask(view, "stop")
    on_loop(view._push)
    assert pressed == [True]
    assert [content["run"]["can_stop"] for content, _ in view.sent if "run" in content][-1] is False


def test_a_view_of_an_ended_run_cannot_be_stopped(transcript: Transcript) -> None:
    transcript.apply(RunEnded(2.0, "failed", "TaskFailed: the service ended the task"))
    view = Listened(transcript)
    ask(view, "sync")
    run = view.sent[-1][0]["run"]
    assert (run["state"], run["can_stop"], run["message"]) == ("failed", False, "the service ended the task")


def test_a_clip_that_ended_early_is_shown_to_the_end_that_it_told_of(transcript: Transcript) -> None:
    view = Listened(transcript)
    ask(view, "sync")
    tell(view, transcript, Gap(1.0, 12.0, 60.0, "the clip is cut off"), RunEnded(2.0, "finished", None, 12.0))
    run = view.sent[-1][0]["run"]
    assert run["duration"] == 60.0
    assert run["message"] == "12.0–60.0 s were not heard: the clip is cut off."


def test_gaps_are_told(transcript: Transcript) -> None:
    view = Listened(transcript)
    ask(view, "sync")
    tell(view, transcript, Gap(1.0, 3.0, 4.0, "connection lost"))
    assert view.sent[-1][0]["gaps"] == [[3.0, 4.0, "connection lost"]]


def test_a_busy_kernel_s_front_end_is_told_all_without_asking(transcript: Transcript) -> None:
    view = Listened(transcript)
    tell(view, transcript, heard(1, ["good"], is_final=False))
    tell(view, transcript, heard(1, ["good", "day"], is_final=False))
    assert [content["reset"] for content, _ in view.sent] == [True, True]
    assert shown(view) == {1: ["good", "day"]}


def test_the_finished_message_calls_back(transcript: Transcript) -> None:
    view, calls = Listened(transcript), []
    view.on_finished(lambda: calls.append("settled"))
    ask(view, "ending")
    assert view.sent[-1][0] == {"kind": "end"}  # from here on its messages come where cells run
    ask(view, "finished")
    assert calls == ["settled"]


def test_the_picture_is_there_only_at_the_end(transcript: Transcript) -> None:
    transcript.apply(heard(1, ["good", "day"], is_final=True))
    view = Listened(transcript)
    bundle = view._repr_mimebundle_()
    assert bundle is not None
    assert "image/png" not in bundle[0]
    transcript.apply(RunEnded(2.0, "finished", None, 2.0))
    bundle = view._repr_mimebundle_()
    assert bundle is not None
    assert bundle[0]["text/plain"] == "a.wav: finished\ngood day"
    assert bundle[0]["image/png"][:4] == b"\x89PNG"


def test_chinese_words_have_no_space_before_them(transcript: Transcript) -> None:
    transcript.apply(heard(1, ["今天", "天气", "Nice", "day"], is_final=True))
    view = Listened(transcript)
    ask(view, "sync")
    (sentence,) = view.sent[-1][0]["sentences"]
    assert [word[5] for word in sentence["words"]] == [0, 0, 0, 1]
