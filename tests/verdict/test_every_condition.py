"""What each verdict depends on, and what it does not (section c.4 of the diagnosis research, with
the corrections and the contract).

For every row: a state in which it must be told, and for each signal the values that leave it so.
Every value of every signal is then tried, one at a time: one that is not listed must change the
answer, one that is listed must not. A signal that is not listed has no say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest

from probe.verdict import judge
from probe.words import (
    VALUES,
    AppleDns,
    AppleStatus,
    Cause,
    Certainty,
    Code,
    Daemon,
    Dns,
    Gateway,
    HostClock,
    Impact,
    Internet,
    Ipv6,
    Link,
    Nearby,
    Port,
    Portal,
    Proxy,
    Push,
    Services,
    Signal,
    Tls,
)
from tests.verdict.world import DEAD, Values, readings

Leaves = Mapping[Signal, frozenset[StrEnum]]


def leaves(*values: StrEnum) -> Leaves:
    """These values leave the answer as it is; others of the same signals do not."""
    signals = {kind: signal for signal, kind in VALUES.items()}
    found: dict[Signal, set[StrEnum]] = {}
    for value in values:
        found.setdefault(signals[type(value)], set()).add(value)
    return {signal: frozenset(kept) for signal, kept in found.items()}


def other_than(*values: StrEnum) -> Leaves:
    """All values of these signals leave the answer as it is, but these."""
    named = leaves(*values)
    return {signal: frozenset(VALUES[signal]) - kept for signal, kept in named.items()}


# Nobody is blamed by a process that cannot keep up.
BELIEVED = other_than(Daemon.IMPAIRED)
# A verified answer further away proves every link before it.
NO_APPLE = {**other_than(Services.WORK), **other_than(Push.WORKS, Push.ONLY_443)}
NOBODY = {**NO_APPLE, **other_than(Internet.REACHED)}
NEAR_LINKS = {**BELIEVED, **other_than(Link.DOWN, Gateway.GONE)}
OPEN_WAY = {**NEAR_LINKS, **other_than(Portal.CAPTIVE, Proxy.REQUIRED, Proxy.BROKEN)}
# Parents before children: the clock, names, interception, each before what it breaks.
NO_LIE = other_than(
    HostClock.WRONG, Dns.FAILS, AppleDns.WRONG_HERE, Tls.INTERCEPTED, Tls.INTERCEPTED_APPLE
)
RIGHT_NAMES = other_than(AppleDns.WRONG_HERE, AppleDns.WRONG_EVERYWHERE)
# These three are proofs about this network, and come before Apple's own word.
NOT_NEAR = other_than(Nearby.LOCAL_ROUTE, Nearby.FILTERED, Nearby.FINE_ELSEWHERE)
UNSAID = leaves(AppleStatus.CLEAR, AppleStatus.UNKNOWN)
SERVICES_FAIL = leaves(Services.FAIL, Services.SILENT, Services.ONE_FAILS, Services.ONE_SILENT)
NO_SERVICE_FAILS = leaves(Services.WORK, Services.PARTLY, Services.UNKNOWN)
PUSH_FAILS = leaves(Push.FAILS, Push.SILENT)
NO_PUSH_FAILS = leaves(Push.WORKS, Push.ONLY_443, Push.UNKNOWN)
# Apple is accused only while every control is known to be right.
CONTROLS = leaves(
    Daemon.FINE,
    Internet.REACHED,
    Portal.CLEAR,
    HostClock.RIGHT,
    Dns.WORKS,
    AppleDns.RIGHT,
    AppleDns.WRONG_EVERYWHERE,
    Tls.TRUSTED,
)
ACCUSED: Leaves = {**CONTROLS, **UNSAID}
WORKS = leaves(
    Daemon.FINE,
    Internet.REACHED,
    HostClock.RIGHT,
    Dns.WORKS,
    AppleDns.RIGHT,
    Tls.TRUSTED,
    Push.WORKS,
    Services.WORK,
    Ipv6.FINE,
)
BY_A_STRANGER = leaves(Tls.INTERCEPTED, Tls.INTERCEPTED_APPLE)
# While Apple answers somewhere, nothing near can be down, and the line is not blamed.
REACHED_BY_PUSH: Leaves = {**BELIEVED, **other_than(Internet.UNREACHABLE)}
LOW, MEDIUM, HIGH = Certainty
SOMETHING_FAILS: Values = {Signal.SERVICES: Services.FAIL}
PUSH_SILENT: Values = {Signal.PUSH: Push.SILENT}


@dataclass(frozen=True, kw_only=True)
class Told:
    differs: Values
    code: Code
    cause: Cause | None
    certainty: Certainty
    impact: Impact | None = None
    leaves: Leaves = field(default_factory=dict)


def told(
    differs: Values,
    code: Code,
    cause: Cause | None,
    certainty: Certainty,
    *kept: Leaves,
    impact: Impact | None = None,
) -> Told:
    merged: dict[Signal, frozenset[StrEnum]] = {}
    for one in kept:
        for signal, values in one.items():
            merged[signal] = merged.get(signal, values) & values
    return Told(
        differs=differs, code=code, cause=cause, certainty=certainty, impact=impact, leaves=merged
    )


def differing(*values: StrEnum, of: Values | None = None) -> Values:
    signals = {kind: signal for signal, kind in VALUES.items()}
    return {**(of or {}), **{signals[type(value)]: value for value in values}}


NOT_ASKED = differing(Internet.UNKNOWN, Services.UNKNOWN, Push.UNKNOWN)
APPLES_WORD_ALONE: Leaves = {
    **OPEN_WAY, **NO_LIE, **NOT_NEAR, **other_than(Internet.UNREACHABLE)
}  # fmt: skip

TABLE: dict[str, Told] = {
    "this process cannot keep up": told(
        differing(Daemon.IMPAIRED), Code.UNKNOWN, Cause.SELF_IMPAIRED, LOW, leaves(Daemon.IMPAIRED)
    ),
    "no link": told(
        differing(Link.DOWN, Gateway.UNKNOWN, of=DEAD),
        Code.LOCAL_LINK, Cause.NO_CARRIER, HIGH, NOBODY, BELIEVED, leaves(Link.DOWN),
    ),
    "no router": told(
        differing(Gateway.GONE, of=DEAD),
        Code.LOCAL_GATEWAY, Cause.GW_NEIGH_FAILED, HIGH,
        NOBODY, BELIEVED, leaves(Gateway.GONE), other_than(Link.DOWN),
    ),
    "a sign-in page": told(
        differing(Portal.CAPTIVE, of=DEAD),
        Code.CAPTIVE_PORTAL, Cause.PORTAL_CONTENT, HIGH,
        NOBODY, NEAR_LINKS, leaves(Portal.CAPTIVE),
    ),
    "a proxy that is needed": told(
        differing(Proxy.REQUIRED, of=DEAD), Code.PROXY, Cause.PROXY_REQUIRED, HIGH,
        NO_APPLE, NEAR_LINKS, other_than(Portal.CAPTIVE), leaves(Proxy.REQUIRED),
        leaves(Internet.PARTLY, Internet.UNREACHABLE),
    ),
    "a proxy that is broken": told(
        differing(Proxy.BROKEN, of=DEAD), Code.PROXY, Cause.PROXY_BROKEN, HIGH,
        NO_APPLE, NEAR_LINKS, other_than(Portal.CAPTIVE), leaves(Proxy.BROKEN),
        leaves(Internet.PARTLY, Internet.UNREACHABLE),
    ),
    "plain pages only": told(
        differing(Portal.CLEAR, of=DEAD),
        Code.FIREWALL_PORT_BLOCKED, Cause.PARTIAL_CONNECTIVITY, MEDIUM,
        OPEN_WAY, leaves(Internet.UNREACHABLE, Portal.CLEAR),
        other_than(Services.WORK, Push.ONLY_443),
    ),
    "nobody answers": told(
        DEAD, Code.ISP_INTERNET, Cause.GATEWAY_OR_UPSTREAM, HIGH,
        OPEN_WAY, NO_APPLE, leaves(Internet.UNREACHABLE), other_than(Portal.CLEAR),
    ),
    "Apple's word, and no control": told(
        differing(AppleStatus.INCIDENT, of=NOT_ASKED),
        Code.APPLE_ACKNOWLEDGED, Cause.APPLE_REPORTS, LOW,
        APPLES_WORD_ALONE, leaves(AppleStatus.INCIDENT),
    ),
    "Apple's word on maintenance, and no control": told(
        differing(AppleStatus.MAINTENANCE, of=NOT_ASKED),
        Code.MAINTENANCE, Cause.APPLE_MAINTENANCE, LOW,
        APPLES_WORD_ALONE, leaves(AppleStatus.MAINTENANCE),
    ),
    "nobody was asked": told(
        NOT_ASKED, Code.UNKNOWN, Cause.CONTROLS_UNKNOWN, LOW,
        NEAR_LINKS, NO_APPLE, other_than(Portal.CAPTIVE), leaves(Internet.UNKNOWN), UNSAID,
    ),
    "a wrong clock": told(
        differing(HostClock.WRONG), Code.CLOCK, Cause.OFFSET_LARGE, HIGH,
        BELIEVED, leaves(HostClock.WRONG),
    ),
    "names fail": told(
        differing(Dns.FAILS), Code.DNS, Cause.DNS_MISBEHAVING, HIGH,
        BELIEVED, leaves(Dns.FAILS), other_than(HostClock.WRONG),
    ),
    "one issuer for unrelated hosts": told(
        differing(Tls.INTERCEPTED), Code.TLS_INTERCEPTION, Cause.INSPECTION_UNKNOWN_ROOT, HIGH,
        BELIEVED, BY_A_STRANGER, other_than(HostClock.WRONG, Dns.FAILS),
    ),
    "Apple's names are wrong here": told(
        differing(AppleDns.WRONG_HERE), Code.DNS, Cause.DNS_FILTERED, HIGH,
        BELIEVED, leaves(AppleDns.WRONG_HERE),
        other_than(HostClock.WRONG, Dns.FAILS, Tls.INTERCEPTED),
    ),
    "another issuer for Apple": told(
        differing(Tls.INTERCEPTED_APPLE),
        Code.TLS_INTERCEPTION, Cause.INSPECTION_UNKNOWN_ROOT, HIGH,
        BELIEVED, BY_A_STRANGER,
        other_than(HostClock.WRONG, Dns.FAILS, AppleDns.WRONG_HERE),
    ),
    **{
        f"{name}, {what}": told(
            differing(found, of=base), code, cause, certainty,
            fails, leaves(found), NO_LIE,
        )
        for name, found, code, cause, certainty in (
            ("another way out for Apple", Nearby.LOCAL_ROUTE,
             Code.LOCAL_LINK, Cause.LOCAL_ROUTE_DIVERGENCE, HIGH),
            ("a filter near us", Nearby.FILTERED,
             Code.FIREWALL_PORT_BLOCKED, Cause.ACTIVE_REJECT_NEAR, HIGH),
            ("fine from elsewhere", Nearby.FINE_ELSEWHERE,
             Code.ISP_INTERNET, Cause.PATH_TO_APPLE, MEDIUM),
        )
        for what, base, fails in (
            ("services fail", SOMETHING_FAILS, {**SERVICES_FAIL, **REACHED_BY_PUSH}),
            ("push is silent", PUSH_SILENT, {**PUSH_FAILS, **BELIEVED}),
        )
    },
    "a dead translator": told(
        differing(Internet.PARTLY, Ipv6.BROKEN, Services.SILENT, Push.SILENT),
        Code.ISP_INTERNET, Cause.NAT64_DEAD, MEDIUM,
        OPEN_WAY, NO_APPLE, NO_LIE, NOT_NEAR, leaves(Internet.PARTLY, Ipv6.BROKEN),
    ),
    "Apple's word, and services fail": told(
        differing(AppleStatus.INCIDENT, Services.ONE_FAILS),
        Code.APPLE_ACKNOWLEDGED, Cause.CONFIRMED_BY_PROBES, HIGH,
        REACHED_BY_PUSH, SERVICES_FAIL, NO_LIE, NOT_NEAR, leaves(AppleStatus.INCIDENT),
    ),
    "Apple's word, and push is silent": told(
        differing(AppleStatus.INCIDENT, Push.SILENT),
        Code.APPLE_ACKNOWLEDGED, Cause.CONFIRMED_BY_PROBES, HIGH,
        BELIEVED, PUSH_FAILS, NO_LIE, NOT_NEAR, leaves(AppleStatus.INCIDENT),
        other_than(Port.BLOCKED),
    ),
    "Apple's word, and its names are wrong": told(
        differing(AppleStatus.INCIDENT, AppleDns.WRONG_EVERYWHERE),
        Code.APPLE_ACKNOWLEDGED, Cause.CONFIRMED_BY_PROBES, HIGH,
        BELIEVED, NO_LIE, leaves(AppleDns.WRONG_EVERYWHERE, AppleStatus.INCIDENT),
    ),
    "Apple's word alone": told(
        differing(AppleStatus.INCIDENT), Code.APPLE_ACKNOWLEDGED, Cause.APPLE_REPORTS, HIGH,
        BELIEVED, NO_SERVICE_FAILS, NO_PUSH_FAILS, NO_LIE, RIGHT_NAMES,
        leaves(AppleStatus.INCIDENT),
    ),
    "Apple's word, and a port that is blocked here": told(
        differing(AppleStatus.INCIDENT, Push.SILENT, Port.BLOCKED),
        Code.APPLE_ACKNOWLEDGED, Cause.APPLE_REPORTS, HIGH,
        BELIEVED, NO_SERVICE_FAILS, NO_LIE, RIGHT_NAMES, NOT_NEAR,
        leaves(AppleStatus.INCIDENT, Port.BLOCKED),
    ),
    "Apple works on it": told(
        differing(AppleStatus.MAINTENANCE, Services.ONE_FAILS),
        Code.MAINTENANCE, Cause.APPLE_MAINTENANCE, HIGH,
        REACHED_BY_PUSH, NO_LIE, NOT_NEAR, leaves(AppleStatus.MAINTENANCE),
    ),
    "push on 443 only": told(
        differing(Push.ONLY_443, Port.BLOCKED),
        Code.FIREWALL_PORT_BLOCKED, Cause.FALLBACK_443_OK, HIGH,
        BELIEVED, NO_LIE, RIGHT_NAMES, NO_SERVICE_FAILS, UNSAID,
        leaves(Push.ONLY_443), other_than(Port.OPEN),
    ),
    "push dead where its port is blocked": told(
        differing(Push.SILENT, Port.BLOCKED),
        Code.FIREWALL_PORT_BLOCKED, Cause.PUSH_FULLY_BLOCKED, MEDIUM,
        BELIEVED, NO_LIE, RIGHT_NAMES, NO_SERVICE_FAILS, UNSAID, NOT_NEAR, PUSH_FAILS,
        leaves(Port.BLOCKED),
    ),
    "services fail here and elsewhere": told(
        differing(Services.FAIL, Nearby.FAILS_ELSEWHERE),
        Code.APPLE_SUSPECTED, Cause.UNREACHABLE_ELSEWHERE_TOO, HIGH,
        ACCUSED, leaves(Nearby.FAILS_ELSEWHERE, Services.FAIL, Services.SILENT),
    ),
    "push fails here and elsewhere": told(
        differing(Push.FAILS, Nearby.FAILS_ELSEWHERE),
        Code.APPLE_SUSPECTED, Cause.UNREACHABLE_ELSEWHERE_TOO, HIGH,
        ACCUSED, PUSH_FAILS, leaves(Nearby.FAILS_ELSEWHERE, Port.OPEN),
    ),
    "names are wrong here and elsewhere": told(
        differing(AppleDns.WRONG_EVERYWHERE, Nearby.FAILS_ELSEWHERE),
        Code.APPLE_SUSPECTED, Cause.UNREACHABLE_ELSEWHERE_TOO, HIGH,
        ACCUSED, leaves(Nearby.FAILS_ELSEWHERE, AppleDns.WRONG_EVERYWHERE),
    ),
    "one service fails here and elsewhere": told(
        differing(Services.ONE_FAILS, Nearby.FAILS_ELSEWHERE),
        Code.APPLE_SUSPECTED, Cause.APPLE_SERVICE_FAILS, HIGH,
        ACCUSED, leaves(Nearby.FAILS_ELSEWHERE, Nearby.CLEAN, Services.ONE_FAILS, AppleDns.RIGHT),
        other_than(Push.FAILS), impact=Impact.PARTIAL,
    ),
    "services are silent here and elsewhere": told(
        differing(Services.SILENT, Nearby.FAILS_ELSEWHERE),
        Code.APPLE_SUSPECTED, Cause.UNREACHABLE_ELSEWHERE_TOO, MEDIUM,
        ACCUSED, leaves(Nearby.FAILS_ELSEWHERE, Services.FAIL, Services.SILENT),
    ),
    "push is silent here and elsewhere": told(
        differing(Push.SILENT, Nearby.FAILS_ELSEWHERE),
        Code.APPLE_SUSPECTED, Cause.UNREACHABLE_ELSEWHERE_TOO, MEDIUM,
        ACCUSED, PUSH_FAILS, leaves(Nearby.FAILS_ELSEWHERE, Port.OPEN),
        other_than(Services.ONE_FAILS),
    ),
    "names are wrong": told(
        differing(AppleDns.WRONG_EVERYWHERE),
        Code.APPLE_SUSPECTED, Cause.APPLE_AUTHORITATIVE_DNS, MEDIUM,
        ACCUSED, leaves(Nearby.CLEAN, AppleDns.WRONG_EVERYWHERE),
    ),
    "services fail": told(
        SOMETHING_FAILS, Code.APPLE_SUSPECTED, Cause.APPLE_SERVICE_FAILS, LOW,
        ACCUSED, leaves(Nearby.CLEAN, Services.FAIL, Services.ONE_FAILS, AppleDns.RIGHT),
        impact=Impact.FULL,
    ),
    "push fails": told(
        differing(Push.FAILS), Code.APPLE_SUSPECTED, Cause.APPLE_SERVICE_FAILS, LOW,
        ACCUSED, leaves(Nearby.CLEAN, Push.FAILS, Port.OPEN, AppleDns.RIGHT),
        impact=Impact.PARTIAL,
    ),
    "one service fails": told(
        differing(Services.ONE_FAILS), Code.APPLE_SUSPECTED, Cause.APPLE_SERVICE_FAILS, LOW,
        ACCUSED,
        leaves(Nearby.CLEAN, Nearby.FAILS_ELSEWHERE, Services.FAIL, Services.ONE_FAILS,
               AppleDns.RIGHT),
        impact=Impact.PARTIAL,
    ),
    "one service is silent here and elsewhere": told(
        differing(Services.ONE_SILENT, Nearby.FAILS_ELSEWHERE),
        Code.APPLE_SUSPECTED, Cause.APPLE_SERVICE_SILENT, MEDIUM,
        ACCUSED, NO_PUSH_FAILS,
        leaves(Nearby.FAILS_ELSEWHERE, Nearby.CLEAN, Services.ONE_SILENT, AppleDns.RIGHT),
        impact=Impact.PARTIAL,
    ),
    "one service is silent": told(
        differing(Services.ONE_SILENT), Code.APPLE_SUSPECTED, Cause.APPLE_SERVICE_SILENT, LOW,
        ACCUSED, other_than(Push.FAILS),
        leaves(Nearby.FAILS_ELSEWHERE, Nearby.CLEAN, Services.ONE_SILENT, AppleDns.RIGHT),
        impact=Impact.PARTIAL,
    ),
    "all of Apple is silent": told(
        differing(Services.SILENT, Push.SILENT), Code.UNKNOWN, Cause.APPLE_OR_PATH, LOW,
        BELIEVED, NO_LIE, RIGHT_NAMES, UNSAID,
        leaves(Internet.REACHED, Services.SILENT, Push.SILENT, Push.UNKNOWN,
               Nearby.CLEAN, Nearby.UNKNOWN),
    ),
    "push alone is silent": told(
        PUSH_SILENT, Code.UNKNOWN, Cause.PUSH_OR_FILTER, LOW,
        BELIEVED, NO_LIE, RIGHT_NAMES, UNSAID, other_than(Port.BLOCKED),
        leaves(Internet.REACHED, Services.WORK, Services.PARTLY, Push.SILENT,
               Nearby.CLEAN, Nearby.UNKNOWN),
    ),
    "services fail, and nobody looked near us": told(
        differing(Services.FAIL, Nearby.UNKNOWN), Code.UNKNOWN, Cause.AMBIGUOUS, LOW,
        REACHED_BY_PUSH, NO_LIE, UNSAID, SERVICES_FAIL, leaves(Nearby.UNKNOWN),
    ),
    "push fails, and nobody looked near us": told(
        differing(Push.FAILS, Nearby.UNKNOWN), Code.UNKNOWN, Cause.AMBIGUOUS, LOW,
        BELIEVED, NO_LIE, UNSAID, leaves(Nearby.UNKNOWN, Push.FAILS), other_than(Port.BLOCKED),
    ),
    "names are wrong, and nobody looked near us": told(
        differing(AppleDns.WRONG_EVERYWHERE, Nearby.UNKNOWN), Code.UNKNOWN, Cause.AMBIGUOUS, LOW,
        BELIEVED, NO_LIE, UNSAID, leaves(AppleDns.WRONG_EVERYWHERE),
        other_than(Nearby.CLEAN, Nearby.FAILS_ELSEWHERE, Push.SILENT),
    ),
    "IPv6 leads nowhere": told(
        differing(Ipv6.BROKEN), Code.IPV6_BROKEN, Cause.V6_BLACKHOLE, HIGH,
        BELIEVED, NO_LIE, RIGHT_NAMES, UNSAID, NO_SERVICE_FAILS, NO_PUSH_FAILS,
        leaves(Ipv6.BROKEN),
    ),
    "some references fail": told(
        differing(Internet.PARTLY), Code.DEGRADED, Cause.CONTROLS_PARTLY, MEDIUM,
        BELIEVED, NO_LIE, RIGHT_NAMES, UNSAID, NO_SERVICE_FAILS, NO_PUSH_FAILS,
        leaves(Internet.PARTLY, Internet.UNREACHABLE), other_than(Ipv6.BROKEN),
    ),
    "some Apple hosts fail": told(
        differing(Services.PARTLY), Code.DEGRADED, Cause.APPLE_PARTLY, MEDIUM,
        BELIEVED, NO_LIE, RIGHT_NAMES, UNSAID, NO_PUSH_FAILS, leaves(Services.PARTLY),
        leaves(Internet.REACHED, Internet.UNKNOWN), other_than(Ipv6.BROKEN),
    ),
    "push on 443 only where 5223 is open": told(
        differing(Push.ONLY_443), Code.DEGRADED, Cause.ONLY_443, MEDIUM,
        BELIEVED, NO_LIE, RIGHT_NAMES, UNSAID, leaves(Push.ONLY_443, Port.OPEN),
        leaves(Services.WORK, Services.UNKNOWN, Internet.REACHED, Internet.UNKNOWN),
        other_than(Ipv6.BROKEN),
    ),
    "plain pages are altered": told(
        differing(Portal.CAPTIVE), Code.DEGRADED, Cause.HTTP_TAMPERED, MEDIUM,
        WORKS, UNSAID, leaves(Portal.CAPTIVE),
    ),
    "all is well": told(
        {}, Code.OK, None, HIGH, WORKS, leaves(Portal.CLEAR, AppleStatus.CLEAR)
    ),
    "Apple's word is missing": told(
        differing(AppleStatus.UNKNOWN), Code.DEGRADED, Cause.APPLE_STATUS_UNAVAILABLE, LOW,
        WORKS, leaves(Portal.CLEAR, AppleStatus.UNKNOWN),
    ),
    "the clock is not known": told(
        differing(HostClock.UNKNOWN), Code.UNKNOWN, Cause.INSUFFICIENT_EVIDENCE, LOW,
        BELIEVED, UNSAID, RIGHT_NAMES, leaves(HostClock.UNKNOWN),
        leaves(Services.WORK, Services.UNKNOWN, Push.WORKS, Push.UNKNOWN),
        other_than(Internet.PARTLY, Internet.UNREACHABLE, Dns.FAILS, Ipv6.BROKEN),
        other_than(Tls.INTERCEPTED, Tls.INTERCEPTED_APPLE),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_what_is_told(name: str) -> None:
    """P18, on the signals."""
    row = TABLE[name]

    verdict = judge(readings(row.differs))

    assert (verdict.code, verdict.cause, verdict.certainty) == (row.code, row.cause, row.certainty)
    assert row.impact in {None, verdict.impact}


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("name", TABLE)
def test_every_condition_counts_and_nothing_else_does(name: str, signal: Signal) -> None:
    row = TABLE[name]
    every: Any = frozenset(VALUES[signal])

    stays = set()
    for value in every:
        verdict = judge(readings({**row.differs, signal: value}))
        if (verdict.code, verdict.cause) == (row.code, row.cause):
            stays.add(value)

    assert stays == row.leaves.get(signal, every)


# ---------------------------------------------------------------- what makes a verdict unsure

DOUBTED = {
    **{
        f"{name}, and {value.value} of Apple answers": (name, value)
        for name in (
            "no link", "no router", "a sign-in page", "a proxy that is needed",
            "a proxy that is broken", "plain pages only", "nobody answers",
        )
        for value in (Services.PARTLY, Services.ONE_FAILS, Services.ONE_SILENT)
    },
    **{
        f"{name}, and some references answer": (name, Internet.PARTLY)
        for name in (
            "no link", "no router", "a sign-in page", "a proxy that is needed",
            "a proxy that is broken",
        )
    },
    **{
        f"{name}, with references {value.value}": (name, value)
        for name in (
            "Apple's word, and services fail", "Apple's word alone", "Apple works on it"
        )
        for value in (Internet.PARTLY, Internet.UNKNOWN)
    },
    "a blocked port, and push fails elsewhere too": (
        "push dead where its port is blocked", Nearby.FAILS_ELSEWHERE
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBTED)
def test_what_speaks_against_a_verdict_makes_it_unsure(name: str) -> None:
    row, value = TABLE[DOUBTED[name][0]], DOUBTED[name][1]

    verdict = judge(readings(differing(value, of=row.differs)))

    assert verdict.code is row.code
    assert verdict.certainty is Certainty.LOW


# ---------------------------------------------------------------- whose word the cause is

# A signal that knows more than the rule says which cause it is.
WORD_OF: dict[str, tuple[str, Signal, Cause]] = {
    "the link's": ("no link", Signal.LINK, Cause.NO_USABLE_ADDRESS),
    "the portal's": ("a sign-in page", Signal.PORTAL, Cause.PORTAL_REDIRECT),
    "the internet's": ("nobody answers", Signal.INTERNET, Cause.WAN_DOWN),
    "the translator's": ("nobody answers", Signal.IPV6, Cause.NAT64_DEAD),
    "the clock's": ("a wrong clock", Signal.CLOCK, Cause.TLS_DATE_ERRORS),
    "the names'": ("names fail", Signal.DNS, Cause.RESOLVER_SILENT),
    "the names of Apple's": ("names fail", Signal.DNS_APPLE, Cause.DNS_FILTERED),
    "the filtered names'": (
        "Apple's names are wrong here", Signal.DNS_APPLE, Cause.HOSTS_FILE_OVERRIDE
    ),
    "the issuer's": ("one issuer for unrelated hosts", Signal.TLS, Cause.ON_HOST_AV),
    "the issuer of Apple's": ("another issuer for Apple", Signal.TLS, Cause.ON_HOST_AV),
    "the port's": ("push on 443 only", Signal.PORT, Cause.EGRESS_WEB_ONLY),
    "the courier's": ("push on 443 only", Signal.PUSH, Cause.ACTIVE_REJECT),
    "the neighbourhood's": ("a filter near us, services fail", Signal.NEARBY, Cause.SNI_FILTERED),
    "the services'": ("services fail", Signal.SERVICES, Cause.HTTP_5XX),
    "the one service's": ("one service fails", Signal.SERVICES, Cause.HTTP_5XX),
    "the one service's, elsewhere too": (
        "one service fails here and elsewhere", Signal.SERVICES, Cause.HTTP_5XX
    ),
    "push's own": ("push fails", Signal.PUSH, Cause.PUSH_TLS_HANG),
    "IPv6's": ("IPv6 leads nowhere", Signal.IPV6, Cause.NAT64_DEAD),
    "the line's": ("some references fail", Signal.INTERNET, Cause.LOSS),
    "the slow resolver's": ("some Apple hosts fail", Signal.SERVICES, Cause.DNS_SLOW),
}  # fmt: skip


@pytest.mark.parametrize("name", WORD_OF)
def test_the_signal_that_knows_more_names_the_cause(name: str) -> None:
    row, signal, cause = WORD_OF[name]

    verdict = judge(readings(TABLE[row].differs, suggests={signal: cause}))

    assert verdict.code is TABLE[row].code
    assert verdict.cause is cause


# Decision 0065: without the far end's own word a suspicion is low; with it, as sure as its rule.
OWN_WORD = {
    "services fail": (Signal.SERVICES, Cause.HTTP_5XX),
    "one service fails": (Signal.SERVICES, Cause.HTTP_5XX),
    "push fails": (Signal.PUSH, Cause.APPLE_CERTIFICATE),
}


@pytest.mark.parametrize("name", OWN_WORD)
def test_apples_own_word_makes_a_suspicion_surer(name: str) -> None:
    signal, cause = OWN_WORD[name]

    verdict = judge(readings(TABLE[name].differs, suggests={signal: cause}))

    assert (verdict.code, verdict.certainty) == (Code.APPLE_SUSPECTED, Certainty.MEDIUM)


def test_large_packets_that_are_lost_are_the_lines_and_no_filter() -> None:
    differs = TABLE["plain pages only"].differs

    verdict = judge(readings(differs, suggests={Signal.INTERNET: Cause.PMTU_BLACKHOLE}))

    assert (verdict.code, verdict.cause) == (Code.ISP_INTERNET, Cause.PMTU_BLACKHOLE)
