"""The tests' own rule: they use what a user could use. No private attributes, and nothing of ours is patched."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent

# Names with an underscore that other packages document: IPython's and anywidget's protocols, named tuples, frames.
DOCUMENTED = {"_repr_html_", "_repr_png_", "_repr_mimebundle_", "_ipython_display_", "_display_", "_esm", "_css"}
DOCUMENTED |= {"_replace", "_asdict", "_fields", "_current_frames", "_exit"}


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(TESTS.rglob("*.py")):
        yield str(path.relative_to(TESTS)), ast.parse(path.read_text(encoding="utf-8"))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in DOCUMENTED


def _ours(tree: ast.Module) -> set[str]:
    """Names in a test that are modules, classes or functions of the package."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "paraformer_nb":
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {
                alias.asname or alias.name.split(".")[0]
                for alias in node.names
                if alias.name.split(".")[0] == "paraformer_nb"
            }
    return names


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node


def test_no_test_reads_or_writes_private_attributes() -> None:
    found = [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name, tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and _is_private(node.attr)
        if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    ]
    assert found == []


def test_no_test_imports_private_names() -> None:
    found = [
        f"{name}:{node.lineno}: {alias.name}"
        for name, tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "paraformer_nb"
        for alias in node.names
        if _is_private(alias.name)
    ]
    assert found == []


def test_no_test_patches_the_package() -> None:
    found = []
    for name, tree in _sources():
        ours = _ours(tree)
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            if node.func.attr not in ("setattr", "setitem", "delattr", "object"):
                continue
            target = node.args[0]
            root = _root(target)
            is_path = isinstance(target, ast.Constant) and str(target.value).startswith("paraformer_nb")
            if is_path or (isinstance(root, ast.Name) and root.id in ours):
                found.append(f"{name}:{node.lineno}: {ast.unparse(node)[:80]}")
    assert found == []
