"""What isitme sees at this moment, in the few words that matter for a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MESSAGE_SERVICES = frozenset({"iMessage", "APNS", "Apple Account"})
TROUBLE = frozenset({"outage", "issue", "performance", "maintenance"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """network: fine, shaky, broken, unknown. apple: fine, suspected, announced, unknown. clock:
    right, wrong, unknown. carrier: unknown, until a look at the carrier is built."""

    network: str = "unknown"
    apple: str = "unknown"
    clock: str = "unknown"
    carrier: str = "unknown"
    headline: str = ""
    advice: tuple[str, ...] = ()
    other_apps: tuple[str, ...] = ()  # those that were seen to work from here a moment ago

    def value(self, what: str) -> str:
        found: str = getattr(self, what)
        return found


def sight_of(status: Mapping[str, Any]) -> Sight:
    """Read it from the status as /status gives it."""
    verdict = status["verdict"]
    return Sight(
        network=_network(verdict),
        apple=_apple(status, verdict),
        clock=status["signals"].get("clock", {}).get("value", "unknown"),
        headline=verdict["headline"],
        advice=tuple(verdict["advice"]),
        other_apps=tuple(one["name"] for one in status.get("messengers", ()) if one["reachable"]),
    )


def _network(verdict: Mapping[str, Any]) -> str:
    """Blame of Apple or of nobody needs a way to Apple that works."""
    blame, code, impact = verdict["blame"], verdict["code"], verdict["impact"]
    if code == "degraded":
        return "shaky"
    # "Nothing gets out, by the router or the line behind it": whoever it is, it is broken.
    known = code not in ("unknown", "apple_suspected", "apple_acknowledged", "maintenance", "ok")
    if blame in ("me", "provider") or (blame == "unknown" and known):
        return "broken" if impact in ("partial", "full") else "shaky"
    if blame in ("nobody", "apple"):
        return "fine"
    return "unknown"


def _apple(status: Mapping[str, Any], verdict: Mapping[str, Any]) -> str:
    said = {
        service["name"]: service["apple_says"]
        for service in status["services"]
        if service["name"] in MESSAGE_SERVICES
    }
    if verdict["code"] in ("apple_acknowledged", "maintenance") or TROUBLE & set(said.values()):
        return "announced"
    if verdict["code"] == "apple_suspected":
        return "suspected"
    reached = [
        service["reachable"]
        for service in status["services"]
        if service["name"] in MESSAGE_SERVICES and service["reachable"] is not None
    ]
    return "fine" if reached and all(reached) else "unknown"
