"""One dashboard: what stands at its top, its rows, and how it is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    Dashboard as Built,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from tools.dashboards.parts import DATASOURCE, HERE, Panel

TAG = "isitme"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    uid: str  # part of its address in Grafana: never changes
    title: str
    said: str
    rows: Sequence[Row]
    since: str = "now-6h"
    by_probe: bool = False  # a variable for the probes, too

    def json(self) -> str:
        """The file, as Grafana provisions and imports it."""
        board = (
            dashboard.Dashboard(f"isitme / {self.title}")
            .uid(self.uid)
            .description(self.said)
            .tags([TAG])
            .readonly()
            .timezone("browser")
            .time(self.since, "now")
            .refresh("30s")
            .tooltip(DashboardCursorSync.CROSSHAIR)
            .link(_others())
            .annotation(_turns())
            .with_variable(_datasource())
            .with_variable(_labels("site", "Site", 'isitme_build_info{job="isitme"}'))
            .with_variable(
                _labels("instance", "Instance", 'isitme_build_info{job="isitme", site=~"$site"}')
            )
        )
        if self.by_probe:
            runs = f"isitme_probe_runs_total{{{HERE}}}"
            board = board.with_variable(_labels("probe", "Probe", runs))
        number = 0
        for row in self.rows:
            board = board.with_row(dashboard.Row(row.title))
            for panel in row.panels:
                number += 1
                board = board.with_panel(panel.id(number))
        return json.dumps(as_values(board.build()), indent=1, ensure_ascii=False) + "\n"


def as_values(board: Built) -> dict[str, Any]:
    """The dashboard as plain values, as Grafana's own schema has them.

    The SDK hides links and marks in a menu; here they show. It gives every variable what only one
    of an interval has, and tables a footer where Grafana 13 has none.
    """
    values: dict[str, Any] = json.loads(json.dumps(board, cls=JSONEncoder))
    for shown in (*values["links"], *values["annotations"]["list"]):
        del shown["placement"]
    for variable in values["templating"]["list"]:
        for of_an_interval in ("auto", "auto_min", "auto_count"):
            del variable[of_an_interval]
    for panel in values["panels"]:
        panel.get("options", {}).pop("footer", None)
    return values


def _datasource() -> dashboard.DatasourceVariable:
    return dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")


def _labels(name: str, label: str, series: str) -> dashboard.QueryVariable:
    """Every value that a label has on some series; all of them at first."""
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(DATASOURCE)
        .query(f"label_values({series}, {name})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(VariableOption(text="All", value="$__all"))
    )


def _turns() -> dashboard.AnnotationQuery:
    """A mark where the told answer changed."""
    return (
        dashboard.AnnotationQuery()
        .name("Turns")
        .datasource(DATASOURCE)
        .enable(True)
        .icon_color("orange")
        .expr(f"sum by (site, blame) (increase(isitme_turns_total{{{HERE}}}[1m])) > 0")
        .step("60s")
        .title_format("{{site}}: {{blame}}")
        .text_format("the told answer changed")
        .tag_keys("site,blame")
    )


def _others() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("isitme")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .keep_time(True)
        .include_vars(True)
    )
