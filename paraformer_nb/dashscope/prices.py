"""Prices of the models, and what a run cost. Prices change: replace what is not yours in `PRICES`.

Amounts are computed in decimal and rounded once, to a float. An unknown price is never guessed: the amount is NaN, and
`Cost.basis` says so.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import NamedTuple

from .models import find_model
from .regions import BEIJING, SINGAPORE
from .tokens import Tokens, most_tokens

_MILLION = 1_000_000


class Price(NamedTuple):
    """The price of a model in a region: by the second of audio, or by the token.

    Attributes:
        currency: such as "CNY".
        per_second: of audio; None for a model billed by token.
        per_million_input, per_million_output: tokens.
        as_of: when it was read, ``YYYY-MM-DD``.
        source: where.
    """

    currency: str
    per_second: Decimal | None = None
    per_million_input: Decimal | None = None
    per_million_output: Decimal | None = None
    as_of: str = ""
    source: str = ""


class Cost(NamedTuple):
    """What something costs.

    Attributes:
        amount: NaN where it is not known.
        currency: ``""`` where it is not known, or nothing is billed.
        basis: what was counted, or why the amount is not known.
        rate: the price that was used, or None.
        as_of: the date of the price, or ``""``.
    """

    amount: float
    currency: str
    basis: str
    rate: Price | None = None
    as_of: str = ""


_READ = "2026-11-28"
_PAGE = "the vendor's model pages"
_COPY = "third-party copies of the vendor's price page"
_PARAFORMER = Price("CNY", Decimal("0.00024"), as_of=_READ, source=_PAGE)
_QWEN_31 = Price("CNY", per_million_input=Decimal("6"), per_million_output=Decimal("4.5"), as_of=_READ, source=_COPY)
_QWEN_31_SINGAPORE = _QWEN_31._replace(per_million_input=Decimal("6.781"), per_million_output=Decimal("5.104"))
_FUN = Price("CNY", Decimal("0.00033"), as_of=_READ, source=_COPY)

PRICES: dict[tuple[str, str], Price] = {
    ("qwen-audio-3.1-asr-flash-streaming", BEIJING): _QWEN_31,
    ("qwen-audio-3.1-asr-flash-streaming", SINGAPORE): _QWEN_31_SINGAPORE,
    ("qwen-audio-3.1-asr-flash-message", BEIJING): _QWEN_31,
    ("qwen-audio-3.1-asr-flash-message", SINGAPORE): _QWEN_31_SINGAPORE,
    ("qwen-audio-3.0-asr-flash-streaming", BEIJING): _FUN,
    ("fun-asr-realtime", BEIJING): _FUN,
    ("fun-asr-realtime", SINGAPORE): _FUN._replace(per_second=Decimal("0.00066")),
    ("fun-asr-flash-8k-realtime", BEIJING): _FUN._replace(per_second=Decimal("0.00022")),
    ("paraformer-realtime-v2", BEIJING): _PARAFORMER,
    ("paraformer-realtime-8k-v2", BEIJING): _PARAFORMER,
    ("paraformer-realtime-v1", BEIJING): _PARAFORMER,
    ("paraformer-realtime-8k-v1", BEIJING): _PARAFORMER,
}
"""The price of each model in each region, as far as it is known; yours to change, such as
``pnb.PRICES["fun-asr-realtime", "cn-beijing"] = pnb.Price("CNY", Decimal("0.0003"))``."""

_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def find_price(model: str, region: str | None) -> Price | None:
    """The price of a model in a region, that of the model without a date for a snapshot; None: unknown."""
    if region is None:
        return None
    return PRICES.get((model, region)) or PRICES.get((_DATE.sub("", model), region))


def cost_of(model: str, region: str | None, seconds: float, tokens: Tokens | None) -> Cost:
    """What a use cost. `tokens`: None where the service reported none."""
    price = find_price(model, region)
    if price is None:
        return _unknown(model, region)
    if price.per_second is not None:
        amount = Decimal(str(seconds)) * price.per_second
        return Cost(float(amount), price.currency, f"{seconds:g} s of audio", price, price.as_of)
    if tokens is None:
        return Cost(math.nan, price.currency, "billed by token, and the service reported no tokens", price, price.as_of)
    basis = f"{tokens.input} tokens in, {tokens.output} out"
    return Cost(float(token_amount(price, tokens)), price.currency, basis, price, price.as_of)


def token_amount(price: Price, tokens: Tokens) -> Decimal:
    """What tokens cost."""
    into, out = price.per_million_input or Decimal(0), price.per_million_output or Decimal(0)
    return (tokens.input * into + tokens.output * out) / _MILLION


def estimate(model: str, region: str | None, seconds: float) -> Cost:
    """What a clip of so many seconds will cost without a disconnect; by token at most about."""
    price, known = find_price(model, region), find_model(model)
    if price is None:
        return _unknown(model, region)
    billed = math.ceil(seconds)
    if price.per_second is not None or (known is not None and known.billing == "seconds"):
        return cost_of(model, region, billed, None)
    cost = cost_of(model, region, billed, most_tokens(billed))
    return cost._replace(basis=f"at most about {cost.basis}, for {billed} s of audio")


FREE = Cost(0.0, "", "the embedded service: nothing is billed")


def _unknown(model: str, region: str | None) -> Cost:
    where = f"in {region}" if region else "at an address of no known region"
    advice = f'set pnb.PRICES["{model}", "{region or "cn-beijing"}"]' + ("" if region else " and give region=")
    return Cost(math.nan, "", f"the price of {model} {where} is not known: {advice}")
