"""A name of Apple's that fails: what do the resolvers here say about it, and what those elsewhere?

`dns_each` asks for two of Apple's names; a filter may know others. Asked only about a host that
failed at its name, or at an address that nobody else would give, or at one that is silent while
others of Apple's answer: a resolver may keep an address that is long dead. Then the host is looked
for where others find it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.model import ALTERNATE, AnswerFact, Finding, Observation
from probe.opinion import ask_each, ask_elsewhere, operator_of, with_doh
from probe.reach import families, is_literal
from probe.targets import AppleHost, Reference
from probe.tools import Tools
from probe.trust import Use
from probe.wire.addresses import is_bogon, pool_of
from probe.words import Failure, Family, Look, Speed, Step

NAMES = 2  # of all that fail: a filter that takes one of them is a filter
OPINIONS = 2
# Questions and the try after them, within the look's bound (6 s, probe/looks.py).
ALL_SECONDS = 5.5
# Two tries of a SYN and of a greeting that are lost once (RFC 6298) fit in; less shows nothing.
LEAST_SECONDS = 1.5
# Who answers at a wrong address cannot prove to be Apple.
IMPOSTORS = frozenset(
    {
        Failure.SSL_UNKNOWN_AUTHORITY,
        Failure.SSL_INVALID_HOSTNAME,
        Failure.SSL_INVALID_CERTIFICATE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsCross:
    apple_hosts: tuple[AppleHost, ...]
    apple_networks: tuple[str, ...]
    known_networks: tuple[str, ...]
    references: tuple[Reference, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        until = tools.clock.elapsed() + ALL_SECONDS
        first = families(tools.machine.network())[0]
        hosts = self._doubtful(seen)
        dead = {
            name: addresses
            for name, host in hosts.items()
            if (addresses := dead_ends(seen, host, first))
        }
        found = await asyncio.gather(
            *(
                self._ask(tools, hosts[name], first, dead.get(name, frozenset()), until)
                for name in list(hosts)[:NAMES]
            )
        )
        return [finding for each in found for finding in each]

    async def _ask(
        self, tools: Tools, host: AppleHost, family: Family, dead: frozenset[str], until: float
    ) -> Sequence[Finding]:
        """Everybody about one name; and whether the host is where the others say, if it is silent
        where it was looked for."""
        resolvers = tuple(dict.fromkeys(tools.machine.resolvers() or ()))
        here, elsewhere = await asyncio.gather(
            asyncio.gather(
                *(
                    ask_each(tools, one, operator_of(one, resolvers), host.host, "apple", family)
                    for one in resolvers
                )
            ),
            self._ask_elsewhere(tools, host, family, dead, until),
        )
        return [*here, *elsewhere]

    async def _ask_elsewhere(
        self, tools: Tools, host: AppleHost, family: Family, dead: frozenset[str], until: float
    ) -> Sequence[Finding]:
        translated = families(tools.machine.network()) == (Family.IPV6,)
        found = await asyncio.gather(
            *(
                opinion(tools, one, host.host, family, translated=translated)
                for one in with_doh(self.references, family)[:OPINIONS]
            )
        )
        other = other_address([addresses_in(one) for one in found], dead)
        reachable = (":" in other) is (family is Family.IPV6)
        if not other or not reachable or until - tools.clock.elapsed() < LEAST_SECONDS:
            return found
        return [*found, await look_there(tools, host, other, family, until)]

    def _doubtful(self, seen: Sequence[Observation]) -> dict[str, AppleHost]:
        """The hosts whose names are in doubt: first those whose failure is about the name."""
        by_name, by_address = {}, {}
        others_answer = any(answered(one) for one in seen)
        for one in seen:
            host = self._host(one)
            if host is None:
                continue
            if name_in_doubt(one, self.known_networks):
                by_name[host.host] = host
            elif others_answer and is_dead_end(one):
                by_address[host.host] = host
        return by_name | by_address

    def _host(self, observation: Observation) -> AppleHost | None:
        """The host that was looked at, if it has a name."""
        if observation.look is not Look.APPLE_WEB:
            return None
        host = next((h for h in self.apple_hosts if h.name == observation.finding.target), None)
        return None if host is None or is_literal(host.host) else host


async def opinion(
    tools: Tools, reference: Reference, name: str, family: Family, *, translated: bool
) -> Finding:
    """What one elsewhere says. Where a network translates to IPv4, resolvers here make an IPv6
    address for a name that has none (DNS64); elsewhere it has its IPv4 address only."""
    if not translated:
        return await ask_elsewhere(tools, reference, name, family)
    own, translatable = await asyncio.gather(
        ask_elsewhere(tools, reference, name, family),
        ask_elsewhere(tools, reference, name, family, of=Family.IPV4),
    )
    return translatable if addresses_in(translatable) and not addresses_in(own) else own


def name_in_doubt(observation: Observation, known_networks: Sequence[str]) -> bool:
    """It fell at its name, at an address no public host has, or before somebody else's door."""
    failed = observation.finding.failed
    if failed is None:
        return False
    if failed.step is Step.RESOLVE:
        return failed.failure not in {Failure.GENERIC_TIMEOUT, Failure.DNS_NO_RESOLVER}
    return failed.failure in IMPOSTORS or is_bogon(
        host_of(observation.finding), expected=known_networks
    )


