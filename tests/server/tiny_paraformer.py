"""A streaming Paraformer of a few kB, crafted instead of trained: its weights are known, its tokens have no meaning.

Its encoder gives each loud input a weight, and mixes all inputs of a chunk into each output. One decoder makes each
token depend on everything that a real one's depends on: its acoustic embedding, the encoder's outputs, and, through two
caches, the tokens before. The other decoder recites a text, a token for each that fires; its position is in a cache.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper, parser

BINS, STACK, WIDTH, KERNEL, BLOCKS = 80, 7, 16, 11, 2
SIZE = BINS * STACK
RECITED = ["今", "天", "hel@@", "lo", "world", "我", "们", "un@@", "believ@@", "able", "好"]
SYMBOLS = ["<blank>", "<s>", "</s>", *RECITED, *(chr(0x4E00 + at) for at in range(40)), "<unk>"]

_ENCODER = """
<ir_version: 8, opset_import: ["" : 13]>
encoder (float[B,T,560] speech, int32[B] speech_lengths)
    => (float[B,T,16] enc, int32[B] enc_len, float[B,T] alphas) {
    loudness = MatMul(speech, loudness_of)
    above = Sub(loudness, threshold)
    steep = Mul(above, steepness)
    gate = HardSigmoid<alpha = 1.0, beta = 0.5>(steep)
    weights = Mul(gate, weight)
    alphas = Squeeze(weights, last)
    own = MatMul(speech, project)
    all = ReduceMean<axes = [1], keepdims = 1>(speech)
    around = MatMul(all, project_all)
    enc = Add(own, around)
    enc_len = Identity(speech_lengths)
}
"""

_DECODER_HEAD = """
<ir_version: 8, opset_import: ["" : 13]>
decoder (float[B,T,16] enc, int32[B] enc_len, float[B,N,16] embeds, int32[B] embeds_len,
         float[B,16,10] in_0, float[B,16,10] in_1)
    => (float[B,N,V] logits, int64[B,N] sample_ids, float[B,16,10] out_0, float[B,16,10] out_1)
"""

_MIXING = """ {
    x = Transpose<perm = [0, 2, 1]>(embeds)
    steps_0 = Concat<axis = 2>(in_0, x)
    out_0 = Slice(steps_0, minus_ten, end, last)
    mixed_0 = Conv<group = 16>(steps_0, filter_0)
    h = Tanh(mixed_0)
    steps_1 = Concat<axis = 2>(in_1, h)
    out_1 = Slice(steps_1, minus_ten, end, last)
    mixed_1 = Conv<group = 16>(steps_1, filter_1)
    y = Transpose<perm = [0, 2, 1]>(mixed_1)
    context = ReduceMean<axes = [1], keepdims = 1>(enc)
    projected = MatMul(context, project_context)
    sum = Add(y, projected)
    logits = MatMul(sum, codes)
    sample_ids = ArgMax<axis = 2, keepdims = 0>(logits)
}
"""

_RECITING = """ {
    one = Constant<value_int = 1>()
    zero = Constant<value_int = 0>()
    shape = Shape(embeds)
    count = Gather(shape, one)
    recited = ReduceMax<axes = [0, 1, 2], keepdims = 0>(in_0)
    first = Cast<to = 7>(recited)
    steps = Range(zero, count, one)
    positions = Add(steps, first)
    within = Mod(positions, length)
    ids = Gather(text, within)
    row = Unsqueeze(ids, at_0)
    logits = OneHot<axis = -1>(row, depth, off_on)
    sample_ids = ArgMax<axis = 2, keepdims = 0>(logits)
    count_f = Cast<to = 1>(count)
    out_0 = Add(in_0, count_f)
    out_1 = Identity(in_1)
}
"""


def build(folder: Path, *, weight: float = 0.3, steepness: float = 50.0, recites: Sequence[str] | None = None) -> Path:
    """Write the model to a folder, and return the folder.

    Args:
        weight: of an input whose frame from 30 to 55 ms is loud.
        steepness: of the threshold between loud and silent; with 50 all weights are either `weight` or 0.
        recites: text for the reciting decoder, of SYMBOLS; None selects the mixing decoder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_encoder(weight, steepness), folder / "encoder.onnx")
    onnx.save(_mixing() if recites is None else _reciting(recites), folder / "decoder.onnx")
    text = "".join(f"{symbol} {number}\n" for number, symbol in enumerate(SYMBOLS))
    (folder / "tokens.txt").write_text(text, encoding="utf-8")
    return folder


