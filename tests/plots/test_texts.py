"""Texts of every kind on the page, and the fonts that have them."""

from __future__ import annotations

import random
import warnings
from contextlib import nullcontext
from pathlib import Path

import pytest
from drawn import CHINESE, ENGLISH, assert_nothing_overlaps, heard, shares, talk, texts
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg

from paraformer_nb.plots import fonts
from paraformer_nb.plots.plot import plot, png

NASTY = [
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


@pytest.mark.parametrize("seed", range(12))
def test_any_text_at_any_time_is_drawn_once_without_a_warning(seed: int) -> None:
    """Words without length, of negative length, upon each other, before the clip and past its end."""
    chance = random.Random(seed)
    words = []
    for _ in range(chance.randint(1, 60)):
        start = chance.choice([chance.uniform(0, 20), float(chance.randint(0, 20)), 19.9, 0.0])
        length = chance.choice([0.0, chance.uniform(0, 1), chance.uniform(0, 1), -1.0, chance.uniform(0, 15)])
        words.append((chance.choice(NASTY + ENGLISH), start, start + length, chance.choice([None, 0.1, 0.9])))
    figure = plot(heard(words, seconds=20.0, per_sentence=chance.randint(1, 9), open_sentences=chance.randint(0, 2)))
    drawn = sum(len(sentence.words) for sentence in heard(words, seconds=20.0).sentences)
    assert drawn == len(words)
    assert sum(shares(figure)) == len(words)
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert_nothing_overlaps(figure)


def test_a_word_far_past_the_end_shows_itself() -> None:
    figure = plot(heard([*talk(10), ("late", 3e6, 3e6 + 1)]))
    assert figure.axes[-1].get_xlim()[1] >= 3e6
    assert all(len(ax.get_xticks()) < 20 for ax in figure.axes)
    assert sum(shares(figure)) == len(talk(10)) + 1


def test_mathtext_is_text() -> None:
    words = [("$x^2$", 0, 2), (r"\alpha", 2, 4), ("$5", 4, 6), ("a_1", 6, 8)]
    figure = plot(heard(words, name=r"$\odd$.wav"))
    assert [text.get_text() for text in texts(figure.axes[0])] == ["$x^2$", r"\alpha", "$5", "a_1"]
    assert not any(text.get_parse_math() for text in [*figure.texts, *texts(figure.axes[0])])
    renderer = FigureCanvasAgg(figure).get_renderer()
    dollars, plain = (plot(heard([(text, 0, 2)])) for text in ("$x^2$", "SxA2S"))
    widths = [texts(each.axes[0])[0].get_window_extent(renderer).width for each in (dollars, plain)]
    assert widths[0] > 0.8 * widths[1]  # as mathtext, it would be two letters wide


# ------------------------------------------------------------------------------------------- fonts for other scripts


@pytest.fixture
def cjk(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the font found for Chinese; the test is skipped where the system has none."""
    found = fonts.families("今天")
    if len(found) == 1:
        pytest.skip("NO CHINESE FONT on this machine: install fonts-noto-cjk to run this test")
    return found[1]


@pytest.mark.parametrize("text", ["今天天气", "ひらがな", "한국어"])
def test_chinese_japanese_and_korean_have_glyphs(cjk: str, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("paraformer_nb.plots.figure.quiet", nullcontext)  # matplotlib's own warnings are errors now
    figure = plot(heard([(text, 1, 3), ("mixed", 3, 5)], name=f"{text}.wav"))
    assert figure._repr_png_()
    assert [each.get_text() for each in texts(figure.axes[0])] == [text, "mixed"]


def test_latin_text_keeps_the_usual_font(cjk: str) -> None:
    assert fonts.families("plain") == ["DejaVu Sans"]
    assert fonts.families("课 plain") == ["DejaVu Sans", cjk]


@pytest.mark.parametrize(("text", "country"), [("今天", "SC"), ("漢字とかな", "JP"), ("漢字와 한글", "KR")])
def test_characters_are_drawn_as_their_country_writes_them(
    monkeypatch: pytest.MonkeyPatch, text: str, country: str
) -> None:
    monkeypatch.setattr(fonts, "find", lambda names: names[0])
    assert fonts.families(text) == ["DejaVu Sans", f"Noto Sans CJK {country}"]


def test_a_font_installed_after_matplotlib_listed_fonts_is_found(cjk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = font_manager.fontManager
    old = [font for font in manager.ttflist if not fonts._FILE.search(Path(font.fname).name)]
    monkeypatch.setattr(manager, "ttflist", old)
    fonts._rescan.cache_clear()
    assert len(fonts.families("今天")) == 2


def test_without_a_font_there_is_one_warning_a_process_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fonts, "find", lambda names: None)
    fonts._warn_once.cache_clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            assert png(heard(CHINESE, name="中文.wav"))
    assert len(caught) == 1
    message = str(caught[0].message)
    for advice in ("apt-get install fonts-noto-cjk", "binder/apt.txt", "请安装字体"):
        assert advice in message
