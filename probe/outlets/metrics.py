"""What Prometheus scrapes. Events are counted as they happen; state is read when asked.

Every label value comes from a closed list of ours or from the settings, never from the network:
a server must not be able to fill somebody's time series database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from probe.clock import Clock
from probe.looks import Plan
from probe.model import FeedFact, News, Observation, Remembered, Status, Turn
from probe.outlets.incidents import Incidents
from probe.words import VALUES, Blame, Certainty, Code, Impact, Look, Signal

# Few, because each costs a series per probe and phase: a LAN answer, a near and a far one, slow,
# and the bound of a step.
BUCKETS = (0.02, 0.1, 0.5, 2.0, 5.0)
APPLE_STATES = ("available", "outage", "issue", "performance", "maintenance", "unknown")


class Metrics:
    """Hears the news, and renders a page for each scrape from one Status."""

    def __init__(
        self,
        status: Callable[[], Status],
        *,
        plans: Callable[[], Mapping[Look, Plan]],
        clock: Clock,
        versions: Mapping[str, str],
        remembered: Remembered | None = None,
    ) -> None:
        # A series more per series, and nobody reads them.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._counts = _Counts(self._registry)
        self._incidents = Incidents(remembered or Remembered())
        state = _State(status, plans, clock, versions, self._counts, self._incidents)
        self._registry.register(state)
        ProcessCollector(registry=self._registry)

    async def hear(self, news: News) -> None:
        """Count what happened."""
        if isinstance(news, Turn):
            self._counts.turns.labels(news.after.blame.value).inc()
            if self._incidents.begins(news):
                self._counts.incidents.labels(news.after.code.value).inc()
        else:
            self._counts.count(news)

    def reloaded(self, *, successful: bool) -> None:
        """Say how the last reading of the settings went."""
        self._counts.reload.set(1 if successful else 0)

    def render(self, accept: str) -> tuple[bytes, str]:
        """The page and its content type: text, or OpenMetrics for those who ask for it."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class _Counts:
    """What only grows, and the moments that must outlive what they date."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.turns = Counter(
            "isitme_turns",
            "Times the told answer changed, by the blame it changed to.",
            ["blame"],
            registry=registry,
        )
        self.incidents = Counter(
            "isitme_incidents",
            "Incidents that began while this process looked, by what was told first.",
            ["code"],
            registry=registry,
        )
        self.runs = Counter(
            "isitme_probe_runs",
            "Attempts made: one per target and family.",
            ["probe"],
            registry=registry,
        )
        self.failures = Counter(
            "isitme_probe_failures",
            "Attempts that failed, by the step that failed and how.",
            ["probe", "step", "failure"],
            registry=registry,
        )
        self.seconds = Histogram(
            "isitme_probe_duration_seconds",
            "How long each phase of an attempt took.",
            ["probe", "phase"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.strange = Counter(
            "isitme_apple_feed_unknown_values",
            "Words in Apple's status feeds that isitme does not know, each time they were read.",
            registry=registry,
        )
        self.reload = Gauge(
            "isitme_config_last_reload_successful",
            "1 when the settings in use are those of the last reading.",
            registry=registry,
        )
        self.reload.set(1)
        for blame in Blame:
            self.turns.labels(blame.value)
        for code in Code:
            self.incidents.labels(code.value)
        for look in Look:
            self.runs.labels(look.value)
        self.last_run: dict[Look, float] = {}
        self.feed_read: dict[str, float] = {}

    def count(self, observation: Observation) -> None:
        look, finding = observation.look, observation.finding
        self.runs.labels(look.value).inc()
        self.last_run[look] = observation.at.timestamp()
        for step in finding.steps:
            self.seconds.labels(look.value, step.step.value).observe(step.seconds)
            if step.failure is not None:
                self.failures.labels(look.value, step.step.value, step.failure.value).inc()
        if look is Look.STATUS and finding.passed:
            self.feed_read[finding.target] = observation.at.timestamp()
        for fact in finding.facts:
            if isinstance(fact, FeedFact):
                self.strange.inc(fact.unknown_words)


class _State(Collector):
    """Builds every gauge from one immutable Status, so that one scrape never contradicts itself."""

    def __init__(
        self,
        status: Callable[[], Status],
        plans: Callable[[], Mapping[Look, Plan]],
        clock: Clock,
        versions: Mapping[str, str],
        counts: _Counts,
        incidents: Incidents,
    ) -> None:
        self._status, self._plans, self._clock = status, plans, clock
        self._versions, self._counts, self._incidents = versions, counts, incidents

    def collect(self) -> Iterable[Metric]:
        status = self._status()
        yield InfoMetricFamily("isitme_build", "What is running.", value=dict(self._versions))
        yield from _verdict(status)
        yield from _signals(status)
        yield from _offsets(status)
        yield from _apple(status)
        yield from self._probes(status)
        yield _gauge(
            "isitme_apple_feed_last_success_timestamp_seconds",
            "When each of Apple's status feeds was last read whole.",
            ["feed"],
            (((feed,), at) for feed, at in self._counts.feed_read.items()),
        )
        lag = self._incidents.lag_seconds
        yield _gauge(
            "isitme_apple_status_lag_seconds",
            "How long after us Apple said so itself, in the last incident that has both.",
            [],
            [] if lag is None else [((), lag)],
        )

    def _probes(self, status: Status) -> Iterator[Metric]:
        """What each look last saw. What is too old to be used is not shown; when it was, is."""
        fresh = [o for o in status.observations if self._is_fresh(o)]
        success: dict[tuple[str, ...], float] = {}
        feeds: dict[tuple[str, ...], float] = {}
        for observation in fresh:
            finding = observation.finding
            if not finding.steps:
                continue  # it has shown nothing
            key, good = (observation.look.value, finding.family.value), float(finding.passed)
            success[key] = min(good, success.get(key, 1.0))
            if observation.look is Look.STATUS:
                feeds[(finding.target,)] = max(good, feeds.get((finding.target,), 0.0))
        yield _gauge(
            "isitme_probe_success",
            "1 when the last attempt at every target went all the way (looked at on isitme's own "
            "pace, not at the scrape).",
            ["probe", "family"],
            success.items(),
        )
        yield _gauge(
            "isitme_probe_last_run_timestamp_seconds",
            "When each probe last finished an attempt.",
            ["probe"],
            (((look.value,), at) for look, at in self._counts.last_run.items()),
        )
        yield _gauge(
            "isitme_apple_feed_up",
            "1 when Apple's status feed could be read whole.",
            ["feed"],
            feeds.items(),
        )
        yield _gauge(
            "isitme_schedule_lag_seconds",
            "How late this process runs what it planned.",
            [],
            [((), status.schedule_lag_seconds)],
        )

    def _is_fresh(self, observation: Observation) -> bool:
        plan = self._plans().get(observation.look)
        age_seconds = self._clock.elapsed() - observation.ended
        return plan is not None and age_seconds <= plan.max_age_seconds


def _verdict(status: Status) -> Iterator[Metric]:
    verdict = status.verdict
    yield _one_of("isitme_blame", "Whose fault it is: one is 1.", "blame", Blame, verdict.blame)
    yield _one_of("isitme_verdict", "What is wrong: one is 1.", "code", Code, verdict.code)
    yield _one_of(
        "isitme_verdict_certainty",
        "How sure the answer is: one is 1.",
        "certainty",
        Certainty,
        verdict.certainty,
    )
    yield _one_of(
        "isitme_verdict_impact",
        "What a person would notice: one is 1.",
        "impact",
        Impact,
        verdict.impact,
    )
    yield _gauge(
        "isitme_verdict_since_timestamp_seconds",
        "When this answer was first told.",
        [],
        [((), status.since.timestamp())],
    )


def _signals(status: Status) -> Iterator[Metric]:
    """A signal without a reading is unknown, never absent: an alert on absence would be silent."""
    values: list[tuple[tuple[str, ...], float]] = []
    for signal in Signal:
        reading = status.readings.get(signal)
        now = reading.value.value if reading else "unknown"
        values += [((signal.value, v.value), float(v.value == now)) for v in VALUES[signal]]
    yield _gauge(
        "isitme_signal",
        "Where each signal stands, in its own words: one of each is 1.",
        ["signal", "value"],
        values,
    )
    yield _gauge(
        "isitme_signal_oldest_timestamp_seconds",
        "When the oldest part was seen of what a signal needs to stand where it stands.",
        ["signal"],
        (
            ((signal.value,), status.at.timestamp() - oldest)
            for signal, reading in status.readings.items()
            if (oldest := status.oldest_seconds(reading)) is not None
        ),
    )


def _offsets(status: Status) -> Iterator[Metric]:
    offsets = status.offsets.values()
    yield _gauge(
        "isitme_clock_offset_seconds",
        "True time minus this host's clock, by source: the middle of what is possible.",
        ["source"],
        (((o.source,), (o.low_seconds + o.high_seconds) / 2) for o in offsets),
    )
    yield _gauge(
        "isitme_clock_offset_low_seconds",
        "The least that true time can lie ahead of this host's clock.",
        ["source"],
        (((o.source,), o.low_seconds) for o in offsets),
    )
    yield _gauge(
        "isitme_clock_offset_high_seconds",
        "The most that true time can lie ahead of this host's clock.",
        ["source"],
        (((o.source,), o.high_seconds) for o in offsets),
    )


def _apple(status: Status) -> Iterator[Metric]:
    values: list[tuple[tuple[str, ...], float]] = []
    for service in status.verdict.services:
        says = service.apple_says if service.apple_says in APPLE_STATES else "unknown"
        values += [((service.name, state), float(state == says)) for state in APPLE_STATES]
    yield _gauge(
        "isitme_apple_service",
        "What Apple says of the services watched here: one state of each is 1.",
        ["apple_service", "state"],
        values,
    )


def _one_of(name: str, said: str, label: str, words: Iterable[str], now: str) -> Metric:
    return _gauge(name, said, [label], (((str(word),), float(word == now)) for word in words))


def _gauge(
    name: str, said: str, labels: list[str], values: Iterable[tuple[tuple[str, ...], float]]
) -> Metric:
    family = GaugeMetricFamily(name, said, labels=labels)
    for label_values, value in values:
        family.add_metric(label_values, value)
    return family
