"""One target of one look under blackbox_exporter's names, for those who scrape it so.

Who asks cannot make isitme ask: it answers from a look that was made, or makes one that its own
floor allows at that moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import choose_encoder

from probe.model import Observation
from probe.monitor import Monitor
from probe.words import Family, Look, Step

USUAL_SECONDS, MOST_SECONDS = 10.0, 30.0  # Prometheus' own default; longer than any look but one
OFFSET_SECONDS = 0.5  # blackbox_exporter's --timeout-offset: the answer must still travel
IP_PROTOCOL = {Family.IPV4: 4, Family.IPV6: 6}


class NoSuchName(ValueError):
    """The text says which names there are."""


class NotSeen(Exception):
    """Nothing that is fresh enough is known: neither success nor failure."""


class Blackbox:
    """Answers for one monitor."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    async def ask(
        self, look: Look, target: str, timeout: str | None, accept: str
    ) -> tuple[bytes, str]:
        """Metrics and their type. `timeout`: X-Prometheus-Scrape-Timeout-Seconds, as it came.

        Raises NoSuchName and NotSeen.
        """
        if look not in self._monitor.probes:
            known = ", ".join(self._monitor.probes)
            raise NoSuchName(f"module: wanted one of {known}, found {look.value}")
        if self._may_look(look):
            task = self._monitor.start(look)
            if task is not None:
                await asyncio.wait({task}, timeout=seconds_of(timeout))
        seen = [one for one in self._monitor.newest() if one.look is look]
        names = sorted({one.finding.target for one in seen})
        if names and target not in names:
            raise NoSuchName(f"target: wanted one of {', '.join(names)}, found {target!r}")
        plan, now = self._monitor.plans[look], self._monitor.tools.clock.elapsed()
        fresh = [
            one
            for one in seen
            if one.finding.target == target
            and one.finding.steps
            and now - one.ended <= plan.max_age_seconds
        ]
        if not fresh:
            raise NotSeen(f"{look.value} has seen nothing of {target!r} lately")
        return told(fresh, age_seconds=now - min(one.ended for one in fresh), accept=accept)

    def _may_look(self, look: Look) -> bool:
        """Whether its floor allows a look now. What only doubt asks for is not for callers."""
        plan, now = self._monitor.plans[look], self._monitor.tools.clock.elapsed()
        if plan.on_demand_seconds or plan.timeout_seconds > MOST_SECONDS:
            return False
        began = [one.started for one in self._monitor.newest() if one.look is look]
        began.append(self._monitor.attention.started_at.get(look, float("-inf")))
        return now - max(began) >= plan.floor_seconds


def seconds_of(header: str | None) -> float:
    """How long we may take, by the scraper's header; its nonsense is as good as none."""
    try:
        given = float(header or USUAL_SECONDS)
    except ValueError:
        given = USUAL_SECONDS
    if not 0 < given < MOST_SECONDS:  # also what is no number
        given = USUAL_SECONDS
    return max(0.0, given - OFFSET_SECONDS)


def told(seen: Sequence[Observation], *, age_seconds: float, accept: str) -> tuple[bytes, str]:
    """The metrics of the newest attempt over each family: the worst and the slowest of them."""
    registry = CollectorRegistry()

    def gauge(name: str, said: str, value: float) -> None:
        Gauge(name, said, registry=registry).set(value)

    findings = [one.finding for one in seen]
    gauge("probe_success", "1 when every attempt went all the way.",
          all(finding.passed for finding in findings))  # fmt: skip
    gauge("probe_duration_seconds", "How long the slowest attempt took.",
          max(sum(step.seconds for step in finding.steps) for finding in findings))  # fmt: skip
    resolved = [step.seconds for f in findings for step in f.steps if step.step is Step.RESOLVE]
    if resolved:
        gauge("probe_dns_lookup_time_seconds", "How long the name took.", max(resolved))
    families = {finding.family for finding in findings} & set(IP_PROTOCOL)
    if len(families) == 1:
        gauge("probe_ip_protocol", "4 or 6.", IP_PROTOCOL[families.pop()])
    gauge("isitme_probe_age_seconds", "How long ago it was looked at.", age_seconds)
    phases = Gauge("isitme_probe_phase_seconds", "How long each step took, the slowest attempt's.",
                   ["phase"], registry=registry)  # fmt: skip
    slowest: dict[str, float] = {}
    for step in (step for finding in findings for step in finding.steps):
        slowest[step.step.value] = max(step.seconds, slowest.get(step.step.value, 0.0))
    for phase, seconds in slowest.items():
        phases.labels(phase).set(seconds)
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
