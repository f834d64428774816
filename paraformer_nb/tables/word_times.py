"""The words' times against the sound: levels from the clip itself, all else from the peaks in the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import AudioError
from ..transcript.waveform import Waveform
from .frame import frame_of_rows, make_frame
from .schema import DRIFT, WORD_TIMES

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array

    ReadSound = Callable[[float, float], Array]
    """The clip's samples from one second to another, int16, `SOUND_RATE` a second. Raises AudioError."""

SOUND_RATE = 16_000
"""Samples a second of the sound that levels are measured in."""
_FULL_SCALE = 32_768.0
_SOUND_PART = 60.0  # seconds that are read at once
_QUIETEST = 0.5  # of int8: what rounds to 0
_TOLERANCE = 0.05  # seconds by which a word may lie outside
_SILENT = 0.1  # share of a word that must be louder than the background
_FASTEST = 40.0  # characters per second; fluent speech has up to 25
_SLOWEST = 1.0  # seconds per character, of a word that is longer than 2 s
_MOST = 1.0  # seconds of drift that are looked for
_FEWEST = 5  # words in a window, with less there is no drift to find
_SHORTEST = 5.0  # seconds of a window


class _Loudness:
    """How loud a clip is, for every step of its waveform.

    Attributes:
        start, step: seconds.
        levels: the larger of each pair of peaks, of 128.
    """

    def __init__(self, waveform: Waveform) -> None:
        import numpy as np

        pairs = np.frombuffer(bytes(waveform.data), np.int8).astype(np.float64).reshape(-1, 2)
        self.start = waveform.start or 0.0
        self.step = waveform.step
        self.levels: Array = np.abs(pairs).max(axis=1) if len(pairs) else pairs[:, 0]

    @property
    def decibels(self) -> Array:
        """dBFS."""
        import numpy as np

        return 20 * np.log10(np.maximum(self.levels, _QUIETEST) / 128)

    @property
    def background(self) -> float:
        """The level above which there is speech: twice that of the quietest tenth, but not in the loudest parts."""
        import numpy as np

        if not len(self.levels):
            return 0.0
        quiet, loud = np.percentile(self.levels, [10, 95])
        return float(max(1.0, min(2 * quiet, loud / 4)))

    def frames(self, times: Array) -> Array:
        """The steps in which these times lie."""
        import numpy as np

        found: Array = np.clip(np.round((times - self.start) / self.step), 0, len(self.levels)).astype("int64")
        return found


def word_times_table(
    words: pd.DataFrame, waveform: Waveform, clip: tuple[float, float | None], read_sound: ReadSound | None
) -> pd.DataFrame:
    """One row a word; `schema.WORD_TIMES` has names, dtypes and meanings. `clip`: where it starts and ends; None: that
    is not known. `read_sound`: None where there is none to read."""
    import numpy as np

    sound = _Loudness(waveform)
    starts, ends = words["start"].to_numpy(), words["end"].to_numpy()
    first, last = sound.frames(starts), np.maximum(sound.frames(ends), sound.frames(starts) + 1)
    last = np.minimum(last, len(sound.levels))
    counts = last - first

    def mean(values: Array) -> Array:
        sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
        means: Array = np.divide(sums[last] - sums[first], counts, out=np.full(len(counts), np.nan), where=counts > 0)
        return means

    voiced = mean(sound.levels > sound.background)
    reach = np.maximum.accumulate(np.concatenate([[-np.inf], ends]))[:-1]
    lengths = words["text"].str.len().to_numpy("float64", na_value=0)
    seconds = ends - starts
    clip_end = np.inf if clip[1] is None else clip[1]
    findings = {
        "outside the clip": (starts < clip[0] - _TOLERANCE) | (ends > clip_end + _TOLERANCE),
        "zero length": seconds <= 0,
        "overlap": starts < reach - 1e-6,
        "implausible rate": (lengths > _FASTEST * seconds) | ((seconds > 2) & (seconds > _SLOWEST * lengths)),
        "on silence": voiced < _SILENT,
    }
    return make_frame(
        WORD_TIMES,
        {
            **{name: words[name].array.copy() for name in ("word", "text", "start", "end")},
            "level": np.full(len(words), np.nan) if read_sound is None else _levels(starts, ends, read_sound),
            "voiced": voiced,
            "finding": np.select(list(findings.values()), list(findings), "ok").astype(object),
        },
    )


