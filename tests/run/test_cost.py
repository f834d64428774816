"""What a run used and cost, by both kinds of billing, over a resume; estimates; and a budget that stops it."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from servers import Cloud, Talk, ended, event, result, tone, well

import paraformer_nb as pnb
from paraformer_nb.errors import ParameterError

PARAFORMER, QWEN = "paraformer-realtime-v2", "qwen-audio-3.1-asr-flash-streaming"
FAST = pnb.Retry(first_wait=0.0, longest_wait=0.0)


def beijing(cloud: Cloud) -> pnb.DashScope:
    return cloud.service(region="cn-beijing")


def usage_result(task: str, usage: dict[str, Any] | None, number: int = 1) -> str:
    """A final sentence with a report of usage."""
    message = json.loads(result(task, "hello", number=number))
    message["payload"]["usage"] = usage
    return json.dumps(message)


def dropping(first: dict[str, Any], then: dict[str, Any]) -> Any:
    """A service whose first task reports `first` and disconnects; the next one reports `then`, twice as it does."""
    tasks: list[str] = []

    async def behave(talk: Talk) -> None:
        await talk.begin()
        tasks.append(talk.task)
        if len(tasks) == 1:
            await talk.block()
            await talk.send(usage_result(talk.task, {"duration": 1} | {key: 1 for key in first if key != "duration"}))
            await talk.send(usage_result(talk.task, first, 2))
            await talk.connection.close(1011)  # a reset would discard what the client has not read
            return
        await talk.command()
        await talk.send(usage_result(talk.task, then, 3))
        await talk.send(event("task-finished", talk.task, {"output": {}, "usage": then}))

    return behave


def test_seconds_are_added_up_over_a_resume_and_priced_in_decimal(tmp_path: Path) -> None:
    with Cloud(dropping({"duration": 3}, {"duration": 8})) as cloud:
        run = ended(pnb.transcribe(tone(5), service=beijing(cloud), pace=None, retry=FAST, save=tmp_path / "run.jsonl"))
    by_hand = (3 + 8) * Decimal("0.00024")
    assert run.usage.billed == 11
    assert (run.usage.input_tokens, run.usage.output_tokens) == (None, None)
    for each in (run, pnb.load(tmp_path / "run.jsonl")):
        assert each.cost.amount == float(by_hand)
        assert (each.cost.currency, each.cost.basis, each.cost.as_of) == ("CNY", "11 s of audio", "2026-11-28")
        assert each.cost.rate == pnb.PRICES[PARAFORMER, "cn-beijing"]


def tokens(duration: int, into: int, out: int) -> dict[str, int]:
    return {"duration": duration, "input_tokens": into, "output_tokens": out, "total_tokens": into + out}


def test_tokens_are_added_up_over_a_resume_and_priced_in_decimal() -> None:
    with Cloud(dropping(tokens(3, 133, 9), tokens(8, 204, 35))) as cloud:
        run = ended(pnb.transcribe(tone(5), service=beijing(cloud), model=QWEN, pace=None, retry=FAST))
    by_hand = ((133 + 204) * Decimal("6") + (9 + 35) * Decimal("4.5")) / 1_000_000
    assert (run.usage.input_tokens, run.usage.output_tokens, run.usage.billed) == (337, 44, 11)
    assert run.cost.amount == float(by_hand)
    assert run.cost.basis == "337 tokens in, 44 out"
    assert run.summary[["amount", "currency"]].to_numpy().tolist() == [[float(by_hand), "CNY"]]


@pytest.mark.parametrize("usage", [{"duration": 8}, {"duration": 8, "input_tokens": "many"}])
def test_missing_tokens_leave_the_cost_unknown(usage: dict[str, Any]) -> None:
    with Cloud(dropping(tokens(3, 133, 9), usage)) as cloud:
        run = ended(pnb.transcribe(tone(5), service=beijing(cloud), model=QWEN, pace=None, retry=FAST))
    assert run.usage.input_tokens is None
    assert math.isnan(run.cost.amount)
    assert "reported no tokens" in run.cost.basis


def test_an_unknown_price_is_nan_and_said_until_the_user_sets_it() -> None:
    with Cloud(dropping({"duration": 3}, {"duration": 8})) as cloud:
        run = ended(pnb.transcribe(tone(5), service=beijing(cloud), model="whisper-x", pace=None, retry=FAST))
    assert math.isnan(run.cost.amount)
    assert 'set pnb.PRICES["whisper-x", "cn-beijing"]' in run.cost.basis
    assert "not in this version's table" in run.transcript.notice
    pnb.PRICES["whisper-x", "cn-beijing"] = pnb.Price("EUR", Decimal("0.1"))
    try:
        assert run.cost[:2] == (1.1, "EUR")
    finally:
        del pnb.PRICES["whisper-x", "cn-beijing"]


def test_an_address_of_no_known_region_has_no_known_price() -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(0.3), service=cloud.service(), pace=None))
    assert math.isnan(run.cost.amount)
    assert "no known region" in run.cost.basis


def test_the_embedded_service_costs_nothing_and_reports_as_the_cloud_does(chinese: Path) -> None:
    service = pnb.Embedded("scripted", script=chinese.with_suffix(".json"))
    run = ended(pnb.transcribe(chinese, service=service, model=QWEN))
    assert run.cost.amount == 0.0
    characters = sum(len(text) for text in run.sentences.text)
    assert run.usage.billed == 11
    assert run.usage.input_tokens == math.ceil(12.5 * 11) + 62 * 3
    assert run.usage.output_tokens == math.ceil(0.6 * characters)
    service.close()


# ----------------------------------------------------------------------------------------------------------- estimates


def test_an_estimate_is_the_clip_s_whole_seconds_times_the_rate() -> None:
    cloud = pnb.DashScope("never-shown-key")
    cost = pnb.estimate_cost(tone(90.2), service=cloud)
    assert cost.amount == float(91 * Decimal("0.00024"))
    assert pnb.estimate_cost(tone(90.2), service=cloud, start=60).amount == float(31 * Decimal("0.00024"))
    assert pnb.estimate_cost(tone(1), service=pnb.Embedded("scripted", script=LESSON.with_suffix(".json"))).amount == 0


LESSON = Path(__file__).parents[2] / "notebooks" / "data" / "lesson_zh.flac"


def test_an_estimate_by_token_is_an_upper_bound_and_says_so() -> None:
    cost = pnb.estimate_cost(tone(60), model=QWEN, service=pnb.DashScope("never-shown-key"))
    measured = (Decimal("12.5") * 60 * 6 + 62 * 6) / 1_000_000
    assert cost.amount > float(measured)
    assert "at most about" in cost.basis


def test_an_estimate_of_an_unknown_price_is_nan() -> None:
    singapore = pnb.DashScope("never-shown-key", region="ap-southeast-1")
    cost = pnb.estimate_cost(tone(1), model="qwen-audio-3.0-asr-flash-streaming", service=singapore)
    assert math.isnan(cost.amount)


# -------------------------------------------------------------------------------------------------------------- budget


async def say_each_second(talk: Talk) -> None:
    """A final sentence for each second of audio; whole seconds are billed."""
    await talk.begin()
    sent = 0
    while isinstance(message := await talk.connection.recv(), bytes):
        before, sent = sent // 32_000, sent + len(message)
        if sent // 32_000 > before:
            second = sent // 32_000
            await talk.send(usage_result(talk.task, {"duration": second}, second))
    await talk.send(event("task-finished", talk.task, {"output": {}, "usage": {"duration": math.ceil(sent / 32_000)}}))


@pytest.mark.parametrize(
    ("budget", "seconds"), [("3s", 3), ("0.05m", 3), (0.00072, 3), (0.00095, 3), (0, 0), ("1h", 6), (100, 6)]
)
def test_a_budget_stops_a_run_before_it_is_exceeded_and_keeps_its_words(budget: Any, seconds: int) -> None:
    with Cloud(say_each_second) as cloud:
        run = ended(pnb.transcribe(tone(6), service=beijing(cloud), pace=None, budget=budget))
    assert run.usage.billed == seconds
    assert len(run.words) == seconds
    is_stopped = seconds < 6
    assert run.state == ("stopped" if is_stopped else "finished")
    assert run.error is None
    assert ("budget" in run.stop_reason) == is_stopped
    assert ("budget" in run.transcript.notice) == is_stopped


def test_a_budget_counts_what_was_sent_again_after_a_disconnect() -> None:
    connections: list[int] = []

    async def drop_first(talk: Talk) -> None:
        connections.append(1)
        if len(connections) > 1:
            return await say_each_second(talk)
        await talk.begin()
        for _ in range(20):
            await talk.block()
        talk.reset()
        return None

    with Cloud(drop_first) as cloud:
        run = ended(pnb.transcribe(tone(6), service=beijing(cloud), pace=None, budget="4s", retry=FAST))
    assert run.state == "stopped"
    assert run.usage.sent <= 4.0
    assert "budget" in run.stop_reason


def test_a_budget_of_tokens_counts_at_most_what_they_may_cost() -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(20), service=beijing(cloud), model=QWEN, pace=None, budget=0.001))
    assert run.state == "stopped"
    assert 0 < run.usage.sent < 20


@pytest.mark.parametrize("budget", [-1, float("nan"), "soon", "10", True, [1], "5 d"])
def test_a_budget_that_is_none_is_refused(budget: Any) -> None:
    with pytest.raises(ParameterError, match="budget="):
        pnb.transcribe(tone(1), service=pnb.DashScope("never-shown-key"), budget=budget)


def test_a_budget_in_money_needs_a_known_price() -> None:
    with pytest.raises(ParameterError, match=r"pnb\.PRICES"):
        pnb.transcribe(tone(1), service=pnb.DashScope("never-shown-key"), model="whisper-x", budget=1)


# --------------------------------------------------------------------------------------------------------------- extra


def test_extra_parameters_are_sent_and_recorded_as_such(tmp_path: Path) -> None:
    with Cloud(well) as cloud:
        run = ended(
            pnb.transcribe(
                tone(0.3), service=cloud.service(), pace=None, extra={"new_thing": [1]}, save=tmp_path / "run.jsonl"
            )
        )
    assert cloud.commands[0]["payload"]["parameters"]["new_thing"] == [1]
    first = next(iter(run.journal))
    assert (first.extra, "new_thing" in first.parameters) == ({"new_thing": [1]}, False)  # type: ignore[union-attr]


def test_an_unknown_keyword_names_itself_and_the_nearest_argument() -> None:
    with pytest.raises(ParameterError, match=r"'budgets'.*Did you mean budget\?"):
        pnb.transcribe(tone(0.3), service=pnb.DashScope("never-shown-key"), budgets=1)  # type: ignore[call-arg]
