"""Addresses that no public host has, and behind which the very host that was asked for is found.

A proxy that takes all traffic into itself answers every name with an address of its own making, and
knows later who was meant. Only verified TLS tells it from a filter or a sign-in page: behind theirs
nobody can prove to be the host.
"""

from __future__ import annotations

from collections.abc import Iterable

from probe.model import Observation
from probe.verdict.seen import Seen, once
from probe.verdict.signals.path import AUTHENTICATED
from probe.wire.addresses import pool_of
from probe.words import Look

# What is asked by name and proves itself inside TLS when it passes.
PROVING = (Look.REF_NAME, Look.APPLE_WEB, Look.PUSH_5223, Look.PUSH_443, Look.PUSH_HTTP)
# The looks of one sweep start together, and a name is answered before anybody can be behind it:
# verified TLS takes 5.7 s at most (conversation.py).
UNTRIED_SECONDS = 10.0


@once
def tried(seen: Seen) -> dict[str, bool]:
    """The blocks to which secure connections were tried in the last minutes, and whether the far
    end ever proved there to be who it should be."""
    found: dict[str, bool] = {}
    for key, observations in seen.history.items():
        if key[0] not in PROVING:
            continue
        for one in observations:
            host = one.finding.address.rpartition(":")[0].strip("[]")
            if pool := pool_of(host):
                found[pool] = found.get(pool, False) or proved_itself(one)
    return found


def proved_itself(observation: Observation) -> bool:
    failed = observation.finding.failed
    return observation.finding.passed or (failed is not None and failed.failure in AUTHENTICATED)


def leads_there(seen: Seen, addresses: Iterable[str]) -> bool:
    """Each lies where verified TLS has passed."""
    return all(tried(seen).get(pool_of(address), False) for address in addresses)


def is_untried(seen: Seen, observation: Observation, addresses: Iterable[str]) -> bool:
    """Nobody knows yet: each lies in such a block, to some of them nothing was tried, and the
    answer is as new as that. Not for ever: perhaps nobody tries."""
    pools = {pool_of(address) for address in addresses}
    look, target, family = observation.look, observation.finding.target, observation.finding.family
    first = min(
        (one.started for one in seen.history.get((look, target, family), ())),
        default=observation.started,
    )
    return (
        "" not in pools
        and not pools <= tried(seen).keys()
        and observation.ended - first < UNTRIED_SECONDS
    )
