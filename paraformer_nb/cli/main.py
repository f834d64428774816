"""The command line: ``paraformer-nb transcribe`` and ``paraformer-nb serve``.

Exit codes: 0 done, 1 failed (a clip, the service, the connection), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import secrets
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .. import __version__
from ..client.session import Session
from ..client.start import open_session
from ..dashscope.messages import Event
from ..errors import ParaformerError, ParameterError
from ..server.engines.registry import ENGINES, make_engine
from ..services.keys import KEY_VARIABLE
from ..services.services import DashScope
from ..tables.tables import word_row
from ..transcript.engines import engine_notice
from ..transcript.transcript import Transcript
from ..transcript.words import Sentence

if TYPE_CHECKING:
    from ..server.embedded_server import EmbeddedServer as RunningService

SERVE_KEY_VARIABLE = "PARAFORMER_NB_API_KEY"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except ParameterError as error:
        print(f"paraformer-nb: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ParaformerError, OSError) as error:
        print(f"paraformer-nb: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="paraformer-nb", description="Streaming speech recognition with word times.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    transcribe = commands.add_parser("transcribe", help="transcribe a clip, words as they come")
    transcribe.add_argument("file", metavar="FILE", help="the clip")
    transcribe.add_argument(
        "--url", help="another service than the default one; its key is read from DASHSCOPE_API_KEY"
    )
    transcribe.add_argument("--model", default="paraformer-realtime-v2")
    transcribe.add_argument("--json", action="store_true", help="one JSON object for each settled word")
    transcribe.set_defaults(run=_transcribe)

    serve = commands.add_parser("serve", help="run the embedded service until it is interrupted")
    serve.add_argument("--port", type=int, required=True, help="on 127.0.0.1; 0 takes a free one")
    serve.add_argument(
        "--api-key", help=f"the key that clients must send (default: ${SERVE_KEY_VARIABLE}, else a new one)"
    )
    serve.add_argument("--api-key-file", type=Path, help="a file that holds the key")
    serve.add_argument(
        "--engine",
        default="pocketsphinx",
        help="; ".join(f"{kind.name}: {kind.summary}" for kind in ENGINES.values()),
    )
    for kind in ENGINES.values():
        for option in kind.options:
            flag = f"--{option.name.replace('_', '-')}"
            serve.add_argument(flag, type=option.type, metavar=option.value, help=f"for {kind.name}: {option.help}")
    serve.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:KEY=VALUE,...]",
        help="something that goes wrong on purpose, such as drop:events=5,how=reset; all are in README",
    )
    serve.add_argument(
        "--limit", action="append", default=[], metavar="NAME=NUMBER", help="such as no_data=2; all are in README"
    )
    serve.add_argument("--verbose", action="store_true", help="log what happens on stderr")
    serve.set_defaults(run=_serve)
    return parser


# -------------------------------------------------------------------------------------------------------- transcribe


def _transcribe(options: argparse.Namespace) -> int:
    if options.url and not os.environ.get(KEY_VARIABLE):
        raise ParameterError(f"--url needs the service's key in {KEY_VARIABLE}; without --url no key is needed.")
    service = DashScope(url=options.url) if options.url else None
    session = open_session(options.file, service, options.model, None, None, "service", 5, {})
    try:
        return asyncio.run(_follow(session, as_json=options.json))
    finally:
        session.close()


async def _follow(session: Session, *, as_json: bool) -> int:
    """Print a session's words as they settle. The first interrupt stops it and keeps the tail, the second ends it."""
    interrupts: list[int] = []

    def interrupt() -> None:
        interrupts.append(1)
        session.stop()
        loop.remove_signal_handler(signal.SIGINT)

    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows: there an interrupt ends it at once
        loop.add_signal_handler(signal.SIGINT, interrupt)
    transcript = Transcript()
    session.record_to(transcript.apply)
    transcript.apply(session.run_record())
    with _Screen(transcript, as_json) as screen:
        await session.run(screen.update)
    if not transcript.settled:
        print("paraformer-nb: no speech was found.", file=sys.stderr)
    return 130 if interrupts else 0


