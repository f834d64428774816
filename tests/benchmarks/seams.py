"""How a browser joins windows of sound that were encoded one by one: noise at the seams, and what it costs.

Plays a tone and a chirp through an <audio> element in Chromium, records what comes out, and compares that with what
went in. Takes about seven minutes: ``.venv/bin/python tests/benchmarks/seams.py``.
"""

from __future__ import annotations

import io
import shutil
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from playwright.sync_api import Browser, Route, sync_playwright

from paraformer_nb.playback.playable import PlayableClip

RATE, WINDOW, WINDOWS = 48_000, 2, 8  # short ones, so that seven seams pass in 16 s
SPEECH = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_en.flac"
SWEEP = 100.0  # Hz a second
TIMES = np.arange(RATE * WINDOW * WINDOWS) / RATE
TONE = 0.5 * np.cos(2 * np.pi * 440 * TIMES)
CHIRP = 0.5 * np.cos(2 * np.pi * (300 * TIMES + SWEEP / 2 * TIMES**2))
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
AAC_BEFORE = 24 * 1024 / RATE  # seconds encoded before a window, and dropped by the browser
PAGE = r"""<!doctype html><meta charset="utf-8"><script>
const TAP = `registerProcessor("tap", class extends AudioWorkletProcessor {
  process([[samples]]) { if (samples) this.port.postMessage(samples.slice()); return true; } });`;
const once = (target, name) => new Promise((done, fail) => {
  target.addEventListener(name, done, { once: true });
  target.addEventListener("error", () => fail(new Error(`${name}: ${target.error?.message}`)), { once: true }); });
const get = async (index) => (await fetch(`window/${index}`)).arrayBuffer();
async function bySource(audio, { mime, windows, seconds, before, cut }) {
  const media = new MediaSource();
  audio.src = URL.createObjectURL(media);
  await once(media, "sourceopen");
  const buffer = media.addSourceBuffer(mime);
  for (let i = 0; i < windows; i++) {
    if (before !== null) buffer.timestampOffset = i * seconds - before;
    if (cut) { buffer.appendWindowStart = 0; buffer.appendWindowEnd = (i + 1) * seconds;
      buffer.appendWindowStart = i * seconds; }
    buffer.appendBuffer(await get(i));
    await once(buffer, "updateend");
  }
  media.endOfStream();
  await audio.play();
  await once(audio, "ended");
}
async function byTurns(two, { windows, rate }) {
  const load = async (i) => {
    const audio = two[i % 2];
    audio.src = URL.createObjectURL(new Blob([await get(i)], { type: "audio/wav" }));
    audio.playbackRate = rate;
    await once(audio, "canplaythrough"); };
  await load(0);
  for (let i = 0; i < windows; i++) {
    const ended = once(two[i % 2], "ended");
    two[i % 2].play();
    if (i + 1 < windows) await load(i + 1);
    await ended;
  }
}
async function record(options) {
  const context = new AudioContext({ sampleRate: 48000 });
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([TAP], { type: "text/javascript" })));
  const tap = new AudioWorkletNode(context, "tap");
  const got = [];
  tap.port.onmessage = ({ data }) => got.push(data);
  tap.connect(context.destination);
  const elements = [new Audio(), new Audio()];
  for (const audio of elements) {
    audio.defaultPlaybackRate = audio.playbackRate = options.rate;
    context.createMediaElementSource(audio).connect(tap);
  }
  await (options.mime ? bySource(elements[0], options) : byTurns(elements, options));
  await new Promise((done) => setTimeout(done, 300));
  await fetch("recorded", { method: "POST", body: new Blob(got) });
  await context.close();
}
</script>"""


class Contender(NamedTuple):
    name: str
    mime: str  # for MediaSource; "" for two elements in turns
    windows: Callable[[np.ndarray], list[bytes]]
    before: float | None = None  # where window 0 lies on the media's time line; None: the windows say that themselves
    cut: bool = False


class Short(PlayableClip):
    window_seconds = WINDOW


