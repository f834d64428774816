"""The saved page runs only its own script, uses only its own style and sends nothing, whatever is put into it."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_front_end import recognised, run_started
from playwright.sync_api import BrowserContext, Page
from saved_pages import lesson_run

from paraformer_nb.formats.html import to_html
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.widgets.saved_run import SavedSound

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

_INJECTED = """<script>window.injected = "script"</script>
<script type="module">window.injected = "module"</script>
<script src="URL/script.js"></script>
<link rel="stylesheet" href="URL/style.css">
<style>h1 { display: none }</style>
<p id="styled" style="display: none">styled</p>
<img src="URL/image.png"> <img src="data:," onerror="window.injected = 'handler'">
<iframe src="URL/frame.html"></iframe>
<video src="URL/video.webm"></video>
<main """
_REQUESTS = """async (url) => {
  new Image().src = `${url}/made.png`;
  const sent = await fetch(`${url}/fetched`).then(() => true, () => false);
  const connected = await new Promise((resolve) => {
    try {
      const source = new EventSource(`${url}/events`);
      source.onopen = () => resolve(true);
      source.onerror = () => resolve(false);
    } catch {
      resolve(false);
    }
  });
  let isEvaluated = false;
  try {
    isEvaluated = new Function("return true")();
  } catch {}
  return { sent, connected, isEvaluated };
}"""


class _Server(http.server.ThreadingHTTPServer):
    """Answers everything, and keeps what was requested."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", "text/event-stream" if "events" in self.path else "text/plain")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the English lesson, with its sound."""
    return lesson_run().export(tmp_path_factory.mktemp("page") / "lesson.html").path.read_text(encoding="utf-8")


def _opened(browser: BrowserContext, path: Path, text: str) -> Page:
    path.write_text(text, encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.locator(".pnb-text", has_text="morning").wait_for()
    return page


def _has_injected(page: Page) -> list[bool]:
    """Whether an injected script has run, and whether injected styles apply."""
    effects: list[bool] = page.evaluate(
        """() => [window.injected !== undefined,
        ...["h1", "#styled"].map((name) => getComputedStyle(document.querySelector(name)).display === "none")]"""
    )
    return effects


def test_what_is_injected_is_refused_and_the_page_still_works(
    each_browser: BrowserContext, server: _Server, text: str, tmp_path: Path
) -> None:
    injected = text.replace("<main ", _INJECTED.replace("URL", server.url))
    page = _opened(each_browser, tmp_path / "page.html", injected)
    assert _has_injected(page) == [False, False, False]
    assert page.evaluate(_REQUESTS, server.url) == {"sent": False, "connected": False, "isEvaluated": False}
    page.locator(".pnb-play").click()
    page.wait_for_function("() => [...CSS.highlights.keys()].includes('pnb-spoken')")  # it plays
    spoken = "getComputedStyle(document.querySelector('.pnb-text'), '::highlight(pnb-spoken)').backgroundColor"
    assert page.evaluate(spoken) not in ("rgba(0, 0, 0, 0)", "transparent")
    assert server.paths == []
    page.close()


def test_without_its_policy_the_page_would_obey(
    browser: BrowserContext, server: _Server, text: str, tmp_path: Path
) -> None:
    """What the other test injects is harmful indeed."""
    injected = text.replace("<main ", _INJECTED.replace("URL", server.url))
    page = _opened(browser, tmp_path / "page.html", re.sub(r"<meta http-equiv[^>]*>", "", injected))
    assert _has_injected(page) == [True, True, True]
    assert page.evaluate(_REQUESTS, server.url) == {"sent": True, "connected": True, "isEvaluated": True}
    assert {"/script.js", "/style.css", "/image.png", "/frame.html", "/fetched"} <= set(server.paths)
    page.close()


def _policy(page: str) -> dict[str, str]:
    found = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    assert found
    parts = (part.split(maxsplit=1) for part in found[1].split("; "))
    return {name: rest for name, rest in parts}


@pytest.mark.parametrize(
    ("sound", "media"),
    [
        (None, "'none'"),
        (SavedSound("audio/webm", None, 0.0), "blob:"),
        (SavedSound("audio/webm", "page.html.webm", 0.0), "'self' file:"),
    ],
)
def test_the_policy_allows_exactly_what_the_page_needs(sound: SavedSound | None, media: str) -> None:
    transcript = Transcript(run_started())
    transcript.apply(recognised(1, ["good", "day"], is_final=True))
    policy = _policy(to_html(transcript, sound, "page"))
    assert policy.pop("default-src") == policy.pop("base-uri") == policy.pop("form-action") == "'none'"
    assert policy.pop("media-src") == media
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy.pop("script-src"))
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy.pop("style-src"))
    assert policy == {}
