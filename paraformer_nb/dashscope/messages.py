"""The messages of DashScope's real-time recognition protocol as typed values, and their JSON encoding and decoding.

Commands are sent by the client, events by the service; for the Paraformer and Fun-ASR families. Times are in the
wire's unit: milliseconds from the start of the task's audio.

Typed values have no unknown fields, but nothing is lost: every event keeps its original text as `raw`. Events are
decoded in `event_decoder.py`. Sources: the vendor's "Paraformer WebSocket API", "client events" and
"server events" pages. Fields marked "seen" are undocumented; they are known from captures and the vendor's SDKs.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

__all__ = [
    "AUDIO_FORMATS",
    "Command",
    "CommandError",
    "ContinueTask",
    "Event",
    "FinishTask",
    "ResultGeneratedEvent",
    "RunTask",
    "SentenceResult",
    "TaskFailedEvent",
    "TaskFinishedEvent",
    "TaskStartedEvent",
    "TaskUsage",
    "UnknownEvent",
    "WordResult",
    "command_name",
    "decode_command",
    "encode_command",
    "encode_event",
    "is_same_task",
]

AUDIO_FORMATS = ("pcm", "wav", "mp3", "opus", "speex", "aac", "amr")
"""The valid values of run-task's ``format``."""

# ---------------------------------------------------------------------------------------------------------- commands


class RunTask(Struct, frozen=True):
    """``run-task``: start a task. `parameters`: the audio format and the recogniser's settings.

    `resources`: the hotword lists of the v1 models; sent beside `parameters`.
    """

    task_id: str
    model: str
    parameters: dict[str, Any] = {}
    resources: list[dict[str, Any]] = []
    input: dict[str, Any] = {}


class ContinueTask(Struct, frozen=True):
    """``continue-task``: replace the context of a running task (models with the parameter `context`)."""

    task_id: str
    input: dict[str, Any] = {}
    parameters: dict[str, Any] = {}


class FinishTask(Struct, frozen=True):
    """``finish-task``: the audio is complete. Without it the service does not send the last words."""

    task_id: str


Command = RunTask | ContinueTask | FinishTask


class _CommandHeader(Struct):
    action: str = ""
    task_id: str = ""
    streaming: str = "duplex"


class _CommandPayload(Struct):
    model: str | None = None
    task_group: str | None = None
    task: str | None = None
    function: str | None = None
    # PHP encodes an empty object as [], Go as null: both are accepted as empty. A missing `input` stays detectable.
    parameters: dict[str, Any] | list[Any] | None = None
    resources: list[dict[str, Any]] | None = None
    input: dict[str, Any] | list[Any] | UnsetType | None = UNSET


class _CommandFrame(Struct):
    header: _CommandHeader
    payload: _CommandPayload = msgspec.field(default_factory=_CommandPayload)


_encode = msgspec.json.Encoder().encode
UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""Everything that decoding can raise."""

_decode_command = msgspec.json.Decoder(_CommandFrame, strict=False).decode
_decode_any = msgspec.json.Decoder().decode


class CommandError(ValueError):
    """A text is not a valid command. `task_id`: the one that it contains, or ``""``."""

    def __init__(self, message: str, task_id: str) -> None:
        super().__init__(message)
        self.task_id = task_id


def encode_command(command: Command) -> str:
    """Return a command as JSON, with the keys in the vendor's order and without white space."""
    match command:
        case RunTask():
            payload: dict[str, Any] = {
                "task_group": "audio",
                "task": "asr",
                "function": "recognition",
                "model": command.model,
                "parameters": command.parameters,
                "input": command.input,
            }
            if command.resources:
                payload["resources"] = command.resources
            action = "run-task"
        case ContinueTask():
            payload = {"input": command.input} | ({"parameters": command.parameters} if command.parameters else {})
            action = "continue-task"
        case FinishTask():
            payload = {"input": {}}
            action = "finish-task"
    header = {"action": action, "task_id": command.task_id, "streaming": "duplex"}
    return _encode({"header": header, "payload": payload}).decode()


