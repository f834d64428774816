"""Wires that inject the faults of `faults`: each wraps another wire and changes one thing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from websockets.exceptions import ConnectionClosed

from ..dashscope.event_decoder import event_name
from ..dashscope.server_protocol import Refusal
from .faults import (
    DelayFault,
    DropFault,
    DuplicateFault,
    FailFault,
    Fault,
    MalformedFault,
    MuteFault,
    OneTimeFault,
    ReorderFault,
    StallFault,
    UnknownFault,
)
from .task import TaskRefused
from .wire import Wire

_MAX_DELAYED = 1000  # events in the queue of a delay

AnyFault = TypeVar("AnyFault", bound=Fault)
OneTime = TypeVar("OneTime", bound=OneTimeFault)


class _FaultyWire(Generic[AnyFault]):
    """Passes everything on to the inner wire; subclasses change one thing."""

    def __init__(self, fault: AnyFault, wire: Wire) -> None:
        self._fault = fault
        self._wire = wire

    async def receive(self, timeout: float) -> str | bytes | None:
        return await self._wire.receive(timeout)

    async def send(self, text: str) -> None:
        await self._wire.send(text)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._wire.close(code, reason)

    async def wait_closed(self) -> None:
        await self._wire.wait_closed()

    def abort(self, *, with_reset: bool = False) -> None:
        self._wire.abort(with_reset=with_reset)

    def freeze(self) -> None:
        self._wire.freeze()

    async def _pause(self, seconds: float) -> None:
        """Wait; return early if the client disconnects."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wire.wait_closed()


class _OneTimeWire(_FaultyWire[OneTime]):
    """Triggers its fault once. Checks whether it is due on every receive, and before and after every send."""

    def __init__(self, fault: OneTime, wire: Wire) -> None:
        super().__init__(fault, wire)
        self._clock = asyncio.get_running_loop().time
        now = self._clock()
        self._due = None if fault.seconds is None else now + fault.seconds
        self._bytes_left = fault.bytes
        self._events_left = fault.events
        self._is_triggered = False
        if (fault.seconds, fault.bytes, fault.events) == (None, None, None):
            self._due = now

    async def receive(self, timeout: float) -> str | bytes | None:
        deadline = self._clock() + timeout
        while True:
            await self._trigger_if_due()
            end = deadline if self._due is None or self._is_triggered else min(deadline, self._due)
            message = await self._wire.receive(max(0.0, end - self._clock()))
            if isinstance(message, bytes) and self._bytes_left is not None:
                self._bytes_left -= len(message)
                await self._trigger_if_due()
            if message is not None or self._clock() >= deadline:
                return message

    async def send(self, text: str) -> None:
        await self._trigger_if_due()
        await self._wire.send(text)
        if self._events_left is not None:
            self._events_left -= 1
            await self._trigger_if_due()

    async def _trigger_if_due(self) -> None:
        is_due = (
            (self._due is not None and self._clock() >= self._due)
            or (self._bytes_left is not None and self._bytes_left <= 0)
            or (self._events_left is not None and self._events_left <= 0)
        )
        if is_due and not self._is_triggered:
            self._is_triggered = True
            await self._trigger()

    async def _trigger(self) -> None:
        raise NotImplementedError


class _DropWire(_OneTimeWire[DropFault]):
    _is_silent = False

    async def _trigger(self) -> None:
        if self._fault.how == "close":
            await self._wire.close(self._fault.code, self._fault.reason)
        elif self._fault.how == "reset":
            self._wire.abort(with_reset=True)
        else:
            self._is_silent = True
            self._wire.freeze()

    async def receive(self, timeout: float) -> str | bytes | None:
        message = None if self._is_silent else await super().receive(timeout)
        if not self._is_silent:
            return message
        await asyncio.sleep(self._fault.lasting)
        self._wire.abort()
        return await self._wire.receive(timeout)

    async def send(self, text: str) -> None:
        if not self._is_silent:
            await super().send(text)


