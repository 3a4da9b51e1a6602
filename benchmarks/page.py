"""What the pages cost with a year of history: file, roll-up, pages, the API.

    python -m benchmarks.page [--runs 200]

CPU milliseconds of this process, of all its threads (the history's too); the app is called
directly, without a socket. The contract: the page in at most 10 ms while the internet is down.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.year import make
from probe.clock import SystemClock
from probe.history.keeper import History
from probe.history.store import Store
from probe.model import Status
from probe.outlets.web import Sources, Stream, web_app
from tests.outlets.test_web import ask
from tests.support.statuses import dns_block

MOST_MS = 10.0  # the contract (9): page and metrics while the internet is down
PAGES = ("/", "/wall", "/incident/1", "/signal/push", "/status", "/api/v1/history?limit=100",
         "/api/v1/incidents?since=31536000&limit=500", "/feed.atom", "/badge.svg")  # fmt: skip


async def timed(work: Callable[[], Awaitable[object]], runs: int) -> tuple[float, float, float]:
    """CPU milliseconds: the first, the median of the others, the worst of them."""
    spent = []
    for _ in range(runs):
        began = time.process_time()
        await work()
        spent.append((time.process_time() - began) * 1000)
    return spent[0], statistics.median(spent[1:]), max(spent[1:])


async def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.db"
        now = time.time()
        make(file, now=now)
        print(f"a year of history: {file.stat().st_size / 1e6:.1f} MB")
        tidied(file, now)

        clock = SystemClock()
        history = History(file, clock=clock, most_bytes=10**9)
        await history.open()
        status = real_size(replace(dns_block(), at=datetime.now(UTC)))
        app = web_app(
            Sources(
                status=lambda: status,
                metrics=lambda accept: (b"", "text/plain"),
                versions={"isitme": "benchmark", "rules": "benchmark"},
                stream=Stream(lambda: status, versions={}),
                told=history.told,
                history=history,
                elapsed=clock.elapsed,
            )
        )
        print(f"{'':45} first   median  worst   bytes  (ms of CPU, {runs} runs)")
        for path in PAGES:
            answer = await ask(app, path)
            assert answer.status_code == 200, (path, answer.text)
        home = float("inf")
        for path in PAGES:
            fewer = runs if path in ("/", "/wall", "/status") else max(3, runs // 10)
            first, usual, worst = await timed(lambda path=path: ask(app, path), fewer)  # type: ignore[misc]
            size = len((await ask(app, path)).content)
            print(f"{path:45} {first:6.1f} {usual:7.1f} {worst:7.1f} {size:7}")
            if path == "/":
                home = usual
        await history.close()
    verdict = "kept" if home <= MOST_MS else "BROKEN"
    print(f"the first page in {home:.1f} ms; at most {MOST_MS:.0f} ms: {verdict}")


def tidied(file: Path, now: float) -> None:
    """What the hourly roll-up costs: an hour of observations."""
    store = Store(file)
    began = time.process_time()
    store.tidy(now + 3600, most_bytes=10**9)
    print(f"one hourly roll-up: {(time.process_time() - began) * 1000:.0f} ms of CPU")
    store.close()


def real_size(status: Status) -> Status:
    """As many newest observations as a dual-stack host with two resolvers has: about sixty."""
    some = status.observations
    more = tuple(
        replace(one, finding=replace(one.finding, target=f"{one.finding.target}-{number}"))
        for number in range(60 // len(some))
        for one in some
    )
    return replace(status, observations=more)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What the pages cost with a year of history.")
    parser.add_argument("--runs", type=int, default=200)
    asyncio.run(main(parser.parse_args().runs))
