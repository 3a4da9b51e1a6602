"""Which observations are cited, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from probe.model import Because, Observation, Reading, Readings
from probe.verdict.table import Clause
from probe.words import Sign, Signal, Speed

MOST_REASONS = 3  # the contract: up to three strongest observations


def reasons(readings: Readings, clause: Clause) -> tuple[Because, ...]:
    """The strongest observations of the signals that decided.

    Failures first, nearest first. Among what is right the farthest is strongest: it proves the
    rest. Signals take turns, so that one talkative signal does not fill all the places.
    """
    named = [readings[signal] for signal in Signal if signal in clause and _tells(signal, clause)]
    bad = [reading for reading in named if reading.sign is Sign.BAD]
    good = [reading for reading in reversed(named) if reading.sign is Sign.GOOD]
    ranked = (
        *_by_turns(_failing(reading) for reading in bad),
        *_by_turns(_passing(reading) for reading in bad),
        *_by_turns(_passing(reading) for reading in good),
    )
    once = {id(observation): observation for observation in ranked}  # one look feeds many signals
    return tuple(_cited(observation) for observation in list(once.values())[:MOST_REASONS])


# That Apple is out of reach as well is no reason for a fault that lies nearer.
APPLE = frozenset({Signal.PUSH, Signal.SERVICES})


def _tells(signal: Signal, clause: Clause) -> bool:
    """Whether the signal is a reason, and not only a condition that not knowing meets as well."""
    return "unknown" not in clause[signal] or signal not in APPLE


def _failing(reading: Reading) -> list[Observation]:
    """What answered wrongly before what did not answer: it says more."""
    failed = [one for one in reading.because if one.finding.failed is not None]
    return sorted(failed, key=_is_silent)


def _is_silent(observation: Observation) -> bool:
    failed = observation.finding.failed
    return failed is not None and failed.speed is Speed.SILENT


def _passing(reading: Reading) -> list[Observation]:
    return [one for one in reading.because if one.finding.failed is None]


def _by_turns(rows: Iterable[list[Observation]]) -> Iterator[Observation]:
    for round_ in zip_longest(*rows):
        yield from (one for one in round_ if one is not None)


def _cited(observation: Observation) -> Because:
    finding = observation.finding
    failed = finding.failed
    last = failed or (finding.steps[-1] if finding.steps else None)
    return Because(
        look=observation.look,
        target=finding.target,
        step=last.step if last else None,
        failure=failed.failure if failed else None,
        at=observation.at,
        said=finding.said or _plain_words(observation),
    )


def _plain_words(observation: Observation) -> str:
    finding = observation.finding
    if finding.failed is None:
        return f"{finding.target} answered as it should"
    return f"{finding.target}: {finding.failed.detail or finding.failed.failure}"
