"""Read the list of a model's tokens: sherpa-onnx's ``tokens.txt``, or FunASR's ``tokens.json``."""

from __future__ import annotations

from pathlib import Path

import msgspec

from .rejection import reject, reject_unreadable


def find_symbols(folder: Path) -> Path:
    """The list of tokens in a folder."""
    names = [folder / "tokens.txt", folder / "tokens.json"]
    return next((path for path in names if path.is_file()), names[0])


def read_symbols(path: Path, count: int | None) -> list[str]:
    """The tokens' texts by number; `count` is how many the encoder has, None if it does not say.

    Raises ParameterError.
    """
    try:
        data = path.read_bytes()
        symbols = _from_json(path, data) if path.suffix == ".json" else _from_text(path, data.decode())
    except UnicodeError:
        reject(path, "is not UTF-8 text")
    except OSError as error:
        reject_unreadable(path, error)
    if not symbols:
        reject(path, "is an empty list")
    needed = len(symbols) if count is None else count
    if set(symbols) != set(range(needed)):
        reject(
            path,
            f"has {len(symbols)} tokens, but the encoder has {needed}, from 0 to {needed - 1}: "
            "it belongs to another model",
        )
    return [symbols[number] for number in range(needed)]


def is_number(text: str) -> bool:
    """Whether a text is a number of a size that is read without doubt."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def _from_text(path: Path, text: str) -> dict[int, str]:
    """Each line is a token, a space and its number. A token may be any character, so lines end at line feeds only and
    are split at their last space."""
    symbols: dict[int, str] = {}
    for line_number, line in enumerate(text.split("\n"), 1):
        if not line.strip("\r"):
            continue
        symbol, _, number = line.rstrip("\r").rpartition(" ")
        if not symbol or not is_number(number):
            reject(path, f"is not a list of tokens: line {line_number} is {line[:40]!r}, not a token and its number")
        if int(number) in symbols:
            reject(path, f"has the number {number} twice, the second time in line {line_number}")
        symbols[int(number)] = symbol
    return symbols


def _from_json(path: Path, data: bytes) -> dict[int, str]:
    """A JSON array of the tokens' texts, in the order of their numbers."""
    try:
        return dict(enumerate(msgspec.json.decode(data, type=list[str])))
    except msgspec.MsgspecError as error:
        reject(path, f"is not a JSON array of tokens ({error})")
