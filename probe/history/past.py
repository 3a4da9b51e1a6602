"""What the page draws of the past: what was told when, incidents, how long answers took, the clock.

Plain rows; times in seconds since 1970, durations in seconds.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from probe.history.questions import spans

Row = dict[str, Any]
DAY_SECONDS = 86_400.0
STORY_DAYS = 90
MOST_INCIDENTS = 1000  # of ninety days: a line that flaps all day still fits
MOST_TURNS = 10_000


def story(database: sqlite3.Connection, *, now: float) -> Row:
    """Ninety days: turns (with the one that was in force when they began), spans and incidents.

    Turns and spans oldest first, incidents newest first.
    """
    since = now - STORY_DAYS * DAY_SECONDS
    turns = _rows(
        database,
        "SELECT * FROM (SELECT id, at, blame, code, cause, impact, headline FROM turn WHERE at >= "
        "coalesce((SELECT max(at) FROM turn WHERE at <= ?), 0) ORDER BY id DESC LIMIT ?) "
        "ORDER BY id",
        (since, MOST_TURNS),
    )
    incidents = _rows(
        database,
        "SELECT id, started, ended, blame, code, cause, impact, headline, suspected, acknowledged, "
        "outcome, because "
        "FROM incident WHERE coalesce(ended, ?) >= ? ORDER BY id DESC LIMIT ?",
        (now, since, MOST_INCIDENTS),
    )
    looking = spans(database, since=since)
    return {"now": now, "turns": turns, "spans": looking, "incidents": incidents}


def incident(database: sqlite3.Connection, *, id: int) -> Row | None:
    """One incident with its evidence and every turn in it, oldest first; None: there is none."""
    for row in _rows(database, "SELECT * FROM incident WHERE id = ?", (id,)):
        for key in ("evidence", "apple_events"):
            row[key] = json.loads(row[key])
        row["turns"] = _rows(
            database,
            "SELECT * FROM turn WHERE at >= ? AND at <= coalesce(?, at) ORDER BY id LIMIT ?",
            (row["started"], row["ended"], MOST_TURNS),
        )
        return row
    return None


def pace(
    database: sqlite3.Connection, *, looks: Sequence[str], since: float, step: float
) -> list[Row]:
    """How long an answer took: by look and moment, oldest first.

    `mean` and `slowest` are of attempts that passed, None where none did; `failed` counts the
    others. Rows of hours that an older isitme rolled up do not tell the two apart: no mean.
    """
    wanted = ", ".join("?" * len(looks))
    return _rows(
        database,
        "SELECT moment AS at, look, sum(answered) / nullif(sum(passed), 0) AS mean, "
        "max(slowest) AS slowest, total(passed) AS passed, sum(failed) AS failed FROM ("
        " SELECT CAST(at / ? AS INTEGER) * ? AS moment, look, failure IS NULL AS passed,"
        " failure IS NOT NULL AS failed, CASE WHEN failure IS NULL THEN seconds END AS answered,"
        " CASE WHEN failure IS NULL THEN seconds END AS slowest"
        f" FROM observation WHERE at >= ? AND look IN ({wanted})"
        " UNION ALL SELECT CAST(at / ? AS INTEGER) * ?, look,"
        " CASE WHEN answered IS NOT NULL THEN passed END, failed, answered,"
        " CASE WHEN failed = 0 THEN slowest END"
        f" FROM hour WHERE at >= ? AND look IN ({wanted})"
        ") GROUP BY moment, look ORDER BY moment",
        (step, step, since, *looks, step, step, since, *looks),
    )


def offsets(database: sqlite3.Connection, *, since: float) -> list[Row]:
    """What each source said of this host's clock, by quarter of an hour, oldest first."""
    return _rows(
        database, "SELECT at, source, low, high FROM offset WHERE at >= ? ORDER BY at", (since,)
    )


def _rows(database: sqlite3.Connection, question: str, given: Sequence[Any]) -> list[Row]:
    return [dict(row) for row in database.execute(question, tuple(given))]
