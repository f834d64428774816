"""Notebooks that a program executes: no front end connects, so they keep text and picture and no dead widget."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

_WIDGET = "application/vnd.jupyter.widget-view+json"
_NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
_LESSON = _NOTEBOOKS / "data" / "lesson_en.flac"
_START = f"""
import time
import paraformer_nb as pnb
lesson = {str(_LESSON)!r}
service = pnb.Embedded("scripted", script=lesson.replace(".flac", ".json"))
run = pnb.transcribe(lesson, service=service, end=8{{pace}})
"""
_LIVE = _START.format(pace=", pace=8")
_ENDED = _START.format(pace="") + "run.wait();"
_END = "while run.state not in ('finished', 'failed'):\n    time.sleep(0.05)"
_CASES = {
    "a run that is awaited in its cell": [_LIVE + "display(run)\nawait run;"],
    "a run that is waited for in another cell": [_LIVE, "run", "run.wait();"],
    "a run that ends after its cell": [_LIVE + "display(run)", _END],
    "a run that ends during another cell, which fails": [_LIVE, "run", _END + "\n1 / 0"],
    "a run that had ended": [_ENDED, "run"],
    "a timeline of a run that had ended": [_ENDED, "run.timeline()"],
    "a timeline of a run that ends after its cell": [_LIVE, "run.timeline()", _END],
    "a loaded run": [_ENDED + "run.save('kept.jsonl')\npnb.load('kept.jsonl')"],
}


def _notebook(cells: list[str]) -> Any:
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return document


def _execute(document: Any, folder: Path) -> Any:
    """Execute a notebook as papermill, jupyter-cache, nbsphinx and Quarto do."""
    NotebookClient(document, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    return document


def test_an_executed_notebook_keeps_text_and_picture_and_no_widget(tmp_path: Path) -> None:
    """All cases in one kernel: each shows its run once."""
    starts, cells = [], []
    for case in _CASES.values():
        starts.append(len(cells))
        cells += case
    document = _execute(_notebook(cells), tmp_path)
    ends = [*starts[1:], len(cells)]
    for name, first, last in zip(_CASES, starts, ends, strict=True):
        outputs = [output for cell in document.cells[first:last] for output in cell.outputs]
        shown = [output.data for output in outputs if "data" in output]
        assert [sorted(data) for data in shown] == [["image/png", "text/plain"]], name
        assert shown[0]["text/plain"].startswith("lesson_en.flac: finished\n"), name
        assert "welcome to the first lesson" in shown[0]["text/plain"], name
        errors = [output.ename for output in outputs if output.output_type == "error"]
        assert errors == (["ZeroDivisionError"] if "fails" in name else []), name
    assert "widgets" not in document.metadata
    text = nbformat.writes(document)
    pictures = sum(len(found) for found in re.findall(r'"image/png": "[^"]*"', text))
    assert len(text) - pictures < 20_000


def test_nbconvert_executes_a_notebook_to_html_with_the_picture(tmp_path: Path) -> None:
    nbformat.write(_notebook([_LIVE + "display(run)", "await run\nrun.timeline()"]), tmp_path / "lesson.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "lesson.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    html = (tmp_path / "lesson.html").read_text(encoding="utf-8")
    assert html.count('src="data:image/png;base64,') == 2
    assert "widget-view+json" not in html
    assert "html-manager" not in html


def test_without_a_front_end_a_view_works_and_a_run_that_goes_on_claims_no_state(tmp_path: Path) -> None:
    cells = [
        _ENDED + "\nview = run.timeline()\nview.selection = (0, 3)\nview.seek(2)\nview.highlight(run.words.head(2))\n"
        "print(len(view.selected_words), view.playhead, len(view.find('good')))",
        "import ipywidgets\nprint(len(ipywidgets.VBox([run.timeline()]).children))",  # a container needs its id
        _START.format(pace=", pace=0.5") + "run",
    ]
    view, container, going_on = (cell.outputs[0] for cell in _execute(_notebook(cells), tmp_path).cells)
    assert view.text.split() == ["8", "2.0", "1"]
    assert container.text == "1\n"
    assert list(going_on.data) == ["text/plain"]
    note = "lesson_en.flac: it was still being recognised when this was shown."
    assert going_on.data["text/plain"].startswith(note)


@pytest.mark.parametrize("path", sorted(_NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.name)
def test_committed_notebooks_hold_their_outputs(path: Path) -> None:
    """GitHub shows what is in the file; CONTRIBUTING describes how to make it again."""
    text = path.read_text(encoding="utf-8")
    assert len(text) < 1_000_000
    document = nbformat.reads(text, as_version=4)
    code = [cell for cell in document.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [output for cell in code for output in cell.outputs if output.output_type == "error"]
    assert _WIDGET not in text
    for private in (str(Path.home()), str(_NOTEBOOKS.parent), "/tmp/", '"execution": {'):
        assert private not in text
    pictures = [output for cell in code for output in cell.outputs if "image/png" in output.get("data", {})]
    own = [picture for picture in pictures if "with 2 Axes" not in picture.data["text/plain"]]  # the other is pyplot's
    assert [picture for picture in own if not picture.metadata["image/png"].get("alt")] == []
    assert pictures or "by_hand" in path.name


@pytest.mark.parametrize("path", sorted(_NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.name)
def test_committed_notebooks_show_the_recogniser_at_work(path: Path) -> None:
    """The first run is a view from its beginning, and another cell waits for it: the reader never looks at nothing."""
    cells = nbformat.read(path, as_version=4).cells
    starts = [cell for cell in cells if cell.cell_type == "code" and "pnb.transcribe(" in cell.source]
    if starts:
        assert [sorted(output.data) for output in starts[0].outputs] == [["image/png", "text/plain"]]
        assert not re.search(r"\bwait\(|\bawait\b", starts[0].source)
