"""The tables of the history, as numbered steps. A step that was released is never changed."""

from __future__ import annotations

import sqlite3

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE turn (  -- every verdict that was told, from when
        id INTEGER PRIMARY KEY, at REAL NOT NULL,
        blame TEXT NOT NULL, code TEXT NOT NULL, cause TEXT, impact TEXT NOT NULL,
        certainty TEXT NOT NULL, headline TEXT NOT NULL
    ) STRICT;
    CREATE TABLE incident (  -- from the first trouble told to the next time all was well
        id INTEGER PRIMARY KEY, started REAL NOT NULL, ended REAL,
        blame TEXT NOT NULL, code TEXT NOT NULL, cause TEXT, impact TEXT NOT NULL,
        certainty TEXT NOT NULL, headline TEXT NOT NULL,
        evidence TEXT NOT NULL,       -- JSON: why, as it was told
        apple_events TEXT NOT NULL,   -- JSON: message ids of Apple's that go with it
        suspected REAL, acknowledged REAL  -- we blamed Apple; Apple said so
    ) STRICT;
    CREATE TABLE span (  -- isitme was looking; what lies between two is not known
        id INTEGER PRIMARY KEY, started REAL NOT NULL, seen REAL NOT NULL
    ) STRICT;
    CREATE TABLE observation (
        at REAL NOT NULL, look TEXT NOT NULL, target TEXT NOT NULL, family TEXT NOT NULL,
        step TEXT, failure TEXT, seconds REAL NOT NULL
    ) STRICT;
    CREATE INDEX observation_at ON observation (at);
    CREATE TABLE hour (  -- observations older than a day, an hour a row
        at INTEGER NOT NULL, look TEXT NOT NULL, target TEXT NOT NULL, family TEXT NOT NULL,
        passed INTEGER NOT NULL, failed INTEGER NOT NULL,
        seconds REAL NOT NULL, slowest REAL NOT NULL,
        PRIMARY KEY (at, look, target, family)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE witness (  -- when a check was first asked, and when it last passed
        look TEXT NOT NULL, target TEXT NOT NULL, asked REAL NOT NULL, passed REAL,
        PRIMARY KEY (look, target)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE push_seen (  -- a network on which port 5223 has worked
        network TEXT PRIMARY KEY, at REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE TABLE outbox (  -- what the webhook has not taken yet, in its order
        id INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL UNIQUE, at REAL NOT NULL,
        turn TEXT NOT NULL  -- JSON
    ) STRICT;
    """,
    """
    -- Seconds of the attempts that passed; NULL: rolled up before they were kept apart.
    ALTER TABLE hour ADD COLUMN answered REAL;
    CREATE TABLE offset (  -- what a source last said of this clock in a quarter of an hour
        at INTEGER NOT NULL, source TEXT NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
        PRIMARY KEY (at, source)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE incident ADD COLUMN outcome TEXT;  -- of what blamed Apple: probe/history/apple.py
    ALTER TABLE incident ADD COLUMN because TEXT;  -- why it was withdrawn
    CREATE TABLE apple_post (  -- every wording of every event in Apple's feeds, when first seen
        id INTEGER PRIMARY KEY, at REAL NOT NULL, service TEXT NOT NULL, message TEXT NOT NULL,
        kind TEXT NOT NULL, state TEXT NOT NULL, started REAL, ended REAL
    ) STRICT;
    CREATE INDEX apple_post_of ON apple_post (service, message);
    """,
)


class NewerHistory(sqlite3.DatabaseError):
    """The file was written by a newer isitme."""


def prepare(database: sqlite3.Connection) -> None:
    """Bring a database to the newest step, each step whole or not at all. Raises sqlite3.Error."""
    # NORMAL in WAL mode survives the end of the process at any write; only a power cut may take
    # the last transactions (sqlite.org/pragma.html#pragma_synchronous).
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    (done,) = database.execute("PRAGMA user_version").fetchone()
    if done > len(STEPS):
        raise NewerHistory(f"was written by a newer isitme (step {done}, known {len(STEPS)})")
    for number, step in enumerate(STEPS[done:], start=done + 1):
        database.executescript(f"BEGIN; {step} PRAGMA user_version = {number}; COMMIT;")
