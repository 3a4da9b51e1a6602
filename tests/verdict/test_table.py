"""The table is well formed, and certainty follows its one principle."""

from __future__ import annotations

import pytest

from probe.verdict import CAUSES, RULES, Rule
from probe.verdict.rules import _each
from probe.verdict.table import (
    both,
    but,
    certainty_of,
    first_met,
    in_words,
    may_be_met,
    must_be_met,
    only,
    unknowns_that_matter,
)
from probe.words import (
    GOOD,
    VALUES,
    AppleDns,
    Certainty,
    Code,
    Gateway,
    Internet,
    Link,
    Port,
    Proxy,
    Push,
    Services,
    Signal,
)
from tests.verdict.world import DEAD, NOTHING_KNOWN, Values

BY_NAME = {rule.name: rule for rule in RULES}


def certainty(differs: Values) -> tuple[str, Certainty]:
    values = {**GOOD, **differs}
    rule, _ = first_met(RULES, values)
    return rule.name, certainty_of(RULES, rule, values)


def test_rules_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_speaks_the_words_of_its_signals(rule: Rule) -> None:
    for clause in (*rule.when, *rule.doubted_by):
        for signal, wanted in clause.items():
            assert wanted, f"{signal} can never be met"
            assert wanted < frozenset(VALUES[signal]), f"{signal} asks for nothing"
            assert {type(value) for value in wanted} == {VALUES[signal]}


def test_what_is_shared_by_clauses_is_asked_for_by_each() -> None:
    down, gone = {Signal.LINK: only(Link.DOWN)}, {Signal.GATEWAY: only(Gateway.GONE)}
    out = {Signal.INTERNET: only(Internet.UNREACHABLE)}

    assert _each(out, down, gone) == ({**out, **down}, {**out, **gone})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_a_cause_that_may_stand_behind_its_code(rule: Rule) -> None:
    if rule.code is Code.OK:
        assert rule.default_cause is None
    else:
        assert rule.default_cause is not None
        assert rule.code in CAUSES[rule.default_cause].codes
    assert rule.says.endswith(".")


def test_every_code_can_be_told() -> None:
    assert {rule.code for rule in RULES} == set(Code)


def test_not_knowing_is_never_certain() -> None:
    assert {rule.certainty for rule in RULES if rule.code is Code.UNKNOWN} == {Certainty.LOW}


def test_a_signal_that_is_unknown_may_be_anything_and_must_be_nothing() -> None:
    clause = {Signal.LINK: only(Link.DOWN)}

    assert may_be_met(clause, {Signal.LINK: Link.UNKNOWN})
    assert not may_be_met(clause, {Signal.LINK: Link.UP})
    assert not must_be_met(clause, {Signal.LINK: Link.UNKNOWN})
    assert must_be_met(clause, {Signal.LINK: Link.DOWN})
    assert not must_be_met({Signal.LINK: but(Link.UP)}, {Signal.LINK: Link.UNKNOWN})


def test_both_asks_for_what_either_asks_for() -> None:
    left = {Signal.LINK: but(Link.DOWN), Signal.GATEWAY: only(Gateway.ALIVE)}

    joined = both(left, {Signal.LINK: only(Link.UP, Link.DOWN)})

    assert joined == {Signal.LINK: only(Link.UP), Signal.GATEWAY: only(Gateway.ALIVE)}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (only(Push.WORKS), "push is works"),
        (only(Push.WORKS, Push.ONLY_443), "push is works or only_443"),
        (but(Push.WORKS), "push is not works"),
        (but(Push.WORKS, Push.ONLY_443), "push is neither works nor only_443"),
        (frozenset(Push), "push is anything"),
    ],
)
def test_a_membership_reads_as_a_person_says_it(wanted: frozenset[Push], expected: str) -> None:
    assert in_words(Signal.PUSH, frozenset(wanted)) == expected


