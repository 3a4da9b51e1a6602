"""Every situation gets its first reason and its first step, and nothing that must not be said."""

from __future__ import annotations

import pytest

from probe.triage import Answers, Sight, guide
from probe.triage.told import told
from tests.triage.situations import ALL_FINE, SITUATIONS, Situation


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.story)
def test_a_situation(situation: Situation) -> None:
    given = {key: value for key, value in situation.answers.items() if key != "more"}
    answers = Answers(given=given, more=situation.answers.get("more", frozenset()))

    seen = {**ALL_FINE, **situation.sees}
    sight = Sight(
        network=seen["network"],
        apple=seen["apple"],
        clock=seen["clock"],
        carrier=seen["carrier"],
    )

    guidance = guide(answers, sight)

    ranked = [(reason.key, reason.points) for reason in guidance.reasons]
    steps = [step.key for step in guidance.steps]
    assert guidance.reasons[0].key == situation.reason, ranked
    assert steps[0] == situation.step, steps
    assert not set(steps) & set(situation.never), steps
    if situation.sure:
        assert guidance.reasons[0].sure == situation.sure, ranked


def test_an_app_that_works_from_here_is_named() -> None:
    answers = Answers(given={"bubble": "blue", "who": "everyone"})
    sight = Sight(network="fine", apple="announced", clock="right", other_apps=("Signal",))

    said = told(guide(answers, sight), answers, sight)

    (step,) = (step for step in said["steps"] if step["code"] == "other_app")
    assert step["first"] == ["Signal can be reached from here now."]
