"""The kernel's network tables as rtnetlink sends them (rtnetlink(7), linux/rtnetlink.h).

Dump requests out, values in. Every length that the bytes claim is checked against the bytes that
are there; unknown messages and attributes are passed over, as the kernel asks its readers to.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from ipaddress import ip_address

from probe.failures import LookFailed
from probe.words import Failure, Family, Speed, Step

HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
ATTRIBUTE = struct.Struct("=HH")  # rtattr: length, type
LINK = struct.Struct("=BxHiII")  # ifinfomsg: family, type, index, flags, change
ADDRESS = struct.Struct("=BBBBI")  # ifaddrmsg: family, prefix length, flags, scope, index
ROUTE = struct.Struct("=BBBBBBBBI")  # rtmsg: family, dst, src, tos, table, protocol, scope, type
NEIGHBOUR = struct.Struct("=B3xiHBB")  # ndmsg: family, index, state, flags, type
ALIGNMENT = 4

# Linux's numbers (linux/socket.h): netlink speaks no other system's.
AF_UNSPEC, AF_INET, AF_INET6 = 0, 2, 10

NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST_DUMP = 0x301  # REQUEST | ROOT | MATCH
NLM_F_DUMP_INTR = 0x10  # the table changed while it was told: rows may be missing, or twice there
RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWNEIGH = 16, 20, 24, 28
IFF_UP, IFF_LOOPBACK, IFF_LOWER_UP = 0x1, 0x8, 0x10000
IFLA_IFNAME, IFLA_LINKINFO, IFLA_INFO_KIND = 3, 18, 1
IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS = 1, 2, 8
IFA_F_TEMPORARY, IFA_F_DADFAILED, IFA_F_TENTATIVE = 0x01, 0x08, 0x40
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_MULTIPATH, RTA_TABLE = 1, 4, 5, 6, 9, 15
RTA_VIA = 18
RTN_UNICAST, RTN_LOCAL = 1, 2
RTM_F_CLONED = 0x200
NDA_DST, NDA_LLADDR, NDA_CACHEINFO = 1, 2, 3
NUD_INCOMPLETE, NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE = 0x01, 0x02, 0x04, 0x08, 0x10
NUD_FAILED, NUD_NOARP, NUD_PERMANENT = 0x20, 0x40, 0x80
NEXTHOP = struct.Struct("=HBBi")  # rtnexthop: length, flags, hops, index
CACHEINFO = struct.Struct("=IIII")  # nda_cacheinfo: confirmed, used, updated, references
TICKS_PER_SECOND = 100  # USER_HZ (asm/param.h): 100 on x86, ARM, POWER, s390 and RISC-V

MOST_ROWS = 20_000  # a full routing table is no home's; more rows are not read


class Table(IntEnum):
    """What can be dumped: the RTM_GET* number of each table."""

    LINKS = 18
    ADDRESSES = 22
    ROUTES = 26
    NEIGHBOURS = 30


class Change(StrEnum):
    """What the kernel tells of unasked."""

    TABLES = "tables"  # links, addresses or routes
    NEIGHBOUR_LOST = "neighbour_lost"  # the kernel asked for a neighbour in vain


# RTM_NEW* and RTM_DEL* of links, addresses and routes.
OF_TABLES = frozenset({16, 17, 20, 21, 24, 25})


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    index: int
    name: str
    up: bool  # switched on
    carrier: bool  # a cable, or an association
    loopback: bool
    kind: str = ""  # of a link made of software: veth, bridge, tun, macvlan; "": hardware


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    address: str
    interface_index: int
    prefix_length: int
    tentative: bool = False  # still being checked for a duplicate, or found to be one
    temporary: bool = False  # RFC 8981


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    family: Family
    destination: str  # "" for a default route
    prefix_length: int
    gateway: str  # "" when the destination is on the link
    interface_index: int
    metric: int = 0
    table: int = 254
    type: int = RTN_UNICAST  # RTN_*

    @property
    def unicast(self) -> bool:
        """An ordinary route, to somebody else."""
        return self.type == RTN_UNICAST

    @property
    def reaches(self) -> bool:
        """It leads somewhere, be it to this host itself; not blackhole, unreachable, prohibit."""
        return self.type in {RTN_UNICAST, RTN_LOCAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    address: str
    interface_index: int
    mac: str
    state: int  # NUD_*
    # How long ago it was last proven to be there; None: the kernel does not say.
    confirmed_seconds: float | None = None

    @property
    def failed(self) -> bool:
        """The kernel asked for it and nobody answered."""
        return bool(self.state & NUD_FAILED)

    @property
    def reachable(self) -> bool:
        """It answered the kernel lately: within 45 s (RFC 4861 7.3.2, base_reachable_time 30 s)."""
        return bool(self.state & NUD_REACHABLE)

    def proven_within(self, seconds: float) -> bool:
        """It answered the kernel within so many seconds. An entry may be REACHABLE for 45 s after
        the neighbour has gone, so its state alone proves nothing about now."""
        age = self.confirmed_seconds
        return self.reachable and age is not None and age <= seconds


Row = Interface | Address | Route | Neighbour


def dump_request(table: Table, sequence: int) -> bytes:
    """Ask the kernel for a whole table, all families."""
    body = LINK.pack(AF_UNSPEC, 0, 0, 0, 0)
    length = HEADER.size + len(body)
    return HEADER.pack(length, table, NLM_F_REQUEST_DUMP, sequence, 0) + body


def read(data: bytes, sequence: int) -> tuple[list[Row], bool]:
    """The rows in one datagram of a dump, and whether the dump ends with it.

    Raises LookFailed(UNKNOWN) when the kernel refuses or the bytes are no netlink.
    """
    rows: list[Row] = []
    for kind, number, _, body in _messages(data):
        if number != sequence:
            continue  # an answer to somebody who asked before
        if kind == NLMSG_DONE:
            return rows, True
        if kind == NLMSG_ERROR:
            (code,) = struct.unpack_from("=i", body) if len(body) >= 4 else (0,)
            raise _unreadable(f"the kernel refused to list its tables ({-code})")
        row = _row(kind, body)
        if row is not None:
            rows.append(row)
        if len(rows) > MOST_ROWS:
            raise _unreadable(f"more than {MOST_ROWS} rows")
    return rows, False


def is_torn(data: bytes, sequence: int) -> bool:
    """Whether the table changed while this part of its dump was made (linux/netlink.h).

    Raises LookFailed(UNKNOWN) when the bytes are no netlink.
    """
    return any(
        number == sequence and bool(flags & NLM_F_DUMP_INTR)
        for _, number, flags, _ in _messages(data)
    )


def changes_in(data: bytes) -> set[Change]:
    """What one datagram of news is about. Neighbours come and go; only a lost one is news.

    Raises LookFailed(UNKNOWN) when the bytes are no netlink.
    """
    found: set[Change] = set()
    for kind, _, _, body in _messages(data):
        if kind in OF_TABLES:
            found.add(Change.TABLES)
        elif kind == RTM_NEWNEIGH:
            row = _row(kind, body)
            if isinstance(row, Neighbour) and row.failed:
                found.add(Change.NEIGHBOUR_LOST)
    return found


def _messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Type, sequence, flags and body of each."""
    position = 0
    while position + HEADER.size <= len(data):
        length, kind, flags, sequence, _ = HEADER.unpack_from(data, position)
        if length < HEADER.size or position + length > len(data):
            raise _unreadable("a message that is longer than what came")
        yield kind, sequence, flags, data[position + HEADER.size : position + length]
        position += _aligned(length)


