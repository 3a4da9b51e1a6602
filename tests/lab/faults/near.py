"""This host, its link, its router and the provider's line."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import time
from dataclasses import replace
from ipaddress import IPv4Network

from tests.lab import internet, translation
from tests.lab.daemon import Daemon
from tests.lab.scenario import (
    ACTIVE,
    LINK,
    OK,
    SERVICE,
    SILENT,
    SLOWLY,
    Expect,
    Fault,
    Scenario,
    Symptom,
)
from tests.lab.world import Families, World

CARRIER = Symptom(
    command="ip -br link show eth0", healthy=r"eth0\S*\s+UP", broken=r"eth0\S*\s+(LOWERLAYER)?DOWN"
)
WAY_OUT = Symptom(
    command=f"curl -sS -m 3 -o /dev/null -k https://{internet.QUAD9.v4}/",
    healthy="exit=0",
    broken=r"exit=(7|28)",
)


def cable_out(world: World) -> None:
    world.net.ip("lan", "link", "set", "to-host", "down")


def cable_in(world: World) -> None:
    world.net.ip("lan", "link", "set", "to-host", "up")


def wan_cable_out(world: World) -> None:
    world.net.ip("gw", "link", "set", "wan", "down")


def wan_cable_in(world: World) -> None:
    """The kernel forgets routes over a link that was down; a router's dialler sets them again."""
    world.net.ip("gw", "link", "set", "wan", "up")
    world.net.ip("gw", "route", "replace", "default", "via", internet.ISP_WAN_V4)
    world.net.ip("gw", "addr", "replace", f"{internet.WAN_V6}/64", "dev", "wan")
    world.net.ip("gw", "-6", "route", "replace", "default", "via", internet.ISP_WAN_V6)


HALVES = ("0.0.0.0/1", "128.0.0.0/1")
HALVES_V6 = ("::/1", "8000::/1")
# Where the host sends what is for Apple's own network, as routes.
APPLES_V4 = ("17.0.0.0/8",)
APPLES_V6 = ("2620:149::/32", "2403:300::/32", str(translation.under(IPv4Network("17.0.0.0/8"))))


def only_self_assigned(world: World) -> None:
    """What is left when DHCP does not answer: the address is gone, and its routes with it.

    Over IPv6 alone it is the router's announcements that have stopped, and what is left is the
    link's own address."""
    world.net.ip("host", "addr", "flush", "dev", "eth0", "scope", "global")
    if world.v6_only:
        world.net.ip("host", "-6", "route", "del", "default")
        return
    world.net.ip("host", "addr", "add", "169.254.7.9/16", "dev", "eth0", "scope", "link")


def addressed_again(world: World) -> None:
    world.net.ip("host", "addr", "flush", "dev", "eth0", "scope", "link")
    if world.families is not Families.V4:
        world.net.run("host", "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1")
        world.net.run("host", "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=0")
    world.address_host()


def no_default_route(world: World) -> None:
    if not world.v6_only:
        world.net.ip("host", "route", "del", "default")
    if world.families is not Families.V4:
        world.net.ip("host", "-6", "route", "del", "default")


def default_route(world: World) -> None:
    if not world.v6_only:
        world.net.ip("host", "route", "add", "default", "via", internet.GATEWAY_V4)
    if world.families is not Families.V4:
        world.net.ip(
            *("host", "-6", "route", "add", "default"),
            *("via", internet.GATEWAY_LINK_LOCAL, "dev", "eth0"),
        )


def router_off(world: World) -> None:
    """Behind a switch: the host's own cable keeps its carrier."""
    world.net.ip("gw", "link", "set", "lan0", "down")


def router_on(world: World) -> None:
    world.net.ip("gw", "link", "set", "lan0", "up")
    if world.families is not Families.V4:  # IPv6 addresses do not outlive their link
        world.net.ip("gw", "addr", "replace", f"{internet.GATEWAY_V6}/64", "dev", "lan0")
        world.net.ip("gw", "addr", "replace", f"{internet.GATEWAY_LINK_LOCAL}/64", "dev", "lan0")


def left_over_route(world: World) -> None:
    for network in APPLES_V6 if world.v6_only else APPLES_V4:
        world.net.ip("host", "route", "add", network, "dev", "eth0")


