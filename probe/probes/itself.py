"""May this very process be believed? Is its event loop on time, has it room for sockets?"""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.failures import LookFailed
from probe.model import DaemonFact, Finding, Observation
from probe.tools import Tools
from probe.words import Failure, Speed, Step

NAP_SECONDS = 0.1
# A loop this late makes every timeout a lie: the shortest bound of a step is 2 s.
LAG_SECONDS = 1.0
# A sweep holds about thirty sockets at once.
DESCRIPTORS_NEEDED = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Itself:
    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        attempt = Attempt(tools.clock, target="isitme", operator="self")
        with attempt:
            before = tools.clock.awake()
            await asyncio.sleep(NAP_SECONDS)
            lag = tools.clock.awake() - before - NAP_SECONDS
            free = free_descriptors()
            attempt.learn(DaemonFact(lag_seconds=lag, free_descriptors=free))
            with attempt.reading(Step.OURS):
                if lag > LAG_SECONDS:
                    raise LookFailed(
                        Failure.SELF_EVENT_LOOP_LAG,
                        Speed.ACTIVE,
                        f"isitme itself is {lag:.1f} s late",
                    )
                if free is not None and free < DESCRIPTORS_NEEDED:
                    raise LookFailed(
                        Failure.SELF_FD_EXHAUSTED, Speed.ACTIVE, f"only {free} descriptors are left"
                    )
            attempt.said = "isitme is on time and has room to look"
        return (attempt.finding(),)


def free_descriptors() -> int | None:
    """How many more files and sockets this process may open; None where it cannot be told."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        used = len(os.listdir("/proc/self/fd"))
    except OSError as error:
        return 0 if error.errno in (23, 24) else None  # ENFILE, EMFILE: none left even to count
    return limit - used
