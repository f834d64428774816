"""A journal may be a stranger's: it cannot make us look at, play, embed or send a file that its user did not name."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from records import RUN, journal_bytes, run_started, sent_audio, timed_final
from servers import Cloud, ended, texts, well
from wire import lesson_pcm, write_wav

import paraformer_nb as pnb
from paraformer_nb.errors import AudioError, ParaformerError, ParameterError
from paraformer_nb.journal.records import ClipHashed, ClipSource, RunEnded

SECONDS = 3.0


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A file that the user did not name."""
    folder = tmp_path / "private"
    folder.mkdir()
    return write_wav(folder / "diary.wav", lesson_pcm()[: int(SECONDS * 32_000)])


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """The folder in which a stranger's journal lies."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def journal(
    folder: Path, path: str | Path, *, size: int | None = None, sha256: str | None = None, early: bool = False
) -> Path:
    """A journal that calls its clip lecture.wav and says that it is at `path`. `early`: its run was cut short."""
    clip = ClipSource("lecture.wav", str(path), size)
    run = run_started(clip=clip, end=SECONDS)
    words = timed_final(("hello", 100, 400), ("there", 500, 900))
    last = [ClipHashed(2.0, sha256)] if sha256 else []
    end = [] if early else [RunEnded(9.0, "stopped")]
    target = folder / "run.jsonl"
    target.write_bytes(journal_bytes(run, sent_audio(0.0, 1.0), words, *last, *end))
    return target


def assert_not_used(path: Path, *what: str) -> None:
    """Assert that nothing of the journal's clip is played, embedded or sent."""
    run = pnb.load(path)
    assert texts(run) == ["hello", "there"]
    page = path.with_name("page.html")
    with pytest.raises(AudioError) as caught:
        run.export(page)
    for each in what:
        assert each in str(caught.value)
    assert not page.exists()
    run.export(page, audio=None).path.unlink()
    with Cloud(well) as cloud:
        with pytest.raises(ParaformerError):
            pnb.resume(path, service=cloud.service())
        assert cloud.headers == []


# ------------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("early", [False, True], ids=["ended", "cut short"])
@pytest.mark.parametrize("has_size", [False, True], ids=["no size", "size"])
def test_a_file_without_a_digest_is_not_used(private: Path, inbox: Path, has_size: bool, early: bool) -> None:
    path = journal(inbox, private, size=private.stat().st_size if has_size else None, early=early)
    assert_not_used(path, "no digest of its clip", str(private), "was not opened", "clip=")


@pytest.mark.parametrize("sha256", ["0" * 64, "", "x", "ffff" * 5000], ids=["zeros", "empty", "short", "long"])
def test_a_file_with_another_digest_is_not_used(private: Path, inbox: Path, sha256: str) -> None:
    assert_not_used(journal(inbox, private, size=private.stat().st_size, sha256=sha256), str(private), "clip=")


def test_a_file_with_another_size_is_not_used(private: Path, inbox: Path) -> None:
    assert_not_used(journal(inbox, private, size=17, sha256=digest_of(private)), str(private), "another file")


def test_a_link_beside_the_journal_is_not_used(private: Path, inbox: Path) -> None:
    (inbox / "lecture.wav").symlink_to(private)
    assert_not_used(journal(inbox, "/nowhere/lecture.wav", size=private.stat().st_size, sha256="1" * 64), "inbox")


@pytest.mark.parametrize(
    "path",
    [
        "../private/diary.wav",
        "//host/share/diary.wav",
        "\\\\host\\share\\diary.wav",
        "\\\\?\\UNC\\host\\share\\diary.wav",
        "~/diary.wav",
        "file:///etc/passwd",
        "nul\0.wav",
        "",
        "..",
        "/dev/zero",
        "/dev/stdin",
        "/proc/self/mem",
        "/" + "x" * 5000,
    ],
)
def test_no_other_path_is_looked_at(path: str, inbox: Path, private: Path) -> None:
    is_special = path.startswith(("/dev/", "/proc/"))  # whose size is 0
    size, sha256 = (0, hashlib.sha256(b"").hexdigest()) if is_special else (private.stat().st_size, digest_of(private))
    assert_not_used(journal(inbox, path, size=size, sha256=sha256))


LOOK = """
import sys
sys.addaudithook(lambda event, arguments: event in ("open", "os.listdir") and print(arguments[0], file=sys.stderr))
import paraformer_nb as pnb
run = pnb.load(sys.argv[1])
run.words, run.events, run.timeline(), run.export(sys.argv[2], audio=None)
"""


def test_load_the_tables_and_a_page_without_sound_look_at_the_journal_only(private: Path, inbox: Path) -> None:
    path = journal(inbox, private, size=private.stat().st_size, sha256=digest_of(private))
    command = [sys.executable, "-c", LOOK, str(path), str(inbox / "page.html")]
    if strace := shutil.which("strace"):  # sees a stat as well
        command = [strace, "-f", "-e", "trace=%file", *command]
    seen = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stderr
    assert str(path) in seen
    assert str(private.parent) not in seen


def test_a_pipe_is_never_opened(inbox: Path) -> None:
    pipe = inbox / "lecture.wav"
    os.mkfifo(pipe)
    done = threading.Event()

    def check() -> None:
        assert_not_used(journal(inbox, pipe, size=0, sha256="0" * 64))
        done.set()

    thread = threading.Thread(target=check, daemon=True)  # a pipe that is opened blocks for ever
    thread.start()
    assert done.wait(60)


