"""What doubt asks for, when, and that no pattern of failures makes a nuisance of us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.attention import Attention
from probe.budget import BUCKET_ATTEMPTS, EXTRA_ATTEMPTS_PER_MINUTE, RESERVED_ATTEMPTS
from probe.looks import PLAN
from probe.model import AnswerFact, LineFact, Observation
from probe.words import Cause, Failure, Family, Look, Step
from tests.support.sightings import NOW, seen, sighting, twice

TIMEOUT = Failure.GENERIC_TIMEOUT


def failing(look: Look, target: str = "x", *, ago: float = 0.1) -> Observation:
    return sighting(look, target, TIMEOUT, silent=True, ago=ago)


def calm(at: float) -> Attention:
    """Attention to which every look was started at one moment."""
    attention = Attention(plans=PLAN)
    for look in PLAN:
        attention.started(look, at)
    return attention


def test_while_all_is_well_nothing_extra_is_asked() -> None:
    fine = [sighting(look, "x") for look in (Look.REF_IP, Look.PUSH_5223, Look.APPLE_WEB)]

    assert calm(NOW - 30).due(NOW, seen(*fine)) == ()


def test_a_first_symptom_starts_one_sweep_of_what_was_asked_before_it() -> None:
    attention = calm(NOW - 30)
    attention.started(Look.REF_NAME, NOW - 0.05)  # the symptom was looked at at NOW - 0.1

    due = attention.due(NOW, seen(failing(Look.REF_IP)))

    assert Look.DNS_EACH in due
    assert Look.APPLE_WEB in due
    assert Look.REF_NAME not in due  # asked after the symptom
    assert Look.PORT_CTL not in due  # asked by another doubt


@pytest.mark.parametrize(
    ("silent_for", "asked_anew"), [(1.0, True), (3.9, False)], ids=["at its last step", "at once"]
)
def test_what_passed_before_a_symptom_fell_silent_is_asked_anew(
    silent_for: float, asked_anew: bool
) -> None:
    """A look that waited for one answer in vain lost the first packet already: what was asked
    since then was asked since the fault."""
    attention = calm(NOW - 30)
    attention.started(Look.REF_IP, NOW - 3)  # and passed, perhaps before the fault
    one = failing(Look.DNS_EACH)
    steps = tuple(replace(step, seconds=silent_for) for step in one.finding.steps)
    finding = replace(one.finding, steps=steps)
    silent = replace(one, finding=finding, started=NOW - 4, ended=NOW - 0.1)
    passed = sighting(Look.REF_IP, "x", ago=2.9)

    assert (Look.REF_IP in attention.due(NOW, seen(silent, passed))) is asked_anew


@pytest.mark.parametrize("calmly", [True, False])
def test_a_router_that_was_asked_for_no_doubt_is_asked_anew(*, calmly: bool) -> None:
    """Just before the sweep it was found in the kernel's table, dead as it was: for three seconds
    the answer was "the router is alive, nothing behind it answers", at high certainty."""
    attention = calm(NOW - 30)
    attention.started(Look.GATEWAY, NOW - 0.05, calmly=calmly)  # after the symptom was looked at
    later = NOW + 1.1

    due = attention.due(later, seen(failing(Look.REF_IP), now=later), running=[Look.GATEWAY])
    assert (Look.GATEWAY in due) is calmly  # nor is the look under way waited for
    assert Look.DNS_EACH in due
    for look in due:
        attention.started(look, later)
    attention.confirm_at.clear()
    assert not attention.pending


def test_a_sweep_is_not_repeated_within_ten_seconds() -> None:
    attention = calm(NOW - 30)
    attention.due(NOW, seen(failing(Look.REF_IP)))
    for look in PLAN:
        attention.started(look, NOW)

    again = attention.due(NOW + 0.5, seen(failing(Look.REF_NAME, "y"), now=NOW + 0.5))

    assert Look.DNS_EACH not in again


def test_a_sweep_that_must_wait_is_still_to_come() -> None:
    attention = calm(NOW - 30)
    attention.due(NOW, seen(failing(Look.REF_IP)))
    for look in PLAN:
        attention.started(look, NOW)
    attention.due(NOW + 2, seen(failing(Look.REF_NAME, "y", ago=-1.9), now=NOW + 2))
    attention.confirm_at.clear()

    assert attention.pending


def test_what_fails_within_the_sweep_asks_for_no_other() -> None:
    attention = calm(NOW - 30)
    attention.due(NOW, seen(failing(Look.REF_IP)))
    for look in PLAN:
        attention.started(look, NOW)
    silent = replace(failing(Look.DNS_EACH), started=NOW + 0.1, ended=NOW + 5)
    passed = sighting(Look.REF_NAME, "x", ago=0)
    attention.due(NOW + 5, seen(silent, passed, now=NOW + 5))
    attention.confirm_at.clear()

    assert not attention.pending


def outage(newest: float = 1.0) -> list[Observation]:
    """Nobody beyond the router has answered, twice."""
    silent = [(Look.REF_IP, "x"), (Look.REF_NAME, "y"), (Look.PUSH_443, "z")]
    return [
        sighting(look, target, TIMEOUT, silent=True, ago=ago)
        for look, target in silent
        for ago in (newest + 15, newest)
    ]


@pytest.mark.parametrize(
    ("look", "swept"),
    [(Look.NTP, False), (Look.STATUS, False), (Look.DNS_EACH, False), (Look.GATEWAY, True)],
)
def test_while_nothing_gets_out_what_fails_beyond_the_router_asks_for_no_sweep(
    look: Look, *, swept: bool
) -> None:
    attention = calm(NOW - 60)
    attention.due(NOW - 20, seen(*outage(16.0), now=NOW - 20))
    attention.due(NOW - 0.2, seen(*outage(), now=NOW - 0.2))
    for asked in PLAN:
        attention.started(asked, NOW - 20)
    attention.symptom_at = attention.echo_at = None

    due = attention.due(NOW, seen(*outage(), failing(look)))

    assert (Look.APPLE_WEB in due) is swept


def test_where_apple_answers_and_no_reference_does_a_failure_asks_for_a_sweep() -> None:
    attention = calm(NOW - 60)
    through = sighting(Look.APPLE_WEB, "x", ago=2)
    for asked in PLAN:
        attention.started(asked, NOW - 20)
    attention.due(NOW - 0.2, seen(*outage(), through, now=NOW - 0.2))
    for asked in PLAN:
        attention.started(asked, NOW - 11)
    attention.symptom_at = attention.echo_at = attention.swept_at = None
    attention.owed.clear()

    due = attention.due(NOW, seen(*outage(), through, failing(Look.DNS_EACH)))

    assert Look.DNS_APP in due


@pytest.mark.parametrize(("since", "asked"), [(3.0, True), (300.0, False)])
def test_what_failed_beside_a_moments_fault_is_asked_again_when_it_is_over(
    since: float, *, asked: bool
) -> None:
    attention = calm(NOW - 20)
    beside = sighting(Look.PUSH_HTTP, "x", Failure.CONNECTION_REFUSED, ago=2.5)
    attention.due(NOW - 3, seen(failing(Look.DNS_EACH, ago=3.1), now=NOW - 3))
    attention.failing_since[Look.PUSH_HTTP] = NOW - since
    for look in PLAN:
        attention.started(look, NOW - 2.5)
    attention.noticed.add(((Look.PUSH_HTTP, "x", Family.IPV4), beside.started))
    attention.symptom_at = attention.echo_at = None
    attention.owed.clear()
    attention.confirm_at.clear()

    back = [failing(Look.DNS_EACH, ago=3.1), sighting(Look.DNS_EACH, "x", ago=0.1)]

    assert (Look.PUSH_HTTP in attention.due(NOW, seen(*back, beside))) is asked


def test_more_of_what_was_swept_for_asks_for_a_sweep_and_voids_nothing_meanwhile() -> None:
    attention = calm(NOW - 30)
    one = failing(Look.APPLE_WEB, "x", ago=3)
    attention.due(NOW, seen(one))
    for look in PLAN:
        attention.started(look, NOW)
    more = failing(Look.APPLE_WEB, "y", ago=-1)
    attention.due(NOW + 6, seen(one, more, now=NOW + 6))

    void = attention.void_before()
    at_last = attention.due(NOW + 10.1, seen(one, more, now=NOW + 10.1))

    assert Look.REF_IP not in void
    assert Look.REF_IP in at_last


def test_what_its_other_part_said_before_a_part_failed_is_void_until_the_whole_is_asked() -> None:
    attention = calm(NOW - 30)
    earlier = sighting(Look.APPLE_WEB, "other", ago=20)
    fell = failing(Look.APPLE_WEB, "x", ago=2)
    attention.due(NOW, seen(earlier, fell))

    left = seen(earlier, fell).without({}, attention.passes_void_before())

    assert [one.key[1] for one in left.of(Look.APPLE_WEB)] == ["x"]


def test_what_it_said_before_a_newer_symptom_elsewhere_is_void_too_but_its_failure_stands() -> None:
    attention = calm(NOW - 30)
    attention.budget.tokens, attention.budget.refilled_at = 0.0, NOW  # nobody can ask again
    fell = failing(Look.PUSH_5223, "x", ago=9)
    attention.due(NOW, seen(fell))
    back = sighting(Look.PUSH_5223, "other", ago=5)
    attention.due(NOW, seen(fell, back, failing(Look.DNS_EACH)))

    left = seen(fell, back).without({}, attention.passes_void_before())

    assert [one.key[1] for one in left.of(Look.PUSH_5223)] == ["x"]


def test_a_failure_from_before_something_recovered_is_void_until_it_is_asked_again() -> None:
    attention = calm(NOW - 60)
    fell = failing(Look.DNS_EACH, "x", ago=9)
    gone = twice(failing(Look.REF_IP, ago=20))
    attention.due(NOW - 15, seen(*gone, now=NOW - 15))
    attention.budget.tokens, attention.budget.refilled_at = 0.0, NOW - 1
    attention.due(NOW - 1, seen(*gone, fell, now=NOW - 1))
    attention.started(Look.REF_IP, NOW - 0.5)
    back = sighting(Look.REF_IP, "x", ago=0.5)
    attention.due(NOW, seen(*gone, fell, back))

    left = seen(fell, back).without(attention.void_before())

    assert not left.of(Look.DNS_EACH)
    assert left.of(Look.REF_IP)


@pytest.mark.parametrize("under_way", [True, False])
def test_what_is_known_to_fail_and_is_being_asked_again_is_void_once_something_recovered(
    *, under_way: bool
) -> None:
    """In the lab a translator was back, and Apple's hosts, whose answers were on their way, were
    told to fail for a second."""
    attention = calm(NOW - 60)
    gone = [*twice(failing(Look.REF_IP, ago=20)), *twice(failing(Look.APPLE_WEB, "y", ago=12))]
    attention.due(NOW - 11, seen(*gone, now=NOW - 11))
    attention.budget.tokens, attention.budget.refilled_at = 0.0, NOW - 1
    for look in PLAN:
        attention.started(look, NOW - 0.5)
    attention.symptom_at = attention.echo_at = None
    attention.owed.clear()
    attention.confirm_at.clear()
    back = sighting(Look.REF_IP, "x", ago=0.6)

    attention.due(NOW, seen(*gone, back), {Look.APPLE_WEB} if under_way else ())

    assert (Look.APPLE_WEB in attention.void_before()) is under_way


def test_a_failure_from_after_something_recovered_stands() -> None:
    attention = calm(NOW - 60)
    gone = twice(failing(Look.REF_IP, ago=20))
    attention.due(NOW - 15, seen(*gone, now=NOW - 15))
    attention.budget.tokens, attention.budget.refilled_at = 0.0, NOW - 1
    for look in (Look.REF_IP, Look.DNS_EACH, Look.PUSH_443):
        attention.started(look, NOW - 0.5)
    fell = failing(Look.DNS_EACH, "x", ago=4)
    attention.due(NOW - 1, seen(*gone, fell, failing(Look.PUSH_443, "y", ago=1.5), now=NOW - 1))
    back = sighting(Look.REF_IP, "x", ago=6)  # its answer took its time
    attention.due(NOW, seen(*gone, fell, back))

    assert Look.DNS_EACH not in attention.void_before()


def test_what_was_asked_beside_it_stands() -> None:
    attention = calm(NOW - 30)
    beside = sighting(Look.APPLE_WEB, "other", ago=2.1)
    fell = failing(Look.APPLE_WEB, "x", ago=2)
    attention.due(NOW, seen(beside, fell))

    left = seen(beside, fell).without({}, attention.passes_void_before())

    assert len(left.of(Look.APPLE_WEB)) == 2


def test_a_soft_failure_is_looked_at_again_a_second_later() -> None:
    attention = calm(NOW)
    observation = failing(Look.REF_IP)
    at_once = attention.due(NOW, seen(observation))

    later = attention.due(NOW + 1.1, seen(observation, now=NOW + 1.1))

    assert Look.REF_IP not in at_once
    assert Look.REF_IP in later
    assert not attention.pending


def test_doubt_never_asks_time_servers_or_feeds_faster_than_their_floor() -> None:
    attention = calm(NOW - 30)
    attention.alarm(NOW)

    due = attention.due(NOW, seen(failing(Look.NTP), failing(Look.STATUS, "consumer")))

    assert Look.NTP not in due
    assert Look.STATUS not in due


def test_failing_push_asks_for_port_controls_and_a_search_near_us() -> None:
    attention = calm(NOW - 100)

    due = attention.due(NOW, seen(*twice(failing(Look.PUSH_5223, "courier-1"))))

    assert Look.PORT_CTL in due
    assert Look.NEARBY in due


@pytest.mark.parametrize(
    ("failure", "asked"),
    [(TIMEOUT, True), (Failure.DNS_REFUSED, True), (Failure.DNS_NXDOMAIN, False)],
)
def test_a_resolver_that_is_silent_or_refuses_is_asked_about_itself(
    failure: Failure, *, asked: bool
) -> None:
    attention = calm(NOW - 30)
    attention.started_at.pop(Look.DNS_ALIVE)
    wrong = sighting(Look.DNS_EACH, "r a", failure, step=Step.EXCHANGE, silent=failure is TIMEOUT)

    assert (Look.DNS_ALIVE in attention.due(NOW, seen(wrong))) is asked


def test_other_apps_are_asked_while_apple_fails_and_not_too_often() -> None:
    fails = twice(failing(Look.PUSH_5223, "courier-1"))

    assert Look.MESSENGERS in calm(NOW - 130).due(NOW, seen(*fails))
    assert Look.MESSENGERS not in calm(NOW - 110).due(NOW, seen(*fails))
    assert Look.MESSENGERS not in calm(NOW - 130).due(NOW, seen())


def test_a_name_that_does_not_resolve_asks_for_neither() -> None:
    lost = sighting(Look.PUSH_5223, "courier-1", Failure.DNS_NXDOMAIN, step=Step.RESOLVE)

    due = calm(NOW - 100).due(NOW, seen(*twice(lost)))

    assert Look.PORT_CTL not in due
    assert Look.NEARBY not in due


def test_a_hard_failure_is_watched_for_recovery_apple_less_often() -> None:
    attention = calm(NOW - 20)
    hard = [*twice(failing(Look.REF_IP)), *twice(failing(Look.APPLE_WEB, "web"))]
    attention.due(NOW, seen(*hard))
    for look in PLAN:
        attention.started(look, NOW)

    after_16 = attention.due(NOW + 16, seen(*hard, now=NOW + 16))
    after_31 = attention.due(NOW + 31, seen(*hard, now=NOW + 31))

    assert Look.REF_IP in after_16
    assert Look.APPLE_WEB not in after_16
    assert Look.APPLE_WEB in after_31


def test_a_look_that_is_under_way_is_not_started_again_until_it_is_done() -> None:
    attention = calm(NOW - 30)
    observation = failing(Look.REF_IP)

    at_once = attention.due(NOW, seen(observation), running=[Look.DNS_EACH])
    later = attention.due(NOW + 0.5, seen(observation, now=NOW + 0.5))

    assert Look.DNS_EACH not in at_once
    assert Look.DNS_EACH in later  # what was under way answers for the time before the symptom


def test_the_first_thing_that_recovers_starts_a_sweep() -> None:
    attention = calm(NOW - 100)
    attention.due(NOW, seen(*twice(failing(Look.REF_IP))))
    for look in PLAN:
        attention.started(look, NOW + 1)
    attention.due(NOW + 10, seen(*twice(failing(Look.REF_IP)), now=NOW + 10))
    back = [failing(Look.REF_IP), sighting(Look.REF_IP, "x", ago=-11)]

    due = attention.due(NOW + 12, seen(*back, now=NOW + 12))
    again = attention.due(NOW + 30, seen(*back, now=NOW + 30))

    assert {Look.CAPTIVE, Look.DNS_EACH, Look.DNS_APP, Look.APPLE_WEB} <= set(due)
    assert Look.CAPTIVE not in again


@pytest.mark.parametrize("recovered", [True, False])
def test_a_failure_after_something_recovered_is_a_symptom_though_it_failed_before(
    *, recovered: bool
) -> None:
    """A line that comes and goes: the names were refused in two outages, and not asked between."""
    attention = calm(NOW - 60)
    first = failing(Look.DNS_EACH, ago=45)
    dead = twice(failing(Look.REF_IP, ago=40))
    attention.due(NOW - 39, seen(first, *dead, now=NOW - 39))
    for look in PLAN:
        attention.started(look, NOW - 38)
    between = sighting(Look.REF_IP, "x", None if recovered else TIMEOUT, ago=20)
    attention.due(NOW - 19, seen(first, *dead, between, now=NOW - 19))
    for look in PLAN:
        attention.started(look, NOW - 18)

    again = failing(Look.DNS_EACH)
    due = attention.due(NOW, seen(first, *dead, between, again))

    assert (Look.PUSH_5223 in due) is recovered
    if recovered:
        assert Look.REF_IP in attention.void_before()


@pytest.mark.parametrize("silent", [True, False])
def test_a_reference_that_failed_by_what_it_said_and_is_silent_now_is_a_symptom(
    *, silent: bool
) -> None:
    """A clock that is wrong, and then the provider: the pages of before stood as what works."""

    def dated(ago: float) -> Observation:
        early = Failure.SSL_CERT_NOT_YET_VALID
        return sighting(Look.REF_IP, "x", early, step=Step.HANDSHAKE, ago=ago)

    attention = calm(NOW - 60)
    before = twice(dated(40))
    attention.due(NOW - 39, seen(*before, now=NOW - 39))
    for look in PLAN:
        attention.started(look, NOW - 38)

    due = attention.due(NOW, seen(*before, failing(Look.REF_IP) if silent else dated(0.1)))

    assert (Look.CAPTIVE in due) is silent


def test_apple_answering_after_the_last_reference_failed_starts_one_sweep() -> None:
    attention = calm(NOW - 40)
    shut = twice(failing(Look.REF_IP, ago=9)), twice(failing(Look.REF_NAME, "y", ago=9))
    known = [one for both in shut for one in both]
    attention.due(NOW - 8, seen(*known, now=NOW - 8))
    for look in PLAN:
        attention.started(look, NOW - 7.9)
    through = sighting(Look.PUSH_5223, "courier-1", ago=1)

    first = attention.due(NOW + 3, seen(*known, through, now=NOW + 3))
    for look in PLAN:
        attention.started(look, NOW + 3)
    another = sighting(Look.PUSH_5223, "courier-2", ago=-4)
    attention.confirm_at.clear()
    attention.due(NOW + 20, seen(*known, another, now=NOW + 20))

    assert Look.DNS_EACH in first
    assert attention.recovering
    assert not attention.pending  # this network lets Apple out and nobody else


def test_a_failure_that_the_second_look_denies_is_no_recovery() -> None:
    attention = calm(NOW)
    soft = failing(Look.REF_IP)
    attention.due(NOW, seen(soft))
    fine = sighting(Look.REF_IP, "x", ago=-1.2)

    due = attention.due(NOW + 1.3, seen(soft, fine, now=NOW + 1.3))

    assert Look.CAPTIVE not in due
    assert attention.symptom_at is None


def test_watching_a_long_fault_leaves_enough_for_the_sweep_at_its_end() -> None:
    everything = [
        look for look, plan in PLAN.items() if plan.packets and not plan.on_demand_seconds
    ]
    attention = calm(NOW - 100)
    attention.budget.tokens = 0.0
    asked: set[Look] = set()
    for second in range(300):
        now = NOW + second
        hard = [
            replace(one, started=one.started + second, ended=one.ended + second)
            for look in everything
            for one in twice(failing(look))
        ]
        for look in attention.due(now, seen(*hard, now=now)):
            attention.started(look, now)
            asked |= {look} if second > 240 else set()

    sweep = sum(PLAN[look].attempts for look in everything)
    assert attention.budget.tokens >= sweep
    assert asked >= {Look.REF_IP, Look.APPLE_WEB, Look.DNS_EACH, Look.CAPTIVE}  # each has its turn


def test_the_way_out_is_watched_out_of_what_is_kept_for_a_sweep() -> None:
    """A line that had gone and come three times was not looked at for 50 s, so its answers were
    told a minute late."""
    attention = calm(NOW - 30)
    hard = [one for look in (Look.REF_IP, Look.REF_NAME) for one in twice(failing(look))]
    attention.due(NOW, seen(*hard))
    for look in PLAN:
        attention.started(look, NOW)
    attention.owed.clear()
    attention.confirm_at.clear()
    attention.budget.tokens = RESERVED_ATTEMPTS / 2

    asked = [
        look for second in (14, 16) for look in attention.due(NOW + second, seen(*hard, now=NOW))
    ]

    assert asked == [Look.REF_IP]


def test_with_nothing_left_the_way_out_is_made_sure_of_before_what_a_sweep_is_owed() -> None:
    attention = calm(NOW - 30)
    attention.owe(Look.CAPTIVE, Look.APPLE_WEB)
    attention.confirm_at[Look.REF_IP] = NOW
    attention.budget.tokens, attention.budget.refilled_at = 0.0, NOW

    seconds = range(PLAN[Look.REF_IP].attempts + 1)
    asked = [look for second in seconds for look in attention.due(NOW + second, seen())]

    assert [look for look in asked if PLAN[look].packets] == [Look.REF_IP]


def test_a_look_costs_what_it_does_here() -> None:
    """On a host with one family, half of what the plan says for two."""
    targets = [sighting(Look.REF_IP, name) for name in ("cloudflare", "google")]
    resolvers = [sighting(Look.DNS_EACH, f"r{n} www.google.com") for n in range(12)]
    attention = calm(NOW - 30)
    before = attention.budget.tokens

    due = attention.due(NOW, seen(*targets, *resolvers, failing(Look.REF_IP, "quad9")))

    usual = sum(
        PLAN[look].attempts
        for look in due
        if PLAN[look].packets and look not in {Look.REF_IP, Look.DNS_EACH}
    )
    assert {Look.REF_IP, Look.DNS_EACH} & set(due) == {Look.REF_IP, Look.DNS_EACH}
    assert before - attention.budget.tokens == usual + 3 + 12


def test_a_feed_that_fell_at_its_name_was_not_asked_and_may_be_asked_again() -> None:
    attention = calm(NOW - 20)
    lost = sighting(Look.STATUS, "consumer", Failure.DNS_MISBEHAVING, step=Step.RESOLVE)

    due = attention.due(NOW, seen(*twice(failing(Look.REF_IP)), lost))
    later = attention.due(NOW + 1.1, seen(lost, now=NOW + 1.1))

    assert Look.STATUS in {*due, *later}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sets(st.sampled_from([Look.REF_IP, Look.PUSH_5223, Look.APPLE_WEB, Look.DNS_EACH])),
        min_size=1,
        max_size=400,
    )
)
def test_no_pattern_of_failures_spends_more_than_the_bucket(pattern: list[set[Look]]) -> None:
    """P19: one tick a second, whatever fails at each."""
    attention = calm(NOW - 1000)
    spent, known = 0, set[Look]()
    for second, looks in enumerate(pattern):
        now = NOW + second
        known |= looks  # one target of each was seen
        observations = [
            replace(failing(look), started=now - 0.1, ended=now - 0.1) for look in looks
        ]
        for look in attention.due(now, seen(*observations, now=now)):
            attention.started(look, now)
            made = 1 if look in known else PLAN[look].attempts
            spent += made if PLAN[look].packets else 0

    allowance = BUCKET_ATTEMPTS + len(pattern) * EXTRA_ATTEMPTS_PER_MINUTE / 60
    assert spent <= allowance


def test_a_network_that_comes_and_goes_does_not_refill_the_bucket_or_lift_a_floor() -> None:
    attention = calm(NOW - 30)
    attention.due(NOW, seen())
    attention.budget.tokens = 10.0

    attention.forget(NOW)
    due = attention.due(NOW, seen())

    assert attention.budget.tokens <= 10.0
    assert Look.NTP not in due
    assert Look.STATUS not in due


def test_one_reference_that_is_blocked_for_good_is_asked_at_the_calm_pace() -> None:
    attention = calm(NOW - 20)
    blocked = [*twice(failing(Look.REF_IP, "blocked")), sighting(Look.REF_IP, "fine")]
    attention.due(NOW, seen(*blocked))
    later = NOW + 700
    attention.started(Look.REF_IP, later - 20)
    still = [replace(one, started=later - 20, ended=later - 20) for one in blocked[1:]]
    before = replace(blocked[0], started=later - 40, ended=later - 40)

    due = attention.due(later, seen(before, *still, now=later))

    assert Look.REF_IP not in due


def test_attempts_left_waiting_are_a_symptom_before_they_have_failed() -> None:
    attention = calm(NOW - 30)
    attention.started(Look.REF_IP, NOW - 1.6)

    attention.unanswered(Look.REF_IP, [1.6] * 3, NOW)
    due = attention.due(NOW, seen(), running=[Look.REF_IP])

    assert {Look.DNS_EACH, Look.APPLE_WEB, Look.PUSH_5223} <= set(due)


def test_a_name_without_an_address_of_a_family_is_no_failure_for_good() -> None:
    """Many have none: what waits beside it is a symptom all the same, and no doubt follows."""
    none = sighting(
        Look.APPLE_WEB, "identity", Failure.DNS_NO_ANSWER, step=Step.RESOLVE, family=Family.IPV6
    )
    control = sighting(Look.DNS_EACH, "r www.example.org", group="control")

    first = calm(NOW - 70).due(NOW, seen(none, control))
    attention = calm(NOW - 70)
    later = attention.due(NOW, seen(*twice(none, seconds=40), control))
    attention.unanswered(Look.APPLE_WEB, [2.6], NOW + 1, asked=NOW - 2)

    assert Look.DNS_CROSS in first
    assert later == ()
    assert attention.pending


def test_how_a_resolver_answers_odd_questions_is_asked_because_of_a_symptom_and_is_none() -> None:
    attention = calm(NOW - 30)

    attention.due(NOW, seen(failing(Look.DNS_MANNERS)))

    assert attention.symptom_at is None


def test_one_attempt_alone_is_a_symptom_when_it_waits_for_longer() -> None:
    attention = calm(NOW - 30)
    attention.started(Look.REF_IP, NOW - 2.6)

    attention.unanswered(Look.REF_IP, [2.4], NOW)
    too_soon = attention.pending
    attention.unanswered(Look.REF_IP, [2.6], NOW)

    assert not too_soon
    assert attention.pending


def test_what_a_sweep_left_waiting_asks_for_no_other() -> None:
    attention = calm(NOW - 30)
    attention.unanswered(Look.APPLE_WEB, [1.6] * 2, NOW, asked=NOW - 1.5)
    attention.due(NOW, seen())
    for look in PLAN:
        attention.started(look, NOW)
    attention.unanswered(Look.REF_IP, [1.6] * 3, NOW + 1.5, asked=NOW + 0.1)

    assert not attention.pending


def test_a_look_that_was_left_waiting_starts_no_second_sweep_when_it_has_failed() -> None:
    attention = calm(NOW - 30)
    attention.started(Look.REF_IP, NOW - 1.6)
    attention.unanswered(Look.REF_IP, [1.6] * 3, NOW)
    swept = attention.due(NOW, seen(), running=[Look.REF_IP])
    for look in swept:
        attention.started(look, NOW)
    later = NOW + 3.5
    failed = replace(failing(Look.REF_IP), started=NOW - 1.6, ended=later)

    due = attention.due(later, seen(failed, now=later), running=swept)
    again = attention.due(later + 8, seen(failed, now=later + 8))

    assert due == (Look.REF_IP,)  # it has taken its time to fail: asked again at once
    assert not set(again) & {Look.DNS_EACH, Look.APPLE_WEB}
    assert attention.symptom_at is None


@pytest.mark.parametrize(
    "why",
    ["one attempt alone", "a look that has been failing", "too little in the bucket", "not asked"],
)
def test_waiting_is_no_symptom_with(why: str) -> None:
    attention = calm(NOW - 30)
    look = Look.NTP if why == "not asked" else Look.REF_IP
    if why == "a look that has been failing":
        attention.due(NOW - 20, seen(*twice(failing(look, ago=21)), now=NOW - 20))
        attention.started(look, NOW - 1.6)
    if why == "too little in the bucket":
        attention.budget.tokens = 50.0

    attention.unanswered(look, [1.6] * (1 if why == "one attempt alone" else 3), NOW)

    assert attention.symptom_at is None


def test_what_is_asked_anew_is_void_until_it_has_answered() -> None:
    attention = calm(NOW - 30)
    old = sighting(Look.REF_NAME, "google", ago=20)
    due = attention.due(NOW, seen(failing(Look.REF_IP), old), running=[Look.DNS_EACH])
    for look in due:
        attention.started(look, NOW)
    asked = attention.void_before()
    answered = sighting(Look.REF_NAME, "google", ago=-0.2)

    attention.due(NOW + 0.3, seen(old, answered, now=NOW + 0.3), running=due)

    assert {Look.REF_NAME, Look.DNS_EACH} <= set(asked)  # taken, and owed
    assert Look.REF_NAME not in attention.void_before()
    assert Look.NTP not in asked  # nobody asks a time server because of a doubt


def test_an_answer_that_cannot_be_true_is_a_symptom() -> None:
    false = AnswerFact(
        resolver="192.168.1.1",
        name="1-courier.push.apple.com",
        addresses=("0.0.0.0",),  # what a filter answers
        rcode="NOERROR",
    )
    bogus = sighting(Look.DNS_EACH, "r courier", group="apple", facts=[false], ago=0.1)
    attention = calm(NOW - 30)

    first = attention.due(NOW, seen(bogus))
    confirmed = attention.due(NOW + 1.1, seen(bogus, now=NOW + 1.1))
    for look in PLAN:
        attention.started(look, NOW + 1.1)
    known = [bogus, replace(bogus, started=NOW + 1.2, ended=NOW + 1.2)]
    attention.due(NOW + 1.3, seen(*known, now=NOW + 1.3))

    assert Look.DNS_ALT in first
    assert Look.DNS_EACH in confirmed
    assert attention.symptom_at is None  # the same again is nothing new


def test_what_began_to_fail_since_the_last_search_near_us_is_searched_for_at_once() -> None:
    attention = calm(NOW - 100)
    main = [*twice(failing(Look.PUSH_5223, "courier-1"))]
    assert Look.NEARBY in attention.due(NOW, seen(*main))
    attention.started(Look.NEARBY, NOW)

    the_same = attention.due(NOW + 5, seen(*main, now=NOW + 5))
    and_more = attention.due(
        NOW + 6, seen(*main, *twice(failing(Look.PUSH_443, "courier-1")), now=NOW + 6)
    )

    assert Look.NEARBY not in the_same
    assert Look.NEARBY in and_more


def test_while_apples_names_are_lost_here_others_are_asked_for_them_again_and_again() -> None:
    attention = calm(NOW - 100)
    lost = sighting(
        Look.DNS_EACH, "r courier", Failure.DNS_SERVFAIL, step=Step.CONTENT, group="apple"
    )
    attention.due(NOW, seen(*twice(lost)))
    attention.started(Look.DNS_ALT, NOW)

    soon = attention.due(NOW + 5, seen(*twice(lost), now=NOW + 5))
    later = attention.due(NOW + 16, seen(*twice(lost), now=NOW + 16))

    assert Look.DNS_ALT not in soon
    assert Look.DNS_ALT in later


def test_with_little_left_the_first_in_line_is_not_kept_out_by_cheaper_ones() -> None:
    """Else the references are never asked anew, and nothing can be told."""
    attention = calm(NOW - 30)
    attention.budget.tokens, attention.budget.refilled_at = 3.0, NOW
    symptom = failing(Look.APPLE_WEB)

    asked = [
        look
        for second in range(20)
        for look in attention.due(NOW + second, seen(symptom, now=NOW + second))
    ]

    paid = [look for look in asked if PLAN[look].packets]
    assert paid[:3] == [Look.REF_IP, Look.GATEWAY, Look.REF_NAME]


def lossy(*, ago: float = 30.0) -> list[Observation]:
    """Of twenty connections to three references, five came with a second SYN."""
    facts = [
        LineFact(hop=0, apart_seconds=0.2, seconds=(0.02, 1.02, 0.02, 0.02, 1.02, 0.02, 0.02))
        for _ in range(3)
    ]
    return [sighting(Look.LINE, f"r{n}", ago=ago, facts=[fact]) for n, fact in enumerate(facts)]


def test_with_little_left_the_line_is_measured_before_all_else() -> None:
    """Behind what its sweeps owed it waited for fourteen minutes, and the answer was lost."""
    attention = calm(NOW - 130)
    attention.owe(Look.REF_IP, Look.REF_NAME, Look.APPLE_WEB)
    attention.budget.tokens, attention.budget.refilled_at = 4.0, NOW
    told = replace(seen(*lossy()), told_cause=Cause.LOSS)

    paid = [look for look in attention.due(NOW, told) if PLAN[look].packets]

    assert paid == [Look.LINE]


@pytest.mark.parametrize(
    ("newest", "ago", "asked"),
    [("lossy", 30.0, False), ("lossy", 61.0, True), ("clean", 19.0, False), ("clean", 21.0, True)],
)
def test_a_line_known_to_lose_is_measured_once_a_minute_and_sooner_when_it_lost_nothing(
    newest: str, ago: float, asked: bool
) -> None:
    attention = calm(NOW - ago)
    attention.doubts.poor_since = NOW - 600
    burst = lossy(ago=ago)
    if newest == "clean":
        fine = LineFact(hop=0, apart_seconds=0.2, seconds=(0.02,) * 7)
        burst = [sighting(Look.LINE, f"r{n}", ago=ago, facts=[fine]) for n in range(3)]

    due = attention.due(NOW, replace(seen(*burst), told_cause=Cause.LOSS))

    assert (Look.LINE in due) is asked


def chances(look: Look) -> list[Observation]:
    """Two hosts asked every 20 s; the first fails alone every other time."""
    return [
        sighting(look, f"host {n}", TIMEOUT if n == 0 and number % 2 else None, ago=20.0 * number)
        for number in range(1, 13)
        for n in range(2)
    ]


@pytest.mark.parametrize(
    ("failures", "beside", "sweeps"),
    [
        (1, True, False),  # by chance, as often before
        (4, True, True),  # as many as make a fault here, but one
        (1, False, True),  # nobody else of its look passed meanwhile: a fault of them all
    ],
)
def test_what_fails_by_chance_comes_back_by_chance_and_no_sweep_is_made(
    failures: int, beside: bool, sweeps: bool
) -> None:
    attention = calm(NOW - 100)
    past = chances(Look.APPLE_WEB)
    fell = [failing(Look.APPLE_WEB, "host 0", ago=10.0 + 2 * n) for n in range(failures)]
    other = [sighting(Look.APPLE_WEB, "host 1", ago=5.0)] if beside else []
    attention.due(NOW - 9, seen(*past, *fell, now=NOW - 9))
    for look in PLAN:
        attention.started(look, NOW - 8)
    attention.symptom_at = attention.echo_at = None
    attention.confirm_at.clear()

    attention.due(NOW, seen(*past, *fell, *other, sighting(Look.APPLE_WEB, "host 0", ago=0.5)))

    assert attention.recovering is sweeps


def test_what_a_sweep_still_owes_is_made_by_whoever_starts_it() -> None:
    """With an empty bucket the calm pace makes it; its answer then counts as one of this world."""
    attention = Attention(plans=PLAN)
    attention.owe(Look.REF_IP)
    owed = attention.void_before()

    attention.started(Look.REF_IP, 10.0)

    assert owed[Look.REF_IP] == float("inf")
    assert attention.void_before()[Look.REF_IP] == 10.0


def test_a_part_of_a_look_sets_no_price_for_the_whole() -> None:
    """After a change of network a part is asked first, by the clock: a quarter of its targets."""
    attention = Attention(PLAN)
    attention.started(Look.APPLE_WEB, NOW - 60)
    whole = [sighting(Look.APPLE_WEB, f"host-{n}", ago=50) for n in range(9)]
    attention.due(NOW - 40, seen(*whole, now=NOW - 40))
    attention.forget(NOW)
    part = [sighting(Look.APPLE_WEB, f"host-{n}", operator="apple") for n in range(3)]

    attention.due(NOW + 1, seen(*part, now=NOW + 1))
    after_a_part = attention.budget.price(PLAN[Look.APPLE_WEB])
    attention.started(Look.APPLE_WEB, NOW + 2)
    attention.due(NOW + 3, seen(*part, now=NOW + 3))

    assert after_a_part == PLAN[Look.APPLE_WEB].attempts
    assert attention.budget.price(PLAN[Look.APPLE_WEB]) == 3


def test_what_is_owed_costs_what_it_cost_before() -> None:
    attention = Attention(PLAN)
    attention.started(Look.APPLE_WEB, NOW - 60)
    whole = [sighting(Look.APPLE_WEB, f"host-{n}", ago=50) for n in range(9)]
    attention.due(NOW - 40, seen(*whole, now=NOW - 40))
    attention.budget.tokens = 0.0
    attention.owe(Look.APPLE_WEB)

    attention.due(NOW - 39, seen(*whole[:3], now=NOW - 39))

    assert attention.budget.price(PLAN[Look.APPLE_WEB]) == 9


def test_a_look_that_was_cut_off_sets_no_price() -> None:
    attention = Attention(PLAN)
    attention.started(Look.APPLE_WEB, NOW - 60)
    cut = sighting(Look.APPLE_WEB, "apple_web", Failure.INTERRUPTED, step=Step.OURS)

    attention.due(NOW, seen(cut))

    assert attention.budget.price(PLAN[Look.APPLE_WEB]) == PLAN[Look.APPLE_WEB].attempts


def test_a_feed_that_fell_at_its_name_is_asked_at_once_on_another_network() -> None:
    """In the lab a host that had started without an address had one again, and was told for 63 s
    that Apple's status page could not be read."""
    attention = Attention(PLAN)
    lost = sighting(Look.STATUS, "consumer", Failure.DNS_MISBEHAVING, step=Step.RESOLVE)
    attention.started(Look.STATUS, NOW - 2)
    attention.due(NOW, seen(lost))
    attention.forget(NOW + 5)

    assert Look.STATUS in attention.due(NOW + 5, seen(now=NOW + 5))


