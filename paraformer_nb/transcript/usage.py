"""What a run used: audio sent, and what the service reported, over all of its tasks."""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct

from ..dashscope.messages import TaskUsage
from ..dashscope.tokens import Tokens
from .clock import is_time
from .words import Usage


class TaskTotals(Struct):
    """One task so far: seconds sent, and the seconds and tokens that the service reported last (None: it did not)."""

    sent: float = 0.0
    billed: float | None = None
    tokens: Tokens | None = None

    @property
    def has_report(self) -> bool:
        """Whether the service reported anything of it."""
        return self.billed is not None or self.tokens is not None


class UsageCounter:
    """Adds up the tasks of a run.

    Attributes:
        tasks: by id, in order.
        sent_again, silent: seconds, over all tasks.
    """

    def __init__(self) -> None:
        self.tasks: defaultdict[str, TaskTotals] = defaultdict(TaskTotals)
        self.sent_again = 0.0
        self.silent = 0.0

    @property
    def sent(self) -> float:
        """Seconds, over all tasks."""
        return sum((task.sent for task in list(self.tasks.values())), 0.0)

    @property
    def billed(self) -> float | None:
        """Seconds, as reported; None if audio was sent and no report has any."""
        found = [task.billed for task in list(self.tasks.values()) if task.billed is not None]
        return sum(found) if found or not self.sent else None

    @property
    def tokens(self) -> Tokens | None:
        """Tokens, as reported; None if a task's report has none, or there is no report."""
        reported = [task.tokens for task in list(self.tasks.values()) if task.has_report]
        found = [tokens for tokens in reported if tokens is not None]
        if not found or len(found) < len(reported):
            return None
        return Tokens(sum(each.input for each in found), sum(each.output for each in found))

    def usage(self, recognised: float) -> Usage:
        """All of it, in seconds and tokens. `recognised`: the clip's seconds that were."""
        tokens = self.tokens
        return Usage(
            sent=round(self.sent, 3),
            sent_again=round(self.sent_again, 3),
            silence=round(self.silent, 3),
            recognised=round(recognised, 3),
            billed=round(self.billed or 0.0, 3),
            input_tokens=tokens.input if tokens else None,
            output_tokens=tokens.output if tokens else None,
        )

    def add_audio(self, task: str, seconds: float, again: float) -> None:
        """Count audio of which `again` seconds had been sent before."""
        self.sent_again += again
        self.tasks[task].sent += seconds

    def add_silence(self, task: str, seconds: float) -> None:
        """Count silence that kept a task alive."""
        self.silent += seconds
        self.tasks[task].sent += seconds

    def add_report(self, task: str, usage: TaskUsage | None) -> None:
        """Replace a task's report by a newer one: reports are cumulative."""
        if usage is None:
            return
        totals = self.tasks[task]
        if usage.duration is not None and is_time(usage.duration):
            totals.billed = usage.duration
        if usage.input_tokens is not None and is_time(usage.input_tokens):
            output = usage.output_tokens if usage.output_tokens is not None and is_time(usage.output_tokens) else 0
            totals.tokens = Tokens(round(usage.input_tokens), round(output))
