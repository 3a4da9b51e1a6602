"""The search near us: whom it examines, and whom it calls near."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.machine import Address, Network, Route
from probe.model import Observation
from probe.probes import registry
from probe.probes.nearby import EXAMINED, NearbyLook, by_turns, diverges, sent_astray
from probe.targets import Reference, Targets
from probe.wire.netlink import RTN_UNICAST
from probe.words import Failure, Family, Look
from tests.support.sightings import sighting

RTN_BLACKHOLE = 6  # linux/rtnetlink.h
HOME = Network(
    addresses=(Address(interface_index=2, address="192.168.1.17", prefix_length=24),),
    routes=(
        Route(
            family=Family.IPV4,
            destination="",
            prefix_length=0,
            gateway="192.168.1.1",
            interface_index=2,
        ),
    ),
)
OFFENDERS = {
    "192.168.1.17": True,  # this host
    "192.168.1.1": True,  # its router
    "192.168.1.2": True,  # a filter beside it
    "10.20.30.40": False,  # a provider's own router, numbered privately
    "17.1.2.3": False,
    "fe80::1%eth0": False,
}


@pytest.mark.parametrize("offender", OFFENDERS)
def test_who_is_near(offender: str) -> None:
    assert HOME.is_near(offender) is OFFENDERS[offender]


def way(
    destination: str, prefix: int, gateway: str = "", *, index: int = 2, kind: int = RTN_UNICAST
) -> Route:
    family = Family.IPV6 if ":" in f"{destination}{gateway}" else Family.IPV4
    return Route(
        family=family, destination=destination, prefix_length=prefix, gateway=gateway,
        interface_index=index, type=kind,
    )  # fmt: skip


OUT, OUT_V6 = way("", 0, "192.168.1.1"), way("", 0, "fe80::1")
PINNED = way("1.1.1.1", 32, "192.168.2.1", index=3)
APPLE, APPLE_V6 = "17.57.144.10", "2620:149:a44::10"
ROUTES: dict[str, tuple[tuple[Route, ...], str, bool]] = {
    "by the router, as all": ((OUT,), APPLE, False),
    "as if Apple were on the link": ((OUT, way("17.0.0.0", 8)), APPLE, True),
    "into a tunnel": ((OUT, way("17.0.0.0", 8, "10.0.0.1", index=7)), APPLE, True),
    "into nothing": ((OUT, way("17.0.0.0", 8, kind=RTN_BLACKHOLE)), APPLE, True),
    "by a route of its own to the same router": (
        (OUT, way("17.0.0.0", 8, "192.168.1.1")), APPLE, False),
    "nothing has a way": ((), APPLE, False),
    "IPv6 by the router, as all": ((OUT_V6,), APPLE_V6, False),
    "IPv6 into a tunnel": ((OUT_V6, way("2620:149::", 32, "fe80::9", index=7)), APPLE_V6, True),
    "no IPv6 at all": ((OUT,), APPLE_V6, False),
    "as all but a resolver that is pinned to a second line": (
        (OUT, PINNED), APPLE, False),
    "as one reference alone, by the second line": (
        (OUT, PINNED, way("17.0.0.0", 8, "192.168.2.1", index=3)),
        APPLE, False),
    "into a tunnel, beside a pinned resolver": (
        (OUT, PINNED, way("17.0.0.0", 8, "10.0.0.1", index=7)),
        APPLE, True),
    "into nothing, beside a reference that leads nowhere": (
        (OUT, way("1.1.1.1", 32, kind=RTN_BLACKHOLE), way("17.0.0.0", 8, kind=RTN_BLACKHOLE)),
        APPLE, True),
    "IPv6 as all but a pinned resolver": (
        (OUT_V6, way("2606:4700:4700::1111", 128, "fe80::9", index=7)), APPLE_V6, False),
}  # fmt: skip


@pytest.mark.parametrize("case", ROUTES)
def test_which_way_apple_is_sent(case: str) -> None:
    routes, address, expected = ROUTES[case]

    assert diverges(Network(routes=routes), address, Targets().references_by_address) is expected


def test_without_references_there_is_nothing_to_compare_with() -> None:
    assert not diverges(Network(routes=(OUT, way("17.0.0.0", 8, "10.0.0.1", index=7))), APPLE, ())


def apples(
    target: str, address: str, failure: Failure | None = None, *, ago: float = 5.0
) -> Observation:
    one = sighting(Look.APPLE_WEB, target, failure, silent=failure is not None, ago=ago)
    return replace(one, finding=replace(one.finding, address=f"{address}:443"))


ASTRAY: dict[str, tuple[list[Observation], bool]] = {
    "nothing of Apple's answers": ([], True),
    "another host answers by the same way": ([apples("b", "17.57.144.11", ago=4)], False),
    "it answered before this one was asked": ([apples("b", "17.57.144.11", ago=90)], True),
    "what answers goes by the router": ([apples("b", "23.45.6.7", ago=4)], True),
    "another host fails by the same way": (
        [apples("b", "17.57.144.11", Failure.GENERIC_TIMEOUT, ago=4)], True),
}  # fmt: skip


@pytest.mark.parametrize("case", ASTRAY)
def test_a_way_of_its_own_that_carries_others_of_apples_is_no_fault(case: str) -> None:
    others, astray = ASTRAY[case]
    network = Network(routes=(OUT, way("17.0.0.0", 8, "10.0.0.1", index=7)))
    suspected = apples("a", APPLE, Failure.GENERIC_TIMEOUT)

    found = sent_astray(network, suspected, [suspected, *others], Targets().references_by_address)

    assert found is astray


def test_apples_way_is_compared_with_the_references_that_are_set() -> None:
    mine = (Reference(name="mine", operator="mine", host="203.0.113.7"),)
    look = registry(Targets(references_by_address=mine))[Look.NEARBY]

    assert isinstance(look, NearbyLook)
    assert look.references == mine


def test_every_group_has_its_turn() -> None:
    failing = [
        sighting(Look.APPLE_WEB, f"{group}-{n}", Failure.GENERIC_TIMEOUT, group=group)
        for group in ("push", "messaging", "account")
        for n in range(4)
    ]

    chosen = by_turns(failing)

    assert len(chosen) == EXAMINED
    assert {one.finding.group for one in chosen} == {"push", "messaging", "account"}
