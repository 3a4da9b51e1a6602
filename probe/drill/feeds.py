"""Apple's status feeds as the drill serves them: all available, or an outage under way.

Form and fields as recorded from the real ones: the consumer feed is bare JSON, the developer feed
is JSONP with a newline at its end, both have names in `.js`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

CONSUMER_SERVICES = (
    "App Store",
    "Apple Account",
    "Apple Pay",
    "FaceTime",
    "Find My",
    "HomeKit",
    "iCloud Account & Sign In",
    "iCloud Backup",
    "iCloud Drive",
    "iCloud Keychain",
    "iCloud Mail",
    "iCloud Private Relay",
    "iCloud Web Apps (iCloud.com)",
    "iMessage",
    "iOS Device Activation",
    "macOS Software Update",
    "Photos",
    "Sign in with Apple",
    "Siri",
)
DEVELOPER_SERVICES = (
    "Account",
    "APNS",
    "APNS Sandbox",
    "App Store Connect",
    "App Store Connect - App Processing ",  # the blank at the end is Apple's
    "CloudKit Database",
    "Developer ID Notary Service",
    "Device Enrollment Program",
)
BROKEN_SERVICES = ("FaceTime", "iMessage")
MESSAGE_ID = "2000009901"
OUTAGE_SAID = "Users may be unable to use this service. (This is a drill.)"
# Apple's local times. Fixed: the readable stamps are labels, the epochs beside them are exact.
PACIFIC_STANDARD = timezone(timedelta(hours=-8), "PST")


def consumer(
    outage_since_unix: float | None, said: str = OUTAGE_SAID, *, new_words: bool = False
) -> bytes:
    """The consumer feed. With a moment: iMessage and FaceTime have been out since then.

    `new_words`: something is said of HomeKit, in a kind of event that nobody has seen before.
    """
    services = [
        _service(name, outage_since_unix if name in BROKEN_SERVICES else None, said)
        for name in CONSUMER_SERVICES
    ]
    if new_words:
        strange = {**_outage(0.0, said), "statusType": "Drill", "affectedServices": ["HomeKit"]}
        services[CONSUMER_SERVICES.index("HomeKit")]["events"] = [strange]
    return _feed(services)


def developer() -> bytes:
    """The developer feed, always all available: Apple's has hardly ever said a thing about push."""
    return b"jsonCallback(" + _feed([_service(name, None) for name in DEVELOPER_SERVICES]) + b");\n"


def _feed(services: list[dict[str, Any]]) -> bytes:
    feed = {"drpost": False, "drMessage": None, "services": services}
    return json.dumps(feed, ensure_ascii=False, separators=(",", ":")).encode()


def _service(name: str, outage_since_unix: float | None, said: str = "") -> dict[str, Any]:
    events = [] if outage_since_unix is None else [_outage(outage_since_unix, said)]
    return {"serviceName": name, "redirectUrl": None, "events": events}


def _outage(since_unix: float, message: str) -> dict[str, Any]:
    said = datetime.fromtimestamp(since_unix, UTC).astimezone(PACIFIC_STANDARD)
    return {
        "usersAffected": "Some users are affected",
        "epochStartDate": int(since_unix) * 1000,
        "epochEndDate": None,
        "messageId": MESSAGE_ID,
        "statusType": "Outage",
        "datePosted": said.strftime("%m/%d/%Y %H:%M %Z"),
        "startDate": said.strftime("%m/%d/%Y %H:%M %Z"),
        "endDate": None,
        "affectedServices": list(BROKEN_SERVICES),
        "eventStatus": "ongoing",
        "message": message,
    }