def no_left_over_route(world: World) -> None:
    for network in APPLES_V6 if world.v6_only else APPLES_V4:
        world.net.ip("host", "route", "del", network)


def dead_vpn(world: World) -> None:
    """A VPN's link takes both halves of the internet, and nothing comes back from it."""
    ip = world.net.ip
    ip("host", "link", "add", "tun0", "type", "veth", "peer", "name", "tun0-far")
    ip("host", "link", "set", "tun0", "arp", "off", "up")
    ip("host", "link", "set", "tun0-far", "up")
    address = "fd00:8::2/64" if world.v6_only else "10.8.0.2/24"
    ip("host", "addr", "add", address, "dev", "tun0")
    for half in HALVES_V6 if world.v6_only else HALVES:
        ip("host", "route", "add", half, "dev", "tun0")


def no_vpn(world: World) -> None:
    world.net.ip("host", "link", "del", "tun0")


def pings_allowed(world: World) -> None:
    """As systemd sets it on most distributions (sysctl.d/50-default.conf)."""
    world.net.sysctl("host", {"net.ipv4.ping_group_range": "0 2147483647"})


def twin(world: World) -> None:
    """Somebody else takes the host's address, and calls the router every other second."""
    net = world.net
    net.namespace("twin")
    net.wire("twin", "eth0", "lan", "to-twin")
    net.ip("lan", "link", "set", "to-twin", "master", "br0")
    net.ip("twin", "link", "set", "eth0", "address", TWIN_MAC)
    net.ip("twin", "addr", "add", f"{internet.HOST_V4}/24", "dev", "eth0")
    net.spawn(
        "twin",
        "calling",
        *("sh", "-c"),
        f"while sleep 2; do ip neigh flush dev eth0; ping -c 1 -W 1 {internet.GATEWAY_V4}; done",
    )


def no_twin(world: World) -> None:
    world.net.stop("calling", kill=True)
    world.net.ip("lan", "link", "del", "to-twin")
    world.net.run(None, "ip", "netns", "del", "twin")
    world.net.ip("gw", "neigh", "flush", "dev", "lan0")


def flap(world: World) -> None:
    """Twenty seconds down, twenty seconds up, again and again."""
    down = "ip link set wan down"
    up = f"ip link set wan up; ip route replace default via {internet.ISP_WAN_V4}"
    if world.v6_only:
        up += f"; ip addr replace {internet.WAN_V6}/64 dev wan"
        up += f"; ip -6 route replace default via {internet.ISP_WAN_V6}"
    world.net.spawn(
        "gw", "flapping", "sh", "-c", f"while true; do {down}; sleep 20; {up}; sleep 20; done"
    )


def calm(world: World) -> None:
    world.net.stop("flapping", kill=True)
    wan_cable_in(world)


def program(world: World) -> int:
    """The program's process; where none runs, one that stands in for it."""
    running = world.net.running
    found = running.get("isitme") or running.get("stand-in")
    if found is None:
        command = "exec -a isitme.toml sleep 600"
        found = world.net.spawn("host", "stand-in", "bash", "-c", command)
        time.sleep(0.5)  # until bash has become it
    return found.pid


def stand_still(world: World) -> None:
    """Stopped for 20 s, as on a machine that swaps; it goes on by itself."""
    pid = program(world)
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(STOPPED_SECONDS, go_on, (pid,)).start()