def _ours(pcm: np.ndarray) -> list[bytes]:
    listening = Short((pcm, RATE))
    return [listening.window(index) for index in range(len(pcm) // (WINDOW * RATE))]


def _cut(pcm: np.ndarray, before: int = 0, after: int = 0) -> list[np.ndarray]:
    padded = np.pad(pcm, (before, after))
    step = WINDOW * RATE
    return [padded[at : at + before + step + after] for at in range(0, len(pcm) - step + 1, step)]


def _encoded(pcm: np.ndarray, form: str, codec: str, bit_rate: int | None, **options: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=form, options=options) as container:
        stream: Any = container.add_stream(codec, rate=RATE)
        stream.codec_context.layout = "mono"
        if bit_rate:
            stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return file.getvalue()


def _wav(pcm: np.ndarray) -> bytes:
    data = pcm.tobytes()
    return b"RIFF%sWAVEfmt %sdata%s" % (
        struct.pack("<I", 36 + len(data)),
        struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16),
        struct.pack("<I", len(data)) + data,
    )


CONTENDERS = [
    Contender("Opus/WebM, ours", PlayableClip.mime, _ours),
    Contender(
        "Opus/WebM, plain",
        PlayableClip.mime,
        lambda pcm: [_encoded(w, "webm", "libopus", 32_000) for w in _cut(pcm)],
        0,
    ),
    Contender(
        "FLAC/fMP4",
        'audio/mp4; codecs="flac"',
        lambda pcm: [_encoded(w, "mp4", "flac", None, strict="-2", **FRAGMENTS) for w in _cut(pcm)],
        0,
    ),
    Contender(
        "AAC/fMP4, cut",
        'audio/mp4; codecs="mp4a.40.2"',
        lambda pcm: [_encoded(w, "mp4", "aac", 48_000, **FRAGMENTS) for w in _cut(pcm, round(AAC_BEFORE * RATE), 2048)],
        AAC_BEFORE,
        True,
    ),
    Contender("WAV, two <audio>", "", lambda pcm: [_wav(w) for w in _cut(pcm)]),
]


def _record(browser: Browser, contender: Contender, windows: list[bytes], rate: float) -> np.ndarray:
    """What came out, from its first sound to its last."""
    recorded = b""

    def answer(route: Route) -> None:
        nonlocal recorded
        kind = route.request.url.split("/")[3]
        if kind == "recorded":
            recorded = route.request.post_data_buffer or b""
        index = int(route.request.url.split("/")[-1]) if kind == "window" else None
        route.fulfill(body=PAGE if index is None else windows[index], content_type="text/html")

    page = browser.new_page()
    page.route("http://localhost/**", answer)
    page.goto("http://localhost/")
    page.evaluate(
        "options => record(options)",
        {
            "mime": contender.mime,
            "windows": len(windows),
            "seconds": WINDOW,
            "rate": rate,
            "before": contender.before,
            "cut": contender.cut,
        },
    )
    page.close()
    sound = np.frombuffer(recorded, np.float32)
    loud = np.flatnonzero(np.abs(sound) > 0.02)
    return sound[loud[0] : loud[-1] + 1].astype(float)


def _envelope(sound: np.ndarray, carrier: np.ndarray, width: int) -> np.ndarray:
    taper = np.hanning(width)
    return np.convolve(2 * sound * np.conj(carrier), taper / taper.sum(), "same")


def _jump(sound: np.ndarray) -> float:
    """The greatest change of lag at a seam, in ms: the beat of a chirp against itself shows how late it is."""
    count = min(len(sound), len(CHIRP))
    carrier = np.exp(2j * np.pi * (300 * TIMES + SWEEP / 2 * TIMES**2))[:count]
    phase = np.unwrap(np.angle(_envelope(sound[:count], carrier, 481)))
    lags = []
    for index in range(WINDOWS):
        part = slice(round((index + 0.15) * WINDOW * RATE), min(round((index + 0.85) * WINDOW * RATE), count - 2400))
        lags.append(np.polyfit(TIMES[part], phase[part], 1)[0] / (2 * np.pi * SWEEP) * 1000)
    return float(np.abs(np.diff(lags)).max())


def _noise(sound: np.ndarray, rate: float) -> tuple[float, float]:
    """The loudest of what is not the tone, in dB below it: at the seams, and away from them."""
    carrier = np.exp(2j * np.pi * 440 * np.arange(len(sound)) / RATE)
    rest = np.abs(sound - (_envelope(sound, carrier, 961) * carrier).real)
    around = round(0.075 * RATE)

    def loudest(offset: float) -> float:
        samples = [round((index + offset) * WINDOW * RATE / rate) for index in range(1, WINDOWS)]
        return float(20 * np.log10(max(rest[at - around : at + around].max() for at in samples) / 0.5))

    return loudest(0), loudest(-0.5)


def _cost(contender: Contender) -> tuple[float, float]:
    """Bytes a second of speech, and ms to encode 20 s of it."""
    listening = PlayableClip(SPEECH)
    speech = listening.pcm(0, 36, RATE)
    listening.close()
    contender.windows(speech[: 4 * RATE])
    begun = time.perf_counter()
    size = sum(map(len, contender.windows(speech)))
    return size / 36, (time.perf_counter() - begun) * 20 / 36 * 1000


def main() -> None:
    print(f"{WINDOWS} windows of {WINDOW} s; levels in dB below the tone, at the seams / elsewhere; costs for speech")
    print(f"{'':17}{'jump':>9}{'noise x1':>13}{'x2':>13}{'x0.5':>13}{'bytes/s':>9}{'ms per 20 s':>13}")
    tone, chirp = ((signal * 32767).round().astype("<i2") for signal in (TONE, CHIRP))
    flags = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        for contender in CONTENDERS:
            windows = contender.windows(tone)
            noises = [_noise(_record(browser, contender, windows, rate), rate) for rate in (1, 2, 0.5)]
            jump = _jump(_record(browser, contender, contender.windows(chirp), 1))
            size, milliseconds = _cost(contender)
            levels = "".join(f"{f'{at:.0f} / {away:.0f}':>13}" for at, away in noises)
            print(f"{contender.name:17}{jump:6.2f} ms{levels}{size:9.0f}{milliseconds:13.0f}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
