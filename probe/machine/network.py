"""The kernel's tables at one moment, and what can be read from them without asking anybody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from probe.wire.netlink import Address, Interface, Neighbour, Route
from probe.words import Family

FINGERPRINT_CHARACTERS = 16
MAIN_TABLE = 254  # RT_TABLE_MAIN
LOCAL_TABLE = 255  # RT_TABLE_LOCAL
PRIVATE_V6 = ip_network("fc00::/7")
WIDE_PREFIX = 3  # 2000::/3 is all of the IPv6 internet
VERSIONS = {Family.IPV4: 4, Family.IPV6: 6}
VPNS = frozenset({"tun", "wireguard"})
INSIDE = frozenset({"veth", "tun"})  # Docker, Podman and Kubernetes; Podman without root


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Interfaces, addresses, routes and neighbours. `known` False: some could not be read.

    `name` is what a machine with a memory calls this network; see Landmarks.
    """

    interfaces: tuple[Interface, ...] = ()
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    known: bool = True
    name: str = ""
    contained: bool = False  # the first hop is this very machine: see begins_inside

    def default_routes(self, family: Family) -> tuple[Route, ...]:
        """The ways out, best first; those of the main table, or of others where it has none.

        A route on an interface that is down or without carrier leads nowhere and is left out.
        """
        found = [
            route
            for route in self.routes
            if _version(route) == VERSIONS.get(family) and route.prefix_length == 0
            if route.unicast and self._carries(route.interface_index)
        ]
        found.sort(key=lambda route: route.metric)
        main = tuple(route for route in found if route.table == MAIN_TABLE)
        return main or tuple(route for route in found if route.table != LOCAL_TABLE)

    def _carries(self, index: int) -> bool:
        """Whether a link is up with carrier; one that is not listed gets the benefit of doubt."""
        found = next((found for found in self.interfaces if found.index == index), None)
        return found is None or (found.up and found.carrier)

    def begins_inside(self) -> bool:
        """Every way out begins with a link to another part of this machine.

        In a container that is its engine's own network: the cable there never comes out, and the
        next hop is the engine. On a macvlan or on the host's network it is the real router.
        """
        kinds = {found.index: found.kind for found in self.interfaces}
        ways = [route for family in VERSIONS for route in self.default_routes(family)]
        return bool(ways) and all(kinds.get(way.interface_index) in INSIDE for way in ways)

    def vpn(self) -> str:
        """The link that a VPN made and routes all of IPv4 into, or of IPv6 where there is no other;
        "": none is seen to.

        By two halves of the internet beside a default route elsewhere (OpenVPN's redirect-gateway
        def1), by a better default route of its own (NetworkManager), or in a table of its own
        (wg-quick). A router's line that is such a link has no other default route beside it.
        """
        family = Family.IPV4 if self.default_routes(Family.IPV4) else Family.IPV6
        ways = [route.interface_index for route in self.default_routes(family)]
        halves = {
            route.interface_index
            for route in self.routes
            if route.table == MAIN_TABLE and route.prefix_length == 1 and route.family is family
            if route.unicast and route.interface_index not in ways
        }
        for link in self.interfaces:
            takes = link.index in self._links_out()
            if not takes or set(ways) <= {link.index} or link.index in ways[1:]:
                continue  # it takes nothing, or is the line itself, or comes second
            if link.index in halves or link.kind in VPNS:
                return link.name
        return ""

    def _links_out(self) -> frozenset[int]:
        """The links with a way out, in any table.

        A VPN often takes the default route by two halves (0.0.0.0/1 and 128.0.0.0/1), or by
        2000::/3, or in a table of its own.
        """
        return frozenset(
            route.interface_index
            for route in self.routes
            if route.prefix_length <= WIDE_PREFIX
            if route.unicast and route.table != LOCAL_TABLE
            if self._carries(route.interface_index)
        )

    def usable_addresses(self, family: Family) -> tuple[str, ...]:
        """Addresses that can speak beyond this link: no loopback, 169.254/16, fe80::/10, and none
        that is still being checked for a duplicate."""
        return tuple(
            address.address
            for address in self.addresses
            if not address.tentative and _speaks_beyond(address.address, VERSIONS.get(family, 0))
        )

    def prefers_ipv4(self) -> bool:
        """All IPv6 here has a private prefix (RFC 4193), and there is IPv4: hosts then speak IPv4
        to the world (RFC 6724 10.6; measured), so IPv6 is as good as absent."""
        own = self.usable_addresses(Family.IPV6)
        return (
            bool(own)
            and all(ip_address(one.partition("%")[0]) in PRIVATE_V6 for one in own)
            and bool(self.default_routes(Family.IPV4))
        )

    def route_to(self, address: str) -> Route | None:
        """The route that the main table has for an address: longest prefix, then least metric.

        None: there is none, or it says that the address is not to be reached.
        """
        target = ip_address(address.partition("%")[0])
        fitting = [
            route
            for route in self.routes
            if route.table in (MAIN_TABLE, LOCAL_TABLE) and _covers(route, target)
        ]
        # The kernel asks the local table first (ip-rule(8)).
        fitting.sort(key=lambda r: (r.table != LOCAL_TABLE, -r.prefix_length, r.metric))
        best = next(iter(fitting), None)
        return best if best is not None and best.reaches else None

    def neighbour(self, address: str) -> Neighbour | None:
        """What is known of a neighbour on the link; None: the kernel has not asked for it."""
        wanted = ip_address(address.partition("%")[0])
        return next(
            (found for found in self.neighbours if ip_address(found.address) == wanted), None
        )

    def is_near(self, address: str) -> bool:
        """It is this host, its router, or a neighbour on its network.

        A private address alone says nothing: many providers number their own routers from
        10.0.0.0/8.
        """
        wanted = ip_address(address.partition("%")[0])
        own = (ip_network(f"{a.address}/{a.prefix_length}", strict=False) for a in self.addresses)
        return any(route.gateway == str(wanted) for route in self.routes) or any(
            wanted.version == net.version and wanted in net for net in own
        )

    def address_towards(self, neighbour: str) -> str | None:
        """The own IPv4 address on the network of a neighbour; None: there is none."""
        wanted = ip_address(neighbour.partition("%")[0])
        return next(
            (
                found.address
                for found in self.addresses
                if wanted.version == VERSIONS[Family.IPV4] and ":" not in found.address
                if wanted in ip_network(f"{found.address}/{found.prefix_length}", strict=False)
            ),
            None,
        )

    def gateway(self, family: Family) -> str | None:
        """The next hop of the best way out; one that is known on its link only with its link."""
        for route in self.default_routes(family):
            if route.gateway:
                on_link = ip_address(route.gateway).is_link_local
                return f"{route.gateway}%{route.interface_index}" if on_link else route.gateway
        return None

    def gateways(self) -> tuple[tuple[int, str], ...]:
        """Interface and address of every next hop of a default route."""
        return tuple(
            dict.fromkeys(
                (route.interface_index, route.gateway)
                for family in VERSIONS
                for route in self.default_routes(family)
                if route.gateway
            )
        )

    def router_addresses(self) -> tuple[str, ...]:
        """The next hops of the default routes, and what else of IPv6 is the same machine.

        A router routes as fe80::1 and answers questions at an address of the network. Who has its
        hardware address is it; not so for IPv4, where a router may answer ARP for everybody.
        """
        ways = self.gateways()
        macs = {
            (found.interface_index, found.mac)
            for found in self.neighbours
            if found.mac and (found.interface_index, found.address) in ways
        }
        others = [
            found.address
            for found in self.neighbours
            if ":" in found.address and (found.interface_index, found.mac) in macs
        ]
        return tuple(dict.fromkeys([*(address for _, address in ways), *others]))

    def gateway_macs(self) -> Mapping[str, str]:
        """The hardware addresses of the gateways, as far as the kernel knows them."""
        gateways = set(self.gateways())
        return {
            found.address: found.mac
            for found in self.neighbours
            if found.mac and (found.interface_index, found.address) in gateways
        }

    def place(self) -> str:
        """Where this host stands, without what changes while it stands still.

        The links with a way out, their addresses, their gateways. Left out: neighbours, which come
        and go with traffic; temporary IPv6 addresses, which change every day (RFC 8981); and links
        without a way out, such as a container's bridge.
        """
        links = self._links_out()
        names = {found.index: found.name for found in self.interfaces}
        usable = {a for family in VERSIONS for a in self.usable_addresses(family)}
        parts = [f"link {names.get(link, link)}" for link in links]
        parts += [
            f"address {names.get(found.interface_index)} {found.address}"
            for found in self.addresses
            if found.interface_index in links and found.address in usable and not found.temporary
        ]
        parts += [f"gateway {names.get(link)} {address}" for link, address in self.gateways()]
        return "\n".join(sorted(parts))

    def fingerprint(self) -> str:
        """The name of this network: equal as long as this host stands where it stood."""
        return self.name or digest(self.place(), self.gateway_macs())


