"""A network that punctuates by rules: it has the inputs, outputs and metadata of the CT-Transformer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, parser

TOKENS = ["<blank>", "<unk>", "今", "天", "hello", "world", "我", "们", "unbelievable", "好"]
MARKS = ["<unk>", "_", "，", "。", "？", "、"]
AFTER = {"天": "，", "world": "，", "们": "？", "unbelievable": "、"}
"""The mark that it puts after a word."""

_GRAPH = """
<ir_version: 8, opset_import: ["" : 13]>
punctuate (int32[B,T] text, int32[B] lengths) => (float[B,T,6] scores) {
    scores = Gather(table, text)
}
"""


def build(folder: Path) -> Path:
    """Write the network to a folder, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    table = np.zeros((len(TOKENS), len(MARKS)), np.float32)
    for number, token in enumerate(TOKENS):
        table[number, MARKS.index(AFTER.get(token, "_"))] = 5
    model = parser.parse_model(_GRAPH)
    model.graph.initializer.append(numpy_helper.from_array(table, "table"))
    onnx.helper.set_model_props(
        model,
        {"tokens": "|".join(TOKENS), "punctuations": "|".join(MARKS), "unk_symbol": "<unk>", "vocab_size": "10"},
    )
    onnx.checker.check_model(model)
    onnx.save(model, folder / "model.int8.onnx")
    return folder
