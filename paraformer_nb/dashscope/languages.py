"""The languages that can be hinted at, by name in English and in Chinese."""

from __future__ import annotations

from typing import NamedTuple


class LanguageName(NamedTuple):
    """A language: its code in `language_hints`, and its names."""

    code: str
    english: str
    chinese: str


_NAMES = """
zh Chinese 中文; en English 英语; ja Japanese 日语; ko Korean 韩语; yue Cantonese 粤语; vi Vietnamese 越南语;
th Thai 泰语; id Indonesian 印尼语; ms Malay 马来语; tl Filipino 菲律宾语; hi Hindi 印地语; ar Arabic 阿拉伯语;
fr French 法语; de German 德语; es Spanish 西班牙语; pt Portuguese 葡萄牙语; ru Russian 俄语; it Italian 意大利语;
nl Dutch 荷兰语; sv Swedish 瑞典语; da Danish 丹麦语; fi Finnish 芬兰语; no Norwegian 挪威语; el Greek 希腊语;
pl Polish 波兰语; cs Czech 捷克语; hu Hungarian 匈牙利语; ro Romanian 罗马尼亚语; bg Bulgarian 保加利亚语;
hr Croatian 克罗地亚语; sk Slovak 斯洛伐克语
"""

LANGUAGES: dict[str, LanguageName] = {
    name.code: name for name in (LanguageName(*entry.split()) for entry in _NAMES.strip().split(";"))
}
"""Every language of the documented models, by its code."""

PARAFORMER = ("zh", "en", "ja", "yue", "ko", "de", "fr", "ru")
"""The values of `language_hints` of paraformer-realtime-v2."""

THIRTY = tuple(code for code in LANGUAGES if code != "yue")
"""Those of the Qwen-Audio and the main Fun-ASR models. Source: the vendor's Qwen-Audio streaming pages."""
