"""What a live source gave is kept until it is settled, sent again from where a task begins, and asked for once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest
from paraformer_nb.client.live import LiveFeed

from paraformer_nb.audio.live import LiveClip
from paraformer_nb.client import live

RATE = 8000
TENTH = RATE // 10  # samples in a block


class Source:
    """A microphone that gives these pieces, one each time that it is asked; a number is a pause until `go` is set that
    often, an exception is raised."""

    sample_rate = RATE

    def __init__(self, *pieces: Any) -> None:
        self._pieces = pieces
        self.asked = 0
        self.paused = asyncio.Event()
        self.go = asyncio.Semaphore(0)
        self.is_closed = False

    async def __aiter__(self) -> AsyncGenerator[Any]:
        try:
            for piece in self._pieces:
                self.asked += 1
                if isinstance(piece, BaseException):
                    raise piece
                if isinstance(piece, int):
                    self.paused.set()
                    await self.go.acquire()
                else:
                    yield piece
        finally:
            self.is_closed = True


def piece(number: int, tenths: float = 1) -> bytes:
    """A tenth of a second (or several) of a sample that is its number."""
    return number.to_bytes(2, "little") * round(tenths * TENTH)


class Bench:
    """A feed over a source, as a session has it."""

    def __init__(self, *pieces: Any) -> None:
        self.source = Source(*pieces)
        self.stop = asyncio.Event()
        self.feed = LiveFeed(LiveClip(aiter(self.source), RATE, RATE), TENTH, self.stop)

    async def take(self, start: float = 0.0, most: int = 1000) -> list[int | None]:
        """The tenths of a second that come from `start` on, by their number; None for a pause. No more than `most`."""
        taken: list[int | None] = []
        async with aclosing(self.feed.chunks(start)) as chunks:
            async for chunk in chunks:
                numbers = [chunk[at] for at in range(0, len(chunk), 2 * TENTH)] if chunk else [None]
                taken += numbers
                if len(taken) >= most:
                    break
        return taken


def run(check: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await check()

    asyncio.run(bounded())


# ------------------------------------------------------------------------------------------------------ kept for later


def test_what_was_sent_is_sent_again_and_the_source_is_not_asked_twice() -> None:
    async def check() -> None:
        bench = Bench(*(piece(n) for n in range(9)))
        assert await bench.take(most=5) == [0, 1, 2, 3, 4]
        asked = bench.source.asked
        assert await bench.take(most=5) == [0, 1, 2, 3, 4]
        assert bench.source.asked == asked
        assert await bench.take() == [0, 1, 2, 3, 4, 5, 6, 7, 8]

    run(check)


def test_it_begins_to_the_sample_where_it_is_told_to() -> None:
    async def check() -> None:
        bench = Bench(b"".join(piece(n) for n in range(9)), piece(9))
        await bench.take(most=9)
        async with aclosing(bench.feed.chunks(0.35)) as chunks:
            assert await anext(chunks) == piece(3, 0.5) + b"".join(piece(n) for n in range(4, 9))
            assert await anext(chunks) == piece(9)

    run(check)


def test_what_is_settled_is_forgotten_in_whole_chunks() -> None:
    async def check() -> None:
        bench = Bench(*(piece(n) for n in range(9)))
        await bench.take(most=8)
        bench.feed.forget(0.45)
        assert bench.feed.reach(0.0) == pytest.approx(0.4)
        assert bench.feed.reach(0.47) == 0.47
        assert await bench.take(0.4) == [4, 5, 6, 7, 8]
        bench.feed.forget(10.0)
        assert bench.feed.reach(0.0) == pytest.approx(0.9), "the next thing to come"

    run(check)


def test_no_more_is_kept_than_two_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_KEPT", 0.5)

    async def check() -> None:
        bench = Bench(*(piece(n) for n in range(20)))
        assert await bench.take(most=19) == list(range(19))
        assert sum(len(chunk) for _, chunk in bench.feed._kept) <= 0.5 * 2 * RATE
        assert bench.feed.reach(0.0) == pytest.approx(1.4)
        assert await bench.take(1.4) == [14, 15, 16, 17, 18, 19]

    run(check)


def test_a_chunk_that_is_larger_than_all_that_may_be_kept_is_kept_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_KEPT", 0.5)

    async def check() -> None:
        bench = Bench(piece(1, 20), piece(2, 20))
        assert await bench.take(most=40) == [1] * 20 + [2] * 20
        assert bench.feed.reach(0.0) == pytest.approx(2.0)
        assert await bench.take(2.0) == [2] * 20

    run(check)


# -------------------------------------------------------------------------------------------------------------- pauses


def test_silence_is_asked_for_while_the_source_pauses_and_what_comes_then_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "_PAUSE", 0.01)

    async def check() -> None:
        bench = Bench(piece(1), 1, piece(2))
        bench.feed._silence_every = 0.001
        taken: list[Any] = []
        async for chunk in bench.feed.chunks(0.0):
            taken.append(chunk)
            if len(taken) == 5:
                bench.source.go.release()
        assert taken[0] == piece(1)
        assert set(taken[1:-1]) == {None}
        assert taken[-1] == piece(2)
        assert bench.feed.reach(9.9) == 9.9
        assert await bench.take() == [1, 2], "silence is not kept"

    run(check)


@pytest.mark.parametrize(("seconds", "waits"), [(0.1, 1.0), (3.0, 6.0), (30.0, 15.0)])
def test_a_source_with_large_chunks_makes_no_pauses_between_them(
    seconds: float, waits: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence in the midst of a word would spoil it; but a task that hears nothing for 23 s is ended."""
    waited: list[float | None] = []
    wait = asyncio.wait

    async def watched(*arguments: Any, timeout: float | None = None, **options: Any) -> Any:
        if timeout is not None and timeout < 20:
            waited.append(timeout)
        return await wait(*arguments, timeout=timeout, **options)

    monkeypatch.setattr(asyncio, "wait", watched)

    async def check() -> None:
        bench = Bench(piece(1, 10 * seconds), piece(2, 10 * seconds))
        await bench.take()

    run(check)
    assert waited[1] == pytest.approx(waits)


