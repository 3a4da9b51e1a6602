"""One UDP question, one answer; or one datagram that is meant to die on the way.

Connected sockets, because only they hear that a port is closed, and because the kernel then drops
what comes from any other address and port.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from probe.tools import icmp_errors
from probe.tools.stream import open_socket, socket_address

DATAGRAM_BYTES = 65536  # more than any UDP datagram
# Failed ARP shows itself after 3.05-3.08 s (measured, Linux); a shorter wait never hears it.
POKE_SECONDS = 3.5

# Type and code, RFC 792 and RFC 4443. Only the host that was addressed itself says this.
PORT_UNREACHABLE = frozenset({(3, 3), (1, 4)})


class Heard(StrEnum):
    """What became of a poke."""

    ANSWERED = "answered"
    ICMP = "icmp"  # somebody on the way, or this host's own stack, said no
    ERRNO = "errno"  # this kernel said no; without an error queue that may stand for an ICMP
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poke:
    """The fate of one datagram. Which ICMP message it was, and from whom."""

    heard: Heard
    icmp_type: int | None = None
    icmp_code: int | None = None
    offender: str | None = None  # who sent the ICMP; None: nobody, or this system cannot tell
    own: bool = False  # the offender is this host: its own stack gave up, as after failed ARP
    errno: int | None = None
    seconds: float = 0.0

    @property
    def expired(self) -> bool:
        """It ran out of hops on the way, and somebody said so (RFC 792, RFC 4443)."""
        over_v6 = self.offender is not None and ":" in self.offender
        return self.heard is Heard.ICMP and self.icmp_type == (3 if over_v6 else 11)

    @property
    def port_unreachable(self) -> bool:
        """The host that was addressed says itself that nobody listens at that port."""
        return self.heard is Heard.ICMP and (self.icmp_type, self.icmp_code) in PORT_UNREACHABLE

    @property
    def alive(self) -> bool:
        """Somebody other than this host's own stack gave a sign of life."""
        match self.heard:
            case Heard.ANSWERED:
                return True
            case Heard.ICMP:
                closed = (self.icmp_type, self.icmp_code) in PORT_UNREACHABLE
                return closed or (self.offender is not None and not self.own)
            case Heard.ERRNO:  # without an error queue a closed port is all that can be heard
                return self.errno == errno.ECONNREFUSED
            case Heard.SILENT:
                return False


async def exchange(
    payload: bytes,
    address: str,
    port: int,
    *,
    accept: Callable[[bytes], bool],
    source: str | None = None,
) -> bytes:
    """Send once and wait for the reply that `accept` takes; others are passed over.

    Waits until cancelled. Raises OSError: a closed port is ConnectionRefusedError.
    """
    family, target = socket_address(address, port)
    sock = open_socket(family, socket.SOCK_DGRAM, address, source)
    loop = asyncio.get_running_loop()
    try:
        sock.connect(target)
        await loop.sock_sendall(sock, payload)
        while True:
            reply = await loop.sock_recv(sock, DATAGRAM_BYTES)
            if accept(reply):
                return reply
            await asyncio.sleep(0)  # a flood of wrong replies must not hold up the timeout
    finally:
        sock.close()


async def poke(
    address: str,
    port: int,
    *,
    ttl: int,
    within_seconds: float = POKE_SECONDS,
    source: str | None = None,
) -> Poke:
    """Send one small datagram that lives `ttl` hops, and hear what becomes of it.

    Needs no privilege: IP_RECVERR puts ICMP errors into the socket's error queue, offender
    included. Elsewhere than on Linux only the errno is heard. Raises ValueError for a name.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    family, target = socket_address(address, port)
    try:
        sock = open_socket(family, socket.SOCK_DGRAM, address, source)
    except OSError as error:
        return Poke(heard=Heard.ERRNO, errno=error.errno)
    readable = asyncio.Event()
    try:
        set_hops(sock, family, ttl)
        sock.connect(target)
        sock.send(b"isitme")
        loop.add_reader(sock, readable.set)  # epoll reports a filled error queue as readable
        try:
            async with asyncio.timeout(within_seconds):
                while True:
                    await readable.wait()
                    readable.clear()
                    heard = _hear(sock, loop.time() - began)
                    if heard is not None:
                        return heard
        except TimeoutError:
            return Poke(heard=Heard.SILENT, seconds=loop.time() - began)
        finally:
            loop.remove_reader(sock)
    except OSError as error:
        queued = error_queue(sock, loop.time() - began)
        if queued is not None:
            return queued
        return Poke(heard=Heard.ERRNO, errno=error.errno, seconds=loop.time() - began)
    finally:
        sock.close()


def set_hops(sock: socket.socket, family: socket.AddressFamily, ttl: int) -> None:
    """Let what this socket sends live `ttl` hops, and queue the ICMP errors it meets."""
    if family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
    icmp_errors.listen(sock)


def _hear(sock: socket.socket, seconds: float) -> Poke | None:
    """What the socket has to say; None: nothing yet. Raises OSError where there is no queue."""
    queued = error_queue(sock, seconds)
    if queued is not None:
        return queued
    try:
        sock.recv(DATAGRAM_BYTES)
    except BlockingIOError:
        return None
    return Poke(heard=Heard.ANSWERED, seconds=seconds)


def error_queue(sock: socket.socket, seconds: float, *, own: str = "") -> Poke | None:
    """The first ICMP error that the socket has met; None: none yet, or no queue on this system.

    `own` is the address the socket speaks from, where it may have lost it since.
    """
    error = icmp_errors.take(sock)
    if error is None:
        return None
    return poke_of(error, seconds, own=own or str(sock.getsockname()[0]).partition("%")[0])


def read_extended_error(data: bytes, seconds: float = 0.0, *, own: str = "") -> Poke | None:
    """A struct sock_extended_err and the offender's address after it; None when too short.

    `own` is the address that this host spoke from.
    """
    error = icmp_errors.read(data)
    return None if error is None else poke_of(error, seconds, own=own)


def poke_of(error: icmp_errors.IcmpError, seconds: float, *, own: str) -> Poke:
    """The fate of a poke that met this error."""
    if error.icmp_type is None:
        return Poke(heard=Heard.ERRNO, errno=error.errno or errno.EIO, seconds=seconds)
    return Poke(
        heard=Heard.ICMP,
        icmp_type=error.icmp_type,
        icmp_code=error.icmp_code,
        offender=error.offender,
        own=error.offender is not None and error.offender == own,
        errno=error.errno,
        seconds=seconds,
    )
