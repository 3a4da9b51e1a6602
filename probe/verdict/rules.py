"""THE table. Everything that decides whose fault it is stands here, in order, as data.

Read it from the top: nearest first, because a broken near link hides everything behind it, and an
authenticated success further away proves every link before it. The first rule that is met decides.
`docs/verdicts.md` is written from this file, and a test enumerates this very object over every
state of the signals.
"""

from __future__ import annotations

from probe.verdict.table import Clause, Rule, both, but, only
from probe.words import (
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

# ---------------------------------------------------------------- what several rules share

# A verified answer from Apple proves the whole way to Apple.
NO_PROOF_OF_APPLE: Clause = {
    Signal.SERVICES: but(Services.WORK),
    Signal.PUSH: but(Push.WORKS, Push.ONLY_443),
}
NO_PROOF: Clause = both(NO_PROOF_OF_APPLE, {Signal.INTERNET: but(Internet.REACHED)})

# A part of the world answered: no proof, but it speaks against a broken way out.
SOMETHING_ANSWERED: tuple[Clause, ...] = (
    {Signal.INTERNET: only(Internet.PARTLY)},
    {Signal.SERVICES: only(Services.PARTLY, Services.ONE_FAILS, Services.ONE_SILENT)},
)

GROUPS_FAIL = only(Services.FAIL, Services.SILENT, Services.ONE_FAILS, Services.ONE_SILENT)
APPLE_FAILS: tuple[Clause, ...] = (
    {Signal.SERVICES: GROUPS_FAIL},
    {Signal.PUSH: only(Push.FAILS, Push.SILENT)},
)

# A blocked port explains push, never a failing web service nor a name that is wrong everywhere.
ONLY_PUSH_FAILS: Clause = {
    Signal.SERVICES: only(Services.WORK, Services.PARTLY, Services.UNKNOWN),
    Signal.DNS_APPLE: but(AppleDns.WRONG_EVERYWHERE),
}

# Nothing known here explains it. What is unknown is no excuse, and no accusation either.
NO_KNOWN_FAULT_HERE: Clause = {
    Signal.PROXY: but(Proxy.REQUIRED, Proxy.BROKEN),
    Signal.CLOCK: but(HostClock.WRONG),
    Signal.DNS: but(Dns.FAILS),
    Signal.DNS_APPLE: but(AppleDns.WRONG_HERE),
    Signal.TLS: but(Tls.INTERCEPTED, Tls.INTERCEPTED_APPLE),
    Signal.NEARBY: only(Nearby.CLEAN, Nearby.FAILS_ELSEWHERE, Nearby.UNKNOWN),
}
CONTROLS_UNKNOWN: Clause = both(NO_PROOF_OF_APPLE, {Signal.INTERNET: only(Internet.UNKNOWN)})
NOT_ALL_CONTROLS: Clause = {Signal.INTERNET: but(Internet.REACHED)}

# Apple is accused only when everything on this side is proven right.
CONTROLS: Clause = {
    Signal.SELF: only(Daemon.FINE),
    Signal.INTERNET: only(Internet.REACHED),
    Signal.PORTAL: only(Portal.CLEAR),
    Signal.CLOCK: only(HostClock.RIGHT),
    Signal.DNS: only(Dns.WORKS),
    Signal.DNS_APPLE: only(AppleDns.RIGHT, AppleDns.WRONG_EVERYWHERE),
    Signal.TLS: only(Tls.TRUSTED),
}
HERE_IS_CLEAN: Clause = both(CONTROLS, {Signal.NEARBY: only(Nearby.CLEAN, Nearby.FAILS_ELSEWHERE)})
FAILS_ELSEWHERE: Clause = both(CONTROLS, {Signal.NEARBY: only(Nearby.FAILS_ELSEWHERE)})

EVERYTHING_WORKS: Clause = {
    Signal.SELF: only(Daemon.FINE),
    Signal.INTERNET: only(Internet.REACHED),
    Signal.CLOCK: only(HostClock.RIGHT),
    Signal.DNS: only(Dns.WORKS),
    Signal.DNS_APPLE: only(AppleDns.RIGHT),
    Signal.TLS: only(Tls.TRUSTED),
    Signal.PUSH: only(Push.WORKS),
    Signal.SERVICES: only(Services.WORK),
    Signal.IPV6: only(Ipv6.FINE),
}


def _each(shared: Clause, *clauses: Clause) -> tuple[Clause, ...]:
    return tuple(both(shared, clause) for clause in clauses)


# ---------------------------------------------------------------- from here to the internet

THE_WAY_OUT: tuple[Rule, ...] = (
    Rule(
        name="self_impaired",
        code=Code.UNKNOWN,
        default_cause=Cause.SELF_IMPAIRED,
        when=({Signal.SELF: only(Daemon.IMPAIRED)},),
        says="A process that cannot keep up sees faults everywhere, so it accuses nobody.",
    ),
    Rule(
        name="link_down",
        code=Code.LOCAL_LINK,
        default_cause=Cause.NO_CARRIER,
        when=(both(NO_PROOF, {Signal.LINK: only(Link.DOWN)}),),
        cause_from=(Signal.LINK,),
        certainty=Certainty.HIGH,
        doubted_by=SOMETHING_ANSWERED,
        says="Without carrier, address and default route nothing leaves this host.",
    ),
    Rule(
        name="gateway_gone",
        code=Code.LOCAL_GATEWAY,
        default_cause=Cause.GW_NEIGH_FAILED,
        when=(both(NO_PROOF, {Signal.GATEWAY: only(Gateway.GONE)}),),
        certainty=Certainty.HIGH,
        doubted_by=SOMETHING_ANSWERED,
        says="The router's hardware address cannot be found and nothing beyond it answers.",
    ),
    Rule(
        name="captive_portal",
        code=Code.CAPTIVE_PORTAL,
        default_cause=Cause.PORTAL_CONTENT,
        when=(both(NO_PROOF, {Signal.PORTAL: only(Portal.CAPTIVE)}),),
        cause_from=(Signal.PORTAL,),
        certainty=Certainty.HIGH,
        doubted_by=SOMETHING_ANSWERED,
        says="A page that should be known to the byte is another, and nothing verified passes.",
    ),
    *(
        Rule(
            name=str(cause),
            code=Code.PROXY,
            default_cause=cause,
            when=(
                both(
                    NO_PROOF_OF_APPLE,
                    {
                        Signal.PROXY: only(proxy),
                        Signal.INTERNET: only(Internet.PARTLY, Internet.UNREACHABLE),
                    },
                ),
            ),
            certainty=Certainty.HIGH,
            doubted_by=SOMETHING_ANSWERED,
            says=says,
        )
        for cause, proxy, says in (
            (
                Cause.PROXY_REQUIRED,
                Proxy.REQUIRED,
                "Nothing passes directly, and the proxy does let us out.",
            ),
            (Cause.PROXY_BROKEN, Proxy.BROKEN, "Nothing passes directly, nor through the proxy."),
        )
    ),
    Rule(
        name="https_blocked",
        code=Code.FIREWALL_PORT_BLOCKED,
        default_cause=Cause.PARTIAL_CONNECTIVITY,
        when=(
            {
                Signal.INTERNET: only(Internet.UNREACHABLE),
                Signal.PORTAL: only(Portal.CLEAR),
                Signal.SERVICES: but(Services.WORK),
                # Push on its own port crosses a filter of port 443, and proves the rest of the way.
                Signal.PUSH: but(Push.ONLY_443),
            },
        ),
        cause_from=(Signal.INTERNET,),
        certainty=Certainty.MEDIUM,
        doubted_by=SOMETHING_ANSWERED,
        # No filter: what is secure is large, and large packets are lost.
        other_codes={Cause.PMTU_BLACKHOLE: Code.ISP_INTERNET},
        says="Plain pages arrive exact to the byte, secure pages from nobody.",
    ),
    Rule(
        name="internet_unreachable",
        code=Code.ISP_INTERNET,
        default_cause=Cause.GATEWAY_OR_UPSTREAM,
        when=(both(NO_PROOF_OF_APPLE, {Signal.INTERNET: only(Internet.UNREACHABLE)}),),
        cause_from=(Signal.INTERNET, Signal.IPV6),
        certainty=Certainty.HIGH,
        doubted_by=SOMETHING_ANSWERED,
        says="The near links stand and no operator answers, Apple or not.",
    ),
    Rule(
        name="acknowledged_without_controls",
        code=Code.APPLE_ACKNOWLEDGED,
        default_cause=Cause.APPLE_REPORTS,
        when=_each(
            both(CONTROLS_UNKNOWN, NO_KNOWN_FAULT_HERE),
            {Signal.APPLE_STATUS: only(AppleStatus.INCIDENT)},
        ),
        says="Apple's own word stands without our controls, at low certainty.",
    ),
    Rule(
        name="maintenance_without_controls",
        code=Code.MAINTENANCE,
        default_cause=Cause.APPLE_MAINTENANCE,
        when=_each(
            both(CONTROLS_UNKNOWN, NO_KNOWN_FAULT_HERE),
            {Signal.APPLE_STATUS: only(AppleStatus.MAINTENANCE)},
        ),
        says="Apple's own word stands without our controls, at low certainty.",
    ),
    Rule(
        name="controls_unknown",
        code=Code.UNKNOWN,
        default_cause=Cause.CONTROLS_UNKNOWN,
        when=(CONTROLS_UNKNOWN,),
        cause_from=(Signal.GATEWAY,),
        says="Without knowing whether anybody answers, a silent Apple means nothing.",
    ),
)

# ---------------------------------------------------------------- what makes a good line lie

WHAT_LIES_HERE: tuple[Rule, ...] = (
    Rule(
        name="clock_wrong",
        code=Code.CLOCK,
        default_cause=Cause.OFFSET_LARGE,
        when=({Signal.CLOCK: only(HostClock.WRONG)},),
        cause_from=(Signal.CLOCK,),
        certainty=Certainty.HIGH,
        says="Before names and certificates, because a wrong clock breaks both.",
    ),
    Rule(
        name="dns_fails",
        code=Code.DNS,
        default_cause=Cause.DNS_MISBEHAVING,
        when=({Signal.DNS: only(Dns.FAILS)},),
        cause_from=(Signal.DNS, Signal.DNS_APPLE),
        certainty=Certainty.HIGH,
        says="Before certificates, because a wrong address leads to a wrong certificate.",
    ),
    Rule(
        name="tls_intercepted",
        code=Code.TLS_INTERCEPTION,
        default_cause=Cause.INSPECTION_UNKNOWN_ROOT,
        when=({Signal.TLS: only(Tls.INTERCEPTED)},),
        cause_from=(Signal.TLS,),
        certainty=Certainty.HIGH,
        says="One unexpected issuer vouches for hosts that have nothing to do with each other.",
    ),
    Rule(
        name="dns_wrong_for_apple",
        code=Code.DNS,
        default_cause=Cause.DNS_FILTERED,
        when=({Signal.DNS_APPLE: only(AppleDns.WRONG_HERE)},),
        cause_from=(Signal.DNS_APPLE,),
        certainty=Certainty.HIGH,
        says="Apple's names are wrong here, and others that were asked know better.",
    ),
    Rule(
        name="tls_intercepted_for_apple",
        code=Code.TLS_INTERCEPTION,
        default_cause=Cause.INSPECTION_UNKNOWN_ROOT,
        when=({Signal.TLS: only(Tls.INTERCEPTED_APPLE)},),
        cause_from=(Signal.TLS,),
        certainty=Certainty.HIGH,
        says="Another issuer than Apple's own vouches for Apple's hosts.",
    ),
    Rule(
        name="route_to_apple_diverges",
        code=Code.LOCAL_LINK,
        default_cause=Cause.LOCAL_ROUTE_DIVERGENCE,
        when=_each({Signal.NEARBY: only(Nearby.LOCAL_ROUTE)}, *APPLE_FAILS),
        certainty=Certainty.HIGH,
        says="This host itself sends Apple's traffic another way than everybody else's.",
    ),
    Rule(
        name="filtered_nearby",
        code=Code.FIREWALL_PORT_BLOCKED,
        default_cause=Cause.ACTIVE_REJECT_NEAR,
        when=_each({Signal.NEARBY: only(Nearby.FILTERED)}, *APPLE_FAILS),
        cause_from=(Signal.NEARBY,),
        certainty=Certainty.HIGH,
        says="A test that differs in one thing only shows the filter on this side.",
    ),
    Rule(
        name="fine_elsewhere",
        code=Code.ISP_INTERNET,
        default_cause=Cause.PATH_TO_APPLE,
        when=_each({Signal.NEARBY: only(Nearby.FINE_ELSEWHERE)}, *APPLE_FAILS),
        certainty=Certainty.MEDIUM,
        says="Another vantage point reaches what fails here, so it is the way there.",
    ),
    Rule(
        name="translator_dead",
        code=Code.ISP_INTERNET,
        default_cause=Cause.NAT64_DEAD,
        when=(
            both(
                NO_PROOF_OF_APPLE,
                {Signal.INTERNET: only(Internet.PARTLY), Signal.IPV6: only(Ipv6.BROKEN)},
            ),
        ),
        certainty=Certainty.MEDIUM,
        says="IPv6 itself answers; what it should be translated to, IPv4, answers nothing.",
    ),
)

# ---------------------------------------------------------------- Apple, and what looks like it

APPLE: tuple[Rule, ...] = (
    Rule(
        name="acknowledged_and_seen",
        code=Code.APPLE_ACKNOWLEDGED,
        default_cause=Cause.CONFIRMED_BY_PROBES,
        when=_each(
            {Signal.APPLE_STATUS: only(AppleStatus.INCIDENT)},
            {Signal.SERVICES: GROUPS_FAIL},
            {Signal.PUSH: only(Push.FAILS, Push.SILENT), Signal.PORT: but(Port.BLOCKED)},
            {Signal.DNS_APPLE: only(AppleDns.WRONG_EVERYWHERE)},
        ),
        certainty=Certainty.HIGH,
        doubted_by=(NOT_ALL_CONTROLS,),
        says="Apple reports it, and it is seen from here.",
    ),
    Rule(
        name="acknowledged",
        code=Code.APPLE_ACKNOWLEDGED,
        default_cause=Cause.APPLE_REPORTS,
        when=({Signal.APPLE_STATUS: only(AppleStatus.INCIDENT)},),
        certainty=Certainty.HIGH,
        doubted_by=(NOT_ALL_CONTROLS,),
        says="After the proofs about this network, which Apple's report does not undo.",
    ),
    Rule(
        name="maintenance",
        code=Code.MAINTENANCE,
        default_cause=Cause.APPLE_MAINTENANCE,
        when=({Signal.APPLE_STATUS: only(AppleStatus.MAINTENANCE)},),
        certainty=Certainty.HIGH,
        doubted_by=(NOT_ALL_CONTROLS,),
        says="Apple says that it is working on a watched service now.",
    ),
    Rule(
        name="port_blocked_fallback_works",
        code=Code.FIREWALL_PORT_BLOCKED,
        default_cause=Cause.FALLBACK_443_OK,
        when=(
            both(
                ONLY_PUSH_FAILS,
                {Signal.PUSH: only(Push.ONLY_443), Signal.PORT: but(Port.OPEN)},
            ),
        ),
        cause_from=(Signal.PORT, Signal.PUSH),
        certainty=Certainty.HIGH,
        says="Couriers answer on 443 only, and nothing shows 5223 open on this network.",
    ),
    Rule(
        name="port_blocked_push_dead",
        code=Code.FIREWALL_PORT_BLOCKED,
        default_cause=Cause.PUSH_FULLY_BLOCKED,
        when=(
            both(
                ONLY_PUSH_FAILS,
                {Signal.PUSH: only(Push.FAILS, Push.SILENT), Signal.PORT: only(Port.BLOCKED)},
            ),
        ),
        certainty=Certainty.MEDIUM,
        doubted_by=({Signal.NEARBY: only(Nearby.FAILS_ELSEWHERE)},),
        says="Push is dead on a network that is seen to block such ports for others too.",
    ),
    Rule(
        name="suspected_here_and_elsewhere",
        code=Code.APPLE_SUSPECTED,
        default_cause=Cause.UNREACHABLE_ELSEWHERE_TOO,
        when=_each(
            FAILS_ELSEWHERE,
            {Signal.SERVICES: only(Services.FAIL)},
            {Signal.PUSH: only(Push.FAILS), Signal.PORT: only(Port.OPEN)},
            {Signal.DNS_APPLE: only(AppleDns.WRONG_EVERYWHERE)},
        ),
        certainty=Certainty.HIGH,
        says="The far end itself answers wrongly, here and at another vantage point.",
    ),
    Rule(
        name="suspected_one_here_and_elsewhere",
        code=Code.APPLE_SUSPECTED,
        default_cause=Cause.APPLE_SERVICE_FAILS,
        when=(both(FAILS_ELSEWHERE, {Signal.SERVICES: only(Services.ONE_FAILS)}),),
        cause_from=(Signal.SERVICES,),
        certainty=Certainty.HIGH,
        impact=Impact.PARTIAL,
        says="One service answers wrongly, here and at another vantage point.",
    ),
    Rule(
        name="suspected_silent_elsewhere_too",
        code=Code.APPLE_SUSPECTED,
        default_cause=Cause.UNREACHABLE_ELSEWHERE_TOO,
        when=_each(
            FAILS_ELSEWHERE,
            {Signal.SERVICES: only(Services.SILENT)},
            {Signal.PUSH: only(Push.SILENT), Signal.PORT: only(Port.OPEN)},
        ),
        certainty=Certainty.MEDIUM,
        says="Silence that another vantage point hears too is not a filter of ours.",
    ),
    Rule(
        name="suspected_names",
        code=Code.APPLE_SUSPECTED,
        default_cause=Cause.APPLE_AUTHORITATIVE_DNS,
        when=(both(HERE_IS_CLEAN, {Signal.DNS_APPLE: only(AppleDns.WRONG_EVERYWHERE)}),),
        certainty=Certainty.MEDIUM,
        says="No resolver anywhere gets Apple's names right, and other names are fine.",
    ),
    Rule(
        name="suspected_services",
        code=Code.APPLE_SUSPECTED,
        default_cause=Cause.APPLE_SERVICE_FAILS,
        when=(both(HERE_IS_CLEAN, {Signal.SERVICES: only(Services.FAIL)}),),
        cause_from=(Signal.SERVICES,),
        certainty=Certainty.MEDIUM,
        impact=Impact.FULL,
        says="Every group of Apple services answers, and answers wrongly.",
    ),
    Rule(
        name="suspected_push",
        code=Code.APPLE_SUSPECTED,
        default_cause=Cause.APPLE_SERVICE_FAILS,
        when=(both(HERE_IS_CLEAN, {Signal.PUSH: only(Push.FAILS), Signal.PORT: only(Port.OPEN)}),),
        cause_from=(Signal.PUSH,),
        certainty=Certainty.MEDIUM,
        impact=Impact.PARTIAL,
        says="Couriers answer wrongly on a network where 5223 is proven open.",
    ),
    Rule(
        name="suspected_one_service",
        code=Code.APPLE_SUSPECTED,
        default_cause=Cause.APPLE_SERVICE_FAILS,
        when=(both(HERE_IS_CLEAN, {Signal.SERVICES: only(Services.ONE_FAILS)}),),
        cause_from=(Signal.SERVICES,),
        certainty=Certainty.MEDIUM,
        impact=Impact.PARTIAL,
        says="One group answers wrongly while the others are fine: how Apple usually fails.",
    ),
    Rule(
        name="suspected_one_silent_elsewhere_too",
        code=Code.APPLE_SUSPECTED,
        default_cause=Cause.APPLE_SERVICE_SILENT,
        when=(both(FAILS_ELSEWHERE, {Signal.SERVICES: only(Services.ONE_SILENT)}),),
        certainty=Certainty.MEDIUM,
        impact=Impact.PARTIAL,
        says="One group is silent, here and at another vantage point.",
    ),
    Rule(
        name="suspected_one_silent",
        code=Code.APPLE_SUSPECTED,
        default_cause=Cause.APPLE_SERVICE_SILENT,
        when=(both(HERE_IS_CLEAN, {Signal.SERVICES: only(Services.ONE_SILENT)}),),
        impact=Impact.PARTIAL,
        says="One group is silent among answering ones: a suspicion at low certainty, no more.",
    ),
    Rule(
        name="apple_or_path",
        code=Code.UNKNOWN,
        default_cause=Cause.APPLE_OR_PATH,
        when=(
            {
                Signal.INTERNET: only(Internet.REACHED),
                Signal.SERVICES: only(Services.SILENT),
                Signal.PUSH: only(Push.SILENT, Push.UNKNOWN),
            },
        ),
        says="Silence alone does not separate Apple from the way to Apple.",
    ),
    Rule(
        name="push_or_filter",
        code=Code.UNKNOWN,
        default_cause=Cause.PUSH_OR_FILTER,
        when=(
            {
                Signal.INTERNET: only(Internet.REACHED),
                Signal.SERVICES: only(Services.WORK, Services.PARTLY),
                Signal.PUSH: only(Push.SILENT),
            },
        ),
        says="Push alone being silent does not separate Apple from a filter.",
    ),
    Rule(
        name="ambiguous",
        code=Code.UNKNOWN,
        default_cause=Cause.AMBIGUOUS,
        when=(*APPLE_FAILS, {Signal.DNS_APPLE: only(AppleDns.WRONG_EVERYWHERE)}),
        cause_from=(Signal.GATEWAY,),
        says="Something of Apple's fails, and what was seen fits more than one story.",
    ),
)

# ---------------------------------------------------------------- Apple answers

WHAT_IS_LEFT: tuple[Rule, ...] = (
    Rule(
        name="ipv6_broken",
        code=Code.IPV6_BROKEN,
        default_cause=Cause.V6_BLACKHOLE,
        when=({Signal.IPV6: only(Ipv6.BROKEN)},),
        cause_from=(Signal.IPV6,),
        certainty=Certainty.HIGH,
        says="IPv6 is offered here and does not work, or in part, while IPv4 works.",
    ),
    Rule(
        name="controls_partly",
        code=Code.DEGRADED,
        default_cause=Cause.CONTROLS_PARTLY,
        when=({Signal.INTERNET: only(Internet.PARTLY, Internet.UNREACHABLE)},),
        cause_from=(Signal.INTERNET, Signal.SERVICES),
        certainty=Certainty.MEDIUM,
        says="Some independent references fail, and not only one.",
    ),
    Rule(
        name="apple_partly",
        code=Code.DEGRADED,
        default_cause=Cause.APPLE_PARTLY,
        when=({Signal.SERVICES: only(Services.PARTLY)},),
        cause_from=(Signal.SERVICES,),
        certainty=Certainty.MEDIUM,
        says="Some Apple hosts fail, and no service can be said to be down.",
    ),
    Rule(
        name="push_only_443",
        code=Code.DEGRADED,
        default_cause=Cause.ONLY_443,
        when=({Signal.PUSH: only(Push.ONLY_443)},),
        certainty=Certainty.MEDIUM,
        says="Couriers answer on 443 only although this network is proven to let 5223 out.",
    ),
    Rule(
        name="http_tampered",
        code=Code.DEGRADED,
        default_cause=Cause.HTTP_TAMPERED,
        when=(both(EVERYTHING_WORKS, {Signal.PORTAL: only(Portal.CAPTIVE)}),),
        certainty=Certainty.MEDIUM,
        says="Everything verified works; plain pages are altered on the way.",
    ),
    Rule(
        name="ok",
        code=Code.OK,
        default_cause=None,
        when=(
            both(
                EVERYTHING_WORKS,
                {
                    Signal.PORTAL: only(Portal.CLEAR),
                    Signal.APPLE_STATUS: only(AppleStatus.CLEAR),
                },
            ),
        ),
        certainty=Certainty.HIGH,
        says="Everything that matters was looked at, lately, and works.",
    ),
    Rule(
        name="apple_status_unavailable",
        code=Code.DEGRADED,
        default_cause=Cause.APPLE_STATUS_UNAVAILABLE,
        when=(
            both(
                EVERYTHING_WORKS,
                {
                    Signal.PORTAL: only(Portal.CLEAR),
                    Signal.APPLE_STATUS: only(AppleStatus.UNKNOWN),
                },
            ),
        ),
        says="Everything works; only Apple's own word is missing.",
    ),
    Rule(
        name="insufficient_evidence",
        code=Code.UNKNOWN,
        default_cause=Cause.INSUFFICIENT_EVIDENCE,
        when=({},),
        cause_from=(Signal.GATEWAY,),
        says="Not knowing is an answer; it is never called good.",
    ),
)

RULES: tuple[Rule, ...] = (*THE_WAY_OUT, *WHAT_LIES_HERE, *APPLE, *WHAT_IS_LEFT)
