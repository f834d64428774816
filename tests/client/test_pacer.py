"""Blocks are sent at the pace, and those that are overdue at once."""

from __future__ import annotations

import asyncio
import time

import pytest

from paraformer_nb.client.pacer import Pacer


def release_times(*positions: float, pace: float = 1.0, is_stopped: bool = False) -> list[float]:
    """When each block is released, in seconds after the first."""

    async def main() -> list[float]:
        stop = asyncio.Event()
        if is_stopped:
            stop.set()
        pacer = Pacer(pace, stop)
        times = []
        for position in positions:
            await pacer.wait(position)
            times.append(time.monotonic())
        return [each - times[0] for each in times]

    return asyncio.run(main())


@pytest.mark.parametrize("pace", [10.0, 40.0])
def test_blocks_are_not_sent_faster_than_the_pace(pace: float) -> None:
    times = release_times(5.0, 5.5, 6.0, 6.5, pace=pace)  # a resumed run starts at any position
    assert all(each >= (number * 0.5) / pace - 0.002 for number, each in enumerate(times))


def test_overdue_blocks_are_sent_at_once() -> None:
    """After a disconnect: an hour that is sent again does not take an hour."""
    assert release_times(3600.0, *range(3600))[-1] < 30


def test_a_stop_releases_every_block() -> None:
    assert release_times(0.0, 3600.0, is_stopped=True)[-1] < 30
