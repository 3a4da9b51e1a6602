"""Names to addresses through the configured resolvers, asked by ourselves, the first one first.

Not getaddrinfo: it turns SERVFAIL, REFUSED, a spoofed id and silence into one EAI_AGAIN, takes
5.01 s to pass over a dead first resolver (measured), and cannot be cancelled. It is asked where
nobody here knows of a resolver: the system may have one all the same.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol

from probe.clock import Chance, Clock
from probe.failures import LookFailed, failure_of, plain_words
from probe.tools.stream import Stream
from probe.wire import dns
from probe.words import Failure, Family, Speed, Step

RESOLVER_SECONDS = 2.0  # shill's bound for one query (connection_diagnostics.cc)
# Some drop a question with EDNS (RFC 6891), or whoever stands before them does; applications ask
# without. BIND and unbound ask them plainly in the end (RFC 6891 6.2.2); here that must fit into
# one wait. Two questions in vain with a plain one answered are no lost packets.
PLAIN_AFTER_SECONDS = 1.0
DEAF_AFTER = 2
# A dead first resolver must not make every look late: the next one is asked meanwhile.
NEXT_AFTER_SECONDS = 0.8
# A sweep asks for the same few names within a second or two. Longer would hide a resolver's death,
# and only answers are kept: a kept failure would confirm itself.
KEEP_SECONDS = 5.0
# Of the few threads that getaddrinfo has (probe/machine/lookup.py): some stay free for what
# applications feel.
LOOKUPS_AT_ONCE = 2
RECORD_TYPES = {Family.IPV4: "A", Family.IPV6: "AAAA"}
DNS_PORT = 53
# What a resolver says to a name, for a person.
ABOUT: dict[Failure, str] = {
    Failure.DNS_NXDOMAIN: "knows no",
    Failure.DNS_NO_ANSWER: "has no address for",
    Failure.DNS_SERVFAIL: "could not find out about",
    Failure.DNS_REFUSED: "refuses to answer about",
}


def about(resolver: str, name: str, answer: dns.Answer, failure: Failure) -> str:
    """A sentence on an answer that is none, with the reason that the resolver gives."""
    said = ABOUT.get(failure, f"says {answer.rcode} about")
    return f"{resolver} {said} {name.rstrip('.')}{dns.reason_given(answer)}"


class Exchange(Protocol):
    async def __call__(
        self, payload: bytes, address: str, port: int, *, accept: Callable[[bytes], bool]
    ) -> bytes: ...


Connect = Callable[[str, int], Awaitable[Stream]]


def resolver_address(spec: str) -> tuple[str, int]:
    """ "address" or "address#port", as dnsmasq writes it. Raises ValueError."""
    address, _, port = spec.partition("#")
    ip_address(address)
    return address, int(port) if port else DNS_PORT


@dataclass(frozen=True, slots=True)
class _Kept:
    addresses: tuple[str, ...]
    at: float


@dataclass(slots=True)
class _Asking:
    task: asyncio.Task[tuple[str, ...]]
    waiters: int = 0


class Resolver:
    """Asks the configured resolvers; the same question at the same time is asked once."""

    def __init__(
        self,
        *,
        clock: Clock,
        chance: Chance,
        resolvers: Callable[[], tuple[str, ...] | None],
        lookup: Callable[[str], Awaitable[tuple[str, ...]]],
        exchange: Exchange,
        connect: Connect,
    ) -> None:
        self._clock, self._chance = clock, chance
        self._resolvers, self._lookup = resolvers, lookup
        self._room = asyncio.Semaphore(LOOKUPS_AT_ONCE)
        self._exchange, self._connect = exchange, connect
        self._kept: dict[tuple[str, Family], _Kept] = {}
        self._asking: dict[tuple[str, Family], _Asking] = {}
        # Questions with EDNS in vain, where the plain one was answered; by resolver.
        self._unheard: dict[str, int] = {}

    async def addresses(self, name: str, family: Family) -> tuple[str, ...]:
        """The addresses of an absolute name, at least one. Raises LookFailed at Step.RESOLVE."""
        if _is_literal(name):
            return (name,)
        key = name.rstrip(".").lower() + ".", family
        kept = self._kept.get(key)
        if kept is not None and self._clock.elapsed() - kept.at < KEEP_SECONDS:
            return kept.addresses
        asking = self._asking.get(key)
        if asking is None:
            asking = _Asking(asyncio.create_task(self._ask_and_keep(key)))
            self._asking[key] = asking
        asking.waiters += 1
        try:
            return await asyncio.shield(asking.task)
        finally:
            asking.waiters -= 1
            if asking.waiters == 0:  # nobody wants to know any more
                asking.task.cancel()
                if self._asking.get(key) is asking:
                    del self._asking[key]

    def forget(self) -> None:
        """Another network, or another time: what names were there says nothing of here. In the lab
        a host that had left a sign-in page for home called Apple at the page's address."""
        self._kept.clear()
        self._asking.clear()

    async def _ask_and_keep(self, key: tuple[str, Family]) -> tuple[str, ...]:
        asked = self._asking.get(key)
        addresses = await self._ask_each(*key)
        if self._asking.get(key) is not asked:
            return addresses  # forgotten meanwhile
        now = self._clock.elapsed()
        self._kept = {
            other: kept for other, kept in self._kept.items() if now - kept.at < KEEP_SECONDS
        }
        self._kept[key] = _Kept(addresses, now)
        return addresses

    async def _ask_each(self, name: str, family: Family) -> tuple[str, ...]:
        resolvers = self._resolvers()
        if not resolvers:
            return await self._ask_as_applications_do(name, family, known=resolvers is not None)
        failures: list[LookFailed] = []
        unasked = list(resolvers)
        asking: set[asyncio.Task[tuple[str, ...]]] = set()
        try:
            while unasked or asking:
                if unasked:
                    asking.add(asyncio.create_task(self.ask(unasked.pop(0), name, family)))
                done, asking = await asyncio.wait(
                    asking,
                    timeout=NEXT_AFTER_SECONDS if unasked else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in done:
                    try:
                        return task.result()
                    except LookFailed as failed:
                        if failed.failure in (Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER):
                            raise  # an answer; another resolver's would be another world's
                        failures.append(failed)
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        # What a resolver said tells more than that another one was silent.
        raise next((f for f in failures if f.speed is Speed.ACTIVE), failures[0])

    async def _ask_as_applications_do(
        self, name: str, family: Family, *, known: bool
    ) -> tuple[str, ...]:
        """What getaddrinfo has for a name. When that fails too, no resolver is configured, unless
        that is not `known`. Raises LookFailed."""
        try:
            async with self._room:
                found = await self._lookup(name)
        except OSError as error:  # gaierror is one
            failure, speed, said = failure_of(error) or (Failure.UNKNOWN, Speed.ACTIVE, str(error))
            if known:
                failure, said = Failure.DNS_NO_RESOLVER, "no resolver is configured on this host"
            raise LookFailed(failure, speed, said, step=Step.RESOLVE) from error
        alike = tuple(one for one in found if (":" in one) is (family is Family.IPV6))
        if not alike:
            said = f"this device has no {RECORD_TYPES[family]} address for {name.rstrip('.')}"
            raise LookFailed(Failure.DNS_NO_ANSWER, Speed.ACTIVE, said, step=Step.RESOLVE)
        return alike

    async def ask(self, resolver: str, name: str, family: Family) -> tuple[str, ...]:
        """The addresses that one resolver gives. Raises LookFailed at Step.RESOLVE."""
        answer = await self.answer(resolver, name, family)
        failure = dns.failure_of_answer(answer)
        if failure is not None:
            said = about(resolver, name, answer, failure)
            raise LookFailed(failure, Speed.ACTIVE, said, step=Step.RESOLVE)
        return answer.addresses

    async def answer(self, resolver: str, name: str, family: Family) -> dns.Answer:
        """What one resolver says, over UDP and, when the answer does not fit, over TCP.

        Each way has 2 s. Raises LookFailed at Step.RESOLVE when there is no readable answer.
        """
        try:
            address, port = resolver_address(resolver)
            async with asyncio.timeout(RESOLVER_SECONDS):
                query, reply = await self._over_udp(address, port, name, family)
            answer = dns.read(reply, query)
            if answer.truncated:
                answer = dns.read(await self._ask_over_tcp(address, port, query), query)
        except Exception as error:
            known = failure_of(error)
            if known is None:
                raise
            word, speed, detail = known
            said = detail if isinstance(error, LookFailed) else plain_words(word)
            said = f"{resolver} {said}"
            raise LookFailed(word, speed, said, step=Step.RESOLVE) from error
        return answer

    async def _over_udp(
        self, address: str, port: int, name: str, family: Family
    ) -> tuple[bytes, bytes]:
        """The question that was answered, and the reply: with EDNS, else plainly."""
        resolver = f"{address}#{port}"

        async def ask(edns: bool) -> tuple[bytes, bytes]:
            query = dns.query(name, RECORD_TYPES[family], self._chance.below(65536), edns=edns)
            reply = await self._exchange(
                query, address, port, accept=lambda reply: dns.is_reply_to(reply, query)
            )
            return query, reply

        if self._unheard.get(resolver, 0) >= DEAF_AFTER:
            try:
                return await ask(edns=False)
            except asyncio.CancelledError:  # not even that is heard: it is no longer about EDNS
                self._unheard.pop(resolver, None)
                raise
        asking = {asyncio.create_task(ask(edns=True))}
        try:
            done, _ = await asyncio.wait(asking, timeout=PLAIN_AFTER_SECONDS)
            if done:
                self._unheard.pop(resolver, None)
                query, reply = done.pop().result()
                return (query, reply) if dns.knows_edns(reply) else await ask(edns=False)
            plain = asyncio.create_task(ask(edns=False))
            asking.add(plain)
            done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
            if done == {plain} and plain.exception() is None:
                self._unheard[resolver] = self._unheard.get(resolver, 0) + 1
            return done.pop().result()
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _ask_over_tcp(self, address: str, port: int, query: bytes) -> bytes:
        """RFC 1035 4.2.2: two bytes of length before each message."""
        try:
            async with asyncio.timeout(RESOLVER_SECONDS):
                stream = await self._connect(address, port)
                try:
                    return await ask_over(stream, query)
                finally:
                    stream.close()
        except (OSError, EOFError) as error:
            speed = Speed.SILENT if isinstance(error, TimeoutError) else Speed.ACTIVE
            said = f"truncated over UDP, and over TCP: {error or type(error).__name__}"
            raise LookFailed(Failure.DNS_TCP_BLOCKED, speed, said) from error


async def ask_over(stream: Stream, query: bytes) -> bytes:
    """One query over a connection that stands, and its reply. Raises OSError, EOFError."""
    await stream.send(struct.pack("!H", len(query)) + query)
    (size,) = struct.unpack("!H", await _exactly(stream, 2))
    return await _exactly(stream, size)


async def _exactly(stream: Stream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = await stream.receive(size - len(data))
        if not more:
            raise EOFError("the resolver closed the connection in the middle")
        data += more
    return data


def _is_literal(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
