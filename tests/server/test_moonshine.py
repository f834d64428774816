"""The Moonshine engine, the default, with real speech whose words and times are known, and with other sound."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from accuracy import errors, sentences, truth
from numpy.typing import NDArray
from servers import assert_says, ended, failure, needs_pocketsphinx, workers
from wire import clean_environment

import paraformer_nb as pnb
from paraformer_nb.audio.clip import open_clip
from paraformer_nb.server.engines.moonshine.kind import MOONSHINE
from paraformer_nb.server.engines.moonshine.library import SpeechDetector, Transcriber
from paraformer_nb.server.engines.moonshine.recogniser import MoonshineRecogniser, make_aligner
from paraformer_nb.server.engines.moonshine.text import tokens

pytestmark = pytest.mark.usefixtures("nothing_left")

RATE = 16_000
BLOCK = 3200  # bytes: 100 ms


@pytest.fixture(scope="module")
def lesson() -> pnb.Run:
    """A run of the English lesson through the default service."""
    clip = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"
    saved = os.environ.pop("DASHSCOPE_API_KEY", None)
    try:
        return ended(pnb.transcribe(clip), 90)
    finally:
        if saved is not None:
            os.environ["DASHSCOPE_API_KEY"] = saved


@needs_pocketsphinx
def test_words_and_their_times(lesson: pnb.Run, english: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rate, distances = errors(lesson, truth(english))
    median, late = np.percentile(distances, [50, 90])
    with capsys.disabled():
        print(f"\n  moonshine: word error rate {rate:.3f}, word starts: median {median:.0f} ms, p90 {late:.0f} ms")  # noqa: T201
    assert rate <= 0.03
    assert median <= 12
    assert late <= 30


@needs_pocketsphinx
def test_the_run_names_its_engine_and_what_it_knows(lesson: pnb.Run) -> None:
    assert lesson.transcript.engine == "moonshine"
    assert "English only" in lesson.transcript.notice
    words = lesson.words
    assert words["confidence"].between(0, 1).all()
    assert words["is_final"].all()
    assert (words["end"] > words["start"]).all()
    assert words["start"].is_monotonic_increasing


def test_sentences_have_capitals_and_punctuation(lesson: pnb.Run) -> None:
    assert lesson.sentences["text"].iloc[0] == "Good morning and welcome to the first lesson."
    assert all(text[0].isupper() and text[-1] == "." for text in lesson.sentences["text"])
    assert lesson.words["punctuation"].iloc[7] == "."


def test_the_loaded_journal_equals_the_run(lesson: pnb.Run) -> None:
    assert pnb.load(lesson.journal.path).words.equals(lesson.words)


# ----------------------------------------------------------------------------------------- the recogniser by itself


class CountingTranscriber(Transcriber):
    """Counts the seconds of audio that were transcribed, which is most of the work."""

    seconds = 0.0

    def transcribe(self, pcm: NDArray[np.int16]) -> str:
        self.seconds += len(pcm) / RATE
        return super().transcribe(pcm)


@cache
def models() -> tuple[CountingTranscriber, Any]:
    return CountingTranscriber(), make_aligner()


def recognise(
    pcm: NDArray[np.int16], *, silence: int = 800, is_behind: bool = True
) -> list[tuple[float, dict[str, Any]]]:
    """Recognise audio in blocks of 100 ms. Returns each result, and the position of the audio at which it came."""
    transcriber, aligner = models()
    recogniser = MoonshineRecogniser(transcriber, SpeechDetector(), aligner, silence)
    data = pcm.astype("<i2").tobytes()
    results = []
    for offset in range(0, len(data), BLOCK):
        each = recogniser.feed(data[offset : offset + BLOCK], is_behind=is_behind)
        results += [(recogniser.position, result) for result in each if result]
    return results + [(recogniser.position, result) for result in recogniser.finish()]


def finals(results: list[tuple[float, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [result for _, result in results if result["sentence_end"]]


def samples(clip: Path, start: float, end: float) -> NDArray[np.int16]:
    opened = open_clip(clip, sample_rate=RATE, start=start, end=end)
    try:
        return np.frombuffer(b"".join(opened.blocks(RATE)), "<i2")
    finally:
        opened.close()


@pytest.mark.system
def test_partials_come_as_often_as_there_is_time(english: Path) -> None:
    pcm = samples(english, 0.5, 8.8)
    live, late = recognise(pcm, is_behind=False), recognise(pcm, is_behind=True)
    assert len(finals(live)) == len(finals(late)) == 2
    partials = [position for position, result in live if not result["sentence_end"]]
    assert len(partials) >= 8
    first_word = finals(live)[0]["words"][0]["begin_time"] / 1000
    assert partials[0] - first_word <= 0.7
    assert sum(not result["sentence_end"] for _, result in late) <= len(partials) / 2


@pytest.mark.system
@pytest.mark.parametrize(("is_behind", "times"), [(False, 3.0), (True, 1.6)])
def test_audio_is_transcribed_few_times_over(is_behind: bool, times: float, english: Path) -> None:
    pcm = samples(english, 0.5, 8.8)
    before = models()[0].seconds
    recognise(pcm, is_behind=is_behind)
    assert models()[0].seconds - before <= times * len(pcm) / RATE


def test_a_sentence_is_final_when_the_silence_has_passed(english: Path) -> None:
    ((position, sentence),) = [
        (position, result) for position, result in recognise(samples(english, 0.5, 4.4)) if result["sentence_end"]
    ]
    assert sentence["text"] == "Good morning and welcome to the first lesson."
    assert 0.75 <= position - sentence["end_time"] / 1000 <= 1.0


@pytest.mark.parametrize(("silence", "count"), [(200, 2), (2000, 1)])
def test_max_sentence_silence_separates_sentences(silence: int, count: int, english: Path) -> None:
    assert len(finals(recognise(samples(english, 0.5, 9.2), silence=silence))) == count


def test_the_last_words_are_kept_when_the_audio_ends_at_once(english: Path) -> None:
    (sentence,) = finals(recognise(samples(english, 0.5, 3.5)))
    assert sentence["text"] == "Good morning and welcome to the first lesson."


@pytest.mark.system
def test_speech_without_a_pause_is_cut_and_no_word_lost_or_doubled(english: Path) -> None:
    parts = [samples(english, words[0][1], words[-1][2]) for words in sentences(english)]
    results = recognise(np.concatenate([np.zeros(8000, np.int16), *parts, np.zeros(RATE, np.int16)]))
    words = [word for sentence in finals(results) for word in sentence["words"]]
    expected = len(truth(english))
    assert 0.93 * expected <= len(words) <= 1.05 * expected
    lengths = [one["end_time"] - one["begin_time"] for one in finals(results)]
    assert max(lengths) <= 21_000
    begins = [word["begin_time"] for word in words]
    assert begins == sorted(begins)


@pytest.mark.system
def test_a_quiet_voice_is_recognised(english: Path) -> None:
    quiet = (samples(english, 0.5, 4.4) / 30).astype(np.int16)
    assert [one["text"] for one in finals(recognise(quiet))] == ["Good morning and welcome to the first lesson."]


_WITHOUT_AN_ALIGNER = """
import json, sys
from paraformer_nb.server.engines.moonshine.library import SpeechDetector, Transcriber
from paraformer_nb.server.engines.moonshine.recogniser import MoonshineRecogniser
recogniser = MoonshineRecogniser(Transcriber(), SpeechDetector(), None)
pcm = sys.stdin.buffer.read()
results = [each for at in range(0, len(pcm), 3200) for each in recogniser.feed(pcm[at : at + 3200], is_behind=True)]
results += recogniser.finish()
print(json.dumps([each for each in results if each and each["sentence_end"]]))
"""


def test_without_an_aligner_times_are_estimated_and_marked(english: Path) -> None:
    """In a process of its own, as a worker is: only the library's first detector in a process begins without a state,
    and these times are the detector's."""
    pcm = samples(english, 0.5, 4.4).astype("<i2").tobytes()
    command = [sys.executable, "-c", _WITHOUT_AN_ALIGNER]
    done = subprocess.run(command, input=pcm, stdout=subprocess.PIPE, env=clean_environment(), check=True)
    (sentence,) = json.loads(done.stdout)
    assert all(word["estimated"] and "confidence" not in word for word in sentence["words"])
    first, last = sentence["words"][0], sentence["words"][-1]
    assert abs(first["begin_time"] - 322) <= 200
    assert abs(last["end_time"] - 2972) <= 300


