"""Services that end their connections early, one way or another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from servers import RATE, Talk, result

import paraformer_nb as pnb

AT_ONCE = pnb.Retry(first_wait=0.0)
"""Connect again without waiting."""


def final_word(task: str, text: str, start: float, end: float, number: int | None = 1) -> str:
    """A final sentence of one word; times in seconds."""
    word = {"text": text, "begin_time": round(start * 1000), "end_time": round(end * 1000), "punctuation": ""}
    times = {"begin_time": word["begin_time"], "end_time": word["end_time"], "words": [word], "sentence_id": number}
    return result(task, text, **times)


def disconnect_after(
    *results: Callable[[str], str], rest: Callable[[str], str], disconnects: int = 1, is_repeated: bool = False
) -> Any:
    """A service that receives 4 s, sends these results and closes the connection; then it sends the rest.

    Args:
        results: make a message from a task's id.
        disconnects: how many connections it closes early.
        is_repeated: whether it sends the results on each of them, or on the first one only.
    """
    connections: list[str] = []

    async def behave(talk: Talk) -> None:
        await talk.begin()
        connections.append(talk.task)
        if len(connections) <= disconnects:
            received = 0
            while received < 4 * 2 * RATE:
                received += len(await talk.block())
            for each in results if is_repeated or len(connections) == 1 else ():
                await talk.send(each(talk.task))
            await talk.connection.close(1011)
            return
        await talk.command()
        await talk.send(rest(talk.task))
        await talk.finish()

    return behave


def disconnect_at_finish(disconnects: int, *, is_silent: bool = False) -> tuple[Any, list[float]]:
    """A service that sends a final word, and resets its connections at finish-task, or does not answer it.

    Returns its behaviour, and the seconds of audio that each connection received.
    """
    received: list[float] = []

    async def behave(talk: Talk) -> None:
        await talk.begin()
        number = len(received)
        received.append(0.0)
        while isinstance(message := await talk.connection.recv(), bytes):
            received[number] += len(message) / 2 / RATE
            if number == 0 and received[0] >= 0.5 > received[0] - len(message) / 2 / RATE:
                await talk.say("hello")
        if number < disconnects:
            if is_silent:
                await talk.forever()
            talk.reset()
            return
        await talk.say("goodbye", number=2)
        await talk.finish()

    return behave, received
