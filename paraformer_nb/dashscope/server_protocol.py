"""The service's side of one socket, sans I/O: what may come in now, what goes out, and the service's own words
for what may not.

Tasks follow one another on a socket, each under an id of its own. The caller carries texts and runs the recogniser.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple

from ..errors import LocalProtocolError
from . import gummy
from .messages import (
    AUDIO_FORMATS,
    CommandError,
    ContinueTask,
    FinishTask,
    ResultGeneratedEvent,
    RunTask,
    SentenceResult,
    TaskFailedEvent,
    TaskFinishedEvent,
    TaskStartedEvent,
    TaskUsage,
    decode_command,
    encode_event,
)
from .parameters import MODELS, wrong_parameter

ENGINE_HEADER = "X-Paraformer-NB-Engine"
"""The embedded service names its engine in the handshake's answer, so that nobody mistakes it for the cloud."""

NO_TRANSLATIONS: Mapping[str, str] = {}


class Refusal(NamedTuple):
    """The task must fail with this, and the socket be closed."""

    code: str
    message: str


class Audio(NamedTuple):
    """A block of the running task's audio, as it came."""

    data: bytes


HEARTBEAT = SentenceResult(0, None, "", [], sentence_end=False, sentence_id=0, heartbeat=True)
"""An empty result that keeps a connection alive; its shape is known from other clients' tests."""

Request = RunTask | ContinueTask | FinishTask | Audio | Refusal


class ServerState(Enum):
    """Where the socket's current task stands."""

    IDLE = auto()
    STARTING = auto()
    STREAMING = auto()
    FINISHING = auto()
    CLOSED = auto()


class ServerProtocol:
    """One socket: `receive_*` turn what came into a request; the other methods give the texts to send.

    Attributes:
        task_id: the current task's id, or the last one's.
        note: a slip of the client that was forgiven, for the log; None when there was none.
    """

    def __init__(self) -> None:
        self.state = ServerState.IDLE
        self.task_id = ""
        self.note: str | None = None
        self._seen: set[str] = set()
        self._is_gummy = False
        self._is_heard = True  # the transcription is wanted; a task may want translations alone

    def receive_text(self, text: str) -> Request:
        """A command, or the refusal of it."""
        self.note = None
        try:
            command = decode_command(text)
        except CommandError as error:
            if self.state is ServerState.IDLE:
                self.task_id = error.task_id or self.task_id
            return Refusal("InvalidParameter", str(error))
        match command:
            case RunTask():
                return self._run(command)
            case FinishTask() | ContinueTask() if self.state is not ServerState.STREAMING:
                self.task_id = self.task_id or command.task_id
                return Refusal("InvalidParameter", f"no task is running: {self.state.name.lower()}")
            case FinishTask():
                if command.task_id != self.task_id:  # the vendor's PHP sample does so
                    self.note = "finish-task came under another task_id; the running task was finished"
                self.state = ServerState.FINISHING
        return command

    def receive_audio(self, data: bytes) -> Request:
        """A block of audio, or the refusal of it."""
        self.note = None
        if self.state is not ServerState.STREAMING:
            return Refusal("InvalidParameter", "audio was sent before task-started or after finish-task")
        return Audio(data)

    def _run(self, command: RunTask) -> Request:
        if self.state is not ServerState.IDLE:
            return Refusal("InvalidParameter", "a task is running on this connection already")
        self.task_id = command.task_id
        if command.task_id in self._seen:
            return Refusal("InvalidParameter", "this task_id was used before; every task needs its own")
        self._seen.add(command.task_id)
        self.state = ServerState.STARTING
        self._is_gummy = command.model == gummy.GUMMY
        self._is_heard = command.parameters.get("transcription_enabled", True) is not False
        return self._refusal(command) or command

    @staticmethod
    def _refusal(command: RunTask) -> Refusal | None:
        model, given = MODELS.get(command.model), command.parameters
        if model is None and command.model != gummy.GUMMY:
            return Refusal("ModelNotFound", f"Model not exist: {command.model}")
        audio_format, rate = given.get("format", "pcm"), given.get("sample_rate", 16000)
        if audio_format not in AUDIO_FORMATS:
            return Refusal("UNSUPPORTED_FORMAT", f"format {audio_format!r} is none of {', '.join(AUDIO_FORMATS)}")
        if not isinstance(rate, int) or not 8000 <= rate <= 48000:
            return Refusal("InvalidParameter", f"sample_rate {rate!r} is not between 8000 and 48000")
        if model and not model.any_rate and rate != model.sample_rate:
            return Refusal("InvalidParameter", f"{command.model} takes a sample_rate of {model.sample_rate} only")
        problem = wrong_parameter(given) or gummy.wrong_parameter(given)
        return Refusal("InvalidParameter", problem) if problem else None

    def started(self) -> str:
        """The task-started text."""
        self._expect(ServerState.STARTING)
        self.state = ServerState.STREAMING
        return encode_event(TaskStartedEvent(self.task_id))

    def result(self, sentence: SentenceResult, seconds: int, translations: Mapping[str, str] = NO_TRANSLATIONS) -> str:
        """A result-generated text; `seconds` so far are billed, and told with a final."""
        self._expect(ServerState.STREAMING, ServerState.FINISHING)
        billed = seconds if sentence.is_final else None
        if self._is_gummy:
            return gummy.encode_result(self.task_id, sentence, translations, billed, is_heard=self._is_heard)
        return encode_event(ResultGeneratedEvent(self.task_id, sentence, None if billed is None else TaskUsage(billed)))

    def heartbeat(self) -> str:
        """An empty result-generated text."""
        self._expect(ServerState.STREAMING)
        return encode_event(ResultGeneratedEvent(self.task_id, HEARTBEAT))

    def finished(self, seconds: int) -> str:
        """The task-finished text; the next task may come."""
        self._expect(ServerState.FINISHING)
        self.state = ServerState.IDLE
        return encode_event(TaskFinishedEvent(self.task_id, TaskUsage(seconds)))

    def failed(self, refusal: Refusal) -> str:
        """The task-failed text; the socket must be closed after it."""
        self.state = ServerState.CLOSED
        return encode_event(TaskFailedEvent(self.task_id, refusal.code, refusal.message))

    def _expect(self, *states: ServerState) -> None:
        if self.state not in states:
            raise LocalProtocolError(f"the service cannot send this while the task is {self.state.name}.")
