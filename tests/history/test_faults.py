"""What a kill, a disk, a clock or a second isitme may do to the history: never to what was told."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from probe.history import questions
from probe.history.alone import InUse
from probe.history.keeper import LONG_SECONDS, SETTLED_SECONDS, TIDY_EVERY_SECONDS, History
from probe.history.read import read
from probe.history.schema import STEPS
from probe.history.store import DAY_SECONDS, Store
from probe.model import Turn
from tests.support.statuses import AT, dns_block, healthy
from tests.support.time import FakeClock

MOST = 50_000_000
NOW = AT.timestamp()


def turn(seconds: float = 0.0) -> Turn:
    at = AT + timedelta(seconds=seconds)
    return Turn(at=at, before=healthy().verdict, after=dns_block().verdict)


def a_history(path: Path, clock: FakeClock | None = None) -> History:
    return History(path, clock=clock or FakeClock(AT), most_bytes=MOST)


def told_at(path: Path) -> list[str]:
    return [row["at"] for row in read(path, since=0)["turns"]]


def set_aside(folder: Path) -> list[Path]:
    return list(folder.glob("history.db.broken-*[0-9]"))


# ---------------------------------------------------------------- kill -9, again and again

# Everything that is ever written, in an endless round, each said once it is kept.
WRITER = """
import sys
from pathlib import Path
from probe.history.store import Row, Store
store, number = Store(Path(sys.argv[1])), int(sys.argv[2])
told = dict(blame="me", code="dns", cause=None, impact="low", certainty="high", headline="x")
trouble = dict(same=False, evidence=[], apple_events=[], suspected=False, acknowledged=False)
while True:
    number += 1
    at = number * 600.0
    store.add_turn(at, told, trouble if number % 2 else None)
    print("turn", number, flush=True)
    rows = [Row(at=at + n, look="ntp", target="t", family="ipv4", step=None, failure=None,
                seconds=1.0) for n in range(10)]
    store.add_observations(rows)
    print("seen", number, flush=True)
    store.put_message(f"msg_{number}", at, "{}")
    print("queued", number, flush=True)
    store.looking(at, anew=number % 5 == 0)
    store.tidy(at, most_bytes=10**9)
"""
ROUNDS = 12


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_killed_again_and_again_at_any_write_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path, last = tmp_path / "history.db", 0
    said: dict[str, set[int]] = {"turn": set(), "seen": set(), "queued": set()}
    for lap in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(last)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()
            time.sleep(0.003 * lap)  # each lap dies at another place of the round
            os.kill(writer.pid, signal.SIGKILL)
            lines = [first, *writer.stdout]
        for line in lines:
            if line.endswith("\n"):
                what, number = line.split()
                said[what].add(int(number))
                last = max(last, int(number))
        last += 1  # the one under way may be kept or not, and is not written again

    store = Store(path)
    turns = store.ask(lambda database: questions.turns(database, since=0, most=100_000))
    hours = store.ask(lambda database: questions.hours(database, since=0, look="ntp"))
    queued = store.ask(questions.messages)
    sound = store.ask(lambda database: database.execute("PRAGMA integrity_check").fetchone()[0])
    store.close()

    assert sound == "ok"
    kept = [round(row["at"] / 600) for row in turns]
    assert len(kept) == len(set(kept))
    assert set(kept) >= said["turn"]
    seen = sum(hour["passed"] for hour in hours)
    assert len(said["seen"]) * 10 <= seen <= (len(said["seen"]) + ROUNDS) * 10
    assert seen % 10 == 0  # ten at a time or none
    assert {row["message"] for row in queued} >= {f"msg_{number}" for number in said["queued"]}


# ---------------------------------------------------------------- disks

# A real disk that takes no more: the kernel refuses to let any file grow past a bound.
ON_A_FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from tests.history.test_faults import a_history, turn

async def main():
    path = Path(sys.argv[1])
    history = a_history(path)
    await history.open()
    await history.hear(turn(1))
    size = max(each.stat().st_size for each in path.parent.iterdir())
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    for n in range(2, 40):
        await history.hear(turn(n))
    print(history.trouble)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    await history.hear(turn(99))
    print(history.trouble or "kept again")
    await history.close()

asyncio.run(main())
"""


