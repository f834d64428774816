"""A disconnect costs no word, however the connection ends, whatever the clip, whatever the service."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from disconnecting import AT_ONCE, disconnect_after, final_word
from lessons import (
    Microphone,
    assert_same,
    disconnects,
    events_among,
    faultless_run,
    keepalive,
    live_blocks,
    pcm,
    repeated,
    run_with_faults,
    scripted,
)
from servers import RATE, Cloud, Talk, ended, eventually, result, texts, tone

import paraformer_nb as pnb

pytestmark = pytest.mark.usefixtures("nothing_left_at_the_end")


# ------------------------------------------------------------------------------------------------- kinds of disconnects

ENDINGS = [
    ("drop:events=9,how=close,code=1000", "code 1000"),
    ("drop:events=9,how=close,code=1011,reason=out of memory", "code 1011, 'out of memory'"),
    ("drop:bytes=100000,how=close,code=1012", "code 1012"),
    ("drop:events=9,how=reset", "without a close frame"),
    ("drop:bytes=0,how=reset", "without a close frame"),
    ("drop:bytes=200000,how=silence", "did not answer a ping in time"),
    ("fail:events=9", "InternalError"),
    ("fail:events=9,code=Throttling,message=Requests throttling triggered.", "Throttling"),
    ("fail:events=9,code=CLIENT_ERROR,message=request timeout after 23 seconds.", "23 seconds"),
    ("fail:events=9,code=RequestTimeOut,message=Response timeout!", "Response timeout"),
    ("refuse:status=503", "HTTP 503"),
    ("refuse:status=429", "HTTP 429"),
]


@pytest.mark.parametrize(("fault", "reason"), ENDINGS, ids=[fault for fault, _ in ENDINGS])
def test_every_kind_of_disconnect_costs_nothing(fault: str, reason: str, chinese: Path) -> None:
    timeouts = keepalive(0.5) if "silence" in fault else None
    run = run_with_faults(chinese, f"{fault},times=1", timeouts=timeouts)
    assert_same(run, faultless_run(chinese))
    happened = events_among(run, "disconnected", "resumed", "finished")
    assert happened == ["disconnected", "resumed", "finished"]
    assert reason in disconnects(run)[0]
    assert "attempt 2" in run.events.loc[run.events["event"] == "resumed", "text"].iloc[0]


def test_a_task_that_does_not_start_is_tried_again(chinese: Path) -> None:
    run = run_with_faults(chinese, "mute:times=1", timeouts=replace(pnb.Embedded.timeouts, start=0.4))
    assert_same(run, faultless_run(chinese))
    assert disconnects(run) == ["did not answer run-task in time"]


def test_a_task_that_the_service_ended_for_lack_of_audio_is_tried_again(chinese: Path) -> None:
    """A live source that pauses: the service's timeout ends before silence is sent."""
    source = Microphone(chinese, pauses_at=40)
    service = scripted(chinese, limits=pnb.Limits(no_data=0.3))
    try:
        run = pnb.transcribe(source, service=service, retry=pnb.Retry(attempts=9, first_wait=0.0))
        assert eventually(lambda: disconnects(run))
        source.resume()
        ended(run)
    finally:
        service.close()
    assert_same(run, faultless_run(chinese))
    assert "request timeout after 0.3 seconds" in disconnects(run)[0]


def test_many_faults_at_once(english: Path) -> None:
    """Events that arrive twice and late, malformed ones between them, and several disconnects."""
    run = run_with_faults(
        english,
        "duplicate",
        "malformed:events=7",
        "unknown:events=3",
        "drop:events=40,how=reset,times=3",
        "drop:bytes=700000,times=4",
        "delay:lasting=0.01",
    )
    assert_same(run, faultless_run(english))
    assert len(disconnects(run)) >= 3


def test_minutes_with_a_disconnect_every_twenty_seconds(english: Path, tmp_path: Path) -> None:
    """The benchmark `resume.py` does this for an hour."""
    clip = repeated(english, 4, tmp_path)
    run = run_with_faults(clip, f"drop:bytes={20 * 2 * RATE},how=reset")
    assert_same(run, faultless_run(clip))
    assert len(disconnects(run)) >= 7


