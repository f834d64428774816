"""A folder with a streaming Paraformer, checked before anything of it is loaded.

The form is the one that is made for sherpa-onnx: ``encoder.onnx`` and ``decoder.onnx`` (or ``encoder.int8.onnx`` and
``decoder.int8.onnx``; of each the plain one is taken where both are there) and ``tokens.txt``, a token and its number a
line. The encoder's metadata hold the sizes and the features' means. Inputs and outputs are known by their order; their
names are free.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple, NoReturn

from ....errors import ParameterError
from .header import FLOAT, INT32, INT64, Header, Tensor, read_header

STACK, SHIFT, BINS = 7, 6, 80
"""An input of the encoder is STACK frames of BINS mel bands each; the next one begins SHIFT frames later."""

_NEEDED = (
    "A streaming Paraformer in sherpa-onnx's form is needed: a folder with encoder.onnx, decoder.onnx and tokens.txt, "
    "such as sherpa-onnx-streaming-paraformer-bilingual-zh-en."
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
_LARGEST = 2**20  # of any size in the metadata; what is larger is nonsense, and would be allocated
_TYPES = {FLOAT: "float32", INT32: "int32", INT64: "int64"}

_Expected = tuple[int, tuple[int | None, ...]]  # element type and shape; None is any size


class Export(NamedTuple):
    """A folder that was found fit.

    Attributes:
        encoder, decoder: the networks' files.
        symbols: the tokens' texts, by their numbers.
        width: of the encoder's outputs, and of what goes into the decoder.
        blocks: of the decoder, each with a cache of (1, width, memory).
        memory: how many steps a cache holds.
        negative_mean, inverse_deviation: of the features, STACK * BINS each.
    """

    encoder: Path
    decoder: Path
    symbols: list[str]
    width: int
    blocks: int
    memory: int
    negative_mean: tuple[float, ...]
    inverse_deviation: tuple[float, ...]


def check_export(folder: Path) -> Export:
    """Look at everything that can be seen without loading the networks; milliseconds for a file of any size.

    Raises ParameterError naming the file, what is wrong with it, and what would do.
    """
    if not folder.is_dir():
        raise ParameterError(f"model_dir={str(folder)!r} is no folder. {_NEEDED}")
    encoder, decoder = _find(folder, "encoder"), _find(folder, "decoder")
    tokens = folder / "tokens.txt"
    if not tokens.is_file():
        _refuse(tokens, "is missing")
    header = _header(encoder)
    sizes, vectors = _metadata(encoder, header)
    export = Export(
        encoder,
        decoder,
        _symbols(tokens, sizes["vocab_size"]),
        sizes["encoder_output_size"],
        sizes["decoder_num_blocks"],
        sizes["decoder_kernel_size"] - 1,
        vectors["neg_mean"],
        vectors["inv_stddev"],
    )
    _check_networks(export, header, _header(decoder))
    return export


def _refuse(path: Path, what: str) -> NoReturn:
    raise ParameterError(f"{str(path)!r} {what}. {_NEEDED}")


def _find(folder: Path, name: str) -> Path:
    for file in (folder / f"{name}.onnx", folder / f"{name}.int8.onnx"):
        if file.is_file():
            return file
    if any((folder / other).exists() for other in ("model.onnx", "model.int8.onnx", "model_quant.onnx")):
        _refuse(
            folder,
            f"has a model.onnx and no {name}.onnx: it is an offline Paraformer, which cannot stream, or FunASR's own "
            "export, which lacks the metadata",
        )
    _refuse(folder / f"{name}.onnx", f"is missing, and {name}.int8.onnx too")


def _header(path: Path) -> Header:
    try:
        return read_header(path)
    except ValueError as error:  # bytes that are no UTF-8 are one, too
        told = "it is no ONNX file" if isinstance(error, UnicodeError) else str(error)
        size = path.stat().st_size
        _refuse(path, f"cannot be used: {told} ({size:,} bytes). Was it downloaded whole?")
    except OSError as error:
        _refuse(path, f"cannot be read: {error.strerror}")


def _metadata(path: Path, header: Header) -> tuple[dict[str, int], dict[str, tuple[float, ...]]]:
    missing = [name for name in (*_SIZES, *_VECTORS) if name not in header.metadata]
    if missing:
        outputs = len(header.outputs)
        kind = "no streaming Paraformer's encoder" if outputs != 3 else "an encoder without sherpa-onnx's metadata"
        _refuse(path, f"is {kind} ({outputs} outputs): its metadata lack {', '.join(missing)}")
    sizes = {name: _size(path, name, header.metadata[name]) for name in _SIZES}
    stacked = (sizes["lfr_window_size"], sizes["lfr_window_shift"])
    if stacked != (STACK, SHIFT):
        _refuse(path, f"says lfr_window_size, lfr_window_shift={stacked}, where only {(STACK, SHIFT)} is known")
    if sizes["decoder_kernel_size"] < 2:
        _refuse(path, "says decoder_kernel_size=1, and a streaming decoder has a memory")
    return sizes, {name: _vector(path, name, header.metadata[name]) for name in _VECTORS}


def _size(path: Path, name: str, text: str) -> int:
    if not _is_number(text.strip()) or not 0 < int(text) <= _LARGEST:
        _refuse(path, f"says {name}={text[:40]!r} in its metadata, which is no size")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _vector(path: Path, name: str, text: str) -> tuple[float, ...]:
    try:
        values = tuple(map(float, text.split(",")))
    except ValueError:
        values = (math.nan,)
    if not all(map(math.isfinite, values)):
        _refuse(path, f"has something else than numbers and commas as {name} in its metadata: {text[:40]!r}")
    if len(values) != STACK * BINS:
        _refuse(path, f"has {len(values)} numbers as {name} in its metadata, where {STACK * BINS} are needed")
    return values


def _symbols(path: Path, count: int) -> list[str]:
    """The tokens by their numbers. Each line is a token, a blank and its number; a token may be any character at all,
    so lines end at line feeds only and are cut at their last blank."""
    try:
        lines = path.read_bytes().decode().split("\n")
    except UnicodeError:
        _refuse(path, "is no text in UTF-8")
    except OSError as error:
        _refuse(path, f"cannot be read: {error.strerror}")
    symbols: dict[int, str] = {}
    for at, line in enumerate(lines, 1):
        if not line.strip("\r"):
            continue
        symbol, _, number = line.rstrip("\r").rpartition(" ")
        if not symbol or not _is_number(number):
            _refuse(path, f"is no list of tokens: line {at} is {line[:40]!r}, and should be a token, a blank, a number")
        if int(number) in symbols:
            _refuse(path, f"has the number {number} twice, in line {at} for the second time")
        symbols[int(number)] = symbol
    if len(symbols) != count or set(symbols) != set(range(count)):
        _refuse(
            path,
            f"has {len(symbols)} tokens, and the encoder says that there are {count}, from 0 to {count - 1}: "
            "it belongs to another model",
        )
    return [symbols[number] for number in range(count)]


def _check_networks(export: Export, encoder: Header, decoder: Header) -> None:
    sound: _Expected = (FLOAT, (1, None, STACK * BINS))
    encoded: _Expected = (FLOAT, (1, None, export.width))
    length: _Expected = (INT32, (1,))
    cache: _Expected = (FLOAT, (1, export.width, export.memory))
    grown: _Expected = (FLOAT, (1, export.width, None))  # some exports give the new steps behind the old ones
    logits: _Expected = (FLOAT, (1, None, len(export.symbols)))
    _check(export.encoder, "inputs", encoder.inputs, [sound, length])
    _check(export.encoder, "outputs", encoder.outputs, [encoded, length, (FLOAT, (1, None))])
    _check(export.decoder, "inputs", decoder.inputs, [encoded, length, encoded, length] + [cache] * export.blocks)
    _check(export.decoder, "outputs", decoder.outputs, [logits, (INT64, (1, None))] + [grown] * export.blocks)


def _check(path: Path, which: str, found: list[Tensor], expected: list[_Expected]) -> None:
    if len(found) != len(expected):
        _refuse(path, f"has {len(found)} {which}, where {len(expected)} are needed: it is no streaming Paraformer's")
    for at, (tensor, (kind, shape)) in enumerate(zip(found, expected, strict=True), 1):
        if tensor.type != kind:
            is_type = _TYPES.get(tensor.type, f"type {tensor.type}")
            _refuse(path, f"has {is_type} for number {at} of its {which} ({tensor.name!r}), not {_TYPES[kind]}")
        if tensor.shape is not None and not _fits(tensor.shape, shape):
            sizes = "×".join("?" if size is None else str(size) for size in tensor.shape) or "nothing"
            needed = "×".join("?" if size is None else str(size) for size in shape)
            _refuse(path, f"has {sizes} for number {at} of its {which} ({tensor.name!r}), where {needed} is needed")


def _fits(found: tuple[int | None, ...], expected: tuple[int | None, ...]) -> bool:
    pairs = zip(found, expected, strict=False)
    return len(found) == len(expected) and all(None in pair or pair[0] == pair[1] for pair in pairs)
