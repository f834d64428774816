"""ELAN's annotation format: for each speaker a tier of sentences, and the words within them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
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
    slots = {
        slot.get("TIME_SLOT_ID"): float(slot.get("TIME_VALUE", "nan")) / 1000
        for slot in root.iterfind("TIME_ORDER/TIME_SLOT")
    }
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
    ends = [end for _, end, _ in _annotations(parent, slots)] if parent is not None else []
    words: list[ImportedWord] = []
    index = 0
    for number, (start, end, text) in enumerate(_annotations(tier, slots), start=1):
        while index < len(ends) and ends[index] <= start:
            index += 1
        sentence = before + (index + 1 if ends else number)
        each = [text] if is_words else split_text(text)
        if len(each) == 1:
            words.append(ImportedWord(each[0], start, end, sentence if ends or not is_words else 0, speaker=speaker))
        else:
            words += share(each, start, end, sentence=sentence, speaker=speaker)
    return words


def _annotations(tier: ElementTree.Element, slots: dict[str | None, float]) -> list[tuple[float, float, str]]:
    """The annotations of a tier that have times and a text, by start."""
    found = []
    for each in tier.iterfind("ANNOTATION/ALIGNABLE_ANNOTATION"):
        start, end = (slots.get(each.get(name), float("nan")) for name in ("TIME_SLOT_REF1", "TIME_SLOT_REF2"))
        text = (each.findtext("ANNOTATION_VALUE") or "").strip()
        if text and start <= end:
            found.append((start, end, text))
    return sorted(found)


def _linked(root: ElementTree.Element) -> str | None:
    media = root.find("HEADER/MEDIA_DESCRIPTOR")
    address = "" if media is None else media.get("RELATIVE_MEDIA_URL") or media.get("MEDIA_URL") or ""
    return Path(unquote(address)).name or None


FORMAT = Format("eaf", (".eaf",), "tiers for ELAN (EAF)", (), _render, read_binary=_read, package=_PYMPI)
