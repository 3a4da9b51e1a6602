"""How soon a silent fault is told, at some of the moments of benchmarks/first_sight.py."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.first_sight import FAULTS, told_after
from tests.support.time import VirtualTimeLoop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
# The first, and those at which the worst was seen before each of three mends (decision 0067).
MOMENTS = (0, 9, 14, 30)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", FAULTS)
def test_a_silent_fault_is_told_within_its_bound(name: str, moment: int) -> None:
    fault = FAULTS[name]

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        seconds = runner.run(told_after(fault, moment))

    assert seconds <= fault.within_seconds
