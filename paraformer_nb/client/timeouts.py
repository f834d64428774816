"""`Timeouts`: how long the client waits for each answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from ..errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Timeouts of a run, in seconds. What is None is what suits the service (`service.timeouts`).

    Raises ParameterError for a timeout that is not a number above 0.

    Example:
        >>> Timeouts(keepalive=60).keepalive
        60
    """

    connect: float | None = None
    """For the connection and its handshake."""
    start: float | None = None
    """From run-task to task-started."""
    keepalive: float | None = None
    """Without any sign that the connection is alive: nothing arrives, not even the answer to a ping, and nothing that
    waits to be sent is accepted. Then the connection counts as dead. A slow one is only late."""
    finish: float | None = None
    """Without any result, once the service has read finish-task (it answers a ping behind it)."""
    close: float | None = None
    """For the closing handshake."""
    pause: float | None = None
    """Without audio from a live source, after which silence is sent: the service ends a task that receives nothing for
    23 s (vendor's error page)."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                check_seconds(f"Timeouts({field.name}=...)", value)


@dataclass(frozen=True, kw_only=True)
class CompleteTimeouts:
    """The timeouts that a run applies, none missing. The defaults are those of the cloud."""

    connect: float = 10.0
    start: float = 10.0  # as in the vendor's samples
    keepalive: float = 20.0
    finish: float = 60.0
    close: float = 5.0
    pause: float = 1.0

    @classmethod
    def of(cls, *given: Timeouts | None) -> CompleteTimeouts:
        """Merge timeouts; of those that are not None, the last one counts."""
        merged: dict[str, float] = {}
        for timeouts in given:
            if timeouts is not None:
                merged |= {name: seconds for name, seconds in asdict(timeouts).items() if seconds is not None}
        return cls(**merged)


def check_seconds(name: str, value: object, *, can_be_zero: bool = False) -> None:
    """Raise ParameterError if a value is not a finite number of seconds, above 0 (or from 0 on)."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not (value >= 0 if can_be_zero else value > 0) or not value < float("inf"):  # type: ignore[operator]
        raise ParameterError(f"{name}: {value!r} is not a number of seconds {'from' if can_be_zero else 'above'} 0.")
