"""What other sites see of Apple, asked of the Prometheus that scrapes them: one query, read for the
same two facts as a peer's /status.

How old a word is comes from the times that the sites themselves give, and not from Prometheus': a
site whose clock is not known to be right says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from probe.failures import LookFailed
from probe.wire.peer import CONTROLS, DOWN, WORKS, Word
from probe.words import Failure, Signal, Speed

ANSWER_BYTES = 1024 * 1024  # a site is some 9 series of 200 bytes: 500 sites
SERVER_SECONDS = 2  # for how long it may work on it; a client that left goes unnoticed else
SUBJECTS = (Signal.PUSH, Signal.SERVICES)
SIGNAL, OLDEST = "isitme_signal", "isitme_signal_oldest_timestamp_seconds"
SKEW_SECONDS = 2.0  # two right clocks may differ so much


@dataclass(slots=True)
class _Site:
    signals: dict[str, str] = field(default_factory=dict)
    oldest: dict[str, float] = field(default_factory=dict)


def path_of(prefix: str, *, site: str, provider: str = "") -> str:
    """The path of an instant query for all sites but this one, and but those of its provider."""
    others = f'site!="",site!={_quoted(site)}'  # one without a name may be this one
    if provider:
        others += f",provider!={_quoted(provider)}"
    signals = "|".join(signal.value for signal in (*(s for s, _ in CONTROLS), *SUBJECTS))
    subjects = "|".join(signal.value for signal in SUBJECTS)
    query = (
        f'{SIGNAL}{{{others},signal=~"{signals}"}} == 1'
        f' or {OLDEST}{{{others},signal=~"{subjects}"}}'
    )
    return f"{prefix.rstrip('/')}/api/v1/query?query={quote(query)}&timeout={SERVER_SECONDS}s"


def read(body: bytes, *, now: float) -> tuple[Word, ...]:
    """What each site can tell. `now`: seconds since 1970. Raises LookFailed for what is no answer.

    As with a peer: what works there works; what fails there counts only where everything on the
    site's own side is right.
    """
    sites: dict[tuple[str, str], _Site] = {}
    for labels, value in _rows(body):
        site = sites.setdefault((labels.get("site", ""), labels.get("instance", "")), _Site())
        name, signal = labels.get("__name__"), labels.get("signal", "")
        if name == SIGNAL and value == 1:
            site.signals[signal] = labels.get("value", "")
        elif name == OLDEST:
            site.oldest[signal] = value
    return tuple(
        word
        for site in sites.values()
        for subject in SUBJECTS
        if (word := _word(site, subject, now)) is not None
    )


def _word(site: _Site, subject: Signal, now: float) -> Word | None:
    right = {signal for signal, wanted in CONTROLS if site.signals.get(signal.value) == wanted}
    value, oldest = site.signals.get(subject.value), site.oldest.get(subject.value)
    if Signal.CLOCK not in right or oldest is None or now - oldest < -SKEW_SECONDS:
        return None
    # The whole difference that two right clocks may have, against the word.
    age = max(0.0, now - oldest) + SKEW_SECONDS
    if value in WORKS[subject]:
        return Word(subject=subject, works=True, age_seconds=age)
    if value in DOWN[subject] and len(right) == len(CONTROLS):
        return Word(subject=subject, works=False, age_seconds=age)
    return None


def _rows(body: bytes) -> Iterator[tuple[Mapping[str, str], float]]:
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _unreadable("no JSON") from error
    if not isinstance(document, dict) or document.get("status") != "success":
        said = document.get("error") if isinstance(document, dict) else None
        raise _unreadable(str(said)[:100] if isinstance(said, str) else "no answer to a query")
    data = document.get("data")
    data = data if isinstance(data, dict) else {}
    rows = data.get("result")
    if not isinstance(rows, list) or data.get("resultType") != "vector":
        raise _unreadable("no vector")
    for row in rows:
        labels, value = (row.get("metric"), row.get("value")) if isinstance(row, dict) else (0, 0)
        if not (isinstance(labels, dict) and isinstance(value, list) and len(value) == 2):
            continue
        try:
            number = float(value[1])
        except (TypeError, ValueError):
            continue
        if number == number and all(isinstance(text, str) for text in labels.values()):
            yield labels, number


def _quoted(text: str) -> str:
    """A label's value as PromQL writes it (prometheus.io, "String literals": as in Go)."""
    return json.dumps(text)


def _unreadable(detail: str) -> LookFailed:
    return LookFailed(Failure.JSON_PARSE, Speed.ACTIVE, f"not Prometheus' answer: {detail}")
