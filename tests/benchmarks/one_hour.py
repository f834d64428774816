"""One hour of audio, unpaced, to the scripted engine: CPU and peak memory of this toolkit beside two peers.

    python tests/benchmarks/one_hour.py

Each contender runs in a process of its own, imports excluded, after one minute of audio as a warm-up. CPU is user and
system time of that process; memory is its peak resident size, after the minute and after the hour. (a) reads the WAV,
streams it, writes the journal, computes the waveform's peaks, folds the events and builds the words table; (b) returns
a list of sentences; (c) only sends and parses.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path

from clips import KEY, make_clip, serving

ROUNDS = 7


def ours(url: str) -> Callable[[Path], int]:
    """(a) `pnb.transcribe`, up to and including the words table."""
    import pandas  # noqa: F401 - imports are not measured

    import paraformer_nb as pnb

    service = pnb.DashScope(KEY, url=url)
    return lambda clip: len(pnb.transcribe(clip, service=service, pace=None).wait().words)


def sdk(url: str) -> Callable[[Path], int]:
    """(b) the vendor's SDK."""
    import dashscope
    from dashscope.audio.asr import Recognition

    dashscope.api_key, dashscope.base_websocket_api_url = KEY, url

    def call(clip: Path) -> int:
        recognition = Recognition(model="paraformer-realtime-v2", callback=None, format="wav", sample_rate=16000)
        return sum(len(sentence["words"]) for sentence in recognition.call(str(clip)).get_sentence())

    return call


def bare(url: str) -> Callable[[Path], int]:
    """(c) a bare loop over `websockets`."""
    import websockets

    async def main(clip: Path) -> int:
        def command(action: str, **payload: object) -> str:
            header = {"action": action, "task_id": "0" * 32, "streaming": "duplex"}
            return json.dumps({"header": header, "payload": {**payload, "input": {}}})

        async def send() -> None:
            with wave.open(str(clip)) as file:
                while block := file.readframes(6400):
                    await socket.send(block)
            await socket.send(command("finish-task"))

        words = 0
        headers = {"Authorization": f"Bearer {KEY}"}
        async with websockets.connect(url, additional_headers=headers, compression=None) as socket:
            await socket.send(
                command(
                    "run-task",
                    task_group="audio",
                    task="asr",
                    function="recognition",
                    model="paraformer-realtime-v2",
                    parameters={"format": "pcm", "sample_rate": 16000},
                )
            )
            await socket.recv()
            sender = asyncio.create_task(send())
            async for message in socket:
                event = json.loads(message)
                if event["header"]["event"] != "result-generated":
                    break
                sentence = event["payload"]["output"]["sentence"]
                words += len(sentence["words"]) if sentence["sentence_end"] else 0
            await sender
        return words

    return lambda clip: asyncio.run(main(clip))


CONTENDERS = {"ours": ours, "sdk": sdk, "bare": bare}


def contend(name: str, url: str, minute: str, hour: str) -> None:
    """Run one contender in this process and print its figures as JSON."""
    run = CONTENDERS[name](url)

    def peak() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    run(Path(minute))
    before = peak()
    cpu, wall = time.process_time(), time.perf_counter()
    words = run(Path(hour))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps({"cpu": cpu, "wall": wall, "minute": before, "hour": peak(), "words": words}))


def main() -> None:
    """Run all, several times in turn, and print the table."""
    figures: dict[str, list[dict]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder:
        minute, hour = make_clip(Path(folder), "minute", 60), make_clip(Path(folder), "hour", 3600)
        with serving(hour.with_suffix(".json")) as url:
            for _ in range(ROUNDS):
                for name in CONTENDERS:
                    command = [sys.executable, __file__, name, url, str(minute), str(hour)]
                    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
                    figures[name].append(json.loads(done.stdout.splitlines()[-1]))
    median = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in figures.items()
    }
    print(f"{'':6} {'CPU s':>7} {'wall s':>7} {'MB, 1 min':>10} {'MB, 1 h':>8} {'words':>7}   (median of {ROUNDS})")
    for name, its in median.items():
        memory = f"{its['minute']:10.0f} {its['hour']:8.0f}"
        print(f"{name:6} {its['cpu']:7.2f} {its['wall']:7.2f} {memory} {its['words']:7.0f}")
    mine, theirs, least = (median[name]["cpu"] for name in ("ours", "sdk", "bare"))
    growth = median["ours"]["hour"] - median["ours"]["minute"]
    print(f"CPU: ours / sdk {mine / theirs:.2f} (goal 0.35), ours / bare {mine / least:.2f} (goal 1.1)")
    print(f"memory: +{growth:.0f} MB from the minute to the hour (goal 30)")


if __name__ == "__main__":
    contend(*sys.argv[1:]) if len(sys.argv) > 1 else main()
