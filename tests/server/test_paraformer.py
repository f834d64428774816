"""The Paraformer engine with small crafted networks instead of trained ones: see `tiny_paraformer`.

Their tokens have no meaning, so everything else is tested: times that follow from the encoder's weights, blocks,
pauses, threads, and networks that do not run.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import shutil
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from paraformer_streams import (
    RATE,
    CollectingStream,
    decode_clip,
    finals,
    recognise,
    sound,
    spans,
    tokens_of,
    with_engine,
)
from servers import ended
from tiny_paraformer import RECITED, SYMBOLS, build, edit

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.dashscope.messages import SentenceResult
from paraformer_nb.server.engines.base import EngineError
from paraformer_nb.server.engines.paraformer import recogniser as recogniser_module
from paraformer_nb.server.engines.paraformer.engine import Paraformer
from paraformer_nb.server.engines.paraformer.model import ParaformerModel
from paraformer_nb.server.engines.paraformer.model_folder import ModelFolder, check_model_folder
from paraformer_nb.server.engines.paraformer.recogniser import ParaformerRecogniser

leaves_nothing = pytest.mark.usefixtures("nothing_left")


@pytest.fixture
def reciting(tmp_path: Path) -> Path:
    """A model that recites a text, a token for every 240 ms of loud sound."""
    return build(tmp_path / "reciting", weight=0.25, recites=RECITED)


@pytest.fixture
def mixing(tmp_path: Path) -> Path:
    """A model with fractional weights, whose tokens depend on everything."""
    return build(tmp_path / "mixing", weight=0.4, steepness=0.04)


# --------------------------------------------------------------------------------------------------------------- times


@pytest.mark.parametrize("weight", [0.25, 0.3, 0.4, 0.7, 1.0])
def test_tokens_end_where_the_weights_reach_a_whole_number(weight: float, tmp_path: Path) -> None:
    begin, again, inputs = 1200, 5400, 33
    pcm = sound((begin, begin + 60 * inputs), (again, again + 60 * inputs), ms=8000)
    times = spans(recognise(build(tmp_path, weight=weight, recites=["我"]), pcm, max_sentence_silence=6000))
    total = inputs * weight + 1e-6
    first = [begin + 60 * count / weight for count in range(int(total) + 1)]
    rest = total - int(total)  # carried into the second burst
    second = [again, *(again + 60 * (count - rest) / weight for count in range(1, int(total + rest) + 1))]
    expected = [*itertools.pairwise(first), *itertools.pairwise(second)]
    assert len(times) == len(expected)
    assert np.abs(np.array(times) - np.array(expected)).max() <= 0.51


def test_a_short_dip_does_not_end_a_token_and_a_pause_does(tmp_path: Path) -> None:
    pcm = sound((600, 960), (1080, 1440), (1740, 2100), ms=2100)
    # Weights: 6 inputs of 1/4, 2 of 0, 6 of 1/4, which make 3 tokens; then 5 of 0 and 6 of 1/4.
    times = spans(recognise(build(tmp_path, weight=0.25, recites=["我"]), pcm))
    assert times == [(600, 840), (840, 1200), (1200, 1440), (1740, 1980)]


def test_times_lie_within_the_sound_and_never_overlap(mixing: Path, english: Path, tmp_path: Path) -> None:
    everywhere = build(tmp_path / "everywhere", weight=0.7, steepness=0)  # also before and after the sound
    for model, length in [(mixing, 10**6), (mixing, 20_000), (mixing, 9_000), (everywhere, 20_000)]:
        times = np.array(spans(recognise(model, decode_clip(english)[4 * RATE :][:length])))
        assert times.min() >= 0
        assert times.max() <= length / 16
        assert (times[:, 0] <= times[:, 1]).all()
        assert (times[1:, 0] >= times[:-1, 1]).all()


@pytest.mark.parametrize("block", [37, 1601, 9600, 160_000])
def test_blocks_of_any_size_give_the_same_results(block: int, mixing: Path) -> None:
    pcm = sound((300, 2000), (3100, 3900), (4000, 5210), ms=5333)
    expected = recognise(mixing, pcm, 1600, max_sentence_silence=300)
    assert len(finals(expected)) >= 2
    assert recognise(mixing, pcm, block, max_sentence_silence=300) == expected


# ----------------------------------------------------------------------------------------------------------- sentences


@leaves_nothing
def test_a_sentence_grows_by_partials_and_ends_with_a_final(reciting: Path) -> None:
    results = recognise(reciting, sound((600, 3480), ms=6000))
    *partials, final = results
    texts = [result.text or "" for result in partials]
    assert len(texts) >= 3
    assert all(longer.startswith(shorter) and longer != shorter for shorter, longer in itertools.pairwise(texts))
    assert all(
        (result.sentence_id, result.sentence_end, result.begin_time, result.end_time) == (1, False, 600, None)
        for result in partials
    )
    assert not any(word.fixed for result in partials for word in result.words or ())
    assert final.text == "今天 hello world 我们 unbelievable 好今"
    assert (final.sentence_id, final.sentence_end, final.begin_time, final.end_time) == (1, True, 600, 3480)
    words = final.words or []
    assert [(word.text, word.begin_time, word.end_time) for word in words[2:4]] == [
        ("hello", 1080, 1560),
        ("world", 1560, 1800),
    ]
    assert all(word.fixed and word.punctuation == "" for word in words)
    probability = np.exp(10) / (np.exp(10) + len(SYMBOLS) - 1)
    assert [word.confidence for word in words] == [
        round(probability**tokens, 3) for tokens in (1, 1, 2, 1, 1, 1, 3, 1, 1)
    ]


@pytest.mark.parametrize(
    ("silence", "texts"),
    # The recital restarts where a chunk ends in the pause after a sentence: in the second pause, not in the first.
    [(200, ["今天", "hel", "今天"]), (800, ["今天 hel", "今天"]), (2000, ["今天 hello world"])],
)
def test_a_sentence_ends_with_a_pause_of_the_given_length(silence: int, texts: list[str], reciting: Path) -> None:
    pcm = sound((600, 1080), (1560, 1800), (3300, 3780), ms=3780)
    results = finals(recognise(reciting, pcm, max_sentence_silence=silence))
    assert [result.text for result in results] == texts
    assert [result.sentence_id for result in results] == list(range(1, len(texts) + 1))


def test_a_pause_within_a_chunk_ends_a_sentence(tmp_path: Path) -> None:
    model = build(tmp_path, weight=1.0, recites=RECITED)
    results = recognise(model, sound((1080, 1140), (1440, 1500), ms=1600), max_sentence_silence=300)
    assert [(result.text, result.begin_time, result.end_time) for result in finals(results)] == [
        ("今", 1080, 1140),
        ("天", 1440, 1500),
    ]


def test_a_word_that_has_begun_when_a_chunk_ends_ends_the_pause(reciting: Path) -> None:
    """The pause is 720 ms long; the chunk ends 840 ms after the last token, within the next one."""
    results = recognise(reciting, sound((300, 780), (1500, 1980), ms=2000), max_sentence_silence=800)
    assert [result.text for result in finals(results)] == ["今天 hello"]


def test_a_sentence_becomes_final_during_silence(reciting: Path) -> None:
    async def use(engine: Paraformer) -> list[SentenceResult]:
        stream = CollectingStream(engine)
        await stream.stream.start()
        await stream.stream.accept(sound((0, 480), ms=2400).tobytes())
        await stream.stream.close()
        return stream.results

    assert [result.sentence_end for result in asyncio.run(with_engine(reciting, use))] == [False, False, True]


def test_silence_gives_no_results(reciting: Path) -> None:
    assert recognise(reciting, sound(ms=5000)) == []
    assert recognise(reciting, sound(ms=0)) == []


# ------------------------------------------------------------------------------------------------- streams and threads


def _allocated() -> int:
    """Bytes allocated by the engine's own code; ONNX Runtime has caches of its own."""
    engine = tracemalloc.Filter(True, str(Path(recogniser_module.__file__).parent / "*"))
    return sum(entry.size for entry in tracemalloc.take_snapshot().filter_traces([engine]).statistics("filename"))


