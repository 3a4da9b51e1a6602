"""What Prometheus scrapes is valid, bounded, and says what the status says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text_format

from probe.looks import PLAN, Plan
from probe.model import AppleService, FeedFact, Remembered, Status, Turn, Verdict
from probe.outlets.metrics import APPLE_STATES, Metrics
from probe.wire import prometheus
from probe.words import (
    VALUES,
    Blame,
    Certainty,
    Code,
    Failure,
    Family,
    Impact,
    Look,
    Signal,
    Speed,
    Step,
)
from tests.support.statuses import (
    AT,
    ELAPSED,
    apple_outage,
    dns_block,
    failed,
    healthy,
    link_down,
    passed,
    seen,
    starting,
)

OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


@dataclass
class StoppedClock:
    at: float = ELAPSED

    def now(self) -> datetime:
        return datetime.fromtimestamp(0, UTC)

    def elapsed(self) -> float:
        return self.at

    def awake(self) -> float:
        return self.at


def parsed(page: bytes) -> list[Metric]:
    return list(text_format(page.decode()))


def parsed_open(page: bytes) -> list[Metric]:
    return list(open_metrics(page.decode()))  # type: ignore[no-untyped-call]


def metrics_of(
    status: Status,
    *,
    at: float = ELAPSED,
    plans: Mapping[Look, Plan] = PLAN,
    remembered: Remembered | None = None,
) -> Metrics:
    return Metrics(
        lambda: status,
        plans=lambda: plans,
        clock=StoppedClock(at),
        versions={"isitme": "1.2.3", "rules": "2026-11"},
        remembered=remembered,
    )


def scraped(metrics: Metrics) -> Series:
    page, _ = metrics.render("")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parsed(page)
        for sample in family.samples
    }


def value(series: Series, name: str, **labels: str) -> float | None:
    return series.get((name, frozenset(labels.items())))


def on(series: Series, name: str, label: str) -> list[str]:
    """Which members of a state set are 1."""
    return [dict(k)[label] for (n, k), v in series.items() if n == name and v == 1]


@pytest.mark.parametrize(
    "status", [healthy(), dns_block(), apple_outage(), link_down(), starting()]
)
async def test_both_formats_are_valid_and_say_the_same(status: Status) -> None:
    metrics = metrics_of(status)
    for observation in status.observations:
        await metrics.hear(observation)

    text, text_type = metrics.render("")
    modern, modern_type = metrics.render(OPEN_METRICS)

    ours = {
        (s.name, frozenset(s.labels.items())): s.value
        for family in parsed(text)
        for s in family.samples
        if s.name.startswith("isitme_")
    }
    theirs = {
        (s.name, frozenset(s.labels.items())): s.value
        for family in parsed_open(modern)
        for s in family.samples
        if s.name.startswith("isitme_")
    }
    assert text_type.startswith("text/plain; version=0.0.4")
    assert modern_type.startswith("application/openmetrics-text; version=1.0.0")
    assert ours == theirs
    assert len(ours) > 100


async def test_the_names_are_the_contract() -> None:
    metrics = metrics_of(healthy(), remembered=Remembered(apple_lag_seconds=3900.0))
    for observation in healthy().observations:
        await metrics.hear(observation)
    await metrics.hear(seen(Look.NTP, "x", failed(Step.EXCHANGE, 1, Failure.NTP_KOD, Speed.ACTIVE)))
    names = {name for name, _ in scraped(metrics)}

    assert {
        "isitme_build_info",
        "isitme_blame",
        "isitme_verdict",
        "isitme_verdict_since_timestamp_seconds",
        "isitme_verdict_certainty",
        "isitme_verdict_impact",
        "isitme_turns_total",
        "isitme_incidents_total",
        "isitme_apple_status_lag_seconds",
        "isitme_signal",
        "isitme_probe_success",
        "isitme_probe_runs_total",
        "isitme_probe_failures_total",
        "isitme_probe_duration_seconds_bucket",
        "isitme_probe_last_run_timestamp_seconds",
        "isitme_clock_offset_seconds",
        "isitme_clock_offset_low_seconds",
        "isitme_clock_offset_high_seconds",
        "isitme_apple_service",
        "isitme_apple_feed_up",
        "isitme_apple_feed_last_success_timestamp_seconds",
        "isitme_apple_feed_unknown_values_total",
        "isitme_schedule_lag_seconds",
        "isitme_config_last_reload_successful",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
    } <= names
    assert not [name for name in names if name.endswith("_created")]


def test_the_answer_is_one_of_each_set() -> None:
    series = scraped(metrics_of(dns_block()))

    assert on(series, "isitme_blame", "blame") == ["me"]
    assert on(series, "isitme_verdict", "code") == ["dns"]
    assert on(series, "isitme_verdict_certainty", "certainty") == ["high"]
    assert on(series, "isitme_verdict_impact", "impact") == ["partial"]
    assert value(series, "isitme_blame", blame="apple") == 0
    assert value(series, "isitme_signal", signal="push", value="only_443") == 1
    assert value(series, "isitme_signal", signal="push", value="works") == 0
    assert value(series, "isitme_verdict_since_timestamp_seconds") == 1795427892.0
    assert value(series, "isitme_build_info", isitme="1.2.3", rules="2026-11") == 1


def test_since_when_all_is_known_of_a_signal_is_a_moment_by_the_wall_clock() -> None:
    """Another site reads it and compares it with its own clock (docs/decisions/0071)."""
    status = dns_block()
    push = replace(status.readings[Signal.PUSH], oldest_at=100.0)
    status = replace(status, readings={**status.readings, Signal.PUSH: push}, elapsed=112.0)
    name = prometheus.OLDEST  # as it is asked for

    series = scraped(metrics_of(status))

    assert value(series, name, signal="push") == status.at.timestamp() - 12.0
    assert sum(n == name for n, _ in series) == 1  # of what is not dated nothing is said


def test_before_anything_is_known_every_signal_is_unknown_and_none_is_missing() -> None:
    series = scraped(metrics_of(starting()))

    signals = [dict(k) for (n, k), v in series.items() if n == "isitme_signal" and v == 1]
    assert len(signals) == 16
    assert {signal["value"] for signal in signals} == {"unknown"}


async def test_turns_are_counted_by_the_blame_they_lead_to() -> None:
    metrics = metrics_of(dns_block())
    turn = Turn(at=AT, before=healthy().verdict, after=dns_block().verdict)

    assert value(scraped(metrics), "isitme_turns_total", blame="me") == 0
    await metrics.hear(turn)

    series = scraped(metrics)
    assert value(series, "isitme_turns_total", blame="me") == 1
    assert [value(series, "isitme_turns_total", blame=b.value) for b in Blame] == [0, 1, 0, 0, 0]


def told(code: Code) -> Verdict:
    """A verdict of this code: `ok` of the healthy world, else Apple's outage by another code."""
    return healthy().verdict if code is Code.OK else replace(apple_outage().verdict, code=code)


