"""One `isitme check` as a process of its own, in a drill's world, with its stages timed.

Started by benchmarks/check.py. It runs the command line's own code; only where a check finds its
machine, its targets and its ports is replaced, as `isitme drill` does.
"""

import sys
import time

STARTED = time.monotonic()  # the interpreter is up; system-wide, so that the parent's is the same


def main() -> int:
    import json
    from contextlib import redirect_stdout
    from io import StringIO

    import probe.settings
    import probe.verdict  # noqa: F401 - timed here, used by the command
    from probe import app, cli
    from probe.cli import looking
    from probe.model import Status
    from probe.monitor import Monitor
    from probe.outlets import status_json, terminal  # noqa: F401

    imported = time.monotonic()
    from pathlib import Path

    from probe.drill.layout import GATEWAY, targets
    from probe.drill.machine import Link, StagedMachine

    world = json.loads(sys.argv[1])
    ports = {int(real): own for real, own in world["ports"].items()}
    setup = app.Setup(
        site="drill",
        targets=targets(),
        machine=StagedMachine(link=Link(), name_servers=(GATEWAY,), ports=ports),
        ports=ports,
        public_roots=Path(world["public_roots"]),
        apple_roots=Path(world["apple_roots"]),
        drill="healthy",
    )
    marks: dict[str, float] = {}
    first_answer, stop = Monitor.first_answer, Monitor.stop

    async def timed_first_answer(self: Monitor) -> Status:
        marks["looking"] = time.monotonic()
        return await first_answer(self)

    async def timed_stop(self: Monitor) -> None:
        marks["looked"] = time.monotonic()
        await stop(self)

    # On the class, from outside: the product has no business knowing that it is timed.
    looking.setup_of = lambda settings: setup  # type: ignore[attr-defined]
    Monitor.first_answer = timed_first_answer  # type: ignore[method-assign]
    Monitor.stop = timed_stop  # type: ignore[method-assign]
    ready = time.monotonic()
    said = StringIO()
    with redirect_stdout(said):
        code = cli.main(["check", "--json"])
    answer = json.loads(said.getvalue())
    late = sorted(name for name in sys.modules if name in LATE)
    print(
        json.dumps(
            {
                "started": STARTED,
                "imported": imported,
                "ready": ready,
                **marks,
                "code": code,
                "verdict": answer["verdict"]["code"],
                "certainty": answer["verdict"]["certainty"],
                "could_not_check": answer["verdict"]["could_not_check"],
                "late": late,
            }
        )
    )
    return 0


# Heavy, and not wanted in a healthy check: named when something imports them after all.
LATE = frozenset({"cryptography", "starlette", "uvicorn", "apscheduler", "prometheus_client"})

if __name__ == "__main__":
    raise SystemExit(main())