@pytest.mark.system
def test_memory_does_not_grow_with_the_sound(mixing: Path) -> None:
    model = ParaformerModel(check_model_folder(mixing))
    half_minute = sound(*((at, at + 700) for at in range(0, 30_000, 1000)), ms=30_000).tobytes()
    sizes = []
    tracemalloc.start()
    try:
        recogniser = ParaformerRecogniser(model)
        for _ in range(6):
            recogniser.add(half_minute)
            while recogniser.is_ready:
                recogniser.recognise()
            sizes.append(_allocated())
    finally:
        tracemalloc.stop()
    assert max(sizes) - min(sizes) < 1000
    assert max(sizes) < 60_000


@leaves_nothing
def test_two_streams_at_once_do_not_mix(mixing: Path, english: Path, chinese: Path) -> None:
    clips = [decode_clip(english)[: 12 * RATE], decode_clip(chinese)]

    async def use(engine: Paraformer) -> list[list[SentenceResult]]:
        streams = [CollectingStream(engine) for _ in clips]
        await asyncio.gather(
            *(
                stream.recognise(*(clip[at : at + 4000].tobytes() for at in range(0, len(clip), 4000)))
                for stream, clip in zip(streams, clips, strict=True)
            )
        )
        return [stream.results for stream in streams]

    assert asyncio.run(with_engine(mixing, use)) == [recognise(mixing, clip) for clip in clips]