async def follow(metrics: Metrics, *codes: Code, minutes_apart: float = 10.0) -> None:
    """Tell it one turn after the other."""
    for number, (before, after) in enumerate(pairwise(codes)):
        at = AT + timedelta(minutes=number * minutes_apart)
        await metrics.hear(Turn(at=at, before=told(before), after=told(after)))


async def test_apple_suspected_then_acknowledged_is_one_incident_and_its_lag_shows() -> None:
    metrics = metrics_of(healthy())
    assert value(scraped(metrics), "isitme_apple_status_lag_seconds") is None

    await follow(metrics, Code.OK, Code.APPLE_SUSPECTED, Code.APPLE_ACKNOWLEDGED, Code.OK)

    series = scraped(metrics)
    assert value(series, "isitme_incidents_total", code="apple_suspected") == 1
    assert value(series, "isitme_incidents_total", code="apple_acknowledged") == 0
    assert value(series, "isitme_incidents_total", code="ok") == 0
    assert value(series, "isitme_apple_status_lag_seconds") == 600


async def test_another_trouble_is_another_incident_and_apple_alone_has_no_lag() -> None:
    metrics = metrics_of(healthy())
    await follow(metrics, Code.OK, Code.DNS, Code.APPLE_ACKNOWLEDGED, Code.OK, Code.DNS)

    series = scraped(metrics)
    assert value(series, "isitme_incidents_total", code="dns") == 2
    assert value(series, "isitme_incidents_total", code="apple_acknowledged") == 1
    assert value(series, "isitme_apple_status_lag_seconds") is None


