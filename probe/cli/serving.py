"""Commands that stay: the service, and the same against a staged fault."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from probe.cli.shared import USAGE, hook_of, load, paper, setup_of

if TYPE_CHECKING:
    from probe.app import Setup
    from probe.model import Status
    from probe.service import Reread
    from probe.settings import Settings
    from probe.settings.addresses import Listen


def run(chosen: argparse.Namespace) -> int:
    import asyncio

    from probe import service

    started = load(chosen.config, listen=chosen.listen)
    set_up_log(started.log.level, started.log.format)
    where, tls = started.web.where, started.lock.tls is not None
    asyncio.run(
        service.run(
            service_of(started),
            host=where.host,
            port=where.port,
            allowed_hosts=names_of(started),
            lan=where.open_to_network,
            on_ready=lambda status: announce(status, where, tls=tls),
            reread=rereading(chosen, started),
        )
    )
    return 0


def service_of(settings: Settings) -> Setup:
    """What the service needs beyond a single check."""
    from dataclasses import replace

    return replace(
        setup_of(settings),
        history=settings.history_file(os.environ),
        history_bytes=settings.history.most_megabytes * 1_000_000,
        hook=hook_of(settings),
        users=settings.lock.users,
        tls=settings.lock.tls,
    )


def rereading(chosen: argparse.Namespace, started: Settings) -> Callable[[], Reread]:
    """Reads the same settings as at the start, and says what differs."""
    current = started

    def reread() -> Reread:
        nonlocal current
        from probe.service import Reread
        from probe.settings.reload import changed, waits_for_restart

        before, current = current, load(chosen.config, listen=chosen.listen)
        set_up_log(current.log.level, current.log.format)
        return Reread(
            setup=service_of(current),
            allowed_hosts=names_of(current),
            changed=changed(before, current),
            waits_for_restart=waits_for_restart(started, current),
        )

    return reread


def announce(status: Status, where: Listen, *, tls: bool = False) -> None:
    """The first answer and where to see more."""
    from dataclasses import replace

    from probe.outlets import terminal

    print(terminal.report(status, paper()))
    print(f"\nThe page is at {url_of(where, tls=tls)}  (Ctrl-C ends it)", flush=True)
    if not where.host:
        for address in addresses_of(status)[:1]:
            there = url_of(replace(where, host=address), tls=tls)
            print(f"and for other devices on this network at {there}", flush=True)


def addresses_of(status: Status) -> list[str]:
    """This machine's addresses on its network, as the look at the link found them; IPv4 first."""
    from probe.model import NetworkFact

    facts = [fact for one in status.observations for fact in one.finding.facts]
    found = [address for f in facts if isinstance(f, NetworkFact) for address in f.addresses]
    return sorted(found, key=lambda address: ":" in address)


def drill(chosen: argparse.Namespace) -> int:
    from probe.drill.states import DRILLS

    if chosen.list_drills or chosen.name is None:
        width = max(map(len, DRILLS))
        for name, staged in DRILLS.items():
            print(f"{name:<{width}}  {staged.said}")
        return 0 if chosen.list_drills else USAGE
    if chosen.name not in DRILLS:
        known = ", ".join(DRILLS)
        print(f"isitme: no drill is called {chosen.name!r}; there are {known}", file=sys.stderr)
        return USAGE
    import asyncio

    from probe import staging

    settings = load(None, listen=chosen.listen)
    set_up_log(settings.log.level, settings.log.format)
    where = settings.web.where
    asyncio.run(
        staging.run_drill(
            chosen.name,
            host=where.host,
            port=where.port,
            allowed_hosts=settings.web.allowed_hosts,
            healthy_seconds=chosen.after,
            on_ready=lambda status: announce(status, where),
            say=lambda text: print(text, flush=True),
        )
    )
    return 0


def url_of(where: Listen, *, tls: bool = False) -> str:
    """What to open in a browser on this machine."""
    host = where.host or "127.0.0.1"
    scheme = "https" if tls else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{where.port}/"


def names_of(settings: Settings) -> tuple[str, ...]:
    """The names that the page answers to. Open to the network, also this machine's own: a phone
    finds "mini.local" by mDNS, and no stranger's domain can be called so."""
    import socket

    own = socket.gethostname().lower().removesuffix(".local")
    mine = (own, f"{own}.local") if settings.web.where.open_to_network and own else ()
    return (*settings.web.allowed_hosts, *mine)


def set_up_log(level: str, form: str) -> None:
    """Log to standard error: text for people, JSON lines for a collector."""
    import logging

    from probe.outlets.printable import printable

    class Lines(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            said = printable(super().format(record)) if form == "text" else super().format(record)
            if form == "text":
                return said
            return json.dumps(
                {
                    "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
                    "level": record.levelname.lower(),
                    "part": record.name,
                    "said": said,
                },
                ensure_ascii=False,
            )

    handler = logging.StreamHandler()
    handler.setFormatter(Lines("%(levelname)s %(name)s: %(message)s" if form == "text" else None))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "apscheduler", "hpack", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