@pytest.mark.parametrize("pace", [None, 100.0])
def test_a_part_of_a_clip(pace: float | None, english: Path) -> None:
    run = run_with_faults(english, "drop:events=9,how=reset,times=2", start=4.1, end=24.0, pace=pace)
    service = scripted(english)
    expected = ended(pnb.transcribe(english, service=service, start=4.1, end=24.0))
    service.close()
    assert_same(run, expected)


# -------------------------------------------------------------------------------------------------- kinds of clips

FINAL_UNTIL = 2.5  # seconds: the end of the first connection's final sentence


class Disconnecting:
    """A service that receives a second more than its final sentence on the first connection, sends that, and closes the
    connection. It keeps the audio that each connection received."""

    def __init__(self, disconnects: int = 1) -> None:
        self.received: list[bytes] = []
        self._disconnects = disconnects

    async def __call__(self, talk: Talk) -> None:
        await talk.begin()
        number = len(self.received)
        self.received.append(b"")
        while isinstance(message := await talk.connection.recv(), bytes):
            self.received[number] += message
            seconds = len(self.received[number]) / 2 / RATE
            if number < self._disconnects and seconds >= FINAL_UNTIL + 1:
                await talk.send(final_word(talk.task, "hello", FINAL_UNTIL - 1, FINAL_UNTIL))
                await talk.connection.close(1011)  # a reset would overtake the sentence
                return
        await talk.send(final_word(talk.task, f"goodbye{number}", 1, 2))
        await talk.finish()


