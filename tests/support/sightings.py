"""Observations written in one line, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from probe.model import Fact, Finding, Observation, StepTaken
from probe.targets import Targets
from probe.verdict.seen import Seen, Witness, by_target, look_back
from probe.words import Failure, Family, Look, Speed, Step

NOW = 1000.0
AT = datetime(2026, 1, 1, tzinfo=UTC)


def sighting(
    look: Look,
    target: str,
    failure: Failure | None = None,
    *,
    step: Step = Step.CONNECT,
    silent: bool = False,
    ago: float = 1.0,
    operator: str = "",
    family: Family = Family.IPV4,
    group: str = "",
    facts: Iterable[Fact] = (),
    address: str = "192.0.2.7:443",
    epoch: int = 0,
) -> Observation:
    """One observation, `ago` seconds before NOW; passed when no failure is given."""
    taken = StepTaken(
        step=step,
        seconds=5.0 if silent else 0.01,  # silence is only known by waiting
        failure=failure,
        speed=None if failure is None else (Speed.SILENT if silent else Speed.ACTIVE),
        detail="" if failure is None else f"{target} {failure.value}",
    )
    finding = Finding(
        target=target,
        operator=operator or target,
        family=family,
        address=address,
        group=group,
        steps=(taken,),
        facts=tuple(facts),
        said=f"{target}: {failure.value if failure else 'fine'}",
        started=NOW - ago,
        ended=NOW - ago,
    )
    return Observation(
        look=look, finding=finding, epoch=epoch, started=NOW - ago, ended=NOW - ago, at=AT
    )


def twice(observation: Observation, *, seconds: float = 2) -> tuple[Observation, Observation]:
    """The same thing seen some seconds earlier too: hard, if it is a failure."""
    earlier = replace(
        observation, started=observation.started - seconds, ended=observation.ended - seconds
    )
    return earlier, observation


def everyone(*observations: Observation) -> frozenset[Witness]:
    """Witness lists in which all of these were right before."""
    return frozenset((one.look, one.finding.target) for one in observations)


def seen(
    *observations: Observation,
    trusted: bool = True,
    targets: Targets | None = None,
    push_seen_seconds_ago: float | None = None,
    proxy_configured: bool = False,
    was_open: bool = False,
    now: float = NOW,
    epoch: int = 0,
) -> Seen:
    """What is seen at NOW. `trusted`: every target was seen to work here before."""
    return look_back(
        by_target(observations),
        now=now,
        epoch=epoch,
        targets=targets or Targets(),
        witnesses=everyone(*observations) if trusted else frozenset(),
        push_seen_seconds_ago=push_seen_seconds_ago,
        proxy_configured=proxy_configured,
        was_open=was_open,
    )
