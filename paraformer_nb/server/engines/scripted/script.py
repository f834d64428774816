"""Scripts: sentences with known word times, and the clip that they belong to.

A script is ``FILE.json``, with its clip beside it (same name, .wav or .flac):
``{"sentences": [{"text", "begin_ms", "end_ms", "words": [{"text", "begin_ms", "end_ms"}]}]}``; a sentence may have
``"translations": {"en": ...}``, and a word ``"without_hotword": ...``: what is recognised instead of it unless the word
is one of the task's hotwords, or occurs in its context. Pauses in such clips are exact zeros.
"""

from __future__ import annotations

import mmap
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

from ....audio.clip import Clip, open_clip
from ....errors import AudioError, ParameterError
from ..base import ENGINE_RATE


class ScriptWord(Struct, frozen=True):
    """A word. `without_hotword`: what is recognised instead, unless `text` is a hotword or in the context."""

    text: str
    begin_ms: int
    end_ms: int
    without_hotword: str | None = None


class ScriptSentence(Struct, frozen=True):
    text: str
    begin_ms: int
    end_ms: int
    words: list[ScriptWord]
    translations: dict[str, str] = {}


class _ScriptFile(Struct):
    sentences: list[ScriptSentence]


class Script:
    """A loaded script: its sentences, and its clip's samples on disk."""

    def __init__(self, sentences: list[ScriptSentence], pcm: mmap.mmap | bytes) -> None:
        self.sentences = sentences
        self._pcm = pcm

    @classmethod
    def load(cls, path: Path) -> Script:
        """Read FILE.json and the clip beside it. Raises ParameterError if either is missing or malformed."""
        try:
            script = msgspec.json.decode(path.read_bytes(), type=_ScriptFile)
        except OSError as error:
            raise ParameterError(f"the script {str(path)!r} cannot be read: {error.strerror}.") from error
        except msgspec.MsgspecError as error:
            raise ParameterError(f"{str(path)!r} is not a script: {error}.") from error
        clip = next((found for suffix in (".wav", ".flac") if (found := path.with_suffix(suffix)).exists()), None)
        if clip is None:
            raise ParameterError(f"the script {str(path)!r} needs its clip beside it: {path.stem}.wav or .flac.")
        return cls(script.sentences, _load_samples(clip))

    def find(self, pcm: bytes) -> int | None:
        """Return the offset of these samples in the clip, in bytes; None if they are not part of it."""
        offset = self._pcm.find(pcm)
        while offset >= 0 and offset % 2:  # an odd offset is not the start of a sample
            offset = self._pcm.find(pcm, offset + 1)
        return None if offset < 0 else offset


def _load_samples(clip: Path) -> mmap.mmap:
    """Decode the clip to a mapped temporary file, so that an hour of it needs no memory."""
    try:
        opened = open_clip(clip, sample_rate=ENGINE_RATE)
        assert isinstance(opened, Clip)
    except AudioError as error:
        raise ParameterError(f"the script's clip cannot be read: {error}") from error
    with tempfile.TemporaryFile() as file:
        for block in opened.blocks(ENGINE_RATE):
            file.write(block)
        opened.close()
        file.flush()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
