"""Handle widget messages on subshells, so that Stop works while a cell runs.

ipykernel 7.4 handles all messages of a widget on the shell that made it: a cell that waits would then keep Stop unread
until it ends. Earlier versions, and JupyterLab's own setting, handle them on a subshell. The attribute is private,
hence the guard.
"""

from __future__ import annotations

from typing import Any

import anywidget


def handle_on_subshells(widget: anywidget.AnyWidget, *, except_kind: str) -> None:
    """Handle messages on subshells, except those of one kind: they display things, so they need the main shell."""

    def shell_of(data: Any, default: Any) -> Any:
        content = data.get("content") if isinstance(data, dict) else None
        is_exception = isinstance(content, dict) and content.get("kind") == except_kind
        return None if is_exception else default  # None: the main shell

    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = shell_of
