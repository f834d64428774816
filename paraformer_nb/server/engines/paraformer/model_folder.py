"""Check a folder with a streaming Paraformer before its networks are loaded.

The layout is sherpa-onnx's: ``encoder.onnx`` and ``decoder.onnx`` (or ``encoder.int8.onnx`` and ``decoder.int8.onnx``;
the plain file is preferred) and ``tokens.txt``, with a token and its number on each line. The encoder's metadata
contain the sizes and the normalisation of the features. Inputs and outputs are identified by their order; their names
are free.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple, NoReturn

from ....errors import ParameterError
from .onnx_header import FLOAT, INT32, INT64, OnnxHeader, OnnxTensor, read_onnx_header

MEL_BINS = 80
LFR_WINDOW = 7
"""Mel frames stacked to one low-frame-rate (LFR) frame, the encoder's input."""
LFR_SHIFT = 6
"""Mel frames from one LFR frame to the next."""

_NEEDED = (
    "A streaming Paraformer in sherpa-onnx's layout is needed: a folder with encoder.onnx, decoder.onnx and "
    "tokens.txt, such as sherpa-onnx-streaming-paraformer-bilingual-zh-en."
)
_SIZES = (
    "vocab_size",
    "lfr_window_size",
    "lfr_window_shift",
    "encoder_output_size",
    "decoder_num_blocks",
    "decoder_kernel_size",
)
_VECTORS = ("neg_mean", "inv_stddev")
_MAX_SIZE = 2**20  # of any size in the metadata; larger ones are damage, and would be allocated
_TYPES = {FLOAT: "float32", INT32: "int32", INT64: "int64"}

_Expected = tuple[int, tuple[int | None, ...]]  # element type and shape; None for any size


class ModelFolder(NamedTuple):
    """A folder that passed the check.

    Attributes:
        encoder, decoder: the networks' files.
        symbols: the tokens' texts, by number.
        width: of the encoder's outputs and of the acoustic embeddings.
        blocks: of the decoder, each with a cache of (1, width, memory).
        memory: steps in a cache.
        negative_mean, inverse_deviation: of the features, LFR_WINDOW * MEL_BINS each.
    """

    encoder: Path
    decoder: Path
    symbols: list[str]
    width: int
    blocks: int
    memory: int
    negative_mean: tuple[float, ...]
    inverse_deviation: tuple[float, ...]


def check_model_folder(folder: Path) -> ModelFolder:
    """Check the folder without loading the networks, in milliseconds for files of any size.

    Raises ParameterError, which names the file, the fault in it and the files that are needed.
    """
    if not folder.is_dir():
        raise ParameterError(f"model_dir={str(folder)!r} is not a folder. {_NEEDED}")
    encoder, decoder = _find(folder, "encoder"), _find(folder, "decoder")
    tokens = folder / "tokens.txt"
    if not tokens.is_file():
        _reject(tokens, "is missing")
    header = _header(encoder)
    sizes, vectors = _metadata(encoder, header)
    checked = ModelFolder(
        encoder,
        decoder,
        _symbols(tokens, sizes["vocab_size"]),
        sizes["encoder_output_size"],
        sizes["decoder_num_blocks"],
        sizes["decoder_kernel_size"] - 1,
        vectors["neg_mean"],
        vectors["inv_stddev"],
    )
    _check_networks(checked, header, _header(decoder))
    return checked


def _reject(path: Path, reason: str) -> NoReturn:
    raise ParameterError(f"{str(path)!r} {reason}. {_NEEDED}")


def _find(folder: Path, name: str) -> Path:
    for file in (folder / f"{name}.onnx", folder / f"{name}.int8.onnx"):
        if file.is_file():
            return file
    if any((folder / other).exists() for other in ("model.onnx", "model.int8.onnx", "model_quant.onnx")):
        _reject(
            folder,
            f"contains model.onnx instead of {name}.onnx: it is an offline Paraformer, which cannot stream, or "
            "FunASR's own export, which lacks the metadata",
        )
    _reject(folder / f"{name}.onnx", f"is missing, and {name}.int8.onnx too")


def _header(path: Path) -> OnnxHeader:
    try:
        return read_onnx_header(path)
    except ValueError as error:  # UnicodeError is one too
        reason = "it is not an ONNX file" if isinstance(error, UnicodeError) else str(error)
        size = path.stat().st_size
        _reject(path, f"cannot be used: {reason} ({size:,} bytes). Was it downloaded completely?")
    except OSError as error:
        _reject(path, f"cannot be read: {error.strerror}")


