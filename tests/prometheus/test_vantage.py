"""The way back: what others see of Apple turns an answer, asked of Prometheus or of a peer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import pytest

from probe.clock import Chance, SystemClock
from probe.elsewhere import ask_for_all
from probe.http import Http
from probe.looks import PLAN
from probe.machine import LinuxMachine
from probe.model import NearbyFact
from probe.targets import Vantage
from probe.tools import Tools
from probe.trust import Trust
from probe.words import Code, Failure, Look, Nearby, Signal
from tests.drill.service import free_port
from tests.prometheus.live import Prometheus, fetched
from tests.prometheus.scene import PATIENCE_SECONDS
from tests.prometheus.stories import LOOPBACK, PROVIDER_OF, THE_OTHERS

pytestmark = pytest.mark.timeout(600)
FINE, FAILS = Nearby.FINE_ELSEWHERE, Nearby.FAILS_ELSEWHERE
SCRAPED_SECONDS = 10.0  # what is scraped is some seconds old


@pytest.fixture
def vantage(prometheus: Prometheus) -> Vantage:
    """The Prometheus that scrapes a healthy site and one where Apple fails; this one is neither."""
    return Vantage(host=LOOPBACK, port=prometheus.ports[THE_OTHERS], site="home")


def codes(prometheus: Prometheus, site: str) -> Iterator[Code]:
    """What a site told, one after the other, from its first answer on."""
    told = prometheus.over(f'isitme_verdict{{site="{site}"}} == 1')
    by_time = sorted((at, Code(one["metric"]["code"])) for one in told for at, _ in one["values"])
    each = [code for code, _ in groupby(code for _, code in by_time)]
    return iter(each[each.index(Code.OK) :])


@pytest.mark.parametrize(
    ("site", "story"), [("vaduz", "asks a peer"), ("malta", "asks Prometheus")]
)
def test_what_another_site_sees_turns_the_answer(
    prometheus: Prometheus, site: str, story: str
) -> None:
    """Apple is silent here, and nothing but whom it asks changes.

    Alone it cannot tell. A site that fails too makes it suspect Apple; one that is fine forbids it.
    """
    end = f'isitme_verdict{{site="{site}", code="{Code.ISP_INTERNET}"}} == 1'
    prometheus.wait_for(end, PATIENCE_SECONDS)
    told = codes(prometheus, site)

    for code in (Code.OK, Code.UNKNOWN, Code.APPLE_SUSPECTED, Code.ISP_INTERNET):
        assert code in told, f"{code} was not told, or not in this order"  # takes all before it
    assert Code.APPLE_SUSPECTED not in told
    now = json.loads(fetched(prometheus.ports[story], "/status"))
    verdict = now["verdict"]
    assert (verdict["blame"], verdict["cause"]) == ("provider", "path_to_apple")
    assert now["signals"]["nearby"]["value"] == Nearby.FINE_ELSEWHERE


async def facts(vantage: Vantage) -> list[NearbyFact]:
    """What is said of push; of services it depends on how far a site has come with them."""
    trust = Trust()
    tools = Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=LinuxMachine(environment={}),
        trust=trust,
        http=Http(trust, {}, "isitme/test"),
        ports={},
        user_agent="isitme/test",
    )
    finding = await ask_for_all(tools, vantage)
    assert finding.passed, finding
    words = [fact for fact in finding.facts if isinstance(fact, NearbyFact)]
    return [word for word in words if word.target == Signal.PUSH]


async def told(vantage: Vantage) -> list[tuple[str, Nearby]]:
    return [(fact.target, fact.found) for fact in await facts(vantage)]


async def test_each_site_says_what_it_sees(vantage: Vantage) -> None:
    assert sorted(await told(vantage)) == [("push", FAILS), ("push", FINE)]


async def test_a_site_is_no_vantage_point_for_itself(vantage: Vantage) -> None:
    assert await told(replace(vantage, site=PROVIDER_OF["healthy"])) == [("push", FAILS)]
    assert await told(replace(vantage, site=PROVIDER_OF["apple"])) == [("push", FINE)]


async def test_a_site_behind_the_same_provider_is_none_either(vantage: Vantage) -> None:
    assert await told(replace(vantage, provider=PROVIDER_OF["apple"])) == [("push", FINE)]


async def test_each_word_says_since_when_it_is_so(vantage: Vantage) -> None:
    """By the sites' own times: some seconds ago, as long as their evidence lasts."""
    now = SystemClock().elapsed()
    oldest = PLAN[Look.PUSH_443].max_age_seconds + SCRAPED_SECONDS

    moments = [fact.seen_at for fact in await facts(vantage)]

    assert len(moments) == 2
    assert all(moment is not None and now - oldest < moment < now for moment in moments)


async def test_a_prometheus_that_is_not_there_costs_nothing(vantage: Vantage) -> None:
    trust = Trust()
    tools = Tools(
        clock=SystemClock(), chance=Chance(1), machine=LinuxMachine(environment={}), trust=trust,
        http=Http(trust, {}, "isitme/test"), ports={}, user_agent="isitme/test",
    )  # fmt: skip
    gone = replace(vantage, port=free_port())

    finding = await ask_for_all(tools, gone)

    assert finding.failed is not None
    assert finding.failed.failure is Failure.CONNECTION_REFUSED
    assert finding.facts == ()
