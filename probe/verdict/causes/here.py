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
        technical="No usable network interface has a carrier: the cable is out or Wi-Fi is off.",
        advice=(
            "Plug the network cable in, or turn Wi-Fi on and join the network.",
            "Try another cable or another socket of the router.",
        ),
    ),
    Cause.NO_USABLE_ADDRESS: Story(
        codes=(Code.LOCAL_LINK,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this device is connected, but the network gave it no address.",
        technical="Only self-assigned addresses (169.254.0.0/16, fe80::/10): DHCP did not answer.",
        advice=(RENEW, "Restart the router, which hands out the addresses."),
    ),
    Cause.NO_DEFAULT_ROUTE: Story(
        codes=(Code.LOCAL_LINK,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this device does not know the way to the internet.",
        technical="The kernel's tables hold an address but no default route.",
        advice=(RENEW, "Set the router's address in this device's network settings."),
    ),
    Cause.LOCAL_ROUTE_DIVERGENCE: Story(
        codes=(Code.LOCAL_LINK,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: this device sends traffic for Apple a different, broken way.",
        technical="The route to Apple's addresses differs from all others, often left by a VPN.",
        advice=(
            "Turn off any private tunnel (VPN) on this device, then turn it on again if needed.",
            "Remove the left-over way to Apple (the route to 17.0.0.0/8).",
        ),
    ),
    Cause.GW_NEIGH_FAILED: Story(
        codes=(Code.LOCAL_GATEWAY,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the router does not answer on your own network.",
        technical="Nobody has the router's address, or it answered until now and is silent to all.",
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
        technical="Plain pages of well-known hosts are redirected to a sign-in page.",
        advice=SIGN_IN,
    ),
    Cause.PORTAL_CONTENT: Story(
        codes=(Code.CAPTIVE_PORTAL,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: a sign-in page stands in the way of the internet.",
        technical="Plain pages that are known to the byte come back as something else.",
        advice=SIGN_IN,
    ),
    Cause.PORTAL_DNS: Story(
        codes=(Code.CAPTIVE_PORTAL,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this network leads every address to its sign-in page.",
        technical="Every name resolves to the portal's own address.",
        advice=SIGN_IN,
    ),
    Cause.PORTAL_TLS: Story(
        codes=(Code.CAPTIVE_PORTAL,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: a sign-in page even answers in place of secure pages.",
        technical="The portal answers encrypted connections too, with its own certificate.",
        advice=SIGN_IN,
    ),
    Cause.PORTAL_API: Story(
        codes=(Code.CAPTIVE_PORTAL,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this network itself says that you have to sign in.",
        technical="The network's portal API (RFC 8908) says so, and no plain page arrives.",
        advice=SIGN_IN,
    ),
    Cause.PORTAL_EXPIRED: Story(
        codes=(Code.CAPTIVE_PORTAL,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: your sign-in to this network has run out.",
        technical="The internet worked on this network until its sign-in page came back.",
        advice=SIGN_IN,
    ),
    Cause.PROXY_REQUIRED: Story(
        codes=(Code.PROXY,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this network lets traffic out through its go-between (proxy) only.",
        technical="Direct connections fail, the configured proxy works; it must not decrypt 443.",
        advice=(
            "Enter this network's go-between (proxy) in the settings of every device.",
            "Ask whoever runs the go-between (proxy) to pass Apple's connections on unopened.",
        ),
    ),
    Cause.PROXY_BROKEN: Story(
        codes=(Code.PROXY,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the go-between (proxy) of this network does not work.",
        technical="Direct connections fail and the configured proxy fails too.",
        advice=(
            "Restart or repair the go-between (proxy).",
            "Check the address of the go-between (proxy) in the settings.",
        ),
    ),
}

CLOCK: Mapping[Cause, Story] = {
    Cause.OFFSET_LARGE: Story(
        codes=(Code.CLOCK,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: the clock of this device is wrong.",
        technical="Most independent time sources agree that this clock is over a minute off.",
        advice=(
            "Turn on automatic date and time.",
            "Let devices ask for the time through the router (UDP port 123).",
        ),
    ),
    Cause.TLS_DATE_ERRORS: Story(
        codes=(Code.CLOCK,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the clock is so wrong that secure connections fail.",
        technical="Certificates look expired or not yet valid because this clock is far off.",
        advice=("Turn on automatic date and time.", "Set the date by hand, then try again."),
    ),
}

ANOTHER_RESOLVER = "Try another server for names (DNS) in this device's or the router's settings."
ALLOW_NAMES = "Allow apple.com, push.apple.com and icloud.com in the filter of names (DNS)."
RESTART_RESOLVER = "Restart the router, or whatever looks up names (DNS) on this network."

DNS: Mapping[Cause, Story] = {
    Cause.RESOLVER_REFUSED: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this network's server that looks up names (DNS) is switched off.",
        technical="The resolver's machine answers and says that nothing listens for DNS there.",
        advice=(RESTART_RESOLVER, ANOTHER_RESOLVER),
    ),
    Cause.RESOLVER_SILENT: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this network's server that looks up names (DNS) does not answer.",
        technical="No configured resolver answers, while hosts reached by address are fine.",
        advice=(RESTART_RESOLVER, ANOTHER_RESOLVER),
    ),
    Cause.DNS_SERVFAIL: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this network's server that looks up names (DNS) fails at every name.",
        technical="The resolver answers SERVFAIL to names that exist.",
        advice=(ANOTHER_RESOLVER, RESTART_RESOLVER),
    ),
    Cause.DNS_REFUSED: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: the server that looks up names (DNS) refuses to answer this device.",
        technical="The resolver answers REFUSED: its access list does not know this network.",
        advice=(
            ANOTHER_RESOLVER,
            "Add this network to those that the server for names (DNS) may answer.",
        ),
    ),
    Cause.DNS_FILTERED: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: the server that looks up names (DNS) blocks names of Apple.",
        technical="Apple's names are wrong here and right over encrypted DNS: a block list.",
        advice=(ALLOW_NAMES, ANOTHER_RESOLVER),
    ),
    Cause.DNS_AAAA_WRONG: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        # Whoever takes connections at a wrong address ends them; only silence is passed over.
        impact=Impact.PARTIAL,
        headline="It's you: wrong newer addresses (IPv6) are given for Apple, perhaps by a filter.",
        technical="AAAA cannot be true, A can: a filter and a resolver's own fault look alike.",
        advice=(ALLOW_NAMES, ANOTHER_RESOLVER),
    ),
    Cause.DNS_TCP_BLOCKED: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: long answers about names (DNS) do not get through to this device.",
        technical="Truncated answers must be asked again over TCP port 53, which is blocked.",
        advice=(
            "Let long answers about names through the firewall (TCP port 53).",
            ANOTHER_RESOLVER,
        ),
    ),
    Cause.DNS_MISBEHAVING: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this network's lookup of names (DNS) gives no usable answers.",
        technical="The configured resolvers fail at names that have nothing to do with Apple.",
        advice=(ANOTHER_RESOLVER, RESTART_RESOLVER),
    ),
    Cause.RESOLVER_OR_UPSTREAM: Story(
        codes=(Code.DNS,),
        blame=Blame.UNKNOWN,
        impact=Impact.FULL,
        headline="Not Apple: the lookup of names (DNS), or the way to it, does not work.",
        technical="The DNS server, the way to it, or the one that it asks in turn fails.",
        advice=(
            ANOTHER_RESOLVER,
            RESTART_RESOLVER,
            "Ask whoever runs that server for names (DNS).",
        ),
    ),
    Cause.DNS_STALE: Story(
        codes=(Code.DNS,),
        blame=Blame.UNKNOWN,
        impact=Impact.PARTIAL,
        headline="Not Apple as a whole: names (DNS) lead here to an address that seems outdated.",
        technical="The host fails at the addresses given here, and answers at one given elsewhere.",
        advice=(
            ANOTHER_RESOLVER,
            "Restart the router, which may have kept the old address, or have it set by hand.",
            "Wait: an address that is only kept runs out by itself.",
        ),
    ),
    Cause.INTERCEPTED_RESOLVER_BROKEN: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: something here looks up names (DNS) in your server's place, and fails.",
        technical="Questions to any resolver are answered by another one nearby, which is broken.",
        advice=(
            "Let the router pass questions about names on to your server (no DNS redirection).",
            "Use encrypted lookup of names (DNS) on this device until that is done.",
        ),
    ),
    Cause.HOSTS_FILE_OVERRIDE: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: a setting on this device sends names of Apple elsewhere.",
        technical="The resolver is right, but applications get another address from this host.",
        advice=("Remove Apple's lines from this device's own list of names (hosts file).",),
    ),
    Cause.SPLIT_DNS_ROUTE: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: a second server looks up names of Apple (DNS), and fails.",
        technical="A VPN or a profile routes Apple's names alone to a resolver that fails them.",
        advice=(
            "Turn off the private tunnel (VPN), or remove apple.com from its settings.",
            ANOTHER_RESOLVER,
        ),
    ),
    Cause.NO_RESOLVER_CONFIGURED: Story(
        codes=(Code.DNS,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: this device has no server set that looks up names (DNS).",
        technical="No resolver is configured and none was offered by the network.",
        advice=(RENEW, "Set a server for names (DNS) in this device's network settings."),
    ),
}

NO_INSPECTION = (
    "Let Apple's secure connections pass unopened (no HTTPS inspection): opened ones do not work."
)

TLS: Mapping[Cause, Story] = {
    Cause.INSPECTION_ROOT_INSTALLED: Story(
        codes=(Code.TLS_INTERCEPTION,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: this network opens secure connections to look inside.",
        technical="A root certificate that is not public vouches for hosts of others.",
        advice=(NO_INSPECTION, ASK_NETWORK),
    ),
    Cause.INSPECTION_UNKNOWN_ROOT: Story(
        codes=(Code.TLS_INTERCEPTION,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: something here answers secure connections in place of others.",
        technical="Hosts that have nothing in common show certificates of one unknown issuer.",
        advice=(NO_INSPECTION, ASK_NETWORK, "Trust nothing on this network until it is explained."),
    ),
    Cause.ON_HOST_AV: Story(
        codes=(Code.TLS_INTERCEPTION,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: security software on this device opens secure connections.",
        technical="The issuer is a security product's, and follows this host across networks.",
        advice=(
            "Let the security software open no secure connections (HTTPS scanning).",
            NO_INSPECTION,
        ),
    ),
}

OPEN_PUSH = "Let message delivery through the firewall (TCP ports 5223, 443, 2197 to 17.0.0.0/8)."
NO_APPLE_LIST = "Remove Apple's addresses and names from the firewall's block lists."

FIREWALL: Mapping[Cause, Story] = {
    Cause.FALLBACK_443_OK: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: this network blocks one way of message delivery (push); another works.",
        technical="TCP port 5223 is blocked; devices fall back to port 443, which works.",
        advice=(OPEN_PUSH, ASK_NETWORK),
    ),
    Cause.PUSH_FULLY_BLOCKED: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: this network blocks message delivery (push): no messages, no calls.",
        technical="Couriers fail on 5223 and on 443, on a network that blocks other such ports.",
        advice=(OPEN_PUSH, ASK_NETWORK, "Try a phone hotspot to be sure."),
    ),
    Cause.ACTIVE_REJECT: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: the router turns message delivery (push) away.",
        technical="The refusal comes at once and from a near machine, not from the far end.",
        advice=(OPEN_PUSH, "Look in the router for a rule on message delivery (port 5223)."),
    ),
    Cause.ACTIVE_REJECT_NEAR: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: something on this network turns connections to Apple away.",
        technical="The refusal comes from a near machine; the far end was never asked.",
        advice=(NO_APPLE_LIST, ASK_NETWORK),
    ),
    Cause.SNI_FILTERED: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: a filter here cuts connections as soon as they ask for Apple.",
        technical="The same address answers when another name is asked for in the handshake.",
        advice=(NO_APPLE_LIST, ASK_NETWORK),
    ),
    Cause.PARTIAL_CONNECTIVITY: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.FULL,
        headline="It's you: plain pages pass, secure connections are blocked.",
        technical="Plain HTTP is exact to the byte, encrypted connections fail to everybody.",
        advice=("Allow secure connections (TCP port 443) in the firewall.", ASK_NETWORK),
    ),
    Cause.LOCAL_HOST_FIREWALL: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: the firewall of this device blocks its own connections.",
        technical="This host's kernel itself refuses to send (operation not permitted).",
        advice=("Allow message delivery (outgoing TCP port 5223) in this device's firewall.",),
    ),
    Cause.EGRESS_WEB_ONLY: Story(
        codes=(Code.FIREWALL_PORT_BLOCKED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: this network lets only web traffic out.",
        technical="Every port but 80 and 443 is blocked; push falls back to 443.",
        advice=(OPEN_PUSH, ASK_NETWORK),
    ),
}

