"""How good is the line? A short burst of small questions, asked only on doubt.

Connections to the references are opened and closed again, a fifth of a second apart: the time of
each tells whether its SYN was lost (Linux sends it again after 1 s), how long the way is and how
evenly. Datagrams that die at the router, and at the first machine behind it, tell on which side of
the router packets are lost or wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.failures import LookFailed
from probe.model import Finding, LineFact, Observation
from probe.reach import families
from probe.targets import Reference
from probe.tools import Tools
from probe.words import Family, Step

ROUNDS = 8
APART_SECONDS = 0.2
# Four SYNs, at 0, 1, 2 and 3 s.
CONNECT_SECONDS = 3.6
# Linux routers answer six at once and then one a second to one host (icmp_ratelimit 1000 ms,
# XRLIM_BURST_FACTOR 6); one of the six is left for the look at the router.
POKES = 5
POKE_SECONDS = 3.6  # a full queue holds packets for seconds
TRACEROUTE_PORT = 33434  # where traceroute starts: no service listens there


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLook:
    references: tuple[Reference, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        family = families(tools.machine.network())[0]
        hosts = {
            reference: reference.host if family is Family.IPV4 else reference.host_v6
            for reference in self.references
        }
        asked = {reference: host for reference, host in hosts.items() if host}
        if not asked:
            return ()
        far = next(iter(asked.values()))
        return await asyncio.gather(
            *(_connects(tools, one, host, family) for one, host in asked.items()),
            _pokes(tools, "router", far, 1, family),
            _pokes(tools, "next machine", far, 2, family),
        )


async def _connects(tools: Tools, reference: Reference, host: str, family: Family) -> Finding:
    attempt = Attempt(
        tools.clock, target=reference.name, operator=reference.operator, family=family
    )
    attempt.address = host
    with attempt:
        async with attempt.step(Step.EXCHANGE, within_seconds=5.5):
            took = await asyncio.gather(
                *(_connect(tools, host, reference.port, n * APART_SECONDS) for n in range(ROUNDS))
            )
        fact = LineFact(
            hop=0,
            apart_seconds=APART_SECONDS,
            seconds=tuple(seconds for seconds, _ in took),
            resent=tuple(resent for _, resent in took),
        )
        attempt.learn(fact)
        attempt.said = f"{reference.name} took {len(fact.answered)} of {ROUNDS} connections"
    return attempt.finding()


async def _connect(
    tools: Tools, host: str, port: int, wait: float
) -> tuple[float | None, int | None]:
    """Seconds to a connection, None when there is none in time; and SYNs that were sent again."""
    await asyncio.sleep(wait)
    one, resent = Attempt(tools.clock, target=host, operator=""), None
    with one:
        async with one.step(Step.CONNECT, within_seconds=CONNECT_SECONDS):
            stream = await tools.connect(host, port)
        resent = stream.resent
        stream.close()
    taken = one.finding()
    return (taken.steps[0].seconds if taken.passed else None), resent


async def _pokes(tools: Tools, target: str, host: str, hop: int, family: Family) -> Finding:
    attempt = Attempt(tools.clock, target=target, operator="self", family=family)
    attempt.address = host
    with attempt:
        async with attempt.step(Step.EXCHANGE, within_seconds=5.5):
            took = await asyncio.gather(
                *(_poke(tools, host, hop, n * APART_SECONDS) for n in range(POKES))
            )
        fact = LineFact(hop=hop, apart_seconds=APART_SECONDS, seconds=tuple(took))
        attempt.learn(fact)
        attempt.said = f"{len(fact.answered)} of {POKES} datagrams were answered by the {target}"
    return attempt.finding()


async def _poke(tools: Tools, host: str, hop: int, wait: float) -> float | None:
    await asyncio.sleep(wait)
    try:
        poke = await tools.poke(host, TRACEROUTE_PORT, ttl=hop, within_seconds=POKE_SECONDS)
    except LookFailed:
        return None
    return poke.seconds if poke.alive else None