@pytest.mark.slow
def test_a_full_disk_is_told_and_costs_only_what_was_told_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "history.db"

    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
        cwd=Path(__file__).parents[2],
    )

    full, again = done.stdout.splitlines()
    assert full.startswith(f"nothing is kept: {path}: ")
    assert again == "kept again"
    kept = told_at(path)
    assert kept[0] == "2026-11-23T10:01:39Z"  # after the disk had room again
    assert kept[-1] == "2026-11-23T10:00:01Z"  # before it was full


async def test_a_disk_that_turns_read_only_is_told_and_nobody_waits_for_it(tmp_path: Path) -> None:
    history = a_history(tmp_path / "history.db")
    await history.open()
    await history.hear(turn(1))
    assert history._store is not None
    history._store._database.execute("PRAGMA query_only = ON")

    await history.hear(turn(2))
    assert "readonly" in history.trouble
    found = await history.told("turns", 1e9, 10, None)
    assert found is not None  # what was kept can be read still
    assert len(found["turns"]) == 1

    history._store._database.execute("PRAGMA query_only = OFF")
    await history.hear(turn(3))
    assert history.trouble == ""
    await history.close()


async def test_a_file_that_is_spoiled_inside_is_set_aside_and_the_turn_is_kept(
    tmp_path: Path,
) -> None:
    """Its head is sound, so that it opens; the tables behind it are not."""
    path = tmp_path / "history.db"
    first = a_history(path)
    await first.open()
    for n in range(50):
        await first.hear(turn(n))
    await first.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))

    second = a_history(path)
    await second.open()
    await second.hear(turn(60))
    await second.close()

    assert second.trouble == ""
    assert told_at(path) == ["2026-11-23T10:01:00Z"]
    assert [len(one.read_bytes()) for one in set_aside(tmp_path)] == [len(whole)]


# ---------------------------------------------------------------- clocks


async def test_a_clock_that_jumps_ahead_drops_nothing_before_it_was_mended(tmp_path: Path) -> None:
    clock, path = FakeClock(AT), tmp_path / "history.db"
    history = a_history(path, clock)
    await history.open()
    await history.hear(turn())
    assert history.may_drop()

    clock.jump(10 * 365 * DAY_SECONDS)
    clock.advance(TIDY_EVERY_SECONDS)
    assert not history.may_drop()
    clock.advance(SETTLED_SECONDS - 1)
    assert not history.may_drop()
    clock.jump(-10 * 365 * DAY_SECONDS)  # time servers were reached
    assert not history.may_drop()
    clock.advance(SETTLED_SECONDS)
    assert history.may_drop()

    await history.close()
    assert len(told_at(path)) == 1


@pytest.mark.parametrize("days", [-20_000, -40, 40, 4_000])
async def test_started_under_a_wrong_clock_it_drops_nothing_for_a_day(
    tmp_path: Path, days: int
) -> None:
    """A board without a battery begins in 1970; and a dead battery says anything."""
    path = tmp_path / "history.db"
    first = a_history(path)
    await first.open()
    await first.hear(turn())
    await first.close()

    clock = FakeClock(AT + timedelta(days=days))
    second = a_history(path, clock)
    remembered = await second.open()
    assert remembered.told is not None
    assert remembered.told.told_as == dns_block().verdict.told_as
    assert not second.may_drop()
    clock.advance(SETTLED_SECONDS)
    assert second.may_drop()
    await second.close()


