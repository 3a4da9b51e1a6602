"""Firewalls, ports and IPv6."""

from __future__ import annotations

from tests.lab.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = ()
