"""Every scenario, by the part of the way that is broken."""

from __future__ import annotations

from tests.lab.faults import (
    addresses,
    apple,
    clock,
    dns,
    families,
    feeds,
    loss,
    near,
    portals,
    ports,
    proxies,
    tls,
)
from tests.lab.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = (
    *near.SCENARIOS,
    *loss.SCENARIOS,
    *dns.SCENARIOS,
    *addresses.SCENARIOS,
    *portals.SCENARIOS,
    *proxies.SCENARIOS,
    *tls.SCENARIOS,
    *ports.SCENARIOS,
    *families.SCENARIOS,
    *clock.SCENARIOS,
    *apple.SCENARIOS,
    *feeds.SCENARIOS,
)