def noises(seconds: int) -> dict[str, NDArray[np.floating]]:
    """Sound without speech."""
    random = np.random.default_rng(seed=1)
    count = RATE * seconds
    t = np.arange(count) / RATE
    rumble = np.cumsum(random.normal(0, 1, count))
    rumble -= np.convolve(rumble, np.ones(4000) / 4000, "same")
    hum = 3000 * np.sin(2 * np.pi * 50 * t) + 2000 * np.sin(2 * np.pi * 100 * t)
    hum[random.integers(0, count, count // 8000)] += 20_000
    return {
        "silence": np.zeros(count),
        "loud noise": random.normal(0, 4000, count),
        "quiet noise": random.normal(0, 60, count),
        "tones": 8000 * np.sin(2 * np.pi * (300 + 200 * np.floor(t) % 700) * t) * (np.sin(2 * np.pi * 1.3 * t) > 0),
        "chords": sum(2500 * np.sin(2 * np.pi * f * t) * np.exp(-2 * (t % 0.5)) for f in (220, 277, 330, 440)),
        "traffic": rumble / np.abs(rumble).max() * 12_000 * (1 + 0.5 * np.sin(2 * np.pi * 0.1 * t)),
        "hum and clicks": hum,
    }


@pytest.mark.system
@pytest.mark.parametrize("name", noises(1))
def test_no_word_is_made_up_where_no_one_speaks(name: str) -> None:
    assert recognise(np.clip(noises(12)[name], -32767, 32767).astype(np.int16)) == []


def coughs(seconds: int, seed: int) -> NDArray[np.int16]:
    """Throats that are cleared: bursts of a buzz and noise, coloured as by a mouth, one to three in a row."""
    random = np.random.default_rng(seed)
    pcm = random.normal(0, 30, RATE * seconds)
    position = RATE
    while position < RATE * (seconds - 3):
        for _ in range(random.integers(1, 4)):
            count = int(RATE * random.uniform(0.1, 0.5))
            t = np.arange(count) / RATE
            buzz = np.sign(np.sin(2 * np.pi * 110 * t + 3 * np.sin(2 * np.pi * 5 * t))) + random.normal(0, 1, count)
            bands = np.fft.rfftfreq(count, 1 / RATE)
            mouth = np.exp(-(((bands - 500) / 200) ** 2)) + 0.3 * np.exp(-(((bands - 1300) / 300) ** 2))
            burst = np.fft.irfft(np.fft.rfft(buzz) * mouth, count) * np.exp(-3 * t / t[-1]) * (1 - np.exp(-t / 0.01))
            pcm[position : position + count] += burst / np.abs(burst).max() * 12_000
            position += count + int(RATE * random.uniform(0.05, 0.3))
        position += int(RATE * random.uniform(1, 3))
    return np.clip(pcm, -32767, 32767).astype(np.int16)


@pytest.mark.system
@needs_pocketsphinx
def test_coughs_give_no_words() -> None:
    assert finals(recognise(coughs(15, seed=19), is_behind=False)) == []


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_coughs_give_few_words_in_ten_minutes() -> None:
    """Some are so like a vowel that a person might write a word as well."""
    words = [result["text"] for seed in range(20) for result in finals(recognise(coughs(30, seed)))]
    assert len([text for text in words if text]) <= 6, words


@pytest.mark.campaign
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", noises(1))
def test_no_word_is_made_up_in_ten_minutes(name: str) -> None:
    assert recognise(np.clip(noises(600)[name], -32767, 32767).astype(np.int16)) == []


# -------------------------------------------------------------------------------------------------------- its texts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Good morning.", [("Good", ""), ("morning", ".")]),
        ('He said: "no!"', [("He", ""), ("said", ":"), ('"no', '!"')]),
        ("It's 3.5 km, isn't it?", [("It's", ""), ("3.5", ""), ("km", ","), ("isn't", ""), ("it", "?")]),
        ("♪ ♪♪ - ...", []),
        ("", []),
        ("no no no no no no no no no no", [("no", "")]),
        ("no, no, no!", [("no", ","), ("no", ","), ("no", "!")]),
        ("I do. I do. I do. I do. I do. I", [("I", ""), ("do", "."), ("I", "")]),
    ],
)
def test_texts_are_split_into_words_without_signs_and_loops(text: str, words: list[tuple[str, str]]) -> None:
    assert [(token.text, token.punctuation) for token in tokens(text)] == words


