"""A connection that is lost costs no word, whatever ends it, whatever the clip, however the service speaks."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lessons import Microphone, assert_same, befallen, happened, losses, pcm, pieces, repeated, scripted, whole
from losing import lost_after, settled
from servers import (
    RATE,
    Cloud,
    Talk,
    ended,
    eventually,
    result,
    texts,
    tone,
)

import paraformer_nb as pnb
from paraformer_nb.client import attempt as conversation
from paraformer_nb.server.limits import Limits

pytestmark = pytest.mark.usefixtures("no_waiting", "nothing_left_in_the_end")


# ----------------------------------------------------------------------------------------------------- kinds of endings

ENDINGS = [
    ("drop:events=9,how=close,code=1000", "code 1000"),
    ("drop:events=9,how=close,code=1011,reason=out of memory", "code 1011, 'out of memory'"),
    ("drop:bytes=100000,how=close,code=1012", "code 1012"),
    ("drop:events=9,how=reset", "no closing word"),
    ("drop:bytes=0,how=reset", "no closing word"),
    ("drop:bytes=200000,how=silence", "answered no ping"),
    ("fail:events=9", "InternalError"),
    ("fail:events=9,code=Throttling,message=Requests throttling triggered.", "Throttling"),
    ("fail:events=9,code=CLIENT_ERROR,message=request timeout after 23 seconds.", "23 seconds"),
    ("fail:events=9,code=RequestTimeOut,message=Response timeout!", "Response timeout"),
    ("refuse:status=503", "HTTP 503"),
    ("refuse:status=429", "HTTP 429"),
]


@pytest.mark.parametrize(("fault", "reason"), ENDINGS, ids=[fault for fault, _ in ENDINGS])
def test_every_kind_of_loss_is_made_good(fault: str, reason: str, chinese: Path) -> None:
    run = befallen(chinese, f"{fault},times=1", link_timeout=0.5 if "silence" in fault else 60.0)
    assert_same(run, whole(chinese))
    assert happened(run, "lost", "resumed", "finished") == ["lost", "resumed", "finished"]
    assert reason in losses(run)[0]
    assert "attempt 2" in run.events.loc[run.events["event"] == "resumed", "text"].iloc[0]


def test_a_task_that_is_never_begun_is_waited_for_in_vain_once(chinese: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_WORKER_TIMEOUT", 0.4)
    run = befallen(chinese, "mute:times=1")
    assert_same(run, whole(chinese))
    assert losses(run) == ["did not answer run-task in time"]


def test_a_service_that_hears_nothing_for_too_long_is_begun_anew(chinese: Path) -> None:
    """A live source that pauses: the service's patience ends before silence is sent."""
    source = Microphone(chinese, pauses_at=40)
    service = scripted(chinese, limits=Limits(no_data=0.3))
    try:
        run = pnb.transcribe(source, service=service, retry=pnb.Retry(attempts=9))
        assert eventually(lambda: losses(run))
        source.go_on()
        ended(run)
    finally:
        service.close()
    assert_same(run, whole(chinese))
    assert "request timeout after 0.3 seconds" in losses(run)[0]


def test_faults_on_top_of_faults(english: Path) -> None:
    """Events that come twice and late, nonsense between them, and a loss again and again."""
    run = befallen(
        english,
        "duplicate",
        "malformed:events=7",
        "unknown:events=3",
        "drop:events=40,how=reset,times=3",
        "drop:bytes=700000,times=4",
        "delay:lasting=0.01",
    )
    assert_same(run, whole(english))
    assert len(losses(run)) >= 3


def test_minutes_with_a_cut_every_twenty_seconds(english: Path, tmp_path: Path) -> None:
    """As the benchmark `resume.py` has it for an hour."""
    clip = repeated(english, 4, tmp_path)
    run = befallen(clip, f"drop:bytes={20 * 2 * RATE},how=reset")
    assert_same(run, whole(clip))
    assert len(losses(run)) >= 7


@pytest.mark.parametrize("pace", [None, 100.0])
def test_only_a_part_of_a_clip(pace: float | None, english: Path) -> None:
    run = befallen(english, "drop:events=9,how=reset,times=2", start=4.1, end=24.0, pace=pace)
    service = scripted(english)
    uncut = ended(pnb.transcribe(english, service=service, start=4.1, end=24.0))
    service.close()
    assert_same(run, uncut)


# -------------------------------------------------------------------------------------------------- kinds of clips

SETTLED = 2.5  # seconds; where the first connection has settled a sentence


class Losing:
    """A service that loses its first connection when it has settled a sentence at 2.5 s of its audio, and has heard one
    second more. It keeps what each connection was sent."""

    def __init__(self, losses: int = 1) -> None:
        self.heard: list[bytes] = []
        self._losses = losses

    async def __call__(self, talk: Talk) -> None:
        await talk.begin()
        number = len(self.heard)
        self.heard.append(b"")
        while isinstance(message := await talk.connection.recv(), bytes):
            self.heard[number] += message
            seconds = len(self.heard[number]) / 2 / RATE
            if number < self._losses and seconds >= SETTLED + 1:
                await talk.send(settled(talk.task, "hello", SETTLED - 1, SETTLED))
                await talk.connection.close(1011)  # a reset would overtake what was said
                return
        await talk.send(settled(talk.task, f"goodbye{number}", 1, 2))
        await talk.finish()


