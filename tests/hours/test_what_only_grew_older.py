"""What is not derived again is what would have been: each judgement of hours, both ways."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from typing import Any

import pytest

from benchmarks.false_alarms import KINDS, Unhurried, play
from probe.backtest.virtual import VirtualTimeLoop
from probe.model import Verdict
from probe.verdict.evidence import Evidence, gather
from probe.verdict.seen import Seen

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
BY_NAME = {kind.name: kind for kind in KINDS}
HOUR = 1 / 24


class Doubting(Unhurried):
    """Does all again from the beginning, and compares."""

    def __init__(self, **given: Any) -> None:
        self.judgements = self.spared = 0
        self.different: list[str] = []
        super().__init__(**given)

    def seen(self, before: Seen | None = None) -> Seen:
        seen = super().seen(before)
        self.differ(seen, super().seen(), "standings", "history")
        return seen

    def _judged(self, now: float) -> Verdict:
        before = self._evidence.seen
        verdict = super()._judged(now)
        self.judgements += 1
        self.spared += self._evidence.seen is before
        told = self._told.told
        if self._evidence.seen.told_cause == (told.cause if told else None):
            anew = gather(super().seen())
            self.differ(by_tenths(self._evidence), by_tenths(anew), *SHOWN)
        return verdict

    def differ(self, one: object, other: object, *names: str) -> None:
        self.different += [
            f"{self.tools.clock.elapsed()}: {name}: {getattr(one, name)} != {getattr(other, name)}"
            for name in names
            if getattr(one, name) != getattr(other, name)
        ]


SHOWN = (*(f.name for f in fields(Evidence) if f.name not in {"seen", "now"}), "notes")


def by_tenths(evidence: Evidence) -> Evidence:
    """Ages are sums of seconds: the last bits may differ."""
    readings = {
        signal: replace(one, age_seconds=one.age_seconds and round(one.age_seconds, 3))
        for signal, one in evidence.readings.items()
    }
    return replace(evidence, readings=readings)


@pytest.mark.parametrize(
    ("name", "hours"),
    [("5 % loss", 0.06), ("micro-outages", 1.2), ("one reference dead", 0.1), ("10 % loss", 0.03)],
)
def test_what_only_grew_older_is_what_it_would_be_now(name: str, hours: float) -> None:
    made: list[Doubting] = []

    def monitor(**given: Any) -> Doubting:
        made.append(Doubting(**given))
        return made[0]

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(play(BY_NAME[name], hours * HOUR, 2, monitor))  # type: ignore[arg-type]

    assert made[0].different == []
    assert 0 < made[0].spared < made[0].judgements
