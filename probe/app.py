"""The composition root: what looks and judges is made here, by hand; service.py adds the rest."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from probe import __version__
from probe.clock import Chance, Clock, SystemClock, install_seed
from probe.failures import LookFailed
from probe.http import Http
from probe.looks import USUAL, Plan
from probe.machine import Machine, this_machine
from probe.model import Remembered, Status
from probe.monitor import Monitor, Outlet
from probe.probes import registry
from probe.targets import Targets, WebProxy
from probe.tools import Tap, Tools
from probe.trust import Trust, Use
from probe.words import Look

if TYPE_CHECKING:
    from probe.outlets.webhook import Hook
    from probe.ways import Row, Survey

RULES = "2026-11"  # the month the rule table last changed its meaning
VERSIONS = {"isitme": __version__, "rules": RULES}
USES = (Use.WEB, Use.LARGE, Use.DOH, Use.FEED, Use.PROVIDER, Use.APPLE, Use.COURIER)
USER_AGENT = f"isitme/{__version__} (network check; asks rarely)"


def from_nowhere(key: str) -> str:
    """Where a setting came from, when there are no settings."""
    return "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a run is about: plain values, from the settings or from a drill's world."""

    site: str = "home"
    targets: Targets = field(default_factory=Targets)
    plans: Mapping[Look, Plan] = field(default_factory=lambda: dict(USUAL))
    machine: Machine = field(default_factory=this_machine)
    ports: Mapping[int, int] = field(default_factory=dict)  # a drill's: real port -> its own
    public_roots: Path | None = None
    apple_roots: Path | None = None
    signal_roots: Path | None = None
    source: str | None = None
    proxy: WebProxy | None = None
    drill: str = ""
    history: Path | None = None  # the file; None: nothing is kept
    history_bytes: int = 0
    hook: Hook | None = None  # None: nobody is told
    users: Mapping[str, str] = field(default_factory=dict)  # who may ask: bcrypt hashes by name
    tls: ssl.SSLContext | None = None  # of our own port
    where: Callable[[str], str] = from_nowhere  # a setting's source by its key
    seed: int = field(default_factory=install_seed)  # spreads the looks over their intervals


@asynccontextmanager
async def made(
    setup: Setup,
    outlets: Sequence[Outlet] = (),
    *,
    clock: Clock | None = None,
    tap: Tap | None = None,
    remembered: Remembered | None = None,
) -> AsyncIterator[Monitor]:
    """The monitor and all it stands on. Looks that are under way end with it."""
    clock = clock or SystemClock()
    trust = Trust(setup.public_roots, setup.apple_roots, setup.signal_roots)
    http = Http(trust=trust, ports=setup.ports, user_agent=USER_AGENT, source=setup.source)
    # What is built once is built before the first sweep, or the sweep would time our own start.
    await asyncio.to_thread(warm_up, trust)
    tools = Tools(
        clock=clock,
        chance=Chance(setup.seed),
        machine=setup.machine,
        trust=trust,
        http=http,
        ports=setup.ports,
        source=setup.source,
        user_agent=USER_AGENT,
        tap=tap,
    )
    monitor = Monitor(
        probes=registry(setup.targets, setup.proxy),
        plans=setup.plans,
        targets=setup.targets,
        tools=tools,
        outlets=outlets,
        site=setup.site,
        drill=setup.drill,
        proxy_configured=setup.proxy is not None,
        remembered=remembered,
        forget_names=tools.forget_names,
    )
    try:
        yield monitor
    finally:
        await monitor.stop()
        await http.aclose()


def warm_up(trust: Trust) -> None:
    """Build every TLS context and load the HTTP library: 150 ms here, a second on a small board.

    Raises TrustError for root certificates that cannot be used.
    """
    import_module("httpx")
    trust.warm(USES)


async def check(
    setup: Setup,
    outlets: Sequence[Outlet] = (),
    *,
    within_seconds: float,
    tap: Tap | None = None,
) -> Status:
    """Look at everything once, follow the doubts, and answer."""
    # Nobody at a terminal waits a quarter of an hour.
    brief = {look: plan for look, plan in setup.plans.items() if not plan.opt_in}
    async with made(replace(setup, plans=brief), outlets, tap=tap) as monitor:
        until = monitor.tools.clock.elapsed() + within_seconds
        await monitor.first_answer()
        return await monitor.settle_doubts(until)


async def survey(
    setup: Setup, groups: Sequence[str], heard: Callable[[Row], object] = lambda row: None
) -> Survey:
    """Ask every host of these groups once. Raises KeyError for a group that is none."""
    from probe.survey import survey as ask

    async with made(setup) as monitor:
        return await ask(groups, monitor.tools, setup.targets, proxy=setup.proxy, heard=heard)


async def try_webhook(setup: Setup, hook: Hook) -> str:
    """Send one test message. Gives what went wrong, in words; empty when it was taken."""
    from probe.outlets.webhook import posting, test_message

    async with made(setup) as monitor:
        headers, body = test_message(hook, monitor.tools.clock, site=setup.site)
        try:
            status = await posting(monitor.tools, hook.url)(headers, body)
        except LookFailed as failed:
            return f"could not be reached: {failed.failure.value}: {failed.detail}"
    return "" if 200 <= status < 300 else f"answered {status}"
