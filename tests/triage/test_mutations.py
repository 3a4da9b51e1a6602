"""No row of the tables is there for nothing: take one away or turn it round, and a test fails.

Seen by the situations, or by the rules over all combinations. What neither misses, no person would,
or a situation is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import probe.triage.reasons as weighing
import probe.triage.steps as stepping
from probe.triage import Answers, Sight, guide
from probe.triage.signs import SIGNS, Sign
from probe.triage.steps import STEPS, Step
from tests.triage import test_properties as rules
from tests.triage.situations import SITUATIONS
from tests.triage.test_situations import guided, mistake

# Ones in which each thing that is forbidden would be near.
PEOPLE = [
    Answers(given={"bubble": bubble, "who": "one", "calls": "voicemail", "facetime": "rings_out",
                   "where": where}, more=more)
    for bubble in ("blue", "green")
    for where in ("here", "this_device")
    for more in (rules.NONE, frozenset({"beta", "one_thread"}), frozenset({"switched"}))
]  # fmt: skip
SIGHTS = rules.sights(
    {"network": ("fine", "shaky", "broken", "unknown"),
     "apple": ("fine", "announced", "unreached"), "apps": ("fail", "unknown")}
)  # fmt: skip


def signs_that_differ() -> Iterator[tuple[str, tuple[Sign, ...]]]:
    table = SIGNS
    for place, sign in enumerate(table):
        name = f"{sign.reason} {sign.points:+} {dict(sign.when)}"
        yield f"without {name}", (*table[:place], *table[place + 1 :])
        turned = replace(sign, points=-sign.points)
        yield f"turned round {name}", (*table[:place], turned, *table[place + 1 :])


def steps_that_differ() -> Iterator[tuple[str, tuple[Step, ...]]]:
    table = STEPS

    def with_(place: int, step: Step) -> tuple[Step, ...]:
        return (*table[:place], step, *table[place + 1 :])

    for place, step in enumerate(table):
        for at, never in enumerate(step.never):
            rest = (*step.never[:at], *step.never[at + 1 :])
            yield f"{step.key} without never {dict(never)}", with_(place, replace(step, never=rest))
        if step.only:
            yield f"{step.key} without only", with_(place, replace(step, only=()))
        for at, only in enumerate(step.only[:-1]):
            yield (
                f"{step.key} only {dict(only)}",
                with_(place, replace(step, only=step.only[at : at + 1])),
            )
        if step.only_if_likely:
            yield f"{step.key} if possible", with_(place, replace(step, only_if_likely=False))


def is_seen() -> bool:
    """Whether a situation or a rule fails now."""
    if any(mistake(situation, guided(situation)) is not None for situation in SITUATIONS):
        return True
    return any(
        rules.mistake(guide(answers, sight), answers, sight)
        for answers in PEOPLE
        for sight in SIGHTS
    )


def test_the_tables_as_they_are_are_right() -> None:
    assert not is_seen()


@pytest.mark.parametrize(
    "table", [pytest.param(table, id=name) for name, table in signs_that_differ()]
)
def test_a_sign_that_is_gone_or_turned_round_is_seen(
    table: tuple[Sign, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing, "SIGNS", table)

    assert is_seen()


@pytest.mark.parametrize(
    "table", [pytest.param(table, id=name) for name, table in steps_that_differ()]
)
def test_a_step_that_is_forbidden_less_is_seen(
    table: tuple[Step, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepping, "STEPS", table)

    assert is_seen()


def test_a_block_stays_possible_however_much_speaks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its signs alone never suffice today; this is for the day that somebody adds one."""
    strong = tuple(
        replace(sign, points=100) if sign.reason == "blocked" and sign.points > 0 else sign
        for sign in SIGNS
    )
    monkeypatch.setattr(weighing, "SIGNS", strong)
    answers = Answers(
        given={"bubble": "blue", "who": "one", "calls": "voicemail", "facetime": "rings_out"}
    )

    first = guide(answers, Sight(network="fine", apple="fine", clock="right")).reasons[0]

    assert (first.key, first.sure) == ("blocked", "possible")


@pytest.mark.parametrize("key", sorted({*weighing.NEVER_LIKELY} - {"blocked"}))
def test_a_reason_that_may_suddenly_be_likely_is_seen(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = {one: when for one, when in weighing.NEVER_LIKELY.items() if one != key}
    monkeypatch.setattr(weighing, "NEVER_LIKELY", rest)

    assert is_seen()


@pytest.mark.parametrize("key", weighing.KNOWN)
def test_what_isitme_does_not_know_any_more_is_seen(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = {one: when for one, when in weighing.KNOWN.items() if one != key}
    monkeypatch.setattr(weighing, "KNOWN", rest)

    assert is_seen()
