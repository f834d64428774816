"""A clip's file may have any name: every format is written, and read again, with it."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

import paraformer_nb as pnb
from paraformer_nb.formats.export import write_words

WORDS = pd.DataFrame({"text": ["good", "morning"], "start": [0.1, 0.5], "end": [0.4, 0.9], "sentence_id": [1, 1]})
NAMES = {
    "not UTF-8": os.fsdecode("你好.wav".encode("gbk")),
    "escape": "a\x1b[2Jb.wav",
    "line break": "a\nb.wav",
    "blank": " .wav",
    "override": "\u202egnp.wav",
    "markup": "<b>&'\".wav",
    "address": "http:%41#?.wav",
    "option": "-rf;;.wav",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=list(NAMES))
def test_words_of_a_clip_of_any_name_are_read_again(name: str, tmp_path: Path) -> None:
    clip = tmp_path / name
    clip.write_bytes(b"")
    for suffix in ("eaf", "TextGrid", "rttm", "stm", "ctm", "srt", "vtt", "ass", "csv", "tsv", "json", "jsonl"):
        path = tmp_path / f"words.{suffix}"
        write_words(path, WORDS, clip=clip)
        read = pnb.read_words(path)
        assert len(read) > 0, suffix
        if suffix not in ("rttm", "stm"):  # these have turns
            assert " ".join(read["text"]) == "good morning", suffix
