"""What a cause explains, which wrong guesses it refutes, and how a signal is called. All data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probe.verdict.table import Clause, but, only
from probe.words import (
    AppleDns,
    Cause,
    Code,
    Dns,
    Gateway,
    HostClock,
    Internet,
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

# ---------------------------------------------------------------- what a cause explains

APPLE_FROM_HERE = frozenset({Signal.PUSH, Signal.SERVICES, Signal.NEARBY})
NAMES = frozenset({Signal.DNS, Signal.DNS_APPLE})
# A wrong clock and Apple's own word are proven otherwise; no broken way out explains them.
BEYOND = APPLE_FROM_HERE | NAMES | {
    Signal.INTERNET,
    Signal.PORTAL,
    Signal.PROXY,
    Signal.TLS,
    Signal.PORT,
    Signal.IPV6,
}  # fmt: skip
APPLE = APPLE_FROM_HERE | {Signal.DNS_APPLE, Signal.APPLE_STATUS}

EXPLAINS: Mapping[Code, frozenset[Signal]] = {
    Code.OK: frozenset(),
    Code.LOCAL_LINK: BEYOND | {Signal.GATEWAY},
    Code.LOCAL_GATEWAY: BEYOND,
    Code.CAPTIVE_PORTAL: BEYOND | {Signal.CLOCK},
    Code.PROXY: BEYOND | {Signal.CLOCK},
    Code.CLOCK: frozenset({Signal.TLS}),
    Code.DNS: NAMES | APPLE_FROM_HERE,
    Code.TLS_INTERCEPTION: APPLE_FROM_HERE | {Signal.TLS, Signal.INTERNET},
    Code.FIREWALL_PORT_BLOCKED: frozenset({Signal.PUSH, Signal.PORT, Signal.NEARBY}),
    Code.IPV6_BROKEN: frozenset({Signal.IPV6}),
    Code.ISP_INTERNET: BEYOND,
    Code.APPLE_ACKNOWLEDGED: APPLE,
    Code.APPLE_SUSPECTED: APPLE,
    Code.MAINTENANCE: APPLE,
    Code.DEGRADED: frozenset({Signal.INTERNET, Signal.SERVICES, Signal.PUSH}),
    Code.UNKNOWN: frozenset(),
}

# Where a cause explains more or less than the code it stands behind.
EXPLAINS_BY_CAUSE: Mapping[Cause, frozenset[Signal]] = {
    Cause.SELF_IMPAIRED: frozenset(Signal),
    Cause.LOCAL_ROUTE_DIVERGENCE: APPLE_FROM_HERE,
    Cause.PATH_TO_APPLE: APPLE_FROM_HERE,
    Cause.ACTIVE_REJECT_NEAR: APPLE_FROM_HERE | {Signal.PORT},
    Cause.SNI_FILTERED: APPLE_FROM_HERE | {Signal.PORT},
    Cause.PARTIAL_CONNECTIVITY: BEYOND,
    Cause.APPLE_OR_PATH: APPLE,
    Cause.PUSH_OR_FILTER: frozenset({Signal.PUSH, Signal.PORT, Signal.NEARBY}),
    Cause.AMBIGUOUS: APPLE - {Signal.APPLE_STATUS},
    # Whom the address belongs to by turns loses connections at random.
    Cause.IP_CONFLICT: APPLE_FROM_HERE | {Signal.GATEWAY, Signal.INTERNET},
}


def explained_by(code: Code, cause: Cause | None) -> frozenset[Signal]:
    if cause is not None and cause in EXPLAINS_BY_CAUSE:
        return EXPLAINS_BY_CAUSE[cause]
    return EXPLAINS[code]


# ---------------------------------------------------------------- why the wrong guesses are wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongGuess:
    """A popular wrong guess, and the readings that refute it."""

    said: str
    when: Clause


NOBODY_ANSWERS = WrongGuess(
    said="Not Apple: nobody else on the internet answers from here either.",
    when={Signal.INTERNET: only(Internet.UNREACHABLE)},
)
OTHERS_ANSWER = WrongGuess(
    said="Not your internet: others than Apple answer from here.",
    when={Signal.INTERNET: only(Internet.REACHED)},
)
NAMES_ARE_RIGHT = WrongGuess(
    said="Not your lookup of names (DNS): it finds the right addresses, of Apple too.",
    when={Signal.DNS: only(Dns.WORKS), Signal.DNS_APPLE: only(AppleDns.RIGHT)},
)
OTHER_NAMES_ARE_RIGHT = WrongGuess(
    said="Not your lookup of names (DNS): other names are found, Apple's nowhere.",
    when={Signal.DNS: only(Dns.WORKS), Signal.DNS_APPLE: only(AppleDns.WRONG_EVERYWHERE)},
)
ROUTER_IS_ALIVE = WrongGuess(
    said="Not your Wi-Fi or cable: the router answers.",
    when={Signal.GATEWAY: only(Gateway.ALIVE)},
)
CLOCK_IS_RIGHT = WrongGuess(
    said="Not your clock: it agrees with independent time sources.",
    when={Signal.CLOCK: only(HostClock.RIGHT)},
)
PORT_IS_OPEN = WrongGuess(
    said="Not a filter here: this network lets message delivery out (port 5223).",
    when={Signal.PORT: only(Port.OPEN)},
)
SERVICES_ANSWER = WrongGuess(
    said="Not Apple: its other services answer from here.",
    when={Signal.SERVICES: only(Services.WORK)},
)
PUSH_HAS_A_WAY = WrongGuess(
    said="Not Apple: its message delivery (push) answers by its second way (port 443).",
    when={Signal.PUSH: only(Push.ONLY_443)},
)
FILTER_IS_NEAR = WrongGuess(
    said="Not Apple: a comparison shows that a filter near you stops these connections.",
    when={Signal.NEARBY: only(Nearby.FILTERED)},
)
NEVER_LEFT_HERE = WrongGuess(
    said="Not Apple: the connections to Apple do not even leave by the usual way.",
    when={Signal.NEARBY: only(Nearby.LOCAL_ROUTE)},
)
FINE_ELSEWHERE = WrongGuess(
    said="Not Apple: another site of yours reaches the very servers that fail here.",
    when={Signal.NEARBY: only(Nearby.FINE_ELSEWHERE)},
)
FAILS_ELSEWHERE = WrongGuess(
    said="Not your network: another site of yours, on another line, cannot reach Apple either.",
    when={Signal.NEARBY: only(Nearby.FAILS_ELSEWHERE)},
)
BEFORE_THE_PROVIDER = WrongGuess(
    said="Not your provider: the fault is before its line.",
    when={Signal.LINK: only(Link.DOWN)},
)
ROUTER_IS_GONE = WrongGuess(
    said="Not your provider: your own router is already missing.",
    when={Signal.GATEWAY: only(Gateway.GONE)},
)
PAGE_IN_THE_WAY = WrongGuess(
    said="Not your provider: something answers, but it is a sign-in page.",
    when={Signal.PORTAL: only(Portal.CAPTIVE)},
)
PROXY_LETS_OUT = WrongGuess(
    said="Not your provider: the go-between (proxy) reaches the internet.",
    when={Signal.PROXY: only(Proxy.REQUIRED)},
)
PLAIN_PAGES_PASS = WrongGuess(
    said="Not your provider: plain pages arrive unchanged.",
    when={Signal.PORTAL: only(Portal.CLEAR), Signal.INTERNET: but(Internet.REACHED)},
)
RIGHT_BY_OTHER_DNS = WrongGuess(
    said="Not Apple: others that were asked know right addresses of the same names.",
    when={Signal.DNS_APPLE: only(AppleDns.WRONG_HERE)},
)
OTHER_NAMES_FAIL_TOO = WrongGuess(
    said="Not Apple: names that have nothing to do with Apple fail too.",
    when={Signal.DNS: only(Dns.FAILS)},
)
OTHERS_INTERCEPTED_TOO = WrongGuess(
    said="Not Apple: the same stranger answers in place of others, too.",
    when={Signal.TLS: only(Tls.INTERCEPTED)},
)
FOREIGN_ISSUER = WrongGuess(
    said="Not Apple: what answers in place of Apple is vouched for by somebody else.",
    when={Signal.TLS: only(Tls.INTERCEPTED_APPLE)},
)
EVERY_SOURCE_DISAGREES = WrongGuess(
    said="Not Apple: independent time sources agree with each other, not with this clock.",
    when={Signal.CLOCK: only(HostClock.WRONG)},
)

_APPLE_NOT = (
    FAILS_ELSEWHERE,
    OTHERS_ANSWER,
    NAMES_ARE_RIGHT,
    OTHER_NAMES_ARE_RIGHT,
    PORT_IS_OPEN,
    CLOCK_IS_RIGHT,
)
WRONG_GUESSES: Mapping[Code, tuple[WrongGuess, ...]] = {
    Code.OK: (),
    Code.LOCAL_LINK: (NEVER_LEFT_HERE, NOBODY_ANSWERS, BEFORE_THE_PROVIDER, OTHERS_ANSWER),
    Code.LOCAL_GATEWAY: (NOBODY_ANSWERS, ROUTER_IS_GONE),
    Code.CAPTIVE_PORTAL: (NOBODY_ANSWERS, PAGE_IN_THE_WAY),
    Code.PROXY: (NOBODY_ANSWERS, PROXY_LETS_OUT),
    Code.CLOCK: (EVERY_SOURCE_DISAGREES, OTHERS_ANSWER),
    Code.DNS: (OTHER_NAMES_FAIL_TOO, RIGHT_BY_OTHER_DNS, OTHERS_ANSWER),
    Code.TLS_INTERCEPTION: (OTHERS_INTERCEPTED_TOO, FOREIGN_ISSUER, OTHERS_ANSWER, CLOCK_IS_RIGHT),
    Code.FIREWALL_PORT_BLOCKED: (
        FILTER_IS_NEAR,
        NOBODY_ANSWERS,
        PLAIN_PAGES_PASS,
        PUSH_HAS_A_WAY,
        SERVICES_ANSWER,
        OTHERS_ANSWER,
    ),
    Code.IPV6_BROKEN: (SERVICES_ANSWER, OTHERS_ANSWER),
    Code.ISP_INTERNET: (FINE_ELSEWHERE, NOBODY_ANSWERS, ROUTER_IS_ALIVE, OTHERS_ANSWER),
    Code.APPLE_ACKNOWLEDGED: _APPLE_NOT,
    Code.APPLE_SUSPECTED: _APPLE_NOT,
    Code.MAINTENANCE: _APPLE_NOT,
    Code.DEGRADED: (ROUTER_IS_ALIVE, SERVICES_ANSWER),
    Code.UNKNOWN: (OTHERS_ANSWER, NAMES_ARE_RIGHT, CLOCK_IS_RIGHT),
}

# ---------------------------------------------------------------- signals in words

SUBJECTS: Mapping[Signal, str] = {
    Signal.SELF: "isitme itself",
    Signal.LINK: "this device's connection",
    Signal.GATEWAY: "the router",
    Signal.INTERNET: "the internet apart from Apple",
    Signal.PORTAL: "whether a sign-in page is in the way",
    Signal.PROXY: "whether a go-between (proxy) is needed",
    Signal.CLOCK: "this device's clock",
    Signal.DNS: "the lookup of names (DNS)",
    Signal.DNS_APPLE: "the lookup of Apple's names (DNS)",
    Signal.TLS: "who vouches for secure connections",
    Signal.PUSH: "Apple's message delivery (push)",
    Signal.SERVICES: "Apple's services",
    Signal.PORT: "whether this network lets message delivery out (port 5223)",
    Signal.IPV6: "the newer internet addresses (IPv6)",
    Signal.APPLE_STATUS: "what Apple itself reports",
    Signal.NEARBY: "whether something near here blocks Apple",
}
