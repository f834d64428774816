"""A real JupyterLab and a real Chromium for the tests: start them, open a notebook, run cells, read outputs."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import BrowserContext, Page, Playwright, ViewportSize, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWPORT: ViewportSize = {"width": 1280, "height": 900}
_SHELL = "window.jupyterapp.shell"
_PANEL = f"{_SHELL}.currentWidget"
_CELL = f"{_PANEL}.content.widgets[i]"


@contextlib.contextmanager
def jupyter_lab(folder: Path) -> Iterator[str]:
    """A JupyterLab that serves `folder`, with settings of its own; gives the URL to open, with its token."""
    token = secrets.token_hex(8)
    with tempfile.TemporaryDirectory() as home, (folder / "lab.log").open("w+") as log:
        names = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"]
        own = {name: str(Path(home) / name) for name in [*names, "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"]}
        settings = Path(own["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
        without_key = {name: value for name, value in os.environ.items() if name != "DASHSCOPE_API_KEY"}
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={folder}",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=without_key | own)
        try:
            yield _wait_until_it_listens(process, folder / "lab.log") + f"?token={token}&reset"
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def _wait_until_it_listens(process: subprocess.Popen[bytes], log: Path) -> str:
    """The server's /lab address, from its own log."""
    for _ in range(1100):  # of 0.1 s
        for line in log.read_text(errors="replace").splitlines():
            if "http://127.0.0.1:" in line and "/lab" in line:
                address = line[line.index("http://127.0.0.1:") :].split("/lab")[0]
                with contextlib.suppress(urllib.error.URLError):
                    urllib.request.urlopen(f"{address}/static/lab/", timeout=5).close()
                    return f"{address}/lab"
                return f"{address}/lab"
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')}")


@contextlib.contextmanager
def chromium(*flags: str, playwright: Playwright | None = None, **options: Any) -> Iterator[BrowserContext]:
    """A browser with a profile of its own; `options` are those of Playwright's contexts. A process has but one
    playwright: who has started it hands it on."""
    with contextlib.ExitStack() as stack:
        api = playwright or stack.enter_context(sync_playwright())
        profile = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        context = api.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            headless=True,
            args=[*CHROMIUM_FLAGS, *flags],
            **{"viewport": VIEWPORT, **options},
        )
        try:
            yield context
        finally:
            context.close()


class Notebook:
    """A notebook open in a page. `errors` collects what the page's console complains of."""

    def __init__(self, context: BrowserContext, lab: str, path: Path, cells: list[str]) -> None:
        if cells:
            document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
            document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(document, path)
        self.path = path
        self.errors: list[str] = []
        self.page = _show(context, lab, path.name)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.wait_for_function(
            f"""name => {{ const panel = window.jupyterapp && {_PANEL};
                 const kernel = panel?.context?.path === name && panel.sessionContext?.session?.kernel;
                 return kernel && kernel.status === 'idle' && kernel.connectionStatus === 'connected' }}""",
            arg=path.name,
            timeout=60_000,
        )

    def start(self, index: int) -> None:
        """Run a cell without waiting for it."""
        self.page.evaluate(
            f"i => {{ const notebook = {_PANEL}.content; notebook.activeCellIndex = i; notebook.deselectAll();"
            "window.jupyterapp.commands.execute('notebook:run-cell') }",
            index,
        )

    def run(self, index: int) -> str:
        """Run a cell to its end; its text output."""
        self.start(index)
        return self.wait(index)

    def wait(self, index: int) -> str:
        """Wait for a cell that was started; its text output."""
        self.page.wait_for_function(
            f"i => {_CELL}.model.executionState === 'idle' && {_CELL}.model.executionCount !== null",
            arg=index,
            timeout=60_000,
        )
        return self.text(index)

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """A cell's outputs, as the notebook's model has them."""
        found: list[dict[str, Any]] = self.page.evaluate(f"i => {_CELL}.outputArea.model.toJSON()", index)
        return found

    def text(self, index: int) -> str:
        """A cell's text output; an error counts as text."""
        parts = []
        for output in self.outputs(index):
            text = output.get("text") or output.get("data", {}).get("text/plain") or output.get("evalue") or ""
            parts.append(text if isinstance(text, str) else "".join(text))
        return "\n".join(parts)

    def save(self) -> Any:
        """Save the notebook; the document as it is on disk."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        self.page.wait_for_function(f"() => !{_PANEL}.context.model.dirty", timeout=20_000)
        return nbformat.read(self.path, as_version=4)

    def close(self) -> None:
        """Shut the kernel down and close the notebook; its page stays for the next one."""
        self.page.evaluate(
            f"async () => {{ const panel = {_PANEL}; await panel.sessionContext.shutdown(); panel.dispose() }}"
        )


def keep_only_lab(context: BrowserContext) -> None:
    """Close all pages but that of a JupyterLab without open notebooks, whose memory of choices is cleared."""
    for page in context.pages:
        if page.evaluate(f"() => window.jupyterapp && ![...{_SHELL}.widgets('main')].some(widget => widget.context)"):
            page.evaluate("localStorage.clear()")
        else:
            page.close()


def _show(context: BrowserContext, lab: str, name: str) -> Page:
    """Open a notebook, in the JupyterLab that a page has loaded already if there is one: loading takes seconds."""
    address, _, query = lab.partition("?")
    for page in context.pages:
        if page.url.startswith(address):
            page.evaluate("path => { window.jupyterapp.commands.execute('docmanager:open', { path }) }", name)
            return page
    page = context.new_page()
    page.goto(f"{address}/tree/{name}?{query}")
    return page
