"""What an IPv4 address is where the home has IPv6 alone: in a command, a setting, a packet filter.

Whoever has an IPv6 address is reached by it, everybody else through the provider's translator,
under its prefix (RFC 6052). A row is written once, with IPv4 addresses, and said anew here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_network,
)

from tests.lab import internet

AT_HOME = {
    internet.GATEWAY_V4: internet.GATEWAY_V6,
    internet.HOST_V4: internet.HOST_V6,
    internet.OWN_DNS_V4: internet.OWN_DNS_V6,
    internet.ISP_DNS_V4: internet.ISP_DNS_V6,
}
OF_ITS_OWN = AT_HOME | {server.v4: server.v6 for server in internet.SERVERS if server.v6}
# The translator takes no private address (RFC 6052 3.1): in IPv6 that is a private one too.
PRIVATE = IPv4Network("10.0.0.0/8")
PRIVATE_PREFIX = IPv6Network("fd00:10::/96")
# Not what already is the end of an IPv6 address, and no version number.
LITERAL = re.compile(r"(?<!::)(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
ADDRESSES = re.compile(r"\bip ([ds]addr) (!= )?(\{[^}]*\}|\S+)")


def reached(address: str) -> str:
    """The address by which the home reaches whoever has this IPv4 address."""
    here = IPv4Address(address)
    if here.is_unspecified:
        return "::"
    if here.is_loopback or here.is_link_local:
        return address  # this host's own; the rest of IPv4 is what it lacks
    return OF_ITS_OWN.get(address) or str(under(IPv4Network(address)).network_address)


def under(network: IPv4Network) -> IPv6Network:
    """The same network behind the translator; a private one in a private place."""
    prefix = PRIVATE_PREFIX if network.subnet_of(PRIVATE) else IPv6Network(internet.NAT64_PREFIX)
    first = IPv6Address(int(prefix.network_address) + int(network.network_address))
    return IPv6Network((first, 96 + network.prefixlen))


def said(text: str) -> str:
    """A command or a setting, with every IPv4 address in it said anew; in brackets where a port or
    a scheme stands beside it."""

    def anew(found: re.Match[str]) -> str:
        address = reached(found[0])
        before, after = text[: found.start()], text[found.end() :]
        beside = before.endswith(("//", ":")) or re.match(r":\d", after)
        return f"[{address}]" if ":" in address and beside else address

    return LITERAL.sub(anew, text)


def networks(v4: str) -> str:
    """A packet filter's set of addresses, or one of them, as the IPv6 addresses that lead there."""
    found = [ip_network(word, strict=False) for word in v4.strip("{} ").replace(",", " ").split()]
    theirs = [
        one for network in found if isinstance(network, IPv4Network) for one in theirs_in(network)
    ]
    return "{ " + ", ".join(str(one) for one in collapse_addresses(theirs)) + " }"


def theirs_in(network: IPv4Network) -> Iterator[IPv6Network]:
    """Where the translator leads into this network, and what is in it by IPv6 of its own."""
    yield under(network)
    yield from (IPv6Network(v6) for v4, v6 in OF_ITS_OWN.items() if IPv4Address(v4) in network)
    for site in internet.SITES:
        if str(network) in site.networks:
            yield from (IPv6Network(one) for one in site.networks if ":" in one)


def ruled(rule: str) -> tuple[str, ...]:
    """A packet filter's rule, and beside it the same for IPv6 where it speaks of IPv4 alone."""
    anew = ADDRESSES.sub(lambda found: f"ip6 {found[1]} {found[2] or ''}{networks(found[3])}", rule)
    anew = re.sub(r"\bip length\b", "ip6 length", anew)
    anew = anew.replace("with icmp type", "with icmpv6 type")
    anew = re.sub(r"\bdnat ip to (\S+)", lambda found: f"dnat ip6 to {reached(found[1])}", anew)
    return (rule,) if anew == rule else (rule, anew)


def answered(option: str) -> tuple[str, ...]:
    """dnsmasq's options for a name's addresses: the same name's IPv6 address beside each."""
    place, address = re.fullmatch(r"(--address=/.*/|--host-record=.*,|)(.*)", option).groups()  # type: ignore[union-attr]
    if not place or not LITERAL.fullmatch(address):
        return (option,)
    return (option, f"{place}{reached(address)}")