class _FailWire(_OneTimeWire[FailFault]):
    _has_task = False  # before the first message there is no task that could fail

    async def receive(self, timeout: float) -> str | bytes | None:
        if self._has_task:
            return await super().receive(timeout)
        self._has_task = True
        return await self._wire.receive(timeout)

    async def send(self, text: str) -> None:
        self._is_triggered = self._is_triggered or event_name(text.encode()) == "task-failed"  # it fails only once
        await super().send(text)

    async def _trigger(self) -> None:
        raise TaskRefused(Refusal(self._fault.code, self._fault.message))


class _StallWire(_OneTimeWire[StallFault]):
    async def send(self, text: str) -> None:
        await self._wire.send(text)
        if self._events_left is not None:
            self._events_left -= 1  # the stall begins with the next receive

    async def _trigger(self) -> None:
        await self._pause(self._fault.lasting)


class _MalformedWire(_OneTimeWire[MalformedFault]):
    async def _trigger(self) -> None:
        await self._wire.send(self._fault.text)


class _UnknownWire(_OneTimeWire[UnknownFault]):
    async def _trigger(self) -> None:
        header = {"task_id": "", "event": self._fault.name, "attributes": {}}
        await self._wire.send(json.dumps({"header": header, "payload": {}}))


class _MuteWire(_FaultyWire[MuteFault]):
    async def send(self, text: str) -> None:
        """Discard the event."""


class _DuplicateWire(_FaultyWire[DuplicateFault]):
    async def send(self, text: str) -> None:
        await self._wire.send(text)
        if event_name(text.encode()) == "result-generated":
            await self._wire.send(text)


class _ReorderWire(_FaultyWire[ReorderFault]):
    _held: str | None = None

    async def send(self, text: str) -> None:
        held = self._held
        is_result = event_name(text.encode()) == "result-generated"
        self._held = text if is_result and held is None else None
        if self._held is None:
            for item in (text, held) if is_result else (held, text):
                if item is not None:
                    await self._wire.send(item)


class _DelayWire(_FaultyWire[DelayFault]):
    """Queues events with the time at which they are due; a task of its own sends them."""

    def __init__(self, fault: DelayFault, wire: Wire) -> None:
        super().__init__(fault, wire)
        self._clock = asyncio.get_running_loop().time
        self._queue: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue(_MAX_DELAYED)
        self._sender = asyncio.create_task(self._send_delayed())

    async def send(self, text: str) -> None:
        await self._put((self._clock() + self._fault.lasting, text))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Send the queued events when they are due, then close."""
        try:
            if not self._sender.done():
                await self._put(None)
                await self._sender
        except ConnectionClosed:
            pass  # the client has disconnected: the queued events are dropped
        finally:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        await super().close(code, reason)

    async def _put(self, item: tuple[float, str] | None) -> None:
        """Put an item into the queue. If the sender has ended, raise its exception."""
        putting = asyncio.ensure_future(self._queue.put(item))
        try:
            await asyncio.wait({putting, self._sender}, return_when=asyncio.FIRST_COMPLETED)
            if not putting.done():
                await self._sender
        finally:
            putting.cancel()

    async def _send_delayed(self) -> None:
        while item := await self._queue.get():
            due, text = item
            await self._pause(due - self._clock())
            await self._wire.send(text)


_WIRES: dict[type[Fault], Callable[[Any, Wire], Wire]] = {
    MuteFault: _MuteWire,
    DropFault: _DropWire,
    FailFault: _FailWire,
    StallFault: _StallWire,
    MalformedFault: _MalformedWire,
    UnknownFault: _UnknownWire,
    DelayFault: _DelayWire,
    DuplicateFault: _DuplicateWire,
    ReorderFault: _ReorderWire,
}


def with_faults(wire: Wire, faults: Sequence[Fault]) -> Wire:
    """Wrap the wire with each fault, the first one innermost. ``refuse`` applies before there is a wire.

    Delays are innermost of all: a fault that raises must raise to the sender of the event, and a delay sends events
    when their sender has already returned.
    """
    for fault in sorted(faults, key=lambda fault: not isinstance(fault, DelayFault)):
        if type(fault) in _WIRES:
            wire = _WIRES[type(fault)](fault, wire)
    return wire
