"""TextGrid and EAF: whole files, and what Praat and other programs read in them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from nasty import NASTY, shown, whole
from records import fold, result

import paraformer_nb as pnb
from paraformer_nb.errors import AudioError
from paraformer_nb.formats.export import export, write_words
from paraformer_nb.journal.records import Gap
from paraformer_nb.tables.words import words_table

SMALL = pd.DataFrame(
    {
        "text": ['say "x"', "<a>&b", "zero"],
        "punctuation": [".", "", ""],
        "start": [0.5, 0.9, 2.0],
        "end": [1.0, 1.5, 2.0],
    }
)
TEXTGRID = """\
File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2.01
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 2.01
        intervals: size = 5
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 0.9
            text = "say ""x""."
        intervals [3]:
            xmin = 0.9
            xmax = 1.5
            text = "<a>&b"
        intervals [4]:
            xmin = 1.5
            xmax = 2
            text = ""
        intervals [5]:
            xmin = 2
            xmax = 2.01
            text = "zero"
    item [2]:
        class = "IntervalTier"
        name = "sentences"
        xmin = 0
        xmax = 2.01
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 0.9
            text = "say ""x""."
        intervals [3]:
            xmin = 0.9
            xmax = 1.5
            text = "<a>&b"
        intervals [4]:
            xmin = 1.5
            xmax = 2.01
            text = "zero"
