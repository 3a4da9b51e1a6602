"""ICMP as isitme needs it: an echo request and its reply, and what an error message means.

RFC 792 for IPv4, RFC 4443 for IPv6.
"""

from __future__ import annotations

import struct
from enum import StrEnum

ECHO = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
ECHO_REQUEST = {4: 8, 6: 128}
ECHO_REPLY = {4: 0, 6: 129}
IPV4_VERSION = 4


class Word(StrEnum):
    """What an ICMP error says."""

    EXPIRED = "expired"  # the datagram had lived its hops: who says so passes datagrams on
    NO_WAY = "no_way"  # network or host unreachable: who says so knows no way there
    FORBIDDEN = "forbidden"  # administratively prohibited
    CLOSED = "closed"  # the host itself: nobody listens at that port
    OTHER = "other"


WORDS: dict[tuple[int, int, int], Word] = {
    # version, type, code
    (4, 11, 0): Word.EXPIRED,
    (4, 3, 0): Word.NO_WAY,  # net unreachable
    (4, 3, 1): Word.NO_WAY,  # host unreachable
    (4, 3, 6): Word.NO_WAY,  # network unknown
    (4, 3, 7): Word.NO_WAY,  # host unknown
    (4, 3, 9): Word.FORBIDDEN,
    (4, 3, 10): Word.FORBIDDEN,
    (4, 3, 13): Word.FORBIDDEN,
    (4, 3, 3): Word.CLOSED,
    (6, 3, 0): Word.EXPIRED,
    (6, 1, 0): Word.NO_WAY,  # no route
    (6, 1, 3): Word.NO_WAY,  # address unreachable
    (6, 1, 1): Word.FORBIDDEN,
    (6, 1, 5): Word.FORBIDDEN,  # ingress or egress policy
    (6, 1, 4): Word.CLOSED,
}


def word_of(version: int, kind: int | None, code: int | None) -> Word:
    """What an error's type and code say."""
    return WORDS.get((version, kind or 0, code or 0), Word.OTHER)


def echo_request(version: int, payload: bytes, sequence: int) -> bytes:
    """An echo request. The kernel fills in the identifier, and for IPv6 the checksum."""
    head = ECHO.pack(ECHO_REQUEST[version], 0, 0, 0, sequence)
    if version != IPV4_VERSION:
        return head + payload
    checksum = internet_checksum(head + payload)
    return ECHO.pack(ECHO_REQUEST[version], 0, checksum, 0, sequence) + payload


def is_echo_reply(data: bytes, version: int, payload: bytes) -> bool:
    """Whether this answers an echo request with that payload.

    Raw sockets, and macOS's unprivileged ones, hand over the IPv4 header as well.
    """
    if version == IPV4_VERSION and data and data[0] >> 4 == IPV4_VERSION:
        data = data[(data[0] & 0x0F) * 4 :]
    return len(data) >= ECHO.size and data[0] == ECHO_REPLY[version] and data[8:] == payload


def internet_checksum(data: bytes) -> int:
    """RFC 1071."""
    padded = data + bytes(len(data) % 2)
    words: tuple[int, ...] = struct.unpack(f"!{len(padded) // 2}H", padded)
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