class WatchedModel(ParaformerModel):
    """A model that notes on which thread each chunk is computed, and holds one chunk back until it is released."""

    def __init__(self, folder: ModelFolder, held_chunk: int = 0) -> None:
        super().__init__(folder)
        self.threads: set[int] = set()
        self.begun = 0
        self.done = 0
        self.is_holding = threading.Event()
        self.release = threading.Event()
        self._held_chunk = held_chunk

    def encode(self, frames: Any) -> Any:
        self.threads.add(threading.get_ident())
        self.begun += 1
        if self.begun == self._held_chunk:
            self.is_holding.set()
            assert self.release.wait(20)
        encoded = super().encode(frames)
        self.done += 1
        return encoded


@leaves_nothing
def test_it_computes_on_a_thread_and_emits_on_the_loop(reciting: Path) -> None:
    model = WatchedModel(check_model_folder(reciting))

    async def use(engine: Paraformer) -> set[int]:
        stream = CollectingStream(engine)
        await stream.recognise(sound((0, 3000), ms=3000).tobytes())
        return stream.threads

    assert asyncio.run(with_engine(reciting, use, lambda _: model)) == {threading.get_ident()}
    assert model.threads
    assert threading.get_ident() not in model.threads


@leaves_nothing
def test_a_task_cancelled_within_a_block_ends_with_its_chunk(reciting: Path) -> None:
    model = WatchedModel(check_model_folder(reciting), held_chunk=3)

    async def use(engine: Paraformer) -> tuple[int, int]:
        stream = CollectingStream(engine)
        task = asyncio.create_task(stream.recognise(sound((0, 60_000), ms=60_000).tobytes()))
        assert await asyncio.to_thread(model.is_holding.wait, 20)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done(), "it did not wait for its thread"
        model.release.set()
        async with asyncio.timeout(20):
            await asyncio.gather(task, return_exceptions=True)
        return model.begun, model.done

    assert asyncio.run(with_engine(reciting, use, lambda _: model)) == (3, 3)
    assert (model.begun, model.done) == (3, 3), "it continued after the task"


# ------------------------------------------------------------------------------------------------------- as a service


@leaves_nothing
def test_a_run_with_it(reciting: Path) -> None:
    pcm = sound((600, 3480), (5000, 5480), ms=6000)
    run = ended(pnb.transcribe((pcm, RATE), service=pnb.Embedded("paraformer", model_dir=reciting)))
    assert list(run.sentences["text"]) == ["今天 hello world 我们 unbelievable 好今", "今天"]
    assert list(run.words["start"][:4]) == [0.6, 0.84, 1.08, 1.56]
    assert run.words["confidence"].between(0.9, 1).all()
    assert run.words["is_final"].all()


@leaves_nothing
def test_a_service_with_a_bad_folder_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(errors.ParameterError, match="model_dir"):
        pnb.Embedded("paraformer", model_dir=tmp_path / "nowhere")


# ------------------------------------------------------------------------------------------------------------- networks


def test_int8_files_are_used_if_the_plain_ones_are_missing(tmp_path: Path) -> None:
    folder = build(tmp_path / "model", recites=["我"], weight=0.25)
    (folder / "encoder.onnx").rename(folder / "encoder.int8.onnx")
    assert finals(recognise(folder, sound((0, 480), ms=480)))[0].text == "我我"
    shutil.copy(build(tmp_path / "other", recites=["们"]) / "decoder.onnx", folder / "decoder.int8.onnx")
    assert check_model_folder(folder).decoder.name == "decoder.onnx"
    (folder / "decoder.onnx").unlink()
    assert finals(recognise(folder, sound((0, 480), ms=480)))[0].text == "们们"


def test_caches_may_be_returned_longer_than_they_were_given(mixing: Path, chinese: Path) -> None:
    tokens = tokens_of(mixing, decode_clip(chinese))

    def grow(model: onnx.ModelProto) -> None:
        for node in model.graph.node:
            if node.op_type == "Slice":
                node.op_type = "Identity"
                del node.input[1:]
        for tensor in model.graph.output[2:]:
            tensor.type.tensor_type.shape.dim[2].ClearField("dim_value")

    edit(mixing, "decoder", grow)
    assert tokens_of(mixing, decode_clip(chinese)) == tokens


def _break(folder: Path, operator: str) -> None:
    """Replace the operator of the encoder's outputs, which the header does not show."""

    def change(model: onnx.ModelProto) -> None:
        node = next(node for node in model.graph.node if node.output[0] == "enc")
        node.op_type = operator
        if operator == "Concat":
            node.attribute.append(onnx.helper.make_attribute("axis", 1))
        if operator == "Reshape":
            node.input[1] = "shape"
            model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1, 17, 16]), "shape"))

    edit(folder, "encoder", change)


