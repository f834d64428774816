"""The timeline as one HTML file: without kernel and network it plays, seeks, searches and marks the spoken word."""

from __future__ import annotations

import hashlib
import html
import os
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from ..errors import AudioError, ParameterError
from ..playback.playable import OpenAudio
from ..text import is_cjk
from ..transcript.transcript import Transcript
from ..widgets.linker import link
from ..widgets.messages import SavedRun, SavedSound, SavedUpdate
from ..widgets.run_state import describe_run
from ..widgets.view_state import ViewState
from .base import Format, write_file

_STATIC = Path(__file__).parents[1] / "widgets" / "static" / "timeline"
_START = """
mountSavedRun(document.getElementById("timeline"), JSON.parse(document.getElementById("run").textContent));
"""
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 1200px; margin: 24px auto; padding: 0 16px; font: 15px/1.5 system-ui, sans-serif; }}
{style}
</style>
</head>
<body>
<h1>{title}</h1>
<main id="timeline"></main>
<noscript><p>{text}</p></noscript>
<script type="application/json" id="run">{run}</script>
<script type="module">{script}</script>
</body>
</html>
"""
# The page may run only the script that is in it, and load only its own sound.
_POLICY = (
    "default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; media-src 'self' data: file:; "
    "base-uri 'none'; form-action 'none'"
)


def _write(
    transcript: Transcript,
    path: Path,
    open_audio: OpenAudio,
    *,
    audio: Any = "inside",
    title: Any = None,
) -> None:
    """Write the page, with its sound "inside" it (about 18 MB an hour), "beside" it as a WebM file, or None.

    `title`: None: the clip's name.
    """
    if audio not in ("inside", "beside", None):
        raise ParameterError(f"audio={audio!r}: give 'inside', 'beside' or None.")
    run = transcript.run
    beside = path.with_name(f"{path.name}.webm")
    if any(_is_same(target, clip) for clip in _clip_paths(open_audio) for target in (path, beside)):
        raise ParameterError(f"{str(path)!r} would overwrite the clip itself: give the page another name.")
    sound = None
    if audio is not None and transcript.sent_until > run.start:
        mime, data = _read_sound(open_audio, run.start, transcript.sent_until)
        if audio == "inside":
            sound = f"data:{mime};base64,{b64encode(data).decode()}"
        else:
            sound = quote(write_file(beside, data).name)
    write_file(path, to_html(transcript, sound, title or run.clip.name).encode())


def _clip_paths(open_audio: OpenAudio) -> tuple[Path, ...]:
    try:
        return open_audio().paths
    except AudioError:  # there is no sound
        return ()


def _is_same(target: Path, clip: Path) -> bool:
    """Whether writing `target` would overwrite `clip`. The clip's path is only compared: a stranger's journal may have
    given it, and looking at it might contact another host. (A hard link is replaced, and its file stays.)"""
    return os.path.normcase(os.path.realpath(target)) == os.path.normcase(clip)


FORMAT = Format(".html", "the timeline as one HTML page", ("audio", "title"), _write)


def _read_sound(open_audio: OpenAudio, start: float, end: float) -> tuple[str, bytes]:
    try:
        sound = open_audio().copy()  # a view may be playing
        try:
            return sound.mime.partition(";")[0], sound.whole(start, end)
        finally:
            sound.close()
    except AudioError as error:
        raise AudioError(f"{error} Or give audio=None, for a page without sound.") from error


def to_html(transcript: Transcript, sound: str | None, title: str) -> str:
    """Return the page. `sound` is the URL of a compressed file that begins where the run's part of the clip does; it
    may be a ``data:`` one. None: the page is silent.
    """
    saved = SavedRun(_updates(transcript), SavedSound(sound, transcript.run.start) if sound else None)
    script = link(_STATIC / "standalone.js") + _START
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    is_chinese = any(map(is_cjk, transcript.text[:200]))
    return _PAGE.format(
        language="zh" if is_chinese else "en",
        policy=_POLICY.format(digest=digest),
        title=html.escape(title),
        style=(_STATIC / "timeline.css").read_text(encoding="utf-8"),
        text=html.escape(transcript.text),
        run=_inert(msgspec.json.encode(saved).decode()),
        script=script,
    )


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
