"""The router's look: what its own host's stack says of it, whatever the table shows meanwhile."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import cast

import pytest

from probe.clock import SystemClock
from probe.drill.layout import GATEWAY
from probe.drill.machine import Link, StagedMachine
from probe.probes.gateway import ask
from probe.tools import Tools
from probe.tools.datagram import Heard, Poke
from probe.words import Failure, Family


@dataclass(frozen=True, kw_only=True)
class Poked:
    """As much of Tools as the look uses; what becomes of a datagram is given."""

    fate: Poke
    clock: SystemClock
    machine: StagedMachine

    async def poke(self, address: str, port: int, *, ttl: int, within_seconds: float) -> Poke:
        return self.fate


def icmp(kind: int, code: int, *, own: bool) -> Poke:
    return Poke(
        heard=Heard.ICMP, icmp_type=kind, icmp_code=code, own=own, errno=errno.EHOSTUNREACH,
        offender="192.168.77.20" if own else GATEWAY,
    )  # fmt: skip


FATES: dict[str, tuple[Poke, Failure | None]] = {
    "our own stack finds nobody": (icmp(3, 1, own=True), Failure.GW_NEIGH_FAILED),
    "our own stack finds nobody, IPv6": (icmp(1, 3, own=True), Failure.GW_NEIGH_FAILED),
    "our own firewall forbids it, the router is there": (icmp(3, 13, own=True), None),
    "the router says that nobody listens": (icmp(3, 3, own=False), None),
    "silence, the router is in the table": (Poke(heard=Heard.SILENT), None),
}


@pytest.mark.parametrize("case", FATES)
async def test_the_router_is_gone_when_our_own_stack_says_so(case: str) -> None:
    """The neighbour table shows it as reachable: it is on trial again, or not told yet."""
    fate, expected = FATES[case]
    machine = StagedMachine(link=Link(), name_servers=(), ports={})
    tools = cast("Tools", Poked(fate=fate, clock=SystemClock(), machine=machine))

    finding = await ask(tools, Family.IPV4, GATEWAY)

    failed = finding.failed
    assert (failed.failure if failed else None) is expected
