"""README and docs are held against the code: what they list exists, and what exists is listed."""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest

import paraformer_nb as pnb
from paraformer_nb.cli import exit_codes
from paraformer_nb.cli import main as cli
from paraformer_nb.client.timeouts import CompleteTimeouts
from paraformer_nb.dashscope.messages import AUDIO_FORMATS
from paraformer_nb.formats.cue_files import RULE_OPTIONS
from paraformer_nb.formats.registry import FORMATS
from paraformer_nb.server.engines.registry import ENGINES
from paraformer_nb.server.faults import FAULTS
from paraformer_nb.tables.schema import TABLES

ROOT = Path(pnb.__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*DOCS, *(ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md"))]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the table whose first cell is `heading`, as lists of cells."""
    lines = text(page).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def codes(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_pictures_exist_are_described_small_and_used() -> None:
    shown = set()
    for page in PAGES:
        content = page.read_text(encoding="utf-8")
        found = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", content)
        found += re.findall(r'<img alt="([^"]+)"\s+src="([^"]+)"', content)
        assert len(found) == content.count("](images/") + content.count("](docs/images/") + content.count("<img"), page
        sources = re.findall(r'srcset="([^"]+)"', content)
        shown |= {(page.parent / source).resolve() for source in [*sources, *(source for _, source in found)]}
    assert shown == {path.resolve() for path in (ROOT / "docs" / "images").iterdir()}
    for path in shown:
        assert path.stat().st_size <= 250_000, path


def test_readme_is_short() -> None:
    lines = text("README.md").splitlines()
    assert len(lines) <= 80
    assert [line for line in lines if len(line) > 120] == []


def test_readme_and_docs_link_every_page() -> None:
    assert {page.name for page in DOCS} == set(re.findall(r"docs/([\w-]+\.md)", text("README.md")))


def test_every_public_name_is_described() -> None:
    api = text("docs/api.md")
    assert [name for name in pnb.__all__ if f"pnb.{name}" not in api] == []
    assert set(re.findall(r"pnb\.(\w+)", api)) <= set(pnb.__all__)


def _annotations() -> set[str]:
    """The attributes that `Run` and its bases declare."""
    return {name for each in pnb.Run.__mro__ for name in vars(each).get("__annotations__", {}) if name[0] != "_"}


def test_every_attribute_of_a_run_is_described() -> None:
    listed = {
        re.sub(r"\(.*|await run", "", code)
        for row in [*table("docs/api.md", "attribute"), *table("docs/api.md", "method")]
        for code in codes(row[0])
    }
    public = {name for name in dir(pnb.Run) if not name.startswith("_")} | _annotations() | {"transcript"}
    assert listed - {""} == public


def test_the_columns_of_every_table_are_described() -> None:
    sections = re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text("docs/tables.md"), re.MULTILINE | re.DOTALL)
    assert [name for name, _ in sections] == list(TABLES)
    for name, section in sections:
        rows = [
            [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:3] == "| `"
        ]
        assert rows == [
            [
                f"`{each.name}`",
                each.dtype,
                each.unit,
                ": ".join(filter(None, [each.meaning, ", ".join(each.categories)])),
            ]
            for each in TABLES[name]
        ]


def test_every_export_format_is_described() -> None:
    rows = table("docs/formats.md", "format")
    listed = {codes(row[0])[0]: (tuple(codes(row[1])), bool(row[3]), bool(row[4])) for row in rows}
    assert listed == {name: (each.suffixes, each.render is not None, each.can_read) for name, each in FORMATS.items()}
    for row in rows:
        options = (*codes(row[2]), *(RULE_OPTIONS if "rules" in row[2] else ()))
        assert options == FORMATS[codes(row[0])[0]].options


def test_every_fault_and_its_keys_are_described() -> None:
    listed = {
        codes(row[0])[0]: {code.partition("=")[0] for code in codes(row[1])}
        for row in table("docs/service.md", "fault")
    }
    triggers = {"times", "seconds", "bytes", "events"}  # described below the table
    assert listed == {name: set(kind.__struct_fields__) - triggers for name, kind in FAULTS.items()}
    assert all(f"`{trigger}=" in text("docs/service.md") for trigger in triggers)


def test_every_limit_and_its_default_is_described() -> None:
    listed = {codes(row[0])[0]: float(row[1]) for row in table("docs/service.md", "limit")}
    defaults = pnb.Limits()
    assert {name: getattr(defaults, name) for name in listed} == listed
    assert set(listed) == {name for name in dir(defaults) if not name.startswith("_")} - {"parse"}


def test_every_audio_format_is_described() -> None:
    assert ", ".join(AUDIO_FORMATS) in " ".join(text("docs/service.md").split())


def test_every_engine_and_its_options_are_described() -> None:
    listed = {codes(row[0])[0]: set(codes(row[1])) for row in table("docs/engines.md", "engine")}
    assert listed == {name: {option.name for option in kind.options} for name, kind in ENGINES.items()}


def test_retries_and_timeouts_are_described() -> None:
    retry = {codes(row[0])[0]: float(row[1]) for row in table("docs/recovery.md", "`Retry(...)`")}
    assert retry == {field.name: getattr(pnb.Retry(), field.name) for field in fields(pnb.Retry)}
    rows = table("docs/recovery.md", "`Timeouts(...)`")
    for at, service in ((1, pnb.DashScope), (2, pnb.Embedded)):
        listed = {codes(row[0])[0]: float(row[at]) for row in rows}
        assert listed == asdict(CompleteTimeouts.of(service.timeouts))


def test_every_environment_variable_is_described() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "paraformer_nb").rglob("*.py"))
    prefixes = "PARAFORMER_NB|DASHSCOPE|HF|TRANSFORMERS|MODELSCOPE|XDG|SSL"
    read = set(re.findall(rf'"((?:{prefixes})_[A-Z_]+)"', code))
    described = {name for row in table("docs/troubleshooting.md", "variable") for name in codes(row[0])}
    assert described == read | {"HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}


def test_every_model_is_described() -> None:
    listed = {codes(row[0])[0]: row[1:] for row in table("docs/models.md", "model")}
    assert listed == {
        name: [
            f"8000 to 48000, {model.sample_rate} by default" if model.has_any_rate else str(model.sample_rate),
            model.status,
            ", ".join(model.regions),
            model.billing,
        ]
        for name, model in pnb.MODELS.items()
    }


def test_every_price_is_described() -> None:
    listed = {(codes(row[0])[0], row[1]): row[2:] for row in table("docs/models.md", "priced model")}
    assert listed == {
        key: [
            price.currency,
            f"{price.per_million_input} in, {price.per_million_output} out"
            if price.per_second is None
            else f"{price.per_second} a second",
            price.as_of,
            price.certainty,
            price.source,
        ]
        for key, price in pnb.PRICES.items()
    }


def test_every_command_and_option_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    sections = {section.split("\n", 1)[0].strip(): section for section in text("docs/cli.md").split("\n## ")[1:]}
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    commands = set(re.findall(r"^ {4}(\w+)", capsys.readouterr().out, re.MULTILINE))
    assert commands == set(sections) - {"Pipes", "stdout and stderr", "Exit codes"}
    for name in commands:
        with pytest.raises(SystemExit):
            cli.main([name, "--help"])
        help_text = capsys.readouterr().out
        has = set(re.findall(r"^ {2}(?:-\w(?: [A-Z]+)?, )?(--[a-z-]+)", help_text, re.MULTILINE)) - {"--help"}
        assert set(re.findall(r"(?<!\w)--[a-z][a-z-]+", sections[name])) == has, name


def test_every_exit_code_is_described() -> None:
    listed = [int(row[0]) for row in table("docs/cli.md", "code")]
    names = ("DONE", "FAILED", "WRONG_USAGE", "INCOMPLETE", "INTERRUPTED")
    assert listed == [getattr(exit_codes, name) for name in names]