def go_on(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def stands_no_more(world: World) -> None:
    go_on(program(world))
    world.net.stop("stand-in")


def few_files(world: World) -> None:
    world.net.run(None, "prlimit", "--pid", str(program(world)), f"--nofile={FEW_FILES}:4096")


def many_files(world: World) -> None:
    world.net.run(None, "prlimit", "--pid", str(program(world)), "--nofile=1024:4096")
    world.net.stop("stand-in")


def killed(world: World, daemon: Daemon) -> None:
    daemon.stop(kill=True)
    daemon.start()


def cafe(world: World) -> None:
    """The host is plugged into another network, whose router has no line at all."""
    net = world.net
    net.namespace("cafe")
    net.sysctl("cafe", {"net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1"})
    net.wire("cafe", "lan0", "lan", "to-cafe")
    router, host = (CAFE_ROUTER_V6, CAFE_HOST_V6) if world.v6_only else (CAFE_ROUTER, CAFE_HOST)
    net.ip("cafe", "addr", "add", f"{router}/{host.partition('/')[2]}", "dev", "lan0")
    net.ip("lan", "link", "add", "br1", "type", "bridge")
    net.ip("lan", "link", "set", "br1", "up")
    net.ip("lan", "link", "set", "to-cafe", "master", "br1")
    net.ip("lan", "link", "set", "to-host", "master", "br1")
    net.ip("host", "addr", "flush", "dev", "eth0", "scope", "global")
    net.ip("host", "addr", "add", host, "dev", "eth0")
    if world.families is not Families.V4:
        net.ip("host", "-6", "route", "del", "default")  # that of home is not announced there
    net.ip("host", "route", "add", "default", "via", router)
    world.resolv_conf(router)


def home_again(world: World) -> None:
    world.net.ip("lan", "link", "set", "to-host", "master", "br0")
    world.net.ip("host", "addr", "flush", "dev", "eth0", "scope", "global")
    if world.v6_only:
        world.net.ip("host", "-6", "route", "del", "default")  # it outlives its address
    world.address_host()
    world.resolv_conf(internet.GATEWAY_V4)
    for device in ("to-cafe", "br1"):
        world.net.ip("lan", "link", "del", device)
    world.net.run(None, "ip", "netns", "del", "cafe")


TWIN_MAC = "02:00:00:00:07:07"
STOPPED_SECONDS = 20.0
FEW_FILES = 20
CAFE_ROUTER, CAFE_HOST = "10.11.12.1", "10.11.12.34/24"
CAFE_ROUTER_V6, CAFE_HOST_V6 = "2a02:8100:cafe::1", "2a02:8100:cafe::34/64"
# By the home's router; over IPv6 by its address on the link.
BY_ROUTER = f"via ({re.escape(internet.GATEWAY_V4)}|{internet.GATEWAY_LINK_LOCAL}) "
PROGRAM = "$(pgrep -o -f isitme.toml)"
ROUTE_ASTRAY = Expect(blame="me", code="local_link", causes=("local_route_divergence",))
IMPAIRED = Expect(blame="unknown", code="unknown", causes=("self_impaired",))

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="cable-out",
        row="1",
        fault=Fault(inject=cable_out, heal=cable_in, symptom=CARRIER),
        expect=Expect(blame="me", code="local_link", causes=("no_carrier",)),
        trap=("isp_internet", "apple_suspected", "dns"),
        within_seconds=LINK,
    ),
    Scenario(
        name="wan-cable-out",
        row="13",
        fault=Fault(inject=wan_cable_out, heal=wan_cable_in, symptom=WAY_OUT),
        expect=Expect(blame="provider", code="isp_internet", causes=("wan_down",)),
        trap=("local_link", "apple_suspected", "dns"),
        within_seconds=ACTIVE,
    ),
    Scenario(
        name="provider-black-hole",
        row="14",
        fault=Fault(
            inject=lambda world: world.filter("isp", "drop"),
            heal=lambda world: world.unfilter("isp"),
            symptom=WAY_OUT,
        ),
        expect=Expect(blame="provider", code="isp_internet", causes=("upstream_silent",)),
        trap=("apple_suspected", "dns"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="no-address",
        row="2",
        fault=Fault(
            inject=only_self_assigned,
            heal=addressed_again,
            symptom=Symptom(
                command="ip -br addr show eth0",
                healthy=f"{re.escape(internet.HOST_V4)}|{internet.HOST_V6}",
                broken=r"169\.254\.|\A(?!.* (2a02:|192\.)).*fe80:",
            ),
        ),
        expect=Expect(blame="me", code="local_link", causes=("no_usable_address",)),
        trap=("isp_internet", "local_gateway", "apple_suspected", "dns"),
        within_seconds=LINK,
    ),
    Scenario(
        name="no-default-route",
        row="3",
        fault=Fault(
            inject=no_default_route,
            heal=default_route,
            symptom=Symptom(command="ip route get 9.9.9.9", healthy="exit=0", broken="exit=2"),
        ),
        expect=Expect(blame="me", code="local_link", causes=("no_default_route",)),
        trap=("isp_internet", "local_gateway", "apple_suspected", "dns"),
        within_seconds=LINK,
    ),
    Scenario(
        name="router-off",
        row="4",
        fault=Fault(inject=router_off, heal=router_on, symptom=WAY_OUT),
        expect=Expect(blame="me", code="local_gateway", causes=("gw_neigh_failed",)),
        trap=("isp_internet", "apple_suspected", "dns"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="router-ignores-ping",
        row="5",
        prepare=pings_allowed,
        fault=Fault(
            inject=lambda world: world.filter(
                "gw", "icmp type echo-request drop", "icmpv6 type echo-request drop", hook="input"
            ),
            heal=lambda world: world.unfilter("gw", hook="input"),
            symptom=Symptom(
                command=f"ping -c 1 -W 1 {internet.GATEWAY_V4}", healthy="exit=0", broken="exit=1"
            ),
        ),
        expect=Expect(blame="nobody", code="ok", causes=(None,), notes=("gateway_ignores_ping",)),
        trap=("local_gateway", "isp_internet"),
        within_seconds=20.0,
        why="noted by the next look at the router, 15 s apart",
    ),
    Scenario(
        name="router-hangs",
        row="6",
        fault=Fault(
            inject=lambda world: world.filter("gw", "drop"),
            heal=lambda world: world.unfilter("gw"),
            symptom=WAY_OUT,
        ),
        expect=Expect(blame="unknown", code="isp_internet", causes=("gateway_or_upstream",)),
        trap=("apple_suspected", "local_gateway", "dns"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="stale-vpn-route",
        row="11",
        fault=Fault(
            inject=left_over_route,
            heal=no_left_over_route,
            symptom=Symptom(
                command="ip route get 17.57.144.10",
                healthy=BY_ROUTER,
                broken=r"17\.57\.144\.10 dev eth0|2620:149:a44::10 from :: dev eth0",
            ),
        ),
        expect=ROUTE_ASTRAY,
        # On two families half of Apple answers, and of the rest nothing is known to have worked.
        at_start=replace(ROUTE_ASTRAY, also_right=(("unknown", "degraded"),)),
        trap=("apple_suspected", "isp_internet"),
        within_seconds=SERVICE,
    ),
    Scenario(
        name="dead-vpn",
        row="",
        fault=Fault(
            inject=dead_vpn,
            heal=no_vpn,
            symptom=Symptom(
                command="ip route get 9.9.9.9",
                healthy=BY_ROUTER,
                broken="dev tun0",
            ),
        ),
        expect=Expect(blame="unknown", code="isp_internet", causes=("vpn_or_upstream",)),
        trap=("apple_suspected", "local_gateway", "dns"),
        within_seconds=SILENT,
        why="The VPN's server or the line below it: nothing here tells, but not Apple.",
    ),
    Scenario(
        name="own-firewall",
        row="12",
        fault=Fault(
            inject=lambda world: world.filter(
                "host", "tcp dport 5223 drop", "udp dport 123 drop", hook="output"
            ),
            heal=lambda world: world.unfilter("host", hook="output"),
            symptom=Symptom(
                command=f"curl -sS -m 3 -k https://{internet.COURIERS[0].v4}:5223/",
                healthy=r"exit=(0|52|56|1|35)",
                broken="exit=28",
            ),
        ),
        expect=Expect(blame="me", code="firewall_port_blocked", causes=("local_host_firewall",)),
        trap=("apple_suspected", "isp_internet"),
        within_seconds=SERVICE,
    ),
    Scenario(
        name="router-rejects-apple",
        row="78",
        fault=Fault(
            inject=lambda world: world.filter(
                "gw",
                "ip daddr 17.0.0.0/8 reject with icmp type admin-prohibited",
                "ip6 daddr { 2620:149::/32, 2403:300::/32 }"
                " reject with icmpv6 type admin-prohibited",
            ),
            heal=lambda world: world.unfilter("gw"),
            symptom=Symptom(
                command="curl -sS -m 3 -k -o /dev/null https://17.32.194.8/",
                healthy="exit=(0|22)",
                broken="exit=7",
            ),
        ),
        expect=Expect(blame="me", code="firewall_port_blocked", causes=("active_reject_near",)),
        trap=("apple_suspected", "isp_internet"),
        within_seconds=SERVICE,
    ),
    Scenario(
        name="two-with-one-address",
        row="7",
        needs_v4="over IPv6 the second one notices and gives way",
        fault=Fault(
            inject=twin,
            heal=no_twin,
            symptom=Symptom(
                command=f"ip neigh show {internet.HOST_V4}",
                where="gw",
                healthy=rf"\A(?!.*{TWIN_MAC})",
                broken=TWIN_MAC,
            ),
        ),
        expect=Expect(
            blame="unknown",
            code="unknown",
            also_right=(("me", "local_gateway"), ("unknown", "dns")),
        ),
        trap=("apple_suspected", "isp_internet"),
        within_seconds=SLOWLY,
        recover_seconds=None,
        why="what the router sends goes to the other by turns: until it has come and gone, that is "
        "a router that does not answer on this network. Over IPv6 all works but its name service",
    ),
    Scenario(
        name="wan-flaps",
        row="21",
        fault=Fault(inject=flap, heal=calm, symptom=WAY_OUT),
        expect=Expect(
            blame="provider",
            code="isp_internet",
            causes=("wan_down",),
            notes=("flapping",),
            # The router says that its line is down once a second only, to whatever it likes.
            also_right=(("unknown", "isp_internet"),),
        ),
        trap=("apple_suspected", "local_link", "dns"),
        answered=True,
        within_seconds=150.0,
        watch_seconds=60.0,
        recover_seconds=None,
        why="Nagios' formula needs about six changes 20 s apart, and some quiet minutes to end",
    ),
    Scenario(
        name="stopped-20-s",
        row="125",
        fault=Fault(
            inject=stand_still,
            heal=stands_no_more,
            symptom=Symptom(
                command=f"ps -o stat= -p {PROGRAM} || echo none", healthy="none|^[RS]", broken="^T"
            ),
        ),
        expect=IMPAIRED,
        at_start=OK,
        starvable=False,
        trap=("isp_internet", "apple_suspected", "dns", "local_gateway"),
        within_seconds=STOPPED_SECONDS + ACTIVE,
        answered=True,  # by its own clocks, as soon as it runs again
        why="shown for two looks at itself, then it is believed again",
    ),
    Scenario(
        name="out-of-files",
        row="126",
        fault=Fault(
            inject=few_files,
            heal=many_files,
            symptom=Symptom(
                command=f"grep 'open files' /proc/{PROGRAM}/limits || echo none",
                healthy=r"none|files +\d{3,}",
                broken=rf"files +{FEW_FILES} ",
            ),
        ),
        expect=IMPAIRED,
        at_start=OK,
        trap=("isp_internet", "apple_suspected", "dns", "local_link"),
        within_seconds=ACTIVE,
    ),
    Scenario(
        name="another-network",
        row="127",
        fault=Fault(
            inject=cafe,
            heal=home_again,
            symptom=Symptom(
                command="ip route get 9.9.9.9",
                healthy=BY_ROUTER,
                broken=f"via ({re.escape(CAFE_ROUTER)}|{CAFE_ROUTER_V6}) ",
            ),
        ),
        expect=Expect(blame="provider", code="isp_internet", causes=("wan_down",)),
        trap=("apple_suspected", "dns", "local_gateway"),
        within_seconds=ACTIVE,
        why="what was seen at home must not be read beside what is seen in the cafe",
    ),
    Scenario(
        name="killed-while-the-line-dies",
        row="128",
        fault=Fault(inject=wan_cable_out, heal=wan_cable_in, symptom=WAY_OUT),
        to_program=killed,
        expect=Expect(blame="provider", code="isp_internet", causes=("wan_down",)),
        trap=("apple_suspected", "dns", "local_link"),
        within_seconds=ACTIVE * 2,
        why="what was known before is history: the first answer is about now; a start takes 6 s",
    ),
)
