"""The service's side of one connection as a state machine without I/O.

It decodes commands, checks that they are allowed in the current state, and encodes events. A connection carries one
task after another, each with its own id. The caller sends and receives the texts, and runs the recogniser.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, NamedTuple

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
from .models import find_model
from .parameters import find_parameter_error
from .tokens import measured_tokens, prompt_tokens

ENGINE_HEADER = "X-Paraformer-NB-Engine"
"""The engine's name, in the handshake response of the embedded service, so that it is not mistaken for the cloud."""

NOTICE_HEADER = "X-Paraformer-NB-Notice"
"""The engine's notice for users, in the same response: UTF-8, percent-encoded; absent if the engine has none."""

NO_TRANSLATIONS: Mapping[str, str] = {}


class Refusal(NamedTuple):
    """The code and message that the current task must fail with; the connection is closed after it."""

    code: str
    message: str


class AudioData(NamedTuple):
    """Audio of the running task, as received."""

    data: bytes


HEARTBEAT = SentenceResult(0, None, "", [], sentence_end=False, sentence_id=0, heartbeat=True)
"""An empty result that keeps the connection alive; its fields are known from other clients' tests."""

Request = RunTask | ContinueTask | FinishTask | AudioData | Refusal


class ServerState(Enum):
    """The state of the connection's current task, as the service knows it."""

    IDLE = auto()
    STARTING = auto()
    STREAMING = auto()
    FINISHING = auto()
    CLOSED = auto()


class ServerProtocol:
    """One connection: `receive_*` decode messages to requests; the other methods return the texts to send.

    Attributes:
        state: of the current task.
        task_id: of the current task, or else of the last one.
        warning: a mistake in the last message that was tolerated, for the log; None if there was none.
    """

    def __init__(self) -> None:
        self.state = ServerState.IDLE
        self.task_id = ""
        self.warning: str | None = None
        self._used_ids: set[str] = set()
        self._is_gummy = False
        self._has_context = False
        self._has_tokens = False  # its usage counts tokens as well
        self._prompt: dict[str, Any] = {}  # the parameters that are tokens of each sentence
        self._sentences = 0  # final ones of the current task
        self._characters = 0
        self._has_transcription = True  # False: the task wants translations only

    def receive_text(self, text: str) -> Request:
        """Decode a command, or refuse it."""
        self.warning = None
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
                if command.task_id != self.task_id:  # as the vendor's PHP sample does
                    self.warning = "finish-task had another task_id; the running task was finished"
                self.state = ServerState.FINISHING
            case ContinueTask():
                return self._continue(command)
        return command

    def receive_audio(self, data: bytes) -> Request:
        """Accept audio, or refuse it."""
        self.warning = None
        if self.state is not ServerState.STREAMING:
            return Refusal("InvalidParameter", "audio was sent before task-started or after finish-task")
        return AudioData(data)

    def _run(self, command: RunTask) -> Request:
        if self.state is not ServerState.IDLE:
            return Refusal("InvalidParameter", "a task is running on this connection already")
        self.task_id = command.task_id
        if command.task_id in self._used_ids:
            return Refusal("InvalidParameter", "this task_id was used before; every task needs its own")
        self._used_ids.add(command.task_id)
        self.state = ServerState.STARTING
        model = find_model(command.model)
        self._is_gummy = command.model == gummy.GUMMY
        self._has_context = model is not None and "context" in model.parameters
        self._has_tokens = model is not None and model.billing == "tokens"
        self._sentences = 0
        self._characters = 0
        self._has_transcription = command.parameters.get("transcription_enabled", True) is not False
        self._prompt = {**command.parameters, **command.input}
        return self._refusal(command) or command

    def _continue(self, command: ContinueTask) -> Request:
        if not self._has_context:
            self.warning = "continue-task was ignored: the model has no context"
            return command
        problem = find_parameter_error({"context": command.input.get("context")})
        self._prompt |= command.input
        return Refusal("InvalidParameter", problem) if problem else command

    @staticmethod
    def _refusal(command: RunTask) -> Refusal | None:
        model, given = find_model(command.model), command.parameters
        if model is None and command.model != gummy.GUMMY:
            return Refusal("ModelNotFound", f"Model not exist: {command.model}")
        audio_format, rate = given.get("format", "pcm"), given.get("sample_rate", 16000)
        if audio_format not in AUDIO_FORMATS:
            return Refusal("UNSUPPORTED_FORMAT", f"format {audio_format!r} is none of {', '.join(AUDIO_FORMATS)}")
        if not isinstance(rate, int) or isinstance(rate, bool):
            return Refusal("InvalidParameter", f"sample_rate {rate!r} is not a whole number; send it without quotes")
        if not 8000 <= rate <= 48000:
            return Refusal("InvalidParameter", f"sample_rate {rate!r} is not between 8000 and 48000")
        if model and not model.has_any_rate and rate != model.sample_rate:
            return Refusal("InvalidParameter", f"{command.model} accepts a sample_rate of {model.sample_rate} only")
        if model is not None and "context" in model.parameters:
            given = {**given, **command.input}
        problem = find_parameter_error(given, model) or gummy.find_parameter_error(given)
        return Refusal("InvalidParameter", problem) if problem else None

    def started(self) -> str:
        """Return the task-started text."""
        self._expect(ServerState.STARTING)
        self.state = ServerState.STREAMING
        return encode_event(TaskStartedEvent(self.task_id))

    def result(self, sentence: SentenceResult, seconds: int, translations: Mapping[str, str] = NO_TRANSLATIONS) -> str:
        """Return a result-generated text. `seconds`: billed so far; sent with finals only."""
        self._expect(ServerState.STREAMING, ServerState.FINISHING)
        if sentence.is_final:
            self._sentences += 1
            self._characters += len(sentence.text or "")
        if self._is_gummy:
            billed = seconds if sentence.is_final else None
            return gummy.encode_result(
                self.task_id, sentence, translations, billed, has_transcription=self._has_transcription
            )
        usage = self._usage(seconds) if sentence.is_final else None
        return encode_event(ResultGeneratedEvent(self.task_id, sentence, usage))

    def _usage(self, seconds: int) -> TaskUsage:
        if not self._has_tokens:
            return TaskUsage(seconds)
        tokens = measured_tokens(seconds, self._sentences, self._characters, prompt_tokens(self._prompt))
        return TaskUsage(seconds, tokens.input, tokens.output, tokens.total)

    def heartbeat(self) -> str:
        """Return an empty result-generated text."""
        self._expect(ServerState.STREAMING)
        return encode_event(ResultGeneratedEvent(self.task_id, HEARTBEAT))

    def finished(self, seconds: int) -> str:
        """Return the task-finished text; the next task may start."""
        self._expect(ServerState.FINISHING)
        self.state = ServerState.IDLE
        return encode_event(TaskFinishedEvent(self.task_id, self._usage(seconds)))

    def failed(self, refusal: Refusal) -> str:
        """Return the task-failed text; the connection must be closed after it."""
        self.state = ServerState.CLOSED
        return encode_event(TaskFailedEvent(self.task_id, refusal.code, refusal.message))

    def _expect(self, *states: ServerState) -> None:
        if self.state not in states:
            raise LocalProtocolError(f"the service cannot send this while the task is {self.state.name}.")
