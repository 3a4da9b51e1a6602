"""Every situation gets its first reason and its first step, and nothing that must not be said."""

from __future__ import annotations

from typing import Any

import pytest

from probe.triage import Answers, Guidance, Sight, guide
from probe.triage.told import told
from tests.triage.situations import ALL_FINE, SITUATIONS, Situation


def guided(situation: Situation) -> Guidance:
    given = {key: value for key, value in situation.answers.items() if key != "more"}
    answers = Answers(given=given, more=situation.answers.get("more", frozenset()))
    seen: dict[str, Any] = {**ALL_FINE, **situation.sees}
    return guide(answers, Sight(**seen))


def mistake(situation: Situation, guidance: Guidance) -> object:
    """What is wrong with this guidance; nothing, when it is as the situation wants it."""
    first = guidance.reasons[0]
    steps = [step.key for step in guidance.steps]
    if first.key != situation.reason:
        return [(reason.key, reason.points) for reason in guidance.reasons]
    if steps[0] != situation.step or set(steps) & set(situation.never):
        return steps
    if situation.sure and first.sure != situation.sure:
        return first
    if not set(situation.advises) <= set(steps):
        return steps
    named = {reason.key for reason in guidance.reasons}
    if not set(situation.also) <= named or set(situation.nor) & named:
        return named
    told_why = {sign.why for reason in guidance.reasons for sign in reason.signs}
    return None if set(situation.because) <= told_why else told_why


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.story)
def test_a_situation(situation: Situation) -> None:
    assert mistake(situation, guided(situation)) is None


def test_an_app_that_works_from_here_is_named() -> None:
    answers = Answers(given={"bubble": "blue", "who": "everyone"})
    sight = Sight(network="fine", apple="announced", clock="right", other_apps=("Signal",),
                  failing_apps=("WhatsApp",))  # fmt: skip

    said = told(guide(answers, sight), answers, sight)

    (step,) = (step for step in said["steps"] if step["code"] == "other_app")
    assert step["first"] == [
        "Signal can be reached from here now.",
        "WhatsApp cannot be reached from here now.",
    ]


def other_app(sight: Sight, **given: str) -> list[str] | None:
    answers = Answers(given={"bubble": "blue", "who": "everyone", **given})
    said = told(guide(answers, sight), answers, sight)
    return next((step["first"] for step in said["steps"] if step["code"] == "other_app"), None)


def test_where_nobody_chose_an_app_it_is_said_that_none_was_looked_at() -> None:
    (said,) = other_app(Sight(network="fine", apple="announced")) or [""]

    assert "only where that is switched on" in said


def test_no_other_app_is_advised_that_does_not_work_either() -> None:
    assert other_app(Sight(apple="announced", failing_apps=("Signal",))) is None
    assert other_app(Sight(network="broken")) is None
    assert other_app(Sight(network="broken", other_apps=("Signal",))) is not None


def test_what_works_from_here_is_not_said_of_a_phone_elsewhere() -> None:
    sight = Sight(apple="announced", other_apps=("Signal",), failing_apps=("WhatsApp",))

    said = other_app(sight, where="elsewhere")

    assert said is not None
    assert "Signal" not in " ".join(said)


@pytest.mark.parametrize(("carrier", "is_told"), [("unknown", True), ("failing", False)])
def test_that_the_carrier_is_not_seen_is_said_while_nothing_looks_at_it(
    carrier: str, is_told: bool
) -> None:
    told = guide(Answers(given={"bubble": "green"}), Sight(carrier=carrier))

    assert ("carrier" in told.cannot_know) is is_told
    assert "apple" not in told.cannot_know


def test_a_network_that_isitme_does_not_see_is_told_as_that() -> None:
    told = guide(Answers(given={"where": "elsewhere"}), Sight(network="fine", apple="fine"))

    assert told.cannot_know == ("other_network", "phone")


def test_while_apple_fails_nothing_else_is_more_than_possible() -> None:
    told = guide(
        Answers(given={"bubble": "blue", "who": "everyone"}, more=frozenset({"password"})),
        Sight(network="fine", apple="announced", clock="right"),
    )

    assert [(one.key, one.sure) for one in told.reasons][:2] == [
        ("apple_announced", "likely"),
        ("registration", "possible"),
    ]
