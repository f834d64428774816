"""The contract with the timeline's front end: every message, both ways. `typedefs.py` writes the JavaScript half of it.

A message is a JSON object whose ``kind`` names its struct; sound and peaks travel beside it in binary buffers. Times
are seconds on the clip's time line.

What messages hold is in `run_data.py`. To add a message: a struct here, listed in `ToFrontEnd` or `FromFrontEnd`; run
`python -m paraformer_nb.widgets.typedefs`; handle it in `timeline.py` or `static/timeline/run_model.js`.

The exchange:

- A view that opens sends `Sync` and gets the whole run in `Update`s, the first with ``reset``. After that it gets what
  changed. Updates are numbered: a view that misses a number sends `Sync` again.
- `Correct`, `CorrectAll`, `SetRegions`, `Undo` and `Redo` are each answered by an `Update`, and by a
  `Refused` where something must be said. The view shows a correction before the answer; the answer replaces it.
- `AudioRequest`, `SpectrogramRequest`, `RecognisedRequest`, `SoundRequest` and `FileRequest` are answered by one
  `Reply` with their ``id``. Where that is late, the view sends `Ping` to learn whether the kernel is there.
- `Stop` is answered by an `Update` with ``can_stop`` false. `Resume` is answered by an `Update`, and by a
  `Refused` where the run cannot be continued.
- `EndDrawn` is sent once, by the first view that has drawn the end of a run; again when corrections made after that
  have paused; and in answer to `StillMade`. A cell's outputs are then replaced by what a saved notebook is to keep. It
  is the one message that is delivered where the kernel runs cells (see `shells.py`), because output is replaced there.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from .run_data import FileFormat, GapSpan, Layer, LayerSpan, ResumeMark, RunState, SentenceData, WaveformPart, WordRow

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
    revisions: list[str] = []
    """The texts that the recogniser gave a word one after the other; empty where it was one only."""


class Seek(Struct, frozen=True, tag_field="kind", tag="seek"):
    """Bring a position on view."""

    position: float


class Find(Struct, frozen=True, tag_field="kind", tag="find"):
    """Search for a text and show what is found."""

    text: str


class Refused(Struct, frozen=True, tag_field="kind", tag="refused"):
    """Why a correction was refused or kept in memory only, or a run was not continued; a sentence to show."""

    text: str


class StillMade(Struct, frozen=True, tag_field="kind", tag="still-made"):
    """What a saved notebook is to show without a kernel was made anew: send `EndDrawn` again."""


class Pong(Struct, frozen=True, tag_field="kind", tag="pong"):
    """The kernel is there."""


ToFrontEnd = Update | Reply | Seek | Find | Refused | StillMade | Pong


# ------------------------------------------------------------------------------------------------ from the front end


class Sync(Struct, frozen=True, tag_field="kind", tag="sync"):
    """Send everything."""


class Ping(Struct, frozen=True, tag_field="kind", tag="ping"):
    """Send `Pong`."""


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
    """Send what was recognised where a word is, and how the recogniser revised it."""

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
    | Ping
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
