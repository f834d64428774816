"""The interface of a service; `services/` has the implementations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..dashscope.models import DEFAULT_MODEL
from ..journal.records import ServiceSource
from .timeouts import Timeouts


@dataclass(frozen=True)
class Endpoint:
    """One connection's address and headers. Its repr leaves the headers out: they hold the key."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    is_loopback: bool


class Service(Protocol):
    """A service to recognise with.

    Attributes:
        pace: the pace at which it wants its audio, as a multiple of real time; None: as fast as it reads.
        source: how the journal names it.
        languages: the languages it recognises; None: unknown, the service checks them.
        timeouts: the timeouts that suit it; what is None in them is as for the cloud.

    It may also have what `default_model` and `check_served` use.
    """

    @property
    def pace(self) -> float | None: ...
    @property
    def source(self) -> ServiceSource: ...
    @property
    def languages(self) -> tuple[str, ...] | None: ...
    @property
    def timeouts(self) -> Timeouts: ...

    async def endpoint(self) -> Endpoint:
        """Where to connect now. Called again for every connection."""


def default_model(service: Service) -> str:
    """The model of a run for which none was given: the service's ``default_model``."""
    return str(getattr(service, "default_model", DEFAULT_MODEL))


def check_served(service: Service, model: str) -> None:
    """Raise ParameterError where the service's ``check_model`` knows that a model is not served there."""
    if (check := getattr(service, "check_model", None)) is not None:
        check(model)
