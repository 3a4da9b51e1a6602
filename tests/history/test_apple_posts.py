"""One incident from our first sight to Apple's last word: confirmed, suspected, or withdrawn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from probe.history.keeper import History
from probe.history.read import read, text_of
from probe.model import (
    Because,
    FeedEventFact,
    FeedFact,
    Finding,
    Observation,
    StepTaken,
    Turn,
    Verdict,
)
from probe.words import Blame, Cause, Certainty, Code, Failure, Impact, Look, Step
from tests.support.time import FakeClock

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
MINUTE = 60.0


def verdict(
    blame: Blame,
    code: Code,
    cause: Cause | None = None,
    *,
    target: str = "identity",
    look: Look = Look.APPLE_WEB,
    certainty: Certainty = Certainty.MEDIUM,
    said: str = "identity.ess.apple.com answered 503",
) -> Verdict:
    why = Because(
        look=look, target=target, step=Step.CONTENT, failure=Failure.HTTP_5XX, at=AT, said=said
    )
    return Verdict(
        blame=blame,
        code=code,
        cause=cause,
        impact=Impact.PARTIAL if blame is not Blame.NOBODY else Impact.NONE,
        certainty=certainty,
        headline=f"It is {blame.value}.",
        because=(why,) if blame is not Blame.NOBODY else (),
    )


OK = verdict(Blame.NOBODY, Code.OK)
SUSPECTED = verdict(Blame.APPLE, Code.APPLE_SUSPECTED, Cause.APPLE_SERVICE_FAILS)
PUSH_SUSPECTED = replace(
    SUSPECTED, because=(replace(SUSPECTED.because[0], target="courier-1", look=Look.PUSH_5223),)
)
ACKNOWLEDGED = verdict(Blame.APPLE, Code.APPLE_ACKNOWLEDGED, Cause.APPLE_REPORTS)
CONFIRMED = verdict(Blame.APPLE, Code.APPLE_ACKNOWLEDGED, Cause.CONFIRMED_BY_PROBES)
PATH = verdict(
    Blame.PROVIDER,
    Code.ISP_INTERNET,
    Cause.PATH_TO_APPLE,
    target="vps",
    look=Look.NEARBY,
    said="vps reaches from elsewhere what fails here",
)
UNCLEAR = verdict(Blame.UNKNOWN, Code.UNKNOWN, Cause.AMBIGUOUS, certainty=Certainty.LOW)


def event(
    started: float, ended: float | None = None, *, service: str = "iMessage", **more: Any
) -> FeedEventFact:
    """Minutes after AT."""
    return FeedEventFact(
        service=service,
        message_id=more.pop("message_id", "2000008001"),
        kind=more.pop("kind", "outage"),
        state=more.pop("state", "ongoing" if ended is None else "resolved"),
        started_at=AT + timedelta(minutes=started),
        ended_at=None if ended is None else AT + timedelta(minutes=ended),
        message="",
    )


class Story:
    """What happens, minute by minute."""

    def __init__(self, history: History, clock: FakeClock) -> None:
        self.history, self.clock = history, clock
        self.told = OK

    async def tell(self, minute: float, after: Verdict) -> None:
        self.clock.advance(minute * MINUTE - self.clock.elapsed())
        at = AT + timedelta(minutes=minute)
        await self.history.hear(Turn(at=at, before=self.told, after=after))
        self.told = after

    async def post(self, minute: float, *events: FeedEventFact) -> None:
        self.clock.advance(minute * MINUTE - self.clock.elapsed())
        fact = FeedFact(
            feed="consumer", services=("iMessage",), events=events, unknown_words=0, age_seconds=1.0
        )
        finding = Finding(
            target="consumer",
            operator="apple",
            steps=(StepTaken(step=Step.CONTENT, seconds=0.1),),
            facts=(fact,),
        )
        await self.history.hear(
            Observation(
                look=Look.STATUS,
                finding=finding,
                epoch=0,
                started=self.clock.elapsed(),
                ended=self.clock.elapsed(),
                at=self.clock.now(),
            )
        )


@asynccontextmanager
async def story(path: Path, *, from_minute: float = 0.0) -> AsyncIterator[Story]:
    clock = FakeClock(AT)
    clock.advance(from_minute * MINUTE)
    history = History(path / "history.db", clock=clock, most_bytes=50_000_000)
    await history.open()
    yield Story(history, clock)
    await history.close()


def told(path: Path) -> dict[str, Any]:
    return read(path / "history.db", since=0)


async def test_a_post_that_comes_when_all_is_over_confirms_what_was_suspected(
    tmp_path: Path,
) -> None:
    async with story(tmp_path) as now:
        await now.tell(0, SUSPECTED)
        await now.tell(32, OK)
        await now.post(64, event(-3, 30))

    (incident,) = told(tmp_path)["incidents"]
    assert incident["outcome"] == "confirmed"
    assert incident["apple_lag_seconds"] == 64 * MINUTE
    assert incident["apple_events"] == ["2000008001"]
    assert incident["ended"] == "2026-03-02T10:32:00Z"
    assert "Apple said so 64 minutes later" in text_of(told(tmp_path))


async def test_what_apple_never_mentions_stays_suspected(tmp_path: Path) -> None:
    async with story(tmp_path) as now:
        await now.tell(0, SUSPECTED)
        await now.tell(32, OK)
        await now.post(64)

    (incident,) = told(tmp_path)["incidents"]
    assert (incident["outcome"], incident["apple_lag_seconds"]) == ("suspected", None)


OF_SOMETHING_ELSE = {
    "another service": event(-3, 30, service="App Store"),
    "another day": event(-1500, -1400),
    "after it was over": event(50, 60),
    "maintenance to come": event(-3, 30, kind="maintenance", state="upcoming"),
}


@pytest.mark.parametrize("what", OF_SOMETHING_ELSE)
async def test_a_post_about_something_else_confirms_nothing(tmp_path: Path, what: str) -> None:
    async with story(tmp_path) as now:
        await now.tell(0, SUSPECTED)
        await now.tell(32, OK)
        await now.post(64, OF_SOMETHING_ELSE[what])

    (incident,) = told(tmp_path)["incidents"]
    assert incident["outcome"] == "suspected"


async def test_push_that_fails_is_confirmed_by_what_people_miss(tmp_path: Path) -> None:
    """Apple's own row for push was never seen to change in six years."""
    async with story(tmp_path) as now:
        await now.tell(0, PUSH_SUSPECTED)
        await now.tell(32, OK)
        await now.post(64, event(-3, 30, service="FaceTime"))

    (incident,) = told(tmp_path)["incidents"]
    assert incident["outcome"] == "confirmed"


