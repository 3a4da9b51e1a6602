"""What the told cause does not explain is named or left open, and certainty reads all evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model import Observation, Reading, Readings
from probe.verdict import CAUSES, RULES, judge
from probe.verdict.explain import explained_by
from probe.words import (
    GOOD,
    VALUES,
    AppleStatus,
    Cause,
    Certainty,
    Code,
    Failure,
    Gateway,
    HostClock,
    Impact,
    Internet,
    Ipv6,
    Nearby,
    Port,
    Portal,
    Push,
    Services,
    Sign,
    Signal,
    Speed,
)
from tests.verdict.properties import OWN
from tests.verdict.world import NOTHING_KNOWN, Values, readings, seen

# What each code and cause is made of, beside what it explains; written from their meaning.
MADE_OF: Mapping[Code, Mapping[Signal, frozenset[StrEnum]]] = {
    **OWN,
    Code.FIREWALL_PORT_BLOCKED: {
        **OWN[Code.FIREWALL_PORT_BLOCKED],
        Signal.PORT: frozenset({Port.BLOCKED}),
    },
}
SURENESS = {certainty: number for number, certainty in enumerate(Certainty)}
WORSE = {impact: number for number, impact in enumerate(Impact)}

SUGGESTED: Mapping[Signal, tuple[Cause, ...]] = {
    signal: tuple(
        dict.fromkeys(
            cause
            for rule in RULES
            if signal in rule.cause_from
            for cause, story in CAUSES.items()
            if rule.code in story.codes or cause in rule.other_codes
            # Found by comparing ways, never by looking at the link.
            if cause is not Cause.LOCAL_ROUTE_DIVERGENCE
        )
    )
    for signal in Signal
}
FAILURES = (
    Failure.CONNECTION_REFUSED,
    Failure.GENERIC_TIMEOUT,
    Failure.HTTP_5XX,
    Failure.SSL_CERT_EXPIRED,
    Failure.EOF,
)


@st.composite
def observed(draw: st.DrawFn, signal: Signal) -> tuple[Observation, ...]:
    failures = draw(st.lists(st.sampled_from(FAILURES), max_size=5))
    return tuple(
        seen(
            f"{signal}-{number}",
            failure=failure,
            speed=Speed.SILENT if failure is Failure.GENERIC_TIMEOUT else Speed.ACTIVE,
        )
        for number, failure in enumerate(failures)
    )


@st.composite
def worlds(draw: st.DrawFn, likely: Mapping[Signal, st.SearchStrategy[StrEnum]]) -> Readings:
    """Any readings; a signal is right or unlike that, as `likely` has it, or anything."""
    values = {
        signal: draw(likely.get(signal, st.just(GOOD[signal]) | st.sampled_from(VALUES[signal])))
        for signal in Signal
    }
    return readings(
        values,
        suggests={
            signal: cause
            for signal, causes in SUGGESTED.items()
            if causes and (cause := draw(st.none() | st.sampled_from(causes))) is not None
        },
        because={signal: draw(observed(signal)) for signal in (Signal.SERVICES, Signal.PUSH)},
    )


ANY = worlds({})
# All is right here, and something of Apple's is not: where Apple may be suspected.
APPLE_ALONE = worlds(
    {
        **{
            signal: st.just(GOOD[signal])
            for signal in Signal
            if signal not in {Signal.SERVICES, Signal.PUSH, Signal.DNS_APPLE, Signal.NEARBY}
        },
        Signal.SERVICES: st.sampled_from(Services),
        Signal.PUSH: st.sampled_from(Push),
        Signal.NEARBY: st.sampled_from([Nearby.CLEAN, Nearby.CLEAN, Nearby.FAILS_ELSEWHERE]),
    }
)


def bad_in(evidence: Readings) -> set[Signal]:
    return {signal for signal in Signal if evidence[signal].sign is Sign.BAD}


def accounted(code: Code, cause: Cause | None, evidence: Readings) -> set[Signal]:
    """What this code and cause account for by their meaning."""
    made_of = {
        signal
        for signal, failing in MADE_OF.get(code, {}).items()
        if evidence[signal].value in failing
    }
    if cause is Cause.HTTP_TAMPERED:
        made_of.add(Signal.PORTAL)
    # A filter that is seen to be near, or to stop all that is secure, accounts for all of Apple's.
    near = evidence[Signal.NEARBY].value is Nearby.FILTERED
    all_secure = evidence[Signal.INTERNET].value is Internet.UNREACHABLE
    if code is Code.FIREWALL_PORT_BLOCKED and (near or all_secure):
        made_of |= {Signal.SERVICES, Signal.PUSH}
    return made_of | explained_by(code, cause)


# ---------------------------------------------------------------- what is left


@given(ANY)
def test_every_bad_signal_is_accounted_for_or_left_unexplained(evidence: Readings) -> None:
    verdict = judge(evidence)

    left = {one.signal for one in verdict.unexplained}
    named = accounted(verdict.code, verdict.cause, evidence).union(
        *(accounted(also.code, also.cause, evidence) for also in verdict.also)
    )
    assert bad_in(evidence) - named <= left
    assert left <= bad_in(evidence) - explained_by(verdict.code, verdict.cause)
    assert [one.signal for one in verdict.unexplained] == [s for s in Signal if s in left]


@given(ANY)
def test_a_further_cause_says_something_that_nobody_has_said(evidence: Readings) -> None:
    verdict = judge(evidence)

    codes = [(also.code, also.cause) for also in verdict.also]
    assert len(set(codes)) == len(codes)
    for also in verdict.also:
        own = accounted(also.code, also.cause, evidence) & bad_in(evidence)
        assert own - explained_by(verdict.code, verdict.cause), also


@given(ANY)
def test_where_nothing_is_bad_nothing_is_left(evidence: Readings) -> None:
    right = {
        signal: replace(one, value=GOOD[signal]) if one.sign is Sign.BAD else one
        for signal, one in evidence.items()
    }

    verdict = judge(right)

    assert (verdict.also, verdict.unexplained) == ((), ())


LEFT: dict[str, tuple[Values, tuple[Signal, ...]]] = {
    "push is silent beside a wrong clock": (
        {Signal.CLOCK: HostClock.WRONG, Signal.PUSH: Push.SILENT}, (Signal.PUSH,)),
    "a router that is missing while the internet answers": (
        {Signal.GATEWAY: Gateway.GONE}, (Signal.GATEWAY,)),
    "a process that cannot be believed has seen nothing": (
        {Signal.SELF: VALUES[Signal.SELF]("impaired"), Signal.PUSH: Push.SILENT}, ()),
    "silence of Apple's where nobody else was asked": (
        {**NOTHING_KNOWN, Signal.PUSH: Push.SILENT},
        (Signal.PUSH,)),
    "no plain page, and all else works": (
        {Signal.PORTAL: Portal.FAILED}, (Signal.PORTAL,)),
    "a blocked port and an Apple host that fails": (
        {Signal.PUSH: Push.ONLY_443, Signal.PORT: Port.BLOCKED,
         Signal.SERVICES: Services.PARTLY}, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left_unexplained(name: str) -> None:
    values, expected = LEFT[name]

    verdict = judge(readings(values, said=dict.fromkeys(Signal, "what was seen")))

    assert tuple(one.signal for one in verdict.unexplained) == expected
    assert all(one.said.endswith(": what was seen") for one in verdict.unexplained)


def test_a_blocked_port_does_not_explain_an_apple_host_that_fails() -> None:
    evidence = readings(
        {
            Signal.PUSH: Push.ONLY_443,
            Signal.PORT: Port.BLOCKED,
            Signal.SERVICES: Services.PARTLY,
        }
    )

    assert [also.cause for also in judge(evidence).also] == [Cause.APPLE_PARTLY]


# ---------------------------------------------------------------- ranked


@given(ANY)
def test_further_causes_are_ranked_surest_first_then_by_what_is_noticed(
    evidence: Readings,
) -> None:
    ranks = [(SURENESS[also.certainty], WORSE[also.impact]) for also in judge(evidence).also]

    assert ranks == sorted(ranks, reverse=True)


def test_among_equals_the_order_of_the_table_stands() -> None:
    """At one certainty: what is noticed more, then what is nearer."""
    evidence = readings(
        {
            Signal.CLOCK: HostClock.WRONG,
            Signal.INTERNET: Internet.PARTLY,
            Signal.DNS_APPLE: VALUES[Signal.DNS_APPLE]("wrong_here"),
            Signal.IPV6: Ipv6.BROKEN,
            Signal.APPLE_STATUS: AppleStatus.INCIDENT,
        }
    )

    also = [(one.code, one.certainty.value, one.impact.value) for one in judge(evidence).also]

    assert also == [
        (Code.DNS, "high", "partial"),
        (Code.IPV6_BROKEN, "high", "low"),
        (Code.DEGRADED, "medium", "low"),
        (Code.APPLE_ACKNOWLEDGED, "low", "partial"),  # without all controls
    ]


def test_a_further_cause_that_something_speaks_against_is_not_sure() -> None:
    sure = judge(
        readings({Signal.CLOCK: HostClock.WRONG, Signal.APPLE_STATUS: AppleStatus.INCIDENT})
    )
    doubted = judge(
        readings(
            {
                Signal.CLOCK: HostClock.WRONG,
                Signal.APPLE_STATUS: AppleStatus.INCIDENT,
                Signal.INTERNET: Internet.UNKNOWN,
            }
        )
    )

    assert [one.certainty for one in sure.also] == [Certainty.HIGH]
    assert [one.certainty for one in doubted.also] == [Certainty.LOW]


# ---------------------------------------------------------------- certainty, from all of it


def one_group_fails(*failures: Failure) -> Readings:
    because = tuple(seen(f"h{n}", failure=failure) for n, failure in enumerate(failures))
    return readings({Signal.SERVICES: Services.ONE_FAILS}, because={Signal.SERVICES: because})


def test_a_word_of_apples_own_counts_wherever_it_stands() -> None:
    """Four observations, three of which are shown."""
    refused, its_word = Failure.CONNECTION_REFUSED, Failure.HTTP_5XX

    assert judge(one_group_fails(refused, refused, refused)).certainty is Certainty.LOW
    verdict = judge(one_group_fails(refused, refused, refused, its_word))
    assert verdict.certainty is Certainty.MEDIUM
    assert verdict.because[0].failure is its_word, "what makes it sure is shown"


def test_a_word_of_apples_own_about_push_counts_where_services_are_told() -> None:
    values: Values = {Signal.SERVICES: Services.ONE_FAILS, Signal.PUSH: Push.FAILS}
    expired = {Signal.PUSH: (seen("courier", failure=Failure.SSL_CERT_EXPIRED),)}

    assert judge(readings(values)).certainty is Certainty.LOW
    assert judge(readings(values, because=expired)).certainty is Certainty.MEDIUM


@given(APPLE_ALONE | ANY, st.sampled_from(Signal))
def test_a_signal_that_is_lost_never_makes_it_surer(evidence: Readings, signal: Signal) -> None:
    unknown = Reading(signal=signal, value=VALUES[signal]("unknown"))

    sure, less = judge(evidence), judge({**evidence, signal: unknown})

    assert SURENESS[less.certainty] <= SURENESS[sure.certainty]


@given(st.lists(st.sampled_from(FAILURES), min_size=1, max_size=5))
def test_an_observation_that_is_lost_never_makes_a_suspicion_surer(
    failures: list[Failure],
) -> None:
    sure = judge(one_group_fails(*failures))

    for lost in range(len(failures)):
        less = judge(one_group_fails(*failures[:lost], *failures[lost + 1 :]))
        assert less.code is sure.code
        assert SURENESS[less.certainty] <= SURENESS[sure.certainty]
