"""Networks that are slow, lose packets, swallow everything for a while, or reset connections: slow only means late,
and no word is missing but in a gap.

The part that runs by default uses a relay on loopback; the campaign has a network of its own, with a router between two
namespaces.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

import network
import pytest
from certificates import authority_file, server_context
from counting import assert_counted, counting, counting_clip
from lessons import disconnects
from network import Network, NetworkPath
from relay import Disturbance, Relay
from servers import Cloud, ended

import paraformer_nb as pnb
from paraformer_nb.client.service import Endpoint
from paraformer_nb.journal.records import ServiceSource
from paraformer_nb.loop import get_loop

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("nothing_left_at_the_end")]

_RETRY = pnb.Retry(attempts=9, first_wait=0.5)


def retimed(keepalive: float) -> pnb.Timeouts:
    return pnb.Timeouts(keepalive=keepalive, connect=2.0, start=2.0)


# ------------------------------------------------------------------------------------------------------ slow services


@pytest.mark.parametrize(
    ("pace", "speed", "has_large_buffers", "has_partials"),
    [(None, 20.0, True, True), (None, 20.0, True, False), (None, 20.0, False, False), (10.0, 8.0, True, False)],
    ids=["unpaced", "unpaced, finals only", "unpaced, small buffers", "paced"],
)
def test_a_service_that_reads_slowly_keeps_its_connection(
    pace: float | None, speed: float, has_large_buffers: bool, has_partials: bool
) -> None:
    """A ping is answered long after it was sent; results arrive less often than the keepalive's timeout."""
    behave = counting(speed=speed, words=40, has_partials=has_partials)
    with Cloud(behave, has_large_buffers=has_large_buffers) as cloud:
        timeouts = pnb.Timeouts(keepalive=0.6)
        run = ended(pnb.transcribe(counting_clip(24), service=cloud.service(), pace=pace, timeouts=timeouts))
        assert len(cloud.headers) == 1
    assert_counted(run, 24)
    assert disconnects(run) == []
    assert (run.usage.sent, run.usage.sent_again) == (24.0, 0.0)


def test_the_time_for_the_last_results_begins_when_the_service_has_read_everything() -> None:
    """The whole clip and finish-task are sent at once; the first result comes long after."""
    with Cloud(counting(speed=20.0, words=40, has_partials=False), has_large_buffers=True) as cloud:
        timeouts = pnb.Timeouts(keepalive=2.0, finish=0.6)
        run = ended(pnb.transcribe(counting_clip(20), service=cloud.service(), pace=None, timeouts=timeouts))
    assert_counted(run, 20)
    assert disconnects(run) == []


# ------------------------------------------------------------------------------------------------------ slow networks


