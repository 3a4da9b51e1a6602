"""The answer, since when, the way from here to Apple, and what Apple says."""

from __future__ import annotations

from probe.outlets.metrics import APPLE_STATES
from probe.words import Signal
from tools.dashboards.board import Board, Row
from tools.dashboards.parts import (
    BLUE,
    GREEN,
    GREY,
    HERE,
    ORANGE,
    PURPLE,
    RED,
    SIGN,
    YELLOW,
    Query,
    bands,
    bars,
    lines,
    meanings,
    number,
    set_as_number,
)
from tools.dashboards.words import BLAME, blame, path

STATES = meanings(
    APPLE_STATES,
    {
        "available": GREEN,
        "outage": RED,
        "issue": ORANGE,
        "performance": YELLOW,
        "maintenance": BLUE,
        "unknown": GREY,
    },
)

NEUTRAL = ((None, BLUE),)  # neither good nor bad: the first tile says which

ANSWER = Row(
    title="The answer",
    panels=[
        number(
            "Whose fault is it?",
            "What isitme tells now. Grey: it cannot be told from what can be checked.",
            blame(),
            meaning=BLAME,
        ),
        number(
            "What is it?",
            "The code of the verdict; `isitme explain CODE` says what it means.",
            Query(expr=f"isitme_verdict{{{HERE}}} == 1", legend="{{code}}"),
            by_name=True,
            steps=NEUTRAL,
        ),
        number(
            "What people notice",
            "The impact of the verdict: none, low, partial or full.",
            Query(expr=f"isitme_verdict_impact{{{HERE}}} == 1", legend="{{impact}}"),
            by_name=True,
            steps=NEUTRAL,
        ),
        number(
            "How sure",
            "The certainty of the verdict.",
            Query(expr=f"isitme_verdict_certainty{{{HERE}}} == 1", legend="{{certainty}}"),
            by_name=True,
            steps=NEUTRAL,
        ),
        number(
            "For how long",
            "Since this answer was first told; a restart that ends in the same answer goes on.",
            Query(
                expr=f"time() - isitme_verdict_since_timestamp_seconds{{{HERE}}}", legend="{{site}}"
            ),
            unit="s",
            steps=NEUTRAL,
        ),
        number(
            "Incidents",
            "Incidents that began in the time shown.",
            Query(
                expr=f"round(sum(increase(isitme_incidents_total{{{HERE}}}[$__range])))",
                legend="incidents",
            ),
            steps=((None, GREEN), (1, YELLOW), (5, ORANGE)),
        ),
        bands(
            "The answer over time",
            "Whose fault it was, at each moment. A gap: isitme was not running, or not scraped.",
            blame("{{site}} {{instance}}"),
            meaning=BLAME,
            height=5,
        ),
    ],
)

PATH = Row(
    title="The way from here to Apple",
    panels=[
        bands(
            "Signals, nearest first",
            "Every signal that is judged, from this device outwards. What is not known is grey, "
            "and never counts as good.",
            *path(*Signal),
            meaning=SIGN,
            height=14,
        )
    ],
)

APPLE = Row(
    title="Apple",
    panels=[
        bands(
            "What Apple says of its services",
            "Apple's own word, from its status page, for the services watched here.",
            Query(
                expr=set_as_number("isitme_apple_service", "state", APPLE_STATES),
                legend="{{apple_service}} {{site}}",
            ),
            meaning=STATES,
            width=16,
            height=8,
        ),
        number(
            "Apple's lag",
            "How long after isitme Apple said so itself, in the last incident that has both. "
            "Negative: Apple spoke first.",
            Query(expr=f"isitme_apple_status_lag_seconds{{{HERE}}}", legend="{{site}}"),
            unit="s",
            steps=((None, BLUE),),
            none="none yet",
        ),
        number(
            "Status pages read",
            "How many of Apple's status feeds could be read whole.",
            Query(expr=f"sum(isitme_apple_feed_up{{{HERE}}})", legend="feeds"),
            steps=((None, RED), (1, GREEN)),
        ),
    ],
)

PAST = Row(
    title="Over time",
    panels=[
        bars(
            "Whose time it was",
            "The share of the time shown in which each was to blame.",
            Query(
                expr=f"avg by (blame) (avg_over_time(isitme_blame{{{HERE}}}[$__range]))",
                legend="{{blame}}",
            ),
            unit="percentunit",
            most=1,
            steps=((None, PURPLE),),
        ),
        bars(
            "Incidents, by what was told first",
            "Incidents that began in the time shown.",
            Query(
                expr="sum by (code) (round(increase("
                f"isitme_incidents_total{{{HERE}}}[$__range]))) > 0",
                legend="{{code}}",
            ),
            unit="short",
            steps=((None, ORANGE),),
        ),
        bars(
            "Availability of each signal, one day",
            "Good, of the time in which it was known. From the recording rules.",
            Query(
                expr=f"instance_signal:isitme_availability:ratio_1d{{{HERE}}}",
                legend="{{signal}} {{site}}",
            ),
            unit="percentunit",
            most=1,
            height=12,
            steps=((None, RED), (0.9, ORANGE), (0.99, YELLOW), (0.995, GREEN)),
        ),
        lines(
            "How fast the budget burns",
            "1 spends the budget of 30 days (99.5 %) in exactly 30 days. From the recording rules.",
            Query(expr=f"instance:isitme_burn:ratio_1h{{{HERE}}}", legend="{{site}}, last hour"),
            Query(expr=f"instance:isitme_burn:ratio_1d{{{HERE}}}", legend="{{site}}, last day"),
            unit="none",
            least=0,
            steps=((None, GREEN), (1, YELLOW), (14.4, RED)),
        ),
    ],
)

OVERVIEW = Board(
    uid="isitme-overview",
    title="Overview",
    said="Is it me, or is it Apple? The answer of every isitme, the way from there to Apple, and "
    "what Apple says.",
    rows=[ANSWER, PATH, APPLE, PAST],
)
