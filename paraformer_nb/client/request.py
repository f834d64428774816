"""A user's request: a clip, a service, its parameters; checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

from ..audio.clip import Clip, open_clip
from ..audio.live import LiveClip
from ..audio.pipe_clip import PipeClip
from ..dashscope.models import check_model
from ..dashscope.parameters import Parameters, check_parameters, has_known_language, has_parameter
from ..errors import ParameterError
from ..journal.records import VERSION, ClipSource, RunStarted
from ..text import sanitise
from ..transcript.corrections import MAX_TEXT
from .budget import Budget
from .pipe_source import live_clip
from .retry import Retry
from .service import Service, check_served, default_model
from .timeouts import CompleteTimeouts, Timeouts

Pace = float | Literal["service"] | None
"""× real time; None: as fast as the service reads; "service": the service's own."""

Clock = Callable[[], float]
"""Seconds since the run started."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """The arguments of `transcribe`, unchecked.

    Attributes:
        clip: in any form that `open_clip` accepts.
        service: the service to use.
        model: None: the service's default.
        start, end: the part of the clip, in seconds.
        channel: the one to recognise, counted from 0; None: all of them, mixed.
        speaker: of the words of which the service names none.
        parameters: the service's own.
        retry: None: `Retry`'s defaults.
        timeouts: what is None in them, or missing altogether, is the service's.
        extra: further parameters, sent unchecked.
        budget: the most that the run may cost; see `Budget.parse`.
    """

    clip: Any
    service: Service
    model: str | None = None
    start: float | None = None
    end: float | None = None
    pace: Pace = "service"
    retry: Retry | None = None
    timeouts: Timeouts | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] | None = None
    budget: float | str | None = None
    channel: int | None = None
    speaker: str | None = None

    def open(self) -> OpenedRequest:
        """Check every argument and open the clip; nothing is sent. Raises ParameterError and AudioError."""
        service = self.service
        if isinstance(service, type) or not hasattr(service, "endpoint"):
            raise ParameterError(f"service={service!r} is not a service: give pnb.DashScope(...) or pnb.Embedded(...).")
        model = default_model(service) if self.model is None else self.model
        notice = check_model(model)
        check_served(service, model)
        parameters = check_parameters(model, self.parameters, self.extra, _ARGUMENTS)
        _check_languages(service, parameters.get("language_hints"))
        pace = service.pace if self.pace == "service" else self.pace
        if pace is not None and not (isinstance(pace, (int, float)) and 0 < pace <= 1000):
            raise ParameterError(f"pace={pace!r}: give a multiple of real time above 0, or None for no limit.")
        if not isinstance(self.retry, Retry | None):
            raise ParameterError(f"retry={self.retry!r}: give pnb.Retry(...).")
        if not isinstance(self.timeouts, Timeouts | None):
            raise ParameterError(f"timeouts={self.timeouts!r}: give pnb.Timeouts(...).")
        budget = None if self.budget is None else _budget(self.budget, service, model)
        speaker = _check_speaker(self.speaker)
        rate = parameters["sample_rate"]
        clip = open_clip(self.clip, sample_rate=rate, start=self.start, end=self.end, channel=self.channel)
        if isinstance(clip, PipeClip):
            clip = live_clip(clip)
        if isinstance(clip, LiveClip) and has_parameter(model, "heartbeat"):
            parameters.setdefault("heartbeat", True)  # a live source may pause for long
        timeouts = CompleteTimeouts.of(service.timeouts, self.timeouts)
        return OpenedRequest(
            clip=clip,
            service=service,
            model=model,
            parameters=parameters,
            extra=dict(self.extra or {}),
            pace=pace,
            retry=self.retry or Retry(),
            timeouts=timeouts,
            notices=(notice,) if notice else (),
            budget=budget,
            channel=self.channel,
            speaker=speaker,
        )


_ARGUMENTS = (*(each.name for each in fields(Request) if each.name != "parameters"), "save")
"""What a misspelt parameter may have meant."""


@dataclass(frozen=True, kw_only=True)
class OpenedRequest:
    """A checked request with its opened clip. `close` it when the run has ended.

    `notices`: what the user should know about it.
    """

    clip: Clip | LiveClip
    service: Service
    model: str
    parameters: Parameters
    extra: Mapping[str, Any]
    pace: float | None
    retry: Retry
    timeouts: CompleteTimeouts
    notices: tuple[str, ...] = ()
    budget: Budget | None = None
    channel: int | None = None
    speaker: str | None = None

    def run_started(self, t: float) -> RunStarted:
        """The journal's first record."""
        clip = self.clip
        path = str(clip.path) if clip.path else None
        return RunStarted(
            t=t,
            version=VERSION,
            started=datetime.now(UTC).isoformat(timespec="milliseconds"),
            clip=ClipSource(clip.name, path, clip.size),
            sample_rate=clip.sample_rate,
            start=clip.start,
            end=clip.end,
            service=self.service.source,
            model=self.model,
            parameters=dict(self.parameters),
            extra=dict(self.extra),
            channel=self.channel,
            speaker=self.speaker,
        )

    def close(self) -> None:
        """Close the clip."""
        self.clip.close()


def _budget(given: float | str, service: Service, model: str) -> Budget | None:
    is_free = service.source.kind == "embedded"
    return Budget.parse(given, model, service.source.region, is_free=is_free)


def _check_speaker(speaker: Any) -> str | None:
    """The name of a speaker. Raises ParameterError if it is not a short text on one line."""
    if speaker is None:
        return None
    if not isinstance(speaker, str) or not speaker.strip() or len(speaker) > MAX_TEXT or speaker.splitlines()[1:]:
        raise ParameterError(f"speaker={speaker!r}: give a name of up to {MAX_TEXT} characters on one line.")
    return sanitise(speaker).strip()


def _check_languages(service: Service, hints: Sequence[str] | None) -> None:
    """Raise ParameterError if a service knows none of the languages that are hinted at."""
    known = service.languages
    if hints and known and not has_known_language(hints, known):
        raise ParameterError(
            f"language_hints={list(hints)!r}: the embedded recogniser knows {', '.join(known)} only. Nothing was sent. "
            "Use a DashScope key (service=pnb.DashScope(api_key=...)), or the scripted engine to show how it looks. "
            "内置识别器只懂英语;其他语言请使用 DashScope 密钥。"
        )
