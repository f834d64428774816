"""What crosses the wire, as typed values, with decode and encode.

Commands (client to service) and events (service to client) of the DashScope real-time recognition protocol, for the
Paraformer and Fun-ASR families. Times are on the wire's scale: milliseconds from the start of the task's audio.

Unknown fields are dropped from the typed value, yet never lost: every event carries the text that it came in as `raw`.
Unknown or malformed events become `UnknownEvent`. Sources: the vendor's "Paraformer WebSocket API", "client events" and
"server events" pages; fields marked "seen" are undocumented and known from captures and from the vendor's SDKs.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

__all__ = [
    "AUDIO_FORMATS",
    "Command",
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
    "decode_command",
    "decode_event",
    "encode_command",
    "encode_event",
]

AUDIO_FORMATS = ("pcm", "wav", "mp3", "opus", "speex", "aac", "amr")
"""What ``format`` of run-task may be."""

# ---------------------------------------------------------------------------------------------------------- commands


class RunTask(Struct, frozen=True):
    """``run-task``: begin a task. `parameters` hold the audio's format and the recogniser's settings.

    `resources` are the hotword lists of the v1 models; they stand beside `parameters` on the wire.
    """

    task_id: str
    model: str
    parameters: dict[str, Any] = {}
    resources: list[dict[str, Any]] = []
    input: dict[str, Any] = {}


class ContinueTask(Struct, frozen=True):
    """``continue-task``: change the context of a running task (fun-asr-realtime only)."""

    task_id: str
    input: dict[str, Any] = {}
    parameters: dict[str, Any] = {}


class FinishTask(Struct, frozen=True):
    """``finish-task``: no more audio; without it the service keeps the last words to itself."""

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
    # PHP writes an empty object as [], Go writes null: both are taken as empty. A missing `input` stays visible.
    parameters: dict[str, Any] | list[Any] | None = None
    resources: list[dict[str, Any]] | None = None
    input: dict[str, Any] | list[Any] | UnsetType | None = UNSET


class _CommandFrame(Struct):
    header: _CommandHeader
    payload: _CommandPayload = msgspec.field(default_factory=_CommandPayload)


_encode = msgspec.json.Encoder().encode
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)  # all that decoding can raise
_decode_command = msgspec.json.Decoder(_CommandFrame, strict=False).decode


class CommandError(ValueError):
    """A text that is no command; `task_id` is the one it bears, or ``""``."""

    def __init__(self, message: str, task_id: str) -> None:
        super().__init__(message)
        self.task_id = task_id


def encode_command(command: Command) -> str:
    """The JSON text of a command, keys in the vendor's order, without white space."""
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
            payload, action = {"input": {}}, "finish-task"
    header = {"action": action, "task_id": command.task_id, "streaming": "duplex"}
    return _encode({"header": header, "payload": payload}).decode()


def decode_command(text: str | bytes) -> Command:
    """A command from its JSON text, with what other clients write loosely (null, ``[]`` for ``{}``) made whole.

    Raises CommandError with the service's own wording when the text is no command.
    """
    try:
        frame = _decode_command(text)
    except _UNREADABLE as error:
        raise CommandError(f"Invalid payload data: {error}", "") from error
    header, payload = frame.header, frame.payload
    if not header.task_id:
        raise CommandError("Missing required parameter 'header.task_id'! Please follow the protocol!", "")
    match header.action:
        case "run-task":
            for name in ("model", "input"):
                if getattr(payload, name) in (None, UNSET, ""):
                    told = f"Missing required parameter 'payload.{name}'! Please follow the protocol!"
                    raise CommandError(told, header.task_id)
            given = {key: value for key, value in _object(payload.parameters).items() if value not in (None, "", [])}
            return RunTask(header.task_id, payload.model or "", given, payload.resources or [], _object(payload.input))
        case "continue-task":
            return ContinueTask(header.task_id, _object(payload.input), _object(payload.parameters))
        case "finish-task":
            return FinishTask(header.task_id)
    raise CommandError(f"Unknown action '{header.action}'! Please follow the protocol!", header.task_id)


def command_name(text: bytes) -> str:
    """The action that a command asks for, such as ``"run-task"``; ``""`` where the text names none."""
    return _name_of(text, "action")


def _object(value: dict[str, Any] | list[Any] | UnsetType | None) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


# ------------------------------------------------------------------------------------------------------------ events


class WordResult(Struct, frozen=True):
    """One word of a result. `punctuation` is the mark after the word, ``""`` if none.

    Fields marked "seen" here and below are undocumented: known from captures, of any type, and never relied on.
    """

    begin_time: int | float | None = None
    end_time: int | float | None = None
    text: str | None = ""
    punctuation: str | None = ""
    fixed: Any = None  # seen: whether the text may still change
    speaker_id: Any = None  # seen: a number or a text
    confidence: float | None = None  # 0 to 1; sent by the embedded service, DashScope sends none


