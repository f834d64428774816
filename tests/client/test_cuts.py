"""Cuts at random moments, again and again: nothing is lost, nothing is doubled, and what cannot be had is a gap."""

from __future__ import annotations

import difflib
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
from lessons import assert_same, losses, pcm, pieces, scripted, whole
from servers import RATE, ended

import paraformer_nb as pnb
from paraformer_nb.client import live

pytestmark = pytest.mark.usefixtures("no_waiting")

_AT_ONCE = 6  # runs
_LINK_TIMEOUT = 0.8  # seconds, where a link falls silent
_EVENTS = {"lesson_en": 110, "lesson_zh": 29}  # a little less than a service sends for it
_KINDS = (
    "drop:{moment},how=close,code=1000",
    "drop:{moment},how=close,code=1011",
    "drop:{moment},how=reset",
    "drop:{moment},how=reset",
    "fail:{moment}",
    "drop:{moment},how=silence",
)


class Cuts(NamedTuple):
    """A run's cuts: its clip, its pace, and what befalls its connections."""

    clip: Path
    pace: float | None
    faults: list[str]

    @classmethod
    def draw(cls, clip: Path, count: int, luck: random.Random) -> Cuts:
        """`count` cuts, each at some event or byte. A connection is cut by the first of those that still wait: they
        come in the order of their moments, counted from where each connection begins."""
        largest = _EVENTS[clip.stem] if count == 1 else _EVENTS[clip.stem] // (count + 1)
        faults = []
        for number, event in enumerate(sorted(luck.randint(1, largest) for _ in range(count)), 1):
            by_bytes = f"bytes={round(len(pcm(clip)) * (event - luck.random()) / _EVENTS[clip.stem])}"
            moment = luck.choice([by_bytes, f"events={event}"])
            faults.append(f"{luck.choice(_KINDS).format(moment=moment)},times={number}")
        return cls(clip, luck.choice([None, None, 400.0]), faults)

    def service(self) -> pnb.Embedded:
        """The service that does all this."""
        is_silent = any("silence" in fault for fault in self.faults)
        return scripted(self.clip, self.faults, link_timeout=_LINK_TIMEOUT if is_silent else 60.0)

    def begin(self, service: pnb.Embedded, *, is_live: bool) -> pnb.Run:
        """The run, of the clip's file or of a live source."""
        source = (pieces(pcm(self.clip)), RATE) if is_live else self.clip
        return pnb.transcribe(source, service=service, pace=self.pace, retry=pnb.Retry(attempts=9))


def plans(clips: list[Path], seed: int) -> Iterator[Cuts]:
    """Of two runs one is cut once, the other three times; without end."""
    luck = random.Random(seed)
    while True:
        yield Cuts.draw(luck.choice(clips), luck.choice([1, 3]), luck)


_closing = ThreadPoolExecutor(_AT_ONCE)  # closing a service may wait a moment for a connection that is half-open


@pytest.fixture(autouse=True, scope="module")
def _closed_in_the_end() -> Iterator[None]:
    yield
    _closing.shutdown()


def runs_of(drawn: Iterator[Cuts], cuts: int, *, is_live: bool = False) -> Iterator[tuple[Cuts, pnb.Run]]:
    """Their runs, ended well, several of them at once, until so many cuts have befallen them."""
    while cuts > 0:
        begun = [(plan, plan.service()) for plan in islice(drawn, _AT_ONCE)]
        runs = [plan.begin(service, is_live=is_live) for plan, service in begun]
        try:
            for (plan, _), run in zip(begun, runs, strict=True):
                try:
                    yield plan, ended(run, 60)
                except Exception as error:
                    error.add_note(f"{plan} {losses(run)}")
                    raise
                cuts -= len(losses(run))
        finally:
            for _, service in begun:
                _closing.submit(service.close)


