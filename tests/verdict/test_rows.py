"""The catalogue of faults: what the signals say of each, and what must be told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from probe.verdict import judge
from probe.words import (
    AppleDns,
    AppleStatus,
    Blame,
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
from tests.verdict.world import DEAD, NAMES_DEAD, NOTHING_KNOWN, Values, readings

LOW_ONLY = frozenset({Certainty.LOW})
SURE = frozenset({Certainty.MEDIUM, Certainty.HIGH})
ANY = frozenset(Certainty)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault. `differs` from healthy, what the evidence `suggests`, and what is told."""

    differs: Values
    suggests: Mapping[Signal, Cause] = field(default_factory=dict)
    code: Code
    cause: Cause | None
    blame: Blame
    certainty: frozenset[Certainty] = ANY


def down(link: Cause) -> Row:
    return Row(
        differs={**DEAD, Signal.LINK: Link.DOWN, Signal.GATEWAY: Gateway.UNKNOWN},
        suggests={Signal.LINK: link},
        code=Code.LOCAL_LINK,
        cause=link,
        blame=Blame.ME,
        certainty=SURE,
    )


def internet(cause: Cause, blame: Blame, differs: Values = DEAD) -> Row:
    return Row(
        differs=differs,
        suggests={Signal.INTERNET: cause},
        code=Code.ISP_INTERNET,
        cause=cause,
        blame=blame,
        certainty=SURE,
    )


def names(cause: Cause, blame: Blame = Blame.ME, differs: Values = NAMES_DEAD) -> Row:
    own = Signal.DNS if Signal.DNS in differs else Signal.DNS_APPLE
    return Row(
        differs=differs,
        suggests={own: cause},
        code=Code.DNS,
        cause=cause,
        blame=blame,
        certainty=SURE,
    )


def filtered(cause: Cause, *failing: tuple[Signal, Push | Services]) -> Row:
    return names(cause, differs={Signal.DNS_APPLE: AppleDns.WRONG_HERE, **dict(failing)})


def portal(cause: Cause, **more: Tls | Dns | AppleDns) -> Row:
    behind: Values = {
        Signal.INTERNET: Internet.UNREACHABLE,
        Signal.PORTAL: Portal.CAPTIVE,
        Signal.TLS: Tls.UNKNOWN,
        Signal.PUSH: Push.SILENT,
        Signal.SERVICES: Services.FAIL,
        Signal.PORT: Port.BLOCKED,
        Signal.APPLE_STATUS: AppleStatus.UNKNOWN,
        Signal.CLOCK: HostClock.UNKNOWN,
    }
    return Row(
        differs={**behind, **{Signal(name): value for name, value in more.items()}},
        suggests={Signal.PORTAL: cause},
        code=Code.CAPTIVE_PORTAL,
        cause=cause,
        blame=Blame.ME,
        certainty=SURE,
    )


def inspected(cause: Cause, push: Push, status: AppleStatus = AppleStatus.UNKNOWN) -> Row:
    return Row(
        differs={
            Signal.INTERNET: Internet.PARTLY,
            Signal.TLS: Tls.INTERCEPTED,
            Signal.SERVICES: Services.FAIL,
            Signal.PUSH: push,
            Signal.APPLE_STATUS: status,
        },
        suggests={Signal.TLS: cause},
        code=Code.TLS_INTERCEPTION,
        cause=cause,
        blame=Blame.ME,
    )


def mild(cause: Cause, blame: Blame, at: Signal, differs: Values) -> Row:
    return Row(
        differs=differs,
        suggests={at: cause},
        code=Code.DEGRADED,
        cause=cause,
        blame=blame,
    )


def port(cause: Cause, at: Signal = Signal.PUSH, push: Push = Push.ONLY_443) -> Row:
    return Row(
        differs={Signal.PUSH: push, Signal.PORT: Port.BLOCKED},
        suggests={at: cause},
        code=Code.FIREWALL_PORT_BLOCKED,
        cause=cause,
        blame=Blame.ME,
        certainty=SURE,
    )


def near(
    word: Nearby, code: Code, cause: Cause, blame: Blame, *failing: tuple[Signal, Push | Services]
) -> Row:
    return Row(
        differs={Signal.NEARBY: word, **dict(failing)},
        suggests={Signal.NEARBY: cause},
        code=code,
        cause=cause,
        blame=blame,
        certainty=SURE,
    )


