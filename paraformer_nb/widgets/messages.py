"""The contract with the timeline's front end: every message, both ways. `typedefs.py` writes the JavaScript half of it.

A message is a JSON object whose ``kind`` names its struct; sound and peaks travel beside it in binary buffers. Times
are seconds on the clip's time line.

To add a message: a struct here, listed in `ToFrontEnd` or `FromFrontEnd`; run `python -m
paraformer_nb.widgets.typedefs`; handle it in `timeline.py` or `static/timeline/run_model.js`.

The exchange:

- A view that opens sends `Sync` and gets the whole run in `Update`s, the first with ``reset``. After that it gets what
  changed. Updates are numbered: a view that misses a number sends `Sync` again.
- `Correct`, `CorrectAll`, `SetRegions`, `Undo` and `Redo` are each answered by an `Update`, and by a
  `CorrectionProblem` where something must be said. The view shows a correction before the answer; the answer replaces
  it.
- `AudioRequest`, `SpectrogramRequest`, `RecognisedRequest`, `SoundRequest` and `FileRequest` are answered by one
  `Reply` with their ``id``.
- `Stop` is answered by an `Update` with ``can_stop`` false. `Resume` is answered by an `Update`, and by a
  `CorrectionProblem` where the run cannot be continued.
- `EndDrawn` is sent once, by the first view that has drawn the end of a run; again when corrections made after that
  have paused; and in answer to `StillMade`. A cell's outputs are then replaced by what a saved notebook is to keep. It
  is the one message that is delivered where the kernel runs cells (see `shells.py`), because output is replaced there.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

RunStateName = Literal["connecting", "streaming", "finishing", "reconnecting", "finished", "stopped", "failed"]

# ------------------------------------------------------------------------------------------------- what messages hold


class WordRow(Struct, array_like=True, frozen=True):
    """A word. It travels as an array of its fields in this order: three hours of speech are 2.9 MB so, and 3.6 MB as
    objects. `readWord` and `writeWord` convert; everywhere else in JavaScript a word is an object."""

    text: str
    """Without spaces around it."""
    punctuation: str
    start: float
    end: float
    confidence: float | None
    """0 to 1; null where the recogniser gives none."""
    separator: str
    """The text before it within its sentence: a space or nothing."""
    is_edited: bool
    """Whether a person wrote it."""


class SentenceData(Struct, frozen=True, omit_defaults=True):
    """A sentence as corrected, final or partial. It has words."""

    id: int
    is_final: bool
    start: float
    end: float
    separator: str
    """The text between it and the sentence before it: a space or nothing."""
    words: list[WordRow]
    speaker: str = ""
    """Of its first word, where the recogniser names speakers."""


class GapSpan(Struct, frozen=True):
    """A part of the clip that was not recognised."""

    start: float
    end: float
    reason: str


class ResumeMark(Struct, frozen=True):
    """Where a new task continued after a disconnect."""

    position: float
    attempt: int
    """Counts from 1 in the run."""


class LayerSpan(Struct, frozen=True):
    """A span of a layer."""

    start: float
    end: float
    label: str
    """Written beside it, or ""."""


class Layer(Struct, frozen=True):
    """A named set of spans over the timeline, sorted by start."""

    name: str
    spans: list[LayerSpan]


class WaveformPart(Struct, frozen=True):
    """A part of the waveform. The message's first buffer has a minimum and a maximum for each bin, as int8."""

    position: float
    """Of the first bin."""
    step: float
    """Seconds in a bin."""
    bins: int


class SoundFormat(Struct, frozen=True):
    """How the clip's sound is sent."""

    mime: str
    window_seconds: float


class RetryState(Struct, frozen=True):
    """The attempt that a run waits for."""

    attempt: int
    """Counted from 1 among the consecutive attempts."""
    attempts: int
    """After which the run fails."""
    delay: float
    """Seconds from the failure to the attempt."""
    reason: str
    """Why the one before failed."""


class FileFormat(Struct, frozen=True):
    """A format in which the run can be downloaded."""

    suffix: str
    """Of its files, with the dot."""
    name: str
    """What its files contain."""


class RunState(Struct, frozen=True):
    """What a view shows of the run, beside its words."""

    state: RunStateName
    has_ended: bool
    clip: str
    """Its name."""
    service: str
    model: str
    """The engine of the embedded service, or the model that was asked for."""
    language: str
    """Of the words, as an HTML `lang` attribute names it."""
    notice: str
    """What the service wants shown beside the words, or ""."""
    message: str
    """What ended the run, what was not recognised, what could not be written; or ""."""
    start: float
    end: float | None
    """Of the part that is transcribed; null while that is not known."""
    sent_until: float
    final_until: float
    can_stop: bool
    can_resume: bool
    """Whether it ended early and can be continued here."""
    can_correct: bool
    can_undo: bool
    can_redo: bool
    sound: SoundFormat
    is_loading: bool = False
    """Whether the service is connected and not ready yet: the embedded one loads its recogniser."""
    retry: RetryState | None = None


# ------------------------------------------------------------------------------------------------- to the front end


class Update(Struct, frozen=True, tag_field="kind", tag="update", omit_defaults=True):
    """What changed; fields that did not are left out."""

    seq: int
    """One more than in the update before."""
    reset: bool = False
    """Whether everything follows: what the view has is to be dropped."""
    run: RunState | None = None
    sentences: list[SentenceData] = []
    """New ones, and ones that changed, whole."""
    removed: list[int] = []
    """Ids of sentences that were withdrawn or have no words left."""
    gaps: list[GapSpan] | None = None
    """All of them, as in the next three."""
    resumes: list[ResumeMark] | None = None
    layers: list[Layer] | None = None
    regions: list[LayerSpan] | None = None
    """Those that a person marked."""
    files: list[FileFormat] | None = None
    """The formats of files that `FileRequest` may ask for."""
    waveform: WaveformPart | None = None


