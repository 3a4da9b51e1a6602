"""One scenario's fault in a world of its own, without the program: does it do what it says?

The first process of a room. Prints what was found wrong; nothing when the fault shows and heals.
python -m tests.lab.symptom NAME OUT CERTIFICATES [FAMILIES]
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

from tests.lab import sandbox
from tests.lab.faults import SCENARIOS
from tests.lab.net import LabError
from tests.lab.scenario import Scenario
from tests.lab.world import Families, World

# A server that restarts, a cache that runs out (internet.TTL_SECONDS): what plays waits as long.
PATIENCE_SECONDS = 10.0


def walk(scenario: Scenario, world: World) -> list[str]:
    """Healthy, broken, healthy again; what was otherwise, in words."""
    fault = scenario.fault
    wrong = [*_shown(scenario, world, healthy=True, when="before the fault")]
    before = filters(world)
    fault.inject(world)
    time.sleep(fault.symptom_after_seconds)
    wrong += _shown(scenario, world, healthy=False, when="with the fault")
    fault.heal(world)
    wrong += _shown(scenario, world, healthy=True, when="after it healed")
    left = sorted(filters(world) - before)
    return wrong + [f"healed, but there is still {table}" for table in left]


def _shown(scenario: Scenario, world: World, *, healthy: bool, when: str) -> list[str]:
    """Whether the plain tool shows this state in time.

    Healthy is also not broken, so that what shows as broken was never there before, nor is after.
    """
    symptom = scenario.fault.symptom
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        said = symptom.said(world)
        broken = re.search(symptom.broken, said) is not None
        if broken is not healthy and (broken or re.search(symptom.healthy, said)):
            return []
        if time.monotonic() > until:
            state = "healthy" if healthy else "broken"
            return [f"{when} it is not {state}: {said.strip()[-500:]}"]
        time.sleep(0.5)


def filters(world: World) -> set[str]:
    """Every table of every packet filter."""
    return {
        f"{namespace}: {line}"
        for namespace in world.namespaces()
        for line in world.net.run(namespace, "nft", "list", "tables").splitlines()
    }


def main(name: str, out: str, certificates: str, families: str = "") -> None:
    sandbox.seal()
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == name)
    world = World(
        Path(out),
        Path(certificates),
        families=scenario.line(Families(families) if families else None),
        tunnels=scenario.tunnels,
    )
    try:
        world.build()
        if scenario.prepare is not None:
            scenario.prepare(world)
        wrong = walk(scenario, world)
    except LabError as error:
        wrong = [f"the lab: {error}"]
    print(*wrong, sep="\n", end="")
    world.net.stop_all()


if __name__ == "__main__":
    main(*sys.argv[1:5])
