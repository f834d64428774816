"""The description of the scripted engine."""

from __future__ import annotations

from pathlib import Path

from ..base import Engine, EngineKind, Option


def _make(script: Path) -> Engine:
    from .engine import Scripted
    from .script import Script

    return Scripted(Script.load(script))


SCRIPTED = EngineKind(
    name="scripted",
    summary="a test double that reads its results from a file",
    languages=None,
    supported_parameters=frozenset({"translation_target_languages", "vocabulary", "vocabulary_id"}),
    notice="Scripted: words from a file, nothing is recognised. 脚本演示,并非识别结果",
    make=_make,
    options=(Option(name="script", metavar="FILE.json", help="a script, with its clip beside it", is_required=True),),
)
