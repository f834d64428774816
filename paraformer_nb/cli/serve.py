"""``paraformer-nb serve``: run the embedded service for any client of the protocol."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import secrets
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress

from ..errors import ParaformerError, ParameterError
from ..paths import expand
from ..server.embedded_server import EmbeddedServer
from ..server.engines.base import EngineKind
from ..server.engines.registry import ENGINES, default_engine, make_engine
from ..server.faults import parse_fault
from ..server.limits import Limits
from .arguments import Commands, add_file
from .streams import StdoutClosed, message, write_line

SERVE_KEY_VARIABLE = "PARAFORMER_NB_API_KEY"


def add_to(commands: Commands) -> None:
    """Add ``serve`` to the commands."""
    parser = commands.add_parser("serve", help="run the embedded service until it is interrupted")
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1 (default: any free one, which is printed)")
    parser.add_argument(
        "--api-key", help=f"the key that clients must send (default: ${SERVE_KEY_VARIABLE}, else a new one)"
    )
    add_file(parser, "--api-key-file", type=expand, help="a file that holds the key")
    parser.add_argument(
        "--engine",
        default=default_engine(),
        help="; ".join(f"{kind.name}: {kind.summary}" for kind in ENGINES.values()),
    )
    add_engine_options(parser, ENGINES.values())
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:KEY=VALUE,...]",
        help="a fault to simulate, such as drop:events=5,how=reset; docs/service.md lists them",
    )
    parser.add_argument(
        "--limit", action="append", default=[], metavar="NAME=NUMBER", help="such as no_data=2; see docs/service.md"
    )
    parser.add_argument("--verbose", action="store_true", help="log to stderr")
    parser.set_defaults(run=_run)


def add_engine_options(parser: argparse.ArgumentParser, kinds: Iterable[EngineKind]) -> None:
    """Add the engines' own options; engines with an option of the same name share it. `make_engine` converts values."""
    metavars: dict[str, str] = {}
    texts: dict[str, list[str]] = {}
    for kind in kinds:
        for option in kind.options:
            metavars.setdefault(option.name, option.metavar)
            texts.setdefault(option.name, []).append(f"for {kind.name}: {option.help}")
    for name, metavar in metavars.items():
        add_file(parser, f"--{name.replace('_', '-')}", metavar=metavar, help="; ".join(texts[name]))


def _run(options: argparse.Namespace) -> None:
    if not 0 <= options.port <= 65535:
        raise ParameterError(f"--port {options.port}: give 0 to 65535.")
    if options.verbose:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    names = [option.name for kind in ENGINES.values() for option in kind.options]
    given = {name: getattr(options, name) for name in names}
    engine = make_engine(options.engine, {name: value for name, value in given.items() if value is not None})
    faults, limits = [parse_fault(text) for text in options.fault], Limits.parse(options.limit)
    key = _api_key(options)
    server = EmbeddedServer(ENGINES[options.engine], engine, key or secrets.token_hex(16), faults=faults, limits=limits)
    asyncio.run(_serve(server, options.port, show_key=key is None))


def _api_key(options: argparse.Namespace) -> str | None:
    """The key that was given, or None."""
    if options.api_key and options.api_key_file:
        raise ParameterError("give --api-key or --api-key-file, not both.")
    try:
        # Editors on Windows begin a file with a byte order mark.
        file = options.api_key_file
        key = file.read_text(encoding="utf-8-sig").strip() if file else options.api_key
    except UnicodeDecodeError:
        raise ParameterError(f"the key file {str(file)!r} is not a text in UTF-8: save it as one.") from None
    except OSError as error:
        raise ParameterError(f"the key file {str(options.api_key_file)!r} cannot be read: {error.strerror}.") from error
    key = key if key is not None else os.environ.get(SERVE_KEY_VARIABLE)
    if key is not None and not key:
        raise ParameterError("the key is empty.")
    return key


def _announce(server: EmbeddedServer, *, show_key: bool, is_needed: bool) -> None:
    """Print the address, a new key and the engine's notice. Raises StdoutClosed if that fails and is needed."""
    try:
        write_line(f"listening on {server.url}")
        if show_key:
            write_line(f"API key: {server.api_key}")
    except StdoutClosed:
        if is_needed:
            raise
    if notice := server.kind.notice:
        message(notice)


async def _serve(server: EmbeddedServer, port: int, *, show_key: bool) -> None:
    """Serve until SIGINT or SIGTERM."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: there an interrupt ends it at once
            loop.add_signal_handler(number, ended.set)
    try:
        await server.start(port)
    except OSError as error:
        raise ParaformerError(
            f"cannot listen on port {port}: {error.strerror}. Choose another, or leave --port out for a free one."
        ) from error
    try:
        _announce(server, show_key=show_key, is_needed=show_key or not port)
        await ended.wait()
    finally:
        await server.close()
