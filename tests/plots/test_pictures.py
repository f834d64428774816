"""Pictures of a page: in a notebook, on paper, in a dark theme."""

from __future__ import annotations

import base64
import io
import os
import struct
import subprocess
import sys
from pathlib import Path

import matplotlib.style
import pytest
from drawn import CHINESE, pixels, recognised, talk
from PIL import Image

from paraformer_nb.plots.plot import plot, png

ROOT = Path(__file__).parents[2]

# --------------------------------------------------------------------------------------------- pictures in a notebook


def test_a_png_is_small_and_has_the_size_of_the_figure() -> None:
    transcript = recognised(talk(40), seconds=40)
    data = png(transcript)
    assert data.startswith(b"\x89PNG")
    assert len(data) < 150_000
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == tuple(int(side) for side in plot(transcript).bbox.size)
    assert width == 1100


def test_the_page_is_white_and_the_text_dark_in_a_dark_style(tmp_path: Path) -> None:
    with matplotlib.style.context(["dark_background", {"savefig.facecolor": "black"}]):
        transcript = recognised([("word", 1, 3)], seconds=4)
        plot(transcript).savefig(tmp_path / "dark.png")
        pictures = [png(transcript), (tmp_path / "dark.png").read_bytes()]
    for picture in map(pixels, pictures):
        assert (picture[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()
        assert (picture.min(axis=2) < 60).any()
        assert (picture == 255).all(axis=2).mean() > 0.5


@pytest.mark.parametrize("kind", ["pdf", "svg"])
def test_pdf_and_svg_files(kind: str, tmp_path: Path) -> None:
    plot(recognised([*CHINESE, ("$x", 8, 9)])).savefig(tmp_path / f"plot.{kind}")
    assert (tmp_path / f"plot.{kind}").stat().st_size > 5000


def test_importing_plots_loads_no_matplotlib_and_plotting_no_pyplot() -> None:
    code = (
        "import sys, paraformer_nb.plots.plot as p; from paraformer_nb.transcript.transcript import Transcript\n"
        "from paraformer_nb.journal.records import ClipSource, RunStarted, ServiceSource\n"
        "assert not {'matplotlib', 'numpy', 'PIL'} & set(sys.modules), 'too early'\n"
        "source = ServiceSource('embedded', '127.0.0.1')\n"
        "run = RunStarted(0, 2, 'now', ClipSource('a.wav'), 16000, 0, 10, source, 'm', {})\n"
        "p.png(Transcript(run)); assert 'matplotlib.pyplot' not in sys.modules, 'pyplot'"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, env=env, timeout=60)


CELL = f"""
import sys; sys.path.insert(0, {str(ROOT)!r}); sys.path.insert(0, {str(ROOT / "tests" / "plots")!r})
from drawn import recognised, talk
from paraformer_nb.plots.plot import plot
plot(recognised(talk(5)))
"""


@pytest.mark.parametrize(
    "before", ["", "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.style.use('dark_background')"]
)
def test_a_plot_is_shown_as_the_last_value_of_a_cell(before: str) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed: no real kernel to show a plot in")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(before), nbformat.v4.new_code_cell(CELL)])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    shown = [output.data for output in notebook.cells[1].outputs if output.output_type == "execute_result"]
    assert len(shown) == 1
    picture = Image.open(io.BytesIO(base64.b64decode(shown[0]["image/png"]))).convert("RGB")
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    assert picture.width > 1000
    assert "TranscriptFigure" in shown[0]["text/plain"]
