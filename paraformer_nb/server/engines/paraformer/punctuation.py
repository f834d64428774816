"""Punctuate a complete sentence with the CT-Transformer that FunASR publishes, as exported for sherpa-onnx.

The network gets the numbers of a sentence's words and returns a score of each mark after each word. Its metadata hold
the words and the marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import ParameterError
from .model import ModelError, load_network, run_network
from .rejection import NEEDED_FOR, check_is_folder

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

_NAMES = ("model.onnx", "model.int8.onnx")
_WINDOW = 200  # words at once: the network was trained on no more
_ENDS = {"。", "？"}
_ASCII = {"，": ",", "、": ",", "。": ".", "？": "?"}
"""The marks after a word that is not Chinese."""
_NONE = {"_", "<unk>"}


def check_punctuation_folder(folder: Path) -> None:
    """Raise ParameterError if a folder has no network that may punctuate; it is not loaded."""
    check_is_folder("punctuation_dir", folder)
    if not any((folder / name).is_file() for name in _NAMES):
        names = " nor ".join(_NAMES)
        raise ParameterError(f"punctuation_dir={str(folder)!r} has neither {names}. {NEEDED_FOR['punctuation_dir']}")


class Punctuator:
    """Chooses the mark after each word. It may be used from several threads at once.

    Raises ModelError if the folder has no such network, or ONNX Runtime rejects it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = next((folder / name for name in _NAMES if (folder / name).is_file()), folder / _NAMES[0])
        self._session = load_network(self._path)
        metadata = self._session.get_modelmeta().custom_metadata_map
        if missing := [name for name in ("tokens", "punctuations", "unk_symbol") if name not in metadata]:
            raise ModelError(
                f"{str(self._path)!r} is not a CT-Transformer for punctuation: its metadata lack {', '.join(missing)}. "
                "Fetch one with: paraformer-nb models fetch punctuation-zh-en"
            )
        self._numbers = {token: number for number, token in enumerate(metadata["tokens"].split("|"))}
        self._unknown = self._numbers.get(metadata["unk_symbol"], 0)
        self._marks = metadata["punctuations"].split("|")

    def marks(self, words: Sequence[str], *, is_end: bool = True) -> list[str]:
        """The mark after each word, ``""`` for none. `is_end`: the last one ends a sentence. Raises ModelError."""
        marks = [mark for start in range(0, len(words), _WINDOW) for mark in self._predict(words[start:][:_WINDOW])]
        if marks and is_end and marks[-1] not in _ENDS:
            marks[-1] = "。"
        return [_ASCII.get(mark, mark) if word.isascii() else mark for word, mark in zip(words, marks, strict=True)]

    def _predict(self, words: Sequence[str]) -> list[str]:
        import numpy as np

        numbers = np.array([[self._numbers.get(word.lower(), self._unknown) for word in words]], np.int32)
        (scores,) = run_network(self._path, self._session, [numbers, np.array([len(words)], np.int32)])[:1]
        if scores.shape != (1, len(words), len(self._marks)):
            raise ModelError(f"{str(self._path)!r} returns scores of {scores.shape}. Use another model")
        chosen = [self._marks[int(number)] for number in scores[0].argmax(axis=-1)]
        return ["" if mark in _NONE else mark for mark in chosen]
