"""The PocketSphinx engine with real speech whose words and times are known, and with workers that are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from accuracy import Truth, score, truth
from servers import assert_says, ended, eventually, failure, is_running, needs_pocketsphinx, workers

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.audio.clip import open_clip
from paraformer_nb.server.engines.pocketsphinx.recogniser import PocketSphinxRecogniser, load_decoder

pytestmark = [pytest.mark.system, needs_pocketsphinx, pytest.mark.usefixtures("nothing_left")]


@pytest.fixture(scope="module")
def lesson() -> pnb.Run:
    """A run of the English lesson."""
    clip = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"
    service = pnb.Embedded("pocketsphinx")
    try:
        return ended(pnb.transcribe(clip, service=service), 90)
    finally:
        service.close()


def test_words_and_their_times(lesson: pnb.Run, english: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rate, distance = score(lesson, truth(english))
    with capsys.disabled():
        print(f"\n  pocketsphinx: word error rate {rate:.3f}, mean distance of word starts {distance:.1f} ms")  # noqa: T201
    assert rate <= 0.15
    assert distance <= 40


def test_the_tables(lesson: pnb.Run) -> None:
    words, sentences = lesson.words, lesson.sentences
    assert lesson.state == "finished"
    assert {name: str(dtype) for name, dtype in words.dtypes.items()} == {
        "sentence_id": "int64",
        "text": "string",
        "punctuation": "string",
        "start": "float64",
        "end": "float64",
        "confidence": "float64",
        "speaker": "string",
        "is_final": "bool",
        "word": "Int64",
    }
    assert words["is_final"].all()
    assert words["confidence"].between(0, 1).all()
    assert words["speaker"].isna().all()
    assert words["start"].is_monotonic_increasing
    assert (words["end"] > words["start"]).all()
    assert (words["start"].iloc[1:].to_numpy() >= words["end"].iloc[:-1].to_numpy() - 0.011).all()
    assert list(sentences["sentence_id"]) == list(range(1, len(sentences) + 1)) == list(words["sentence_id"].unique())
    assert list(sentences["words"]) == list(words.groupby("sentence_id").size())
    assert lesson.text == " ".join(sentences["text"])
    named = {"clip": "lesson_en.flac", "service": "pocketsphinx", "model": "paraformer-realtime-v2"}
    assert sentences.attrs == named
    assert words.attrs.items() >= named.items()


def _results(run: pnb.Run) -> list[dict[str, Any]]:
    events = run.events
    bodies = events[events["event"] == "result-generated"]["body"]
    return [json.loads(body)["payload"]["output"]["sentence"] for body in bodies]


def test_every_sentence_has_partials_before_its_final(lesson: pnb.Run) -> None:
    partials: dict[int, int] = {}
    finals = []
    for sentence in _results(lesson):
        number = sentence["sentence_id"]
        assert number not in finals, "a result after its sentence was final"
        if sentence["sentence_end"]:
            finals.append(number)
        else:
            assert sentence["end_time"] is None
            partials[number] = partials.get(number, 0) + 1
    assert finals == list(range(1, len(lesson.sentences) + 1))
    assert all(partials.get(number, 0) >= 3 for number in finals)


def test_events_are_in_the_order_of_the_protocol(lesson: pnb.Run) -> None:
    events = lesson.events
    order = list(dict.fromkeys(events["event"]))
    assert order[:3] == ["connected", "run-task", "task-started"]
    assert list(events["event"])[-2:] == ["task-finished", "finished"]
    assert events["t"].is_monotonic_increasing
    bodies = [json.loads(body) for body in events["body"].dropna()]
    assert all(body["header"]["task_id"] == events["task"].iloc[1] for body in bodies)


def test_the_loaded_journal_equals_the_run(lesson: pnb.Run) -> None:
    loaded = pnb.load(lesson.journal.path)
    assert loaded.words.equals(lesson.words)
    assert loaded.sentences.equals(lesson.sentences)
    assert loaded.events.equals(lesson.events)
    assert (loaded.text, loaded.state, loaded.error) == (lesson.text, "finished", None)
    assert loaded.words_raw.attrs == lesson.words_raw.attrs


def _without_pauses(clip: Path) -> tuple[np.ndarray[Any, Any], Truth]:
    """Return the speech of all sentences without the pauses between them, and the times of its words."""
    script = json.loads(clip.with_suffix(".json").read_text(encoding="utf-8"))
    import av

    with av.open(str(clip)) as container:
        pcm = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]).astype(np.int16)
    parts = []
    words = []
    position = 0.0
    for sentence in script["sentences"]:
        begin, end = sentence["begin_ms"] / 1000, sentence["end_ms"] / 1000
        words += [
            (word["text"].lower(), word["begin_ms"] / 1000 - begin + position, word["end_ms"] / 1000 - begin + position)
            for word in sentence["words"]
        ]
        parts.append(pcm[round(begin * 16000) : round(end * 16000)])
        position += end - begin
    return np.concatenate([np.zeros(8000, np.int16), *parts, np.zeros(16000, np.int16)]), words


def test_no_word_is_lost_or_doubled_where_speech_without_a_pause_is_cut(
    english: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is decoded in utterances of at most 10 s, and reported in sentences of at most 20 s."""
    pcm, words = _without_pauses(english)
    run = ended(pnb.transcribe((pcm, 16000), service=pnb.Embedded("pocketsphinx")), 90)
    words = [(text, start + 0.5, end + 0.5) for text, start, end in words]
    rate, distance = score(run, words)
    with capsys.disabled():
        print(f"\n  without pauses ({len(pcm) / 16000:.0f} s): word error rate {rate:.3f}, starts {distance:.1f} ms")  # noqa: T201
    lengths = run.sentences["end"] - run.sentences["start"]
    assert 2 <= len(lengths) <= 4
    assert lengths.max() <= 20.5
    final_ends = [[word["end_time"] for word in sentence["words"] if word["fixed"]] for sentence in _results(run)[:-1]]
    cuts = sorted({ends[-1] / 1000 for ends in final_ends if ends})
    assert len(cuts) >= 2
    assert np.diff([0, *cuts]).max() <= 10.5
    assert rate <= 0.25
    assert distance <= 60
    starts, ends = run.words["start"].to_numpy(), run.words["end"].to_numpy()
    assert (starts[1:] >= ends[:-1] - 0.011).all(), "words overlap: some were recognised twice"
    for cut in cuts:
        near = run.words[(run.words["start"] > cut - 1.5) & (run.words["end"] < cut + 1.5)]
        expected = [word for word in words if word[1] > cut - 1.5 and word[2] < cut + 1.5]
        assert abs(len(near) - len(expected)) <= 2, (list(near["text"]), expected)


