"""Event in → word in the table, with 20 runs at once.

    python tests/benchmarks/latency.py

The service, in a process of its own, writes the moment at which it sends each word (CLOCK_MONOTONIC, the same in every
process of the machine) as the word's text. Each run's table is built as soon as its event was folded, and the newest
moment in the table is subtracted from the clock. So the figure holds the socket, the loop that 20 runs share, decoding,
the recording, the fold and the making of the DataFrame.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import subprocess
import sys
import threading
import time

import numpy as np

RUNS = 20
SECONDS = 10
WORDS_PER_SENTENCE = 10
EVERY = 0.2  # seconds between a run's events, as with the real service


async def serve() -> None:
    """Send a growing sentence to each client, a word every EVERY seconds."""
    import websockets

    def event(task: str, name: str, payload: dict) -> str:
        return json.dumps({"header": {"task_id": task, "event": name, "attributes": {}}, "payload": payload})

    async def client(socket: websockets.ServerConnection) -> None:
        task = json.loads(await socket.recv())["header"]["task_id"]
        await socket.send(event(task, "task-started", {}))
        reader = asyncio.create_task(drain(socket))
        await asyncio.sleep(random.random() * EVERY)  # clips that run at once do not speak in step
        for number in range(int(SECONDS / EVERY)):
            if number % WORDS_PER_SENTENCE == 0:
                words: list[dict] = []
            await asyncio.sleep(EVERY)
            start = round(number * EVERY * 1000)
            words.append({"begin_time": start, "end_time": start + 150, "text": "", "punctuation": ""})
            is_final = len(words) == WORDS_PER_SENTENCE
            sentence = {
                "sentence_id": number // WORDS_PER_SENTENCE + 1,
                "begin_time": words[0]["begin_time"],
                "end_time": start + 150 if is_final else None,
                "text": "x",
                "sentence_end": is_final,
                "words": words,
            }
            words[-1]["text"] = repr(time.monotonic())
            await socket.send(event(task, "result-generated", {"output": {"sentence": sentence}, "usage": None}))
        await reader
        await socket.send(event(task, "task-finished", {"output": {}, "usage": None}))

    async def drain(socket: websockets.ServerConnection) -> None:
        async for message in socket:
            if isinstance(message, str):
                return

    async with websockets.serve(client, "127.0.0.1", 0, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def main() -> None:
    """Run 20 clips at once, in real time, and print the figures."""
    import paraformer_nb as pnb
    from paraformer_nb.journal.records import Received

    server = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    service = pnb.DashScope("benchmark", url=f"ws://127.0.0.1:{server.stdout.readline().strip()}")
    silence = np.zeros(16000 * SECONDS, np.int16)
    delays: list[float] = []

    def watch(run: pnb.Run) -> None:
        take = run._background._session._record  # the place where a run learns of what crossed

        def timed(record: object) -> None:
            take(record)
            if isinstance(record, Received) and len(run.words):
                delays.append(time.monotonic() - float(run.words["text"].iloc[-1]))

        run._background._session.record_to(timed)

    try:
        pnb.transcribe((silence[:16000], 16000), service=service, pace=1).wait()
        runs = [pnb.transcribe((silence, 16000), service=service, pace=1) for _ in range(RUNS)]
        for run in runs:
            watch(run)
        for run in runs:
            run.wait()
    finally:
        server.terminate()
        server.communicate(timeout=10)
    milliseconds = sorted(1000 * delay for delay in delays)
    p95 = milliseconds[int(len(milliseconds) * 0.95)]
    print(f"{RUNS} runs at once, {len(delays)} events, threads: {threading.active_count()}")
    print(f"event in → word in table: median {statistics.median(milliseconds):.2f} ms (goal 2), p95 {p95:.2f} ms")


if __name__ == "__main__":
    asyncio.run(serve()) if sys.argv[1:] == ["serve"] else main()
