"""Debian's Firefox for tests, driven by Playwright as Chromium is."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Playwright

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
PULSEAUDIO = shutil.which("pulseaudio")
_RELAY = Path(__file__).with_name("firefox_relay.py")
_START_TIMEOUT = 120.0  # seconds; a loaded machine


def firefox(playwright: Playwright, home: Path, sound_server: str) -> Browser:
    """Start a Firefox with a profile in the folder `home`, which plays through a sound server."""
    command = home / "firefox"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{_RELAY}" "$@"\n')
    command.chmod(0o755)
    return playwright.firefox.launch(
        channel="moz-firefox",  # its own protocol, WebDriver BiDi: it needs no Firefox of Playwright's
        executable_path=command,
        headless=True,
        timeout=1000 * _START_TIMEOUT,
        env={**os.environ, "HOME": str(home), "FIREFOX": str(FIREFOX), "PULSE_SERVER": sound_server},
    )


@contextlib.contextmanager
def silent_device(folder: Path) -> Iterator[str]:
    """A sound server whose only device is silent; gives its address. Firefox plays nothing without a device."""
    socket = folder / "pulse"
    modules = ["-L", "module-null-sink", "-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"]
    command = [str(PULSEAUDIO), "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", *modules]
    process = subprocess.Popen(
        command,
        env={**os.environ, "HOME": str(folder), "PULSE_RUNTIME_PATH": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + _START_TIMEOUT
        while not socket.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{PULSEAUDIO} did not start")
            time.sleep(0.02)
        yield f"unix:{socket}"
    finally:
        process.terminate()
        process.wait(10)
