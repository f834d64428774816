"""Iterates a live source on a loop and a thread of its own: one that blocks must not halt every run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any

from ..loop import is_background, new_loop, run_loop
from ..own_code import mark_task


async def isolated(blocks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Yield the blocks of a live clip, and close them.

    On the background loop, which all runs share, they get a loop of their own: `yield microphone.read(1600)` in a
    user's async generator blocks the loop that it runs on for 100 ms at a time. On a user's own loop, as with
    `pnb.stream`, it runs there, as any other code of that user.

    Raises what the source raises, and RuntimeError if no thread can be started.
    """
    if not is_background():
        async with aclosing(blocks):
            async for block in blocks:
                yield block
        return
    iteration = _Iteration(blocks)
    loop = new_loop()
    thread = threading.Thread(target=_run, args=(loop,), name="paraformer_nb-source", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # too many threads
        loop.close()
        raise
    try:
        while (block := await _call(loop, iteration.next())) is not None:
            yield block
    finally:
        try:
            await _call(loop, iteration.close())
        finally:
            loop.call_soon_threadsafe(loop.stop)


class _Iteration:
    """Blocks that are being iterated; each method runs on the loop of their own."""

    def __init__(self, blocks: AsyncGenerator[bytes]) -> None:
        self._blocks = blocks
        self._request: asyncio.Task[Any] | None = None  # the latest call of `next`

    async def next(self) -> bytes | None:
        """The next block, or None at the end."""
        self._request = asyncio.current_task()
        mark_task()
        return await anext(self._blocks, None)

    async def close(self) -> None:
        """Cancel a pending request, and let the source release what it holds, such as a microphone, now."""
        if self._request is not None:
            self._request.cancel()
            await asyncio.gather(self._request, return_exceptions=True)
        await self._blocks.aclose()


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