def _row(kind: int, body: bytes) -> Row | None:
    try:
        match kind:
            case 16:
                return _link(body)
            case 20:
                return _address(body)
            case 24:
                return _route(body)
            case 28:
                return _neighbour(body)
            case _:
                return None
    except (struct.error, ValueError) as error:
        raise _unreadable(f"a row that cannot be read: {error}") from error


def _link(body: bytes) -> Interface:
    _, _, index, flags, _ = LINK.unpack_from(body)
    found = _attributes(body, LINK.size)
    info = _attributes(found.get(IFLA_LINKINFO, b""), 0)
    return Interface(
        index=index,
        name=_name(found.get(IFLA_IFNAME, b"")),
        up=bool(flags & IFF_UP),
        carrier=bool(flags & IFF_LOWER_UP),
        loopback=bool(flags & IFF_LOOPBACK),
        kind=_name(info.get(IFLA_INFO_KIND, b"")),
    )


def _name(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode(errors="replace")


def _address(body: bytes) -> Address | None:
    _, prefix, flags, _, index = ADDRESS.unpack_from(body)
    found = _attributes(body, ADDRESS.size)
    # On a point-to-point link IFA_ADDRESS is the far end and IFA_LOCAL is us.
    raw = found.get(IFA_LOCAL) or found.get(IFA_ADDRESS)
    if raw is None:
        return None
    if len(found.get(IFA_FLAGS, b"")) >= 4:
        (flags,) = struct.unpack_from("=I", found[IFA_FLAGS])
    is_v6 = len(raw) == 16
    return Address(
        address=_text(raw),
        interface_index=index,
        prefix_length=prefix,
        tentative=bool(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)),
        # 0x01 is IFA_F_SECONDARY for IPv4 and IFA_F_TEMPORARY for IPv6.
        temporary=is_v6 and bool(flags & IFA_F_TEMPORARY),
    )


