"""Checks subtitle cues against the rules as they are written down, without the code that makes them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from paraformer_nb.formats.subtitle_rules import SubtitleRules

NO_LINE_START = "。，！？）」"
NO_LINE_END = "（「"
ARTICLES = {"a", "an", "the"}
EXACT = 1e-5


@dataclass
class Spoken:
    text: str  # with its punctuation, without spaces
    start: float
    end: float
    speaker: Any
    sentence: Any

    @property
    def is_marks(self) -> bool:
        return not any(sign.isalnum() for sign in self.text)

    @property
    def ends_sentence(self) -> bool:
        is_initial = len(self.text) == 2 and self.text[-1] == "."
        return self.text[-1] in ".!?。！？…" and not is_initial


def width(text: str) -> int:
    """In half columns."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def spoken_words(words: pd.DataFrame) -> list[Spoken]:
    """The words that have a text, in their order."""
    rows = []
    for row in words.sort_values("start", kind="stable").to_dict("records"):
        text = "" if pd.isna(row["text"]) else "".join((row["text"] + row.get("punctuation", "")).split())
        speaker = row.get("speaker")
        speaker = None if pd.isna(speaker) else speaker
        if text:
            rows.append(Spoken(text, row["start"], row["end"], speaker, row.get("sentence_id")))
    return rows


def words_of_cues(table: pd.DataFrame, spoken: list[Spoken]) -> list[list[Spoken]]:
    """The words of each cue; one that several cues share, because it is longer than a line, stands in each of them.

    Fails if a letter is missing, doubled or in another order.
    """
    found: list[list[Spoken]] = []
    left = [(word, word.text) for word in spoken]
    for text in table["text"]:
        plain = "".join(text.split())
        own = []
        while plain:
            word, rest = left.pop(0)
            own.append(word)
            if len(rest) > len(plain):
                assert rest.startswith(plain), (rest, plain)
                left.insert(0, (word, rest[len(plain) :]))
                break
            assert plain.startswith(rest), (rest, plain)
            plain = plain[len(rest) :]
        found.append(own)
    assert left == [], left
    return found


def check(words: pd.DataFrame, table: pd.DataFrame, rules: SubtitleRules) -> None:
    """Assert all rules for words that one or more speakers say one after the other."""
    spoken = spoken_words(words)
    by_cue = words_of_cues(table, spoken)
    shared = [sum(word is other for own in by_cue for other in own) > 1 for word in spoken]
    is_shared = dict(zip(map(id, spoken), shared, strict=True))
    cues = table.to_dict("records")
    for number, (cue, own) in enumerate(zip(cues, by_cue, strict=True)):
        next_start = cues[number + 1]["start"] if number + 1 < len(cues) else float("inf")
        _check_lines(cue, own, rules)
        _check_parting(own, rules)
        if not any(is_shared[id(word)] for word in own):
            _check_sentences(own, next_start, rules)
            assert cue["start"] == min(word.start for word in own)
            _check_end(cue, max(word.end for word in own), next_start, rules)
    for (cue, own), (after, others) in pairwise(zip(cues, by_cue, strict=True)):
        _check_articles(own, others, rules)
        assert after["start"] >= cue["start"]


