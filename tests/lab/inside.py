"""The first process of a room: plays one scenario, or lets a person look round a healthy world."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from tests.lab import sandbox
from tests.lab.faults import SCENARIOS
from tests.lab.play import Turn, play
from tests.lab.world import Families, Tunnel, World


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--certificates", type=Path, required=True)
    parser.add_argument("--turn", type=Turn, default=Turn.MID_RUN)
    parser.add_argument("--families", type=Families)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--packets", action="store_true")
    parser.add_argument("--shell", help="run this in the host of a healthy world instead")
    given = parser.parse_args()
    sandbox.seal()
    if given.shell:
        world = World(
            given.out,
            given.certificates,
            families=given.families or Families.V4,
            tunnels=frozenset(Tunnel) if given.packets else frozenset(),
        )
        world.build()
        done = subprocess.run(["ip", "netns", "exec", "host", "sh", "-c", given.shell], check=False)
        world.net.stop_all()
        sys.exit(done.returncode)
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == given.name)
    outcome = play(
        scenario,
        given.out,
        given.certificates,
        turn=given.turn,
        families=given.families,
        seed=given.seed,
        keep_packets=given.packets,
    )
    (given.out / "outcome.json").write_text(json.dumps(outcome.as_json(), indent=1))


if __name__ == "__main__":
    main()
