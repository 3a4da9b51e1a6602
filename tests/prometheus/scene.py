"""The scene: which isitme plays which site in which drill, and what Prometheus is told of them.

The rules, alerts and routes are the shipped ones, with one change: their patience is shortened, so
that the whole takes minutes. The shipped patience itself is played by promtool (test_rules.py).
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.words import Blame
from tests.prometheus.stories import PROVIDER_OF

SCRAPE_SECONDS = 5  # and so long may one take, on a busy machine
EVALUATION_SECONDS = 3
# One minute of patience becomes so many seconds: the order of all patience stays.
MINUTE_SECONDS = 6
FEED_SECONDS = 10  # less than the 15 s between two looks in a drill: only `unless` keeps it quiet
RULE_FILES = ["isitme.rules.yml", "isitme.alerts.yml"]
GROUP_SECONDS = 12  # a few evaluations, as the shipped 30 s are two of 15 s


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One entry of a scrape: which isitme plays which site, seen by which job."""

    job: str
    site: str
    provider: str
    story: str
    leaves: bool = False  # it is taken out of the scrape in the end
    backfilled: bool = False  # it has a past of more than a day


# Each job is a set of sites of its own: what they say together is worked out for each job. The
# sites of one job that share a story are one process, scraped under two names.
TARGETS = (
    Target(job="isitme", site="berlin", provider="cable-one", story="apple"),
    Target(job="isitme", site="hamburg", provider="cable-one", story="internet-down"),
    Target(job="isitme", site="munich", provider="fibre-two", story="dns-block"),
    Target(job="isitme", site="vienna", provider="fibre-two", story="healthy"),
    Target(job="isitme", site="bern", provider="", story="parade"),
    Target(job="isitme", site="lima", provider="", story="odds"),
    Target(job="isitme", site="rome", provider="", story="too busy"),
    Target(job="isitme", site="kyiv", provider="", story="does not look"),
    Target(job="isitme", site="oslo", provider="", story="nobody listens"),
    Target(job="isitme", site="cork", provider="", story="healthy", leaves=True),
    Target(job="at-one", site="berlin", provider="cable-one", story="dns-block"),
    Target(job="at-one", site="hamburg", provider="cable-one", story="healthy"),
    Target(job="at-one", site="munich", provider="fibre-two", story="healthy"),
    Target(job="at-a-provider", site="berlin", provider="cable-one", story="internet-down"),
    Target(job="at-a-provider", site="hamburg", provider="cable-one", story="internet-down"),
    Target(job="at-a-provider", site="munich", provider="fibre-two", story="healthy"),
    Target(job="at-apple", site="berlin", provider="cable-one", story="apple"),
    Target(job="at-apple", site="hamburg", provider="cable-one", story="apple"),
    Target(job="at-apple", site="munich", provider="fibre-two", story="apple"),
    Target(job="asks", site="vaduz", provider="", story="asks a peer"),
    Target(job="asks", site="malta", provider="", story="asks Prometheus"),
    Target(job="at-peace", site="berlin", provider="cable-one", story="healthy", backfilled=True),
    Target(job="at-peace", site="munich", provider="fibre-two", story="healthy"),
    Target(job="after-a-month", site="berlin", provider="", story="internet-down", backfilled=True),
)
# What is backfilled: that all was well, for longer than the longest window of an alert. It is
# sparser than what follows: an average over samples then tilts in a minute, and not in an hour.
BACKFILLED_SECONDS, BACKFILLED_STEP = 26 * 3600, 240

# What is true at the end of each story.
ENDS = (
    ('isitme_verdict{job="isitme", site="vienna", code="ok"} == 1', "healthy"),
    ('isitme_verdict{job="isitme", site="munich", code="dns"} == 1', "dns-block"),
    ('isitme_verdict{job="isitme", site="hamburg", code="isp_internet"} == 1', "internet-down"),
    ('isitme_apple_status_lag_seconds{job="isitme", site="berlin"}', "apple"),
    ('isitme_config_last_reload_successful{job="isitme", site="lima"} == 0', "odds"),
    ('isitme_verdict{job="isitme", site="bern", code="local_link"} == 1', "parade"),
)
PATIENCE_SECONDS = 300.0  # the longest story takes two to four minutes: the machine may be busy


