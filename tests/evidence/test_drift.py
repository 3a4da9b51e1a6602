"""A drift is told over hours, with its uncertainty, and only when it is more than a clock's own."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from probe.model import Observation, OffsetFact
from probe.verdict.seen import Seen
from probe.verdict.signals.drift import Sample, by_source, drift, slope_of, was_set
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
    "eight samples": (over_hours(asked("a", 200, count=8), asked("b", 200, count=8)), True),
    "an hour exactly": (
        over_hours(asked("a", 200, count=9, pace=450), asked("b", 200, count=9, pace=450)),
        True,
    ),
    "a little more than every clock is granted": (over_hours(asked("a", 20), asked("b", 20)), True),
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


# Eight samples, 600 s apart, and the 95 % interval of their slope as SciPy's linregress() and
# Student's t give it, in ppm.
MEASURED = (0.0, 0.13, 0.21, 0.40, 0.46, 0.62, 0.71, 0.85)
EXPECTED = (185.930, 216.451)


def samples(offsets: Iterable[float], steady: float | None = STEADY) -> list[Sample]:
    return [Sample(at=600.0 * n, offset=one, steady=steady) for n, one in enumerate(offsets)]


def test_the_interval_is_that_of_least_squares() -> None:
    assert slope_of(samples(MEASURED)) == pytest.approx(EXPECTED, abs=0.01)


def measured(operator: str, direction: float) -> list[Observation]:
    return [
        sighting(Look.NTP, operator, facts=[fact], step=Step.CONTENT, ago=600.0 * (7 - n) + 1.0)
        for n, offset in enumerate(MEASURED)
        for fact in [
            OffsetFact(
                source=f"ntp {operator}",
                low_seconds=direction * offset - 0.02,
                high_seconds=direction * offset + 0.02,
                authenticated=False,
                steady=STEADY,
            )
        ]
    ]


@pytest.mark.parametrize(("direction", "verb"), [(1.0, "loses"), (-1.0, "gains")])
def test_a_drift_is_told_in_ppm_with_its_uncertainty_and_its_direction(
    direction: float, verb: str
) -> None:
    said = dict(notes(over_hours(measured("a", direction), measured("b", direction))))

    assert said[Note.CLOCK_DRIFT] == (
        f"This clock {verb} 201 ppm, give or take 15: 17 s a day; no sound crystal is that bad."
    )


def test_a_drift_that_a_crystal_may_have_accuses_none() -> None:
    said = dict(notes(over_hours(asked("a", 50), asked("b", 50))))

    assert said[Note.CLOCK_DRIFT] == "This clock loses 50 ppm, give or take 0: 4 s a day."


@pytest.mark.parametrize(
    ("before", "after", "set_between"),
    [
        (STEADY, STEADY, False),
        (STEADY, STEADY + 0.15, True),
        (STEADY, STEADY - 0.15, True),
        (STEADY, STEADY + 0.05, False),
        (0.0, 0.1, False),
        (None, STEADY, False),
        (STEADY, None, False),
    ],
)
def test_a_tenth_of_a_second_is_a_step_where_both_are_known(
    before: float | None, after: float | None, set_between: bool
) -> None:
    assert was_set(before, after) is set_between


@pytest.mark.parametrize(
    ("steps", "kept"), [([], 12), ([1], 1), ([11], 11), ([3, 9], 3), ([12], 12)]
)
def test_a_line_is_drawn_from_what_was_asked_since_the_clock_was_set(
    steps: list[int], kept: int
) -> None:
    (found,) = by_source(over_hours(asked("a", 200, steps=steps))).values()

    assert len(found) == kept


def test_what_is_too_old_draws_no_line() -> None:
    evidence = over_hours(asked("a", 200), asked("b", 200))
    (oldest, *_) = evidence.timed
    six_hours = replace(evidence, timed=(oldest,), now=oldest.ended + 6 * 3600)

    assert drift(replace(evidence, now=NOW + 6 * 3600)) is None
    assert by_source(six_hours)
    assert not by_source(replace(six_hours, now=six_hours.now + 0.5))
