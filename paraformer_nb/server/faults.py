"""The faults that the embedded service can inject between itself and a client. `faulty_wire` implements them.

A fault is written as a text, ``NAME`` or ``NAME:KEY=VALUE,KEY=VALUE``. Each fault is a struct below; its keys are the
struct's fields. Every fault accepts ``times=N``: it applies to the first N connections only, so that a later attempt
succeeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ..errors import ParameterError

_Seconds = Annotated[float, Meta(ge=0, le=3600)]
_CLOSE_CODES = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})  # that may be sent (RFC 6455)
_MAX_REASON = 123  # bytes (RFC 6455)


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of all faults."""

    times: Annotated[int, Meta(ge=1)] | None = None


class RefuseFault(Fault, frozen=True):
    """``refuse``: the handshake is answered with an HTTP status."""

    status: int = 503

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 599 or self.status not in set(HTTPStatus):
            raise ValueError(f"{self.status} is not an HTTP error status")


class MuteFault(Fault, frozen=True):
    """``mute``: commands are accepted, but nothing is ever sent."""


class DelayFault(Fault, frozen=True):
    """``delay``: each event is sent `lasting` seconds late, in order."""

    lasting: _Seconds = 0.5


class DuplicateFault(Fault, frozen=True):
    """``duplicate``: each result is sent twice."""


class ReorderFault(Fault, frozen=True):
    """``reorder``: each pair of results is sent in reverse order."""


class OneTimeFault(Fault, frozen=True):
    """A fault that happens once per connection: after `seconds` of the connection, `bytes` of audio received or
    `events` sent, whichever is reached first; immediately if none is given."""

    seconds: _Seconds | None = None
    bytes: Annotated[int, Meta(ge=0)] | None = None
    events: Annotated[int, Meta(ge=0)] | None = None


class DropFault(OneTimeFault, frozen=True):
    """``drop``: the connection ends with a closing handshake (``how=close``, with `code` and `reason`) or with a TCP
    reset (``how=reset``); or it stays half-open for `lasting` seconds (``how=silence``): nothing is sent or read any
    more, pings included."""

    how: Literal["close", "reset", "silence"] = "close"
    code: int = 1011
    reason: str = ""
    lasting: _Seconds = 120.0

    def __post_init__(self) -> None:
        if self.code not in _CLOSE_CODES:
            raise ValueError(f"{self.code} is not a code that a connection can be closed with")
        if len(self.reason.encode()) > _MAX_REASON:
            raise ValueError(f"a reason has {_MAX_REASON} bytes at most")


class FailFault(OneTimeFault, frozen=True):
    """``fail``: the task fails with this code and message."""

    code: Annotated[str, Meta(min_length=1)] = "InternalError"
    message: str = "this failure was requested as a fault"


class StallFault(OneTimeFault, frozen=True):
    """``stall``: nothing is read for `lasting` seconds, which a client feels as back-pressure."""

    lasting: _Seconds = 10.0


class MalformedFault(OneTimeFault, frozen=True):
    """``malformed``: a text that is not JSON is sent between the events."""

    text: str = '{"header":'


class UnknownFault(OneTimeFault, frozen=True):
    """``unknown``: an event with an unknown name is sent between the events."""

    name: str = "task-dreamt"


FAULTS: dict[str, type[Fault]] = {
    "refuse": RefuseFault,
    "mute": MuteFault,
    "drop": DropFault,
    "fail": FailFault,
    "stall": StallFault,
    "malformed": MalformedFault,
    "unknown": UnknownFault,
    "delay": DelayFault,
    "duplicate": DuplicateFault,
    "reorder": ReorderFault,
}


def parse_fault(text: str) -> Fault:
    """Parse a fault. Raises ParameterError for an unknown name or key, or an invalid value."""
    name, _, rest = text.partition(":")
    kind = FAULTS.get(name)
    if kind is None:
        raise ParameterError(f"unknown fault {name!r}. Known: {', '.join(FAULTS)}.")
    keys = kind.__struct_fields__
    given: dict[str, Any] = {}
    for pair in filter(None, rest.split(",")):
        key, sign, value = pair.partition("=")
        if not sign or key not in keys:
            raise ParameterError(f"fault {text!r}: {name} takes {', '.join(f'{key}=' for key in keys)}.")
        given[key] = value
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ParameterError(f"fault {text!r}: {str(error).replace('`', '')}.") from error


class FaultSchedule:
    """Selects the faults of each handshake and connection, and counts their `times`."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = faults
        self._remaining = [fault.times for fault in faults]  # None: without a limit

    def next_handshake(self) -> int | None:
        """Return the HTTP status to refuse the next handshake with; None to accept it."""
        refusals = [fault for fault in self._next(at_handshake=True) if isinstance(fault, RefuseFault)]
        return refusals[0].status if refusals else None

    def next_connection(self) -> list[Fault]:
        """Return the faults of the next connection."""
        return self._next(at_handshake=False)

    def _next(self, *, at_handshake: bool) -> list[Fault]:
        selected = []
        for number, fault in enumerate(self._faults):
            remaining = self._remaining[number]
            if isinstance(fault, RefuseFault) != at_handshake or remaining == 0:
                continue
            self._remaining[number] = None if remaining is None else remaining - 1
            selected.append(fault)
        return selected