class SentenceResult(Struct, frozen=True):
    """The current sentence so far. `text` is cumulative: it replaces what came before, and is never appended."""

    begin_time: int | float | None = None
    end_time: int | float | None = None  # null while partial
    text: str | None = ""
    words: list[WordResult] | None = None
    sentence_end: bool | None = None
    sentence_begin: Any = None  # seen: true with a sentence's first result
    sentence_id: int | None = None  # seen, relied on where it comes: the same over a sentence's partials and final
    heartbeat: bool | None = None  # true: an empty packet that keeps the connection alive, to be skipped
    channel_id: Any = None  # seen
    speaker_id: Any = None  # seen: a number or a text
    emo_tag: Any = None  # positive, negative, neutral: paraformer-realtime-8k-v2 only
    emo_confidence: Any = None  # 0 to 1, with emo_tag
    stash: Any = None  # seen: the next sentence, where sentences are cut by sense; an object like this one
    vad_pre_end: Any = None  # seen, as all that follow: the pause detector's own notes
    pre_end_failed: Any = None
    pre_end_timemillis: Any = None
    pre_end_start_time: Any = None
    pre_end_end_time: Any = None

    @property
    def is_final(self) -> bool:
        """``sentence_end``; where that flag is missing, whether ``end_time`` is set (as the vendor's SDK has it)."""
        return self.end_time is not None if self.sentence_end is None else self.sentence_end


class TaskUsage(Struct, frozen=True):
    """What the task costs so far: seconds billed, cumulative over the task."""

    duration: int | float | None = None


class TaskStartedEvent(Struct, frozen=True):
    """The service is ready for audio."""

    task_id: str
    raw: bytes = b""


class ResultGeneratedEvent(Struct, frozen=True):
    """A partial or final sentence."""

    task_id: str
    sentence: SentenceResult
    usage: TaskUsage | None = None
    raw: bytes = b""


class TaskFinishedEvent(Struct, frozen=True):
    """The task is over; everything heard has been sent."""

    task_id: str
    usage: TaskUsage | None = None
    raw: bytes = b""


class TaskFailedEvent(Struct, frozen=True):
    """The service gives the task up and closes the connection."""

    task_id: str
    code: str
    message: str
    raw: bytes = b""


class UnknownEvent(Struct, frozen=True):
    """Anything else: another event name, another payload, or no event at all. Kept, and otherwise ignored."""

    task_id: str
    name: str
    raw: bytes = b""


Event = TaskStartedEvent | ResultGeneratedEvent | TaskFinishedEvent | TaskFailedEvent | UnknownEvent


class _EventHeader(Struct):
    event: str = ""
    task_id: str | None = ""
    error_code: str | None = None
    error_message: str | None = None


class _Output(Struct):
    sentence: SentenceResult | None = None


class _EventPayload(Struct):
    output: _Output | None = None
    usage: Any = None  # of no use to a transcript, so no reason to lose one


class _EventFrame(Struct):
    header: _EventHeader
    payload: _EventPayload | None = None


_decode_event = msgspec.json.Decoder(_EventFrame, strict=False).decode
_decode_any = msgspec.json.Decoder().decode


def decode_event(text: bytes) -> Event:
    """An event from its JSON text. Never raises: what cannot be understood is an `UnknownEvent`."""
    try:
        if not text.isascii():
            text.decode()  # fields that we skip are not looked at otherwise
        frame = _decode_event(text)
    except _UNREADABLE:
        return UnknownEvent("", _name_of(text, "event"), text)
    header, payload = frame.header, frame.payload or _EventPayload()
    task_id = header.task_id or ""
    match header.event:
        case "result-generated" if payload.output and payload.output.sentence:
            return ResultGeneratedEvent(task_id, payload.output.sentence, _usage_of(payload.usage), text)
        case "task-started":
            return TaskStartedEvent(task_id, text)
        case "task-finished":
            return TaskFinishedEvent(task_id, _usage_of(payload.usage), text)
        case "task-failed":
            return TaskFailedEvent(task_id, header.error_code or "Unknown", header.error_message or "", text)
    return UnknownEvent(task_id, header.event, text)


def event_name(text: bytes) -> str:
    """The event that a text tells of, such as ``"task-started"``; ``""`` where it names none."""
    return _name_of(text, "event")


def _name_of(text: bytes, key: str) -> str:
    """What a text of any shape has in its header under `key`, or ``""``."""
    try:
        name = _decode_any(text)["header"][key]
    except (*_UNREADABLE, LookupError, TypeError):
        return ""
    return name if isinstance(name, str) else ""


def encode_event(event: TaskStartedEvent | ResultGeneratedEvent | TaskFinishedEvent | TaskFailedEvent) -> str:
    """The JSON text of an event, in the shape that the vendor's SDKs insist on, without white space."""
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

# Always on the wire, null or not: clients in the field read them without asking.
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


def _usage_of(value: Any) -> TaskUsage | None:
    duration = value.get("duration") if isinstance(value, dict) else None
    return TaskUsage(duration) if isinstance(duration, (int, float)) else None


def _usage(usage: TaskUsage | None) -> dict[str, Any] | None:
    return None if usage is None else {"duration": usage.duration}