# ---------------------------------------------------------------------------------------------------------- sentences


@pytest.mark.parametrize(("silence", "sentences"), [(200, 2), (1000, 1)])
def test_max_sentence_silence_separates_sentences(silence: int, sentences: int, english: Path) -> None:
    """Two sentences of the lesson, 0.9 s apart; the decoder reports the start of the second one a second late."""
    service = pnb.Embedded("pocketsphinx")
    run = ended(pnb.transcribe(english, service=service, start=0.5, end=9.2, max_sentence_silence=silence), 60)
    assert len(run.sentences) == sentences
    assert run.text.startswith("good morning and welcome to the first lesson today we will look")
    if sentences == 1:  # its words become final before it does
        states = [[(word["fixed"], "confidence" in word) for word in one["words"]] for one in _results(run)]
        assert any({(True, True), (False, False)} == set(words) for words in states)
        lengths = [sum(fixed for fixed, _ in words) for words in states]
        assert lengths == sorted(lengths), "a final word became partial again"


def _pcm(clip: Path, end: float) -> bytes:
    opened = open_clip(clip, sample_rate=16000, end=end)
    pcm = b"".join(opened.blocks(16000))
    opened.close()
    return pcm


def test_a_sentence_is_final_when_the_silence_has_passed_in_its_audio(english: Path) -> None:
    pcm = _pcm(english, 4.3)
    recogniser = PocketSphinxRecogniser(load_decoder(), 800)
    finals = []
    for offset in range(0, len(pcm), 960):
        results = recogniser.feed(pcm[offset : offset + 960], is_behind=True)
        finals += [(round(1000 * recogniser.position), one) for one in results if one and one["sentence_end"]]
    ((position, sentence),) = finals
    assert sentence["text"].startswith("good morning")
    assert 800 <= position - sentence["end_time"] < 830
    assert list(recogniser.finish()) == []


# --------------------------------------------------------------------------------------------------- worker processes


