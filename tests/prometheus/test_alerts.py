"""Every alert's expression, on real isitmes that a real Prometheus scrapes.

It has data in the state that it is made for, and none in a healthy world.

The expression alone is asked: how long it must hold, and that nothing else fires, is played by
promtool (test_rules.py). What stands in for longer than a test may take: the day before an outage,
which the budget is judged by, is backfilled; an hour without the feed is ten seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.prometheus.live import Prometheus, without_targets

pytestmark = pytest.mark.timeout(600)

Alert = tuple[str, str]  # name, severity
JOB = {"job": "isitme"}
# Where each finds its state, by the labels of what it gives. scene.py says who plays what.
STATES: dict[Alert, dict[str, str]] = {
    ("IsItMeHere", "critical"): JOB | {"site": "bern"},  # the cable is out
    ("IsItMeHere", "warning"): JOB | {"site": "munich"},  # push is filtered by the router's DNS
    ("IsItMeProvider", "critical"): JOB | {"site": "bern"},  # its DNS is dead
    ("IsItMeApple", "critical"): JOB | {"site": "berlin"},  # an outage
    ("IsItMeApple", "warning"): JOB | {"site": "bern"},  # it says so, and nothing is seen of it
    ("IsItMeUnknown", "critical"): JOB | {"site": "hamburg"},  # the router, or its line
    ("IsItMeUnknown", "warning"): JOB | {"site": "lima"},  # push alone is silent
    ("IsItMeCannotTell", "warning"): JOB | {"site": "rome"},  # it cannot keep up
    ("IsItMeDegraded", "info"): JOB | {"site": "lima"},  # push on its detour
    ("IsItMeFlapping", "info"): JOB | {"site": "bern"},  # one drill after the other
    ("IsItMeEverywhere", "critical"): {"job": "at-apple"},
    ("IsItMeThisProvider", "critical"): {"job": "at-a-provider", "provider": "cable-one"},
    ("IsItMeOnlyHere", "info"): {"job": "at-one", "site": "berlin"},
    ("IsItMeDown", "warning"): JOB | {"site": "oslo"},  # nobody listens there
    ("IsItMeSiteGone", "warning"): JOB | {"site": "cork"},  # taken out of the scrape
    ("IsItMeNotLooking", "warning"): JOB | {"site": "kyiv"},  # it answers, and that is all
    ("IsItMeLate", "info"): JOB | {"site": "rome"},
    ("IsItMeReloadFailed", "warning"): JOB | {"site": "lima"},  # a key that does not exist
    ("IsItMeClockDrifts", "info"): JOB | {"site": "lima"},  # three seconds
    ("IsItMeFeedUnreadable", "info"): JOB | {"site": "lima"},  # another page in its place
    ("IsItMeFeedStale", "info"): JOB | {"site": "lima"},  # switched off
    ("IsItMeFeedNewWords", "info"): JOB | {"site": "lima"},
    ("IsItMeBudgetBurns", "warning"): {"job": "after-a-month", "site": "berlin"},
    ("IsItMeBudgetBurns", "info"): {"job": "after-a-month", "site": "berlin"},
}
# Its state is that there is no isitme at all, so it is asked elsewhere, below.
ABSENT = ("IsItMeAbsent", "warning")


def alerts(prometheus: Prometheus) -> dict[Alert, str]:
    """Every alert that Prometheus has loaded, with its expression."""
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    return {
        (rule["name"], rule["labels"]["severity"]): rule["query"]
        for rule in rules
        if rule["type"] == "alerting"
    }


def is_healthy(labels: dict[str, str]) -> bool:
    return labels.get("site") == "vienna" or labels.get("job") == "at-peace"


def when_all_was_well(prometheus: Prometheus) -> float:
    """Since when (Unix seconds): before its first answer no isitme can tell."""
    seen = prometheus.over('min(isitme_blame{job="at-peace", blame="nobody"}) == 1')
    return float(seen[0]["values"][0][0])


def test_none_is_forgotten(prometheus: Prometheus) -> None:
    assert set(alerts(prometheus)) == {*STATES, ABSENT}


@pytest.mark.parametrize("alert", STATES, ids=" ".join)
def test_an_alert_has_data_in_its_state_and_in_no_healthy_world(
    prometheus: Prometheus, alert: Alert
) -> None:
    expr = alerts(prometheus)[alert]
    since = when_all_was_well(prometheus)

    found: list[dict[str, str]] = [one["metric"] for one in prometheus.over(expr)]
    healthy: list[dict[str, Any]] = [
        one for one in prometheus.over(expr, since=since) if is_healthy(one["metric"])
    ]

    assert any(STATES[alert].items() <= labels.items() for labels in found), found
    assert healthy == []


def test_an_alert_on_absence_has_data_where_no_isitme_is_known(
    prometheus: Prometheus, tmp_path: Path
) -> None:
    expr = alerts(prometheus)[ABSENT]
    with without_targets(tmp_path) as alone:
        found = alone.wait_for(expr, 20)

    assert [one["metric"] for one in found] == [JOB]
    assert prometheus.over(expr, since=when_all_was_well(prometheus)) == []
