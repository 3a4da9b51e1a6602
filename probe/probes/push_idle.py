"""Does a quiet connection stay alive? Off unless it is switched on: one look takes a quarter hour.

A device keeps one connection to a courier and is quiet on it, mostly. A router that forgets quiet
connections too soon lets it die without a word, and messages come late while every fresh connection
works. So one is held without a word, and then a byte is sent: a live far end acknowledges it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.conversation import HANDSHAKE_SECONDS
from probe.failures import LookFailed
from probe.model import Finding, Observation
from probe.reach import CONNECT_SECONDS, families, resolve
from probe.targets import Courier
from probe.tools import Stream, Tools
from probe.trust import Use
from probe.words import Failure, Speed, Step

# A lost byte is sent again after 0.2 s at the least, then after twice that, and so on (RFC 6298).
ACKNOWLEDGE_SECONDS = 5.0
PEEK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietCourier:
    courier: Courier

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        courier, family = self.courier, families(tools.machine.network())[0]
        number = tools.chance.below(courier.count) + 1
        attempt = Attempt(
            tools.clock, target="quiet-courier", operator="apple", family=family, group="push"
        )
        with attempt:
            host = courier.host_pattern.format(n=number)
            address = await resolve(tools, attempt, host, family)
            attempt.address = f"{address}:{courier.port}"
            async with attempt.step(Step.CONNECT, within_seconds=CONNECT_SECONDS):
                stream = await tools.connect(address, courier.port)
            try:
                async with attempt.step(Step.HANDSHAKE, within_seconds=HANDSHAKE_SECONDS):
                    await stream.handshake(tools.trust.context(Use.COURIER), courier.server_name)
                seconds = courier.quiet_seconds
                within = seconds + ACKNOWLEDGE_SECONDS + 1.0
                async with attempt.step(Step.EXCHANGE, within_seconds=within):
                    attempt.said = await keeps_quiet(stream, seconds)
            finally:
                stream.close()
        return (attempt.finding(),)


async def keeps_quiet(stream: Stream, seconds: float) -> str:
    """Wait, and see whether the connection is still there. Raises LookFailed, OSError."""
    try:
        async with asyncio.timeout(seconds):
            await stream.receive(1)
        return "the courier hung up on a stranger before quiet could be tried out"
    except TimeoutError:
        pass
    await stream.send(b"\0")
    waited = 0.0
    while (pending := stream.unacknowledged) != 0:
        if pending is None:
            return "this system does not tell whether a byte was acknowledged"
        if waited >= ACKNOWLEDGE_SECONDS:
            said = f"a connection that was quiet for {seconds:.0f} s has died without a word"
            raise LookFailed(Failure.GENERIC_TIMEOUT, Speed.SILENT, said)
        await asyncio.sleep(PEEK_SECONDS)
        waited += PEEK_SECONDS
    return f"a connection that was quiet for {seconds:.0f} s is still alive"
