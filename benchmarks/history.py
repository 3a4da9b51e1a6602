"""A year of history: how large it is, what rolling it up costs, and how fast the API answers.

    python -m benchmarks.history [--asks 200] [--keep FILE]

What is kept of a year is made at the pace of the real table of looks: a day of single observations,
90 days by the hour, a year of turns, incidents and spans. The API is asked over a real socket on
loopback while the file is open, as the service has it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from probe.history.keeper import History
from probe.history.store import DAY_SECONDS, HOURS_SECONDS, STORY_SECONDS, Row, Store
from probe.looks import USUAL
from probe.outlets.web import Sources, Stream, WebServer, web_app
from tests.support.statuses import healthy
from tests.support.time import FakeClock

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MOST_BYTES = 200_000_000  # the setting's default
FAULTS_A_WEEK = 10  # a line that is not good
VERSIONS = {"isitme": "benchmark", "rules": "benchmark"}
QUESTIONS = (
    "/api/v1/status",
    "/api/v1/observations",
    "/api/v1/history",
    "/api/v1/history?since=31622400&limit=500",
    "/api/v1/incidents?since=31622400&limit=500",
    "/feed.atom",
    "/badge.svg",
)
Seen = tuple[str, str, str, float]  # look, target, family, seconds between two attempts


def kinds() -> Iterator[Seen]:
    """What is looked at by the clock, one for each attempt of a whole look."""
    for plan in USUAL.values():
        if not plan.on_demand_seconds:
            for n in range(plan.attempts):
                family = "ipv6" if n % 2 else "ipv4"
                yield plan.look.value, f"target-{n // 2}", family, plan.every_seconds


def observations(since: float, until: float, chance: random.Random) -> Iterator[Row]:
    for look, target, family, every in kinds():
        at = since + chance.random() * every
        while at < until:
            failed = chance.random() < 0.01
            yield Row(
                at=at,
                look=look,
                target=target,
                family=family,
                step="connect" if failed else None,
                failure="generic_timeout_error" if failed else None,
                seconds=chance.expovariate(20),
            )
            at += every


def fill(file: Path, chance: random.Random) -> int:
    """Make the file. Gives how many single observations a day is."""
    now = NOW.timestamp()
    store = Store(file)
    evidence = [
        {"probe": "push_5223", "target": "courier", "step": "connect", "at": now,
         "failure": "generic_timeout_error", "said": "one of the couriers did not answer in 5 s"}
    ] * 3  # fmt: skip
    trouble = {"same": False, "evidence": evidence, "apple_events": [], "suspected": False,
               "acknowledged": False}  # fmt: skip
    told = {"blame": "me", "code": "dns", "cause": "dns_filtered", "impact": "partial",
            "certainty": "high", "headline": "It's you: a filter blocks Apple."}  # fmt: skip
    fine = {**told, "blame": "nobody", "code": "ok", "cause": None, "impact": "none"}
    at = now - STORY_SECONDS + DAY_SECONDS
    while at < now:
        store.looking(at - 60, anew=True)
        store.add_turn(at, told, trouble)
        store.add_turn(at + chance.expovariate(1 / 600), fine, None)
        at += chance.expovariate(FAULTS_A_WEEK / (7 * DAY_SECONDS))
    hours = [
        (int(hour), look, target, family, round(3600 / every), 0, 100.0, 1.0)
        for hour in range(int(now - HOURS_SECONDS) // 3600 * 3600, int(now - DAY_SECONDS), 3600)
        for look, target, family, every in kinds()
    ]
    with sqlite3.connect(file, isolation_level=None) as database:
        database.execute("BEGIN")
        database.executemany(
            "INSERT INTO hour (at, look, target, family, passed, failed, seconds, slowest) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            hours,
        )
        database.execute("COMMIT")
    database.close()
    day = sorted(observations(now - DAY_SECONDS, now, chance), key=lambda row: row.at)
    for chunk in chunks(day):
        store.add_observations(chunk)
    store.close()
    return len(day)


def chunks(rows: list[Row]) -> Iterator[list[Row]]:
    for first in range(0, len(rows), 5000):
        yield rows[first : first + 5000]


def roll_up(file: Path) -> tuple[float, float]:
    """Seconds of the roll-up that comes every hour, and of one that finds a whole day to do."""
    store, now = Store(file), NOW.timestamp()
    took = []
    for later in (3600.0, DAY_SECONDS + 3600.0):
        began = time.perf_counter()
        store.tidy(now + later, most_bytes=MOST_BYTES)
        took.append(time.perf_counter() - began)
    store.close()
    return took[0], took[1]


async def answers(file: Path, asks: int) -> dict[str, list[float]]:
    """Seconds of each question, asked one after the other."""
    history = History(file, clock=FakeClock(NOW), most_bytes=MOST_BYTES)
    await history.open()
    server = WebServer(
        web_app(
            Sources(
                status=healthy,
                metrics=lambda accept: (b"", "text/plain"),
                versions=VERSIONS,
                stream=Stream(healthy, versions=VERSIONS),
                told=history.told,
            )
        )
    )
    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        server.serve("127.0.0.1", 0, listening=lambda _, port: bound.set_result(port))
    )
    port = await bound
    try:
        return {path: await asyncio.to_thread(ask, port, path, asks) for path in QUESTIONS}
    finally:
        await server.stop()
        await serving
        await history.close()


def ask(port: int, path: str, times: int) -> list[float]:
    took = []
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(times):
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
    connection.close()
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--asks", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="leave the file here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = given.keep or Path(folder) / "history.db"
        a_day = fill(file, random.Random(1))
        print(f"single observations a day: {a_day}")
        print(f"file: {file.stat().st_size / 1e6:.1f} MB")
        for path, took in asyncio.run(answers(file, given.asks)).items():
            middle, worst = statistics.median(took) * 1000, sorted(took)[int(len(took) * 0.99)]
            print(f"{path:<46} median {middle:6.1f} ms   99 % {worst * 1000:6.1f} ms")
        hourly, daily = roll_up(file)
        print(f"roll-up of an hour: {hourly:.2f} s, of a day: {daily:.2f} s (its own thread)")


if __name__ == "__main__":
    main()
