"""docs/words.md is held against the code: methods, charts and rules."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

import paraformer_nb.speech  # noqa: F401
from paraformer_nb.formats.subtitle_rules import PRESETS
from paraformer_nb.plots.kinds import OPTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "words.md").read_text(encoding="utf-8")


def test_every_method_is_on_the_page() -> None:
    speech = pd.DataFrame({"text": ["a"], "start": [0.0], "end": [1.0]}).speech
    methods = {name for name in dir(speech) if not name.startswith("_")}
    assert methods == set(re.findall(r"^\| `(?:words, changes = )?words\.speech\.(\w+)", PAGE, re.MULTILINE))


def test_every_chart_and_its_options_are_on_the_page() -> None:
    table = PAGE[PAGE.index("| kind |") :]
    rows = {
        kind: set(re.findall("`(\\w+)`", rest))
        for kind, rest in re.findall(r"^\| `(\w+)` \| (.*)$", table, re.MULTILINE)
    }
    assert set(rows) == set(OPTIONS)
    for kind, options in OPTIONS.items():
        assert set(options) - {"size"} <= rows[kind], kind


def test_every_preset_is_on_the_page_with_its_values() -> None:
    rows = re.findall(r"^\| `(\w+)`(?:, (\w+))? \| (\d+) \| (\d+) \| (\d+) \|", PAGE, re.MULTILINE)
    assert {row[0] for row in rows} == set(PRESETS)
    for name, language, columns, lines, cps in rows:
        rules = PRESETS[name]["zh" if language else ""]
        assert (rules.columns, rules.lines, rules.cps) == (int(columns), int(lines), float(cps)), name
