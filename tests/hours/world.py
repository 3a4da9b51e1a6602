"""The drill's internet in memory, in virtual time: hours and days of the real program in seconds.

What answers is the drill's own (its name server, time servers, web pages and status feeds); only
the wires are pretended, because a loop that jumps over time cannot see a socket. TLS is reduced to
whether a name is in the certificate: what certificates do is the lab's matter.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace
from typing import cast

import apscheduler.executors.base
import apscheduler.schedulers.base
import h11
import pytest

from probe import service
from probe.clock import Chance
from probe.drill import nameserver, timeserver
from probe.drill.layout import GATEWAY, PLACES, ZONE, Kind, Place, targets
from probe.drill.machine import Link, StagedMachine
from probe.drill.manners import Manners
from probe.drill.sites import Sites
from probe.drill.web import Answer, Asked
from probe.failures import LookFailed
from probe.http import Http, HttpAnswer
from probe.looks import PLAN, Plan
from probe.model import News, Status, Turn, Verdict
from probe.monitor import Monitor
from probe.probes import registry
from probe.schedule import Schedule, calm_phases
from probe.tools import Heard, Poke, Stream, Tools
from probe.trust import Trust, Use
from probe.words import Failure, Look, Speed, Step
from tests.support.time import FakeClock

ROUND_TRIP_SECONDS = 0.02
FOR_EVER = 10 * 86_400.0
WATCH_SECONDS = 0.5  # how often a test looks at what is shown
COURIER_ALPN = "apns-security-v3"
ICMP_PORT_UNREACHABLE, ICMP_TIME_EXCEEDED = (3, 3), (11, 0)

BY_ADDRESS = {place.address: place for place in PLACES}


@dataclass(slots=True)
class World:
    """What is out there, and how it behaves. Starts healthy.

    `silent` decides for each place and port whether anything comes back, `round_trip` how many
    seconds that takes. True time runs beside this host's clock: `truth_offset_seconds` ahead of it,
    and faster by `truth_ppm`.
    """

    clock: FakeClock
    manners: Manners = field(default_factory=Manners)
    link: Link = field(default_factory=Link)
    silent: Callable[[Place, int], bool] = lambda place, port: False
    round_trip: Callable[[Place], float] = lambda place: ROUND_TRIP_SECONDS
    truth_offset_seconds: float = 0.0
    truth_ppm: float = 0.0
    asked: Counter[str] = field(default_factory=Counter)
    _sites: Sites = field(init=False)

    def __post_init__(self) -> None:
        self._sites = Sites(targets(), lambda: self.manners, self.true_unix)

    def true_unix(self) -> float:
        elapsed = self.clock.elapsed()
        began = self.clock.began.timestamp()
        return began + elapsed * (1 + self.truth_ppm * 1e-6) + self.truth_offset_seconds

    def cut(self) -> None:
        """The provider's line is dead: nothing beyond the router answers."""
        self.silent = lambda place, port: place.beyond_gateway

    def mend(self) -> None:
        self.silent = lambda place, port: False

    async def arrive(self, address: str, port: int) -> Place:
        """One round trip to a place. Raises OSError; waits for ever where nothing comes back."""
        place = BY_ADDRESS.get(address)
        if not self.link.carrier:
            raise OSError(101, "Network is unreachable")
        if place is None or self.silent(place, port):
            await asyncio.sleep(FOR_EVER)
        assert place is not None
        self.asked[f"{place.key} {port}"] += 1
        await asyncio.sleep(self.round_trip(place))
        if port not in place.ports:
            raise ConnectionRefusedError(111, "Connection refused")
        return place

    def page(self, place: Place, asked: Asked, *, secure: bool) -> Answer:
        return self._sites.answer(place, asked, secure=secure)


