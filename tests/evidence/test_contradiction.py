"""What agrees, what contradicts, what is lost and what breaks (P5, P12, P17, P24), for every
evidence there can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model import AnswerFact, Observation, Verdict
from probe.monitor import ours
from probe.verdict.evidence import gather
from probe.verdict.past import failed_by_the_world
from probe.verdict.seen import Witness, by_target, look_back
from probe.words import Certainty, Code, Failure, Look, Nearby, Speed, Step
from tests.evidence.test_properties import (
    ASKS,
    EPOCH,
    EVERY_WITNESS,
    GROUPS,
    LOOKS,
    NOW,
    OWN_WAYS,
    START,
    TARGETS,
    WAYS,
    Ask,
    examined,
    observed,
    sweeps,
    verdict_of,
)

SURENESS = {certainty: number for number, certainty in enumerate(Certainty)}
# Each is the only one to feed its signal. Another look may stand in for the others; the provider
# side of push may be missing, because no device needs it.
ONLY_ONE = (
    Look.SELF, Look.LINK, Look.GATEWAY, Look.CAPTIVE, Look.DNS_EACH, Look.APPLE_WEB, Look.STATUS
)  # fmt: skip
LATER = START + 44


def cited(verdict: Verdict, observations: tuple[Observation, ...]) -> list[Observation]:
    """The failures that the verdict cites."""
    named = {(one.look, one.target) for one in verdict.because if one.failure is not None}
    return [
        one
        for one in observations
        if (one.look, one.finding.target) in named and failed_by_the_world(one)
    ]


def again(one: Observation, *, passed: bool = False) -> Observation:
    """The same target, asked again a moment ago."""
    ask = next(a for a in ASKS if (a.look, a.target) == (one.look, one.finding.target))
    if passed:
        return observed(ask, None, LATER)
    took = one.ended - one.started
    finding = replace(one.finding, started=LATER - took, ended=LATER)
    return replace(one, finding=finding, started=LATER - took, ended=LATER)


# Whose claim a further witness can only bear out. Of the others each says how much fails, or that
# it cannot tell whose fault it is: one more failure is then another claim.
ACCUSING = frozenset(Code) - {Code.OK, Code.UNKNOWN, Code.DEGRADED}


@st.composite
def agreeing(draw: st.DrawFn) -> tuple[tuple[Observation, ...], tuple[Observation, ...]]:
    """A fault that lasts, and what further witnesses say of it: the same.

    Asked of the same targets again, of other targets or another operator's, or in another look that
    asks the same question.
    """
    look, instead = draw(st.sampled_from(WHERE_TO_FAIL))
    way = draw(st.sampled_from(OWN_WAYS.get(look, WAYS)))
    group = draw(st.sampled_from(("", *GROUPS))) if look is Look.APPLE_WEB else ""
    also = draw(st.sampled_from((frozenset(), frozenset({instead}))))
    dead = {look, *BEHIND.get(look, ())}

    def fails(ask: Ask) -> bool:
        return ask.look in dead and (not group or ask.group == group)

    def seen(which: Callable[[Ask], bool]) -> tuple[Observation, ...]:
        return tuple(
            observed(ask, way if fails(ask) else None, started)
            for started in (START + 20, START + 40)
            for ask in ASKS
            if which(ask)
        )

    # Nothing is known yet of what `instead` asks.
    world = seen(lambda ask: ask.look not in also)
    if look in {Look.APPLE_WEB, Look.PUSH_5223}:
        world += tuple(examined(ask.target, Nearby.CLEAN, LATER - 1) for ask in ASKS if fails(ask))
    mine = [one for one in world if one.look is look and one.finding.failed]
    if also:
        return world, seen(lambda ask: ask.look in also and fails(ask))
    one = draw(st.sampled_from(mine)) if mine else None
    if one is None:
        return world, ()
    if draw(st.booleans()):
        return world, (again(one),)
    return world, tuple(elsewhere(again(one), n) for n in range(draw(st.integers(1, 3))))


# The look that fails, and another that asks the same question.
WHERE_TO_FAIL = (
    (Look.REF_IP, Look.REF_NAME),
    (Look.REF_NAME, Look.REF_IP),
    (Look.APPLE_WEB, Look.APPLE_WEB),
    (Look.DNS_EACH, Look.DNS_EACH),
    (Look.PUSH_5223, Look.PUSH_443),
    (Look.CAPTIVE, Look.CAPTIVE),
)
# What fails with it.
BEHIND = {
    one: (Look.REF_IP, Look.REF_NAME, Look.PUSH_5223, Look.PUSH_443, Look.PUSH_HTTP, Look.APPLE_WEB)
    for one in (Look.REF_IP, Look.REF_NAME, Look.CAPTIVE)
} | {Look.PUSH_5223: (Look.PUSH_443,)}


def elsewhere(one: Observation, number: int) -> Observation:
    """The same, said of another target, and by another operator where they are not Apple's."""
    theirs = one.finding.operator
    operator = theirs if theirs in {"apple", "self"} else f"{theirs}-{number}.example"
    target = f"{one.finding.target} {number}"
    facts = tuple(
        replace(fact, resolver=f"{fact.resolver} {number}")
        if isinstance(fact, AnswerFact)
        else fact
        for fact in one.finding.facts
    )
    return replace(one, finding=replace(one.finding, target=target, operator=operator, facts=facts))