def leaving(folder: Path, stories: Mapping[str, int]) -> None:
    """The targets that may leave, in a file that Prometheus watches; without stories: they left."""
    entries = [
        {
            "targets": [f"127.0.0.1:{stories[target.story]}"],
            "labels": {"job": target.job, **labels(target)},
        }
        for target in TARGETS
        if target.leaves and stories
    ]
    new = folder / "leaving.new"
    new.write_text(json.dumps(entries), encoding="utf-8")
    new.rename(folder / "leaving.json")


def backfill(folder: Path, began: float) -> None:
    """More than a day in which all was well, on the disk of a Prometheus that is to be started."""
    lines = ["# TYPE isitme_blame gauge"]
    for target in TARGETS:
        for blame in Blame if target.backfilled else ():
            words = {"blame": blame.value, "job": target.job, **labels(target)}
            series = ",".join(f'{name}="{word}"' for name, word in words.items())
            for step in range(BACKFILLED_SECONDS // BACKFILLED_STEP, 0, -1):
                at = began - step * BACKFILLED_STEP
                lines.append(f"isitme_blame{{{series}}} {int(blame is Blame.NOBODY)} {at:.3f}")
    file = folder / "backfill.om"
    file.write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
    make = ("promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet")
    subprocess.run([*make, str(file), str(folder / "data")], check=True, capture_output=True)


def scraping(stories: Mapping[str, int], alertmanager: int) -> dict[str, Any]:
    jobs = dict.fromkeys(target.job for target in TARGETS)
    return {
        "global": {
            "scrape_interval": f"{SCRAPE_SECONDS}s",
            "evaluation_interval": f"{EVALUATION_SECONDS}s",
        },
        "rule_files": RULE_FILES,
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]
        },
        "scrape_configs": [
            {
                "job_name": job,
                # One process may stand for two sites: the site makes the target another one.
                "static_configs": [
                    {
                        "targets": [f"127.0.0.1:{stories[target.story]}"],
                        "labels": labels(target),
                    }
                    for target in TARGETS
                    if target.job == job and not target.leaves
                ],
            }
            for job in jobs
        ]
        + [{"job_name": "leaving", "file_sd_configs": [{"files": ["leaving.json"]}]}],
    }


def scraping_the_others(stories: Mapping[str, int]) -> dict[str, Any]:
    """What the Prometheus is told that an isitme of the play asks."""
    groups = [
        {
            "targets": [f"127.0.0.1:{stories[story]}"],
            "labels": {"site": provider, "provider": provider},
        }
        for story, provider in PROVIDER_OF.items()
    ]
    scrape = {"job_name": "isitme", "scrape_interval": "2s", "static_configs": groups}
    return {"scrape_configs": [scrape]}


def labels(target: Target) -> dict[str, str]:
    provider = {"provider": target.provider} if target.provider else {}
    return {"site": target.site, **provider, "instance": f"isitme.{target.site}:10054"}


def impatient(text: str) -> str:
    """Minutes become seconds in all that waits; windows that are looked back over stay.

    An hour without the feed is patience too, and becomes FEED_SECONDS.
    """

    def shorter(found: re.Match[str]) -> str:
        many, unit = int(found[2]), found[3]
        seconds = many * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit] * MINUTE_SECONDS / 60
        return f"{found[1]}: {max(1, round(seconds))}s"

    text = text.replace("seconds > 3600", f"seconds > {FEED_SECONDS}")
    text = text.replace("group_wait: 30s", f"group_wait: {GROUP_SECONDS}s")
    return re.sub(
        r"\b(for|keep_firing_for|interval|group_interval): (\d+)([smhd])\b", shorter, text
    )
