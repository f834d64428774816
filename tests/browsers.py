"""Fixtures of tests in a browser: a JupyterLab, started once, and a browser for each file. A `conftest.py` imports
those that its folder needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from firefox import FIREFOX, PULSEAUDIO, firefox
from lab import CHROMIUM, chromium, jupyter_lab
from playwright.sync_api import BrowserContext, Playwright, sync_playwright

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


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


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright, one for each file: it leaves a running loop in its thread, which breaks other files' tests. Skips
    a test where there is no browser."""
    if CHROMIUM is None:
        pytest.skip("NO BROWSER: apt-get install chromium, or nothing of the view is tested")
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[BrowserContext]:
    """A browser: Chromium."""
    with chromium(playwright=playwright) as context:
        yield context


@pytest.fixture(scope="module", name="firefox")
def another_browser(playwright: Playwright) -> Iterator[BrowserContext]:
    """Firefox. Skips a test where it is missing."""
    if FIREFOX is None or PULSEAUDIO is None:
        pytest.skip("NO FIREFOX: apt-get install firefox-esr pulseaudio, or the view is tested in Chromium only")
    with firefox(playwright) as context:
        yield context


@pytest.fixture(scope="module", params=["browser", "firefox"])
def each_browser(request: pytest.FixtureRequest) -> BrowserContext:
    """Chromium, then Firefox."""
    context: BrowserContext = request.getfixturevalue(request.param)
    return context