class _Screen:
    """Settled words on stdout; on stderr a bar that shows how far the run is and what is being heard."""

    def __init__(self, transcript: Transcript, as_json: bool) -> None:
        from tqdm import tqdm

        self._transcript = transcript
        self._as_json = as_json
        self._shown = 0
        self._notice = ""
        run = transcript.run
        total = None if run is None or run.end is None else round(run.end - run.start, 1)
        layout = "{n:.1f} s {desc}" if total is None else "{n:.1f}/{total:.1f} s |{bar:20}| {desc}"
        self._bar = tqdm(total=total, file=sys.stderr, leave=False, bar_format=layout, dynamic_ncols=True)

    def __enter__(self) -> _Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    async def update(self, _event: Event) -> None:
        """Show what is new."""
        transcript = self._transcript
        notice = engine_notice(transcript.engine)
        if notice != self._notice:
            self._notice = notice
            self._bar.write(f"paraformer-nb: {notice}", file=sys.stderr)
        for sentence in transcript.settled[self._shown :]:
            self._print(sentence)
        self._shown = len(transcript.settled)
        self._bar.set_description_str(transcript.open[-1].text[-60:] if transcript.open else "", refresh=False)
        sent = transcript.sent - (transcript.run.start if transcript.run else 0.0)
        self._bar.update(min(sent, self._bar.total or sent) - self._bar.n)

    def _print(self, sentence: Sentence) -> None:
        if self._as_json:
            for word in sentence.words:
                self._bar.write(msgspec.json.encode(word_row(sentence, word)).decode(), file=sys.stdout)
        else:
            self._bar.write(f"{_clock(sentence.start)}  {sentence.text.strip()}", file=sys.stdout)
        sys.stdout.flush()


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:05.2f}"


# ------------------------------------------------------------------------------------------------------------- serve


def _serve(options: argparse.Namespace) -> int:
    from ..server.embedded_server import EmbeddedServer as RunningService
    from ..server.faults import parse_fault
    from ..server.limits import Limits

    if not 0 <= options.port <= 65535:
        raise ParameterError(f"--port {options.port}: give 0 to 65535.")
    if options.verbose:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    given = {option.name: getattr(options, option.name) for kind in ENGINES.values() for option in kind.options}
    engine = make_engine(options.engine, {name: value for name, value in given.items() if value is not None})
    faults, limits = [parse_fault(text) for text in options.fault], Limits.parse(options.limit)
    key = _serve_key(options)
    service = RunningService(
        ENGINES[options.engine], engine, key or secrets.token_hex(16), faults=faults, limits=limits
    )
    asyncio.run(_listen(service, options.port, show_key=key is None))
    return 0


def _serve_key(options: argparse.Namespace) -> str | None:
    if options.api_key and options.api_key_file:
        raise ParameterError("give --api-key or --api-key-file, not both.")
    try:
        key = options.api_key_file.read_text().strip() if options.api_key_file else options.api_key
    except OSError as error:
        raise ParameterError(f"the key file {str(options.api_key_file)!r} cannot be read: {error.strerror}.") from error
    key = key if key is not None else os.environ.get(SERVE_KEY_VARIABLE)
    if key is not None and not key:
        raise ParameterError("the key is empty.")
    return key


async def _listen(service: RunningService, port: int, *, show_key: bool) -> None:
    """Serve until SIGINT or SIGTERM."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: there an interrupt ends it at once
            loop.add_signal_handler(number, ended.set)
    try:
        await service.start(port)
    except OSError as error:
        raise ParaformerError(
            f"cannot listen on port {port}: {error.strerror}. Choose another, or --port 0 for a free one."
        ) from error
    print(f"listening on {service.url}", flush=True)
    if show_key:
        print(service.api_key, flush=True)
    if notice := service.kind.notice:
        print(f"paraformer-nb: {notice}", file=sys.stderr, flush=True)
    try:
        await ended.wait()
    finally:
        await service.close()
