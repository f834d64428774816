"""Stands between Playwright and Debian's Firefox, and answers the one command that this Firefox does not know.

Playwright starts it as if it were Firefox: it passes on the arguments and stderr, and prints an address of its own.
Environment: FIREFOX, the path of the browser.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

UNKNOWN_COMMAND = "emulation.setMediaFeaturesOverride"
ADDRESS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


async def main() -> int:
    """Run Firefox; return its exit status."""
    firefox = await asyncio.create_subprocess_exec(os.environ["FIREFOX"], *sys.argv[1:], stderr=asyncio.subprocess.PIPE)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, firefox.terminate)
    assert firefox.stderr is not None
    async for line in firefox.stderr:
        if found := ADDRESS.search(line.decode(errors="replace")):
            await _serve(found[1], firefox.stderr)
            break
        _write(line)
    return await firefox.wait()


async def _serve(address: str, stderr: asyncio.StreamReader) -> None:
    """Relay connections to Firefox's address until it ends."""

    async def relay(playwright: ServerConnection) -> None:
        path = playwright.request.path if playwright.request else ""
        async with connect(address + path, max_size=None) as firefox, asyncio.TaskGroup() as group:
            group.create_task(_send_commands(playwright, firefox))
            group.create_task(_send_answers(playwright, firefox))

    async with serve(relay, "127.0.0.1", 0, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        _write(f"WebDriver BiDi listening on ws://127.0.0.1:{port}\n".encode())
        async for line in stderr:
            _write(line)


def _write(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.flush()


async def _send_commands(playwright: ServerConnection, firefox: ClientConnection) -> None:
    async for message in playwright:
        command = json.loads(message) if UNKNOWN_COMMAND in str(message) else {}
        if command.get("method") == UNKNOWN_COMMAND:
            await playwright.send(json.dumps({"type": "success", "id": command["id"], "result": {}}))
        else:
            await firefox.send(message)
    await firefox.close()


async def _send_answers(playwright: ServerConnection, firefox: ClientConnection) -> None:
    try:
        async for message in firefox:
            await playwright.send(message)
    except ConnectionClosed:
        return
    await playwright.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
