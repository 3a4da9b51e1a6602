"""The status as other programs read it: JSON with stable keys, one line of text, an exit code.

`isitme status` starts fast because this module needs nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from probe.outlets.printable import printable

if TYPE_CHECKING:  # only needed where a Status is at hand: the closed lists alone cost 5 ms
    from probe.model import FeedEventFact, Reading, Status, Verdict

SCHEMA = 1  # a new number when a key goes or changes its meaning; new keys do not change it
SCOPE = "from this host"

EXIT_CODES: Mapping[str, int] = {
    "nobody": 0,
    "me": 10,
    "provider": 11,
    "apple": 12,
    "unknown": 13,
}


def exit_code(blame: str) -> int:
    """What the process ends with, so that a script can tell whose fault it is.

    A word this version does not know, from a newer service, is `unknown`.
    """
    return EXIT_CODES.get(blame, EXIT_CODES["unknown"])


def utc(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z, to the second."""
    if at is None:
        return None
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def status_to_json(status: Status, *, versions: Mapping[str, str]) -> dict[str, Any]:
    """Everything that is known now, as plain JSON values. Keys are stable.

    `versions` names the program and the rule table that answered: `isitme` and `rules`.
    """
    return {
        "schema": SCHEMA,
        "at": utc(status.at),
        "site": status.site,
        "scope": SCOPE,
        "ready": status.ready,
        "drill": status.drill or None,
        "verdict": _verdict(status.verdict, status.since),
        "signals": {
            signal.value: _reading(status, reading) for signal, reading in status.readings.items()
        },
        "notes": [{"code": note.code.value, "said": note.said} for note in status.verdict.notes],
        "services": [
            {
                "name": service.name,
                "reachable": service.reachable,
                "apple_says": service.apple_says,
                "since": utc(service.since),
            }
            for service in status.verdict.services
        ],
        "apple_events": [_event(event) for event in status.apple_events],
        "messengers": [
            {"name": seen.finding.target, "reachable": seen.finding.passed, "at": utc(seen.at)}
            for seen in status.observations
            if seen.look.value == "messengers"  # Look is not imported here: it costs 5 ms
        ],
        "versions": dict(versions),
    }


def _verdict(verdict: Verdict, since: datetime) -> dict[str, Any]:
    return {
        "blame": verdict.blame.value,
        "code": verdict.code.value,
        "cause": verdict.cause.value if verdict.cause else None,
        "impact": verdict.impact.value,
        "certainty": verdict.certainty.value,
        "headline": verdict.headline,
        "since": utc(since),
        "because": [
            {
                "probe": reason.look.value,
                "target": reason.target,
                "step": reason.step.value if reason.step else None,
                "failure": reason.failure.value if reason.failure else None,
                "at": utc(reason.at),
                "said": reason.said,
            }
            for reason in verdict.because
        ],
        "not_because": list(verdict.not_because),
        "could_not_check": list(verdict.could_not_check),
        "advice": list(verdict.advice),
        "also": [
            {
                "code": also.code.value,
                "cause": also.cause.value if also.cause else None,
                "blame": also.blame.value,
                "impact": also.impact.value,
                "certainty": also.certainty.value,
                "said": also.said,
            }
            for also in verdict.also
        ],
        "unexplained": [
            {"signal": one.signal.value, "said": one.said} for one in verdict.unexplained
        ],
    }


def _reading(status: Status, reading: Reading) -> dict[str, Any]:
    age, oldest = reading.age_seconds, status.oldest_seconds(reading)
    return {
        "value": reading.value.value,
        "sign": reading.sign.value,
        "said": reading.said,
        "age_seconds": None if age is None else round(age, 1),
        "oldest_seconds": None if oldest is None else round(oldest, 1),
    }


def _event(event: FeedEventFact) -> dict[str, Any]:
    return {
        "service": event.service,
        "id": event.message_id,
        "kind": event.kind,
        "state": event.state,
        "started_at": utc(event.started_at),
        "ended_at": utc(event.ended_at),
        "message": event.message,
    }


def one_line(status: Status) -> str:
    """The answer in one line of text."""
    return one_line_of(status_to_json(status, versions={}))


def one_line_of(answer: Mapping[str, Any]) -> str:
    """The answer in one line, from what /status said. Safe for a terminal, whoever sent it.

    Raises ValueError when it is not an answer of isitme.
    """
    verdict = answer.get("verdict")
    if not isinstance(verdict, Mapping) or "blame" not in verdict or "headline" not in verdict:
        raise ValueError("this is not an answer of isitme: it has no verdict")
    code, cause = verdict.get("code"), verdict.get("cause")
    about = ", ".join(
        (
            f"blame {verdict['blame']}",
            f"{code}/{cause}" if cause else str(code),
            f"certainty {verdict.get('certainty')}",
            f"since {verdict.get('since')}",
        )
    )
    drill = f"[drill: {answer['drill']}] " if answer.get("drill") else ""
    return printable(f"{drill}{verdict['headline']} ({about})")
