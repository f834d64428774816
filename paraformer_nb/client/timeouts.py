"""`Timeouts`: how long the client waits for each answer."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ..errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Timeouts of a run, in seconds. Each service has its own defaults (`service.timeouts`); these are DashScope's.

    Raises ParameterError for a timeout that is not a number above 0.

    Example:
        >>> Timeouts(keepalive=60).keepalive
        60
    """

    connect: float = 10.0
    """For the connection and its handshake."""
    start: float = 10.0
    """From run-task to task-started, as in the vendor's samples."""
    keepalive: float = 20.0
    """Within which a dead connection is detected: each ping must be answered in 40 % of it."""
    finish: float = 60.0
    """Without any result after finish-task."""
    close: float = 5.0
    """For the closing handshake; at most a fifth of `keepalive`."""
    pause: float = 1.0
    """Without audio from a live source, after which silence is sent: the service ends a task that receives nothing for
    23 s (vendor's error page)."""

    def __post_init__(self) -> None:
        for field in fields(self):
            check_seconds(f"Timeouts({field.name}=...)", getattr(self, field.name))


def check_seconds(name: str, value: object, *, can_be_zero: bool = False) -> None:
    """Raise ParameterError if a value is not a finite number of seconds, above 0 (or from 0 on)."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not (value >= 0 if can_be_zero else value > 0) or not value < float("inf"):  # type: ignore[operator]
        raise ParameterError(f"{name}: {value!r} is not a number of seconds {'from' if can_be_zero else 'above'} 0.")
