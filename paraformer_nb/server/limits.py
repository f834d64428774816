"""The time and size limits of the embedded service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_type_hints

from ..errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of the embedded service. A client that reaches one gets an error that says so, unless stated otherwise.

    The limits that the cloud has as well name the vendor's page; the others keep one client from slowing down others.

    Raises ParameterError for a value that is not a number above 0.
    """

    no_data: float = 23.0
    """Seconds in a task without a message from the client; then ``CLIENT_ERROR`` (vendor's error page)."""
    silence: float = 60.0
    """Seconds in a task with audio but without speech; then ``RequestTimeOut``. Not applied with ``heartbeat=True``
    (vendor's FAQ and client events)."""
    idle: float = 60.0
    """Seconds on a connection before the first task and between tasks; then it is closed (vendor's WebSocket page)."""
    heartbeat: float = 5.0
    """Seconds without a result until ``heartbeat=True`` sends an empty one. The cloud's period is not documented."""
    handshake: float = 5.0
    """Seconds for a handshake; then the connection is dropped. On loopback one takes milliseconds."""
    close: float = 2.0
    """Seconds for the client's answer to a close frame; then the connection is dropped. RFC 6455 sets no time."""
    unread: float = 60.0
    """Seconds that a client may leave an event unread; then its connection is dropped."""
    pongs: int = 1024 * 1024
    """Bytes of answers to pings that a client may leave unread; then its connection is dropped."""
    frame: int = 1024 * 1024
    """Bytes of one message."""
    speed: float = 2000.0
    """Seconds of audio that a task may send per second; a faster task is read more slowly."""
    connections: int = 128
    """Connections at once; further ones are refused with HTTP 503."""
    handshakes: int = 64
    """Connections at once whose handshake is not complete; further ones are dropped."""
    wrong_keys: int = 60
    """Wrong keys in a minute; until it is over, every handshake is refused with HTTP 429."""
    deployment: float = 0.2
    """Seconds until a hotword list that was created or updated applies; its status is ``UNDEPLOYED`` until then. In the
    cloud it takes minutes."""
    tasks: int = 64
    """Tasks at once, over all connections; further ones fail with ``Throttling``. An engine may recognise fewer at
    once: then the others wait for their turn."""

    def __post_init__(self) -> None:
        for name, kind in _kinds().items():
            value = getattr(self, name)
            is_number = isinstance(value, int if kind is int else (int, float)) and not isinstance(value, bool)
            if not is_number or not 0 < value < float("inf"):
                number = "whole number" if kind is int else "number"
                raise ParameterError(f"limit {name}={value!r}: give a {number} above 0.")

    @classmethod
    def parse(cls, texts: list[str]) -> Limits:
        """Parse limits from texts such as ``"no_data=0.5"``. Raises ParameterError with the invalid text."""
        kinds = _kinds()
        given: dict[str, float] = {}
        for text in texts:
            name, _, value = text.partition("=")
            if name not in kinds:
                raise ParameterError(f"unknown limit {name!r}. Known: {', '.join(kinds)}.")
            try:
                given[name] = kinds[name](value)
            except ValueError:
                raise ParameterError(f"limit {text!r}: give {name}=NUMBER.") from None
        return cls(**given)  # type: ignore[arg-type]


def _kinds() -> dict[str, type[int] | type[float]]:
    """The type of each limit, by its name."""
    return get_type_hints(Limits)
