"""The drill's world: every server that isitme talks to, on loopback, with faults to stage.

    async with World() as world:
        await world.turn("apple-outage")

Real sockets, real TLS, real DNS; no root, and nothing beyond this machine is touched.
"""

from __future__ import annotations

import errno
import random
import socket
import tempfile
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from probe.drill.certificates import Certificates
from probe.drill.conversations import Conversations
from probe.drill.layout import GATEWAY, PLACES, REAL_PORTS, Place, targets
from probe.drill.machine import Link, StagedMachine
from probe.drill.manners import Manners
from probe.drill.states import DRILLS
from probe.drill.wires import Door, TcpDoor, UdpDoor, Wire
from probe.targets import Targets

# Below 32768 Linux gives no port to a client of its own accord (ip_local_port_range), so that a
# server that comes back finds its port free.
PORT_RANGE = range(20_000, 32_000)
PORT_TRIES = 50
CLAIMS = "127.77.0.255"  # nobody lives there
CALLS_KEPT = 10_000


class WorldError(Exception):
    """The world cannot be built or turned. The message says why, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one server was asked."""

    place: str
    port: int  # the real one
    asked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One port of one place."""

    place: Place
    real_port: int
    door: Door

    def turn(self, wire: Wire) -> None:
        """Change what callers meet here. Raises OSError when the port was lost meanwhile."""
        self.door.turn(wire)


class World:
    """A home's router, some internet, and Apple. An async context manager; starts healthy.

    `delay_seconds` is added to every answer, once for each round trip that it takes on a real path.
    Entering raises WorldError where loopback is 127.0.0.1 alone.
    """

    def __init__(self, *, delay_seconds: float = 0.0) -> None:
        self.delay_seconds = delay_seconds
        self.clock_offset_seconds = 0.0  # the whole world's clock minus this host's
        self.manners = Manners()
        self.link = Link()
        self.openings: tuple[Opening, ...] = ()
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.bugs: list[Exception] = []  # of our servers; raised when the world ends
        self._state = "healthy"
        self._ports: dict[int, int] = {}
        self._claims: list[socket.socket] = []
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._certificates: Certificates | None = None

    async def __aenter__(self) -> World:
        self._directory = tempfile.TemporaryDirectory(prefix="isitme-drill-")
        try:
            self._certificates = Certificates(Path(self._directory.name))
            conversations = Conversations(self, self._certificates)
            for real_port in REAL_PORTS:
                await self._open(real_port, conversations)
            self.restore()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        await self._close()
        if self.bugs and error is None:
            raise ExceptionGroup("the drill's servers failed", self.bugs)

    # ------------------------------------------------------------ what isitme is started with

    def targets(self) -> Targets:
        """What to look at."""
        return targets()

    def machine(self) -> StagedMachine:
        """The four reads of this machine that a drill replaces."""
        return StagedMachine(link=self.link, name_servers=self.resolvers, ports=self.ports)

    @property
    def ports(self) -> Mapping[int, int]:
        """Real port -> the port of this world that stands in for it."""
        return MappingProxyType(self._ports)

    @property
    def resolvers(self) -> tuple[str, ...]:
        """The home's only name server is its router, as in most homes."""
        return (GATEWAY,)

    @property
    def public_roots(self) -> Path:
        return self._made().public_roots

    @property
    def apple_roots(self) -> Path:
        return self._made().apple_roots

    # ------------------------------------------------------------ what happens in it

    @property
    def state(self) -> str:
        return self._state

    async def turn(self, name: str) -> None:
        """Heal what is broken, then stage this drill. Raises WorldError for an unknown name."""
        if name not in DRILLS:
            raise WorldError(f"no drill is called {name!r}; there are: {', '.join(DRILLS)}")
        DRILLS[self._state].heal(self)
        DRILLS[name].change(self)
        self._state = name

    def restore(self) -> None:
        """Make everything healthy."""
        self.manners = Manners(feed_changed_unix=self.now())
        self.clock_offset_seconds = 0.0
        self.link.restore()
        self.wire(Wire.UP)
        self._state = "healthy"

    def wire(
        self, wire: Wire, *, real_ports: tuple[int, ...] = (), places: tuple[str, ...] = ()
    ) -> None:
        """Turn the wires of these ports and places; none given: of all."""
        for opening in self.openings:
            wanted_port = not real_ports or opening.real_port in real_ports
            wanted_place = not places or opening.place.key in places
            if wanted_port and wanted_place:
                try:
                    opening.turn(wire)
                except OSError as error:
                    raise WorldError(
                        f"port {opening.door.port} of {opening.door.address} was taken by another "
                        f"program during the drill: {error.strerror}"
                    ) from error

    def post_outage(self) -> None:
        """Apple's consumer feed reports iMessage and FaceTime from now on."""
        self.manners.outage_posted = True
        self.manners.feed_changed_unix = self.now()

    def now(self) -> float:
        """The world's clock, Unix seconds."""
        return time.time() + self.clock_offset_seconds

    def note(self, place: Place, real_port: int, asked: str) -> None:
        """A server was asked something."""
        self.calls.append(Call(place=place.key, port=real_port, asked=asked))

    # ------------------------------------------------------------ building and ending

    def _made(self) -> Certificates:
        if self._certificates is None:
            raise WorldError("the world has certificates only while it is entered")
        return self._certificates

    async def _open(self, real_port: int, conversations: Conversations) -> None:
        """Open one real port at every place that has it, all under one free number."""
        for number in random.sample(PORT_RANGE, PORT_TRIES):
            if number in self._ports.values():
                continue
            opened: list[Opening] = []
            try:
                self._claim(number)
                for place in PLACES:
                    if real_port in place.ports:
                        self._open_at(place, real_port, number, conversations, opened)
            except OSError as error:
                for opening in opened:
                    await opening.door.close()
                if error.errno == errno.EADDRINUSE:
                    continue
                raise _cannot_listen(error) from error
            self._ports[real_port] = number
            self.openings += tuple(opened)
            return
        raise WorldError(f"found no free port between {PORT_RANGE.start} and {PORT_RANGE.stop}")

    def _open_at(
        self,
        place: Place,
        real_port: int,
        number: int,
        conversations: Conversations,
        opened: list[Opening],
    ) -> None:
        answer = conversations.over_udp(place, real_port)
        if answer is not None:
            udp = UdpDoor(place.address, number, answer, on_bug=self.bugs.append)
            opened.append(Opening(place=place, real_port=real_port, door=udp))
        speak = conversations.over_tcp(place, real_port)
        if speak is not None:
            tcp = TcpDoor(place.address, number, speak, on_bug=self.bugs.append)
            opened.append(Opening(place=place, real_port=real_port, door=tcp))

    def _claim(self, number: int) -> None:
        """Make a number this world's alone, whatever addresses it uses it at. Raises OSError.

        Bound without SO_REUSEADDR and never listening: it refuses, and no other world gets it.
        """
        claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._claims.append(claim)
        claim.bind((CLAIMS, number))

    async def _close(self) -> None:
        for claim in self._claims:
            claim.close()
        self._claims.clear()
        for opening in self.openings:
            await opening.door.close()
        self.openings = ()
        self._certificates = None
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None


def _cannot_listen(error: OSError) -> WorldError:
    if error.errno == errno.EADDRNOTAVAIL:
        return WorldError(
            f"cannot listen on {GATEWAY}: this machine has 127.0.0.1 alone on its loopback, and a "
            "drill needs the whole of 127.0.0.0/8, as Linux has it"
        )
    return WorldError(f"cannot listen on loopback: {error}")
