"""IPv4 and IPv6 apart, translated, and two lines at once."""

from __future__ import annotations

from tests.lab import internet, servers
from tests.lab.scenario import ACTIVE, OK, SILENT, Expect, Fault, Scenario, Symptom
from tests.lab.world import Families, World

OVER_V4 = f"curl -sk -m 3 -o /dev/null https://{internet.QUAD9.v4}/"
OVER_V6 = f"curl -sk -m 3 -o /dev/null https://[{internet.QUAD9.v6}]/"
UNREACHED = r"exit=(7|28)"
OWN_PREFIX = "2a02:8100:6464::/96"  # a provider's own, RFC 6052 2.2
ULA, ULA_GATEWAY = "fd00:77::2", "fd00:77::1"  # RFC 4193
NAT64_OK = Expect(blame="nobody", code="ok", notes=("nat64",))


def only_ula(world: World) -> None:
    """A router without IPv6 of its own that announces a private prefix, and itself as a way out."""
    ip = world.net.ip
    ip("gw", "addr", "add", f"{ULA_GATEWAY}/64", "dev", "lan0")
    ip("gw", "addr", "add", f"{internet.GATEWAY_LINK_LOCAL}/64", "dev", "lan0")
    ip("host", "addr", "add", f"{ULA}/64", "dev", "eth0")
    ip("host", "-6", "route", "add", "default", "via", internet.GATEWAY_LINK_LOCAL, "dev", "eth0")


def no_ula(world: World) -> None:
    ip = world.net.ip
    ip("host", "-6", "route", "del", "default")
    ip("host", "addr", "del", f"{ULA}/64", "dev", "eth0")
    ip("gw", "addr", "del", f"{internet.GATEWAY_LINK_LOCAL}/64", "dev", "lan0")
    ip("gw", "addr", "del", f"{ULA_GATEWAY}/64", "dev", "lan0")


def route_v6(world: World, what: str) -> None:
    via = ("via", internet.GATEWAY_LINK_LOCAL, "dev", "eth0")
    world.net.ip("host", "-6", "route", what, "default", *via)


def also_v4(world: World) -> None:
    """The home has IPv4 as well, and nobody invents addresses."""
    world.net.ip("host", "addr", "add", f"{internet.HOST_V4}/24", "dev", "eth0")
    world.net.ip("host", "route", "add", "default", "via", internet.GATEWAY_V4)
    servers.provider_resolver(world.net)


def no_v4(world: World, prefix: str = internet.NAT64_PREFIX) -> None:
    world.translate(prefix)
    world.resolv_conf(internet.GATEWAY_V6)
    world.net.ip("host", "addr", "del", f"{internet.HOST_V4}/24", "dev", "eth0")


def translator_stops(world: World) -> None:
    world.net.stop("tayga")


def all_through_the_translator(world: World) -> None:
    """As on a network whose names have IPv4 addresses only, as far as its resolver tells."""
    world.translate(internet.NAT64_PREFIX, "dns64-synthall: yes")


def no_way_v6(world: World, what: str) -> None:
    """The provider's machine says that it has no way to anybody over IPv6."""
    world.net.ip("isp", "-6", "route", what, "unreachable", "default", "metric", "1")


SECOND_V4, SECOND_GATEWAY = "192.168.78.2", "192.168.78.1"
SECOND_V6, SECOND_GATEWAY_V6, SECOND_LAN_V6 = (
    *("2a02:8100:78::2", "2a02:8100:78::1"),
    "2a02:8100:78::/64",
)


