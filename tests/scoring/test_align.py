"""Alignment: the fewest errors as jiwer counts them, then the most hits, then the smallest differences of time."""

from __future__ import annotations

import random
from functools import cache
from itertools import product

import jiwer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from paraformer_nb.scoring import align as aligning
from paraformer_nb.scoring.align import Side, align

Quality = tuple[int, int, int]  # errors, substitutions, ms of time differences: each to be small, in this order


def quality(reference: Side, hypothesis: Side, pairs: list[tuple[int, int]]) -> Quality:
    """Count an alignment, and check that it is one: every token once, in order."""
    assert [i for i, _ in pairs if i >= 0] == list(range(len(reference.texts)))
    assert [j for _, j in pairs if j >= 0] == list(range(len(hypothesis.texts)))
    both = [(i, j) for i, j in pairs if i >= 0 and j >= 0]
    substitutions = sum(reference.texts[i] != hypothesis.texts[j] for i, j in both)
    time = 0
    if reference.starts is not None and hypothesis.starts is not None:
        time = sum(int(abs(reference.starts[i] - hypothesis.starts[j]) * 1000) for i, j in both)
    return len(pairs) - len(both) + substitutions, substitutions, time


@cache
def alignments(rows: int, columns: int) -> list[list[tuple[int, int]]]:
    """Every alignment of so many tokens, made of runs of pairs and of skipped tokens, deletions before insertions."""
    if not rows or not columns:
        return [[(i, -1) for i in range(rows)] + [(-1, j) for j in range(columns)]]
    found = [[*rest, (rows - 1, columns - 1)] for rest in alignments(rows - 1, columns - 1)]
    found += [[*rest, (rows - 1, -1)] for rest in alignments(rows - 1, columns)]
    found += [[*rest, (-1, columns - 1)] for rest in alignments(rows, columns - 1)]
    return found


def timed(texts: str, starts: list[int]) -> Side:
    """Tokens of one letter, with starts in tenths of a second."""
    values = np.array(starts, dtype=float) / 10
    return Side(list(texts), values, values + 0.1)


@st.composite
def sides(draw: st.DrawFn, longest: int) -> Side:
    texts = draw(st.text("abc", max_size=longest))
    starts = draw(st.lists(st.integers(0, 40), min_size=len(texts), max_size=len(texts)))
    return timed(texts, sorted(starts))


@settings(deadline=None)
@given(sides(5), sides(5))
def test_no_alignment_of_short_texts_is_better(reference: Side, hypothesis: Side) -> None:
    best = min(
        quality(reference, hypothesis, pairs) for pairs in alignments(len(reference.texts), len(hypothesis.texts))
    )
    assert quality(reference, hypothesis, align(reference, hypothesis).pairs) == best


def test_no_alignment_of_seven_tokens_is_better() -> None:
    rng = random.Random(1)
    reference, hypothesis = (
        timed("".join(rng.choices("abc", k=7)), sorted(rng.choices(range(30), k=7))) for _ in range(2)
    )
    best = min(quality(reference, hypothesis, pairs) for pairs in alignments(7, 7))
    assert quality(reference, hypothesis, align(reference, hypothesis).pairs) == best


def random_pair(rng: random.Random, length: int) -> tuple[list[str], list[str]]:
    """A text of few different words, and another one with errors in it."""
    vocabulary = [f"w{number}" for number in range(rng.choice((3, 30, 300)))]
    reference = rng.choices(vocabulary, k=rng.randint(1, length))
    share = rng.choice((0.05, 0.3, 0.8))
    hypothesis = []
    for word in reference:
        kind = rng.choice("sdi") if rng.random() < share else "="
        hypothesis += {"=": [word], "s": [rng.choice(vocabulary)], "d": [], "i": [word, rng.choice(vocabulary)]}[kind]
    return reference, hypothesis


def test_errors_are_jiwer_s_and_hits_never_fewer_on_1000_pairs() -> None:
    rng = random.Random(5)
    more_hits = 0
    for number in range(1000):
        reference, hypothesis = random_pair(rng, 300 if number % 10 == 0 else 40)
        errors, substitutions, _ = quality(
            Side(reference), Side(hypothesis), align(Side(reference), Side(hypothesis)).pairs
        )
        theirs = jiwer.process_words(" ".join(reference), " ".join(hypothesis) or " ")
        assert errors == theirs.substitutions + theirs.deletions + theirs.insertions
        assert errors / len(reference) == pytest.approx(theirs.wer)
        assert substitutions <= theirs.substitutions  # at the same errors: more hits
        more_hits += substitutions < theirs.substitutions
    assert more_hits > 50  # jiwer's alignment is often another one


