"""The paraformer engine, with small crafted networks in the place of trained ones: see `tiny_paraformer`.

They recognise nothing, so what is tested is all the rest: that times are what the encoder's weights say, and what
becomes of blocks, pauses, threads, and of networks that do not run.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from paraformer_listening import RATE, Listener, decoded, finals, heard, opened, sound, spans, tokens_of
from servers import ended
from tiny_paraformer import RECITED, SYMBOLS, build, edit

import paraformer_nb as pnb
from paraformer_nb import errors
from paraformer_nb.dashscope.messages import SentenceResult
from paraformer_nb.server.engines.base import EngineError
from paraformer_nb.server.engines.paraformer.engine import Paraformer
from paraformer_nb.server.engines.paraformer.export import check_export
from paraformer_nb.server.engines.paraformer.model import Model
from paraformer_nb.server.engines.paraformer.recogniser import Recogniser, Token

leaves_nothing = pytest.mark.usefixtures("nothing_left")


@pytest.fixture
def reciting(tmp_path: Path) -> Path:
    """A model that recites a text, a token for every 240 ms of loud sound."""
    return build(tmp_path / "reciting", weight=0.25, recites=RECITED)


@pytest.fixture
def mixing(tmp_path: Path) -> Path:
    """A model whose weights are seldom round, and whose tokens depend on everything."""
    return build(tmp_path / "mixing", weight=0.4, steepness=0.04)


# --------------------------------------------------------------------------------------------------------------- times


@pytest.mark.parametrize("weight", [0.25, 0.3, 0.4, 0.7, 1.0])
def test_tokens_end_where_the_weights_reach_a_whole_number(weight: float, tmp_path: Path) -> None:
    begin, again, inputs = 1200, 5400, 33
    pcm = sound((begin, begin + 60 * inputs), (again, again + 60 * inputs), ms=8000)
    told = spans(heard(build(tmp_path, weight=weight, recites=["我"]), pcm, max_sentence_silence=6000))
    total = inputs * weight + 1e-6
    first = [begin + 60 * count / weight for count in range(int(total) + 1)]
    rest = total - int(total)  # carried into the second burst
    second = [again, *(again + 60 * (count - rest) / weight for count in range(1, int(total + rest) + 1))]
    expected = [*itertools.pairwise(first), *itertools.pairwise(second)]
    assert len(told) == len(expected)
    assert np.abs(np.array(told) - np.array(expected)).max() <= 0.51


def test_a_short_dip_is_within_a_token_and_a_pause_is_not(tmp_path: Path) -> None:
    pcm = sound((600, 960), (1080, 1440), (1740, 2100), ms=2100)
    # 6 inputs of 1/4, two without weight, 6 more: 12 quarters; then five without, and again 6.
    told = spans(heard(build(tmp_path, weight=0.25, recites=["我"]), pcm))
    assert told == [(600, 840), (840, 1200), (1200, 1440), (1740, 1980)]


def test_times_lie_within_the_sound_and_never_overlap(mixing: Path, english: Path, tmp_path: Path) -> None:
    everywhere = build(tmp_path / "everywhere", weight=0.7, steepness=0)  # before and behind the sound, too
    for model, length in [(mixing, 10**6), (mixing, 20_000), (mixing, 9_000), (everywhere, 20_000)]:
        times = np.array(spans(heard(model, decoded(english)[4 * RATE :][:length])))
        assert times.min() >= 0
        assert times.max() <= length / 16
        assert (times[:, 0] <= times[:, 1]).all()
        assert (times[1:, 0] >= times[:-1, 1]).all()


@pytest.mark.parametrize("block", [37, 1601, 9600, 160_000])
def test_blocks_of_any_size_tell_the_same(block: int, mixing: Path) -> None:
    pcm = sound((300, 2000), (3100, 3900), (4000, 5210), ms=5333)
    alike = heard(mixing, pcm, 1600, max_sentence_silence=300)
    assert len(finals(alike)) >= 2
    assert heard(mixing, pcm, block, max_sentence_silence=300) == alike


# ----------------------------------------------------------------------------------------------------------- sentences


@leaves_nothing
def test_a_sentence_grows_by_partials_and_ends_with_a_final(reciting: Path) -> None:
    results = heard(reciting, sound((600, 3480), ms=6000))
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
    sure = np.exp(10) / (np.exp(10) + len(SYMBOLS) - 1)
    assert [word.confidence for word in words] == [round(sure**pieces, 3) for pieces in (1, 1, 2, 1, 1, 1, 3, 1, 1)]


@pytest.mark.parametrize(
    ("silence", "texts"),
    # The recital begins anew where a chunk ends in the pause after a sentence: in the second pause, not in the first.
    [(200, ["今天", "hel", "今天"]), (800, ["今天 hel", "今天"]), (2000, ["今天 hello world"])],
)
def test_a_sentence_ends_with_a_pause_as_long_as_asked_for(silence: int, texts: list[str], reciting: Path) -> None:
    pcm = sound((600, 1080), (1560, 1800), (3300, 3780), ms=3780)
    results = finals(heard(reciting, pcm, max_sentence_silence=silence))
    assert [result.text for result in results] == texts
    assert [result.sentence_id for result in results] == list(range(1, len(texts) + 1))


def test_a_pause_within_a_chunk_ends_a_sentence_as_any_other(tmp_path: Path) -> None:
    model = build(tmp_path, weight=1.0, recites=RECITED)
    results = heard(model, sound((1080, 1140), (1440, 1500), ms=1600), max_sentence_silence=300)
    assert [(result.text, result.begin_time, result.end_time) for result in finals(results)] == [
        ("今", 1080, 1140),
        ("天", 1440, 1500),
    ]


def test_a_word_that_has_begun_when_a_chunk_ends_ends_the_pause(reciting: Path) -> None:
    """The pause is of 720 ms; the chunk ends 840 ms after the last token, amid the next one."""
    results = heard(reciting, sound((300, 780), (1500, 1980), ms=2000), max_sentence_silence=800)
    assert [result.text for result in finals(results)] == ["今天 hello"]


def test_a_sentence_is_final_while_silence_goes_on(reciting: Path) -> None:
    async def use(engine: Paraformer) -> list[SentenceResult]:
        listener = Listener(engine)
        await listener.stream.start()
        await listener.stream.accept(sound((0, 480), ms=2400).tobytes())
        await listener.stream.close()
        return listener.results

    assert [result.sentence_end for result in asyncio.run(opened(reciting, use))] == [False, False, True]


def test_silence_tells_nothing(reciting: Path) -> None:
    assert heard(reciting, sound(ms=5000)) == []
    assert heard(reciting, sound(ms=0)) == []


# ------------------------------------------------------------------------------------------------- streams and threads


def _kept(thing: object) -> int:
    """The bytes of sound, features and sums that an object holds."""
    if isinstance(thing, np.ndarray | np.generic):
        return thing.nbytes
    if isinstance(thing, bytearray | list):
        return sum(map(_kept, thing)) if isinstance(thing, list) else len(thing)
    if isinstance(thing, Model) or not hasattr(thing, "__dict__"):
        return 0
    return sum(map(_kept, vars(thing).values()))


def test_an_hour_takes_no_more_room_than_a_minute(mixing: Path) -> None:
    recogniser = Recogniser(Model(check_export(mixing)))
    minute = sound(*((at, at + 700) for at in range(0, 30_000, 1000)), ms=30_000).tobytes()
    sizes = []
    for _ in range(6):
        recogniser.add(minute)
        while recogniser.is_ready:
            recogniser.recognise()
        sizes.append(_kept(recogniser))
    assert len(set(sizes)) == 1
    assert sizes[0] < 60_000


@leaves_nothing
def test_two_streams_at_once_do_not_mix(mixing: Path, english: Path, chinese: Path) -> None:
    clips = [decoded(english)[: 12 * RATE], decoded(chinese)]

    async def use(engine: Paraformer) -> list[list[SentenceResult]]:
        listeners = [Listener(engine) for _ in clips]
        await asyncio.gather(
            *(
                listener.hear(*(clip[at : at + 4000].tobytes() for at in range(0, len(clip), 4000)))
                for listener, clip in zip(listeners, clips, strict=True)
            )
        )
        return [listener.results for listener in listeners]

    assert asyncio.run(opened(mixing, use)) == [heard(mixing, clip) for clip in clips]


@leaves_nothing
def test_it_computes_beside_the_loop_and_tells_on_it(reciting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computing: set[int] = set()
    recognise = Recogniser.recognise
    monkeypatch.setattr(
        Recogniser, "recognise", lambda self: (computing.add(threading.get_ident()), recognise(self))[1]
    )

    async def use(engine: Paraformer) -> set[int]:
        listener = Listener(engine)
        await listener.hear(sound((0, 3000), ms=3000).tobytes())
        return listener.threads

    assert asyncio.run(opened(reciting, use)) == {threading.get_ident()}
    assert computing
    assert threading.get_ident() not in computing


@leaves_nothing
def test_a_task_that_is_cancelled_within_a_block_ends_with_its_chunk(
    reciting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_begun, may_go_on = threading.Event(), threading.Event()
    recognise = Recogniser.recognise

    def held(self: Recogniser) -> list[Token]:
        if self._inputs == 20:
            has_begun.set()
            assert may_go_on.wait(20)
        return recognise(self)

    monkeypatch.setattr(Recogniser, "recognise", held)

    async def use(engine: Paraformer) -> tuple[bool, int]:
        listener = Listener(engine)
        task = asyncio.create_task(listener.hear(sound((0, 60_000), ms=60_000).tobytes()))
        assert await asyncio.to_thread(has_begun.wait, 20)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done(), "it did not wait for its thread"
        may_go_on.set()
        async with asyncio.timeout(20):
            await asyncio.gather(task, return_exceptions=True)
        stream = listener.stream
        assert stream._work
        assert stream._recogniser
        return stream._work.done(), stream._recogniser._inputs

    assert asyncio.run(opened(reciting, use)) == (True, 30)


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
def test_a_service_with_a_bad_folder_is_no_service(tmp_path: Path) -> None:
    with pytest.raises(errors.ParameterError, match="model_dir"):
        pnb.Embedded("paraformer", model_dir=tmp_path / "nowhere")
    with pytest.raises(errors.ParameterError, match="needs model_dir"):
        pnb.Embedded("paraformer")


# ------------------------------------------------------------------------------------------------------------- networks


def test_int8_files_are_taken_where_the_plain_ones_are_missing(tmp_path: Path) -> None:
    folder = build(tmp_path / "model", recites=["我"], weight=0.25)
    (folder / "encoder.onnx").rename(folder / "encoder.int8.onnx")
    assert finals(heard(folder, sound((0, 480), ms=480)))[0].text == "我我"
    shutil.copy(build(tmp_path / "other", recites=["们"]) / "decoder.onnx", folder / "decoder.int8.onnx")
    assert check_export(folder).decoder.name == "decoder.onnx"
    (folder / "decoder.onnx").unlink()
    assert finals(heard(folder, sound((0, 480), ms=480)))[0].text == "们们"


def test_caches_may_come_back_longer_than_they_were_given(mixing: Path, chinese: Path) -> None:
    tokens = tokens_of(mixing, decoded(chinese))

    def grow(model: onnx.ModelProto) -> None:
        for node in model.graph.node:
            if node.op_type == "Slice":
                node.op_type = "Identity"
                del node.input[1:]
        for tensor in model.graph.output[2:]:
            tensor.type.tensor_type.shape.dim[2].ClearField("dim_value")

    edit(mixing, "decoder", grow)
    assert tokens_of(mixing, decoded(chinese)) == tokens


def _break(folder: Path, operator: str) -> None:
    """The encoder's outputs made by another operator: nothing that a header tells of."""

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
    ("operator", "told"),
    [("Unheard", "cannot load"), ("Concat", r"outputs of \(1, 19, 16\)"), ("Reshape", "fails on sound")],
)
@leaves_nothing
def test_a_network_that_does_not_run_fails_its_task(operator: str, told: str, reciting: Path) -> None:
    _break(reciting, operator)
    with pytest.raises(EngineError, match=told) as raised:
        heard(reciting, sound((0, 900), ms=900))
    assert str(reciting / "encoder.onnx") in str(raised.value)
    assert raised.value.code == "InvalidParameter"  # one that is not tried again


def test_a_decoder_with_other_tokens_than_it_says_fails_its_task(reciting: Path) -> None:
    def more(model: onnx.ModelProto) -> None:
        depth = next(constant for constant in model.graph.initializer if constant.name == "depth")
        depth.CopyFrom(onnx.numpy_helper.from_array(np.array([9000]), "depth"))

    edit(reciting, "decoder", more)
    with pytest.raises(EngineError, match=r"logits of \(1, 1, 9000\)"):
        heard(reciting, sound((0, 900), ms=900))


@leaves_nothing
@pytest.mark.parametrize("is_fit", [True, False])
def test_closing_at_once_waits_until_the_model_is_loaded(is_fit: bool, reciting: Path) -> None:
    if not is_fit:
        _break(reciting, "Unheard")

    async def use() -> bool:
        engine = Paraformer(reciting)
        await engine.open()
        loading = engine._loading
        await engine.close()
        return loading is not None and loading.done()

    assert asyncio.run(use())  # and nothing is logged: `nothing_left` looks
