"""Mistakes in arguments and clips: the errors say what happened and what to do."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from servers import KEY, Cloud, Talk, assert_says, ended, eventually, failure, texts, tone, well

import paraformer_nb as pnb
from paraformer_nb import errors

pytestmark = pytest.mark.usefixtures("nothing_left")


def refused(kind: type[Exception], *what: str, clip: Any = None, **options: Any) -> None:
    """The call itself raises this error, and nothing is sent."""
    with Cloud(well) as cloud, pytest.raises(errors.ParaformerError) as caught:
        pnb.transcribe(tone(0.2) if clip is None else clip, **{"service": cloud.service()} | options)
    assert type(caught.value) is kind, repr(caught.value)
    assert_says(caught.value, *what)
    assert cloud.headers == []


# --------------------------------------------------------------------------------------------------------------- files


def test_a_missing_file(tmp_path: Path) -> None:
    refused(errors.AudioError, "there is no file", "lecture.mp3", str(Path.cwd()), "Check", clip="lecture.mp3")
    refused(errors.AudioError, "there is no file", clip=tmp_path / "a" / "b.wav")


def test_a_directory(tmp_path: Path) -> None:
    refused(errors.AudioError, "is a directory", str(tmp_path), "Name a file", clip=tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    refused(errors.AudioError, "empty.wav", "is empty: 0 bytes", clip=tmp_path / "empty.wav")
    refused(errors.AudioError, "is empty", clip=b"")
    refused(errors.AudioError, "", clip=io.BytesIO())


def test_a_name_with_a_nul_in_it() -> None:
    refused(errors.AudioError, "cannot be opened", clip="a\0b.wav")


def test_a_text_file_named_wav(tmp_path: Path) -> None:
    path = tmp_path / "notes.wav"
    path.write_text("Dear diary, " * 500)
    refused(errors.AudioError, "notes.wav", "not audio that FFmpeg can read", "convert it to WAV or FLAC", clip=path)


def test_a_wav_with_a_header_only(tmp_path: Path) -> None:
    import wave

    path = tmp_path / "head.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
    refused(errors.AudioError, "head.wav", clip=path)


def _encode(path: Path, seconds: float, *, video: bool = False) -> Path:
    """An MP4 with sound (AAC), or with pictures only."""
    import av

    with av.open(str(path), "w") as container:
        if video:
            stream = container.add_stream("mpeg4", rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            for _ in range(5):
                frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        else:
            sound = container.add_stream("aac", rate=16000, layout="mono")
            wave = (tone(seconds)[0].astype(np.float32) / 32768).reshape(1, -1)
            for at in range(0, wave.shape[1], 1024):
                frame = av.AudioFrame.from_ndarray(wave[:, at : at + 1024].copy(), format="fltp", layout="mono")
                frame.sample_rate, frame.pts = 16000, at
                container.mux(sound.encode(frame))
            container.mux(sound.encode(None))
    return path


def test_a_truncated_m4a(tmp_path: Path) -> None:
    whole = _encode(tmp_path / "whole.m4a", 5.0).read_bytes()
    (tmp_path / "cut.m4a").write_bytes(whole[: len(whole) // 2])
    refused(errors.AudioError, "cut.m4a", "cut off or damaged", "convert", clip=tmp_path / "cut.m4a")
    with Cloud(well) as cloud:
        assert texts(ended(pnb.transcribe(tmp_path / "whole.m4a", service=cloud.service(), pace=None)))


def test_a_video_without_sound(tmp_path: Path) -> None:
    clip = _encode(tmp_path / "silent.mp4", 0, video=True)
    refused(errors.AudioError, "silent.mp4", "no sound in it, only video", "Choose another", clip=clip)


@pytest.mark.parametrize("seconds", [0.05, 0.001, 1 / 16000])
def test_a_clip_too_short_for_a_word(seconds: float) -> None:
    run = ended(pnb.transcribe(tone(seconds), service=pnb.Embedded()), 60)
    assert (run.state, run.error, run.text, len(run.words)) == ("finished", None, "", 0)


def test_pure_silence() -> None:
    run = ended(pnb.transcribe((np.zeros(5 * 16000, np.int16), 16000), service=pnb.Embedded()), 60)
    assert (run.state, run.error, run.text) == ("finished", None, "")
    assert [str(dtype) for dtype in run.words.dtypes] == [
        "int64",
        "string",
        "string",
        "float64",
        "float64",
        "float64",
        "string",
        "bool",
        "Int64",
    ]
    assert len(run.sentences) == 0


def test_a_clip_that_is_deleted_during_the_run(chinese: Path, tmp_path: Path) -> None:
    clip = Path(shutil.copy(chinese, tmp_path / "deleted.flac"))
    run = pnb.transcribe(clip, service=pnb.Embedded("scripted", script=chinese.with_suffix(".json")), pace=20)
    assert eventually(lambda: len(run.words) > 0)
    clip.unlink()
    ended(run, 30)
    assert run.text.endswith("语音识别把声音变成文字。")
    assert (run.state, run.error) == ("finished", None)


# ------------------------------------------------------------------------------------------------- other forms of clips


@pytest.mark.parametrize(
    ("clip", "kind", "what"),
    [
        ((np.zeros((2, 3, 4), np.int16), 16000), errors.ParameterError, ("shape is (2, 3, 4)", "(n, channels)")),
        ((np.zeros((2, 16000), np.int16), 16000), errors.ParameterError, ("shape", "(n, channels)")),
        ((np.int16(5), 16000), errors.ParameterError, ("shape is ()",)),
        (
            (np.zeros(100), 16000),
            errors.ParameterError,
            ("dtype is float64", "astype('float32')"),
        ),
        ((np.zeros(100, np.uint8), 16000), errors.ParameterError, ("dtype is uint8",)),
        ((np.zeros(100, complex), 16000), errors.ParameterError, ("dtype is complex128",)),
        (([[1], [2, 3]], 16000), errors.ParameterError, ("array",)),
        (([0.1, 0.2], 16000), errors.ParameterError, ("dtype is float64",)),
        ((np.zeros(0, np.int16), 16000), errors.AudioError, ("empty", "0 samples")),
        ((np.zeros((100, 0), np.int16), 16000), errors.ParameterError, ("shape is (100, 0)",)),
        ((np.zeros(100, np.int16), 0), errors.ParameterError, ("sample rate",)),
        ((np.zeros(100, np.int16), -8000), errors.ParameterError, ("sample rate",)),
        ((np.zeros(100, np.int16), 44100.5), errors.ParameterError, ("sample rate",)),
        ((np.zeros(100, np.int16),), errors.ParameterError, ("sample rate", "(samples, 16000)")),
        (np.zeros(100, np.int16), errors.ParameterError, ("ndarray is not a clip", "(array, sample_rate)")),
        (None.__class__, errors.ParameterError, ("is not a clip", "a path")),
        (17, errors.ParameterError, ("int is not a clip",)),
        (["a.wav"], errors.ParameterError, ("list is not a clip",)),
        (io.StringIO("sound"), errors.ParameterError, ("opened as text", "'rb'")),
    ],
    ids=lambda value: None,
)
def test_an_argument_that_is_not_a_clip(clip: Any, kind: type[Exception], what: tuple[str, ...]) -> None:
    refused(kind, *what, clip=clip)


def test_a_live_source_without_a_sample_rate() -> None:
    async def blocks() -> Any:
        yield b"\0\0"

    refused(errors.ParameterError, "needs its sample rate", "(source, sample_rate)", clip=blocks())
    refused(errors.ParameterError, "live source has none", "Leave them out", clip=(blocks(), 16000), start=1.0)


@pytest.mark.parametrize(
    "array",
    [
        np.full(8000, np.nan, np.float32),
        np.full(8000, np.inf, np.float32),
        np.full(8000, 7.0, np.float32),
        np.zeros((8000, 2), np.int16),
        np.zeros(16000, np.int16)[::2],
    ],
)
def test_unusual_arrays_are_sent(array: Any) -> None:
    with Cloud(well) as cloud:
        ended(pnb.transcribe((array, 16000), service=cloud.service(), pace=None))
    assert len(b"".join(cloud.blocks)) == 16000


def test_an_absurd_sample_rate() -> None:
    rate = 2**31 - 1
    with Cloud(well) as cloud:
        try:
            error: BaseException = failure(
                pnb.transcribe((np.zeros(1000, np.int16), rate), service=cloud.service(), pace=None)
            )
        except errors.ParaformerError as refusal:
            error = refusal
    assert isinstance(error, errors.ParaformerError), repr(error)
    assert str(rate) in str(error)


# ------------------------------------------------------------------------------------------------------------ arguments


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"max_sentence_silence": 100}, ("max_sentence_silence=100", "200")),
        ({"max_sentence_silence": "long"}, ("max_sentence_silence='long'", "int")),
        ({"sample_rate": 4000}, ("sample_rate=4000", "8000")),
        ({"sample_rate": 16000, "model": "paraformer-realtime-8k-v2"}, ("8000 Hz only",)),
        ({"heartbeat": "yes"}, ("heartbeat='yes'", "bool")),
        ({"language_hints": ["klingon"]}, ("language_hints", "klingon")),
        ({"language_hints": "en"}, ("language_hints='en'", "list")),
        ({"language_hints": []}, ("language_hints",)),
        ({"vocabulary_id": ""}, ("vocabulary_id",)),
        (
            {"max_sentense_silence": 800},
            ("unknown parameter 'max_sentense_silence'", "Did you mean max_sentence_silence?"),
        ),
        ({"colour": "red"}, ("unknown parameter 'colour'", "Known:")),
        ({"format": "wav"}, ("format cannot be set",)),
        ({"phrase_id": "p"}, ("has no parameter phrase_id", "paraformer-realtime-v1")),
        ({"model": ""}, ("model=''", "Known: paraformer-realtime-v2")),
        ({"start": -1}, ("start=-1", "seconds")),
        ({"start": "1:30"}, ("start='1:30'", "seconds")),
        ({"start": 5, "end": 4}, ("end=4", "later than start=5")),
        ({"start": 0.3}, ("start=0.3", "beyond the clip's end", "0.20 s long")),
        ({"end": float("nan")}, ("end=nan",)),
        ({"pace": 0}, ("pace=0", "above 0")),
        ({"pace": -1}, ("pace=-1",)),
        ({"pace": "fast"}, ("pace='fast'",)),
        ({"pace": float("nan")}, ("pace=nan",)),
        ({"retry": 3}, ("retry=3", "pnb.Retry(...)")),
        ({"timeouts": 3}, ("timeouts=3", "pnb.Timeouts(...)")),
        ({"service": "dashscope"}, ("service='dashscope'", "pnb.DashScope(...)")),
        ({"service": pnb.DashScope}, ("service",)),
        ({"special_word_filter": {"x": object()}, "model": "fun-asr-realtime"}, ("special_word_filter",)),
    ],
    ids=lambda value: re.sub(r" at 0x\w+", "", str(value)),  # the same in every process
)
def test_invalid_arguments(options: dict[str, Any], what: tuple[str, ...]) -> None:
    refused(errors.ParameterError, *what, **options)


def test_another_language_on_the_english_engine(chinese: Path) -> None:
    refused(
        errors.ParameterError,
        "language_hints=['zh']",
        "knows en only",
        "DashScope key",
        "密钥",
        clip=chinese,
        service=pnb.Embedded(),
        language_hints=["zh"],
    )
    run = ended(pnb.transcribe(tone(0.1), service=pnb.Embedded(), language_hints=["zh", "en"]), 60)
    assert run.error is None


# ---------------------------------------------------------------------------------------------------------- the service


def test_a_wrong_key_for_the_embedded_service(chinese: Path) -> None:
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    url = asyncio.run(service.endpoint()).url
    error = failure(pnb.transcribe(chinese, service=pnb.DashScope(KEY, url=url)))
    assert isinstance(error, errors.AuthenticationError)
    assert_says(error, "does not accept the API key", "HTTP 401", "Check DASHSCOPE_API_KEY")


def test_no_network() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"ws://127.0.0.1:{taken.getsockname()[1]}/"
        error = failure(pnb.transcribe(tone(0.2), service=pnb.DashScope(KEY, url=url)))
    assert isinstance(error, errors.ConnectionFailed)
    assert_says(error, "could not connect to 127.0.0.1", "refused", "Nothing was sent", "Check the network")


def test_a_host_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "https_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    service = pnb.DashScope(KEY, url="wss://no-such-host.invalid/api-ws/v1/inference")
    error = failure(pnb.transcribe(tone(0.2), service=service, retry=pnb.Retry(attempts=1)), 30)
    assert isinstance(error, errors.ConnectionFailed)
    assert_says(error, "could not connect to no-such-host.invalid", "Check the network")


def test_a_model_that_does_not_exist(chinese: Path) -> None:
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    error = failure(pnb.transcribe(chinese, service=service, model="paraformer-v9"))
    assert isinstance(error, errors.TaskFailed)
    assert_says(error, "ModelNotFound", "paraformer-v9", "Check model=")


@pytest.mark.parametrize("make", [lambda path: path / "nothing.jsonl", lambda path: path])
def test_a_recording_that_cannot_be_loaded(make: Callable[[Path], Path], tmp_path: Path) -> None:
    with pytest.raises(errors.JournalError, match="cannot be read"):
        pnb.load(make(tmp_path))


@pytest.mark.parametrize("content", [b"", b"RIFF\0\0", b'{"kind":"run-ended"}\n', b"hello\n"])
def test_a_file_that_is_not_a_journal(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)
    with pytest.raises(errors.JournalError, match="is not a journal"):
        pnb.load(path)
    assert path.read_bytes() == content


def test_a_talk_that_is_never_used() -> None:
    """A run that is not waited for ends by itself, quietly, also when it fails."""

    async def failing(talk: Talk) -> None:
        await talk.begin()
        await talk.fail("InternalError", "Internal server error!")

    with Cloud(failing) as cloud:
        pnb.transcribe(tone(0.2), service=cloud.service(), pace=None)
        assert cloud.closed.wait(10)
