"""Services that lose their connections, one way or another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from servers import RATE, Talk, result


def settled(task: str, text: str, begin: float, end: float, number: int | None = 1) -> str:
    """A final of one word."""
    word = {"text": text, "begin_time": round(begin * 1000), "end_time": round(end * 1000), "punctuation": ""}
    times = {"begin_time": word["begin_time"], "end_time": word["end_time"], "words": [word], "sentence_id": number}
    return result(task, text, **times)


def lost_after(
    *told: Callable[[str], str], rest: Callable[[str], str], losses: int = 1, is_told_again: bool = False
) -> Any:
    """A service that is sent 4 s, says something and is lost, again and again; in the end it says the rest."""
    connections: list[str] = []

    async def behave(talk: Talk) -> None:
        await talk.begin()
        connections.append(talk.task)
        if len(connections) <= losses:
            heard = 0
            while heard < 4 * 2 * RATE:
                heard += len(await talk.block())
            for each in told if is_told_again or len(connections) == 1 else ():
                await talk.send(each(talk.task))
            await talk.connection.close(1011)
            return
        await talk.command()
        await talk.send(rest(talk.task))
        await talk.finish()

    return behave


def in_the_tail(losses: int, *, is_silent: bool = False) -> tuple[Any, list[float]]:
    """A service that settles a word, and loses connections when it is told to finish, or is silent from then on. What
    it heard, in seconds."""
    heard: list[float] = []

    async def behave(talk: Talk) -> None:
        await talk.begin()
        number = len(heard)
        heard.append(0.0)
        while isinstance(message := await talk.connection.recv(), bytes):
            heard[number] += len(message) / 2 / RATE
            if number == 0 and heard[0] >= 0.5 > heard[0] - len(message) / 2 / RATE:
                await talk.say("hello")
        if number < losses:
            if is_silent:
                await talk.forever()
            talk.reset()
            return
        await talk.say("goodbye", number=2)
        await talk.finish()

    return behave, heard