def apple(
    code: Code,
    cause: Cause,
    differs: Values,
    suggests: Mapping[Signal, Cause] | None = None,
    certainty: frozenset[Certainty] = SURE,
) -> Row:
    return Row(
        differs=differs,
        suggests=suggests or {},
        code=code,
        cause=cause,
        blame=Blame.APPLE,
        certainty=certainty,
    )


def open_question(
    cause: Cause, differs: Values, suggests: Mapping[Signal, Cause] | None = None
) -> Row:
    return Row(
        differs=differs,
        suggests=suggests or {},
        code=Code.UNKNOWN,
        cause=cause,
        blame=Blame.UNKNOWN,
        certainty=LOW_ONLY,
    )


LOSSY: Values = {Signal.INTERNET: Internet.PARTLY, Signal.SERVICES: Services.PARTLY}
PARTLY: Values = {Signal.SERVICES: Services.PARTLY}
PUSH_SILENT = (Signal.PUSH, Push.SILENT)
PUSH_FAILS = (Signal.PUSH, Push.FAILS)
ALL_SILENT = (Signal.SERVICES, Services.SILENT)
ALL_FAIL = (Signal.SERVICES, Services.FAIL)

# Numbered as in the fault catalogue; its corrections are applied.
ROWS: dict[str, Row] = {
    "1 cable out": down(Cause.NO_CARRIER),
    "2 no address": down(Cause.NO_USABLE_ADDRESS),
    "3 no default route": down(Cause.NO_DEFAULT_ROUTE),
    "4 gateway powered off": Row(
        differs={**DEAD, Signal.GATEWAY: Gateway.GONE},
        suggests={Signal.GATEWAY: Cause.GW_NEIGH_FAILED},
        code=Code.LOCAL_GATEWAY,
        cause=Cause.GW_NEIGH_FAILED,
        blame=Blame.ME,
        certainty=SURE,
    ),
    "5 healthy, whatever ping says": Row(
        differs={}, code=Code.OK, cause=None, blame=Blame.NOBODY, certainty=SURE
    ),
    "6 gateway forwards nothing": internet(Cause.GATEWAY_OR_UPSTREAM, Blame.UNKNOWN),
    "7 two devices with one address": open_question(
        Cause.IP_CONFLICT,
        {**LOSSY, Signal.PUSH: Push.SILENT, Signal.PORT: Port.UNKNOWN},
        {Signal.GATEWAY: Cause.IP_CONFLICT},
    ),
    "7 the same, where nobody knows of services": open_question(
        Cause.IP_CONFLICT,
        {Signal.APPLE_STATUS: AppleStatus.UNKNOWN, Signal.SERVICES: Services.UNKNOWN},
        {Signal.GATEWAY: Cause.IP_CONFLICT},
    ),
    "7 the same, where nothing is known": open_question(
        Cause.IP_CONFLICT, NOTHING_KNOWN, {Signal.GATEWAY: Cause.IP_CONFLICT}
    ),
    "9 loss on the first hop": mild(Cause.LAN_LOSS, Blame.ME, Signal.INTERNET, LOSSY),
    "10 bufferbloat": mild(Cause.WAN_BUFFERBLOAT, Blame.ME, Signal.INTERNET, LOSSY),
    "11 stale VPN route for Apple": near(
        Nearby.LOCAL_ROUTE, Code.LOCAL_LINK, Cause.LOCAL_ROUTE_DIVERGENCE, Blame.ME, PUSH_SILENT
    ),
    "12 host firewall drops 5223": port(Cause.LOCAL_HOST_FIREWALL),
    "13 WAN cable out of the router": internet(Cause.WAN_DOWN, Blame.PROVIDER),
    "14 provider's black hole": internet(Cause.UPSTREAM_SILENT, Blame.PROVIDER),
    "a VPN that takes all traffic, or the line below it": internet(
        Cause.VPN_OR_UPSTREAM, Blame.UNKNOWN
    ),
    "17 route to Apple broken, or Apple": open_question(
        Cause.APPLE_OR_PATH, dict((ALL_SILENT, PUSH_SILENT))
    ),
    "18 the same, fine elsewhere": near(
        Nearby.FINE_ELSEWHERE,
        Code.ISP_INTERNET,
        Cause.PATH_TO_APPLE,
        Blame.PROVIDER,
        ALL_SILENT,
        PUSH_SILENT,
    ),
    "20 ten per cent loss": mild(
        Cause.LOSS, Blame.UNKNOWN, Signal.INTERNET, {Signal.INTERNET: Internet.PARTLY}
    ),
    "22 NAT table full": mild(Cause.NEW_CONNECTIONS_FAILING, Blame.UNKNOWN, Signal.INTERNET, LOSSY),
    "23 large packets lost": internet(
        Cause.PMTU_BLACKHOLE,
        Blame.UNKNOWN,
        {
            **DEAD,
            Signal.DNS: Dns.WORKS,
            Signal.DNS_APPLE: AppleDns.RIGHT,
            Signal.CLOCK: HostClock.RIGHT,
            Signal.PORT: Port.OPEN,
        },
    ),
    "25 provider's resolver down": names(Cause.RESOLVER_UPSTREAM_DEAD, Blame.PROVIDER),
    "26 resolver's port closed": names(Cause.RESOLVER_REFUSED),
    "27 resolver silent": names(Cause.RESOLVER_SILENT),
    "28 SERVFAIL for everything": names(Cause.DNS_SERVFAIL),
    "29 REFUSED": names(Cause.DNS_REFUSED),
    "30 first of two resolvers dead": mild(
        Cause.RESOLVER_FAILOVER_SLOW, Blame.ME, Signal.SERVICES, PARTLY
    ),
    "32 push names answered 0.0.0.0": filtered(Cause.DNS_FILTERED, PUSH_SILENT),
    "33 push names answered NXDOMAIN": filtered(Cause.DNS_FILTERED, PUSH_FAILS),
    "Apple's AAAA alone is made up": filtered(Cause.DNS_AAAA_WRONG),
    "35 walled garden": filtered(Cause.DNS_FILTERED, ALL_FAIL),
    "40 AAAA questions dropped": mild(Cause.AAAA_QUERY_DROPPED, Blame.ME, Signal.SERVICES, PARTLY),
    "41 truncated, TCP 53 blocked": filtered(
        Cause.DNS_TCP_BLOCKED, (Signal.SERVICES, Services.PARTLY)
    ),
    "45 intercepted by a broken resolver": names(Cause.INTERCEPTED_RESOLVER_BROKEN),
    "46 slow resolver": mild(Cause.DNS_SLOW, Blame.ME, Signal.SERVICES, PARTLY),
    "48 Apple's own names dead": apple(
        Code.APPLE_SUSPECTED,
        Cause.APPLE_AUTHORITATIVE_DNS,
        {
            Signal.DNS_APPLE: AppleDns.WRONG_EVERYWHERE,
            Signal.SERVICES: Services.UNKNOWN,
            Signal.PUSH: Push.UNKNOWN,
        },
    ),
    "49 hosts file": filtered(Cause.HOSTS_FILE_OVERRIDE, PUSH_FAILS),
    "an address of Apple's from before": names(
        Cause.DNS_STALE,
        Blame.UNKNOWN,
        {Signal.DNS_APPLE: AppleDns.WRONG_HERE, Signal.SERVICES: Services.ONE_SILENT},
    ),
    "50 VPN split DNS": filtered(Cause.SPLIT_DNS_ROUTE, ALL_FAIL, PUSH_FAILS),
    "51 portal redirects": portal(Cause.PORTAL_REDIRECT),
    "52 portal answers 200": portal(Cause.PORTAL_CONTENT),
    "53 portal takes 443 too": portal(Cause.PORTAL_TLS, tls=Tls.INTERCEPTED),
    "55 portal by DNS": portal(Cause.PORTAL_DNS, dns=Dns.FAILS, dns_apple=AppleDns.WRONG_HERE),
    "56 portal session expires": portal(Cause.PORTAL_EXPIRED),
    "the network itself wants a sign-in": portal(Cause.PORTAL_API),
    "58 only HTTPS blocked": Row(
        differs={
            Signal.INTERNET: Internet.UNREACHABLE,
            Signal.TLS: Tls.UNKNOWN,
            Signal.PUSH: Push.SILENT,
            Signal.SERVICES: Services.SILENT,
            Signal.APPLE_STATUS: AppleStatus.UNKNOWN,
            Signal.CLOCK: HostClock.UNKNOWN,
        },
        code=Code.FIREWALL_PORT_BLOCKED,
        cause=Cause.PARTIAL_CONNECTIVITY,
        blame=Blame.ME,
        certainty=SURE,
    ),
    "58 only port 443 blocked, push alive on its own": Row(
        differs={
            Signal.INTERNET: Internet.UNREACHABLE,
            Signal.TLS: Tls.UNKNOWN,
            Signal.SERVICES: Services.SILENT,
            Signal.APPLE_STATUS: AppleStatus.UNKNOWN,
        },
        code=Code.FIREWALL_PORT_BLOCKED,
        cause=Cause.PARTIAL_CONNECTIVITY,
        blame=Blame.ME,
        certainty=SURE,
    ),
    "59 proxy only": Row(
        differs={**DEAD, Signal.PROXY: Proxy.REQUIRED},
        code=Code.PROXY,
        cause=Cause.PROXY_REQUIRED,
        blame=Blame.ME,
        certainty=SURE,
    ),
    "61 proxy broken": Row(
        differs={**DEAD, Signal.PROXY: Proxy.BROKEN},
        code=Code.PROXY,
        cause=Cause.PROXY_BROKEN,
        blame=Blame.ME,
        certainty=SURE,
    ),
    "62 inspection, root installed": inspected(Cause.INSPECTION_ROOT_INSTALLED, Push.FAILS),
    "63 inspection, root unknown": inspected(Cause.INSPECTION_UNKNOWN_ROOT, Push.FAILS),
    "66 security software": inspected(Cause.ON_HOST_AV, Push.WORKS, AppleStatus.CLEAR),
    "68 one expired certificate": mild(
        Cause.APPLE_ENDPOINT_CERT_EXPIRED, Blame.UNKNOWN, Signal.SERVICES, PARTLY
    ),
    "70 Apple's names cut in the handshake": near(
        Nearby.FILTERED,
        Code.FIREWALL_PORT_BLOCKED,
        Cause.SNI_FILTERED,
        Blame.ME,
        ALL_FAIL,
        (Signal.PUSH, Push.ONLY_443),
    ),
    "72 5223 dropped": port(Cause.FALLBACK_443_OK),
    "73 5223 rejected": port(Cause.ACTIVE_REJECT),
    "74 web ports only": port(Cause.EGRESS_WEB_ONLY, Signal.PORT),
    "75 5223 and couriers on 443 filtered": port(Cause.PUSH_FULLY_BLOCKED, push=Push.SILENT),
    "77 push silent on a network that lets 5223 out": open_question(
        Cause.PUSH_OR_FILTER, {Signal.PUSH: Push.SILENT}
    ),
    "78 17/8 rejected by the router": near(
        Nearby.FILTERED,
        Code.FIREWALL_PORT_BLOCKED,
        Cause.ACTIVE_REJECT_NEAR,
        Blame.ME,
        ALL_FAIL,
        PUSH_FAILS,
    ),
    "81 rate limit on the way": mild(Cause.INTERMITTENT, Blame.UNKNOWN, Signal.SERVICES, PARTLY),
    "82 quiet connections forgotten": mild(
        Cause.NAT_IDLE_TIMEOUT_SHORT, Blame.ME, Signal.SERVICES, PARTLY
    ),
    "83 IPv6 black hole": Row(
        differs={Signal.IPV6: Ipv6.BROKEN},
        code=Code.IPV6_BROKEN,
        cause=Cause.V6_BLACKHOLE,
        blame=Blame.ME,
        certainty=SURE,
    ),
    "IPv6 loses large packets": Row(
        differs={Signal.IPV6: Ipv6.BROKEN},
        suggests={Signal.IPV6: Cause.V6_PMTU},
        code=Code.IPV6_BROKEN,
        cause=Cause.V6_PMTU,
        blame=Blame.ME,
        certainty=SURE,
    ),
    "86 IPv4 broken": mild(Cause.IPV4_BROKEN, Blame.UNKNOWN, Signal.INTERNET, LOSSY),
    "89 NAT64 dead": internet(Cause.NAT64_DEAD, Blame.PROVIDER),
    "89 NAT64 dead, while IPv6 itself answers": internet(
        Cause.NAT64_DEAD,
        Blame.PROVIDER,
        {
            Signal.INTERNET: Internet.PARTLY,
            Signal.IPV6: Ipv6.BROKEN,
            Signal.PUSH: Push.SILENT,
            Signal.SERVICES: Services.SILENT,
        },
    ),
    "89 NAT64 dead, while Apple answers over IPv6": Row(
        differs={Signal.INTERNET: Internet.PARTLY, Signal.IPV6: Ipv6.BROKEN},
        suggests={Signal.INTERNET: Cause.NAT64_DEAD, Signal.IPV6: Cause.NAT64_DEAD},
        code=Code.IPV6_BROKEN,
        cause=Cause.NAT64_DEAD,
        blame=Blame.PROVIDER,
        certainty=SURE,
    ),
    "90 clock ten minutes off": Row(
        differs={Signal.CLOCK: HostClock.WRONG},
        suggests={Signal.CLOCK: Cause.OFFSET_LARGE},
        code=Code.CLOCK,
        cause=Cause.OFFSET_LARGE,
        blame=Blame.ME,
        certainty=SURE,
    ),
    "91 clock a year off": Row(
        differs={
            Signal.CLOCK: HostClock.WRONG,
            Signal.TLS: Tls.UNKNOWN,
            **dict((ALL_FAIL, PUSH_FAILS)),
        },
        suggests={Signal.CLOCK: Cause.TLS_DATE_ERRORS},
        code=Code.CLOCK,
        cause=Cause.TLS_DATE_ERRORS,
        blame=Blame.ME,
        certainty=SURE,
    ),
    "103 woken up, nothing known": open_question(Cause.CONTROLS_UNKNOWN, NOTHING_KNOWN),
    "104 Apple reports, nothing seen": apple(
        Code.APPLE_ACKNOWLEDGED,
        Cause.APPLE_REPORTS,
        {Signal.APPLE_STATUS: AppleStatus.INCIDENT},
    ),
    "105 Apple reports, and it is seen": apple(
        Code.APPLE_ACKNOWLEDGED,
        Cause.CONFIRMED_BY_PROBES,
        {Signal.APPLE_STATUS: AppleStatus.INCIDENT, Signal.PUSH: Push.SILENT},
    ),
    "108 maintenance": apple(
        Code.MAINTENANCE,
        Cause.APPLE_MAINTENANCE,
        {Signal.APPLE_STATUS: AppleStatus.MAINTENANCE},
    ),
    "110 Apple's status unreadable": Row(
        differs={Signal.APPLE_STATUS: AppleStatus.UNKNOWN},
        code=Code.DEGRADED,
        cause=Cause.APPLE_STATUS_UNAVAILABLE,
        blame=Blame.NOBODY,
        certainty=LOW_ONLY,
    ),
    "114 couriers pick up and say nothing": apple(
        Code.APPLE_SUSPECTED,
        Cause.PUSH_TLS_HANG,
        dict((PUSH_FAILS,)),
        {Signal.PUSH: Cause.PUSH_TLS_HANG},
        certainty=LOW_ONLY,  # a box on the way can hang as well (decision 0065)
    ),
    "117 all Apple HTTPS 503": apple(
        Code.APPLE_SUSPECTED,
        Cause.HTTP_5XX,
        dict((ALL_FAIL,)),
        {Signal.SERVICES: Cause.HTTP_5XX},
    ),
    "118 Apple asks us to slow down": mild(
        Cause.RATE_LIMITED_BY_TARGET, Blame.NOBODY, Signal.SERVICES, PARTLY
    ),
    "119 Apple slow": mild(Cause.APPLE_SLOW, Blame.UNKNOWN, Signal.SERVICES, PARTLY),
    "120 not acknowledged yet": apple(
        Code.APPLE_SUSPECTED,
        Cause.HTTP_5XX,
        dict((ALL_FAIL, PUSH_FAILS)),
        {Signal.SERVICES: Cause.HTTP_5XX},
    ),
    "121 provider down, Apple reports too": internet(
        Cause.UPSTREAM_SILENT,
        Blame.PROVIDER,
        {**DEAD, Signal.APPLE_STATUS: AppleStatus.INCIDENT},
    ),
    "125 event loop stalled": open_question(
        Cause.SELF_IMPAIRED, {**DEAD, Signal.SELF: Daemon.IMPAIRED}
    ),
    # Beyond the catalogue: Apple judged per service group, and silence.
    "one service fails among others": apple(
        Code.APPLE_SUSPECTED,
        Cause.APPLE_SERVICE_FAILS,
        {Signal.SERVICES: Services.ONE_FAILS},
        {Signal.SERVICES: Cause.APPLE_SERVICE_FAILS},
        certainty=LOW_ONLY,  # nothing is cited here that only Apple can have said
    ),
    "one service is silent among others": apple(
        Code.APPLE_SUSPECTED,
        Cause.APPLE_SERVICE_SILENT,
        {Signal.SERVICES: Services.ONE_SILENT},
        certainty=LOW_ONLY,
    ),
    "one service fails, a filter was found": near(
        Nearby.FILTERED,
        Code.FIREWALL_PORT_BLOCKED,
        Cause.SNI_FILTERED,
        Blame.ME,
        (Signal.SERVICES, Services.ONE_FAILS),
    ),
    "silent here and elsewhere": apple(
        Code.APPLE_SUSPECTED,
        Cause.UNREACHABLE_ELSEWHERE_TOO,
        {Signal.NEARBY: Nearby.FAILS_ELSEWHERE, **dict((ALL_SILENT, PUSH_SILENT))},
        certainty=frozenset({Certainty.MEDIUM}),
    ),
    "wrong here and elsewhere": apple(
        Code.APPLE_SUSPECTED,
        Cause.UNREACHABLE_ELSEWHERE_TOO,
        {Signal.NEARBY: Nearby.FAILS_ELSEWHERE, **dict((ALL_FAIL, PUSH_FAILS))},
        certainty=frozenset({Certainty.HIGH}),
    ),
    "services fail, nobody looked for a filter": open_question(
        Cause.AMBIGUOUS, {Signal.NEARBY: Nearby.UNKNOWN, **dict((ALL_FAIL,))}
    ),
    "services fail while a control is partly out": open_question(
        Cause.AMBIGUOUS, {Signal.INTERNET: Internet.PARTLY, **dict((ALL_FAIL,))}
    ),
    "services silent, and push answers": open_question(Cause.AMBIGUOUS, dict((ALL_SILENT,))),
    "services silent, and push answers wrongly": open_question(
        Cause.AMBIGUOUS, {Signal.PORT: Port.UNKNOWN, **dict((ALL_SILENT, PUSH_FAILS))}
    ),
    "services silent, push not looked at": open_question(
        Cause.APPLE_OR_PATH, {Signal.PUSH: Push.UNKNOWN, **dict((ALL_SILENT,))}
    ),
    "everything silent, references partly out": open_question(
        Cause.AMBIGUOUS, {Signal.INTERNET: Internet.PARTLY, **dict((ALL_SILENT, PUSH_SILENT))}
    ),
    "push fails, the port is not known to be open": open_question(
        Cause.AMBIGUOUS, {Signal.PORT: Port.UNKNOWN, **dict((PUSH_FAILS,))}
    ),
    "Apple reports, our controls unknown": apple(
        Code.APPLE_ACKNOWLEDGED,
        Cause.APPLE_REPORTS,
        {**NOTHING_KNOWN, Signal.APPLE_STATUS: AppleStatus.INCIDENT},
        certainty=LOW_ONLY,
    ),
    "Apple works on it, our controls unknown": apple(
        Code.MAINTENANCE,
        Cause.APPLE_MAINTENANCE,
        {**NOTHING_KNOWN, Signal.APPLE_STATUS: AppleStatus.MAINTENANCE},
        certainty=LOW_ONLY,
    ),
    "Apple reports, controls unknown, names dead here": open_question(
        Cause.CONTROLS_UNKNOWN,
        {
            **NOTHING_KNOWN,
            Signal.DNS: Dns.FAILS,
            Signal.APPLE_STATUS: AppleStatus.INCIDENT,
        },
    ),
    "push by 443 on a network that lets 5223 out": mild(
        Cause.ONLY_443, Blame.UNKNOWN, Signal.PUSH, {Signal.PUSH: Push.ONLY_443}
    ),
    "plain pages altered, all else fine": mild(
        Cause.HTTP_TAMPERED, Blame.UNKNOWN, Signal.PORTAL, {Signal.PORTAL: Portal.CAPTIVE}
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_each_fault_is_told_as_what_it_is(name: str) -> None:
    row = ROWS[name]

    verdict = judge(readings(row.differs, suggests=row.suggests))

    assert (verdict.code, verdict.cause, verdict.blame) == (row.code, row.cause, row.blame)
    assert verdict.certainty in row.certainty


@pytest.mark.parametrize("name", ROWS)
def test_apple_is_named_only_where_apple_is_at_fault(name: str) -> None:
    row = ROWS[name]

    verdict = judge(readings(row.differs, suggests=row.suggests))

    codes = {verdict.code, *(further.code for further in verdict.also)}
    if row.blame is not Blame.APPLE:
        assert Code.APPLE_SUSPECTED not in codes
        assert not verdict.headline.startswith(("It looks like Apple", "Apple", "It may be Apple"))


def test_a_single_service_is_a_partial_outage_and_all_of_them_a_full_one() -> None:
    one = judge(readings({Signal.SERVICES: Services.ONE_FAILS}))
    every = judge(readings({Signal.SERVICES: Services.FAIL}))

    assert (one.impact, every.impact) == (Impact.PARTIAL, Impact.FULL)
