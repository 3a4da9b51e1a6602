"""ARP over Ethernet (RFC 826), as the question "who has this address?" needs it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

# Hardware and protocol type, their lengths, operation; sender and target, hardware then protocol.
PACKET = struct.Struct("!HHBBH6s4s6s4s")
ETHERNET, IPV4 = 1, 0x0800
REQUEST = 1
MAC_BYTES = 6
NOBODY = "0.0.0.0"  # RFC 5227 2.1.1: a probe names no sender, so that no table learns from it


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One packet's word about who has an address."""

    address: str
    mac: str


def who_has(address: str, *, own_mac: bytes) -> bytes:
    """Ask who has an IPv4 address. Raises ValueError for another, or for a MAC of another kind."""
    if len(own_mac) != MAC_BYTES:
        raise ValueError("not an Ethernet address")
    return PACKET.pack(
        ETHERNET, IPV4, MAC_BYTES, 4, REQUEST,
        own_mac, IPv4Address(NOBODY).packed, bytes(MAC_BYTES), IPv4Address(address).packed,
    )  # fmt: skip


def claim(data: bytes) -> Claim | None:
    """What a packet claims for its sender; None when it is no ARP of ours to read.

    Requests claim as well as replies do (RFC 5227 2.1.1).
    """
    if len(data) < PACKET.size:
        return None
    hardware, protocol, mac_bytes, address_bytes, _, mac, address, _, _ = PACKET.unpack_from(data)
    if (hardware, protocol, mac_bytes, address_bytes) != (ETHERNET, IPV4, MAC_BYTES, 4):
        return None
    return Claim(address=str(IPv4Address(address)), mac=mac.hex(":"))
