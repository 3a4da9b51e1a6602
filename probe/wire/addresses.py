"""Which addresses can be a public host's, and which cannot."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

# No public service lives here (RFC 6890, 6598, 5737, 4193, 4291, 3849). A resolver that answers one
# of these for a public name answers wrongly, or on purpose.
BOGONS: tuple[str, ...] = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/127",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
    "2001:db8::/32",
)
# Where a proxy that takes all traffic makes up an address for every name, and a client of
# a company's network for some. Whole blocks, because each name has its own. 0.0.0.0 is in none.
POOLS: tuple[str, ...] = (
    "198.18.0.0/15",  # sing-box's inet4_range as documented; Clash and Surge take it, too
    "100.64.0.0/10",  # Zscaler's 100.64.0.0/16, Cloudflare's 100.80.0.0/16, as documented
    "fc00::/7",  # sing-box's inet6_range as documented is fc00::/18
)
# Addresses that only this network or this device has: no provider's, and not 100.64.0.0/10 either.
OWN_NETWORKS: tuple[str, ...] = (
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
# Where a stub on this device answers applications: systemd-resolved's two (systemd-resolved(8)) and
# Docker's.
STUBS = frozenset({"127.0.0.53", "127.0.0.54", "127.0.0.11"})
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: holds an IPv4 address in its last 32 bits


@lru_cache(maxsize=16)
def networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts)


def in_networks(address: str, texts: Iterable[str]) -> bool:
    """Whether an address lies in one of these networks. Text that is no address lies in none."""
    return _lies_in(address, tuple(texts))


# Every judgement asks it of the same few answers, several times a second.
@lru_cache(maxsize=256)
def _lies_in(address: str, texts: tuple[str, ...]) -> bool:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        inner = parsed.ipv4_mapped
        if parsed in NAT64:
            inner = ip_address(int(parsed) & 0xFFFFFFFF)  # type: ignore[assignment]
        if inner is not None:
            parsed = inner
    return any(
        parsed.version == network.version and parsed in network for network in networks(texts)
    )


def is_bogon(address: str, *, expected: Iterable[str] = ()) -> bool:
    """Whether no public host can have this address. Networks in `expected` are never bogon."""
    return in_networks(address, BOGONS) and not in_networks(address, expected)


def pool_of(address: str) -> str:
    """The block of made-up addresses that this one lies in; empty: none."""
    return next((pool for pool in POOLS if in_networks(address, (pool,))), "")
