"""Punctuation of Paraformer's sentences, with a crafted network instead of the CT-Transformer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
import permissions
import pytest
import tiny_punctuation
from paraformer_streams import RATE, sound
from servers import ended, failure
from tiny_paraformer import RECITED, build

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError
from paraformer_nb.server.engines.paraformer.model import ModelError
from paraformer_nb.server.engines.paraformer.punctuation import Punctuator


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The network that punctuates."""
    return tiny_punctuation.build(tmp_path / "punctuation")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that recites a text, a token for every 240 ms of loud sound."""
    return build(tmp_path / "reciting", weight=0.25, recites=RECITED)


@pytest.mark.parametrize(
    ("words", "is_end", "expected"),
    [
        ("今 天 好", True, ["", "，", "。"]),
        ("我 们", True, ["", "？"]),
        ("今 天", True, ["", "。"]),  # a comma does not end a sentence
        ("今 天", False, ["", "，"]),
        ("Hello world 好", True, ["", ",", "。"]),  # after English, English marks
        ("hello", True, ["."]),
        ("unbelievable xyz", True, [",", "."]),
        ("", True, []),
    ],
)
def test_marks_follow_the_network_and_a_sentence_ends(
    words: str, is_end: bool, expected: Sequence[str], folder: Path
) -> None:
    assert Punctuator(folder).marks(words.split(), is_end=is_end) == expected


def test_a_long_sentence_is_punctuated_to_its_end(folder: Path) -> None:
    marks = Punctuator(folder).marks(["今", "天"] * 300)
    assert marks[:-1] == (["", "，"] * 300)[:-1]
    assert marks[-1] == "。"


def test_a_run_has_marks_in_its_finals(folder: Path, model: Path) -> None:
    pcm = sound((600, 3480), (5000, 5480), ms=6000)
    service = pnb.Embedded("paraformer", model_dir=model, punctuation_dir=folder)
    run = ended(pnb.transcribe((pcm, RATE), service=service))
    assert list(run.sentences["text"]) == ["今天，hello world, 我们？unbelievable, 好今。", "今天。"]
    assert list(run.words["punctuation"][:4]) == ["", "，", "", ","]
    bare = ended(pnb.transcribe((pcm, RATE), service=service, punctuation_prediction_enabled=False))
    service.close()
    assert bare.sentences["text"][1] == "今天"


@pytest.mark.parametrize("damage", ["metadata", "text", "scores"])
def test_a_network_that_does_not_punctuate_is_reported(damage: str, folder: Path, model: Path) -> None:
    file = folder / "model.int8.onnx"
    network = onnx.load(file)
    if damage == "metadata":
        del network.metadata_props[:]
    if damage == "scores":
        network.metadata_props[1].value += "|！"
    onnx.save(network, file)
    if damage == "text":
        file.write_text("<html>404</html>")
    service = pnb.Embedded("paraformer", model_dir=model, punctuation_dir=folder)
    clip = (sound((600, 3480), ms=4000), RATE)
    error = failure(pnb.transcribe(clip, service=service, retry=pnb.Retry(attempts=1)))
    service.close()
    assert str(folder) in str(error)
    if damage != "scores":
        with pytest.raises(ModelError):
            Punctuator(folder)


def test_a_folder_without_a_network_is_refused_at_the_call(folder: Path, model: Path) -> None:
    (folder / "model.int8.onnx").unlink()
    with pytest.raises(ModelError):
        Punctuator(folder)
    with pytest.raises(ParameterError, match=r"has neither model.onnx nor model.int8.onnx"):
        pnb.Embedded("paraformer", model_dir=model, punctuation_dir=folder)


def test_a_network_that_cannot_be_read_needs_no_download(folder: Path, model: Path) -> None:
    file = folder / "model.int8.onnx"
    service = pnb.Embedded("paraformer", model_dir=model, punctuation_dir=folder)
    with permissions.mode(file, 0), pytest.raises(ModelError) as raised:
        Punctuator(folder)
    service.close()
    assert f"{str(file)!r} cannot be read: Permission denied. Make it readable: chmod u+r {file}" in str(raised.value)
