"""The words beside the sound: a shift is found in noise, pauses are those of Praat, odd times have a finding."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from records import result_of, sent_audio, write_journal

import paraformer_nb as pnb
from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.audio.peaks import bin_samples, peaks
from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.records import Peaks, RunEnded
from paraformer_nb.transcript.words import Word

LESSON = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"
RATE = 16_000


@cache
def lesson_sound() -> Any:
    opened = open_clip(LESSON, sample_rate=RATE)
    assert isinstance(opened, Clip)
    pcm = b"".join(opened.blocks(RATE))
    opened.close()
    return np.frombuffer(pcm, "<i2").astype(float)


@cache
def lesson_words() -> tuple[tuple[Word, ...], ...]:
    script = json.loads(LESSON.with_suffix(".json").read_text(encoding="utf-8"))
    return tuple(
        tuple(
            Word(word["text"], word["begin_ms"] / 1000, word["end_ms"] / 1000, word.get("punctuation", ""))
            for word in sentence["words"]
        )
        for sentence in script["sentences"]
    )


def run_of(folder: Path, sound: Any, sentences: Any) -> pnb.Run:
    """A loaded run of this sound and these words."""
    pcm = np.clip(sound, -32768, 32767).astype("<i2").tobytes()
    seconds = len(sound) / RATE
    step = bin_samples(RATE)
    results = [result_of(*words, number=number) for number, words in enumerate(sentences, 1)]
    records = sent_audio(0.0, seconds), Peaks(1.0, 0.0, step / RATE, peaks(pcm, step)), *results
    journal = write_journal(folder / "run.jsonl", *records, RunEnded(9.0, "finished", None, seconds))
    return pnb.load(journal, clip=(np.frombuffer(pcm, "<i2"), RATE))


def shifted(seconds: float) -> list[list[Word]]:
    words = [[Word(each.text, each.start + seconds, each.end + seconds) for each in one] for one in lesson_words()]
    return [kept for one in words if (kept := [each for each in one if each.start >= 0])]


@pytest.mark.parametrize("noise", [30, 10, 0])
@pytest.mark.parametrize("shift", [-0.3, 0.0, 0.3, 0.62])
def test_a_shift_of_the_words_is_found_in_noise(shift: float, noise: int, tmp_path: Path) -> None:
    """`noise`: how many dB it is below the speech."""
    sound = lesson_sound()
    power = np.sqrt((sound**2).mean()) / 10 ** (noise / 20)
    noisy = sound + np.random.default_rng(1).normal(0, power, len(sound))
    table = run_of(tmp_path, noisy, shifted(shift)).drift()
    aligned = run_of_offsets(tmp_path, sound)
    found = table.loc[table["words"] >= 30, "offset"]
    assert len(found)
    assert (found + shift - aligned).abs().max() <= 0.05
    assert table["fit"].max() > 0.3


def run_of_offsets(folder: Path, sound: Any) -> float:
    """The offset of the words as they are, in the clip as it is."""
    (folder / "clean").mkdir()
    return float(run_of(folder / "clean", sound, lesson_words()).drift()["offset"].iloc[0])


def test_too_few_words_have_no_drift(tmp_path: Path) -> None:
    run = run_of(tmp_path, lesson_sound(), [lesson_words()[0][:4]])
    table = run.drift(window=10)
    assert table["offset"].isna().all()
    assert table["words"].sum() == 4
    assert table["start"].tolist() == [10.0 * n for n in range(len(table))]
    for window in (0, 4.9, "30s", float("nan"), float("inf")):
        with pytest.raises(ParameterError, match="window="):
            run.drift(window=window)  # type: ignore[arg-type]


def test_odd_times_have_a_finding(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    sound = np.concatenate([rng.normal(0, 6000, 6 * RATE), rng.normal(0, 20, 6 * RATE)])
    words = {
        "fine": Word("fine", 0.5, 0.9),
        "instant": Word("instant", 1.0, 1.0),
        "before": Word("before", 2.0, 2.5),
        "inside": Word("inside", 2.2, 2.6),
        "much too long for that": Word("muchtoolongforthat", 3.0, 3.1),
        "slow": Word("uh", 3.2, 5.9),
        "silent": Word("silent", 8.0, 8.4),
        "late": Word("late", 40.5, 41.0),
    }
    table = run_of(tmp_path, sound, [tuple(words.values())]).word_times()
    assert table["finding"].tolist() == [
        "ok",
        "zero length",
        "ok",
        "overlap",
        "implausible rate",
        "implausible rate",
        "on silence",
        "outside the clip",
    ]
    assert table["voiced"].iloc[0] == pytest.approx(1.0, abs=0.05)
    assert table["voiced"].iloc[6] == pytest.approx(0.0, abs=0.05)
    assert table["level"].iloc[0] > table["level"].iloc[6] + 20
    assert pd.isna(table["level"].iloc[7])


def test_levels_are_praat_s_intensity(tmp_path: Path) -> None:
    """Praat's mean intensity is in dB of 20 µPa, with 1 Pa for full scale."""
    parselmouth = pytest.importorskip(
        "parselmouth", reason="Praat is not installed (pip install praat-parselmouth): levels were NOT compared with it"
    )
    table = run_of(tmp_path, lesson_sound(), lesson_words()).word_times()
    intensity = parselmouth.Sound(lesson_sound() / 32768, sampling_frequency=RATE).to_intensity(100.0, 0.005, False)
    spans = zip(table["start"], table["end"], strict=True)
    theirs = [parselmouth.praat.call(intensity, "Get mean", start, end, "energy") for start, end in spans]
    difference = table["level"] - (np.array(theirs) - 20 * np.log10(1 / 20e-6))
    assert len(table) == 102
    assert difference.abs().max() <= 1.0
    assert abs(difference.mean()) <= 0.1