@pytest.fixture
def service() -> Iterator[pnb.Embedded]:
    """A service that is closed after the test."""
    service = pnb.Embedded("pocketsphinx")
    yield service
    service.close()


@pytest.fixture
def paced(english: Path, service: pnb.Embedded) -> Iterator[pnb.Run]:
    """A run at three times real time that has its first words. The first of `workers()` is its own."""
    run = pnb.transcribe(english, service=service, start=0.5, pace=3)
    try:
        assert eventually(lambda: len(run.words) > 0, 60)
        yield run
    finally:
        run.cancel()


def test_a_worker_that_is_killed_fails_its_task_and_the_next_is_served(service: pnb.Embedded, english: Path) -> None:
    run = pnb.transcribe(english, service=service, pace=1, retry=pnb.Retry(attempts=1))
    assert eventually(lambda: run.state == "streaming", 60)
    pid = workers()[0]
    os.kill(pid, signal.SIGKILL)
    error = failure(run)
    assert isinstance(error, errors.TaskFailed)
    assert (error.code, error.retryable) == ("InternalError", True)
    assert_says(error, "recogniser's process ended unexpectedly", "again")
    assert ended(pnb.transcribe(english, service=service, start=0.5, end=3.6), 60).text.startswith("good morning")
    assert pid not in workers()


def test_a_worker_that_dies_before_its_task_is_replaced(service: pnb.Embedded, english: Path) -> None:
    run = pnb.transcribe(english, service=service, start=0.5, end=2.5)
    assert eventually(workers, 30)
    os.kill(workers()[0], signal.SIGKILL)  # it is loading its model
    assert ended(run, 60).text.startswith("good morning")


def test_a_worker_that_hangs_is_ended_by_cancel(paced: pnb.Run) -> None:
    pid = workers()[0]
    os.kill(pid, signal.SIGSTOP)
    paced.cancel()
    assert eventually(lambda: not is_running(pid), 40)  # at the latest after the stall timeout


def test_the_next_run_has_a_spare_worker_and_a_closed_service_keeps_none(service: pnb.Embedded, english: Path) -> None:
    for _ in range(2):
        before = workers()
        run = ended(pnb.transcribe(english, service=service, start=0.5, end=2.5), 60)
        assert run.text.startswith("good morning")
        assert eventually(lambda before=before: len(workers()) == 1 and workers() != before)
    service.close()
    assert workers() == []
    assert ended(pnb.transcribe(english, service=service, start=0.5, end=2.5), 60).state == "finished"


@pytest.mark.parametrize("how", ["stop", "cancel"])
def test_a_run_that_is_ended_early_leaves_no_worker(how: str, paced: pnb.Run) -> None:
    pid = workers()[0]
    if how == "stop":
        paced.stop()
        ended(paced, 60)
        assert (paced.state, bool(paced.words["is_final"].all())) == ("stopped", True)
    else:
        paced.cancel()
        assert eventually(lambda: paced.state == "stopped")
    assert eventually(lambda: not is_running(pid))
    assert eventually(lambda: len(workers()) <= 1)


def test_no_worker_is_left_when_the_interpreter_ends(english: Path) -> None:
    code = f"""
import sys, time, os
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import paraformer_nb as pnb, servers
run = pnb.transcribe({str(english)!r}, service=pnb.Embedded("pocketsphinx"), start=0.5, pace=2)
assert servers.eventually(lambda: len(run.words) > 0 and len(servers.workers()) == 2, 60)  # its own, and the spare
print(*servers.workers(), flush=True)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=90, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    pids = [int(word) for word in done.stdout.split()]
    assert eventually(lambda: not any(is_running(pid) for pid in pids))


def _recognised(pcm: bytes) -> list[str]:
    """Recognise in this process, without a worker."""
    recogniser = PocketSphinxRecogniser(load_decoder())
    sentences = [*recogniser.feed(pcm, is_behind=True), *recogniser.finish()]
    return [one["text"] for one in sentences if one and one["sentence_end"]]


@pytest.mark.parametrize("seconds", [3.0, 4.8])
def test_a_clip_that_ends_with_a_whole_frame_keeps_its_last_words(seconds: float, english: Path) -> None:
    """The endpointer holds 0.3 s back, and frames are 30 ms: one more sample must not add words."""
    pcm = _pcm(english, seconds)
    assert len(pcm) % 960 == 0
    assert _recognised(pcm) == _recognised(pcm + b"\0\0")
