"""The timeline widget's Python side: what it sends a front end, and how it answers."""

from __future__ import annotations

import pytest
from fake_front_end import FrontEnd, recognised, run_started
from IPython.core.formatters import DisplayFormatter

from paraformer_nb.journal.failures import Failure
from paraformer_nb.journal.records import Connected, Gap, Peaks, RunEnded
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets.run_data import GapSpan

ONE_MEGABYTE = 1_000_000


@pytest.fixture
def transcript() -> Transcript:
    """A run that has just begun."""
    return Transcript(run_started())


def synced(transcript: Transcript) -> FrontEnd:
    """A front end that has everything."""
    front_end = FrontEnd(transcript)
    front_end.send("sync")
    return front_end


def test_a_front_end_that_syncs_gets_everything(transcript: Transcript) -> None:
    transcript.apply(Connected(0.0, "task", "pocketsphinx", "PocketSphinx 5: English only."))
    transcript.apply(recognised(1, ["good", "morning"], is_final=True))
    transcript.apply(recognised(2, ["to"], is_final=False))
    front_end = synced(transcript)
    assert front_end.updates[-1].reset is True
    assert front_end.words == {1: ["good", "morning"], 2: ["to"]}
    assert front_end.run.service == "Embedded"
    assert front_end.run.model == "pocketsphinx"
    assert "English only" in front_end.run.notice


def test_updates_have_only_what_changed(transcript: Transcript) -> None:
    front_end = synced(transcript)
    front_end.apply(recognised(1, ["good", "morning"], is_final=True), recognised(2, ["to"], is_final=False))
    front_end.apply(recognised(2, ["today", "we"], is_final=False))
    update = front_end.updates[-1]
    assert [sentence.id for sentence in update.sentences] == [2]
    assert not update.reset
    assert front_end.words == {1: ["good", "morning"], 2: ["today", "we"]}


def test_fields_that_did_not_change_do_not_travel(transcript: Transcript) -> None:
    front_end = synced(transcript)
    front_end.apply(recognised(1, ["good"], is_final=False))
    assert set(front_end.sent[-1][0]) == {"kind", "seq", "sentences"}


def test_a_sentence_that_turns_out_empty_is_removed(transcript: Transcript) -> None:
    front_end = synced(transcript)
    front_end.apply(recognised(1, ["uh"], is_final=False))
    front_end.apply(recognised(1, [], is_final=True))
    assert front_end.updates[-1].removed == [1]
    assert front_end.words == {}


def test_a_front_end_recovers_from_a_lost_message(transcript: Transcript) -> None:
    front_end = synced(transcript)
    front_end.apply(recognised(1, ["good"], is_final=True))
    front_end.apply(recognised(2, ["day"], is_final=False))
    front_end.sent.pop(-2)  # the front end sees that a number is missing, and syncs
    front_end.send("sync")
    del front_end.sent[:-1]
    assert front_end.words == {1: ["good"], 2: ["day"]}


