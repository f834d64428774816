"""Kernels of four ipykernel versions for the tests of this folder, started once and in parallel."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `import kernel` under --import-mode=importlib

from installs import NotAvailable, install
from kernel import Kernel
from matrix import Matrix


@pytest.fixture(scope="session")
def kernels(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    """A kernel of each version; at the end, with -s, the table of their results."""
    assert pytestconfig.cache is not None
    try:
        paths = install(pytestconfig.cache.mkdir("ipykernels"))
    except NotAvailable as error:
        pytest.skip(f"{error}\nStop, interrupts and restarts are not tested in real kernels")
    with asyncio.Runner() as runner:
        matrix = Matrix([Kernel(name, path, tmp_path_factory.mktemp(name)) for name, path in paths.items()], runner)
        try:
            yield matrix
        finally:
            matrix.close()
    print(f"\n\n{matrix}")  # noqa: T201