def digest(place: str, macs: Mapping[str, str]) -> str:
    """A short name for a place and the gateways seen there."""
    text = "\n".join([place, *(f"mac {gateway} {mac}" for gateway, mac in sorted(macs.items()))])
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_CHARACTERS]


MOST_LANDMARKS = 64  # a laptop's networks of a day; more only cost a new name


class Landmarks:
    """Remembers each network's gateways, so that a network keeps its name.

    A gateway's hardware address is what tells two networks with the same numbers apart, but it is
    not known before the first packet, and it is forgotten when the gateway dies: neither is a
    change of network.
    """

    def __init__(self) -> None:
        self._seen: list[tuple[str, dict[str, str], str]] = []  # place, macs, name

    def named(self, network: Network) -> Network:
        """The same network with its name."""
        place, macs = network.place(), network.gateway_macs()
        for known_place, known_macs, name in self._seen:
            if known_place == place and _agree(known_macs, macs):
                known_macs.update(macs)
                return replace(network, name=name)
        name = digest(place, macs)
        self._seen = [*self._seen[-MOST_LANDMARKS + 1 :], (place, dict(macs), name)]
        return replace(network, name=name)


def _agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return all(other.get(gateway, mac) == mac for gateway, mac in one.items())


def _version(route: Route) -> int:
    return VERSIONS[route.family]


def _covers(route: Route, target: IPv4Address | IPv6Address) -> bool:
    if _version(route) != target.version:
        return False
    if route.prefix_length == 0:
        return True
    return target in ip_network(f"{route.destination}/{route.prefix_length}", strict=False)


def _speaks_beyond(text: str, version: int) -> bool:
    address = ip_address(text.partition("%")[0])
    return address.version == version and not (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
    )
