"""Who has this address on the link? Only where this process may open packet sockets.

The kernel's own table answers without privilege, but trusts an old answer for up to 45 s.
"""

from __future__ import annotations

import asyncio
import socket

from probe.wire.arp import MAC_BYTES, claim, who_has

ETH_P_ARP = 0x0806
BROADCAST = b"\xff" * MAC_BYTES
PACKET_BYTES = 256


async def claimants(
    address: str, interface: str, *, tries: int, within_seconds: float
) -> frozenset[str] | None:
    """The hardware addresses, not our own, that claim an IPv4 address; None: it cannot be asked.

    Asks up to `tries` times, each given so many seconds, until somebody answers.
    """
    sock = _packet_socket(interface)
    if sock is None:
        return None
    try:
        own = bytes(sock.getsockname()[4])
        question = who_has(address, own_mac=own)
        found: set[str] = set()
        for _ in range(tries):
            sock.sendto(question, (interface, ETH_P_ARP, 0, 0, BROADCAST))
            try:
                async with asyncio.timeout(within_seconds):
                    found.add(await _claim(sock, address, own.hex(":")))
                    return frozenset(found)
            except TimeoutError:
                continue
        return frozenset(found)
    except (OSError, ValueError):  # the link went down, or is no Ethernet
        return None
    finally:
        sock.close()


async def _claim(sock: socket.socket, address: str, own: str) -> str:
    loop = asyncio.get_running_loop()
    while True:
        said = claim(await loop.sock_recv(sock, PACKET_BYTES))
        if said is not None and said.address == address and said.mac != own:
            return said.mac
        await asyncio.sleep(0)


def _packet_socket(interface: str) -> socket.socket | None:
    family = getattr(socket, "AF_PACKET", None)
    if family is None:
        return None
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM, socket.htons(ETH_P_ARP))
    except OSError:
        return None
    try:
        sock.setblocking(False)
        sock.bind((interface, ETH_P_ARP))
    except OSError:
        sock.close()
        return None
    return sock
