"""The composition root: every part is made here, by hand, once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe import __version__
from probe.clock import Chance, Clock, SystemClock, install_seed
from probe.failures import LookFailed
from probe.http import Http
from probe.looks import USUAL, Plan
from probe.machine import Machine, this_machine
from probe.model import Remembered, Status
from probe.monitor import TICK_SECONDS, Monitor, Outlet
from probe.probes import registry
from probe.targets import Targets, WebProxy
from probe.tools import Tap, Tools
from probe.trust import Trust, Use
from probe.words import Look

if TYPE_CHECKING:
    from probe.history.keeper import History
    from probe.outlets.webhook import Hook, Webhook
    from probe.schedule import Schedule
    from probe.ways import Row, Survey

log = logging.getLogger(__name__)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """Settings that were read anew, and what became of them."""

    setup: Setup
    allowed_hosts: Sequence[str]
    changed: Sequence[str]  # keys
    waits_for_restart: Mapping[str, str]  # key -> why


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


async def run(
    setup: Setup,
    *,
    host: str,
    port: int,
    allowed_hosts: Sequence[str] = (),
    lan: bool = False,
    on_ready: Callable[[Status], object] = lambda status: None,
    outlets: Sequence[Outlet] = (),
    stop: asyncio.Event | None = None,
    reread: Callable[[], Reread] | None = None,
) -> None:
    """The service: looks, judges, and serves the answer until SIGINT, SIGTERM or `stop`.

    `reread` reads the settings anew, for SIGHUP and POST /-/reload; it raises ValueError, with file
    and key, when they cannot be used, and the old ones stay. Raises OSError with the address in it
    when the port is taken.
    """
    # The web and the metrics are only for the service: `isitme check` starts without them.
    from probe.history.keeper import History
    from probe.inventory import inventory
    from probe.outlets.blackbox import Blackbox
    from probe.outlets.metrics import Metrics
    from probe.outlets.web import Sources, Stream, WebServer, web_app
    from probe.schedule import Schedule, spaced

    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    # A loop outside the main thread, or without signals at all, cannot hear them; `stop` ends it.
    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    heard: list[Outlet] = list(outlets)
    clock = SystemClock()
    history, remembered = None, None
    if setup.history is not None:
        history = History(setup.history, clock=clock, most_bytes=setup.history_bytes)
        remembered = await history.open()
        heard.insert(0, history)  # on disk before anybody is told
    async with made(setup, heard, clock=clock, remembered=remembered) as monitor:
        if history is not None:
            history.network = lambda: monitor.network
            history.apple_events = lambda: monitor.status().apple_events
        metrics = Metrics(
            monitor.status,
            plans=lambda: monitor.plans,
            clock=monitor.tools.clock,
            versions=VERSIONS,
            remembered=remembered,
        )
        stream = Stream(monitor.status, versions=VERSIONS)
        heard += (metrics, stream)
        webhook = webhook_of(setup, monitor, history)
        heard.append(webhook)
        schedule = Schedule(
            monitor.tools.clock,
            monitor.tools.chance,
            spaced(
                {
                    plan.look.value: plan.calm_seconds
                    for plan in monitor.plans.values()
                    if plan.sees_the_way_out
                }
            ),
        )
        paces = paced(schedule, monitor, {})
        reloading = asyncio.Lock()

        async def reload() -> Mapping[str, Any]:
            """Take the settings as they are now. Raises ValueError; then the old ones stay."""
            nonlocal setup, paces
            assert reread is not None
            async with reloading:
                try:
                    new = await asyncio.to_thread(reread)
                except (OSError, ValueError) as mistake:
                    log.warning("the old settings stay: %s", mistake)
                    metrics.reloaded(successful=False)
                    raise ValueError(str(mistake)) from None
                setup = new.setup
                monitor.take(
                    probes=registry(setup.targets, setup.proxy),
                    plans=setup.plans,
                    targets=setup.targets,
                    site=setup.site,
                    proxy_configured=setup.proxy is not None,
                )
                paces = paced(schedule, monitor, paces)
                web.allow(new.allowed_hosts)
                webhook.take(setup.hook, site=setup.site)
                if history is not None:
                    history.most_bytes = setup.history_bytes
                metrics.reloaded(successful=True)
                log.info("settings read anew; changed: %s", ", ".join(new.changed) or "nothing")
                waits = [{"key": key, "why": why} for key, why in new.waits_for_restart.items()]
                for one in waits:
                    log.warning("%s waits for a restart: %s", one["key"], one["why"])
                return {"changed": list(new.changed), "waits_for_restart": waits}

        web = web_app(
            Sources(
                status=monitor.status,
                metrics=metrics.render,
                versions=VERSIONS,
                stream=stream,
                told=None if history is None else history.told,
                history=history,
                elapsed=clock.elapsed,
                probes=lambda: inventory(
                    monitor.plans,
                    monitor.targets,
                    setup.where,
                    proxy=setup.proxy,
                    webhook=setup.hook.url if setup.hook else "",
                ),
                probing=Blackbox(monitor).ask,
                reload=None if reread is None else reload,
            ),
            allowed_hosts=allowed_hosts,
            lan=lan,
            users=lambda: setup.users,
        )
        server = WebServer(web)
        signalled: set[asyncio.Task[None]] = set()

        def hang_up() -> None:
            task = asyncio.create_task(quietly(reload), name="reload")
            signalled.add(task)
            task.add_done_callback(signalled.discard)

        if reread is not None and not at_a_terminal():
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(signal.SIGHUP, hang_up)
        serving = asyncio.create_task(server.serve(host, port, tls=lambda: setup.tls), name="web")
        working = asyncio.create_task(work(monitor, schedule, history, on_ready), name="work")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        telling = asyncio.create_task(webhook.run(), name="webhook")
        await asyncio.wait({serving, working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        telling.cancel()
        working.cancel()
        stream.close()  # or the server would wait for those who listen
        await server.stop()
        failed = await asyncio.gather(serving, working, telling, return_exceptions=True)
        stopping.cancel()
        if history is not None:
            await history.close()
        for error in failed:
            if isinstance(error, BaseException) and not isinstance(error, asyncio.CancelledError):
                raise error


def paced(schedule: Schedule, monitor: Monitor, before: Mapping[str, float]) -> dict[str, float]:
    """Have every look made at its calm pace; those that are paced so already keep their place."""
    paces = {
        plan.look.value: plan.calm_seconds
        for plan in monitor.plans.values()
        if not plan.on_demand_seconds
    }
    for name in before:
        if name not in paces:
            schedule.drop(name)
    for name, seconds in paces.items():
        if before.get(name) != seconds:
            schedule.every(seconds, name, partial(monitor.start_calmly, Look(name)))
    return paces


def at_a_terminal() -> bool:
    """Whether somebody started this by hand: then the end of the terminal is the end of us, and
    SIGHUP no wish for other settings."""
    return sys.stdin is not None and sys.stdin.isatty()


async def quietly(reload: Callable[[], Awaitable[object]]) -> None:
    """Reload for a signal, which takes no answer: the log has it."""
    with contextlib.suppress(ValueError):
        await reload()


def webhook_of(setup: Setup, monitor: Monitor, history: History | None) -> Webhook:
    """The webhook, with its queue on disk where something is kept."""
    from probe.history.outbox import Outbox
    from probe.outlets.webhook import InMemory, Webhook, posting

    return Webhook(
        setup.hook,
        Outbox(history) if history is not None else InMemory(),
        partial(posting, monitor.tools),
        clock=monitor.tools.clock,
        site=setup.site,
        drill=setup.drill,
    )


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


async def work(
    monitor: Monitor,
    schedule: Schedule,
    history: History | None,
    on_ready: Callable[[Status], object],
) -> None:
    """Give the first answer, then keep it current for good."""

    def resumed(slept_seconds: float) -> None:
        monitor.resumed(slept_seconds)
        if history is not None:
            history.resumed()

    async with asyncio.TaskGroup() as tasks:
        keeping = schedule.keep(on_step=monitor.stepped, on_resume=resumed)
        tasks.create_task(keeping, name="schedule")
        following = monitor.tools.machine.follow(monitor.hear_of)
        tasks.create_task(following, name="kernel's news")
        first = await monitor.first_answer()
        if history is not None:
            await history.first(first)
        on_ready(first)
        while True:
            await asyncio.sleep(TICK_SECONDS)
            monitor.beat()
            monitor.schedule_lag_seconds = schedule.lag_seconds
            await monitor.tick(idle=True)
