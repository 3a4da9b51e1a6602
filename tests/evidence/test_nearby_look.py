"""The search near us: whom it examines, and whom it calls near."""

from __future__ import annotations

import pytest

from probe.machine import Address, Network, Route
from probe.probes.nearby import EXAMINED, by_turns
from probe.words import Failure, Family, Look
from tests.support.sightings import sighting

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


def test_every_group_has_its_turn() -> None:
    failing = [
        sighting(Look.APPLE_WEB, f"{group}-{n}", Failure.GENERIC_TIMEOUT, group=group)
        for group in ("push", "messaging", "account")
        for n in range(4)
    ]

    chosen = by_turns(failing)

    assert len(chosen) == EXAMINED
    assert {one.finding.group for one in chosen} == {"push", "messaging", "account"}