def _metadata(path: Path, header: OnnxHeader) -> tuple[dict[str, int], dict[str, tuple[float, ...]]]:
    missing = [name for name in (*_SIZES, *_VECTORS) if name not in header.metadata]
    if missing:
        outputs = len(header.outputs)
        kind = "not a streaming Paraformer's encoder" if outputs != 3 else "an encoder without sherpa-onnx's metadata"
        _reject(path, f"is {kind} ({outputs} outputs): its metadata lack {', '.join(missing)}")
    sizes = {name: _size(path, name, header.metadata[name]) for name in _SIZES}
    lfr = (sizes["lfr_window_size"], sizes["lfr_window_shift"])
    if lfr != (LFR_WINDOW, LFR_SHIFT):
        _reject(
            path,
            f"has lfr_window_size, lfr_window_shift={lfr} where only {(LFR_WINDOW, LFR_SHIFT)} is supported",
        )
    if sizes["decoder_kernel_size"] < 2:
        _reject(path, "has decoder_kernel_size=1 in its metadata: a streaming decoder needs a memory")
    return sizes, {name: _vector(path, name, header.metadata[name]) for name in _VECTORS}


def _size(path: Path, name: str, text: str) -> int:
    if not _is_number(text.strip()) or not 0 < int(text) <= _MAX_SIZE:
        _reject(path, f"has {name}={text[:40]!r} in its metadata, which is not a size")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _vector(path: Path, name: str, text: str) -> tuple[float, ...]:
    try:
        values = tuple(map(float, text.split(",")))
    except ValueError:
        values = (math.nan,)
    if not all(map(math.isfinite, values)):
        _reject(path, f"has something other than numbers and commas as {name} in its metadata: {text[:40]!r}")
    if len(values) != LFR_WINDOW * MEL_BINS:
        _reject(path, f"has {len(values)} numbers as {name} in its metadata, where {LFR_WINDOW * MEL_BINS} are needed")
    return values


def _symbols(path: Path, count: int) -> list[str]:
    """The tokens by number. Each line is a token, a space and its number. A token may be any character, so lines end
    at line feeds only and are split at their last space."""
    try:
        lines = path.read_bytes().decode().split("\n")
    except UnicodeError:
        _reject(path, "is not UTF-8 text")
    except OSError as error:
        _reject(path, f"cannot be read: {error.strerror}")
    symbols: dict[int, str] = {}
    for line_number, line in enumerate(lines, 1):
        if not line.strip("\r"):
            continue
        symbol, _, number = line.rstrip("\r").rpartition(" ")
        if not symbol or not _is_number(number):
            _reject(path, f"is not a list of tokens: line {line_number} is {line[:40]!r}, not a token and its number")
        if int(number) in symbols:
            _reject(path, f"has the number {number} twice, the second time in line {line_number}")
        symbols[int(number)] = symbol
    if len(symbols) != count or set(symbols) != set(range(count)):
        _reject(
            path,
            f"has {len(symbols)} tokens, but the encoder has {count}, from 0 to {count - 1}: "
            "it belongs to another model",
        )
    return [symbols[number] for number in range(count)]


def _check_networks(folder: ModelFolder, encoder: OnnxHeader, decoder: OnnxHeader) -> None:
    features: _Expected = (FLOAT, (1, None, LFR_WINDOW * MEL_BINS))
    encoded: _Expected = (FLOAT, (1, None, folder.width))
    length: _Expected = (INT32, (1,))
    cache: _Expected = (FLOAT, (1, folder.width, folder.memory))
    grown: _Expected = (FLOAT, (1, folder.width, None))  # some networks return the new steps after the old ones
    logits: _Expected = (FLOAT, (1, None, len(folder.symbols)))
    _check(folder.encoder, "inputs", encoder.inputs, [features, length])
    _check(folder.encoder, "outputs", encoder.outputs, [encoded, length, (FLOAT, (1, None))])
    _check(folder.decoder, "inputs", decoder.inputs, [encoded, length, encoded, length] + [cache] * folder.blocks)
    _check(folder.decoder, "outputs", decoder.outputs, [logits, (INT64, (1, None))] + [grown] * folder.blocks)


def _check(path: Path, which: str, found: list[OnnxTensor], expected: list[_Expected]) -> None:
    if len(found) != len(expected):
        _reject(
            path,
            f"has {len(found)} {which}, where {len(expected)} are needed: it is not of a streaming Paraformer",
        )
    for number, (tensor, (kind, shape)) in enumerate(zip(found, expected, strict=True), 1):
        if tensor.type != kind:
            found_type = _TYPES.get(tensor.type, f"type {tensor.type}")
            _reject(path, f"has {found_type} for number {number} of its {which} ({tensor.name!r}), not {_TYPES[kind]}")
        if tensor.shape is not None and not _fits(tensor.shape, shape):
            sizes = "×".join("?" if size is None else str(size) for size in tensor.shape) or "a scalar"
            needed = "×".join("?" if size is None else str(size) for size in shape)
            _reject(path, f"has {sizes} for number {number} of its {which} ({tensor.name!r}), where {needed} is needed")


def _fits(found: tuple[int | None, ...], expected: tuple[int | None, ...]) -> bool:
    pairs = zip(found, expected, strict=False)
    return len(found) == len(expected) and all(None in pair or pair[0] == pair[1] for pair in pairs)
