"""Writes `static/timeline/messages.js`: the contract of `messages.py`, as JSDoc types and constants.

    python -m paraformer_nb.widgets.typedefs

A test holds the committed file against what this writes.
"""

from __future__ import annotations

import ast
import inspect
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..transcript.corrections import MAX_TEXT
from ..transcript.words import DOUBTFUL_BELOW
from . import messages

FILE = Path(__file__).parent / "static" / "timeline" / "messages.js"

_HEAD = "// Written by paraformer_nb/widgets/typedefs.py from messages.py, which documents when each message is sent.\n"
_CONSTANTS = {
    "DOUBTFUL_BELOW": (DOUBTFUL_BELOW, "A word of less confidence is doubtful."),
    "MAX_TEXT": (MAX_TEXT, "Characters that a corrected word may have."),
}
_PRIMITIVES: dict[Any, str] = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
_UNIONS = ("ToFrontEnd", "FromFrontEnd")
_ROW = "Row"  # how the name of a struct that travels as an array ends


def typedefs() -> str:
    """The text of `messages.js`."""
    parts = [f"/** {text} */\nexport const {name} = {value};\n" for name, (value, text) in _CONSTANTS.items()]
    parts.append(f"/** @typedef {{{_type(messages.RunStateName)}}} RunStateName */\n")
    for struct in _structs():
        parts += _rows(struct) if struct.__struct_config__.array_like else [_object(struct, struct.__name__)]
    parts += [f"/** @typedef {{{_type(getattr(messages, name))}}} {name} */\n" for name in _UNIONS]
    return "\n".join([_HEAD, *parts])


def _structs() -> list[type[msgspec.Struct]]:
    """The structs of `messages.py`, in its order."""
    own = [each for each in vars(messages).values() if inspect.isclass(each) and each.__module__ == messages.__name__]
    return [each for each in own if issubclass(each, msgspec.Struct) and each is not messages.MessageHead]


def _object(struct: type[msgspec.Struct], name: str) -> str:
    """The typedef of an object with the struct's fields."""
    config = struct.__struct_config__
    lines = [f" * {line}".rstrip() for line in inspect.cleandoc(struct.__doc__ or "").splitlines()]
    lines.append(f" * @typedef {{object}} {name}")
    if config.tag is not None:
        lines.append(f' * @property {{"{config.tag}"}} kind')
    texts = _field_texts(struct)
    for field in _fields(struct):
        shown = f"[{field.name}]" if config.omit_defaults and not field.required else field.name
        lines.append(f" * @property {{{_type(field.type)}}} {shown} {texts.get(field.name, '')}".rstrip())
    return "\n".join(["/**", *lines, " */\n"])


def _rows(struct: type[msgspec.Struct]) -> Iterator[str]:
    """The typedefs of an array and of an object with the struct's fields, and the functions that convert them."""
    row, name = struct.__name__, struct.__name__.removesuffix(_ROW)
    fields = _fields(struct)
    names = ", ".join(field.name for field in fields)
    yield _object(struct, name)
    yield f"/** @typedef {{[{', '.join(f'{field.name}: {_type(field.type)}' for field in fields)}]}} {row} */\n"
    yield (
        f"/**\n * @param {{{row}}} row\n * @returns {{{name}}}\n */\n"
        f"export function read{name}([{names}]) {{\n  return {{ {names} }};\n}}\n"
    )
    yield (
        f"/**\n * @param {{{name}}} {name.lower()}\n * @returns {{{row}}}\n */\n"
        f"export function write{name}({{ {names} }}) {{\n  return [{names}];\n}}\n"
    )


class _Field(typing.NamedTuple):
    name: str
    type: Any
    required: bool


def _fields(struct: type[msgspec.Struct]) -> list[_Field]:
    hints = typing.get_type_hints(struct)
    return [_Field(field.name, hints[field.name], field.required) for field in msgspec.structs.fields(struct)]


def _field_texts(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The string under each field, which Python itself drops."""
    (definition,) = ast.parse(inspect.getsource(struct)).body
    assert isinstance(definition, ast.ClassDef)
    texts = {}
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(field.target, ast.Name):
            texts[field.target.id] = " ".join(str(ast.literal_eval(text.value)).split())
    return texts


def _type(hint: Any) -> str:
    """A Python type as TypeScript writes it."""
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if typing.get_origin(hint) is list:
        return f"{_type(arguments[0])}[]"
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return " | ".join(map(_type, arguments))
    return _PRIMITIVES.get(hint) or str(hint.__name__)


if __name__ == "__main__":
    FILE.write_text(typedefs(), encoding="utf-8")
