"""Floor 4: links the ES modules of one widget into the single text that anywidget takes.

anywidget imports its front end from a Blob URL, where a relative import cannot resolve. So the modules of a folder are
laid end to end, each once and after what it imports, without their ``import`` lines and the word ``export``. Modules
keep to a small subset: named imports from ``"./name.js"``, exported declarations, top-level names that are unique.
"""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)


def link(entry: Path) -> str:
    """The text of `entry` and of everything that it imports."""
    texts: list[str] = []
    _collect(entry, [], set(), texts)
    return "\n".join(texts)


def _collect(module: Path, path: list[str], done: set[str], texts: list[str]) -> None:
    if module.name in path:
        raise ValueError(f"modules import each other in a circle: {' -> '.join([*path, module.name])}")
    if module.name in done:
        return
    done.add(module.name)
    text = module.read_text(encoding="utf-8")
    for name in _IMPORT.findall(text):
        _collect(module.parent / name, [*path, module.name], done, texts)
    rest = _EXPORT.sub("", _IMPORT.sub("", text))
    if stray := re.search(r"^(import\b.*|export (?!default ).*)$", rest, re.MULTILINE):
        raise ValueError(f"{module.name} has a line that cannot be linked: {stray.group()}")
    texts.append(f"// {module.name}\n{rest}")
