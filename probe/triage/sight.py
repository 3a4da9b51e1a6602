"""What isitme sees at this moment, in the few words that matter for a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# A message needs these of Apple's; trouble with others is no reason, but no time for accounts.
MESSAGE_SERVICES = frozenset({"iMessage", "APNS", "Apple Account"})
TROUBLE = frozenset({"outage", "issue", "performance"})
MAINTENANCE = "maintenance"
APPLES_WORD = frozenset({"apple_acknowledged", MAINTENANCE})
# Mild causes that are about Apple, or about the way there: nobody can say which.
MILD_AND_OPEN = frozenset({"apple_partly", "apple_slow", "apple_endpoint_cert_expired", "only_443"})
APPLE_IS_SILENT = frozenset({"apple_or_path", "push_or_filter"})
# Twice the pace at which other apps are asked while Apple fails (probe/looks.py: 120 s), and some.
APPS_SECONDS = 300.0

VALUES: Mapping[str, tuple[str, ...]] = {
    "network": ("fine", "shaky", "broken", "unknown"),
    # other: Apple has trouble, but not with messages. unreached: from here, and nobody knows why.
    "apple": (
        "fine",
        "other",
        "suspected",
        "announced",
        "maintenance",
        "unreached",
        "unknown",
    ),
    "clock": ("right", "wrong", "unknown"),  # of the computer that isitme runs on
    "carrier": ("fine", "failing", "unknown"),  # unknown, until a look at the carrier is built
    "certainty": ("low", "medium", "high"),  # of the verdict
    "apps": ("work", "fail", "unknown"),  # whether another app works from here
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Each field has one of its VALUES; the rest is for the words."""

    network: str = "unknown"
    apple: str = "unknown"
    clock: str = "unknown"
    carrier: str = "unknown"
    certainty: str = "low"
    code: str = "unknown"  # the verdict's
    headline: str = ""
    other_apps: tuple[str, ...] = ()  # those that were seen to work from here a moment ago
    failing_apps: tuple[str, ...] = ()  # those that were asked a moment ago, and did not

    @property
    def apps(self) -> str:
        return "work" if self.other_apps else "fail" if self.failing_apps else "unknown"

    def value(self, what: str) -> str:
        found: str = getattr(self, what)
        return found


def sight_of(status: Mapping[str, Any]) -> Sight:
    """Read it from the status as /status gives it."""
    verdict, signals = status["verdict"], status["signals"]
    network = _network(verdict)
    asked = [one for one in status.get("messengers", ()) if _is_fresh(one["at"], status["at"])]
    return Sight(
        network=network,
        apple=_apple(status["services"], verdict, network),
        clock="wrong" if verdict["code"] == "clock" else _value(signals, "clock"),
        carrier=_value(signals, "carrier"),
        certainty=verdict["certainty"],
        code=verdict["code"],
        headline=verdict["headline"],
        other_apps=tuple(one["name"] for one in asked if one["reachable"]),
        failing_apps=tuple(one["name"] for one in asked if not one["reachable"]),
    )


def _value(signals: Mapping[str, Any], signal: str) -> str:
    found = signals.get(signal, {}).get("value")
    return found if found in VALUES[signal] else "unknown"


def _network(verdict: Mapping[str, Any]) -> str:
    """The way out from here, apart from Apple."""
    blame, code, impact = verdict["blame"], verdict["code"], verdict["impact"]
    if blame == "nobody":
        return "fine"
    if code in ("unknown", "clock") or verdict["cause"] in MILD_AND_OPEN:
        # A wrong clock says nothing about the way out, and nothing about a phone.
        return "unknown"
    if blame == "apple":
        # Apple's own word stands without our controls, but then with low certainty.
        return "unknown" if code in APPLES_WORD and verdict["certainty"] == "low" else "fine"
    # "Nothing gets out, by the router or the line behind it": whoever it is, it is broken.
    return "broken" if impact in ("partial", "full") else "shaky"


def _apple(services: list[Mapping[str, Any]], verdict: Mapping[str, Any], network: str) -> str:
    """Messages, not all of Apple: what is up with the App Store is no reason."""
    mine = [service for service in services if service["name"] in MESSAGE_SERVICES]
    said = {service["apple_says"] for service in mine}
    reached = [one["reachable"] for one in mine if one["reachable"] is not None]
    if TROUBLE & said:
        return "announced"
    if MAINTENANCE in said:
        return "maintenance"
    if verdict["code"] in APPLES_WORD and "available" not in said:
        return "announced" if verdict["code"] != MAINTENANCE else "maintenance"
    if verdict["code"] == "apple_suspected":
        return "suspected" if not reached or not all(reached) else "other"
    if network == "broken":
        return "unknown"  # that it cannot be reached then says nothing about Apple
    if verdict["cause"] in APPLE_IS_SILENT or not all(reached):
        return "unreached"
    trouble = verdict["blame"] == "apple" or any(
        service["apple_says"] in TROUBLE | {MAINTENANCE} for service in services
    )
    if trouble:
        return "other"
    return "fine" if reached else "unknown"


def _is_fresh(at: str, now: str) -> bool:
    """Both as /status writes them."""
    age = datetime.fromisoformat(now) - datetime.fromisoformat(at)
    return abs(age.total_seconds()) <= APPS_SECONDS
