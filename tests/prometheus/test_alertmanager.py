"""What reaches people of alerts that fire together: a real Alertmanager with the shipped routes.

They are posted as Prometheus posts them; each case is a job of its own, to play all at once.
"""

from __future__ import annotations

import contextlib
import json
import time
import urllib.request
from collections.abc import Iterator, Mapping

import pytest
from ruamel.yaml import YAML

from tests.prometheus.cases import NOTHING, Firing, one
from tests.prometheus.live import Sink, started_alertmanager
from tests.prometheus.scene import GROUP_SECONDS
from tests.prometheus.test_rules import ALERTS

pytestmark = pytest.mark.timeout(120)

# What fires, and then which of it is in a message to people; a group with a site, or without, is
# one message.
CASES: Mapping[str, tuple[Firing, Firing]] = {
    "one site": (one(("IsItMeHere", "critical")), one(("IsItMeHere", "critical"))),
    "only here": (
        one(("IsItMeHere", "critical"), ("IsItMeOnlyHere", "info")),
        one(("IsItMeHere", "critical"), ("IsItMeOnlyHere", "info")),
    ),
    "what was partial is full, and the first is still held": (
        one(("IsItMeHere", "critical"), ("IsItMeHere", "warning"), ("IsItMeDegraded", "info")),
        one(("IsItMeHere", "critical")),
    ),
    "an hour of trouble": (
        one(("IsItMeUnknown", "critical"), ("IsItMeBudgetBurns", "warning")),
        one(("IsItMeUnknown", "critical")),
    ),
    "an hour of many small troubles": (
        one(("IsItMeBudgetBurns", "warning")),
        one(("IsItMeBudgetBurns", "warning")),
    ),
    "it stands still, and so is late and knows no feed": (
        one(("IsItMeNotLooking", "warning"), ("IsItMeLate", "info"), ("IsItMeFeedStale", "info")),
        one(("IsItMeNotLooking", "warning")),
    ),
    "this provider": (
        one(("IsItMeThisProvider", "critical"), whose="cable-one")
        | one(("IsItMeProvider", "critical"))
        | one(("IsItMeUnknown", "critical"), whose="hamburg"),
        one(("IsItMeThisProvider", "critical"), whose="cable-one"),
    ),
    "everywhere": (
        one(("IsItMeEverywhere", "critical"), whose="")
        | one(("IsItMeApple", "critical"))
        | one(("IsItMeUnknown", "critical"), whose="hamburg"),
        one(("IsItMeEverywhere", "critical"), whose=""),
    ),
    "everywhere, and one site is cut off": (
        one(("IsItMeEverywhere", "critical"), whose="")
        | one(("IsItMeApple", "critical"))
        | one(("IsItMeHere", "critical"), whose="hamburg"),
        one(("IsItMeEverywhere", "critical"), whose="")
        | one(("IsItMeHere", "critical"), whose="hamburg"),
    ),
    "the lesser ones alone wait for the quiet receiver": (
        one(("IsItMeDegraded", "info"), ("IsItMeFlapping", "info")),
        NOTHING,
    ),
}
PROVIDERS = {"berlin": "cable-one", "hamburg": "cable-one"}


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """What was delivered when all cases had been posted and every group's wait was over."""
    with contextlib.ExitStack() as stack:
        sink = stack.enter_context(Sink().open())
        port = started_alertmanager(stack, tmp_path_factory.mktemp("alertmanager"), sink)
        alerts = [
            {"labels": labels(*alert) | {"job": job}, "annotations": {}}
            for job, (fired, _) in CASES.items()
            for alert in fired
        ]
        post = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v2/alerts",
            data=json.dumps(alerts).encode(),
            headers={"content-type": "application/json"},
        )
        urllib.request.urlopen(post, timeout=20).close()
        time.sleep(GROUP_SECONDS + 8)  # and a moment to deliver
        yield sink


def labels(name: str, severity: str, whose: str) -> dict[str, str]:
    """As Prometheus gives them: those of the rule, and those of the series."""
    groups = YAML(typ="safe").load(ALERTS.read_text(encoding="utf-8"))["groups"]
    (own,) = [
        rule["labels"]
        for group in groups
        for rule in group["rules"]
        if rule["alert"] == name and rule["labels"]["severity"] == severity
    ]
    if whose in PROVIDERS:
        place = {"site": whose, "provider": PROVIDERS[whose]}
    else:
        place = {"provider": whose} if whose else {}
    return {"alertname": name, **own, **place}


@pytest.mark.parametrize("case", CASES)
def test_one_cause_is_one_message(sink: Sink, case: str) -> None:
    _, wanted = CASES[case]
    messages = [
        frozenset(
            (alert["labels"]["alertname"], alert["labels"]["severity"], place(alert["labels"]))
            for alert in message["alerts"]
        )
        for receiver, message in sink.taken
        if receiver == "people" and message["groupLabels"]["job"] == case
    ]

    assert sorted(messages, key=sorted) == sorted(grouped(wanted), key=sorted)


def place(of: Mapping[str, str]) -> str:
    return of.get("site") or of.get("provider", "")


def grouped(alerts: Firing) -> list[Firing]:
    return [
        frozenset(alert for alert in alerts if alert[2] == whose)
        for whose in {alert[2] for alert in alerts}
    ]
