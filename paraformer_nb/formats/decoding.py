"""The text of a file whose encoding is not known."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from ..errors import MissingDependency, ReadError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 200_000  # bytes that are looked at
_COMMON = {
    "gb18030": ((0xA1, 0xA3), (0xB0, 0xD7)),
    "euc_jp": ((0xA1, 0xA5), (0xB0, 0xCF)),
    "big5": ((0xA1, 0xC6),),
    "shift_jis": ((0x81, 0x83), (0x88, 0x97)),
    "euc_kr": ((0xA1, 0xA3), (0xB0, 0xC8)),
}
"""The first bytes of marks and common characters in the encodings of East Asia: nearly all of a text that is in one. Of
two that fit as well the first one is meant."""
_LIKELY = 0.9  # share of common characters
_MANY = 6  # characters of a text that would not all be common ones of Korean, or of a torn one, by chance
_BY_ZEROS = ("utf-16-be", "utf-16-le")
_CERTAIN = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
_WESTERN = ["cp1252", "latin_1", "mac_roman"]
_LETTERS = re.compile(rb"[A-Za-z]")
_BINARY = re.compile("[\0-\x08\x0e-\x1f]")
_LINE_END = re.compile("\r+\n|\r")  # "\r\r\n": a text whose line ends were converted twice
_DAMAGED = "\ufffd"
_FEW = 8  # whole characters for each damaged one: the bytes of another encoding are hardly ever so much of UTF-8


class Decoded(NamedTuple):
    """The text of a file, the name of its encoding, and what is wrong with it, or ``""``."""

    text: str
    encoding: str
    problem: str = ""


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Decode a file, with ``\\n`` at the end of its lines and no byte order marks.

    An encoding that is not given is that of the file's mark, else UTF-8, else UTF-16 where every second byte of much
    is zero, else that of East Asia whose common characters they are, else the likeliest one of Europe. A file that was
    torn, or has few damaged characters, is what the rest of it is.

    Raises ReadError if the bytes are not of the encoding, or are no text, and MissingDependency if the encoding must be
    guessed and cannot be.
    """
    name = encoding or _encoding_of(data)
    problem = ""
    try:
        if encoding or name in _BY_ZEROS:
            text = data.decode(name)
        else:
            text, problem = _whole_characters(data, name)
    except LookupError as error:
        raise ReadError(f"encoding={encoding!r} is not known. Nothing was read.") from error
    except UnicodeError as error:
        if not encoding and name not in _CERTAIN:
            raise ReadError("this is not a text. Nothing was read.") from error
        raise ReadError(f"the file is not {name}: {error}. Give another encoding=. Nothing was read.") from error
    if not encoding and name not in _CERTAIN and _BINARY.search(text):
        raise ReadError("this is not a text. Nothing was read.")
    return Decoded(_LINE_END.sub("\n", text.replace("\ufeff", "")), codecs.lookup(name).name, problem)


def _whole_characters(data: bytes, encoding: str) -> tuple[str, str]:
    """The text without a torn character at its end, with marks where others are damaged; and what is wrong with it.
    Raises UnicodeError for bytes that are not of the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("replace" if encoding == "utf-8" else "strict")
    text = decoder.decode(data)
    is_torn = bool(decoder.getstate()[0])
    damaged = text.count(_DAMAGED) - data.count(_DAMAGED.encode()) if encoding == "utf-8" else 0
    problems = ["it ends within a character"] * is_torn
    problems += [f"{damaged} character{'s are' if damaged > 1 else ' is'} damaged"] * (damaged > 0)
    return text, "; ".join(problems)


def _encoding_of(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    sample = data[:_SAMPLE]
    if b"\0" in sample:
        return _BY_ZEROS[sample[0::2].count(0) <= sample[1::2].count(0)]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8" if _is_nearly_utf8(data, error) else _guess(data)
    return "utf-8"


def _is_nearly_utf8(data: bytes, error: UnicodeDecodeError) -> bool:
    """Whether the data is UTF-8 that was torn, or of which few characters are damaged."""
    if error.reason == "unexpected end of data" and not data[: error.start].isascii():
        return True
    text = data.decode("utf-8", "replace")
    damaged = text.count(_DAMAGED)
    return sum(sign > "\x7f" for sign in text) - damaged >= _FEW * damaged


def _guess(data: bytes) -> str:
    # Only the lines that have such bytes: the others say nothing, and dilute what the guess is made of.
    lines = b"\n".join(line for line in data[:_SAMPLE].splitlines() if not line.isascii())
    shares = {name: _share_of_common(lines, name) for name in _COMMON}
    if shares["euc_kr"] == 1 and b" " in lines and len(lines) > 2 * _MANY:  # common ones of Chinese as well
        return "euc_kr"
    likely = max(shares, key=shares.__getitem__)
    return likely if shares[likely] >= _LIKELY else _guess_western(lines)


def _share_of_common(data: bytes, encoding: str) -> float:
    """The share of common characters among those that are not ASCII; 0 where the bytes are not of the encoding."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        signs = [sign.encode(encoding) for sign in decoder.decode(data) if sign > "\x7f"]
    except UnicodeError:
        return 0.0
    if decoder.getstate()[0] and len(signs) < _MANY:  # a character is cut at the end: of a text of this encoding?
        return 0.0
    least = 0xA1 if encoding == "gb18030" else 0  # of the second byte; those below are of rare characters
    common = [
        sign
        for sign in signs
        if len(sign) == 2 and sign[1] >= least and any(low <= sign[0] <= high for low, high in _COMMON[encoding])
    ]
    return len(common) / max(1, len(signs))


def _guess_western(lines: bytes) -> str:
    try:
        import charset_normalizer
    except ImportError as error:
        raise MissingDependency(
            "the file is not UTF-8, and guessing its encoding needs the package charset-normalizer: "
            "pip install 'paraformer-nb[export]', or give encoding=. Nothing was read."
        ) from error
    is_latin = 2 * len(_LETTERS.findall(lines)) > len(lines) - lines.count(b" ")
    known = _WESTERN if is_latin else [*_WESTERN, *_COMMON, "cp1251"]
    found = charset_normalizer.from_bytes(lines, cp_isolation=known, threshold=0.4).best()
    return found.encoding if found else "latin_1"
