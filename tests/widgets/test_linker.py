"""The linker that joins a widget's modules to one text."""

from __future__ import annotations

from pathlib import Path

import pytest
from node import node

from paraformer_nb.widgets.linker import link


def run(tmp_path: Path, *, entry: str = "a.js") -> str:
    """The output of the linked text."""
    linked = tmp_path / "linked.mjs"
    linked.write_text(link(tmp_path / entry))
    done = node(linked)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_modules_run_once_and_after_what_they_import(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(
        'import { b } from "./b.js";\nimport { c, own as its } from "./in/c.js";\nconsole.log(b(), c, its);\n'
    )
    (tmp_path / "b.js").write_text(
        'import {\n  c,\n} from "./in/c.js";\nconst own = "b";\nexport function b() {\n  return own + c;\n}\n'
    )
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "c.js").write_text('console.log("once");\nexport const c = 1;\nexport const own = "c";\n')
    assert run(tmp_path) == "once\nb1 1 c"


def test_names_of_two_modules_do_not_collide(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nconst LONGEST = 1;\nconsole.log(LONGEST, b);\n')
    (tmp_path / "b.js").write_text("const LONGEST = 2;\nexport const b = LONGEST;\n")
    assert run(tmp_path) == "1 2"


def test_the_default_export_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport default { b };\n')
    (tmp_path / "b.js").write_text("export const b = 3;\n")
    (tmp_path / "c.mjs").write_text('import a from "./linked.mjs";\nconsole.log(a.b);\n')
    (tmp_path / "linked.mjs").write_text(link(tmp_path / "a.js"))
    assert node(tmp_path / "c.mjs").stdout.strip() == "3"


def test_a_circle_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\n')
    with pytest.raises(ValueError, match=r"a\.js -> b\.js -> a\.js"):
        link(tmp_path / "a.js")


def test_an_unsupported_import_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import b from "./b.js";\n')
    with pytest.raises(ValueError, match="cannot be linked: import b"):
        link(tmp_path / "a.js")