def test_a_feed_that_was_asked_is_left_its_pause_on_another_network() -> None:
    attention = Attention(PLAN)
    attention.started(Look.STATUS, NOW - 2)
    attention.due(NOW, seen(failing(Look.STATUS, "consumer")))
    attention.forget(NOW + 5)

    assert Look.STATUS not in attention.due(NOW + 5, seen(now=NOW + 5))


ASKED_SELDOM = (Look.NTP, Look.STATUS)
PAUSES: dict[str, Callable[[Attention], None]] = {
    "another network, or a sleep": lambda attention: attention.forget(NOW),
    "a look that could not be made": lambda attention: attention.owe(*ASKED_SELDOM),
}


@pytest.mark.parametrize("why", PAUSES)
def test_what_is_asked_seldom_is_asked_again_after_a_pause_once_its_floor_allows(why: str) -> None:
    attention = calm(NOW - 20)

    PAUSES[why](attention)
    waited_for = {look for look in attention.void_before() if look in ASKED_SELDOM}
    at_once = attention.due(NOW, seen())
    later = NOW - 20 + max(PLAN[look].floor_seconds for look in ASKED_SELDOM)
    in_time = attention.due(later, seen(now=later))
    for look in in_time:
        attention.started(look, later)
    again = attention.due(later + 70, seen(now=later + 70))

    assert not waited_for
    assert not {*at_once, *again}.intersection(ASKED_SELDOM)
    assert {*in_time}.issuperset(ASKED_SELDOM)


