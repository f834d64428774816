"""Run a case in kernels of all ipykernel versions in parallel, and make a table of the results."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from kernel import Kernel

Case = Callable[[Kernel], Awaitable[str]]
"""Uses a kernel and returns the result in a few words."""


class Matrix:
    """A kernel of each ipykernel version; every case runs in all of them in parallel."""

    def __init__(self, kernels: list[Kernel], runner: asyncio.Runner) -> None:
        self._kernels = kernels
        self._runner = runner
        self._rows: dict[str, list[str]] = {}

    def row(self, name: str, case: Case) -> dict[str, str]:
        """Run a case and return its result for each version; it becomes a row of the table. Raises all exceptions."""
        outcomes = self._runner.run(self._all(case))
        self._rows[name] = results = [type(each).__name__ if isinstance(each, Exception) else each for each in outcomes]
        if failures := [outcome for outcome in outcomes if isinstance(outcome, Exception)]:
            raise ExceptionGroup(name, failures)
        return dict(zip((kernel.name for kernel in self._kernels), results, strict=True))

    async def _all(self, case: Case) -> list[str | Exception]:
        async def one(kernel: Kernel) -> str | Exception:
            try:
                await kernel.ready()
                return await case(kernel)
            except Exception as error:  # noqa: BLE001 - raised together with those of the others
                error.add_note(f"ipykernel {kernel.version}, stderr: {kernel.stderr or 'empty'}")
                return error

        return await asyncio.gather(*map(one, self._kernels))

    def close(self) -> None:
        """Shut all kernels down."""

        async def all_down() -> None:
            await asyncio.gather(*(kernel.close() for kernel in self._kernels))

        self._runner.run(all_down())

    def __str__(self) -> str:
        head = ["", *(kernel.version for kernel in self._kernels)]
        table = [head, *([name, *results] for name, results in self._rows.items())]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in table)
