"""Apple's feeds are asked politely: whole once, then only whether they changed."""

from __future__ import annotations

import pytest

from probe import app
from probe.drill.world import World
from probe.model import FeedFact, Finding
from probe.probes.apple_status import AppleStatusFeeds
from probe.staging import setup_of

pytestmark = pytest.mark.real


def facts(findings: list[Finding]) -> list[FeedFact]:
    return [fact for one in findings for fact in one.facts if isinstance(fact, FeedFact)]


async def test_an_unchanged_feed_costs_one_small_answer_and_says_the_same() -> None:
    async with World() as world:
        setup = setup_of(world, "healthy")
        kept: list[bytes] = []
        look = AppleStatusFeeds(feeds=setup.targets.feeds)
        async with app.made(setup, tap=lambda kind, where, data: kept.append(data)) as monitor:
            first = facts(list(await look.look(monitor.tools, ())))
            again = facts(list(await look.look(monitor.tools, ())))
            world.post_outage()
            changed = facts(list(await look.look(monitor.tools, ())))

    statuses = [data.split(b" ", 2)[1] for data in kept if b"HTTP/" in data[:8]]
    assert statuses == [b"200", b"200", b"304", b"304", b"200", b"304"]
    assert [(fact.feed, fact.services) for fact in again] == [
        (fact.feed, fact.services) for fact in first
    ]
    assert all(fact.age_seconds is not None and fact.age_seconds < 60 for fact in again)
    assert {event.service for fact in changed for event in fact.events} == {"iMessage", "FaceTime"}
