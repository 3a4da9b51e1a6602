"""What was told, as other programs and people read it."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

from probe.history.questions import NO_ROW, incidents, posts, spans, turns
from probe.history.schema import STEPS, NewerHistory

MOST_ROWS = 10_000
POSTS_STEP = 4
CSV_COLUMNS = ("at", "blame", "code", "cause", "impact", "certainty", "headline")


def read(file: Path, *, since: float) -> dict[str, list[dict[str, Any]]]:
    """Turns, incidents, Apple's posts and the spans in which isitme looked, newest first, from a
    file that a service may be writing. Raises OSError with the file in it."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            (step,) = database.execute("PRAGMA user_version").fetchone()
            if step > len(STEPS):
                raise NewerHistory(f"was written by a newer isitme (step {step})")
            found = told(database, since=since, most=MOST_ROWS)
            if step >= POSTS_STEP:  # an older file gets them when a service opens it
                found["apple_posts"] = [
                    dated(row, "at", "started", "ended")
                    for row in posts(database, since=since, most=MOST_ROWS)
                ]
            return found
    except sqlite3.Error as error:
        raise OSError(0, f"{error}", str(file)) from None


KINDS = ("turns", "incidents")


def told(
    database: sqlite3.Connection,
    *,
    since: float,
    most: int,
    before: int | None = None,
    what: Sequence[str] = KINDS,
) -> dict[str, list[dict[str, Any]]]:
    """Those of KINDS that are wanted, and the spans; times as ISO 8601 in UTC. `before`: the id of
    the last row of the page before."""
    below = NO_ROW if before is None else before
    page: dict[str, Any] = {"since": since, "most": most, "before": below}
    rows: dict[str, list[dict[str, Any]]] = {}
    if "turns" in what:
        rows["turns"] = [dated(row, "at") for row in turns(database, **page)]
    if "incidents" in what:
        rows["incidents"] = [incident(row) for row in incidents(database, **page)]
    return {
        **rows,
        "looking": [
            {"from": utc(row["started"]), "to": utc(row["seen"])}
            for row in spans(database, since=since)
        ],
    }


def incident(row: dict[str, Any]) -> dict[str, Any]:
    """An incident with its lag: how long after us Apple said so, in seconds; negative: before."""
    lag = None
    if row["suspected"] is not None and row["acknowledged"] is not None:
        lag = round(row["acknowledged"] - row["suspected"], 1)
    evidence = [{**why, "at": utc(why["at"])} for why in row["evidence"]]
    dates = dated(row, "started", "ended", "suspected", "acknowledged")
    return {**dates, "evidence": evidence, "apple_lag_seconds": lag}


def dated(row: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {**row, **{key: utc(row[key]) for key in keys}}


def utc(moment: float | None) -> str | None:
    """ISO 8601 with a Z, to the second."""
    if moment is None:
        return None
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"


def write_csv(found: dict[str, list[dict[str, Any]]], out: TextIO) -> None:
    """The turns, newest first, with a heading."""
    writer = csv.DictWriter(out, CSV_COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(found["turns"])


def text_of(found: dict[str, list[dict[str, Any]]]) -> str:
    """For a terminal: incidents first, then every turn."""
    lines = ["Incidents"]
    lines += [f"  {line}" for line in map(_incident_line, found["incidents"])] or ["  none"]
    lines += ["", "Told"]
    lines += [
        f"  {turn['at']}  {turn['headline']}  ({turn['code']}/{turn['cause']}, "
        f"certainty {turn['certainty']})"
        for turn in found["turns"]
    ] or ["  nothing new"]
    lines += ["", "Not looking (isitme was stopped, or the machine slept)"]
    lines += [f"  {gap}" for gap in gaps(found["looking"])] or ["  never"]
    return "\n".join(lines)


def _incident_line(row: dict[str, Any]) -> str:
    lag = row["apple_lag_seconds"]
    late = "" if lag is None else f"; Apple said so {abs(lag) / 60:.0f} minutes "
    late += "" if lag is None else "later" if lag >= 0 else "before"
    if row.get("outcome") == "withdrawn":
        late += f"; withdrawn: {row['because']}"
    return f"{row['started']} to {row['ended'] or 'now'}  {row['headline']}{late}"


def gaps(looking: Sequence[dict[str, Any]]) -> list[str]:
    """The times between spans, oldest first."""
    return [
        f"{before['to']} to {after['from']}"
        for before, after in pairwise(looking)
        if before["to"] < after["from"]
    ]
