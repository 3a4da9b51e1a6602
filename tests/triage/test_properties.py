"""What must hold for every combination of answers and of what is seen.

All combinations are some forty thousand million (2304 ways to answer, 8192 sets of circumstances,
2268 sights), so: every combination of the answers and sights that forbid or allow something, once
without a circumstance and once with all of them (114,688); every circumstance and every pair of
them against what decides most (22,932); 1,500 random ones of everything, anew each time; and every
code and cause that a verdict may have. `test_how_many` keeps these figures true.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import pytest
from hypothesis import given as given_by
from hypothesis import settings
from hypothesis import strategies as some

from probe.triage import QUESTIONS, Answers, Guidance, Sight, guide, sight_of
from probe.triage.questions import CIRCUMSTANCES
from probe.triage.reasons import REASONS
from probe.triage.sight import VALUES
from probe.triage.signs import APPLE_FAILS, BROKEN_HERE, SIGNS
from probe.words import Blame, Certainty, Code, Impact
from tests.triage.test_sight import VERDICTS, WELL, status

NONE, EVERY = frozenset[str](), frozenset(CIRCUMSTANCES)
ONE_OR_TWO = [
    frozenset(few) for many in (1, 2) for few in itertools.combinations(CIRCUMSTANCES, many)
]
APPS = {"work": {"other_apps": ("Signal",)}, "fail": {"failing_apps": ("Signal",)}, "unknown": {}}
APPLE_DOWN = {"announced", "maintenance", "suspected"}
ACCOUNT = {"sign_out_and_in", "toggle_imessage"}
DRASTIC = {"sign_out_and_in", "reset_network", "recreate_thread"}
# Pace and a carrier that can be reached change weights alone; the rest decides what is forbidden.
FEW = {"bubble": QUESTIONS["bubble"], "who": QUESTIONS["who"], "calls": ("voicemail",),
       "facetime": ("rings_out",), "where": QUESTIONS["where"]}  # fmt: skip
SEEN_FEW = {"network": VALUES["network"], "apple": VALUES["apple"], "clock": ("right", "wrong"),
            "certainty": ("low", "high"), "apps": ("work", "unknown")}  # fmt: skip


def answered(questions: dict[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    offered = [(None, *answers) for answers in questions.values()]
    for values in itertools.product(*offered):
        yield {q: v for q, v in zip(questions, values, strict=True) if v is not None}


def sight(seen: dict[str, str]) -> Sight:
    words = {what: value for what, value in seen.items() if what != "apps"}
    return Sight(**words, **APPS[seen.get("apps", "unknown")])  # type: ignore[arg-type]


def sights(seen: dict[str, tuple[str, ...]]) -> list[Sight]:
    return [sight(dict(zip(seen, v, strict=True))) for v in itertools.product(*seen.values())]


def test_how_many() -> None:
    """The figures of this file's first lines."""
    questions = math.prod(len(answers) + 1 for answers in QUESTIONS.values())
    seen = math.prod(len(values) for values in VALUES.values())
    assert (questions, 2 ** len(CIRCUMSTANCES), seen) == (2304, 8192, 2268)
    exhaustive = 2 * len(list(answered(FEW))) * len(sights(SEEN_FEW))
    assert exhaustive == 2 * 256 * 224 == 114_688
    assert len(ONE_OR_TWO) * 9 * 28 == 22_932


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("more", [NONE, EVERY], ids=["no circumstance", "every circumstance"])
def test_no_advice_contradicts_what_is_seen(more: frozenset[str]) -> None:
    everything_seen = sights(SEEN_FEW)
    for answers in (Answers(given=one, more=more) for one in answered(FEW)):
        for seen in everything_seen:
            check(answers, seen)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_nor_with_one_or_two_circumstances() -> None:
    everything_seen = sights({"network": VALUES["network"], "apple": VALUES["apple"]})
    for bubble, who in itertools.product(QUESTIONS["bubble"], QUESTIONS["who"]):
        given = {"bubble": bubble, "who": who, "calls": "voicemail", "facetime": "rings_out"}
        for more in ONE_OR_TWO:
            for seen in everything_seen:
                check(Answers(given=given, more=more), seen)


