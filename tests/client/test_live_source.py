"""A live source's audio is kept until it is final, read again from where a task starts, and requested once only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest

from paraformer_nb.audio.live import LiveClip
from paraformer_nb.client.live_source import LiveSource

RATE = 8000
TENTH = RATE // 10  # samples in a block


class Microphone:
    """Gives these items, one each time that it is asked: a number is a pause until `go` is released that often, an
    exception is raised."""

    def __init__(self, *items: Any) -> None:
        self._items = items
        self.requests = 0
        self.paused = asyncio.Event()
        self.go = asyncio.Semaphore(0)
        self.is_closed = False

    async def __aiter__(self) -> AsyncGenerator[Any]:
        try:
            for item in self._items:
                self.requests += 1
                if isinstance(item, BaseException):
                    raise item
                if isinstance(item, int):
                    self.paused.set()
                    await self.go.acquire()
                else:
                    yield item
        finally:
            self.is_closed = True


def tenths(number: int, count: float = 1) -> bytes:
    """A tenth of a second (or several) of samples that are all this number."""
    return number.to_bytes(2, "little") * round(count * TENTH)


def live_source(source: AsyncIterable[Any], stop: asyncio.Event, **options: float) -> LiveSource:
    """A live source as a session has it."""
    return LiveSource(LiveClip(source, RATE, RATE), TENTH, stop, **options)


class Bench:
    """A live source over a microphone, as a session has it."""

    def __init__(self, *items: Any, **options: float) -> None:
        self.microphone = Microphone(*items)
        self.stop = asyncio.Event()
        self.source = live_source(aiter(self.microphone), self.stop, **options)

    async def read(self, start: float = 0.0, most: int = 1000) -> list[int | None]:
        """The numbers of the tenths of a second from `start` on, None for a pause; no more than `most`."""
        numbers: list[int | None] = []
        async with aclosing(self.source.chunks(start)) as chunks:
            async for chunk in chunks:
                numbers += [chunk[at] for at in range(0, len(chunk), 2 * TENTH)] if chunk else [None]
                if len(numbers) >= most:
                    break
        return numbers


def run(check: Callable[[], Awaitable[None]]) -> None:
    """Run a check on a loop of its own, for 30 s at most."""

    async def bounded() -> None:
        async with asyncio.timeout(30):
            await check()

    asyncio.run(bounded())


# ------------------------------------------------------------------------------------------------------------ buffering


def test_what_was_read_can_be_read_again_without_asking_the_source_twice() -> None:
    async def check() -> None:
        bench = Bench(*(tenths(n) for n in range(9)))
        assert await bench.read(most=5) == [0, 1, 2, 3, 4]
        requests = bench.microphone.requests
        assert await bench.read(most=5) == [0, 1, 2, 3, 4]
        assert bench.microphone.requests == requests
        assert await bench.read() == [0, 1, 2, 3, 4, 5, 6, 7, 8]

    run(check)


def test_reading_starts_at_the_very_sample() -> None:
    async def check() -> None:
        bench = Bench(b"".join(tenths(n) for n in range(9)), tenths(9))
        await bench.read(most=9)
        async with aclosing(bench.source.chunks(0.35)) as chunks:
            assert await anext(chunks) == tenths(3, 0.5) + b"".join(tenths(n) for n in range(4, 9))
            assert await anext(chunks) == tenths(9)

    run(check)


def test_forgetting_drops_whole_chunks() -> None:
    async def check() -> None:
        bench = Bench(*(tenths(n) for n in range(9)))
        await bench.read(most=8)
        bench.source.forget(0.45)
        assert bench.source.first_available(0.0) == pytest.approx(0.4)
        assert bench.source.first_available(0.47) == 0.47
        assert await bench.read(0.4) == [4, 5, 6, 7, 8]
        bench.source.forget(10.0)
        assert bench.source.first_available(0.0) == pytest.approx(0.9), "the end of what was read"

    run(check)


def test_no_more_than_the_buffer_is_kept() -> None:
    async def check() -> None:
        bench = Bench(*(tenths(n) for n in range(20)), buffer=0.5)
        assert await bench.read(most=19) == list(range(19))
        assert bench.source.buffered == pytest.approx(0.5)
        assert bench.source.first_available(0.0) == pytest.approx(1.4)
        assert await bench.read(1.4) == [14, 15, 16, 17, 18, 19]

    run(check)


def test_a_chunk_that_is_larger_than_the_buffer_is_kept_alone() -> None:
    async def check() -> None:
        bench = Bench(tenths(1, 20), tenths(2, 20), buffer=0.5)
        assert await bench.read(most=40) == [1] * 20 + [2] * 20
        assert bench.source.first_available(0.0) == pytest.approx(2.0)
        assert await bench.read(2.0) == [2] * 20

    run(check)


# -------------------------------------------------------------------------------------------------------------- pauses


def test_silence_is_requested_while_the_source_pauses_and_what_follows_is_read() -> None:
    async def check() -> None:
        bench = Bench(tenths(1), 1, tenths(2), pause=0.01)
        chunks: list[Any] = []
        async for chunk in bench.source.chunks(0.0):
            chunks.append(chunk)
            if len(chunks) == 5:
                bench.microphone.go.release()
        assert chunks[0] == tenths(1)
        assert set(chunks[1:-1]) == {None}
        assert chunks[-1] == tenths(2)
        assert bench.source.first_available(9.9) == 9.9
        assert await bench.read() == [1, 2], "silence is not kept"

    run(check)


@pytest.mark.parametrize(("seconds", "wait"), [(0.1, 1.0), (3.0, 6.0), (30.0, 15.0)])
def test_a_source_of_large_chunks_makes_no_pauses_between_them(
    seconds: float, wait: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence in the middle of a word would spoil it; but a task that receives nothing for 23 s is ended."""
    waits: list[float | None] = []
    asyncio_wait = asyncio.wait

    async def recording_wait(*arguments: Any, timeout: float | None = None, **options: Any) -> Any:
        if timeout is not None and timeout < 20:
            waits.append(timeout)
        return await asyncio_wait(*arguments, timeout=timeout, **options)

    monkeypatch.setattr(asyncio, "wait", recording_wait)  # nothing else shows a wait that is not used up

    async def check() -> None:
        bench = Bench(tenths(1, 10 * seconds), tenths(2, 10 * seconds))
        await bench.read()

    run(check)
    assert waits[1] == pytest.approx(wait)


