"""Prices of the models, and what a run cost. Prices change: replace what is not yours in `PRICES`.

Amounts are computed in decimal and rounded once, to a float. An unknown price is never guessed: the amount is NaN, and
`Cost.basis` says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Literal, NamedTuple

from ..errors import ParameterError
from .models import undated
from .regions import BEIJING, SINGAPORE
from .tokens import Tokens, most_tokens

_MILLION = 1_000_000

Certainty = Literal["published", "confirmed", "copied", ""]
"""How sure a price is: read on a page of the vendor; read in a copy by others, and a page of the vendor has the same in
another currency; read in a copy by others only; not stated."""


@dataclass(frozen=True)
class Price:
    """The price of a model in a region: by the second of audio, or by the token.

    Attributes:
        currency: such as "CNY".
        per_second: of audio; None for a model billed by token.
        per_million_input, per_million_output: tokens; None for a model billed by the second.
        as_of: when it was read, ``YYYY-MM-DD``.
        source: where.
        certainty: "published" (read on a page of the vendor), "confirmed" (read in a copy by others, and a page of the
            vendor has the same in another currency), "copied" (read in a copy by others only), or ``""``.

    Numbers and texts are converted to Decimal. Raises ParameterError for a price that is neither by the second nor by
    the token, or is negative or not a number.
    """

    currency: str
    per_second: Decimal | None = None
    per_million_input: Decimal | None = None
    per_million_output: Decimal | None = None
    as_of: str = ""
    source: str = ""
    certainty: Certainty = ""

    def __post_init__(self) -> None:
        for name in ("per_second", "per_million_input", "per_million_output"):
            object.__setattr__(self, name, _amount(name, getattr(self, name)))
        tokens = (self.per_million_input is None, self.per_million_output is None)
        if tokens not in ((True, True), (False, False)) or (self.per_second is None) == all(tokens):
            raise ParameterError("a price has per_second=, or both per_million_input= and per_million_output=.")


def _amount(name: str, given: object) -> Decimal | None:
    if given is None:
        return None
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ParameterError(f"{name}={given!r}: give an amount of money, such as Decimal('0.0003').")
    return amount


class Cost(NamedTuple):
    """What something costs. `print` shows it on one line.

    Attributes:
        amount: NaN where it is not known.
        currency: ``""`` where it is not known, or nothing is billed.
        basis: what was counted, or why the amount is not known.
        rate: the price that was used, or None; it has its source, and how sure it is.
        as_of: the date of the price, or ``""``.

    Example:
        >>> print(run.cost)
        0 (a run uses the embedded service: nothing is billed)
    """

    amount: float
    currency: str
    basis: str
    rate: Price | None = None
    as_of: str = ""

    def __str__(self) -> str:
        if math.isnan(self.amount):
            return f"unknown: {self.basis}"
        price = self.rate
        if price is None:
            return f"{self.amount:g} ({self.basis})"
        notes = [self.basis, *filter(None, [f"price of {price.as_of}" * bool(price.as_of), price.certainty])]
        return f"{self.amount:.6g} {self.currency} ({', '.join(notes)}{f': {price.source}' if price.source else ''})"


_READ = "2026-11-28"
_LATER = "2026-11-29"
_COPY = "a copy of the vendor's price page"
_PARAFORMER = Price(
    "CNY", Decimal("0.00024"), as_of=_READ, source="the vendor's page paraformer-realtime-v2", certainty="published"
)
_PARAFORMER_COPY = replace(_PARAFORMER, source=_COPY, certainty="copied")
_QWEN_31 = Price(
    "CNY",
    per_million_input=Decimal("6"),
    per_million_output=Decimal("4.5"),
    as_of=_READ,
    source=f"{_COPY}; the model's own page has 0.848 and 0.636 USD",
    certainty="confirmed",
)
_QWEN_31_SINGAPORE = Price(
    "USD",
    per_million_input=Decimal("0.93"),
    per_million_output=Decimal("0.70"),
    as_of=_LATER,
    source="the vendor's page of the model",
    certainty="published",
)
_FUN = Price(
    "CNY",
    Decimal("0.00033"),
    as_of=_READ,
    source=f"{_COPY}; the vendor's page fun-asr-realtime-python-sdk has 0.000047 USD",
    certainty="confirmed",
)

PRICES: dict[tuple[str, str], Price] = {
    ("qwen-audio-3.1-asr-flash-streaming", BEIJING): _QWEN_31,
    ("qwen-audio-3.1-asr-flash-streaming", SINGAPORE): _QWEN_31_SINGAPORE,
    ("qwen-audio-3.1-asr-flash-message", BEIJING): _QWEN_31,
    ("qwen-audio-3.1-asr-flash-message", SINGAPORE): _QWEN_31_SINGAPORE,
    ("qwen-audio-3.0-asr-flash-streaming", BEIJING): replace(_FUN, source=_COPY, certainty="copied"),
    ("fun-asr-realtime", BEIJING): _FUN,
    ("fun-asr-realtime", SINGAPORE): Price(
        "USD",
        Decimal("0.00009"),
        as_of=_LATER,
        source="the vendor's page fun-asr-realtime-python-sdk of March 2026",
        certainty="published",
    ),
    ("fun-asr-flash-8k-realtime", BEIJING): replace(
        _FUN,
        per_second=Decimal("0.00022"),
        source=f"{_COPY}; the vendor's page fun-asr-realtime-python-sdk has 0.000032 USD",
    ),
    ("paraformer-realtime-v2", BEIJING): _PARAFORMER,
    ("paraformer-realtime-8k-v2", BEIJING): _PARAFORMER_COPY,
    ("paraformer-realtime-v1", BEIJING): _PARAFORMER_COPY,
    ("paraformer-realtime-8k-v1", BEIJING): _PARAFORMER_COPY,
}
"""The price of each model in each region, as far as it is known; yours to change, such as
``pnb.PRICES["fun-asr-realtime", "cn-beijing"] = pnb.Price("CNY", Decimal("0.0003"))``."""


def find_price(model: str, region: str | None) -> Price | None:
    """The price of a model in a region, that of the model without a date for a snapshot; None: unknown."""
    if region is None:
        return None
    return PRICES.get((model, region)) or PRICES.get((undated(model), region))


def bill(price: Price, seconds: float, tokens: Tokens) -> Decimal:
    """What seconds of audio cost, or tokens, whichever the price is by."""
    if price.per_second is not None:
        return Decimal(str(seconds)) * price.per_second
    into, out = price.per_million_input or Decimal(0), price.per_million_output or Decimal(0)
    return (tokens.input * into + tokens.output * out) / _MILLION


def cost_of(model: str, region: str | None, seconds: float | None, tokens: Tokens | None) -> Cost:
    """What a use cost. `seconds`, `tokens`: None where the service reported none."""
    price = find_price(model, region)
    if price is None:
        return Cost(math.nan, "", unknown_price(model, region))
    if price.per_second is not None:
        problem = "billed by the second, and the service reported no duration" if seconds is None else ""
        basis = f"{seconds:g} s of audio" if seconds is not None else ""
    else:
        problem = "billed by token, and the service reported no tokens" if tokens is None else ""
        basis = f"{tokens.input} tokens in, {tokens.output} out" if tokens is not None else ""
    amount = math.nan if problem else float(bill(price, seconds or 0.0, tokens or Tokens(0, 0)))
    return Cost(amount, price.currency, problem or basis, price, price.as_of)


def estimate(model: str, region: str | None, seconds: float, prompt: int = 0) -> Cost:
    """What a clip of so many seconds will cost without a disconnect; by token at most about.

    `prompt`: the tokens that hotwords and context add to each sentence.
    """
    price = find_price(model, region)
    billed = math.ceil(seconds)
    cost = cost_of(model, region, billed, most_tokens(billed, prompt))
    if price is None or price.per_second is not None:
        return cost
    return cost._replace(basis=f"at most about {cost.basis}, for {billed} s of audio")


FREE = Cost(0.0, "", "a run uses the embedded service: nothing is billed")


def unknown_price(model: str, region: str | None) -> str:
    """The message about a price that is not known, with what to do."""
    where = f"in {region}" if region else "at an address of no known region"
    advice = f'set pnb.PRICES["{model}", "{region or BEIJING}"]' + ("" if region else " and give region=")
    return f"the price of {model} {where} is not known: {advice}"
