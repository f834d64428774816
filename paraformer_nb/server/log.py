"""The log of the embedded service: events with their connection and task. It never contains keys or audio.

A record's text is ``event key=value ...``; programs find the same in its attributes `event` and `fields`.
"""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger("paraformer_nb.server")

_MAX_LENGTH = 200  # characters of a value


def log(level: int, event: str, **fields: Any) -> None:
    """Log an event. Values may come from a client: they are cut and escaped, so that they cannot forge log lines."""
    if logger.isEnabledFor(level):
        text = " ".join(f"{name}={_escape(value)}" for name, value in fields.items())
        logger.log(level, "%s", f"{event} {text}".rstrip(), extra={"event": event, "fields": fields})


def _escape(value: Any) -> str:
    text = str(value)
    if len(text) > _MAX_LENGTH:
        text = f"{text[:_MAX_LENGTH]}…"
    return text if text.isprintable() and text and " " not in text else ascii(text)
