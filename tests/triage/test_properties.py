"""What must hold for every combination of answers and of what is seen."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from probe.triage import QUESTIONS, Answers, Sight, guide
from probe.triage.questions import CIRCUMSTANCES

SEEN = {
    "network": ("fine", "shaky", "broken", "unknown"),
    "apple": ("fine", "suspected", "announced", "unknown"),
}
# No sign hangs on this host's clock: the phone has its own.
CLOCKS = ("right", "wrong", "unknown")
NONE, EVERY = frozenset[str](), frozenset(CIRCUMSTANCES)
ONE_OR_TWO = [
    frozenset(some) for many in (1, 2) for some in itertools.combinations(CIRCUMSTANCES, many)
]
DEAR = {"sign_out_and_in", "reset_network", "recreate_thread", "toggle_imessage"}


def given() -> Iterator[dict[str, str]]:
    offered = [(None, *answers) for answers in QUESTIONS.values()]
    for values in itertools.product(*offered):
        yield {q: v for q, v in zip(QUESTIONS, values, strict=True) if v is not None}


def sights() -> Iterator[Sight]:
    for values in itertools.product(*SEEN.values()):
        network, apple = values
        yield Sight(network=network, apple=apple)


@pytest.mark.slow
@pytest.mark.parametrize("more", [NONE, EVERY], ids=["no circumstance", "every circumstance"])
def test_no_advice_contradicts_what_is_seen(more: frozenset[str]) -> None:
    for answers in (Answers(given=one, more=more) for one in given()):
        for sight in sights():
            check(answers, sight)


@pytest.mark.slow
def test_nor_with_one_or_two_circumstances() -> None:
    few = [
        Answers(given={"bubble": bubble, "who": who, "calls": "voicemail"}, more=more)
        for bubble in QUESTIONS["bubble"]
        for who in QUESTIONS["who"]
        for more in ONE_OR_TWO
    ]
    for answers in few:
        for sight in sights():
            check(answers, sight)


@pytest.mark.parametrize("more", [NONE, EVERY], ids=["no circumstance", "every circumstance"])
def test_this_hosts_clock_changes_nothing_about_the_phones(more: frozenset[str]) -> None:
    answers = Answers(given={"bubble": "blue", "who": "everyone"}, more=more)
    told = [guide(answers, Sight(network="fine", apple="fine", clock=clock)) for clock in CLOCKS]

    assert told[0] == told[1] == told[2]


def check(answers: Answers, sight: Sight) -> None:
    told = guide(answers, sight)
    steps = {step.key for step in told.steps}
    reasons = {reason.key: reason.sure for reason in told.reasons}
    here = answers.given.get("where") != "elsewhere"
    green = answers.given.get("bubble") == "green"
    shown = (answers, sight, reasons, [step.key for step in told.steps])

    assert told.reasons, shown
    assert told.steps, shown
    assert reasons.get("blocked") in (None, "possible"), shown
    if "blocked" in reasons:
        # The whole pattern, with everything else ruled out.
        assert answers.given.get("who") == "one", shown
        assert answers.given.get("calls") in ("voicemail", "rings_out"), shown
        assert sight.apple == "fine", shown
        assert sight.network in ("fine", "shaky"), shown
        assert here, shown
    if sight.apple in ("announced", "suspected") and not green:
        assert not steps & DEAR, shown
        assert told.reasons[0].key == "apple" or told.reasons[0].sure == "likely", shown
    if sight.apple in ("announced", "suspected"):
        assert "sign_out_and_in" not in steps, shown
    if sight.network == "broken" and here:
        assert not steps & {"sign_out_and_in", "toggle_imessage", "reset_network"}, shown
    if "date_by_hand" not in answers.more:
        assert "set_date" not in steps, shown
    if "wait_for_apple" in steps:
        assert sight.apple in ("announced", "suspected"), shown
        assert not green, shown
    if "fix_network" in steps:
        assert sight.network == "broken", shown
        assert here, shown
    if green:
        assert not steps & {"sign_out_and_in", "toggle_imessage"}, shown
    costs = [step.cost for step in told.steps]
    assert costs == sorted(costs), shown