def decode_command(text: str | bytes) -> Command:
    """Decode a command, normalising what other clients encode differently (null or ``[]`` for ``{}``).

    Raises CommandError, with the service's own wording, if the text is not a valid command.
    """
    try:
        frame = _decode_command(text)
    except UNREADABLE as error:
        raise CommandError(f"Invalid payload data: {error}", "") from error
    header, payload = frame.header, frame.payload
    if not header.task_id:
        raise CommandError("Missing required parameter 'header.task_id'! Please follow the protocol!", "")
    match header.action:
        case "run-task":
            for name in ("model", "input"):
                if getattr(payload, name) in (None, UNSET, ""):
                    problem = f"Missing required parameter 'payload.{name}'! Please follow the protocol!"
                    raise CommandError(problem, header.task_id)
            given = {key: value for key, value in _object(payload.parameters).items() if value not in (None, "", [])}
            return RunTask(header.task_id, payload.model or "", given, payload.resources or [], _object(payload.input))
        case "continue-task":
            return ContinueTask(header.task_id, _object(payload.input), _object(payload.parameters))
        case "finish-task":
            return FinishTask(header.task_id)
    raise CommandError(f"Unknown action '{header.action}'! Please follow the protocol!", header.task_id)


def command_name(text: bytes) -> str:
    """Return the action of a command, such as ``"run-task"``; ``""`` if the text has none."""
    return name_in_header(text, "action")


def name_in_header(text: bytes, key: str) -> str:
    """Return the text under `key` in the header of any text, or ``""``."""
    try:
        name = _decode_any(text)["header"][key]
    except (*UNREADABLE, LookupError, TypeError):
        return ""
    return name if isinstance(name, str) else ""


def _object(value: dict[str, Any] | list[Any] | UnsetType | None) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


# ------------------------------------------------------------------------------------------------------------ events


class WordResult(Struct, frozen=True, gc=False):
    """One word of a result. `punctuation`: the mark after the word, ``""`` if none.

    Fields marked "seen" here and below are undocumented: known from captures, of any type, and not relied on.
    """

    begin_time: int | float | None = None
    end_time: int | float | None = None
    text: str | None = ""
    punctuation: str | None = ""
    fixed: Any = None  # seen: whether the text may still change
    speaker_id: Any = None  # seen: a number or a text
    confidence: float | None = None  # 0 to 1; sent by the embedded service, DashScope sends none
    estimated: bool | None = None  # sent by the embedded service: the times are estimated, not found in the audio


class SentenceResult(Struct, frozen=True, gc=False):
    """The current sentence so far. `text` is cumulative: it replaces the previous text of the sentence."""

    begin_time: int | float | None = None
    end_time: int | float | None = None  # null while partial
    text: str | None = ""
    words: list[WordResult] | None = None
    sentence_end: bool | None = None
    sentence_begin: Any = None  # seen: true in a sentence's first result
    sentence_id: int | str | None = None  # seen, used if present: the same in a sentence's partials and final
    heartbeat: bool | None = None  # true: an empty result that keeps the connection alive, to be skipped
    channel_id: Any = None  # seen
    speaker_id: Any = None  # seen: a number or a text
    emo_tag: Any = None  # positive, negative, neutral: paraformer-realtime-8k-v2 only
    emo_confidence: Any = None  # 0 to 1, with emo_tag
    stash: Any = None  # seen: the next sentence, if sentences are split by meaning; an object like this one
    vad_pre_end: Any = None  # seen, like all fields below: data of the pause detector
    pre_end_failed: Any = None
    pre_end_timemillis: Any = None
    pre_end_start_time: Any = None
    pre_end_end_time: Any = None

    @property
    def is_final(self) -> bool:
        """``sentence_end``; if that is missing, whether ``end_time`` is set, as in the vendor's SDK."""
        return self.end_time is not None if self.sentence_end is None else self.sentence_end


