"""IPv4 addresses written as IPv6 ones, for a translator (RFC 6052), and how its prefix is learned.

A name that has IPv4 addresses only, and always the same two, is asked for its IPv6 addresses: what
comes can only be a translator's (RFC 7050).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network

ASKED_NAME = "ipv4only.arpa"
KNOWN = frozenset({IPv4Address("192.0.0.170"), IPv4Address("192.0.0.171")})  # RFC 7050 8.2
# RFC 6052 2.2: where the four bytes stand, by the length of the prefix; byte 8 is always zero.
PLACES: dict[int, tuple[int, int, int, int]] = {
    32: (4, 5, 6, 7),
    40: (5, 6, 7, 9),
    48: (6, 7, 9, 10),
    56: (7, 9, 10, 11),
    64: (9, 10, 11, 12),
    96: (12, 13, 14, 15),
}


def prefixes(addresses: Iterable[str]) -> tuple[IPv6Network, ...]:
    """The translators' prefixes that answers for ASKED_NAME show. Others show none."""
    found: dict[IPv6Network, None] = {}
    for text in addresses:
        address = _v6(text)
        if address is None:
            continue
        for length in sorted(PLACES, reverse=True):
            if _inner(address, length) in KNOWN:
                found[IPv6Network((address, length), strict=False)] = None
                break
    return tuple(found)


def untranslated(text: str, known: Iterable[IPv6Network]) -> str:
    """The IPv4 address that an address of a translator stands for; any other as it is."""
    address = _v6(text)
    if address is not None:
        for prefix in known:
            if address in prefix:
                return str(_inner(address, prefix.prefixlen))
    return text


def is_translated(text: str, prefixes: Iterable[str]) -> bool:
    """Whether an address is a translator's. Not `in_networks`: that reads an address of the
    well-known prefix as the IPv4 address inside it. Text that is no IPv6 address is none."""
    networks = [IPv6Network(prefix) for prefix in prefixes]
    if not networks:
        return False  # most networks translate nothing, and this is asked at every judgement
    address = _v6(text)
    return address is not None and any(address in network for network in networks)


def translated(text: str, prefix: IPv6Network) -> str:
    """An IPv4 address as the translator behind this prefix is asked for it.

    Raises ValueError for another text.
    """
    raw = bytearray(prefix.network_address.packed)
    for place, byte in zip(PLACES[prefix.prefixlen], IPv4Address(text).packed, strict=True):
        raw[place] = byte
    return str(IPv6Address(bytes(raw)))


def _inner(address: IPv6Address, length: int) -> IPv4Address:
    return IPv4Address(bytes(address.packed[place] for place in PLACES[length]))


def _v6(text: str) -> IPv6Address | None:
    try:
        return IPv6Address(text.partition("%")[0])
    except AddressValueError:
        return None