def encoded(codec: str, container: str, samples: bytes) -> bytes:
    """Samples as a file of another kind."""
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
    "live": lambda samples, _: (pieces(samples, 0.1), RATE),
    "live in large pieces": lambda samples, _: (pieces(samples, 3.1), RATE),
}


@pytest.mark.parametrize("kind", CLIPS)
def test_every_kind_of_clip_is_read_again_from_the_right_place(kind: str, english: Path, tmp_path: Path) -> None:
    """To the sample: what the second connection hears lies 0.3 s before the end of what the first has settled."""
    samples = pcm(english)[: 2 * 20 * RATE]
    clip = CLIPS[kind](samples, tmp_path)
    if kind in ("mp3", "array of another rate"):  # what its decoder makes of it
        plain = Losing(losses=0)
        with Cloud(plain) as cloud:
            ended(pnb.transcribe(clip, service=cloud.service(), pace=None))
        (samples,) = plain.heard
    losing = Losing()
    with Cloud(losing) as cloud:
        run = ended(pnb.transcribe(clip, service=cloud.service(), pace=None))
    first, second = losing.heard
    place = 2 * round((SETTLED - 0.3) * RATE)
    assert samples.startswith(first)
    if kind == "array of another rate":  # its resampler begins anew; it needs a moment until it is the same again
        near = np.abs(np.frombuffer(second, "<i2").astype(int) - np.frombuffer(samples[place:], "<i2"))
        assert near[200:-200].max() <= 2
    else:
        assert second == samples[place:]
    assert texts(run) == ["hello", "goodbye1"]
    assert list(run.words["start"]) == pytest.approx([SETTLED - 1, SETTLED - 0.3 + 1])
    assert list(run.sentences["sentence_id"]) == [1, 2]
    assert len(run.gaps) == 0


# -------------------------------------------------------------------------------------------------- kinds of services


def test_a_service_that_sends_its_last_final_twice() -> None:
    def final(task: str) -> str:
        return settled(task, "hello", 1.0, 2.0)

    behave = lost_after(final, final, rest=lambda task: settled(task, "there", 0.5, 1.0))
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe(tone(6), service=cloud.service(), pace=None))
    assert texts(run) == ["hello", "there"]
    assert list(run.words["start"]) == pytest.approx([1.0, 1.7 + 0.5])


def test_a_service_whose_next_task_settles_the_last_final_once_more() -> None:
    """It hears the last 0.3 s again, and takes them for a word, alone or at the beginning of the next sentence."""

    def rest(task: str) -> str:
        words = [("llo", 0, 290), ("there", 400, 800)]
        told = [{"text": text, "begin_time": begin, "end_time": end, "punctuation": ""} for text, begin, end in words]
        return result(task, "llo", "there", begin_time=0, end_time=800, words=told)

    behave = lost_after(lambda task: settled(task, "hello", 1.0, 2.0), rest=rest)
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe(tone(6), service=cloud.service(), pace=None))
    assert list(run.sentences["text"]) == ["hello", "there"]
    assert list(run.sentences["start"]) == pytest.approx([1.0, 2.1])


def test_a_service_without_sentence_ids() -> None:
    behave = lost_after(
        lambda task: settled(task, "hello", 1.0, 2.0, None),
        lambda task: settled(task, "there", 2.0, 3.0, None),
        lambda task: result(task, "uns", final=False, sentence_id=None, begin_time=3100),
        rest=lambda task: settled(task, "unsettled", 0.4, 1.0, None),
    )
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe(tone(6), service=cloud.service(), pace=None))
    assert texts(run) == ["hello", "there", "unsettled"]
    assert list(run.sentences["sentence_id"]) == [1, 2, 3]
    assert list(run.words["start"]) == pytest.approx([1.0, 2.0, 3.1])


def test_a_service_whose_times_run_ahead_of_the_audio() -> None:
    """It was sent 4 s, and says that a word ended at 9 s: nothing is skipped that was not sent by then."""
    is_lost = threading.Event()

    async def source() -> AsyncIterator[bytes]:
        for number in range(12):
            if number == 4:
                await asyncio.to_thread(is_lost.wait, 20)
            yield tone(1)[0].tobytes()

    behave = lost_after(lambda task: settled(task, "hello", 8.0, 9.0), rest=lambda task: settled(task, "there", 1, 2))

    async def noted(talk: Talk) -> None:
        try:
            await behave(talk)
        finally:
            is_lost.set()

    with Cloud(noted) as cloud:
        run = ended(pnb.transcribe((source(), RATE), service=cloud.service(), pace=None))
    assert run.transcript.resumes[0].position == pytest.approx(3.7)
    assert sorted(texts(run)) == ["hello", "there"]


def test_a_service_that_settles_nothing_for_long() -> None:
    """All is heard again, and withdrawn partials leave no word and no id behind."""
    behave = lost_after(
        lambda task: result(task, "hel", final=False),
        lambda task: result(task, "hello", "th", final=False),
        rest=lambda task: result(task, "hello", "there"),
        losses=4,
        is_told_again=True,
    )
    with Cloud(behave) as cloud:
        run = ended(pnb.transcribe(tone(6), service=cloud.service(), pace=None))
    assert texts(run) == ["hello", "there"]
    assert list(run.sentences["sentence_id"]) == [1]
    assert len(losses(run)) == 4
