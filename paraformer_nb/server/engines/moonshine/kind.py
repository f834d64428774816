"""The description of the Moonshine engine."""

from __future__ import annotations

from ..base import Engine, EngineKind

PACKAGE = "moonshine_voice"
REQUIREMENT = "moonshine-voice>=0.0.73,<0.1"
CAPACITY = 4
"""Tasks at once; each has a worker process of about 300 MB."""


def _make() -> Engine:
    from .engine import Moonshine

    return Moonshine()


MOONSHINE = EngineKind(
    name="moonshine",
    summary="a real recogniser of English, small enough for any machine",
    languages=("en",),
    supported_parameters=frozenset({"max_sentence_silence"}),
    notice="English only, by a small model; speech in another language gives few or wrong words.",
    make=_make,
    package=PACKAGE,
    package_data="assets/tiny-en",  # from version 0.1 on the package holds no model
    capacity=CAPACITY,
)
