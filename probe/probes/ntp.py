"""Is this host's clock right? Ask time servers and compare (RFC 4330, RFC 5905)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.failures import LookFailed
from probe.looks import PLAN
from probe.model import Finding, Observation, OffsetFact, StepTaken
from probe.reach import families, resolve
from probe.targets import TimeServer
from probe.tools import Tools
from probe.tools.promises import Promises, Rest
from probe.wire import sntp
from probe.words import Failure, Family, Look, Note, Speed, Step

ANSWER_SECONDS = 1.4  # with its name, under the look's 4 s
COOKIE_BYTES = 8
# The wall clock may not move by itself while a sample is taken: more than this is a step.
STEP_SECONDS = 0.1
NOTES = {
    Failure.NTP_KOD: Note.NTP_KOD,
    Failure.NTP_UNSYNCHRONIZED: Note.NTP_UNSYNCHRONIZED,
    Failure.NTP_BOGUS: Note.NTP_BOGUS,
}
# A kiss of death (RFC 5905 7.4). RATE: at least twice the interval, and no more than 2 h, so that
# a forger cannot silence us for good (RFC 8633 5.4). DENY and RSTR: no further questions.
NEVER_AGAIN = frozenset({"DENY", "RSTR"})
MOST_REST_SECONDS = 7200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ntp:
    servers: tuple[TimeServer, ...]
    every_seconds: float = PLAN[Look.NTP].every_seconds  # the calm pace, which RATE doubles

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        family = families(tools.machine.network())[0]
        return await asyncio.gather(*(self._ask(tools, server, family) for server in self.servers))

    async def _ask(self, tools: Tools, server: TimeServer, family: Family) -> Finding:
        attempt = Attempt(tools.clock, target=server.name, operator=server.operator, family=family)
        promises, key = tools.promises, called(server)
        rest = promises.rests.get(key)
        if rest is not None and attempt.started < rest.until:
            return left_alone(server, family, attempt.started)
        with attempt:
            address = await resolve(tools, attempt, server.host, family)
            attempt.address = f"{address}:{server.port}"
            # A random cookie for a transmit stamp: the server learns nothing, and a forger cannot
            # guess it.
            cookie = tools.chance.cookie(COOKIE_BYTES)
            sent_unix, sent = tools.clock.now().timestamp(), tools.clock.elapsed()
            async with attempt.step(Step.EXCHANGE, within_seconds=ANSWER_SECONDS + 0.1):
                reply, foreign = await _exchange(tools, cookie, address, server.port)
            if foreign:
                attempt.note(Note.NTP_BOGUS, f"{server.host}: a reply that nobody asked for")
            took = tools.clock.elapsed() - sent
            stepped = tools.clock.now().timestamp() - sent_unix - took
            with attempt.reading():
                self._promise(promises, key, sntp.kiss_of(reply, cookie), attempt.started)
                sample = read(reply, cookie, sent_unix, took, stepped, attempt)
                attempt.learn(
                    OffsetFact(
                        source=f"ntp {server.operator}",
                        low_seconds=sample.low_seconds,
                        high_seconds=sample.high_seconds,
                        authenticated=False,
                        machine=sample.machine,
                        steady=sent_unix - sent,
                    )
                )
                attempt.said = (
                    f"{server.host} says this clock is off by {sample.offset_seconds:+.3f} s"
                )
        promises.asked[key] = attempt.started
        if rest is not None and promises.rests[key] is rest:
            # Asked again and not turned away: its pace stays what it asked for.
            promises.rests[key] = lasting(rest.every_seconds, attempt.started)
        return attempt.finding()

    def _promise(self, promises: Promises, key: str, kiss: str, now: float) -> None:
        if kiss in NEVER_AGAIN:
            promises.rests[key] = lasting(float("inf"), now)
        elif kiss == "RATE":
            if (before := promises.rests.get(key)) is not None:
                pace = before.every_seconds
            else:  # or whatever slower pace the settings want
                pace = max(self.every_seconds, now - promises.asked.get(key, now))
            # Never faster than before, whatever the bound says.
            promises.rests[key] = lasting(max(pace, min(2 * pace, MOST_REST_SECONDS)), now)


def called(server: TimeServer) -> str:
    return f"{server.host}:{server.port}"


def lasting(every: float, now: float) -> Rest:
    return Rest(every_seconds=every, until=now + every)


async def _exchange(tools: Tools, cookie: bytes, address: str, port: int) -> tuple[bytes, bool]:
    """The reply to our question; when none comes, one that was to another question. And whether
    any such came.

    A forged reply that comes first must not cost us the true one, and must not pass unseen.
    """
    foreign: list[bytes] = []

    def ours(reply: bytes) -> bool:
        if sntp.is_reply_to(reply, cookie):
            return True
        foreign[:] = [reply]
        return False

    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reply = await tools.exchange(sntp.request(cookie), address, port, accept=ours)
            return reply, bool(foreign)
    except TimeoutError:
        if not foreign:
            raise
        return foreign[0], False  # what is wrong with it is told when it is read


def left_alone(server: TimeServer, family: Family, now: float) -> Finding:
    """Not asked, as it wished."""
    said = f"{server.host} asked to be left alone for a while, and is"
    return Finding(
        target=server.name,
        operator=server.operator,
        family=family,
        steps=(
            StepTaken(
                step=Step.OURS,
                seconds=0.0,
                failure=Failure.NOT_RUN,
                speed=Speed.ACTIVE,
                detail=said,
            ),
        ),
        notes=((Note.NTP_KOD, said),),
        said=said,
        started=now,
        ended=now,
    )


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
