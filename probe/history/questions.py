"""What can be asked of the history: plain rows, newest first unless said otherwise."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]
NO_ROW = 2**62  # larger than any id


def last_told(database: sqlite3.Connection) -> Row | None:
    """The newest verdict that was told, with `at`; None when none was."""
    return next(iter(_rows(database, "SELECT * FROM turn ORDER BY id DESC LIMIT 1")), None)


def last_lag(database: sqlite3.Connection) -> float | None:
    """Seconds from our first suspicion to Apple's own word, in the last incident that has both."""
    rows = _rows(
        database,
        "SELECT acknowledged - suspected AS lag FROM incident "
        "WHERE acknowledged IS NOT NULL AND suspected IS NOT NULL ORDER BY id DESC LIMIT 1",
    )
    return float(rows[0]["lag"]) if rows else None


def witnesses(database: sqlite3.Connection) -> list[Row]:
    """Every check: when it was first asked, and when it last passed."""
    return _rows(database, "SELECT * FROM witness")


def networks_with_push(database: sqlite3.Connection) -> list[Row]:
    return _rows(database, "SELECT * FROM push_seen")


def messages(database: sqlite3.Connection) -> list[Row]:
    """What the webhook has not taken yet, oldest first."""
    return _rows(database, "SELECT * FROM outbox ORDER BY id")


def turns(
    database: sqlite3.Connection, *, since: float, most: int, before: int = NO_ROW
) -> list[Row]:
    """Told verdicts. `before`: the id of the last row of the page before."""
    return _rows(
        database,
        "SELECT * FROM turn WHERE at >= ? AND id < ? ORDER BY id DESC LIMIT ?",
        (since, before, most),
    )


def incidents(
    database: sqlite3.Connection, *, since: float, most: int, before: int = NO_ROW
) -> list[Row]:
    """Those that are open, or ended after `since`."""
    rows = _rows(
        database,
        "SELECT * FROM incident WHERE coalesce(ended, ?) >= ? AND id < ? ORDER BY id DESC LIMIT ?",
        (since, since, before, most),
    )
    for row in rows:
        for key in ("evidence", "apple_events"):
            row[key] = json.loads(row[key])
    return rows


def posts(database: sqlite3.Connection, *, since: float, most: int) -> list[Row]:
    """Every wording of Apple's events that was seen after `since`, newest first."""
    return _rows(
        database,
        "SELECT * FROM apple_post WHERE at >= ? ORDER BY id DESC LIMIT ?",
        (since, most),
    )


def spans(database: sqlite3.Connection, *, since: float) -> list[Row]:
    """When isitme was looking, oldest first."""
    return _rows(database, "SELECT started, seen FROM span WHERE seen >= ? ORDER BY id", (since,))


def last_seen(database: sqlite3.Connection) -> float | None:
    """When isitme last looked; None when it never did."""
    (seen,) = database.execute("SELECT max(seen) FROM span").fetchone()
    return None if seen is None else float(seen)


def hours(database: sqlite3.Connection, *, since: float, look: str) -> list[Row]:
    """One look's passes and failures by hour, target and family, oldest first."""
    return _rows(
        database,
        "SELECT at, target, family, sum(passed) AS passed, sum(failed) AS failed, "
        "sum(seconds) AS seconds, max(slowest) AS slowest FROM ("
        " SELECT at, look, target, family, passed, failed, seconds, slowest FROM hour"
        " UNION ALL SELECT CAST(at / 3600 AS INTEGER) * 3600, look, target, family,"
        " failure IS NULL, failure IS NOT NULL, seconds, seconds FROM observation"
        ") WHERE look = ? AND at >= ? GROUP BY at, target, family ORDER BY at",
        (look, since),
    )


def _rows(database: sqlite3.Connection, question: str, given: Iterable[Any] = ()) -> list[Row]:
    return [dict(row) for row in database.execute(question, tuple(given))]
