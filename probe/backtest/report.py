"""What would have been told and when, beside when Apple's own page said so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from probe.backtest.ledger import Posted
from probe.backtest.replay import Replay
from probe.outlets.printable import printable
from probe.outlets.status_json import utc

SCHEMA = 1


def report_json(found: Replay, *, watched: Sequence[str]) -> dict[str, Any]:
    """Everything, for programs. Times are ISO 8601 in UTC, lags in seconds."""
    apple = [posted_to_json(one, found) for one in found.ledger.posted.values()]
    return {
        "schema": SCHEMA,
        "from": utc(found.began),
        "to": utc(found.ended),
        "lines": found.lines,
        "changes": found.changes,
        "watched": list(watched),
        "not_asked": found.unknown,
        "summary": summary(found, apple),
        "incidents": found.incidents,
        "apple": apple,
        "told": [
            {
                "at": utc(one.at),
                "blame": one.turn.after.blame.value,
                "code": one.turn.after.code.value,
                "cause": one.turn.after.cause.value if one.turn.after.cause else None,
                "certainty": one.turn.after.certainty.value,
                "headline": one.turn.after.headline,
            }
            for one in found.turns
        ],
    }


def posted_to_json(posted: Posted, found: Replay) -> dict[str, Any]:
    """One incident of Apple's, and what isitme told of it."""
    mine = incident_of(posted, found)
    told_at = None if mine is None else mine["suspected"] or mine["acknowledged"]
    ahead = None
    if told_at is not None:
        told = datetime.fromisoformat(told_at.replace("Z", "+00:00"))
        ahead = (posted.first_seen - told).total_seconds()
    return {
        "feed": posted.feed,
        "message_id": posted.message_id,
        "services": posted.services,
        "kinds": posted.kinds,
        "watched": posted.watched,
        "started": utc(posted.started),
        "starts": [utc(start) for start in posted.starts],
        "ended": utc(posted.ended),
        "first_seen": utc(posted.first_seen),
        "first_state": posted.first_state,
        "over_seen": utc(posted.open_until),
        "gone": utc(posted.gone),
        "late_seconds": posted.late_seconds,
        "told_at": told_at,
        "told_ahead_seconds": ahead,
        "incident": None if mine is None else mine["id"],
        "outcome": None if mine is None else mine["outcome"],
    }


def incident_of(posted: Posted, found: Replay) -> dict[str, Any] | None:
    """The first incident that goes with it."""
    return next((one for one in found.incidents if posted.message_id in one["apple_events"]), None)


def summary(found: Replay, apple: Sequence[dict[str, Any]]) -> dict[str, Any]:
    outcomes = [one["outcome"] for one in found.incidents]
    return {
        "incidents": len(found.incidents),
        "confirmed": outcomes.count("confirmed"),
        "suspected": outcomes.count("suspected"),
        "withdrawn": outcomes.count("withdrawn"),
        "apple_posted": len(apple),
        "apple_posted_watched": sum(one["watched"] for one in apple),
        "apple_first_seen_over": sum(
            one["first_state"] in {"resolved", "completed"} for one in apple
        ),
        "late_seconds": spread([one["late_seconds"] for one in apple]),
        "told_ahead_seconds": spread([one["told_ahead_seconds"] for one in apple]),
    }


def spread(values: Sequence[float | None]) -> dict[str, float] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return {"count": len(known), "median": median(known), "min": min(known), "max": max(known)}


def report_text(found: Replay, *, watched: Sequence[str]) -> str:
    """The same for a person."""
    apple = [posted_to_json(one, found) for one in found.ledger.posted.values()]
    return "\n".join(_lines(found, apple, watched))


def _lines(found: Replay, apple: Sequence[dict[str, Any]], watched: Sequence[str]) -> Iterator[str]:
    said = summary(found, apple)
    yield f"From {utc(found.began)} to {utc(found.ended)}: {found.lines} lines, {found.changes} of "
    yield f"them could change an answer. Watched: {', '.join(watched)}."
    if found.unknown:
        yield f"isitme asks no host for: {', '.join(sorted(found.unknown))}."
    yield ""
    yield "What isitme would have told"
    for one in found.incidents:
        yield f"  {one['started']} to {one['ended'] or 'the end'}  {printable(one['headline'])}"
        yield f"    {_words(one)}"
    if not found.incidents:
        yield "  nothing: all is well"
    yield ""
    yield "What Apple's page said"
    for one in apple:
        mark = "" if one["watched"] else " (not watched)"
        yield f"  {one['first_seen']}  {printable(', '.join(one['services']))}{mark}"
        yield f"    {_posted_words(one)}"
    if not apple:
        yield "  nothing"
    yield ""
    yield f"{said['apple_posted']} posted by Apple, {_spread(said['late_seconds'], 'late')};"
    yield f"{said['confirmed']} confirmed, {said['suspected']} stayed suspected, "
    yield f"{said['withdrawn']} withdrawn; {_spread(said['told_ahead_seconds'], 'told ahead')}."


def _words(one: dict[str, Any]) -> str:
    cause = f"/{one['cause']}" if one["cause"] else ""
    said = f"{one['code']}{cause}, certainty {one['certainty']}"
    if one["outcome"]:
        said += f", {one['outcome']}"
    if one["apple_lag_seconds"] is not None:
        said += f"; Apple {minutes(one['apple_lag_seconds'])} after us"
    return said + (f"; {printable(one['because'])}" if one["because"] else "")


def _posted_words(one: dict[str, Any]) -> str:
    said = f"{'/'.join(one['kinds'])}, first seen {one['first_state']}, id {one['message_id']}"
    if one["late_seconds"] is not None:
        said += f"; began {one['started']}, {minutes(one['late_seconds'])} before it was to be seen"
    if len(one["starts"]) > 1:
        said += f"; Apple moved its beginning {len(one['starts']) - 1} times"
    if one["told_ahead_seconds"] is not None:
        said += f"; told by us {minutes(one['told_ahead_seconds'])} before"
    return said


def _spread(values: dict[str, float] | None, what: str) -> str:
    if values is None:
        return f"none {what}"
    return (
        f"{what} by {minutes(values['median'])} in the median "
        f"({minutes(values['min'])} to {minutes(values['max'])})"
    )


def minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if abs(seconds) < 120 else f"{seconds / 60:.0f} min"
