"""A front end at a widget's comm, without a browser or a kernel."""

from __future__ import annotations

from typing import Any

from comm.base_comm import BaseComm

from paraformer_nb.loop import submit


class FrontEnd(BaseComm):
    """Keeps the custom messages that a widget sends, and sends it some. Assign it to the widget's `comm`."""

    def __init__(self) -> None:
        super().__init__(target_name="test")
        self.received: list[dict[str, Any]] = []

    def publish_msg(self, msg_type: str, data: Any = None, **_: Any) -> None:
        """Called by the widget for everything that it sends."""
        if msg_type == "comm_msg" and data["method"] == "custom":
            self.received.append(data["content"])

    def send_custom(self, content: dict[str, Any]) -> None:
        """Send a message, and wait until the background loop has done what it causes."""
        data = {"method": "custom", "content": content}
        self.handle_msg({"content": {"comm_id": self.comm_id, "data": data}, "buffers": []})
        wait_for_loop()


def wait_for_loop() -> None:
    """Wait until the background loop has done what it was asked to before."""

    async def nothing() -> None:
        pass

    submit(nothing()).result(10)
