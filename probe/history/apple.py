"""Apple's own posts: when each was first seen, every wording it was given, and what it says of what
isitme suspected. Plain calls inside a transaction of the store's.

Apple posts late and edits: of 18 incidents recorded in 2025 the median was seen 65 minutes after
the beginning that Apple gave in the end, three only when they were over, and beginnings were moved
by up to 77 minutes. So a suspicion is kept open, and a later post whose dates cover it confirms it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from probe.catalogue import BY_NAME, GROUP
from probe.model import FeedEventFact
from probe.wire.names import same_service

# Apple gives whole minutes, and both our sight and its words lag: what began or ended this close is
# the same trouble.
SLACK_SECONDS = 900.0
# Apple takes most of what is over out after three days; nothing that comes later is about then.
KEPT_OPEN_SECONDS = 3 * 86_400.0
# A suspicion may be "not clear" for a moment before it is known better.
JUST_NOW_SECONDS = 60.0
SUSPECTED, CONFIRMED, WITHDRAWN = "suspected", "confirmed", "withdrawn"
# What Apple posts when its push fails: its own row was never seen to change in 5.8 years.
FOR_PUSH = (*GROUP["push"].services, *GROUP["messaging"].services)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One wording of one event of one service. Times are seconds since 1970."""

    service: str
    message: str
    kind: str
    state: str
    started: float | None
    ended: float | None


def post_of(event: FeedEventFact) -> Post:
    return Post(
        service=event.service,
        message=event.message_id,
        kind=event.kind,
        state=event.state,
        started=event.started_at.timestamp() if event.started_at else None,
        ended=event.ended_at.timestamp() if event.ended_at else None,
    )


def add_posts(database: sqlite3.Connection, at: float, posts: Iterable[Post]) -> None:
    """Keep every wording that is new, and look at open suspicions in its light."""
    for post in posts:
        newest = database.execute(
            "SELECT kind, state, started, ended FROM apple_post WHERE service = ? AND message = ? "
            "ORDER BY id DESC LIMIT 1",
            (post.service, post.message),
        ).fetchone()
        words = (post.kind, post.state, post.started, post.ended)
        if newest is None or tuple(newest) != words:
            database.execute(
                "INSERT INTO apple_post (at, service, message, kind, state, started, ended) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (at, post.service, post.message, *words),
            )
    confirm(database, at)


def confirm(database: sqlite3.Connection, at: float) -> None:
    """Mark what was suspected and is covered by a post of Apple's."""
    suspicions = database.execute(
        "SELECT id, started, ended, suspected, evidence FROM incident WHERE outcome = ? "
        "AND acknowledged IS NULL AND coalesce(ended, ?) >= ?",
        (SUSPECTED, at, at - KEPT_OPEN_SECONDS),
    ).fetchall()
    for suspicion in suspicions:
        covering = [
            post
            for post in newest_posts(database)
            if covers(post, suspicion, at)
            and speaks_of(json.loads(suspicion["evidence"]), post["service"])
        ]
        if covering:
            database.execute(
                "UPDATE incident SET outcome = ?, acknowledged = ?, apple_events = ? WHERE id = ?",
                (
                    CONFIRMED,
                    min(post["first_seen"] for post in covering),
                    json.dumps(sorted({post["message"] for post in covering})),
                    suspicion["id"],
                ),
            )


def newest_posts(database: sqlite3.Connection) -> list[sqlite3.Row]:
    """Every event of Apple's in its newest wording, with when it was first seen."""
    return database.execute(
        "SELECT post.*, first.at AS first_seen FROM apple_post post JOIN "
        "(SELECT service, message, max(id) AS newest, min(at) AS at FROM apple_post "
        " GROUP BY service, message) first ON post.id = first.newest"
    ).fetchall()


def covers(post: sqlite3.Row, suspicion: sqlite3.Row, at: float) -> bool:
    """Apple's dates and ours have a moment in common, or nearly."""
    if post["started"] is None or post["state"] not in {"ongoing", "resolved"}:
        return False
    began, ended = suspicion["suspected"], suspicion["ended"] or at
    # A resolved event without an end was seen to be over, at the latest, when it was seen to be.
    over = post["ended"] or (at if post["state"] == "ongoing" else post["at"])
    return bool(post["started"] - SLACK_SECONDS <= ended and over + SLACK_SECONDS >= began)


def speaks_of(evidence: Sequence[dict[str, Any]], service: str) -> bool:
    """Whether a service of Apple's is one that the failing hosts are for; any is, where that is not
    known."""
    needed = {need for why in evidence for need in needs_of(why["target"])}
    return not needed or any(same_service(service, need) for need in needed)


def needs_of(target: str) -> tuple[str, ...]:
    """The services that need a target, by their names in Apple's feeds."""
    if target.startswith("courier") or target == "provider-api":
        return FOR_PUSH
    entry = BY_NAME.get(target)
    if entry is None:
        return ()
    return (*entry.needs, *(GROUP[entry.group].services if entry.needs else ()))


def withdraw(database: sqlite3.Connection, at: float, because: str) -> None:
    """What was suspected a moment ago is contradicted."""
    database.execute(
        "UPDATE incident SET outcome = ?, because = ? WHERE outcome = ? AND acknowledged IS NULL "
        "AND coalesce(ended, ?) >= ?",
        (WITHDRAWN, because, SUSPECTED, at, at - JUST_NOW_SECONDS),
    )
