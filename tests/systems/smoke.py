"""A first run from end to end, without pytest; at its end it prints "smoke: passed"."""

from __future__ import annotations

import json
import platform
import tempfile
import warnings
from importlib.util import find_spec
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
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "no installed font")  # a system that was just installed has none
            run.plot()
        run.export(Path(folder) / "run.html")
    service.close()
    print(f"smoke: passed on Python {platform.python_version()}; {_recognise()}")  # noqa: T201


def _recognise() -> str:
    """Recognise the whole lesson with the embedded recogniser, and return its name and words; or why there is none."""
    try:
        service = pnb.Embedded()
    except pnb.errors.MissingDependency as error:
        return str(error)
    assert find_spec("moonshine_voice") is None or repr(service) == "Embedded('moonshine')"
    run = pnb.transcribe(_LESSON, service=service).wait(300)
    service.close()
    expected = {word["text"].strip(" .,?!").lower() for word in _script_words()}
    found = {text.strip(" .,?!").lower() for text in run.words["text"]}
    assert run.state == "finished" and len(expected & found) > 0.6 * len(expected), run.text
    return f"{service!r}: {run.text}"


def _script_words() -> list[dict[str, str]]:
    """Return the words that the script of the lesson gives, as "text" and times."""
    sentences = json.loads(_LESSON.with_suffix(".json").read_text(encoding="utf-8"))["sentences"]
    return [word for sentence in sentences for word in sentence["words"]]


if __name__ == "__main__":
    main()
