"""The Date header of an answer as an interval that holds the true offset of this host's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

# A cache that adds an Age has rounded it; beyond this the sum of roundings is worth nothing.
MOST_AGE_SECONDS = 60
DATE_RESOLUTION_SECONDS = 1.0  # RFC 9110 5.6.7: whole seconds, cut off


def age_of(headers: Mapping[str, str]) -> int | None:
    """The Age header, 0 when there is none, None when it cannot be read (RFC 9111 5.1)."""
    text = headers.get("age", "0").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def date_of(headers: Mapping[str, str]) -> float | None:
    """The Date header in Unix seconds; None when it is missing or cannot be read."""
    try:
        parsed = parsedate_to_datetime(headers["date"][:64])
        return parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp()
    except (KeyError, ValueError, OverflowError, IndexError, TypeError):
        return None


def date_interval(
    headers: Mapping[str, str], *, sent_unix: float, took_seconds: float
) -> tuple[float, float] | None:
    """Lowest and highest offset in seconds; positive means that this host is behind.

    The server wrote its second, cut off, some time between sending and receiving: the interval is
    one second and the round trip wide. None without a usable Date.
    """
    date, age = date_of(headers), age_of(headers)
    if date is None or age is None or age > MOST_AGE_SECONDS:
        return None
    # An Age is whole seconds too, so an aged answer is a second vaguer.
    slack = DATE_RESOLUTION_SECONDS if age == 0 else 2 * DATE_RESOLUTION_SECONDS
    return date + age - (sent_unix + took_seconds), date + age + slack - sent_unix
