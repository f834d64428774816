"""A part of a stream of PCM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def cut_pcm(chunks: Iterable[bytes], skip: int, size: int | None) -> Iterator[bytes]:
    """Yield `size` bytes (None: all) after the first `skip` bytes, without empty chunks. Reads no further than needed.

    Example:
        >>> list(cut_pcm([b"abc", b"def", b"ghi"], 1, 4))
        [b'bc', b'de']
    """
    left = size
    for whole in chunks:
        chunk = whole[skip:] if skip > 0 else whole
        skip = max(0, skip - len(whole))
        if left is not None:
            chunk = chunk[:left]
            left -= len(chunk)
        if chunk:
            yield chunk
        if left == 0:
            return
