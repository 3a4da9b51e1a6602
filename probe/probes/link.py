"""Is this host on a network: carrier, a usable address, a way out? From the kernel's own tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.failures import LookFailed
from probe.machine import Network
from probe.machine.network import VPNS
from probe.model import Finding, NetworkFact, Observation
from probe.tools import Tools
from probe.words import Failure, Family, Note, Speed, Step

FAMILIES = (Family.IPV4, Family.IPV6)
CONTAINER_SAYS = (
    "In this container the cable, the Wi-Fi and the router cannot be seen. "
    "Start it with --network host."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLook:
    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        attempt = Attempt(tools.clock, target="this host", operator="self")
        with attempt, attempt.reading(Step.READ):
            network = tools.machine.network()
            attempt.learn(fact_of(network, tools.machine.resolvers() or ()))
            if proxies := named_proxies(tools.machine.proxy_variables()):
                said = (
                    f"A go-between (proxy) is set for programs: {proxies}; isitme does not use it."
                )
                attempt.note(Note.PROXY_ENV_IGNORED, said)
            if network.contained:
                attempt.note(Note.CONTAINER_NETWORK, CONTAINER_SAYS)
            attempt.said = judge(network)
        return (attempt.finding(),)


def named_proxies(variables: Mapping[str, str]) -> str:
    """The variables that name a proxy, and which; exceptions alone (no_proxy) name none."""
    return ", ".join(
        f"{name}={value}" for name, value in variables.items() if name.lower() != "no_proxy"
    )


def fact_of(network: Network, resolvers: Sequence[str]) -> NetworkFact:
    """What later stages need of the tables. A changed resolver list is a changed network too."""
    routes = [route for family in FAMILIES for route in network.default_routes(family)]
    usable = {family: network.usable_addresses(family) for family in FAMILIES}
    names = {interface.index: interface.name for interface in network.interfaces}
    # A GUA without a route, or a route without an address, is no way out of that family.
    has_route = {f: bool(network.default_routes(f)) and bool(usable[f]) for f in FAMILIES}
    has_route[Family.IPV6] = has_route[Family.IPV6] and not network.prefers_ipv4()
    return NetworkFact(
        default_interfaces=tuple(
            dict.fromkeys(names.get(route.interface_index, "?") for route in routes)
        ),
        carrier=any_carrier(network),
        addresses=tuple(address for family in FAMILIES for address in usable[family]),
        gateways=network.router_addresses(),
        has_default_route=has_route,
        networks=tuple(f"{a.address}/{a.prefix_length}" for a in network.addresses),
        fingerprint=f"{network.fingerprint()} {' '.join(resolvers)}",
        place=network.fingerprint(),
        resolvers=tuple(resolvers),
        vpn=network.vpn(),
        contained=network.contained,
    )


def any_carrier(network: Network) -> bool | None:
    """Whether any interface but loopback carries; None where the tables cannot be read.

    Where no way out is left but a VPN's, of those that are hardware: what a machine makes for its
    own containers and tunnels carries with the cable out.
    """
    if not network.known:
        return None
    links = [link for link in network.interfaces if not link.loopback]
    kinds = {link.index: link.kind for link in links}
    ways = [way for family in FAMILIES for way in network.default_routes(family)]
    hardware = [link for link in links if not link.kind]
    if hardware and all(kinds.get(way.interface_index) in VPNS for way in ways):
        links = hardware
    return any(link.carrier and link.up for link in links)


def judge(network: Network) -> str:
    """Say that the link is up, or raise what is missing first."""
    if any_carrier(network) is False:
        raise LookFailed(
            Failure.NO_CARRIER, Speed.ACTIVE, "no cable or Wi-Fi connection on this device"
        )
    addresses = [a for family in FAMILIES for a in network.usable_addresses(family)]
    if network.known and not addresses:
        raise LookFailed(
            Failure.NO_USABLE_ADDRESS, Speed.ACTIVE, "this device has no address on its network"
        )
    if not any(network.default_routes(family) for family in FAMILIES):
        raise LookFailed(
            Failure.NO_DEFAULT_ROUTE, Speed.ACTIVE, "this device knows no way out of its network"
        )
    return "this device is on a network and knows the way out"
