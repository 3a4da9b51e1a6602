"""`make compare-peers`: the same faults seen by isitme and by other watchers; writes the page.

python -m tests.lab.peers [NAME ...] [--jobs N] [--missing] [--page]
Results are kept one by one in artifacts/peers, so that a run can be had in parts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.lab import certificates, sandbox
from tests.lab.faults import SCENARIOS
from tests.lab.net import REPOSITORY
from tests.lab.peers import page, watchers
from tests.lab.peers.chosen import CHOSEN

KEPT = REPOSITORY / "artifacts/peers"
PAGE = REPOSITORY / "docs/comparison.md"
SCENE_SECONDS = 1200.0  # a world that takes longer is stuck
START_APART_SECONDS = 10.0  # building a world, and starting all watchers, takes that of a core


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.peers", description=__doc__)
    parser.add_argument("only", nargs="*", help="names of scenarios; none: all of the page")
    parser.add_argument("--jobs", type=int, default=4, help="worlds side by side")
    parser.add_argument("--missing", action="store_true", help="only what is not recorded yet")
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    given = parser.parse_args()
    missing = [] if given.page else sandbox.lacking() + watchers.lacking()
    if missing:
        print("The comparison lacks:", *missing, sep="\n  ", file=sys.stderr)
        return 1
    KEPT.mkdir(parents=True, exist_ok=True)
    if not given.page:
        (KEPT / "versions.json").write_text(json.dumps(versions(), indent=1))
        names = given.only or [row.scenario for row in CHOSEN]
        unknown = set(names) - {scenario.name for scenario in SCENARIOS}
        if unknown:
            print(f"no scenario is called {', '.join(sorted(unknown))}", file=sys.stderr)
            return 2
        if given.missing:
            names = [name for name in names if not recorded(name)]
        watch(names, given.jobs)
    found = [
        json.loads(path.read_text())
        for row in CHOSEN
        if (path := KEPT / f"{row.scenario}.json").exists()
    ]
    broken = [one for one in found if one.get("broken")]
    for one in broken:
        print(f"{one['name']}: {one['broken']}", file=sys.stderr)
    whole = [one for one in found if not one.get("broken")]
    PAGE.write_text(page.page(whole, json.loads((KEPT / "versions.json").read_text())))
    print(f"{PAGE.relative_to(REPOSITORY)}: {len(whole)} of {len(CHOSEN)} scenarios")
    return 0 if len(whole) == len(CHOSEN) else 1


def recorded(name: str) -> bool:
    """Whether there is a whole result of it."""
    path = KEPT / f"{name}.json"
    return path.exists() and "broken" not in json.loads(path.read_text())


def versions() -> dict[str, str]:
    """What each program says of itself."""
    isitme = Path(sys.executable).with_name("isitme")
    done = subprocess.run([isitme, "--version"], capture_output=True, text=True, check=True)
    return {
        "isitme": done.stdout.strip(),
        **{name: watchers.version(name) for name in watchers.PROGRAMS},
    }


def watch(names: Sequence[str], jobs: int) -> None:
    with tempfile.TemporaryDirectory(prefix="isitme-peers-") as place:
        roots = Path(place) / "certificates"
        roots.mkdir()
        certificates.write(roots)

        turnstile = threading.Lock()

        def one(name: str) -> None:
            with turnstile:
                time.sleep(START_APART_SECONDS if jobs > 1 else 0)
            out = Path(place) / name
            out.mkdir()
            result = out / "result.json"
            try:
                done = subprocess.run(
                    sandbox.command("tests.lab.peers.scene", name, str(out), str(roots)),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=SCENE_SECONDS,
                    check=False,
                )
                said = done.stderr[-600:]
            except subprocess.TimeoutExpired:
                said = f"not done after {SCENE_SECONDS:g} s"
            if not result.exists():
                result.write_text(json.dumps({"name": name, "broken": said}))
            shutil.copy(result, KEPT / f"{name}.json")
            told = json.loads(result.read_text())
            print(f"{name}: {told.get('broken') or told['isitme']['answer']}", flush=True)
            shutil.rmtree(out, ignore_errors=True)

        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, names))


if __name__ == "__main__":
    sys.exit(main())
