"""Every situation gets its first reason and its first step, and nothing that must not be said."""

from __future__ import annotations

import pytest

from probe.triage import Answers, Sight, guide
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

    told = guide(answers, sight)

    ranked = [(reason.key, reason.points) for reason in told.reasons]
    steps = [step.key for step in told.steps]
    assert told.reasons[0].key == situation.reason, ranked
    assert steps[0] == situation.step, steps
    assert not set(steps) & set(situation.never), steps
    if situation.sure:
        assert told.reasons[0].sure == situation.sure, ranked
