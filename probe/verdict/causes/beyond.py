"""Causes beyond the router: the provider, the way to Apple, and Apple."""

from __future__ import annotations

from collections.abc import Mapping

from probe.verdict.causes.story import Story
from probe.words import Blame, Cause, Code, Impact

RESTART_ROUTER = "Restart the router, and wait two minutes."
ROUTER_LIGHT = "Look at the router's internet light."
CALL_PROVIDER = "Tell the provider; `isitme check --verbose` shows what was seen."
HOTSPOT = "Try a phone hotspot to be sure."

PROVIDER: Mapping[Cause, Story] = {
    Cause.RESOLVER_UPSTREAM_DEAD: Story(
        codes=(Code.DNS,),
        blame=Blame.PROVIDER,
        impact=Impact.FULL,
        headline="It's your provider: its DNS servers do not answer.",
        meaning="The resolver here is alive; the one it forwards to is not.",
        advice=(
            "Set another DNS server in the router until the provider's works again.",
            CALL_PROVIDER,
        ),
    ),
    Cause.GATEWAY_OR_UPSTREAM: Story(
        codes=(Code.ISP_INTERNET,),
        blame=Blame.UNKNOWN,
        impact=Impact.FULL,
        headline="Not Apple: nothing behind your router answers; the router or provider is down.",
        meaning="The router is alive, nothing behind it answers; which of the two cannot be told.",
        advice=(
            "Look whether another device works: the router may pause or block this one.",
            "Restart the router, wait two minutes, and look at its internet light.",
            CALL_PROVIDER,
        ),
    ),
    Cause.WAN_DOWN: Story(
        codes=(Code.ISP_INTERNET,),
        blame=Blame.PROVIDER,
        impact=Impact.FULL,
        headline="It's your provider: your router says that its line is down.",
        meaning="The router itself answers that it has no way to the internet.",
        advice=(
            "Check the cable between the router and the provider's socket.",
            ROUTER_LIGHT,
            CALL_PROVIDER,
        ),
    ),
    Cause.VPN_OR_UPSTREAM: Story(
        codes=(Code.ISP_INTERNET,),
        blame=Blame.UNKNOWN,
        impact=Impact.FULL,
        headline="Not Apple: nothing comes back through this device's VPN; it or the line is down.",
        meaning="All traffic is routed into a VPN's link; whether it or the line below it is dead "
        "cannot be told.",
        advice=(
            "Turn the VPN of this device off, and try again.",
            RESTART_ROUTER,
            "Ask whoever runs the VPN whether it works.",
        ),
    ),
    Cause.UPSTREAM_SILENT: Story(
        codes=(Code.ISP_INTERNET,),
        blame=Blame.PROVIDER,
        impact=Impact.FULL,
        headline="It's your provider: nothing behind your router answers.",
        meaning="The router and the line work up to the provider's machines; beyond is silence.",
        advice=(CALL_PROVIDER, RESTART_ROUTER),
    ),
    Cause.PMTU_BLACKHOLE: Story(
        codes=(Code.ISP_INTERNET,),
        blame=Blame.UNKNOWN,
        impact=Impact.FULL,
        headline="Not Apple: large packets are lost on the way out, small ones pass.",
        meaning="Handshakes hang at full packet size and succeed with small segments.",
        advice=(
            "Switch on MSS clamping in the router.",
            "Lower the MTU of the router's internet connection to 1492 or less.",
        ),
    ),
    Cause.PATH_TO_APPLE: Story(
        codes=(Code.ISP_INTERNET,),
        blame=Blame.PROVIDER,
        impact=Impact.FULL,
        headline="It's your provider: Apple works elsewhere, the way there from here does not.",
        meaning="Another vantage point reaches the very hosts that fail from here.",
        advice=(CALL_PROVIDER, "Use another connection until it is repaired."),
    ),
    Cause.NAT64_DEAD: Story(
        codes=(Code.ISP_INTERNET, Code.IPV6_BROKEN),
        blame=Blame.PROVIDER,
        impact=Impact.FULL,
        headline="It's your provider: its translator between IPv6 and IPv4 is down.",
        meaning="This network has IPv6 only, and the provider's NAT64 translator does not answer.",
        advice=(CALL_PROVIDER, RESTART_ROUTER),
    ),
}

