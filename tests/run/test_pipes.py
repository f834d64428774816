"""Runs of pipes: words while the pipe goes on, and what a run that can be read once can and cannot do."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from lessons import assert_same, disconnects, faultless_run, pcm, run_with_faults, scripted
from servers import RATE, Cloud, Talk, ended, eventually, failure, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb.errors import AudioError, ParameterError

pytestmark = [
    pytest.mark.usefixtures("nothing_left"),
    pytest.mark.skipif(sys.platform == "win32", reason="uses named pipes"),
]
HEADER = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\xff\xff\xff\xff"
COPY = [sys.executable, "-c", "import shutil, sys; shutil.copyfileobj(open(sys.argv[1], 'rb'), sys.stdout.buffer)"]


@pytest.fixture
def pipe() -> Iterator[tuple[io.BufferedReader, io.FileIO]]:
    """The two ends of a pipe."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as out, io.FileIO(writing, "wb") as into:
        yield out, into


def reading_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "paraformer_nb-pipe"]


# ------------------------------------------------------------------------------------------------------ what it can do


def test_the_output_of_a_process_is_recognised_like_the_file(chinese: Path) -> None:
    service = scripted(chinese)
    with subprocess.Popen([*COPY, chinese], stdout=subprocess.PIPE) as process:
        run = ended(pnb.transcribe(process.stdout, service=service))
    assert_same(run, faultless_run(chinese))
    assert (run.clip.name, run.clip.path, run.clip.size) == ("file", None, None)
    assert reading_threads() == []
    service.close()


def test_the_file_of_a_socket_is_recognised(chinese: Path) -> None:
    service = scripted(chinese)
    own, theirs = socket.socketpair()
    with own, theirs, own.makefile("rb") as file:
        run = pnb.transcribe(file, service=service)
        theirs.sendall(chinese.read_bytes())
        theirs.shutdown(socket.SHUT_WR)
        assert_same(ended(run), faultless_run(chinese))
    service.close()


async def answer_each_second(talk: Talk) -> None:
    """A word for each second of audio that is received."""
    await talk.begin()
    received = number = 0
    while isinstance(message := await talk.connection.recv(), bytes):
        received += len(message)
        while received >= 2 * RATE * (number + 1):
            number += 1
            await talk.say(f"word{number}", number=number)
    await talk.finish()


def test_words_come_while_the_pipe_goes_on(pipe: tuple[io.BufferedReader, io.FileIO]) -> None:
    out, into = pipe
    with Cloud(answer_each_second) as cloud:
        run = pnb.transcribe(out, service=cloud.service(), pace=100.0)
        assert eventually(lambda: run.state == "streaming"), "before a byte has arrived"
        into.write(HEADER)
        for number in (1, 2):
            into.write(tone(1.0)[0].tobytes())
            assert eventually(lambda number=number: len(run.words) == number)
        into.close()
        ended(run)
    assert texts(run) == ["word1", "word2"]


def test_a_pause_of_a_pipe_is_silence_that_is_not_part_of_its_time(pipe: tuple[io.BufferedReader, io.FileIO]) -> None:
    out, into = pipe
    with Cloud(well) as cloud:
        run = pnb.transcribe(out, service=cloud.service(), pace=100.0, timeouts=pnb.Timeouts(pause=0.05))
        into.write(HEADER + tone(1.0)[0].tobytes())
        assert eventually(lambda: run.usage.silence > 0.2)
        into.close()
        ended(run)
    assert run.usage.recognised == pytest.approx(1.0)


def test_disconnects_cost_a_pipe_nothing(english: Path) -> None:
    data = HEADER + pcm(english)
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        writer = threading.Thread(target=lambda: (process.stdin.write(data), process.stdin.close()))  # type: ignore[union-attr]
        writer.start()
        run = run_with_faults(english, "drop:events=30,how=reset,times=3", source=process.stdout)
        writer.join(20)
    assert_same(run, faultless_run(english))
    assert len(disconnects(run)) == 3