def _levels(starts: Array, ends: Array, read_sound: ReadSound) -> Array:
    """The mean power of each word, in dBFS; NaN where it has no length or the clip no sound. The clip is read once, in
    parts that hold whole words."""
    import numpy as np

    levels = np.full(len(starts), np.nan)
    order = np.argsort(starts, kind="stable")
    first = 0
    while first < len(order):
        begin = float(starts[order[first]])
        last = int(np.searchsorted(starts[order], begin + _SOUND_PART))
        rows = order[first:last]
        first = last
        try:
            samples = read_sound(begin, float(ends[rows].max()) + 1 / SOUND_RATE)
        except AudioError:  # the clip ends before, or cannot be read any more
            break
        sums = np.append(0.0, np.cumsum(samples.astype("float64") ** 2))
        spans = np.round((np.stack([starts[rows], ends[rows]]) - begin) * SOUND_RATE).astype("int64")
        lows, highs = np.minimum(spans, len(samples))
        power = np.divide(sums[highs] - sums[lows], highs - lows, out=np.full(len(rows), np.nan), where=highs > lows)
        with np.errstate(divide="ignore"):  # silence has -inf
            levels[rows] = 10 * np.log10(power / _FULL_SCALE**2)
    return levels


def drift_table(words: pd.DataFrame, waveform: Waveform, clip: tuple[float, float], window: float) -> pd.DataFrame:
    """One row for each `window` seconds of the clip; `schema.DRIFT` has names, dtypes and meanings.

    The offset is the one at which the spans of the words correlate best with the loudness, of at most 1 s.
    """
    import numpy as np

    sound = _Loudness(waveform)
    is_word = np.zeros(len(sound.levels))
    starts, ends = words["start"].to_numpy(), words["end"].to_numpy()
    for first, last in zip(sound.frames(starts).tolist(), sound.frames(ends).tolist(), strict=True):
        is_word[first:last] = 1
    decibels = sound.decibels
    begins = np.arange(clip[0], clip[1], window) if clip[1] > clip[0] else np.array([])
    rows = []
    for begin in begins.tolist():
        end = min(begin + window, clip[1])
        count = int(((starts + ends >= 2 * begin) & (starts + ends < 2 * end)).sum())
        offset, fit = np.nan, np.nan
        if count >= _FEWEST and end - begin >= min(_SHORTEST, window):
            first, last = sound.frames(np.array([begin, end])).tolist()
            offset, fit = _best_offset(is_word, decibels, first, last, round(_MOST / sound.step))
        rows.append((begin, end, offset * sound.step, fit, count))
    return frame_of_rows(DRIFT, rows)


def _best_offset(is_word: Array, decibels: Array, first: int, last: int, most: int) -> tuple[float, float]:
    """The steps to move the words by, and their correlation with the loudness then; NaN where nothing varies."""
    import numpy as np

    best = (np.nan, np.nan)
    sound = decibels[first:last]
    for offset in sorted(range(-most, most + 1), key=abs):
        low, high = max(first - offset, 0), min(last - offset, len(is_word))
        mask, part = is_word[low:high], sound[low + offset - first : high + offset - first]
        if len(mask) < 2 or not mask.std() or not part.std():
            continue
        fit = float(np.corrcoef(mask, part)[0, 1])
        if not fit <= best[1]:  # also where there is none yet
            best = (float(offset), fit)
    return best
