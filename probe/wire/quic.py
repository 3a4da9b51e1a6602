"""The least of QUIC: a packet of a version that nobody speaks, and the answer that names others.

A server that speaks any version of QUIC must answer so (RFC 9000 6.1); nothing is begun by it, and
no key is needed. Only the parts that hold for every version are used (RFC 8999).
"""

from __future__ import annotations

import struct

# RFC 9000 15: versions of the pattern 0x?a?a?a?a are kept free to force this very answer.
UNSPOKEN_VERSION = 0x1A2A3A4A
# RFC 9000 14.1: what could begin a connection is at least so large, or it may be passed over.
LEAST_BYTES = 1200
ID_BYTES = 8
LONG_HEADER = 0xC0
HEADER = struct.Struct(f"!BIB{ID_BYTES}sB{ID_BYTES}s")


def question(to: bytes, me: bytes) -> bytes:
    """A packet that any server of QUIC answers. `to` and `me` are connection ids of 8 bytes."""
    header = HEADER.pack(LONG_HEADER, UNSPOKEN_VERSION, ID_BYTES, to, ID_BYTES, me)
    return header.ljust(LEAST_BYTES, b"\0")


def is_answer(reply: bytes, asked: bytes) -> bool:
    """Whether this is the answer to that question: version 0, our ids exchanged, and versions."""
    if len(reply) < HEADER.size + 4 or (len(reply) - HEADER.size) % 4:
        return False
    first, version, to_bytes, to, me_bytes, me = HEADER.unpack_from(reply)
    *_, asked_to, _, asked_me = HEADER.unpack_from(asked)
    return (
        bool(first & 0x80)
        and version == 0
        and (to_bytes, me_bytes) == (ID_BYTES, ID_BYTES)
        and (to, me) == (asked_me, asked_to)
    )
