"""The scripted engine, a test double: it recognises nothing, it reads the words from a file.

The script is ``FILE.json``, with the clip it belongs to beside it (same name, .wav or .flac):
``{"sentences": [{"text", "begin_ms", "end_ms", "words": [{"text", "begin_ms", "end_ms"}]}]}``; a sentence may have
``"translations": {"en": ...}``.
A task may begin anywhere in that clip: its place is found by looking up the first sounding samples that it sends.
Pauses in such clips are exact zeros.
"""

from __future__ import annotations

import mmap
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

from ....audio.clip import Clip, open_clip
from ....dashscope.messages import SentenceResult, WordResult
from ....errors import AudioError, ParameterError
from ....text import join
from ..base import RATE, Emit, Settings

_NEEDLE = RATE // 5 * 2  # bytes of sound (0.2 s) that tell a place in the clip from any other
_SETTLE_MS = 200  # a sentence is final this long after its last word


class ScriptWord(Struct, frozen=True):
    text: str
    begin_ms: int
    end_ms: int


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
        """Read FILE.json and the clip beside it. Raises ParameterError where either is missing or malformed."""
        try:
            script = msgspec.json.decode(path.read_bytes(), type=_ScriptFile)
        except OSError as error:
            raise ParameterError(f"the script {str(path)!r} cannot be read: {error.strerror}.") from error
        except msgspec.MsgspecError as error:
            raise ParameterError(f"{str(path)!r} is no script: {error}.") from error
        clip = next((found for suffix in (".wav", ".flac") if (found := path.with_suffix(suffix)).exists()), None)
        if clip is None:
            raise ParameterError(f"the script {str(path)!r} needs its clip beside it: {path.stem}.wav or .flac.")
        return cls(script.sentences, _samples(clip))

    def place(self, sound: bytes) -> int | None:
        """Where in the clip these samples stand, in bytes, or None."""
        at = self._pcm.find(sound)
        while at >= 0 and at % 2:  # between two samples: not ours
            at = self._pcm.find(sound, at + 1)
        return None if at < 0 else at


def _samples(clip: Path) -> mmap.mmap:
    """The clip's PCM in a mapped temporary file: an hour of it costs no memory."""
    try:
        opened = open_clip(clip, sample_rate=RATE)
        assert isinstance(opened, Clip)
    except AudioError as error:
        raise ParameterError(f"the script's clip cannot be read: {error}") from error
    with tempfile.TemporaryFile() as file:
        for block in opened.blocks(RATE):
            file.write(block)
        opened.close()
        file.flush()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


class Scripted:
    """The engine."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def open(self) -> None:
        """Nothing to get ready."""

    def stream(self, settings: Settings, emit: Emit) -> ScriptedStream:
        """One task, answered from the script."""
        return ScriptedStream(self._script, settings, emit)

    async def close(self) -> None:
        """Nothing to let go of."""


class ScriptedStream:
    """One task, answered from the script as its audio arrives: a partial at the end of each word, a final after each
    sentence."""

    def __init__(self, script: Script, settings: Settings, emit: Emit) -> None:
        self._script = script
        self._settings = settings
        self._emit = emit
        self._heard = 0  # bytes
        self._probe = bytearray()  # sound from the first sample that is not zero, until the place is known
        self._sounds_from = 0  # bytes before it
        self._offset: int | None = None  # ms of the clip at which this task begins
        self._sentence = 0  # index of the sentence being heard
        self._words = 0  # how many of its words were told
        self._number = 1

    async def start(self) -> None:
        """Nothing to get ready."""

    async def accept(self, pcm: bytes) -> None:
        """Go on to the place in the script that this audio reaches."""
        self._heard += len(pcm)
        if self._offset is None and not self._find(pcm):
            return
        await self._tell(self._now())

    async def finish(self) -> None:
        """Settle what has begun."""
        if self._offset is None and self._probe:
            self._offset = self._locate()
        if self._offset is not None:
            now = self._now()
            await self._tell(now)
            if self._words:
                await self._say(is_final=True)

    async def close(self) -> None:
        """Nothing to let go of."""

    def _now(self) -> int:
        return (self._offset or 0) + self._heard * 1000 // (2 * RATE)

    def _find(self, pcm: bytes) -> bool:
        """Look for this task's place in the clip once enough of its first sound is here."""
        if not self._probe:
            sound = pcm.lstrip(b"\0")
            if not sound:
                return False
            skipped = (len(pcm) - len(sound)) // 2 * 2
            self._sounds_from = self._heard - len(pcm) + skipped
            pcm = pcm[skipped:]
        self._probe += pcm[: _NEEDLE - len(self._probe)]
        if len(self._probe) < _NEEDLE:
            return False
        self._offset = self._locate()
        return True

    def _locate(self) -> int:
        """The task's beginning in the clip; sound that is not of the clip (or a lossy copy) counts from 0."""
        place = self._script.place(bytes(self._probe))
        offset = 0 if place is None else round((place - self._sounds_from) * 1000 / (2 * RATE))
        sentences = self._script.sentences
        while self._sentence < len(sentences) and sentences[self._sentence].end_ms <= offset:
            self._sentence += 1
        return offset

    async def _tell(self, now: int) -> None:
        """Say everything that the script has up to `now` ms of the clip, the same in blocks of any size."""
        sentences = self._script.sentences
        while self._sentence < len(sentences):
            sentence = sentences[self._sentence]
            while self._words < len(sentence.words) and sentence.words[self._words].end_ms <= now:
                self._words += 1
                await self._say(is_final=False)
            if now < sentence.end_ms + _SETTLE_MS:
                return
            await self._say(is_final=True)

    async def _say(self, *, is_final: bool) -> None:
        sentence = self._script.sentences[self._sentence]
        offset = self._offset or 0
        told = [word for word in sentence.words[: self._words] if word.begin_ms >= offset]
        if told:
            wanted = self._settings.translation_languages if is_final else ()
            translations = {name: sentence.translations[name] for name in wanted if name in sentence.translations}
            await self._emit(self._result(sentence, told, offset, is_final), translations)
        if is_final:
            self._sentence += 1
            self._words = 0
            self._number += bool(told)

    def _result(self, sentence: ScriptSentence, told: list[ScriptWord], offset: int, is_final: bool) -> SentenceResult:
        rest, words = sentence.text, []
        for word in sentence.words[: sentence.words.index(told[-1]) + 1]:
            rest, punctuation = _after(rest, word.text)
            if word.begin_ms >= offset:
                words.append(WordResult(word.begin_ms - offset, word.end_ms - offset, word.text, punctuation, is_final))
        is_whole = is_final and len(told) == len(sentence.words)
        return SentenceResult(
            begin_time=words[0].begin_time,
            end_time=words[-1].end_time if is_final else None,
            text=sentence.text if is_whole else join([f"{word.text}{word.punctuation}" for word in words]),
            words=words,
            sentence_end=is_final,
            sentence_id=self._number,
            heartbeat=False,
        )


def _after(text: str, word: str) -> tuple[str, str]:
    """The text behind a word's first occurrence, and the punctuation that follows it there."""
    at = text.lower().find(word.lower())
    if at < 0:
        return text, ""
    rest = text[at + len(word) :]
    mark = rest[:1]
    return rest, mark if mark and not mark.isalnum() and not mark.isspace() else ""
