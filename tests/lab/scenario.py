"""What a scenario is: a fault, how it is done and undone, and what must be told about it.

All of it is data. The expected answer is written from the fault (and its row in the catalogue),
never from what the program said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.lab.daemon import Daemon
from tests.lab.world import Families, Tunnel, World

Change = Callable[[World], None]

# Seconds from fault to the right answer (diagnosis.md (e), product.md 9).
LINK = 2.0
ACTIVE = 6.0  # common-mode, something answers
SILENT = 16.0  # common-mode, nothing answers; 12 with the hedge, which is a p95 over all rows
SERVICE = 21.0  # one Apple service, or push alone
SLOWLY = 75.0  # what one look a minute, or quality over a while, can show
RECOVERY = 35.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """A plain tool that shows the fault: what it prints while healthy, and while broken.

    `command` is run by a shell in `where`; its output and exit code ("exit=0") are searched.
    """

    command: str
    healthy: str  # regular expression
    broken: str
    where: str = "host"

    def said(self, world: World) -> str:
        command = world.at_home(self.command) if self.where == "host" else self.command
        done = world.net.attempt(self.where, "sh", "-c", command)
        return f"{done.stdout}{done.stderr}exit={done.returncode}"

    def is_healthy(self, world: World) -> bool:
        return re.search(self.healthy, self.said(world)) is not None

    def is_broken(self, world: World) -> bool:
        said = self.said(world)
        return re.search(self.broken, said) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How something is broken, and how it is healed. `symptom` proves that it really is."""

    inject: Change
    heal: Change
    symptom: Symptom
    symptom_after_seconds: float = 0.0  # until the symptom can be seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """The right answer. `notes` must appear, and must be absent while healthy."""

    blame: str
    code: str
    causes: tuple[str | None, ...] = ()  # any of these; empty: any cause
    notes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()  # notes that would be wrong
    certainties: tuple[str, ...] = ("low", "medium", "high")
    impacts: tuple[str, ...] = ()  # any of these; empty: any impact
    # Answers that are also true on the way or beside it, with the reason in the scenario's `why`.
    also_right: tuple[tuple[str, str], ...] = ()  # (blame, code)


OK = Expect(blame="nobody", code="ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One row of the catalogue, or one more."""

    name: str
    row: str  # number in diagnosis.md (d); "" for those that are not in it
    fault: Fault
    expect: Expect
    trap: tuple[str, ...]  # codes a naive tool gives: never shown at medium or high certainty
    within_seconds: float
    recover_seconds: float | None = RECOVERY  # None: what heals needs no time bound (`why` says)
    families: Families = Families.V4  # others: the row is about them, and is played in no others
    # Why there is no such fault where the home has IPv6 alone; "": there is.
    needs_v4: str = ""
    tunnels: frozenset[Tunnel] = frozenset()
    prepare: Change | None = None  # the healthy world of this scenario, beyond the usual one
    environment: Mapping[str, str] = field(default_factory=dict)  # of the program
    configuration: str = ""  # TOML of the program
    vantage: bool = False  # a second isitme on another line is asked
    # (blame, code) that are right as well once one is asked: what only two lines can tell apart.
    elsewhere: tuple[tuple[str, str], ...] = ()
    # What the program does is part of the fault (stopped, starved, moved in time).
    to_program: Callable[[World, Daemon], None] | None = None
    program_heals: Callable[[World, Daemon], None] | None = None
    # Something says no at once, though the whole answer takes longer.
    answered: bool = False
    starvable: bool = True  # False: the fault is seen on the program, which is starved by halting
    watch_seconds: float = 0.0  # after the right answer is shown: it must hold so long
    healthy: Expect = OK  # seen first
    healthy_seconds: float = 0.0  # and for so long, where what is usual must be known
    at_start: Expect | None = None  # when the fault is there before the program starts; None: same
    v6_only: Expect | None = None  # where the home has IPv6 alone; None: same
    why: str = ""

    def line(self, asked: Families | None) -> Families:
        """What the home's line carries when this one is asked for."""
        if asked is None or self.families is not Families.V4:
            return self.families
        return self.families if asked is Families.NAT64 and self.needs_v4 else asked

    @property
    def about_its_line(self) -> str:
        """In which lines it is played; empty: in all."""
        if self.families is not Families.V4:
            return f"{self.families} only"
        return f"needs IPv4: {self.needs_v4}" if self.needs_v4 else ""
