"""`make lab`: plays every scenario in a world of its own, several side by side, and reports.

python -m tests.lab [NAME or row ...] [--jobs N] [--heal 5] [--families dual] [--cross --seed 7]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.lab import certificates, report, sandbox
from tests.lab.faults import SCENARIOS
from tests.lab.outside import Outside
from tests.lab.play import Outcome
from tests.lab.scenario import Scenario
from tests.lab.ways import LONG_SECONDS, Way, ways
from tests.lab.world import Families

SCENARIO_SECONDS = 1200.0  # a world that takes longer is stuck
START_APART_SECONDS = 2.0  # building a world takes a second of one core
# Held for ten minutes: one silent, one active, one of names, one of push, one of Apple.
LONG = frozenset(
    {
        "provider-black-hole",
        "wan-cable-out",
        "push-names-null",
        "push-5223-dropped",
        "all-apple-errs",
    }
)
AGAIN_JOBS, MORE_TRIES = 3, 2
KEPT = Path("artifacts/lab")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    parser.add_argument("only", nargs="*", help="names, rows or parts of names; none: all")
    parser.add_argument("--jobs", type=int, default=6 * (os.cpu_count() or 1))
    parser.add_argument("--at-start", action="store_true", help="the fault before the program")
    parser.add_argument("--families", type=Families, default=None)
    parser.add_argument("--heal", type=float, help="seconds after which the fault ends; 5: no turn")
    parser.add_argument("--second", default="", help="a scenario whose fault comes on top")
    parser.add_argument("--starved", action="store_true", help="the program gets a tenth of a core")
    parser.add_argument("--no-controls", action="store_true", help="no port controls are asked")
    parser.add_argument("--vantage", action="store_true", help="a second isitme is elsewhere")
    parser.add_argument(
        "--again", action="store_true", help="play what failed again, beside few others"
    )
    parser.add_argument("--cross", action="store_true", help="each in another way, pair by pair")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=KEPT, help="where logs and the table go")
    parser.add_argument("--packets", action="store_true", help="keep the host's packets too")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--shell", help="run a command in the host of a healthy world, and end")
    given = parser.parse_args()
    chosen = [scenario for scenario in SCENARIOS if wanted(scenario, given.only)]
    if given.list:
        for scenario in chosen:
            line = scenario.about_its_line
            print(f"{scenario.row:>4}  {scenario.name}{f'  ({line})' if line else ''}")
        return 0
    missing = sandbox.lacking()
    if missing:
        print("The lab lacks:", *missing, sep="\n  ", file=sys.stderr)
        return 1
    if not chosen:
        print(f"no scenario is called {' or '.join(given.only)}; --list shows all", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="isitme-lab-") as place:
        out = Path(place)
        (out / "certificates").mkdir()
        certificates.write(out / "certificates")
        if given.shell:
            return look_round(out, given.shell, given.families, given.packets)
        shutil.rmtree(given.keep, ignore_errors=True)
        given.keep.mkdir(parents=True)
        print(f"{len(chosen)} scenarios, {given.jobs} side by side, seed {given.seed}", flush=True)
        with Outside(given.keep / "outside.log") as outside:
            rows = play_all(planned(chosen, given), out, given.jobs, given)
            for _ in range(MORE_TRIES if given.again else 0):
                rows = play_again(planned(chosen, given), rows, out, given)
        text = f"{report.table(rows)}\n\n{report.summary(rows)}\n{outside.said()}\n"
        (given.keep / "table.txt").write_text(text)
        (given.keep / "outcomes.json").write_text(json.dumps(rows, indent=1))
        print(f"\n{text}")
    failed = [row for row in rows if not row["passed"]]
    print(f"lab: {len(rows) - len(failed)} passed, {len(failed)} failed")
    return 0 if not failed and report.bounds_held(rows) and outside.quiet else 1


def wanted(scenario: Scenario, only: Sequence[str]) -> bool:
    return not only or any(word == scenario.row or word in scenario.name for word in only)


def planned(chosen: Sequence[Scenario], given: argparse.Namespace) -> list[tuple[Scenario, Way]]:
    """Each scenario and the way it is played in."""
    if not given.cross:
        way = Way(
            at_start=given.at_start,
            families=given.families,
            heal_seconds=given.heal,
            second=given.second,
            starved=given.starved,
            no_controls=given.no_controls,
            vantage=given.vantage,
        )
        return [(scenario, way) for scenario in chosen]
    found = [
        (scenario, way if scenario.starvable else replace(way, starved=False))
        for scenario, way in zip(SCENARIOS, itertools.cycle(ways(given.seed)), strict=False)
        if scenario in chosen  # in its own way, whoever else is chosen
    ]
    unknown = LONG - {scenario.name for scenario in SCENARIOS}
    if unknown:
        raise SystemExit(f"held for ten minutes, and no scenario: {', '.join(sorted(unknown))}")
    long = [
        (scenario, Way(heal_seconds=LONG_SECONDS)) for scenario in chosen if scenario.name in LONG
    ]
    return [*long, *found]


def words_of(way: Way) -> list[str]:
    words = ["--at-start"] if way.at_start else []
    words += ["--families", way.families.value] if way.families else []
    words += ["--heal", str(way.heal_seconds)] if way.heal_seconds else []
    words += ["--second", way.second] if way.second else []
    words += ["--starved"] if way.starved else []
    words += ["--no-controls"] if way.no_controls else []
    return words + (["--vantage"] if way.vantage else [])


def look_round(out: Path, shell: str, families: Families | None, tunnels: bool) -> int:
    words = ["--families", families.value] if families else []
    words += ["--packets"] if tunnels else []
    done = subprocess.run(
        sandbox.command(
            "tests.lab.inside",
            *("-", "--out", str(out / "world"), "--certificates", str(out / "certificates")),
            *("--shell", shell, *words),
        ),
        check=False,
    )
    return done.returncode


def play_all(
    plan: Sequence[tuple[Scenario, Way]], out: Path, jobs: int, given: argparse.Namespace
) -> list[report.Row]:
    """Every scenario's outcome, told as it comes. Logs of those that failed are kept."""
    turnstile = threading.Lock()

    def one(place: int) -> report.Row:
        scenario, way = plan[place]
        with turnstile:
            time.sleep(START_APART_SECONDS if jobs > 1 else 0)
        world = out / f"{place}-{scenario.name}"
        world.mkdir()
        words = ["--seed", str(given.seed), *words_of(way)]
        row = play_one(scenario, world, out, words + (["--packets"] if given.packets else []))
        failed = "" if row["passed"] else f"  ({row['how']})  {row['told']}  {row['broken']}"
        print(f"{'ok' if row['passed'] else 'FAIL':4} {row['name']}{failed}", flush=True)
        if not row["passed"]:
            ignored = shutil.ignore_patterns("home")
            shutil.copytree(world, given.keep / world.name, ignore=ignored, dirs_exist_ok=True)
        shutil.rmtree(world, ignore_errors=True)
        return row

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, range(len(plan))))