def as_funasr(folder: Path, *, has_fixed_sizes: bool = True) -> Path:
    """Rewrite a folder's files as FunASR exports them: no metadata, ``am.mvn``, ``tokens.json``, its own names."""
    encoder, decoder = onnx.load(folder / "encoder.onnx"), onnx.load(folder / "decoder.onnx")
    del encoder.metadata_props[:]
    if not has_fixed_sizes:
        for tensor in (*decoder.graph.input[4:], *decoder.graph.output[2:]):
            tensor.type.tensor_type.shape.dim[2].ClearField("dim_value")
    onnx.save(encoder, folder / "model_quant.onnx")
    onnx.save(decoder, folder / "decoder_quant.onnx")
    layers = "".join(
        f"<{name}> {SIZE} {SIZE}\n<LearnRateCoef> 0 [ {' '.join([number] * SIZE)} ]\n"
        for name, number in (("AddShift", "-10"), ("Rescale", "0.25"))
    )
    text = f"<Nnet>\n<Splice> {SIZE} {SIZE}\n[ 0 ]\n{layers}</Nnet>\n"
    (folder / "am.mvn").write_text(text, encoding="ascii")
    (folder / "tokens.json").write_text(json.dumps(SYMBOLS, ensure_ascii=False, indent=1), encoding="utf-8")
    for name in ("encoder.onnx", "decoder.onnx", "tokens.txt"):
        (folder / name).unlink()
    return folder


def edit(folder: Path, network: str, change: Callable[[onnx.ModelProto], Any]) -> None:
    """Change a network of a folder."""
    model = onnx.load(folder / f"{network}.onnx")
    change(model)
    onnx.save(model, folder / f"{network}.onnx")


def _encoder(weight: float, steepness: float) -> onnx.ModelProto:
    random = np.random.default_rng(1)
    loudness_of = np.zeros((SIZE, 1), np.float32)
    loudness_of[3 * BINS : 4 * BINS] = 1 / BINS
    model = _model(
        _ENCODER,
        loudness_of=loudness_of,
        threshold=np.float32(2),  # of normalised log-mel: above 0, the value before the first sound
        steepness=np.float32(steepness),
        weight=np.float32(weight),
        last=np.array([2]),
        project=random.normal(0, 0.03, (SIZE, WIDTH)).astype(np.float32),
        project_all=random.normal(0, 0.005, (SIZE, WIDTH)).astype(np.float32),
    )
    metadata = {
        "vocab_size": len(SYMBOLS),
        "lfr_window_size": STACK,
        "lfr_window_shift": 6,
        "encoder_output_size": WIDTH,
        "decoder_num_blocks": BLOCKS,
        "decoder_kernel_size": KERNEL,
        "neg_mean": ",".join(["-10"] * SIZE),
        "inv_stddev": ",".join(["0.25"] * SIZE),
    }
    onnx.helper.set_model_props(model, {name: str(value) for name, value in metadata.items()})
    return model


def _mixing() -> onnx.ModelProto:
    random = np.random.default_rng(2)
    return _model(
        _DECODER_HEAD + _MIXING,
        minus_ten=np.array([1 - KERNEL]),
        end=np.array([10**6]),
        last=np.array([2]),
        filter_0=random.normal(0, 0.3, (WIDTH, 1, KERNEL)).astype(np.float32),
        filter_1=random.normal(0, 0.3, (WIDTH, 1, KERNEL)).astype(np.float32),
        project_context=random.normal(0, 0.1, (WIDTH, WIDTH)).astype(np.float32),
        codes=random.normal(0, 1, (WIDTH, len(SYMBOLS))).astype(np.float32),
    )


def _reciting(text: Sequence[str]) -> onnx.ModelProto:
    return _model(
        _DECODER_HEAD + _RECITING,
        text=np.array([SYMBOLS.index(symbol) for symbol in text]),
        length=np.array(len(text)),
        at_0=np.array([0]),
        depth=np.array([len(SYMBOLS)]),
        off_on=np.array([0, 10], np.float32),
    )


def _model(graph: str, /, **constants: np.ndarray | np.generic) -> onnx.ModelProto:
    model = parser.parse_model(graph)
    model.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()
    )
    onnx.checker.check_model(model)
    return model
