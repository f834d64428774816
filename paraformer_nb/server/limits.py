"""How long the embedded service waits, and how much it takes."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ..errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of the embedded service. The first four times are the cloud's own; what reaches a limit is told why.

    Raises ParameterError for a bound that is no number above 0.
    """

    no_data: float = 23.0
    """Seconds of a task without anything from the client; then ``CLIENT_ERROR``, as the vendor's error page has it."""
    silence: float = 60.0
    """Seconds of a task in which audio comes and nothing is heard in it; then ``RequestTimeOut``. ``heartbeat=True``
    lifts it (vendor's FAQ and client events)."""
    idle: float = 60.0
    """Seconds on a connection between tasks, and before the first one; then it is closed (vendor's WebSocket page)."""
    heartbeat: float = 5.0
    """Seconds without a result after which ``heartbeat=True`` gets an empty one. The cloud's period is not known."""
    unread: float = 60.0
    """Seconds that a client may leave an event unread; then its connection is dropped."""
    frame: int = 1024 * 1024
    """Bytes of one message."""
    speed: float = 2000.0
    """Seconds of audio that a task may bring in a second; a task that brings more is read more slowly."""
    connections: int = 128
    """Connections at once; one more is answered with HTTP 503."""
    tasks: int = 64
    """Tasks at once, of all connections; one more is told ``Throttling``. Engines may have a lower bound."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            kinds = (int,) if field.type == "int" else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < float("inf"):
                raise ParameterError(
                    f"limit {field.name}={value!r}: give a {'whole ' * (kinds == (int,))}number above 0."
                )

    @classmethod
    def parse(cls, texts: list[str]) -> Limits:
        """Limits from texts such as ``"no_data=0.5"``. Raises ParameterError naming the text that is none."""
        known = {field.name: field for field in fields(cls)}
        given: dict[str, float] = {}
        for text in texts:
            name, _, value = text.partition("=")
            if name not in known:
                raise ParameterError(f"there is no limit {name!r}. Known: {', '.join(known)}.")
            try:
                given[name] = int(value) if known[name].type == "int" else float(value)
            except ValueError:
                raise ParameterError(f"limit {text!r}: give {name}=NUMBER.") from None
        return cls(**given)  # type: ignore[arg-type]