@pytest.mark.parametrize(("rate", "seconds", "is_tls"), [(20_000, 4, False), (60_000, 6, True)], ids=["ws", "wss"])
def test_a_slow_uplink_keeps_its_connection(
    rate: int, seconds: int, is_tls: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits to be sent takes longer than the keepalive's timeout."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file(tmp_path)))
    with (
        Cloud(counting(), ssl=server_context(tmp_path) if is_tls else None) as cloud,
        Relay(cloud.port, rate=rate) as relay,
    ):
        url = f"wss://localhost:{relay.port}/x" if is_tls else relay.url
        service = pnb.DashScope("a-key-of-this-test", url=url)
        run = ended(pnb.transcribe(counting_clip(seconds), service=service, pace=None, timeouts=retimed(2.0)))
        assert relay.connections == 1
    assert_counted(run, seconds)
    assert disconnects(run) == []
    assert run.usage.sent == seconds


def test_a_black_hole_is_found_in_time_and_the_run_resumes() -> None:
    hole = Disturbance(1.0, "hole", 4.0)
    with Cloud(counting()) as cloud, Relay(cloud.port, disturbances=[hole]) as relay:
        run = ended(pnb.transcribe(counting_clip(16), service=relay.service(), pace=4.0, timeouts=retimed(1.5)))
    assert_counted(run, 16)
    assert len(run.gaps) == 0
    reasons = disconnects(run)
    assert "did not answer a ping in time: for 1.5 s nothing arrived" in reasons[0]
    found = run.events["t"][run.events["event"] == "disconnected"].iloc[0]
    assert 2.0 < found < 1.0 + 1.5 + 1.4, "within the timeout, and a little for a busy machine"
    assert run.usage.sent_again == pytest.approx(run.usage.sent - 16.0, abs=0.01)
    assert run.usage.sent_again > 0


def test_a_black_hole_shorter_than_the_timeout_is_only_late() -> None:
    hole = Disturbance(0.5, "hole", 1.0)
    with Cloud(counting()) as cloud, Relay(cloud.port, disturbances=[hole]) as relay:
        run = ended(pnb.transcribe(counting_clip(12), service=relay.service(), pace=8.0, timeouts=retimed(4.0)))
    assert_counted(run, 12)
    assert disconnects(run) == []


@dataclass(frozen=True)
class BadNetwork:
    """A rate and disturbances, drawn at random."""

    rate: float | None
    pace: float | None
    disturbances: tuple[Disturbance, ...]

    @classmethod
    def draw(cls, random: Random) -> BadNetwork:
        moments = sorted(random.uniform(0.0, 2.0) for _ in range(random.randint(1, 4)))
        kinds = [random.choice(["hole", "reset", "end"]) for _ in moments]
        holes = [random.choice([0.2, 1.5]) if kind == "hole" else 0.0 for kind in kinds]
        return cls(
            random.choice([None, 100_000.0, 200_000.0]),
            random.choice([None, 10.0]),
            tuple(Disturbance(*each) for each in zip(moments, kinds, holes, strict=True)),
        )


def check_bad_networks(seed: int, count: int, at_once: int = 6, seconds: float = 12.0) -> tuple[int, float]:
    """Assert that runs over bad networks have every word; returns how many disconnects there were, and the seconds of
    audio that were sent again."""
    random = Random(seed)
    found, again = 0, 0.0
    for _ in range(0, count, at_once):
        with ExitStack() as stack:
            drawn = [BadNetwork.draw(random) for _ in range(at_once)]
            clouds = [stack.enter_context(Cloud(counting())) for _ in drawn]
            relays = [
                stack.enter_context(Relay(cloud.port, rate=each.rate, disturbances=each.disturbances))
                for cloud, each in zip(clouds, drawn, strict=True)
            ]
            options = {"retry": _RETRY, "timeouts": retimed(0.8)}
            runs = [
                pnb.transcribe(counting_clip(seconds), service=relay.service(), pace=each.pace, **options)
                for relay, each in zip(relays, drawn, strict=True)
            ]
            for each, run in zip(drawn, runs, strict=True):
                try:
                    assert_counted(ended(run, 60), seconds)
                    assert len(run.gaps) == 0
                except Exception as error:
                    error.add_note(f"{each} {disconnects(run)}")
                    raise
                found += len(disconnects(run))
                again += run.usage.sent_again
    return found, again


def test_words_survive_bad_networks() -> None:
    found, again = check_bad_networks(seed=1, count=6)
    assert found >= 5
    assert again > 0


class _Gone:
    """A service whose name is not known to DNS for the first attempts."""

    pace = None
    languages = None
    timeouts = pnb.Timeouts()
    source = ServiceSource("dashscope", "asr.invalid")

    def __init__(self, url: str, failures: int) -> None:
        self._url = url
        self._failures = failures
        self.calls = 0

    async def endpoint(self) -> Endpoint:
        self.calls += 1
        return Endpoint("ws://asr.invalid/x" if self.calls <= self._failures else self._url, {}, True)


def test_a_name_that_dns_does_not_know_for_a_while() -> None:
    with Cloud(counting()) as cloud:
        service = _Gone(cloud.url, failures=2)
        run = ended(pnb.transcribe(counting_clip(4), service=service, retry=_RETRY))
    assert_counted(run, 4)
    assert ["the host's name is not known, or no name server answers" in each for each in disconnects(run)] == [
        True
    ] * 2


# ------------------------------------------------------------------------------------------------------- the campaign


@dataclass(frozen=True)
class Scenario:
    """One run over the network: how its path is set up, what happens on it, and what is expected."""

    name: str
    prepare: Callable[[NetworkPath], None]
    happen: tuple[tuple[float, Callable[[NetworkPath], None]], ...] = ()
    pace: float | None = 1.0
    share: float = 1.0
    """Of the clip."""
    is_undisturbed: bool = False
    """Whether the connection must survive, and nothing may be sent twice."""


def _rate(kilobits: float) -> Callable[[NetworkPath], None]:
    def prepare(path: NetworkPath) -> None:
        path.up.rate = kilobits * 1000

    return prepare


def _loss(share: float) -> Callable[[NetworkPath], None]:
    def prepare(path: NetworkPath) -> None:
        path.up.loss = path.down.loss = share

    return prepare


def _jitter(path: NetworkPath) -> None:
    path.up.jitter = path.down.jitter = 0.1


def _nothing(_: NetworkPath) -> None:
    pass


def _hole(after: float, seconds: float) -> tuple[tuple[float, Callable[[NetworkPath], None]], ...]:
    return (after, NetworkPath.block), (after + seconds, lambda path: path.block(False))


SCENARIOS = [
    *(Scenario(f"{rate} kbit/s", _rate(rate), is_undisturbed=True) for rate in (300, 200, 128, 64)),
    *(Scenario(f"{rate} kbit/s", _rate(rate), share=0.2, is_undisturbed=True) for rate in (16, 8)),
    *(Scenario(f"{rate} kbit/s, unpaced", _rate(rate), pace=None, is_undisturbed=True) for rate in (256, 64)),
    *(Scenario(f"{share:.0%} loss", _loss(share)) for share in (0.05, 0.1, 0.2)),
    Scenario("jitter", _jitter, is_undisturbed=True),
    Scenario("hole of 5 s", _nothing, _hole(8, 5), is_undisturbed=True),
    Scenario("hole of 10 s", _nothing, _hole(8, 10)),
    Scenario("hole of 30 s", _nothing, _hole(8, 30)),
    Scenario("two holes at 128 kbit/s", _rate(128), (*_hole(8, 30), *_hole(60, 12))),
    Scenario("NAT rebinding", _nothing, ((9, NetworkPath.forget_connections), (35, NetworkPath.forget_connections))),
]


class _Remote:
    """A service at an address of the network."""

    pace = 1.0
    languages = None
    timeouts = pnb.Timeouts()

    def __init__(self, url: str, host: str) -> None:
        self._url = url
        self.source = ServiceSource("dashscope", host)

    async def endpoint(self) -> Endpoint:
        return Endpoint(self._url, {}, False)


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """A network; the client's loop lives in its namespace meanwhile."""
    if reason := network.reason_to_skip():
        pytest.skip(reason)
    monkeypatch.setenv("NO_PROXY", "*")
    original = network.original_namespace()

    async def move(enter: Callable[[], None]) -> None:
        enter()

    with Network(seed=5) as lab:
        asyncio.run_coroutine_threadsafe(move(lab.client.enter), get_loop()).result()
        try:
            yield lab
        finally:
            asyncio.run_coroutine_threadsafe(move(lambda: network.leave(original)), get_loop()).result()
            os.close(original)


def _disturb(path: NetworkPath, scenario: Scenario, is_over: threading.Event) -> None:
    started = time.monotonic()
    for after, happen in scenario.happen:
        if is_over.wait(started + after - time.monotonic()):
            return
        happen(path)


@pytest.mark.campaign
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seconds", [60.0])
def test_words_survive_real_networks(lab: Network, seconds: float) -> None:
    """All scenarios at once, each on a path of its own with 40 ms there and back."""
    is_over = threading.Event()
    with ExitStack() as stack:
        stack.callback(is_over.set)
        started = time.monotonic()
        runs: list[tuple[Scenario, pnb.Run]] = []
        for scenario in SCENARIOS:
            path = lab.path()
            path.up.delay = path.down.delay = 0.02
            scenario.prepare(path)
            cloud = stack.enter_context(
                Cloud(counting(), has_large_buffers=True, host=path.address, enter=lab.servers.enter)
            )
            service = _Remote(cloud.url, path.address)
            clip = counting_clip(scenario.share * seconds)
            runs.append((scenario, pnb.transcribe(clip, service=service, pace=scenario.pace, retry=_RETRY)))
            threading.Thread(target=_disturb, args=(path, scenario, is_over)).start()
        problems = []
        for scenario, run in runs:
            try:
                ended(run, 600)
                assert_counted(run, scenario.share * seconds)
                assert len(run.gaps) == 0
                assert not scenario.is_undisturbed or (disconnects(run) == [] and run.usage.sent_again == 0)
            except (AssertionError, pnb.ParaformerError, TimeoutError) as error:
                problems.append((scenario.name, repr(error)[:300], disconnects(run)))
            took = run.events["t"].iloc[-1]
            usage = run.usage
            print(  # noqa: T201
                f"\n{scenario.name}: {took:.1f} s, sent {usage.sent:.1f} s, again {usage.sent_again:.1f} s, "
                f"{len(disconnects(run))} disconnects",
                end="",
            )
        print(f"\n{time.monotonic() - started:.0f} s, {lab.packets} packets, {lab.dropped} dropped")  # noqa: T201
    assert problems == []


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_words_survive_hundreds_of_bad_networks() -> None:
    found, again = check_bad_networks(seed=7, count=300)
    print(f"\n{found} disconnects in 300 runs, {again:.0f} s sent again")  # noqa: T201
