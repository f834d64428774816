"""The text of a file whose encoding is not known."""

from __future__ import annotations

import codecs

from ..errors import MissingDependency, ReadError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSED = ["gb18030", "big5", "cp1252", "latin_1", "mac_roman", "shift_jis", "euc_jp", "euc_kr", "cp1251"]
_SAMPLE = 200_000  # bytes that are looked at


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Decode a file, with ``\\n`` at the end of its lines. Returns the text and the encoding's name.

    An encoding that is not given is that of the file's mark, else UTF-8, else UTF-16 where every second byte of much
    is zero, else the likeliest one of East Asia and Europe.

    Raises ReadError if the bytes are not of the encoding, MissingDependency if it must be guessed and cannot be.
    """
    name = encoding or _encoding_of(data)
    try:
        text = data.decode(name)
    except LookupError as error:
        raise ReadError(f"encoding={encoding!r} is not known. Nothing was read.") from error
    except UnicodeError as error:
        raise ReadError(f"the file is not {name}: {error}. Give another encoding=. Nothing was read.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n"), codecs.lookup(name).name


def _encoding_of(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    sample = data[:_SAMPLE]
    if b"\0" in sample:
        return "utf-16-be" if sample[0::2].count(0) > sample[1::2].count(0) else "utf-16-le"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _guess(data)
    return "utf-8"


def _guess(data: bytes) -> str:
    try:
        import charset_normalizer
    except ImportError as error:
        raise MissingDependency(
            "the file is not UTF-8, and guessing its encoding needs the package charset-normalizer: "
            "pip install 'paraformer-nb[export]', or give encoding=. Nothing was read."
        ) from error
    # Only the lines that have such bytes: the others tell nothing, and dilute what the guess is made of.
    lines = [line for line in data[:_SAMPLE].splitlines() if not line.isascii()]
    found = charset_normalizer.from_bytes(b"\n".join(lines), cp_isolation=_GUESSED, threshold=0.4).best()
    return found.encoding if found else "latin_1"
