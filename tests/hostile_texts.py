"""Texts of a hostile or broken service, a result that has them in every field, and the test for sanitised texts."""

from __future__ import annotations

import json
import re
from typing import Any

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SHOWN = {  # the text that is sent, and the text that is shown
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "</script><!--": "</script><!--",
    "<img src=//evil.invalid onerror=alert(1)>": "<img src=//evil.invalid onerror=alert(1)>",
    "javascript:alert(1)": "javascript:alert(1)",
    "&lt;b&gt;&amp;": "&lt;b&gt;&amp;",
    "$\\frac{": "$\\frac{",
    "$x_1^2$": "$x_1^2$",
    "\\input{a}%": "\\input{a}%",
    "%s%(x)s{}{0!r}": "%s%(x)s{}{0!r}",
    "../../x": "../../x",
    "C:\\CON": "C:\\CON",
    "=1+1": "=1+1",
    "😀👩\u200d👧": "😀👩\u200d👧",
    "今天": "今天",
    "a\u00a0b": "a\u00a0b",
    "\x1b]0;owned\x07": "]0;owned",
    "\x1b[2J": "[2J",
    "\x9b31m": "31m",
    "bell\x07": "bell",
    "nul\0nul": "nulnul",
    "a\rb": "a b",
    "a\nb": "a b",
    "a\u2028b": "a b",
    "a\x85b": "a b",
    "a\tb": "a b",
    "del\x7f": "del",
    "\u202eevil\u202c": "evil",
    "\u2066a\u2069": "a",
    "half\ud800": "half�",
    "\udc00\ud800": "��",
}


def as_sent(text: str) -> str:
    """JSON as some services write it: lone surrogates escaped, everything else not."""
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", json.dumps(text, ensure_ascii=False))


def hostile_result(task: str, number: int, words: list[str], *, final: bool = True, has_words: bool = True) -> str:
    """A result whose words, punctuation and speakers are these; or with a text and no words."""
    begin = 1000 * (number - 1)
    timed = [
        {
            "begin_time": begin + 20 * index,
            "end_time": begin + 20 * index + 20,
            "text": word,
            "punctuation": word,
            "speaker_id": word,
            word: word,
        }
        for index, word in enumerate(words)
    ]
    sentence = {
        "sentence_id": number,
        "begin_time": begin,
        "end_time": begin + 900 if final else None,
        "text": " ".join(words),
        "sentence_end": final,
        "emo_tag": words[0],
        "words": timed if has_words else [],
    }
    message = {
        "header": {"task_id": task, "event": "result-generated", "attributes": {"x": words}},
        "payload": {"output": {"sentence": sentence, "x": words}, "usage": {"duration": words[0]}},
    }
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda text: as_sent(json.loads(text[0])), json.dumps(message))


def assert_plain(texts: list[Any]) -> None:
    """Assert that each text is one line without control characters."""
    assert [text for text in texts if isinstance(text, str) and CONTROLS.search(text)] == []