def second_line_v6(world: World, *, metric: int) -> None:
    """The same with IPv6 alone. It has its own addresses, and nothing is hidden behind a router."""
    net, ip = world.net, world.net.ip
    net.namespace("gw2")
    net.sysctl("gw2", {"net.ipv6.conf.all.forwarding": "1"})
    net.wire("host", "eth1", "gw2", "lan0")
    net.wire("gw2", "wan", "isp", "home2")
    ip("host", "addr", "add", f"{SECOND_V6}/64", "dev", "eth1")
    ip("gw2", "addr", "add", f"{SECOND_GATEWAY_V6}/64", "dev", "lan0")
    ip("gw2", "addr", "add", "2a02:8100:fe::2/64", "dev", "wan")
    ip("isp", "addr", "add", "2a02:8100:fe::1/64", "dev", "home2")
    ip("gw2", "-6", "route", "add", "default", "via", "2a02:8100:fe::1")
    ip("isp", "-6", "route", "add", SECOND_LAN_V6, "via", "2a02:8100:fe::2")
    route_v6(world, "del")
    ip(
        *("host", "-6", "route", "add", "default"),
        *("via", internet.GATEWAY_LINK_LOCAL, "dev", "eth0", "metric", "100"),
    )
    metric_of_second = ("metric", str(metric))
    ip("host", "-6", "route", "add", "default", "via", SECOND_GATEWAY_V6, *metric_of_second)


def second_line(world: World, *, metric: int) -> None:
    """Another router of another provider's, on another interface."""
    if world.v6_only:
        second_line_v6(world, metric=metric)
        return
    net, ip = world.net, world.net.ip
    net.namespace("gw2")
    net.sysctl("gw2", {"net.ipv4.ip_forward": "1"})
    net.wire("host", "eth1", "gw2", "lan0")
    net.wire("gw2", "wan", "isp", "home2")
    ip("host", "addr", "add", f"{SECOND_V4}/24", "dev", "eth1")
    ip("gw2", "addr", "add", f"{SECOND_GATEWAY}/24", "dev", "lan0")
    ip("gw2", "addr", "add", "100.64.8.2/30", "dev", "wan")
    ip("isp", "addr", "add", "100.64.8.1/30", "dev", "home2")
    ip("gw2", "route", "add", "default", "via", "100.64.8.1")
    net.nft(
        "gw2",
        servers.lines(
            "table ip nat {",
            " chain post {",
            "  type nat hook postrouting priority srcnat;",
            "  oifname wan masquerade",
            " }",
            "}",
        ),
    )
    ip("host", "route", "del", "default")
    ip("host", "route", "add", "default", "via", internet.GATEWAY_V4, "metric", "100")
    metric_of_second = ("metric", str(metric))
    ip("host", "route", "add", "default", "via", SECOND_GATEWAY, *metric_of_second)


def shared(world: World) -> None:
    """Both lines at once, connection by connection."""
    second_line(world, metric=200)
    ip = world.net.ip
    if world.v6_only:
        ip("host", "-6", "route", "flush", "exact", "default")
        ip(
            *("host", "-6", "route", "add", "default"),
            *("nexthop", "via", internet.GATEWAY_LINK_LOCAL, "dev", "eth0", "weight", "1"),
            *("nexthop", "via", SECOND_GATEWAY_V6, "dev", "eth1", "weight", "1"),
        )
        world.net.sysctl("host", {"net.ipv6.fib_multipath_hash_policy": "1"})
        return
    ip("host", "route", "flush", "exact", "default")
    ip(
        *("host", "route", "add", "default"),
        *("nexthop", "via", internet.GATEWAY_V4, "dev", "eth0", "weight", "1"),
        *("nexthop", "via", SECOND_GATEWAY, "dev", "eth1", "weight", "1"),
    )
    world.net.sysctl("host", {"net.ipv4.fib_multipath_hash_policy": "1"})


def by(interface: str) -> str:
    return f"curl -sk -m 3 -o /dev/null --interface {interface} https://{internet.QUAD9.v4}/"


def large_ipv6_vanishes(world: World) -> None:
    """Over IPv6 the last metres carry 1300 bytes, and nobody is told."""
    world.filter("gw", "icmpv6 type packet-too-big drop", hook="output")
    world.net.sysctl("gw", {"net.ipv6.conf.lan0.mtu": "1300"})


def large_ipv6_passes(world: World) -> None:
    world.net.sysctl("gw", {"net.ipv6.conf.lan0.mtu": "1500"})
    world.unfilter("gw", hook="output")


