"""Does UDP port 443 get out? Newer connections use it, and fall back to TCP where it is blocked.

Silence is no witness against the network: a reference need not speak QUIC. Two things are: another
port of the same address is seen to pass the router and this one is not; or several that have
answered before are silent at once, while TCP reaches them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from probe.attempt import Attempt
from probe.model import Finding, Observation
from probe.passage import held_up_datagrams
from probe.reach import families
from probe.targets import Reference
from probe.tools import Tools
from probe.wire import quic
from probe.words import Family, Look, Note, Step

SHOTS = 2  # at 5 % loss each way one shot fails 9.8 %, two 1 %
SHOT_SECONDS = 0.9
NEEDED = 2  # operators that fall silent together


@dataclass(frozen=True, slots=True, kw_only=True)
class QuicLook:
    references: tuple[Reference, ...]
    _answered: set[str] = field(default_factory=set, compare=False)  # operators that once did

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        family = families(tools.machine.network())[0]
        asked = [
            (reference, address)
            for reference in self.references
            if (address := reference.host if family is Family.IPV4 else reference.host_v6)
        ]
        attempt = Attempt(tools.clock, target="udp-443", operator="self", family=family)
        with attempt:
            async with attempt.step(Step.EXCHANGE, within_seconds=6.5):
                fates = await asyncio.gather(*(answers(tools, a, r.port) for r, a in asked))
                answering = {r.operator for (r, _), fate in zip(asked, fates, strict=True) if fate}
                silent = [(r, a) for (r, a), fate in zip(asked, fates, strict=True) if fate is None]
                held = None
                if silent and not answering:
                    reference, address = silent[0]
                    held = await held_up_datagrams(tools, address, reference.port)
            attempt.said = f"{len(answering)} references answer on UDP port 443"
            fell_silent = {r.operator for r, _ in silent} & self._answered
            by_tcp = reached_by_tcp(seen)
            if held is not None or (not answering and len(fell_silent & by_tcp) >= NEEDED):
                how = held or "who answered there before is silent, and answers the usual way"
                attempt.note(
                    Note.QUIC_BLOCKED,
                    f"A faster way to pages (QUIC, UDP port 443) is not let out: {how}.",
                )
            self._answered.update(answering)
        return (attempt.finding(),)


async def answers(tools: Tools, address: str, port: int) -> bool | None:
    """True: it speaks QUIC. False: it says that it does not. None: silence."""
    to, me = (tools.chance.below(2**64).to_bytes(8, "big") for _ in range(2))
    asked = quic.question(to, me)
    for _ in range(SHOTS):
        try:
            async with asyncio.timeout(SHOT_SECONDS):
                await tools.exchange(
                    asked, address, port, accept=lambda reply: quic.is_answer(reply, asked)
                )
            return True
        except TimeoutError:
            continue
        except ConnectionRefusedError:
            return False
        except OSError:
            return None
    return None


def reached_by_tcp(seen: Sequence[Observation]) -> set[str]:
    """The operators of references that TCP reached when last asked."""
    return {one.finding.operator for one in seen if one.look is Look.REF_IP and one.finding.passed}
