"""Rows of words in arrays with room for more, which are given out as tables without being copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .frame import text_dtype
from .schema import WORDS_RAW

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array

_FIRST_CAPACITY = 64  # rows


class RowBuffers:
    """The rows of a words table.

    While rows are only added, tables share the arrays, which are read-only for them; pandas copies a column before it
    writes to it. That takes pandas 3, and that the frame that owns the arrays is kept. From the first time on that a
    row changes, and with pandas 2, each table has arrays of its own.
    """

    def __init__(self) -> None:
        import pandas as pd

        self._count = 0
        self._is_shared = not pd.__version__.startswith("2.")
        self._buffers: dict[str, Array] = {}
        self._frames: list[pd.DataFrame] = []  # over all rows of the arrays; the last one is that of `_buffers`
        self._allocate(0, 0)

    @property
    def is_sorted(self) -> bool:
        """Whether no row starts before the one before it."""
        starts = self._buffers["start"][: self._count]
        return bool((starts[1:] >= starts[:-1]).all())

    def table(self, first: int = 0, last: int | None = None) -> pd.DataFrame:
        """The rows from the number `first` up to `last`, or all, as a table of the caller's own."""
        table = self._frames[-1].iloc[first : self._count if last is None else last]
        return table if self._is_shared else table.copy()

    def replace(self, first: int, last: int, rows: pd.DataFrame) -> None:
        """Replace the rows from the number `first` up to `last` by these; the ones behind them move."""
        is_in_use = self._is_shared and first < self._count
        behind = first + len(rows)
        count = behind + self._count - last
        before = self._buffers.copy()
        if is_in_use or count > len(before["start"]):
            self._allocate(first, count)
        self._is_shared = self._is_shared and not is_in_use
        for name, buffer in self._buffers.items():
            buffer.setflags(write=True)
            if buffer is not before[name] or behind != last:
                buffer[behind:count] = before[name][last : self._count]
            buffer[first:behind] = rows[name].to_numpy(buffer.dtype)
            buffer.setflags(write=False)
        self._count = count

    def _allocate(self, kept: int, needed: int) -> None:
        """Make new arrays with room for half more rows than are `needed`, with a copy of those that are `kept`."""
        import numpy as np
        import pandas as pd

        capacity = max(_FIRST_CAPACITY, needed + needed // 2)
        columns: dict[str, Any] = {}
        for name, dtype, *_ in WORDS_RAW:
            is_text = dtype == "string"
            buffer: Array = np.full(capacity, "", object) if is_text else np.zeros(capacity, dtype)
            # While it has no NA: pandas would copy the others.
            columns[name] = pd.array(buffer, dtype=text_dtype(), copy=False) if is_text else buffer
            if kept:
                buffer[:kept] = self._buffers[name][:kept]
            buffer.setflags(write=False)
            self._buffers[name] = buffer
        self._frames.append(pd.DataFrame(columns, copy=False))