def shaken(
    world: tuple[Observation, ...],
    more: tuple[Observation, ...],
    judged: Callable[..., Verdict] = verdict_of,
) -> str:
    """How agreement made it less sure, or moved the blame; "" when it did neither."""
    witnesses = EVERY_WITNESS | {(one.look, one.finding.target) for one in more}
    before = judged(world, witnesses=witnesses)
    if before.code not in ACCUSING:
        return ""
    after = judged((*world, *more), witnesses=witnesses)
    if after.code is not before.code or after.blame is not before.blame:
        return f"{before.told_as} became {after.told_as}"
    if SURENESS[after.certainty] < SURENESS[before.certainty]:
        return f"{before.code} at {before.certainty} became {after.certainty}"
    return ""


@given(agreeing())
def test_who_says_the_same_makes_it_no_less_sure(
    both: tuple[tuple[Observation, ...], tuple[Observation, ...]],
) -> None:
    assert shaken(*both) == ""


def rival(world: Sequence[Observation], *, witnesses: frozenset[Witness]) -> Verdict:
    """Each further failing target is held against what the others show."""
    verdict = verdict_of(world, witnesses=witnesses)
    failing = {one.finding.target for one in world if one.look is Look.DNS_EACH and bad(one)}
    return replace(verdict, certainty=Certainty.LOW) if len(failing) > NAMES else verdict


def fickle(world: Sequence[Observation], *, witnesses: frozenset[Witness]) -> Verdict:
    """What is said once more is somebody else's fault."""
    verdict = verdict_of(world, witnesses=witnesses)
    failing = {one.finding.target for one in world if one.look is Look.DNS_EACH and bad(one)}
    return replace(verdict, code=Code.UNKNOWN) if len(failing) > NAMES else verdict


def bad(one: Observation) -> bool:
    return one.finding.failed is not None


NAMES = len([ask for ask in ASKS if ask.look is Look.DNS_EACH])


@pytest.mark.parametrize(("broken", "expected"), [(rival, "dns at high"), (fickle, "(<Blame")])
def test_agreement_that_shakes_a_verdict_is_caught(
    broken: Callable[..., Verdict], expected: str
) -> None:
    fails = OWN_WAYS[Look.DNS_EACH][0]
    world = tuple(
        observed(ask, fails if ask.look is Look.DNS_EACH else None, started)
        for started in (START + 20, START + 40)
        for ask in ASKS
    )
    another = elsewhere(again(next(one for one in world if bad(one))), 1)

    assert shaken(world, (another,)) == ""
    assert shaken(world, (another,), broken).startswith(expected)


