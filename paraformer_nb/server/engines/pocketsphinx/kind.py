"""The description of the PocketSphinx engine."""

from __future__ import annotations

from ..base import Engine, EngineKind

CAPACITY = 4
"""Tasks at once; each has a worker process of about 100 MB."""


def _make() -> Engine:
    from .engine import PocketSphinx

    return PocketSphinx()


POCKETSPHINX = EngineKind(
    name="pocketsphinx",
    summary="a real recogniser, English only, with many wrong words",
    languages=("en",),
    supported_parameters=frozenset({"max_sentence_silence"}),
    notice="English only, by an old, small model: many words are wrong.",
    make=_make,
    package="pocketsphinx",
    capacity=CAPACITY,
)
