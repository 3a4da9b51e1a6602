"""A healthy world that stays open: whoever opened it has commands run in it, one by one.

Outside it is a `Visit`. Inside, this module is the room's first process; it reads one request a
line from standard input and writes one answer a line: {"command": "dig ...", "where": "host"} runs
in a namespace, or in the room itself without `where`; {"manners": "wan", "values": {"loss": 5}}
sets a tunnel; {"check_sealed": true} asks whether the world still leads nowhere.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.lab import sandbox
from tests.lab.net import REPOSITORY, LabError
from tests.lab.world import Families, Tunnel, World


class Visit:
    """One open world. Leaving it ends it."""

    def __init__(
        self,
        out: Path,
        certificates: Path,
        families: Families = Families.V4,
        tunnels: frozenset[Tunnel] = frozenset(),
    ) -> None:
        names = ",".join(sorted(tunnels))
        self.process = subprocess.Popen(
            sandbox.command(__name__, str(out), str(certificates), families.value, names),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        self._answer()

    def __enter__(self) -> Visit:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.communicate()

    def says(self, command: str, where: str | None = "host") -> str:
        """What a shell command prints there, and its exit code at the end as "exit=0"."""
        return self._ask(command=command, where=where)

    def manners(self, tunnel: Tunnel, **values: float) -> None:
        self._ask(manners=tunnel.value, values=values)

    def leak(self) -> str:
        """Where this world leads outside, in the lab's own words; empty when nowhere."""
        return self._ask(check_sealed=True)

    def _ask(self, **request: object) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise LabError(f"the world ended with {self.process.wait()}")
        said: str = json.loads(line)
        return said


def answer(world: World, request: dict[str, Any]) -> str:
    if "manners" in request:
        world.net.manners(request["manners"], **request["values"])
        return ""
    if "check_sealed" in request:
        try:
            world.check_sealed()
        except LabError as error:
            return str(error)
        return ""
    done = world.net.attempt(request["where"], "sh", "-c", request["command"])
    return f"{done.stdout}{done.stderr}exit={done.returncode}"


def main(out: str, certificates: str, families: str, tunnels: str) -> None:
    sandbox.seal()
    chosen = frozenset(Tunnel(name) for name in tunnels.split(",") if name)
    world = World(Path(out), Path(certificates), families=Families(families), tunnels=chosen)
    world.build()
    print(json.dumps("open"), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(world, json.loads(line))), flush=True)
    world.net.stop_all()


if __name__ == "__main__":
    main(*sys.argv[1:5])
