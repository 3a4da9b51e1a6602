"""A drift is told over hours, with its uncertainty, and only when it is more than a clock's own."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from probe.model import Observation, OffsetFact
from probe.verdict.seen import Seen
from probe.verdict.signals.drift import drift
from probe.verdict.signals.hostclock import notes
from probe.words import Look, Note, Step
from tests.support.sightings import NOW, seen, sighting

PACE = 1024.0
STEADY = 1_790_000_000.0


def asked(
    operator: str,
    ppm: float,
    *,
    count: int = 12,
    pace: float = PACE,
    noise: float = 0.0,
    steps: Iterable[float] = (),
    start: float = 0.0,
) -> list[Observation]:
    """A server asked `count` times up to now, by a clock that loses `ppm`; it was set `steps`
    samples before the last."""
    chance = random.Random(operator)
    found = []
    for number in range(count):
        ago = (count - 1 - number) * pace + 1.0
        offset = start - ppm * 1e-6 * (ago - 1.0) + chance.gauss(0, noise)
        since = sum(1 for step in steps if count - 1 - number < step)
        fact = OffsetFact(
            source=f"ntp {operator}",
            low_seconds=offset - 0.02,
            high_seconds=offset + 0.02,
            authenticated=False,
            steady=STEADY + 10.0 * since,
        )
        found.append(sighting(Look.NTP, operator, facts=[fact], step=Step.CONTENT, ago=ago))
    return found


def over_hours(*series: list[Observation], set_since: float = 0.0) -> Seen:
    timed = tuple(one for one_series in series for one in one_series)
    newest = [one_series[-1] for one_series in series if one_series]
    last = newest[0].finding.facts[0]
    assert isinstance(last, OffsetFact)
    assert last.steady is not None
    return replace(seen(*newest), timed=timed, steady=last.steady + set_since)


CASES: dict[str, tuple[Seen, bool]] = {
    "200 ppm": (over_hours(asked("a", 200), asked("b", 200)), True),
    "200 ppm fast": (over_hours(asked("a", -200), asked("b", -200)), True),
    "200 ppm in jitter": (
        over_hours(asked("a", 200, noise=0.02), asked("b", 200, noise=0.02)),
        True,
    ),
    "a sound clock": (over_hours(asked("a", 0, noise=0.01), asked("b", 0, noise=0.01)), False),
    "what every clock is granted": (over_hours(asked("a", 12), asked("b", 12)), False),
    "seven samples": (over_hours(asked("a", 200, count=7), asked("b", 200, count=7)), False),
    "under an hour": (
        over_hours(asked("a", 200, count=9, pace=400), asked("b", 200, count=9, pace=400)),
        False,
    ),
    "one server alone may be what drifts": (over_hours(asked("a", 200)), False),
    "one server of two drifts": (over_hours(asked("a", 200), asked("b", 0)), False),
    "set an hour ago": (
        over_hours(asked("a", 200, steps=[3]), asked("b", 200, steps=[3])),
        False,
    ),
    "set long ago": (over_hours(asked("a", 200, steps=[9]), asked("b", 200, steps=[9])), True),
    "set just now": (over_hours(asked("a", 200), asked("b", 200), set_since=5.0), False),
    "noise of a bad path": (
        over_hours(asked("a", 0, noise=0.5), asked("b", 0, noise=0.5)),
        False,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_drift(case: str) -> None:
    evidence, told = CASES[case]

    assert (drift(evidence) is not None) == told
    assert (Note.CLOCK_DRIFT in [note for note, _ in notes(evidence)]) == told


def test_a_drift_is_told_in_ppm_with_its_uncertainty_and_its_direction() -> None:
    said = dict(notes(over_hours(asked("a", 200, noise=0.01), asked("b", 200, noise=0.01))))

    assert said[Note.CLOCK_DRIFT].startswith("This clock loses ")
    assert " ppm, give or take " in said[Note.CLOCK_DRIFT]
    assert "17 s a day; no sound crystal is that bad" in said[Note.CLOCK_DRIFT]


def test_what_is_too_old_draws_no_line() -> None:
    evidence = over_hours(asked("a", 200), asked("b", 200))

    assert drift(replace(evidence, now=NOW + 6 * 3600)) is None
