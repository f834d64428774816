"""The most that a run may cost: it is stopped before the next block of audio could exceed it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from ..dashscope.prices import Price, token_amount
from ..dashscope.tokens import Tokens, most_tokens
from ..errors import ParameterError
from ..transcript.usage import TaskTotals

_TIME = re.compile(r"(\d+(?:\.\d+)?) ?([smh])")
_UNITS = {"s": 1, "m": 60, "h": 3600}


class Budget(NamedTuple):
    """A limit. `price`: that of the limit's money; None: the limit is seconds of billed audio."""

    limit: Decimal
    price: Price | None
    text: str

    @classmethod
    def parse(cls, given: float | str, price: Price | None, *, is_free: bool) -> Budget | None:
        """Read a budget: an amount of the price's currency, or a text such as "90s", "10m" or "2h" of billed audio.

        Returns None for money where nothing is billed (`is_free`). Raises ParameterError if it is neither, or is money
        and the price is not known.
        """
        if isinstance(given, str) and (match := _TIME.fullmatch(given.strip())):
            return cls(Decimal(match[1]) * _UNITS[match[2]], None, f"{match[1]} {match[2]} of billed audio")
        try:
            limit = Decimal(str(given)) if isinstance(given, (int, float, Decimal)) else Decimal("NaN")
        except InvalidOperation:
            limit = Decimal("NaN")
        if isinstance(given, bool) or not limit.is_finite() or limit < 0:
            raise ParameterError(f"budget={given!r}: give an amount of money, or a time such as '90s', '10m' or '2h'.")
        if is_free:
            return None
        if price is None:
            raise ParameterError(
                f"budget={given!r}: the price of this model there is not known. Nothing was sent. Set it in "
                "pnb.PRICES, or give the budget as a time of audio, such as '10m'."
            )
        return cls(limit, price, f"{limit} {price.currency}")

    def allows(self, tasks: Iterable[TaskTotals]) -> bool:
        """Whether tasks that have sent so much stay within it."""
        return sum((self._bill(task) for task in tasks), Decimal(0)) <= self.limit

    def _bill(self, task: TaskTotals) -> Decimal:
        """At most what a task is billed: what the service reported, and the audio since then in whole seconds."""
        seconds = Decimal(str(max(task.billed, math.ceil(round(task.sent, 6)))))
        if self.price is None:
            return seconds
        if self.price.per_second is not None:
            return seconds * self.price.per_second
        reported = task.tokens or Tokens(0, 0)
        rest = most_tokens(max(0.0, task.sent - task.billed if task.tokens else task.sent))
        return token_amount(self.price, Tokens(reported.input + rest.input, reported.output + rest.output))
