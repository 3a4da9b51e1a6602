"""Habits of a good dashboard, as far as a test can state them. They are ours.

They follow the rules that Grafana documents for its dashboard-linter, which is not run here: no
release of it could be installed. Where we do otherwise, the reason stands with the exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tools.dashboards.__main__ import FOLDER

BOARDS = {
    file.stem: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted(FOLDER.glob("*.json"))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One query of one panel."""

    board: str
    panel: str
    expr: str


def queries() -> Iterator[Asked]:
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                yield Asked(board=name, panel=panel["title"], expr=target["expr"])


# target-job: every dashboard is about the one job `isitme`, so none has a variable for it.
JOB = 'job="isitme"'
# target-instance: what is said of a site, a provider or all has no instance; and a table of what
# each site tells is the whole of it.
WITHOUT_INSTANCE = re.compile(r"^(site|provider|job|instance|instance_blame):isitme_\w+:\w+$|^up$")
# target-rate-interval: sums over what the viewer chose to see, once for the whole panel.
OVER_THE_RANGE = {
    "Incidents",
    "Incidents, by what was told first",
    "Most frequent failures",
    "Whose time it was",
}
# panel-units: numbers that stand for words have none, nor has a multiple.
NO_UNIT = "none"
MULTIPLES = {"How fast the budget burns"}


@pytest.mark.parametrize("name", BOARDS)
def test_its_variables(name: str) -> None:
    variables = {each["name"]: each for each in BOARDS[name]["templating"]["list"]}

    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    assert variables["datasource"]["label"] == "Data source"
    for each in variables.values():
        assert each["label"], each["name"]
        if each["type"] == "query":
            assert each["datasource"]["uid"] == "${datasource}"
            assert re.fullmatch(rf"label_values\(\w+\{{.+\}}, {each['name']}\)", each["query"])
            assert each["multi"]
            assert each["includeAll"]
            assert each["refresh"] == 2  # when the time range changes, too
            # `.+` would hide a host whose scrape gives it no label `site`.
            assert each["allValue"] == ".*"


@pytest.mark.parametrize("name", BOARDS)
def test_it_cannot_be_edited_where_the_next_provisioning_would_undo_it(name: str) -> None:
    assert BOARDS[name]["editable"] is False


def test_every_selector_keeps_to_the_job_and_to_what_the_viewer_chose() -> None:
    for asked in queries():
        for metric, labels in re.findall(r"([a-z_:0-9]+)\{([^}]*)\}", asked.expr):
            assert JOB in labels, asked
            if not WITHOUT_INSTANCE.match(metric):
                assert 'site=~"$site"' in labels, asked
                assert 'instance=~"$instance"' in labels, asked


def test_no_selector_is_without_labels() -> None:
    for asked in queries():
        bare = re.findall(r"(?<![\":])\b(?:isitme_\w+|\w+:isitme_\w+:\w+|up)\b(?![{:])", asked.expr)
        assert bare == [], asked


def test_a_counter_is_never_shown_as_it_is() -> None:
    for asked in queries():
        for before, metric in re.findall(
            r"(\w*\(?)(isitme_\w+_(?:total|sum|count|bucket))", asked.expr
        ):
            assert before in {"rate(", "increase("}, (asked, metric)


def test_rates_follow_the_scrape_interval() -> None:
    seen = set()
    for asked in queries():
        for window in re.findall(r"\[([^\]]+)\]", asked.expr):
            if window != "$__rate_interval":
                assert window == "$__range", asked
                seen.add(asked.panel)
    assert seen == OVER_THE_RANGE


def test_numbers_have_units_and_words_have_none() -> None:
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            if panel["type"] in {"timeseries", "bargauge"} and panel["title"] not in MULTIPLES:
                assert panel["fieldConfig"]["defaults"]["unit"] != NO_UNIT, (name, panel["title"])


def test_every_query_says_how_its_series_are_called() -> None:
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                # In a table, labels are columns.
                assert target["legendFormat"] or panel["type"] == "table", (name, panel["title"])


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


@pytest.mark.parametrize("name", BOARDS)
def test_every_source_is_the_one_that_the_viewer_chose(name: str) -> None:
    sources = [each["datasource"] for each in walk(BOARDS[name]) if "datasource" in each]

    assert sources
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
