"""What a front end is told while others change the transcript on other threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from test_timeline import Listened, heard, on_loop, run_record

from paraformer_nb.dashscope.messages import ResultGeneratedEvent, SentenceResult, WordResult, encode_event
from paraformer_nb.journal.records import Corrected, Received
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Sentence
from paraformer_nb.widgets.view_state import Update, ViewState, packed


@pytest.fixture
def transcript() -> Transcript:
    """A run that has heard "good day", and "to", which it may hear more of."""
    transcript = Transcript()
    for record in (run_record(), heard(1, ["good", "day"], is_final=True), heard(2, ["to"], is_final=False)):
        transcript.apply(record)
    return transcript


def news(told: ViewState, transcript: Transcript) -> list[dict[str, Any]]:
    """The sentences that are told now."""
    updates: list[Update] = list(told.updates(transcript, {}, ()))
    return [sentence for update, _ in updates for sentence in update["sentences"]]


def retype(transcript: Transcript, at: int, text: str) -> None:
    """Correct a word of the first sentence."""
    word = transcript.corrected(transcript.settled[0]).words[at]
    change = Correction("replace", 1, (word,), (type(word)(text, word.start, word.end),))
    transcript.apply(Corrected(1.0, change.plain))


class Busy(list[Any]):
    """A list after whose slicing something happens, once; it keeps how long its slices were."""

    def __init__(self, items: list[Any], happens: Callable[[], None] = lambda: None) -> None:
        super().__init__(items)
        self.happens = happens
        self.slices: list[int] = []

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if isinstance(key, slice):
            happens, self.happens = self.happens, lambda: None
            self.slices.append(len(found))
            happens()
        return found


def test_a_correction_that_comes_meanwhile_is_told_the_next_time(transcript: Transcript) -> None:
    told = ViewState()
    news(told, transcript)
    retype(transcript, 0, "bad")
    transcript.touched = Busy(transcript.touched, lambda: retype(transcript, 1, "night"))
    news(told, transcript)
    assert [[word[0] for word in sentence["words"]] for sentence in news(told, transcript)] == [["bad", "night"]]
    assert news(told, transcript) == []


def test_while_nobody_corrects_what_has_settled_is_not_looked_at_again(transcript: Transcript) -> None:
    for number in range(3, 50):
        transcript.apply(heard(number, ["more"], is_final=True))
    told = ViewState()
    news(told, transcript)
    settled = transcript.settled = Busy(transcript.settled)
    transcript.apply(heard(50, ["more"], is_final=True))
    assert [sentence["id"] for sentence in news(told, transcript)] == [50]
    assert sum(settled.slices) < 5
    retype(transcript, 0, "bad")
    assert [sentence["id"] for sentence in news(told, transcript)] == [1]


class Settling(Transcript):
    """One in which what is open has settled by the time it was read, but has not been taken away yet."""

    stays: tuple[Sentence, ...] = ()

    @property
    def open(self) -> list[Sentence]:
        opened = super().open
        if opened and not self.stays:
            self.stays = tuple(opened)
            self.apply(heard(1, ["good", "day"], is_final=True))
        return list(self.stays)


def test_a_sentence_that_settles_meanwhile_is_told_as_settled_and_not_taken_back() -> None:
    transcript = Settling()
    for record in (run_record(), heard(1, ["good"], is_final=False)):
        transcript.apply(record)
    told = ViewState()
    (sentence,) = news(told, transcript)
    assert sentence == packed(transcript.settled[0])
    assert news(told, transcript) == [], "it is still in both"


def test_a_word_that_a_view_sends_is_of_whoever_speaks_at_its_time() -> None:
    transcript, made = Transcript(), list[Correction]()
    transcript.apply(run_record())
    spans = [WordResult(1000 * at, 1000 * at + 900, "no", speaker_id="aab"[at]) for at in range(3)]
    result = SentenceResult(0, 2900, "no no no", spans, True, sentence_id=1)
    transcript.apply(Received.of(1.0, "t", encode_event(ResultGeneratedEvent("t", result)).encode()))
    view = Listened(transcript, edit=made.append)
    rows = [["so", "", start, end, None, 0, 0] for start, end in [(0.0, 0.9), (1.0, 1.2), (1.9, 2.9), (5.0, 6.0)]]
    view._on_message(view, {"kind": "edit", "sentence": 1, "old": [], "new": rows}, [])
    on_loop(lambda: None)
    assert [word.speaker for word in made[0].new] == ["a", "a", "b", "b"]
    rows = [["so", "", 1.0, 1.2, None, 0, 0]]
    view._on_message(view, {"kind": "edit", "sentence": 2, "old": [], "new": rows}, [])
    on_loop(lambda: None)
    assert [word.speaker for word in made[1].new] == [None], "a sentence that was never heard has none"
