"""WebKitGTK's MiniBrowser for tests, driven over WebDriver with the standard library: Playwright cannot drive it.

Debian's packages: webkit2gtk-driver xvfb gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DRIVER = shutil.which("WebKitWebDriver")
XVFB = shutil.which("Xvfb")
MINIBROWSER = next(iter(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser")), None)
_KEYS = {"Home": "\ue011", "End": "\ue010", "Escape": "\ue00c", "Enter": "\ue007", "Space": " "}
_TIMEOUT = 60.0  # seconds


class WebKit:
    """One browser window. `base` is the address of its WebDriver session."""

    def __init__(self, base: str) -> None:
        self._base = base

    def open(self, url: str) -> None:
        """Open a page, and wait until it has loaded."""
        _call("POST", f"{self._base}/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run the body of a function in the page; return its value."""
        return _call("POST", f"{self._base}/execute/sync", {"script": script, "args": list(arguments)})

    def until(self, expression: str, *arguments: Any) -> Any:
        """Wait until an expression is true in the page; return its value."""
        deadline = time.monotonic() + _TIMEOUT
        while not (value := self.run(f"return {expression}", *arguments)):
            assert time.monotonic() < deadline, f"never true: {expression}"
            time.sleep(0.05)
        return value

    def click(self, x: float, y: float) -> None:
        """Click at a position of the window."""
        steps: list[dict[str, Any]] = [{"type": "pointerMove", "x": round(x), "y": round(y)}]
        steps += [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        self._act({"type": "pointer", "id": "mouse", "actions": steps})

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        steps = [{"type": kind, "value": _KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keys", "actions": steps})

    def screenshot(self, path: Path) -> None:
        """Save a PNG of the window."""
        path.write_bytes(base64.b64decode(_call("GET", f"{self._base}/screenshot")))

    def _act(self, actions: dict[str, Any]) -> None:
        _call("POST", f"{self._base}/actions", {"actions": [actions]})


@contextlib.contextmanager
def webkit() -> Iterator[WebKit]:
    """A browser on a screen of its own, without a sound device: its sound is discarded at its true speed."""
    with _screen() as display, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = {name: value for name, value in os.environ.items() if name != "PULSE_SERVER"}
        environment |= {"DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1", "NO_AT_BRIDGE": "1"}
        with _process([str(DRIVER), f"--port={port}"], env=environment):
            driver = f"http://127.0.0.1:{port}"
            _wait_until_it_listens(driver)
            options = {"binary": str(MINIBROWSER), "args": ["--automation"]}
            wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
            base = f"{driver}/session/{_call('POST', f'{driver}/session', wanted)['sessionId']}"
            try:
                yield WebKit(base)
            finally:
                _call("DELETE", base)


def _call(method: str, url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        return json.load(answer)["value"]


def _wait_until_it_listens(driver: str) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline:
        try:
            _call("GET", f"{driver}/status")
        except urllib.error.URLError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("WebKitWebDriver did not start")


@contextlib.contextmanager
def _screen() -> Iterator[str]:
    """An X server without a screen; gives its DISPLAY."""
    read, write = os.pipe()
    command = [str(XVFB), "-displayfd", str(write), "-screen", "0", "1500x1100x24", "-nolisten", "tcp"]
    with os.fdopen(read) as pipe, _process(command, pass_fds=[write]):
        os.close(write)
        yield f":{pipe.readline().strip()}"


@contextlib.contextmanager
def _process(command: list[str], **options: Any) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)
