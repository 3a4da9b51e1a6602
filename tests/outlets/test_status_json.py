"""/status is a promise to other programs: these keys, these values."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from probe.outlets.status_json import exit_code, one_line, one_line_of, status_to_json
from probe.words import Blame, Signal
from tests.support.statuses import apple_outage, dns_block, healthy, starting

VERSIONS = {"isitme": "1.2.3", "rules": "2026-11"}

ROOT = Path(__file__).parents[2]


def test_the_contract_example_comes_out_as_written() -> None:
    said = "192.168.1.1 answered 0.0.0.0, two DoH resolvers answered Apple addresses"
    got = status_to_json(dns_block(), versions=VERSIONS)

    signals = got.pop("signals")
    assert got == {
        "schema": 1,
        "at": "2026-11-23T10:00:00Z",
        "site": "home",
        "scope": "from this host",
        "ready": True,
        "drill": None,
        "verdict": {
            "blame": "me",
            "code": "dns",
            "cause": "dns_filtered",
            "impact": "partial",
            "certainty": "high",
            "headline": "It's you: your DNS resolver blocks Apple push.",
            "since": "2026-11-23T09:58:12Z",
            "because": [
                {
                    "probe": "dns_each",
                    "target": "1-courier.push.apple.com",
                    "step": "content",
                    "failure": "dns_bogon_error",
                    "at": "2026-11-23T09:59:58Z",
                    "said": said,
                }
            ],
            "not_because": ["Not Apple: a courier reached by its real address completed TLS."],
            "could_not_check": ["Other ports: no control host is set."],
            "advice": ["Allow push.apple.com in the filter on 192.168.1.1.", "Ask again."],
            "also": [],
            "unexplained": [],
        },
        "notes": [{"code": "gateway_ignores_ping", "said": "The router ignores ping."}],
        "services": [
            {"name": "iMessage", "reachable": False, "apple_says": "available", "since": None},
            {"name": "App Store", "reachable": None, "apple_says": "unknown", "since": None},
        ],
        "apple_events": [],
        "messengers": [],
        "versions": VERSIONS,
    }
    assert signals["push"] == {
        "value": "only_443",
        "sign": "bad",
        "said": "push is only_443",
        "age_seconds": 2.1,
        "oldest_seconds": None,
    }
    assert list(signals)[:3] == ["self", "link", "gateway"]
    assert len(signals) == 16


def test_how_old_what_a_signal_needs_is_told_from_the_moment_of_the_answer() -> None:
    """And not of the judgement, which may be two seconds older: others compare it."""
    status = healthy()
    push = replace(status.readings[Signal.PUSH], oldest_at=100.0)
    status = replace(status, readings={**status.readings, Signal.PUSH: push}, elapsed=112.34)

    got = status_to_json(status, versions=VERSIONS)

    assert got["signals"]["push"]["oldest_seconds"] == 12.3


def test_it_survives_the_journey_through_json() -> None:
    got = status_to_json(apple_outage(), versions=VERSIONS)

    assert json.loads(json.dumps(got)) == got
    assert got["apple_events"] == [
        {
            "service": "iMessage",
            "id": "2000001",
            "kind": "outage",
            "state": "ongoing",
            "started_at": "2026-11-23T09:58:12Z",
            "ended_at": None,
            "message": "Users are experiencing a problem with this service.",
        }
    ]


def test_a_drill_and_a_first_sweep_say_so() -> None:
    drill = status_to_json(dns_block(drill="dns-block"), versions=VERSIONS)
    first = status_to_json(starting(), versions=VERSIONS)

    assert drill["drill"] == "dns-block"
    assert first["ready"] is False
    assert first["signals"] == {}


def test_one_line_says_it_all() -> None:
    assert one_line(dns_block()) == (
        "It's you: your DNS resolver blocks Apple push. "
        "(blame me, dns/dns_filtered, certainty high, since 2026-11-23T09:58:12Z)"
    )
    assert one_line(healthy()) == (
        "Everything isitme looks at works from here. "
        "(blame nobody, ok, certainty high, since 2026-11-23T09:58:12Z)"
    )
    assert one_line(dns_block(drill="dns-block")).startswith("[drill: dns-block] It's you")


def test_one_line_of_a_strange_server_cannot_command_the_terminal() -> None:
    answer = {"verdict": {"blame": "me", "headline": "\x1b]0;owned\x07hi\n", "code": "dns"}}

    assert one_line_of(answer) == "hi (blame me, dns, certainty None, since None)"


@pytest.mark.parametrize("answer", [{}, {"verdict": 3}, {"verdict": {"blame": "me"}}])
def test_what_is_no_answer_is_refused(answer: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not an answer of isitme"):
        one_line_of(answer)


def test_exit_codes_are_the_contract() -> None:
    assert {blame.value: exit_code(blame) for blame in Blame} == {
        "nobody": 0,
        "me": 10,
        "provider": 11,
        "apple": 12,
        "unknown": 13,
    }
    assert exit_code("a word of a newer version") == 13


def test_it_loads_nothing_heavy() -> None:
    code = (
        "import sys, probe.outlets.status_json; "
        "print([m for m in ('asyncio', 'ssl', 'pydantic', 'jinja2') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert out.stdout.strip() == "[]"
