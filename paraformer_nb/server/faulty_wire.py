"""Wires that misbehave as `faults` says, each around another one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from websockets.exceptions import ConnectionClosed

from ..dashscope.messages import event_name
from ..dashscope.server_protocol import Refusal
from .faults import Delay, Drop, Duplicate, Fail, Fault, Malformed, Mute, Reorder, Stall, Striking, Unknown
from .task import TaskRefused
from .wire import Wire

_HALF_OPEN = 120.0  # seconds after which a half-open connection is given up here: nothing waits for ever
_MOST_DELAYED = 1000  # events on their way at once

F = TypeVar("F", bound=Fault)
S = TypeVar("S", bound=Striking)


class _Faulty(Generic[F]):
    """A wire that does as the one inside does; each fault changes one thing of it."""

    def __init__(self, fault: F, wire: Wire) -> None:
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
        """Wait so long, but not for a client that has gone."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wire.wait_closed()


class _Striking(_Faulty[S]):
    """A fault that comes once. Its moment is looked for whenever something is received or was sent."""

    def __init__(self, fault: S, wire: Wire) -> None:
        super().__init__(fault, wire)
        self._clock = asyncio.get_running_loop().time
        now = self._clock()
        self._moment = None if fault.seconds is None else now + fault.seconds
        self._bytes, self._events = fault.bytes, fault.events
        self._is_over = False
        if (fault.seconds, fault.bytes, fault.events) == (None, None, None):
            self._moment = now

    async def receive(self, timeout: float) -> str | bytes | None:
        deadline = self._clock() + timeout
        while True:
            await self._strike_if_due()
            end = deadline if self._moment is None or self._is_over else min(deadline, self._moment)
            message = await self._wire.receive(max(0.0, end - self._clock()))
            if isinstance(message, bytes) and self._bytes is not None:
                self._bytes -= len(message)
                await self._strike_if_due()
            if message is not None or self._clock() >= deadline:
                return message

    async def send(self, text: str) -> None:
        await self._strike_if_due()
        await self._wire.send(text)
        if self._events is not None:
            self._events -= 1
            await self._strike_if_due()

    async def _strike_if_due(self) -> None:
        is_due = (
            (self._moment is not None and self._clock() >= self._moment)
            or (self._bytes is not None and self._bytes <= 0)
            or (self._events is not None and self._events <= 0)
        )
        if is_due and not self._is_over:
            self._is_over = True
            await self._strike()

    async def _strike(self) -> None:
        raise NotImplementedError


class _Drop(_Striking[Drop]):
    _is_silent = False

    async def _strike(self) -> None:
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
        await asyncio.sleep(_HALF_OPEN)
        self._wire.abort()
        return await self._wire.receive(timeout)

    async def send(self, text: str) -> None:
        if not self._is_silent:
            await super().send(text)


class _Fail(_Striking[Fail]):
    _has_task = False  # what is not there cannot fail

    async def receive(self, timeout: float) -> str | bytes | None:
        if self._has_task:
            return await super().receive(timeout)
        self._has_task = True
        return await self._wire.receive(timeout)

    async def send(self, text: str) -> None:
        self._is_over = self._is_over or event_name(text.encode()) == "task-failed"  # that cannot fail again
        await super().send(text)

    async def _strike(self) -> None:
        raise TaskRefused(Refusal(self._fault.code, self._fault.message))


class _Stall(_Striking[Stall]):
    async def send(self, text: str) -> None:
        await self._wire.send(text)
        if self._events is not None:
            self._events -= 1  # it strikes at the next reading

    async def _strike(self) -> None:
        await self._pause(self._fault.lasting)


class _Malformed(_Striking[Malformed]):
    async def _strike(self) -> None:
        await self._wire.send(self._fault.text)


class _Unknown(_Striking[Unknown]):
    async def _strike(self) -> None:
        header = {"task_id": "", "event": self._fault.name, "attributes": {}}
        await self._wire.send(json.dumps({"header": header, "payload": {}}))


class _Mute(_Faulty[Mute]):
    async def send(self, text: str) -> None:
        """Nothing is ever answered."""


class _Duplicate(_Faulty[Duplicate]):
    async def send(self, text: str) -> None:
        await self._wire.send(text)
        if event_name(text.encode()) == "result-generated":
            await self._wire.send(text)


class _Reorder(_Faulty[Reorder]):
    _held: str | None = None

    async def send(self, text: str) -> None:
        held, is_result = self._held, event_name(text.encode()) == "result-generated"
        self._held = text if is_result and held is None else None
        if self._held is None:
            for item in (text, held) if is_result else (held, text):
                if item is not None:
                    await self._wire.send(item)


class _Delay(_Faulty[Delay]):
    """Events wait in a queue, each until its time; a task of its own lets them go."""

    def __init__(self, fault: Delay, wire: Wire) -> None:
        super().__init__(fault, wire)
        self._clock = asyncio.get_running_loop().time
        self._queue: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue(_MOST_DELAYED)
        self._sender = asyncio.create_task(self._send_late())

    async def send(self, text: str) -> None:
        await self._put((self._clock() + self._fault.lasting, text))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """What is under way still arrives."""
        try:
            if not self._sender.done():
                await self._put(None)
                await self._sender
        except ConnectionClosed:
            pass  # nobody is there to have it
        finally:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        await super().close(code, reason)

    async def _put(self, item: tuple[float, str] | None) -> None:
        """Into the queue; where the sender has ended, what ended it is raised."""
        putting = asyncio.ensure_future(self._queue.put(item))
        try:
            await asyncio.wait({putting, self._sender}, return_when=asyncio.FIRST_COMPLETED)
            if not putting.done():
                await self._sender
        finally:
            putting.cancel()

    async def _send_late(self) -> None:
        while item := await self._queue.get():
            due, text = item
            await self._pause(due - self._clock())
            await self._wire.send(text)


_WIRES: dict[type[Fault], Callable[[Any, Wire], Wire]] = {
    Mute: _Mute,
    Drop: _Drop,
    Fail: _Fail,
    Stall: _Stall,
    Malformed: _Malformed,
    Unknown: _Unknown,
    Delay: _Delay,
    Duplicate: _Duplicate,
    Reorder: _Reorder,
}


def with_faults(wire: Wire, faults: Sequence[Fault]) -> Wire:
    """The wire, with each fault around it, the first one inmost. (``refuse`` strikes before there is a wire.)

    Delays are inmost of all: whoever made an event that is sent late is not there any more to be told of a failure.
    """
    for fault in sorted(faults, key=lambda fault: not isinstance(fault, Delay)):
        if type(fault) in _WIRES:
            wire = _WIRES[type(fault)](fault, wire)
    return wire
