"""The registry: every question asked of the network, one file each.

To add one: write `probes/<name>.py` with a frozen dataclass that has `look`, give it a row in
`looks.PLANS` and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from probe.model import Finding, Observation
from probe.probes.apple_status import AppleStatusFeeds
from probe.probes.apple_web import AppleWeb
from probe.probes.dns import DnsEach, DnsElsewhere, DnsForApps
from probe.probes.dns_alive import DnsAlive
from probe.probes.dns_cross import DnsCross
from probe.probes.dns_manners import DnsManners
from probe.probes.gateway import GatewayLook
from probe.probes.itself import Itself
from probe.probes.line import LineLook
from probe.probes.link import LinkLook
from probe.probes.messengers import OtherApps
from probe.probes.nat64 import TranslatorLook
from probe.probes.nearby import NearbyLook
from probe.probes.ntp import Ntp
from probe.probes.port_controls import PortControls
from probe.probes.portal import PortalPages
from probe.probes.proxy import ThroughProxy
from probe.probes.push import Couriers, ProviderFront
from probe.probes.push_idle import QuietCourier
from probe.probes.quic import QuicLook
from probe.probes.references import ReferencesByAddress, ReferencesByName
from probe.targets import COURIER_SLOTS, FALLBACK_SLOTS, Targets, WebProxy
from probe.tools import Tools
from probe.words import Look


class Probe(Protocol):
    """One question asked of the network."""

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        """Look once: one finding per target and family. Never raises for what the world does.

        `seen` is the newest usable observation of every target, for looks that follow up on a
        failure of another.
        """


@runtime_checkable
class TakesTurns(Protocol):
    """A look at several hosts that can be asked in parts, so that each has its own moment."""

    async def look_in_turn(
        self, tools: Tools, seen: Sequence[Observation], turn: int, turns: int
    ) -> Sequence[Finding]:
        """Look at this part of it: of `turns` parts, every target is in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a look, as a look."""

    of: TakesTurns
    turn: int
    turns: int

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        return await self.of.look_in_turn(tools, seen, self.turn, self.turns)


def registry(targets: Targets, proxy: WebProxy | None = None) -> Mapping[Look, Probe]:
    """Every look that is built, over these targets; through the proxy where one is set."""
    probes: dict[Look, Probe] = {
        Look.SELF: Itself(),
        Look.LINK: LinkLook(),
        Look.GATEWAY: GatewayLook(beyond=targets.beyond),
        Look.REF_IP: ReferencesByAddress(references=targets.references_by_address),
        Look.REF_NAME: ReferencesByName(references=targets.references_by_name),
        Look.CAPTIVE: PortalPages(pages=targets.portal_pages),
        Look.DNS_EACH: DnsEach(
            control_names=targets.control_names,
            apple_names=targets.apple_names,
            also_ask=targets.also_ask,
        ),
        Look.DNS_APP: DnsForApps(
            apple_names=targets.apple_names[:1],
            control_names=targets.control_names[:1],
            overruled_names=hosts_that_matter(targets),
        ),
        Look.DNS_ALT: DnsElsewhere(
            references=targets.references_by_address, names=targets.apple_names
        ),
        Look.DNS_MANNERS: DnsManners(
            control_names=targets.control_names[:1],
            apple_names=targets.apple_own_names[:1],
            apple_networks=targets.apple_networks,
            known_networks=targets.known_networks,
            relay_names=targets.relay_names,
            no_resolvers=targets.no_resolvers,
            references=targets.references_by_address,
        ),
        Look.DNS_ALIVE: DnsAlive(control_names=targets.control_names[:1]),
        Look.DNS_CROSS: DnsCross(
            apple_hosts=targets.apple_hosts,
            apple_networks=targets.apple_networks,
            known_networks=targets.known_networks,
            references=targets.references_by_address,
        ),
        Look.NTP: Ntp(servers=targets.time_servers),
        Look.PUSH_5223: Couriers(courier=targets.courier, fallback=False, slots=COURIER_SLOTS),
        Look.PUSH_443: Couriers(courier=targets.courier, fallback=True, slots=FALLBACK_SLOTS),
        Look.PORT_CTL: PortControls(controls=targets.port_controls),
        Look.APPLE_WEB: AppleWeb(hosts=targets.apple_hosts),
        Look.NAT64: TranslatorLook(),
        Look.PUSH_IDLE: QuietCourier(courier=targets.courier),
        Look.QUIC: QuicLook(references=targets.references_by_address),
        Look.STATUS: AppleStatusFeeds(feeds=targets.feeds),
        Look.LINE: LineLook(references=targets.references_by_address),
        Look.NEARBY: NearbyLook(
            apple_hosts=targets.apple_hosts,
            courier=targets.courier,
            references=targets.references_by_address,
            apple_networks=targets.apple_networks,
            peers=targets.peers,
            vantage=targets.vantage,
        ),
    }
    if targets.messengers:
        probes[Look.MESSENGERS] = OtherApps(messengers=targets.messengers)
    if proxy is not None:
        probes[Look.PROXY] = ThroughProxy(
            proxy=proxy, references=targets.references_by_name, courier=targets.courier
        )
    if targets.provider is not None:
        probes[Look.PUSH_HTTP] = ProviderFront(provider=targets.provider)
    return probes


def hosts_that_matter(targets: Targets) -> tuple[str, ...]:
    """Apple's hosts that are looked at. Block lists overrule others of Apple's, and mean to."""
    courier = targets.courier
    couriers = (courier.host_pattern.format(n=n) for n in range(1, courier.count + 1))
    return tuple(dict.fromkeys((*(host.host for host in targets.apple_hosts), *couriers)))
