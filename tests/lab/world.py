"""One world: a home, its provider, and an internet with Apple in it, wired and serving.

host - lan - gw - isp - core - (root, refs, apple17, applecdn, ntp, vps)
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.lab import internet, servers, translation
from tests.lab.net import LabError, Net

ROUTER = {"net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1"}


class Families(StrEnum):
    """What the home's line carries."""

    V4 = "v4"
    DUAL = "dual"
    NAT64 = "nat64"  # IPv6 only at home; the provider translates


class Tunnel(StrEnum):
    """Links that can be given delay and loss, when a scenario asks for it before it starts."""

    LAN = "lan"  # host to its switch
    WAN = "wan"  # router to provider
    CORE = "core"  # provider to the internet
    APPLE = "apple"  # the internet to Apple's own network


@dataclass(slots=True)
class World:
    """Everything a fault may change. `net` runs commands; the methods here are its usual moves."""

    out: Path
    certificates: Path
    families: Families = Families.V4
    tunnels: frozenset[Tunnel] = frozenset()
    layer: str = "fault"  # a second fault on top has tables of its own
    net: Net = field(init=False)

    def __post_init__(self) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        self.net = Net(self.out)

    @property
    def dual(self) -> bool:
        return self.families is Families.DUAL

    @property
    def v6_only(self) -> bool:
        return self.families is Families.NAT64

    def at_home(self, text: str) -> str:
        """A command, a setting or an address, as the home must say it."""
        return translation.said(text) if self.v6_only else text

    # ------------------------------------------------------------ building

    def build(self) -> None:
        """Wire everything and start every server. Raises LabError."""
        for name in ("host", "lan", "gw", "isp", "core", *(site.name for site in internet.SITES)):
            self.net.namespace(name)
        for router in ("gw", "isp", "core"):
            self.net.sysctl(router, ROUTER)
        self._home()
        self._provider()
        self._internet()
        self._serve()
        self.check_sealed()

    def _link(self, tunnel: Tunnel, near: str, near_device: str, far: str, far_device: str) -> None:
        if tunnel in self.tunnels:
            self.net.tunnel(tunnel.value, near, near_device, far, far_device)
        else:
            self.net.wire(near, near_device, far, far_device)

    def _home(self) -> None:
        ip = self.net.ip
        ip("lan", "link", "add", "br0", "type", "bridge")
        ip("lan", "link", "set", "br0", "up")
        self._link(Tunnel.LAN, "host", "eth0", "lan", "to-host")
        self.net.wire("gw", "lan0", "lan", "to-gw")
        for port in ("to-host", "to-gw"):
            ip("lan", "link", "set", port, "master", "br0")
        ip("gw", "addr", "add", f"{internet.GATEWAY_V4}/24", "dev", "lan0")
        self.address_host()
        self.resolv_conf(internet.GATEWAY_V4)
        if self.families is not Families.V4:
            ip("gw", "addr", "add", f"{internet.GATEWAY_V6}/64", "dev", "lan0")
            ip("gw", "addr", "add", f"{internet.GATEWAY_LINK_LOCAL}/64", "dev", "lan0")

    def address_host(self) -> None:
        """The host's addresses and default routes, as DHCP and router advertisements leave them."""
        ip = self.net.ip
        if not self.v6_only:
            ip("host", "addr", "add", f"{internet.HOST_V4}/24", "dev", "eth0")
            ip("host", "route", "add", "default", "via", internet.GATEWAY_V4)
        if self.families is not Families.V4:
            ip("host", "addr", "add", f"{internet.HOST_V6}/64", "dev", "eth0")
            ip(
                *("host", "-6", "route", "add", "default"),
                *("via", internet.GATEWAY_LINK_LOCAL, "dev", "eth0"),
            )

    def _provider(self) -> None:
        ip = self.net.ip
        self._link(Tunnel.WAN, "gw", "wan", "isp", "home")
        ip("gw", "addr", "add", f"{internet.WAN_V4}/30", "dev", "wan")
        ip("isp", "addr", "add", f"{internet.ISP_WAN_V4}/30", "dev", "home")
        ip("isp", "addr", "add", f"{internet.ISP_DNS_V4}/32", "dev", "lo")
        ip("gw", "route", "add", "default", "via", internet.ISP_WAN_V4)
        ip("gw", "addr", "add", f"{internet.WAN_V6}/64", "dev", "wan")
        ip("isp", "addr", "add", f"{internet.ISP_WAN_V6}/64", "dev", "home")
        ip("isp", "addr", "add", f"{internet.ISP_DNS_V6}/128", "dev", "lo")
        ip("gw", "-6", "route", "add", "default", "via", internet.ISP_WAN_V6)
        ip("isp", "-6", "route", "add", internet.LAN_V6, "via", internet.WAN_V6)
        self.masquerade()

    def masquerade(self) -> None:
        """The home's addresses are hidden behind the router's."""
        self.net.nft(
            "gw",
            servers.lines(
                "table ip nat {",
                " chain post {",
                "  type nat hook postrouting priority srcnat;",
                "  oifname wan masquerade",
                " }",
                "}",
            ),
        )

    def _internet(self) -> None:
        ip = self.net.ip
        self._link(Tunnel.CORE, "isp", "uplink", "core", "to-isp")
        self._number("isp", "uplink", "core", "to-isp", 1)
        # The first address of the pair is the near end's.
        ip("isp", "route", "add", "default", "via", "62.115.1.2")
        ip("isp", "-6", "route", "add", "default", "via", "2001:2034:1::2")
        for network in ("100.64.0.0/10", "84.200.0.0/16"):
            ip("core", "route", "add", network, "via", "62.115.1.1")
        ip("core", "-6", "route", "add", "2a02:8100::/32", "via", "2001:2034:1::1")
        for number, site in enumerate(internet.SITES, start=2):
            tunnel = Tunnel.APPLE if site.name == "apple17" else None
            device = f"to-{site.name}"
            if tunnel is not None:
                self._link(tunnel, site.name, "uplink", "core", device)
            else:
                self.net.wire(site.name, "uplink", "core", device)
            self._number(site.name, "uplink", "core", device, number)
            ip(site.name, "route", "add", "default", "via", f"62.115.{number}.2")
            ip(site.name, "-6", "route", "add", "default", "via", f"2001:2034:{number}::2")
            for network in site.networks:
                family = "-6" if ":" in network else "-4"
                via = f"2001:2034:{number}::1" if ":" in network else f"62.115.{number}.1"
                ip("core", family, "route", "add", network, "via", via)
        for server in internet.SERVERS:
            ip(server.site, "addr", "add", f"{server.v4}/32", "dev", "lo")
            if server.v6:
                ip(server.site, "addr", "add", f"{server.v6}/128", "dev", "lo")

    def _number(self, near: str, near_device: str, far: str, far_device: str, number: int) -> None:
        for namespace, device, end in ((near, near_device, 1), (far, far_device, 2)):
            self.net.ip(namespace, "addr", "add", f"62.115.{number}.{end}/30", "dev", device)
            self.net.ip(namespace, "addr", "add", f"2001:2034:{number}::{end}/64", "dev", device)

    def _serve(self) -> None:
        net, certificates = self.net, self.certificates
        servers.authority(net, "root-dns", internet.ROOT_DNS, internet.records(apple=False))
        servers.authority(net, "apple-dns", internet.APPLE_DNS, internet.records(apple=True))
        self.provider_resolver()
        servers.public_resolvers(net, certificates)
        self.home_resolver()
        servers.reference_sites(net, certificates)
        servers.apple_sites(net, certificates)
        servers.apple_cdn(net, certificates)
        for server in internet.TIME_SERVERS:
            servers.time_server(net, server)
        if self.v6_only:
            servers.translator(net, internet.NAT64_PREFIX)

    def provider_resolver(self) -> None:
        """(Re)start the provider's resolver, as it is while all is well."""
        inventing = servers.inventing(internet.NAT64_PREFIX) if self.v6_only else []
        servers.provider_resolver(self.net, inventing)

    def translate(self, prefix: str = internet.NAT64_PREFIX, *more: str) -> None:
        """The provider translates IPv6 to IPv4 under this prefix, and its resolver invents the
        addresses; `more`: further lines for the resolver."""
        servers.translator(self.net, prefix)
        servers.provider_resolver(self.net, [*servers.inventing(prefix), *more])

    def check_sealed(self) -> None:
        """Every interface of every namespace is one that was made here. Raises LabError."""
        made = {
            "lo",
            "br0",
            "eth0",
            "to-host",
            "to-gw",
            "lan0",
            "wan",
            "home",
            "uplink",
            "to-isp",
            "nat64",
        }
        made |= {f"to-{site.name}" for site in internet.SITES}
        for namespace in (None, *self.namespaces()):
            where = () if namespace is None else ("-n", namespace)
            for link in json.loads(self.net.run(None, "ip", *where, "-j", "link")):
                if link["ifname"] not in made or (namespace is None and link["ifname"] != "lo"):
                    raise LabError(f"{namespace} has an interface nobody made: {link['ifname']}")

    def namespaces(self) -> Iterable[str]:
        return self.net.run(None, "ls", "/run/netns").split()

    # ------------------------------------------------------------ usual moves

    def resolv_conf(self, *resolvers: str, more: str = "") -> None:
        """Which resolvers the host is configured to ask; `more`: further lines.

        Written in place: a running program has this very file mounted as /etc/resolv.conf.
        """
        directory = Path("/etc/netns/host")
        directory.mkdir(parents=True, exist_ok=True)
        named = (f"nameserver {self.at_home(resolver)}\n" for resolver in resolvers)
        text = "".join(named) + more
        _overwrite(directory / "resolv.conf", text)
        if not (directory / "hosts").exists():
            self.hosts_file()

    def hosts_file(self, more: str = "") -> None:
        _overwrite(Path("/etc/netns/host/hosts"), f"127.0.0.1 localhost\n::1 localhost\n{more}")

    def home_resolver(self, *options: str, upstreams: tuple[str, ...] = ()) -> None:
        """(Re)start the router's forwarder, with more dnsmasq options."""
        if self.v6_only:
            options = tuple(one for option in options for one in translation.answered(option))
        ours = (internet.GATEWAY_V4, *((internet.GATEWAY_V6,) if self.families != "v4" else ()))
        servers.home_resolver(
            self.net, *options, listen=ours, upstreams=upstreams or (internet.ISP_DNS_V4,)
        )

    def filter(self, namespace: str, *rules: str, hook: str = "forward") -> None:
        """Put rules into a packet filter of their own; `unfilter` takes them away."""
        rules = self.ruled(*rules)
        self.net.nft(
            namespace,
            servers.lines(
                f"table inet {self.layer}_{hook} {{",
                " chain rules {",
                f"  type filter hook {hook} priority 0;",
                *(f"  {rule}" for rule in rules),
                " }",
                "}",
            ),
        )

    def unfilter(self, namespace: str, *, hook: str = "forward") -> None:
        self.net.run(namespace, "nft", "delete", "table", "inet", f"{self.layer}_{hook}")

    def redirect(self, *rules: str) -> None:
        """Destination NAT in the router for what comes from the home, as
        "tcp dport 80 redirect to :8080" or "udp dport 53 dnat ip to 192.168.77.1"."""
        rules = self.ruled(*rules)
        self.net.nft(
            "gw",
            servers.lines(
                "table inet fault_redirect {",
                " chain rules {",
                "  type nat hook prerouting priority dstnat;",
                *(f"  iifname lan0 {rule}" for rule in rules),
                " }",
                "}",
            ),
        )

    def no_redirect(self) -> None:
        self.net.run("gw", "nft", "delete", "table", "inet", "fault_redirect")

    def ruled(self, *rules: str) -> tuple[str, ...]:
        """Rules as this world's packets need them."""
        if not self.v6_only:
            return rules
        return tuple(one for rule in rules for one in translation.ruled(rule))

    def forget_connections(self, namespace: str = "gw") -> None:
        """Drop what the router remembers, so that rules hold for connections already open."""
        self.net.attempt(namespace, "conntrack", "-F")


def _overwrite(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
