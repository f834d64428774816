"""On which of a kernel's shells a widget's messages are heard.

ipykernel 7.4 answers a widget on the shell that made it: there, a cell that waits would leave Stop unheard until it
ends. Earlier versions, and JupyterLab's own setting, answer on a subshell. The attribute is private: hence the guard.
"""

from __future__ import annotations

import anywidget


def answer_on_subshells(widget: anywidget.AnyWidget) -> None:
    """Hear messages while a cell runs."""
    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = lambda _data, default: default


def answer_on_main_shell(widget: anywidget.AnyWidget) -> None:
    """Hear messages where cells run, as ipykernel does by itself."""
    if widget.comm is not None:
        widget.comm.__dict__.pop("_reply_subshell_for", None)
