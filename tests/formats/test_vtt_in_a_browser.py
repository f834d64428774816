"""A browser shows the VTT that we write: Chromium's own parser behind ``<track>``."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from nasty import NASTY

from paraformer_nb.formats.export import write_words

_CUES = """
async (address) => {
  const video = document.createElement("video");
  const track = document.createElement("track");
  document.body.append(video);
  video.append(track);
  track.track.mode = "hidden";
  const loaded = new Promise((resolve, reject) => { track.onload = resolve; track.onerror = reject; });
  track.src = address;
  await loaded;
  return [...track.track.cues].map((cue) => {
    const holder = document.createElement("div");
    holder.append(cue.getCueAsHTML());
    return [cue.startTime, cue.endTime, holder.textContent, holder.innerHTML];
  });
}
"""


def test_chromium_reads_cues_words_and_voices(browser: Any, tmp_path: Path) -> None:
    data = write_words(tmp_path / "a.vtt", NASTY, level="word").path.read_bytes()
    page = browser.new_page()
    try:
        page.goto("about:blank")
        cues = page.evaluate(_CUES, f"data:text/vtt;base64,{base64.b64encode(data).decode()}")
    finally:
        page.close()
    assert [cue[:3] for cue in cues] == [
        [0.0, 1.1, "Hello, say a<b>&c"],
        [1.0, 1.917, "--> {\\i1}"],
        [2.0, 2.917, '今天 "天气"。'],
        [3.0, 3.833, "tab here."],
    ]
    assert "timestamp 00:00:00.500" in cues[0][3]
    assert 'title="ann"' in cues[0][3]
