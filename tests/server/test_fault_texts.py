"""Faults written as texts: they are checked when the service is created."""

from __future__ import annotations

from typing import Any

import pytest
from wire import LESSON

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError
from paraformer_nb.server.faults import FAULTS, parse_fault


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "unknown fault ''. Known: refuse, mute, drop"),
        ("crash", "unknown fault 'crash'"),
        ("Drop", "unknown fault 'Drop'"),
        ("drop:loudly", "drop takes .*how="),
        ("drop:=3", "drop takes"),
        ("mute:events=3", "mute takes times="),
        ("duplicate:lasting=1", "duplicate takes times="),
        ("drop:events", "drop takes seconds=, bytes=, events=, how="),
        ("drop:events=", "events"),
        ("drop:events=soon", "events"),
        ("drop:events=-1", "events"),
        ("drop:events=1.5", "events"),
        ("drop:bytes=-1", "bytes"),
        ("drop:seconds=-1", "seconds"),
        ("drop:seconds=nan", "seconds"),
        ("drop:seconds=1e9", "seconds"),
        ("drop:how=slowly", "how"),
        ("drop:times=0", "times"),
        ("drop:code=999", "999"),
        ("drop:code=1005", "1005"),
        ("drop:code=1006", "1006"),
        ("drop:code=5000", "5000"),
        ("drop:reason=" + "再" * 42, "123 bytes"),
        ("fail:code=", "code"),
        ("drop:lasting=-1", "lasting"),
        ("stall:lasting=-1", "lasting"),
        ("delay:lasting=3601", "lasting"),
        ("refuse:status=200", "200"),
        ("refuse:status=499", "499"),
        ("refuse:status=x", "status"),
    ],
)
def test_an_invalid_fault_is_refused_with_the_problem(text: str, problem: str) -> None:
    with pytest.raises(ParameterError, match=problem) as caught:
        parse_fault(text)
    assert "`" not in str(caught.value)


def test_every_fault_may_be_written_as_its_name_alone() -> None:
    assert {type(parse_fault(name)) for name in FAULTS} == set(FAULTS.values())


@pytest.mark.parametrize(("faults", "problem"), [("drop", "give a list of texts"), (["drop:x=1"], "drop takes")])
def test_faults_are_checked_when_the_service_is_created(faults: Any, problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        pnb.Embedded("scripted", script=LESSON.with_suffix(".json"), faults=faults)