def play_again(
    plan: Sequence[tuple[Scenario, Way]],
    rows: Sequence[report.Row],
    out: Path,
    given: argparse.Namespace,
) -> list[report.Row]:
    """What failed, once more with few worlds beside it: a busy machine is no fault of the program.
    So is what came late, where more than one in twenty did.

    Every earlier try stays in the row, the better one counts, and a wrong blame of Apple is never
    forgiven.
    """
    in_time = report.bounds_held(rows)
    wanting = [
        place
        for place, row in enumerate(rows)
        if not row["passed"] or (report.late_by(row) > 0 and not in_time)
    ]
    if not wanting:
        return list(rows)
    print(f"once more: {len(wanting)}", flush=True)
    again = play_all([plan[place] for place in wanting], out, min(given.jobs, AGAIN_JOBS), given)
    found = list(rows)
    for place, row in zip(wanting, again, strict=True):
        found[place] = report.better(found[place], row)
    return found


def play_one(scenario: Scenario, world: Path, out: Path, words: Sequence[str]) -> report.Row:
    command = sandbox.command(
        "tests.lab.inside",
        *(scenario.name, "--out", str(world), "--certificates", str(out / "certificates")),
        *words,
    )
    said = ""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SCENARIO_SECONDS,
            check=False,
        )
        said = done.stderr[-600:]
    except subprocess.TimeoutExpired:
        said = f"not done after {SCENARIO_SECONDS:g} s"
    try:
        row: report.Row = json.loads((world / "outcome.json").read_text())
    except (OSError, ValueError):
        outcome = Outcome(name=scenario.name, row=scenario.row, how="", expected="", broken=said)
        row = outcome.as_json()
    return row


if __name__ == "__main__":
    sys.exit(main())