def _check_lines(cue: dict[str, Any], own: list[Spoken], rules: SubtitleRules) -> None:
    unit = 2 if rules.is_full_width else 1
    lines = cue["text"].split("\n")
    assert all(line and line == line.strip() for line in lines)
    assert cue["lines"] == len(lines) <= rules.lines
    assert cue["columns"] == -(-max(map(width, lines)) // unit)
    for number, line in enumerate(lines):
        if width(line) > rules.columns * unit:
            assert "line too long" in cue["finding"]
            # Only what cannot be parted is too long: no space in it, and nothing Chinese in the middle of it.
            assert " " not in line and not any(width(sign) == 2 and sign.isalnum() for sign in line)
        if any(sign.isalnum() for sign in line):
            assert line[0] not in NO_LINE_START or (number == 0 and own[0].is_marks)
            assert line[-1] not in NO_LINE_END or (number == len(lines) - 1 and own[-1].is_marks)
    one_line = cue["text"].replace("\n", " ")
    if len(lines) > 1:
        assert width(one_line) > rules.columns * unit - 1, "it fits on one line"


def _check_parting(own: list[Spoken], rules: SubtitleRules) -> None:
    for word, after in pairwise(own):
        assert word.speaker == after.speaker
        is_beside_marks = word.is_marks or after.is_marks
        assert after.start - word.end <= rules.pause + EXACT or is_beside_marks
    if rules.words is not None:
        assert sum(not word.is_marks for word in own) <= 2 * rules.words


def _check_sentences(own: list[Spoken], next_start: float, rules: SubtitleRules) -> None:
    """A sentence ends within a cue only where the part before or after it could not be shown long enough."""
    ends = [n for n, (word, after) in enumerate(pairwise(own)) if word.ends_sentence or word.sentence != after.sentence]
    ends = [n for n in ends if not (own[n].is_marks or own[n + 1].is_marks)]
    bounds = [-1, *ends, len(own) - 1]
    for before, here, after in zip(bounds, bounds[1:], bounds[2:], strict=False):
        first, second = own[before + 1 : here + 1], own[here + 1 : after + 1]
        behind = own[after + 1].start if after + 1 < len(own) else next_start
        times = [_longest_show(first, second[0].start, rules), _longest_show(second, behind, rules)]
        assert min(times) < rules.shortest + EXACT, (first, second)


def _longest_show(own: list[Spoken], next_start: float, rules: SubtitleRules) -> float:
    end = max(word.end for word in own)
    shown = max(end, min(end + rules.linger, next_start - rules.gap))
    if next_start - shown <= rules.chain:
        shown = max(shown, next_start - rules.gap)
    return shown - own[0].start


def _check_end(cue: dict[str, Any], speech_end: float, next_start: float, rules: SubtitleRules) -> None:
    start, end = cue["start"], cue["end"]
    duration = end - start
    signs = [width(sign) / 2 if rules.is_full_width else 1 for sign in cue["text"].replace("\n", "")]
    breaks = cue["text"].count("\n")
    assert end >= speech_end
    if end > speech_end:
        assert end <= next_start - rules.gap + EXACT
        assert duration <= rules.longest + EXACT
        is_closing = abs(end - (next_start - rules.gap)) < EXACT
        assert is_closing or end <= speech_end + rules.linger + EXACT
    is_capped = abs(duration - rules.longest) < EXACT
    gap = next_start - end
    assert gap > rules.chain - EXACT or gap <= rules.gap + EXACT or is_capped or next_start - rules.gap < speech_end
    # A line break counts as the space that it may stand for.
    if duration:
        per_sign = 0.5 if rules.is_full_width else 1
        fewest, most = sum(signs) / duration, (sum(signs) + breaks * per_sign) / duration
        assert fewest - EXACT <= cue["cps"] <= most + EXACT
    assert ("too fast" in cue["finding"]) == (cue["cps"] > rules.cps + EXACT)
    assert ("too short" in cue["finding"]) == (duration < rules.shortest - EXACT)
    assert ("too long" in cue["finding"].split(", ")) == (duration > rules.longest + EXACT)


def _check_articles(own: list[Spoken], others: list[Spoken], rules: SubtitleRules) -> None:
    """No cue ends with an article, unless another rule, or a line's width, ends it there."""
    word, after = own[-1], others[0]
    if word.text.lower() in ARTICLES and word.sentence == after.sentence and word.speaker == after.speaker:
        is_wide = width(word.text) + 1 + width(after.text) > rules.columns
        assert after.start - word.end > rules.pause - EXACT or is_wide or after.text.lower() in ARTICLES
