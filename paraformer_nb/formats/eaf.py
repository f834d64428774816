"""ELAN's annotation format: for each speaker a tier of sentences, and the words within them."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote
from xml.etree import ElementTree

from ..errors import ReadError
from ..text import sanitise
from ..transcript.imported import ImportedWord, share, split_text
from .base import Format, Package, Reading
from .document import Document, Row, by_speaker

_PYMPI = Package("pympi", "pympi-ling", "export", "the format .eaf")
_NO_XML = {0xFFFE: "�", 0xFFFF: "�"}
_MIMES = {".wav": "audio/x-wav", ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".mpg": "video/mpeg"}


def _render(document: Document) -> bytes:
    """Tiers ``sentences`` and ``words``, or ``sentences@NAME`` and ``words@NAME`` where there are speakers; times are
    milliseconds. The clip is linked by its path from the file's folder."""
    pympi = _PYMPI.load()
    eaf = pympi.Elan.Eaf(author="paraformer_nb")
    eaf.remove_tier("default")
    eaf.add_linguistic_type("words", constraints="Included_In", timealignable=True)
    _link_clip(eaf, document)
    for speaker, rows in by_speaker(document.repaired):
        name = None if speaker is None else sanitise(speaker)
        tail = "" if name is None else f"@{name}"
        eaf.add_tier(f"sentences{tail}", part=name)
        eaf.add_tier(f"words{tail}", ling="words", parent=f"sentences{tail}", part=name)
        times = _whole_milliseconds(rows)
        index = 0
        for span in document.spans(rows):
            own = times[index : index + len(span.rows)]
            index += len(span.rows)
            eaf.add_annotation(f"sentences{tail}", own[0][0], own[-1][1], _value(span.text))
            for row, (start, end) in zip(span.rows, own, strict=True):
                eaf.add_annotation(f"words{tail}", start, end, _value(row.text))
    if not document.rows:
        eaf.add_tier("sentences")
    _sort_time_slots(eaf)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f"{head}{pympi.Elan.to_string(eaf)}\n".encode()


