"""What may be used as evidence: our own trouble is evidence against nobody."""

from __future__ import annotations

import pytest

from probe.model import Observation
from probe.verdict.evidence import gather
from probe.verdict.seen import Standing
from probe.verdict.signals.host import gateway
from probe.verdict.signals.path import internet, portal
from probe.words import Failure, Family, Gateway, Internet, Look, Portal, Step
from tests.support.sightings import seen, sighting

TIMEOUT = Failure.GENERIC_TIMEOUT


def ours(look: Look, failure: Failure = Failure.INTERRUPTED, *, ago: float = 1.0) -> Observation:
    """What the monitor notes when a whole look overran its bound or broke."""
    return sighting(
        look,
        look.value,
        failure,
        step=Step.OURS,
        operator="self",
        family=Family.NONE,
        ago=ago,
    )


def standing(before: Observation, newest: Observation) -> Standing:
    return seen(before, newest).of(newest.look)[-1]


FAILED = sighting(Look.APPLE_WEB, "web", TIMEOUT, silent=True, ago=1)
BEFORE = {
    "the same failure": (sighting(Look.APPLE_WEB, "web", TIMEOUT, ago=3), True),
    "a success": (sighting(Look.APPLE_WEB, "web", ago=3), False),
    "our own trouble": (ours(Look.APPLE_WEB, ago=3), False),
    "no room for sockets": (
        sighting(Look.APPLE_WEB, "web", Failure.SELF_FD_EXHAUSTED, step=Step.OURS, ago=3),
        False,
    ),
    "its name was not found: about DNS, not about the far end": (
        sighting(Look.APPLE_WEB, "web", Failure.DNS_SERVFAIL, step=Step.RESOLVE, ago=3),
        False,
    ),
    "a moment ago: the same look": (sighting(Look.APPLE_WEB, "web", TIMEOUT, ago=1.2), False),
}


@pytest.mark.parametrize("case", BEFORE)
def test_what_makes_a_failure_hard(case: str) -> None:
    before, hard = BEFORE[case]

    assert standing(before, FAILED).hard is hard


def reference(operator: str, failure: Failure | None = None) -> Observation:
    return sighting(Look.REF_IP, operator, failure, operator=operator, silent=failure is not None)


def test_a_look_that_overran_is_no_operator_of_the_internet() -> None:
    two_of_four = [reference("a"), reference("b"), reference("c", TIMEOUT), reference("d", TIMEOUT)]

    everything = seen(*two_of_four, ours(Look.REF_NAME))

    assert internet(everything).value is Internet.REACHED
    assert not [n for n in gather(everything).notes if n.said.startswith("self")]


def test_a_look_that_overran_hides_no_lost_router() -> None:
    lost = sighting(Look.GATEWAY, "gateway", Failure.GW_NEIGH_FAILED)

    assert gateway(seen(lost, ours(Look.GATEWAY))).value is Gateway.GONE


def test_a_look_that_overran_is_no_page_that_answered() -> None:
    pages = [sighting(Look.CAPTIVE, name, TIMEOUT, silent=True) for name in "ab"]

    assert portal(seen(*pages, ours(Look.CAPTIVE))).value is Portal.FAILED
    assert portal(seen(ours(Look.CAPTIVE))).value is Portal.UNKNOWN
