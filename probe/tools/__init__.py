"""Everything a look may touch outside itself, handed in as one value that a test can replace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from probe.clock import Chance, Clock
from probe.http import Http
from probe.machine import Machine
from probe.tools import arp, datagram
from probe.tools.datagram import POKE_SECONDS, Heard, Poke
from probe.tools.knock import KNOCK_SECONDS, Knock
from probe.tools.knock import knock as knock_at
from probe.tools.loopback import NotPossible, greet_ourselves
from probe.tools.ping import ping
from probe.tools.promises import Promises
from probe.tools.resolve import Resolver, resolver_address
from probe.tools.stream import Stream
from probe.trust import Trust
from probe.wire.dns import Answer
from probe.words import Family

PING_BYTES = 16

Tap = Callable[[str, str, bytes], object]  # a kind of answer, from where, the bytes

__all__ = ["Heard", "Knock", "NotPossible", "Poke", "Stream", "Tap", "Tools", "resolver_address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The way out. Addresses are literal everywhere; only `resolve` takes names.

    `ports` says which port to dial in place of a real one: empty in real life, for drills and
    tests that cannot listen on 443. `source` is the address to speak from, None for the kernel's
    choice.
    """

    clock: Clock
    chance: Chance
    machine: Machine
    trust: Trust
    http: Http
    ports: Mapping[int, int] = field(default_factory=dict)
    source: str | None = None
    user_agent: str
    tap: Tap | None = None
    promises: Promises = field(default_factory=Promises, repr=False, compare=False)
    _resolver: Resolver = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        resolver = Resolver(
            clock=self.clock,
            chance=self.chance,
            resolvers=self.machine.resolvers,
            lookup=self.machine.lookup,
            exchange=self.exchange,
            connect=self.connect,
        )
        object.__setattr__(self, "_resolver", resolver)

    def forget_names(self) -> None:
        """What names were found to be is not used again."""
        self._resolver.forget()

    async def connect(self, address: str, port: int, *, segment_bytes: int | None = None) -> Stream:
        """A TCP connection to a literal address. Raises OSError, TurnedAway where it is known who
        said no; ValueError for a name."""
        return await Stream.connect(
            address, self._dialled(port), source=self.source, segment_bytes=segment_bytes
        )

    async def exchange(
        self, payload: bytes, address: str, port: int, *, accept: Callable[[bytes], bool]
    ) -> bytes:
        """One datagram out, the first reply that `accept` takes back. Waits until cancelled.

        Raises OSError: a closed port is heard, as ConnectionRefusedError.
        """
        reply = await datagram.exchange(
            payload, address, self._dialled(port), accept=accept, source=self.source
        )
        self.keep("datagram", f"{address} port {port}", reply)
        return reply

    async def poke(
        self, address: str, port: int, *, ttl: int, within_seconds: float = POKE_SECONDS
    ) -> Poke:
        """One datagram that lives `ttl` hops, and who on the way said what to it."""
        return await datagram.poke(
            address,
            self._dialled(port),
            ttl=ttl,
            within_seconds=within_seconds,
            source=self.source,
        )

    async def knock(
        self, address: str, port: int, *, ttl: int, within_seconds: float = KNOCK_SECONDS
    ) -> Knock:
        """One attempt to connect that lives `ttl` hops, and who on the way said what to it."""
        return await knock_at(
            address,
            self._dialled(port),
            ttl=ttl,
            within_seconds=within_seconds,
            source=self.source,
        )

    async def ping(self, address: str, *, tries: int, within_seconds: float) -> bool | None:
        """Whether an ICMP echo comes back; None: this process may not send one."""
        return await ping(
            address,
            payload=self.chance.cookie(PING_BYTES),
            tries=tries,
            within_seconds=within_seconds,
            source=self.source,
        )

    async def greet_ourselves(self, *, within_seconds: float) -> None:
        """One TLS connection over loopback, both ends in this process. Raises NotPossible where it
        cannot be tried; OSError, ssl.SSLError, TimeoutError when it fails."""
        await greet_ourselves(within_seconds)

    async def claimants(
        self, address: str, interface: str, *, tries: int, within_seconds: float
    ) -> frozenset[str] | None:
        """The hardware addresses of others that claim an IPv4 address on a link; None: this
        process may not ask."""
        return await arp.claimants(address, interface, tries=tries, within_seconds=within_seconds)

    async def resolve(self, name: str, family: Family) -> tuple[str, ...]:
        """The addresses of a name, by the configured resolvers. A literal is its own answer.

        Raises LookFailed at Step.RESOLVE.
        """
        return await self._resolver.addresses(name, family)

    async def answer(self, resolver: str, name: str, family: Family) -> Answer:
        """What one resolver says about a name. Raises LookFailed when nothing readable comes."""
        return await self._resolver.answer(resolver, name, family)

    def keep(self, kind: str, where: str, data: bytes) -> None:
        """Hand a raw answer to whoever records, if anybody does."""
        if self.tap is not None:
            self.tap(kind, where, data)

    def _dialled(self, port: int) -> int:
        return self.ports.get(port, port)
