"""`pnb.resume`: from whatever is left of a journal, with the same clip; which journals and clips are refused."""

from __future__ import annotations

import asyncio
import os
import tempfile
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from servers import RATE, Cloud, Talk, assert_says, ended, eventually, failure, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb.client.service import Endpoint
from paraformer_nb.errors import AudioError, AuthenticationError, ConnectionLost, JournalError, ParameterError
from paraformer_nb.transcript.transcript import ENDED

LESSON = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"


@pytest.fixture(scope="module")
def service() -> pnb.Embedded:
    """Sends the lesson's words from its script."""
    return pnb.Embedded("scripted", script=LESSON.with_suffix(".json"))


@pytest.fixture(scope="module")
def whole(service: pnb.Embedded, tmp_path_factory: pytest.TempPathFactory) -> pnb.Run:
    """An undisturbed run of the lesson."""
    path = tmp_path_factory.mktemp("whole") / "run.jsonl"
    return ended(pnb.transcribe(LESSON, service=service, save=path))


def cut(run: pnb.Run, path: Path, share: float) -> Path:
    """The first part of a run's journal, as a crash may have left it."""
    data = run.journal.path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    return path


# -------------------------------------------------------------------------------------------------------- torn journals


def test_a_journal_cut_at_any_byte_can_be_loaded_and_resumed_to_the_same_words(
    whole: pnb.Run, service: pnb.Embedded, tmp_path: Path
) -> None:
    random = Random(4)
    for number in range(8):
        path = cut(whole, tmp_path / f"{number}.jsonl", random.uniform(0.02, 0.99))
        for _ in range(random.choice((1, 2))):
            loaded = pnb.load(path)
            assert_says(loaded.error, f"cut short at {loaded.transcript.sent_until:.1f} s", "pnb.resume")
            is_final = loaded.words["is_final"]
            assert_frame_equal(loaded.words[is_final], whole.words[: is_final.sum()])
            run = ended(pnb.resume(path, service=service))
            assert_frame_equal(run.words, whole.words)
            before = path.stat().st_size
            os.truncate(path, random.randrange(before // 2, before))  # and the resumed one is cut, too
        assert_frame_equal(ended(pnb.resume(path, service=service)).words, whole.words)


@pytest.mark.parametrize("length", [0, 1, 100])
def test_less_than_the_first_line_is_not_a_journal(whole: pnb.Run, tmp_path: Path, length: int) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(whole.journal.path.read_bytes()[:length])
    for call in (pnb.load, pnb.resume):
        with pytest.raises(JournalError, match="is not a journal"):
            call(path)
    assert path.stat().st_size == length


# ------------------------------------------------------------------------------------------------------- ended runs


class OneConnection:
    """A service that resets the first connection, and refuses any other."""

    pace = None
    languages = None
    timeouts = pnb.Embedded.timeouts

    def __init__(self) -> None:
        script = LESSON.with_suffix(".json")
        self.embedded = pnb.Embedded("scripted", script=script, faults=["drop:events=40,how=reset"])
        self.source = self.embedded.source
        self._is_used = False

    async def endpoint(self) -> Endpoint:
        if self._is_used:
            raise AuthenticationError("no more.")
        self._is_used = True
        return await self.embedded.endpoint()


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("how", ["stop", "cancel", "fail"])
def test_a_run_that_ended_early_is_resumed_without_a_missing_or_doubled_word(
    how: str, whole: pnb.Run, service: pnb.Embedded, tmp_path: Path
) -> None:
    path, refusing = tmp_path / "run.jsonl", OneConnection()
    run = pnb.transcribe(LESSON, service=refusing if how == "fail" else service, pace=100, save=path)
    if how == "fail":
        assert isinstance(failure(run), AuthenticationError)
        assert len(run.gaps) == 1
        refusing.embedded.close()
    else:
        assert eventually(lambda: len(run.transcript.finals) >= 2)
        getattr(run, how)()
        ended(run)
    assert run.state == ("failed" if how == "fail" else "stopped")
    before = run.words[run.words["is_final"]]
    again = pnb.resume(path, service=service, pace=None)
    assert again.state not in ENDED
    assert again.error is None
    ended(again)
    assert texts(again) == texts(whole)
    assert_frame_equal(again.words[: len(before)], before)
    assert np.allclose(again.words[["start", "end"]], whole.words[["start", "end"]])
    assert (again.state, again.error, len(again.gaps)) == ("finished", None, 0)
    loaded = pnb.load(path)
    assert_frame_equal(loaded.words, again.words)
    assert (loaded.state, loaded.error) == ("finished", None)
    assert list(loaded.events["t"]) == sorted(loaded.events["t"])


def test_a_resumed_run_can_be_stopped_at_once(whole: pnb.Run, service: pnb.Embedded, tmp_path: Path) -> None:
    path = cut(whole, tmp_path / "run.jsonl", 0.5)
    run = pnb.resume(path, service=service, pace=1)
    run.stop()
    ended(run)
    assert run.state == "stopped"
    for is_stopped in (True, False):  # a stopped one can be resumed, too
        run = pnb.resume(path, service=service, pace=1 if is_stopped else None)
        if is_stopped:
            run.stop()
        ended(run)
    assert texts(run) == texts(whole)


def test_a_run_of_a_part_is_resumed_to_the_end_of_the_part(service: pnb.Embedded, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    part = ended(pnb.transcribe(LESSON, service=service, start=9.3, end=21.0, save=path))
    os.truncate(path, path.stat().st_size // 2)
    run = ended(pnb.resume(path, service=service))
    assert_frame_equal(run.words, part.words)
    assert run.words["end"].max() <= 21.0


def test_corrections_made_before_a_resume_stay(whole: pnb.Run, service: pnb.Embedded, tmp_path: Path) -> None:
    path = cut(whole, tmp_path / "run.jsonl", 0.5)
    loaded = pnb.load(path)
    words = loaded.words
    words.loc[[0, 2], "text"] = "GOOD", "UND"
    words = words.drop(index=1)
    assert loaded.correct(words) == 1
    assert loaded.undo() is True
    assert loaded.redo() is True
    run = ended(pnb.resume(path, service=service))
    assert texts(run) == ["GOOD", "UND", *texts(whole)[3:]]
    assert list(run.words_raw["text"]) == texts(whole)
    assert run.undo() is True
    assert texts(run) == texts(whole) == texts(pnb.load(path))


# ------------------------------------------------------------------------------------------------------ what is refused


def test_a_finished_run_cannot_be_resumed(whole: pnb.Run, service: pnb.Embedded) -> None:
    before = whole.journal.path.read_bytes()
    with pytest.raises(JournalError, match="recognised to its end"):
        pnb.resume(whole.journal.path, service=service)
    assert whole.journal.path.read_bytes() == before


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file"),
        (lambda path: (path.unlink(), path.mkdir()), "cannot be read: Is a directory"),
        (lambda path: path.write_text("mine"), "is not a journal"),
        (lambda path: path.write_bytes(b"{" + path.read_bytes()), "first line is damaged"),
        (lambda path: (path.unlink(), path.symlink_to(path)), "symbolic links"),
        (lambda path: (path.unlink(), os.mkfifo(path)), "a pipe or a device"),
    ],
)
def test_a_file_that_is_not_a_readable_journal_is_refused(
    make: Callable[[Path], Any], what: str, whole: pnb.Run, tmp_path: Path
) -> None:
    path = cut(whole, tmp_path / "run.jsonl", 0.5)
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(JournalError, match=what) as caught:
        pnb.resume(path)
    assert str(path) in str(caught.value)
    assert before == (path.read_bytes() if path.is_file() else b"")


def test_a_journal_that_cannot_be_written_is_left_as_it_is() -> None:
    with tempfile.TemporaryDirectory() as folder, Cloud(well) as cloud:
        Path(folder).chmod(0o755)
        path = Path(folder, "run.jsonl")
        ended(pnb.transcribe(tone(2.0), service=cloud.service(), pace=None, save=path))
        os.truncate(path, path.stat().st_size * 2 // 3)
        path.chmod(0o444)
        before = path.read_bytes()
        with unprivileged(), pytest.raises(JournalError, match="cannot be written.*Permission denied"):
            pnb.resume(path, clip=tone(2.0), service=cloud.service())
        with unprivileged():
            assert len(pnb.load(path).words) <= 2
            with pytest.raises(JournalError, match="cannot be written"):
                pnb.transcribe(tone(2.0), service=cloud.service(), save=Path(folder, "new.jsonl"))
        assert path.read_bytes() == before
    assert len(cloud.headers) == 1


@contextmanager
def unprivileged() -> Iterator[None]:
    """As a user who may not write to any file here; root may write everywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


class Live:
    """A live source of 2 s."""

    sample_rate = RATE

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(20):
            yield tone(0.1)[0].tobytes()
            await asyncio.sleep(0)


async def recognise_and_disconnect(talk: Talk) -> None:
    await talk.begin()
    await talk.block()
    await talk.say("hello", "there")
    await talk.connection.close(1011)


def test_a_live_source_cannot_be_resumed_but_a_file_of_its_audio_can(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Cloud(recognise_and_disconnect) as cloud:
        run = pnb.transcribe(Live(), service=cloud.service(), pace=None, retry=pnb.Retry(attempts=1), save=path)
        with pytest.raises(ConnectionLost):
            run.wait(20)
    with pytest.raises(ParameterError, match="names no file of its clip 'live': give clip="):
        pnb.resume(path)
    for live in (Live(), (Live(), RATE)):
        with pytest.raises(ParameterError, match="a live source cannot be read again: give clip="):
            pnb.resume(path, clip=live)
    with Cloud(well) as cloud:
        run = ended(pnb.resume(path, clip=tone(2.0), service=cloud.service(), pace=None))
    assert (texts(run)[:2], run.state) == (["hello", "there"], "finished")


def wav(path: Path, seconds: float, pitch: int = 220) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.roll(tone(seconds)[0], pitch).tobytes())
    return path


@pytest.mark.parametrize("was", ["killed", "failed"])
def test_another_clip_is_refused(was: str, tmp_path: Path) -> None:
    clip, path = wav(tmp_path / "clip.wav", 3.0), tmp_path / "run.jsonl"
    with Cloud(recognise_and_disconnect) as cloud:
        run = pnb.transcribe(clip, service=cloud.service(), pace=None, retry=pnb.Retry(attempts=1), save=path)
        with pytest.raises(ConnectionLost):
            run.wait(20)
    if was == "killed":
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    before = path.read_bytes()
    others: list[Any] = [wav(tmp_path / "shorter.wav", 2.0), wav(tmp_path / "longer.wav", 4.0), tone(2.0)]
    if was == "failed":
        others.append(wav(tmp_path / "as long.wav", 3.0, 5))
    with Cloud(well) as cloud:
        for other in others:
            with pytest.raises(ParameterError, match="another clip than the journal's|is another clip.*3.00 s"):
                pnb.resume(path, clip=other, service=cloud.service())
        for missing in (tmp_path / "nowhere.wav", tmp_path):
            with pytest.raises(AudioError):
                pnb.resume(path, clip=missing, service=cloud.service())
        clip.rename(tmp_path / "moved.wav")
        with pytest.raises(AudioError, match="no file"):
            pnb.resume(path, service=cloud.service())
        assert (cloud.headers, path.read_bytes()) == ([], before)
        assert (
            ended(pnb.resume(path, clip=tmp_path / "moved.wav", service=cloud.service(), pace=None)).state == "finished"
        )
