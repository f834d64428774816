"""The timeline and Python, both ways: selection, playhead, search, layers, corrections, sound."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import pandas as pd
import pytest
import traitlets
from fake_front_end import FrontEnd, received, recognised, run_started
from servers import eventually
from traitlets import TraitError

from paraformer_nb.dashscope.messages import SentenceResult, WordResult
from paraformer_nb.errors import AudioError, ParameterError
from paraformer_nb.journal.records import Corrected, Resumed
from paraformer_nb.playback.playable import PlayableClip
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets import timeline as module
from paraformer_nb.widgets.run_data import Layer, LayerSpan, ResumeMark
from paraformer_nb.widgets.timeline import Timeline


@pytest.fixture
def transcript() -> Transcript:
    """Two sentences, at 1 s and 2 s, a word every 100 ms."""
    transcript = Transcript(run_started())
    transcript.apply(recognised(1, ["good", "morning", "all"], is_final=True))
    transcript.apply(recognised(2, ["today", "we"], is_final=True))
    return transcript


# ------------------------------------------------------------------------------------------------ selection, playhead


def test_a_selection_selects_words(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript)
    view = front_end.view
    assert len(view.selected_words) == 0
    front_end.set_traits(selection=[1.05, 1.15])
    assert view.selection == (1.05, 1.15)
    assert view.selected_words.text.tolist() == ["good", "morning"]
    assert view.selected_words.dtypes["start"] == "float64"


def test_selected_words_include_words_outside_of_their_sentences_times() -> None:
    """A service may time a word before its sentence begins, or after it ends."""
    transcript = Transcript(run_started())
    words = [WordResult(900, 990, "early"), WordResult(2000, 2100, "middle"), WordResult(4000, 4500, "late")]
    transcript.apply(received(SentenceResult(2000, 3000, "early middle late", words, True, sentence_id=1)))
    view = Timeline(transcript)
    for selection, expected in (((0.5, 1.0), ["early"]), ((4.1, 5.0), ["late"]), ((3.0, 3.9), [])):
        view.selection = selection
        assert view.selected_words.text.tolist() == expected


def test_selected_words_include_words_that_arrive_later(transcript: Transcript) -> None:
    view = Timeline(transcript)
    view.selection = (3.0, 4.0)
    assert len(view.selected_words) == 0
    transcript.apply(recognised(3, ["late"], is_final=False))
    assert view.selected_words.text.tolist() == ["late"]


def test_observers_are_notified_of_selected_words_and_playhead(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript)
    changes: list[Any] = []
    front_end.view.observe(lambda change: changes.append(change.new.text.tolist()), "selected_words")
    front_end.view.observe(lambda change: changes.append(change.new), "playhead")
    front_end.view.selection = (2.0, 3.0)
    front_end.set_traits(playhead=1.5)
    assert changes == [["today", "we"], 1.5]


def test_selection_links_to_a_slider(transcript: Transcript) -> None:
    view, slider = Timeline(transcript), ipywidgets.FloatRangeSlider(value=(0.0, 1.0), min=0, max=60)
    ipywidgets.link((view, "selection"), (slider, "value"))
    view.selection = (2.0, 3.5)
    assert slider.value == (2.0, 3.5)
    slider.value = (4.0, 5.0)
    assert view.selection == (4.0, 5.0)
    view.selection = None
    assert slider.value == view.selection == (0.0, 0.0)


@pytest.mark.parametrize("wrong", [(2, 1), (-1, 2), 5, "ab", (1,), (0, float("nan")), (0, float("inf"))])
def test_an_invalid_selection_is_refused(transcript: Transcript, wrong: Any) -> None:
    view = Timeline(transcript)
    view.selection = (1, 2)
    with pytest.raises(traitlets.TraitError, match="in seconds"):
        view.selection = wrong
    assert view.selection == (1, 2)


def test_seek_moves_the_playhead_and_the_view(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript)
    view = front_end.view
    view.seek(2.5)
    assert view.playhead == 2.5
    assert front_end.contents("seek") == [{"kind": "seek", "position": 2.5}]
    view.seek(np.int64(3))
    assert view.playhead == 3.0
    for wrong in (-1, "x", float("inf")):
        with pytest.raises(ParameterError, match="seconds"):
            view.seek(wrong)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="not a string"):
        view.find(5)  # type: ignore[arg-type]


def test_the_front_end_has_the_synced_traits() -> None:
    cursor = Path(module.__file__).parent / "static" / "timeline" / "model" / "cursor.js"
    (body,) = re.findall(r"@typedef \{\{ (.*) \}\} TimelineModel", cursor.read_text(encoding="utf-8"))
    own = set(module.Timeline.class_traits(sync=True)) - set(anywidget.AnyWidget.class_traits(sync=True))
    assert {part.split(":")[0].strip() for part in re.sub(r"\[.*?\]", "", body).split(", ")} == own


# --------------------------------------------------------------------------------------------------- search, layers


def test_find_returns_a_table_and_shows_it(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript)
    table = front_end.view.find("Good Morning")
    assert table.to_dict("records") == [{"sentence_id": 1, "text": "good morning", "start": 1.0, "end": 1.19}]
    assert front_end.view.find("nowhere").dtypes["start"] == "float64"
    assert [message["text"] for message in front_end.contents("find")] == ["Good Morning", "nowhere"]


def layers(front_end: FrontEnd) -> list[list[Layer]]:
    """The layers of each update that has some."""
    return [update.layers for update in front_end.updates if update.layers is not None]


def test_layers_are_sent_once_and_can_be_replaced(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript)
    front_end.send("sync")
    view = front_end.view
    view.highlight(pd.DataFrame({"start": [3.0, 1.0], "end": [4, 2], "label": ["b", None]}), "pauses")
    front_end.refresh()
    assert layers(front_end) == [[Layer("pauses", [LayerSpan(1.0, 2.0, ""), LayerSpan(3.0, 4.0, "b")])]]
    view.highlight(pd.DataFrame({"start": [0.0], "end": [1.0], "who": [7]}), "pauses", label="who")
    view.highlight(pd.DataFrame({"start": [], "end": []}), "none")
    view.highlight(None, "none")
    assert eventually(lambda: layers(front_end)[-1] == [Layer("pauses", [LayerSpan(0.0, 1.0, "7")])])


def test_a_layer_may_have_any_index_and_missing_labels(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript)
    part = pd.DataFrame({"start": [1], "end": [2], "label": pd.array(["a"], "string")}, index=["x"])
    front_end.view.highlight(pd.concat([part, part.assign(label=pd.NA)]), "twice")
    front_end.send("sync")
    assert layers(front_end)[-1][0].spans == [LayerSpan(1.0, 2.0, ""), LayerSpan(1.0, 2.0, "a")]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"start": [1], "stop": [2]}), r"lacks end: .*rename\(columns=\{'stop': 'end'\}\)"),
        (pd.DataFrame({"a": [1]}), "lacks start, end"),
        (pd.DataFrame({"start": ["0.5"], "end": [2]}), r"row 0 .*start is '0.5'.*pd\.to_numeric"),
        (pd.DataFrame({"start": [3, 1], "end": [2, 2]}), "row 0 .*ends before it starts"),
        (pd.DataFrame({"start": [-1], "end": [2]}), "starts before 0 s"),
        (pd.DataFrame({"start": [1, None], "end": [2, 3]}), "row 1 .*dropna"),
        (pd.DataFrame({"start": [1000], "end": [80_001]}), "look like milliseconds"),
        (pd.DataFrame({"start": [0.0] * 20_001, "end": 1.0}), "more than can be shown"),
        ([(1, 2)], "not a table"),
    ],
)
def test_a_table_that_cannot_be_highlighted_is_refused(transcript: Transcript, frame: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Timeline(transcript).highlight(frame)


def test_a_layer_s_times_may_be_milliseconds_or_durations_where_that_is_said(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript)
    front_end.view.highlight(pd.DataFrame({"start": [1000], "end": [2500]}), "ms", unit="ms")
    spans = pd.to_timedelta([1.0, 2.5], unit="s")
    front_end.view.highlight(pd.DataFrame({"start": spans[:1], "end": spans[1:]}), "durations")
    front_end.send("sync")
    assert [layer.spans for layer in layers(front_end)[-1]] == [[LayerSpan(1.0, 2.5, "")]] * 2


def test_spans_behind_the_clip_are_shown_with_a_warning(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript)
    with pytest.warns(UserWarning, match=r"1 of the rows end behind the clip, which ends at 60 s") as warned:
        front_end.view.highlight(pd.DataFrame({"start": [1, 59], "end": [2, 61]}))
    assert warned[0].filename == __file__
    front_end.send("sync")
    assert len(layers(front_end)[-1][0].spans) == 2


def test_positions_in_milliseconds_are_refused(transcript: Transcript) -> None:
    view = Timeline(transcript)
    with pytest.raises(TraitError, match="look like milliseconds"):
        view.selection = (1000, 2500)
    with pytest.raises(ParameterError, match="look like milliseconds"):
        view.seek(1500)
    view.selection = (59, 61)
    view.seek(61)
    assert (view.selection, view.playhead) == ((59, 61), 61)


def test_resumes_are_sent(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript)
    front_end.send("sync")
    front_end.apply(Resumed(3.0, "u", 2.5, 2))
    assert front_end.updates[-1].resumes == [ResumeMark(2.5, 2)]


# ------------------------------------------------------------------------------------------------------ corrections


def editable(transcript: Transcript) -> tuple[FrontEnd, list[Correction]]:
    """A front end whose corrections are applied as a run applies them."""
    made: list[Correction] = []

    def correct(correction: Correction) -> None:
        correction.check()
        made.append(correction)
        transcript.apply(Corrected(1.0, correction))

    return FrontEnd(transcript, correct=correct), made


def test_a_correction_is_answered_with_the_sentence_that_it_made(transcript: Transcript) -> None:
    front_end, made = editable(transcript)
    front_end.send("sync")
    old, new = ["all", "", 1.2, 1.29, None, " ", False], ["everyone", "!", 1.2, 1.4, None, " ", True]
    front_end.send("correct", sentence=1, old=[old], new=[new])
    front_end.refresh()
    (correction,) = made
    assert [word.text for word in correction.new] == ["everyone"]
    assert front_end.words == {1: ["good", "morning", "everyone"], 2: ["today", "we"]}
    assert [sentence.id for update in front_end.updates[1:] for sentence in update.sentences] == [1]
    assert front_end.run.can_undo is True
    front_end.send("undo")
    front_end.refresh()
    assert front_end.words[1] == ["good", "morning", "all"]


def test_a_sentence_that_lost_its_words_is_removed_and_comes_back(transcript: Transcript) -> None:
    front_end, _ = editable(transcript)
    front_end.send("sync")
    old = [["today", "", 2.0, 2.09, None, "", False], ["we", "", 2.1, 2.19, None, " ", False]]
    front_end.send("correct", sentence=2, old=old, new=[])
    front_end.refresh()
    assert [update.removed for update in front_end.updates if update.removed] == [[2]]
    front_end.send("undo")
    front_end.refresh()
    assert front_end.words[2] == ["today", "we"]


ALL = ["all", "", 1.2, 1.29, None, " ", False]


@pytest.mark.parametrize(
    "fields",
    [
        {"sentence": 1, "old": [ALL], "new": [["x" * 501, "", 1.2, 1.29, None, " ", True]]},
        {"sentence": 1, "old": [ALL], "new": [["x", "", "soon", 2, None, " ", True]]},
        {"sentence": 1, "old": [["all", "", 1.2]], "new": []},
        {"sentence": "1; drop", "old": [], "new": [["x", "", 1, 2, None, " ", True]]},
        {},
    ],
)
def test_an_invalid_correction_is_refused_with_a_reason(transcript: Transcript, fields: dict[str, Any]) -> None:
    front_end, made = editable(transcript)
    front_end.send("correct", **fields)
    assert made == []
    assert "Nothing was changed" in front_end.contents("refused")[-1]["text"]


def test_a_view_that_cannot_correct_refuses(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript)
    front_end.send("undo")
    assert "cannot be corrected" in front_end.contents("refused")[-1]["text"]


# ------------------------------------------------------------------------------------------------------------ sound


def tone() -> PlayableClip:
    """A clip of two seconds, opened again each time."""
    return PlayableClip((np.sin(np.arange(32_000) / 5).astype(np.float32), 16_000))


SPECTROGRAM = {"id": 1, "start": 0, "span": 1, "columns": 50, "rows": 32}


def test_sound_and_spectrogram_arrive_as_buffers(transcript: Transcript) -> None:
    front_end = FrontEnd(transcript, open_audio=tone)
    reply, buffers = front_end.request("audio", id=7, index=0)
    assert reply.mime.startswith("audio/webm")
    assert buffers[0][:4] == b"\x1aE\xdf\xa3"
    reply, buffers = front_end.request("spectrogram", **SPECTROGRAM)
    assert reply.error == ""
    assert len(buffers[0]) == 50 * 32


def test_a_clip_that_cannot_be_played_is_answered_with_the_reason(transcript: Transcript) -> None:
    def missing() -> PlayableClip:
        raise AudioError("the clip is missing on disk; its words are kept.")

    reply, buffers = FrontEnd(transcript, open_audio=missing).request("audio", id=1, index=0)
    assert (reply.error, buffers) == ("the clip is missing on disk; its words are kept.", [])
    reply, _ = FrontEnd(transcript).request("audio", id=1, index=0)
    assert "no sound" in reply.error


@pytest.mark.parametrize(
    "over",
    [{"columns": 10**6}, {"rows": -1}, {"span": 1e9}, {"start": "x"}, {"span": float("nan")}, {"columns": None}],
)
def test_invalid_requests_are_answered_with_an_error(transcript: Transcript, over: Any) -> None:
    front_end = FrontEnd(transcript, open_audio=tone)
    reply, buffers = front_end.request("spectrogram", **(SPECTROGRAM | over))
    assert reply.error
    assert buffers == []
    reply, _ = front_end.request("audio", id=2, index=-1)
    assert reply.error


def test_too_many_requests_at_once_are_refused(transcript: Transcript) -> None:
    may_open = threading.Event()

    def waiting() -> PlayableClip:
        assert may_open.wait(10)
        return tone()

    front_end = FrontEnd(transcript, open_audio=waiting)
    for number in range(100):
        front_end.send("audio", id=number, index=number)
    assert sum("Too much" in reply.error for reply, _ in front_end.replies) == 100 - 32
    may_open.set()
    assert eventually(lambda: len(front_end.replies) == 100)