# ----------------------------------------------------------------------------------------- missing or damaged files


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the installed package that comes first on the path of workers; its model is returned."""
    model = MOONSHINE.folder
    assert model is not None
    package = model.parents[1]
    shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("*.wav"))
    if (libraries := package.with_name(f"{package.name}.libs")).is_dir():
        shutil.copytree(libraries, tmp_path / libraries.name)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    yield tmp_path / package.name / "assets" / "tiny-en"


@pytest.mark.parametrize("name", ["encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"])
def test_a_damaged_model_is_reported(name: str, damaged: Path, english: Path) -> None:
    file = damaged / name
    file.write_bytes(file.read_bytes()[:100_000])
    service = pnb.Embedded("moonshine")
    try:
        error = failure(pnb.transcribe(english, service=service, retry=pnb.Retry(attempts=1)))
    finally:
        service.close()
    assert_says(error, "cannot start", "tiny-en", "damaged or incomplete", "--force-reinstall")
    assert workers() == []


def without(*packages: str) -> str:
    """Code that makes packages look as if they were not installed."""
    return f"import sys; sys.modules.update(dict.fromkeys({packages!r}))\nimport paraformer_nb as pnb\n"


@needs_pocketsphinx
def test_without_the_package_the_default_is_pocketsphinx() -> None:
    code = without("moonshine_voice") + "print(pnb.Embedded())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "Embedded('pocketsphinx')"


def test_without_any_recogniser_the_error_says_what_to_install() -> None:
    code = without("moonshine_voice", "pocketsphinx") + (
        "try: pnb.Embedded()\nexcept pnb.errors.MissingDependency as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert_says(done.stdout, "moonshine-voice", "pip install", "DashScope key")


@needs_pocketsphinx
def test_a_package_without_the_model_counts_as_not_installed(tmp_path: Path) -> None:
    """From version 0.1 on the wheel holds no model."""
    (tmp_path / "moonshine_voice").mkdir()
    (tmp_path / "moonshine_voice" / "__init__.py").write_text("raise ImportError('it must not be imported')\n")
    code = (
        "import paraformer_nb as pnb\nprint(pnb.Embedded())\n"
        "try: pnb.Embedded('moonshine')\nexcept pnb.errors.MissingDependency as error: print(error)"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=environment
    )
    assert_says(done.stdout, "Embedded('pocketsphinx')", "with its English model", "moonshine-voice>=0.0.73,<0.1")
