"""Damaged files of every container and codec, in child processes: no crash, no hang, no flood of memory or silence, and
no other error than AudioError (or ParameterError, for a start that the damaged clip no longer has).

    pytest -m campaign -n 0 -s tests/audio/test_mutations.py
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import mutated_reader
import pytest
from timed_clips import FORMS, Form, make_clip

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no resource limits")

SHORT = [form for form in FORMS if form.name in ("mp4-aac-frag_keyframe+empty_moov-500000", "matroska-aac")]
SHORT += [form for form in FORMS if form.name in ("wav-adpcm_ms", "caf-alac", "ogg-libopus")]


def read_mutations(form: Form, folder: Path, first: int, last: int) -> dict[str, Any]:
    """The totals of the child process; fails with the seed where it found a fault."""
    path = folder / "clip"
    path.write_bytes(make_clip(form, [0.3, 1.1], 2.0, has_picture=bool(form.picture)))
    command = [sys.executable, mutated_reader.__file__, str(path), str(first), str(last)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    faults = [line for line in lines if "fault" in line]
    assert not faults, f"{form.name}: {faults}"
    assert done.returncode == 0, f"{form.name}: exit {done.returncode} after {done.stderr[-1500:]}"
    return dict(lines[-1])


@pytest.mark.parametrize("form", SHORT, ids=lambda form: form.name)
def test_a_few_damaged_files_raise_only_audio_errors(form: Form, tmp_path: Path) -> None:
    assert sum(read_mutations(form, tmp_path, 0, 12)["total"].values()) == 12


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_hundreds_of_damaged_files_of_each_form_raise_only_audio_errors(form: Form, tmp_path: Path) -> None:
    print(f"\n{form.name}: {read_mutations(form, tmp_path, 1000, 1300)}")  # noqa: T201 - a campaign's total
