"""Moonshine's C++ library: text of a span of audio, and whether someone is speaking.

The package `moonshine-voice` holds the library, its Python declarations and, up to version 0.0.73, the tiny English
model. Only its module `moonshine_api` is imported: the package itself would import a downloader and a microphone.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import os
import sys
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import ENGINE_RATE
from .kind import MOONSHINE, PACKAGE, REQUIREMENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOP = 512
"""Samples that the detector decides on at once: 32 ms."""

_SHORTEST = ENGINE_RATE // 2  # samples; the model makes up words for less
_STEP = 1600  # samples; the library drops what is not a whole number of these
_TOKENS_PER_SECOND = 13  # no one speaks faster; it ends most of the model's loops
_TARGET = 0.7  # of full scale, for the loudest samples of a span
_QUIETEST = 0.001  # of full scale; a quieter span is not amplified further
_THRESHOLD = 0.35  # of the detector's probability
_DETECTOR_LEVEL = 0.1  # of full scale (-20 dB), for the loudest hop of the last seconds
_DETECTOR_GAIN = 32.0  # at most: 30 dB
_DECAY = 0.9978  # a hop: 6 dB in 10 s


class _Library:
    """The loaded library, and handles of transcribers in it. They live as long as the process."""

    def __init__(self) -> None:
        os.environ.setdefault("MOONSHINE_ORT_SINGLE_THREAD", "1")  # else waiting threads double the CPU time
        spec = importlib.util.find_spec(PACKAGE)
        model = MOONSHINE.folder
        if spec is None or model is None:
            raise RuntimeError("the package moonshine-voice is not installed, or holds no model.")
        package = types.ModuleType(PACKAGE)
        package.__spec__ = spec
        package.__path__ = list(spec.submodule_search_locations or ())
        sys.modules.setdefault(PACKAGE, package)
        errors: Any = importlib.import_module(f"{PACKAGE}.errors")
        self.api: Any = importlib.import_module(f"{PACKAGE}.moonshine_api")
        try:
            self.functions: Any = self.api._MoonshineLib().lib
        except errors.MoonshineError as error:
            raise RuntimeError(str(error)) from error
        self._model = str(model).encode()

    def load(self, **options: object) -> int:
        """Load the models with options of the library; return the handle."""
        pairs = [self.api.TranscriberOptionC(name.encode(), str(value).encode()) for name, value in options.items()]
        array = (self.api.TranscriberOptionC * len(pairs))(*pairs)
        handle: int = self.functions.moonshine_load_transcriber_from_files(
            self._model, self.api.ModelArch.TINY, array, len(pairs), self.api.MOONSHINE_HEADER_VERSION
        )
        if handle < 0:
            raise RuntimeError(
                f"the model in {self._model.decode()!r} cannot be loaded: it is damaged or incomplete. Reinstall it: "
                f"pip install --force-reinstall --no-deps '{REQUIREMENT}', or use Embedded('pocketsphinx')."
            )
        return handle


@functools.cache
def _library() -> _Library:
    return _Library()


def _check(code: int) -> None:
    if code:
        raise RuntimeError(f"Moonshine's library failed with code {code}.")


def _floats(audio: NDArray[np.float32]) -> Any:
    return audio.ctypes.data_as(ctypes.POINTER(ctypes.c_float))


class Transcriber:
    """Transcribes a span of audio. It keeps nothing between calls."""

    def __init__(self) -> None:
        self._library = _library()
        self._handle = self._library.load(
            vad_threshold=0,  # the whole span is speech
            vad_max_segment_duration=0,
            vad_hop_size=_STEP,
            return_audio_data="false",
            max_tokens_per_second=_TOKENS_PER_SECOND,
        )

    def transcribe(self, pcm: NDArray[np.int16]) -> str:
        """Return the text of 16 kHz audio, with capitals and punctuation. Quiet audio is amplified."""
        audio = np.zeros(-(-max(len(pcm), _SHORTEST) // _STEP) * _STEP, np.float32)
        audio[: len(pcm)] = pcm / np.float32(32768)
        loudest = max(float(np.percentile(np.abs(audio[: len(pcm) : 7]), 99.5)), _QUIETEST) if len(pcm) else _TARGET
        audio = np.clip(audio * np.float32(_TARGET / loudest), -1, 1, dtype=np.float32)
        found = ctypes.POINTER(self._library.api.TranscriptC)()
        transcribe = self._library.functions.moonshine_transcribe_without_streaming
        _check(transcribe(self._handle, _floats(audio), len(audio), ENGINE_RATE, 0, ctypes.byref(found)))
        lines = (found.contents.lines[number].text for number in range(found.contents.line_count))
        return " ".join(ctypes.string_at(text).decode("utf-8", "replace") for text in lines if text)


class SpeechDetector:
    """Decides hop by hop whether someone is speaking. Its result is delayed by the model's own smoothing, 0.1-0.2 s."""

    def __init__(self) -> None:
        self._library = _library()
        self._handle = self._library.load(
            skip_transcription="true",
            vad_threshold=_THRESHOLD,
            vad_window_duration=HOP / ENGINE_RATE,
            vad_look_behind_sample_count=HOP,
            vad_max_segment_duration=0,
            transcription_interval=0,
            return_audio_data="false",
        )
        self._stream = self._library.functions.moonshine_create_stream(self._handle, 0)
        self._loudest = 0.0  # root mean square of the loudest hop lately, of full scale
        self._library.functions.moonshine_start_stream(self._handle, self._stream)

    def is_speech(self, hop: NDArray[np.int16]) -> bool:
        """Whether someone is speaking in the next `HOP` samples. Quiet voices are amplified."""
        audio = hop.astype(np.float32) / 32768
        self._loudest = max(float(np.sqrt(np.mean(audio * audio))), self._loudest * _DECAY, 1e-4)
        gain = min(_DETECTOR_GAIN, max(1.0, _DETECTOR_LEVEL / self._loudest))
        audio = np.clip(audio * np.float32(gain), -1, 1, dtype=np.float32)
        functions = self._library.functions
        _check(
            functions.moonshine_transcribe_add_audio_to_stream(
                self._handle, self._stream, _floats(audio), len(audio), ENGINE_RATE, 0
            )
        )
        found = ctypes.POINTER(self._library.api.TranscriptC)()
        force = self._library.api.MOONSHINE_FLAG_FORCE_UPDATE
        _check(functions.moonshine_transcribe_stream(self._handle, self._stream, force, ctypes.byref(found)))
        count = found.contents.line_count
        return bool(count) and not found.contents.lines[count - 1].is_complete

    def restart(self) -> None:
        """Forget the speech so far: the library returns all of it with each hop, which takes ever longer."""
        self._library.functions.moonshine_stop_stream(self._handle, self._stream)
        self._library.functions.moonshine_start_stream(self._handle, self._stream)
