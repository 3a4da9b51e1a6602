"""One datagram: who answers, who refuses, who says nothing."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
import sys

import pytest

from probe.tools.datagram import Heard, Poke, exchange, poke, read_extended_error
from tests.support.servers import HOST, refusing_port, udp_server

pytestmark = pytest.mark.real
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has IP_RECVERR")


def is_right(reply: bytes) -> bool:
    return reply == b"right"


async def test_the_reply_that_is_accepted_comes_back() -> None:
    async with udp_server(lambda asked: [b"wrong", b"", asked, b"right"]) as (port, asked):
        reply = await exchange(b"question", HOST, port, accept=is_right)

    assert reply == b"right"
    assert asked == [b"question"]


async def test_a_closed_port_is_heard() -> None:
    with refusing_port(socket.SOCK_DGRAM) as port, pytest.raises(ConnectionRefusedError):
        async with asyncio.timeout(2):
            await exchange(b"question", HOST, port, accept=is_right)


async def test_a_reply_from_another_port_is_not_heard() -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as server,
        socket.socket(type=socket.SOCK_DGRAM) as stranger,
    ):
        server.bind((HOST, 0))
        server.setblocking(False)
        port = server.getsockname()[1]
        asking = asyncio.create_task(exchange(b"?", HOST, port, accept=is_right))
        _, asker = await asyncio.get_running_loop().sock_recvfrom(server, 100)

        stranger.sendto(b"right", asker)

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asking, 0.2)


async def test_a_flood_of_wrong_replies_does_not_keep_the_loop_to_itself() -> None:
    """sock_recv does not yield while there is something to read, and no timeout would fire."""
    turns = 0
    seen: list[int] = []

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def reject(reply: bytes) -> bool:
        seen.append(turns)
        return reply == b"right"

    async with udp_server(lambda asked: [b"wrong"] * 20 + [b"right"]) as (port, _):
        counting = asyncio.create_task(count())
        await exchange(b"?", HOST, port, accept=reject)
        counting.cancel()

    assert len(seen) == 21
    assert len(set(seen)) == 21  # the loop went round between any two


async def test_giving_up_closes_the_socket() -> None:
    async with udp_server(lambda asked: []) as (port, _):
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(exchange(b"?", HOST, port, accept=is_right), 0.01)
            await poke(HOST, port, ttl=1, within_seconds=0.01)

        assert len(os.listdir("/proc/self/fd")) == before


async def test_a_poke_may_be_answered() -> None:
    async with udp_server(lambda asked: [b"hello"]) as (port, _):
        heard = await poke(HOST, port, ttl=1, within_seconds=2)

    assert heard.heard is Heard.ANSWERED
    assert heard.alive


async def test_a_poke_may_be_met_with_silence() -> None:
    async with udp_server(lambda asked: []) as (port, _):
        heard = await poke(HOST, port, ttl=1, within_seconds=0.1)

    assert heard.heard is Heard.SILENT
    assert not heard.alive
    assert heard.seconds >= 0.1


@linux_only
@pytest.mark.parametrize(
    ("address", "said"),
    [("127.0.0.9", (3, 3)), ("::1", (1, 4))],
)
async def test_a_closed_port_says_which_host_it_is_on(address: str, said: tuple[int, int]) -> None:
    with refusing_port(socket.SOCK_DGRAM) as port:
        heard = await poke(address, port, ttl=1, within_seconds=2)

    assert heard.heard is Heard.ICMP
    assert (heard.icmp_type, heard.icmp_code) == said
    assert heard.offender == address
    assert heard.errno == errno.ECONNREFUSED
    assert heard.alive


async def test_a_kernel_that_will_not_send_says_why() -> None:
    # Broadcasting must be asked for; this is loopback's own broadcast address.
    heard = await poke("127.255.255.255", 9, ttl=1, within_seconds=0.2)

    assert (heard.heard, heard.errno) == (Heard.ERRNO, errno.EACCES)
    assert not heard.alive


async def test_a_name_is_never_resolved() -> None:
    with pytest.raises(ValueError, match="localhost"):
        await poke("localhost", 9, ttl=1)


def sockaddr_in(address: str) -> bytes:
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))


def sockaddr_in6(address: str) -> bytes:
    packed = socket.inet_pton(socket.AF_INET6, address)
    return struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, packed, 0)


def extended(number: int, origin: int, kind: int, code: int) -> bytes:
    return struct.pack("=IBBBBII", number, origin, kind, code, 0, 0, 0)


TIME_EXCEEDED = extended(errno.EHOSTUNREACH, 2, 11, 0)
HOST_UNREACHABLE = extended(errno.EHOSTUNREACH, 2, 3, 1)
OWN = "192.168.1.20"


@pytest.mark.parametrize(
    ("data", "alive", "offender"),
    [
        pytest.param(
            TIME_EXCEEDED + sockaddr_in("192.168.1.1"), True, "192.168.1.1", id="the gateway"
        ),
        pytest.param(
            extended(errno.EHOSTUNREACH, 3, 3, 0) + sockaddr_in6("fe80::1"),
            True,
            "fe80::1",
            id="the gateway over IPv6",
        ),
        pytest.param(
            HOST_UNREACHABLE + sockaddr_in(OWN), False, OWN, id="our own stack, after failed ARP"
        ),
        pytest.param(TIME_EXCEEDED, False, None, id="nobody named"),
        pytest.param(
            TIME_EXCEEDED + struct.pack("=HH4x", socket.AF_UNSPEC, 0), False, None, id="no family"
        ),
        pytest.param(TIME_EXCEEDED + b"\x02", False, None, id="cut short"),
    ],
)
def test_who_said_no(data: bytes, alive: bool, offender: str | None) -> None:
    heard = read_extended_error(data, own=OWN)

    assert heard is not None
    assert (heard.heard, heard.alive, heard.offender) == (Heard.ICMP, alive, offender)


def test_a_local_error_is_no_icmp() -> None:
    heard = read_extended_error(extended(errno.EMSGSIZE, 1, 0, 0))

    assert heard == Poke(heard=Heard.ERRNO, errno=errno.EMSGSIZE)


def test_too_short_an_error_is_nothing() -> None:
    assert read_extended_error(b"\0" * 15) is None
