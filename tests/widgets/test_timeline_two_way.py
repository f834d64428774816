"""The timeline and Python, both ways: selection, playhead, search, layers, corrections, sound."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import pandas as pd
import pytest
import traitlets
from servers import eventually
from test_timeline import Listened, ask, heard, on_loop, run_record, shown, tell

from paraformer_nb.errors import AudioError, ParameterError
from paraformer_nb.journal.records import Corrected, Resumed
from paraformer_nb.playback.playable import PlayableClip
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets import timeline as module


@pytest.fixture
def transcript() -> Transcript:
    """Two sentences, at 1 s and 2 s, a word every 100 ms."""
    transcript = Transcript()
    transcript.apply(run_record())
    transcript.apply(heard(1, ["good", "morning", "all"], is_final=True))
    transcript.apply(heard(2, ["today", "we"], is_final=True))
    return transcript


class Told(Listened):
    """The widget, with messages in place of updates."""

    def said(self, kind: str) -> list[dict[str, Any]]:
        """Messages of a kind."""
        on_loop(lambda: None)
        return [content for content, _ in self.sent if content["kind"] == kind]


# ------------------------------------------------------------------------------------------------ selection, playhead


def test_a_selection_selects_words(transcript: Transcript) -> None:
    view = Told(transcript)
    assert len(view.selected_words) == 0
    view.set_state({"selection": [1.05, 1.15]})  # as the front end does
    assert view.selection == (1.05, 1.15)
    assert view.selected_words.text.tolist() == ["good", "morning"]
    assert view.selected_words.dtypes["start"] == "float64"


def test_observers_hear_of_selected_words_and_playhead(transcript: Transcript) -> None:
    view, heard_of = Told(transcript), []
    view.observe(lambda change: heard_of.append(change.new.text.tolist()), "selected_words")
    view.observe(lambda change: heard_of.append(change.new), "playhead")
    view.selection = (2.0, 3.0)
    view.set_state({"playhead": 1.5})
    assert heard_of == [["today", "we"], 1.5]


def test_selection_links_to_a_slider(transcript: Transcript) -> None:
    view, slider = Told(transcript), ipywidgets.FloatRangeSlider(value=(0.0, 1.0), min=0, max=60)
    ipywidgets.link((view, "selection"), (slider, "value"))
    view.selection = (2.0, 3.5)
    assert slider.value == (2.0, 3.5)
    slider.value = (4.0, 5.0)
    assert view.selection == (4.0, 5.0)
    view.selection = None
    assert slider.value == view.selection == (0.0, 0.0)


@pytest.mark.parametrize("wrong", [(2, 1), (-1, 2), 5, "ab", (1,), (0, float("nan")), (0, float("inf"))])
def test_a_selection_that_is_none_is_refused(transcript: Transcript, wrong: Any) -> None:
    view = Told(transcript)
    view.selection = (1, 2)
    with pytest.raises(traitlets.TraitError, match="in seconds"):
        view.selection = wrong
    assert view.selection == (1, 2)


def test_seek_moves_the_playhead_and_the_view(transcript: Transcript) -> None:
    view = Told(transcript)
    view.seek(2.5)
    assert view.playhead == 2.5
    assert view.said("seek") == [{"kind": "seek", "time": 2.5}]
    view.seek(np.int64(3))
    assert view.playhead == 3.0
    for wrong in (-1, "x", float("inf")):
        with pytest.raises(ParameterError, match="seconds"):
            view.seek(wrong)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="no text"):
        view.find(5)  # type: ignore[arg-type]


def test_the_front_end_knows_the_traits_that_there_are() -> None:
    cursor = Path(module.__file__).parent / "static" / "timeline" / "run" / "cursor.js"
    (body,) = re.findall(r"@typedef \{\{ (.*) \}\} TimelineModel", cursor.read_text(encoding="utf-8"))
    own = set(module.Timeline.class_traits(sync=True)) - set(anywidget.AnyWidget.class_traits(sync=True))
    assert {part.split(":")[0].strip() for part in re.sub(r"\[.*?\]", "", body).split(", ")} == own


# --------------------------------------------------------------------------------------------------- search, layers


def test_find_gives_a_table_and_shows_it(transcript: Transcript) -> None:
    view = Told(transcript)
    table = view.find("Good Morning")
    assert table.to_dict("records") == [{"sentence_id": 1, "text": "good morning", "start": 1.0, "end": 1.19}]
    assert view.find("nowhere").dtypes["start"] == "float64"
    assert [message["text"] for message in view.said("find")] == ["Good Morning", "nowhere"]


def test_layers_are_told_once_and_can_be_replaced(transcript: Transcript) -> None:
    view = Told(transcript)
    ask(view, "sync")
    view.highlight(pd.DataFrame({"start": [3.0, 1.0], "end": [4, 2], "label": ["b", None]}), "pauses")
    on_loop(view._push)
    told = [content["layers"] for content, _ in view.sent if "layers" in content]
    assert told == [[{"name": "pauses", "spans": [(1.0, 2.0, ""), (3.0, 4.0, "b")]}]]
    view.highlight(pd.DataFrame({"start": [0.0], "end": [1.0], "who": [7]}), "pauses", label="who")
    view.highlight(pd.DataFrame({"start": [], "end": []}), "none")
    view.highlight(None, "none")
    on_loop(view._push)
    assert [content["layers"] for content, _ in view.sent if "layers" in content][-1] == [
        {"name": "pauses", "spans": [(0.0, 1.0, "7")]}
    ]


def test_a_layer_may_have_any_index_and_labels_that_are_missing(transcript: Transcript) -> None:
    view = Told(transcript)
    part = pd.DataFrame({"start": [1, None], "end": [2, 3], "label": pd.array(["a", None], "string")})
    view.highlight(pd.concat([part, part.assign(label=pd.NA)]), "twice")
    assert view._layers[0].spans == [(1.0, 2.0, ""), (1.0, 2.0, "a")]


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pd.DataFrame({"start": [1], "stop": [2]}), "no column 'end'"),
        (pd.DataFrame({"a": [1]}), "no column 'start' and no 'end'"),
        (pd.DataFrame({"start": ["x"], "end": [2]}), "must be numbers"),
        (pd.DataFrame({"start": [3, 1], "end": [2, 2]}), "1 rows end before they start"),
        (pd.DataFrame({"start": [0.0] * 20_001, "end": 1.0}), "more than can be shown"),
        ([(1, 2)], "no column"),
    ],
)
def test_a_table_that_cannot_be_highlighted_says_why(transcript: Transcript, frame: Any, says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        Told(transcript).highlight(frame)


def test_resumes_are_told(transcript: Transcript) -> None:
    view = Told(transcript)
    ask(view, "sync")
    tell(view, transcript, Resumed(3.0, "u", 2.5, 2))
    assert view.sent[-1][0]["resumes"] == [[2.5, "attempt 2"]]


# ------------------------------------------------------------------------------------------------------ corrections


def edits(view: Told, content: dict[str, Any]) -> None:
    view._on_message(view, content, [])
    on_loop(lambda: None)


def editable(transcript: Transcript) -> tuple[Told, list[Correction]]:
    """A view whose corrections are applied as a run applies them."""
    made: list[Correction] = []

    def edit(change: Correction) -> None:
        made.append(change)
        transcript.apply(Corrected(1.0, change.plain))

    return Told(transcript, edit=edit), made


def test_a_correction_comes_back_as_the_sentence_that_it_made(transcript: Transcript) -> None:
    view, made = editable(transcript)
    ask(view, "sync")
    old, new = ["all", "", 1.2, 1.29, None, 1, 0], ["everyone", "!", 1.2, 1.4, None, 1, 1]
    edits(view, {"kind": "edit", "sentence": 1, "old": [old], "new": [new]})
    on_loop(view._push)
    (change,) = made
    assert [word.text for word in change.new] == ["everyone"]
    assert shown(view) == {1: ["good", "morning", "everyone"], 2: ["today", "we"]}
    assert [sentence["id"] for sentence in view.sent[-1][0]["sentences"]] == [1]
    assert view.sent[-1][0]["run"]["can_undo"] is True
    edits(view, {"kind": "undo"})
    on_loop(view._push)
    assert shown(view)[1] == ["good", "morning", "all"]


def test_a_sentence_that_lost_its_words_goes_and_comes_back(transcript: Transcript) -> None:
    view, _ = editable(transcript)
    ask(view, "sync")
    old = [["today", "", 2.0, 2.09, None, 0, 0], ["we", "", 2.1, 2.19, None, 1, 0]]
    edits(view, {"kind": "edit", "sentence": 2, "old": old, "new": []})
    on_loop(view._push)
    assert view.sent[-1][0]["removed"] == [2]
    edits(view, {"kind": "undo"})
    on_loop(view._push)
    assert shown(view)[2] == ["today", "we"]


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "edit", "sentence": 1, "old": [["all", "", 1.2, 1.29]], "new": [["x" * 501, "", 1.2, 1.29]]},
        {"kind": "edit", "sentence": 1, "old": [["all", "", 1.2, 1.29]], "new": [["x", "", "soon", 2]]},
        {"kind": "edit", "sentence": 1, "old": [["all", "", 1.2]], "new": []},
        {"kind": "edit", "sentence": "1; drop", "old": [], "new": [["x", "", 1, 2]]},
        {"kind": "edit"},
    ],
)
def test_what_is_no_correction_is_refused_in_words(transcript: Transcript, content: dict[str, Any]) -> None:
    view, made = editable(transcript)
    edits(view, content)
    assert made == []
    assert "Nothing was changed" in view.said("say")[-1]["text"]


def test_a_view_that_cannot_correct_says_so(transcript: Transcript) -> None:
    view = Told(transcript)
    edits(view, {"kind": "undo"})
    assert "cannot be corrected" in view.said("say")[-1]["text"]


# ------------------------------------------------------------------------------------------------------------ sound


def question(view: Told, content: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """Ask as the front end does; the answer."""
    edits(view, content)
    assert eventually(lambda: any(told.get("to") == content["id"] for told, _ in view.sent))
    return next((told, buffers) for told, buffers in view.sent if told.get("to") == content["id"])


def tone() -> PlayableClip:
    """A clip of two seconds, opened anew each time: nobody wants it kept."""
    return PlayableClip((np.sin(np.arange(32_000) / 5).astype(np.float32), 16_000))


def test_sound_and_spectrogram_come_as_buffers(transcript: Transcript) -> None:
    view = Told(transcript, open_audio=tone)
    told, buffers = question(view, {"kind": "audio", "id": 1, "index": 0})
    assert told["mime"].startswith("audio/webm")
    assert buffers[0][:4] == b"\x1aE\xdf\xa3"
    told, buffers = question(view, {"kind": "spectrogram", "id": 2, "start": 0, "span": 1, "columns": 50, "rows": 32})
    assert "error" not in told
    assert len(buffers[0]) == 50 * 32


def test_a_clip_that_cannot_be_played_says_why(transcript: Transcript) -> None:
    def gone() -> PlayableClip:
        raise AudioError("the clip is gone from disk; its words are kept.")

    told, buffers = question(Told(transcript, open_audio=gone), {"kind": "audio", "id": 1, "index": 0})
    assert (told["error"], buffers) == ("the clip is gone from disk; its words are kept.", [])
    told, _ = question(Told(transcript), {"kind": "audio", "id": 1, "index": 0})
    assert "no sound" in told["error"]


@pytest.mark.parametrize(
    "over", [{"columns": 10**6}, {"rows": -1}, {"span": 1e9}, {"start": "x"}, {"span": float("nan")}, {"columns": None}]
)
def test_questions_that_cannot_be_meant_are_answered_with_an_error(transcript: Transcript, over: Any) -> None:
    whole = {"kind": "spectrogram", "id": 1, "start": 0, "span": 1, "columns": 50, "rows": 32} | over
    told, buffers = question(Told(transcript, open_audio=tone), whole)
    assert "error" in told
    assert buffers == []


def test_nobody_can_ask_for_everything_at_once(transcript: Transcript) -> None:
    view = Told(transcript, open_audio=tone)

    def flood() -> None:
        for number in range(100):
            view._answers.answer({"kind": "audio", "id": number, "index": number})

    on_loop(flood)
    assert sum("Too much" in told.get("error", "") for told in view.said("reply")) == 100 - 32
    assert eventually(lambda: not view._answers._tasks)
