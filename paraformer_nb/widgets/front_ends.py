"""Whether a front end may connect to the widgets that a cell makes."""

from __future__ import annotations

import os
import sys
from typing import Any

_DASHBOARD = "voila"  # executes a notebook as nbclient does, and then connects its page to the kernel


def can_replace_outputs() -> bool:
    """Whether outputs of cells can be replaced: in a kernel, not in a terminal."""
    return _kernel() is not None


def can_connect() -> bool:
    """False where a program executes the notebook: nbconvert, papermill, a docs build; no one could press a button.

    Such a program (all of them use nbclient) executes cells without allowing them to ask for input; front ends that
    show widgets allow it. The notebook that it writes is then free of widgets: they would be dead, large, and hide
    the picture.
    """
    kernel = _kernel()
    if kernel is None or os.environ.get("SERVER_SOFTWARE", "").startswith(_DASHBOARD):
        return True
    content = kernel.get_parent("shell").get("content", {})
    return bool(content.get("allow_stdin", True))  # a widget's message has no such field


def _kernel() -> Any:
    """The ipykernel that this runs in, or None."""
    ipython = sys.modules.get("IPython")
    kernel = getattr(ipython.get_ipython() if ipython else None, "kernel", None)
    return kernel if hasattr(kernel, "get_parent") else None