async def test_a_restart_between_suspicion_and_post_loses_nothing(tmp_path: Path) -> None:
    async with story(tmp_path) as now:
        await now.tell(0, SUSPECTED)
        await now.tell(32, OK)
    async with story(tmp_path, from_minute=60) as later:
        await later.post(64, event(-3, 30))

    (incident,) = told(tmp_path)["incidents"]
    assert incident["outcome"] == "confirmed"


async def test_where_apple_spoke_first_the_lag_is_negative(tmp_path: Path) -> None:
    async with story(tmp_path) as now:
        await now.tell(0, ACKNOWLEDGED)
        await now.tell(5, CONFIRMED)
        await now.tell(60, OK)

    (incident,) = told(tmp_path)["incidents"]
    assert (incident["outcome"], incident["apple_lag_seconds"]) == ("confirmed", -5 * MINUTE)
    assert "5 minutes before" in text_of(told(tmp_path))


async def test_another_vantage_point_that_reaches_withdraws_it_with_the_reason(
    tmp_path: Path,
) -> None:
    async with story(tmp_path) as now:
        await now.tell(0, SUSPECTED)
        await now.tell(1, PATH)
        await now.post(64, event(-3, 30))  # whatever comes later

    newest, first = told(tmp_path)["incidents"]
    assert first["outcome"] == "withdrawn"
    assert first["because"] == "It is provider. (vps reaches from elsewhere what fails here)"
    assert newest["outcome"] is None
    assert "withdrawn: It is provider." in text_of(told(tmp_path))


async def test_a_moment_of_doubt_does_not_hide_what_withdrew_it(tmp_path: Path) -> None:
    async with story(tmp_path) as now:
        await now.tell(0, SUSPECTED)
        await now.tell(1, UNCLEAR)
        await now.tell(1.1, PATH)

    newest, first = told(tmp_path)["incidents"]
    assert first["outcome"] == "withdrawn"
    assert newest["started"] == "2026-03-02T10:01:00Z"


async def test_a_fault_of_ours_an_hour_later_withdraws_nothing(tmp_path: Path) -> None:
    async with story(tmp_path) as now:
        await now.tell(0, SUSPECTED)
        await now.tell(30, OK)
        await now.tell(90, PATH)

    assert told(tmp_path)["incidents"][1]["outcome"] == "suspected"


async def test_what_was_not_clear_is_the_beginning_of_what_it_turns_out_to_be(
    tmp_path: Path,
) -> None:
    async with story(tmp_path) as now:
        await now.tell(0, UNCLEAR)
        await now.tell(0.1, SUSPECTED)
        await now.tell(65, CONFIRMED)
        await now.tell(90, OK)

    (incident,) = told(tmp_path)["incidents"]
    assert incident["started"] == "2026-03-02T10:00:00Z"
    assert incident["suspected"] == "2026-03-02T10:00:06Z"
    assert incident["apple_lag_seconds"] == pytest.approx(64.9 * MINUTE)


async def test_every_wording_of_apples_is_kept_once(tmp_path: Path) -> None:
    async with story(tmp_path) as now:
        for minute, words in enumerate(
            [event(9), event(9), event(-12), event(-12, 40), event(-12, 40)]
        ):
            await now.post(60.0 + minute, words)
    async with story(tmp_path, from_minute=70) as later:
        await later.post(70, event(-12, 40))

    posts = told(tmp_path)["apple_posts"]
    assert [(post["state"], post["started"], post["at"]) for post in reversed(posts)] == [
        ("ongoing", "2026-03-02T10:09:00Z", "2026-03-02T11:00:00Z"),
        ("ongoing", "2026-03-02T09:48:00Z", "2026-03-02T11:02:00Z"),
        ("resolved", "2026-03-02T09:48:00Z", "2026-03-02T11:03:00Z"),
    ]