# ------------------------------------------------------------------------------------------------------------- the end


@pytest.mark.parametrize("way", ["stop", "cancel"])
def test_a_pipe_that_stalls_can_be_left(way: str, pipe: tuple[io.BufferedReader, io.FileIO]) -> None:
    out, into = pipe
    with Cloud(answer_each_second) as cloud:
        run = pnb.transcribe(out, service=cloud.service(), pace=100.0)
        into.write(HEADER + tone(1.0)[0].tobytes())
        assert eventually(lambda: len(run.words) == 1)
        getattr(run, way)()
        ended(run)
        assert (run.state, texts(run)) == ("stopped", ["word1"])
        assert reading_threads() == []
        out.close()


def test_a_socket_that_stalls_can_be_left() -> None:
    own, theirs = socket.socketpair()
    with Cloud(well) as cloud, own, theirs, own.makefile("rb") as file:
        run = pnb.transcribe(file, service=cloud.service(), pace=100.0)
        assert eventually(reading_threads)
        run.cancel()
        ended(run)
        assert run.state == "stopped"
        with pytest.raises(AudioError, match="is being read by another run"):
            pnb.transcribe(file, service=cloud.service())
        theirs.close()  # Python cannot end a read of it otherwise
        assert eventually(lambda: reading_threads() == [])


def test_a_pipe_that_is_not_a_clip_fails_the_run(pipe: tuple[io.BufferedReader, io.FileIO]) -> None:
    out, into = pipe
    into.write(b"no sound" * 100)
    into.close()
    with Cloud(well) as cloud:
        error = failure(pnb.transcribe(out, service=cloud.service()))
    assert isinstance(error, AudioError)
    assert "not audio that FFmpeg can read" in str(error)


def test_an_end_behind_the_end_of_a_pipe_is_no_gap(pipe: tuple[io.BufferedReader, io.FileIO]) -> None:
    out, into = pipe
    with Cloud(well) as cloud:
        run = pnb.transcribe(out, service=cloud.service(), pace=None, end=60)
        into.write(HEADER + tone(1.0)[0].tobytes())
        into.close()
        ended(run)
    assert run.transcript.gaps == []


# --------------------------------------------------------------------------------------------------- what it cannot do


def test_a_pipe_cannot_be_played_nor_resumed(tmp_path: Path) -> None:
    path, journal = tmp_path / "live.wav", tmp_path / "run.jsonl"
    os.mkfifo(path)

    async def fail(talk: Talk) -> None:
        await talk.begin()
        await talk.block()
        await talk.say("hello")
        await talk.fail("Arrearage", "The account is overdue.")

    with Cloud(fail) as cloud:
        run = pnb.transcribe(path, service=cloud.service(), pace=None, save=journal)
        path.write_bytes(HEADER + tone(1.0)[0].tobytes())
        failure(run)
        assert run.clip.path is None
        with pytest.raises(AudioError, match=r"'live\.wav' is a pipe, which is read once"):
            run.export(tmp_path / "page.html")
        assert run.export(tmp_path / "page.html", audio=None).path.exists()
        with pytest.raises(ParameterError, match="names no file of its clip"):
            pnb.resume(journal, service=cloud.service())
        with pytest.raises(ParameterError, match="is a pipe, of which a resume cannot skip"):
            pnb.resume(journal, clip=path, service=cloud.service())
    assert pnb.load(journal).text == "hello"


def test_a_file_object_that_is_closed_in_mid_run_fails_it_with_advice() -> None:
    with Cloud(answer_each_second) as cloud:
        file = io.BytesIO(HEADER.replace(b"data\xff\xff\xff\xff", b"data\0\0\0\0") + tone(60.0)[0].tobytes())
        run = pnb.transcribe(file, service=cloud.service(), pace=20.0)
        with pytest.raises(AudioError, match="is being read by another run"):
            pnb.transcribe(file, service=cloud.service())
        file.close()
        error = failure(run)
    assert isinstance(error, AudioError)
    assert "was closed before it was read to its end" in str(error)
