"""A first run from end to end, without pytest; at its end it prints "smoke: passed"."""

from __future__ import annotations

import platform
import tempfile
from pathlib import Path

import paraformer_nb as pnb

_LESSON = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"
_WORDS = 8  # up to 3.6 s


def main() -> None:
    """Recognise, load, correct, export and plot; then the embedded recogniser, or the reason why there is none."""
    service = pnb.Embedded("scripted", script=str(_LESSON.with_suffix(".json")))
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "run.jsonl"
        run = pnb.transcribe(_LESSON, end=3.6, service=service, save=journal).wait(60)
        assert (run.state, len(run.words)) == ("finished", _WORDS)
        assert len(pnb.load(journal).words) == _WORDS
        run.timeline()
        run.plot()
        run.export(Path(folder) / "run.html")
    service.close()
    try:
        recogniser = repr(pnb.Embedded())
    except pnb.errors.MissingDependency as error:
        recogniser = str(error)
    print(f"smoke: passed on Python {platform.python_version()}; {recogniser}")  # noqa: T201


if __name__ == "__main__":
    main()
