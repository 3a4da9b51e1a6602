"""On a terminal: the answer first, in words, safe to show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import Because, Status, Unexplained
from probe.outlets.terminal import Paper, report, wants_colour
from probe.words import Blame, Failure, Look, Signal, Speed, Step
from tests.support.statuses import (
    AT,
    apple_outage,
    dns_block,
    failed,
    healthy,
    link_down,
    passed,
    seen,
    starting,
)


def test_the_whole_answer() -> None:
    assert report(dns_block()) == (
        """\
It's you: your DNS resolver blocks Apple push.
certainty high, impact partial, dns/dns_filtered, since 2026-11-23T09:58:12Z

Because
  - 192.168.1.1 answered 0.0.0.0, two DoH resolvers answered Apple addresses
    [dns_each · 1-courier.push.apple.com · content · dns_bogon_error ·
    2026-11-23T09:59:58Z]

Not because
  - Not Apple: a courier reached by its real address completed TLS.

Could not check
  - Other ports: no control host is set.

What to do
  1. Allow push.apple.com in the filter on 192.168.1.1.
  2. Ask again.

Good to know
  - The router ignores ping.

Apple's services
  - iMessage: not reached from here. Apple says: available.
  - App Store: not checked from here. Apple says: unknown.
"""
    )


def test_what_is_fine_is_short() -> None:
    assert report(replace(healthy(), verdict=replace(healthy().verdict, services=()))) == (
        """\
Everything isitme looks at works from here.
certainty high, ok, since 2026-11-23T09:58:12Z
"""
    )


def test_verbose_shows_every_observation_and_every_rule_that_did_not_match() -> None:
    silent = failed(Step.HANDSHAKE, 5.0012, Failure.GENERIC_TIMEOUT, Speed.SILENT, "no answer")
    steps = (passed(Step.CONNECT, 0.0304), silent)
    observations = (
        seen(Look.PUSH_5223, "courier", *steps, address="17.1.2.3:5223"),
        seen(Look.NTP, "apple", said=""),
    )
    status = replace(healthy(), observations=observations)

    text = report(status, Paper(width=200), verbose=True, not_matched=("clock: clock is right",))
    flat = " ".join(text.split())

    assert (
        "push_5223 courier ipv4 17.1.2.3:5223: connect 30 ms, handshake 5001 ms FAILED "
        "generic_timeout_error (silent) 'no answer': answered"
    ) in flat
    assert "ntp apple ipv4: nothing was tried" in flat
    assert "push = works [ok]: push is works (2 s ago)" in flat
    assert text.endswith("Rules that did not match\n  - clock: clock is right\n")


def test_a_signal_without_a_reading_is_unknown() -> None:
    assert "  - push = unknown [?]\n" in report(starting(), verbose=True)


def test_what_nothing_explains_is_said_in_the_answer() -> None:
    left = Unexplained(signal=Signal.PUSH, said="Apple push: no answer")
    status = dns_block()
    status = replace(status, verdict=replace(status.verdict, unexplained=(left,)))

    assert "\n\nNot explained by this\n  - Apple push: no answer\n\n" in report(status)
    assert "Not explained" not in report(dns_block())


def test_a_drill_says_so_first() -> None:
    text = report(dns_block(drill="dns-block"))

    assert text.startswith("Drill: dns-block. Nothing here is real.\nIt's you:")


@pytest.mark.parametrize("status", [healthy(), dns_block(), apple_outage(), link_down()])
@pytest.mark.parametrize("width", [1, 40, 72, 500])
def test_no_line_is_too_long_and_without_colour_none_has_an_escape(
    status: Status, width: int
) -> None:
    text = report(status, Paper(width=width), verbose=True)

    assert max(map(len, text.splitlines())) <= min(max(width, 40), 100)
    assert "\x1b" not in text


def test_colour_changes_no_word() -> None:
    plain, painted = report(dns_block()), report(dns_block(), Paper(colour=True))

    assert painted.startswith("\x1b[1;31mIt's you: your DNS resolver blocks Apple push.\x1b[0m\n")
    for code in ("1;31", "1", "2", "0"):
        painted = painted.replace(f"\x1b[{code}m", "")
    assert painted == plain


COLOUR = {
    "a terminal": ({"TERM": "xterm"}, True, True),
    "a pipe": ({"TERM": "xterm"}, False, False),
    "NO_COLOR": ({"NO_COLOR": "1", "TERM": "xterm"}, True, False),
    "an empty NO_COLOR does not count": ({"NO_COLOR": "", "TERM": "xterm"}, True, True),
    "a dumb terminal": ({"TERM": "dumb"}, True, False),
}


@pytest.mark.parametrize(("environ", "is_terminal", "expected"), COLOUR.values(), ids=COLOUR.keys())
def test_colour_is_for_those_who_want_it(
    environ: dict[str, str], is_terminal: bool, expected: bool
) -> None:
    assert wants_colour(environ, is_terminal=is_terminal) is expected


def test_no_server_can_command_the_terminal() -> None:
    evil = "a\x1b]0;owned\x07\x1b[2Jb\u202ec\r\nd"
    status = dns_block()
    because = Because(look=Look.DNS_EACH, target=evil, step=None, failure=None, at=AT, said=evil)
    verdict = replace(
        status.verdict,
        blame=Blame.APPLE,
        headline=evil,
        because=(because,),
        not_because=(evil,),
        could_not_check=(evil,),
        unexplained=(Unexplained(signal=Signal.PUSH, said=evil),),
        advice=(evil,),
    )
    bad = failed(Step.CONTENT, 0.1, Failure.FEED_UNREADABLE, Speed.ACTIVE, evil)
    observation = seen(Look.STATUS, evil, bad, address=evil, said=evil)
    status = replace(status, verdict=verdict, observations=(observation,), drill=evil)

    text = report(status, verbose=True, not_matched=(evil,))

    assert text.replace("\n", "").isprintable()
    assert "abc d" in text
