"""Commands that look at the world once, now."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from probe.cli.shared import CHECK_SECONDS, USAGE, load, paper, print_json, setup_of

if TYPE_CHECKING:
    from probe.model import News
    from probe.settings import Settings
    from probe.ways import Row, Survey


def check(chosen: argparse.Namespace) -> int:
    import asyncio

    from probe import app
    from probe.outlets import terminal
    from probe.outlets.status_json import exit_code, status_to_json
    from probe.verdict import why_not

    if chosen.group:
        return readiness(chosen)
    settings = load(chosen.config)
    quiet = chosen.json or not sys.stderr.isatty()
    outlets = [] if quiet else [Progress()]
    status = asyncio.run(app.check(setup_of(settings), outlets, within_seconds=chosen.timeout))
    if not quiet:
        Progress.wipe()
    if chosen.json:
        print_json(status_to_json(status, versions=app.VERSIONS))
    else:
        rules = [f"{rule.name}: {why}" for rule, why in why_not(status.readings)]
        said = terminal.report(status, paper(), verbose=chosen.verbose, not_matched=rules)
        print(said)
    return exit_code(status.verdict.blame)


def readiness(chosen: argparse.Namespace) -> int:
    """Is this network ready for Apple's devices? Every host of some groups, once."""
    from probe.clock import SystemClock
    from probe.outlets.readiness import readiness_code, readiness_json, readiness_text

    settings = load(chosen.config)
    found = surveyed(settings, chosen.group)
    if found is None:
        return USAGE
    if chosen.json:
        print_json(readiness_json(found, at=SystemClock().now(), site=settings.site))
    else:
        print(readiness_text(found, paper()))
    return readiness_code(found)


def audit_hosts(chosen: argparse.Namespace) -> int:
    """Where the catalogue of Apple's hosts and today's answers differ."""
    from probe.clock import SystemClock
    from probe.outlets.readiness import audit_code, audit_json, audit_text

    settings = load(chosen.config)
    found = surveyed(settings, chosen.group or ["all"])
    if found is None:
        return USAGE
    now = SystemClock().now()
    if chosen.json:
        print_json(audit_json(found, at=now, site=settings.site))
    else:
        print(audit_text(found, paper(), today=now.date()))
    return audit_code(found, today=now.date())


def surveyed(settings: Settings, groups: Sequence[str]) -> Survey | None:
    """Ask, with progress on a terminal; None for a group that does not exist, which is said."""
    import asyncio

    from probe import app
    from probe.catalogue import EVERYTHING, GROUP

    unknown = [name for name in groups if name not in {EVERYTHING, *GROUP}]
    if unknown:
        known = ", ".join((*GROUP, EVERYTHING))
        print(f"isitme: no group is called {unknown[0]!r}; there are {known}", file=sys.stderr)
        return None
    if not sys.stderr.isatty():
        return asyncio.run(app.survey(setup_of(settings), groups))
    try:
        return asyncio.run(app.survey(setup_of(settings), groups, Progress.row))
    finally:
        Progress.wipe()


class Progress:
    """One line on the terminal that says what was just seen."""

    async def hear(self, news: News) -> None:
        from probe.model import Observation
        from probe.outlets.printable import printable

        if isinstance(news, Observation):
            Progress.show(news.finding.passed, printable(news.finding.said))

    @staticmethod
    def row(row: Row) -> None:
        from probe.outlets.printable import printable
        from probe.ways import Way

        Progress.show(row.way is Way.OPEN, printable(f"{row.entry.host}: {row.said}"))

    @staticmethod
    def show(fine: bool, said: str) -> None:
        sys.stderr.write(f"\r\033[K{'ok' if fine else '--'} {said[:70]}")
        sys.stderr.flush()

    @staticmethod
    def wipe() -> None:
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()


def record(chosen: argparse.Namespace) -> int:
    import asyncio

    from probe import app
    from probe.record import Recorder, what_to_hide

    settings = load(chosen.config)
    setup = setup_of(settings)
    recorder = Recorder(hidden=what_to_hide(setup.machine, setup.targets, setup.proxy))
    asyncio.run(app.check(setup, [recorder], within_seconds=CHECK_SECONDS, tap=recorder.tap))
    for path in recorder.write(chosen.into):
        print(path)
    for place in recorder.left_over():
        print(f"isitme: still in it, please look: {place}", file=sys.stderr)
    print(
        "Addresses and names of this network are replaced. Look the files through before you "
        "send them.",
        file=sys.stderr,
    )
    return 0
