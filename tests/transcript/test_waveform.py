"""The waveform, assembled from its parts."""

from __future__ import annotations

from paraformer_nb.transcript.waveform import Waveform


def test_parts_of_the_waveform_are_written_at_their_position() -> None:
    waveform = Waveform()
    waveform.write(12.0, b"\x01\x02" * 10)
    waveform.write(12.1, b"\x03\x04" * 10)
    assert (waveform.start, len(waveform)) == (12.0, 20)
    assert bytes(waveform.data) == b"\x01\x02" * 10 + b"\x03\x04" * 10


def test_a_hole_in_the_waveform_is_flat_and_a_repeated_part_overwrites() -> None:
    waveform = Waveform()
    waveform.write(0.0, b"\x01\x02" * 3)
    waveform.write(0.05, b"\x05\x06")
    waveform.write(0.01, b"\x07\x08")
    assert bytes(waveform.data) == b"\x01\x02\x07\x08\x01\x02\x00\x00\x00\x00\x05\x06"
