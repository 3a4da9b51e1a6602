"""Does this network translate IPv6 to IPv4, and under which prefix? By RFC 7050.

A resolver of such a network (DNS64) invents IPv6 addresses for names that have none. Then no IPv4
is no fault, and what is reached under the prefix is the IPv4 internet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.failures import LookFailed
from probe.model import Finding, Observation, TranslatorFact
from probe.reach import families
from probe.tools import Tools
from probe.wire import nat64
from probe.words import Family, Note, Step

ASK_SECONDS = 4.2  # two tries of a resolver; its own fault is another look's


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatorLook:
    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        tried = families(tools.machine.network())
        if Family.IPV6 not in tried:
            return ()  # without IPv6 there is nothing to translate from
        attempt = Attempt(tools.clock, target="nat64", operator="self", family=Family.IPV6)
        with attempt:
            async with attempt.step(Step.EXCHANGE, within_seconds=ASK_SECONDS):
                said = await asyncio.gather(
                    *(_addresses(tools, resolver) for resolver in tools.machine.resolvers() or ())
                )
            found = nat64.prefixes(address for addresses in said for address in addresses)
            attempt.learn(TranslatorFact(prefixes=tuple(str(prefix) for prefix in found)))
            attempt.said = "no translator from IPv6 to IPv4 is told of here"
            if found:
                attempt.said = f"this network translates {found[0]} to IPv4"
                alone = "has newer addresses only and " if Family.IPV4 not in tried else ""
                attempt.note(
                    Note.NAT64,
                    f"This network {alone}translates newer addresses ({found[0]}) to older.",
                )
        return (attempt.finding(),)


async def _addresses(tools: Tools, resolver: str) -> tuple[str, ...]:
    """What a resolver says of the name that has IPv4 addresses only; nothing when it is silent."""
    try:
        async with asyncio.timeout(ASK_SECONDS - 0.2):
            return (await tools.answer(resolver, nat64.ASKED_NAME, Family.IPV6)).addresses
    except (LookFailed, TimeoutError):
        return ()
