"""What is kept across restarts, on real files; and what a bad disk costs: history alone."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from probe.history import questions
from probe.history.keeper import History
from probe.history.read import gaps, read, text_of
from probe.history.schema import STEPS
from probe.history.store import DAY_SECONDS, Row, Store
from probe.model import Status, Turn
from probe.monitor import ours
from probe.words import Code, Failure, Look
from tests.support.statuses import AT, apple_outage, dns_block, healthy
from tests.support.time import FakeClock

MOST = 50_000_000
NOW = AT.timestamp()


def clock_at_the_time_of_the_samples() -> FakeClock:
    return FakeClock(AT)


def turn(before: Status, after: Status, *, later_seconds: float = 0.0) -> Turn:
    at = AT + timedelta(seconds=later_seconds)
    return Turn(at=at, before=before.verdict, after=after.verdict)


def a_history(path: Path) -> History:
    return History(path, clock=clock_at_the_time_of_the_samples(), most_bytes=MOST)


async def test_the_next_run_knows_what_was_told_and_since_when(tmp_path: Path) -> None:
    first = a_history(tmp_path / "history.db")
    await first.open()
    await first.first(healthy())
    await first.hear(turn(healthy(), dns_block(), later_seconds=-60))
    await first.close()

    second = a_history(tmp_path / "history.db")
    remembered = await second.open()
    await second.close()

    assert remembered.told is not None
    assert remembered.told.told_as == dns_block().verdict.told_as
    assert remembered.since == AT - timedelta(seconds=60)


async def test_who_was_right_before_may_be_a_witness_after_a_restart(tmp_path: Path) -> None:
    first = a_history(tmp_path / "history.db")
    first.network = lambda: "net-1"
    await first.open()
    for observation in dns_block().observations:
        await first.hear(observation)
    for observation in healthy().observations:
        await first.hear(observation)
    await first.close()

    second = a_history(tmp_path / "history.db")
    remembered = await second.open()
    await second.close()

    passed = {(asked.look, asked.target): asked.ever_passed for asked in remembered.asked}
    assert passed[Look.PUSH_5223, "courier"]
    assert not passed[Look.DNS_EACH, "1-courier.push.apple.com"]
    assert list(remembered.push_seen_seconds_ago) == ["net-1"]


async def test_a_look_that_was_cut_off_is_no_witness_after_a_restart(tmp_path: Path) -> None:
    cut_off = ours(Look.APPLE_WEB, Failure.INTERRUPTED, "the whole look took too long")
    one = healthy().observations[0]
    first = a_history(tmp_path / "history.db")
    await first.open()
    await first.hear(replace(one, look=Look.APPLE_WEB, finding=cut_off))
    await first.hear(one)
    await first.close()

    second = a_history(tmp_path / "history.db")
    remembered = await second.open()
    await second.close()

    assert [(asked.look, asked.target) for asked in remembered.asked] == [
        (one.look, one.finding.target)
    ]


async def test_suspected_then_acknowledged_is_one_incident_and_its_lag_is_kept(
    tmp_path: Path,
) -> None:
    suspected = replace(
        apple_outage(), verdict=replace(apple_outage().verdict, code=Code.APPLE_SUSPECTED)
    )
    acknowledged = replace(
        apple_outage(), verdict=replace(apple_outage().verdict, code=Code.APPLE_ACKNOWLEDGED)
    )
    history = a_history(tmp_path / "history.db")
    await history.open()
    await history.hear(turn(healthy(), suspected, later_seconds=-7200))
    await history.hear(turn(suspected, acknowledged, later_seconds=-3300))
    await history.hear(turn(acknowledged, healthy(), later_seconds=-60))
    await history.close()

    found = read(tmp_path / "history.db", since=NOW - DAY_SECONDS)

    again = a_history(tmp_path / "history.db")
    remembered = await again.open()
    await again.close()

    (incident,) = found["incidents"]
    assert incident["apple_lag_seconds"] == 3900.0
    assert remembered.apple_lag_seconds == 3900.0
    assert incident["ended"] is not None
    assert [row["code"] for row in found["turns"]] == [
        "ok",
        "apple_acknowledged",
        "apple_suspected",
    ]
    assert "65 minutes later" in text_of(found)


async def test_another_fault_is_another_incident(tmp_path: Path) -> None:
    history = a_history(tmp_path / "history.db")
    await history.open()
    await history.hear(turn(healthy(), dns_block(), later_seconds=-100))
    await history.hear(turn(dns_block(), apple_outage(), later_seconds=-50))
    await history.close()

    found = read(tmp_path / "history.db", since=0)

    assert [row["ended"] is None for row in found["incidents"]] == [True, False]


def set_aside(folder: Path) -> list[Path]:
    return list(folder.glob("history.db.broken-*"))


BAD_PLACES = {
    "a file that is no database": b"this is not a database, and long enough to be read as a header"
    * 20,
    "a torn database": b"SQLite format 3\x00" + b"\xff" * 4000,
}


@pytest.mark.parametrize("content", BAD_PLACES.values(), ids=BAD_PLACES)
async def test_a_spoiled_file_is_set_aside_and_a_new_one_begun(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "history.db"
    path.write_bytes(content)
    history = a_history(path)

    await history.open()
    await history.hear(turn(healthy(), dns_block()))
    await history.close()

    (aside,) = set_aside(tmp_path)
    assert aside.read_bytes() == content
    assert len(read(path, since=0)["turns"]) == 1


async def test_a_place_that_cannot_be_written_costs_history_and_says_so(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder is wanted")
    history = a_history(blocked / "history.db")

    await history.open()
    await history.hear(turn(healthy(), dns_block()))
    await history.hear(healthy().observations[0])

    assert str(blocked / "history.db") in history.trouble
    assert await history.told("turns", 3600, 10, None) is None
    await history.close()


async def test_a_disk_that_is_full_loses_no_observation_that_can_wait(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    history = a_history(path)
    await history.open()
    assert history._store is not None
    pages = history._store._database.execute("PRAGMA page_count").fetchone()[0]
    history._store._database.execute(f"PRAGMA max_page_count = {pages}")
    many = [replace(healthy().observations[2], at=AT + timedelta(seconds=n)) for n in range(400)]
    for observation in many:
        await history.hear(observation)

    await history._try(history._flush)
    assert "full" in history.trouble
    history._store._database.execute("PRAGMA max_page_count = 100000")
    await history._try(history._flush)

    assert history.trouble == ""
    rows = await history.ask(
        lambda database: questions.hours(database, since=0, look=Look.REF_IP.value)
    )
    assert rows is not None
    assert sum(row["passed"] for row in rows) == 400
    await history.close()


async def test_a_newer_history_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    database.close()
    history = a_history(path)

    await history.open()
    await history.close()

    assert "newer isitme" in history.trouble
    assert set_aside(tmp_path) == []


WRITER = """
import sys, time
from pathlib import Path
from probe.history.store import Store
store = Store(Path(sys.argv[1]))
told = dict(blame="me", code="dns", cause=None, impact="low", certainty="high", headline="x")
number = 0
while True:
    number += 1
    incident = None if number % 2 else dict(
        same=False, evidence=[], apple_events=[], suspected=False, acknowledged=False,
        contradicts=None)
    store.add_turn(float(number), told, incident)
    print(number, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("turns", [1, 7, 40])
def test_no_told_turn_is_lost_when_the_process_is_killed(tmp_path: Path, turns: int) -> None:
    path = tmp_path / "history.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(turns)]
        os.kill(writer.pid, signal.SIGKILL)
        said += [int(line) for line in writer.stdout]

    store = Store(path)
    kept = store.ask(lambda database: questions.turns(database, since=0, most=100_000))
    open_ones = [
        row
        for row in store.ask(lambda database: questions.incidents(database, since=0, most=100_000))
        if row["ended"] is None
    ]
    store.close()

    assert {row["at"] for row in kept} >= set(map(float, said))
    assert len(open_ones) <= 1


def row(at: float, *, failure: str | None = None) -> Row:
    return Row(
        at=at,
        look="ref_ip",
        target="quad9-ip",
        family="ipv4",
        step="connect" if failure else None,
        failure=failure,
        seconds=0.5,
    )


def test_a_day_later_an_hour_is_a_row_and_nothing_is_counted_twice(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.db")
    old = NOW - 3 * DAY_SECONDS
    store.add_observations([row(old), row(old + 1), row(old + 2, failure="eof_error"), row(NOW)])

    for _ in range(2):
        store.tidy(NOW, most_bytes=MOST)

    found = store.ask(lambda database: questions.hours(database, since=0, look="ref_ip"))
    store.close()
    assert [(hour["passed"], hour["failed"]) for hour in found] == [(2, 1), (1, 0)]
    assert found[0]["seconds"] == pytest.approx(1.5)


def test_the_file_stays_under_its_bound(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.db")
    for day in range(20):
        store.add_observations(
            [replace(row(NOW - day * DAY_SECONDS - n), target=f"t{n}") for n in range(500)]
        )
    whole = store.size()

    store.tidy(NOW, most_bytes=whole // 3)

    assert store.size() <= whole // 3
    store.close()


def test_what_lies_between_two_spans_is_a_gap(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.db")
    for seconds, anew in ((0, True), (30, False), (60, False), (1000, False), (1030, False)):
        store.looking(NOW + seconds, anew=anew)
    store.looking(NOW + 1060, anew=True)
    store.close()

    looking = read(tmp_path / "history.db", since=0)["looking"]

    assert len(looking) == 3
    assert len(gaps(looking)) == 2
