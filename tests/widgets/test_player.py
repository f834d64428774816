"""The player in a real browser, on a clip of three hours: what sounds, when, and how much of it the page holds."""

from __future__ import annotations

import http.server
import threading
import wave
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab import chromium
from playwright.sync_api import BrowserContext, Page, Playwright

import paraformer_nb
from paraformer_nb.errors import AudioError
from paraformer_nb.playback.playable import PlayableClip

MODULES = Path(paraformer_nb.__file__).parent / "widgets" / "static" / "timeline"
RATE = 16_000
LENGTH = 3 * 3600
TONES = {5400: 500, 5410: 1000, LENGTH - 20: 700}  # second where it begins: Hz, for 10 s; silence elsewhere
_PAGE = """<!doctype html><meta charset="utf-8"><script type="module">
import { Player } from "/sound/player.js";
import { WholeSource } from "/sound/whole.js";
import { WindowedSource } from "/sound/windowed.js";
const tap = `registerProcessor("tap", class extends AudioWorkletProcessor {
  process([[samples]]) { if (samples) this.port.postMessage(samples.slice()); return true; } });`;
const context = new AudioContext({ sampleRate: 48000 });
await context.audioWorklet.addModule(URL.createObjectURL(new Blob([tap], { type: "text/javascript" })));
const node = new AudioWorkletNode(context, "tap");
node.connect(context.destination);
let captured = [];
node.port.onmessage = ({ data }) => captured.push(...data);
const elements = [];
globalThis.Audio = class extends Audio { constructor() { super(); elements.push(this); } };
globalThis.requested = [];
globalThis.reports = [];
async function fetchWindow(index) {
  requested.push(index);
  const answer = await fetch(`/window/${index}`);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.arrayBuffer();
}
globalThis.open = (source) => {
  globalThis.player?.dispose();
  globalThis.player = new Player(
    source ?? new WindowedSource(fetchWindow, async () => null,
      { mime: 'audio/webm; codecs="opus"', window_seconds: 10 }),
    { changed: () => reports.push(player.isPlaying), failed: (reason) => reports.push(reason) });
  context.createMediaElementSource(elements.at(-1)).connect(node);
};
globalThis.openWhole = (url, offset) => open(new WholeSource(url, offset));
globalThis.element = () => elements.at(-1);
globalThis.buffered = () => { const { buffered } = element(); let sum = 0;
  for (let i = 0; i < buffered.length; i++) sum += buffered.end(i) - buffered.start(i); return sum; };
globalThis.takeCaptured = () => { // in base64: Playwright takes minutes for an array of so many numbers
  const bytes = new Uint8Array(Float32Array.from(captured).buffer);
  captured = [];
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text); };
globalThis.now = () => context.currentTime;
globalThis.until = async (is) => { for (let i = 0; i < 500 && !is(); i++) await new Promise((f) => setTimeout(f, 20));
  if (!is()) throw new Error(`never: ${is}; reports: ${JSON.stringify(reports)}, requested: ${requested}`); };
globalThis.rest = (ms) => new Promise((f) => setTimeout(f, ms));
open();
globalThis.isReady = true;
</script>"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three hours of silence with some tones in it, as a sparse file."""
    path = tmp_path_factory.mktemp("clip") / "long.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(b"")
    header = path.read_bytes()[:40]
    with path.open("wb") as file:
        file.write(header + (LENGTH * RATE * 2).to_bytes(4, "little"))
        for second, frequency in TONES.items():
            file.seek(44 + second * RATE * 2)
            turns = np.arange(10 * RATE) * (frequency / RATE)
            file.write((np.sin(2 * np.pi * turns) * 12_000).astype("<i2").tobytes())
        file.truncate(44 + LENGTH * RATE * 2)
    yield path
    path.unlink(missing_ok=True)


class Server(http.server.ThreadingHTTPServer):
    """Serves the page, the modules as they are, and the clip's windows."""

    daemon_threads = True

    def __init__(self, clip: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.playable = PlayableClip(clip)
        self.reading = threading.Lock()
        self.fault = ""  # the answer instead of a window


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        kind, _, what = self.path.lstrip("/").partition("/")
        status, mime, body = 200, "text/html", _PAGE.encode()
        try:
            if what.endswith(".js"):
                mime, body = "text/javascript", (MODULES / kind / what).read_bytes()
            elif kind == "window":
                if self.server.fault:
                    raise AudioError(self.server.fault)
                with self.server.reading:
                    mime, body = "audio/webm", self.server.playable.window(int(what))
            elif kind == "whole":
                start, end = what.split("-")
                with self.server.reading:
                    mime, body = "audio/webm", self.server.playable.whole(float(start), float(end))
        except AudioError as error:
            status, mime, body = 500, "text/plain", str(error).encode()
        self.send_response(status)
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server(clip: Path) -> Iterator[Server]:
    server = Server(clip)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    server.playable.close()


@pytest.fixture(scope="module")
def loud(playwright: Playwright) -> Iterator[BrowserContext]:
    """A browser that allows a page to play without a person's press."""
    with chromium("--autoplay-policy=no-user-gesture-required", playwright=playwright) as context:
        yield context


@pytest.fixture
def page(loud: BrowserContext, server: Server) -> Iterator[Page]:
    page = loud.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    page.wait_for_function("globalThis.isReady")
    yield page
    page.close()
    assert not errors


def captured(page: Page) -> np.ndarray:
    """The output of the element: from the first sound to the last, at 48 kHz."""
    sound = np.frombuffer(b64decode(page.evaluate("rest(150).then(takeCaptured)")), "<f4")
    loud = np.flatnonzero(np.abs(sound) > 0.03)
    return sound[loud[0] : loud[-1] + 1] if loud.size else sound[:0]


def pitch(sound: np.ndarray) -> float:
    """The loudest frequency, in Hz."""
    return float(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))).argmax() * 48_000 / len(sound))


