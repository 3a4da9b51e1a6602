"""How soon is a silent fault told? The real program in virtual time, from many moments.

    python -m benchmarks.first_sight [--moments 40] [FAULT ...]

The world is that of tests/hours: the drill's servers over pretended wires, one family. A fault
begins at another place of the calm pace each time. What is counted is the seconds from then until
its answer is shown; beside it stands the bound of the contract (diagnosis.md (e): 16 s for what
everything feels, 26 s for one port).
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

import pytest

from probe.drill.layout import Kind, Place
from probe.words import Code
from tests.hours.world import Run, running
from tests.support.time import FakeClock, VirtualTimeLoop, loop_time

HEALTHY_SECONDS = 90.0  # so that every look has been made
# From one moment to the next: no multiple of any pace, so that all places of them are met.
STRIDE_SECONDS, CIRCLE_SECONDS = 37.7, 60.0
GIVEN_UP_SECONDS = 120.0
WATCH_SECONDS = 0.1
EVERYTHING_SECONDS, ONE_PORT_SECONDS = 16.0, 26.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What falls silent, the codes that are right then, and the bound."""

    silent: Callable[[Place, int], bool]
    right: frozenset[Code]
    within_seconds: float


FAULTS: Mapping[str, Fault] = {
    "the line": Fault(
        silent=lambda place, port: place.beyond_gateway,
        right=frozenset({Code.ISP_INTERNET}),
        within_seconds=EVERYTHING_SECONDS,
    ),
    "the resolver": Fault(
        silent=lambda place, port: port == 53,
        right=frozenset({Code.DNS}),
        within_seconds=EVERYTHING_SECONDS,
    ),
    "secure pages": Fault(
        silent=lambda place, port: port in (443, 5223),
        right=frozenset({Code.FIREWALL_PORT_BLOCKED}),
        within_seconds=EVERYTHING_SECONDS,
    ),
    "port 5223": Fault(
        silent=lambda place, port: port == 5223,
        right=frozenset({Code.FIREWALL_PORT_BLOCKED, Code.DEGRADED}),
        within_seconds=ONE_PORT_SECONDS,
    ),
    "push on every port": Fault(
        silent=lambda place, port: place.kind is Kind.COURIER or port in (5222, 5223, 5228),
        right=frozenset({Code.FIREWALL_PORT_BLOCKED}),
        within_seconds=ONE_PORT_SECONDS,
    ),
}


async def told_after(fault: Fault, moment: int) -> float:
    """Seconds until the fault is told; GIVEN_UP_SECONDS when it is not."""
    clock = FakeClock(follow=loop_time)
    with pytest.MonkeyPatch.context() as patch:
        async with running(clock, patch, seed=moment + 1) as run:
            await run.until(lambda status: status.verdict.code is Code.OK, within=60.0)
            await run.live(HEALTHY_SECONDS + moment * STRIDE_SECONDS % CIRCLE_SECONDS)
            run.world.silent = fault.silent
            return await wait(run, fault)


async def wait(run: Run, fault: Fault) -> float:
    began = run.clock.elapsed()
    while run.look().verdict.code not in fault.right:
        if run.clock.elapsed() - began >= GIVEN_UP_SECONDS:
            return GIVEN_UP_SECONDS
        await asyncio.sleep(WATCH_SECONDS)
    return run.clock.elapsed() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", nargs="*", help="parts of names; none: all")
    parser.add_argument("--moments", type=int, default=40)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    late = False
    print("| silent | median s | p95 s | worst s | bound s |\n|---|---|---|---|---|")
    for name, fault in FAULTS.items():
        if given.faults and not any(part in name for part in given.faults):
            continue
        took = []
        for moment in range(given.moments):
            with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
                took.append(runner.run(told_after(fault, moment)))
        took.sort()
        p95 = took[min(len(took) - 1, int(0.95 * len(took)))]
        late = late or p95 > fault.within_seconds
        print(f"| {name} | {median(took):.1f} | {p95:.1f} | {took[-1]:.1f} "
              f"| {fault.within_seconds:g} |", flush=True)  # fmt: skip
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