def test_a_playlist_or_description_of_a_stream_opens_no_other_file(private: Path, inbox: Path) -> None:
    for name, content in {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{private}\n#EXT-X-ENDLIST\n",
        "list.ffconcat": f"ffconcat version 1.0\nfile {private}\n",
        "stream.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "list.mpd": f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{private}</BaseURL></MPD>',
    }.items():
        clip = inbox / name
        clip.write_text(content)
        path = journal(inbox, clip, size=clip.stat().st_size, sha256=digest_of(clip))
        assert_not_used(path, "not audio that FFmpeg can read")


def test_a_file_that_is_swapped_after_it_was_checked_is_not_read(private: Path, inbox: Path) -> None:
    """What was checked is what is read, however often the path leads elsewhere meanwhile."""
    clip = inbox / "lecture.wav"
    shutil.copy(private, clip)
    silence = write_wav(inbox / "other.wav", bytes(int(SECONDS * 32_000)))
    right = digest_of(clip)
    path = journal(inbox, clip, size=clip.stat().st_size, sha256=right, early=True)
    with Cloud(well) as cloud:
        run = pnb.resume(path, service=cloud.service(), pace=None)
        silence.replace(clip)
        ended(run)
        assert run.transcript.clip_sha256 == right
    with pytest.raises(AudioError, match="has changed on disk"):
        run.export(inbox / "page.html")


# ----------------------------------------------------------------------------------------------------- what is accepted


def test_a_file_with_the_size_and_digest_is_used_and_its_real_path_is_named(
    private: Path, inbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (inbox / "link.wav").symlink_to(private)
    path = journal(inbox, inbox / "link.wav", size=private.stat().st_size, sha256=digest_of(private), early=True)
    with caplog.at_level(logging.WARNING):
        page = pnb.load(path).export(inbox / "page.html").path
    assert str(private) in caplog.text
    assert b'class="pnb-sound"' in page.read_bytes()
    caplog.clear()
    with Cloud(well) as cloud, caplog.at_level(logging.WARNING):
        run = ended(pnb.resume(path, service=cloud.service(), pace=None))
    assert str(private) in caplog.text
    assert run.state == "finished"


@pytest.mark.parametrize("form", ["/old/folder/{}", "C:\\Users\\jo\\{}", "\\\\host\\share\\{}", "old/{}"])
def test_a_folder_that_was_moved_keeps_its_sound(private: Path, inbox: Path, form: str) -> None:
    shutil.copy(private, inbox)
    path = journal(inbox, form.format("diary.wav"), size=private.stat().st_size, sha256=digest_of(private), early=True)
    run = pnb.load(path)
    assert b'class="pnb-sound"' in run.export(inbox / "page.html").path.read_bytes()
    with Cloud(well) as cloud:
        assert ended(pnb.resume(path, service=cloud.service(), pace=None)).state == "finished"


def test_a_clip_that_the_user_names_is_believed(private: Path, inbox: Path) -> None:
    path = journal(inbox, "/nowhere/lecture.wav", size=17, sha256="0" * 64)
    with pytest.raises(AudioError, match="no file"):
        pnb.load(path).export(inbox / "page.html")
    for clip in (private, str(private), private.read_bytes()):
        page = pnb.load(path, clip=clip).export(inbox / "page.html").path
        assert b'class="pnb-sound"' in page.read_bytes()
        page.unlink()
    with pytest.raises(AudioError, match="gone from disk"):
        pnb.load(path, clip=inbox / "nothing.wav")
    with pytest.raises(AudioError, match="not a file but"):
        pnb.load(path, clip=inbox)
    with pytest.raises(ParameterError, match="not a clip"):
        pnb.load(path, clip=5)


def test_a_run_without_a_digest_is_resumed_with_the_clip_that_the_user_names(private: Path, inbox: Path) -> None:
    path = journal(inbox, private, size=private.stat().st_size, early=True)
    with Cloud(well) as cloud:
        assert ended(pnb.resume(path, clip=private, service=cloud.service(), pace=None)).state == "finished"


def test_the_same_bytes_that_were_touched_are_played(private: Path, inbox: Path) -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(private, service=cloud.service(), pace=None, save=inbox / "run.jsonl"))
    before = run.export(inbox / "page.html").path.read_bytes()
    os.utime(private, (1, 1))
    assert run.export(inbox / "page.html").path.read_bytes() == before
    copy = private.with_name("copy.wav")
    shutil.copy(private, copy)
    copy.replace(private)  # as a program that synchronises folders does
    for each in (run, pnb.load(inbox / "run.jsonl")):
        assert each.export(inbox / "page.html").path.read_bytes() == before
    private.write_bytes(private.read_bytes()[:-2] + b"\1\1")
    for each in (run, pnb.load(inbox / "run.jsonl")):
        with pytest.raises(AudioError, match="has changed on disk"):
            each.export(inbox / "page.html")


def test_another_file_at_the_path_of_a_saved_copy_is_not_embedded(private: Path, inbox: Path) -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(private, service=cloud.service(), pace=None))
    run.save(inbox / "copy.jsonl")
    pnb.load(inbox / "copy.jsonl").export(inbox / "page.html")
    write_wav(private, bytes(int(SECONDS * 32_000)))
    with pytest.raises(AudioError, match="has changed on disk since, or is another file"):
        pnb.load(inbox / "copy.jsonl").export(inbox / "page.html")


def test_a_pipe_that_the_user_names_is_not_played(tmp_path: Path) -> None:
    pipe, path = tmp_path / "pipe.wav", tmp_path / "run.jsonl"
    os.mkfifo(pipe)
    path.write_bytes(journal_bytes(RUN, RunEnded(1.0, "finished")))
    with pytest.raises(AudioError, match="is a pipe"):
        pnb.load(path, clip=pipe)
