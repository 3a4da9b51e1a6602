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
from probe.opinion import ask_each, ask_elsewhere, operator_of, with_doh
from probe.reach import families
from probe.targets import Reference
from probe.tools import Tools
from probe.words import Failure, Speed, Step

# A person notices less. getaddrinfo passes over a dead first resolver after 5.01 s, or after 3.07 s
# where ARP fails, and over dropped IPv6 answers after 15.01 s (measured).
APP_SECONDS = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsEach:
    """Every configured resolver, on names of others and names of Apple."""

    control_names: tuple[str, ...]
    apple_names: tuple[str, ...]
    also_ask: tuple[str, ...] = ()

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        configured = tools.machine.resolvers()
        resolvers = tuple(dict.fromkeys((*(configured or ()), *self.also_ask)))
        if not resolvers:
            return (nobody_to_ask(tools, known=configured is not None),)
        tried = families(tools.machine.network())
        # An IPv6-only network has nothing to say about A records, and the other way round.
        named = [(name, "control") for name in self.control_names]
        named += [(name, "apple") for name in self.apple_names]
        return await asyncio.gather(
            *(
                ask_each(tools, resolver, operator_of(resolver, resolvers), name, group, tried[0])
                for resolver in resolvers
                for name, group in named
            )
        )


def nobody_to_ask(tools: Tools, *, known: bool) -> Finding:
    """No DNS server is set; or which ones are cannot be known here, which is no fault of anybody's.
    Applications may be answered all the same."""
    attempt = Attempt(tools.clock, target="resolvers", operator="self", group="control")
    with attempt, attempt.reading(Step.READ):
        if not known:
            said = "which DNS servers this device asks cannot be read"
            raise LookFailed(Failure.NOT_RUN, Speed.ACTIVE, said, step=Step.OURS)
        raise LookFailed(Failure.DNS_NO_RESOLVER, Speed.ACTIVE, "this device has no DNS server set")
    return attempt.finding()


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
                ask_elsewhere(tools, reference, name, first)
                for reference in with_doh(self.references, first)
                for name in self.names
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsForApps:
    """What applications feel: getaddrinfo, with its hosts file and search list."""

    apple_names: tuple[str, ...]
    control_names: tuple[str, ...]
    overruled_names: tuple[str, ...] = ()  # of Apple's: must not stand in the hosts file

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        named = [(name, "apple") for name in self.apple_names]
        named += [(name, "control") for name in self.control_names]
        return await asyncio.gather(
            *(_as_app(tools, name, group) for name, group in named), self._hosts_file(tools)
        )

    async def _hosts_file(self, tools: Tools) -> Finding:
        attempt = Attempt(tools.clock, target="hosts file", operator="self", group="hosts")
        with attempt:
            async with attempt.step(Step.READ, within_seconds=APP_SECONDS):
                hosts = await tools.machine.hosts(self.overruled_names)
            attempt.said = "the hosts file of this device leaves Apple's names alone"
            for name in self.overruled_names:
                if (addresses := hosts.get(name)) is None:
                    continue
                attempt.learn(
                    AnswerFact(
                        resolver="the hosts file", name=name, addresses=addresses, rcode="NOERROR"
                    )
                )
                attempt.said = f"the hosts file of this device sends {name} to {addresses[0]}"
        return attempt.finding()


async def _as_app(tools: Tools, name: str, group: str) -> Finding:
    attempt = Attempt(tools.clock, target=name, operator="self", group=group)
    with attempt:
        async with attempt.step(Step.RESOLVE, within_seconds=APP_SECONDS):
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
