"""The clock and time servers."""

from __future__ import annotations

from tests.lab.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = ()
