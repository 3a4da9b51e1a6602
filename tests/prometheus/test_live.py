"""Every dashboard and every rule on a real Prometheus; and that each cause is one message."""

from __future__ import annotations

import json
import math
import re
import subprocess
import time
from typing import Any

import pytest

from tests.prometheus.live import Prometheus, fetched, names
from tests.prometheus.scene import GROUP_SECONDS, TARGETS
from tools.dashboards.__main__ import FOLDER

pytestmark = pytest.mark.timeout(600)

PANELS = [
    (file.stem, panel)
    for file in sorted(FOLDER.glob("*.json"))
    for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]
    if panel["type"] != "row"
]
# No drill has IPv6, and none keeps a quiet connection open for a quarter of an hour.
NO_DATA_IN_A_DRILL = {("isitme-probes", "Every target answered, IPv6")}
SITES = {target.site for target in TARGETS}
FIRING = 'ALERTS{alertstate="firing"}'


def test_how_many_series_there_are(prometheus: Prometheus, series: dict[str, int]) -> None:
    print(f"\nisitme series: {series['healthy']} healthy, {series['worst']} after every drill")
    assert series["healthy"] < 700
    assert series["worst"] < 1000


@pytest.mark.parametrize("story", ["healthy", "parade"])
def test_promtool_finds_nothing_to_say_about_the_metrics(
    prometheus: Prometheus, story: str
) -> None:
    page = fetched(prometheus.ports[story], "/metrics")
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, text=True
    )

    assert done.returncode == 0
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize(
    ("board", "panel"), PANELS, ids=[f"{board} {panel['title']}" for board, panel in PANELS]
)
def test_a_panel_shows_something(prometheus: Prometheus, board: str, panel: dict[str, Any]) -> None:
    found = [prometheus_answer(prometheus, target) for target in panel["targets"]]

    if (board, panel["title"]) in NO_DATA_IN_A_DRILL:
        assert not any(found), "it has data after all: take it off the list"
    else:
        assert all(found), [
            target["expr"] for target, data in zip(panel["targets"], found, strict=True) if not data
        ]


def prometheus_answer(prometheus: Prometheus, target: dict[str, Any]) -> bool:
    """Whether there was a number, at any time of the stories, in what Grafana would be given."""
    found = prometheus.over(filled(target["expr"]))
    return any(math.isfinite(float(value)) for sample in found for _, value in sample["values"])


def filled(expr: str) -> str:
    for name, value in (
        ("$__rate_interval", "1m"),
        ("$__range", "10m"),
        ("$site", ".*"),
        ("$instance", ".*"),
        ("$probe", ".*"),
    ):
        expr = expr.replace(name, value)
    assert "$" not in expr
    return expr


def test_the_turns_are_marked(prometheus: Prometheus) -> None:
    board = json.loads((FOLDER / "isitme-overview.json").read_text(encoding="utf-8"))
    (marks,) = board["annotations"]["list"]

    found = prometheus.over(filled(marks["expr"]))

    assert {("berlin", "apple"), ("hamburg", "unknown"), ("munich", "me")} <= names(
        found, "site", "blame"
    )


def test_every_rule_is_well_and_every_record_has_data(prometheus: Prometheus) -> None:
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    records = [rule["name"] for rule in rules if rule["type"] == "recording"]

    assert len(records) > 15
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}
    assert [name for name in records if not prometheus.over(name)] == []


def test_the_sites_say_together_where_it_is(prometheus: Prometheus) -> None:
    """At one site, at a provider, at Apple; and nothing else is ever said."""
    scopes = 'alertname=~"IsItMe(OnlyHere|ThisProvider|Everywhere)"'

    fired = prometheus.over(f'ALERTS{{{scopes}, alertstate="firing", job=~"at-.*"}}')

    assert names(fired, "job", "alertname", "site", "provider") == {
        ("at-one", "IsItMeOnlyHere", "berlin", "cable-one"),
        ("at-a-provider", "IsItMeThisProvider", "", "cable-one"),
        ("at-apple", "IsItMeEverywhere", "", ""),
    }


def test_one_cause_is_one_message(prometheus: Prometheus) -> None:
    """What Alertmanager delivered to people, for each of the three."""
    time.sleep(2 * GROUP_SECONDS)  # for the last message, and for one too many
    messages = [
        message
        for receiver, message in prometheus.sink.taken
        if receiver == "people" and message["status"] == "firing"
    ]
    by_job: dict[str, set[tuple[str, str, frozenset[str]]]] = {}
    for message in messages:
        group = message["groupLabels"]
        alerts = frozenset(alert["labels"]["alertname"] for alert in message["alerts"])
        about = (group.get("site", ""), group.get("provider", ""), alerts)
        by_job.setdefault(group["job"], set()).add(about)

    assert by_job["at-one"] == {
        ("berlin", "cable-one", frozenset({"IsItMeHere", "IsItMeOnlyHere"}))
    }
    assert by_job["at-a-provider"] == {("", "cable-one", frozenset({"IsItMeThisProvider"}))}
    assert by_job["at-apple"] == {("", "", frozenset({"IsItMeEverywhere"}))}


def test_what_an_alert_says_is_whole(prometheus: Prometheus) -> None:
    """No template of an annotation failed, or filled in nothing."""
    alerts = prometheus.get("alerts")["alerts"]
    fired = {name for (name,) in names(prometheus.over(FIRING), "alertname")}

    assert fired >= {"IsItMeHere", "IsItMeUnknown", "IsItMeApple", "IsItMeDown",
                     "IsItMeEverywhere", "IsItMeThisProvider", "IsItMeOnlyHere"}  # fmt: skip
    for alert in alerts:
        for said in alert["annotations"].values():
            assert not re.search(r"error|no value|%!|\(\s*\)", said), said


def test_a_scrape_takes_a_moment(prometheus: Prometheus) -> None:
    """Printed, not judged: the machine is busy with all of this."""
    (slowest,) = prometheus.now('max(max_over_time(scrape_duration_seconds{site!="oslo"}[5m]))')
    (usual,) = prometheus.now('avg(avg_over_time(scrape_duration_seconds{site!="oslo"}[5m]))')
    print(f"\nscrapes: {float(usual['value'][1]):.3f} s on average, {slowest['value'][1]} at most")


def test_every_isitme_could_be_scraped(prometheus: Prometheus) -> None:
    heard = prometheus.over('up{site!=""} == 1')
    assert names(heard, "site") == {(site,) for site in SITES if site != "oslo"}
