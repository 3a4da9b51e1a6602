"""Each scenario's fault shows with a plain tool, and heals; so none can pass by doing nothing."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.lab import sandbox
from tests.lab.faults import SCENARIOS
from tests.lab.net import REPOSITORY
from tests.lab.scenario import Scenario
from tests.lab.world import Families

# Each on its own line, and on one with IPv6 alone, for which no address in a row was written.
LINES = [
    pytest.param(scenario, line, id=f"{scenario.name}-{line}")
    for scenario in SCENARIOS
    for line in sorted({scenario.families, scenario.line(Families.NAT64)})
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("scenario", "line"), LINES)
def test_the_fault_shows_and_heals(
    scenario: Scenario, line: Families, lab_certificates: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        sandbox.command(
            "tests.lab.symptom", scenario.name, str(tmp_path), str(lab_certificates), line
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr[-800:]


IDLE = """
import sys
from dataclasses import replace
from pathlib import Path
from tests.lab import sandbox
from tests.lab.faults import SCENARIOS
from tests.lab.symptom import walk
from tests.lab.world import World

sandbox.seal()
world = World(Path(sys.argv[1]), Path(sys.argv[2]))
world.build()
scenario = next(scenario for scenario in SCENARIOS if scenario.name == "push-names-null")
nothing = lambda world: None
leaves_a_table = lambda world: world.filter("gw", "tcp dport 9 drop")
for change in ({"inject": nothing}, {"heal": nothing}, {"inject": leaves_a_table}):
    idle = replace(scenario, fault=replace(scenario.fault, **change))
    print(*walk(idle, world), sep="; ", end="\\n--\\n")
    scenario.fault.heal(world)
"""


@pytest.mark.timeout(300)
def test_a_fault_that_does_nothing_or_stays_is_found(
    lab_certificates: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [*sandbox.ROOM, sys.executable, "-c", IDLE, str(tmp_path), str(lab_certificates)],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
    )

    idle, stays, leaves = done.stdout.split("\n--\n")[:3]
    assert "with the fault it is not broken" in idle
    assert "after it healed it is not healthy" in stays
    assert "healed, but there is still gw: table inet fault_forward" in leaves


def test_every_scenario_has_a_name_of_its_own() -> None:
    names = Counter(scenario.name for scenario in SCENARIOS)

    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_right_answer_is_no_trap(scenario: Scenario) -> None:
    right = {scenario.expect.code, *(code for _, code in scenario.expect.also_right)}

    assert not right & set(scenario.trap)