# The tables are read about once a second, and routes say byte for byte what they said before.
# Links count bytes and neighbours have an age: those rows are never the same.
@lru_cache(maxsize=128)
def _route(body: bytes) -> Route | None:
    family, prefix, _, _, table, _, _, kind, flags = ROUTE.unpack_from(body)
    if family not in {AF_INET, AF_INET6} or flags & RTM_F_CLONED:
        return None
    found = _attributes(body, ROUTE.size)
    gateway, index = found.get(RTA_GATEWAY, b""), _number(found.get(RTA_OIF))
    if RTA_VIA in found:
        gateway = found[RTA_VIA][2:]  # an IPv4 route over an IPv6 router: family, then address
    if RTA_MULTIPATH in found:
        gateway, index = _first_hop(found[RTA_MULTIPATH])
    return Route(
        family=Family.IPV4 if family == AF_INET else Family.IPV6,
        destination=_text(found[RTA_DST]) if RTA_DST in found else "",
        prefix_length=prefix,
        gateway=_text(gateway) if gateway else "",
        interface_index=index,
        metric=_number(found.get(RTA_PRIORITY)),
        table=_number(found.get(RTA_TABLE)) or table,
        type=kind,
    )


def _first_hop(data: bytes) -> tuple[bytes, int]:
    """Of several next hops the first: enough to know that there is a way and where it begins."""
    length, _, _, index = NEXTHOP.unpack_from(data)
    return _attributes(data[:length], NEXTHOP.size).get(RTA_GATEWAY, b""), index


def _neighbour(body: bytes) -> Neighbour | None:
    _, index, state, _, _ = NEIGHBOUR.unpack_from(body)
    found = _attributes(body, NEIGHBOUR.size)
    if len(found.get(NDA_DST, b"")) not in {4, 16}:
        return None  # a bridge's row has no address
    mac = found.get(NDA_LLADDR, b"")
    ages = found.get(NDA_CACHEINFO, b"")
    known = len(ages) >= CACHEINFO.size
    return Neighbour(
        address=_text(found[NDA_DST]),
        interface_index=index,
        mac=mac.hex(":") if any(mac) else "",
        state=state,
        confirmed_seconds=CACHEINFO.unpack_from(ages)[0] / TICKS_PER_SECOND if known else None,
    )


def _attributes(body: bytes, start: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    position = _aligned(start)
    while position + ATTRIBUTE.size <= len(body):
        length, kind = ATTRIBUTE.unpack_from(body, position)
        if length < ATTRIBUTE.size or position + length > len(body):
            raise ValueError("an attribute that is longer than its row")
        # The two highest bits say how the value is packed (NLA_F_NESTED, NLA_F_NET_BYTEORDER).
        found[kind & 0x3FFF] = body[position + ATTRIBUTE.size : position + length]
        position += _aligned(length)
    return found


def _number(raw: bytes | None) -> int:
    return int(struct.unpack_from("=I", raw)[0]) if raw is not None and len(raw) >= 4 else 0


def _text(raw: bytes) -> str:
    if len(raw) not in {4, 16}:
        raise ValueError(f"an address of {len(raw)} bytes")
    return str(ip_address(raw))


def _aligned(length: int) -> int:
    return (length + ALIGNMENT - 1) & ~(ALIGNMENT - 1)


def _unreadable(detail: str) -> LookFailed:
    return LookFailed(Failure.UNKNOWN, Speed.ACTIVE, f"network tables: {detail}", step=Step.READ)
