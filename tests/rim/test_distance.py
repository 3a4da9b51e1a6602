"""Where whoever answers stands: what hops and datagrams mean together."""

from __future__ import annotations

import pytest

from probe.distance import Stands, read
from probe.tools import Heard, Poke

ADDRESS = "17.57.144.10"
APPLE = ("17.0.0.0/8", "2620:149::/32")
HERE = Poke(heard=Heard.ICMP, icmp_type=3, icmp_code=3, offender=ADDRESS)
NOT_ITS_OWN = Poke(heard=Heard.ICMP, icmp_type=3, icmp_code=3, offender="62.115.1.1")
ON_THE_WAY = Poke(heard=Heard.ICMP, icmp_type=11, icmp_code=0, offender="62.115.1.1")
OF_APPLE = Poke(heard=Heard.ICMP, icmp_type=11, icmp_code=0, offender="17.0.1.1")

CASES: dict[str, tuple[int, Poke | None, Poke | None, Stands]] = {
    "the address says itself that it is there": (4, HERE, ON_THE_WAY, Stands.AT_THE_END),
    "it stands behind a router of Apple's": (12, None, OF_APPLE, Stands.AT_THE_END),
    "the way goes on behind it": (2, ON_THE_WAY, ON_THE_WAY, Stands.NEARER),
    "it goes on, and Apple's routers are near": (9, OF_APPLE, OF_APPLE, Stands.NEARER),
    "our own router answers in its name": (1, ON_THE_WAY, None, Stands.ROUTER),
    "nobody on the way says a word": (4, HERE, None, Stands.UNKNOWN),
    "the address says nothing, and a stranger is before it": (
        4,
        None,
        ON_THE_WAY,
        Stands.UNKNOWN,
    ),
    "somebody else says that the port is closed": (
        4,
        NOT_ITS_OWN,
        ON_THE_WAY,
        Stands.UNKNOWN,
    ),
    "everything is taken one hop before": (4, HERE, HERE, Stands.UNKNOWN),
    "a neighbour has the address": (1, HERE, None, Stands.UNKNOWN),
}


@pytest.mark.parametrize("case", CASES)
def test_where_it_stands(case: str) -> None:
    hops, at, before, stands = CASES[case]

    assert read(ADDRESS, hops, at, before, APPLE) is stands


def test_nobody_stands_before_this_very_machine() -> None:
    here = Poke(heard=Heard.ICMP, icmp_type=3, icmp_code=3, offender="127.77.2.10")

    assert read("127.77.2.10", 1, here, None, APPLE) is Stands.AT_THE_END
