"""The formats of text: one line a sentence, and one JSON object a word; both as corrected."""

from __future__ import annotations

import json
from pathlib import Path

from records import fold, result, result_of, timed_final, write_journal

import paraformer_nb as pnb
from paraformer_nb.formats.jsonl import to_jsonl
from paraformer_nb.formats.text import to_text
from paraformer_nb.journal.records import Corrected
from paraformer_nb.tables.schema import WORDS_RAW
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Word

GOOD, MOURNING = Word("Good", 0.0, 0.4, confidence=0.5), Word("mourning", 0.4, 0.9, ".")
CORRECTION = Correction("replace", 1, (MOURNING,), (Word("morning", 0.4, 0.9, "."),))


def lesson() -> Transcript:
    """Two sentences, one of them corrected and one Chinese, and a partial."""
    return fold(
        result_of(GOOD, MOURNING),
        Corrected(2.0, CORRECTION),
        timed_final(("今天", 1000, 1500), ("好。", 1500, 2000), number=2),
        result(" and more ", 3000, None, 3),
    )


def test_plain_text_is_one_line_a_sentence_as_corrected() -> None:
    assert to_text(lesson()) == "Good morning.\n今天 好。\nand more\n"
    assert to_text(fold()) == ""


def test_a_deleted_sentence_is_in_no_file() -> None:
    transcript = fold(result_of(GOOD), Corrected(2.0, Correction("replace", 1, (GOOD,))))
    assert (to_text(transcript), to_jsonl(transcript)) == ("", b"")


def test_json_lines_have_one_object_a_word_with_the_columns_of_the_table() -> None:
    rows = [json.loads(line) for line in to_jsonl(lesson()).splitlines()]
    assert [list(row) for row in rows] == [[column.name for column in WORDS_RAW]] * 6
    assert [row["text"] for row in rows] == ["Good", "morning", "今天", "好。", "and", "more"]
    assert rows[0] == {
        "sentence_id": 1,
        "text": "Good",
        "punctuation": "",
        "start": 0.0,
        "end": 0.4,
        "confidence": 0.5,
        "speaker": None,
        "is_final": True,
    }
    assert [row["is_final"] for row in rows] == [True] * 4 + [False] * 2
    assert to_jsonl(fold()) == b""


def test_a_run_exports_its_corrected_words(tmp_path: Path) -> None:
    run = pnb.load(write_journal(tmp_path / "run.jsonl", result_of(GOOD, MOURNING)))
    assert run.correct(CORRECTION) == 1
    assert run.export(str(tmp_path / "lesson.txt")).path == tmp_path / "lesson.txt"
    assert (tmp_path / "lesson.txt").read_bytes() == b"Good morning.\n"
    rows = [json.loads(line) for line in run.export(tmp_path / "lesson.jsonl").path.read_text().splitlines()]
    assert [row["text"] for row in rows] == run.words["text"].tolist()
