"""Is every resolver right? Ask each one itself, ask elsewhere over HTTPS, and ask as an app would.

getaddrinfo cannot tell a refusing resolver from a silent or a broken one (all are EAI_AGAIN,
measured), so each configured resolver is asked with a client of our own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.failures import LookFailed
from probe.model import AnswerFact, Finding, Observation
from probe.reach import families
from probe.targets import Reference
from probe.tools import Tools
from probe.tools.resolve import ABOUT
from probe.trust import Use
from probe.wire import dns as dns_wire
from probe.wire.dns import Answer
from probe.words import Failure, Family, Speed, Step

SHOTS = 2  # at 5 % loss each way one shot fails 9.8 %, two 1 %
ASK_SECONDS = 4.2  # two shots of 2 s each, as ChromeOS and shill wait
DOH_SECONDS = 4.0
DOH_BYTES = 64 * 1024
RECORD_TYPE = {Family.IPV4: "A", Family.IPV6: "AAAA"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsEach:
    """Every configured resolver, on names of others and names of Apple."""

    control_names: tuple[str, ...]
    apple_names: tuple[str, ...]
    also_ask: tuple[str, ...] = ()

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        resolvers = dict.fromkeys((*tools.machine.resolvers(), *self.also_ask))
        if not resolvers:
            attempt = Attempt(tools.clock, target="resolvers", operator="self", group="control")
            with attempt, attempt.reading(Step.READ):
                raise LookFailed(
                    Failure.DNS_NO_RESOLVER, Speed.ACTIVE, "this device has no DNS server set"
                )
            return (attempt.finding(),)
        tried = families(tools.machine.network())
        # An IPv6-only network has nothing to say about A records, and the other way round.
        named = [(name, "control") for name in self.control_names]
        named += [(name, "apple") for name in self.apple_names]
        return await asyncio.gather(
            *(
                _ask(tools, resolver, name, group, tried[0])
                for resolver in resolvers
                for name, group in named
            )
        )


async def _ask(tools: Tools, resolver: str, name: str, group: str, family: Family) -> Finding:
    attempt = Attempt(
        tools.clock, target=f"{resolver} {name}", operator=f"resolver {resolver}", group=group
    )
    attempt.address = resolver
    with attempt:
        async with attempt.step(Step.EXCHANGE, within_seconds=ASK_SECONDS):
            answer = await _patiently(tools, resolver, name, family)
        _learn(attempt, resolver, name, answer, over_https=False)
    return attempt.finding()


async def _patiently(tools: Tools, resolver: str, name: str, family: Family) -> Answer:
    """UDP loses datagrams: ask again before calling a resolver silent."""
    for shot in range(SHOTS):
        try:
            return await tools.answer(resolver, name, family)
        except LookFailed as failed:
            if failed.speed is Speed.ACTIVE or shot == SHOTS - 1:
                # The resolver is what is asked here; its own step is the exchange.
                raise LookFailed(
                    failed.failure, failed.speed, failed.detail, step=Step.EXCHANGE
                ) from failed
    raise AssertionError("the last shot returns or raises")


def _learn(attempt: Attempt, resolver: str, name: str, answer: Answer, *, over_https: bool) -> None:
    """Keep the answer as a fact, good or bad; then fail the attempt when it is no answer."""
    attempt.learn(
        AnswerFact(
            resolver=resolver,
            name=name,
            addresses=answer.addresses,
            rcode=answer.rcode,
            over_https=over_https,
            extended_error=answer.extended_error,
        )
    )
    with attempt.reading():
        failure = dns_wire.failure_of_answer(answer)
        if failure is not None:
            raise LookFailed(
                failure, Speed.ACTIVE, f"{resolver} {ABOUT.get(failure, answer.rcode)} {name}"
            )
        attempt.said = f"{resolver} answered {', '.join(answer.addresses[:3])} to {name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsElsewhere:
    """A second opinion on Apple's names, over verified HTTPS to literal addresses (RFC 8484)."""

    references: tuple[Reference, ...]
    names: tuple[str, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        tried = families(tools.machine.network())
        first = tried[0]
        return await asyncio.gather(
            *(
                _ask_elsewhere(tools, reference, name, first)
                for reference in self.references
                if reference.doh and (reference.host if first is Family.IPV4 else reference.host_v6)
                for name in self.names
            )
        )


async def _ask_elsewhere(tools: Tools, reference: Reference, name: str, family: Family) -> Finding:
    literal = reference.host if family is Family.IPV4 else reference.host_v6
    attempt = Attempt(
        tools.clock,
        target=f"{reference.name} {name}",
        operator=reference.operator,
        family=family,
        group="apple",
    )
    attempt.address = literal
    with attempt:
        # RFC 8484 4.1: id 0, so that caches can serve the answer.
        query = dns_wire.query(name, RECORD_TYPE[family], 0)
        async with attempt.step(Step.EXCHANGE, within_seconds=DOH_SECONDS):
            answer = await tools.http.fetch(
                method="POST",
                address=literal,
                host=literal,
                port=reference.port,
                path=reference.doh,
                use=Use.DOH,
                headers=(
                    ("content-type", "application/dns-message"),
                    ("accept", "application/dns-message"),
                ),
                body=query,
                http2=True,
                max_bytes=DOH_BYTES,
                within_seconds=DOH_SECONDS,
            )
        with attempt.reading():
            if answer.status != 200:
                raise LookFailed(
                    Failure.HTTP_UNEXPECTED_STATUS, Speed.ACTIVE, f"got {answer.status}, want 200"
                )
            tools.keep("dns over https", f"{reference.name} {name}", answer.body)
            opinion = dns_wire.read(answer.body, query)
        _learn(attempt, reference.name, name, opinion, over_https=True)
    return attempt.finding()


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsForApps:
    """What applications feel: getaddrinfo, with its hosts file and search list."""

    names: tuple[str, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        return await asyncio.gather(*(_as_app(tools, name) for name in self.names))


async def _as_app(tools: Tools, name: str) -> Finding:
    attempt = Attempt(tools.clock, target=name, operator="self", group="apple")
    with attempt:
        async with attempt.step(Step.RESOLVE, within_seconds=5.0):
            addresses = await tools.machine.lookup(name)
        attempt.learn(
            AnswerFact(
                resolver="this device",
                name=name,
                addresses=tuple(addresses),
                rcode="NOERROR",
            )
        )
        attempt.said = f"applications here get {', '.join(list(addresses)[:3])} for {name}"
    return attempt.finding()
