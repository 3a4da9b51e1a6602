"""What may be used as evidence: our own trouble is evidence against nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probe.model import Observation
from probe.targets import Targets
from probe.verdict import signals
from probe.verdict.evidence import gather
from probe.verdict.seen import Standing, by_target, look_back
from probe.verdict.signals.host import gateway
from probe.verdict.signals.path import internet, portal
from probe.words import Failure, Family, Gateway, Internet, Look, Portal, Signal, Step
from tests.support.sightings import NOW, seen, sighting

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


# ---------------------------------------------------------------- what only grew older


def test_where_only_time_has_passed_nothing_is_derived_again() -> None:
    before = gather(seen(reference("one"), reference("two")))

    after = gather(seen(reference("one"), reference("two"), now=NOW + 3), before)

    assert after.seen is before.seen
    ages = [one.readings[Signal.INTERNET].age_seconds for one in (before, after)]
    assert ages == [1.0, 4.0]


CHANGES = {
    "something came": seen(reference("one"), reference("two"), reference("three"), now=NOW + 3),
    "something grew too old": seen(reference("one"), reference("two"), now=NOW + 200),
    "the settings say otherwise": seen(
        reference("one"), reference("two"), now=NOW + 3, proxy_configured=True
    ),
    "time went back": seen(reference("one"), reference("two"), now=NOW - 0.5),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_derived_again(change: str) -> None:
    before = gather(seen(reference("one"), reference("two")))

    assert gather(CHANGES[change], before) == gather(CHANGES[change])


def test_who_asks_of_time_is_asked_again_when_the_answer_changes() -> None:
    before = seen(reference("one"))
    assert before.within(5.0, 60.0)

    assert seen(reference("one"), now=NOW + 54.9).is_later(before)
    assert not seen(reference("one"), now=NOW + 55.1).is_later(before)


def test_no_signal_reads_the_moment_itself() -> None:
    """It asks `within`; but for the clock's offsets, which are derived anew each time."""
    files = list(Path(signals.__file__).parent.glob("*.py"))
    text = "".join(file.read_text() for file in files)

    assert {file.name for file in files if "seen.now" in file.read_text()} == {"offsets.py"}
    asked = re.findall(r"(?:within|under)\(seen\.since\(", text)
    assert len(asked) == text.count(".since(") > 5


def test_what_has_not_changed_is_not_filed_again() -> None:
    few, more = (reference("one"), FAILED), (reference("one"), FAILED, BEFORE["a success"][0])
    before = seen(*few)

    after = look_back(by_target(more), now=NOW, epoch=0, targets=Targets(), before=before)

    assert after.of(Look.REF_IP)[0] is before.of(Look.REF_IP)[0]
    assert after == look_back(by_target(more), now=NOW, epoch=0, targets=Targets())
    assert after.history == seen(*more).history


def test_on_another_network_all_is_filed_again() -> None:
    before = seen(reference("one"))

    assert not look_back(
        by_target([reference("one")]), now=NOW, epoch=1, targets=Targets(), before=before
    ).standings
