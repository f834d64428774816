"""The replay engine: a saved run is repeated with the same words, at the same positions and times."""

from __future__ import annotations

import json
import math
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from servers import ended, failure
from wire import (
    LESSON,
    LESSON_TEXTS,
    finals,
    finish_task,
    lesson_pcm,
    run_task,
    run_with_server,
    socket_to,
    stream_task,
)

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.journal import Journal
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.registry import make_engine
from paraformer_nb.server.engines.replay.engine import replayed_results
from paraformer_nb.server.limits import Limits

PACE = 20.0  # × real time: the clip takes half a second


def run(service: pnb.Embedded, clip: Any = LESSON, **options: Any) -> pnb.Run:
    """Run a clip through this service, and close it."""
    with closing(service):
        return ended(pnb.transcribe(clip, service=service, **options), 30)


def scripted(*faults: str) -> pnb.Embedded:
    return pnb.Embedded("scripted", script=LESSON.with_suffix(".json"), faults=faults)


def replayed(path: Path, **options: Any) -> pnb.Embedded:
    return pnb.Embedded("replay", journal=path, **options)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of a run of the whole clip."""
    path = tmp_path_factory.mktemp("replay") / "run.jsonl"
    run(scripted(), pace=PACE, save=path)
    return path


def results(run: pnb.Run) -> list[tuple[str, bool]]:
    """Return the texts of a run's results, in order, and whether each was final."""
    bodies = run.events[run.events["event"] == "result-generated"]["body"]
    sentences = [json.loads(body)["payload"]["output"]["sentence"] for body in bodies]
    return [(sentence["text"], sentence["sentence_end"]) for sentence in sentences]


@pytest.mark.parametrize("pace", [None, PACE])
def test_a_run_is_repeated(pace: float | None, saved: Path) -> None:
    first, again = pnb.load(saved), run(replayed(saved), pace=pace)
    assert len(again.words) == 26
    pd.testing.assert_frame_equal(again.words, first.words)
    pd.testing.assert_frame_equal(again.sentences, first.sentences)
    assert results(again) == results(first)


def test_words_appear_at_their_positions_at_any_pace(saved: Path) -> None:
    """As soon as as much audio has arrived as the run had sent, and not before the words are over."""

    async def client(service: EmbeddedServer) -> list[tuple[int, str, int]]:
        received = []
        async with socket_to(service) as socket:
            await socket.send(run_task(heartbeat=True))
            await socket.recv()
            await socket.send(lesson_pcm()[:32000])
            for second in range(
                1, 11
            ):  # each block is answered with a heartbeat first: what precedes that is of the block before
                await socket.send(lesson_pcm()[32000 * second : 32000 * (second + 1)])
                while not (sentence := json.loads(await socket.recv())["payload"]["output"]["sentence"])["heartbeat"]:
                    received.append((second, sentence["text"], sentence["words"][-1]["end_time"]))
        return received

    engine = make_engine("replay", {"journal": saved})
    received = run_with_server(engine, client, "replay", limits=Limits(heartbeat=1e-9))
    expected = [(math.ceil(each.sent), each.outcome.text) for each in replayed_results(Journal(saved))]
    assert [(second, text) for second, text, _ in received] == [each for each in expected if each[0] <= 10]
    assert all(end <= 1000 * second for second, _, end in received)
    assert len({second for second, *_ in received}) > 4


def test_with_a_speed_results_wait_for_their_own_time(saved: Path) -> None:
    last = [each.t for each in replayed_results(Journal(saved))][-1]
    started = time.monotonic()
    again = run(replayed(saved, speed=1.25))
    assert time.monotonic() - started >= last / 1.25 > 0.3
    assert again.text == "".join(LESSON_TEXTS)


def test_each_task_is_replayed_from_the_start(saved: Path) -> None:
    async def client(service: EmbeddedServer) -> list[list[str]]:
        async with socket_to(service) as one, socket_to(service) as two:
            await one.send(run_task())
            await one.recv()
            await one.send(lesson_pcm()[:96000])
            return [finals(await stream_task(two, run_task(), lesson_pcm(), finish_task()))]

    assert run_with_server(make_engine("replay", {"journal": saved}), client, "replay") == [LESSON_TEXTS]


