"""May this very process be believed? Is its event loop on time, has it room for sockets, can it
talk to itself?"""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.failures import LookFailed, no_room
from probe.model import DaemonFact, Finding, Observation
from probe.tools import NotPossible, Tools
from probe.words import Failure, Look, Speed, Step

NAP_SECONDS = 0.1
# A loop this late makes every timeout a lie: the shortest bound of a step is 2 s.
LAG_SECONDS = 1.0
# A sweep holds about thirty sockets at once.
DESCRIPTORS_NEEDED = 40
# A TLS connection to ourselves, 3 ms of CPU: seldom, and at once when nobody else is heard, as
# often as a sweep (probe/attention.py).
GREETED_EVERY_SECONDS = 300.0
GREETED_IN_SILENCE_SECONDS = 10.0
# Less than this look's own bound (probe/looks.py: 2 s). Healthy, it takes some 10 ms.
GREETING_SECONDS = 1.5
REFERENCES = frozenset({Look.REF_IP, Look.REF_NAME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Itself:
    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        attempt = Attempt(tools.clock, target="isitme", operator="self")
        with attempt:
            before = tools.clock.awake()
            await asyncio.sleep(NAP_SECONDS)
            lag = tools.clock.awake() - before - NAP_SECONDS
            free, greeted = free_descriptors(), None
            try:
                with attempt.reading(Step.OURS):
                    check(lag, free)
                greeted = await greeted_lately(tools, attempt, seen)
            finally:
                attempt.learn(
                    DaemonFact(lag_seconds=lag, free_descriptors=free, greeted_at=greeted)
                )
            attempt.said = "isitme is on time and has room to look"
        return (attempt.finding(),)


def check(lag: float, free: int | None) -> None:
    """Raise LookFailed for a loop that is late, or a process that may open no more sockets."""
    if lag > LAG_SECONDS:
        said = f"isitme itself is {lag:.1f} s late"
        raise LookFailed(Failure.SELF_EVENT_LOOP_LAG, Speed.ACTIVE, said)
    if free is not None and free < DESCRIPTORS_NEEDED:
        said = f"only {free} descriptors are left"
        raise LookFailed(Failure.SELF_FD_EXHAUSTED, Speed.ACTIVE, said)


async def greeted_lately(
    tools: Tools, attempt: Attempt, seen: Sequence[Observation]
) -> float | None:
    """When this process last talked to itself; now, when it is time to. Raises LookFailed when it
    cannot.

    The first look does not: while everything is looked at for the first time, a slow device is busy
    enough, and somebody may be waiting.
    """
    now, before = tools.clock.elapsed(), last_greeting(seen)
    if before is None and not any(one.look is Look.SELF for one in seen):
        return now
    pause = GREETED_IN_SILENCE_SECONDS if is_silence(seen) else GREETED_EVERY_SECONDS
    if before is not None and now - before < pause:
        return before
    async with attempt.step(Step.OURS, within_seconds=2 * GREETING_SECONDS):
        try:
            await tools.greet_ourselves(within_seconds=GREETING_SECONDS)
        except NotPossible:
            pass  # nothing is known then; the next try is as far off as after a good one
        except OSError as error:  # TLS errors and the timeout are some
            no_room(error)
            said = "isitme cannot even talk to itself on this device"
            raise LookFailed(Failure.SELF_LOOPBACK_FAILED, Speed.ACTIVE, said) from error
    return tools.clock.elapsed()


def last_greeting(seen: Sequence[Observation]) -> float | None:
    """None when it was never made, or failed the last time."""
    return next(
        (
            fact.greeted_at
            for one in seen
            if one.look is Look.SELF
            for fact in one.finding.facts
            if isinstance(fact, DaemonFact)
        ),
        None,
    )


def is_silence(seen: Sequence[Observation]) -> bool:
    """Nobody far away was heard when last asked: it may be us."""
    asked = [one.finding for one in seen if one.look in REFERENCES]
    return bool(asked) and all(
        finding.failed is not None and finding.failed.speed is Speed.SILENT for finding in asked
    )


def free_descriptors() -> int | None:
    """How many more files and sockets this process may open; None where it cannot be told."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        used = len(os.listdir("/proc/self/fd"))
    except OSError as error:
        return 0 if error.errno in (23, 24) else None  # ENFILE, EMFILE: none left even to count
    return limit - used
