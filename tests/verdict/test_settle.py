"""What is told, since when, and what is only shown: timelines that read downwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from probe.attention import CONFIRM_AFTER_SECONDS
from probe.looks import PLANS
from probe.model import Verdict
from probe.verdict import Told, is_one_incident, judge, settle, turn_of, waiting
from probe.verdict.settle import GAP_SECONDS, SILENCE_SECONDS
from probe.words import (
    AppleStatus,
    Cause,
    Certainty,
    Code,
    Daemon,
    Dns,
    HostClock,
    Look,
    Portal,
    Services,
    Signal,
)
from tests.verdict.world import readings

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

VERDICTS: dict[str, Verdict] = {
    "starting": waiting(Cause.STARTING_UP),
    "resumed": waiting(Cause.RESUMED),
    "changed": waiting(Cause.NETWORK_CHANGED),
    "ok": judge(readings()),
    "impaired": judge(readings({Signal.SELF: Daemon.IMPAIRED})),
    "dns": judge(readings({Signal.DNS: Dns.FAILS})),
    "clock": judge(readings({Signal.CLOCK: HostClock.WRONG})),
    "suspected": judge(readings({Signal.SERVICES: Services.FAIL})),
    "acknowledged": judge(readings({Signal.APPLE_STATUS: AppleStatus.INCIDENT})),
    "not known": judge(readings({Signal.PORTAL: Portal.FAILED})),
    "ambiguous": judge(readings({Signal.SERVICES: Services.FAIL, Signal.PORTAL: Portal.FAILED})),
}

# (seconds, what is judged, what is shown, what is told, since when)
Step = tuple[float, str, str, str | None, float | None]
TIMELINES: dict[str, list[Step]] = {
    "news is told at once": [
        (0, "starting", "starting", None, None),
        (2, "ok", "ok", "ok", 2),
        (30, "dns", "dns", "dns", 30),
        (60, "ok", "ok", "ok", 60),
    ],
    "own trouble is shown at once, and told when it does not pass": [
        (0, "ok", "ok", "ok", 0),
        (10, "impaired", "impaired", "ok", 0),
        (69, "impaired", "impaired", "ok", 0),
        (70, "impaired", "impaired", "impaired", 70),
    ],
    "own trouble that passes is no turn": [
        (0, "dns", "dns", "dns", 0),
        (10, "impaired", "impaired", "dns", 0),
        (20, "dns", "dns", "dns", 0),
    ],
    "the same verdict keeps its since": [
        (0, "dns", "dns", "dns", 0),
        (30, "dns", "dns", "dns", 0),
    ],
    "a wake-up is shown, and is no turn": [
        (0, "dns", "dns", "dns", 0),
        (50, "resumed", "resumed", "dns", 0),
        (55, "dns", "dns", "dns", 0),
    ],
    "another network is shown, then told": [
        (0, "dns", "dns", "dns", 0),
        (50, "changed", "changed", "dns", 0),
        (55, "ok", "ok", "ok", 55),
    ],
    "what was told on another network is no answer to show while news waits": [
        (0, "dns", "dns", "dns", 0),
        (50, "changed", "changed", "dns", 0),
        (55, "not known", "changed", "dns", 0),
        (55 + GAP_SECONDS, "not known", "not known", "not known", 55 + GAP_SECONDS),
    ],
    "ok never outlives its evidence": [
        (0, "ok", "ok", "ok", 0),
        (90, "not known", "not known", "not known", 90),
    ],
    "a known fault is held over the gap of one sweep": [
        (0, "dns", "dns", "dns", 0),
        (90, "not known", "dns", "dns", 0),
        (93, "dns", "dns", "dns", 0),
    ],
    "not knowing is told when it lasts": [
        (0, "dns", "dns", "dns", 0),
        (90, "not known", "dns", "dns", 0),
        (97, "not known", "dns", "dns", 0),
        (98, "not known", "not known", "not known", 98),
    ],
    "a new fault ends the wait": [
        (0, "dns", "dns", "dns", 0),
        (90, "not known", "dns", "dns", 0),
        (92, "clock", "clock", "clock", 92),
    ],
    "the wait begins anew after the fault came back": [
        (0, "dns", "dns", "dns", 0),
        (90, "not known", "dns", "dns", 0),
        (94, "dns", "dns", "dns", 0),
        (98, "not known", "dns", "dns", 0),
        (104, "not known", "dns", "dns", 0),
    ],
    "suspected, then acknowledged, began when it was first told": [
        (0, "ok", "ok", "ok", 0),
        (10, "suspected", "suspected", "suspected", 10),
        (3900, "acknowledged", "acknowledged", "acknowledged", 10),
        (7200, "ok", "ok", "ok", 7200),
        (7300, "acknowledged", "acknowledged", "acknowledged", 7300),
    ],
    "proof that it is not clear is news, not a gap": [
        (0, "suspected", "suspected", "suspected", 0),
        (30, "ambiguous", "ambiguous", "ambiguous", 30),
    ],
}


@pytest.mark.parametrize("name", TIMELINES)
def test_timeline(name: str) -> None:
    now = Told(shown=VERDICTS["starting"])

    for seconds, judged, shown, told, since in TIMELINES[name]:
        at = START + timedelta(seconds=seconds)
        now = settle(now, VERDICTS[judged], at=at, elapsed=1000 + seconds)

        assert now.shown is VERDICTS[shown], seconds
        assert now.told is (VERDICTS[told] if told else None), seconds
        assert now.since == (None if since is None else START + timedelta(seconds=since)), seconds


def test_since_survives_a_restart_that_ends_in_the_same_verdict() -> None:
    before = Told.again(told=VERDICTS["dns"], since=START, shown=VERDICTS["starting"])

    after = settle(before, VERDICTS["dns"], at=START + timedelta(hours=1), elapsed=3.0)

    assert after.since == START
    assert turn_of(before, after, at=START + timedelta(hours=1)) is None


def test_a_restart_that_ends_in_another_verdict_is_a_turn() -> None:
    at = START + timedelta(hours=1)
    before = Told.again(told=VERDICTS["dns"], since=START, shown=VERDICTS["starting"])
    after = settle(before, VERDICTS["ok"], at=at, elapsed=3.0)

    turn = turn_of(before, after, at=at)

    assert turn is not None
    assert (turn.before, turn.after, turn.at) == (VERDICTS["dns"], VERDICTS["ok"], at)


def test_the_first_verdict_ever_is_no_turn() -> None:
    before = Told(shown=VERDICTS["starting"])
    after = settle(before, VERDICTS["ok"], at=START, elapsed=0.0)

    assert turn_of(before, after, at=START) is None


def test_the_wall_clock_may_jump_while_a_verdict_waits() -> None:
    held = Told(shown=VERDICTS["dns"], told=VERDICTS["dns"], since=START)
    held = settle(held, VERDICTS["not known"], at=START, elapsed=10.0)

    later = settle(held, VERDICTS["not known"], at=START + timedelta(days=400), elapsed=11.0)

    assert later.told is VERDICTS["dns"]


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("suspected", "acknowledged", True),
        ("acknowledged", "suspected", True),
        ("suspected", "ok", False),
        ("dns", "acknowledged", False),
    ],
)
def test_suspected_that_becomes_acknowledged_is_one_incident(
    first: str, second: str, one: bool
) -> None:
    before = Told(shown=VERDICTS[first], told=VERDICTS[first], since=START)
    after = settle(before, VERDICTS[second], at=START, elapsed=0.0)
    turn = turn_of(before, after, at=START)

    assert turn is not None
    assert is_one_incident(turn) is one


def test_the_gap_is_as_long_as_a_confirmation_may_take() -> None:
    apart = {Look.STATUS, Look.PUSH_IDLE}  # neither is part of a sweep that news waits for
    longest = max(plan.timeout_seconds for plan in PLANS if plan.look not in apart)

    assert longest + CONFIRM_AFTER_SECONDS == GAP_SECONDS


def test_ok_stands_while_a_first_failure_is_looked_at_again_and_no_longer() -> None:
    told = settle(Told(shown=VERDICTS["ok"]), VERDICTS["ok"], at=START, elapsed=0.0)

    held = settle(told, VERDICTS["not known"], at=START, elapsed=10.0, confirming=True)
    let_go = settle(held, VERDICTS["not known"], at=START, elapsed=10.5, confirming=False)

    assert held.shown == VERDICTS["ok"]
    assert let_go.shown == VERDICTS["not known"]


@pytest.mark.parametrize(
    ("confirmations", "seconds", "shown"),
    [(1, GAP_SECONDS, "not known"), (4, GAP_SECONDS, "ok"), (4, 4 * GAP_SECONDS, "not known")],
)
@pytest.mark.parametrize("told", ["ok", "dns"])
def test_where_looks_fail_by_chance_the_gap_is_as_many_confirmations(
    told: str, confirmations: int, seconds: float, shown: str
) -> None:
    def after(before: Told, judged: str, elapsed: float) -> Told:
        return settle(
            before, VERDICTS[judged], at=START, elapsed=elapsed, confirming=True,
            confirmations=confirmations,
        )  # fmt: skip

    first = after(Told(shown=VERDICTS[told]), told, 0.0)
    held = after(first, "not known", 10.0)

    expected = told if shown == "ok" else shown
    assert after(held, "not known", 10.0 + seconds).shown == VERDICTS[expected]
    # What is known to be wrong waits for one, as everywhere.
    assert after(held, "clock", 10.0 + GAP_SECONDS).shown == VERDICTS["clock"]


def test_blame_of_apple_never_inherits_another_verdicts_wait() -> None:
    told = settle(Told(shown=VERDICTS["ok"]), VERDICTS["ok"], at=START, elapsed=0.0)
    waiting_for = settle(told, VERDICTS["not known"], at=START, elapsed=10.0, confirming=True)

    accused = settle(waiting_for, VERDICTS["suspected"], at=START, elapsed=18.5, confirming=True)

    assert accused.shown == VERDICTS["ok"]


def test_what_was_told_of_another_network_is_not_shown_while_news_of_this_one_waits() -> None:
    told = settle(Told(shown=VERDICTS["ok"]), VERDICTS["ok"], at=START, elapsed=0.0)
    changed = settle(told, VERDICTS["changed"], at=START, elapsed=10.0)

    held = settle(changed, VERDICTS["dns"], at=START, elapsed=17.0, confirming=True)
    still = settle(held, VERDICTS["dns"], at=START, elapsed=18.0, confirming=True)

    assert held.shown == still.shown == VERDICTS["changed"]
    assert held.told == VERDICTS["ok"]


def test_what_was_told_before_own_trouble_is_not_shown_while_news_waits_after_it() -> None:
    told = settle(Told(shown=VERDICTS["ok"]), VERDICTS["ok"], at=START, elapsed=0.0)
    impaired = settle(told, waiting(Cause.SELF_IMPAIRED), at=START, elapsed=10.0)

    held = settle(impaired, VERDICTS["dns"], at=START, elapsed=11.0, confirming=True)
    well = settle(impaired, VERDICTS["ok"], at=START, elapsed=11.0, confirming=True)

    assert held.shown.cause is Cause.SELF_IMPAIRED
    assert well.shown == VERDICTS["ok"]


@pytest.mark.parametrize(
    ("code", "certainty", "seconds", "shown"),
    [
        ("dns", Certainty.HIGH, SILENCE_SECONDS - 0.1, False),
        ("dns", Certainty.HIGH, SILENCE_SECONDS, True),
        ("local_link", Certainty.MEDIUM, 5.0, False),
        ("local_link", Certainty.HIGH, 0.1, True),  # by the kernel's own tables
    ],
)
def test_silence_is_told_once_it_has_lasted_however_long_something_waits_to_be_told(
    code: str, certainty: Certainty, seconds: float, *, shown: bool
) -> None:
    silent = replace(VERDICTS["dns"], code=Code(code), certainty=certainty)
    told = settle(Told(shown=VERDICTS["ok"]), VERDICTS["ok"], at=START, elapsed=0.0)
    unclear = settle(told, VERDICTS["not known"], at=START, elapsed=5.0, confirming=True)

    after = settle(unclear, silent, at=START, elapsed=8.0, silent_seconds=seconds)

    assert (after.shown == silent) is shown
