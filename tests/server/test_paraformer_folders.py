"""Folders without a usable streaming Paraformer: the call raises an error with the reason, and nothing is loaded."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from paraformer_streams import decode_clip, finals, recognise
from tiny_paraformer import RECITED, SYMBOLS, as_funasr, build, edit

from paraformer_nb import errors
from paraformer_nb.server.engines.paraformer.engine import Paraformer
from paraformer_nb.server.engines.paraformer.model_folder import check_model_folder
from paraformer_nb.server.engines.paraformer.onnx_header import read_onnx_header


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A valid one."""
    return build(tmp_path / "model", recites=RECITED)


@pytest.mark.parametrize("network", ["encoder", "decoder"])
def test_a_header_equals_the_one_of_the_loaded_file(network: str, folder: Path) -> None:
    path = folder / f"{network}.onnx"
    header, whole = read_onnx_header(path), onnx.load(path)
    assert header.metadata == {entry.key: entry.value for entry in whole.metadata_props}
    for ours, expected in ((header.inputs, whole.graph.input), (header.outputs, whole.graph.output)):
        assert [(tensor.name, tensor.type) for tensor in ours] == [
            (one.name, one.type.tensor_type.elem_type) for one in expected
        ]
        assert [tensor.shape for tensor in ours] == [
            tuple(size.dim_value or None for size in one.type.tensor_type.shape.dim) for one in expected
        ]


Damage = Callable[[Path], Any]


def _edit(network: str, change: Callable[[onnx.ModelProto], Any]) -> Damage:
    return lambda folder: edit(folder, network, change)


def _metadata(**changed: str | None) -> Damage:
    def change(model: onnx.ModelProto) -> None:
        metadata = {entry.key: entry.value for entry in model.metadata_props} | changed
        onnx.helper.set_model_props(model, {name: text for name, text in metadata.items() if text is not None})

    return _edit("encoder", change)


def _tensor(network: str, which: str, at: int, *, kind: int | None = None, last: int | None = None) -> Damage:
    def change(model: onnx.ModelProto) -> None:
        tensor = getattr(model.graph, which)[at].type.tensor_type
        tensor.elem_type = kind or tensor.elem_type
        if last:
            tensor.shape.dim[-1].dim_value = last

    return _edit(network, change)


def _tokens(change: Callable[[str], str | bytes]) -> Damage:
    def damage(folder: Path) -> None:
        text = change((folder / "tokens.txt").read_text(encoding="utf-8"))
        (folder / "tokens.txt").write_bytes(text if isinstance(text, bytes) else text.encode())

    return damage


