"""An ICMP echo, where this process may send one: Linux lets the groups in net.ipv4.ping_group_range
do it, and whoever may open raw sockets; macOS lets everybody."""

from __future__ import annotations

import asyncio
import socket

from probe.tools.stream import open_socket, socket_address
from probe.wire.icmp import echo_request, is_echo_reply

PROTOCOLS = {
    socket.AF_INET: socket.IPPROTO_ICMP,
    socket.AF_INET6: socket.IPPROTO_ICMPV6,
}
VERSIONS = {socket.AF_INET: 4, socket.AF_INET6: 6}
REPLY_BYTES = 2048


async def ping(
    address: str,
    *,
    payload: bytes,
    tries: int,
    within_seconds: float,
    source: str | None = None,
) -> bool | None:
    """Whether an echo comes back, each try given so many seconds; None: it cannot be tried here.

    Raises ValueError for a name.
    """
    family, target = socket_address(address, 0)
    sock = _icmp_socket(family, address, source)
    if sock is None:
        return None
    try:
        sock.connect(target)
        for sequence in range(1, tries + 1):
            try:
                async with asyncio.timeout(within_seconds):
                    sock.send(echo_request(VERSIONS[family], payload, sequence))
                    await _heard(sock, VERSIONS[family], payload)
                    return True
            except OSError:  # silence, or an ICMP error to an earlier try
                continue
        return False
    except OSError:  # no way there: whoever looks at the way says so
        return None
    finally:
        sock.close()


async def _heard(sock: socket.socket, version: int, payload: bytes) -> None:
    loop = asyncio.get_running_loop()
    while True:
        if is_echo_reply(await loop.sock_recv(sock, REPLY_BYTES), version, payload):
            return
        await asyncio.sleep(0)  # a flood of others' replies must not hold up the timeout


def _icmp_socket(
    family: socket.AddressFamily, address: str, source: str | None
) -> socket.socket | None:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            return open_socket(family, kind, address, source, protocol=PROTOCOLS[family])
        except OSError:
            continue
    return None