def test_after_one_and_a_half_hours_sound_is_played_at_its_time(page: Page) -> None:
    page.evaluate("player.play(5409)")
    assert page.evaluate("player.time") == pytest.approx(5409, abs=0.2)
    page.evaluate("until(() => player.time > 5411)")
    page.evaluate("player.pause()")
    sound = captured(page)
    assert page.evaluate("requested[0]") == 540
    assert len(sound) / 48_000 == pytest.approx(page.evaluate("player.time") - 5409, abs=0.1)
    assert pitch(sound[:40_000]) == pytest.approx(500, abs=3)
    assert pitch(sound[52_000:90_000]) == pytest.approx(1000, abs=3)
    seam = sound[47_000:49_000]  # of the tones, and of two windows
    assert np.abs(seam).max() < 1.2 * np.abs(sound[10_000:20_000]).max()


def test_time_increases_evenly_from_frame_to_frame(page: Page) -> None:
    steps = page.evaluate(
        """async () => { player.play(5400); await until(() => player.time > 5400.3); const found = [];
        for (let i = 0; i < 60; i++) { await new Promise(requestAnimationFrame); found.push([now(), player.time]) }
        return found }"""
    )
    clock, time = np.array(steps).T
    assert (np.diff(time) >= 0).all()
    assert np.abs((time - time[0]) - (clock - clock[0])).max() < 0.1


def test_a_part_is_played_to_its_end_and_no_further(page: Page) -> None:
    for start, end in ((5402.0, 5403.0), (5409.5, 5410.25), (5404.1, 5404.35)):
        page.evaluate("([start, end]) => player.play(start, end)", [start, end])
        page.evaluate("until(() => !player.isPlaying)")
        assert len(captured(page)) / 48_000 == pytest.approx(end - start, abs=0.1), (start, end)
        assert page.evaluate("player.time") == pytest.approx(end, abs=0.1)
        assert page.evaluate("reports.at(-1)") is False


def test_a_part_is_looped_until_paused(page: Page) -> None:
    times = page.evaluate(
        """async () => { player.play(5402.2, 5402.6, 5402); const found = [];
        await until(() => found.push(player.time) && found.filter((t, i) => t < found[i - 1]).length >= 3);
        player.pause(); return found }"""
    )
    assert 5402 <= min(times) <= max(times) <= 5402.64
    assert min(times[50:] or times) < 5402.1
    assert page.evaluate("player.isPlaying") is False


@pytest.mark.parametrize("rate", [0.5, 2])
def test_speed_changes_time_and_not_pitch(page: Page, rate: float) -> None:
    page.evaluate("rate => { player.rate = rate; player.play(5401) }", rate)
    page.evaluate("until(() => player.time > 5401.2)")
    before = page.evaluate("[now(), player.time]")
    page.evaluate("rest(1300)")
    after = page.evaluate("[now(), player.time]")
    page.evaluate("player.pause()")
    assert (after[1] - before[1]) / (after[0] - before[0]) == pytest.approx(rate, rel=0.1)
    assert pitch(captured(page)[10_000:60_000]) == pytest.approx(500, abs=5)


def test_speed_keeps_to_a_parts_end(page: Page) -> None:
    page.evaluate("player.rate = 9")
    assert page.evaluate("player.rate") == 2
    page.evaluate("player.play(5402, 5404)")
    page.evaluate("until(() => !player.isPlaying)")
    assert len(captured(page)) / 48_000 == pytest.approx(1, abs=0.15)


def test_after_a_seek_its_window_is_fetched_first_and_distant_ones_are_dropped(page: Page) -> None:
    page.evaluate("player.play(5400)")
    page.evaluate("until(() => buffered() >= 39)")
    for time in (104.0, 9000.5, 5385.0, 0.0, 7000.25):
        page.evaluate("time => { requested.length = 0; player.seek(time) }", time)
        page.evaluate(f"until(() => player.time > {time + 0.1} && !player.isWaiting)")
        assert page.evaluate("requested[0]") == time // 10
        assert page.evaluate("player.time") == pytest.approx(time, abs=2)
    for step in range(8):
        page.evaluate("time => player.seek(time)", 7000 + 9 * step)
        page.evaluate("until(() => !player.isWaiting && buffered() >= 39)")
        assert page.evaluate("buffered()") <= 90
    assert page.evaluate("element().buffered.length") == 1


