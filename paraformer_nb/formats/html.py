"""The timeline as one HTML file: without kernel and network it plays, seeks, searches and marks the spoken word."""

from __future__ import annotations

import hashlib
import html
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from ..errors import AudioError, ParameterError
from ..playback.playable import OpenAudio
from ..transcript.language import language_of
from ..transcript.transcript import Transcript
from ..widgets.linker import link
from ..widgets.run_state import describe_run
from ..widgets.saved_run import SavedRun, SavedSound, SavedUpdate
from ..widgets.view_state import ViewState
from .base import Format
from .document import Document
from .files import clip_paths, is_same_file, write_file

_STATIC = Path(__file__).parents[1] / "widgets" / "static" / "timeline"
_START = '\nmountPage(document.getElementById("timeline"));\n'
_STYLE = """{page}
{timeline}"""
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
</head>
<body class="{body}">
<header><h1>{title}</h1></header>
<main id="timeline"></main>
<noscript><p>{text}</p></noscript>
{run}
{sound}
<script type="module">{script}</script>
</body>
</html>
"""
# The page may run only the script and use only the style that are in it, load only its own sound, and send nothing.
_POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; media-src {media}; base-uri 'none'; form-action 'none'"
)
_INSIDE = "blob:"
_BESIDE = "'self' file:"  # 'self' is nothing for a page that is opened from a disk
_DATA = '<script type="application/octet-stream" class="{name}">{text}</script>'
_SOUND_BYTES = 4_500  # of a second in base64, at the least
_MAX_ELEMENT = 1_000_000  # characters of a data element: WebKit takes a minute to read one of 24 MB, and 0.1 s for this


def _render(document: Document, *, audio: Any = "inside", title: Any = None) -> bytes:
    """The page, with its sound "inside" it (about 18 MB an hour), "beside" it as a WebM file, or None.

    `title`: None: the clip's name.
    """
    if audio not in ("inside", "beside", None):
        raise ParameterError(f"audio={audio!r}: give 'inside', 'beside' or None.")
    transcript, path, open_audio = document.transcript, document.path, document.open_audio
    run = transcript.run
    beside = path.with_name(f"{path.name}.webm")
    if any(is_same_file(beside, clip) for clip in clip_paths(open_audio)):
        raise ParameterError(f"{str(beside)!r} would overwrite the clip itself: give the page another name.")
    sound, inside = None, b""
    if audio is not None and transcript.sent_until > run.start:
        mime, data = _read_sound(open_audio, run.start, transcript.sent_until)
        if audio == "inside":
            inside = data
        url = None if audio == "inside" else quote(write_file(beside, data).name)
        sound = SavedSound(mime, url, run.start)
    return to_html(transcript, sound, title or run.clip.name, inside).encode()


def page_within(transcript: Transcript, open_audio: OpenAudio, max_bytes: int) -> str | None:
    """Return the page with its sound, for a frame within another page; None where it has more than `max_bytes`.

    Without a clip to play it is silent. Sound that is surely too large is not encoded.
    """
    run = transcript.run
    end = transcript.sent_until
    if (end - run.start) * _SOUND_BYTES > max_bytes:
        return None
    sound, inside = None, b""
    if end > run.start:
        with suppress(AudioError):  # there is no sound
            mime, inside = _read_sound(open_audio, run.start, end)
            sound = SavedSound(mime, None, run.start)
    page = to_html(transcript, sound, run.clip.name, inside, is_framed=True)
    return page if len(page.encode()) <= max_bytes else None


FORMAT = Format("html", (".html",), "the timeline as one HTML page", ("audio", "title"), _render)


def _read_sound(open_audio: OpenAudio, start: float, end: float) -> tuple[str, bytes]:
    try:
        sound = open_audio().copy()  # a view may be playing
        try:
            return sound.mime.partition(";")[0], sound.whole(start, end)
        finally:
            sound.close()
    except AudioError as error:
        raise AudioError(f"{error} Or give audio=None, for a page without sound.") from error


def to_html(
    transcript: Transcript, sound: SavedSound | None, title: str, inside: bytes = b"", *, is_framed: bool = False
) -> str:
    """Return the page. `sound`: a compressed file that begins where the run's part of the clip does, which is beside
    the page or `inside` it. None: the page is silent. `is_framed`: it fills a frame within another page.
    """
    saved = SavedRun(_updates(transcript), sound)
    script = link(_STATIC / "standalone.js") + _START
    page, timeline = ((_STATIC / name).read_text(encoding="utf-8") for name in ("page.css", "timeline.css"))
    style = _STYLE.format(page=page, timeline=timeline)
    media = "'none'" if sound is None else _INSIDE if sound.url is None else _BESIDE
    return _PAGE.format(
        language=language_of(transcript),
        policy=_POLICY.format(script=_digest(script), style=_digest(style), media=media),
        title=html.escape(title),
        body="pnb-page pnb-framed" if is_framed else "pnb-page",
        style=style,
        text=html.escape(transcript.text),
        run=_data("pnb-run", _split(_inert(msgspec.json.encode(saved).decode()))),
        sound=_data("pnb-sound", _base64(inside)),
        script=script,
    )


def _digest(text: str) -> str:
    """How a policy allows one inline script or style."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _base64(data: bytes) -> Iterator[str]:
    """Encode data in parts that can be decoded one by one, each for a data element."""
    step = _MAX_ELEMENT // 4 * 3
    return (b64encode(data[first : first + step]).decode() for first in range(0, len(data), step))


def _split(text: str) -> Iterator[str]:
    """Split a text into parts, each for a data element."""
    return (text[first : first + _MAX_ELEMENT] for first in range(0, len(text), _MAX_ELEMENT))


def _data(name: str, texts: Iterable[str]) -> str:
    """Elements that hold data for the script."""
    return "\n".join(_DATA.format(name=name, text=text) for text in texts)


def _updates(transcript: Transcript) -> list[SavedUpdate]:
    """What a kernel would send a view that has just opened."""
    run = describe_run(transcript, can_stop=False, can_correct=False)
    if not run.has_ended:
        message = "Saved while the clip was still being recognised."
        run = replace(run, state="stopped", has_ended=True, message=message)
    updates = ViewState().updates(transcript, run, ())
    return [SavedUpdate(update, [b64encode(buffer).decode() for buffer in buffers]) for update, buffers in updates]


def _inert(json: str) -> str:
    """Escape JSON so that it cannot end the script element around it."""
    return json.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