def _write(name: str, data: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes(data)


def _cut(name: str, share: float) -> Damage:
    return lambda folder: (folder / name).write_bytes((data := (folder / name).read_bytes())[: int(len(data) * share)])


def _offline(folder: Path) -> None:
    (folder / "encoder.onnx").rename(folder / "model.onnx")
    (folder / "decoder.onnx").unlink()


def _offline_as_encoder(folder: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        onnx.helper.set_model_props(model, {"vocab_size": str(len(SYMBOLS)), "lfr_window_size": "7"})
        model.graph.output.append(onnx.helper.make_tensor_value_info("us_cif_peak", 1, ["B", "T"]))

    edit(folder, "encoder", change)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 165462184\n"
BAD_FOLDERS: dict[str, tuple[Damage, str, str]] = {
    "no folder": (shutil.rmtree, "model_dir=", "is not a folder"),
    "no encoder": (lambda folder: (folder / "encoder.onnx").unlink(), "encoder.onnx", "encoder.int8.onnx"),
    "no decoder": (lambda folder: (folder / "decoder.onnx").unlink(), "decoder.onnx", "is missing"),
    "no tokens": (lambda folder: (folder / "tokens.txt").unlink(), "tokens.txt", "is missing"),
    "offline": (_offline, "encoder.onnx", "offline Paraformer, which cannot stream"),
    "offline, renamed": (_offline_as_encoder, "encoder.onnx", "not a streaming Paraformer's encoder (4 outputs)"),
    "empty": (_write("encoder.onnx", b""), "encoder.onnx", "it contains no network (0 bytes)"),
    "text": (_write("decoder.onnx", b"<html>404 Not Found</html>"), "decoder.onnx", "it is not an ONNX file"),
    "pointer": (_write("encoder.onnx", POINTER), "encoder.onnx", "not have been downloaded completely"),
    "cut short": (_cut("encoder.onnx", 0.6), "encoder.onnx", "it is cut short"),
    "cut by some bytes": (_cut("encoder.onnx", 0.999), "encoder.onnx", "it is cut short"),
    "cut shorter": (_cut("decoder.onnx", 0.1), "decoder.onnx", "it is cut short"),
    "no metadata": (_metadata(neg_mean=None, vocab_size=None), "encoder.onnx", "metadata lack vocab_size, neg_mean"),
    "no number": (_metadata(decoder_num_blocks="two"), "encoder.onnx", "decoder_num_blocks='two'"),
    "zero": (_metadata(encoder_output_size="0"), "encoder.onnx", "encoder_output_size='0'"),
    "huge": (_metadata(decoder_kernel_size="9" * 5000), "encoder.onnx", "which is not a size"),
    "no memory": (_metadata(decoder_kernel_size="1"), "encoder.onnx", "decoder_kernel_size=1"),
    "other stack": (_metadata(lfr_window_size="5"), "encoder.onnx", "where only (7, 6) is supported"),
    "short mean": (_metadata(neg_mean="1,2,3"), "encoder.onnx", "3 numbers as neg_mean"),
    "no mean": (_metadata(inv_stddev=",".join(["nan"] * 560)), "encoder.onnx", "other than numbers"),
    "other width": (_metadata(encoder_output_size="32"), "encoder.onnx", "?×?×16 for number 1 of its outputs ('enc')"),
    "other blocks": (_metadata(decoder_num_blocks="3"), "decoder.onnx", "6 inputs, where 7 are needed"),
    "other kernel": (_metadata(decoder_kernel_size="9"), "decoder.onnx", "?×16×10 for number 5 of its inputs"),
    "other features": (_tensor("encoder", "input", 0, last=480), "encoder.onnx", "?×?×480 for number 1 of its inputs"),
    "double": (_tensor("encoder", "output", 2, kind=11), "encoder.onnx", "type 11 for number 3"),
    "long lengths": (_tensor("decoder", "input", 3, kind=7), "decoder.onnx", "has int64 for number 4"),
    "no sample_ids": (_edit("decoder", lambda model: model.graph.output.pop(1)), "decoder.onnx", "has 3 outputs"),
    "fewer tokens": (_tokens(lambda text: text[: text.index("un@@")]), "tokens.txt", f"the encoder has {len(SYMBOLS)}"),
    "more tokens": (_tokens(lambda text: f"{text}more {len(SYMBOLS)}\n"), "tokens.txt", "belongs to another model"),
    "a gap": (_tokens(lambda text: text.replace(" 5\n", " 500\n")), "tokens.txt", "belongs to another model"),
    "twice": (_tokens(lambda text: text.replace(" 5\n", " 4\n")), "tokens.txt", "4 twice, the second time in line 6"),
    "no numbers": (_tokens(lambda text: text.replace(" ", "\t")), "tokens.txt", "line 1 is '<blank>\\t0'"),
    "JSON": (_tokens(lambda text: json.dumps(text.split())), "tokens.txt", "not a list of tokens"),
    "GBK": (_tokens(lambda text: text.replace("▁", "").encode("gbk")), "tokens.txt", "not UTF-8 text"),
}


@pytest.mark.parametrize("name", BAD_FOLDERS)
def test_a_bad_folder_is_rejected_at_the_call(name: str, folder: Path) -> None:
    damage, file, reason = BAD_FOLDERS[name]
    damage(folder)
    with pytest.raises(errors.ParameterError) as raised:
        Paraformer(folder)
    message = str(raised.value)
    assert file in message
    assert reason in message
    assert "such as sherpa-onnx-streaming-paraformer-bilingual-zh-en" in message


@pytest.mark.parametrize("file", ["encoder.onnx", "decoder.onnx", "tokens.txt"])
def test_a_randomly_damaged_folder_is_rejected_or_valid(file: str, folder: Path) -> None:
    whole = (folder / file).read_bytes()
    random = np.random.default_rng(0)
    rejected = 0
    for _ in range(150):
        data = bytearray(whole[: random.integers(len(whole))] if random.random() < 0.3 else whole)
        for _ in range(random.integers(1, 20)):
            if data:
                data[random.integers(len(data))] = random.integers(256)
        (folder / file).write_bytes(data)
        try:
            check_model_folder(folder)
        except errors.ParameterError:
            rejected += 1
    assert rejected > 30


# ------------------------------------------------------------------------------------------------- FunASR's own export


@pytest.mark.parametrize("has_fixed_sizes", [True, False])
def test_funasr_s_own_export_is_read_as_it_is(has_fixed_sizes: bool, folder: Path, chinese: Path) -> None:
    expected = finals(recognise(folder, decode_clip(chinese)))
    files = sorted(path.name for path in as_funasr(folder, has_fixed_sizes=has_fixed_sizes).iterdir())
    assert files == ["am.mvn", "decoder_quant.onnx", "model_quant.onnx", "tokens.json"]
    assert finals(recognise(folder, decode_clip(chinese))) == expected
    assert len(expected) >= 2


def _mvn(change: Callable[[str], str]) -> Damage:
    def damage(folder: Path) -> None:
        file = folder / "am.mvn"
        file.write_text(change(file.read_text(encoding="ascii")), encoding="utf-8")

    return damage


BAD_EXPORTS: dict[str, tuple[Damage, str, str]] = {
    "no decoder": (lambda folder: (folder / "decoder_quant.onnx").unlink(), "decoder.onnx", "offline Paraformer"),
    "no am.mvn": (lambda folder: (folder / "am.mvn").unlink(), "model_quant.onnx", "without FunASR's am.mvn beside it"),
    "no tokens": (lambda folder: (folder / "tokens.json").unlink(), "tokens.txt", "is missing, and tokens.json too"),
    "cut encoder": (_cut("model_quant.onnx", 0.7), "model_quant.onnx", "it is cut short"),
    "cut am.mvn": (_cut("am.mvn", 0.6), "am.mvn", "no complete layer <Rescale>"),
    "cut tokens": (_cut("tokens.json", 0.5), "tokens.json", "is not a JSON array of tokens"),
    "an empty list": (_write("tokens.json", b"[]"), "tokens.json", "is an empty list"),
    "no list": (_write("tokens.json", b'{"a": 1}'), "tokens.json", "is not a JSON array of tokens"),
    "no numbers": (_mvn(lambda text: text.replace("-10", "ten", 1)), "am.mvn", "other than numbers"),
    "few numbers": (_mvn(lambda text: text.replace("-10 ", "", 3)), "am.mvn", "557 numbers as <AddShift>"),
    "nan": (_mvn(lambda text: text.replace("0.25", "nan", 1)), "am.mvn", "other than numbers"),
    "not ASCII": (_mvn(lambda text: text.replace("0.25", "二", 1)), "am.mvn", "is not a text of numbers"),
}


@pytest.mark.parametrize("name", BAD_EXPORTS)
def test_a_bad_export_of_funasr_is_rejected_at_the_call(name: str, folder: Path) -> None:
    damage, file, reason = BAD_EXPORTS[name]
    damage(as_funasr(folder))
    with pytest.raises(errors.ParameterError) as raised:
        Paraformer(folder)
    assert file in str(raised.value)
    assert reason in str(raised.value)
    assert "paraformer-nb models fetch paraformer-zh-en" in str(raised.value)


def test_weights_listed_among_the_inputs_are_ignored(folder: Path) -> None:
    weight = onnx.helper.make_tensor_value_info("threshold", 1, [])
    edit(folder, "encoder", lambda model: model.graph.input.append(weight))
    Paraformer(folder)


def test_a_package_that_is_not_installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("onnxruntime", "kaldi_native_fbank"):
        monkeypatch.setitem(sys.modules, name, None)  # marks a module that cannot be imported
    with pytest.raises(
        errors.MissingDependency, match=r"onnxruntime and kaldi_native_fbank.*pip install 'paraformer-nb"
    ):
        Paraformer(folder)
