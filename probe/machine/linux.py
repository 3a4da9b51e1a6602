"""Linux: the tables straight from the kernel, over rtnetlink. No program is started for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path

from probe.failures import LookFailed, no_room
from probe.machine.changes import follow
from probe.machine.container import MARKS, in_container
from probe.machine.hosts import HOSTS, HostsFile
from probe.machine.lookup import Lookup
from probe.machine.network import Landmarks, Network
from probe.machine.portable import ways_out
from probe.machine.portals import DHCLIENT_LEASES, NETWORKD_LINKS, portal_apis
from probe.machine.proxies import proxy_variables
from probe.machine.resolv_conf import BEHIND_THE_STUB, RESOLV_CONF, configured_resolvers
from probe.wire.netlink import (
    Address,
    Change,
    Interface,
    Neighbour,
    Route,
    Row,
    Table,
    dump_request,
    is_torn,
    read,
)
from probe.words import Failure, Family, Speed, Step

# The kernel answers within the call; this only bounds a kernel that does not.
FAMILIES = (Family.IPV4, Family.IPV6)
ANSWER_SECONDS = 1.0
DATAGRAM_BYTES = 64 * 1024  # the kernel sends dumps in pieces of at most 32 KiB (af_netlink.c)
MOST_DATAGRAMS = 1000
DUMPS = 3  # of one table; one that changes in each of them is not at rest


class LinuxMachine:
    """This machine, as its kernel and its files describe it now."""

    def __init__(
        self,
        *,
        resolv_conf: Path = RESOLV_CONF,
        behind_the_stub: Path = BEHIND_THE_STUB,
        environment: Mapping[str, str] = os.environ,
        hosts_file: Path = HOSTS,
        container_marks: Sequence[Path] = MARKS,
        networkd_links: Path = NETWORKD_LINKS,
        leases: Sequence[Path] = DHCLIENT_LEASES,
    ) -> None:
        self._resolv_conf, self._behind_the_stub = resolv_conf, behind_the_stub
        self._environment = environment
        self._hosts = HostsFile(hosts_file)
        self._links, self._leases = networkd_links, tuple(leases)
        self._landmarks = Landmarks()
        self._lookup = Lookup()
        self._in_container = in_container(environment, container_marks)

    def network(self) -> Network:
        """The tables now. Takes about a millisecond. What cannot be read is not `known`, and then
        only the ways out are told: a sandbox is no missing way out.

        Raises LookFailed at Step.OURS when this process has no room to read them, and when they
        change faster than it can.
        """
        try:
            rows = read_tables()
        except (OSError, LookFailed) as error:  # a sandbox may forbid AF_NETLINK
            if isinstance(error, OSError):
                no_room(error)
            elif error.step is Step.OURS:
                raise
            return ways_out()
        network = Network(
            interfaces=tuple(row for row in rows if isinstance(row, Interface)),
            addresses=tuple(row for row in rows if isinstance(row, Address)),
            routes=tuple(row for row in rows if isinstance(row, Route)),
            neighbours=tuple(row for row in rows if isinstance(row, Neighbour)),
        )
        contained = self._in_container and network.begins_inside()
        return self._landmarks.named(replace(network, contained=contained))

    async def follow(self, tell: Callable[[Change], object]) -> None:
        """Tell of every change of the tables until cancelled."""
        await follow(tell)

    def resolvers(self) -> tuple[str, ...] | None:
        """The configured resolvers, at most three; None when that cannot be read."""
        return configured_resolvers(self._resolv_conf, self._behind_the_stub)

    async def lookup(self, name: str) -> tuple[str, ...]:
        """What applications get for a name. Raises socket.gaierror, LookFailed."""
        return await self._lookup(name)

    async def hosts(self, names: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """Those of these names that the hosts file overrules; none when it cannot be read."""
        return await self._hosts(names)

    def portal_apis(self, now: datetime) -> tuple[str, ...]:
        """What DHCP or the router told of a portal's API, as far as it can be read."""
        try:
            network = self.network()
        except LookFailed:
            return ()
        routes = [route for family in FAMILIES for route in network.default_routes(family)]
        return portal_apis(
            {route.interface_index for route in routes},
            {one.address for one in network.addresses},
            now,
            links=self._links,
            leases=self._leases,
        )

    def proxy_variables(self) -> Mapping[str, str]:
        """The proxy variables that are set, without passwords."""
        return proxy_variables(self._environment)


def read_tables() -> list[Row]:
    """Every row of the four tables. Raises OSError, LookFailed; at Step.OURS for tables that change
    faster than they can be read: a row that is missed must not look like one that is not there."""
    rows: list[Row] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.settimeout(ANSWER_SECONDS)
        sock.bind((0, 0))
        sequences = count(1)
        for table in Table:
            rows += _whole(sock, table, sequences)
    return rows


def _whole(sock: socket.socket, table: Table, sequences: Iterator[int]) -> list[Row]:
    for _ in range(DUMPS):
        sequence = next(sequences)
        sock.sendto(dump_request(table, sequence), (0, 0))
        rows, torn = _dump(sock, sequence)
        if not torn:
            return rows
    said = f"the kernel's {table.name.lower()} changed while they were read, {DUMPS} times"
    raise LookFailed(Failure.NOT_RUN, Speed.ACTIVE, said, step=Step.OURS)


def _dump(sock: socket.socket, sequence: int) -> tuple[list[Row], bool]:
    """The rows of one dump, to its end, and whether the table changed meanwhile."""
    rows: list[Row] = []
    torn = False
    for _ in range(MOST_DATAGRAMS):
        data, (sender, _) = sock.recvfrom(DATAGRAM_BYTES)
        if sender != 0:  # only the kernel has port 0; any process may send to ours
            continue
        found, done = read(data, sequence)
        rows += found
        torn = torn or is_torn(data, sequence)
        if done:
            return rows, torn
    raise OSError(f"a network table did not end after {MOST_DATAGRAMS} messages")
