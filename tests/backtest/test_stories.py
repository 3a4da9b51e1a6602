"""A replay of invented years says of each incident what its plan says: an oracle of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from probe.backtest.replay import replay
from probe.backtest.report import report_json
from probe.targets import Targets
from tests.backtest.stories import APART, SHAPES, Incident, recording, story

SEEDS = (1, 2)
INCIDENTS = 2 * len(SHAPES)
# Looks at Apple's services come every 40 s by turns, and a second look confirms; its feeds are
# asked every 120 s, and news of them waits for that (probe/looks.py). Seconds.
SEEN_WITHIN, READ_WITHIN, OVER_WITHIN = 60.0, 150.0, 90.0
KINDS = {"Hiccup": "unknown"}


def time_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))


def told_of(incident: Incident, report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What was told between this incident's beginning and the next one's."""
    early, late = incident.zero - timedelta(hours=1), incident.zero + APART - timedelta(hours=1)
    return [one for one in report["incidents"] if early <= (time_of(one["started"]) or late) < late]


def within(text: str | None, moment: datetime, seconds: float) -> bool:
    at = time_of(text)
    return at is not None and -1.0 <= (at - moment).total_seconds() <= seconds


def check_told(plan: Incident, told: Sequence[Mapping[str, Any]]) -> None:
    posts = [one for one in plan.wordings if one.state == "ongoing"]
    over = [one for one in plan.wordings if one.state in {"resolved", "completed"}]

    if plan.shape == "of others":
        assert told == []
        return
    first = told[0]
    assert first["blame"] == "apple"
    if plan.shape == "contradicted":
        assert plan.failing is not None
        assert plan.contradicted is not None
        assert first["outcome"] == "withdrawn"
        assert first["because"]
        assert within(first["suspected"], plan.zero, SEEN_WITHIN)
        assert within(first["ended"], plan.moment(plan.contradicted), 2 * SEEN_WITHIN)
        assert [one["blame"] for one in told[1:]] == ["provider"]
        return
    assert len(told) == 1, [one["headline"] for one in told]
    if plan.failing is None:
        assert first["suspected"] is None
        assert first["apple_lag_seconds"] is None
        assert within(first["started"], plan.moment(posts[0].at), READ_WITHIN)
        assert within(first["ended"], plan.moment(over[0].at), READ_WITHIN)
        assert first["apple_events"] == [plan.message_id]
        assert first["outcome"] == (None if plan.kind == "Maintenance" else "confirmed")
        return
    assert within(first["suspected"], plan.zero, SEEN_WITHIN)
    assert first["started"] == first["suspected"]
    confirmed = plan.shape in {"seen, then posted", "posted when it is over"}
    assert first["outcome"] == ("confirmed" if confirmed else "suspected")
    if not confirmed:
        assert first["acknowledged"] is None
        assert first["apple_lag_seconds"] is None
    else:
        acknowledged = time_of(first["acknowledged"])
        suspected = time_of(first["suspected"])
        assert acknowledged is not None
        assert suspected is not None
        assert within(first["acknowledged"], plan.moment(plan.wordings[0].at), READ_WITHIN)
        lag = (acknowledged - suspected).total_seconds()
        assert first["apple_lag_seconds"] == pytest.approx(lag, abs=1.5)
        assert first["apple_events"] == [plan.message_id]
    if plan.shape == "seen, then posted":
        # Apple speaks of it longer than it is to be seen here.
        assert within(first["ended"], plan.moment(over[0].at), READ_WITHIN)
    else:
        assert within(first["ended"], plan.moment(plan.failing[1]), OVER_WITHIN)


def check_ledger(incidents: Sequence[Incident], report: Mapping[str, Any]) -> None:
    posted = {one["message_id"]: one for one in report["apple"]}
    plans = {one.message_id: one for one in incidents if one.wordings}

    assert set(posted) == set(plans)
    for message_id, plan in plans.items():
        said = posted[message_id]
        starts = [plan.moment(one.started) for one in plan.wordings]
        changed = [at for at, before in zip(starts, [None, *starts], strict=False) if at != before]
        first, last = plan.wordings[0], plan.wordings[-1]
        done = next(one for one in plan.wordings if one.state in {"resolved", "completed"})
        assert [time_of(at) for at in said["starts"]] == changed, plan
        assert time_of(said["first_seen"]) == plan.moment(first.at)
        assert said["first_state"] == first.state
        assert said["late_seconds"] == (first.at - last.started) * 60
        assert set(said["services"]) == set(last.services)
        assert said["kinds"] == [KINDS.get(plan.kind, plan.kind.lower())]
        assert time_of(said["over_seen"]) == plan.moment(done.at)
        assert plan.gone is not None
        assert time_of(said["gone"]) == plan.moment(plan.gone)
        ended = [plan.moment(one.ended) for one in plan.wordings if one.ended is not None]
        assert time_of(said["ended"]) == (ended[-1] if ended else None)


def check_summary(incidents: Sequence[Incident], report: Mapping[str, Any]) -> None:
    shapes = [one.shape for one in incidents]
    summary = report["summary"]

    assert summary["withdrawn"] == shapes.count("contradicted")
    assert summary["suspected"] == shapes.count("never posted") + shapes.count("of another time")
    assert summary["confirmed"] == sum(
        shapes.count(one) for one in ("seen, then posted", "posted when it is over", "posted only")
    )
    assert summary["apple_posted"] == sum(bool(one.wordings) for one in incidents)
    assert summary["apple_posted_watched"] == summary["apple_posted"] - shapes.count("of others")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_replay_says_what_was_planned(seed: int) -> None:
    incidents = story(seed, INCIDENTS)
    report = report_json(replay(recording(incidents, seed)), watched=Targets().watched_services)

    assert {one.shape for one in incidents} == set(SHAPES)
    for plan in incidents:
        check_told(plan, told_of(plan, report))
    check_ledger(incidents, report)
    check_summary(incidents, report)