def test_seeking_works_while_a_window_is_being_fetched(page: Page) -> None:
    page.evaluate("player.play(100); for (const time of [200, 9000, 300, 5411]) player.seek(time)")
    page.evaluate("until(() => player.time > 5411.3)")
    assert pitch(captured(page)) == pytest.approx(1000, abs=5)
    assert page.evaluate("requested.length") <= 6


def test_paused_before_its_sound_arrived_it_stays_silent(page: Page) -> None:
    page.evaluate("player.play(5400); player.pause()")
    page.evaluate("rest(500)")
    assert captured(page).size == 0
    assert page.evaluate("[player.isPlaying, player.time]") == [False, 5400]
    page.evaluate("player.play(5400, 5400.5)")
    page.evaluate("until(() => !player.isPlaying)")
    assert len(captured(page)) / 48_000 == pytest.approx(0.5, abs=0.1)
    assert not [report for report in page.evaluate("reports") if isinstance(report, str)]


def test_at_the_clips_end_it_stops_or_begins_again(page: Page) -> None:
    page.evaluate(f"player.play({LENGTH - 0.7})")
    page.evaluate("until(() => !player.isPlaying)")
    assert page.evaluate("player.time") == pytest.approx(LENGTH, abs=0.1)
    page.evaluate(f"player.play({LENGTH - 0.5}, {LENGTH + 5}, {LENGTH - 19})")
    page.evaluate(f"until(() => player.time < {LENGTH - 18} && player.time > {LENGTH - 18.7})")
    page.evaluate("player.pause()")
    assert pitch(captured(page)) == pytest.approx(700, abs=5)


def test_behind_the_clip_s_end_it_reports_that(page: Page) -> None:
    page.evaluate(f"player.play({LENGTH + 100})")
    page.evaluate("until(() => !player.isPlaying)")
    assert "the clip ends before it" in page.evaluate("reports.at(-1)")


def test_an_error_is_reported_once_and_the_next_play_starts_over(page: Page, server: Server) -> None:
    server.fault = "the clip is missing on disk"
    try:
        page.evaluate("player.play(5400)")
        page.evaluate("until(() => !player.isPlaying)")
    finally:
        server.fault = ""
    assert page.evaluate("reports.filter((report) => typeof report === 'string')") == ["the clip is missing on disk"]
    assert page.evaluate("player.time") == 5400
    page.evaluate("player.play(5400, 5400.5)")
    page.evaluate("until(() => !player.isPlaying)")
    assert len(captured(page)) / 48_000 == pytest.approx(0.5, abs=0.1)


def test_a_browser_that_cannot_play_it_is_reported(page: Page) -> None:
    page.evaluate("MediaSource.isTypeSupported = () => false; player.play(0)")
    assert "This browser cannot play Opus" in page.evaluate("reports.at(-1)")
    assert page.evaluate("player.isPlaying") is False


def test_a_browser_that_requires_a_press_is_reported(page: Page) -> None:
    page.evaluate(
        """() => { element().play = () => Promise.reject(new DOMException("no", "NotAllowedError"));
        player.play(5400) }"""
    )
    page.evaluate("until(() => !player.isPlaying)")
    assert "Press Play again" in page.evaluate("reports.at(-1)")


def test_a_full_buffer_is_emptied(page: Page) -> None:
    page.evaluate(
        """() => { const { appendBuffer } = SourceBuffer.prototype; let calls = 0;
        SourceBuffer.prototype.appendBuffer = function (data) {
          if (++calls === 3) throw new DOMException("full", "QuotaExceededError");
          appendBuffer.call(this, data); } }"""
    )
    page.evaluate("player.play(5400)")
    page.evaluate("until(() => buffered() >= 39)")
    assert not [report for report in page.evaluate("reports") if isinstance(report, str)]


def test_a_page_without_a_kernel_plays_one_file_at_the_clips_times(page: Page) -> None:
    page.evaluate(
        """async () => { const bytes = await (await fetch("/whole/5395-5425")).blob();
        openWhole(URL.createObjectURL(bytes), 5395); player.play(5409, 5411) }"""
    )
    page.evaluate("until(() => !player.isPlaying)")
    sound = captured(page)
    assert len(sound) / 48_000 == pytest.approx(2, abs=0.1)
    assert pitch(sound[:40_000]) == pytest.approx(500, abs=3)
    assert pitch(sound[52_000:90_000]) == pytest.approx(1000, abs=3)
    assert page.evaluate("player.time") == pytest.approx(5411, abs=0.1)
    assert page.evaluate("requested") == []


def test_disposed_it_holds_no_sound(page: Page) -> None:
    page.evaluate("player.play(5400)")
    page.evaluate("until(() => buffered() >= 20)")
    page.evaluate("reports.length = 0; player.dispose(); rest(200)")
    assert page.evaluate("buffered()") == 0
    assert page.evaluate("reports") == []