class TaskUsage(Struct, frozen=True, gc=False):
    """Seconds, and for models that are billed by token also tokens, so far: cumulative over the task."""

    duration: int | float | None = None
    input_tokens: int | float | None = None
    output_tokens: int | float | None = None
    total_tokens: int | float | None = None


class TaskStartedEvent(Struct, frozen=True):
    """The service is ready for audio."""

    task_id: str
    raw: bytes = b""


class ResultGeneratedEvent(Struct, frozen=True, gc=False):
    """A partial or final sentence. `unread`: names of the fields that were dropped because of an unexpected type."""

    task_id: str
    sentence: SentenceResult
    usage: TaskUsage | None = None
    raw: bytes = b""
    unread: tuple[str, ...] = ()


class TaskFinishedEvent(Struct, frozen=True):
    """The task is complete; all results were sent."""

    task_id: str
    usage: TaskUsage | None = None
    raw: bytes = b""


class TaskFailedEvent(Struct, frozen=True):
    """The service ends the task with an error and closes the connection."""

    task_id: str
    code: str
    message: str
    raw: bytes = b""


class UnknownEvent(Struct, frozen=True, gc=False):
    """An event of a name that is not known, or a frame that cannot be read. It is kept."""

    task_id: str
    name: str
    raw: bytes = b""

    @property
    def is_unreadable(self) -> bool:
        """Whether words may be missing because of it: not an event at all, or a result without a readable sentence."""
        return self.name in ("", "result-generated")


Event = TaskStartedEvent | ResultGeneratedEvent | TaskFinishedEvent | TaskFailedEvent | UnknownEvent


def is_same_task(task_id: str, other: str) -> bool:
    """Whether two ids name one task: some services send a UUID back with dashes or in upper case."""
    return task_id == other or _plain(task_id) == _plain(other)


def _plain(task_id: str) -> str:
    return task_id.replace("-", "").lower()


def encode_event(event: TaskStartedEvent | ResultGeneratedEvent | TaskFinishedEvent | TaskFailedEvent) -> str:
    """Return an event as JSON, with the fields that the vendor's SDKs require and without white space."""
    header: dict[str, Any] = {"task_id": event.task_id, "event": _NAMES[type(event)]}
    payload: dict[str, Any] = {}
    match event:
        case ResultGeneratedEvent():
            payload = {"output": {"sentence": _sentence(event.sentence)}, "usage": _usage(event.usage)}
        case TaskFinishedEvent():
            payload = {"output": {}, "usage": _usage(event.usage)}
        case TaskFailedEvent():
            header |= {"error_code": event.code, "error_message": event.message}
    header["attributes"] = {}
    return _encode({"header": header, "payload": payload}).decode()


_NAMES: dict[type, Literal["task-started", "result-generated", "task-finished", "task-failed"]] = {
    TaskStartedEvent: "task-started",
    ResultGeneratedEvent: "result-generated",
    TaskFinishedEvent: "task-finished",
    TaskFailedEvent: "task-failed",
}

# Always sent, even if null: existing clients read these fields without checking for them.
_ALWAYS = {
    "begin_time",
    "end_time",
    "text",
    "words",
    "sentence_end",
    "sentence_id",
    "heartbeat",
    "punctuation",
    "fixed",
}


def _sentence(sentence: SentenceResult) -> dict[str, Any]:
    fields = {
        key: value for key, value in msgspec.structs.asdict(sentence).items() if value is not None or key in _ALWAYS
    }
    fields["words"] = [
        {key: value for key, value in msgspec.structs.asdict(word).items() if value is not None or key in _ALWAYS}
        for word in sentence.words or ()
    ]
    return fields


def _usage(usage: TaskUsage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    tokens = {key: value for key, value in msgspec.structs.asdict(usage).items() if value is not None}
    return {"duration": usage.duration} | tokens
