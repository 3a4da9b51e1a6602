"""Listens on the machine's own network during a run: nothing of the lab may appear there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType

from tests.lab import internet
from tests.lab.sandbox import DIES_WITH_US

# Addresses that only the lab's worlds speak to. The machine's own traffic is none of our business.
NETWORKS = sorted(
    {network for site in internet.SITES for network in site.networks if ":" not in network}
)
FILTER = " or ".join(f"net {network}" for network in NETWORKS)


class Outside:
    """A capture of the machine's interfaces, for packets to or from the lab's addresses."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.quiet = False

    def __enter__(self) -> Outside:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                # As root: who gives up being root also forgets whom to die with.
                [*DIES_WITH_US, "tcpdump", "-Z", "root", "-n", "-l", "-i", "any", FILTER],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait()
        text = self._log.read_text(errors="replace")
        # tcpdump says at its end what it counted; without that line it was not listening.
        self.quiet = "\n0 packets captured" in text

    def said(self) -> str:
        state = "no packet of the lab" if self.quiet else f"NOT QUIET, see {self._log.name}"
        return f"outside: {state} on the machine's own interfaces"
