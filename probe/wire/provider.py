"""What the provider side of push says to somebody without credentials."""

from __future__ import annotations

import json

from probe.failures import LookFailed
from probe.words import Failure, Speed

BODY_BYTES = 16 * 1024
HEALTHY = "MissingProviderToken"  # recorded four times independently, 2026-09


def read(status: int, http_version: str, body: bytes) -> str:
    """One sentence when the front is alive. Raises LookFailed when it is not, or is not Apple's.

    Any JSON reason over HTTP/2 comes from the front itself, whatever it complains about.
    """
    if not http_version.startswith("HTTP/2"):
        raise _failed(Failure.HTTP_UNEXPECTED_STATUS, f"answered over {http_version[:16]}")
    if status == 429:
        raise _failed(Failure.RATE_LIMITED, "asked too often")
    if status >= 500:
        raise _failed(Failure.HTTP_5XX, f"answered {status}: {_reason(body) or 'no reason'}")
    reason = _reason(body)
    if reason is None:
        raise _failed(Failure.HTTP_BODY_MISMATCH, f"answered {status} without a reason")
    if reason == HEALTHY:
        return "the push service for senders answers as it should"
    return f"the push service for senders answers ({reason})"


def _reason(body: bytes) -> str | None:
    try:
        parsed = json.loads(body[:BODY_BYTES])
    except (ValueError, RecursionError):
        return None
    reason = parsed.get("reason") if isinstance(parsed, dict) else None
    return reason[:60] if isinstance(reason, str) and reason.isalnum() else None


def _failed(failure: Failure, detail: str) -> LookFailed:
    return LookFailed(failure, Speed.ACTIVE, detail)
