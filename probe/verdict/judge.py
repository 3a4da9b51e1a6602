"""Readings in, verdict out. Pure: the same readings give the same answer, for ever."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from functools import lru_cache

from probe.model import Also, AppleService, Because, NoteSaid, Readings, Verdict
from probe.verdict.causes import story_of
from probe.verdict.explain import SUBJECTS, WRONG_GUESSES, explained_by
from probe.verdict.reasons import reasons
from probe.verdict.rules import RULES
from probe.verdict.table import (
    Clause,
    Rule,
    Values,
    certainty_of,
    first_met,
    in_words,
    is_met,
    unknowns_that_matter,
)
from probe.words import GOOD, Cause, Certainty, Code, Failure, Nearby, Sign, Signal

MOST_GUESSES = 2  # the contract: why the one or two most popular wrong guesses are wrong


def judge(
    readings: Readings,
    *,
    notes: tuple[NoteSaid, ...] = (),
    services: tuple[AppleService, ...] = (),
    could_not_check: tuple[str, ...] = (),
) -> Verdict:
    """Whose fault it is, how sure that is, and why. Raises KeyError if a signal has no reading."""
    values = values_of(readings)
    rule, clause, certainty, matter = decided(tuple(values.values()))
    cause = cause_of(rule, readings)
    story = story_of(cause)
    because = reasons(readings, clause)
    if code_of(rule, cause) is Code.APPLE_SUSPECTED and not testified(cause, because, values):
        certainty = Certainty.LOW
    return Verdict(
        blame=story.blame,
        code=code_of(rule, cause),
        cause=cause,
        impact=rule.impact or story.impact,
        certainty=certainty,
        headline=story.headline,
        because=because,
        not_because=wrong_guesses(code_of(rule, cause), values),
        could_not_check=(*missing(matter, readings), *could_not_check),
        advice=story.advice,
        also=further_causes(rule, clause, cause, readings),
        notes=notes,
        services=services,
    )


@lru_cache(maxsize=64)  # most judgements find the values of the one before
def decided(values: tuple[StrEnum, ...]) -> tuple[Rule, Clause, Certainty, frozenset[Signal]]:
    """What the table says of these values, in the order of the signals: the rule, the clause of it
    that is met, how sure that is, and the unknown signals that matter."""
    known = dict(zip(Signal, values, strict=True))
    rule, clause = first_met(RULES, known)
    certainty = certainty_of(RULES, rule, known)
    return rule, clause, certainty, unknowns_that_matter(RULES, rule, known)


# What only Apple itself can have said: a server error or a wrong certificate inside its own TLS,
# and names that are wrong for everybody. A hang and a refusal can be made on the way there; in the
# lab a box that refused, and a path that lost large packets, were taken for Apple's at medium.
ITS_OWN_WORD = frozenset(
    {
        Cause.HTTP_5XX,
        Cause.APPLE_CERTIFICATE,
        Cause.PUSH_PROTOCOL,
        Cause.APPLE_AUTHORITATIVE_DNS,
    }
)
SAID_INSIDE_TLS = frozenset(
    {
        Failure.HTTP_5XX,
        Failure.HTTP2_GOAWAY,
        Failure.SSL_INVALID_HOSTNAME,
        Failure.SSL_CERT_EXPIRED,
        Failure.SSL_CERT_NOT_YET_VALID,
        Failure.SSL_CERT_REVOKED,
    }
)


def testified(cause: Cause | None, because: tuple[Because, ...], values: Values) -> bool:
    """Whether Apple's own word, or another line, stands behind a suspicion; if not, it is low."""
    return (
        cause in ITS_OWN_WORD
        or values[Signal.NEARBY] is Nearby.FAILS_ELSEWHERE
        or any(why.failure in SAID_INSIDE_TLS for why in because)
    )


