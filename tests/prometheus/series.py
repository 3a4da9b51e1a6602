"""What an isitme says, minute by minute, as the series that `promtool test rules` plays.

Written with the program's own words, so that a rule on a word that is gone fires never, and its
test says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import groupby

from probe.words import (
    GOOD,
    VALUES,
    Blame,
    Certainty,
    Code,
    Daemon,
    Impact,
    Internet,
    Link,
    Push,
    Services,
    Signal,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """One state of one isitme. What is not given is as in a healthy world."""

    blame: Blame = Blame.NOBODY
    code: Code = Code.OK
    impact: Impact = Impact.NONE
    certainty: Certainty = Certainty.HIGH
    signals: Mapping[Signal, StrEnum] = field(default_factory=dict)
    up: bool | None = True  # False: the scrape fails; None: not even a target
    looks: int = 12  # attempts a minute
    turns: int = 0  # a minute
    lag_seconds: float = 0.0
    reloaded: bool = True
    ahead_seconds: Sequence[float] = (0.0, 0.0)  # true time minus the host's, by source
    feed_up: bool | None = True  # None: no news of the feed
    feed_read: bool = True  # its last success goes on
    new_words: int = 0  # a minute


ALL_WELL = Says()
NOT_THERE = Says(up=None)
HERE = Says(
    blame=Blame.ME, code=Code.LOCAL_LINK, impact=Impact.FULL, signals={Signal.LINK: Link.DOWN}
)
HERE_PARTLY = Says(
    blame=Blame.ME, code=Code.DNS, impact=Impact.PARTIAL, signals={Signal.PUSH: Push.SILENT}
)
PROVIDER = Says(
    blame=Blame.PROVIDER,
    code=Code.ISP_INTERNET,
    impact=Impact.FULL,
    signals={Signal.INTERNET: Internet.UNREACHABLE, Signal.PUSH: Push.SILENT},
)
ROUTER_OR_LINE = replace(PROVIDER, blame=Blame.UNKNOWN)
APPLE = Says(
    blame=Blame.APPLE,
    code=Code.APPLE_SUSPECTED,
    impact=Impact.FULL,
    certainty=Certainty.MEDIUM,
    signals={Signal.PUSH: Push.FAILS, Signal.SERVICES: Services.FAIL},
)
# Silence that one site alone cannot put down to Apple or to the way there.
APPLE_OR_PATH = Says(
    blame=Blame.UNKNOWN,
    code=Code.UNKNOWN,
    impact=Impact.FULL,
    certainty=Certainty.LOW,
    signals={Signal.PUSH: Push.SILENT, Signal.SERVICES: Services.SILENT},
)
# What it saw while it could not keep up looks just so, and proves nothing.
IMPAIRED = Says(
    blame=Blame.UNKNOWN,
    code=Code.UNKNOWN,
    certainty=Certainty.LOW,
    signals={**APPLE_OR_PATH.signals, Signal.SELF: Daemon.IMPAIRED},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What one site says: (minutes, state), one after the other."""

    name: str = "berlin"
    provider: str = "cable-one"
    says: Sequence[tuple[int, Says]]

    def series(self) -> Iterator[dict[str, str]]:
        """Every series of it, one sample a minute, as promtool wants them."""
        minutes = [state for many, state in self.says for _ in range(many)]
        target = {"job": "isitme", "site": self.name, "provider": self.provider}
        target["instance"] = f"isitme.{self.name}:10054"
        for (name, labels), values in _played(minutes).items():
            words = ",".join(f'{key}="{word}"' for key, word in (*target.items(), *labels))
            yield {"series": f"{name}{{{words}}}", "values": _notation(values)}


Key = tuple[str, tuple[tuple[str, str], ...]]  # the name, and its labels


def _played(minutes: Sequence[Says]) -> dict[Key, list[float | None]]:
    """Each series' value in every minute; None: there is none."""
    played: dict[Key, list[float | None]] = {}
    counted: Counter[Key] = Counter()
    for minute, state in enumerate(minutes):
        if state.up is not None:
            page = dict(_scraped(state, counted)) if state.up else {}
            for key, value in {("up", ()): float(state.up), **page}.items():
                played.setdefault(key, [None] * len(minutes))[minute] = value
    return played


def _scraped(state: Says, counted: Counter[Key]) -> Iterator[tuple[Key, float]]:
    for name, label, words, now in (
        ("isitme_blame", "blame", Blame, state.blame),
        ("isitme_verdict", "code", Code, state.code),
        ("isitme_verdict_impact", "impact", Impact, state.impact),
        ("isitme_verdict_certainty", "certainty", Certainty, state.certainty),
    ):
        for word in words:
            yield (name, ((label, str(word)),)), float(word == now)
    for signal, values in VALUES.items():
        reads = state.signals.get(signal, GOOD[signal])
        for value in values:
            labels = (("signal", str(signal)), ("value", str(value)))
            yield ("isitme_signal", labels), float(value == reads)
    yield ("isitme_schedule_lag_seconds", ()), state.lag_seconds
    yield ("isitme_config_last_reload_successful", ()), float(state.reloaded)
    for number, ahead in enumerate(state.ahead_seconds):
        source = (("source", f"ntp {number}"),)
        yield ("isitme_clock_offset_low_seconds", source), ahead - 0.1
        yield ("isitme_clock_offset_high_seconds", source), ahead + 0.1
    feed = (("feed", "consumer"),)
    if state.feed_up is not None:
        yield ("isitme_apple_feed_up", feed), float(state.feed_up)
    moved: tuple[tuple[Key, int], ...] = (
        (("isitme_probe_runs_total", (("probe", "link"),)), state.looks),
        (("isitme_turns_total", (("blame", "me"),)), state.turns),
        (("isitme_apple_feed_unknown_values_total", ()), state.new_words),
        (("isitme_apple_feed_last_success_timestamp_seconds", feed), 60 * state.feed_read),
    )
    for key, by in moved:
        counted[key] += by
        yield key, float(counted[key])


def _notation(values: Sequence[float | None]) -> str:
    """Runs of one value, shortened: `1x9` is ten times 1. A series that ends is marked stale, as
    Prometheus does at the first scrape without it."""
    said = []
    before: float | None = None
    for value, run in groupby(values):
        many = len(list(run))
        if value is not None:
            said.append(f"{value}x{many - 1}")
        elif before is None:
            said.append(f"_x{many}")
        else:
            said += ["stale", f"_x{many - 1}"] if many > 1 else ["stale"]
        before = value
    return " ".join(said)
