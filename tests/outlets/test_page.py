"""The pages for people: the first one, the wall, a signal, an incident."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from probe.model import Status, Unexplained
from probe.outlets.web import Sources, Stream, web_app
from probe.outlets.web.page import BLAME_SAID, SEALS, SIGN_MARKS, STATE_MARKS, breakable, coded
from probe.outlets.web.path import State
from probe.outlets.web.rows import LOOKS, NAMES
from probe.words import Blame, Look, Sign, Signal
from tests.outlets.test_web import app_of, ask
from tests.support.html import Reading
from tests.support.statuses import AT, apple_outage, dns_block, healthy, link_down, starting

NOW = AT.timestamp()
HOUR = 3600.0
STATUSES = {
    "healthy": healthy(),
    "dns": dns_block(),
    "apple": apple_outage(),
    "link": link_down(),
    "starting": starting(),
}
WELL = {"blame": "nobody", "code": "ok", "cause": None, "impact": "none", "certainty": "high",
        "headline": "All is well."}  # fmt: skip
DNS = {"blame": "me", "code": "dns", "cause": "dns_filtered", "impact": "partial",
       "certainty": "high", "headline": "Your DNS blocks Apple."}  # fmt: skip
INCIDENT = {
    **DNS, "id": 7, "started": NOW - 3 * HOUR, "ended": NOW - 2 * HOUR, "suspected": None,
    "acknowledged": None, "outcome": "withdrawn", "because": "It was the DNS here.",
}  # fmt: skip


class Past:
    """A history that was written out by hand."""

    trouble = ""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.asked: list[str] = []

    async def story(self) -> dict[str, Any] | None:
        self.asked.append("story")
        if self.broken:
            return None
        return {
            "now": NOW,
            "turns": [
                {"id": 1, "at": NOW - 100 * HOUR, **WELL},
                {"id": 2, "at": NOW - 3 * HOUR, **DNS},
                {"id": 3, "at": NOW - 2 * HOUR, **WELL},
            ],
            "spans": [{"started": NOW - 20 * HOUR, "seen": NOW}],
            "incidents": [INCIDENT],
        }

    async def incident(self, id: int) -> dict[str, Any] | None:
        if id != 7:
            return None
        evidence = {"probe": "dns_each", "target": "192.168.1.1", "step": "content",
                    "failure": "dns_bogon_error", "at": NOW - 3 * HOUR,
                    "said": "192.168.1.1 answered <b>0.0.0.0</b>"}  # fmt: skip
        turns = [{"id": 2, "at": NOW - 3 * HOUR, **DNS}, {"id": 3, "at": NOW - 2 * HOUR, **WELL}]
        return {**INCIDENT, "evidence": [evidence], "apple_events": ["2000001"], "turns": turns}

    async def pace(
        self, looks: Sequence[str], *, back_seconds: float, step: float
    ) -> list[dict[str, Any]] | None:
        self.asked.append(f"pace {back_seconds:g}")
        moments = (NOW - 2 * HOUR, NOW - HOUR)
        return [
            {"at": at, "look": look, "mean": 0.042, "slowest": 0.3, "passed": 9, "failed": 1}
            for at in moments
            for look in looks
        ]

    async def offsets(self, *, back_seconds: float) -> list[dict[str, Any]] | None:
        return [{"at": NOW - HOUR, "source": "apple", "low": 0.001, "high": 0.005}]


def with_past(status: Status, past: Past | None = None, **more: Any) -> Any:
    return app_of(status, history=past or Past(), **more)


@pytest.mark.parametrize("path", ["/", "/wall", "/signal/push", "/signal/clock", "/incident/7"])
@pytest.mark.parametrize("status", STATUSES.values(), ids=STATUSES.keys())
async def test_every_page_stands_alone(status: Status, path: str) -> None:
    answer = await ask(with_past(status), path)
    seen = Reading(answer.text)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert seen.opened == []
    assert all(":" not in where or where == "data:," for where in seen.fetched), seen.fetched
    assert seen.tags.count("script") == 1
    assert seen.styled == []
    assert seen.tags.count("h1") == 1
    assert len(seen.ids) == len(set(seen.ids))
    assert status.verdict.headline in seen.text
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in answer.text
    assert '<html lang="en">' in answer.text


async def test_every_link_of_the_first_page_leads_somewhere() -> None:
    app = with_past(dns_block())
    seen = Reading((await ask(app, "/")).text)

    for where in set(seen.fetched) - {"data:,"}:
        answer = await ask(app, "/" + where.removeprefix("./"))
        assert answer.status_code == 200, where


async def test_the_policy_lets_in_our_own_style_script_and_questions_and_nothing_else() -> None:
    answer = await ask(app_of(healthy()), "/")
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)

    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; script-src 'self'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_the_script_is_ours_and_asks_nobody_else() -> None:
    answer = await ask(app_of(healthy()), "/page.js")

    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "://" not in answer.text
    assert "innerHTML" not in answer.text
    assert "eval" not in answer.text


async def test_the_page_says_what_to_do_and_why() -> None:
    text = Reading((await ask(app_of(dns_block()), "/")).text).text

    for said in (
        "It's here It's you: your DNS resolver blocks Apple push.",
        "Certainty high · impact partial",
        "since 23 Nov 09:58 UTC · home",
        "What to do Allow push.apple.com in the filter on 192.168.1.1. Ask again.",
        "Why 192.168.1.1 answered 0.0.0.0, two DoH resolvers answered Apple addresses",
        "Not Apple: a courier reached by its real address completed TLS.",
        "Apple push broken here",
        "iMessage not reached available App Store not checked unknown",
        "What could not be checked Other ports: no control host is set.",
        "Good to know The router ignores ping.",
        "Apple push only_443 push is only_443 2 s ago",
        "isitme 1.2.3",
    ):
        assert said in text
    order = [text.index(word) for word in ("It's you", "The way", "What to do", "Why", "From here")]
    assert order == sorted(order)


async def test_what_nothing_explains_is_a_plain_line_of_the_page() -> None:
    status = dns_block()
    left = Unexplained(signal=Signal.GATEWAY, said="the router: it does not answer")
    status = replace(status, verdict=replace(status.verdict, unexplained=(left,)))

    assert "Not explained by this: the router: it does not answer" in (
        Reading((await ask(app_of(status), "/")).text).text
    )
    assert "Not explained" not in (await ask(app_of(dns_block()), "/")).text


async def test_what_was_seen_comes_with_the_time_of_each_step() -> None:
    text = Reading((await ask(app_of(dns_block()), "/")).text).text

    assert "cloudflare-ip ref_ip · ipv4 · 1.1.1.1:443 passed answered" in text
    assert "connect 12 ms · handshake 21 ms" in text
    assert "failed dns_bogon_error" in text


def test_the_sign_is_never_colour_alone() -> None:
    """Each state has its own mark and its own words."""
    assert set(STATE_MARKS) == set(State)
    assert len(set(STATE_MARKS.values())) == len(State)
    assert set(SIGN_MARKS) == {sign.value for sign in Sign}
    assert len(set(SIGN_MARKS.values())) == len(Sign)
    assert set(BLAME_SAID) == set(SEALS) == set(Blame)
    assert len(set(BLAME_SAID.values())) == len(Blame)


def test_every_signal_has_a_name_and_every_look_one_place() -> None:
    placed = [look for looks in LOOKS.values() for look in looks]

    assert set(NAMES) == set(LOOKS) == set(Signal)
    assert sorted(placed) == sorted(Look)


async def test_a_drill_says_so() -> None:
    for path in ("/", "/wall", "/signal/dns", "/triage"):
        drill = await ask(app_of(dns_block(drill="dns-block")), path)
        real = await ask(app_of(dns_block()), path)

        assert "drill: dns-block" in Reading(drill.text).text
        assert "drill" not in Reading(real.text).text


EVIL = '</style><script>alert(1)</script><img src=x onerror="x">\u202egnp'


@pytest.mark.parametrize("path", ["/", "/wall", "/signal/push"])
async def test_what_others_say_is_shown_as_text_never_as_html(path: str) -> None:
    status = apple_outage()
    event = replace(status.apple_events[0], message=EVIL, service=EVIL)
    seen = replace(
        healthy().observations[3],
        finding=replace(healthy().observations[3].finding, said=EVIL, target=EVIL),
    )
    said = {signal: replace(one, said=EVIL) for signal, one in status.readings.items()}
    status = replace(
        status,
        apple_events=(event,),
        site=EVIL,
        observations=(seen,),
        readings=said,
        verdict=replace(status.verdict, headline=EVIL, could_not_check=(EVIL,), advice=(EVIL,)),
    )

    answer = await ask(app_of(status), path)
    read = Reading(answer.text)

    assert read.tags.count("script") == 1
    assert "img" not in read.tags
    assert "\u202e" not in answer.text
    assert "</style><script>alert(1)</script>" in read.text


def test_a_long_name_may_break_at_its_dots_and_stays_text() -> None:
    assert breakable("to 1-courier.push.apple.com") == "to 1-courier.<wbr>push.<wbr>apple.<wbr>com"
    assert breakable("192.168.1.1 <b>") == "192.168.1.1 &lt;b&gt;"


def test_a_command_looks_like_one_and_stays_text() -> None:
    assert coded("`isitme check` <b>") == "<code>isitme check</code> &lt;b&gt;"


READERS: Mapping[str, str] = {
    "127.0.0.1": "The answer is about this machine and its network.",
    "::1": "The answer is about this machine and its network.",
    "::ffff:192.168.1.7": "you read it from its network or one beside it (192.168.1.7).",
    "fe80::1%eth0": "you read it from its network or one beside it (fe80::1).",
    "8.8.8.8": "you read it from elsewhere (8.8.8.8).",
}


@pytest.mark.parametrize(("client", "expected"), READERS.items(), ids=READERS.keys())
async def test_the_page_says_where_its_reader_stands(client: str, expected: str) -> None:
    answer = await ask(app_of(healthy()), "/", client=client)

    assert expected in Reading(answer.text).text


# ---------------------------------------------------------------- the past


async def test_the_page_shows_what_was() -> None:
    answer = await ask(with_past(healthy()), "/")
    text = Reading(answer.text).text

    assert "Last 24 hours In trouble for 1 h, not looking for" in text
    assert "23 Nov 07:00 UTC · 1 h · dns_filtered · taken back: It was the DNS here." in text
    assert "Your DNS blocks Apple. (15 min)" in text
    assert 'href="incident/7"' in answer.text
    assert "Router 42 ms" in text
    assert "This clock 3 ms slow" in text
    assert 'aria-label="Internet: usually 42 ms, slowest 300 ms, 2 attempts failed."' in answer.text


async def test_a_past_that_cannot_be_read_is_no_empty_past() -> None:
    past = Past(broken=True)
    past.trouble = "nothing is kept: history.db: disk full"

    broken = Reading((await ask(with_past(healthy(), past), "/")).text).text
    none = Reading((await ask(app_of(healthy()), "/")).text).text

    assert "The history cannot be read: nothing is kept: history.db: disk full." in broken
    assert "Nothing is kept here." in none
    assert "Incidents" not in broken + none


async def test_the_history_is_asked_now_and_then_not_for_every_reader() -> None:
    past, passed = Past(), [0.0]
    state = [healthy()]
    app = app_of(healthy(), history=past, elapsed=lambda: passed[0])
    turning = app_of_turning(state, past, passed)

    for _ in range(5):
        await ask(app, "/")
    assert past.asked == ["story", "pace 86400"]

    past.asked.clear()
    await ask(turning, "/")
    state[0] = dns_block()
    await ask(turning, "/")
    assert past.asked.count("story") == 2, "a turn is in the past at once"


def app_of_turning(state: list[Status], past: Past, passed: list[float]) -> Any:
    return web_app(
        Sources(
            status=lambda: state[0],
            metrics=lambda accept: (b"", ""),
            versions={},
            stream=Stream(lambda: state[0], versions={}),
            history=past,
            elapsed=lambda: passed[0],
        )
    )


async def test_an_incident_has_its_own_page() -> None:
    app = with_past(healthy())

    text = Reading((await ask(app, "/incident/7")).text).text
    for said in (
        "It's here Your DNS blocks Apple.",
        "Lasted 1 h",
        "dns/dns_filtered",
        "Taken back It was the DNS here.",
        "192.168.1.1 answered <b>0.0.0.0</b> dns_each · 192.168.1.1 · content",
        "Apple's events 2000001",
    ):
        assert said in text
    for path in ("/incident/8", f"/incident/{2**70}", "/incident/x", "/signal/nothing"):
        assert (await ask(app, path)).status_code == 404
    assert (await ask(app_of(healthy()), "/incident/7")).status_code == 404


async def test_a_signal_has_its_own_page() -> None:
    text = Reading((await ask(with_past(dns_block()), "/signal/push")).text).text

    for said in (
        "Apple push push is only_443",
        "It can be works, only_443, fails, silent, unknown.",
        "Last 24 hours push_5223 push_5223: usually 42 ms",
        "push_http Does the provider side of push answer?",
    ):
        assert said in text
