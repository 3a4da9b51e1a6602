"""One attempt to connect over TCP that is meant to die on the way.

A filter looks at the port of a TCP packet, so only a TCP packet to that very port shows where it
stands. Needs no privilege: since Linux 5.18 a connecting socket with IP_RECVERR hears ICMP errors
with their senders (commit 45af29ca761c, "allow traceroute -Mtcp for unpriv users"). Elsewhere only
an answer, a refusal and silence are told apart.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from dataclasses import dataclass
from pathlib import Path

from probe.tools.datagram import Heard, Poke, error_queue, set_hops
from probe.tools.icmp_errors import LINUX
from probe.tools.stream import open_socket, socket_address

# The first SYN and the one that is sent again after 1 s (RFC 6298 2.1).
KNOCK_SECONDS = 1.2
NETSTAT = Path("/proc/net/netstat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """What became of an attempt to connect."""

    opened: bool = False
    refused: bool = False  # a reset came back, from whomever
    expired: bool = False  # it ran out of hops: whoever said so had let it in
    expired_at: str | None = None  # who that was
    turned_away_by: str | None = None  # who said by ICMP that it may not pass or cannot be reached
    own: bool = False  # that was this host's own stack
    icmp: tuple[int, int] | None = None  # type and code
    silent: bool = False
    # This kernel's count of packets it could not send grew meanwhile: its own filter dropped them.
    withheld: bool = False


async def knock(
    address: str,
    port: int,
    *,
    ttl: int,
    within_seconds: float = KNOCK_SECONDS,
    source: str | None = None,
) -> Knock:
    """Try to connect with packets that live `ttl` hops. Raises ValueError for a name."""
    loop = asyncio.get_running_loop()
    family, target = socket_address(address, port)
    before = unsent()
    try:
        sock = open_socket(family, socket.SOCK_STREAM, address, source)
    except OSError:
        return Knock()
    heard = asyncio.Event()
    try:
        set_hops(sock, family, ttl)
        number = sock.connect_ex(target)
        own = str(sock.getsockname()[0]).partition("%")[0]
        if number in (0, errno.EINPROGRESS):
            loop.add_writer(sock, heard.set)
            try:
                async with asyncio.timeout(within_seconds):
                    await heard.wait()
            except TimeoutError:
                return Knock(silent=True, withheld=unsent() > before)
            finally:
                loop.remove_writer(sock)
        queued = error_queue(sock, 0.0, own=own)
        number = number if number not in (0, errno.EINPROGRESS) else _error_of(sock)
        return read_fate(queued, number)
    except OSError as error:
        return read_fate(None, error.errno or errno.EIO)
    finally:
        sock.close()


def read_fate(queued: Poke | None, number: int) -> Knock:
    """What the error queue and the errno of a connecting socket mean together."""
    if queued is not None and queued.heard is Heard.ICMP:
        icmp = (queued.icmp_type or 0, queued.icmp_code or 0)
        if queued.expired:
            return Knock(expired=True, expired_at=queued.offender, icmp=icmp)
        return Knock(turned_away_by=queued.offender, own=queued.own, icmp=icmp)
    return Knock(opened=number == 0, refused=number == errno.ECONNREFUSED)


def unsent() -> int:
    """How many TCP packets this kernel failed to send again, in this network namespace; 0 where
    that is not told. A filter of this host makes sending fail, a filter elsewhere does not."""
    if not LINUX:
        return 0
    try:
        rows = [line.split() for line in NETSTAT.read_text().splitlines()]
    except OSError:
        return 0
    for names, values in zip(rows[::2], rows[1::2], strict=False):
        if "TCPRetransFail" in names:
            return int(values[names.index("TCPRetransFail")])
    return 0


def _error_of(sock: socket.socket) -> int:
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