def test_no_buffer_is_larger_than_a_megabyte(transcript: Transcript) -> None:
    three_hours = bytes(range(256)) * (2 * 3 * 360_000 // 256)
    transcript.apply(Peaks(0.0, 0.0, 0.01, three_hours))
    front_end = synced(transcript)
    assert max(map(len, front_end.buffers)) <= ONE_MEGABYTE
    assert b"".join(front_end.buffers) == three_hours
    positions = [update.waveform.position for update in front_end.updates if update.waveform]
    assert positions == sorted(positions)
    assert positions[0] == 0.0


def test_three_hours_that_have_ended_travel_at_half_their_resolution(transcript: Transcript) -> None:
    """So that a loaded journal is shown soon, also over a slow connection."""
    three_hours = bytes(range(256)) * (2 * 3 * 360_000 // 256)
    transcript.apply(Peaks(0.0, 0.0, 0.01, three_hours))
    transcript.apply(RunEnded(2.0, "finished", None, 10_800.0))
    front_end = synced(transcript)
    parts = [update.waveform for update in front_end.updates if update.waveform]
    assert {part.step for part in parts} == {0.02}
    assert sum(part.bins for part in parts) == len(three_hours) // 4
    assert parts[1].position == pytest.approx(parts[0].bins * 0.02)


def test_nothing_of_the_clip_is_in_the_saved_state(transcript: Transcript) -> None:
    transcript.apply(recognised(1, ["secret"], is_final=True))
    view = synced(transcript).view
    state = {key: value for key, value in view.get_state().items() if key not in ("_esm", "_css")}
    assert "secret" not in repr(state)


def test_stop_calls_back_and_is_answered(transcript: Transcript) -> None:
    pressed: list[bool] = []
    front_end = FrontEnd(transcript, stop=lambda: pressed.append(True))
    front_end.send("sync")
    assert front_end.run.can_stop is True
    front_end.send("stop")
    front_end.refresh()
    assert pressed == [True]
    assert front_end.run.can_stop is False


def test_a_view_of_an_ended_run_cannot_be_stopped(transcript: Transcript) -> None:
    transcript.apply(RunEnded(2.0, "failed", Failure("TaskFailed", "the service ended the task")))
    front_end = FrontEnd(transcript, stop=lambda: None)
    front_end.send("sync")
    run = front_end.run
    assert (run.state, run.has_ended, run.can_stop) == ("failed", True, False)
    assert run.message == "the service ended the task"


def test_a_clip_that_ended_early_is_shown_to_its_declared_end(transcript: Transcript) -> None:
    front_end = synced(transcript)
    front_end.apply(Gap(1.0, 12.0, 60.0, "the clip is cut off"), RunEnded(2.0, "finished", None, 12.0))
    assert front_end.run.end == 60.0
    assert front_end.run.message == ""
    assert front_end.updates[-1].gaps == [GapSpan(12.0, 60.0, "the clip is cut off")]


def test_gaps_are_sent(transcript: Transcript) -> None:
    front_end = synced(transcript)
    front_end.apply(Gap(1.0, 3.0, 4.0, "disconnected"))
    assert front_end.updates[-1].gaps == [GapSpan(3.0, 4.0, "disconnected")]


def test_the_front_end_of_a_busy_kernel_gets_everything_without_syncing(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript)
    front_end.apply(recognised(1, ["good"], is_final=False))
    front_end.apply(recognised(1, ["good", "day"], is_final=False))
    assert [update.reset for update in front_end.updates] == [True, True]
    assert front_end.words == {1: ["good", "day"]}


def test_a_view_that_asks_whether_the_kernel_is_there_gets_an_answer_and_no_words(transcript: Transcript) -> None:
    front_end = synced(transcript)
    count = len(front_end.sent)
    front_end.send("ping")
    assert [content for content, _ in front_end.sent[count:]] == [{"kind": "pong"}]


def test_the_drawn_end_calls_back(transcript: Transcript) -> None:
    front_end = synced(transcript)
    calls: list[str] = []
    front_end.view.on_finished(lambda: calls.append("finished"))
    front_end.send("end-drawn")
    assert calls == ["finished"]


def test_messages_of_other_kinds_are_ignored(transcript: Transcript) -> None:
    front_end = synced(transcript)
    front_end.send("anywidget-command", name="x")
    front_end.send("sync")
    assert front_end.words == {}
    assert {content["kind"] for content, _ in front_end.sent} == {"update"}


def test_the_picture_is_displayed_only_at_the_end(transcript: Transcript) -> None:
    transcript.apply(recognised(1, ["good", "day"], is_final=True))
    view = synced(transcript).view
    data, _ = DisplayFormatter().format(view)
    assert "image/png" not in data
    note = "it was still being recognised when this was shown. Show the run again for all its words."
    assert data["text/plain"] == f"a.wav: {note}\ngood day"  # true whenever it is saved
    transcript.apply(RunEnded(2.0, "finished", None, 2.0))
    data, _ = DisplayFormatter().format(view)
    assert data["text/plain"] == "a.wav: finished\ngood day"
    assert data["image/png"][:4] == b"\x89PNG"
    assert repr(view) == "Timeline('a.wav: finished')"


def test_a_notebook_keeps_the_beginning_of_a_long_text() -> None:
    transcript = Transcript(run_started())
    for number in range(1, 5_001):
        transcript.apply(recognised(number, ["good", "day"], is_final=True))
    transcript.apply(RunEnded(2.0, "finished", None, 2.0))
    data, _ = DisplayFormatter().format(synced(transcript).view)
    text = data["text/plain"]
    assert text.startswith("a.wav: finished\ngood day good day")
    assert text.endswith("good day … (the beginning: run.text has all 5,000 sentences)")
    assert len(text) < 25_000
    assert len(transcript.text) > 40_000
