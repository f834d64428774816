"""The service's log: what happened, and to which connection and task. Never a key, never audio.

A record's text is ``event key=value ...``; its attributes `event` and `fields` hold the same for programs.
"""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger("paraformer_nb.server")

_LONGEST = 200


def log(level: int, event: str, **fields: Any) -> None:
    """Tell that `event` happened. Texts that came from a client are cut and escaped: they must not write lines of
    their own."""
    if logger.isEnabledFor(level):
        told = " ".join(f"{name}={_plain(value)}" for name, value in fields.items())
        logger.log(level, "%s", f"{event} {told}".rstrip(), extra={"event": event, "fields": fields})


def _plain(value: Any) -> str:
    text = str(value)
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    return text if text.isprintable() and text and " " not in text else ascii(text)