# ------------------------------------------------------------------------------------------------------------- the end


def test_a_stop_ends_the_reading_at_once_and_keeps_what_was_read() -> None:
    async def check() -> None:
        bench = Bench(tenths(1), tenths(2), 1)
        asyncio.get_running_loop().call_later(0.05, bench.stop.set)
        assert await bench.read() == [1, 2]
        assert await bench.read() == [1, 2], "for a connection that ends before the last results arrive"
        await bench.source.close()
        assert bench.microphone.is_closed

    run(check)


def test_a_pending_request_stays_pending_when_its_reader_is_cancelled() -> None:
    async def check() -> None:
        bench = Bench(tenths(1), 1, tenths(2))
        reading = asyncio.create_task(bench.read())
        await bench.microphone.paused.wait()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        assert not bench.microphone.is_closed, "a cancelled request would have ended the source"
        bench.microphone.go.release()
        assert await bench.read(0.1) == [2]

    run(check)


def test_a_failure_of_the_source_is_raised_again_after_everything_that_it_gave() -> None:
    """The connection may end once more before that is final."""

    async def check() -> None:
        failure = OSError("the microphone was unplugged")
        bench = Bench(tenths(1), tenths(2), failure)
        for _ in range(2):
            chunks = bench.source.chunks(0.0)
            assert [await anext(chunks), await anext(chunks)] == [tenths(1), tenths(2)]
            with pytest.raises(OSError, match="unplugged") as raised:
                await anext(chunks)
            assert raised.value is failure
        assert bench.microphone.requests == 3

    run(check)


@pytest.mark.parametrize("is_requested", [True, False])
def test_closing_releases_the_source(is_requested: bool) -> None:
    async def check() -> None:
        bench = Bench(tenths(1), 1)
        reading = asyncio.create_task(bench.read(most=2 if is_requested else 1))
        await (bench.microphone.paused.wait() if is_requested else reading)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await bench.source.close()
        assert bench.microphone.is_closed

    run(check)


# ----------------------------------------------------------------------------------------------- sources that misbehave


@pytest.mark.parametrize("first", [b"", b"\0"], ids=["nothing", "half a sample"])
def test_a_source_of_empty_blocks_pauses_and_lets_others_run(first: bytes) -> None:
    """It never waits for anything itself: without a pause of ours it would halt the loop."""

    async def empty() -> AsyncGenerator[bytes]:
        yield first
        while True:
            yield b""

    async def check() -> None:
        stop = asyncio.Event()
        source = live_source(empty(), stop, pause=0.01)
        chunks = []
        async for chunk in source.chunks(0.0):
            chunks.append(chunk)
            if len(chunks) == 3:
                stop.set()
        assert chunks == [None, None, None], "silence keeps the task alive"
        await source.close()

    run(check)


def test_an_empty_block_between_others_costs_nothing() -> None:
    async def check() -> None:
        bench = Bench(b"", tenths(1), b"", b"", tenths(2), b"")
        assert await bench.read() == [1, 2]

    run(check)


class Stubborn:
    """A source that ignores that it is cancelled, until `give_up` is set."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.is_asked = asyncio.Event()
        self.give_up = asyncio.Event()
        self.is_over = asyncio.Event()

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        try:
            self.is_asked.set()
            if self._where == "iterator":
                await self._wait()
                return
            yield tenths(1)
            await asyncio.Event().wait()
        finally:
            if self._where == "cleanup":
                await self._wait()
            self.is_over.set()

    async def _wait(self) -> None:
        while not self.give_up.is_set():
            try:
                await self.give_up.wait()
            except asyncio.CancelledError:
                continue


@pytest.mark.parametrize("where", ["iterator", "cleanup"])
def test_a_source_that_does_not_end_is_left_running_with_a_warning(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def check() -> None:
        stubborn, stop = Stubborn(where), asyncio.Event()
        source = live_source(stubborn, stop, close_timeout=0.05)
        reading = asyncio.create_task(anext(source.chunks(0.0)))
        await (stubborn.is_asked.wait() if where == "iterator" else reading)
        stop.set()
        await source.close()
        assert "a live source did not end within 0.05 s" in caplog.text
        assert not stubborn.is_over.is_set()
        stubborn.give_up.set()
        await stubborn.is_over.wait()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    run(check)
