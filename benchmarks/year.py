"""A year of history, made up: a restless line, restarts, sleeping nights, Apple's outages now and
then. For benchmarks and for pictures of the page."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

from probe.history.store import Row, Store

DAY = 86_400.0
HOUR = 3600.0
TROUBLES = (
    # blame, code, cause, impact, certainty, headline, seconds, how often in a year
    ("me", "dns", "dns_filtered", "partial", "high",
     "It's you: your DNS server blocks names of Apple.", 2_400, 30),
    ("provider", "isp_internet", "wan_down", "full", "high",
     "It's your provider: nothing beyond its line answers.", 900, 60),
    ("me", "local_link", "no_carrier", "full", "high",
     "It's you: this device is not connected, by cable or by Wi-Fi.", 120, 150),
    ("apple", "apple_suspected", "push_tls_hang", "partial", "medium",
     "It's Apple: its push servers take calls and say nothing.", 4_000, 8),
    ("unknown", "unknown", "apple_or_path", "partial", "low",
     "Apple or the way there: isitme cannot tell yet.", 600, 25),
    ("nobody", "degraded", "slow_line", "none", "medium", "The line is slow, and works.", 1200, 60),
    ("me", "ipv6_broken", None, "low", "medium", "IPv6 is broken; IPv4 carries on.", 5_000, 20),
)  # fmt: skip
# look, targets, usual seconds, every so many seconds
LOOKS = (
    ("gateway", 1, 0.002, 15), ("ref_ip", 6, 0.035, 60), ("ref_name", 6, 0.041, 60),
    ("dns_each", 8, 0.012, 30), ("dns_app", 3, 0.014, 30), ("push_5223", 4, 0.075, 40),
    ("push_443", 2, 0.08, 60), ("push_http", 1, 0.12, 120), ("apple_web", 10, 0.09, 40),
    ("status", 2, 0.3, 120), ("ntp", 2, 0.02, 1024), ("captive", 3, 0.05, 120),
)  # fmt: skip
SOURCES = ("apple", "cloudflare", "google", "nist", "facebook")


def make(file: Path, *, now: float, days: int = 366, hours: bool = True, seed: int = 1) -> None:
    """Write it. `hours`: also 90 days of observations, rolled up by the hour."""
    chance = random.Random(seed)
    store = Store(file)
    begin = now - days * DAY
    spans = looked(begin, now, chance)
    for started, seen in spans:
        store.looking(started, anew=True)
        _until(store, seen)
    for at, told, incident in story(begin, now, chance):
        store.add_turn(at, told, incident)
    if hours:
        by_hour(store, now, chance)
    one_by_one(store, now, chance)
    clocks(store, now, chance)
    store.close()


def _until(store: Store, seen: float) -> None:
    store.ask(lambda db: db.execute(
        "UPDATE span SET seen = ? WHERE id = (SELECT max(id) FROM span)", (seen,)
    ))  # fmt: skip


def looked(begin: float, now: float, chance: random.Random) -> list[tuple[float, float]]:
    """A machine that sleeps some nights."""
    spans, at = [], begin
    while at < now:
        until = min(now, at + chance.uniform(0.4, 6) * DAY)
        spans.append((at, until))
        at = until + chance.choice((120, 600, 7 * HOUR))
    if now - spans[-1][1] > 0:
        spans.append((now - 2 * HOUR, now))
    return spans


def story(
    begin: float, now: float, chance: random.Random
) -> list[tuple[float, dict[str, Any], dict[str, Any] | None]]:
    well = ("nobody", "ok", None, "none", "high", "Everything isitme looks at works from here.")
    events = sorted(
        (chance.uniform(begin, now - 2 * HOUR), trouble)
        for trouble in TROUBLES
        for _ in range(trouble[7])
    )
    found: list[tuple[float, dict[str, Any], dict[str, Any] | None]] = []
    found.append((begin, words(well), None))
    free = begin
    for at, trouble in events:
        if at < free:
            continue
        lasted = max(5.0, trouble[6] * chance.expovariate(1))
        free = min(now - 60, at + lasted) + 120
        blamed = trouble[0] != "nobody"
        incident: dict[str, Any] = {
            "same": False,
            "evidence": [{"probe": "push_5223", "target": "courier", "step": "connect",
                          "failure": "generic_timeout_error", "at": at,
                          "said": "17.57.146.1 did not answer in 3 s"}],
            "apple_events": ["2000123"] if trouble[0] == "apple" else [],
            "suspected": trouble[0] == "apple", "acknowledged": False, "contradicts": None,
        }  # fmt: skip
        found.append((at, words(trouble), incident if blamed else None))
        if trouble[0] == "apple":
            said = words(trouble) | {
                "code": "apple_acknowledged", "cause": "apple_reports",
                "headline": "It's Apple: Apple reports an outage of iMessage.",
            }  # fmt: skip
            told = incident | {"same": True, "suspected": False, "acknowledged": True}
            found.append((at + (free - 120 - at) / 2, said, told))
        found.append((free - 120, words(well), None))
    return found


def words(trouble: tuple[Any, ...]) -> dict[str, Any]:
    keys = ("blame", "code", "cause", "impact", "certainty", "headline")
    return dict(zip(keys, trouble[:6], strict=True))


def pace(at: float, usual: float, chance: random.Random) -> float:
    """Slower in the evening, and never twice the same."""
    evening = 1 + 0.8 * max(0.0, math.sin((at % DAY) / DAY * 2 * math.pi - 2.5)) ** 3
    return usual * evening * chance.lognormvariate(0, 0.25)


def by_hour(store: Store, now: float, chance: random.Random) -> None:
    last = int((now - DAY) // HOUR * HOUR)
    rows = []
    for at in range(last - 89 * 24 * 3600, last, 3600):
        for look, targets, usual, every in LOOKS:
            count = int(HOUR // every) or 3
            for target in range(targets):
                mean = pace(at, usual, chance)
                failed = 1 if chance.random() < 0.01 else 0
                rows.append((at, look, f"target-{target}", "ipv4", count, failed,
                             count * mean, mean * 3, count * mean))  # fmt: skip
    store.ask(lambda db: db.executemany("INSERT INTO hour VALUES (?,?,?,?,?,?,?,?,?)", rows))


def one_by_one(store: Store, now: float, chance: random.Random) -> None:
    rows = []
    for look, targets, usual, every in LOOKS:
        at = now - DAY
        while at < now:
            for target in range(targets):
                wrong = chance.random() < 0.002
                rows.append(Row(at=at, look=look, target=f"target-{target}", family="ipv4",
                                step="connect" if wrong else None,
                                failure="generic_timeout_error" if wrong else None,
                                seconds=pace(at, usual, chance)))  # fmt: skip
            at += every
    store.add_observations(sorted(rows, key=lambda row: row.at))


def clocks(store: Store, now: float, chance: random.Random) -> None:
    rows = {}
    off = 0.004
    for quarter in range(int((now - 90 * DAY) // 900), int(now // 900) + 1):
        off = 0.995 * off + chance.gauss(0, 0.0006)
        for source in SOURCES[: 1 + quarter % 5]:
            middle, half = off + chance.gauss(0, 0.0008), chance.uniform(0.006, 0.02)
            rows[quarter * 900, source] = (middle - half, middle + half)
    store.add_offsets(rows)
