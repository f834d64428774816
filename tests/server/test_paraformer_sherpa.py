"""The Paraformer engine compared with sherpa-onnx: the same sound and networks give the same tokens."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paraformer_streams import RATE, decode_clip, finals, recognise, sound, tokens_of
from tiny_paraformer import RECITED, SYMBOLS, build

from paraformer_nb.server.engines.paraformer.model import ParaformerModel
from paraformer_nb.server.engines.paraformer.model_folder import ModelFolder

TAIL = np.zeros(14_400, np.int16)  # the silence that the engine appends, here for both

SHERPA = """
import json, sys
import numpy as np, sherpa_onnx

recognisers = {}
for job in json.load(sys.stdin):
    folder = job["folder"]
    if folder not in recognisers:
        recognisers[folder] = sherpa_onnx.OnlineRecognizer.from_paraformer(
            tokens=f"{folder}/tokens.txt", encoder=f"{folder}/encoder.onnx", decoder=f"{folder}/decoder.onnx")
    recogniser = recognisers[folder]
    stream = recogniser.create_stream()
    stream.accept_waveform(16000, np.load(job["clip"]).astype(np.float32) / 32768)
    stream.input_finished()
    if job["is_final"]:
        stream.set_option("is_final", "1")
    tokens, chunks = [], 0
    while recogniser.is_ready(stream):
        recogniser.decode_stream(stream)
        chunks += 1
        if chunks in job["resets"]:
            tokens += recogniser.get_result_all(stream).tokens
            recogniser.reset(stream)
    print(json.dumps(tokens + recogniser.get_result_all(stream).tokens))
"""


class Sherpa:
    """sherpa-onnx, in its own process: a model that it rejects makes it exit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jobs: list[dict[str, Any]] = []

    def request(self, model: Path, pcm: np.ndarray[Any, Any], *, is_final: bool = False, resets: Any = ()) -> None:
        """Request the tokens of a sound, with resets after some chunks."""
        clip = self._folder / f"{len(self._jobs)}.npy"
        np.save(clip, pcm)
        self._jobs.append({"folder": str(model), "clip": str(clip), "is_final": is_final, "resets": list(resets)})

    def answers(self) -> list[list[str]]:
        """The tokens of all requests."""
        done = subprocess.run(
            [sys.executable, "-c", SHERPA],
            input=json.dumps(self._jobs),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return [json.loads(row) for row in done.stdout.splitlines()]


class LoggingModel(ParaformerModel):
    """A model that logs after how many chunks the decoder's caches were emptied, and which tokens were decoded."""

    def __init__(self, folder: ModelFolder) -> None:
        super().__init__(folder)
        self.chunks = 0
        self.resets: list[int] = []
        self.numbers: list[int] = []

    def encode(self, frames: Any) -> Any:
        self.chunks += 1
        return super().encode(frames)

    def decode(self, encoded: Any, length: Any, embeddings: Any, caches: Any) -> Any:
        numbers, confidences, grown = super().decode(encoded, length, embeddings, caches)
        self.numbers += numbers
        return numbers, confidences, grown

    def empty_caches(self) -> Any:
        self.resets.append(self.chunks)
        return super().empty_caches()


@pytest.fixture
def sherpa(tmp_path: Path) -> Sherpa:
    pytest.importorskip("sherpa_onnx", reason="sherpa-onnx, the peer of this test, is not installed")
    return Sherpa(tmp_path)


@pytest.fixture
def mixing(tmp_path: Path) -> Path:
    """A model with fractional weights, whose tokens depend on everything."""
    return build(tmp_path / "mixing", weight=0.4, steepness=0.04)


def test_the_tokens_equal_those_of_sherpa_onnx(
    sherpa: Sherpa, mixing: Path, english: Path, chinese: Path, tmp_path: Path
) -> None:
    clips = [decode_clip(english)[: 12 * RATE], decode_clip(chinese), sound(ms=2000), np.zeros(0, np.int16)]
    clips += [sound((100, 700), (1500, 1530), (2000, 4900), ms=6000)]
    clips += [sound((200, 3000), ms=3000)[: 40_000 + 963 * at] for at in range(9)]  # ends at any position in a chunk
    models = [mixing, build(tmp_path / "even"), build(tmp_path / "often", weight=0.9, steepness=0.08)]
    pairs = list(itertools.product(models, clips))
    for model, clip in pairs:
        sherpa.request(model, np.concatenate([clip, TAIL]))
    ours = [[SYMBOLS[token.number] for token in tokens_of(*pair) if token.number] for pair in pairs]
    assert ours == sherpa.answers()
    assert len(set(itertools.chain(*ours))) > 30
    assert sum(map(len, ours)) > 900


def test_the_end_of_a_sound_is_recognised_completely(sherpa: Sherpa, tmp_path: Path) -> None:
    """sherpa-onnx's own way of ending omits up to 180 ms, and here a token."""
    reciting = build(tmp_path / "reciting", weight=0.25, recites=RECITED)
    clips = [sound((0, 2640), ms=2640)[: 2 * 9600 + 960 * at] for at in range(20)]
    for clip in clips:
        sherpa.request(reciting, clip, is_final=True)
    theirs = [len(tokens) for tokens in sherpa.answers()]
    ours = [len(tokens_of(reciting, clip)) for clip in clips]
    assert ours == [len(clip) // 960 // 4 for clip in clips]
    assert all(partial <= complete for partial, complete in zip(theirs, ours, strict=True))
    assert sum(theirs) < sum(ours)


def test_after_a_sentence_it_resets_as_sherpa_onnx_does(sherpa: Sherpa, mixing: Path, english: Path) -> None:
    pcm = decode_clip(english)
    models: list[LoggingModel] = []

    def load(folder: ModelFolder) -> LoggingModel:
        models.append(LoggingModel(folder))
        return models[-1]

    results = recognise(mixing, pcm, load=load, max_sentence_silence=400)
    resets = models[0].resets[1:]  # the first one is the stream's beginning
    assert len(resets) >= 3
    assert len(finals(results)) > len(resets)
    sherpa.request(mixing, np.concatenate([pcm, TAIL]), resets=resets)
    sherpa.request(mixing, np.concatenate([pcm, TAIL]))
    same, without = sherpa.answers()
    assert [SYMBOLS[number] for number in models[0].numbers if number] == same
    assert same != without, "the clip does not depend on the resets"
