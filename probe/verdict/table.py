"""How a table of rules is read: which rule decides, and how sure that is.

A rule is data: an OR of clauses, a clause an AND of memberships. Negation is the complement set, so
the table the product runs can be enumerated, drawn and compared. Every signal always has a value;
`unknown` is one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from probe.words import VALUES, Cause, Certainty, Code, Impact, Signal

Values: TypeAlias = Mapping[Signal, StrEnum]
Clause: TypeAlias = Mapping[Signal, frozenset[StrEnum]]

ONE_INCIDENT = frozenset({Code.APPLE_SUSPECTED, Code.APPLE_ACKNOWLEDGED, Code.MAINTENANCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the table. The first rule with a clause that is met decides."""

    name: str
    code: Code
    default_cause: Cause | None
    when: tuple[Clause, ...]
    cause_from: tuple[Signal, ...] = ()  # the first of these whose evidence suggests a cause wins
    certainty: Certainty = Certainty.LOW  # once no unknown signal could overturn it
    doubted_by: tuple[Clause, ...] = ()  # evidence that does not overturn it, but speaks against it
    impact: Impact | None = None  # where the rule knows more than the cause
    # Causes that the same signals may have, and that belong to another code.
    other_codes: Mapping[Cause, Code] = field(default_factory=dict)
    says: str  # why the rule is there, for the docs


def only(*values: StrEnum) -> frozenset[StrEnum]:
    """The signal has one of these values."""
    return frozenset(values)


def but(*values: StrEnum) -> frozenset[StrEnum]:
    """The signal has any value but these; `unknown` is any value too."""
    return frozenset(type(values[0])) - frozenset(values)


def both(left: Clause, right: Clause) -> Clause:
    """Both clauses at once."""
    merged = dict(left)
    for signal, wanted in right.items():
        merged[signal] = merged.get(signal, wanted) & wanted
    return merged


def is_met(clause: Clause, values: Values) -> bool:
    return all(values[signal] in wanted for signal, wanted in clause.items())


def may_be_met(clause: Clause, values: Values) -> bool:
    """Would some knowledge of the unknown signals meet this clause?"""
    return all(
        values[signal] in wanted or values[signal] == "unknown" for signal, wanted in clause.items()
    )


def must_be_met(clause: Clause, values: Values) -> bool:
    """Is this clause met whatever the unknown signals would turn out to be?"""
    return all(
        len(wanted) == len(VALUES[signal])
        or (values[signal] in wanted and values[signal] != "unknown")
        for signal, wanted in clause.items()
    )


def in_words(signal: Signal, wanted: frozenset[StrEnum]) -> str:
    """A membership as a person reads it: the values, or the few that are missing."""
    values = tuple(VALUES[signal])
    has = [str(value) for value in values if value in wanted]
    misses = [str(value) for value in values if value not in wanted]
    if not misses:
        return f"{signal} is anything"
    if len(misses) == 1:
        return f"{signal} is not {misses[0]}"
    if len(misses) < len(has):
        return f"{signal} is neither {' nor '.join(misses)}"
    return f"{signal} is {' or '.join(has)}"


def first_met(rules: Sequence[Rule], values: Values) -> tuple[Rule, Clause]:
    """The rule that decides, and its clause. Raises LookupError if the table is not total."""
    for rule in rules:
        for clause in rule.when:
            if is_met(clause, values):
                return rule, clause
    raise LookupError(f"no rule decides {dict(values)}")


def same_incident(one: Code, other: Code) -> bool:
    """Whether two codes are stages of one story: Apple fails, Apple says so, Apple works on it."""
    return one == other or {one, other} <= ONE_INCIDENT


def same_story(one: Rule, other: Rule) -> bool:
    """Whether two rules tell one story, so that moving between them changes no answer."""
    return one is other or {one.code, other.code} <= ONE_INCIDENT


def certainty_of(rules: Sequence[Rule], rule: Rule, values: Values) -> Certainty:
    """How sure a deciding rule is: its own certainty, or LOW while an unknown could overturn it.

    Walk the table as every completion of the unknown signals would: nothing may tell another story
    before this one is sure to be told. So losing evidence can never make a verdict more certain:
    a signal that becomes unknown only adds completions.
    """
    if any(may_be_met(clause, values) for clause in rule.doubted_by):
        return Certainty.LOW
    for other in rules:
        if same_story(rule, other):
            if any(must_be_met(clause, values) for clause in other.when):
                return rule.certainty
        elif any(may_be_met(clause, values) for clause in other.when):
            return Certainty.LOW
    return Certainty.LOW


def unknowns_that_matter(rules: Sequence[Rule], rule: Rule, values: Values) -> frozenset[Signal]:
    """The unknown signals that keep the deciding rule from being certain.

    An undecided answer may be overturned by any rule, a decided one only by the rules before it.
    """
    undecided = rule.code in {Code.UNKNOWN, Code.DEGRADED}
    rivals: Iterable[Rule] = rules if undecided else _before(rules, rule)
    blocking = {
        signal
        for rival in rivals
        if not same_story(rule, rival)
        for clause in rival.when
        if may_be_met(clause, values) and not is_met(clause, values)
        for signal, wanted in clause.items()
        if values[signal] == "unknown" and values[signal] not in wanted
    }
    leaned_on = {
        signal
        for clause in (*rule.when, *rule.doubted_by)
        if may_be_met(clause, values)
        for signal, wanted in clause.items()
        if values[signal] == "unknown" and len(wanted) < len(VALUES[signal])
    }
    return frozenset(blocking | leaned_on)


def _before(rules: Sequence[Rule], rule: Rule) -> Iterable[Rule]:
    for earlier in rules:
        if earlier is rule:
            return
        yield earlier