async def test_the_lag_outlives_a_restart_and_counts_from_before_it() -> None:
    suspected = Remembered(
        told=told(Code.APPLE_SUSPECTED), since=AT - timedelta(hours=1), apple_lag_seconds=60.0
    )
    metrics = metrics_of(healthy(), remembered=suspected)
    assert value(scraped(metrics), "isitme_apple_status_lag_seconds") == 60

    await follow(metrics, Code.APPLE_SUSPECTED, Code.APPLE_ACKNOWLEDGED)

    series = scraped(metrics)
    assert value(series, "isitme_apple_status_lag_seconds") == 3600
    assert value(series, "isitme_incidents_total", code="apple_acknowledged") == 0


async def test_attempts_failures_and_phases_are_counted() -> None:
    metrics = metrics_of(healthy())
    refused = failed(Step.HANDSHAKE, 3.0, Failure.GENERIC_TIMEOUT, Speed.SILENT, "detail")
    await metrics.hear(seen(Look.PUSH_443, "courier", passed(Step.CONNECT, 0.01), refused))
    await metrics.hear(seen(Look.PUSH_443, "courier", passed(Step.CONNECT, 0.3)))

    series = scraped(metrics)

    assert value(series, "isitme_probe_runs_total", probe="push_443") == 2
    assert value(series, "isitme_probe_runs_total", probe="ntp") == 0
    assert (
        value(
            series,
            "isitme_probe_failures_total",
            probe="push_443",
            step="handshake",
            failure="generic_timeout_error",
        )
        == 1
    )
    phase = {"probe": "push_443", "phase": "connect"}
    assert value(series, "isitme_probe_duration_seconds_bucket", le="0.02", **phase) == 1
    assert value(series, "isitme_probe_duration_seconds_bucket", le="0.5", **phase) == 2
    assert value(series, "isitme_probe_duration_seconds_count", **phase) == 2


def test_one_failing_target_shows_in_its_family_and_what_showed_nothing_does_not() -> None:
    broken = failed(Step.CONNECT, 3.0, Failure.GENERIC_TIMEOUT, Speed.SILENT)
    status = replace(
        healthy(),
        observations=(
            seen(Look.REF_IP, "one", passed(Step.CONNECT, 0.1)),
            seen(Look.REF_IP, "two", broken),
            seen(Look.REF_IP, "one", passed(Step.CONNECT, 0.1), family=Family.IPV6),
            seen(Look.NTP, "three"),
        ),
    )
    series = scraped(metrics_of(status))

    assert value(series, "isitme_probe_success", probe="ref_ip", family="ipv4") == 0
    assert value(series, "isitme_probe_success", probe="ref_ip", family="ipv6") == 1
    assert value(series, "isitme_probe_success", probe="ntp", family="ipv4") is None


async def test_a_stale_probe_goes_away_and_leaves_its_time_behind() -> None:
    status = healthy()
    courier = next(o for o in status.observations if o.look is Look.PUSH_5223)
    limit = courier.ended + PLAN[Look.PUSH_5223].max_age_seconds
    labels = {"probe": "push_5223", "family": "ipv4"}

    for at, expected in ((limit - 1, 1), (limit + 1, None)):
        metrics = metrics_of(status, at=at)
        await metrics.hear(courier)
        series = scraped(metrics)
        assert value(series, "isitme_probe_success", **labels) == expected
        last_run = value(series, "isitme_probe_last_run_timestamp_seconds", probe="push_5223")
        assert last_run == (AT - timedelta(seconds=2)).timestamp()


def test_a_look_that_is_switched_off_goes_away() -> None:
    plans: dict[Look, Plan] = {
        look: plan for look, plan in PLAN.items() if look is not Look.PUSH_5223
    }
    series = scraped(metrics_of(healthy(), plans=plans))

    assert value(series, "isitme_probe_success", probe="push_5223", family="ipv4") is None
    assert value(series, "isitme_probe_success", probe="ref_ip", family="ipv4") == 1


