"""Every alert's expression, on real isitmes that a real Prometheus scrapes.

It has data in the state that it is made for, and none in a healthy world.

The expression alone is asked: how long it must hold, and that nothing else fires, is played by
promtool (test_rules.py). What stands in for longer than a test may take: the day before an outage,
which the budget is judged by, is backfilled; an hour without the feed is ten seconds.
"""

from __future__ import annotations

from pathlib import Path

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
HEALTHY = ('job="at-peace"', 'site="vienna"')  # one process, scraped as three sites


def of_healthy(series: str) -> str:
    """The least of a series over all of them; {} stands for which."""
    return f"min({' or '.join(series.replace('{}', one) for one in HEALTHY)}) == 1"


# Each could look for as long as any answer of its may have been held, and was seen to say that all
# is well, as long ago: what is recorded of it comes one evaluation of its group later.
FIT = " and ".join(
    map(
        of_healthy,
        (
            'min_over_time(isitme_signal{{}, signal="self", value="fine"}[30s])',
            "min_over_time(up{{}}[30s])",
            'max_over_time(isitme_blame{{}, blame="nobody"}[10m] offset 30s)',
        ),
    )
)
FEWEST_MOMENTS = 12  # a minute, at one each 5 s
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
    return any(f'{name}="{value}"' in HEALTHY for name, value in labels.items())


@pytest.fixture(scope="module")
def fit(prometheus: Prometheus) -> set[float]:
    """When (Unix seconds) the isitme of the healthy world had its first answer, and kept up.

    One that cannot keep up, because this machine is too busy, says so, and knows nothing.
    """
    seen = prometheus.over(FIT)
    assert seen, "this machine is too busy: the isitme of the healthy world never kept up"
    moments = {at for at, _ in seen[0]["values"]}
    assert len(moments) >= FEWEST_MOMENTS
    return moments


def test_none_is_forgotten(prometheus: Prometheus) -> None:
    assert set(alerts(prometheus)) == {*STATES, ABSENT}


@pytest.mark.parametrize("alert", STATES, ids=" ".join)
def test_an_alert_has_data_in_its_state_and_in_no_healthy_world(
    prometheus: Prometheus, fit: set[float], alert: Alert
) -> None:
    found = prometheus.over(alerts(prometheus)[alert])
    where = [one["metric"] for one in found]
    healthy = [
        (one["metric"], at)
        for one in found
        if is_healthy(one["metric"])
        for at, _ in one["values"]
        if at in fit
    ]

    assert any(STATES[alert].items() <= labels.items() for labels in where), where
    assert healthy == []


def test_an_alert_on_absence_has_data_where_no_isitme_is_known(
    prometheus: Prometheus, fit: set[float], tmp_path: Path
) -> None:
    expr = alerts(prometheus)[ABSENT]
    with without_targets(tmp_path) as alone:
        found = alone.wait_for(expr, 20)

    assert [one["metric"] for one in found] == [JOB]
    known = [at for one in prometheus.over(expr) for at, _ in one["values"]]
    assert not fit & set(known)
