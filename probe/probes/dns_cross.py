"""A name of Apple's that fails: what do the resolvers here say about it, and what those elsewhere?

`dns_each` asks for two of Apple's names; a filter may know others. Asked only about a host that
failed at its name, or at an address that nobody else would give.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from probe.model import Finding, Observation
from probe.opinion import ask_each, ask_elsewhere, operator_of, with_doh
from probe.reach import families, is_literal
from probe.targets import AppleHost, Reference
from probe.tools import Tools
from probe.wire.addresses import is_bogon
from probe.words import Failure, Look, Step

NAMES = 2  # of all that fail: a filter that takes one of them is a filter
OPINIONS = 2
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
        first = families(tools.machine.network())[0]
        resolvers = tuple(dict.fromkeys(tools.machine.resolvers() or ()))
        names = dict.fromkeys(
            host.host for observation in seen if (host := self._doubtful(observation)) is not None
        )
        elsewhere = with_doh(self.references, first)[:OPINIONS]
        return await asyncio.gather(
            *chain.from_iterable(
                [
                    *(
                        ask_each(
                            tools, resolver, operator_of(resolver, resolvers), name, "apple", first
                        )
                        for resolver in resolvers
                    ),
                    *(ask_elsewhere(tools, one, name, first) for one in elsewhere),
                ]
                for name in list(names)[:NAMES]
            )
        )

    def _doubtful(self, observation: Observation) -> AppleHost | None:
        """The host whose name is in doubt, if it is."""
        if observation.look is not Look.APPLE_WEB:
            return None
        host = next((h for h in self.apple_hosts if h.name == observation.finding.target), None)
        if host is None or is_literal(host.host):
            return None
        return host if name_in_doubt(observation, host, self.known_networks) else None


def name_in_doubt(observation: Observation, host: AppleHost, known_networks: Sequence[str]) -> bool:
    """It fell at its name, at an address no public host has, or before somebody else's door."""
    failed = observation.finding.failed
    if failed is None:
        return False
    if failed.step is Step.RESOLVE:
        return failed.failure not in {Failure.GENERIC_TIMEOUT, Failure.DNS_NO_RESOLVER}
    address = observation.finding.address.rpartition(":")[0].strip("[]")
    return failed.failure in IMPOSTORS or is_bogon(address, expected=known_networks)
