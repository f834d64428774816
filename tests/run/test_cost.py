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
from paraformer_nb.errors import AuthenticationError, ParameterError

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


def test_a_missing_duration_leaves_the_cost_unknown_once_audio_was_sent() -> None:
    async def without_usage(talk: Talk) -> None:
        await talk.begin()
        await talk.command()
        await talk.send(event("task-finished", talk.task, {"output": {}}))

    with Cloud(without_usage) as cloud:
        run = ended(pnb.transcribe(tone(0.3), service=beijing(cloud), pace=None))
    assert math.isnan(run.cost.amount)
    assert str(run.cost) == "unknown: billed by the second, and the service reported no duration"
    with Cloud(well, status=401) as cloud:
        refused = pnb.transcribe(tone(0.3), service=beijing(cloud))
        with pytest.raises(AuthenticationError):
            refused.wait(20)
    assert refused.cost.amount == 0.0


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


def test_a_model_that_is_named_is_estimated_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    cost = pnb.estimate_cost(tone(90), model=PARAFORMER)
    assert (cost.amount, cost.currency) == (float(90 * Decimal("0.00024")), "CNY")
    assert str(cost).startswith("0.0216 CNY (90 s of audio, price of 2026-11-28, published: the vendor's page")
    assert pnb.estimate_cost(tone(90), model=QWEN).amount > 0
    assert str(pnb.estimate_cost(tone(1), model="whisper-x")).startswith("unknown: the price of whisper-x")
    monkeypatch.setenv("DASHSCOPE_REGION", "ap-southeast-1")
    assert pnb.estimate_cost(tone(90), model="fun-asr-realtime")[:2] == (0.0081, "USD")
    with pytest.raises(ParameterError, match="only in cn-beijing"):
        pnb.estimate_cost(tone(90), model=PARAFORMER)


def test_an_estimate_for_the_embedded_service_is_nothing_and_says_so() -> None:
    embedded = pnb.Embedded("scripted", script=LESSON.with_suffix(".json"))
    assert str(pnb.estimate_cost(tone(1), model=QWEN, service=embedded)) == (
        "0 (a run uses the embedded service: nothing is billed)"
    )
    default = pnb.estimate_cost(tone(1))
    assert default.amount == 0
    assert default.basis.startswith("no API key is known, so a run uses the embedded service")


def test_hotwords_and_context_cost_extra_where_tokens_are_billed() -> None:
    cost, more, most = (
        pnb.estimate_cost(tone(60), model=QWEN, **parameters).amount  # type: ignore[arg-type]
        for parameters in ({}, {"vocabulary": {"傅里叶": 4}}, {"vocabulary": {"傅里叶": 4}, "context": "y" * 100})
    )
    assert cost < more < most


@pytest.mark.parametrize("number", [0.0003, "0.0003", Decimal("0.0003")])
def test_a_price_of_the_user_may_be_any_number(number: Any) -> None:
    pnb.PRICES["whisper-x", "cn-beijing"] = pnb.Price("EUR", number)
    try:
        assert str(pnb.estimate_cost(tone(10), model="whisper-x")) == "0.003 EUR (10 s of audio)"
    finally:
        del pnb.PRICES["whisper-x", "cn-beijing"]


@pytest.mark.parametrize(
    "numbers",
    [
        {},
        {"per_second": -1},
        {"per_second": "much"},
        {"per_second": float("nan")},
        {"per_million_input": 1},
        {"per_second": 1, "per_million_input": 1, "per_million_output": 1},
    ],
)
def test_a_price_that_is_none_is_refused(numbers: Any) -> None:
    with pytest.raises(ParameterError, match="per_"):
        pnb.Price("CNY", **numbers)


def test_every_price_has_a_date_a_source_and_how_sure_it_is() -> None:
    for (model, region), price in pnb.PRICES.items():
        assert region in pnb.MODELS[model].regions
        assert price.as_of.startswith("2026-11-2")
        assert "the vendor's" in price.source
        assert price.certainty in ("published", "confirmed", "copied")
        assert (price.per_second is None) == (pnb.MODELS[model].billing == "tokens")


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


@pytest.mark.parametrize(("rate", "model"), [(8000, "paraformer-realtime-8k-v2"), (44100, PARAFORMER)])
@pytest.mark.parametrize("pace", [None, 20])
def test_a_budget_is_used_up_exactly_at_every_rate_and_pace(rate: int, model: str, pace: float | None) -> None:
    """Blocks of 16 KB are up to a second long, and would not end at whole seconds."""
    with Cloud(well) as cloud:
        options: dict[str, Any] = {"service": beijing(cloud), "model": model, "sample_rate": rate}
        run = ended(pnb.transcribe(tone(4), pace=pace, budget="3s", **options))
    assert run.usage.sent == 3.0
    assert "used up at 3.0 s of the clip" in run.stop_reason


def test_a_resume_from_the_journal_adds_to_the_cost_and_counts_in_the_budget(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Cloud(say_each_second) as cloud:
        run = ended(pnb.transcribe(LESSON, service=beijing(cloud), pace=None, budget="2s", save=path))
        assert (run.usage.billed, run.state) == (2, "stopped")
        resumed = ended(pnb.resume(path, service=beijing(cloud), pace=None, budget="5s"))
        assert resumed.usage.billed == resumed.usage.sent == 5
        assert resumed.cost.amount == float(5 * Decimal("0.00024"))
        connections = len(cloud.headers)
        again = ended(pnb.resume(path, service=beijing(cloud), pace=None, budget="5s"))
        assert (len(cloud.headers), again.state) == (connections, "stopped")
    assert "budget of 5 s" in again.stop_reason
    assert len(again.words) == len(resumed.words) > 0


def test_a_budget_of_tokens_is_used_up_to_the_bound_of_the_estimate() -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(20), service=beijing(cloud), model=QWEN, pace=None, budget=0.002))
    before, after = (tone(math.floor(run.usage.sent)), tone(math.ceil(run.usage.sent)))
    assert pnb.estimate_cost(before, model=QWEN).amount <= 0.002 < pnb.estimate_cost(after, model=QWEN).amount
    assert run.usage.sent % 0.5 != 0, "whole blocks only would stop earlier"


def test_no_connection_is_made_where_the_budget_allows_no_audio() -> None:
    with Cloud(well) as cloud:
        run = ended(pnb.transcribe(tone(1), service=beijing(cloud), budget=0))
        assert (cloud.headers, run.state) == ([], "stopped")
    assert run.gaps.empty


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
