"""This machine: the five things that a drill stages and everything else leaves real."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol

from probe.machine.linux import LinuxMachine
from probe.machine.network import Landmarks, Network
from probe.machine.portable import PortableMachine
from probe.wire.netlink import Address, Change, Interface, Neighbour, Route

__all__ = [
    "Address",
    "Change",
    "Interface",
    "Landmarks",
    "LinuxMachine",
    "Machine",
    "Neighbour",
    "Network",
    "PortableMachine",
    "Route",
    "this_machine",
]


class Machine(Protocol):
    def network(self) -> Network:
        """Interfaces, addresses, routes and neighbours now.

        Raises LookFailed at Step.OURS when this process has no room to read them, and when they
        change faster than it can.
        """

    async def follow(self, tell: Callable[[Change], object]) -> None:
        """Tell of every change of the tables until cancelled. Returns on systems where nobody
        tells; then looking now and then has to do."""

    def resolvers(self) -> tuple[str, ...] | None:
        """The configured resolvers in order, as "address" or "address#port"; none where none is
        set. None: which they are cannot be read, and applications may have some all the same.

        Raises LookFailed at Step.OURS when this process has no room to read them.
        """

    async def lookup(self, name: str) -> tuple[str, ...]:
        """What applications get for a name. Raises socket.gaierror, LookFailed."""

    async def hosts(self, names: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """Those of these names that the hosts file overrules, with their addresses. Does not
        raise."""

    def portal_apis(self, now: datetime) -> tuple[str, ...]:
        """Where this network says whether it wants a sign-in (RFC 8910), as https addresses; none
        where that is not offered, or not to be read. Does not raise."""

    def proxy_variables(self) -> Mapping[str, str]:
        """The proxy variables that are set, without passwords."""


def this_machine() -> Machine:
    """The machine this runs on."""
    return LinuxMachine() if sys.platform == "linux" else PortableMachine()
