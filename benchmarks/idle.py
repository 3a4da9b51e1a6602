"""How light the service is while nothing happens: memory, and its share of one core.

The contract: at most 60 MiB resident and 1 % of a core, with page and history. Only a healthy world
tells, so it is run inside the lab's, as root:

    .venv/bin/python -m tests.lab --shell '.venv/bin/python benchmarks/idle.py'

The share is of the core that it runs on, so say which one. `--profile FILE` writes what cProfile
saw, too; the figures are then none, because it costs.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ISITME = Path(sys.executable).with_name("isitme")
PORT = 10954
MOST_MIB, MOST_SHARE = 60.0, 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--after", type=float, default=45.0, help="seconds until all has begun")
    parser.add_argument("--seconds", type=float, default=120.0, help="for how long")
    parser.add_argument("--profile", metavar="FILE")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "isitme.toml"
        file.write_text(roots())
        watching = ["-m", "cProfile", "-o", chosen.profile] if chosen.profile else []
        service = subprocess.Popen(
            [sys.executable, *watching, str(ISITME), "run", "--config", str(file),
             "--listen", f"127.0.0.1:{PORT}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": home, "XDG_STATE_HOME": home},
        )  # fmt: skip
        try:
            time.sleep(chosen.after)
            print(f"after {chosen.after:.0f} s: {told()}, {resident(service.pid):.1f} MiB")
            spent, began = cpu_seconds(service.pid), time.monotonic()
            time.sleep(chosen.seconds)
            share = 100 * (cpu_seconds(service.pid) - spent) / (time.monotonic() - began)
            size = resident(service.pid)
            print(f"{told()}: {size:.1f} MiB resident (wanted <= {MOST_MIB:g}), "
                  f"{share:.2f} % of a core (wanted <= {MOST_SHARE:g})")  # fmt: skip
        finally:
            service.send_signal(signal.SIGINT if chosen.profile else signal.SIGTERM)
            service.wait(20)


def roots() -> str:
    """The lab's certificate authorities; none outside it."""
    folder = os.environ.get("LAB_CERTIFICATES")
    if not folder:
        return ""
    files = {f"{whose}_roots": f"{folder}/{whose}_roots.pem" for whose in ("public", "apple")}
    return "[trust]\n" + "".join(f'{key} = "{file}"\n' for key, file in files.items())


def told() -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/status", timeout=10) as page:
        verdict = json.load(page)["verdict"]
    return f"{verdict['blame']}/{verdict['code']}"


def resident(pid: int) -> float:
    """MiB of VmRSS (proc(5))."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def cpu_seconds(pid: int) -> float:
    """User and system time of all its threads (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
