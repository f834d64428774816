"""Whether this runs in a notebook."""

from __future__ import annotations

import sys


def in_kernel() -> bool:
    """Whether this runs in a notebook, or in IPython."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
