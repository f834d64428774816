"""Links the ES modules of one widget into the single text that anywidget needs.

anywidget imports its front end from a Blob URL, where a relative import cannot resolve. So each module becomes a
function that is called once, after those that it imports, and returns its exports; the entry comes last, unchanged.
Modules use a small subset: named imports from relative paths, exported declarations, a default export in the entry.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class) (\w+))", re.MULTILINE)


def link(entry: Path) -> str:
    """Return `entry` and everything that it imports as one text. Raises ValueError for what cannot be linked."""
    texts: dict[Path, str] = {}
    _collect(entry.resolve(), entry.resolve(), [], texts)
    return "\n".join(texts.values())


def _collect(module: Path, entry: Path, path: list[Path], texts: dict[Path, str]) -> None:
    if module in path:
        names = " -> ".join(each.name for each in [*path, module])
        raise ValueError(f"modules import each other in a circle: {names}")
    if module in texts:
        return
    text = module.read_text(encoding="utf-8")
    for _, name in _IMPORT.findall(text):
        _collect((module.parent / name).resolve(), entry, [*path, module], texts)
    texts[module] = _linked(module, entry, text)


def _linked(module: Path, entry: Path, text: str) -> str:
    def destructured(match: re.Match[str]) -> str:
        names = match[1].replace(" as ", ": ")
        return f"const {{{names}}} = {_variable((module.parent / match[2]).resolve(), entry)};\n"

    exported = _EXPORT.findall(text)
    body = _EXPORT.sub("", _IMPORT.sub(destructured, text))
    if stray := re.search(r"^(import\b.*|export (?!default ).*)$", body, re.MULTILINE):
        raise ValueError(f"{module.name} has a line that cannot be linked: {stray.group()}")
    if module == entry:
        return f"// {module.name}\n{body}"
    exports = f"return {{ {', '.join(exported)} }};\n"
    return f"// {module.name}\nconst {_variable(module, entry)} = (() => {{\n{body}{exports}}})();\n"


def _variable(module: Path, entry: Path) -> str:
    """The name of a module in the linked text."""
    return "$" + re.sub(r"\W", "_", os.path.relpath(module.with_suffix(""), entry.parent))