def test_levels_are_read_in_parts_and_only_where_there_is_sound(tmp_path: Path) -> None:
    tone = 0.5 * 32768 * np.sin(2 * np.pi * 440 * np.arange(150 * RATE) / RATE)
    words = [Word("a", 1.0, 1.5), Word("b", 59.0, 62.0), Word("c", 61.0, 61.2), Word("d", 140.0, 141.0)]
    words += [Word("point", 141.0, 141.0), Word("late", 170.0, 171.0)]
    levels = run_of(tmp_path, tone, [tuple(words)]).word_times()["level"]
    assert levels.iloc[:4].tolist() == pytest.approx([20 * np.log10(0.5 / np.sqrt(2))] * 4, abs=0.05)
    assert levels.iloc[4:].isna().all()


def test_a_run_without_peaks_has_no_levels(tmp_path: Path) -> None:
    run = pnb.load(write_journal(tmp_path / "run.jsonl", sent_audio(0.0, 40.0), result_of(*lesson_words()[0])))
    assert run.word_times()["level"].isna().all()
    assert run.drift()["offset"].isna().all()


def test_pauses_are_those_of_praat(tmp_path: Path) -> None:
    """Praat's own detection of silence, on the sound; ours are the spans between words."""
    parselmouth = pytest.importorskip(
        "parselmouth", reason="Praat is not installed (pip install praat-parselmouth): pauses were NOT compared with it"
    )
    run = run_of(tmp_path, lesson_sound(), lesson_words())
    sound = parselmouth.Sound(lesson_sound() / 32768, sampling_frequency=RATE)
    grid = parselmouth.praat.call(sound, "To TextGrid (silences)", 100, 0.0, -25.0, 0.3, 0.1, "silent", "sounding")
    count = int(parselmouth.praat.call(grid, "Get number of intervals", 1))
    silent = [
        tuple(parselmouth.praat.call(grid, f"Get {edge} time of interval", 1, number) for edge in ("start", "end"))
        for number in range(1, count + 1)
        if parselmouth.praat.call(grid, "Get label of interval", 1, number) == "silent"
    ]
    ours = run.pauses.query("duration >= 0.3 and kind != 'edge'")[["start", "end"]].to_numpy()
    assert len(ours) >= 5
    for start, end in ours:
        nearest = min(silent, key=lambda span: abs(span[0] - start) + abs(span[1] - end))
        assert nearest == pytest.approx((start, end), abs=0.05)


def test_the_table_is_the_callers_own(tmp_path: Path) -> None:
    run = run_of(tmp_path, lesson_sound(), lesson_words())
    table, first = run.word_times(), run.words["text"].iloc[0]
    table.loc[0, ["text", "start"]] = ["other", 99.0]
    assert run.words["text"].iloc[0] == run.word_times()["text"].iloc[0] == first
    assert run.words["start"].iloc[0] < 99