@pytest.mark.parametrize(
    ("operator", "message"),
    [("Unknown", "cannot load"), ("Concat", r"outputs of \(1, 19, 16\)"), ("Reshape", "fails on sound")],
)
@leaves_nothing
def test_a_network_that_does_not_run_fails_its_task(operator: str, message: str, reciting: Path) -> None:
    _break(reciting, operator)
    with pytest.raises(EngineError, match=message) as raised:
        recognise(reciting, sound((0, 900), ms=900))
    assert str(reciting / "encoder.onnx") in str(raised.value)
    assert raised.value.code == "InvalidParameter"  # a code that is not retried


def test_a_decoder_with_another_number_of_tokens_than_declared_fails_its_task(reciting: Path) -> None:
    def more(model: onnx.ModelProto) -> None:
        depth = next(constant for constant in model.graph.initializer if constant.name == "depth")
        depth.CopyFrom(onnx.numpy_helper.from_array(np.array([9000]), "depth"))

    edit(reciting, "decoder", more)
    with pytest.raises(EngineError, match=r"logits of \(1, 1, 9000\)"):
        recognise(reciting, sound((0, 900), ms=900))


@leaves_nothing
@pytest.mark.parametrize("is_valid", [True, False])
def test_closing_at_once_waits_until_the_model_is_loaded(is_valid: bool, reciting: Path) -> None:
    if not is_valid:
        _break(reciting, "Unknown")
    is_loaded = threading.Event()

    def load(folder: ModelFolder) -> ParaformerModel:
        try:
            return ParaformerModel(folder)
        finally:
            is_loaded.set()

    async def use() -> bool:
        engine = Paraformer(reciting, load)
        await engine.open()
        await engine.close()
        return is_loaded.is_set()

    assert asyncio.run(use())  # and nothing is logged: `nothing_left` checks that


# ------------------------------------------------------------------------------------ long sound, its end, other rates


def test_positions_are_right_after_an_hour(reciting: Path) -> None:
    """A port that rounded the scale of the positions broke on long sound: here against the formula in float64."""
    extractor = ParaformerModel(check_model_folder(reciting)).features
    samples = sound((0, 625), ms=625)[:10_000]
    rates = np.exp(np.arange(280) * -np.log(10_000) / 279)

    def positions(first: int) -> Any:
        angles = np.arange(first + 1, first + 11)[:, None] * rates
        return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)

    for first in (0, 1000, 60_000, 120_000):  # frames of 60 ms: up to two hours
        found = extractor.chunk(samples, first) - extractor.chunk(samples, 0)
        assert np.abs(found - (positions(first) - positions(0))).max() < 1e-4


@pytest.mark.parametrize("cut", range(0, 640, 64))
def test_the_end_repeats_and_drops_no_token(cut: int, reciting: Path) -> None:
    """A port that joined the context twice at the end repeated tokens; here the end lies anywhere in a chunk."""
    length = 2640 - cut
    (final,) = finals(recognise(reciting, sound((0, length), ms=length)))
    symbols = [symbol.removesuffix("@@") for symbol in RECITED * 2]
    frames = length / 60  # a token for every four that are loud; the last one is loud in part
    expected = {"".join(symbols[: count // 4]) for count in (math.floor(frames), math.ceil(frames))}
    assert (final.text or "").replace(" ", "") in expected


def test_an_hour_without_a_pause_keeps_its_times(tmp_path: Path) -> None:
    """Shortened: two minutes, of which each token's time is known."""
    folder = build(tmp_path, weight=0.25, recites=["我"])
    times = spans(recognise(folder, sound((600, 120_600), ms=121_000), 16_000))
    assert len(times) == 500
    assert times[-1] == (600 + 499 * 240, 600 + 500 * 240)


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_an_hour_with_pauses_keeps_its_times(tmp_path: Path) -> None:
    folder = build(tmp_path, weight=0.25, recites=["我"])
    begins = range(600, 3_600_000, 6000)
    times = spans(recognise(folder, sound(*((begin, begin + 2400) for begin in begins), ms=3_601_000), 16_000))
    assert times == [(begin + 240 * n, begin + 240 * (n + 1)) for begin in begins for n in range(10)]


def test_sound_of_8_khz_gives_the_same_words(reciting: Path) -> None:
    t = np.arange(4 * 8000) / 8000
    spoken = ((t >= 0.6) & (t < 3.48)) * np.sin(2 * np.pi * 700 * t) * (1 + np.sin(2 * np.pi * 90 * t)) * 6000
    service = pnb.Embedded("paraformer", model_dir=reciting)
    run = ended(pnb.transcribe((spoken.astype(np.int16), 8000), service=service))
    service.close()
    assert run.text.startswith("今天 hello world")
    assert abs(run.words["start"][0] - 0.6) <= 0.07