async def test_feeds_their_last_success_and_their_strange_words() -> None:
    fact = FeedFact(feed="consumer", services=(), events=(), unknown_words=3, age_seconds=None)
    good = seen(Look.STATUS, "consumer", passed(Step.EXCHANGE, 0.1), facts=(fact,), ago_seconds=9)
    bad = seen(
        Look.STATUS, "consumer", failed(Step.CONTENT, 0.1, Failure.FEED_UNREADABLE, Speed.ACTIVE)
    )
    metrics = metrics_of(replace(healthy(), observations=(bad,)))
    await metrics.hear(good)
    await metrics.hear(bad)

    series = scraped(metrics)

    assert value(series, "isitme_apple_feed_up", feed="consumer") == 0
    when = value(series, "isitme_apple_feed_last_success_timestamp_seconds", feed="consumer")
    assert when == (AT - timedelta(seconds=9)).timestamp()
    assert value(series, "isitme_apple_feed_unknown_values_total") == 3


def test_clock_offsets_carry_their_bounds() -> None:
    series = scraped(metrics_of(healthy()))

    assert value(series, "isitme_clock_offset_seconds", source="apple") == pytest.approx(0.01)
    assert value(series, "isitme_clock_offset_low_seconds", source="apple") == -0.02
    assert value(series, "isitme_clock_offset_high_seconds", source="apple") == 0.04


def test_a_state_of_apples_that_nobody_knows_is_unknown() -> None:
    service = AppleService(name="iMessage", reachable=None, apple_says='on "fire"\n')
    verdict = replace(healthy().verdict, services=(service,))
    series = scraped(metrics_of(replace(healthy(), verdict=verdict)))

    assert on(series, "isitme_apple_service", "state") == ["unknown"]


async def test_days_of_looking_add_no_series() -> None:
    metrics = metrics_of(healthy())
    for observation in healthy().observations:
        await metrics.hear(observation)
    before = len(scraped(metrics))

    for _ in range(1000):
        for observation in healthy().observations:
            await metrics.hear(observation)

    assert len(scraped(metrics)) == before


LABELS: dict[str, set[str]] = {
    "blame": set(Blame),
    "code": set(Code),
    "certainty": set(Certainty),
    "impact": set(Impact),
    "signal": set(Signal),
    "value": {word.value for words in VALUES.values() for word in words},
    "probe": set(Look),
    "family": set(Family),
    "step": set(Step),
    "phase": set(Step),
    "failure": set(Failure),
    "state": set(APPLE_STATES),
}
FROM_SETTINGS = {"source", "feed", "apple_service", "isitme", "rules", "le"}


async def test_every_fault_that_has_a_name_keeps_the_series_bounded() -> None:
    """However hostile the far end: targets and words of its own never become labels."""
    metrics = metrics_of(healthy())
    for look, step, failure, family in product(Look, Step, Failure, Family):
        bad = failed(step, 1.0, failure, Speed.ACTIVE, detail='"}\n evil 1')
        await metrics.hear(seen(look, f"far end {failure}", bad, family=family))
    for before, after in product(Code, Code):
        await follow(metrics, before, after)

    series = scraped(metrics)

    for _, labels in series:
        for label, word in labels:
            assert label in FROM_SETTINGS or word in LABELS[label]
    assert not [labels for _, labels in series if any("far end" in word for _, word in labels)]
    failures = [name for name, _ in series if name == "isitme_probe_failures_total"]
    assert len(failures) == len(Look) * len(Step) * len(Failure)
    assert len(series) - len(failures) < 1_700  # mostly histograms


def test_one_scrape_asks_for_the_status_once() -> None:
    asked = []

    def status() -> Status:
        asked.append(1)
        return healthy()

    metrics = Metrics(status, plans=lambda: PLAN, clock=StoppedClock(), versions={})
    assert asked == []
    metrics.render("")

    assert asked == [1]


def test_the_lag_of_the_schedule_shows() -> None:
    series = scraped(metrics_of(replace(healthy(), schedule_lag_seconds=0.25)))

    assert value(series, "isitme_schedule_lag_seconds") == 0.25


def test_a_failed_reload_shows() -> None:
    metrics = metrics_of(healthy())

    assert value(scraped(metrics), "isitme_config_last_reload_successful") == 1
    metrics.reloaded(successful=False)

    assert value(scraped(metrics), "isitme_config_last_reload_successful") == 0
