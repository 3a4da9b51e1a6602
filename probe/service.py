"""The service: what looks and judges, with its schedule, page, history and webhook around it.

Only `isitme run` and drills load this: a single check starts without the web and the metrics.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from probe.app import VERSIONS, Setup, made
from probe.clock import SystemClock
from probe.history.keeper import History
from probe.history.outbox import Outbox
from probe.inventory import inventory
from probe.model import Remembered, Status
from probe.monitor import TICK_SECONDS, Monitor, Outlet
from probe.outlets.blackbox import Blackbox
from probe.outlets.metrics import Metrics
from probe.outlets.web import Sources, Stream, WebServer, web_app
from probe.outlets.webhook import InMemory, Webhook, posting
from probe.probes import registry
from probe.schedule import Schedule, calm_phases
from probe.words import Look

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """Settings that were read anew, and what became of them."""

    setup: Setup
    allowed_hosts: Sequence[str]
    changed: Sequence[str]  # keys
    waits_for_restart: Mapping[str, str]  # key -> why


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
    """Look, judge, and serve the answer until SIGINT, SIGTERM or `stop`.

    `reread` reads the settings anew, for SIGHUP and POST /-/reload; it raises ValueError, with file
    and key, when they cannot be used, and the old ones stay. Raises OSError with the address in it
    when the port is taken.
    """
    stop = stop or asyncio.Event()
    hear(stop.set, signal.SIGINT, signal.SIGTERM)
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
        service = Service(setup, monitor, history, remembered, reread)
        heard += (service.metrics, service.stream, service.webhook)
        service.web.allow(allowed_hosts, lan=lan)
        if reread is not None and not at_a_terminal():
            hear(service.reload_soon, signal.SIGHUP)
        server = WebServer(service.web)
        serving = asyncio.create_task(
            server.serve(host, port, tls=lambda: service.setup.tls), name="web"
        )
        working = asyncio.create_task(
            work(monitor, service.schedule, history, on_ready), name="work"
        )
        stopping = asyncio.create_task(stop.wait(), name="stop")
        telling = asyncio.create_task(service.webhook.run(), name="webhook")
        await asyncio.wait({serving, working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        telling.cancel()
        working.cancel()
        service.stream.close()  # or the server would wait for those who listen
        await server.stop()
        failed = await asyncio.gather(serving, working, telling, return_exceptions=True)
        stopping.cancel()
        if history is not None:
            await history.close()
        for error in failed:
            if isinstance(error, BaseException) and not isinstance(error, asyncio.CancelledError):
                raise error


class Service:
    """The parts of a service around its monitor, and how they take other settings."""

    def __init__(
        self,
        setup: Setup,
        monitor: Monitor,
        history: History | None,
        remembered: Remembered | None,
        reread: Callable[[], Reread] | None,
    ) -> None:
        self.setup, self.monitor, self.history = setup, monitor, history
        clock = monitor.tools.clock
        self.metrics = Metrics(
            monitor.status,
            plans=lambda: monitor.plans,
            clock=clock,
            versions=VERSIONS,
            remembered=remembered,
        )
        self.stream = Stream(monitor.status, versions=VERSIONS)
        self.webhook = Webhook(
            setup.hook,
            Outbox(history) if history is not None else InMemory(),
            partial(posting, monitor.tools),
            clock=clock,
            site=setup.site,
            drill=setup.drill,
        )
        self.schedule = Schedule(clock, monitor.tools.chance, calm_phases(monitor.plans.values()))
        self._paces: dict[str, float] = {}
        self._pace()
        self.web = web_app(
            Sources(
                status=monitor.status,
                metrics=self.metrics.render,
                versions=VERSIONS,
                stream=self.stream,
                told=None if history is None else history.told,
                history=history,
                elapsed=clock.elapsed,
                probes=self._inventory,
                probing=Blackbox(monitor).ask,
                reload=None if reread is None else self.reload,
            ),
            users=lambda: self.setup.users,
        )
        self._reread = reread
        self._reloading = asyncio.Lock()
        self._signalled: set[asyncio.Task[None]] = set()

    def _inventory(self) -> list[dict[str, Any]]:
        return inventory(
            self.monitor.plans,
            self.monitor.targets,
            self.setup.where,
            proxy=self.setup.proxy,
            webhook=self.setup.hook.url if self.setup.hook else "",
        )

    def _pace(self) -> None:
        """Have each look made at its calm pace; one that is paced so already keeps its place."""
        paces = {
            plan.look.value: plan.calm_seconds
            for plan in self.monitor.plans.values()
            if not plan.on_demand_seconds
        }
        for name in self._paces:
            if name not in paces:
                self.schedule.drop(name)
        for name, seconds in paces.items():
            if self._paces.get(name) != seconds:
                start = partial(self.monitor.start_calmly, Look(name))
                self.schedule.every(seconds, name, start)
        self._paces = paces

    # ------------------------------------------------------------ other settings

    async def reload(self) -> Mapping[str, Any]:
        """Take the settings as they are now, and give what changed.

        Raises ValueError when they cannot be used; then the old ones stay.
        """
        assert self._reread is not None
        async with self._reloading:
            try:
                new = await asyncio.to_thread(self._reread)
            except (OSError, ValueError) as mistake:
                log.warning("the old settings stay: %s", mistake)
                self.metrics.reloaded(successful=False)
                raise ValueError(str(mistake)) from None
            self._take(new)
        waits = [{"key": key, "why": why} for key, why in new.waits_for_restart.items()]
        log.info("settings read anew; changed: %s", ", ".join(new.changed) or "nothing")
        for one in waits:
            log.warning("%s waits for a restart: %s", one["key"], one["why"])
        return {"changed": list(new.changed), "waits_for_restart": waits}

    def _take(self, new: Reread) -> None:
        self.setup = setup = new.setup
        self.monitor.take(
            probes=registry(setup.targets, setup.proxy),
            plans=setup.plans,
            targets=setup.targets,
            site=setup.site,
            proxy_configured=setup.proxy is not None,
        )
        self._pace()
        self.web.allow(new.allowed_hosts)
        self.webhook.take(setup.hook, site=setup.site)
        if self.history is not None:
            self.history.most_bytes = setup.history_bytes
        self.metrics.reloaded(successful=True)

    def reload_soon(self) -> None:
        """For a signal, which takes no answer: the log has it."""

        async def quietly() -> None:
            with contextlib.suppress(ValueError):
                await self.reload()

        task = asyncio.create_task(quietly(), name="reload")
        self._signalled.add(task)
        task.add_done_callback(self._signalled.discard)


def hear(then: Callable[[], object], *numbers: signal.Signals) -> None:
    """Do something at these signals. A loop outside the main thread, or without signals at all,
    cannot hear them."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
        for number in numbers:
            loop.add_signal_handler(number, then)


def at_a_terminal() -> bool:
    """Whether somebody started this by hand: then the end of the terminal is the end of us, and
    SIGHUP no wish for other settings."""
    return sys.stdin is not None and sys.stdin.isatty()


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
