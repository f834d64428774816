"""The table of models: their files with sizes and hashes, their licences, and the hubs that have them.

Sizes and hashes were read from several independent projects that agree on them. A table of one's own, such as for a
mirror of an institute, is a JSON file with a list of `Model`s, named by the variable `PARAFORMER_NB_MODEL_TABLE`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from ..errors import ParameterError
from ..paths import expand

TABLE_VARIABLE = "PARAFORMER_NB_MODEL_TABLE"


class ModelFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a model. `size` in bytes; `sha256` in hexadecimal digits."""

    name: str
    size: int
    sha256: str


class Repository(Struct, frozen=True, forbid_unknown_fields=True):
    """A repository of a hub that has the files, at a fixed revision where the hub has such."""

    hub: Literal["huggingface", "modelscope"]
    id: str
    revision: str


class Archive(Struct, frozen=True, forbid_unknown_fields=True):
    """A tar archive that has the files in one of its folders."""

    url: str
    folder: str
    size: int
    sha256: str


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    """A model.

    Attributes:
        name: such as ``paraformer-zh-en``.
        kind: what it is for.
        summary: a few words.
        licence: its name.
        source: the page that describes it.
        files: all that is needed of it.
        repositories, archive: where the files are, in the order in which that is tried.
        folder_name: of the folder that users unpack themselves; may be empty.
    """

    name: str
    kind: Literal["paraformer", "punctuation"]
    summary: str
    licence: str
    source: str
    files: tuple[ModelFile, ...]
    repositories: tuple[Repository, ...]
    archive: Archive | None = None
    folder_name: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def archive_file(self) -> ModelFile | None:
        """The archive as a file with the last part of its address as its name."""
        if self.archive is None:
            return None
        return ModelFile(self.archive.url.rpartition("/")[2], self.archive.size, self.archive.sha256)


_PUNCTUATION = "sherpa-onnx-punct-ct-transformer-zh-en-vocab272727-2024-04-12-int8"
_MODELS = (
    Model(
        name="paraformer-zh-en",
        kind="paraformer",
        summary="streaming Paraformer, Chinese and English, exported for sherpa-onnx",
        licence="Apache-2.0",
        source="https://huggingface.co/csukuangfj/sherpa-onnx-streaming-paraformer-bilingual-zh-en",
        files=(
            ModelFile(
                "encoder.int8.onnx", 165_462_184, "81a70226a8934e6ed92aa1d4fc486b428b5398e2f2619ed4897b7294cab90e9a"
            ),
            ModelFile(
                "decoder.int8.onnx", 71_664_561, "f3cca9f77bb9d93c8fcbfb63ae617b6b1ee96818df3aa3b151c40658fe38594f"
            ),
            ModelFile("tokens.txt", 75_756, "59aba8873a2ed1e122c25fee421e25f283b63290efbde85c1f01a853d83cb6e6"),
        ),
        repositories=(
            Repository(
                "huggingface",
                "csukuangfj/sherpa-onnx-streaming-paraformer-bilingual-zh-en",
                "8e40c43232a1c5c66c82111efc5820d3accca11b",
            ),
        ),
        folder_name="sherpa-onnx-streaming-paraformer-bilingual-zh-en",
    ),
    Model(
        name="paraformer-zh",
        kind="paraformer",
        summary="streaming Paraformer, Chinese, FunASR's own export",
        licence="Apache-2.0; FunASR Model License 1.1 (attribution)",
        source="https://modelscope.cn/models/iic/speech_paraformer-large_asr_nat-zh-cn-16k-common-vocab8404-online-onnx",
        files=(
            ModelFile(
                "model_quant.onnx", 166_350_528, "dd4121cf45102018c26f9256f0b862df416edfcd06b0863ef4ce378a63c7d5e2"
            ),
            ModelFile(
                "decoder_quant.onnx", 71_867_274, "873d21ee80c7345bfc27944b843699fe16bba021fd020747d38aef2dfc103681"
            ),
            ModelFile("am.mvn", 11_203, "29b3c740a2c0cfc6b308126d31d7f265fa2be74f3bb095cd2f143ea970896ae5"),
            ModelFile("tokens.json", 93_676, "2b20c2b12572d682afff84ce1c8d560f67b8b32a4c1f21567411d141ed352127"),
        ),
        repositories=(
            Repository(
                "modelscope",
                "iic/speech_paraformer-large_asr_nat-zh-cn-16k-common-vocab8404-online-onnx",
                "master",  # its API has branches and tags only; the hashes fix the content
            ),
        ),
        folder_name="speech_paraformer-large_asr_nat-zh-cn-16k-common-vocab8404-online-onnx",
    ),
    Model(
        name="punctuation-zh-en",
        kind="punctuation",
        summary="CT-Transformer, punctuation for Chinese and English sentences",
        licence="Apache-2.0",
        source="https://modelscope.cn/models/iic/punc_ct-transformer_zh-cn-common-vocab272727-pytorch",
        files=(
            ModelFile(
                "model.int8.onnx", 75_519_198, "65a3fb9f5ad7bfb96bf69e0dc4481df97f6ee60513c1d94ce981ba6effd524b1"
            ),
        ),
        repositories=(
            Repository("modelscope", f"ranger810/{_PUNCTUATION}", "8177426a1240345bd35b21616475ddcf425d5288"),
        ),
        archive=Archive(
            f"https://github.com/k2-fsa/sherpa-onnx/releases/download/punctuation-models/{_PUNCTUATION}.tar.bz2",
            _PUNCTUATION,
            64_717_756,
            "c0d5aa5f8eeb686032345e180bedf39319dc2e0556781c6264bcadba8328a6e1",
        ),
        folder_name=_PUNCTUATION,
    ),
)


def models() -> dict[str, Model]:
    """All models by name: those of the user's own table first, then ours. Raises ParameterError for a bad table."""
    own = _own_table()
    return {model.name: model for model in own} | {
        model.name: model for model in _MODELS if model.name not in {each.name for each in own}
    }


def get_model(name: str) -> Model:
    """A model by its name. Raises ParameterError."""
    known = models()
    if name not in known:
        raise ParameterError(f"unknown model {name!r}. Known: {', '.join(known)}.")
    return known[name]


def _own_table() -> list[Model]:
    text = os.environ.get(TABLE_VARIABLE)
    if not text:
        return []
    path = expand(text)
    try:
        table = msgspec.json.decode(Path(path).read_bytes(), type=list[Model])
    except OSError as error:
        raise ParameterError(f"{TABLE_VARIABLE}={text!r}: the file cannot be read: {error.strerror}.") from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise ParameterError(f"{TABLE_VARIABLE}={text!r} is not a table of models: {error}.") from error
    for model in table:
        for name in (model.name, *(file.name for file in model.files)):
            if not name or Path(name).name != name or name.startswith("."):
                raise ParameterError(f"{TABLE_VARIABLE}={text!r}: {name!r} cannot be the name of a model or a file.")
    return table
