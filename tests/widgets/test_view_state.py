"""What is sent to a front end while others change the transcript on other threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fake_front_end import FrontEnd, received, recognised, run_started

from paraformer_nb.dashscope.messages import SentenceResult, WordResult
from paraformer_nb.journal.records import Corrected
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Sentence
from paraformer_nb.widgets.run_data import SentenceData
from paraformer_nb.widgets.run_state import describe_run
from paraformer_nb.widgets.view_state import ViewState


@pytest.fixture
def transcript() -> Transcript:
    """A run with the final sentence "good day" and the partial one "to"."""
    transcript = Transcript(run_started())
    transcript.apply(recognised(1, ["good", "day"], is_final=True))
    transcript.apply(recognised(2, ["to"], is_final=False))
    return transcript


def changes(state: ViewState, transcript: Transcript) -> list[SentenceData]:
    """The sentences that are sent now."""
    run = describe_run(transcript, can_stop=False, can_correct=True)
    return [sentence for update, _ in state.updates(transcript, run, ()) for sentence in update.sentences]


def texts(sentence: SentenceData) -> list[str]:
    return [word.text for word in sentence.words]


def retype(transcript: Transcript, index: int, text: str) -> None:
    """Correct a word of the first sentence."""
    word = transcript.corrected(transcript.finals[0]).words[index]
    correction = Correction("replace", 1, (word,), (type(word)(text, word.start, word.end),))
    transcript.apply(Corrected(1.0, correction))


class Busy(list[Any]):
    """A list that calls `then` after it was sliced, once; it keeps the lengths of its slices."""

    def __init__(self, items: list[Any], then: Callable[[], None] = lambda: None) -> None:
        super().__init__(items)
        self.then = then
        self.slices: list[int] = []

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if isinstance(key, slice):
            then, self.then = self.then, lambda: None
            self.slices.append(len(found))
            then()
        return found


def test_a_correction_that_is_made_meanwhile_is_sent_the_next_time(transcript: Transcript) -> None:
    state = ViewState()
    changes(state, transcript)
    retype(transcript, 0, "bad")
    transcript.corrected_ids = Busy(transcript.corrected_ids, lambda: retype(transcript, 1, "night"))
    changes(state, transcript)
    assert [texts(sentence) for sentence in changes(state, transcript)] == [["bad", "night"]]
    assert changes(state, transcript) == []


def test_without_corrections_final_sentences_are_not_read_again(transcript: Transcript) -> None:
    for number in range(3, 2000):
        transcript.apply(recognised(number, ["more"], is_final=True))
    state = ViewState()
    changes(state, transcript)
    finals = transcript.finals = Busy(transcript.finals)
    transcript.apply(recognised(2000, ["more"], is_final=True))
    assert [sentence.id for sentence in changes(state, transcript)] == [2000]
    assert sum(finals.slices) < 5 + 101  # a sample of 100 sentences decides about the language
    retype(transcript, 0, "bad")
    assert [sentence.id for sentence in changes(state, transcript)] == [1]


class BecomingFinal(Transcript):
    """A transcript whose partial sentence becomes final as soon as it was read, and stays among the partials."""

    kept: tuple[Sentence, ...] = ()

    @property
    def partials(self) -> list[Sentence]:
        partials = super().partials
        if partials and not self.kept:
            self.kept = tuple(partials)
            self.apply(recognised(1, ["good", "day"], is_final=True))
        return list(self.kept)


def test_a_sentence_that_becomes_final_meanwhile_is_sent_as_final_and_not_removed() -> None:
    transcript = BecomingFinal(run_started())
    transcript.apply(recognised(1, ["good"], is_final=False))
    state = ViewState()
    (sentence,) = changes(state, transcript)
    assert (texts(sentence), sentence.is_final) == (["good", "day"], True)
    assert changes(state, transcript) == [], "it is still in both"


def test_a_word_from_a_view_has_the_speaker_at_its_time() -> None:
    transcript, made = Transcript(run_started()), list[Correction]()
    spans = [WordResult(1000 * second, 1000 * second + 900, "no", speaker_id="aab"[second]) for second in range(3)]
    transcript.apply(received(SentenceResult(0, 2900, "no no no", spans, True, sentence_id=1)))
    front_end = FrontEnd(transcript, correct=made.append)
    times = [(0.0, 0.9), (1.0, 1.2), (1.9, 2.9), (5.0, 6.0)]
    front_end.send("correct", sentence=1, old=[], new=[["so", "", *span, None, "", True] for span in times])
    assert [word.speaker for word in made[0].new] == ["a", "a", "b", "b"]
    front_end.send("correct", sentence=2, old=[], new=[["so", "", 1.0, 1.2, None, "", True]])
    assert [word.speaker for word in made[1].new] == [None], "a sentence that was never recognised has none"


def test_what_is_on_view_first_travels_in_a_small_message() -> None:
    transcript = Transcript(run_started())
    for number in range(1, 2_501):
        transcript.apply(recognised(number, ["good", "day"], is_final=True))
    run = describe_run(transcript, can_stop=False, can_correct=True)
    parts = [[each.id for each in update.sentences] for update, _ in ViewState().updates(transcript, run, ())]
    assert [len(ids) for ids in parts] == [100, 2_000, 400]
    assert [number for ids in parts for number in ids] == list(range(1, 2_501))
    again = [len(update.sentences) for update, _ in ViewState(has_shown=True).updates(transcript, run, ())]
    assert again == [2_000, 500], "what is shown already does not become short for a moment"
