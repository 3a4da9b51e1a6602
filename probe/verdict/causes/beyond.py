"""Causes beyond the router: the provider, the way to Apple, and Apple."""

from __future__ import annotations

from collections.abc import Mapping

from probe.verdict.causes.here import SMALLER_PIECES
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
        headline="It's your provider: its servers that look up names (DNS) do not answer.",
        technical="The resolver here is alive; the one it forwards to is not.",
        advice=(
            "Set another server for names (DNS) in the router until the provider's works again.",
            CALL_PROVIDER,
        ),
    ),
    Cause.GATEWAY_OR_UPSTREAM: Story(
        codes=(Code.ISP_INTERNET,),
        blame=Blame.UNKNOWN,
        impact=Impact.FULL,
        headline="Not Apple: nothing behind your router answers; the router or provider is down.",
        technical="The router is alive, nothing behind it answers; which it is cannot be told.",
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
        technical="The router itself answers that it has no way to the internet.",
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
        headline="Not Apple: this device's tunnel (VPN) brings nothing back, or the line is down.",
        technical="All traffic goes into a VPN's link; it or the line below it is dead.",
        advice=(
            "Turn the private tunnel (VPN) of this device off, and try again.",
            RESTART_ROUTER,
            "Ask whoever runs the tunnel (VPN) whether it works.",
        ),
    ),
    Cause.UPSTREAM_SILENT: Story(
        codes=(Code.ISP_INTERNET,),
        blame=Blame.PROVIDER,
        impact=Impact.FULL,
        headline="It's your provider: nothing behind your router answers.",
        technical="The router and the line work up to the provider's machines; beyond is silence.",
        advice=(CALL_PROVIDER, RESTART_ROUTER),
    ),
    Cause.PMTU_BLACKHOLE: Story(
        codes=(Code.ISP_INTERNET,),
        blame=Blame.UNKNOWN,
        impact=Impact.FULL,
        headline="Not Apple: large pieces of data are lost on the way out, small ones pass.",
        technical="Handshakes hang at full packet size and succeed with small segments.",
        advice=(
            SMALLER_PIECES,
            "Lower the largest size that the router sends to the internet (MTU) to 1492.",
        ),
    ),
    Cause.PATH_TO_APPLE: Story(
        codes=(Code.ISP_INTERNET,),
        blame=Blame.PROVIDER,
        impact=Impact.FULL,
        headline="It's your provider: Apple works elsewhere, the way there from here does not.",
        technical="Another site, on another line, reaches the very hosts that fail from here.",
        advice=(CALL_PROVIDER, "Use another connection until it is repaired."),
    ),
    Cause.NAT64_DEAD: Story(
        codes=(Code.ISP_INTERNET, Code.IPV6_BROKEN),
        blame=Blame.PROVIDER,
        impact=Impact.FULL,
        headline="It's your provider: its translator for older internet addresses (NAT64) is down.",
        technical="This network has IPv6 only, and the provider's NAT64 does not answer.",
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
        technical="Apple's System Status lists an open incident of a watched service.",
        advice=(WAIT, SYSTEM_STATUS),
    ),
    Cause.CONFIRMED_BY_PROBES: Story(
        codes=(Code.APPLE_ACKNOWLEDGED,),
        blame=Blame.APPLE,
        impact=Impact.FULL,
        headline="Apple reports a problem, and it is seen from here too.",
        technical="Apple's System Status lists an open incident and Apple's hosts fail from here.",
        advice=(WAIT, SYSTEM_STATUS),
    ),
    Cause.APPLE_MAINTENANCE: Story(
        codes=(Code.MAINTENANCE,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="Apple reports that it is working on one of its services now.",
        technical="Apple's System Status lists ongoing maintenance of a watched service.",
        advice=("Wait until Apple has finished.", SYSTEM_STATUS),
    ),
    Cause.HTTP_5XX: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.FULL,
        headline="It looks like Apple: its servers answer with errors, all else works.",
        technical="Apple's servers answer over verified connections, with server errors.",
        advice=(WAIT, SYSTEM_STATUS, REPORT),
    ),
    Cause.PUSH_TLS_HANG: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It looks like Apple: its message delivery (push) picks up but says nothing.",
        technical="Several couriers accept the connection and never answer the handshake.",
        advice=(WAIT, SYSTEM_STATUS, HOTSPOT),
    ),
    Cause.PUSH_REFUSED: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It looks like Apple: its message delivery (push) refuses connections.",
        technical="Couriers refuse from beyond the provider, where no filter of ours stands.",
        advice=(WAIT, SYSTEM_STATUS, HOTSPOT),
    ),
    Cause.APPLE_AUTHORITATIVE_DNS: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.FULL,
        headline="It looks like Apple: its names cannot be found anywhere.",
        technical="No resolver, here or over encrypted DNS, gets Apple's names; others are fine.",
        advice=(WAIT, SYSTEM_STATUS),
    ),
    Cause.APPLE_SERVICE_FAILS: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It looks like Apple: a service of theirs answers wrongly, all else works.",
        technical="The hosts that a service needs answer wrongly while every control is fine.",
        advice=(WAIT, SYSTEM_STATUS, REPORT),
    ),
    Cause.APPLE_SERVICE_SILENT: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It may be Apple: one of its services is silent, the others answer.",
        technical="The hosts that one service needs are silent while Apple's others answer.",
        advice=(HOTSPOT, SYSTEM_STATUS, WAIT),
    ),
    Cause.APPLE_CERTIFICATE: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It looks like Apple: its servers show a wrong proof of identity (certificate).",
        technical="Apple's own authority signed a certificate that does not fit its host.",
        advice=(WAIT, SYSTEM_STATUS, REPORT),
    ),
    Cause.PUSH_PROTOCOL: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.PARTIAL,
        headline="It looks like Apple: its message delivery (push) answers in the wrong language.",
        technical="Couriers prove themselves as Apple's, and do not take push's protocol (ALPN).",
        advice=(WAIT, SYSTEM_STATUS, REPORT),
    ),
    Cause.UNREACHABLE_ELSEWHERE_TOO: Story(
        codes=(Code.APPLE_SUSPECTED,),
        blame=Blame.APPLE,
        impact=Impact.FULL,
        headline="It looks like Apple: it fails from here and from elsewhere too.",
        technical="Another site, on another line, cannot use it either.",
        advice=(WAIT, SYSTEM_STATUS),
    ),
}
