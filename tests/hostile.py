"""Random messages, WebSocket frames and handshakes of a broken, careless or hostile client.

Everything depends on a `random.Random`: hypothesis gives one that it can simplify, a campaign one with a seed.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from random import Random
from typing import Any

from wire import KEY, RATE, finish_task, lesson_pcm, run_task

from paraformer_nb.dashscope.gummy import GummyParameters
from paraformer_nb.dashscope.parameters import Parameters

PATH = "/api-ws/v1/inference"
_TASK = {"task_group": "audio", "task": "asr", "function": "recognition", "model": "paraformer-realtime-v2"}
_EMPTY: dict[str, Any] = {"sentence": {"begin_time": 0, "end_time": None, "text": "", "words": None}, "usage": None}


def _command(action: str, payload: dict[str, Any], **header: Any) -> str:
    return json.dumps(
        {"header": {"action": action, "task_id": "t", "streaming": "duplex"} | header, "payload": payload}
    )


# As the vendor's samples and SDKs send them, and one for each family of models.
_RUNS = [
    run_task(),
    run_task(format="wav"),
    run_task(format="mp3"),
    run_task(format="opus"),
    run_task(format="amr"),
    run_task(format="aac", sample_rate=48000),
    run_task(format="speex"),
    run_task(model="paraformer-realtime-8k-v2", sample_rate=8000),
    run_task(model="paraformer-realtime-v1"),
    run_task(
        heartbeat=True,
        max_sentence_silence=800,
        language_hints=["zh", "en"],
        semantic_punctuation_enabled=False,
        disfluency_removal_enabled=True,
        punctuation_prediction_enabled=False,
        vocabulary_id="v",
    ),
    run_task(
        model="gummy-realtime-v1",
        source_language="auto",
        transcription_enabled=True,
        translation_enabled=True,
        translation_target_languages=["en"],
    ),
    run_task(model="fun-asr-realtime", speech_noise_threshold=0.5, special_word_filter={"a": ["b"]}),
    _command(
        "run-task",
        _TASK
        | {  # Go
            "parameters": {"format": "pcm", "sample_rate": RATE, "vocabulary_id": "", "language_hints": None},
            "resources": None,
            "input": {},
            "output": _EMPTY,
        },
        event="",
        error_code="",
        attributes=None,
    ),
    _command(
        "run-task",
        _TASK
        | {  # PHP
            "parameters": {"format": "pcm", "sample_rate": RATE},
            "input": [],
            "resources": [{"resource_id": "p", "resource_type": "asr_phrase"}],
        },
    ),
    _command("run-task", _TASK | {"parameters": {}, "input": {}}),  # Node
    _command("run-task", _TASK | {"parameters": {"pre_task_id": "x", "format": "pcm"}, "input": {}}),  # Java
]
_OTHERS = [
    finish_task(),
    finish_task("another"),
    _command("continue-task", {"input": {"context": [{"text": "x"}]}}),
    _command("finish-task", {"input": [], "output": _EMPTY, "parameters": {"format": "", "sample_rate": 0}}, event=""),
]
_VALUES = [
    json.dumps(value)
    for value in (
        None,
        True,
        False,
        0,
        -1,
        1,
        800,
        16000,
        2**31,
        2**63,
        2**64,
        -(2**63),
        1e308,
        -0.0,
        0.5,
        "",
        " ",
        "0",
        "true",
        "en",
        "pcm",
        "run-task",
        "\0",
        "\n",
        "\u2028",
        "\U0001f600",
        "x" * 300,
        [],
        [None],
        [[]],
        ["en"],
        [1],
        [{}],
        {},
        {"": {}},
        {"header": {}},
        [["zh"]],
        {"en": "x"},
    )
]
_BEGINNINGS = [
    b"",
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0data\0\0\0\0",
    b"RIFF",
    b"RIFX",
    b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0",
    b"ID3\4\0\0\0\0\0\n",
    b"\xff\xfb\x90\0",
    b"\xff\xf1\x50\x80\2\x1f\xfc",
    b"#!AMR\n\x3c",
    b"#!AMR-WB\n",
]


_PARAMETERS = sorted(Parameters.__annotations__ | GummyParameters.__annotations__ | {"format": str})


class Hostile:
    """A hostile client."""

    def __init__(self, random: Random) -> None:
        self._random = random

    # -------------------------------------------------------------------------------------------------- messages

    def messages(self) -> list[str | bytes]:
        """The messages of one connection: correct tasks with wrong messages among them, or anything at all."""
        random = self._random
        found: list[str | bytes] = []
        for number in range(random.randint(0, 3)):
            run, finish = json.loads(self._run()), json.loads(_OTHERS[0])
            run["header"]["task_id"] = finish["header"]["task_id"] = f"task {number}"
            found += [json.dumps(run), *[self._speech() for _ in range(random.randint(0, 3))], json.dumps(finish)]
        for _ in range(random.randint(0, 3) if found else random.randint(1, 8)):
            found.insert(random.randint(0, len(found)), self.message())
        if random.random() < 0.1:
            random.shuffle(found)
        return found or [self.message()]

    def _run(self) -> str:
        """A run-task that is correct, or nearly."""
        run = self._random.choice(_RUNS)
        return self._with_parameters(run) if self._random.random() < 0.3 else run

    def message(self) -> str | bytes:
        """Any message."""
        random = self._random
        kinds: list[Callable[[], str | bytes]] = [
            lambda: random.choice(_OTHERS),
            lambda: self._changed(random.choice(_RUNS)),
            self._audio,
            self._audio,
            lambda: self._changed(random.choice(_OTHERS)),
            lambda: self._damaged(random.choice(_RUNS + _OTHERS)),
            lambda: json.dumps(self._value(3)),
            lambda: random.choice(_RUNS),
            lambda: self._speech(),
            lambda: random.choice(_RUNS).encode(),
            lambda: self._with_parameters(random.choice(_RUNS)),
        ]
        return random.choice(kinds)()

    def _changed(self, text: str) -> str:
        """A message with some fields dropped, doubled, renamed, or of another type."""
        random, message = self._random, json.loads(text)
        for _ in range(random.randint(1, 3)):
            parent = message
            while True:
                key = random.choice(list(parent)) if parent else "header"
                if not isinstance(parent.get(key), dict) or random.random() < 0.3:
                    break
                parent = parent[key]
            match random.randint(0, 3):
                case 0:
                    parent.pop(key, None)
                case 1:
                    parent[self._word()] = parent.get(key)
                case _:
                    parent[key] = self._value(2)
        return json.dumps(message, ensure_ascii=random.random() < 0.5)

    def _with_parameters(self, text: str) -> str:
        """A run-task with parameters of known names and any values."""
        random, message = self._random, json.loads(text)
        given = message["payload"]["parameters"]
        for _ in range(random.randint(1, 3)):
            given[random.choice(_PARAMETERS)] = self._value(1)
        return json.dumps(message)

    def _damaged(self, text: str) -> str:
        """A message with some characters dropped, doubled, or replaced."""
        random = self._random
        for _ in range(random.randint(1, 4)):
            start = random.randint(0, len(text))
            end = start + random.randint(0, 8)
            put = random.choice(
                ["", text[start:end], self._word(), '"', "}", "[", "\\u", "\\ud800", ",", "\0", "1e999"]
            )
            text = text[:start] + put + text[end:]
        return text

    def _value(self, depth: int) -> Any:
        random = self._random
        kind = random.randint(0, 9)
        if kind == 0 and depth:
            return [self._value(depth - 1) for _ in range(random.randint(0, 3))]
        if kind == 1 and depth:
            return {self._word(): self._value(depth - 1) for _ in range(random.randint(0, 3))}
        return self._word() if kind == 2 else json.loads(random.choice(_VALUES))

    def _word(self) -> str:
        random = self._random
        known = ["header", "payload", "action", "task_id", "model", "input", "parameters", "format", "heartbeat", "zh"]
        return random.choice([*known, "".join(chr(random.randint(0, 0x2FF)) for _ in range(random.randint(0, 5)))])

    def _audio(self) -> bytes:
        """Noise, perhaps after the first bytes of some format."""
        random = self._random
        noise = random.randbytes(random.choice([0, 1, 2, 3, 100, 3201]))
        return random.choice(_BEGINNINGS) + random.choice([noise, bytes(len(noise))])

    def _speech(self) -> bytes:
        """A random part of the lesson."""
        start = 2 * self._random.randint(0, 60_000)
        return lesson_pcm()[start : start + self._random.choice([3200, 32000, 64000])]

    # ---------------------------------------------------------------------------------------------------- frames

    def frames(self, messages: list[str | bytes]) -> bytes:
        """The messages' frames: whole or in fragments, with control frames in between, some of them broken."""
        random, out = self._random, b""
        for message in messages:
            data = message.encode(errors="replace") if isinstance(message, str) else message
            opcode = 1 if isinstance(message, str) else 2
            if random.random() < 0.05:
                opcode = 3 - opcode  # audio as text: rarely UTF-8
            cut = random.randint(0, len(data)) if random.random() < 0.2 else len(data)
            out += self._frame(opcode, data[:cut], is_last=cut == len(data))
            if random.random() < 0.1:
                out += self._frame(random.choice([8, 9, 10]), random.randbytes(random.randint(0, 6)))
            if cut < len(data):
                out += self._frame(0, data[cut:])
        return out[: random.randint(0, len(out))] if random.random() < 0.1 else out

    def _frame(self, opcode: int, data: bytes, *, is_last: bool = True) -> bytes:
        """A frame; one in sixty is wrong in some way."""
        random, first, masked, size = self._random, opcode | (128 if is_last else 0), 128, len(data)
        match random.randint(0, 300):
            case 0:
                first |= random.choice([16, 32, 64])  # reserved bits, which no extension uses
            case 1:
                first = random.randint(0, 255)
            case 2:
                masked = 0
            case 3:
                size = random.choice([0, 125, 2**16, 2**32, 2**63 - 1, 2**64 - 1])
            case 4:
                return random.randbytes(random.randint(1, 20))
        if size < 126 and random.random() < 0.99:
            length = bytes([masked | size])
        elif size < 65536:
            length = struct.pack(">BH", masked | 126, size)
        else:
            length = struct.pack(">BQ", masked | 127, size)
        return bytes([first]) + length + (bytes(4) if masked else b"") + data  # a mask of zeros changes nothing

    # ------------------------------------------------------------------------------------------------- handshakes

    def handshake(self) -> bytes:
        """A handshake that is accepted."""
        key = base64.b64encode(bytes(16)).decode()
        return (
            f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {KEY}\r\n\r\n"
        ).encode()

    def knock(self) -> bytes:
        """A handshake that is wrong in some way, or other bytes."""
        random = self._random
        if random.random() < 0.2:
            return random.choice(
                [
                    b"",
                    b"\r\n\r\n",
                    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                    b"\x16\x03\x01\x02\0\1\0\1\xfc\3\3" + bytes(50),
                    b"GET /" + b"x" * 20_000,
                    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 300,
                    random.randbytes(60),
                    bytes(5000),
                ]
            )
        lines = self.handshake().split(b"\r\n")
        for _ in range(random.randint(1, 3)):
            index = random.randint(0, len(lines) - 1)
            match random.randint(0, 4):
                case 0:
                    lines.pop(index)
                    lines = lines or [b""]
                case 1:
                    lines.insert(index, random.choice(lines))
                case 2:
                    cut = random.randint(0, len(lines[index]))
                    lines[index] = lines[index][:cut] + random.randbytes(random.randint(0, 4)) + lines[index][cut + 2 :]
                case 3:
                    lines[0] = f"{random.choice(['GET', 'POST', 'get'])} {self._target()} HTTP/1.1".encode()
                case 4:
                    lines[index] = random.choice(
                        [
                            b"Authorization: \xff\xfe",
                            b"Upgrade: h2c",
                            b"Content-Length: 5",
                            b":",
                            b"Sec-WebSocket-Key: x",
                            b"Transfer-Encoding: chunked",
                        ]
                    )
        return b"\r\n".join(lines)

    def _target(self) -> str:
        return self._random.choice(
            [
                "//[",
                "/[::1",
                f"{PATH}?api_key=%ff",
                f"{PATH}?{'&' * 3000}",
                "*",
                f"http://h{PATH}",
                "",
                "\u00e9",
                f"{PATH}?api_key={KEY}",
                f"{PATH}%00",
                f"{PATH}#x",
                f"{PATH}?api_key=a&api_key={KEY}",
            ]
        )
