"""The first process of a room: plays one scenario, or lets a person look round a healthy world."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.lab import sandbox
from tests.lab.faults import SCENARIOS
from tests.lab.play import play
from tests.lab.ways import Way
from tests.lab.world import Families, Tunnel, World


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--certificates", type=Path, required=True)
    parser.add_argument("--families", type=Families)
    parser.add_argument("--at-start", action="store_true")
    parser.add_argument("--heal", type=float, help="seconds after which the fault ends by itself")
    parser.add_argument("--second", default="", help="a scenario whose fault comes on top")
    parser.add_argument("--starved", action="store_true")
    parser.add_argument("--no-controls", action="store_true")
    parser.add_argument("--vantage", action="store_true")
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
        done = subprocess.run(
            ["ip", "netns", "exec", "host", "sh", "-c", given.shell],
            env={**os.environ, "LAB_CERTIFICATES": str(given.certificates), "container": ""},
            check=False,
        )
        world.net.stop_all()
        sys.exit(done.returncode)
    named = {scenario.name: scenario for scenario in SCENARIOS}
    outcome = play(
        named[given.name],
        given.out,
        given.certificates,
        way=Way(
            at_start=given.at_start,
            families=given.families,
            heal_seconds=given.heal,
            second=given.second,
            starved=given.starved,
            no_controls=given.no_controls,
            vantage=given.vantage,
        ),
        second=named.get(given.second),
        seed=given.seed,
        keep_packets=given.packets,
    )
    (given.out / "outcome.json").write_text(json.dumps(outcome.as_json(), indent=1))


if __name__ == "__main__":
    main()
