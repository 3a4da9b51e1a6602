"""`make lab`: plays every scenario in a world of its own, several side by side, and reports.

python -m tests.lab [NAME or row ...] [--jobs N] [--turn brief] [--families dual]
"""

from __future__ import annotations

import argparse
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
from pathlib import Path

from tests.lab import certificates, report, sandbox
from tests.lab.faults import SCENARIOS
from tests.lab.outside import Outside
from tests.lab.play import Outcome, Turn
from tests.lab.scenario import Scenario
from tests.lab.world import Families

SCENARIO_SECONDS = 600.0  # a world that takes longer is stuck
START_APART_SECONDS = 2.0  # building a world takes a second of one core
KEPT = Path("artifacts/lab")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    parser.add_argument("only", nargs="*", help="names, rows or parts of names; none: all")
    parser.add_argument("--jobs", type=int, default=6 * (os.cpu_count() or 1))
    parser.add_argument("--turn", type=Turn, default=Turn.MID_RUN)
    parser.add_argument("--families", type=Families, default=None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=KEPT, help="where logs and the table go")
    parser.add_argument("--packets", action="store_true", help="keep the host's packets too")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--shell", help="run a command in the host of a healthy world, and end")
    given = parser.parse_args()
    chosen = [scenario for scenario in SCENARIOS if wanted(scenario, given.only)]
    if given.list:
        for scenario in chosen:
            print(f"{scenario.row:>4}  {scenario.name}")
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
            rows = play_all(chosen, out, given.jobs, extra(given), given.keep)
        text = f"{report.table(rows)}\n\n{report.summary(rows)}\n{outside.said()}\n"
        (given.keep / "table.txt").write_text(text)
        (given.keep / "outcomes.json").write_text(json.dumps(rows, indent=1))
        print(f"\n{text}")
    passed = sum(row["passed"] for row in rows)
    print(f"lab: {passed} passed, {len(rows) - passed} failed")
    return 0 if passed == len(rows) and outside.quiet else 1


def wanted(scenario: Scenario, only: Sequence[str]) -> bool:
    return not only or any(word == scenario.row or word in scenario.name for word in only)


def extra(given: argparse.Namespace) -> list[str]:
    words = ["--turn", given.turn.value, "--seed", str(given.seed)]
    words += ["--families", given.families.value] if given.families else []
    return words + (["--packets"] if given.packets else [])


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
    chosen: Sequence[Scenario], out: Path, jobs: int, words: Sequence[str], keep: Path
) -> list[report.Row]:
    """Every scenario's outcome, told as it comes. Logs of those that failed are kept."""
    turnstile = threading.Lock()

    def one(scenario: Scenario) -> report.Row:
        with turnstile:
            time.sleep(START_APART_SECONDS if jobs > 1 else 0)
        row = play_one(scenario, out, words)
        failed = "" if row["passed"] else f"  {row['told']}  {row['broken']}"
        print(f"{'ok' if row['passed'] else 'FAIL':4} {row['name']}{failed}", flush=True)
        world = out / scenario.name
        if not row["passed"] and world.exists():
            shutil.copytree(world, keep / scenario.name, ignore=shutil.ignore_patterns("home"))
        shutil.rmtree(world, ignore_errors=True)
        return row

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, chosen))


def play_one(scenario: Scenario, out: Path, words: Sequence[str]) -> report.Row:
    world = out / scenario.name
    world.mkdir()
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
