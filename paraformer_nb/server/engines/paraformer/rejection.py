"""Reject a file of a model folder, with what is needed instead."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from ....errors import ModelFilesError, ParameterError
from ....models.faults import is_folder, unreadable
from ....models.folders import advice_on_name

NEEDED = (
    "A streaming Paraformer is needed: a folder with encoder.onnx, decoder.onnx and tokens.txt, such as "
    "sherpa-onnx-streaming-paraformer-bilingual-zh-en, or FunASR's online export. Fetch or repair one with: "
    "paraformer-nb models fetch paraformer-zh-en"
)

NEEDED_FOR = {
    "model_dir": f"{NEEDED}.",
    "punctuation_dir": "A folder with model.onnx or model.int8.onnx is needed, a CT-Transformer exported for "
    "sherpa-onnx. Fetch one with: paraformer-nb models fetch punctuation-zh-en.",
}


def reject(path: Path, reason: str) -> NoReturn:
    """Raise ParameterError: the file or folder, the reason, and what is needed."""
    raise ParameterError(f"{str(path)!r} {reason}. {NEEDED}")


def reject_unreadable(path: Path, error: OSError) -> NoReturn:
    """Raise ModelFilesError: the file, and how to make it readable."""
    fault = unreadable(path, error)
    raise ModelFilesError(f"{fault.clause}. {fault.remedy}.") from error


def check_is_folder(option: str, path: Path) -> None:
    """Raise ParameterError if an option's value is not a folder, ModelFilesError if its files cannot be reached."""
    if not is_folder(path):
        raise ParameterError(
            f"{option}={str(path)!r} is not a folder. {advice_on_name(str(path)) or NEEDED_FOR[option]}"
        )