@dataclass(slots=True)
class MemoryStream:
    """One connection to a place (probe/tools/stream.py), with the answer already in it."""

    world: World
    place: Place
    port: int
    alpn: str | None = None
    version: str | None = None
    peer_certificate: bytes | None = None
    trusted_root: bytes | None = None
    local_address: str = "192.168.77.20"
    resent: int | None = 0
    trip_seconds: float | None = None
    _answer: bytes = b""

    async def handshake(self, context: object, server_name: str) -> None:
        await self.world.arrive(self.place.address, self.port)
        if server_name not in (self.place.certified or self.place.names):
            error = ssl.SSLCertVerificationError("wrong name")
            error.verify_code, error.verify_message = 62, "wrong name"
            raise error
        self.version, self.peer_certificate = "TLSv1.3", b""
        if self.place.kind is Kind.COURIER:
            self.alpn = COURIER_ALPN

    async def send(self, data: bytes) -> None:
        server = h11.Connection(h11.SERVER)
        server.receive_data(data)
        request = server.next_event()
        assert isinstance(request, h11.Request)
        headers = {k.decode(): v.decode() for k, v in request.headers}
        asked = Asked(
            method=request.method.decode(),
            host=headers.get("host", ""),
            path=request.target.decode(),
            headers=headers,
        )
        answer = self.world.page(self.place, asked, secure=self.version is not None)
        server.next_event()
        length = [] if answer.status == 204 else [("content-length", str(len(answer.body)))]
        head = h11.Response(status_code=answer.status, headers=[*answer.headers, *length])
        self._answer = (server.send(head) or b"") + answer.body

    async def receive(self, limit: int) -> bytes:
        if self._answer:
            await self.world.arrive(self.place.address, self.port)
        answer, self._answer = self._answer[:limit], self._answer[limit:]
        return answer

    def close(self) -> None:
        pass


