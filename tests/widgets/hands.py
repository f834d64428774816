"""Hands on a timeline in a real JupyterLab: mouse and keys, whose effects are read from Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import Notebook
from playwright.sync_api import BrowserContext, Locator

SETUP = """import json, paraformer_nb as pnb
script = pnb.Embedded("scripted", script="data/lesson_en.json")
run = pnb.transcribe("data/lesson_en.flac", service=script, save="hands.jsonl").wait()
view = run.timeline()
view"""


class Hands:
    """A finished run's timeline in a notebook of two cells: the view, and one to evaluate expressions in."""

    def __init__(self, browser: BrowserContext, lab: str, folder: Path, name: str) -> None:
        cells = [SETUP.replace("hands", name), "print()"]
        self.notebook = Notebook(browser, lab, folder / f"{name}.ipynb", cells)
        self.notebook.page.evaluate("localStorage.clear()")  # what a test before has chosen
        self.notebook.run(0)
        self.view: Locator = self.notebook.page.locator(".pnb-timeline").first
        self.view.locator(".pnb-text", has_text="morning").wait_for(timeout=30_000)
        self.picture = self.view.locator(".pnb-picture")
        self.page = self.notebook.page

    def python(self, expression: str) -> Any:
        """The value of an expression in the kernel now. Running a cell moves the focus, so it is moved back."""
        had_focus = self.page.evaluate("() => document.activeElement?.classList.contains('pnb-words')")
        self.page.evaluate(
            "source => window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.setSource(source)",
            f"print(json.dumps({expression}, default=lambda value: value.item()))",
        )
        printed = self.notebook.run(1)
        if had_focus:
            self.view.locator(".pnb-words").focus()
        return json.loads(printed)

    def eventually(self, expression: str, expected: Any) -> None:
        """Wait until an expression has a value in Python: the front end is another process."""
        for _ in range(200):
            value = self.python(expression)
            if value == expected:
                return
            self.page.wait_for_timeout(50)
        assert value == expected

    def shown(self) -> tuple[float, float]:
        """The window on view, from the picture's label."""
        label = self.picture.get_attribute("aria-label") or ""
        start, end = label.rsplit("Shows ", 1)[1].rstrip(".").split(" to ")
        return tuple(60 * float(time.split(":")[0]) + float(time.split(":")[1]) for time in (start, end))  # type: ignore[return-value]

    def shows(self, is_right: Callable[[float, float], bool]) -> tuple[float, float]:
        """Wait until the window on view is right."""
        for _ in range(60):
            window = self.shown()
            if is_right(*window):
                return window
            self.page.wait_for_timeout(50)
        raise AssertionError(f"the window is {window}")

    def at(self, time: float, row: str) -> tuple[float, float]:
        """Page coordinates of a time in a row of the picture: wave, words or axis."""
        box = self.picture.bounding_box()
        assert box is not None
        start, end = self.shown()
        below = {"wave": 60, "words": 176, "axis": box["height"] - 10}[row]
        return box["x"] + (time - start) / (end - start) * box["width"], box["y"] + below

    def click(self, time: float, row: str, **options: Any) -> None:
        self.page.mouse.click(*self.at(time, row), **options)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, start[1])
        self.page.mouse.move(*end)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def focus_is_on(self, text: str) -> None:
        """Wait until the description of the focused word begins with a text."""
        self.page.wait_for_function(
            "text => { const focused = document.activeElement.getAttribute('aria-activedescendant');"
            "return document.getElementById(focused)?.textContent.replace(/[\\u2068\\u2069]/g, '').startsWith(text) }",
            arg=text,
            timeout=5000,
        )

    def is_playing(self, *, yes: bool) -> None:
        """Wait until it plays, or does not."""
        name = "Pause" if yes else "Play"
        self.page.wait_for_function(f"() => document.querySelector('.pnb-play').textContent.includes('{name}')")

    def paused_at(self) -> float:
        """Where the playhead is once it rests, in Python as well."""
        self.is_playing(yes=False)
        minutes, seconds = self.view.locator(".pnb-time-field").input_value().split(":")
        position = 60 * float(minutes) + float(seconds)
        self.eventually("view.playhead", pytest.approx(position, abs=0.06))  # the clock shows tenths
        return float(self.python("view.playhead"))

    def start_over(self) -> None:
        """Bring the timeline to what it was when its run had ended."""
        self.python("[run.undo() for _ in range(50)] and view.set_trait('selection', None)")
        self.python("view.seek(0)")


@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest, browser: BrowserContext, lab: str, folder: Path) -> Iterator[Hands]:
    """A notebook with a timeline, for all tests of a module: a kernel starts slowly."""
    hands = Hands(browser, lab, folder, request.module.__name__.removeprefix("test_"))
    try:
        yield hands
    finally:
        hands.notebook.close()


@pytest.fixture
def hands(opened: Hands) -> Iterator[Hands]:
    """The timeline, as it was when its run had ended."""
    opened.start_over()
    yield opened
    opened.press("Escape", "Escape")
    assert opened.notebook.errors == []