def test_what_the_clock_has_asked_meanwhile_is_not_asked_once_more() -> None:
    attention = calm(NOW - 20)

    attention.owe(Look.STATUS)
    attention.started(Look.STATUS, NOW)

    assert Look.STATUS not in attention.due(NOW + 70, seen(now=NOW + 70))


def test_what_is_left_of_a_fault_is_asked_at_once_when_the_first_of_it_recovers() -> None:
    """Of one look, two targets failed in its last sweep, and one of them answers: the other's
    failure is of before."""
    attention = calm(NOW - 60)
    failed = [
        failing(Look.APPLE_WEB, "a", ago=30.5),
        failing(Look.APPLE_WEB, "b", ago=30.5),
        sighting(Look.APPLE_WEB, "c", ago=30.5),
        sighting(Look.REF_IP, "x", ago=30.5),
    ]
    attention.due(NOW - 30, seen(*failed, now=NOW - 30))
    for look in PLAN:
        attention.started(look, NOW - 29)
    again = [replace(one, started=NOW - 29, ended=NOW - 29) for one in failed]
    attention.due(NOW - 28, seen(*failed, *again, now=NOW - 28))

    back = sighting(Look.APPLE_WEB, "a", ago=0.1)
    due = attention.due(NOW, seen(*failed, *again, back))

    assert Look.APPLE_WEB in due
