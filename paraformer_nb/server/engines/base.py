"""The interfaces of an engine: a recogniser of the embedded service, and its streams, one per task.

To add an engine, create a folder beside this file with an `engine.py` that implements `Engine` and a `kind.py` that
defines its `EngineKind`, and add that to `registry`. `kind.py` is imported whenever the service is used, so it must not
import anything heavy at module level.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from ...dashscope.messages import SentenceResult
from ...dashscope.server_protocol import NO_TRANSLATIONS

ENGINE_RATE = 16_000
"""Hz; the sample rate of every stream."""


class Settings(NamedTuple):
    """A task's settings for its engine, under the service's own names."""

    max_sentence_silence: int = 800
    """Milliseconds of silence that end a sentence."""
    translation_languages: tuple[str, ...] = ()
    """The languages to translate into."""
    hotwords: Mapping[str, int] = {}
    """Words to favour, and their weights."""
    context: str = ""
    """What the speech is about, or was said before."""


class EngineError(Exception):
    """A task must fail; the client receives `code` and the message in task-failed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Emit(Protocol):
    """Sends a partial or final sentence, and its translations (language -> text so far) if there are any.

    It waits while the client does not read, so that an engine does not run ahead of its client.
    """

    async def __call__(self, sentence: SentenceResult, translations: Mapping[str, str] = NO_TRANSLATIONS) -> None: ...


class Stream(Protocol):
    """The recognition of one task. Times in results are ms from the start of the task's audio."""

    async def start(self) -> None:
        """Get ready; results may be emitted from now on. Raises EngineError."""

    async def accept(self, pcm: bytes) -> None:
        """Accept a block of 16 kHz 16-bit mono PCM; return when there is room for the next one. Raises EngineError."""

    async def finish(self) -> None:
        """End the audio; return when the last result has been emitted. Raises EngineError."""

    async def close(self) -> None:
        """Release all resources, in any state. Always called, once."""


@runtime_checkable
class ContextStream(Protocol):
    """A stream that can use a new context in mid-task."""

    def update_context(self, text: str) -> None:
        """Replace the context."""


class Engine(Protocol):
    """A recogniser. It is created before the service starts, so that invalid options are reported immediately."""

    async def open(self) -> None:
        """Start loading in the background, so that the first task waits less. Called when the service starts."""

    def stream(self, settings: Settings, emit: Emit) -> Stream:
        """Create a task's stream, without starting it."""

    async def close(self) -> None:
        """Release all resources. Called after all streams are closed; the engine may be opened again."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """An engine's own option: a keyword argument of `Embedded`, and an option of ``paraformer-nb serve``.

    Attributes:
        name: such as ``model_dir``; ``--model-dir`` on the command line.
        metavar: a placeholder for its value, such as ``FOLDER``.
        help: a description of the value.
        type: of its value.
        is_required: whether the engine needs it.
    """

    name: str
    metavar: str
    help: str
    type: type[Path] | type[float] = Path
    is_required: bool = False


@dataclass(frozen=True, kw_only=True)
class EngineKind:
    """The description of an engine, available without loading it.

    Attributes:
        name: such as ``pocketsphinx``.
        summary: a few words for help texts.
        languages: the languages it recognises; None if they depend on its model, script or journal.
        supported_parameters: the task parameters that it supports, besides those that the service supports for every
            engine; all others are logged as ignored.
        notice: what users must know about its results, shown wherever they are shown; may be empty.
        make: creates the engine from its options. Raises ParameterError or MissingDependency.
        options: its own options.
        package: the package that it needs, beside those that are always installed; None: it needs none.
        package_data: a folder in that package that it needs as well, such as a model's.
        capacity: how many tasks it recognises at once; further ones wait for their turn. None: no limit of its own.
    """

    name: str
    summary: str
    languages: tuple[str, ...] | None
    supported_parameters: frozenset[str]
    notice: str
    make: Callable[..., Engine]
    options: tuple[Option, ...] = ()
    package: str | None = None
    package_data: str = ""
    capacity: int | None = None

    @property
    def folder(self) -> Path | None:
        """The folder of its package, or of the package's data; None without a package or if it is not installed."""
        spec = importlib.util.find_spec(self.package) if self.package else None
        folders = (Path(folder) / self.package_data for folder in spec.submodule_search_locations or ()) if spec else ()
        return next((folder for folder in folders if folder.is_dir()), None)

    @property
    def is_installed(self) -> bool:
        """Whether what it needs is installed."""
        return self.package is None or self.folder is not None