def host_of(finding: Finding) -> str:
    return finding.address.rpartition(":")[0].strip("[]")


def is_dead_end(observation: Observation) -> bool:
    """Nobody takes connections at the address that was answered; or it was made up on the way, and
    whoever made it up does not carry this."""
    failed = observation.finding.failed
    if failed is None or failed.step not in {Step.CONNECT, Step.HANDSHAKE}:
        return False
    silent = failed.step is Step.CONNECT and failed.speed is Speed.SILENT
    return silent or bool(pool_of(host_of(observation.finding)))


def answered(observation: Observation) -> bool:
    """A host of Apple's answers: it is not all of Apple, nor all of the way there."""
    return observation.look is Look.APPLE_WEB and observation.finding.passed


def dead_ends(seen: Sequence[Observation], host: AppleHost, family: Family) -> frozenset[str]:
    return frozenset(
        host_of(one.finding)
        for one in seen
        if one.look is Look.APPLE_WEB
        and one.finding.target == host.name
        and one.finding.family is family
        and is_dead_end(one)
    )


def addresses_in(finding: Finding) -> tuple[str, ...]:
    return tuple(
        address
        for fact in finding.facts
        if isinstance(fact, AnswerFact)
        for address in fact.addresses
    )


def other_address(opinions: Sequence[Sequence[str]], dead: frozenset[str]) -> str:
    """An address that others give for a host, where none of them gives a dead one: a dead one that
    everybody gives is no resolver's fault. Empty: there is none."""
    given = [address for said in opinions for address in said]
    return given[0] if given and dead and dead.isdisjoint(given) else ""


async def look_there(
    tools: Tools, host: AppleHost, address: str, family: Family, until: float
) -> Finding:
    """One connection to where others find the host. Only verified TLS shows that it is there."""
    attempt = Attempt(
        tools.clock,
        target=f"alternate {host.host}",
        operator="apple",
        family=family,
        group=ALTERNATE,
    )
    attempt.address = f"[{address}]:{host.port}" if ":" in address else f"{address}:{host.port}"
    context = tools.trust.context(Use.APPLE if host.pki == "apple" else Use.WEB)
    with attempt:
        async with attempt.step(Step.CONNECT, within_seconds=until - tools.clock.elapsed()):
            stream = await tools.connect(address, host.port)
        try:
            left = max(0.05, until - tools.clock.elapsed())
            async with attempt.step(Step.HANDSHAKE, within_seconds=left):
                await stream.handshake(context, host.host)
        finally:
            stream.close()
        attempt.said = f"{host.host} proved itself at {address}, where others find it"
    return attempt.finding()
