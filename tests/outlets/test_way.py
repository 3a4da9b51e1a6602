"""The drawn way agrees with the verdict: it breaks where the verdict says, or nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import Status
from probe.outlets.web.path import WAY, State, way
from probe.words import Blame, Code, Dns, Internet, Portal, Push, Signal
from tests.support.statuses import (
    apple_outage,
    dns_block,
    healthy,
    link_down,
    readings,
    starting,
)


def drawn(status: Status) -> str:
    letters = {
        State.WORKS: "w",
        State.BROKEN: "X",
        State.TROUBLE: "t",
        State.BEHIND: "b",
        State.UNKNOWN: "?",
    }
    return "".join(letters[stop.state] for stop in way(status))


PORTAL_SILENT = readings({Signal.PORTAL: Portal.FAILED, Signal.PUSH: Push.FAILS})
UNSURE = replace(dns_block().verdict, code=Code.UNKNOWN, blame=Blame.UNKNOWN)
SILENT = readings({Signal.INTERNET: Internet.UNREACHABLE, Signal.DNS: Dns.FAILS})
SOMEWHERE = replace(dns_block().verdict, code=Code.ISP_INTERNET, blame=Blame.UNKNOWN)
DEGRADED = replace(dns_block().verdict, code=Code.DEGRADED)

# device, link, router, internet, names, push, services
WAYS = {
    "all is well": (healthy(), "wwwwwww"),
    "nothing is known": (starting(), "???????"),
    "no link: nobody can tell what is behind it": (link_down(), "wXwbbbw"),
    "push is filtered": (dns_block(), "wwwwwXw"),
    "Apple is down": (apple_outage(), "wwwwwXw"),
    "a verdict against Apple never draws a break before Apple": (
        replace(apple_outage(), readings=PORTAL_SILENT),
        "wwwtwXw",
    ),
    "no verdict, no break": (replace(dns_block(), verdict=UNSURE), "wwwwwtw"),
    "nothing behind the router answers, and nobody can tell why": (
        replace(dns_block(), readings=SILENT, verdict=SOMEWHERE),
        "wwwXbww",
    ),
    "degraded is not broken": (replace(dns_block(), verdict=DEGRADED), "wwwwwtw"),
}


@pytest.mark.parametrize(("status", "expected"), WAYS.values(), ids=WAYS.keys())
def test_the_way(status: Status, expected: str) -> None:
    assert drawn(status) == expected


def test_every_signal_has_its_place_on_the_way() -> None:
    placed = [signal for hop in WAY for signal in (*hop.vital, *hop.others)]

    assert sorted(placed) == sorted(Signal)
