"""What an ONNX file says of itself, read without loading it: its metadata, its inputs and its outputs.

An ONNX file is one protobuf message, and protobuf messages can be walked over: each field says how long it is. So the
weights, nearly all of the file, are jumped over, and a file of any size is looked at in milliseconds. The numbers of
the fields are those of ``onnx.proto``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

FLOAT, INT32, INT64 = 1, 6, 7
"""Element types of tensors, by ONNX's own numbers."""

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5  # how a field is stored
_LONGEST_TEXT = 2**20  # bytes; no name and no piece of metadata comes near


class Tensor(NamedTuple):
    """An input or output. A size in `shape` is None where it is free; `shape` is None where nothing is said of it."""

    name: str
    type: int
    shape: tuple[int | None, ...] | None


class Header(NamedTuple):
    """What a file says of itself."""

    metadata: dict[str, str]
    inputs: list[Tensor]
    outputs: list[Tensor]


class _Span(NamedTuple):
    """Where in the file a field of some length lies."""

    start: int
    stop: int


def read_header(path: Path) -> Header:
    """The file's header. Raises ValueError where it is no whole ONNX file, OSError where it cannot be read."""
    with path.open("rb") as file:
        whole = _Span(0, path.stat().st_size)
        metadata: dict[str, str] = {}
        graph: _Span | None = None
        for number, value in _fields(file, whole):
            if number == 14:
                entry = dict(_fields(file, value))
                metadata[_text(file, entry.get(1))] = _text(file, entry.get(2))
            elif number == 7:
                graph = _span(value)
        if graph is None:
            raise ValueError("it holds no network")
        return Header(metadata, *_ends(file, graph))


def _ends(file: BinaryIO, graph: _Span) -> tuple[list[Tensor], list[Tensor]]:
    """The graph's inputs and outputs. Old files list their weights among the inputs: these are left out."""
    inputs, outputs, weights = [], [], set()
    for number, value in _fields(file, graph):
        if number == 5:
            weights.add(_text(file, dict(_fields(file, value)).get(8)))
        elif number == 11:
            inputs.append(_tensor(file, value))
        elif number == 12:
            outputs.append(_tensor(file, value))
    return [tensor for tensor in inputs if tensor.name not in weights], outputs


def _tensor(file: BinaryIO, place: int | _Span) -> Tensor:
    value = dict(_fields(file, place))
    kind = dict(_fields(file, value[2])) if 2 in value else {}
    tensor = dict(_fields(file, kind[1])) if 1 in kind else {}
    shape = None
    if 2 in tensor:
        sizes = [dict(_fields(file, size)).get(1) for number, size in _fields(file, tensor[2]) if number == 1]
        shape = tuple(size if isinstance(size, int) else None for size in sizes)
    element = tensor.get(1, 0)
    return Tensor(_text(file, value.get(1)), element if isinstance(element, int) else 0, shape)


def _fields(file: BinaryIO, place: int | _Span) -> Iterator[tuple[int, int | _Span]]:
    """A message's fields: their numbers, and their values, or where these lie. The file may be read meanwhile."""
    at, stop = _span(place)
    while at < stop:
        file.seek(at)
        key = _varint(file)
        number, stored = key >> 3, key & 7
        value: int | _Span = 0
        if stored == _VARINT:
            value = _varint(file)
            at = file.tell()
        elif stored == _LENGTH:
            length = _varint(file)
            value = _Span(file.tell(), file.tell() + length)
            at = value.stop
        elif stored in (_EIGHT_BYTES, _FOUR_BYTES):
            at = file.tell() + (8 if stored == _EIGHT_BYTES else 4)
        else:
            raise ValueError("it is no ONNX file")
        if number == 0:
            raise ValueError("it is no ONNX file")
        if at > stop:
            raise ValueError("it is cut short, or no ONNX file")
        yield number, value


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            raise ValueError("it is cut short, or no ONNX file")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("it is no ONNX file")


def _span(value: int | _Span) -> _Span:
    if not isinstance(value, _Span):
        raise ValueError("it is no ONNX file")
    return value


def _text(file: BinaryIO, value: int | _Span | None) -> str:
    if value is None:
        return ""
    start, stop = _span(value)
    if stop - start > _LONGEST_TEXT:
        raise ValueError("it is no ONNX file")
    file.seek(start)
    return file.read(stop - start).decode()
