"""Check fetched models: their bytes, whether they run here, and whether they give the published text."""

from __future__ import annotations

import difflib
import io
import wave
from collections.abc import Sequence
from pathlib import Path

from ..errors import ModelFilesError, ParameterError
from ..models.faults import fetch_command
from ..models.folders import find_folder, own_fault, unused_copies
from ..models.location import own_folder
from ..models.table import Model
from ..models.verification import faults_of
from ..run.start import transcribe
from ..services.embedded import Embedded
from .streams import message, write_line

PUBLISHED = "昨天是 monday today day is 零八二 the day after tomorrow 是星期三"
"""The text of ``test_wavs/0.wav`` that sherpa-onnx's documentation prints for the int8 and the float32 files."""
_PAGE = "https://huggingface.co/csukuangfj/sherpa-onnx-streaming-paraformer-bilingual-zh-en/tree/main/test_wavs"
_CLIP = "0.wav"
_PUBLISHED_FOR = ("paraformer-zh-en", "paraformer-zh")
_WRONG_TOKENS = 6
"""Tokens of `PUBLISHED` that may differ for other files than those it was published for: one model, two programs."""


def check_clip(clip: Path, chosen: Sequence[Model]) -> None:
    """Raise ParameterError if a clip is not the published one, or a model has no text of it."""
    if not clip.is_file():
        raise ParameterError(f"--clip {str(clip)!r}: there is no such file.")
    if clip.name != _CLIP:
        raise ParameterError(
            f"--clip {str(clip)!r} is not the published clip, {_CLIP}, and only the text of that one is known. "
            f"Download it from {_PAGE}. To recognise another clip: paraformer-nb transcribe {clip.name} --engine "
            "paraformer"
        )
    for model in chosen:
        if model.kind == "paraformer" and model.name not in _PUBLISHED_FOR:
            raise ParameterError(
                f"--clip: no text was published for {model.name}, so there is nothing to compare. Leave --clip out to "
                f"check its bytes and its networks. Published for: {', '.join(_PUBLISHED_FOR)}."
            )


def check(model: Model, clip: Path | None) -> None:
    """Check a model, and print what was found. Raises ModelFilesError if it is faulty."""
    unused = own_fault(model)
    folder = find_folder(model) or (own_folder(model) if unused else None)
    if folder is None:
        copies = "".join(f" {clause[0].upper()}{clause[1:]}." for clause in unused_copies(model))
        raise ModelFilesError(f"{model.name} was not fetched.{copies} Fetch it with: {fetch_command(model)}.")
    faults = [fault for _, fault in faults_of(model, folder, is_fresh=True)]
    if faults:
        others = "; ".join(dict.fromkeys(fault.short_clause for fault in faults if fault.clause != faults[0].clause))
        raise ModelFilesError(f"{model.name}: {faults[0].sentence(model)}{f' As well: {others}.' if others else ''}")
    write_line(f"{model.name}: the sizes and SHA-256 of all {len(model.files)} files are right, in {folder}")
    if unused:
        message(
            f"{unused.clause}, so it is not used. To delete what was fetched: paraformer-nb models remove {model.name}"
        )
    if model.kind == "paraformer":
        _check_text(model, folder, clip or folder / "test_wavs" / _CLIP)


def _check_text(model: Model, folder: Path, clip: Path) -> None:
    """Recognise the test clip, and compare its text with the published one."""
    has_text = model.name in _PUBLISHED_FOR
    service = Embedded("paraformer", model_dir=folder)
    try:
        if not has_text or not clip.is_file():
            transcribe(_silence(), service=service).wait()  # that the networks run here
            write_line("  its networks run on this machine")
            advice = f"download {_CLIP} from {_PAGE} and give it: --clip {_CLIP}"
            message(f"its text was not checked: {advice if has_text else 'none was published'}")
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
            f"If {str(clip)!r} is the clip of {_PAGE}, please report both lines, with the versions of onnxruntime and "
            "kaldi-native-fbank; the text of another clip differs of course."
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
