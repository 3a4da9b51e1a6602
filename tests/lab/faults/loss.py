"""Quality of the line: what is lost, what waits, what fails by turns."""

from __future__ import annotations

import sys
from dataclasses import replace

from tests.lab import internet, servers
from tests.lab.scenario import OK, RECOVERY, SLOWLY, Expect, Fault, Scenario, Symptom
from tests.lab.world import Tunnel, World

FAR = internet.QUAD9.v4
# A look at each of Apple's hosts is made once a minute, however it fares.
ONE_LOOK_A_MINUTE = 75.0


def pings(address: str, *, count: int = 40) -> Symptom:
    """Lost or not: what plain pings say."""
    return Symptom(
        command=f"ping -q -c {count} -i 0.05 -W 1 {address}",
        healthy=r" 0% packet loss",
        broken=r" [1-9][0-9.]*% packet loss",
    )


def takes(address: str, *, healthy: str, broken: str) -> Symptom:
    """How long a ping takes, by its average in milliseconds."""
    return Symptom(
        command=f"ping -q -c 3 -i 0.2 {address}",
        healthy=rf"min/avg/max/mdev = [0-9.]+/{healthy}",
        broken=rf"min/avg/max/mdev = [0-9.]+/{broken}",
    )


def fills_up(world: World) -> None:
    """2 Mbit/s with 500 kB of queue towards the provider, and an upload that keeps it full."""
    shaper = ("tbf", "rate", "2mbit", "burst", "16kb", "limit", "500000")
    world.net.run("gw", "tc", "qdisc", "add", "dev", "wan", "root", *shaper)
    world.net.spawn(
        "gw",
        "upload",
        *(sys.executable, "-m", "tests.lab.servers_that_lie.busy_line"),
        *(internet.GOOGLE.v4, "330000", "180000", "5"),
        ready="ready",
    )


def drains(world: World) -> None:
    world.net.stop("upload")
    world.net.run("gw", "tc", "qdisc", "del", "dev", "wan", "root")


# A quarter of the ports that a connection may come from.
FULL_ROWS = "tcp sport & 6 == 2 ct state new drop"


def large_packets_vanish(world: World) -> None:
    """The last metres carry 1300 bytes, and nobody is told."""
    world.filter(
        "gw",
        "icmp type destination-unreachable drop",
        "icmpv6 type packet-too-big drop",
        hook="output",
    )
    for device in ("lan0", "wan"):
        world.net.attempt("gw", "ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off")
    world.net.ip("gw", "link", "set", "lan0", "mtu", "1300")


def large_packets_pass(world: World) -> None:
    world.net.ip("gw", "link", "set", "lan0", "mtu", "1500")
    world.unfilter("gw", hook="output")


SPARE_COURIER = "17.57.144.77"


def two_couriers_apart(world: World) -> None:
    """Two couriers, the pair that one look would draw together, have an address of their own."""
    names = ("7-courier.push.apple.com", "32-courier.push.apple.com")
    records = [record for record in internet.records(apple=True) if not record.startswith(names)]
    records += [f"{name}. 60 IN A {SPARE_COURIER}" for name in names]
    servers.authority(world.net, "apple-dns", internet.APPLE_DNS, records)
    world.net.ip("apple17", "addr", "add", f"{SPARE_COURIER}/32", "dev", "lo")
    world.net.nft(
        "apple17",
        servers.lines(
            "table ip spare {",
            " chain pre {",
            "  type nat hook prerouting priority dstnat;",
            f"  ip daddr {SPARE_COURIER} dnat to {internet.COURIERS[0].v4}",
            " }",
            "}",
        ),
    )


def drop_to(*addresses: str) -> str:
    return f"ip daddr {{ {', '.join(addresses)} }} drop"