def encoded(codec: str, container: str, samples: bytes) -> bytes:
    """Samples as a file of some codec and container."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=RATE)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.frombuffer(samples, "<i2").reshape(1, -1), "s16", "mono")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            output.mux(packet)
    return file.getvalue()


def as_path(kind: str) -> Callable[[bytes, Path], Any]:
    def write(samples: bytes, folder: Path) -> Path:
        codecs = {"wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame"}
        path = folder / f"clip.{kind}"
        path.write_bytes(encoded(codecs[kind], kind, samples))
        return path

    return write


CLIPS: dict[str, Callable[[bytes, Path], Any]] = {
    "wav": as_path("wav"),
    "flac": as_path("flac"),
    "mp3": as_path("mp3"),
    "array": lambda samples, _: (np.frombuffer(samples, np.int16), RATE),
    "array of another rate": lambda samples, _: (np.frombuffer(samples, np.int16).repeat(2), 2 * RATE),
    "bytes": lambda samples, _: encoded("flac", "flac", samples),
    "file object": lambda samples, _: io.BytesIO(encoded("pcm_s16le", "wav", samples)),
    "live": lambda samples, _: (live_blocks(samples), RATE),
    "live in large blocks": lambda samples, _: (live_blocks(samples, 3.1), RATE),
}


@pytest.mark.parametrize("kind", CLIPS)
def test_every_kind_of_clip_is_read_again_from_the_right_sample(kind: str, english: Path, tmp_path: Path) -> None:
    """The second connection's audio starts 0.3 s before the end of the first one's final sentence."""
    samples = pcm(english)[: 2 * 20 * RATE]
    clip = CLIPS[kind](samples, tmp_path)
    if kind in ("mp3", "array of another rate"):  # the samples after decoding or resampling
        undisturbed = Disconnecting(disconnects=0)
        with Cloud(undisturbed) as cloud:
            ended(pnb.transcribe(clip, service=cloud.service(), pace=None))
        (samples,) = undisturbed.received
    behave = Disconnecting()
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe(clip, service=cloud.service(), pace=None))
    first, second = behave.received
    start = 2 * round((FINAL_UNTIL - 0.3) * RATE)
    assert samples.startswith(first)
    if kind == "array of another rate":  # a resampler that starts again needs some samples to be the same
        difference = np.abs(np.frombuffer(second, "<i2").astype(int) - np.frombuffer(samples[start:], "<i2"))
        assert difference[200:-200].max() <= 2
    else:
        assert second == samples[start:]
    assert texts(run) == ["hello", "goodbye1"]
    assert list(run.words["start"]) == pytest.approx([FINAL_UNTIL - 1, FINAL_UNTIL - 0.3 + 1])
    assert list(run.sentences["sentence_id"]) == [1, 2]
    assert len(run.gaps) == 0


# -------------------------------------------------------------------------------------------------- kinds of services


def test_a_service_that_sends_its_last_final_twice() -> None:
    def final(task: str) -> str:
        return final_word(task, "hello", 1.0, 2.0)

    behave = disconnect_after(final, final, rest=lambda task: final_word(task, "there", 0.5, 1.0))
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe(tone(6), service=cloud.service(), pace=None))
    assert texts(run) == ["hello", "there"]
    assert list(run.words["start"]) == pytest.approx([1.0, 1.7 + 0.5])


def test_a_service_whose_next_task_repeats_the_last_final() -> None:
    """It receives the last 0.3 s again, and recognises a word in them, at the start of the next sentence."""

    def rest(task: str) -> str:
        words = [("llo", 0, 290), ("there", 400, 800)]
        timed = [{"text": text, "begin_time": begin, "end_time": end, "punctuation": ""} for text, begin, end in words]
        return result(task, "llo", "there", begin_time=0, end_time=800, words=timed)

    behave = disconnect_after(lambda task: final_word(task, "hello", 1.0, 2.0), rest=rest)
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe(tone(6), service=cloud.service(), pace=None))
    assert list(run.sentences["text"]) == ["hello", "there"]
    assert list(run.sentences["start"]) == pytest.approx([1.0, 2.1])


def test_a_service_without_sentence_ids() -> None:
    behave = disconnect_after(
        lambda task: final_word(task, "hello", 1.0, 2.0, None),
        lambda task: final_word(task, "there", 2.0, 3.0, None),
        lambda task: result(task, "part", final=False, sentence_id=None, begin_time=3100),
        rest=lambda task: final_word(task, "partial", 0.4, 1.0, None),
    )
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe(tone(6), service=cloud.service(), pace=None))
    assert texts(run) == ["hello", "there", "partial"]
    assert list(run.sentences["sentence_id"]) == [1, 2, 3]
    assert list(run.words["start"]) == pytest.approx([1.0, 2.0, 3.1])


def test_a_service_whose_times_run_ahead_of_the_audio() -> None:
    """It received 4 s, and reports a word that ends at 9 s: nothing is skipped that was not sent by then."""
    is_disconnected = threading.Event()

    async def source() -> AsyncIterator[bytes]:
        for number in range(12):
            if number == 4:
                await asyncio.to_thread(is_disconnected.wait, 20)
            yield tone(1)[0].tobytes()

    behave = disconnect_after(
        lambda task: final_word(task, "hello", 8.0, 9.0), rest=lambda task: final_word(task, "there", 1, 2)
    )

    async def report_disconnect(talk: Talk) -> None:
        try:
            await behave(talk)
        finally:
            is_disconnected.set()

    with Cloud(report_disconnect) as cloud:
        run = ended(pnb.transcribe((source(), RATE), service=cloud.service(), pace=None))
    assert run.transcript.resumes[0].position == pytest.approx(3.7)
    assert sorted(texts(run)) == ["hello", "there"]


def test_a_service_that_makes_nothing_final_for_long() -> None:
    """All audio is sent again, and withdrawn partials leave no word and no id behind."""
    behave = disconnect_after(
        lambda task: result(task, "hel", final=False),
        lambda task: result(task, "hello", "th", final=False),
        rest=lambda task: result(task, "hello", "there"),
        disconnects=4,
        is_repeated=True,
    )
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe(tone(6), service=cloud.service(), pace=None, retry=AT_ONCE))
    assert texts(run) == ["hello", "there"]
    assert list(run.sentences["sentence_id"]) == [1]
    assert len(disconnects(run)) == 4
