"""`context`: what was said before, and the words of the subject, in the vendor's form.

Source: the vendor's "Improve recognition accuracy" page. The service would drop what exceeds the limits without a word,
so that it is refused here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from msgspec import Meta

from .messages import CommandError, ContinueTask, decode_command

MAX_ROUNDS = 5
MAX_CHARACTERS = 400
"""Of one round: what a user said, and the assistant's answer."""


class ContextPart(TypedDict):
    """A part of a message: ``input_text`` of the user, ``text`` of the assistant."""

    type: Literal["input_text", "text"]
    text: str


class ContextMessage(TypedDict):
    """One message of the conversation so far."""

    role: Literal["user", "assistant"]
    content: Annotated[list[ContextPart], Meta(min_length=1)]


Context = Annotated[list[ContextMessage], Meta(min_length=1)]


def context_of(text: str) -> list[ContextMessage]:
    """A context of one message: the words of a subject, or what was said before."""
    return [{"role": "user", "content": [{"type": "input_text", "text": text}]}]


def context_text(messages: list[ContextMessage]) -> str:
    """All text of a context."""
    return " ".join(part["text"] for message in messages for part in message["content"])


def find_context_problem(messages: list[ContextMessage]) -> str | None:
    """Return what is wrong with a context of the right types, or None."""
    rounds: list[int] = []  # the characters of each
    is_answered = True
    for message in messages:
        kind = "input_text" if message["role"] == "user" else "text"
        if any(part["type"] != kind for part in message["content"]):
            return f"the content of role {message['role']!r} has the type {kind!r}"
        if not any(part["text"].strip() for part in message["content"]):
            return "a message without a text"
        length = sum(len(part["text"]) for part in message["content"])
        if message["role"] == "user":
            rounds.append(length)
        elif is_answered:
            return "an assistant's message answers the user's message before it"
        else:
            rounds[-1] += length
        is_answered = message["role"] == "assistant"
    if len(rounds) > MAX_ROUNDS:
        return f"{len(rounds)} rounds, and the service keeps the last {MAX_ROUNDS}: give these"
    if max(rounds) > MAX_CHARACTERS:
        return f"a round of {max(rounds)} characters, and the service reads {MAX_CHARACTERS}: shorten it"
    return None


def sent_context(command: bytes) -> Any:
    """The context that a continue-task command carries; None where it cannot be read, as in a damaged journal."""
    try:
        decoded = decode_command(command)
    except CommandError:
        return None
    return decoded.input.get("context") if isinstance(decoded, ContinueTask) else None
