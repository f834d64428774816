"""Fixtures of tests in a browser. A `conftest.py` imports those that its folder needs.

A test uses `browser` (Chromium), `firefox` or `each_browser`, and calls its `new_page()`. A test in JupyterLab uses
`lab`, `folder` and `browser`, and opens a `lab.Notebook`. To start a browser or to load JupyterLab costs seconds of CPU
time: all files share one process of each browser, and those with `lab` a page in which JupyterLab stays loaded.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from asyncio import _set_running_loop
from collections.abc import Iterator
from pathlib import Path

import pytest
from firefox import FIREFOX, PULSEAUDIO, firefox, silent_device
from lab import CHROMIUM, CHROMIUM_FLAGS, VIEWPORT, jupyter_lab, keep_only_lab
from playwright.sync_api import Browser, BrowserContext, Error, Playwright, sync_playwright

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


class Browsers:
    """Playwright and its browsers, each started when first used, and again after a crash or a test's timeout."""

    def __init__(self) -> None:
        self._resources = contextlib.ExitStack()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._playwright: Playwright | None = None
        self._running: dict[str, Browser] = {}
        self._with_lab: BrowserContext | None = None

    @contextlib.contextmanager
    def playwright(self) -> Iterator[Playwright]:
        """Let Playwright's loop be this thread's running one for a while: other tests run loops of their own."""
        if self._loop is None or not self._loop.is_running():  # a timeout breaks out of it
            self._running, self._with_lab = {}, None
            self._playwright = sync_playwright().start()
            self._loop = asyncio.get_running_loop()
        _set_running_loop(self._loop)
        assert self._playwright is not None
        try:
            yield self._playwright
        finally:
            _set_running_loop(None)

    def new_context(self, name: str) -> BrowserContext:
        """A browser's window without a history: "chromium" or "firefox"."""
        with contextlib.suppress(KeyError, Error):  # not started yet, or crashed
            return self._running[name].new_context(viewport=VIEWPORT)
        self._running[name] = self._firefox() if name == "firefox" else self._chromium()
        return self._running[name].new_context(viewport=VIEWPORT)

    @contextlib.contextmanager
    def context_with_lab(self) -> Iterator[BrowserContext]:
        """Chromium's window in which JupyterLab stays loaded; what else a file leaves in it is closed and cleared."""
        context, self._with_lab = self._with_lab, None
        try:
            if context is not None:
                context.clear_permissions()
        except Error:  # crashed
            context = None
        context = context or self.new_context("chromium")
        yield context
        keep_only_lab(context)
        self._with_lab = context

    def close(self) -> None:
        """End all processes."""
        with self._resources:
            if self._loop is not None and self._loop.is_running():
                with self.playwright() as playwright:
                    for browser in self._running.values():
                        browser.close()
                    playwright.stop()

    def _chromium(self) -> Browser:
        assert self._playwright is not None
        return self._playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=CHROMIUM_FLAGS)

    def _firefox(self) -> Browser:
        assert self._playwright is not None
        home = Path(self._resources.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        return firefox(self._playwright, home, self._resources.enter_context(silent_device(home)))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the notebooks and their clips."""
    path = tmp_path_factory.mktemp("lab") / "notebooks"
    shutil.copytree(NOTEBOOKS, path)
    return path


@pytest.fixture(scope="session")
def lab(folder: Path) -> Iterator[str]:
    """A JupyterLab that serves it."""
    with jupyter_lab(folder) as url:
        yield url


@pytest.fixture(scope="session")
def browsers() -> Iterator[Browsers]:
    """The browsers of all files. Skips a test where there is none."""
    if CHROMIUM is None:
        pytest.skip("NO BROWSER: apt-get install chromium, or nothing of the view is tested")
    with contextlib.closing(Browsers()) as browsers:
        yield browsers


@pytest.fixture(scope="module")
def playwright(browsers: Browsers) -> Iterator[Playwright]:
    """Playwright, for a file that starts a browser of its own."""
    with browsers.playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest, browsers: Browsers, playwright: Playwright) -> Iterator[BrowserContext]:
    """Chromium: the window with JupyterLab for a file that uses `lab`, a new one for another."""
    tests = [item for item in request.session.items if item.path == request.path]
    if any("lab" in getattr(test, "fixturenames", ()) for test in tests):
        with browsers.context_with_lab() as context:
            yield context
    else:
        with browsers.new_context("chromium") as context:
            yield context


@pytest.fixture(scope="module", name="firefox")
def another_browser(browsers: Browsers, playwright: Playwright) -> Iterator[BrowserContext]:
    """Firefox. Skips a test where it is missing."""
    if FIREFOX is None or PULSEAUDIO is None:
        pytest.skip("NO FIREFOX: apt-get install firefox-esr pulseaudio, or the view is tested in Chromium only")
    with browsers.new_context("firefox") as context:
        yield context


@pytest.fixture(scope="module", params=["browser", "firefox"])
def each_browser(request: pytest.FixtureRequest) -> BrowserContext:
    """Chromium, then Firefox."""
    context: BrowserContext = request.getfixturevalue(request.param)
    return context
