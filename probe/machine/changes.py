"""The kernel tells when its network tables change (rtnetlink(7)); nobody waits for the next look.

Changes come in bursts: a cable that is pulled takes a route, then an address. What is told is that
the tables have come to rest, never what they were in between.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable

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
# What keeps us from listening (no files left, a sandbox) lasts; the tables are read every 5 s
# meanwhile (probe/looks.py).
AGAIN_SECONDS = 60.0

log = logging.getLogger(__name__)


async def follow(tell: Callable[[Change], object]) -> None:
    """Tell of every change until cancelled. Where the kernel does not let us listen, that is logged
    once, and tried again now and then."""
    logged = False
    while True:
        try:
            await _listen(tell, missed=logged)
        except OSError as error:
            if not logged:
                said = "the kernel's news of the network cannot be heard: %s; looking now and then"
                log.warning(said, error)
            logged = True
        await asyncio.sleep(AGAIN_SECONDS)


async def _listen(tell: Callable[[Change], object], *, missed: bool) -> None:
    """Tell of every change until cancelled. Raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.setblocking(False)
        sock.bind((0, GROUPS))
        if missed:  # nobody knows what has changed meanwhile
            tell(Change.TABLES)
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
