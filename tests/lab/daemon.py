"""The unmodified program in the host's namespace, and what its /status says over time."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab.net import LabError, standing_in
from tests.lab.world import World

PORT = 10054
POLL_SECONDS = 0.2
STOPPED_SECONDS, RUNS_SECONDS = 0.045, 0.005  # a tenth; longer than a scheduler's slice
ISITME = Path(sys.executable).with_name("isitme")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What /status showed from one moment on; `at` is on the lab's monotonic clock."""

    at: float
    blame: str
    code: str
    cause: str | None
    certainty: str
    impact: str
    notes: tuple[str, ...]
    also: tuple[tuple[str, str | None], ...]
    headline: str
    signals: Mapping[str, str]

    @property
    def answer(self) -> tuple[str, str, str | None]:
        return self.blame, self.code, self.cause

    def __str__(self) -> str:
        return f"{self.blame} {self.code}/{self.cause} {self.certainty}"


def read(at: float, status: Mapping[str, Any]) -> Shown:
    verdict = status["verdict"]
    return Shown(
        at=at,
        blame=verdict["blame"],
        code=verdict["code"],
        cause=verdict["cause"],
        certainty=verdict["certainty"],
        impact=verdict["impact"],
        notes=tuple(note["code"] for note in status["notes"]),
        also=tuple((also["code"], also["cause"]) for also in verdict["also"]),
        headline=verdict["headline"],
        signals={name: signal["value"] for name, signal in status["signals"].items()},
    )


@dataclass(slots=True)
class Daemon:
    """One run of `isitme run`, watched from its own namespace."""

    world: World
    environment: Mapping[str, str] = field(default_factory=dict)
    configuration: str = ""  # more TOML than the roots
    history: list[Shown] = field(default_factory=list)
    judged_until: float = 0.0  # what was shown before was judged already
    _watching: threading.Event = field(default_factory=threading.Event)
    _watcher: threading.Thread | None = None

    def start(self, *, starved: bool = False) -> None:
        """Start the program as a user would: default targets, the lab's roots, no privileges.

        `starved`: it gets a tenth of a core's time from now on.
        """
        out, certificates = self.world.out, self.world.certificates
        file = out / "isitme.toml"
        file.write_text(
            f'{self.configuration}\n[trust]\npublic_roots = "{certificates}/public_roots.pem"\n'
            f'apple_roots = "{certificates}/apple_roots.pem"\n'
        )
        home = out / "home"
        home.mkdir(exist_ok=True)
        # Root without a single capability is an ordinary user who may read this checkout.
        bare = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
        self.world.net.spawn(
            "host",
            "isitme",
            *(*bare, str(ISITME), "run", "--config", str(file)),
            environment={
                "HOME": str(home),
                "XDG_STATE_HOME": str(home / "state"),
                "PYTHONUNBUFFERED": "1",
                # This machine may be a container, and the lab's cables look like one's: it is none.
                "container": "",
                **self.environment,
            },
        )
        if starved:
            threading.Thread(target=self._starve, args=(self.pid,), daemon=True).start()
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, daemon=True)
            self._watcher.start()

    def stop(self, *, kill: bool = False) -> None:
        self.world.net.stop("isitme", kill=kill)

    def finish(self) -> None:
        """Stop watching, and the program."""
        self._watching.set()
        if self._watcher is not None:
            self._watcher.join()
        self.stop()

    @property
    def pid(self) -> int:
        return self.world.net.running["isitme"].pid

    def now(self) -> Shown | None:
        return self.history[-1] if self.history else None

    def wait_for(self, wanted: Any, *, within_seconds: float, lasting_seconds: float = 0.0) -> bool:
        """Whether `wanted(shown)` became true in time, and stayed so for a while."""
        until = time.monotonic() + within_seconds
        since: float | None = None
        while time.monotonic() < until:
            shown = self.now()
            if shown is not None and wanted(shown):
                since = since or time.monotonic()
                if time.monotonic() - since >= lasting_seconds:
                    return True
            else:
                since = None
            if self.world.net.running["isitme"].poll() is not None:
                raise LabError(
                    f"the program ended: {(self.world.out / 'isitme.log').read_text()[-800:]}"
                )
            time.sleep(POLL_SECONDS / 2)
        return False

    def _starve(self, pid: int) -> None:
        """Stop and continue it in turns: a machine so busy that it rarely gets its time."""
        while not self._watching.is_set():
            for number, seconds in (
                (signal.SIGSTOP, STOPPED_SECONDS),
                (signal.SIGCONT, RUNS_SECONDS),
            ):
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    return
                time.sleep(seconds)

    def _watch(self) -> None:
        with standing_in("host"), (self.world.out / "shown.jsonl").open("w") as log:
            while not self._watching.wait(POLL_SECONDS):
                at = time.monotonic()
                status = _ask()
                if status is None:
                    continue
                shown = read(at, status)
                if not self.history or _differs(self.history[-1], shown):
                    self.history.append(shown)
                    log.write(json.dumps({"lab_at": at, **status}) + "\n")
                    log.flush()


def _differs(before: Shown, after: Shown) -> bool:
    return (before.answer, before.certainty, before.notes, before.signals) != (
        after.answer,
        after.certainty,
        after.notes,
        after.signals,
    )


def _ask() -> dict[str, Any] | None:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    try:
        connection.request("GET", "/status")
        answer = connection.getresponse()
        found: dict[str, Any] = json.loads(answer.read())
        return found
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def capture(world: World) -> None:
    """Keep every packet of the host, for a scenario that is to be understood."""
    if shutil.which("tcpdump"):
        world.net.spawn(
            "host",
            "tcpdump",
            *("tcpdump", "-i", "eth0", "-w", str(world.out / "host.pcap"), "-s", "200", "-U"),
        )
