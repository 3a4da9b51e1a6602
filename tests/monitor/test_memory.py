"""What is remembered, and by whose word a witness is one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from probe.looks import PLAN
from probe.memory import FIRST_DAY_SECONDS, Memory
from probe.model import Asked, Observation, Remembered
from probe.monitor import ours
from probe.targets import Targets
from probe.verdict.seen import Seen
from probe.words import Failure, Look
from tests.support.sightings import NOW, sighting

SEEN_ON = date(2026, 11, 1)


def seen_by(memory: Memory, targets: Targets) -> Seen:
    return memory.seen(
        NOW,
        targets=targets,
        plans=PLAN,
        proxy_configured=False,
        told_cause=None,
        stalled_at=None,
        steady=0.0,
    )


def test_who_was_seen_to_pass_against_the_real_host_may_accuse_from_the_start() -> None:
    plain = Targets()
    assert plain.provider is not None
    dated = replace(
        plain,
        courier=replace(plain.courier, last_seen=SEEN_ON),
        provider=replace(plain.provider, last_seen=SEEN_ON),
        apple_hosts=tuple(replace(host, last_seen=SEEN_ON) for host in plain.apple_hosts),
    )
    memory = Memory()
    failing = [
        sighting(Look.PUSH_5223, "courier-1", Failure.GENERIC_TIMEOUT),
        sighting(Look.PUSH_5223, "courier-2", Failure.GENERIC_TIMEOUT),
        sighting(Look.PUSH_443, "courier-1", Failure.GENERIC_TIMEOUT),
        sighting(Look.PUSH_HTTP, "provider-api", Failure.GENERIC_TIMEOUT),
        *(sighting(Look.APPLE_WEB, host.name, Failure.EOF) for host in dated.apple_hosts),
    ]
    for one in failing:
        memory.remember(one)

    never = seen_by(memory, plain)
    memory.trust(plain)
    still_never = seen_by(memory, plain)
    memory.trust(dated)
    dated_seen = seen_by(memory, dated)

    assert not any(never.was_right(one) for one in never.standings)
    assert not any(still_never.was_right(one) for one in still_never.standings)
    assert len(dated_seen.standings) == len(failing)
    assert all(dated_seen.was_right(one) for one in dated_seen.standings)


def test_another_network_keeps_what_apple_said_and_not_that_it_could_not_be_heard() -> None:
    memory = Memory()
    memory.remember(sighting(Look.STATUS, "consumer", ago=100))
    memory.remember(sighting(Look.STATUS, "consumer", Failure.GENERIC_TIMEOUT, ago=10))
    memory.remember(sighting(Look.STATUS, "developer", Failure.GENERIC_TIMEOUT, ago=10))

    memory.begin_epoch()
    kept = seen_by(memory, Targets()).of(Look.STATUS)

    assert [(one.key[1], one.passed) for one in kept] == [("consumer", True)]


def cut_off(look: Look, failure: Failure) -> Observation:
    """As the monitor notes a look that overran its bound, or broke: under the look's own name."""
    one = sighting(look, look.value, ago=FIRST_DAY_SECONDS + 1)
    return replace(one, finding=ours(look, failure, "the whole look took too long"))


@pytest.mark.parametrize("failure", [Failure.INTERRUPTED, Failure.UNKNOWN])
def test_a_look_that_was_cut_off_or_broke_is_no_check_that_never_worked(failure: Failure) -> None:
    """It can never pass: after a day it was reported, for good, as a check that never worked."""
    memory = Memory()
    memory.remember(sighting(Look.APPLE_WEB, "web", Failure.EOF, ago=FIRST_DAY_SECONDS + 1))
    memory.remember(cut_off(Look.APPLE_WEB, failure))

    assert seen_by(memory, Targets()).set_aside == {(Look.APPLE_WEB, "web")}


def test_what_older_versions_kept_of_such_a_look_is_left_behind() -> None:
    memory = Memory()
    of_old = [
        Asked(look=look, target=target, first_asked_seconds_ago=3e5, ever_passed=False)
        for look, target in ((Look.APPLE_WEB, "apple_web"), (Look.APPLE_WEB, "web"))
    ]

    memory.recall(Remembered(asked=tuple(of_old)), NOW)

    assert seen_by(memory, Targets()).set_aside == {(Look.APPLE_WEB, "web")}
