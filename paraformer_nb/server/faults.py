"""What may be asked to go wrong between a client and the service. `faulty_wire` makes it go wrong.

A fault is a text, ``NAME`` or ``NAME:KEY=VALUE,KEY=VALUE``. Each fault is a struct below, its keys are the struct's
fields. Every fault takes ``times=N``: it befalls the first N connections only, so that a later attempt gets through.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ..errors import ParameterError

_Seconds = Annotated[float, Meta(ge=0, le=3600)]
_CLOSE_CODES = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})  # that may be sent (RFC 6455)
_LONGEST_REASON = 123  # bytes (RFC 6455)


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any fault."""

    times: Annotated[int, Meta(ge=1)] | None = None


class Refuse(Fault, frozen=True):
    """``refuse``: the handshake is answered with an HTTP status."""

    status: int = 503

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 599 or self.status not in set(HTTPStatus):
            raise ValueError(f"{self.status} is no HTTP status that refuses")


class Mute(Fault, frozen=True):
    """``mute``: commands are taken, and nothing is ever answered."""


class Delay(Fault, frozen=True):
    """``delay``: each event comes so many seconds later, in order."""

    lasting: _Seconds = 0.5


class Duplicate(Fault, frozen=True):
    """``duplicate``: each result comes twice."""


class Reorder(Fault, frozen=True):
    """``reorder``: results change places, two by two."""


class Striking(Fault, frozen=True):
    """A fault that comes once: after so many `seconds` of the connection, `bytes` of audio or `events` sent, whichever
    is reached first; at once where none is given."""

    seconds: _Seconds | None = None
    bytes: Annotated[int, Meta(ge=0)] | None = None
    events: Annotated[int, Meta(ge=0)] | None = None


class Drop(Striking, frozen=True):
    """``drop``: the connection ends, with a closing handshake, with a TCP reset, or half-open: it stays, and nothing
    moves any more (not even an answer to a ping)."""

    how: Literal["close", "reset", "silence"] = "close"
    code: int = 1011
    reason: str = ""

    def __post_init__(self) -> None:
        if self.code not in _CLOSE_CODES:
            raise ValueError(f"{self.code} is no code that a connection can be closed with")
        if len(self.reason.encode()) > _LONGEST_REASON:
            raise ValueError(f"a reason has {_LONGEST_REASON} bytes at most")


class Fail(Striking, frozen=True):
    """``fail``: the task fails with this code and message."""

    code: Annotated[str, Meta(min_length=1)] = "InternalError"
    message: str = "this failure was asked for"


class Stall(Striking, frozen=True):
    """``stall``: nothing is read for so many seconds, which a client feels as back-pressure."""

    lasting: _Seconds = 10.0


class Malformed(Striking, frozen=True):
    """``malformed``: a text that is no JSON comes between the events."""

    text: str = '{"header":'


class Unknown(Striking, frozen=True):
    """``unknown``: an event that nobody has heard of comes between the events."""

    name: str = "task-dreamt"


FAULTS: dict[str, type[Fault]] = {
    kind.__name__.lower(): kind
    for kind in (Refuse, Mute, Drop, Fail, Stall, Malformed, Unknown, Delay, Duplicate, Reorder)
}


def parse_fault(text: str) -> Fault:
    """A fault from its text. Raises ParameterError for a name, key or value that is none."""
    name, _, rest = text.partition(":")
    kind = FAULTS.get(name)
    if kind is None:
        raise ParameterError(f"there is no fault {name!r}. Known: {', '.join(FAULTS)}.")
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
