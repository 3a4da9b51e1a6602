"""The kernel tells when its network tables change (rtnetlink(7)); nobody waits for the next look.

Changes come in bursts: a cable that is pulled takes a route, then an address. What is told is that
the tables have come to rest, never what they were in between.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import suppress

from probe.failures import LookFailed
from probe.wire.netlink import Change, changes_in

# RTMGRP_* of linux/rtnetlink.h: links, neighbours, and addresses and routes of either family.
GROUPS = 0x1 | 0x4 | 0x10 | 0x40 | 0x100 | 0x400
DATAGRAM_BYTES = 64 * 1024
# A route that is replaced is gone for microseconds, a DHCP client needs some tens of milliseconds.
QUIET_SECONDS = 0.2
AT_MOST_SECONDS = 0.8
# Tables that never rest (a router's, a container host's) are told of once in so long.
REST_SECONDS = 0.5


async def follow(tell: Callable[[Change], object]) -> None:
    """Tell of every change until cancelled. Returns where the kernel does not let us listen."""
    with (
        suppress(OSError),
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock,
    ):
        sock.setblocking(False)
        sock.bind((0, GROUPS))
        while True:
            heard = await _burst(sock)
            for change in sorted(heard):
                tell(change)
            await asyncio.sleep(REST_SECONDS if heard else 0)


async def _burst(sock: socket.socket) -> set[Change]:
    """What one burst of messages says together."""
    loop = asyncio.get_running_loop()
    heard = await _next(sock)
    until = loop.time() + AT_MOST_SECONDS
    while heard and loop.time() < until:
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                heard |= await _next(sock)
        except TimeoutError:
            break
    return heard


async def _next(sock: socket.socket) -> set[Change]:
    try:
        return changes_in(await asyncio.get_running_loop().sock_recv(sock, DATAGRAM_BYTES))
    except LookFailed:
        return {Change.TABLES}  # unreadable: look for yourselves
    except OSError as error:
        if error.errno == errno.ENOBUFS:  # more than the socket holds: some are lost
            return {Change.TABLES, Change.NEIGHBOUR_LOST}
        raise
