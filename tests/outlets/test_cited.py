"""P17 where people and programs read it: every outlet cites what was seen, and nothing beside it.

What is told is made of any evidence there can be, some of it of another network and some too old;
each outlet then says why. All that it cites was seen here, lately, and bears the claim out. Metrics
cite nothing; they repeat the claim.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from prometheus_client.parser import text_string_to_metric_families as metrics_of

from probe.looks import PLAN
from probe.model import Because, Observation, Status
from probe.outlets.metrics import Metrics
from probe.outlets.status_json import status_to_json, utc
from probe.outlets.terminal import Paper, report
from probe.outlets.webhook import brief
from probe.verdict.evidence import gather
from probe.verdict.judge import judge
from probe.verdict.seen import by_target, look_back
from probe.words import Code, Failure, Look
from tests.evidence.test_contradiction import UNPROVEN
from tests.evidence.test_properties import (
    ASKS,
    AT,
    EPOCH,
    EVERY_WITNESS,
    LONGEST,
    NOW,
    START,
    TARGETS,
    WAYS,
    observed,
    sweeps,
)
from tests.outlets.test_web import app_of, ask
from tests.support.time import FakeClock


class Cited(NamedTuple):
    """What an outlet says of one reason, as far as it says it."""

    said: str
    look: str | None = None
    target: str | None = None
    failure: str | None = None
    at: str | None = None


def status_of(observations: Sequence[Observation]) -> Status:
    seen = look_back(
        by_target(observations), now=NOW, epoch=EPOCH, targets=TARGETS, witnesses=EVERY_WITNESS
    )
    evidence = gather(seen)
    at = AT + timedelta(seconds=NOW)
    return Status(
        at=at,
        site="home",
        verdict=judge(evidence.readings, notes=evidence.notes, services=evidence.services),
        since=at,
        readings=evidence.readings,
        ready=True,
        elapsed=NOW,
    )


def in_json(status: Status) -> list[Cited]:
    return [
        Cited(one["said"], one["probe"], one["target"], one["failure"] or "", one["at"])
        for one in status_to_json(status, versions={})["verdict"]["because"]
    ]


def on_a_terminal(status: Status) -> list[Cited]:
    section = re.search(r"^Because\n((?:  .*\n)*)", report(status, Paper(width=100)), re.MULTILINE)
    cited = []
    for line in re.split(r"^  - ", section[1], flags=re.MULTILINE)[1:] if section else ():
        said, _, where = " ".join(line.split()).rstrip("]").partition(" [")
        look, target, *rest, at = where.split(" · ")
        cited.append(Cited(said, look, target, rest[-1] if len(rest) == 2 else "", at))
    return cited


def on_the_page(status: Status) -> list[Cited]:
    page = asyncio.run(ask(app_of(status), "/")).text
    found = re.findall(
        r"<li>([^<]*) <small>(\S+) · ([^<]*?)(?: · [a-z_]+)?(?: · <code>([^<]*)</code>)?"
        r' · <time datetime="([^"]*)"',
        page,
    )
    return [Cited(*map(html.unescape, one)) for one in found]


def in_a_webhook(status: Status) -> list[Cited]:
    return [Cited(said) for said in brief(status.verdict)["because"]]


OUTLETS: dict[str, Callable[[Status], list[Cited]]] = {
    "JSON": in_json,
    "terminal": on_a_terminal,
    "page": on_the_page,
    "webhook": in_a_webhook,
}


def usable(observations: Sequence[Observation]) -> list[Cited]:
    """All that could be cited of what was seen here, the newest of each target."""
    newest: dict[tuple[Look, str], Observation] = {}
    for one in sorted(observations, key=lambda one: one.started):
        if one.epoch == EPOCH and NOW - one.ended <= PLAN[one.look].max_age_seconds:
            newest[one.look, one.finding.target] = one
    return [
        Cited(
            one.finding.said,
            one.look.value,
            one.finding.target,
            one.finding.failed.failure.value
            if one.finding.failed and one.finding.failed.failure
            else "",
            utc(one.at),
        )
        for one in newest.values()
    ]


def cited_wrongly(cited: Sequence[Cited], observations: Sequence[Observation], code: Code) -> str:
    """What an outlet says that was not seen, or that does not bear the claim out; "" when all is
    right."""
    seen, fails = usable(observations), 0
    for one in cited:
        known = [
            other
            for other in seen
            if all(mine in {None, its} for mine, its in zip(one, other, strict=True))
        ]
        if not known:
            return f"was never seen: {one}"
        fails += any(other.failure for other in known)
    if code is Code.OK and fails:
        return "it is ok, and something fails"
    return "" if fails or code in UNPROVEN else "nothing bears it out"


@settings(max_examples=60)
@given(sweeps(), sweeps())
def test_every_outlet_cites_what_was_seen_and_bears_the_claim_out(
    observations: tuple[Observation, ...], elsewhere: tuple[Observation, ...]
) -> None:
    ago = 40 * LONGEST
    unusable = [
        *(replace(o, epoch=EPOCH - 1, at=o.at - timedelta(days=1)) for o in elsewhere),
        *(
            replace(o, started=o.started - ago, ended=o.ended - ago, at=o.at - timedelta(days=2))
            for o in elsewhere
        ),
    ]
    status = status_of([*unusable, *observations])

    for name, read in OUTLETS.items():
        cited = read(status)
        assert len(cited) == len(status.verdict.because), name
        assert cited_wrongly(cited, observations, status.verdict.code) == "", name


@settings(max_examples=30)
@given(sweeps())
def test_metrics_claim_what_was_judged_and_nothing_else(
    observations: tuple[Observation, ...],
) -> None:
    status = status_of(observations)
    text, _ = Metrics(lambda: status, plans=lambda: PLAN, clock=FakeClock(), versions={}).render("")

    claimed = {
        (family.name, *sample.labels.values())
        for family in metrics_of(text.decode())
        if family.name in {"isitme_blame", "isitme_verdict"}
        for sample in family.samples
        if sample.value == 1
    }

    assert claimed == {
        ("isitme_blame", status.verdict.blame.value),
        ("isitme_verdict", status.verdict.code.value),
    }


def made_up(real: Because) -> Because:
    return replace(real, target="nowhere", said="nowhere is silent")


def made_good(real: Because) -> Because:
    """As if it had not failed."""
    return replace(real, failure=None, said=f"{real.target} fine")


def old(real: Because) -> Because:
    return replace(real, at=real.at - timedelta(days=2))


# The sentences of a webhook carry no time.
WAYS_TO_BREAK = [
    (outlet, broken)
    for outlet in OUTLETS
    for broken in (made_up, made_good, old)
    if outlet != "webhook" or broken is not old
]


@pytest.mark.parametrize(("outlet", "broken"), WAYS_TO_BREAK)
def test_an_outlet_that_cites_wrongly_is_caught(
    outlet: str, broken: Callable[[Because], Because]
) -> None:
    world = [
        observed(ask_, WAYS[2] if ask_.look is Look.APPLE_WEB else None, START + 20 * round_)
        for round_ in (1, 2)
        for ask_ in ASKS
    ]
    status = status_of(world)
    verdict = status.verdict
    wrong = replace(status, verdict=replace(verdict, because=tuple(map(broken, verdict.because))))

    assert any(one.failure is Failure.CONNECTION_REFUSED for one in verdict.because)
    assert cited_wrongly(OUTLETS[outlet](status), world, verdict.code) == ""
    assert cited_wrongly(OUTLETS[outlet](wrong), world, verdict.code) != ""