@pytest.mark.parametrize(
    ("way", "certainties"),
    [
        # Can be made on the way, and cannot.
        ((Step.CONNECT, Failure.CONNECTION_REFUSED, Speed.ACTIVE), ["low", "medium"]),
        ((Step.HANDSHAKE, Failure.SSL_CERT_EXPIRED, Speed.ACTIVE), ["medium", "high"]),
    ],
)
def test_another_line_that_agrees_makes_a_suspicion_surer(
    way: tuple[Step, Failure, Speed], certainties: list[str]
) -> None:
    fails = [ask for ask in ASKS if ask.look is Look.APPLE_WEB and ask.group == "messaging"]
    world = tuple(
        observed(ask, way if ask in fails else None, started)
        for started in (START + 20, START + 40)
        for ask in ASKS
    )
    here, there = (
        verdict_of([*world, *(examined(ask.target, found, LATER) for ask in fails)])
        for found in (Nearby.CLEAN, Nearby.FAILS_ELSEWHERE)
    )

    assert (here.code, there.code) == (Code.APPLE_SUSPECTED, Code.APPLE_SUSPECTED)
    assert [here.certainty.value, there.certainty.value] == certainties


@given(sweeps())
def test_who_says_the_same_again_makes_it_no_less_sure(
    observations: tuple[Observation, ...],
) -> None:
    before = verdict_of(observations)

    assert shaken(observations, tuple(map(again, cited(before, observations)))) == ""


@given(sweeps(), st.data())
def test_who_contradicts_makes_it_no_surer(
    observations: tuple[Observation, ...], data: st.DataObject
) -> None:
    before = verdict_of(observations)
    failures = cited(before, observations)
    if not failures:
        return
    one = data.draw(st.sampled_from(failures))

    after = verdict_of((*observations, again(one, passed=True)))

    if after.told_as == before.told_as:
        assert SURENESS[after.certainty] <= SURENESS[before.certainty]


@given(sweeps(), st.sampled_from(ONLY_ONE))
def test_losing_what_a_look_saw_never_makes_it_ok_or_apples_fault(
    observations: tuple[Observation, ...], look: Look
) -> None:
    before = verdict_of(observations)

    after = verdict_of([one for one in observations if one.look is not look])

    if before.code is not Code.OK:
        assert after.code is not Code.OK
    if before.code is not Code.APPLE_SUSPECTED:
        assert after.code is not Code.APPLE_SUSPECTED


UNPROVEN = {Code.OK, Code.UNKNOWN, Code.APPLE_ACKNOWLEDGED, Code.MAINTENANCE, Code.DEGRADED}


@given(sweeps())
def test_what_is_cited_bears_the_claim_out(observations: tuple[Observation, ...]) -> None:
    verdict = verdict_of(observations)

    newest = {(one.look, one.finding.target): one for one in sorted(observations, key=by_start)}
    for why in verdict.because:
        one = newest[why.look, why.target]
        failed = one.finding.failed
        assert why.failure is (failed.failure if failed else None)
    if verdict.code is Code.OK:
        assert not any(why.failure for why in verdict.because)
    if verdict.code not in UNPROVEN:
        assert any(why.failure for why in verdict.because), verdict


def by_start(one: Observation) -> float:
    return one.started


@given(sweeps(), st.sampled_from(LOOKS), st.sampled_from((Failure.UNKNOWN, Failure.INTERRUPTED)))
def test_a_look_that_breaks_says_as_little_as_none(
    observations: tuple[Observation, ...], look: Look, failure: Failure
) -> None:
    """An exception in a look, or one cut off at its bound, as the monitor notes it."""
    others = [one for one in observations if one.look is not look]
    broken = replace(
        observed(next(ask for ask in ASKS if ask.look is look), None, LATER),
        finding=ours(look, failure, "this look is broken: KeyError"),
    )

    without, with_it = (
        gather(
            look_back(
                by_target(seen), now=NOW, epoch=EPOCH, targets=TARGETS, witnesses=EVERY_WITNESS
            )
        ).readings
        for seen in (others, [*others, broken])
    )

    assert {s: r.value for s, r in with_it.items()} == {s: r.value for s, r in without.items()}
    assert broken.finding.failed is not None
    assert broken.finding.failed.speed is Speed.ACTIVE