CLOUDFLARE = (internet.CLOUDFLARE.v4, internet.CP_CLOUDFLARE.v4)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="bad-wifi",
        row="9",
        tunnels=frozenset({Tunnel.LAN}),
        fault=Fault(
            inject=lambda world: world.net.manners("lan", loss=30, jitter_ms=200),
            heal=lambda world: world.net.manners("lan"),
            symptom=pings(internet.GATEWAY_V4),
        ),
        expect=Expect(
            blame="me",
            code="degraded",
            causes=("lan_loss",),
            # Packets are lost, that is shown first; on which side of the router a little later.
            also_right=(("unknown", "degraded"),),
        ),
        trap=("apple_suspected", "isp_internet", "dns", "local_gateway"),
        within_seconds=SLOWLY,
        recover_seconds=ONE_LOOK_A_MINUTE,
        why="What was lost at random is over when enough connections in a row were clean.",
    ),
    Scenario(
        name="full-line",
        row="10",
        fault=Fault(
            inject=fills_up,
            heal=drains,
            symptom=takes(FAR, healthy=r"[0-9]{1,2}\.", broken=r"[0-9]{3,4}\."),
            symptom_after_seconds=4.0,
        ),
        expect=Expect(blame="me", code="degraded", causes=("wan_bufferbloat",)),
        trap=("apple_suspected", "isp_internet", "dns"),
        within_seconds=SLOWLY,
        recover_seconds=ONE_LOOK_A_MINUTE,
        why="Seen by bursts that doubt asks for, three a minute at most.",
    ),
    Scenario(
        name="one-reference-down",
        row="16",
        fault=Fault(
            inject=lambda world: world.filter("core", drop_to(*CLOUDFLARE)),
            heal=lambda world: world.unfilter("core"),
            symptom=Symptom(
                command=f"curl -sSk -m 3 -o /dev/null https://{internet.CLOUDFLARE.v4}/",
                healthy="exit=0",
                broken="exit=28",
            ),
        ),
        expect=Expect(blame="nobody", code="ok", notes=("control_down",)),
        at_start=OK,  # one that was never seen to answer is not known to be down
        trap=("isp_internet", "dns", "degraded", "apple_suspected"),
        within_seconds=SLOWLY,
    ),
    Scenario(
        name="satellite",
        row="19",
        tunnels=frozenset({Tunnel.WAN}),
        prepare=lambda world: world.net.manners("wan", delay_ms=300),
        fault=Fault(
            inject=lambda world: world.net.manners("wan", delay_ms=420),
            heal=lambda world: world.net.manners("wan", delay_ms=300),
            symptom=takes(FAR, healthy=r"6[0-9]{2}\.", broken=r"[89][0-9]{2}\."),
        ),
        expect=OK,
        trap=("degraded", "isp_internet", "apple_suspected", "dns"),
        within_seconds=SLOWLY,
        watch_seconds=70.0,
        why="600 ms are this line's own; a little more changes nothing.",
    ),
    Scenario(
        name="longer-way",
        row="19b",
        tunnels=frozenset({Tunnel.WAN}),
        fault=Fault(
            inject=lambda world: world.net.manners("wan", delay_ms=300),
            heal=lambda world: world.net.manners("wan"),
            symptom=takes(FAR, healthy=r"1?[0-9]{1,2}\.", broken=r"6[0-9]{2}\."),
        ),
        expect=OK,
        trap=("degraded", "isp_internet", "apple_suspected", "dns"),
        within_seconds=SLOWLY,
        watch_seconds=70.0,
        why="The fallback line goes by satellite: slower for all, evenly, and nothing is lost.",
    ),
    Scenario(
        name="ten-percent-loss",
        row="20",
        fault=Fault(
            inject=lambda world: world.filter("gw", "numgen random mod 100 < 10 drop"),
            heal=lambda world: world.unfilter("gw"),
            symptom=pings(FAR, count=100),
        ),
        expect=Expect(blame="unknown", code="degraded", causes=("loss",)),
        trap=("isp_internet", "dns", "apple_suspected", "firewall_port_blocked"),
        within_seconds=SLOWLY,
        recover_seconds=ONE_LOOK_A_MINUTE,
        watch_seconds=60.0,
        why="What was lost at random is over when enough connections in a row were clean.",
    ),
    Scenario(
        name="new-connections-fail",
        row="22",
        fault=Fault(
            inject=lambda world: world.filter("gw", FULL_ROWS),
            heal=lambda world: world.unfilter("gw"),
            symptom=Symptom(
                command="f=0; for n in 1 2 3 4 5 6 7 8; do "
                f"curl -sSk -m 1 -o /dev/null https://{FAR}/ || f=28; done; exit $f",
                healthy="exit=0",
                broken="exit=28",
            ),
        ),
        expect=Expect(blame="unknown", code="degraded", causes=("new_connections_failing",)),
        trap=("isp_internet", "apple_suspected", "dns"),
        within_seconds=2 * SLOWLY,
        recover_seconds=ONE_LOOK_A_MINUTE,
        why="nf_conntrack_max belongs to the machine here: a quarter of the router's table is full"
        " in its place. What falls there fails whole, the rest and what is open live on.",
    ),
    Scenario(
        name="pmtu-black-hole",
        row="23",
        fault=Fault(
            inject=large_packets_vanish,
            heal=large_packets_pass,
            symptom=Symptom(
                command=f"curl -sSk -m 4 -o /dev/null https://{FAR}/",
                healthy="exit=0",
                broken="exit=28",
            ),
        ),
        # Not the provider's alone (correction 7): nothing says on whose side the packets are lost.
        expect=Expect(blame="unknown", code="isp_internet", causes=("pmtu_blackhole",)),
        trap=("tls_interception", "apple_suspected", "firewall_port_blocked"),
        within_seconds=30.0,
        why="Handshakes hang for 5 s, and the twin that differs in one thing is asked after that.",
    ),
    Scenario(
        name="two-couriers-dead",
        row="116",
        prepare=two_couriers_apart,
        fault=Fault(
            inject=lambda world: world.filter("core", drop_to(SPARE_COURIER)),
            heal=lambda world: world.unfilter("core"),
            symptom=Symptom(
                command="curl -sSk -m 3 https://7-courier.push.apple.com:5223/",
                healthy=r"exit=(0|35|52|56)",
                broken="exit=28",
            ),
        ),
        expect=OK,
        trap=("apple_suspected", "degraded", "firewall_port_blocked"),
        within_seconds=SLOWLY,
        watch_seconds=120.0,
    ),
    Scenario(
        name="asked-too-often",
        row="118",
        fault=Fault(
            inject=lambda world: servers.apple_sites(
                world.net, world.certificates, every_answer="return 429;"
            ),
            heal=lambda world: servers.apple_sites(world.net, world.certificates),
            symptom=Symptom(
                command="curl -sSk -m 3 -o /dev/null -w '%{http_code}' https://idmsa.apple.com/",
                healthy="200exit",
                broken="429exit",
            ),
        ),
        expect=Expect(blame="nobody", code="degraded", causes=("rate_limited_by_target",)),
        trap=("apple_suspected", "isp_internet"),
        within_seconds=SLOWLY,
        recover_seconds=ONE_LOOK_A_MINUTE,
        why="Who says that it is asked too often is not asked sooner to see whether that is over.",
    ),
    Scenario(
        name="apple-slow",
        row="119",
        tunnels=frozenset({Tunnel.APPLE}),
        prepare=lambda world: world.net.manners("apple", delay_ms=20),
        fault=Fault(
            inject=lambda world: world.net.manners("apple", delay_ms=300, jitter_ms=20),
            heal=lambda world: world.net.manners("apple", delay_ms=20),
            symptom=takes(internet.IDMSA.v4, healthy=r"1?[0-9]{2}\.", broken=r"[5-9][0-9]{2}\."),
        ),
        expect=Expect(blame="unknown", code="degraded", causes=("apple_slow",)),
        at_start=OK,
        trap=("apple_suspected", "isp_internet"),
        within_seconds=SLOWLY,
        recover_seconds=ONE_LOOK_A_MINUTE,
        why="Nothing fails, so Apple is not asked sooner than once a minute. Who has never seen it"
        " faster cannot call it slow.",
    ),
    Scenario(
        name="one-host-limited",
        row="81",
        fault=Fault(
            inject=lambda world: world.filter(
                "gw",
                f"ip daddr {internet.IDMSA.v4} limit rate over 2/second burst 2 packets drop",
                f"ip6 daddr {internet.IDMSA.v6} limit rate over 2/second burst 2 packets drop",
            ),
            heal=lambda world: world.unfilter("gw"),
            symptom=Symptom(
                command="curl -sSk -m 2 -o /dev/null https://idmsa.apple.com/",
                healthy="exit=0",
                broken="exit=28",
            ),
        ),
        expect=Expect(
            blame="unknown", code="degraded", causes=("intermittent", "apple_partly", "apple_slow")
        ),
        # Where all of it comes late and nothing fails, nobody knows at a start what is usual.
        at_start=replace(OK, also_right=(("unknown", "degraded"),)),
        trap=("apple_suspected", "isp_internet"),
        within_seconds=2 * SLOWLY,
        recover_seconds=2 * RECOVERY,
        healthy_seconds=130.0,
        why="One host of a group of two: never an outage. Where the greeting comes by being sent "
        "again, nothing fails: it is late, each time, beside three looks of what is usual.",
    ),
)