def check_all(drawn: Iterator[Cuts], cuts: int, *, is_live: bool = False) -> None:
    """Every run has what its uncut run has."""
    for plan, run in runs_of(drawn, cuts, is_live=is_live):
        assert_same(run, whole(plan.clip), within=0.02)


def check_gaps(drawn: Iterator[Cuts], cuts: int) -> float:
    """Of live sources of which next to nothing is kept: every word is there once, or was in a gap. Returns how many
    seconds were lost."""
    seconds = 0.0
    for plan, run in runs_of(drawn, cuts, is_live=True):
        said = {(word.text, round(word.start, 2)): word for word in whole(plan.clip).words.itertuples()}
        heard = [(word.text, round(word.start, 2)) for word in run.words.itertuples()]
        gaps = list(run.gaps[["start", "end"]].itertuples(index=False))
        assert len(set(heard)) == len(heard), "none is doubled"
        assert set(heard) <= set(said), "none was made up"
        for missing in set(said) - set(heard):
            word = said[missing]
            assert any(start < word.end and word.start < end for start, end in gaps), (word, gaps)
        for _, start in heard:
            assert not any(begin < start < end - 0.02 for begin, end in gaps), "what was heard is in no gap"
        ends = [0.0, *(place for gap in gaps for place in gap), len(pcm(plan.clip)) / 2 / RATE]
        assert ends == sorted(ends), "gaps lie in the clip, one after the other"
        seconds += sum(end - start for start, end in gaps)
    return seconds


@pytest.fixture
def clips(english: Path, chinese: Path) -> list[Path]:
    return [chinese, chinese, english]


def test_words_survive_cuts_at_any_moment(clips: list[Path]) -> None:
    check_all(plans(clips, seed=1), cuts=45)


def test_words_of_a_live_source_survive_cuts_at_any_moment(clips: list[Path]) -> None:
    check_all(plans(clips, seed=2), cuts=15, is_live=True)


def test_what_cannot_be_sent_again_is_in_the_gaps_to_the_last_word(
    clips: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_KEPT", 0.6)
    assert check_gaps(plans(clips, seed=3), cuts=12) > 3


# ------------------------------------------------------------------------------------------------------- the campaign


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("cuts", "is_live"), [(1500, False), (500, True)], ids=["files", "live sources"])
def test_words_survive_thousands_of_cuts(cuts: int, is_live: bool, clips: list[Path]) -> None:
    check_all(plans(clips, seed=11), cuts, is_live=is_live)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_gaps_tell_of_all_that_is_missing_hundreds_of_times(clips: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_KEPT", 0.6)
    print(f"\n{check_gaps(plans(clips, seed=13), cuts=300):.0f} s lost, all in gaps")  # noqa: T201


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_real_recogniser_s_sentences_survive_cuts(english: Path) -> None:
    """What it hears around a cut may differ by a word or two; no sentence is missing, and none is there twice."""
    luck = random.Random(14)
    service = pnb.Embedded("pocketsphinx")
    expected = list(ended(pnb.transcribe(english, service=service), 120).words["text"])
    service.close()
    cuts = errors = words = 0
    for _ in range(12):
        plan = Cuts.draw(english, luck.choice([1, 3]), luck)
        service = pnb.Embedded("pocketsphinx", faults=plan.faults, link_timeout=10.0)
        run = ended(pnb.transcribe(english, service=service), 240)
        heard = list(run.words["text"])
        for kind, before, until, begin, end in difflib.SequenceMatcher(None, expected, heard, False).get_opcodes():
            if kind != "equal":
                there, here = until - before, end - begin
                assert abs(there - here) <= 3, (plan, expected[before:until], heard[begin:end])
                assert max(there, here) < 8, "no sentence is shorter"
                errors += max(there, here)
        assert len(run.gaps) == 0
        cuts += len(losses(run))
        words += len(expected)
        service.close()
    print(f"\n{cuts} cuts of a real recogniser's runs: word error rate {errors / words:.3f}")  # noqa: T201
    assert errors / words < 0.1
