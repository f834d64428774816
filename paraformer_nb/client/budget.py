"""The most that a run may cost: it is stopped before the next block of audio could exceed it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from ..dashscope.prices import Price, bill, find_price, unknown_price
from ..dashscope.tokens import Tokens, most_tokens
from ..errors import ParameterError
from ..transcript.usage import TaskTotals

_TIME = re.compile(r"(\d+(?:\.\d+)?) ?([smh])")
_UNITS = {"s": 1, "m": 60, "h": 3600}


class Budget(NamedTuple):
    """A limit, and how a user reads it. `price`: that of the limit's money; None: it is seconds of billed audio."""

    limit: Decimal
    price: Price | None
    text: str

    @classmethod
    def parse(cls, given: float | str, model: str, region: str | None, *, is_free: bool) -> Budget | None:
        """Read a budget: an amount of the price's currency, or a text such as "90s", "10m" or "2h" of billed audio.

        Returns None for money where nothing is billed (`is_free`). Raises ParameterError if it is neither, or is money
        and the price of the model in the region is not known.
        """
        if isinstance(given, str) and (match := _TIME.fullmatch(given.strip())):
            return cls(Decimal(match[1]) * _UNITS[match[2]], None, f"{match[1]} {match[2]} of billed audio")
        try:
            limit = Decimal(str(given)) if isinstance(given, (int, float, Decimal)) else Decimal("NaN")
        except InvalidOperation:
            limit = Decimal("NaN")
        if isinstance(given, bool) or not limit.is_finite() or limit < 0:
            raise ParameterError(
                f"budget={given!r}: give an amount of money, or a time such as '90s', '10m' or '2h'. Nothing was sent."
            )
        if is_free:
            return None
        price = find_price(model, region)
        if price is None:
            raise ParameterError(
                f"budget={given!r}: {unknown_price(model, region)}, or give a time of audio such as '10m'. "
                "Nothing was sent."
            )
        return cls(limit, price, f"{limit} {price.currency}")

    def allows(self, tasks: Iterable[TaskTotals], prompt: int) -> bool:
        """Whether tasks that have sent so much stay within it.

        `prompt`: the tokens that hotwords and context add to each sentence.
        """
        return sum((self._bill(task, prompt) for task in tasks), Decimal(0)) <= self.limit

    def _bill(self, task: TaskTotals, prompt: int) -> Decimal:
        """At most what a task is billed: what the service reported, and the audio since then in whole seconds."""
        billed = task.billed or 0.0
        seconds = max(billed, math.ceil(round(task.sent, 6)))
        if self.price is None:
            return Decimal(str(seconds))
        reported = task.tokens or Tokens(0, 0)
        rest = most_tokens(max(0.0, task.sent - billed if task.tokens else task.sent), prompt)
        tokens = Tokens(reported.input + rest.input, reported.output + rest.output)
        return bill(self.price, seconds, tokens)
