"""The house's own rules: which floor may import which, what an import costs, what the public names are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import paraformer_nb

PACKAGE = Path(paraformer_nb.__file__).parent

# The rooms, lowest first: a room imports only from rooms of lower floors, or from those before it on its own floor.
FLOORS: dict[str, int] = {
    "text": 0,
    "errors": 0,
    "paths": 0,
    "audio": 1,
    "dashscope": 1,
    "journal": 1,
    "transcript": 1,
    "own_code": 2,
    "loop": 2,
    "playback": 2,
    "client": 2,
    "models": 2,
    "server": 2,
    "services": 2,
    "tables": 3,
    "scoring": 3,
    "plots": 3,
    "widgets": 3,
    "formats": 3,
    "speech": 3,
    "run": 4,
    "cli": 4,
}
ORDER = list(FLOORS)
# What views may use of the I/O floor: the loop that calls them, and the clip's sound.
VIEWS_MAY_USE = {"loop", "playback"}

THIRD_PARTY: dict[str, set[str]] = {
    "text": set(),
    "errors": set(),
    "paths": set(),
    "audio": {"av", "numpy"},
    "dashscope": {"msgspec"},
    "journal": {"msgspec"},
    "transcript": {"msgspec"},
    "own_code": set(),
    "loop": set(),
    "playback": {"av", "numpy"},
    "server": {"av", "websockets", "msgspec", "pocketsphinx", "numpy", "onnxruntime", "kaldi_native_fbank"},
    "services": {"keyring", "requests"},
    "client": {"websockets", "msgspec", "requests"},
    "models": {"filelock", "msgspec", "platformdirs", "requests", "tqdm", "urllib3"},
    "tables": {"numpy", "pandas"},
    "scoring": {"numpy", "pandas", "rapidfuzz", "opencc"},
    "plots": {"matplotlib", "numpy", "pandas", "msgspec", "PIL"},
    "widgets": {"IPython", "msgspec", "anywidget", "ipywidgets", "traitlets", "pandas"},
    "formats": {"charset_normalizer", "msgspec", "numpy", "pandas", "praatio", "pyarrow", "pympi", "pysubs2"},
    "speech": {"matplotlib", "numpy", "pandas"},
    "run": {"IPython", "pandas", "matplotlib"},
    "cli": {"IPython", "tqdm", "msgspec", "shtab"},
}


def _room(module: str) -> str:
    return module.split(".")[0]


def _imports(path: Path) -> list[str]:
    """Absolute names of everything a file imports, wherever in it."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    package = list(parts[:-1])
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
                inside = ".".join([*base, *([node.module] if node.module else [])])
                names += (
                    [f"paraformer_nb.{inside}"] if inside else [f"paraformer_nb.{alias.name}" for alias in node.names]
                )
            else:
                names.append(node.module or "")
    return names


def _sources() -> list[tuple[str, Path]]:
    files = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE]
    return [(_room(path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".")), path) for path in files]


def test_every_room_has_a_floor() -> None:
    assert {room for room, _ in _sources()} == set(FLOORS)
    assert len([path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()]) <= 18


def test_imports_go_down_only() -> None:
    upward = []
    for room, path in _sources():
        for name in _imports(path):
            if not name.startswith("paraformer_nb."):
                continue
            other = _room(name.removeprefix("paraformer_nb."))
            if other in ("__version__", room):
                continue
            is_up = ORDER.index(other) > ORDER.index(room)
            is_view_doing_io = FLOORS[room] == 3 and FLOORS[other] == 2 and other not in VIEWS_MAY_USE
            if is_up or is_view_doing_io or {room, other} == {"client", "server"}:
                upward.append(f"{path.relative_to(PACKAGE)} imports {other}")
    assert upward == []


def test_third_party_packages_stay_in_their_rooms() -> None:
    known = set().union(*THIRD_PARTY.values())
    strangers = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for room, path in _sources()
        for name in _imports(path)
        if (top := name.split(".")[0]) not in sys.stdlib_module_names and top != "paraformer_nb"
        if top not in THIRD_PARTY[room] or top not in known
    ]
    assert strangers == []


# The front end's rooms; imports go to the right only. "" are the entries, and what joins the rooms. `messages.js` is
# the contract with Python, which all of them may use.
FRONT_END = ["", "controls", "canvas", "text", "sound", "dom", "model", "messages.js"]


def _front_end_room(path: Path, root: Path) -> str:
    name = path.relative_to(root).as_posix()
    return name if name in FRONT_END else path.parent.relative_to(root).as_posix().strip(".")


def test_the_front_end_s_imports_go_one_way() -> None:
    root, wrong = PACKAGE / "widgets" / "static" / "timeline", []
    for path in root.rglob("*.js"):
        room = _front_end_room(path, root)
        for name in re.findall(r'^import .* from "([^"]+)";', path.read_text(encoding="utf-8"), re.MULTILINE):
            other = _front_end_room((path.parent / name).resolve(), root.resolve())
            if FRONT_END.index(other) < FRONT_END.index(room):
                wrong.append(f"{path.relative_to(root)} imports {name}")
    assert wrong == []


def test_values_do_no_io() -> None:
    forbidden = {"asyncio", "socket", "threading", "time", "uuid", "websockets"}
    guilty = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for room, path in _sources()
        if FLOORS[room] <= 1
        for name in _imports(path)
        if name.split(".")[0] in forbidden
    ]
    assert guilty == []


def test_package_faces_hold_no_code() -> None:
    registering = PACKAGE / "speech"  # importing it registers the accessor
    faces = [path for path in PACKAGE.rglob("__init__.py") if path.parent not in (PACKAGE, registering)]
    assert [str(path) for path in faces if len(ast.parse(path.read_text(encoding="utf-8")).body) != 1] == []


def test_no_file_is_longer_than_400_lines() -> None:
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.js")]
    assert [str(path) for path in files if len(path.read_text(encoding="utf-8").splitlines()) > 400] == []


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ["pandas", "numpy", "matplotlib", "IPython", "ipywidgets", "anywidget", "av", "websockets", "requests"]
    code = f"import sys, paraformer_nb; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_public_names_exist_and_none_is_a_module() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} | {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    functions = [name for name in paraformer_nb.__all__ if name not in ("errors", "messages")]
    assert not modules & set(functions)
    for name in paraformer_nb.__all__:
        assert getattr(paraformer_nb, name) is not None
    assert "transcribe" in dir(paraformer_nb)


def test_the_version_is_the_changelog_s() -> None:
    changelog = (PACKAGE.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {paraformer_nb.__version__}" in changelog
