"""Texts of every script on the page, and their fonts."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from drawn import ENGLISH, assert_nothing_overlaps, boxes, labels_and_dots, recognised, talk, texts
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from paraformer_nb.plots import fonts, glyphs
from paraformer_nb.plots.plot import plot

ODD = [
    "$x^2$",
    r"\frac{1}{0}",
    "$",
    "a_b^c",
    "% #",
    "\N{GRINNING FACE}",
    "שלום",
    "مرحبا",
    "",
    " \n\t ",
    "\x00",
    "\u202e",
    "e\u0301\u0301",
    "นี่",
    "x" * 500,
    "two words",
    "\u200b",
    "‱",
    "\ufeff",
    "A" * 30,
    "ﷺ",
]


@pytest.mark.filterwarnings("ignore:no installed font has")
@pytest.mark.parametrize("seed", range(12))
def test_any_text_at_any_time_is_drawn_once_without_a_warning(seed: int) -> None:
    """Words of no or negative length, overlapping, before the clip and beyond its end."""
    chance = random.Random(seed)
    words = []
    for _ in range(chance.randint(1, 60)):
        start = chance.choice([chance.uniform(0, 20), float(chance.randint(0, 20)), 19.9, 0.0])
        length = chance.choice([0.0, chance.uniform(0, 1), chance.uniform(0, 1), -1.0, chance.uniform(0, 15)])
        words.append((chance.choice(ODD + ENGLISH), start, start + length, chance.choice([None, 0.1, 0.9])))
    figure = plot(
        recognised(words, seconds=20.0, per_sentence=chance.randint(1, 9), partial_sentences=chance.randint(0, 2))
    )
    total = sum(len(sentence.words) for sentence in recognised(words, seconds=20.0).sentences)
    assert total == len(words)
    assert sum(labels_and_dots(figure)) == len(words)
    assert figure.to_png().startswith(b"\x89PNG")
    assert_nothing_overlaps(figure)


def test_a_word_far_beyond_the_end_is_drawn() -> None:
    figure = plot(recognised([*talk(10), ("late", 3e6, 3e6 + 1)]))
    assert figure.axes[-1].get_xlim()[1] >= 3e6
    assert all(len(ax.get_xticks()) < 20 for ax in figure.axes)
    assert boxes(figure.axes[-1], "_speech")[-1][1] >= 3e6


def test_mathtext_is_drawn_literally() -> None:
    words = [("$x^2$", 0, 2), (r"\alpha", 2, 4), ("$5", 4, 6), ("a_1", 6, 8)]
    figure = plot(recognised(words, name=r"$\odd$.wav"))
    assert [text.get_text() for text in texts(figure.axes[0])] == ["$x^2$", r"\alpha", "$5", "a_1"]
    assert not any(text.get_parse_math() for text in [*figure.texts, *texts(figure.axes[0])])
    renderer = FigureCanvasAgg(figure).get_renderer()
    dollars, letters = (plot(recognised([(text, 0, 2)])) for text in ("$x^2$", "SxA2S"))
    widths = [texts(each.axes[0])[0].get_window_extent(renderer).width for each in (dollars, letters)]
    assert widths[0] > 0.8 * widths[1]  # as mathtext it would be two letters wide


# ------------------------------------------------------------------------------------------- fonts for other scripts


ROOT = Path(__file__).parents[2]


@pytest.fixture
def cjk() -> str:
    """The name of the font found for Chinese; the test is skipped where the system has none."""
    found = fonts.families("今天")
    if len(found) == 1:
        pytest.skip("NO CHINESE FONT on this machine: install fonts-noto-cjk to run this test")
    return found[1]


@pytest.mark.parametrize("text", ["今天天气", "ひらがな", "한국어"])
def test_chinese_japanese_and_korean_have_glyphs(cjk: str, text: str) -> None:
    figure = plot(recognised([(text, 1, 3), ("mixed", 3, 5)], name=f"{text}.wav"))
    assert figure.to_png()
    assert [each.get_text() for each in texts(figure.axes[0])] == [text, "mixed"]
    Figure.draw(figure, FigureCanvasAgg(figure).get_renderer())  # matplotlib's own: a missing glyph is a warning


def test_latin_text_keeps_the_usual_font(cjk: str) -> None:
    assert fonts.families("plain") == ["DejaVu Sans"]
    assert fonts.families("课 plain") == ["DejaVu Sans", cjk]


@pytest.mark.parametrize(("text", "country"), [("今天", "SC"), ("漢字とかな", "JP"), ("漢字와 한글", "KR")])
def test_characters_are_drawn_as_their_country_writes_them(text: str, country: str) -> None:
    families = fonts.families(text, find=lambda names: names[0])
    assert families == ["DejaVu Sans", f"Noto Sans CJK {country}"]


def run(code: str) -> None:
    """Run code in a process of its own, with matplotlib's list of fonts reduced to its own font."""
    setup = (
        "from matplotlib import font_manager\n"
        "manager = font_manager.fontManager\n"
        "manager.ttflist = [font for font in manager.ttflist if font.name.startswith('DejaVu')]\n"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)]), "PYTHONUTF8": "1"}
    subprocess.run([sys.executable, "-c", setup + code], check=True, env=env, timeout=100)


def test_a_font_installed_after_matplotlib_listed_fonts_is_found(cjk: str) -> None:
    run("from paraformer_nb.plots.fonts import families; assert len(families('今天')) == 2")


def test_without_a_font_there_is_one_warning_a_process_with_advice() -> None:
    run(
        """
import warnings
from drawn import CHINESE, recognised
from paraformer_nb.plots.plot import png
font_manager.findSystemFonts = lambda: []
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(3):
        assert png(recognised(CHINESE, name="中文.wav"))
assert len(caught) == 1
for advice in ("apt-get install fonts-noto-cjk", "binder/apt.txt", "请安装字体"):
    assert advice in str(caught[0].message), advice
"""
    )


def test_characters_that_no_font_has_are_named_once_a_process_with_advice() -> None:
    run(
        """
import warnings
from drawn import recognised
from paraformer_nb.plots.plot import png
font_manager.findSystemFonts = lambda: []
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for text in ("plain é → ☺", "สวัสดี", "สวัสดี", "हि สวัสดี‍️", "🫠"):
        assert png(recognised([(text, 1, 4)]))
messages = [str(each.message) for each in caught]
assert len(messages) == 3, messages
for message, named in zip(messages, ("ด ว ส ั ี", "ह ि", "🫠")):
    assert f"no installed font has {named} " in message, message
    assert "fonts-noto-core" in message and "安装字体" in message
"""
    )


def test_a_font_that_has_a_script_s_characters_is_found() -> None:
    """A script that the usual font lacks and another installed one has: here Chinese, asked for as any other."""
    found = glyphs.with_fallbacks(["DejaVu Sans"], "plain 今天")
    if found == ["DejaVu Sans"]:
        pytest.skip("NO CHINESE FONT on this machine: install fonts-noto-cjk to run this test")
    assert glyphs.with_fallbacks(found, "plain 今天") == found
    assert glyphs.with_fallbacks(["DejaVu Sans"], "plain") == ["DejaVu Sans"]