PORT_BLOCKED: Values = {Signal.PUSH: Push.ONLY_443, Signal.PORT: Port.BLOCKED}
CERTAINTIES: dict[str, tuple[Values, str, Certainty]] = {
    "a dead line, everything near known": (DEAD, "internet_unreachable", Certainty.HIGH),
    "a dead line, the link unknown": (
        {**DEAD, Signal.LINK: Link.UNKNOWN},
        "internet_unreachable",
        Certainty.LOW,
    ),
    "a dead line, a proxy unknown": (
        {**DEAD, Signal.PROXY: Proxy.UNKNOWN},
        "internet_unreachable",
        Certainty.LOW,
    ),
    "a dead line, Apple not looked at": (
        {**DEAD, Signal.SERVICES: Services.UNKNOWN},
        "internet_unreachable",
        Certainty.LOW,
    ),
    "a dead line, and a part of Apple answers": (
        {**DEAD, Signal.SERVICES: Services.ONE_FAILS},
        "internet_unreachable",
        Certainty.LOW,
    ),
    "a blocked port": (PORT_BLOCKED, "port_blocked_fallback_works", Certainty.HIGH),
    "a port that is not known to be blocked": (
        {**PORT_BLOCKED, Signal.PORT: Port.UNKNOWN},
        "port_blocked_fallback_works",
        Certainty.LOW,
    ),
    "what ok does not need is not missed": (
        {
            Signal.LINK: Link.UNKNOWN,
            Signal.GATEWAY: Gateway.UNKNOWN,
            Signal.PORT: Port.UNKNOWN,
        },
        "ok",
        Certainty.HIGH,
    ),
    "Apple's word missing may only add to a suspicion": (
        {
            Signal.SERVICES: Services.FAIL,
            Signal.APPLE_STATUS: VALUES[Signal.APPLE_STATUS]("unknown"),
        },
        "suspected_services",
        Certainty.MEDIUM,
    ),
    "seen or not, Apple's word is certain": (
        {
            Signal.APPLE_STATUS: VALUES[Signal.APPLE_STATUS]("incident"),
            Signal.PUSH: Push.SILENT,
            Signal.PORT: Port.UNKNOWN,
        },
        "acknowledged_and_seen",
        Certainty.HIGH,
    ),
    "Apple's word while a reference is out": (
        {
            Signal.APPLE_STATUS: VALUES[Signal.APPLE_STATUS]("incident"),
            Signal.INTERNET: Internet.PARTLY,
        },
        "acknowledged",
        Certainty.LOW,
    ),
}


@pytest.mark.parametrize("name", CERTAINTIES)
def test_certainty_is_what_no_unknown_could_overturn(name: str) -> None:
    differs, rule, expected = CERTAINTIES[name]

    assert certainty(differs) == (rule, expected)


MATTER: dict[str, tuple[Values, set[Signal]]] = {
    "nothing is missing from a healthy world": ({}, set()),
    "ok does not miss what it does not need": ({Signal.LINK: Link.UNKNOWN}, set()),
    "a dead line misses the link": ({**DEAD, Signal.LINK: Link.UNKNOWN}, {Signal.LINK}),
    "a firewall misses the port": (
        {**PORT_BLOCKED, Signal.PORT: Port.UNKNOWN},
        {Signal.PORT},
    ),
    "not ok for want of the names of Apple": (
        {Signal.DNS_APPLE: AppleDns.UNKNOWN},
        {Signal.DNS_APPLE},
    ),
}


@pytest.mark.parametrize("name", MATTER)
def test_only_the_unknowns_that_matter_are_missed(name: str) -> None:
    differs, expected = MATTER[name]
    values = {**GOOD, **differs}
    rule, _ = first_met(RULES, values)

    assert unknowns_that_matter(RULES, rule, values) == expected


def test_when_nothing_is_known_everything_but_the_far_details_is_missed() -> None:
    rule, _ = first_met(RULES, NOTHING_KNOWN)

    missed = unknowns_that_matter(RULES, rule, NOTHING_KNOWN)

    assert {Signal.SELF, Signal.LINK, Signal.GATEWAY, Signal.INTERNET} <= missed
