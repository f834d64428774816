"""A real kernel, and a user's actions: run cells, interrupt, restart, press a view's Stop."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from front_end import Cell, View
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from processes import LESSON, PATIENCE, TESTS, environment, recognisers

_NUDGE_PERIOD = 3.0  # seconds
_PRELUDE = f"""
import os
import ipykernel
import paraformer_nb as pnb
from servers import eventually
lesson, script = {str(LESSON)!r}, {str(LESSON.with_suffix(".json"))!r}
scripted = pnb.Embedded("scripted", script=script)
silent = pnb.Embedded("scripted", script=script, faults=["drop:how=silence,events=2"])  # hangs after the first words
print(ipykernel.__version__)
"""


class Kernel:
    """A kernel of one ipykernel.

    Args:
        name: a label.
        path: the folder of its ipykernel; None: the environment's own.
        home: an empty folder, its working folder.

    Attributes:
        home: its working folder.
        version: of its ipykernel, after `ready`.
        pictures: how many outputs have been replaced by a picture.
        has_subshell: whether its front end sends widget messages on a subshell, as JupyterLab does if it can.
    """

    def __init__(self, name: str, path: Path | None, home: Path) -> None:
        self.name = name
        self.version = "?"
        self.has_subshell = True
        self.pictures = 0
        self.home = home
        self._log = (home / "stderr").open("a")
        spec = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
        (home / "kernels" / "own").mkdir(parents=True)
        (home / "kernels" / "own" / "kernel.json").write_text(json.dumps(spec | {"display_name": name, "language": ""}))
        paths = [str(each) for each in (path, TESTS) if each]
        self._env = environment(
            PYTHONPATH=os.pathsep.join(paths), IPYTHONDIR=str(home), PYDEVD_DISABLE_FILE_VALIDATION="1"
        )
        self._manager: AsyncKernelManager | None = None
        self._client: AsyncKernelClient | None = None
        self._subshell: str | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._received = asyncio.Condition()
        self._cells: dict[str, Cell] = {}
        self._views: dict[str, View] = {}

    @property
    def pid(self) -> int:
        """The id of its process."""
        assert self._manager is not None
        pid = self._manager.provisioner.pid
        assert isinstance(pid, int)
        return pid

    @property
    def stderr(self) -> str:
        """The stderr of this kernel and those before it, without ipykernel's own warnings."""
        lines = (self.home / "stderr").read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if not line.startswith("[IPKernelApp]"))

    def recognisers(self) -> list[int]:
        """Return the pids of its recogniser processes, and of those of kernels before it."""
        return recognisers("IPYTHONDIR", str(self.home))

    # ----------------------------------------------------------------------------------------------------- lifecycle

    async def ready(self) -> None:
        """Start it if necessary, without a running cell, and import what the cells need."""
        if not all(cell.is_done for cell in self._cells.values()):  # left by a test that failed
            await self.shut_down(now=True)
        if self._manager is None:
            self._manager = AsyncKernelManager(
                kernel_name="own",
                kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(self.home / "kernels")]),
                connection_file=str(self.home / "connection.json"),
                shutdown_wait_time=2 * PATIENCE,
            )
            await self._manager.start_kernel(env=self._env, cwd=str(self.home), stderr=self._log)
        if self._client is None:
            await self._connect(self._manager)
        self.has_subshell = True

    async def _connect(self, manager: AsyncKernelManager) -> None:
        self._client = client = manager.client()
        client.start_channels(hb=False)
        await client.wait_for_ready(timeout=PATIENCE)
        client.kernel_info()
        info = (await client.get_shell_msg(timeout=PATIENCE))["content"]
        self._subshell = None
        if "kernel subshells" in info.get("supported_features", []):
            client.control_channel.send(client.session.msg("create_subshell_request"))
            self._subshell = (await client.get_control_msg(timeout=PATIENCE))["content"]["subshell_id"]
        self._tasks = [asyncio.create_task(self._read(client)), asyncio.create_task(self._nudge(manager))]
        self.version = await self.run(_PRELUDE)

    async def interrupt(self) -> None:
        """Interrupt it, as the toolbar's ■ does."""
        assert self._manager is not None
        await self._manager.interrupt_kernel()

    async def restart(self, *, now: bool) -> None:
        """Restart it; `ready` waits for the new process."""
        assert self._manager is not None
        await self._disconnect()
        await self._manager.restart_kernel(now=now)

    async def shut_down(self, *, now: bool = False) -> None:
        """End it, or clean up after it; `ready` starts another process."""
        await self._disconnect()
        manager, self._manager = self._manager, None
        if manager is not None:
            await manager.shutdown_kernel(now=now)

    async def close(self) -> None:
        """End it, and close its log."""
        await self.shut_down(now=True)
        self._log.close()

    async def _disconnect(self) -> None:
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            assert isinstance(ended, asyncio.CancelledError), ended
        if self._client is not None:
            self._client.stop_channels()
        self._tasks, self._client = [], None
        self._cells.clear()
        self._views.clear()

    # ----------------------------------------------------------------------------------------------- cells and views

    def begin(self, code: str) -> Cell:
        """Start a cell without waiting for it."""
        assert self._client is not None
        cell = self._cells[self._client.execute(code)] = Cell()
        return cell

    async def end(self, cell: Cell) -> str:
        """Wait for a cell; return the last line that it printed. Raises AssertionError if an exception ended it."""
        await self.until(lambda: cell.is_done)
        assert not cell.error, cell.error
        return cell.printed.strip().rpartition("\n")[2]

    async def run(self, code: str) -> str:
        """Run a cell to its end; return the last line that it printed."""
        return await self.end(self.begin(code))

    async def show(self, code: str) -> tuple[Cell, View]:
        """Start a cell that shows a run; return its view once that contains words."""
        known = len(self._views)
        cell = self.begin(code)
        await self.until(lambda: len(self._views) > known)
        view = list(self._views.values())[-1]
        await self.until(lambda: view.partial_words)
        return cell, view

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition that depends on the kernel's messages is true. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE), self._received:
            await self._received.wait_for(lambda: condition())

    # ------------------------------------------------------------------------------------------------------- messages

    async def _read(self, client: AsyncKernelClient) -> None:
        while True:
            message = await client.iopub_channel.get_msg()
            async with self._received:
                self._apply(message)
                self._received.notify_all()

    async def _nudge(self, manager: AsyncKernelManager) -> None:
        """Connect regularly: ipykernel 7.0 to 7.3 may miss a message that arrives during a reply, and this wakes it."""
        while True:
            socket = manager.connect_shell(identity=os.urandom(8))
            try:
                await asyncio.sleep(_NUDGE_PERIOD)
            finally:
                socket.close(linger=0)

    def _apply(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        cell = self._cells.get(message["parent_header"].get("msg_id", ""), Cell())
        if kind == "stream":
            cell.printed += content["text"]
        elif kind == "update_display_data":
            self.pictures += "image/png" in content["data"]
        elif kind == "error":
            cell.error = f"{content['ename']}: {content['evalue']}"
        elif kind == "status":
            cell.is_done |= content["execution_state"] == "idle"
        elif kind == "comm_open" and content["data"].get("state", {}).get("_model_module") == "anywidget":
            comm = content["comm_id"]
            self._views[comm] = View(lambda content: self._send(comm, content))
        elif kind == "comm_msg" and content["comm_id"] in self._views and content["data"]["method"] == "custom":
            self._views[content["comm_id"]].receive(content["data"]["content"])

    def _send(self, comm: str, content: dict[str, Any]) -> None:
        assert self._client is not None
        data = {"comm_id": comm, "data": {"method": "custom", "content": content}}
        message = self._client.session.msg("comm_msg", data)
        if self._subshell is not None and self.has_subshell:
            message["header"]["subshell_id"] = self._subshell
        self._client.shell_channel.send(message)
