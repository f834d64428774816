"""What a person must be told of the embedded service's engines, wherever their words are shown."""

from __future__ import annotations

_NOTICES = {
    "pocketsphinx": "English only, far weaker than the cloud.",
    "replay": "Replayed from a saved run, nothing is recognised. 重放已保存的结果,并非识别",
    "scripted": "Scripted: words from a file, nothing is recognised. 脚本演示,并非识别结果",
}


def engine_notice(engine: str | None) -> str:
    """A sentence to stand beside the words, or ``""``."""
    return _NOTICES.get(engine or "", "")