SECOND_DEAD = Symptom(command=by("eth1"), healthy="exit=0", broken=UNREACHED)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="ipv6-black-hole",
        row="83",
        families=Families.DUAL,
        fault=Fault(
            inject=lambda world: world.filter("isp", "meta nfproto ipv6 drop"),
            heal=lambda world: world.unfilter("isp"),
            symptom=Symptom(command=OVER_V6, healthy="exit=0", broken=UNREACHED),
        ),
        expect=Expect(blame="me", code="ipv6_broken", causes=("v6_blackhole",)),
        trap=("apple_suspected", "isp_internet"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="ipv6-announced-and-not-had",
        row="",
        families=Families.DUAL,
        fault=Fault(
            inject=lambda world: no_way_v6(world, "add"),
            heal=lambda world: no_way_v6(world, "del"),
            symptom=Symptom(command=OVER_V6, healthy="exit=0", broken="exit=7"),
        ),
        expect=Expect(blame="me", code="ipv6_broken", causes=("v6_blackhole",)),
        trap=("apple_suspected", "isp_internet", "ok"),
        within_seconds=SILENT,
        why="Somebody on the way says that there is no way; this host uses IPv6 all the same.",
    ),
    Scenario(
        name="ipv6-loses-large-packets",
        row="23",
        families=Families.DUAL,
        fault=Fault(
            inject=large_ipv6_vanishes,
            heal=large_ipv6_passes,
            symptom=Symptom(command=OVER_V6, healthy="exit=0", broken="exit=28"),
        ),
        expect=Expect(blame="me", code="ipv6_broken", causes=("v6_pmtu",)),
        trap=("apple_suspected", "isp_internet", "tls_interception", "firewall_port_blocked"),
        within_seconds=30.0,
        why="As the black hole for large packets of loss.py, over IPv6 alone: the twin that differs"
        " in one thing is asked after the handshakes have hung for 5 s.",
    ),
    Scenario(
        name="ipv6-black-hole-at-home",
        row="83",
        families=Families.DUAL,
        fault=Fault(
            inject=lambda world: world.filter("gw", "meta nfproto ipv6 drop"),
            heal=lambda world: world.unfilter("gw"),
            symptom=Symptom(command=OVER_V6, healthy="exit=0", broken=UNREACHED),
        ),
        expect=Expect(blame="me", code="ipv6_broken", causes=("v6_blackhole",)),
        trap=("apple_suspected", "isp_internet"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="ipv6-private-prefix-only",
        row="84",
        needs_v4="nothing else leads out there",
        fault=Fault(
            inject=only_ula,
            heal=no_ula,
            symptom=Symptom(
                command=f"ip -6 addr show dev eth0 | grep -c {ULA}", healthy="^0", broken="^1"
            ),
        ),
        expect=OK,
        trap=("ipv6_broken",),
        within_seconds=ACTIVE,
        watch_seconds=40.0,
    ),
    Scenario(
        name="ipv6-only-and-translated",
        row="85",
        families=Families.NAT64,
        prepare=also_v4,
        fault=Fault(
            inject=no_v4,
            heal=also_v4,
            symptom=Symptom(
                command="ip -4 addr show dev eth0 | grep -c inet", healthy="^1", broken="^0"
            ),
        ),
        expect=NAT64_OK,
        trap=("local_link", "isp_internet", "dns"),
        within_seconds=SILENT,
        watch_seconds=40.0,
    ),
    Scenario(
        name="ipv6-only-and-translated-under-an-own-prefix",
        row="85",
        families=Families.NAT64,
        prepare=also_v4,
        fault=Fault(
            inject=lambda world: no_v4(world, OWN_PREFIX),
            heal=also_v4,
            symptom=Symptom(
                command="ip -4 addr show dev eth0 | grep -c inet", healthy="^1", broken="^0"
            ),
        ),
        expect=NAT64_OK,
        trap=("local_link", "isp_internet", "dns"),
        within_seconds=SILENT,
        watch_seconds=40.0,
    ),
    Scenario(
        name="ipv4-broken",
        row="86",
        families=Families.DUAL,
        fault=Fault(
            inject=lambda world: world.filter("gw", "meta nfproto ipv4 drop"),
            heal=lambda world: world.unfilter("gw"),
            symptom=Symptom(command=OVER_V4, healthy="exit=0", broken=UNREACHED),
        ),
        expect=Expect(blame="unknown", code="degraded", causes=("ipv4_broken",)),
        trap=("isp_internet", "apple_suspected", "firewall_port_blocked"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="ipv6-default-route-expired",
        row="88",
        families=Families.DUAL,
        fault=Fault(
            inject=lambda world: route_v6(world, "del"),
            heal=lambda world: route_v6(world, "add"),
            symptom=Symptom(command=OVER_V6, healthy="exit=0", broken=UNREACHED),
        ),
        expect=OK,
        trap=("ipv6_broken", "local_link"),
        within_seconds=ACTIVE,
        watch_seconds=40.0,
    ),
    Scenario(
        name="translator-dead",
        row="89",
        families=Families.NAT64,
        fault=Fault(
            inject=translator_stops,
            heal=lambda world: world.translate(),
            symptom=Symptom(
                command=f"curl -sk -m 3 -o /dev/null https://[64:ff9b::{internet.QUAD9.v4}]/",
                healthy="exit=0",
                broken=UNREACHED,
            ),
        ),
        expect=Expect(blame="provider", code="ipv6_broken", causes=("nat64_dead",)),
        trap=("dns", "apple_suspected"),
        within_seconds=SILENT,
        why="The catalogue takes it that nothing answers over IPv6 itself. Here Apple's couriers"
        " do, and half of its hosts, so the way out is not down: the translator is.",
    ),
    Scenario(
        name="translator-dead-for-all",
        row="89",
        families=Families.NAT64,
        prepare=all_through_the_translator,
        fault=Fault(
            inject=translator_stops,
            heal=all_through_the_translator,
            symptom=Symptom(
                command=f"curl -sk -m 3 -o /dev/null https://[64:ff9b::{internet.QUAD9.v4}]/",
                healthy="exit=0",
                broken=UNREACHED,
            ),
        ),
        expect=Expect(blame="provider", code="isp_internet", causes=("nat64_dead",)),
        trap=("dns", "apple_suspected"),
        within_seconds=SILENT,
        why="Every name leads to the translator, so nothing of Apple's is reached.",
    ),
    Scenario(
        name="second-line-dead",
        row="",
        prepare=lambda world: second_line(world, metric=200),
        fault=Fault(
            inject=lambda world: world.filter("gw2", "drop"),
            heal=lambda world: world.unfilter("gw2"),
            symptom=SECOND_DEAD,
        ),
        expect=OK,
        trap=("isp_internet", "degraded"),
        within_seconds=ACTIVE,
        watch_seconds=40.0,
        why="This host goes out by its first line.",
    ),
    Scenario(
        name="first-line-dead-of-two",
        row="",
        prepare=lambda world: second_line(world, metric=200),
        fault=Fault(
            inject=lambda world: world.filter("gw", "drop"),
            heal=lambda world: world.unfilter("gw"),
            symptom=Symptom(command=OVER_V4, healthy="exit=0", broken=UNREACHED),
        ),
        expect=Expect(blame="unknown", code="isp_internet", causes=("gateway_or_upstream",)),
        trap=("apple_suspected", "dns", "local_link"),
        within_seconds=SILENT,
        why="What this host sends goes by its first line, and that is dead.",
    ),
    Scenario(
        name="one-line-dead-of-two-that-share",
        row="",
        prepare=shared,
        fault=Fault(
            inject=lambda world: world.filter("gw2", "drop"),
            heal=lambda world: world.unfilter("gw2"),
            symptom=SECOND_DEAD,
        ),
        expect=Expect(blame="unknown", code="degraded"),
        trap=("apple_suspected", "firewall_port_blocked", "dns"),
        within_seconds=75.0,
        why="Connections fail by turns, to everybody: which line each took is the kernel's secret.",
    ),
)
