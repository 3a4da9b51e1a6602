"""Which observations are cited, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from probe.model import Because, Observation, Reading, Readings
from probe.verdict.table import Clause
from probe.words import Failure, Sign, Signal, Speed

MOST_REASONS = 3  # the contract: up to three strongest observations

# Said by the far end itself, inside its own verified TLS or in place of it, and by nobody between.
SAID_INSIDE_TLS = frozenset(
    {
        Failure.HTTP_5XX,
        Failure.HTTP2_GOAWAY,
        Failure.SSL_INVALID_HOSTNAME,
        Failure.SSL_CERT_EXPIRED,
        Failure.SSL_CERT_NOT_YET_VALID,
        Failure.SSL_CERT_REVOKED,
    }
)


def reasons(readings: Readings, clause: Clause) -> tuple[Because, ...]:
    """The strongest observations of the signals that decided."""
    return tuple(_cited(observation) for observation in ranked(readings, clause)[:MOST_REASONS])


def ranked(readings: Readings, clause: Clause) -> tuple[Observation, ...]:
    """Every observation of the signals that decided, the strongest first.

    Failures first, nearest first. Among what is right the farthest is strongest: it proves the
    rest. Signals take turns, so that one talkative signal does not fill all the places.
    """
    named = [readings[signal] for signal in Signal if signal in clause and _tells(signal, clause)]
    bad = [reading for reading in named if reading.sign is Sign.BAD]
    good = [reading for reading in reversed(named) if reading.sign is Sign.GOOD]
    in_turn = (
        *_by_turns(_failing(reading) for reading in bad),
        *_by_turns(_passing(reading) for reading in bad),
        *_by_turns(_passing(reading) for reading in good),
    )
    # One look feeds many signals.
    return tuple({id(observation): observation for observation in in_turn}.values())


def said_by_the_far_end(observation: Observation) -> bool:
    """It failed in a way that nobody between here and the far end can have made."""
    failed = observation.finding.failed
    return failed is not None and failed.failure in SAID_INSIDE_TLS


# That Apple is out of reach as well is no reason for a fault that lies nearer.
APPLE = frozenset({Signal.PUSH, Signal.SERVICES})


def _tells(signal: Signal, clause: Clause) -> bool:
    """Whether the signal is a reason, and not only a condition that not knowing meets as well."""
    return "unknown" not in clause[signal] or signal not in APPLE


def _failing(reading: Reading) -> list[Observation]:
    """What the far end said, what answered wrongly, what did not answer: each says less."""
    failed = [one for one in reading.because if one.finding.failed is not None]
    return sorted(failed, key=_says_little)


def _says_little(observation: Observation) -> int:
    if said_by_the_far_end(observation):
        return 0
    failed = observation.finding.failed
    return 2 if failed is not None and failed.speed is Speed.SILENT else 1


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