WAIT = "Wait: nothing on this side will help."
SYSTEM_STATUS = "Look at Apple's System Status page for news."
REPORT = "Keep what `isitme check --verbose` shows for Apple's support."

APPLE: Mapping[Cause, Story] = {
    Cause.APPLE_REPORTS: Story(
        codes=(Code.APPLE_ACKNOWLEDGED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="Apple reports a problem with one of its services.",
        meaning="Apple's System Status lists an open incident of a watched service.",
        advice=(WAIT, SYSTEM_STATUS),
    ),
    Cause.CONFIRMED_BY_PROBES: Story(
        codes=(Code.APPLE_ACKNOWLEDGED,),
        blame=Blame.APPLE,
        impact=Impact.FULL,
        headline="Apple reports a problem, and it is seen from here too.",
        meaning="Apple's System Status lists an open incident and Apple's hosts fail from here.",
        advice=(WAIT, SYSTEM_STATUS),
    ),
    Cause.APPLE_MAINTENANCE: Story(
        codes=(Code.MAINTENANCE,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="Apple reports that it is working on one of its services now.",
        meaning="Apple's System Status lists ongoing maintenance of a watched service.",
        advice=("Wait until Apple has finished.", SYSTEM_STATUS),
    ),
    Cause.HTTP_5XX: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.FULL,
        headline="It looks like Apple: its servers answer with errors, all else works.",
        meaning="Apple's servers answer over verified connections, with server errors.",
        advice=(WAIT, SYSTEM_STATUS, REPORT),
    ),
    Cause.PUSH_TLS_HANG: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It looks like Apple: its push servers pick up but say nothing.",
        meaning="Several couriers accept the connection and never answer the handshake.",
        advice=(WAIT, SYSTEM_STATUS, HOTSPOT),
    ),
    Cause.PUSH_REFUSED: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It looks like Apple: its push servers refuse connections.",
        meaning="Couriers refuse from beyond the provider, where no filter of ours stands.",
        advice=(WAIT, SYSTEM_STATUS, HOTSPOT),
    ),
    Cause.APPLE_AUTHORITATIVE_DNS: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.FULL,
        headline="It looks like Apple: its names cannot be found anywhere.",
        meaning="No resolver, here or over encrypted DNS, gets Apple's names; others are fine.",
        advice=(WAIT, SYSTEM_STATUS),
    ),
    Cause.APPLE_SERVICE_FAILS: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It looks like Apple: a service of theirs answers wrongly, all else works.",
        meaning="The hosts that a service needs answer wrongly while every control is fine.",
        advice=(WAIT, SYSTEM_STATUS, REPORT),
    ),
    Cause.APPLE_SERVICE_SILENT: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It may be Apple: one of its services is silent, the others answer.",
        meaning="The hosts that one service needs are silent while Apple's others answer.",
        advice=(HOTSPOT, SYSTEM_STATUS, WAIT),
    ),
    Cause.APPLE_CERTIFICATE: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It looks like Apple: its servers show a wrong certificate of Apple's own.",
        meaning="Apple's own authority signed a certificate that does not fit its host.",
        advice=(WAIT, SYSTEM_STATUS, REPORT),
    ),
    Cause.PUSH_PROTOCOL: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It looks like Apple: its push servers do not speak the language of push.",
        meaning="Couriers prove themselves as Apple's, and do not take push's protocol (ALPN).",
        advice=(WAIT, SYSTEM_STATUS, REPORT),
    ),
    Cause.UNREACHABLE_ELSEWHERE_TOO: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.FULL,
        headline="It looks like Apple: it fails from here and from elsewhere too.",
        meaning="Another vantage point, on another line, cannot use it either.",
        advice=(WAIT, SYSTEM_STATUS),
    ),
}
