"""The lab's internet: who stands where, under real names and real addresses.

The addresses are those that the program's default targets name, or lie in the real owner's network,
so that what the program believes about networks (17.0.0.0/8 is Apple's) holds here too.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A party of the internet: a namespace behind the core router, and what it owns."""

    name: str
    networks: tuple[str, ...]  # routed to it by the core


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Names that share one address."""

    site: str
    names: tuple[str, ...]
    v4: str
    v6: str = ""


SITES = (
    Site(name="root", networks=("198.41.0.0/24", "2001:503:ba3e::/48")),
    Site(
        name="refs",
        networks=(
            *("1.1.1.0/24", "8.8.8.0/24", "9.9.9.0/24"),
            *("142.250.0.0/15", "104.16.0.0/13", "34.107.0.0/16", "185.15.56.0/22"),
            *("74.125.0.0/16", "157.240.0.0/16"),
            *("2606:4700::/32", "2001:4860::/32", "2a00:1450::/32", "2620:fe::/48"),
            *("2600:1901::/32", "2a02:ec80::/32", "2a03:2880::/32"),
        ),
    ),
    Site(name="apple17", networks=("17.0.0.0/8", "2620:149::/32", "2403:300::/32")),
    Site(name="applecdn", networks=("23.32.0.0/11", "2a02:26f0::/29")),
    Site(
        name="ntp",
        networks=("17.253.14.0/24", "162.159.200.0/24", "2620:149:a33::/48", "2606:4700:f1::/48"),
    ),
    Site(name="vps", networks=("94.130.10.0/24", "2a01:4f8::/32")),
)

# Root server, which knows every name that is not Apple's; and Apple's own name server.
ROOT_DNS = Server(site="root", names=(), v4="198.41.0.4", v6="2001:503:ba3e::2:30")
APPLE_DNS = Server(site="apple17", names=(), v4="17.47.176.10", v6="2620:149:a10::53")

CLOUDFLARE = Server(
    site="refs", names=("one.one.one.one",), v4="1.1.1.1", v6="2606:4700:4700::1111"
)
GOOGLE_DNS = Server(site="refs", names=("dns.google",), v4="8.8.8.8", v6="2001:4860:4860::8888")
# The same operator's resolver that invents IPv6 addresses, for networks that have IPv6 alone.
GOOGLE_DNS64_V6 = "2001:4860:4860::6464"
QUAD9 = Server(site="refs", names=("dns.quad9.net",), v4="9.9.9.9", v6="2620:fe::fe")
REFERENCES = (CLOUDFLARE, GOOGLE_DNS, QUAD9)

GOOGLE = Server(
    site="refs", names=("www.google.com",), v4="142.250.74.36", v6="2a00:1450:4001:82b::2004"
)
GSTATIC = Server(
    site="refs",
    names=("connectivitycheck.gstatic.com",),
    v4="142.250.74.35",
    v6="2a00:1450:4001:82b::2003",
)
CP_CLOUDFLARE = Server(
    site="refs", names=("cp.cloudflare.com",), v4="104.16.132.229", v6="2606:4700::6810:84e5"
)
MOZILLA = Server(
    site="refs", names=("detectportal.firefox.com",), v4="34.107.221.82", v6="2600:1901:0:38d7::"
)
WIKIPEDIA = Server(
    site="refs", names=("www.wikipedia.org",), v4="185.15.59.224", v6="2a02:ec80:300:ed1a::1"
)
MTALK = Server(
    site="refs", names=("mtalk.google.com",), v4="74.125.71.188", v6="2a00:1450:400c:c02::bc"
)
WHATSAPP = Server(
    site="refs", names=("e1.whatsapp.net",), v4="157.240.0.60", v6="2a03:2880:f22d:c5::60"
)

COURIERS = tuple(
    Server(
        site="apple17",
        names=tuple(f"{n}-courier.push.apple.com" for n in range(1, 51) if n % 4 == place),
        v4=f"17.57.144.{10 + place}",
        v6=f"2620:149:a44::{10 + place}",
    )
    for place in range(4)
)
INIT_ESS = Server(
    site="apple17", names=("init.ess.apple.com",), v4="17.32.194.5", v6="2620:149:a01::5"
)
# Not every host of Apple's has IPv6: these two have none here.
IDENTITY = Server(site="apple17", names=("identity.ess.apple.com",), v4="17.32.194.6")
GSA = Server(site="apple17", names=("gsa.apple.com",), v4="17.32.194.7")
IDMSA = Server(site="apple17", names=("idmsa.apple.com",), v4="17.32.194.8", v6="2620:149:a01::8")
PROVIDER = Server(
    site="apple17", names=("api.push.apple.com",), v4="17.188.143.34", v6="2620:149:a02::34"
)
MASK = Server(
    site="apple17",
    names=("mask.icloud.com", "mask-h2.icloud.com"),
    v4="17.248.176.7",
    v6="2620:149:a03::7",
)
ICLOUD = Server(
    site="apple17", names=("setup.icloud.com",), v4="17.248.176.8", v6="2620:149:a03::8"
)
CLOUDKIT = Server(
    site="apple17", names=("api.apple-cloudkit.com",), v4="17.248.176.9", v6="2620:149:a03::9"
)
STORE = Server(
    site="applecdn",
    names=("itunes.apple.com", "apps.apple.com"),
    v4="23.63.99.13",
    v6="2a02:26f0:a1:181::1acd",
)
WWW_APPLE = Server(
    site="applecdn", names=("www.apple.com",), v4="23.63.99.10", v6="2a02:26f0:a1:181::1aca"
)
CAPTIVE_APPLE = Server(
    site="applecdn", names=("captive.apple.com",), v4="23.63.99.11", v6="2a02:26f0:a1:181::1acb"
)
TIME_APPLE = Server(
    site="ntp", names=("time.apple.com",), v4="17.253.14.125", v6="2620:149:a33:3000::1f2"
)
TIME_CLOUDFLARE = Server(
    site="ntp", names=("time.cloudflare.com",), v4="162.159.200.1", v6="2606:4700:f1::1"
)
TIME_SERVERS = (TIME_APPLE, TIME_CLOUDFLARE)
VPS = Server(site="vps", names=("vantage.example.net",), v4="94.130.10.10", v6="2a01:4f8:c0c::10")

SERVERS = (
    *(ROOT_DNS, APPLE_DNS, *REFERENCES),
    *(GOOGLE, GSTATIC, CP_CLOUDFLARE, MOZILLA, WIKIPEDIA, MTALK, WHATSAPP),
    *(*COURIERS, INIT_ESS, IDENTITY, GSA, IDMSA, PROVIDER, MASK, WWW_APPLE, CAPTIVE_APPLE),
    *(ICLOUD, CLOUDKIT, STORE),
    *(*TIME_SERVERS, VPS),
)

APPLE_ZONES = ("apple.com", "icloud.com", "apple-cloudkit.com")
# Short, so that a resolver's fault shows in what is asked next and not when a cache runs out.
TTL_SECONDS = 5

# At home and at the provider.
HOST_V4, GATEWAY_V4, LAN_V4 = "192.168.77.2", "192.168.77.1", "192.168.77.0/24"
HOST_V6, GATEWAY_V6, LAN_V6 = "2a02:8100:77::2", "2a02:8100:77::1", "2a02:8100:77::/64"
GATEWAY_LINK_LOCAL = "fe80::1"
# A resolver of the home's own, as a Pi-hole is, where a scenario has one.
OWN_DNS_V4, OWN_DNS_V6 = "192.168.77.53", "2a02:8100:77::53"
WAN_V4, ISP_WAN_V4 = "100.64.7.2", "100.64.7.1"  # RFC 6598, as behind carrier-grade NAT
WAN_V6, ISP_WAN_V6 = "2a02:8100:ff::2", "2a02:8100:ff::1"
NAT64_PREFIX = "64:ff9b::/96"  # RFC 6052, the well-known one
NAT64_V6 = "2a02:8100:64::1"  # the translator itself
NAT64_V4, NAT64_POOL = "100.64.64.1", "100.64.64.0/24"
ISP_DNS_V4, ISP_DNS_V6 = "84.200.69.80", "2a02:8100:53::1"


def is_apple(name: str) -> bool:
    return name.endswith(tuple(f".{zone}" for zone in APPLE_ZONES))


def records(*, apple: bool) -> list[str]:
    """Zone lines of the names that are Apple's, or that are not."""
    lines = []
    for server in SERVERS:
        for name in server.names:
            if is_apple(name) is apple:
                lines.append(f"{name}. {TTL_SECONDS} IN A {server.v4}")
                if server.v6:
                    lines.append(f"{name}. {TTL_SECONDS} IN AAAA {server.v6}")
    if not apple:
        # Who asks a resolver whether it lives asks for this.
        lines.append(f". {TTL_SECONDS} IN NS a.root-servers.net.")
        lines.append(f"a.root-servers.net. {TTL_SECONDS} IN A {ROOT_DNS.v4}")
        # RFC 7050: these addresses are the real ones.
        lines.append(f"ipv4only.arpa. {TTL_SECONDS} IN A 192.0.0.170")
        lines.append(f"ipv4only.arpa. {TTL_SECONDS} IN A 192.0.0.171")
    return lines
