"""The magics in a real kernel, without a key: what they run, what they return, what Tab completes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import environment
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from processes import LESSON

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

ENGINE = f"--engine scripted --engine-option script={LESSON.with_suffix('.json')} --pace 1000"


class Shell:
    """A kernel in an empty folder, with the magics."""

    def __init__(self, client: BlockingKernelClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.error = ""
        assert "Usage" not in self.run("%load_ext paraformer_nb\nimport paraformer_nb as pnb")

    def run(self, code: str) -> str:
        """Run a cell; return all its text: what it printed, and the text of its value."""
        texts: list[str] = []

        def output(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                texts.append(content["text"])
            elif message["msg_type"] in ("execute_result", "display_data"):
                texts.append(content["data"].get("text/plain", ""))

        reply = self.client.execute_interactive(code, output_hook=output, timeout=90)["content"]
        self.error = f"{reply['ename']}: {reply['evalue']}" if reply["status"] == "error" else ""
        return "\n".join(texts)

    def complete(self, line: str) -> list[str]:
        """What Tab offers at the end of a line."""
        return list(self.client.complete(line, reply=True, timeout=60)["content"]["matches"])


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("magics")
    (folder / "clip one.txt").write_text("good morning", encoding="utf-8")
    (folder / "clips").mkdir()
    manager, client = start_new_kernel(cwd=str(folder), env=environment())
    try:
        yield Shell(client, folder)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_transcribe_returns_a_run_at_once(shell: Shell) -> None:
    shown = shell.run(f"run = %transcribe {LESSON} {ENGINE} --end 5 --save '{{name}}.jsonl'\nprint(type(run).__name__)")
    assert shown.strip() == "Run"
    assert (
        shell.run("print(run.wait().state, len(run.words) > 3, run.transcript.run.end)").strip() == "finished True 5.0"
    )
    assert (shell.folder / "lesson_en.jsonl").exists()


def test_a_run_with_outputs_is_written_when_the_cell_ends(shell: Shell) -> None:
    shown = shell.run(f"%transcribe {LESSON} {ENGINE} --end 5 --output '{{name}}.txt' --output two.jsonl")
    assert "wrote lesson_en.txt" in shown
    assert "wrote two.jsonl" in shown
    assert "good morning" in (shell.folder / "lesson_en.txt").read_text(encoding="utf-8").lower()
    assert "lesson_en.flac: finished" in shown


def test_names_of_python_can_stand_in_the_line(shell: Shell) -> None:
    shell.run(f"clip = {str(LESSON)!r}")
    assert shell.run(f"print((%transcribe $clip {ENGINE} --end 5).wait().state)") == ""  # magics are lines, not values
    assert shell.run(f"run = %transcribe $clip {ENGINE} --end 5\nprint(run.wait().state)").strip() == "finished"


def test_compare_takes_variables_files_and_the_cell_as_the_right_text(shell: Shell) -> None:
    shell.run("a, b = 'good evening all', 'good morning all'")
    assert "Comparison(a and b: WER 33.3 %" in shell.run("%compare a b")
    shell.run("%%compare a b\nGood morning, all.")
    rates = shell.run("print([each.rate for each in _.scores.values()])")
    assert rates.strip() == "[0.3333333333333333, 0.0]"
    assert "WER 100.0 %" in shell.run('%compare "clip one.txt" a --unit word')


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("%transcribe", "required: FILE"),
        ("%transcribe a.wav b.wav", "give one clip"),
        ("%transcribe a.wav --json", "run.words has the words"),
        ("%transcribe a.wav --pace fast", "invalid float value"),
        ("%transcribe a.wav --output x.unknown", "is not known"),
        ("%transcribe a.wav --param nonsense=1", "no such parameter"),
        ("%transcribe missing.wav", "AudioError"),
        ('%transcribe "a.wav', "No closing quotation"),
        ("%compare a nowhere", "neither a variable nor a file"),
        ("%compare a", "required: RESULT"),
    ],
)
def test_wrong_usage_is_explained_and_the_kernel_goes_on(shell: Shell, code: str, problem: str) -> None:
    shell.run("a = 'x'")
    shown = shell.run(code)
    assert problem in shown + shell.error
    assert shell.run("print(1 + 1)").strip() == "2"


def test_help_is_printed(shell: Shell) -> None:
    shown = shell.run("%transcribe --help")
    assert "--language" in shown
    assert shell.error == ""


def test_options_their_values_and_paths_are_completed(shell: Shell) -> None:
    assert set(shell.complete("%transcribe x.wav --eng")) == {"--engine", "--engine-option"}
    assert "scripted" in shell.complete("%transcribe x.wav --engine s")
    assert "fun-asr-realtime" in shell.complete("%transcribe x.wav --model fun")
    assert shell.complete("%transcribe clips") == ["clips/"]
    assert "--unit" in shell.complete("%%compare a b --u")
    assert shell.complete("%transcribe nowhere/x") == []
