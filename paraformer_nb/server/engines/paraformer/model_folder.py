"""Check a folder with a streaming Paraformer before its networks are loaded.

Two layouts are read as they are:

- sherpa-onnx's: ``encoder.onnx`` and ``decoder.onnx`` (or ``encoder.int8.onnx`` and ``decoder.int8.onnx``) and
  ``tokens.txt``. The encoder's metadata contain the sizes and the normalisation of the features.
- FunASR's own online export: ``model.onnx`` and ``decoder.onnx`` (or ``model_quant.onnx`` and ``decoder_quant.onnx``),
  ``am.mvn`` with the normalisation and ``tokens.json``. The sizes are those of the decoder's inputs.

The plain file is preferred. Inputs and outputs are identified by their order; their names are free.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .normalisation import Normalisation, parse_numbers, read_am_mvn
from .onnx_header import FLOAT, INT32, INT64, OnnxHeader, OnnxTensor, read_onnx_header
from .rejection import check_is_folder, reject, reject_unreadable
from .symbols import find_symbols, is_number, read_symbols

MEL_BINS = 80
LFR_WINDOW = 7
"""Mel frames stacked to one low-frame-rate (LFR) frame, the encoder's input."""
LFR_SHIFT = 6
"""Mel frames from one LFR frame to the next."""

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

    Raises ParameterError, which names the file, the fault in it and the files that are needed; ModelFilesError for a
    file that cannot be read.
    """
    check_is_folder("model_dir", folder)
    encoder = _find(folder, "encoder", ("encoder.onnx", "encoder.int8.onnx", "model.onnx", "model_quant.onnx"))
    decoder = _find(folder, "decoder", ("decoder.onnx", "decoder.int8.onnx", "decoder_quant.onnx"))
    tokens = find_symbols(folder)
    if not tokens.is_file():
        reject(folder / "tokens.txt", "is missing, and tokens.json too")
    headers = _header(encoder), _header(decoder)
    is_funasr = not headers[0].metadata and (folder / "am.mvn").is_file()
    sizes = _sizes_of(*headers) if is_funasr else _sizes_in_metadata(encoder, headers[0])
    features = LFR_WINDOW * MEL_BINS
    vectors = read_am_mvn(folder / "am.mvn", features) if is_funasr else _vectors(encoder, headers[0], features)
    checked = ModelFolder(
        encoder,
        decoder,
        read_symbols(tokens, sizes.get("vocab_size")),
        sizes["encoder_output_size"],
        sizes["decoder_num_blocks"],
        sizes["decoder_kernel_size"] - 1,
        *vectors,
    )
    _check_networks(checked, *headers)
    return checked


def _find(folder: Path, role: str, names: tuple[str, ...]) -> Path:
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        if any((folder / other).exists() for other in ("model.onnx", "model.int8.onnx", "model_quant.onnx")):
            reason = f"contains model.onnx but no {role}.onnx: it is an offline Paraformer, which cannot stream"
            reject(folder, reason)
        reject(folder / f"{role}.onnx", f"is missing, and {role}.int8.onnx too")
    return found


def _header(path: Path) -> OnnxHeader:
    try:
        return read_onnx_header(path)
    except ValueError as error:  # UnicodeError is one too
        reason = "it is not an ONNX file" if isinstance(error, UnicodeError) else str(error)
        size = path.stat().st_size
        reject(path, f"cannot be used: {reason} ({size:,} bytes). It may not have been downloaded completely")
    except OSError as error:
        reject_unreadable(path, error)


def _sizes_of(encoder: OnnxHeader, decoder: OnnxHeader) -> dict[str, int]:
    """The sizes of FunASR's export, from the shapes of its inputs; where these are variable, those of the published
    models."""
    caches = decoder.inputs[4:]
    cache = (caches[0].shape if caches else None) or ()
    encoded = (encoder.outputs[0].shape if encoder.outputs else None) or ()
    return {
        "encoder_output_size": (encoded[2] if len(encoded) == 3 else None) or 512,
        "decoder_num_blocks": len(caches),
        "decoder_kernel_size": ((cache[2] if len(cache) == 3 else None) or 10) + 1,
    }


def _sizes_in_metadata(path: Path, header: OnnxHeader) -> dict[str, int]:
    missing = [name for name in (*_SIZES, *_VECTORS) if name not in header.metadata]
    if missing:
        outputs = len(header.outputs)
        kind = "not a streaming Paraformer's encoder"
        if outputs == 3:
            kind = "an encoder without sherpa-onnx's metadata, and without FunASR's am.mvn beside it"
        reject(path, f"is {kind} ({outputs} outputs): its metadata lack {', '.join(missing)}")
    sizes = {name: _size(path, name, header.metadata[name]) for name in _SIZES}
    lfr = (sizes["lfr_window_size"], sizes["lfr_window_shift"])
    if lfr != (LFR_WINDOW, LFR_SHIFT):
        reject(
            path,
            f"has lfr_window_size, lfr_window_shift={lfr} where only {(LFR_WINDOW, LFR_SHIFT)} is supported",
        )
    if sizes["decoder_kernel_size"] < 2:
        reject(path, "has decoder_kernel_size=1 in its metadata: a streaming decoder needs a memory")
    return sizes


def _vectors(path: Path, header: OnnxHeader, count: int) -> Normalisation:
    mean, deviation = (
        parse_numbers(path, f"{name} in its metadata", header.metadata[name], count) for name in _VECTORS
    )
    return mean, deviation


def _size(path: Path, name: str, text: str) -> int:
    if not is_number(text.strip()) or not 0 < int(text) <= _MAX_SIZE:
        reject(path, f"has {name}={text[:40]!r} in its metadata, which is not a size")
    return int(text)


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
        reject(
            path,
            f"has {len(found)} {which}, where {len(expected)} are needed: it is not of a streaming Paraformer",
        )
    for number, (tensor, (kind, shape)) in enumerate(zip(found, expected, strict=True), 1):
        if tensor.type != kind:
            found_type = _TYPES.get(tensor.type, f"type {tensor.type}")
            reject(path, f"has {found_type} for number {number} of its {which} ({tensor.name!r}), not {_TYPES[kind]}")
        if tensor.shape is not None and not _fits(tensor.shape, shape):
            sizes = "×".join("?" if size is None else str(size) for size in tensor.shape) or "a scalar"
            needed = "×".join("?" if size is None else str(size) for size in shape)
            reject(path, f"has {sizes} for number {number} of its {which} ({tensor.name!r}), where {needed} is needed")


def _fits(found: tuple[int | None, ...], expected: tuple[int | None, ...]) -> bool:
    pairs = zip(found, expected, strict=False)
    return len(found) == len(expected) and all(None in pair or pair[0] == pair[1] for pair in pairs)
