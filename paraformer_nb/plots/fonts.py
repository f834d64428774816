"""Find a font for Chinese, Japanese and Korean: matplotlib's own lacks them, most systems have one."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from matplotlib import font_manager

from ..text import is_cjk, is_hangul

_BASE = "DejaVu Sans"  # comes with matplotlib
_KANA = re.compile("[\u3040-\u30ff\uff66-\uff9f]")  # which tells Japanese from Chinese

# The same character looks different in each country, and many Chinese fonts lack Korean: the text's own fonts first.
_JAPANESE = ["Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "Hiragino Sans", "Yu Gothic", "MS Gothic"]
_KOREAN = ["Noto Sans CJK KR", "Noto Sans KR", "Source Han Sans KR", "Apple SD Gothic Neo", "Malgun Gothic"]
_CHINESE = [
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "Noto Sans CJK TC",
    "Noto Sans CJK HK",
    "Source Han Sans",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang HK",
    "Heiti TC",
    "STHeiti",
    "Microsoft JhengHei",
    "SimHei",
    "Arial Unicode MS",
    "Noto Serif CJK SC",
    "Songti SC",
    "SimSun",
    "Droid Sans Fallback",
]
_CJK_FILE = re.compile(
    r"cjk|noto\w+(sc|jp|kr)|han-?sans|wqy|pingfang|hiragino|heiti|gothic|yahei|msyh|msjh|sim(hei|sun)|"
    r"arial ?uni|malgun|songti|droidsansfallback",
    re.IGNORECASE,
)

_ADVICE = (
    "no installed font has Chinese, Japanese or Korean characters, so they are boxes in the plot. Install one and "
    "restart the kernel: on Debian and Ubuntu `apt-get install fonts-noto-cjk`, on Binder a line `fonts-noto-cjk` in "
    "binder/apt.txt; macOS and Windows bring one. "
    "系统中没有中日韩字体，图中的汉字会显示为方框。请安装字体后重启内核：Debian/Ubuntu 运行 "
    "`apt-get install fonts-noto-cjk`；Binder 在 binder/apt.txt 中加一行 `fonts-noto-cjk`；"
    "macOS 和 Windows 自带中文字体。"
)


def find_installed(names: Sequence[str]) -> str | None:
    """The first of these font families that is installed, or None."""
    found = _installed(names)
    if found is None:
        _rescan()
        found = _installed(names)
    return found


def families(text: str, find: Callable[[Sequence[str]], str | None] = find_installed) -> list[str]:
    """The font families for `text`, for matplotlib, which draws each character with the first one that has it.

    `find` selects an installed family. Warns, once a process, where none has the text's Chinese, Japanese or Korean
    characters.
    """
    signs = set(text)
    is_korean = any(map(is_hangul, signs))
    if not is_korean and not any(map(is_cjk, signs)):
        return [_BASE]
    own = _JAPANESE if _KANA.search(text) else _KOREAN if is_korean else []
    font = find((*own, *_CHINESE, *_JAPANESE, *_KOREAN))
    if font is None:
        _warn_once()
        return [_BASE]
    return [_BASE, font]


def _installed(names: Sequence[str]) -> str | None:
    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in names if name in known), None)


@cache
def _rescan() -> None:
    """Add fonts that were installed after matplotlib wrote its list of fonts, which it never updates.

    Once a process, and only files whose names match: opening every font of a system takes seconds.
    """
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for file in set(font_manager.findSystemFonts()) - known:
        if _CJK_FILE.search(Path(file).name):
            with suppress(OSError, RuntimeError):  # a file that cannot be read as a font
                font_manager.fontManager.addfont(file)


@cache
def _warn_once() -> None:
    warnings.warn(_ADVICE, UserWarning, stacklevel=2)
