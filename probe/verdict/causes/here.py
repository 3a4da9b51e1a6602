"""Causes on this side: this device, its network, what stands between it and the provider."""

from __future__ import annotations

from collections.abc import Mapping

from probe.verdict.causes.story import Story
from probe.words import Blame, Cause, Code, Impact

ASK_NETWORK = "Ask whoever runs this network."
RENEW = "Reconnect, so that the router hands out an address again."

LINK: Mapping[Cause, Story] = {
    Cause.NO_CARRIER: Story(
        codes=(Code.LOCAL_LINK,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this device is not connected, by cable or by Wi-Fi.",
        meaning="No usable network interface has a carrier: the cable is out or Wi-Fi is off.",
        advice=(
            "Plug the network cable in, or turn Wi-Fi on and join the network.",
            "Try another cable or another port of the router.",
        ),
    ),
    Cause.NO_USABLE_ADDRESS: Story(
        codes=(Code.LOCAL_LINK,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this device is connected, but the network gave it no address.",
        meaning="Only self-assigned addresses (169.254.0.0/16, fe80::/10): DHCP did not answer.",
        advice=(RENEW, "Restart the router, which hands out the addresses."),
    ),
    Cause.NO_DEFAULT_ROUTE: Story(
        codes=(Code.LOCAL_LINK,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this device does not know the way to the internet.",
        meaning="The kernel's tables hold an address but no default route.",
        advice=(RENEW, "Set the router's address in this device's network settings."),
    ),
    Cause.LOCAL_ROUTE_DIVERGENCE: Story(
        codes=(Code.LOCAL_LINK,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: this device sends traffic for Apple a different, broken way.",
        meaning="The route to Apple's addresses differs from all others, often left by a VPN.",
        advice=(
            "Turn off any VPN on this device, then turn it on again if it is needed.",
            "Remove the left-over route to 17.0.0.0/8.",
        ),
    ),
    Cause.GW_NEIGH_FAILED: Story(
        codes=(Code.LOCAL_GATEWAY,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the router does not answer on your own network.",
        meaning="Nobody has the router's address, or it answered until now and is silent to all.",
        advice=(
            "Check that the router has power, and restart it.",
            "Check the cable or the Wi-Fi between this device and the router.",
        ),
    ),
}

SIGN_IN = (
    "Open any page in a browser and sign in to this network.",
    "Leave the network and join it again if no sign-in page appears.",
)

PORTAL: Mapping[Cause, Story] = {
    Cause.PORTAL_REDIRECT: Story(
        codes=(Code.CAPTIVE_PORTAL,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this network wants you to sign in first.",
        meaning="Plain pages of well-known hosts are redirected to a sign-in page.",
        advice=SIGN_IN,
    ),
    Cause.PORTAL_CONTENT: Story(
        codes=(Code.CAPTIVE_PORTAL,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: a sign-in page stands in the way of the internet.",
        meaning="Plain pages that are known to the byte come back as something else.",
        advice=SIGN_IN,
    ),
    Cause.PORTAL_DNS: Story(
        codes=(Code.CAPTIVE_PORTAL,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this network leads every address to its sign-in page.",
        meaning="Every name resolves to the portal's own address.",
        advice=SIGN_IN,
    ),
    Cause.PORTAL_TLS: Story(
        codes=(Code.CAPTIVE_PORTAL,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: a sign-in page even answers in place of secure pages.",
        meaning="The portal answers encrypted connections too, with its own certificate.",
        advice=SIGN_IN,
    ),
    Cause.PORTAL_API: Story(
        codes=(Code.CAPTIVE_PORTAL,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this network itself says that you have to sign in.",
        meaning="The network's portal API (RFC 8908) says so, and no plain page arrives.",
        advice=SIGN_IN,
    ),
    Cause.PORTAL_EXPIRED: Story(
        codes=(Code.CAPTIVE_PORTAL,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: your sign-in to this network has run out.",
        meaning="The internet worked on this network until its sign-in page came back.",
        advice=SIGN_IN,
    ),
    Cause.PROXY_REQUIRED: Story(
        codes=(Code.PROXY,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this network lets traffic out through its proxy only.",
        meaning="Direct connections fail and the configured proxy works.",
        advice=(
            "Set this network's proxy on every device.",
            "Have the proxy pass connections to Apple's couriers on port 443 undecrypted.",
        ),
    ),
    Cause.PROXY_BROKEN: Story(
        codes=(Code.PROXY,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the proxy of this network does not work.",
        meaning="Direct connections fail and the configured proxy fails too.",
        advice=("Restart or repair the proxy.", "Check the proxy's address in the settings."),
    ),
}

CLOCK: Mapping[Cause, Story] = {
    Cause.OFFSET_LARGE: Story(
        codes=(Code.CLOCK,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: the clock of this device is wrong.",
        meaning="Most independent time sources agree that this clock is over a minute off.",
        advice=(
            "Turn on automatic date and time.",
            "Allow time requests (UDP port 123) in the router.",
        ),
    ),
    Cause.TLS_DATE_ERRORS: Story(
        codes=(Code.CLOCK,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the clock is so wrong that secure connections fail.",
        meaning="Certificates look expired or not yet valid because this clock is far off.",
        advice=("Turn on automatic date and time.", "Set the date by hand, then try again."),
    ),
}

ANOTHER_RESOLVER = "Try another DNS server in this device's or the router's settings."
RESTART_RESOLVER = "Restart the router, or whatever answers DNS on this network."

DNS: Mapping[Cause, Story] = {
    Cause.RESOLVER_REFUSED: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the DNS server of this network is switched off.",
        meaning="The resolver's machine answers and says that nothing listens for DNS there.",
        advice=(RESTART_RESOLVER, ANOTHER_RESOLVER),
    ),
    Cause.RESOLVER_SILENT: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the DNS server of this network does not answer.",
        meaning="No configured resolver answers, while hosts reached by address are fine.",
        advice=(RESTART_RESOLVER, ANOTHER_RESOLVER),
    ),
    Cause.DNS_SERVFAIL: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the DNS server of this network fails at every name.",
        meaning="The resolver answers SERVFAIL to names that exist.",
        advice=(ANOTHER_RESOLVER, RESTART_RESOLVER),
    ),
    Cause.DNS_REFUSED: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the DNS server refuses to answer this device.",
        meaning="The resolver answers REFUSED: its access list does not know this network.",
        advice=(ANOTHER_RESOLVER, "Add this network to the DNS server's access list."),
    ),
    Cause.DNS_FILTERED: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: your DNS server blocks names of Apple.",
        meaning="Apple's names are wrong here and right over encrypted DNS: a block list.",
        advice=(
            "Allow apple.com, push.apple.com and icloud.com in the DNS filter.",
            ANOTHER_RESOLVER,
        ),
    ),
    Cause.DNS_TCP_BLOCKED: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: long DNS answers do not get through to this device.",
        meaning="Truncated answers must be asked again over TCP port 53, which is blocked.",
        advice=("Allow TCP port 53 as well as UDP in the firewall.", ANOTHER_RESOLVER),
    ),
    Cause.DNS_MISBEHAVING: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the DNS server of this network gives no usable answers.",
        meaning="The configured resolvers fail at names that have nothing to do with Apple.",
        advice=(ANOTHER_RESOLVER, RESTART_RESOLVER),
    ),
    Cause.RESOLVER_OR_UPSTREAM: Story(
        codes=(Code.DNS,),
        blame=Blame.UNKNOWN,
        impact=Impact.FULL,
        headline="Not Apple: your DNS server does not answer, and whose fault that is is open.",
        meaning="The DNS server, the way to it, or the one that it asks in turn fails.",
        advice=(ANOTHER_RESOLVER, RESTART_RESOLVER, "Ask whoever runs that DNS server."),
    ),
    Cause.INTERCEPTED_RESOLVER_BROKEN: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: something here answers DNS in place of your server, and fails.",
        meaning="Questions to any resolver are answered by another one nearby, which is broken.",
        advice=(
            "Switch off DNS redirection in the router.",
            "Use encrypted DNS on this device until that is done.",
        ),
    ),
    Cause.HOSTS_FILE_OVERRIDE: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: a setting on this device sends names of Apple elsewhere.",
        meaning="The resolver is right, but applications get another address from this host.",
        advice=("Remove the lines that name Apple's hosts from the hosts file.",),
    ),
    Cause.SPLIT_DNS_ROUTE: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: names of Apple go to another DNS server, which fails.",
        meaning="A VPN or a profile routes Apple's names alone to a resolver that fails them.",
        advice=(
            "Turn off the VPN, or remove apple.com from its DNS settings.",
            ANOTHER_RESOLVER,
        ),
    ),
    Cause.NO_RESOLVER_CONFIGURED: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this device has no DNS server set.",
        meaning="No resolver is configured and none was offered by the network.",
        advice=(RENEW, "Set a DNS server in this device's network settings."),
    ),
}

NO_INSPECTION = (
    "Exempt Apple's hosts from HTTPS inspection: Apple's services do not work through it."
)

TLS: Mapping[Cause, Story] = {
    Cause.INSPECTION_ROOT_INSTALLED: Story(
        codes=(Code.TLS_INTERCEPTION,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: this network opens secure connections to look inside.",
        meaning="A root certificate that is not public vouches for hosts of others.",
        advice=(NO_INSPECTION, ASK_NETWORK),
    ),
    Cause.INSPECTION_UNKNOWN_ROOT: Story(
        codes=(Code.TLS_INTERCEPTION,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: something here answers secure connections in place of others.",
        meaning="Hosts that have nothing in common show certificates of one unknown issuer.",
        advice=(NO_INSPECTION, ASK_NETWORK, "Trust nothing on this network until it is explained."),
    ),
    Cause.ON_HOST_AV: Story(
        codes=(Code.TLS_INTERCEPTION,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: security software on this device opens secure connections.",
        meaning="The issuer is a security product's, and follows this host across networks.",
        advice=("Turn off HTTPS scanning in the security software.", NO_INSPECTION),
    ),
}

OPEN_PUSH = "Allow TCP ports 5223, 443 and 2197 to 17.0.0.0/8 in the firewall."
NO_APPLE_LIST = "Remove Apple's addresses and names from the firewall's block lists."

FIREWALL: Mapping[Cause, Story] = {
    Cause.FALLBACK_443_OK: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: this network blocks a port that push uses; the detour works.",
        meaning="TCP port 5223 is blocked; devices fall back to port 443, which works.",
        advice=(OPEN_PUSH, ASK_NETWORK),
    ),
    Cause.PUSH_FULLY_BLOCKED: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: this network blocks push, so messages and calls do not arrive.",
        meaning="Couriers fail on 5223 and on 443, on a network that blocks other such ports.",
        advice=(OPEN_PUSH, ASK_NETWORK, "Try a phone hotspot to be sure."),
    ),
    Cause.ACTIVE_REJECT: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: the router turns connections to push away.",
        meaning="The refusal comes at once and from a near machine, not from the far end.",
        advice=(OPEN_PUSH, "Look for a rule on port 5223 in the router."),
    ),
    Cause.ACTIVE_REJECT_NEAR: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: something on this network turns connections to Apple away.",
        meaning="The refusal comes from a near machine; the far end was never asked.",
        advice=(NO_APPLE_LIST, ASK_NETWORK),
    ),
    Cause.SNI_FILTERED: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: a filter here cuts connections that name Apple.",
        meaning="The same address answers when another name is asked for in the handshake.",
        advice=(NO_APPLE_LIST, ASK_NETWORK),
    ),
    Cause.PARTIAL_CONNECTIVITY: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: plain pages pass, secure connections are blocked.",
        meaning="Plain HTTP is exact to the byte, encrypted connections fail to everybody.",
        advice=("Allow TCP port 443 in the firewall.", ASK_NETWORK),
    ),
    Cause.LOCAL_HOST_FIREWALL: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: the firewall of this device blocks its own connections.",
        meaning="This host's kernel itself refuses to send (operation not permitted).",
        advice=("Allow outgoing TCP port 5223 in this device's firewall.",),
    ),
    Cause.EGRESS_WEB_ONLY: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: this network lets only web traffic out.",
        meaning="Every port but 80 and 443 is blocked; push falls back to 443.",
        advice=(OPEN_PUSH, ASK_NETWORK),
    ),
}

IPV6: Mapping[Cause, Story] = {
    Cause.V6_BLACKHOLE: Story(
        codes=(Code.IPV6_BROKEN,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: IPv6 is switched on here but leads nowhere.",
        meaning="This host has a global IPv6 address and route, and nothing answers over it.",
        advice=(
            "Switch IPv6 off in the router, or repair its IPv6 connection.",
            "Ask the provider whether IPv6 is meant to work on this line.",
        ),
    ),
}

HERE: Mapping[Cause, Story] = {**LINK, **PORTAL, **CLOCK, **DNS, **TLS, **FIREWALL, **IPV6}