WITHOUT_IPV6 = "Switch the newer addresses (IPv6) off in the router, or repair their connection."
SMALLER_PIECES = "Let the router ask everybody for smaller pieces of data (MSS clamping)."

IPV6: Mapping[Cause, Story] = {
    Cause.V6_BLACKHOLE: Story(
        codes=(Code.IPV6_BROKEN,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: this network offers newer internet addresses (IPv6) that do not work.",
        technical="Nobody proves itself over this host's IPv6 route; router or provider drops it.",
        advice=(
            WITHOUT_IPV6,
            "Ask the provider whether newer addresses (IPv6) are meant to work on this line.",
        ),
    ),
    Cause.V6_PMTU: Story(
        codes=(Code.IPV6_BROKEN,),
        blame=Blame.ME,
        # Connections open, so nothing turns to IPv4 as it does where IPv6 is silent.
        impact=Impact.PARTIAL,
        headline="It's you: newer addresses (IPv6) lose large pieces of data, small ones pass.",
        technical="TLS hangs over IPv6 at full packet size, and is spoken with small segments.",
        advice=(
            "Let word of what was too large through the firewall (ICMPv6 Packet Too Big).",
            SMALLER_PIECES,
            WITHOUT_IPV6,
        ),
    ),
}

HERE: Mapping[Cause, Story] = {**LINK, **PORTAL, **CLOCK, **DNS, **TLS, **FIREWALL, **IPV6}
