"""A model of a few kB, a table that has it, a hub that serves it, and an empty home."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from model_hub import Hub, paths, serving
from tiny_paraformer import RECITED, build

from paraformer_nb.models.table import Model, ModelFile, Repository

VARIABLES = ("PARAFORMER_NB_MODEL_TABLE", "HF_ENDPOINT", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HOME")
VARIABLES += ("HF_HUB_CACHE", "XDG_CACHE_HOME", "MODELSCOPE_CACHE", "MODELSCOPE_DOMAIN", "HF_HUB_DISABLE_PROGRESS_BARS")
VARIABLES += ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; models are kept in ``tmp_path/models``."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARAFORMER_NB_MODELS", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The model's files, as they were published."""
    return build(tmp_path / "published", weight=0.25, recites=RECITED)


@pytest.fixture
def model(published: Path) -> Model:
    """Its entry of the table: two repositories, one on each hub."""
    files = tuple(
        ModelFile(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(published.iterdir())
    )
    return Model(
        name="tiny",
        kind="paraformer",
        summary="a crafted model",
        licence="Apache-2.0",
        source="https://example.org/tiny",
        files=files,
        repositories=(
            Repository("huggingface", "owner/tiny", "0123abc"),
            Repository("modelscope", "iic/tiny", "master"),
        ),
        folder_name="unpacked-tiny",
    )


@pytest.fixture
def hubs(published: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Hub, Hub]]:
    """Hugging Face and ModelScope, both with the model."""
    files = {path.name: path.read_bytes() for path in published.iterdir()}
    first = Hub({paths(name)[0]: data for name, data in files.items()})
    second = Hub({paths(name)[1]: data for name, data in files.items()})
    with serving(first), serving(second):
        monkeypatch.setenv("HF_ENDPOINT", first.address)
        monkeypatch.setenv("MODELSCOPE_DOMAIN", second.address)
        yield first, second


@pytest.fixture
def table(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table with the model, which the environment names."""
    path = tmp_path / "table.json"
    path.write_bytes(msgspec.json.encode([model]))
    monkeypatch.setenv("PARAFORMER_NB_MODEL_TABLE", str(path))
    return path
