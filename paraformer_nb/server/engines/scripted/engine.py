"""The scripted engine, a test double: it recognises nothing, its results come from a script.

A task may start anywhere in the script's clip: its start is found by searching the clip for the first samples of the
task that are not zero.
"""

from __future__ import annotations

from ....dashscope.messages import SentenceResult, WordResult
from ....text import join
from ..base import ENGINE_RATE, Emit, Settings
from .script import Script, ScriptSentence, ScriptWord

_PROBE = ENGINE_RATE // 5 * 2  # bytes of sound (0.2 s) that are searched for: enough to be unique in the clip
_FINAL_AFTER_MS = 200  # a sentence is final this long after its last word


class Scripted:
    """Emits the results that a script contains, at the positions that it gives; nothing is recognised."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def open(self) -> None:
        """Nothing to load."""

    def stream(self, settings: Settings, emit: Emit) -> ScriptedStream:
        """Create a task's stream."""
        return ScriptedStream(self._script, settings, emit)

    async def close(self) -> None:
        """Nothing to release."""


class ScriptedStream:
    """One task: emits a partial at the end of each word, and a final after each sentence, as the audio arrives."""

    def __init__(self, script: Script, settings: Settings, emit: Emit) -> None:
        self._script = script
        self._settings = settings
        self._context = settings.context
        self._emit = emit
        self._received = 0  # bytes
        self._probe = bytearray()  # the first sound of the task, until its start in the clip is known
        self._probe_offset = 0  # bytes before the probe
        self._start_ms: int | None = None  # the task's start in the clip
        self._sentence = 0  # index of the current sentence
        self._words = 0  # how many of its words were emitted
        self._number = 1

    async def start(self) -> None:
        """Nothing to load."""

    async def accept(self, pcm: bytes) -> None:
        """Emit the results that the script has up to the end of this block."""
        self._received += len(pcm)
        if self._start_ms is None and not self._find_start(pcm):
            return
        await self._emit_until(self._now())

    async def finish(self) -> None:
        """Make the current sentence final."""
        if self._start_ms is None and self._probe:
            self._start_ms = self._locate()
        if self._start_ms is not None:
            await self._emit_until(self._now())
            if self._words:
                await self._emit_sentence(is_final=True)

    async def close(self) -> None:
        """Nothing to release."""

    def update_context(self, text: str) -> None:
        """Use another context from now on."""
        self._context = text

    def _now(self) -> int:
        """The position in the clip, in ms."""
        return (self._start_ms or 0) + self._received * 1000 // (2 * ENGINE_RATE)

    def _find_start(self, pcm: bytes) -> bool:
        """Collect the probe; once it is complete, find the task's start. Returns whether that is known now."""
        if not self._probe:
            sound = pcm.lstrip(b"\0")
            if not sound:
                return False
            skipped = (len(pcm) - len(sound)) // 2 * 2
            self._probe_offset = self._received - len(pcm) + skipped
            pcm = pcm[skipped:]
        self._probe += pcm[: _PROBE - len(self._probe)]
        if len(self._probe) < _PROBE:
            return False
        self._start_ms = self._locate()
        return True

    def _locate(self) -> int:
        """Return the task's start in the clip, in ms; 0 for sound that is not in the clip, such as a lossy copy."""
        offset = self._script.find(bytes(self._probe))
        start_ms = 0 if offset is None else round((offset - self._probe_offset) * 1000 / (2 * ENGINE_RATE))
        sentences = self._script.sentences
        while self._sentence < len(sentences) and sentences[self._sentence].end_ms <= start_ms:
            self._sentence += 1
        return start_ms

    async def _emit_until(self, now: int) -> None:
        """Emit the script's results up to `now` ms of the clip; the same results for blocks of any size."""
        sentences = self._script.sentences
        while self._sentence < len(sentences):
            sentence = sentences[self._sentence]
            while self._words < len(sentence.words) and sentence.words[self._words].end_ms <= now:
                self._words += 1
                await self._emit_sentence(is_final=False)
            if now < sentence.end_ms + _FINAL_AFTER_MS:
                return
            await self._emit_sentence(is_final=True)

    async def _emit_sentence(self, *, is_final: bool) -> None:
        sentence = self._script.sentences[self._sentence]
        start_ms = self._start_ms or 0
        words = [word for word in sentence.words[: self._words] if word.begin_ms >= start_ms]
        if words:
            languages = self._settings.translation_languages if is_final else ()
            translations = {name: sentence.translations[name] for name in languages if name in sentence.translations}
            await self._emit(self._result(sentence, words, start_ms, is_final), translations)
        if is_final:
            self._sentence += 1
            self._words = 0
            self._number += bool(words)

    def _result(
        self, sentence: ScriptSentence, emitted: list[ScriptWord], start_ms: int, is_final: bool
    ) -> SentenceResult:
        rest = sentence.text
        words = []
        is_as_written = True
        for word in sentence.words[: sentence.words.index(emitted[-1]) + 1]:
            rest, punctuation = _split_after(rest, word.text)
            if word.begin_ms >= start_ms:
                begin = word.begin_ms - start_ms
                end = word.end_ms - start_ms
                text = self._recognised(word)
                is_as_written = is_as_written and text == word.text
                words.append(WordResult(begin, end, text, punctuation, is_final))
        is_whole = is_as_written and is_final and len(emitted) == len(sentence.words)
        return SentenceResult(
            begin_time=words[0].begin_time,
            end_time=words[-1].end_time if is_final else None,
            text=sentence.text if is_whole else join([f"{word.text}{word.punctuation}" for word in words]),
            words=words,
            sentence_end=is_final,
            sentence_id=self._number,
            heartbeat=False,
        )

    def _recognised(self, word: ScriptWord) -> str:
        """The word, or what is recognised instead without its hotword."""
        text = word.text.strip()
        is_known = any(text in hotword for hotword in self._settings.hotwords) or text in self._context
        return word.text if word.without_hotword is None or is_known else word.without_hotword


def _split_after(text: str, word: str) -> tuple[str, str]:
    """Return the text after the first occurrence of a word, and the punctuation that follows the word there."""
    offset = text.lower().find(word.lower())
    if offset < 0:
        return text, ""
    rest = text[offset + len(word) :]
    mark = rest[:1]
    return rest, mark if mark and not mark.isalnum() and not mark.isspace() else ""
