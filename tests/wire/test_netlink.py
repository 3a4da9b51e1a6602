from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.wire.netlink import (
    Address,
    Change,
    Interface,
    Neighbour,
    Route,
    Row,
    Table,
    changes_in,
    dump_request,
    read,
)
from probe.words import Failure, Family
from tests.wire.hostile import damaged, failure, fuzzed, value_or_failure

SEQUENCE = 77
NEW_LINK, NEW_ADDRESS, NEW_ROUTE, NEW_NEIGHBOUR, ERROR, DONE = 16, 20, 24, 28, 2, 3
V4, V6 = 2, 10


def message(kind: int, body: bytes = b"", sequence: int = SEQUENCE) -> bytes:
    padded = body + bytes(-len(body) % 4)
    return struct.pack("=IHHII", 16 + len(body), kind, 2, sequence, 4711) + padded


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def ip(text: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def number(value: int) -> bytes:
    return struct.pack("=I", value)


def link(index: int, name: str, flags: int, *more: bytes) -> bytes:
    head = struct.pack("=BxHiII", 0, 1, index, flags, 0)
    return message(NEW_LINK, head + attribute(3, name.encode() + b"\0") + b"".join(more))


def address(family: int, index: int, prefix: int, flags: int, *attributes: bytes) -> bytes:
    head = struct.pack("=BBBBI", family, prefix, flags, 0, index)
    return message(NEW_ADDRESS, head + b"".join(attributes))


def route(
    family: int, *attributes: bytes, prefix: int = 0, table: int = 254, kind: int = 1,
    flags: int = 0,
) -> bytes:  # fmt: skip
    head = struct.pack("=BBBBBBBBI", family, prefix, 0, 0, table, 3, 0, kind, flags)
    return message(NEW_ROUTE, head + b"".join(attributes))


def neighbour(index: int, state: int, *attributes: bytes) -> bytes:
    return message(
        NEW_NEIGHBOUR, struct.pack("=B3xiHBB", V4, index, state, 0, 1) + b"".join(attributes)
    )


def one(data: bytes) -> Row:
    rows, ended = read(data, SEQUENCE)
    assert not ended
    (row,) = rows
    return row


LINKS = {
    "up with a cable": (0x1 | 0x10000, True, True, False),
    "up without one": (0x1, True, False, False),
    "down": (0, False, False, False),
    "loopback": (0x1 | 0x8 | 0x10000, True, True, True),
}


@pytest.mark.parametrize(("flags", "up", "carrier", "loop"), LINKS.values(), ids=LINKS.keys())
def test_a_link_is_up_and_has_carrier_by_its_flags(
    flags: int, up: bool, carrier: bool, loop: bool
) -> None:
    assert one(link(3, "eth0", flags)) == Interface(
        index=3, name="eth0", up=up, carrier=carrier, loopback=loop
    )


KINDS = {
    "hardware": (b"", ""),
    "one end of a cable inside this machine": (attribute(18, attribute(1, b"veth\0")), "veth"),
    "made of software, and no word of what kind": (attribute(18, attribute(2, b"x")), ""),
    "with what belongs to its kind": (
        attribute(18, attribute(1, b"macvlan\0") + attribute(2, attribute(1, number(4)))),
        "macvlan",
    ),
}


@pytest.mark.parametrize(("info", "kind"), KINDS.values(), ids=KINDS.keys())
def test_a_link_made_of_software_says_of_what_kind(info: bytes, kind: str) -> None:
    found = one(link(3, "eth0", 0x1, info))

    assert isinstance(found, Interface)
    assert found.kind == kind


ADDRESSES = {
    "IPv4": (
        address(V4, 2, 24, 0x80, attribute(1, ip("192.168.1.7")), attribute(2, ip("192.168.1.7"))),
        Address(address="192.168.1.7", interface_index=2, prefix_length=24),
    ),
    "the near end of a line between two": (
        address(V4, 2, 32, 0x80, attribute(1, ip("10.0.0.1")), attribute(2, ip("10.0.0.2"))),
        Address(address="10.0.0.2", interface_index=2, prefix_length=32),
    ),
    "IPv6 that is still being checked": (
        address(V6, 2, 64, 0, attribute(1, ip("fe80::1")), attribute(8, number(0x40))),
        Address(address="fe80::1", interface_index=2, prefix_length=64, tentative=True),
    ),
    "IPv6 that somebody else has": (
        address(V6, 2, 64, 0x08, attribute(1, ip("2620::1"))),
        Address(address="2620::1", interface_index=2, prefix_length=64, tentative=True),
    ),
    "IPv6 for some days": (
        address(V6, 2, 64, 0x01, attribute(1, ip("2620::1"))),
        Address(address="2620::1", interface_index=2, prefix_length=64, temporary=True),
    ),
    "a second IPv4": (
        address(V4, 2, 24, 0x01, attribute(2, ip("192.168.1.8"))),
        Address(address="192.168.1.8", interface_index=2, prefix_length=24),
    ),
}


@pytest.mark.parametrize(("data", "expected"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_an_address_is_read(data: bytes, expected: Address) -> None:
    assert one(data) == expected


def v4_route(gateway: str = "192.168.1.1", index: int = 2, **other: int) -> Route:
    return Route(
        family=Family.IPV4, destination="", prefix_length=0, gateway=gateway,
        interface_index=index, **other,
    )  # fmt: skip


WAY = attribute(5, ip("192.168.1.1")), attribute(4, number(2))
ROUTES = {
    "default": (route(V4, *WAY), v4_route()),
    "default with a metric": (route(V4, *WAY, attribute(6, number(600))), v4_route(metric=600)),
    "in a table above 255": (route(V4, *WAY, attribute(15, number(1000)), table=252),
                             v4_route(table=1000)),
    "over an IPv6 router": (
        route(V4, attribute(18, struct.pack("=H", V6) + ip("fe80::1")), attribute(4, number(2))),
        v4_route(gateway="fe80::1")),
    "over two routers, the first counts": (
        route(V4, attribute(9, b"".join(
            struct.pack("=HBBi", 16, 0, 0, index) + attribute(5, ip(gateway))
            for index, gateway in ((2, "192.168.1.1"), (3, "192.168.2.1"))))),
        v4_route()),
    "to the link itself": (
        route(V4, attribute(1, ip("192.168.1.0")), attribute(4, number(2)), prefix=24),
        Route(family=Family.IPV4, destination="192.168.1.0", prefix_length=24, gateway="",
              interface_index=2)),
    "IPv6": (
        route(V6, attribute(5, ip("fe80::1")), attribute(4, number(2))),
        Route(family=Family.IPV6, destination="", prefix_length=0, gateway="fe80::1",
              interface_index=2)),
    "into nothing": (route(V4, kind=6), v4_route(gateway="", index=0, type=6)),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), ROUTES.values(), ids=ROUTES.keys())
def test_a_route_is_read(data: bytes, expected: Route) -> None:
    assert one(data) == expected


def test_a_route_into_nothing_does_not_reach() -> None:
    assert v4_route().reaches
    assert v4_route().unicast
    assert not v4_route(type=6).reaches  # RTN_BLACKHOLE


STATES = {
    0x01: (False, False), 0x02: (False, True), 0x04: (False, False), 0x20: (True, False),
    0x80: (False, False),
}  # fmt: skip


@pytest.mark.parametrize(("state", "expected"), STATES.items(), ids=lambda value: str(value))
def test_a_neighbour_is_read_with_its_state(state: int, expected: tuple[bool, bool]) -> None:
    row = one(neighbour(2, state, attribute(1, ip("192.168.1.1")), attribute(2, b"\x02abcde")))

    assert isinstance(row, Neighbour)
    assert (row.address, row.interface_index) == ("192.168.1.1", 2)
    assert row.mac == "02:61:62:63:64:65"
    assert (row.failed, row.reachable) == expected


def test_an_empty_hardware_address_is_none() -> None:
    row = one(neighbour(2, 0x01, attribute(1, ip("192.168.1.1")), attribute(2, bytes(6))))

    assert isinstance(row, Neighbour)
    assert row.mac == ""


PASSED_OVER = {
    "a message nobody knows": message(99, bytes(40)),
    "an answer to somebody else": message(ERROR, number(2**32 - 1), sequence=SEQUENCE + 1),
    "a bridge's neighbour, without an address": neighbour(2, 2, attribute(2, b"abcdef")),
    "a cached route": route(V4, *WAY, flags=0x200),
    "a route of another protocol": route(28, attribute(4, number(2))),
    "an address of no family": address(0, 2, 0, 0),
    "less than a header": bytes(15),
    "nothing": b"",
}


@pytest.mark.parametrize("data", PASSED_OVER.values(), ids=PASSED_OVER.keys())
def test_what_is_not_ours_is_passed_over(data: bytes) -> None:
    assert read(data, SEQUENCE) == ([], False)


def test_the_dump_ends_when_the_kernel_says_so() -> None:
    rows, ended = read(link(1, "lo", 9) + message(DONE, number(0)) + link(2, "eth0", 1), SEQUENCE)

    assert ended
    assert [row.name for row in rows if isinstance(row, Interface)] == ["lo"]


def resized(length: int) -> bytes:
    return struct.pack("=I", length) + link(1, "lo", 9)[4:]


BROKEN = {
    "longer than what came": resized(1000),
    "shorter than its header": resized(15),
    "of no length": resized(0),
    "an unknown one of no length": struct.pack("=IHHII", 0, 99, 2, SEQUENCE, 0),
    "of all length": resized(2**32 - 1),
    "a row that is cut": message(NEW_LINK, bytes(7)),
    "an attribute longer than its row": message(NEW_LINK, bytes(16) + b"\xff\xff\x03\0"),
    "an attribute of no length": message(NEW_LINK, bytes(16) + b"\0\0\x03\0"),
    "an address of three bytes": address(V4, 2, 24, 0, attribute(2, b"abc")),
    "a gateway of three bytes": route(V4, attribute(5, b"abc")),
    "a next hop that is cut": route(V4, attribute(9, b"abc")),
    "the kernel refuses": message(ERROR, struct.pack("=i", -1)),
    "the kernel refuses without a word": message(ERROR),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_is_unreadable(data: bytes) -> None:
    assert failure(lambda: read(data, SEQUENCE)) is Failure.UNKNOWN


WHOLE = (
    link(2, "eth0", 0x10001)
    + address(V4, 2, 24, 0, attribute(2, ip("192.168.1.7")))
    + route(V4, *WAY)
    + neighbour(2, 2, attribute(1, ip("192.168.1.1")), attribute(2, b"abcdef"))
    + message(DONE, number(0))
)


@fuzzed
@given(damaged(WHOLE))
def test_damaged_bytes_are_rows_or_unreadable(data: bytes) -> None:
    value_or_failure(lambda: read(data, SEQUENCE))


@fuzzed
@given(st.sampled_from([NEW_LINK, NEW_ADDRESS, NEW_ROUTE, NEW_NEIGHBOUR, ERROR]), st.binary())
def test_random_rows_are_rows_or_unreadable(kind: int, body: bytes) -> None:
    value_or_failure(lambda: read(message(kind, body), SEQUENCE))


def dump(table: Table) -> list[Row]:
    """Ask this machine's own kernel."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.settimeout(5)
        kernel.send(dump_request(table, SEQUENCE))
        rows: list[Row] = []
        ended = False
        while not ended:
            more, ended = read(kernel.recv(65536), SEQUENCE)
            rows += more
        return rows


on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="netlink is Linux's")


@pytest.mark.real
@on_linux
def test_the_kernels_links_are_those_of_sys_class_net() -> None:
    links = {row.name: row for row in dump(Table.LINKS) if isinstance(row, Interface)}

    listed = {path.name: path for path in Path("/sys/class/net").iterdir() if path.is_dir()}
    assert links.keys() == listed.keys()
    for name, path in listed.items():
        flags = int((path / "flags").read_text(), 16)
        assert links[name].index == int((path / "ifindex").read_text())
        assert links[name].up is bool(flags & 1)
        if links[name].up:
            assert links[name].carrier is ((path / "carrier").read_text().strip() == "1")
    assert links["lo"].loopback


@pytest.mark.real
@on_linux
def test_the_kernels_addresses_hold_the_loopback() -> None:
    addresses = [row for row in dump(Table.ADDRESSES) if isinstance(row, Address)]

    loopback = next(row for row in addresses if row.address == "127.0.0.1")
    assert (loopback.prefix_length, loopback.interface_index) == (8, socket.if_nametoindex("lo"))
    listed = Path("/proc/net/if_inet6")  # absent where IPv6 is switched off
    lines = listed.read_text().splitlines() if listed.exists() else []
    expected = {line.split()[0] for line in lines}
    assert {ip(row.address).hex() for row in addresses if ":" in row.address} == expected


@pytest.mark.real
@on_linux
def test_the_kernels_ipv4_routes_are_those_of_proc() -> None:
    rows = [row for row in dump(Table.ROUTES) if isinstance(row, Route)]

    main = {
        (socket.if_indextoname(row.interface_index), row.destination or "0.0.0.0",
         row.gateway or "0.0.0.0", row.metric, row.prefix_length)
        for row in rows
        if row.family is Family.IPV4 and row.table == 254 and row.unicast
    }  # fmt: skip
    listed = set()
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        name, to, gateway, flags, _, _, metric, mask, *_ = line.split()
        if not int(flags, 16) & 0x200:  # RTF_REJECT
            listed.add((name, hexed(to), hexed(gateway), int(metric), int(mask, 16).bit_count()))
    assert main == listed


def hexed(text: str) -> str:
    """/proc/net/route writes addresses as the machine's own 32-bit numbers."""
    return socket.inet_ntoa(struct.pack("=I", int(text, 16)))


@pytest.mark.real
@on_linux
def test_the_kernels_neighbours_are_those_of_proc() -> None:
    rows = [row for row in dump(Table.NEIGHBOURS) if isinstance(row, Neighbour)]

    lines = Path("/proc/net/arp").read_text().splitlines()[1:]
    # /proc leaves out what needs no ARP (NUD_NOARP, 0x40) and what has no state.
    listed = {line.split()[0] for line in lines}
    assert listed == {r.address for r in rows if ":" not in r.address and r.state & ~0x40}


NEWS = {
    "a link came": (link(2, "eth0", 1), {Change.TABLES}),
    "a link went": (message(17, bytes(16)), {Change.TABLES}),
    "an address went": (message(21, bytes(8)), {Change.TABLES}),
    "a route went": (message(25, bytes(12)), {Change.TABLES}),
    "a neighbour was found": (neighbour(2, 0x02, attribute(1, ip("192.168.1.1"))), set()),
    "a neighbour was forgotten": (message(29, bytes(12)), set()),
    "a neighbour is lost": (
        neighbour(2, 0x20, attribute(1, ip("192.168.1.1"))), {Change.NEIGHBOUR_LOST}),
    "several at once": (
        neighbour(2, 0x20, attribute(1, ip("192.168.1.1"))) + link(2, "eth0", 1),
        {Change.TABLES, Change.NEIGHBOUR_LOST}),
    "something else": (message(99, bytes(16)), set()),
    "nothing": (b"", set()),
}  # fmt: skip


@pytest.mark.parametrize("case", NEWS)
def test_what_the_kernel_tells_unasked(case: str) -> None:
    data, expected = NEWS[case]

    assert changes_in(data) == expected


AGES = {
    "just now": ((0, 5, 5, 1), 0.0, True),
    "half a minute ago": ((3000, 1, 1, 1), 30.0, False),
}


@pytest.mark.parametrize("case", AGES)
def test_a_neighbour_says_when_it_was_last_proven(case: str) -> None:
    ticks, seconds, lately = AGES[case]

    row = one(
        neighbour(
            2, 0x02, attribute(1, ip("192.168.1.1")), attribute(3, struct.pack("=4I", *ticks))
        )
    )

    assert isinstance(row, Neighbour)
    assert row.confirmed_seconds == seconds
    assert row.proven_within(3.5) is lately


def test_a_neighbour_without_an_age_is_proven_by_nothing() -> None:
    row = one(neighbour(2, 0x02, attribute(1, ip("192.168.1.1"))))

    assert isinstance(row, Neighbour)
    assert not row.proven_within(60)