async def test_a_pause_shorter_than_a_month_is_no_wrong_clock(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    first = a_history(path)
    await first.open()
    await first.close()

    second = a_history(path, FakeClock(AT + timedelta(seconds=LONG_SECONDS - 1)))
    await second.open()

    assert second.may_drop()
    await second.close()


def test_a_clock_set_back_is_a_gap_and_never_a_span_that_ends_before_it_began(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "history.db")
    for at in (NOW, NOW + 30, NOW - 7200, NOW - 7170):
        store.looking(at, anew=False)
    spans = store.ask(lambda database: questions.spans(database, since=0))
    store.close()

    assert [span["seen"] - span["started"] for span in spans] == [30, 30]


# ---------------------------------------------------------------- two at once

HOLDER = """
import sys
from pathlib import Path
from probe.history.store import Store
store = Store(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_isitme(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that has this history open."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as one:
        assert one.stdout is not None
        assert one.stdout.readline() == "held\n"
        yield one


async def test_of_two_at_once_the_second_keeps_nothing_until_the_first_has_ended(
    tmp_path: Path,
) -> None:
    path = tmp_path / "history.db"
    with another_isitme(path) as first:
        with pytest.raises(InUse):
            Store(path)
        second = a_history(path)
        await second.open()
        await second.hear(turn(1))
        assert second.trouble == f"nothing is kept: {path}: another isitme keeps its history there"
        assert told_at(path) == []  # reading is free to all
        first.kill()
    await second._try(second._open)  # as its own watch does
    await second.hear(turn(2))
    await second.close()

    assert second.trouble == ""
    assert told_at(path) == ["2026-11-23T10:00:02Z"]


# ---------------------------------------------------------------- older files


@pytest.mark.parametrize("step", range(1, len(STEPS)))
async def test_the_file_of_every_earlier_version_is_taken_over_with_all_that_is_in_it(
    tmp_path: Path, step: int
) -> None:
    path = tmp_path / "history.db"
    database = sqlite3.connect(path)
    for number, text in enumerate(STEPS[:step], start=1):
        database.executescript(f"BEGIN; {text} PRAGMA user_version = {number}; COMMIT;")
    told = ("me", "dns", "dns_filtered", "partial", "high", "It's you.")
    database.execute(
        "INSERT INTO turn (at, blame, code, cause, impact, certainty, headline) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (NOW - 60, *told),
    )
    database.execute(
        "INSERT INTO incident (started, blame, code, cause, impact, certainty, headline, evidence, "
        "apple_events) VALUES (?, ?, ?, ?, ?, ?, ?, '[]', '[]')",
        (NOW - 60, *told),
    )
    database.execute("INSERT INTO span (started, seen) VALUES (?, ?)", (NOW - 90, NOW - 30))
    database.execute(
        "INSERT INTO observation VALUES (?, 'ref_ip', 'quad9-ip', 'ipv4', NULL, NULL, 0.5)",
        (NOW - 2 * DAY_SECONDS,),
    )
    database.execute(
        "INSERT INTO hour (at, look, target, family, passed, failed, seconds, slowest) "
        "VALUES (?, 'ref_ip', 'quad9-ip', 'ipv4', 3, 1, 2.0, 1.0)",
        (int(NOW - 3 * DAY_SECONDS) // 3600 * 3600,),
    )
    database.execute("INSERT INTO witness VALUES ('ref_ip', 'quad9-ip', ?, ?)", (NOW, NOW))
    database.commit()
    database.close()

    history = a_history(path)
    remembered = await history.open()
    await history.change(lambda store: store.tidy(NOW, most_bytes=MOST))
    await history.hear(healthy().observations[2])
    await history.hear(turn())
    hours = await history.ask(lambda db: questions.hours(db, since=0, look="ref_ip"))
    await history.close()

    assert history.trouble == ""
    assert remembered.told is not None
    assert remembered.told.code.value == "dns"
    assert [asked.target for asked in remembered.asked] == ["quad9-ip"]
    assert hours is not None
    assert [(hour["passed"], hour["failed"]) for hour in hours] == [(3, 1), (1, 0)]
    assert len(told_at(path)) == 2
    with sqlite3.connect(path) as after:
        assert after.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
    after.close()