def test_a_part_of_the_clip(tmp_path: Path) -> None:
    first = run(scripted(), start=3.0, end=7.5, save=tmp_path / "run.jsonl")
    assert len(first.words) > 5
    again = run(replayed(tmp_path / "run.jsonl"), start=3.0, end=7.5)
    pd.testing.assert_frame_equal(again.words, first.words)


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("fault", ["drop:events=12,how=reset,times=1", "fail:events=12,times=1"])
def test_a_run_that_was_resumed_is_replayed_without_the_disconnect(fault: str, tmp_path: Path) -> None:
    """Its sentences are those that it had at its end, each once."""
    first = run(scripted(fault), pace=PACE, save=tmp_path / "run.jsonl")
    records = (tmp_path / "run.jsonl").read_text(encoding="utf-8")
    assert '"kind":"resumed"' in records
    again = run(replayed(tmp_path / "run.jsonl"))
    pd.testing.assert_frame_equal(again.words, first.words)
    assert list(again.sentences["text"]) == LESSON_TEXTS


@pytest.mark.usefixtures("nothing_left")
def test_a_run_that_failed_fails_again(tmp_path: Path) -> None:
    service = scripted("fail:events=9,code=Arrearage,message=the account is empty")
    with closing(service):
        error = failure(pnb.transcribe(LESSON, service=service, pace=PACE, save=tmp_path / "run.jsonl"))
    with closing(replayed(tmp_path / "run.jsonl")) as service:
        again = pnb.transcribe(LESSON, service=service)
        repeated = failure(again)
    assert isinstance(repeated, pnb.errors.TaskFailed)
    assert (repeated.code, repeated.message) == ("Arrearage", "the account is empty")
    assert str(repeated).split(".")[0] == str(error).split(".")[0]
    assert list(again.sentences["text"])[:1] == LESSON_TEXTS[:1]


def test_a_run_without_speech_is_replayed_without_speech(tmp_path: Path) -> None:
    import numpy as np

    silence = (np.zeros(16_000, np.int16), 16_000)
    assert len(run(scripted(), silence, save=tmp_path / "run.jsonl").words) == 0
    again = run(replayed(tmp_path / "run.jsonl"), silence)
    assert (again.state, again.error, len(again.words)) == ("finished", None, 0)


def test_corrections_are_not_replayed(saved: Path, tmp_path: Path) -> None:
    """The recogniser did not make them."""
    path = tmp_path / "corrected.jsonl"
    path.write_bytes(saved.read_bytes())
    corrected = pnb.load(path)
    frame = corrected.words
    frame.loc[0, "text"] = "明"
    assert corrected.correct(frame) == 1
    assert pnb.load(path).text.startswith("明天")
    assert run(replayed(path)).text == "".join(LESSON_TEXTS)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "cannot be read"),
        ("", "cannot be replayed"),
        ("{}\n", "cannot be replayed"),
        ("not a journal", "cannot be replayed"),
        ('{"kind":"run"}\n', "cannot be replayed"),
    ],
)
def test_a_file_that_is_not_a_journal_is_refused_at_once(text: str | None, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ParameterError, match=problem) as caught:
        replayed(path)
    assert "run.jsonl" in str(caught.value)


def test_a_journal_with_a_damaged_line_is_refused_at_once(saved: Path, tmp_path: Path) -> None:
    """And not in the middle of a task."""
    lines = saved.read_text(encoding="utf-8").splitlines()
    lines[len(lines) // 2] = '{"kind":"received"'
    (tmp_path / "run.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ParameterError, match="cannot be replayed"):
        replayed(tmp_path / "run.jsonl")


@pytest.mark.parametrize("speed", [0, -1.0, "fast", True, float("nan")])
def test_a_speed_is_a_number_above_0(speed: Any, saved: Path) -> None:
    with pytest.raises(ParameterError, match="speed=.*above 0"):
        replayed(saved, speed=speed)
