"""Ctrl-C while a model is fetched or copied, or while another process is waited for."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import started
from fetching import LARGEST, Log, content
from filelock import FileLock
from model_hub import Hub
from servers import eventually

from paraformer_nb.models.importing import import_folder
from paraformer_nb.models.location import own_folder
from paraformer_nb.models.table import Model
from paraformer_nb.models.writing import lock_path

VARIABLES = ("PARAFORMER_NB_MODELS", "PARAFORMER_NB_MODEL_TABLE")


@pytest.fixture
def variables(table: Path, tmp_path: Path) -> dict[str, str]:
    """What `started` leaves out of the environment."""
    return {"PARAFORMER_NB_MODELS": str(tmp_path / "models"), "PARAFORMER_NB_MODEL_TABLE": str(table)}


def test_an_interrupted_fetch_says_what_is_kept(
    hubs: tuple[Hub, Hub], model: Model, published: Path, variables: dict[str, str]
) -> None:
    own_folder(model).mkdir(parents=True)
    shutil.copy(published / "decoder.onnx", own_folder(model))
    hubs[0].hold = 20_000
    part = own_folder(model) / f"{LARGEST}.part"
    with started("models", "fetch", "tiny", **variables) as process:
        assert eventually(lambda: part.exists() and part.stat().st_size == 20_000, 30)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert (
        f"Stopped. decoder.onnx is complete, 20,000 of 79,902 bytes of {LARGEST} are kept; the same command continues "
        "there.\n"
    ) in err
    assert "Traceback" not in err


class Interrupting(Log):
    """A progress during which the user presses Ctrl-C once, when a file begins."""

    def begin(self, name: str, total: int) -> None:
        super().begin(name, total)
        if name == LARGEST:
            raise KeyboardInterrupt


def test_an_interrupted_import_copies_the_rest_later(published: Path, model: Model, table: Path) -> None:
    log = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        import_folder(published, log)
    assert log.messages[-1] == "Stopped. decoder.onnx is complete; the same command copies the rest."
    again = Log()
    assert content(import_folder(published, again)) == content(published)
    assert [name for name, _ in again.files] == [LARGEST, "tokens.txt"]


def test_an_interrupt_before_anything_has_arrived(hubs: tuple[Hub, Hub], variables: dict[str, str]) -> None:
    hubs[0].hold = 0
    with started("models", "fetch", "tiny", **variables) as process:
        assert hubs[0].is_holding.wait(30)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert "Stopped. Nothing of it was there yet." in err
    assert (process.returncode, "Traceback" in err) == (130, False)


def test_an_interrupt_while_another_process_is_waited_for(model: Model, variables: dict[str, str]) -> None:
    lock_path(model).parent.mkdir()
    with FileLock(lock_path(model)), started("models", "fetch", "tiny", **variables) as process:
        assert process.stderr
        assert "Another process is writing tiny" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert "Stopped waiting. The other process continues; tiny was not changed here." in err
    assert (process.returncode, "Traceback" in err) == (130, False)


def test_in_python_an_interrupt_while_waiting_is_one_short_traceback(model: Model, table: Path) -> None:
    lock_path(model).parent.mkdir()
    code = "import paraformer_nb as pnb; pnb.fetch_model('tiny')"
    with (
        FileLock(lock_path(model)),
        subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as process,
    ):
        assert process.stderr
        assert "Another process" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=30)[1]
    assert err.count("Traceback") == 1
    assert "filelock/" not in err


INTERRUPTED_IMPORT = """
import os, runpy, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == NAME:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv = ["paraformer-nb", "models", "fetch", "tiny"]
runpy.run_module("paraformer_nb.cli", run_name="__main__")
"""


@pytest.mark.parametrize("name", ["paraformer_nb.cli.main", "shtab", "paraformer_nb.cli.completion", "requests"])
def test_an_interrupt_while_packages_are_imported_is_no_traceback(name: str, table: Path) -> None:
    code = INTERRUPTED_IMPORT.replace("NAME", repr(name))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (130, "")
