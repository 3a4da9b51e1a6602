"""The bounds of the contract (product.md 9), computed from the one table of looks.

A fault begins at any moment alike; what it takes to be told is the wait for the first look that
feels it, and from there on the constants of doubt. The lab holds the same bounds at the 95th
percentile, so they are computed there. Each computation says which part of the way it leaves out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace

import pytest

from probe.attention import CONFIRM_AFTER_SECONDS, HEDGE_SECONDS, RECHECK_APPLE_SECONDS
from probe.budget import BUCKET_ATTEMPTS, EXTRA_ATTEMPTS_PER_MINUTE, RESERVED_ATTEMPTS
from probe.conversation import Host
from probe.doubts import RECHECK_SECONDS
from probe.looks import PLAN, Plan
from probe.reach import CONNECT_SECONDS, in_turn
from probe.schedule import spaced
from probe.targets import Targets
from probe.verdict.settle import SILENCE_SECONDS
from probe.words import Family, Look

CIRCLE_SECONDS = 600.0
USUALLY = 0.95
ACTIVE, SILENT, ONE_SERVICE, RECOVERY = 6.0, 12.0, 21.0, 35.0  # the contract
# What is silent takes a second wait of one connection, and outlasts it: decision 0032.
ONE_SILENT_SERVICE = ONE_SERVICE + 12.0
PROXY = Look.PROXY  # only where one is set: the bounds must hold without it


def usual_wait(moments: list[float], circle: float) -> float:
    """Seconds to the next of these moments, at the 95th percentile of a uniform beginning."""
    gaps = [b - a for a, b in zip(moments, [*moments[1:], moments[0] + circle], strict=True)]
    steps = [n * circle / 12_000 for n in range(12_000)]
    ahead = [*moments, moments[0] + circle]
    waits = sorted(ahead[bisect_left(ahead, at)] - at for at in steps)
    assert max(gaps) >= waits[-1] - 1e-6
    return waits[int(USUALLY * len(waits))]


def first_symptom(plans: Mapping[Look, Plan]) -> float:
    """Until a look asks whatever everything out there feels."""
    paces = {
        plan.look.value: plan.calm_seconds
        for plan in plans.values()
        if plan.sees_the_way_out and plan.look is not PROXY
    }
    phases = spaced(paces)
    moments = sorted(
        (phases[name] + n * pace) % CIRCLE_SECONDS
        for name, pace in paces.items()
        for n in range(round(CIRCLE_SECONDS / pace))
    )
    return usual_wait(moments, CIRCLE_SECONDS)


def touched(plans: Mapping[Look, Plan], group: str, families: int) -> float:
    """Until one of Apple's service groups is asked again."""
    plan = plans[Look.APPLE_WEB]
    hosts = [
        Host(target=h.name, operator="apple", host=h.host, port=443, use=None, group=h.group,
             family=family)
        for family in (Family.IPV4, Family.IPV6)[:families]
        for h in Targets().apple_hosts
    ]  # fmt: skip
    moments = [
        turn * plan.calm_seconds
        for turn in range(plan.turns)
        if any(host.group == group for host in in_turn(hosts, turn, plan.turns))
    ]
    return usual_wait(moments, plan.every_seconds)


def active(plans: Mapping[Look, Plan]) -> float:
    """Whatever answers wrongly answers at once; leaves out round trips."""
    return first_symptom(plans) + CONFIRM_AFTER_SECONDS


def silent(plans: Mapping[Look, Plan]) -> float:
    """Two are left waiting, all is asked at once, and nobody answers in time."""
    return first_symptom(plans) + max(HEDGE_SECONDS + CONNECT_SECONDS, SILENCE_SECONDS)


def one_service(plans: Mapping[Look, Plan], families: int) -> float:
    """Apple's own service groups, of two hosts each; what a content network carries besides is no
    service of its own, and has one host."""
    groups = {host.group for host in Targets().apple_hosts if host.own_network}
    return max(touched(plans, group, families) for group in groups) + CONFIRM_AFTER_SECONDS


def one_silent_service(plans: Mapping[Look, Plan], families: int) -> float:
    return one_service(plans, families) + 2 * CONNECT_SECONDS


def test_silence_is_told_when_it_outlasts_a_connection_by_the_patience_of_a_hedge() -> None:
    assert SILENCE_SECONDS == CONNECT_SECONDS + HEDGE_SECONDS


def test_common_faults_are_told_in_time() -> None:
    assert active(PLAN) <= ACTIVE
    assert silent(PLAN) <= SILENT


@pytest.mark.parametrize("families", [1, 2])
def test_one_service_is_told_in_time(families: int) -> None:
    assert one_service(PLAN, families) <= ONE_SERVICE
    assert one_silent_service(PLAN, families) <= ONE_SILENT_SERVICE


def test_recovery_is_told_in_time() -> None:
    """The first proof by the next look at what fails, the second by the sweep that it starts."""
    for pace in (RECHECK_SECONDS, RECHECK_APPLE_SECONDS):
        assert pace + CONFIRM_AFTER_SECONDS <= RECOVERY
    for look in (Look.REF_IP, Look.REF_NAME, Look.DNS_EACH, Look.CAPTIVE):
        assert CONFIRM_AFTER_SECONDS <= RECHECK_SECONDS <= PLAN[look].max_age_seconds


def test_one_sweep_and_its_second_looks_fit_into_what_is_kept_for_them() -> None:
    sweep = sum(
        plan.attempts
        for plan in PLAN.values()
        if plan.packets
        and not plan.on_demand_seconds
        and not plan.opt_in
        and plan.look not in {Look.NTP, Look.STATUS, Look.DNS_MANNERS, PROXY}
    )
    assert sweep <= RESERVED_ATTEMPTS < BUCKET_ATTEMPTS
    # Between the sweeps that recovery asks for, the bucket is filled for the next.
    assert sweep <= EXTRA_ATTEMPTS_PER_MINUTE / 60 * 2 * RECOVERY


def paced(**slower: float) -> Mapping[Look, Plan]:
    """The table with other intervals."""
    others = {Look(name): seconds for name, seconds in slower.items()}
    return {
        **PLAN,
        **{look: replace(PLAN[look], every_seconds=seconds) for look, seconds in others.items()},
    }


def test_a_slower_pace_breaks_a_bound() -> None:
    at_once = {look: replace(PLAN[look], turns=1) for look in (Look.APPLE_WEB, Look.PUSH_5223)}
    without_turns = {**PLAN, **at_once}

    assert active(without_turns) > ACTIVE
    assert silent(without_turns) > SILENT
    assert one_service(without_turns, 1) > ONE_SERVICE
    assert one_service(paced(apple_web=60.0), 1) > ONE_SERVICE
    assert active(paced(apple_web=160.0, push_5223=160.0)) > ACTIVE
