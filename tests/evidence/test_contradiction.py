"""What agrees, what contradicts, what is lost and what breaks (P5, P12, P17, P24), for every
evidence there can be."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from probe.model import Observation, Verdict
from probe.monitor import ours
from probe.verdict.evidence import gather
from probe.verdict.past import failed_by_the_world
from probe.verdict.seen import by_target, look_back
from probe.words import Certainty, Code, Failure, Look, Speed
from tests.evidence.test_properties import (
    ASKS,
    EPOCH,
    EVERY_WITNESS,
    LOOKS,
    NOW,
    START,
    TARGETS,
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


@given(sweeps())
def test_who_says_the_same_again_makes_it_no_less_sure(
    observations: tuple[Observation, ...],
) -> None:
    before = verdict_of(observations)
    failures = cited(before, observations)

    after = verdict_of((*observations, *(again(one) for one in failures)))

    if after.told_as == before.told_as:
        assert SURENESS[after.certainty] >= SURENESS[before.certainty]


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
