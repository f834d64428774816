"""What a view shows and offers while its run goes on, is disconnected, stopped and failed, in a real JupyterLab."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path

import pytest
from lab import Notebook
from playwright.sync_api import BrowserContext
from servers import RATE, Cloud, Talk, event

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

# On loopback a wait is a twentieth of that, shortened by up to half: 30 to 60 s, which the test does not wait for.
SHOW = """import paraformer_nb as pnb
retry = pnb.Retry(attempts=3, first_wait=1200, longest_wait=1200)
run = pnb.transcribe("data/lesson_en.flac", service=pnb.DashScope("any", url={url!r}), retry=retry)
run"""
LEFT = "() => Number(/in (\\d+) s/.exec(document.querySelector('.pnb-retry').textContent)?.[1] ?? 0)"


class Troubles:
    """A service that loads, disconnects after three seconds of audio, ends a task well, refuses one, and then works.

    `may_start`: set it, and the first task is started.
    """

    def __init__(self) -> None:
        self.may_start = threading.Event()
        self._tasks = 0

    async def behave(self, talk: Talk) -> None:
        self._tasks += 1
        await talk.command()
        if self._tasks == 1:
            await asyncio.to_thread(self.may_start.wait)
        await talk.send(event("task-started", talk.task))
        if self._tasks == 1:
            await talk.say("hello", "there")
            received = 0
            while received < 3 * 2 * RATE:
                received += len(await talk.block())
            await talk.connection.close(1011, "upstream restarts")
        elif self._tasks == 3:
            await talk.block()
            await talk.fail("InvalidParameter", "the vocabulary is unknown")
        else:
            await talk.command()
            if self._tasks == 4:
                await talk.say("goodbye", number=2)
            await talk.finish()


def test_trouble_is_shown_and_the_run_can_be_continued(lab: str, browser: BrowserContext, folder: Path) -> None:
    troubles = Troubles()
    with Cloud(troubles.behave) as cloud:
        cells = [SHOW.format(url=cloud.url), "await run\nprint(run.state, run.text)"]
        notebook = Notebook(browser, lab, folder / "trouble.ipynb", cells)
        try:
            notebook.run(0)
            view = notebook.page.locator(".pnb-timeline")
            state, message = view.locator(".pnb-state"), view.locator(".pnb-message")
            state.filter(has_text="Loading the recogniser").wait_for(timeout=60_000)
            assert view.locator(".pnb-clip").inner_text() == "lesson_en.flac"
            assert view.get_attribute("aria-label") == "Speech recognition of lesson_en.flac"
            troubles.may_start.set()

            state.filter(has_text="Reconnecting").wait_for(timeout=60_000)
            assert re.fullmatch(r"attempt 2 of 3 in \d+ s", view.locator(".pnb-retry").inner_text())
            assert "1011" in message.inner_text()
            first = notebook.page.evaluate(LEFT)
            notebook.page.wait_for_function(f"first => ({LEFT})() < first", arg=first)
            assert notebook.page.evaluate(LEFT) > 20, "it counts seconds"

            # What was sent is to be recognised: the next attempt is made at once, and is the last one.
            view.get_by_role("button", name="Stop").click()
            state.filter(has_text="Stopped").wait_for(timeout=60_000)
            assert view.locator(".pnb-retry").is_hidden()
            left = re.fullmatch(r"([\d.]+) s of 39\.7 s were not recognised\.", message.inner_text())
            assert left
            assert 30 < float(left[1]) < 39.7
            view.get_by_role("button", name="Go on").click()

            state.filter(has_text="Failed").wait_for(timeout=60_000)
            assert "the vocabulary is unknown" in message.inner_text()
            assert " ".join(view.locator(".pnb-text").inner_text().split()) == "hello there"
            view.get_by_role("button", name="Try again").click()

            state.filter(has_text="Finished").wait_for(timeout=60_000)
            assert message.is_hidden()
            assert view.get_by_role("button", name="Try again").is_hidden()
            assert notebook.run(1).strip() == "finished hello there goodbye"
            assert notebook.errors == []
        finally:
            troubles.may_start.set()
            notebook.close()