"""


def test_a_whole_textgrid(tmp_path: Path) -> None:
    table = SMALL.assign(sentence_id=[1, 2, 3])
    written = write_words(tmp_path / "a.TextGrid", table)
    text = "\n".join(line.rstrip() for line in whole(written.path).split("\n"))
    expected = TEXTGRID.replace("size = 4", "size = 5").replace(
        '            xmin = 1.5\n            xmax = 2.01\n            text = "zero"',
        '            xmin = 1.5\n            xmax = 2\n            text = ""\n        intervals [5]:\n'
        '            xmin = 2\n            xmax = 2.01\n            text = "zero"',
    )
    assert text.rstrip() == expected.rstrip()
    assert written.summary == "1 overlap trimmed, 1 zero-length word widened"
    changes = written.changes
    assert changes["before"].tolist() == ["0.500-1.000", "2.000-2.000"]
    assert changes["after"].tolist() == ["0.500-0.900", "2.000-2.010"]
    assert changes["row"].tolist() == [0, 2]


def test_praat_reads_the_tiers(tmp_path: Path) -> None:
    parselmouth = pytest.importorskip("parselmouth", reason="Praat itself, of the test extra")
    path = write_words(tmp_path / "a.TextGrid", NASTY).path
    grid = parselmouth.read(str(path))
    call = parselmouth.praat.call
    names = [call(grid, "Get tier name", number) for number in range(1, call(grid, "Get number of tiers") + 1)]
    assert names == ["ann - words", "ann - sentences", "bo b - words", "bo b - sentences", "words", "sentences"]
    labels = [
        call(grid, "Get label of interval", 1, number)
        for number in range(1, call(grid, "Get number of intervals", 1) + 1)
    ]
    assert labels == ["Hello,", "say", "a<b>&c", ""]
    assert call(grid, "Get end time") == 3.4
    assert call(grid, "Get label of interval", 5, 3) == '"天气"。'
    # Praat writes it in its own ways, which are read again
    for command, name in (("Save as short text file", "short"), ("Save as text file", "long")):
        call(grid, command, str(tmp_path / f"{name}.TextGrid"))
        assert shown(pnb.read_words(tmp_path / f"{name}.TextGrid")) == shown(pnb.read_words(path))


def test_the_length_is_the_clip_s_and_gaps_are_a_tier(tmp_path: Path) -> None:
    transcript = fold(result("Good morning.", 0, 900), Gap(3.0, 10.0, 12.5, "lost"))

    def no_audio() -> None:
        raise AudioError("there is nothing to play.")

    words = words_table(transcript.sentences, transcript)
    path = export(transcript, words, tmp_path / "a.TextGrid", no_audio, {}).path  # type: ignore[arg-type]
    part = export(transcript, words, tmp_path / "b.TextGrid", no_audio, {}, given=words[:1]).path  # type: ignore[arg-type]
    assert "xmax = 40" in whole(part).split("tiers?")[0]
    text = whole(path)
    assert "xmax = 40" in text.split("tiers?")[0]
    assert text.count("<not recognised>") == 1
    read = pnb.read_words(path)
    assert shown(read) == ["Good", "morning."]
    assert read["sentence_id"].tolist() == [1, 1]


def test_a_tier_of_any_name_is_read(tmp_path: Path) -> None:
    text = (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n3\n<exists>\n2\n'
        '"IntervalTier"\n"Anna"\n0\n3\n2\n0\n2\n"guten Morgen"\n2\n3\n""\n'
        '"TextTier"\n"bells"\n0\n3\n1\n1.5\n"ding"\n'
    )
    for encoding in ("utf-8", "utf-16", "utf-8-sig"):
        (tmp_path / "a.TextGrid").write_bytes(text.encode(encoding))
        words = pnb.read_words(tmp_path / "a.TextGrid")
        assert shown(words) == ["guten", "Morgen"]
        assert words["end"].iloc[-1] == 2.0
    (tmp_path / "a.TextGrid").write_bytes(text.replace("guten", "schöne grüße").encode("mac_roman"))
    assert shown(pnb.read_words(tmp_path / "a.TextGrid", encoding="mac_roman"))[:2] == ["schöne", "grüße"]


@pytest.mark.parametrize("name", ["a.TextGrid", "a.eaf"])
def test_what_is_none_is_refused(name: str, tmp_path: Path) -> None:
    whole_file = write_words(tmp_path / name, NASTY).path.read_bytes()
    for data in (b"", b"hello", whole_file[: len(whole_file) // 2], b"<a/>"):
        (tmp_path / f"torn{Path(name).suffix}").write_bytes(data)
        with pytest.raises(pnb.errors.ReadError):
            pnb.read_words(tmp_path / f"torn{Path(name).suffix}")


EAF = """\
<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="paraformer_nb" DATE="" VERSION="2.8" FORMAT="2.8" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv2.8.xsd">
<HEADER>
<MEDIA_DESCRIPTOR MEDIA_URL="file:///there/a%20b.wav" RELATIVE_MEDIA_URL="RELATIVE" MIME_TYPE="audio/x-wav" />
<PROPERTY NAME="lastUsedAnnotation">0</PROPERTY>
</HEADER>
<TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="500" />
<TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="500" />
<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="900" />
<TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="900" />
<TIME_SLOT TIME_SLOT_ID="ts5" TIME_VALUE="1500" />
<TIME_SLOT TIME_SLOT_ID="ts6" TIME_VALUE="2000" />
<TIME_SLOT TIME_SLOT_ID="ts7" TIME_VALUE="2010" />
<TIME_SLOT TIME_SLOT_ID="ts8" TIME_VALUE="2010" />
</TIME_ORDER>
<TIER TIER_ID="sentences" LINGUISTIC_TYPE_REF="default-lt">
<ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts7">
<ANNOTATION_VALUE>say "x". &lt;a&gt;&amp;b zero</ANNOTATION_VALUE>
</ALIGNABLE_ANNOTATION>
</ANNOTATION>
</TIER>
<TIER TIER_ID="words" LINGUISTIC_TYPE_REF="words" PARENT_REF="sentences">
<ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
<ANNOTATION_VALUE>say "x".</ANNOTATION_VALUE>
</ALIGNABLE_ANNOTATION>
</ANNOTATION>
<ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a4" TIME_SLOT_REF1="ts4" TIME_SLOT_REF2="ts5">
<ANNOTATION_VALUE>&lt;a&gt;&amp;b</ANNOTATION_VALUE>
</ALIGNABLE_ANNOTATION>
</ANNOTATION>
<ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a5" TIME_SLOT_REF1="ts6" TIME_SLOT_REF2="ts8">
<ANNOTATION_VALUE>zero</ANNOTATION_VALUE>
</ALIGNABLE_ANNOTATION>
</ANNOTATION>
</TIER>
"""


def test_a_whole_eaf(tmp_path: Path) -> None:
    written = write_words(tmp_path / "a.eaf", SMALL.assign(sentence_id=1), clip="/there/a b.wav")
    text = re.sub(r'DATE="[^"]*"', 'DATE=""', whole(written.path))
    text = re.sub(r'RELATIVE_MEDIA_URL="[./]*there/a b.wav"', 'RELATIVE_MEDIA_URL="RELATIVE"', text)
    lines = [line.strip() for line in text[: text.index("<LINGUISTIC_TYPE")].splitlines()]
    assert lines[: len(EAF.splitlines())] == EAF.splitlines()
    assert written.summary == "1 overlap trimmed, 1 zero-length word widened"


def test_an_eaf_as_another_parser_reads_it(tmp_path: Path) -> None:
    pympi = pytest.importorskip("pympi", reason="of the test extra")
    path = write_words(tmp_path / "a.eaf", NASTY).path
    eaf = pympi.Elan.Eaf(str(path))
    assert set(eaf.get_tier_names()) == {
        "sentences@ann",
        "words@ann",
        "sentences@bo b",
        "words@bo b",
        "sentences",
        "words",
    }
    assert [each[:3] for each in eaf.get_annotation_data_for_tier("words@bo b")] == [
        (1000, 1200, "-->"),
        (1200, 1500, "{\\i1}"),
    ]
    root = ElementTree.parse(path).getroot()
    slots = [int(slot.get("TIME_VALUE") or -1) for slot in root.iter("TIME_SLOT")]
    assert slots == sorted(slots)
    included = {kind.get("LINGUISTIC_TYPE_ID"): kind.get("CONSTRAINTS") for kind in root.iter("LINGUISTIC_TYPE")}
    assert included["words"] == "Included_In"


def test_the_clip_is_linked_from_the_file_s_folder(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    path = write_words(tmp_path / "a.eaf", SMALL, clip=tmp_path / "clips" / "talk.wav").path
    assert 'RELATIVE_MEDIA_URL="./clips/talk.wav"' in whole(path)
    assert pnb.read_words(path).attrs["clip"] == "talk.wav"


def test_speach_reads_the_eaf(tmp_path: Path) -> None:
    """pympi writes the file, so a parser of another house reads it."""
    elan = pytest.importorskip("speach.elan", reason="of the test extra")
    eaf = elan.read_eaf(str(write_words(tmp_path / "a.eaf", NASTY).path))
    tiers = {tier.ID: [(each.from_ts.sec, each.to_ts.sec, each.value) for each in tier] for tier in eaf}
    assert tiers["words@bo b"] == [(1.0, 1.2, "-->"), (1.2, 1.5, "{\\i1}")]
    assert tiers["sentences@bo b"] == [(1.0, 1.5, "--> {\\i1}")]
    assert [value for *_, value in tiers["words"]] == ["今天", '"天气"。', "tab here."]
    assert eaf["words@ann"].parent_ref == "sentences@ann"