@dataclass(slots=True)
class MemoryHttp:
    """HTTP over the pretended wires (probe/http.py)."""

    world: World

    async def fetch(
        self,
        *,
        method: str,
        address: str,
        host: str,
        port: int,
        path: str,
        use: Use | None,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        http2: bool = False,
        max_bytes: int,
        within_seconds: float,
    ) -> HttpAnswer:
        try:
            async with asyncio.timeout(within_seconds):
                place = await self.world.arrive(address, port)
        except TimeoutError as error:
            failure = Failure.GENERIC_TIMEOUT
            raise LookFailed(failure, Speed.SILENT, step=Step.CONNECT) from error
        except OSError as error:
            failure = Failure.NETWORK_UNREACHABLE
            raise LookFailed(failure, Speed.ACTIVE, step=Step.CONNECT) from error
        asked = Asked(method=method, host=host, path=path, headers=dict(headers), body=body or b"")
        answer = self.world.page(place, asked, secure=use is not None)
        return HttpAnswer(
            status=answer.status,
            http_version="HTTP/2" if http2 else "HTTP/1.1",
            headers=dict(answer.headers),
            body=answer.body,
            seconds={},
        )

    async def aclose(self) -> None:
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTools(Tools):
    """The tools, over pretended wires. Names, codecs and judgement are the real ones."""

    world: World

    async def connect(self, address: str, port: int, *, segment_bytes: int | None = None) -> Stream:
        place = await self.world.arrive(address, port)
        return cast(Stream, MemoryStream(self.world, place, port))

    async def exchange(
        self, payload: bytes, address: str, port: int, *, accept: Callable[[bytes], bool]
    ) -> bytes:
        place = await self.world.arrive(address, port)
        if port == 53:
            reply = nameserver.answer(payload, ZONE, self.world.manners.names, over_udp=True)
        else:
            manner = self.world.manners.time.get(place.key, timeserver.HONEST)
            reply = timeserver.answer(payload, manner, self.world.true_unix(), 0.0)
        if reply is None or not accept(reply.data):
            await asyncio.sleep(FOR_EVER)
        assert reply is not None
        return reply.data

    async def greet_ourselves(self, *, within_seconds: float) -> None:
        """Real sockets know nothing of this loop's time."""

    async def poke(self, address: str, port: int, *, ttl: int, within_seconds: float = 3.5) -> Poke:
        if not self.world.link.carrier:
            return Poke(heard=Heard.ERRNO, errno=101)
        await asyncio.sleep(ROUND_TRIP_SECONDS)
        kind, code = ICMP_PORT_UNREACHABLE if address == GATEWAY else ICMP_TIME_EXCEEDED
        return Poke(heard=Heard.ICMP, icmp_type=kind, icmp_code=code, offender=GATEWAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryMachine(StagedMachine):
    world: World

    async def lookup(self, name: str) -> tuple[str, ...]:
        await asyncio.sleep(ROUND_TRIP_SECONDS)
        address = ZONE.get(name.rstrip("."))
        if address is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return (address,)


@dataclass(slots=True)
class Shown:
    """What was shown from one moment on."""

    at: float
    verdict: Verdict

    @property
    def answer(self) -> tuple[str, str, str | None]:
        return self.verdict.blame, self.verdict.code, self.verdict.cause


@dataclass(slots=True)
class Run:
    """The program at work: the real schedule, attention, looks, evidence and rules."""

    world: World
    clock: FakeClock
    monitor: Monitor
    shown: list[Shown] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    observed: int = 0

    async def hear(self, news: News) -> None:
        if isinstance(news, Turn):
            self.turns.append(news)
        else:
            self.observed += 1

    def look(self) -> Status:
        """What a reader of /status gets now; kept when it differs from before."""
        status = self.monitor.status()
        if not self.shown or self.shown[-1].answer != (
            status.verdict.blame,
            status.verdict.code,
            status.verdict.cause,
        ):
            self.shown.append(Shown(at=self.clock.elapsed(), verdict=status.verdict))
        return status

    async def live(self, seconds: float, *, watch: float = WATCH_SECONDS) -> Status:
        """Let time pass, and look at the answer all the while."""
        until = self.clock.elapsed() + seconds
        while self.clock.elapsed() < until:
            await asyncio.sleep(watch)
            self.look()
        return self.look()

    async def until(
        self, wanted: Callable[[Status], bool], *, within: float, watch: float = WATCH_SECONDS
    ) -> float:
        """Seconds until a status is as wanted. Fails the test when it never is."""
        began = self.clock.elapsed()
        while not wanted(self.look()):
            if self.clock.elapsed() - began > within:
                pytest.fail(f"not within {within:g} s: {[one.answer for one in self.shown[-6:]]}")
            await asyncio.sleep(watch)
        return self.clock.elapsed() - began

    def answers(self, since: float = 0.0) -> list[tuple[str, str, str | None]]:
        return [one.answer for one in self.shown if one.at >= since]

    def notes(self) -> set[str]:
        return {note.code.value for note in self.monitor.status().verdict.notes}

    def signal(self, name: str) -> str:
        readings: Mapping[str, object] = {
            signal.value: reading.value for signal, reading in self.look().readings.items()
        }
        return str(readings[name])


def follow_the_wall(patch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    """APScheduler reads the wall clock itself: let it read this one."""

    class Wall(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            return clock.now().astimezone(tz)

    for module in (apscheduler.schedulers.base, apscheduler.executors.base):
        patch.setattr(module, "datetime", Wall)


@asynccontextmanager
async def running(
    clock: FakeClock,
    patch: pytest.MonkeyPatch,
    *,
    tick_seconds: float = 0.5,
    calm: float = 1.0,
    looks: Collection[Look] = tuple(PLAN),
    seed: int = 1,
    prepare: Callable[[World], None] = lambda world: None,
) -> AsyncIterator[Run]:
    """The program in a healthy world, from its start on.

    A test of hours or days lets it judge less often (`tick_seconds`; every look judges as well),
    look less often (`calm` times the usual intervals, but for time servers), or only at a few.
    """
    follow_the_wall(patch, clock)
    patch.setattr(service, "TICK_SECONDS", tick_seconds)
    world = World(clock=clock)
    world.manners.feed_changed_unix = world.true_unix() - 3600
    prepare(world)
    tools = MemoryTools(
        clock=clock,
        chance=Chance(seed),
        machine=MemoryMachine(link=world.link, name_servers=(GATEWAY,), ports={}, world=world),
        trust=cast(Trust, SimpleNamespace(context=lambda use: use, is_public=lambda root: True)),
        http=cast(Http, MemoryHttp(world)),
        user_agent="isitme/test",
        world=world,
    )
    heard: list[Run] = []
    plans = {look: slower(PLAN[look], calm) for look in PLAN if look in looks}
    monitor = Monitor(
        probes=registry(targets()), plans=plans, targets=targets(), tools=tools, outlets=heard
    )
    run = Run(world=world, clock=clock, monitor=monitor)
    heard.append(run)
    if tick_seconds > 1.0:  # else a loop that is meant to be slow looks like one that stood still
        patch.setattr(monitor, "beat", lambda: None)
    schedule = Schedule(clock, tools.chance, calm_phases(plans.values()))
    for plan in plans.values():
        if not plan.on_demand_seconds:
            start = partial(monitor.start_calmly, plan.look)
            schedule.every(plan.calm_seconds, plan.look.value, start)
    working = asyncio.create_task(service.work(monitor, schedule, None, lambda status: None))
    try:
        yield run
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await monitor.stop()


def slower(plan: Plan, calm: float) -> Plan:
    return plan if plan.look is Look.NTP else replace(plan, every_seconds=plan.every_seconds * calm)
