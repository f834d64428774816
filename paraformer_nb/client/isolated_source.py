"""Iterates a live source on a loop and a thread of its own: one that blocks must not halt every run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Coroutine
from typing import Any

from ..loop import is_background, new_loop, run_loop

_END = object()


async def isolated(source: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """Yield what a source gives, such as a `LiveClip`'s blocks.

    On the background loop, which all runs share, the source gets a loop of its own: `yield microphone.read(1600)` in an
    async generator blocks the loop that it runs on for 100 ms at a time. On a user's own loop, as with `pnb.stream`, it
    runs there, as any other code of that user.

    Raises what the source raises, and RuntimeError if no thread can be started.
    """
    iteration = _Iteration(source)
    if not is_background():
        try:
            while (item := await iteration.next()) is not _END:
                yield item
        finally:
            await iteration.close()
        return
    loop = new_loop()
    thread = threading.Thread(target=_run, args=(loop,), name="paraformer_nb-source", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # too many threads
        loop.close()
        raise
    try:
        while (item := await _call(loop, iteration.next())) is not _END:
            yield item
    finally:
        try:
            await _call(loop, iteration.close())
        finally:
            loop.call_soon_threadsafe(loop.stop)


class _Iteration:
    """A source that is being iterated; each method runs on the source's loop."""

    def __init__(self, source: AsyncIterable[Any]) -> None:
        self._source = source
        self._iterator: AsyncIterator[Any] | None = None
        self._request: asyncio.Task[Any] | None = None  # the latest call of `next`

    async def next(self) -> Any:
        """The next item, or `_END`."""
        self._request = asyncio.current_task()
        if self._iterator is None:
            self._iterator = aiter(self._source)
        return await anext(self._iterator, _END)

    async def close(self) -> None:
        """Cancel a pending request, and let a generator release what it holds, such as a microphone, now."""
        if self._request is not None and self._request is not asyncio.current_task():
            self._request.cancel()
            await asyncio.gather(self._request, return_exceptions=True)
        if isinstance(self._iterator, AsyncGenerator):
            await self._iterator.aclose()


async def _call(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any]) -> Any:
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, loop))


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """Run a source's loop until it is stopped."""
    try:
        run_loop(loop)
        loop.run_until_complete(_end())
    finally:
        loop.close()


async def _end() -> None:
    """End what is still pending: the run has abandoned it."""
    pending = asyncio.all_tasks() - {asyncio.current_task()}
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
