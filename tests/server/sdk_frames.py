"""Print the run-task that the vendor's SDK, unmodified, sends for each request on stdin: one JSON object a line.

A script for `test_models_as_the_sdk.py`. A request has ``model``, ``parameters``, ``phrase_id`` and ``input``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import dashscope


class Socket:
    """What the SDK connects to: keeps the first text, and answers it with task-started."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def settimeout(self, seconds: float | None) -> None:
        """Any timeout will do."""

    def send(self, data: Any, opcode: int = 1) -> None:
        self.sent.append(data)

    def recv(self) -> str:
        task = json.loads(self.sent[0])["header"]["task_id"]
        return json.dumps({"header": {"task_id": task, "event": "task-started", "attributes": {}}, "payload": {}})

    recv_data = None

    def close(self, *_: Any, **__: Any) -> None:
        """Nothing to close."""


CLIENT = dashscope.Client(api_key="a-key-of-this-test", workspace="ws")  # one: each loads certificates


def frame(request: dict[str, Any]) -> Any:
    """The run-task of one request."""
    socket = Socket()
    given = dict(request["parameters"])
    session = CLIENT.audio.asr.recognize(
        model=request["model"],
        format=given.pop("format"),
        sample_rate=given.pop("sample_rate"),
        parameters=given,
        input=request["input"],
        phrase_id=request["phrase_id"],
        connector=lambda url, headers: socket,
    )
    session.start()
    return json.loads(socket.sent[0])


for line in sys.stdin:
    print(json.dumps(frame(json.loads(line))), flush=True)  # noqa: T201 - the script's output
