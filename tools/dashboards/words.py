"""The colours of isitme's words, and panels that more than one dashboard shows."""

from __future__ import annotations

from grafana_foundation_sdk.builders import statetimeline

from probe.words import Blame, Look, Signal
from tools.dashboards.parts import (
    GREEN,
    GREY,
    HERE,
    ORANGE,
    PURPLE,
    RED,
    SIGN,
    Panel,
    Query,
    bands,
    lines,
    meanings,
    rate,
    set_as_number,
    sign_as_number,
    signal_as_number,
    signal_meanings,
)

BLAME = meanings(
    Blame,
    {"nobody": GREEN, "me": ORANGE, "provider": PURPLE, "apple": RED, "unknown": GREY},
)


def blame(legend: str = "{{site}}") -> Query:
    return Query(expr=set_as_number("isitme_blame", "blame", Blame), legend=legend)


def signal(which: Signal, title: str, said: str) -> statetimeline.Panel:
    """One signal over time, in its own words."""
    asked = Query(expr=signal_as_number(which), legend="{{site}} {{instance}}")
    return bands(title, said, asked, meaning=signal_meanings(which), width=12, height=5)


def path(*signals: Signal) -> list[Query]:
    """Several signals, one below the other, nearest to this host first."""
    return [
        Query(expr=sign_as_number(which), legend=f"{which.replace('_', ' ')} {{{{site}}}}")
        for which in signals
    ]


def of(*looks: Look) -> str:
    return 'probe=~"' + "|".join(looks) + '"'


def success(*looks: Look) -> Panel:
    asked = Query(
        expr=f"isitme_probe_success{{{HERE}, {of(*looks)}}}",
        legend="{{probe}} {{family}} {{site}}",
    )
    return bands(
        "Every target answered",
        "Good while the newest attempt at every target of a probe went all the way. A probe whose "
        "evidence is too old has no band at that time.",
        asked,
        meaning=SIGN,
        width=12,
        height=8,
    )


def failures(*looks: Look) -> Panel:
    counted = f"isitme_probe_failures_total{{{HERE}, {of(*looks)}}}"
    each = f"sum by (probe, step, failure) (increase({counted}[$__rate_interval])) > 0"
    return lines(
        "Failures, by step",
        "Attempts that failed, by the step that failed and how. The first failure of its kind "
        "after a start does not show: Prometheus sees no increase from nothing.",
        Query(expr=each, legend="{{probe}}: {{step}} {{failure}}"),
        unit="short",
        stacked=True,
    )


def phases(*looks: Look, phase: str = ".*", title: str = "How long each step takes") -> Panel:
    labels = f'{of(*looks)}, phase=~"{phase}"'
    over = "sum by (probe, phase) "
    mean = (
        f"{over}({rate('isitme_probe_duration_seconds_sum', labels)})\n"
        f"/ {over}({rate('isitme_probe_duration_seconds_count', labels)})"
    )
    return lines(
        title,
        "The mean of each step of an attempt, failed ones included: a step that waits in vain "
        "shows its bound.",
        Query(expr=mean, legend="{{probe}}: {{phase}}"),
        unit="s",
        least=0,
    )
