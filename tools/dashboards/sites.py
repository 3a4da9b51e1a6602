"""Who sees what: all sites beside each other, and what they say together."""

from __future__ import annotations

from probe.words import Signal
from tools.dashboards.board import Board, Row
from tools.dashboards.parts import (
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    SIGN,
    YELLOW,
    Meaning,
    Query,
    bands,
    bars,
    number,
    rows,
)
from tools.dashboards.words import BLAME, blame, path

SITE = 'job="isitme", site=~"$site"'
SCOPE = {
    0: Meaning(said="no", colour=GREEN),
    1: Meaning(said="only here", colour=ORANGE),
    2: Meaning(said="this provider", colour=PURPLE),
    3: Meaning(said="everywhere", colour=RED),
}

TOGETHER = Row(
    title="What the sites say together (from the recording rules)",
    panels=[
        number(
            "Only here",
            "How many sites have trouble that no other site has.",
            Query(expr=f"sum(site:isitme_only_here:bool{{{SITE}}})", legend="sites"),
            steps=((None, GREEN), (1, ORANGE)),
            width=6,
        ),
        number(
            "This provider",
            "How many providers have no site that is fine, while a site of another is.",
            Query(expr='sum(provider:isitme_this_provider:bool{job="isitme"})', legend="providers"),
            steps=((None, GREEN), (1, PURPLE)),
            width=6,
            none="no provider is named",
        ),
        number(
            "Everywhere",
            "At least two sites see Apple fail while their internet answers, and no site is fine.",
            Query(expr='job:isitme_everywhere:bool{job="isitme"}', legend="everywhere"),
            meaning={0: SCOPE[0], 1: Meaning(said="yes", colour=RED)},
            width=6,
        ),
        number(
            "Sites heard",
            "How many sites this Prometheus can read now.",
            Query(expr=f"count(count by (site) (up{{{SITE}}} == 1))", legend="sites"),
            width=6,
        ),
        bands(
            "Where the trouble lies",
            "For each site: its own, its provider's, everybody's, or none that the sites agree on.",
            Query(
                expr=f"site:isitme_only_here:bool{{{SITE}}}", legend="{{site}}"),
            Query(expr='2 * provider:isitme_this_provider:bool{job="isitme"}',
                  legend="all of {{provider}}"),
            Query(expr='3 * job:isitme_everywhere:bool{job="isitme"}', legend="all sites"),
            meaning=SCOPE,
            height=7,
        ),
    ],
)  # fmt: skip
EACH = Row(
    title="Who sees what",
    panels=[
        bands(
            "What each site tells",
            "Whose fault it is, as each isitme tells it for its own host.",
            blame("{{site}} {{instance}}"),
            meaning=BLAME,
            height=7,
        ),
        rows(
            "Told now",
            "The verdict of every isitme, as one row.",
            Query(
                expr="sum by (site, provider, blame, code, impact, certainty) ("
                f"instance:isitme_told:bool{{{SITE}}})",
                legend="",
                rows=True,
            ),
        ),
        bands(
            "Reaching Apple",
            "The internet, push and Apple's services, as each site sees them.",
            *path(Signal.INTERNET, Signal.PUSH, Signal.SERVICES),
            meaning=SIGN,
            height=9,
        ),
    ],
)
MONTH = Row(
    title="30 days",
    panels=[
        bars(
            "Budget left",
            "Of the 0.5 % of 30 days that may be trouble. Below zero it is overspent.",
            Query(
                expr=f"instance:isitme_budget_left:ratio_30d{{{SITE}}}",
                legend="{{site}}",
            ),
            unit="percentunit",
            least=-1,
            most=1,
            steps=((None, RED), (0, ORANGE), (0.25, YELLOW), (0.5, GREEN)),
        ),
        bars(
            "Whose time it was",
            "The share of 30 days in which somebody was to blame. What one shows the provider.",
            Query(
                expr=f'instance_blame:isitme_blame:ratio_30d{{{SITE}, blame!="nobody"}} > 0',
                legend="{{site}}: {{blame}}",
            ),
            unit="percentunit",
            steps=((None, PURPLE),),
        ),
    ],
)
SITES = Board(
    uid="isitme-sites",
    title="Sites",
    said="Who sees what: all sites beside each other, and whether trouble is only here, this "
    "provider's, or everywhere.",
    rows=[TOGETHER, EACH, MONTH],
    since="now-24h",
)