def waiting(cause: Cause) -> Verdict:
    """What is shown while the first sweep runs: STARTING_UP, RESUMED or NETWORK_CHANGED."""
    story = story_of(cause)
    return Verdict(
        blame=story.blame,
        code=Code.UNKNOWN,
        cause=cause,
        impact=story.impact,
        certainty=Certainty.LOW,
        headline=story.headline,
        advice=story.advice,
    )


def recovering() -> Verdict:
    """What is shown while the first thing works again and the rest is asked once more."""
    story = story_of(Cause.RECOVERING)
    return Verdict(
        blame=story.blame,
        code=Code.DEGRADED,
        cause=Cause.RECOVERING,
        impact=story.impact,
        certainty=Certainty.LOW,
        headline=story.headline,
        advice=story.advice,
    )


def why_not(readings: Readings) -> tuple[tuple[Rule, str], ...]:
    """Every rule that is not met, with the nearest thing that keeps it from being met."""
    values = values_of(readings)
    return tuple(
        (rule, _nearest_miss(rule, values))
        for rule in RULES
        if not any(is_met(clause, values) for clause in rule.when)
    )


def values_of(readings: Readings) -> Values:
    """What the table is asked about. What is set aside holds nothing back."""
    return {
        signal: GOOD[signal] if readings[signal].set_aside else readings[signal].value
        for signal in Signal
    }


def cause_of(rule: Rule, readings: Readings) -> Cause | None:
    """The cause that the evidence suggests, if it can stand behind this code; else the rule's."""
    for signal in rule.cause_from:
        suggested = readings[signal].cause
        if suggested is None:
            continue
        if suggested in rule.other_codes or rule.code in story_of(suggested).codes:
            return suggested
    return rule.default_cause


def code_of(rule: Rule, cause: Cause | None) -> Code:
    return rule.code if cause is None else rule.other_codes.get(cause, rule.code)


def wrong_guesses(code: Code, values: Values) -> tuple[str, ...]:
    """The popular wrong guesses that these readings refute."""
    refuted = (guess.said for guess in WRONG_GUESSES[code] if is_met(guess.when, values))
    return tuple(refuted)[:MOST_GUESSES]


def missing(matter: Collection[Signal], readings: Readings) -> tuple[str, ...]:
    """What was not known and could have changed the answer, nearest first."""
    return tuple(
        f"{SUBJECTS[signal]}: {readings[signal].said}"
        if readings[signal].said
        else SUBJECTS[signal]
        for signal in Signal
        if signal in matter
    )


def further_causes(
    rule: Rule, clause: Clause, cause: Cause | None, readings: Readings
) -> tuple[Also, ...]:
    """What explains the failing signals that the first cause cannot: a greedy cover.

    Each cause claims what it is made of and what it explains; a later rule speaks up only for a
    failing signal that nobody has claimed. A rule that knows nothing explains nothing.
    """
    values = values_of(readings)
    bad = {signal for signal in Signal if readings[signal].sign is Sign.BAD}
    claimed = {*clause, *explained_by(code_of(rule, cause), cause)}
    also: list[Also] = []
    for later in RULES[RULES.index(rule) + 1 :]:
        if later.code in {Code.UNKNOWN, Code.OK}:
            continue
        own = {
            signal
            for met in later.when
            if is_met(met, values)
            for signal in met
            if signal in bad and signal not in claimed
        }
        if own:
            further = cause_of(later, readings)
            story = story_of(further)
            also.append(
                Also(code=later.code, cause=further, blame=story.blame, said=story.headline)
            )
            claimed |= own | explained_by(later.code, further)
    return tuple(also)


def _nearest_miss(rule: Rule, values: Values) -> str:
    misses = (
        [signal for signal in Signal if signal in clause and values[signal] not in clause[signal]]
        for clause in rule.when
    )
    unmet, clause = min(
        zip(misses, rule.when, strict=True), key=lambda miss_and_clause: len(miss_and_clause[0])
    )
    signal = unmet[0]
    return f"{signal} is {values[signal]}; wanted: {in_words(signal, clause[signal])}"
