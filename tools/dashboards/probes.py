"""What each probe sees, how it fails, how long it takes, over IPv4 and IPv6."""

from __future__ import annotations

from tools.dashboards.board import Board, Row
from tools.dashboards.parts import (
    GREEN,
    HERE,
    RED,
    SIGN,
    YELLOW,
    Query,
    bands,
    bars,
    lines,
    rate,
)

PROBE = 'probe=~"$probe"'
SEEN = Row(
    title="What is seen",
    panels=[
        *(
            bands(
                f"Every target answered, {said}",
                "Good while the newest attempt at every target went all the way. Evidence that is "
                f"too old leaves a gap. {more}",
                Query(
                    expr=f'isitme_probe_success{{{HERE}, {PROBE}, family="{family}"}}',
                    legend="{{probe}} {{site}}",
                ),
                meaning=SIGN,
                width=8,
                height=12,
            )
            for family, said, more in (
                ("ipv4", "IPv4", "Over IPv4 alone."),
                ("ipv6", "IPv6", "Over IPv6 alone: empty where this network has none."),
                ("none", "either", "Probes that are not about one address family."),
            )
        ),
    ],
)
FAILED = Row(
    title="What fails",
    panels=[
        lines(
            "Failures, by probe and step",
            "Attempts that failed, by the step that failed and how. The first failure of its kind "
            "after a start does not show: Prometheus sees no increase from nothing.",
            Query(
                expr="sum by (probe, step, failure) (increase("
                f"isitme_probe_failures_total{{{HERE}, {PROBE}}}[$__rate_interval])) > 0",
                legend="{{probe}}: {{step}} {{failure}}",
            ),
            unit="short",
            stacked=True,
        ),
        bars(
            "Most frequent failures",
            "The ten most frequent in the time shown.",
            Query(
                expr="topk(10, sum by (probe, step, failure) (round(increase("
                f"isitme_probe_failures_total{{{HERE}, {PROBE}}}[$__range]))) > 0)",
                legend="{{probe}}: {{step}} {{failure}}",
            ),
            unit="short",
            steps=((None, RED),),
        ),
    ],
)
SPEED = Row(
    title="How long it takes",
    panels=[
        lines(
            "Each step, on average",
            "The mean of each step of an attempt, failed ones included.",
            Query(
                expr="sum by (probe, phase) ("
                + rate("isitme_probe_duration_seconds_sum", PROBE)
                + ")\n/ sum by (probe, phase) ("
                + rate("isitme_probe_duration_seconds_count", PROBE)
                + ")",
                legend="{{probe}}: {{phase}}",
            ),
            unit="s",
            least=0,
        ),
        lines(
            "Each step, the slowest tenth",
            "Nine of ten attempts took no longer, as far as five buckets can tell.",
            Query(
                expr="histogram_quantile(0.9, sum by (probe, phase, le) ("
                + rate("isitme_probe_duration_seconds_bucket", PROBE)
                + "))",
                legend="{{probe}}: {{phase}}",
            ),
            unit="s",
            least=0,
        ),
    ],
)
PACE = Row(
    title="isitme's own pace",
    panels=[
        lines(
            "Attempts",
            "Attempts a second, all targets and families together. In doubt it looks more often.",
            Query(expr=f"sum by (probe) ({rate('isitme_probe_runs_total', PROBE)})",
                  legend="{{probe}}"),
            unit="reqps",
            width=8,
            stacked=True,
        ),
        lines(
            "Age of the newest attempt",
            "By this Prometheus' clock: a host whose clock is wrong shows it here.",
            Query(
                expr=f"time() - isitme_probe_last_run_timestamp_seconds{{{HERE}, {PROBE}}}",
                legend="{{probe}} {{site}}",
            ),
            unit="s",
            width=8,
        ),
        lines(
            "Behind schedule",
            "How late isitme runs what it planned. Above two seconds it does not believe itself.",
            Query(expr=f"isitme_schedule_lag_seconds{{{HERE}}}", legend="{{site}}"),
            unit="s",
            width=8,
            least=0,
            steps=((None, GREEN), (0.5, YELLOW), (2, RED)),
        ),
    ],
)  # fmt: skip
PROBES = Board(
    uid="isitme-probes",
    title="Probes",
    said="What each probe sees, how it fails, how long it takes, over IPv4 and IPv6.",
    rows=[SEEN, FAILED, SPEED, PACE],
    by_probe=True,
)