ANYTHING = some.builds(
    Answers,
    given=some.fixed_dictionaries(
        {}, optional={q: some.sampled_from(answers) for q, answers in QUESTIONS.items()}
    ),
    more=some.frozensets(some.sampled_from(CIRCUMSTANCES)),
)
ANY_SIGHT = some.fixed_dictionaries(
    {what: some.sampled_from(values) for what, values in VALUES.items()}
).map(sight)


@given_by(answers=ANYTHING, seen=ANY_SIGHT)
@settings(max_examples=1500, deadline=None)
def test_nor_with_anything_at_all(answers: Answers, seen: Sight) -> None:
    check(answers, seen)


def check(answers: Answers, sight: Sight) -> None:
    told = guide(answers, sight)
    wrong = mistake(told, answers, sight)
    assert not wrong, (wrong, answers, sight, [(r.key, r.sure) for r in told.reasons],
                       [step.key for step in told.steps])  # fmt: skip


def mistake(told: Guidance, answers: Answers, sight: Sight) -> str:
    """The first rule that is broken, in words; "" for none. Rules of the issue, not of the code."""
    steps = {step.key for step in told.steps}
    sure = {reason.key: reason.sure for reason in told.reasons}
    given, green = answers.given, answers.given.get("bubble") == "green"
    here = given.get("where") != "elsewhere"
    broken = here and sight.network == "broken"
    down = sight.apple in APPLE_DOWN
    costs = [step.cost for step in told.steps]
    whole_pattern = (
        given.get("who") == "one"
        and given.get("calls") == "voicemail"
        and given.get("facetime") == "rings_out"
        and given.get("bubble") in (None, "blue")
        and not answers.more & {"arrived", "one_thread", "switched"}
        and here
        and sight.apple == "fine"
        and sight.network in ("fine", "shaky")
    )
    rules = {
        "there is a reason and a step": told.reasons and told.steps,
        "cheapest first": costs == sorted(costs),
        "a block is never more than possible": sure.get("blocked") in (None, "possible"),
        "a block needs the whole pattern": "blocked" not in sure or whole_pattern,
        "a block is never alone": set(sure) != {"blocked"},
        "nobody signs out or resets while Apple fails": not down
        or not steps & {*DRASTIC, "toggle_imessage"},
        "nor while Apple has other trouble, or is not reached": not (
            sight.apple in ("other", "unreached") and here
        )
        or not steps & ACCOUNT,
        "Apple first while it fails": not down
        or green
        or broken
        or told.reasons[0].key in ("apple_announced", "apple_suspected"),
        "announced is Apple's own word": ("apple_announced" in sure)
        == (sight.apple in ("announced", "maintenance") and not green),
        "suspected is not": ("apple_suspected" in sure)
        == (sight.apple == "suspected" and not green),
        "a suspicion that is not sure is possible": sight.certainty != "low"
        or sure.get("apple_suspected") in (None, "possible"),
        "one waits only for Apple": "wait_for_apple" not in steps or (down and not green),
        "this network first while it is broken": not broken
        or green
        or (told.reasons[0].key == "network" and told.steps[0].key == "fix_network"),
        "and nothing about accounts or resets then": not broken
        or not steps & {*DRASTIC, "toggle_imessage"},
        "nor is it weak": "mend_weakness" not in steps
        or (here and sight.network == "shaky" and not green),
        "nor anything drastic while it is weak": not (here and sight.network == "shaky")
        or not steps & DRASTIC,
        "nothing here is mended that is not broken": "fix_network" not in steps
        or (broken and not green),
        "accounts while isitme sees all well": not steps & ACCOUNT or sight.apple == "fine",
        "no other cause is likely while one is known": not (broken or down)
        or green
        or all(
            sure[key] == "possible"
            for key in sure
            if key not in ("network", "apple_announced", "apple_suspected")
        ),
        "no date is set unless a clock is wrong or set by hand": "set_date" not in steps
        or "date_by_hand" in answers.more
        or (sight.clock == "wrong" and here),
        "nor that of this computer, when it is right": not (
            given.get("where") == "this_device" and sight.clock == "right"
        )
        or "set_date" not in steps,
        "a wrong clock comes before the account": not (sight.clock == "wrong" and here)
        or not steps & ACCOUNT,
        "a text message has no account, date or old iPhone": not green
        or not steps & {*ACCOUNT, "set_date", "deregister", "wait_for_apple", "send_as_text"},
        "the carrier is asked about text messages only": not steps
        & {"ask_carrier", "carrier_update", "reset_network"}
        or given.get("bubble") in ("green", "turned_green"),
        "a text message is told what cannot be seen of it": told.green
        == (given.get("bubble") in ("green", "turned_green")),
        "no app that does not work": "other_app" not in steps
        or not here
        or not (sight.apps == "fail" or (broken and sight.apps != "work")),
        "a computer has no airplane mode": given.get("where") != "this_device"
        or not steps & {"airplane_mode", "carrier_update", "reset_network", "send_as_text"},
        "who has it needs no reset": "arrived" not in answers.more
        or not steps & {"recreate_thread", "deregister", "try_again"},
        "one person's failure signs nobody out": given.get("who") != "one"
        or "sign_out_and_in" not in steps,
        "a conversation is deleted only when it alone fails": "recreate_thread" not in steps
        or "one_thread" in answers.more,
    }  # fmt: skip
    return next((rule for rule, kept in rules.items() if not kept), "")


