"""One scenario seen by all watchers at once. The first process of a room.

python -m tests.lab.peers.scene NAME OUT CERTIFICATES
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.lab import sandbox
from tests.lab.daemon import Daemon
from tests.lab.faults import SCENARIOS
from tests.lab.net import LabError
from tests.lab.peers.watchers import Watched, Watchers
from tests.lab.play import matches, said
from tests.lab.scenario import Scenario
from tests.lab.world import World

HEALTHY_SECONDS = 300.0  # at most, until nobody complains
QUIET_SECONDS = 75.0  # the others do not complain so long: one whole round of the slowest of them
CALM_SECONDS = 20.0  # isitme holds its healthy answer so long
FAULT_SECONDS = 150.0  # `for: 1m` and three rounds beside it; two rounds of the slowest
HEALED_SECONDS = 100.0  # a round of the slowest, with the time that its checks take


def stage(scenario: Scenario, world: World) -> dict[str, Any]:
    """Healthy for all, broken, healed; what each told and when. Raises LabError."""
    daemon = Daemon(world, environment=scenario.environment, configuration=scenario.configuration)
    watchers = Watchers(world)
    world.build()
    if scenario.prepare is not None:
        scenario.prepare(world)
    daemon.start()
    watchers.start()
    calm(scenario, daemon, watchers)
    fault_at = time.monotonic()
    scenario.fault.inject(world)
    if scenario.to_program is not None:
        scenario.to_program(world, daemon)
    time.sleep(scenario.fault.symptom_after_seconds)
    if not scenario.fault.symptom.is_broken(world):
        raise LabError("the fault does not show")
    time.sleep(max(0.0, fault_at + FAULT_SECONDS - time.monotonic()))
    healed_at = time.monotonic()
    last = daemon.now()
    assert last is not None
    troubles = {watched.name: complaints(watched, fault_at) for watched in watchers.all}
    scenario.fault.heal(world)
    if scenario.program_heals is not None:
        scenario.program_heals(world, daemon)
    all_clear(scenario, daemon, watchers)
    right = [s for s in daemon.history if fault_at < s.at < healed_at]
    told_at = next((s.at for s in right if s.answer == last.answer), fault_at)
    well = [s for s in daemon.history if s.at > healed_at and matches(scenario.healthy, s)]
    result = {
        "name": scenario.name,
        "row": scenario.row,
        "wanted": said(scenario.expect),
        "isitme": {
            "answer": str(last),
            "headline": last.headline,
            "notes": last.notes,
            "seconds": round(told_at - fault_at, 1),
            "right": matches(scenario.expect, last),
            "way": [f"{s.at - fault_at:.1f} {s}" for s in right],
            "recovered_seconds": round(well[0].at - healed_at, 1) if well else None,
        },
        "peers": {
            watched.name: {
                "troubles": troubles[watched.name],
                "recovered_seconds": cleared(watched, healed_at),
            }
            for watched in watchers.all
        },
    }
    daemon.finish()
    watchers.stop()
    return result


def calm(scenario: Scenario, daemon: Daemon, watchers: Watchers) -> None:
    """Wait until all have been content for long enough, each by its own round."""
    began = healthy_since = quiet_since = time.monotonic()
    while True:
        now = time.monotonic()
        shown = daemon.now()
        if shown is None or not matches(scenario.healthy, shown):
            healthy_since = now
        if any(watched.standing or not watched.seen for watched in watchers.all):
            quiet_since = now
        if now - quiet_since >= QUIET_SECONDS and now - healthy_since >= CALM_SECONDS:
            return
        if now - began > HEALTHY_SECONDS:
            troubles = {watched.name: watched.standing for watched in watchers.all}
            raise LabError(f"not healthy for all: {shown}, {troubles}")
        time.sleep(1.0)


def complaints(watched: Watched, fault_at: float) -> list[dict[str, Any]]:
    """What stands now, with seconds from the fault, and what was told and taken back."""
    standing = [
        {"what": what, "said": watched.standing[what], "seconds": round(at - fault_at, 1)}
        for what, at in watched.since.items()
    ]
    taken_back = {
        what for at, sign, what in watched.history if at > fault_at and sign == "-"
    } - watched.since.keys()
    return sorted(standing, key=lambda one: float(str(one["seconds"]))) + [
        {"what": what, "said": "taken back", "seconds": None} for what in sorted(taken_back)
    ]


def all_clear(scenario: Scenario, daemon: Daemon, watchers: Watchers) -> None:
    until = time.monotonic() + HEALED_SECONDS
    while time.monotonic() < until:
        shown = daemon.now()
        if (
            shown is not None
            and matches(scenario.healthy, shown)
            and not any(watched.standing for watched in watchers.all)
        ):
            return
        time.sleep(1.0)


def cleared(watched: Watched, healed_at: float) -> float | None:
    """Seconds from the heal to the last complaint's end; None: some still stand, or none stood."""
    ends = [at for at, sign, _ in watched.history if sign == "-" and at > healed_at]
    return round(max(ends) - healed_at, 1) if ends and not watched.standing else None


def main(name: str, out: str, certificates: str) -> None:
    sandbox.seal()
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == name)
    world = World(
        Path(out), Path(certificates), families=scenario.families, tunnels=scenario.tunnels
    )
    try:
        result = stage(scenario, world)
    except LabError as error:
        result = {"name": name, "broken": str(error)}
    (Path(out) / "result.json").write_text(json.dumps(result, indent=1))
    world.net.stop_all()


if __name__ == "__main__":
    main(*sys.argv[1:4])
