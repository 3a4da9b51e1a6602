"""Who sent the ICMP error that a socket met: the queue that IP_RECVERR fills (ip(7), Linux).

Needs no privilege. TCP fills it too while it connects, since Linux 5.18; on older kernels, and on
other systems, only the errno is heard.
"""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

LINUX = sys.platform == "linux"
# linux/in.h, linux/in6.h; the socket module has no names for them before Python 3.14.
IP_RECVERR, IPV6_RECVERR = 11, 25
# struct sock_extended_err of linux/errqueue.h: errno, origin, type, code, pad, info, data.
EXTENDED_ERROR = struct.Struct("=IBBBBII")
FROM_ICMP = frozenset({2, 3})  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpError:
    """One error of the queue. `offender` None: no ICMP, this kernel itself said no."""

    errno: int
    icmp_type: int | None = None
    icmp_code: int | None = None
    offender: str | None = None


def listen(sock: socket.socket, *, on: bool = True) -> None:
    """Have the kernel keep ICMP errors for this socket. Raises OSError."""
    if not LINUX:
        return
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, int(on))
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, int(on))


def take(sock: socket.socket) -> IcmpError | None:
    """The oldest error that is kept; None: there is none."""
    if not LINUX:
        return None
    try:
        _, ancillary, _, _ = sock.recvmsg(512, 512, socket.MSG_ERRQUEUE)
    except OSError:  # most often EAGAIN: the queue is empty
        return None
    ours = {(socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)}
    return next((read(data) for level, kind, data in ancillary if (level, kind) in ours), None)


def read(data: bytes) -> IcmpError | None:
    """A struct sock_extended_err and the offender's address after it; None when too short."""
    if len(data) < EXTENDED_ERROR.size:
        return None
    number, origin, icmp_type, code, *_ = EXTENDED_ERROR.unpack_from(data)
    if origin not in FROM_ICMP:
        return IcmpError(errno=number)
    return IcmpError(
        errno=number,
        icmp_type=icmp_type,
        icmp_code=code,
        offender=_offender(data[EXTENDED_ERROR.size :]),
    )


def _offender(data: bytes) -> str | None:
    """The address in a struct sockaddr_in or sockaddr_in6."""
    if len(data) < 8:
        return None
    (family,) = struct.unpack_from("=H", data)
    if family == socket.AF_INET:
        return str(IPv4Address(data[4:8]))
    if family == socket.AF_INET6 and len(data) >= 24:
        return str(IPv6Address(data[8:24]))
    return None
