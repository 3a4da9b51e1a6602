"""Readings in, verdict out. Pure: the same readings give the same answer, for ever."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from functools import lru_cache

from probe.model import (
    Also,
    AppleService,
    NoteSaid,
    Reading,
    Readings,
    Unexplained,
    Verdict,
)
from probe.verdict.causes import story_of
from probe.verdict.explain import SUBJECTS, WRONG_GUESSES, explained_by
from probe.verdict.reasons import ranked, reasons, said_by_the_far_end
from probe.verdict.rules import RULES
from probe.verdict.table import (
    Clause,
    Rule,
    Values,
    certainty_of,
    first_met,
    in_words,
    is_met,
    may_be_met,
    must_be_met,
    unknowns_that_matter,
)
from probe.words import GOOD, Cause, Certainty, Code, Impact, Nearby, Sign, Signal

MOST_GUESSES = 2  # the contract: why the one or two most popular wrong guesses are wrong
CERTAINTIES, IMPACTS = tuple(Certainty), tuple(Impact)  # from the least on


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
    if rule.code is Code.APPLE_SUSPECTED and not testified(readings, values):
        certainty = Certainty.LOW
    also, unexplained = cover(rule, clause, cause, readings)
    return Verdict(
        blame=story.blame,
        code=code_of(rule, cause),
        cause=cause,
        impact=rule.impact or story.impact,
        certainty=certainty,
        headline=story.headline,
        because=reasons(readings, clause),
        not_because=wrong_guesses(code_of(rule, cause), values),
        could_not_check=(*missing(matter, readings), *could_not_check),
        advice=story.advice,
        also=also,
        unexplained=unexplained,
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


def testified(readings: Readings, values: Values) -> bool:
    """Whether Apple's own word, or another line, stands behind a suspicion; if not, it is low.

    All evidence of every suspicion that is met is asked, not only what is shown of the first one.
    So what is lost can take a witness away, and never brings one in.
    """
    if values[Signal.NEARBY] is Nearby.FAILS_ELSEWHERE:
        return True
    return any(
        cause_of(rule, readings) in ITS_OWN_WORD
        or any(map(said_by_the_far_end, ranked(readings, clause)))
        for rule in RULES
        if rule.code is Code.APPLE_SUSPECTED
        for clause in rule.when
        if is_met(clause, values)
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
    return tuple(_in_its_words(readings[signal]) for signal in Signal if signal in matter)


def _in_its_words(reading: Reading) -> str:
    subject = SUBJECTS[reading.signal]
    return f"{subject}: {reading.said}" if reading.said else subject


def cover(
    rule: Rule, clause: Clause, cause: Cause | None, readings: Readings
) -> tuple[tuple[Also, ...], tuple[Unexplained, ...]]:
    """What explains the failing signals that the first cause cannot, and what nothing explains.

    A greedy cover: each cause claims what it is made of and what it explains; a later rule speaks
    up only for a failing signal that nobody has claimed. A rule that knows nothing explains
    nothing.
    """
    values = values_of(readings)
    bad = frozenset(signal for signal in Signal if readings[signal].sign is Sign.BAD)
    own: frozenset[Signal] = frozenset() if rule.code is Code.UNKNOWN else made_of(clause)
    left = bad - own - explained_by(code_of(rule, cause), cause)
    also: list[Also] = []
    for later in RULES[RULES.index(rule) + 1 :]:
        if not left:
            break
        if later.code in {Code.UNKNOWN, Code.OK}:
            continue
        own = left & frozenset(
            signal for met in later.when if is_met(met, values) for signal in made_of(met)
        )
        if own:
            further = cause_of(later, readings)
            also.append(_also(later, further, values))
            left -= own | explained_by(code_of(later, further), further)
    unexplained = tuple(
        Unexplained(signal=signal, said=_in_its_words(readings[signal]))
        for signal in Signal
        if signal in left
    )
    return tuple(sorted(also, key=_surest_and_worst)), unexplained


def made_of(clause: Clause) -> frozenset[Signal]:
    """The signals of a clause that it accounts for: none that may be right as well."""
    return frozenset(signal for signal, wanted in clause.items() if GOOD[signal] not in wanted)


def _also(rule: Rule, cause: Cause | None, values: Values) -> Also:
    story = story_of(cause)
    sure = any(must_be_met(clause, values) for clause in rule.when) and not any(
        may_be_met(clause, values) for clause in rule.doubted_by
    )
    return Also(
        code=code_of(rule, cause),
        cause=cause,
        blame=story.blame,
        impact=rule.impact or story.impact,
        certainty=rule.certainty if sure else Certainty.LOW,
        said=story.headline,
    )


# Sorting is stable: among equals the order of the table stands, nearest first.
def _surest_and_worst(also: Also) -> tuple[int, int]:
    return -CERTAINTIES.index(also.certainty), -IMPACTS.index(also.impact)


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
