"""Other systems than Linux: what can be told without a system's own interfaces.

The kernel's tables stay unknown; the way out is asked of the kernel by connecting a UDP socket,
which picks a route and a source address and sends nothing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from probe.machine.hosts import HOSTS, HostsFile
from probe.machine.lookup import Lookup
from probe.machine.network import Network
from probe.machine.proxies import proxy_variables
from probe.machine.resolv_conf import BEHIND_THE_STUB, RESOLV_CONF, configured_resolvers
from probe.wire.netlink import Address, Change, Route
from probe.words import Family

# Documentation addresses (RFC 5737, RFC 3849): only a default route covers them, nobody has them.
FAR_AWAY: Mapping[Family, str] = {Family.IPV4: "192.0.2.1", Family.IPV6: "2001:db8::1"}
DISCARD_PORT = 9
FAMILIES = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
FULL_LENGTH = {Family.IPV4: 32, Family.IPV6: 128}


class PortableMachine:
    """This machine, as far as portable calls describe it."""

    def __init__(
        self,
        *,
        resolv_conf: Path = RESOLV_CONF,  # macOS keeps one too
        environment: Mapping[str, str] = os.environ,
        hosts_file: Path = HOSTS,
        far_away: Mapping[Family, str] = FAR_AWAY,
    ) -> None:
        self._resolv_conf, self._environment = resolv_conf, environment
        self._hosts = HostsFile(hosts_file)
        self._far_away = far_away
        self._lookup = Lookup()

    def network(self) -> Network:
        """The ways out; the tables stay unknown."""
        return ways_out(self._far_away)

    async def follow(self, tell: Callable[[Change], object]) -> None:
        """Nobody tells us here."""

    def resolvers(self) -> tuple[str, ...] | None:
        """The configured resolvers, at most three; None where the file names none: macOS keeps
        its list elsewhere and writes this one for those that still read it."""
        return configured_resolvers(self._resolv_conf, BEHIND_THE_STUB) or None

    async def lookup(self, name: str) -> tuple[str, ...]:
        """What applications get for a name. Raises socket.gaierror, LookFailed."""
        return await self._lookup(name)

    async def hosts(self, names: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """Those of these names that the hosts file overrules; none when it cannot be read."""
        return await self._hosts(names)

    def portal_apis(self, now: datetime) -> tuple[str, ...]:
        """Nothing here says so to a program without privilege."""
        return ()

    def proxy_variables(self) -> Mapping[str, str]:
        """The proxy variables that are set, without passwords."""
        return proxy_variables(self._environment)


def ways_out(far_away: Mapping[Family, str] = FAR_AWAY) -> Network:
    """The source address and a default route without gateway per family that has a way out.

    Never `known`: interfaces, carrier, gateways and neighbours cannot be told.
    """
    sources = {
        family: source
        for family, address in far_away.items()
        if (source := source_towards(family, address)) is not None
    }
    return Network(
        known=False,
        addresses=tuple(
            Address(address=source, interface_index=0, prefix_length=FULL_LENGTH[family])
            for family, source in sources.items()
        ),
        routes=tuple(
            Route(family=family, destination="", prefix_length=0, gateway="", interface_index=0)
            for family in sources
        ),
    )


def source_towards(family: Family, address: str) -> str | None:
    """The address this host would speak from; None when it knows no way there."""
    with suppress(OSError), socket.socket(FAMILIES[family], socket.SOCK_DGRAM) as sock:
        sock.connect((address, DISCARD_PORT))
        return str(sock.getsockname()[0])
    return None
