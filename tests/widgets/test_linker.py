"""The linker that makes one text of a widget's modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from paraformer_nb.widgets.linker import link


def test_modules_come_once_and_after_what_they_import(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(
        'import { b } from "./b.js";\nimport { c } from "./c.js";\nexport default { b, c };\n'
    )
    (tmp_path / "b.js").write_text('import { c } from "./c.js";\nexport function b() {\n  return c;\n}\n')
    (tmp_path / "c.js").write_text("export const c = 1;\n")
    expected = "// c.js\nconst c = 1;\n\n// b.js\nfunction b() {\n  return c;\n}\n\n// a.js\nexport default { b, c };\n"
    assert link(tmp_path / "a.js") == expected


def test_a_circle_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\n')
    with pytest.raises(ValueError, match=r"a\.js -> b\.js -> a\.js"):
        link(tmp_path / "a.js")
