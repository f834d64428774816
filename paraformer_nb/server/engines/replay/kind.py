"""The description of the replay engine."""

from __future__ import annotations

from pathlib import Path

from ..base import Engine, EngineKind, Option


def _make(journal: Path, speed: float | None = None) -> Engine:
    from .engine import Replay

    return Replay(journal, speed)


REPLAY = EngineKind(
    name="replay",
    summary="repeats the results of a saved run",
    languages=None,
    supported_parameters=frozenset(),
    notice="Replayed from a saved run, nothing is recognised. 重放已保存的结果,并非识别",
    make=_make,
    options=(
        Option(name="journal", metavar="FILE", help="a saved run, as written by save=", is_required=True),
        Option(
            name="speed",
            metavar="NUMBER",
            help="a multiple of the run's own speed, above 0; without it, as fast as the audio arrives",
            type=float,
        ),
    ),
)