def test_hits_are_the_most_that_the_fewest_errors_allow() -> None:
    rng = random.Random(6)
    best = found = 0
    for _ in range(100):
        reference, hypothesis = random_pair(rng, 300)
        errors, substitutions, _ = quality(
            Side(reference), Side(hypothesis), align(Side(reference), Side(hypothesis)).pairs
        )
        weighted = Levenshtein.distance(reference, hypothesis, weights=(10_000, 10_000, 10_001))
        assert errors == weighted // 10_000
        best += weighted % 10_000
        found += substitutions
    assert found <= 1.01 * best  # blocks are aligned with their neighbours, not with the whole text


def test_equal_words_are_paired_where_jiwer_pairs_different_ones() -> None:
    pairs = align(Side(["cat", "sat", "on", "the", "mat"]), Side(["cat", "sit", "on", "mat", "ok"])).pairs
    assert pairs == [(0, 0), (1, 1), (2, 2), (3, -1), (4, 3), (-1, 4)]


def test_of_two_equal_words_the_one_that_was_said_then_is_paired() -> None:
    reference = Side(["no", "no"], np.array([1.0, 5.0]), np.array([1.5, 5.5]))
    late, early = (Side(["no"], np.array([start]), np.array([start + 0.5])) for start in (5.1, 1.1))
    assert align(reference, late).pairs == [(0, -1), (1, 0)]
    assert align(reference, early).pairs == [(0, 0), (1, -1)]


def test_a_wrong_word_is_paired_with_the_one_at_its_time() -> None:
    starts = np.array([0.0, 1.0, 2.0, 3.0])
    reference = Side(["a", "x", "y", "b"], starts, starts + 0.5)
    for wrong_start, pair in ((1.1, (1, 1)), (2.1, (2, 1))):
        times = np.array([0.0, wrong_start, 3.0])
        assert pair in align(reference, Side(["a", "z", "b"], times, times + 0.5)).pairs


@pytest.mark.parametrize("counts", [(0, 0), (0, 3), (3, 0), (0, 5000), (5000, 0)])
def test_an_empty_side_has_deletions_or_insertions_only(counts: tuple[int, int]) -> None:
    sides_of = [Side(["a"] * count) for count in counts]
    pairs = align(*sides_of).pairs
    assert quality(*sides_of, pairs)[0] == sum(counts)
    assert len(pairs) == sum(counts)


@pytest.mark.parametrize("sizes", [(900, 700), (3000, 2500)], ids=["a table", "as rapidfuzz has it"])
def test_a_large_block_of_other_words_is_aligned_whole(sizes: tuple[int, int]) -> None:
    reference = [*"abcdefgh", *(f"r{i}" for i in range(sizes[0])), *"stuvwxyz"]
    hypothesis = [*"abcdefgh", *(f"h{i}" for i in range(sizes[1])), *"stuvwxyz"]
    errors, substitutions, _ = quality(
        Side(reference), Side(hypothesis), align(Side(reference), Side(hypothesis)).pairs
    )
    assert (errors, substitutions) == (sizes[0], sizes[1])


def long_side(count: int, pause_every: int, seed: int) -> Side:
    """Words of 0.3 s, with a pause of 1 s after every so many."""
    rng = random.Random(seed)
    starts = np.arange(count) * 0.3 + np.arange(count) // pause_every
    return Side([f"w{rng.randrange(500)}" for _ in range(count)], starts, starts + 0.3)


def test_long_texts_are_cut_where_both_are_silent_and_have_as_few_errors() -> None:
    reference = long_side(22_000, 40, seed=1)
    rng = random.Random(2)
    kept = [index for index in range(22_000) if rng.random() > 0.05]
    texts = [reference.texts[index] if rng.random() > 0.05 else "wrong" for index in kept]
    assert reference.starts is not None
    assert reference.ends is not None
    hypothesis = Side(texts, reference.starts[kept] + 0.05, reference.ends[kept] + 0.05)
    found = align(reference, hypothesis)
    assert found.parts == 4
    errors, _, _ = quality(reference, hypothesis, found.pairs)
    assert errors == Levenshtein.distance(reference.texts, hypothesis.texts)
    assert align(Side(reference.texts), Side(texts)).parts == 1  # without times: as one


def test_a_text_without_pauses_is_not_cut() -> None:
    side = long_side(aligning.CUT_ABOVE + 10, 10**9, seed=3)
    found = align(side, side)
    assert found.parts == 1
    assert found.pairs == [(index, index) for index in range(len(side.texts))]


def test_pairs_are_in_order_whatever_the_texts() -> None:
    for reference, hypothesis in product(["", "a", "ab", "abc" * 40, "xyz" * 50], repeat=2):
        one, other = Side(list(reference)), Side(list(hypothesis))
        errors, _, _ = quality(one, other, align(one, other).pairs)
        assert errors == Levenshtein.distance(reference, hypothesis)
