"""The accessor ``df.speech`` for the tables of a run."""

from __future__ import annotations


def register_speech() -> None:
    """Register the accessor: pandas finds those only whose module was imported."""
    from .. import speech  # noqa: F401