class Reply(Struct, frozen=True, tag_field="kind", tag="reply", omit_defaults=True):
    """The answer to a request; its data is the message's first buffer."""

    request_id: int
    """The ``id`` of the request."""
    error: str = ""
    """Why there is no data, as a sentence to show."""
    mime: str = ""
    """Of a window of sound."""
    span: float = 0.0
    """Seconds that a spectrogram covers: fewer than requested where the clip ends."""
    text: str = ""
    """What was recognised."""


class Seek(Struct, frozen=True, tag_field="kind", tag="seek"):
    """Bring a position on view."""

    position: float


class Find(Struct, frozen=True, tag_field="kind", tag="find"):
    """Search for a text and show what is found."""

    text: str


class CorrectionProblem(Struct, frozen=True, tag_field="kind", tag="correction-problem"):
    """Why a correction was refused or kept in memory only, or a run was not continued; a sentence to show."""

    text: str


class StillMade(Struct, frozen=True, tag_field="kind", tag="still-made"):
    """What a saved notebook is to show without a kernel was made anew: send `EndDrawn` again."""


ToFrontEnd = Update | Reply | Seek | Find | CorrectionProblem | StillMade


# ------------------------------------------------------------------------------------------------ from the front end


class Sync(Struct, frozen=True, tag_field="kind", tag="sync"):
    """Send everything."""


class Stop(Struct, frozen=True, tag_field="kind", tag="stop"):
    """Stop the run."""


class Resume(Struct, frozen=True, tag_field="kind", tag="resume"):
    """Continue the run, which ended early."""


class EndDrawn(Struct, frozen=True, tag_field="kind", tag="end-drawn"):
    """The final state has been drawn, or was corrected since."""


class Correct(Struct, frozen=True, tag_field="kind", tag="correct"):
    """Replace words of a sentence by others."""

    sentence: int
    old: list[WordRow]
    new: list[WordRow]


class CorrectAll(Struct, frozen=True, tag_field="kind", tag="correct-all"):
    """Replace words of several sentences, as one step of undo."""

    parts: list[Correct]


class SetRegions(Struct, frozen=True, tag_field="kind", tag="set-regions"):
    """Replace the regions."""

    regions: list[LayerSpan]


class Undo(Struct, frozen=True, tag_field="kind", tag="undo"):
    """Undo the last correction."""


class Redo(Struct, frozen=True, tag_field="kind", tag="redo"):
    """Redo the correction that was undone last."""


class AudioRequest(Struct, frozen=True, tag_field="kind", tag="audio"):
    """Send a window of sound."""

    id: int
    index: int
    """Windows are `SoundFormat.window_seconds` long; the first begins at 0 s."""


class SpectrogramRequest(Struct, frozen=True, tag_field="kind", tag="spectrogram"):
    """Send a spectrogram: loudness as bytes, row by row, the highest frequency first."""

    id: int
    start: float
    span: float
    columns: int
    rows: int


class RecognisedRequest(Struct, frozen=True, tag_field="kind", tag="recognised"):
    """Send what was recognised where a corrected word is."""

    id: int
    sentence: int
    start: float
    end: float


class SoundRequest(Struct, frozen=True, tag_field="kind", tag="sound"):
    """Send a part of the clip as a WAV file."""

    id: int
    start: float
    end: float


class FileRequest(Struct, frozen=True, tag_field="kind", tag="file"):
    """Send the run as a file."""

    id: int
    suffix: str
    """One of `Update.files`."""


ClipRequest = AudioRequest | SpectrogramRequest | SoundRequest

FromFrontEnd = (
    Sync
    | Stop
    | Resume
    | EndDrawn
    | Correct
    | CorrectAll
    | SetRegions
    | Undo
    | Redo
    | ClipRequest
    | RecognisedRequest
    | FileRequest
)


# ------------------------------------------------------------------------------------------------ a page that was saved


class SavedUpdate(Struct, frozen=True):
    """An update and its buffers, in base64."""

    update: Update
    buffers: list[str]


class SavedSound(Struct, frozen=True):
    """A file with the clip's sound."""

    mime: str
    url: str | None
    """null: the file is in the page."""
    start: float
    """The position at which the file begins."""


class SavedRun(Struct, frozen=True):
    """What a page without a kernel holds: all that a kernel would send."""

    updates: list[SavedUpdate]
    sound: SavedSound | None
    """null: the page is silent."""


# --------------------------------------------------------------------------------------------------- to and from JSON


class MessageHead(Struct, frozen=True):
    """What is readable of a message that is invalid as a whole: enough to answer it."""

    kind: str = ""
    id: int | None = None


def encode(message: ToFrontEnd) -> dict[str, Any]:
    """Convert a message to what a comm sends."""
    content: dict[str, Any] = msgspec.to_builtins(message)
    return content


def decode(content: Any) -> FromFrontEnd:
    """Convert what a comm received. Raises msgspec.ValidationError if it is not a message."""
    return msgspec.convert(content, FromFrontEnd)  # type: ignore[no-any-return]


def decode_head(content: Any) -> MessageHead:
    """Read what can be read of an invalid message."""
    try:
        return msgspec.convert(content, MessageHead)
    except msgspec.ValidationError:
        return MessageHead()
