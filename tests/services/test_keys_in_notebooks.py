"""The API key is not in a notebook that is saved, whatever its cells show and however they fail."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from seen import assert_hidden
from servers import Cloud, Talk, well

pytestmark = pytest.mark.system

_CELLS = """
%xmode Verbose
import logging, numpy, paraformer_nb as pnb
from IPython.display import display
from paraformer_nb.services.keys import known_key
logging.basicConfig(level=logging.DEBUG)
for name in list(logging.root.manager.loggerDict):
    logging.getLogger(name).setLevel(logging.DEBUG)
clip = numpy.ones(4800, numpy.int16), 16000
#
run = pnb.transcribe(clip, service=pnb.DashScope(url="{well}"))
await run
run
#
display(run.words, run.events, run.service, pnb.DashScope(), vars(pnb.DashScope()), run.plot())
run.timeline()
#
run.export("run.html", audio=None)
run.save("run.jsonl")
pnb.panel(".")
#
await pnb.transcribe(clip, service=pnb.DashScope(url="{refusing}"))
#
pnb.transcribe(clip, service=pnb.DashScope(url="{failing}")).wait()
#
await pnb.transcribe(clip, service=pnb.DashScope(url="{closing}"), retry=pnb.Retry(attempts=1))
#
def token():
    raise LookupError(known_key().strip())
await pnb.transcribe(clip, service=pnb.DashScope(token, url="{well}"))
#
pnb.DashScope(url="wss://host/?api_key=" + known_key())
#
import pickle
pickle.dumps(pnb.DashScope())
"""


async def _executed(notebook: Any, key: str, folder: Path) -> list[dict[str, Any]]:
    """Run a notebook in a kernel of its own, after a login; returns the questions that the kernel asked."""
    from nbclient import NotebookClient

    questions = []

    def answer(message: dict[str, Any]) -> None:
        questions.append(message["content"])
        client.kc.input(key)

    client = NotebookClient(
        notebook, kernel_name="python3", timeout=60, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )
    async with client.async_setup_kernel(env=os.environ | {"IPYTHONDIR": str(folder)}):
        outputs: list[Any] = []
        reply = await client.kc.execute_interactive(
            "import paraformer_nb as pnb; pnb.login()",
            allow_stdin=True,
            stdin_hook=answer,
            output_hook=outputs.append,
            timeout=60,
        )
        assert reply["content"]["status"] == "ok", outputs
        assert key not in str(outputs)
        for number, cell in enumerate(notebook.cells):
            await client.async_execute_cell(cell, number)
        client.set_widgets_metadata()
    return questions


def test_the_key_is_hidden_in_a_saved_notebook(key: str, tmp_path: Path) -> None:
    async def fails(talk: Talk) -> None:
        await talk.begin()
        await talk.fail("InvalidApiKey", f"Incorrect API key provided: {key}.")

    async def closes(talk: Talk) -> None:
        await talk.begin()
        await talk.connection.close(1011, f"no more for {key}")

    async def repeats(talk: Talk) -> None:
        await talk.begin()
        await talk.say("hello", key)
        await talk.command()
        await talk.finish()

    with (
        Cloud(repeats) as repeating,
        Cloud(well, status=401, body=f"who is {key}?") as refusing,
        Cloud(fails) as failing,
        Cloud(closes) as closing_,
    ):
        code = _CELLS.format(well=repeating.url, refusing=refusing.url, failing=failing.url, closing=closing_.url)
        cells = [nbformat.v4.new_code_cell(text.strip()) for text in code.split("\n#\n")]
        notebook = nbformat.v4.new_notebook(cells=cells)
        questions = asyncio.run(_executed(notebook, key, tmp_path))
    nbformat.write(notebook, tmp_path / "saved.ipynb")
    assert [(each["prompt"][:9], each["password"]) for each in questions] == [("DashScope", True)]
    raised = [output["ename"] for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert raised == [
        "AuthenticationError",
        "TaskFailed",
        "ConnectionLost",
        "AuthenticationError",
        "ParameterError",
        "TypeError",
    ]
    assert notebook.metadata.widgets, "the widgets' state was saved"
    files = {file.name: file.read_bytes().decode("latin-1") for file in tmp_path.rglob("*") if file.is_file()}
    assert {"saved.ipynb", "run.html", "run.jsonl"} <= set(files)
    for name, text in files.items():
        assert_hidden(key, name, [text])
