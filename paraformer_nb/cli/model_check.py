"""Check fetched models: their bytes, whether they run here, and whether they give the published text."""

from __future__ import annotations

import difflib
import io
import wave
from collections.abc import Sequence
from pathlib import Path

from ..errors import ModelFilesError, ParameterError
from ..models.folders import fetch_command, find_folder
from ..models.location import own_folder
from ..models.table import Model
from ..models.verification import first_fault
from ..run.start import transcribe
from ..services.embedded import Embedded
from .streams import message, write_line

PUBLISHED = "昨天是 monday today day is 零八二 the day after tomorrow 是星期三"
"""The text of ``test_wavs/0.wav`` that sherpa-onnx's documentation prints for the int8 and the float32 files."""
_PAGE = "https://huggingface.co/csukuangfj/sherpa-onnx-streaming-paraformer-bilingual-zh-en/tree/main/test_wavs"
_PUBLISHED_FOR = ("paraformer-zh-en", "paraformer-zh")
_WRONG_TOKENS = 6
"""Tokens of `PUBLISHED` that may differ for other files than those it was published for: one model, two programs."""


def check(chosen: Sequence[Model], clip: Path | None) -> None:
    """Check models, and print what was found. Raises ModelFilesError if one is faulty."""
    if not chosen:
        message("no model was fetched, so there is nothing to check. Fetch one with: paraformer-nb models fetch NAME")
    if clip is not None and not clip.is_file():
        raise ParameterError(f"--clip {str(clip)!r}: there is no such file.")
    for model in chosen:
        folder = find_folder(model) or own_folder(model)
        if not folder.is_dir():
            raise ModelFilesError(f"{model.name} was not fetched. Fetch it with: {fetch_command(model)}.")
        if fault := first_fault(model, folder):
            raise ModelFilesError(f"{model.name}: {fault}. Repair it with: {fetch_command(model)}.")
        write_line(f"{model.name}: the sizes and SHA-256 of all {len(model.files)} files are right, in {folder}")
        if model.kind == "paraformer":
            _check_text(model, folder, clip or folder / "test_wavs" / "0.wav")


def _check_text(model: Model, folder: Path, clip: Path) -> None:
    """Recognise the test clip, and compare its text with the published one."""
    service = Embedded("paraformer", model_dir=folder)
    try:
        if not clip.is_file():
            transcribe(_silence(), service=service).wait()  # that the networks run here
            write_line("  its networks run on this machine")
            advice = f"download 0.wav from {_PAGE} and give it: --clip 0.wav"
            message(f"its text was not checked: {advice if model.name in _PUBLISHED_FOR else 'none was published'}")
            return
        text = transcribe(clip, service=service).wait().text
    finally:
        service.close()
    wrong = count_differences(text)
    write_line(f"  published:  {PUBLISHED}")
    write_line(f"  recognised: {text}")
    is_exact = model.name == "paraformer-zh-en"  # the published text is of these files
    if wrong > (0 if is_exact else _WRONG_TOKENS):
        raise ModelFilesError(
            f"{model.name}: {wrong} characters or words differ from the published text, though its bytes are right. "
            "Please report both lines, with the versions of onnxruntime and kaldi-native-fbank."
        )
    write_line(f"  the text is the published one{f', but for {wrong} characters or words' if wrong else ''}")


def _silence() -> bytes:
    """A WAV file with two seconds of it."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(64_000))
    return data.getvalue()


def count_differences(text: str) -> int:
    """How many characters (Chinese) or words (English) of `PUBLISHED` are missing or wrong in a text, or added."""
    expected, found = _units(PUBLISHED), _units(text)
    changes = difflib.SequenceMatcher(None, expected, found, autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for kind, i1, i2, j1, j2 in changes if kind != "equal")


def _units(text: str) -> list[str]:
    """Chinese characters and English words, without case and marks."""
    spaced = "".join(char if char.isascii() else f" {char} " for char in text.lower())
    words = ("".join(char for char in word if char.isalnum()) for word in spaced.split())
    return [word for word in words if word]