def test_what_isitme_sees_outweighs_all_that_a_person_may_answer() -> None:
    seen = set(VALUES)
    answers = {
        reason: sum(
            sign.points
            for sign in SIGNS
            if sign.reason == reason and sign.points > 0 and not seen & set(sign.when)
        )
        for reason in REASONS
    }

    assert max(answers.values()) + 10 < APPLE_FAILS
    # A network with everything against it, but what isitme sees.
    against = sum(sign.points for sign in SIGNS
                  if sign.reason == "network" and -100 < sign.points < 0)  # fmt: skip
    assert BROKEN_HERE + against > APPLE_FAILS


# ---------------------------------------------------------------- every verdict there is

PEOPLE = [
    Answers(given=given, more=more)
    for given in answered({"bubble": QUESTIONS["bubble"], "who": ("one", "everyone"),
                           "where": QUESTIONS["where"]})
    for more in (NONE, frozenset({"password", "sim"}), frozenset({"date_by_hand", "one_thread"}))
]  # fmt: skip


@pytest.mark.parametrize(("code", "cause", "story"), VERDICTS)
def test_no_advice_contradicts_the_live_verdict(code: Code, cause: object, story: object) -> None:
    """Not by the words that the guide makes of it, but by the verdict's own."""
    blame, impact = story.blame, story.impact  # type: ignore[attr-defined]
    unwell = {**WELL, "iMessage": ("available", False)} if blame is Blame.APPLE else WELL
    for certainty in Certainty:
        now = sight_of(status(code, cause, certainty=certainty, services=unwell))  # type: ignore[arg-type]
        for answers in PEOPLE:
            told = guide(answers, now)
            first, steps = told.reasons[0].key, {step.key for step in told.steps}
            green = answers.given.get("bubble") == "green"
            here = answers.given.get("where") != "elsewhere"
            shown = (certainty, answers, first, steps)
            if blame is not Blame.APPLE:
                assert "wait_for_apple" not in steps, shown
            elif code is Code.APPLE_SUSPECTED and not green:
                assert first == "apple_suspected", shown
                assert not steps & {*ACCOUNT, *DRASTIC}, shown
            if blame in (Blame.ME, Blame.PROVIDER) and impact in (Impact.PARTIAL, Impact.FULL):
                self_inflicted = "time" if code is Code.CLOCK else "network"
                if here and not green:
                    assert not steps & {*ACCOUNT, *DRASTIC}, shown
                    if code is not Code.CLOCK:
                        assert first == self_inflicted, shown
                    if code is Code.CLOCK and "password" not in answers.more:
                        assert self_inflicted in {one.key for one in told.reasons}, shown
                        assert "fix_network" not in steps, shown
                    if code is Code.CLOCK:
                        assert told.steps[0].key == "set_date", shown
            if blame is Blame.NOBODY:
                assert "fix_network" not in steps, shown
                assert now.network == "fine", shown
            if "fix_network" in steps:
                assert blame is not Blame.APPLE, shown
            assert not mistake(told, answers, now), shown
