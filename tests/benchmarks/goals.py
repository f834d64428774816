"""Figures beside their goals: CPU seconds of several alternating rounds, and which goals were missed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from statistics import median
from time import process_time
from typing import Any, NamedTuple

Action = Callable[[], Any]


class Prepared(NamedTuple):
    """An action, and what is done before each time, which does not count."""

    action: Action
    prepare: Action


def medians(actions: Mapping[str, Action | Prepared], rounds: int = 7) -> dict[str, float]:
    """The median CPU seconds of each action. Each round has all of them, so that the machine's load falls on all."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            if isinstance(action, Prepared):
                action.prepare()
                action = action.action
            before = process_time()
            action()
            times[name].append(process_time() - before)
    return {name: median(each) for name, each in times.items()}


class Goals:
    """Counts the goals that were missed."""

    def __init__(self) -> None:
        self._missed: list[str] = []

    def check(self, name: str, value: float, goal: float | None) -> str:
        """The goal as the end of a line, marked where the value is above it."""
        if goal is None:
            return ""
        if value <= goal:
            return f"  goal {goal:g}"
        self._missed.append(name)
        return f"  goal {goal:g}  MISSED"

    def finish(self) -> None:
        """End the program with 1 if a goal was missed."""
        if self._missed:
            print(f"\ngoals missed: {', '.join(self._missed)}")
            sys.exit(1)
