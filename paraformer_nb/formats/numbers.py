"""Numbers as files of other tools have them."""

from __future__ import annotations


def parse_number(text: str) -> float:
    """A number, also with a decimal comma. Raises ValueError for another text."""
    return float(text.replace(",", ".") if text.count(",") == 1 else text)