def _whole_milliseconds(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Rounded times, in which each word still lasts a millisecond and begins no earlier than the one before ends."""
    times, last = [], 0
    for row in rows:
        start = max(last, round(row.start * 1000))
        last = max(start + 1, round(row.end * 1000))
        times.append((start, last))
    return times


def _value(text: str) -> str:
    return text.translate(_NO_XML)


def _link_clip(eaf: Any, document: Document) -> None:
    clip = document.clip
    if clip is None or clip.path is None:
        return
    path = Path(clip.path)
    kind = _MIMES.get(path.suffix.lower(), "unknown")
    try:
        relative = Path(os.path.relpath(path, os.path.realpath(document.path.parent))).as_posix()
    except ValueError:  # on another drive of Windows
        relative = path.name
    relative = relative if relative.startswith("..") else f"./{relative}"
    if relative != sanitise(relative):  # XML has no such characters; of the name's bytes, escapes are left
        relative = _escaped(relative)
    eaf.add_linked_file(f"file://{_escaped(path.as_posix())}", relpath=relative, mimetype=kind)


def _escaped(path: str) -> str:
    """A path as a part of a URL; a name of bytes that are not UTF-8 keeps these."""
    return quote(os.fsencode(path))


def _sort_time_slots(eaf: Any) -> None:
    """Number the time slots by time: ELAN shows a file whose slots are not in order, but other programs do not."""
    order = sorted(eaf.timeslots.items(), key=lambda slot: slot[1])
    names = {old: f"ts{number}" for number, (old, _) in enumerate(order, start=1)}
    eaf.timeslots = {names[old]: time for old, time in order}
    for aligned, *_ in eaf.tiers.values():
        for key, (start, end, *rest) in list(aligned.items()):
            aligned[key] = (names[start], names[end], *rest)


def _read(data: bytes) -> Reading:
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError) as error:
        raise ReadError(f"this is not an EAF file, or a torn one: {error}.") from error
    try:
        slots = {
            slot.get("TIME_SLOT_ID"): float(slot.get("TIME_VALUE", "nan")) / 1000
            for slot in root.iterfind("TIME_ORDER/TIME_SLOT")
        }
    except ValueError as error:
        raise ReadError(f"this EAF file has a time slot that is not a number: {error}.") from error
    tiers = {tier.get("TIER_ID", ""): tier for tier in root.iterfind("TIER")}
    parents = {tier.get("PARENT_REF") for tier in tiers.values() if _annotations(tier, slots)}
    words: list[ImportedWord] = []
    for name, tier in tiers.items():
        if name in parents:  # its words are in the tier below
            continue
        parent = tiers.get(tier.get("PARENT_REF", ""))
        words += _words_of(tier, parent, slots, max((word.sentence for word in words), default=0))
    if not words and not tiers:
        raise ReadError("this XML has no tiers: it is not an EAF file.")
    return Reading(words, "EAF", _linked(root))


def _words_of(
    tier: ElementTree.Element, parent: ElementTree.Element | None, slots: dict[str | None, float], before: int
) -> list[ImportedWord]:
    speaker = tier.get("PARTICIPANT") or None
    is_words = tier.get("TIER_ID", "").lower().startswith("word")
    ends = [each.end for each in _annotations(parent, slots)] if parent is not None else []
    words: list[ImportedWord] = []
    index = 0
    for number, (start, end, text, is_timed) in enumerate(_annotations(tier, slots), start=1):
        while index < len(ends) and ends[index] <= start:
            index += 1
        sentence = before + (index + 1 if ends else number)
        each = [text] if is_words else split_text(text)
        if len(each) == 1:
            own = sentence if ends or not is_words else 0
            words.append(ImportedWord(each[0], start, end, own, speaker=speaker, is_timed=is_timed))
        else:
            words += share(each, start, end, sentence=sentence, speaker=speaker)
    return words


class _Annotation(NamedTuple):
    """A text and its times in seconds; NaN where they are not known. `is_timed`: whether the file has both of them."""

    start: float
    end: float
    text: str
    is_timed: bool


def _annotations(tier: ElementTree.Element, slots: dict[str | None, float]) -> list[_Annotation]:
    """The annotations of a tier that have a text and time slots, by start."""
    annotations = list(tier.iterfind("ANNOTATION/ALIGNABLE_ANNOTATION"))
    spans = [(each.get("TIME_SLOT_REF1"), each.get("TIME_SLOT_REF2")) for each in annotations]
    filled = _filled(slots, dict(spans))
    found = []
    for each, (first, last) in zip(annotations, spans, strict=True):
        text = (each.findtext("ANNOTATION_VALUE") or "").strip()
        if text:
            is_timed = first in slots and last in slots and not math.isnan(slots[first] + slots[last])
            found.append(_Annotation(filled.get(first, math.nan), filled.get(last, math.nan), text, is_timed))
    return sorted(found, key=lambda each: math.inf if math.isnan(each.start) else each.start)


def _filled(slots: dict[str | None, float], following: dict[str | None, str | None]) -> dict[str | None, float]:
    """The slots of a tier, also those without a time, which lie evenly between the ones around them: annotations that
    subdivide another one are often not aligned. `following`: the slot at which the annotation of each one ends."""
    filled = slots.copy()
    for first in following:
        if math.isnan(slots.get(first, math.nan)):
            continue
        chain = [first]
        while (after := following.get(chain[-1])) in slots and len(chain) <= len(following):
            chain.append(after)
            if not math.isnan(slots[after]):
                break
        start, end = slots[first], slots[chain[-1]]
        if not math.isnan(end):
            filled |= {slot: start + (end - start) * n / (len(chain) - 1) for n, slot in enumerate(chain[1:-1], 1)}
    return filled


def _linked(root: ElementTree.Element) -> str | None:
    media = root.find("HEADER/MEDIA_DESCRIPTOR")
    address = "" if media is None else media.get("RELATIVE_MEDIA_URL") or media.get("MEDIA_URL") or ""
    return Path(unquote(address)).name or None


FORMAT = Format("eaf", (".eaf",), "tiers for ELAN (EAF)", (), _render, read_binary=_read, package=_PYMPI)