# ------------------------------------------------------------------------------------------------------------ its ends


def test_a_stop_ends_it_at_once_and_what_was_taken_is_still_there() -> None:
    async def check() -> None:
        bench = Bench(piece(1), piece(2), 1)
        asyncio.get_running_loop().call_later(0.05, bench.stop.set)
        assert await bench.take() == [1, 2]
        assert await bench.take() == [1, 2], "for a connection that was lost while the tail was awaited"
        await bench.feed.close()
        assert bench.source.is_closed

    run(check)


def test_what_was_asked_for_stays_asked_for_when_its_taker_is_cancelled() -> None:
    async def check() -> None:
        bench = Bench(piece(1), 1, piece(2))
        taking = asyncio.create_task(bench.take())
        await bench.source.paused.wait()
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        assert not bench.source.is_closed, "a cancelled request would have ended the source"
        bench.source.go.release()
        assert await bench.take(0.1) == [2]

    run(check)


def test_a_source_s_failure_comes_again_after_all_that_it_gave() -> None:
    """The connection may be lost once more before that is settled."""

    async def check() -> None:
        failure = OSError("the microphone was unplugged")
        bench = Bench(piece(1), piece(2), failure)
        for _ in range(2):
            chunks = bench.feed.chunks(0.0)
            assert [await anext(chunks), await anext(chunks)] == [piece(1), piece(2)]
            with pytest.raises(OSError, match="unplugged") as raised:
                await anext(chunks)
            assert raised.value is failure
        assert bench.source.asked == 3

    run(check)


@pytest.mark.parametrize("is_asked", [True, False])
def test_closing_lets_go_of_the_source(is_asked: bool) -> None:
    async def check() -> None:
        bench = Bench(piece(1), 1)
        taking = asyncio.create_task(bench.take(most=2 if is_asked else 1))
        await (bench.source.paused.wait() if is_asked else taking)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        await bench.feed.close()
        assert bench.source.is_closed

    run(check)
