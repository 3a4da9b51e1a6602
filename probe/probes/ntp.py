"""Is this host's clock right? Ask time servers and compare (RFC 4330, RFC 5905)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.failures import LookFailed
from probe.model import Finding, Observation, OffsetFact
from probe.reach import families, resolve
from probe.targets import TimeServer
from probe.tools import Tools
from probe.wire import sntp
from probe.words import Failure, Family, Note, Speed, Step

ANSWER_SECONDS = 1.4  # with its name, under the look's 4 s
COOKIE_BYTES = 8
# The wall clock may not move by itself while a sample is taken: more than this is a step.
STEP_SECONDS = 0.1
NOTES = {
    Failure.NTP_KOD: Note.NTP_KOD,
    Failure.NTP_UNSYNCHRONIZED: Note.NTP_UNSYNCHRONIZED,
    Failure.NTP_BOGUS: Note.NTP_BOGUS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ntp:
    servers: tuple[TimeServer, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        family = families(tools.machine.network())[0]
        return await asyncio.gather(*(_ask(tools, server, family) for server in self.servers))


async def _ask(tools: Tools, server: TimeServer, family: Family) -> Finding:
    attempt = Attempt(tools.clock, target=server.name, operator=server.operator, family=family)
    with attempt:
        address = await resolve(tools, attempt, server.host, family)
        attempt.address = f"{address}:{server.port}"
        # A random cookie for a transmit stamp: the server learns nothing, a forger cannot guess it.
        cookie = tools.chance.cookie(COOKIE_BYTES)
        sent_unix, sent = tools.clock.now().timestamp(), tools.clock.elapsed()
        async with attempt.step(Step.EXCHANGE, within_seconds=ANSWER_SECONDS):
            # Any datagram from there is taken, so that a forged one is seen for what it is.
            reply = await tools.exchange(
                sntp.request(cookie), address, server.port, accept=lambda _: True
            )
        took = tools.clock.elapsed() - sent
        stepped = tools.clock.now().timestamp() - sent_unix - took
        with attempt.reading():
            sample = read(reply, cookie, sent_unix, took, stepped, attempt)
            attempt.learn(
                OffsetFact(
                    source=f"ntp {server.operator}",
                    low_seconds=sample.low_seconds,
                    high_seconds=sample.high_seconds,
                    authenticated=False,
                )
            )
            attempt.said = f"{server.host} says this clock is off by {sample.offset_seconds:+.3f} s"
    return attempt.finding()


def read(
    reply: bytes, cookie: bytes, sent_unix: float, took: float, stepped: float, attempt: Attempt
) -> sntp.NtpSample:
    """Judge one reply. A sample during which this clock was set anew is worth nothing."""
    if abs(stepped) > STEP_SECONDS:
        raise LookFailed(
            Failure.INTERRUPTED, Speed.ACTIVE, "this clock was set while it was compared"
        )
    try:
        return sntp.read(reply, cookie=cookie, sent_unix=sent_unix, took_seconds=took)
    except LookFailed as error:
        if error.failure in NOTES:
            attempt.note(NOTES[error.failure], error.detail)
        raise
