"""A hub on loopback that answers as the real ones do: redirects, ranges, and everything that goes wrong with them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hub:
    """The files by their paths, and how they are served. All may be changed at any time.

    Attributes:
        files: bytes by path, such as ``/owner/name/resolve/REVISION/file``.
        requests: path and Range of each request for bytes, in order.
        cut_after: bytes of a response after which the connection is cut; None: never.
        cuts: how many responses are cut.
        status: of every answer, instead of the file.
        has_ranges: whether ranges are honoured.
        is_chunked: whether the length is left open.
        store: the address of the store to which requests are redirected; empty: the hub itself.
        hold: after so many bytes a response waits for `release`.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    cut_after: int | None = None
    cuts: int = 10**9
    status: int | None = None
    has_ranges: bool = True
    is_chunked: bool = False
    store: str = ""
    hold: int | None = None
    is_holding: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    address: str = ""


def paths(file: str) -> tuple[str, str]:
    """The paths of a file of the tests' model on Hugging Face and on ModelScope."""
    return f"/owner/tiny/resolve/0123abc/{file}", f"/models/iic/tiny/resolve/master/{file}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_GET(self) -> None:
        hub = self.hub
        hub.agents.add(self.headers.get("User-Agent", ""))
        if hub.status:
            self._answer(hub.status, b"<html>sorry</html>")
        elif self.path.startswith("/cdn/"):
            self._send_file(self.path.removeprefix("/cdn"))
        elif self.path in hub.files:  # as the hubs do: the address redirects to a store of large files
            self.send_response(302)
            self.send_header("Location", f"{hub.store or f'{hub.address}/cdn'}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._answer(404, b"Entry not found")

    def _send_file(self, path: str) -> None:
        hub = self.hub
        data = hub.files[path]
        wanted = self.headers.get("Range", "")
        hub.requests.append((path, wanted))
        match = re.fullmatch(r"bytes=(\d+)-", wanted) if hub.has_ranges else None
        first = int(match[1]) if match else 0
        if match and first >= len(data):
            self._answer(416, b"")
            return
        self.send_response(206 if match else 200)
        if match:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        if hub.is_chunked:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        self._send(data[first:])

    def _send(self, data: bytes) -> None:
        hub = self.hub
        cut = hub.cut_after if hub.cuts > 0 else None
        if hub.hold is not None:
            self.wfile.write(data[: hub.hold])
            self.wfile.flush()
            hub.is_holding.set()
            hub.release.wait(30)
            data = data[hub.hold :]
        self.wfile.write(data[:cut])
        if cut is not None and cut < len(data):
            hub.cuts -= 1
            self.wfile.flush()
            self.close_connection = True

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that disconnects early is not an error here."""


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve a hub on loopback."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield hub
    finally:
        hub.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
