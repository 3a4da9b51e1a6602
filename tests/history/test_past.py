"""What the page is told of the past, and how an older file comes to tell it too."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from probe.history import past
from probe.history.keeper import History, offsets_of
from probe.history.schema import STEPS
from probe.history.store import DAY_SECONDS, Row, Store
from probe.model import OffsetFact
from probe.words import Look, Step
from tests.support.statuses import AT, healthy, passed, seen
from tests.support.time import FakeClock

Open = Callable[[Path], Store]
NOW = AT.timestamp()
TOLD = {"blame": "me", "code": "dns", "cause": None, "impact": "low", "certainty": "high",
        "headline": "x"}  # fmt: skip
WELL = {**TOLD, "blame": "nobody", "code": "ok"}
INCIDENT = {"same": False, "evidence": [], "apple_events": [], "suspected": False,
            "acknowledged": False, "contradicts": None}  # fmt: skip


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens a file, and closes it in the end."""
    stores: list[Store] = []

    def open_(path: Path) -> Store:
        stores.append(Store(path))
        return stores[-1]

    yield open_
    for store in stores:
        store.close()


def row(at: float, seconds: float, *, failed: bool = False, look: str = "ref_ip") -> Row:
    failure = "connection_refused" if failed else None
    return Row(at=at, look=look, target="a", family="ipv4", step=None, failure=failure,
               seconds=seconds)  # fmt: skip


def test_the_story_begins_with_what_was_in_force_ninety_days_ago(
    tmp_path: Path, opened: Callable[[Path], Store]
) -> None:
    store = opened(tmp_path / "history.db")
    for days, told in ((200, WELL), (120, TOLD), (40, WELL), (10, TOLD)):
        incident = None if told is WELL else INCIDENT
        store.add_turn(NOW - days * DAY_SECONDS, told, incident)

    story = store.ask(lambda database: past.story(database, now=NOW))

    assert [(NOW - turn["at"]) / DAY_SECONDS for turn in story["turns"]] == [120, 40, 10]
    assert [one["ended"] is None for one in story["incidents"]] == [True, False]


def test_an_incident_is_told_with_every_turn_in_it(
    tmp_path: Path, opened: Callable[[Path], Store]
) -> None:
    store = opened(tmp_path / "history.db")
    store.add_turn(NOW, TOLD, INCIDENT)
    store.add_turn(NOW + 5, {**TOLD, "impact": "full"}, {**INCIDENT, "same": True})
    store.add_turn(NOW + 9, WELL, None)
    store.add_turn(NOW + 99, TOLD, INCIDENT)

    one = store.ask(lambda database: past.incident(database, id=1))

    assert one is not None
    assert [turn["at"] - NOW for turn in one["turns"]] == [0, 5, 9]
    assert store.ask(lambda database: past.incident(database, id=3)) is None


def test_how_long_answers_took_is_of_those_that_came(
    tmp_path: Path, opened: Callable[[Path], Store]
) -> None:
    """Before and after the hours are rolled up."""
    store = opened(tmp_path / "history.db")
    old = NOW - 3 * DAY_SECONDS
    store.add_observations(
        [row(at, seconds, failed=failed) for at in (old, NOW)
         for seconds, failed in ((0.1, False), (0.3, False), (5.0, True))]
        + [row(NOW, 9.0, look="ntp")]
    )  # fmt: skip
    store.tidy(NOW, most_bytes=10**9)

    pace = store.ask(
        lambda database: past.pace(
            database, looks=["ref_ip"], since=NOW - 9 * DAY_SECONDS, step=DAY_SECONDS
        )
    )

    assert [(one["passed"], one["failed"]) for one in pace] == [(2, 1), (2, 1)]
    assert [round(one["mean"], 3) for one in pace] == [0.2, 0.2]
    assert pace[1]["slowest"] == 0.3


def test_hours_of_an_older_isitme_say_that_they_cannot_tell(
    tmp_path: Path, opened: Callable[[Path], Store]
) -> None:
    """They mixed answers with waiting in vain: no mean is better than a wrong one."""
    path = tmp_path / "history.db"
    with sqlite3.connect(path) as database:
        for number, step in enumerate(STEPS[:2], start=1):
            database.executescript(f"{step} PRAGMA user_version = {number};")
        database.execute(
            "INSERT INTO hour VALUES (?, 'ref_ip', 'a', 'ipv4', 2, 1, 5.4, 5.0)",
            (int(NOW - 2 * DAY_SECONDS),),
        )
    database.close()

    store = opened(path)
    pace = store.ask(
        lambda database: past.pace(
            database, looks=["ref_ip"], since=NOW - 9 * DAY_SECONDS, step=DAY_SECONDS
        )
    )

    assert [(one["mean"], one["failed"]) for one in pace] == [(None, 1)]


async def test_the_clock_is_kept_by_quarters_of_an_hour(
    tmp_path: Path, opened: Callable[[Path], Store]
) -> None:
    fact = OffsetFact(source="apple", low_seconds=0.01, high_seconds=0.03, authenticated=False)
    hint = OffsetFact(
        source="web", low_seconds=9.0, high_seconds=9.0, authenticated=False, hint=True
    )
    look = seen(Look.NTP, "apple", passed(Step.EXCHANGE, 0.02), facts=(fact, hint))
    history = History(tmp_path / "history.db", clock=FakeClock(AT), most_bytes=10**9)
    history.network = lambda: None

    await history.open()
    await history.hear(look)
    await history.hear(healthy().observations[0])
    await history.close()
    store = opened(tmp_path / "history.db")
    kept = store.ask(lambda database: past.offsets(database, since=0))

    quarter = int(look.at.timestamp() // 900 * 900)
    assert list(offsets_of(look)) == [(quarter, "apple")]
    assert kept == [{"at": quarter, "source": "apple", "low": 0.01, "high": 0.03}]
