"""What is kept and what is read back: plain calls on one SQLite file, for one thread.

Times are seconds since 1970 by the wall clock, because they must survive a restart; nothing that is
judged is ever computed from them alone.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from probe.history import apple
from probe.history.alone import hold
from probe.history.schema import prepare
from probe.verdict.past import OWN_TROUBLE
from probe.words import Step

T = TypeVar("T")
DAY_SECONDS = 86_400.0
RAW_SECONDS = DAY_SECONDS  # observations one by one; older ones an hour a row
HOURS_SECONDS = 90 * DAY_SECONDS
# A year of turns and incidents is some hundred kilobytes.
STORY_SECONDS = 366 * DAY_SECONDS
HOUR_SECONDS = 3600
BUSY_SECONDS = 2.0  # `isitme history` may be reading
GAP_SECONDS = 90.0  # the service says that it looks every 30 s; three missed are a gap

TOLD = ("blame", "code", "cause", "impact", "certainty", "headline")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One observation, as it is kept."""

    at: float
    look: str
    target: str
    family: str
    step: str | None
    failure: str | None
    seconds: float


class Store:
    """One file. Every method raises sqlite3.Error; none leaves half of its work behind."""

    def __init__(self, path: Path) -> None:
        """Raises OSError too, and InUse while another process writes the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._held = hold(path)
        try:
            self._database = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                prepare(self._database)
            except sqlite3.Error:
                self._database.close()
                raise
        except sqlite3.Error:
            self._held.close()
            raise
        self._database.row_factory = sqlite3.Row

    def close(self) -> None:
        self._database.close()
        self._held.close()

    # ------------------------------------------------------------ keeping

    def add_observations(self, rows: Sequence[Row]) -> None:
        with self._database:
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT INTO observation VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(r.at, r.look, r.target, r.family, r.step, r.failure, r.seconds) for r in rows],
            )
            self._database.executemany(
                "INSERT INTO witness VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
                "SET passed = coalesce(excluded.passed, passed)",
                [
                    (r.look, r.target, r.at, None if r.failure else r.at)
                    for r in rows
                    if r.step != Step.OURS and r.failure not in OWN_TROUBLE  # that asked nobody
                ],
            )

    def add_offsets(self, rows: Mapping[tuple[int, str], tuple[float, float]]) -> None:
        """Low and high seconds by quarter of an hour and source; the newest word of each stays."""
        with self._database:
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT OR REPLACE INTO offset VALUES (?, ?, ?, ?)",
                [(*key, *bounds) for key, bounds in rows.items()],
            )

    def add_push(self, network: str, at: float) -> None:
        self._database.execute("INSERT OR REPLACE INTO push_seen VALUES (?, ?)", (network, at))

    def add_turn(self, at: float, told: dict[str, Any], incident: dict[str, Any] | None) -> None:
        """A verdict that is told, and what it does to the incident that is open.

        `told` has the keys of TOLD. `incident`: None when all is well again, else "evidence",
        "apple_events", "same" (it goes on with the open one), "suspected", "acknowledged", and
        "contradicts": what it says against a suspicion of Apple, in words, or None.
        """
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            words = tuple(told[key] for key in TOLD)
            self._database.execute(
                f"INSERT INTO turn (at, {', '.join(TOLD)}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (at, *words),
            )
            open_one = self._database.execute(
                "SELECT * FROM incident WHERE ended IS NULL ORDER BY id DESC LIMIT 1"
            ).fetchone()
            if open_one is not None and not (incident and incident["same"]):
                self._database.execute("UPDATE incident SET ended = ? WHERE ended IS NULL", (at,))
                open_one = None
            if incident is None:
                return
            if incident["contradicts"]:
                apple.withdraw(self._database, at, incident["contradicts"])
            more = (json.dumps(incident["evidence"]), json.dumps(incident["apple_events"]))
            moments = (
                at if incident["suspected"] else None,
                at if incident["acknowledged"] else None,
            )
            if open_one is None:
                self._database.execute(
                    f"INSERT INTO incident (started, {', '.join(TOLD)}, evidence, apple_events, "
                    "suspected, acknowledged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (at, *words, *more, *moments),
                )
            else:
                self._database.execute(
                    f"UPDATE incident SET ({', '.join(TOLD)}, evidence, apple_events) = "
                    "(?, ?, ?, ?, ?, ?, ?, ?), suspected = coalesce(suspected, ?), "
                    "acknowledged = coalesce(acknowledged, ?) WHERE id = ?",
                    (*words, *more, *moments, open_one["id"]),
                )
            self._database.execute(
                "UPDATE incident SET outcome = iif(acknowledged IS NULL, ?, ?) "
                "WHERE ended IS NULL AND coalesce(suspected, acknowledged) IS NOT NULL",
                (apple.SUSPECTED, apple.CONFIRMED),
            )
            apple.confirm(self._database, at)

    def add_posts(self, at: float, posts: Sequence[apple.Post]) -> None:
        """What Apple's feeds say at this moment."""
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            apple.add_posts(self._database, at, posts)

    def put_message(self, message: str, at: float, turn: str) -> None:
        """Queue a message, once."""
        self._database.execute(
            "INSERT OR IGNORE INTO outbox (message, at, turn) VALUES (?, ?, ?)", (message, at, turn)
        )

    def drop_messages(self, rows: Sequence[int]) -> None:
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("DELETE FROM outbox WHERE id = ?", [(row,) for row in rows])

    def looking(self, at: float, *, anew: bool) -> None:
        """isitme is looking at this moment; `anew` after a start or a sleep."""
        newest = self._database.execute("SELECT id, seen FROM span ORDER BY id DESC").fetchone()
        if anew or newest is None or not 0 <= at - newest["seen"] <= GAP_SECONDS:
            self._database.execute("INSERT INTO span (started, seen) VALUES (?, ?)", (at, at))
        else:
            self._database.execute("UPDATE span SET seen = ? WHERE id = ?", (at, newest["id"]))

    def tidy(self, now: float, *, most_bytes: int) -> None:
        """Roll up what is older than a day, drop what is too old, and more when it is too much."""
        whole_hours = (now - RAW_SECONDS) // HOUR_SECONDS * HOUR_SECONDS
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute(
                "INSERT INTO hour SELECT CAST(at / 3600 AS INTEGER) * 3600, look, target, family, "
                "sum(failure IS NULL), sum(failure IS NOT NULL), sum(seconds), max(seconds), "
                "total(CASE WHEN failure IS NULL THEN seconds END) "
                "FROM observation WHERE at < ? GROUP BY 1, 2, 3, 4 ON CONFLICT DO UPDATE SET "
                "passed = passed + excluded.passed, failed = failed + excluded.failed, "
                "seconds = seconds + excluded.seconds, slowest = max(slowest, excluded.slowest), "
                "answered = answered + excluded.answered",
                (whole_hours,),
            )
            self._database.execute("DELETE FROM observation WHERE at < ?", (whole_hours,))
            self._drop(now)
        for share in (0.5, 0.25, 0.1, 0.02):
            if self.size() <= most_bytes:
                break
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._drop(now, share)

    def _drop(self, now: float, share: float = 1.0) -> None:
        for table, column, seconds in (
            ("hour", "at", HOURS_SECONDS),
            ("offset", "at", HOURS_SECONDS),
            ("turn", "at", STORY_SECONDS),
            ("span", "seen", STORY_SECONDS),
            ("push_seen", "at", STORY_SECONDS),
            ("apple_post", "at", STORY_SECONDS),
        ):
            self._database.execute(
                f"DELETE FROM {table} WHERE {column} < ?", (now - seconds * share,)
            )
        self._database.execute(
            "DELETE FROM incident WHERE ended < ?", (now - STORY_SECONDS * share,)
        )
        if share < 1:
            self._database.execute(
                "DELETE FROM observation WHERE at < ?", (now - RAW_SECONDS * share,)
            )

    def size(self) -> int:
        """Bytes in use, free pages apart: SQLite uses those again."""
        pages, free, size = (
            self._database.execute(f"PRAGMA {what}").fetchone()[0]
            for what in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Read something back (probe/history/questions.py)."""
        return question(self._database)
