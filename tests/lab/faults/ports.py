"""Firewalls and ports."""

from __future__ import annotations

import sys

from tests.lab import internet, servers
from tests.lab.scenario import SERVICE, Change, Expect, Fault, Scenario, Symptom
from tests.lab.world import Families, World

COURIER = internet.COURIERS[1].v4
IDENTITY = internet.IDENTITY.v4
COURIERS_V4 = "17.57.144.0/24"
COURIERS_V6 = "2620:149:a44::/48"
ON_443_TOO = (
    f"ip daddr {COURIERS_V4} tcp dport 443 drop",
    f"ip6 daddr {COURIERS_V6} tcp dport 443 drop",
)


def speaks(address: str, port: int) -> str:
    return (
        f"timeout 3 openssl s_client -connect {address}:{port} -alpn apns-security-v3"
        " </dev/null >/dev/null 2>&1"
    )


PUSH = Symptom(command=speaks(COURIER, 5223), healthy="exit=0", broken=r"exit=(1|124)")
ON_443 = Symptom(command=speaks(COURIER, 443), healthy="exit=0", broken=r"exit=(1|124)")
SECURE = Symptom(
    command=f"curl -sk -m 2 -o /dev/null https://{IDENTITY}/",
    healthy="exit=0",
    broken=r"exit=(7|28)",
)


# One courier is asked every 15 s (probe/looks.py), is silent for 5 s, and for 5 s more when asked
# again a second later; what is seen from near needs one silence and 4 s.
PUSH_ALONE = 26.0


def filtered(namespace: str, *rules: str, hook: str = "forward") -> Change:
    return lambda world: world.filter(namespace, *rules, hook=hook)


def unfiltered(namespace: str, hook: str = "forward") -> Change:
    return lambda world: world.unfilter(namespace, hook=hook)


def firewall(*causes: str, **more: object) -> Expect:
    return Expect(blame="me", code="firewall_port_blocked", causes=causes, **more)  # type: ignore[arg-type]


def port(
    name: str,
    row: str,
    rules: tuple[str, ...],
    expect: Expect,
    *,
    where: str = "gw",
    hook: str = "forward",
    symptom: Symptom = PUSH,
    trap: tuple[str, ...] = ("apple_suspected", "isp_internet"),
    within_seconds: float = PUSH_ALONE,
    families: Families = Families.V4,
    why: str = "",
    at_start: Expect | None = None,
    configuration: str = "",
) -> Scenario:
    """A packet filter somewhere on the way."""
    return Scenario(
        name=name,
        row=row,
        fault=Fault(
            inject=filtered(where, *rules, hook=hook),
            heal=unfiltered(where, hook),
            symptom=symptom,
        ),
        expect=expect,
        trap=trap,
        within_seconds=within_seconds,
        families=families,
        why=why,
        at_start=at_start,
        configuration=configuration,
    )


# A filter in the router that swallows stops the port before the machine behind the router.
SWALLOWED = "The router is seen to pass other ports of the same address and not this one."
NOT_SURE = ("low",)
CANNOT_TELL = Expect(blame="unknown", code="unknown", causes=("push_or_filter",))

QUIET_SECONDS = 75.0
FORGETFUL = {
    "net.netfilter.nf_conntrack_tcp_timeout_established": "60",
    # Not a router that takes up again, by itself, what it has forgotten.
    "net.netfilter.nf_conntrack_tcp_loose": "0",
}
USUAL = {
    "net.netfilter.nf_conntrack_tcp_timeout_established": "432000",
    "net.netfilter.nf_conntrack_tcp_loose": "1",
}


def patient_couriers(world: World) -> None:
    """Couriers that keep quiet sessions on 5223, where nginx says goodbye at once."""
    servers.apple_sites(
        world.net,
        world.certificates,
        couriers="".join(
            servers.courier(server, world.certificates).replace(
                servers.listens(server, 5223, "ssl"), ""
            )
            for server in internet.COURIERS
        ),
    )
    world.net.spawn(
        "apple17",
        "quiet-couriers",
        *(sys.executable, "-m", "tests.lab.servers_that_lie.quiet_courier"),
        *(str(world.certificates / "courier.pem"), "5223"),
        *(address for server in internet.COURIERS for address in (server.v4, server.v6)),
        ready="ready",
    )
    if world.v6_only:
        keeps_strangers_out(world)


def keeps_strangers_out(world: World) -> None:
    """A router that translates nothing forgets nothing, but every home's lets in only what was
    asked for from inside (RFC 6092), and remembers that in the same table."""
    world.net.nft(
        "gw",
        servers.lines(
            "table ip6 home_firewall {",
            " chain rules {",
            "  type filter hook forward priority 0;",
            "  ct state invalid drop",
            "  iifname wan ct state new drop",
            " }",
            "}",
        ),
    )


SCENARIOS: tuple[Scenario, ...] = (
    port(
        "host-firewall-drops-5223",
        "12",
        ("tcp dport 5223 drop", "udp dport 123 drop"),
        firewall("local_host_firewall"),
        where="host",
        hook="output",
    ),
    port(
        "host-firewall-rejects-5223",
        "12",
        ("tcp dport 5223 reject",),
        firewall("local_host_firewall"),
        where="host",
        hook="output",
    ),
    port(
        "push-5223-dropped",
        "72",
        ("tcp dport 5223 drop",),
        firewall("fallback_443_ok"),
        why=SWALLOWED,
    ),
    port(
        "push-5223-dropped-and-android-push-too",
        "72",
        ("tcp dport { 5222, 5223, 5228 } drop",),
        firewall("fallback_443_ok", "egress_web_only"),
        why="Three ports beside the web's are closed, and nothing but time is let out.",
    ),
    port(
        "push-5223-dropped-beyond-the-provider",
        "72",
        ("tcp dport 5223 drop",),
        Expect(blame="unknown", code="degraded", causes=("only_443",)),
        where="core",
        why="Android's push (5228) passes, ours did until now, and nothing near us stops it: either"
        " Apple's own listeners are down, or somebody far away filters. At a first start nothing"
        " shows that the network ever let 5223 out: a firewall, at low certainty.",
        at_start=firewall("fallback_443_ok", certainties=NOT_SURE),
    ),
    port(
        "push-5223-rejected",
        "73",
        ("tcp dport 5223 reject with icmpx admin-prohibited",),
        firewall("active_reject"),
    ),
    port(
        "push-5223-reset-by-router",
        "73",
        ("tcp dport 5223 reject with tcp reset",),
        firewall("active_reject"),
        why="The reset bears the courier's name; that it came from near shows in the hops it took.",
    ),
    port(
        "web-ports-only",
        "74",
        (
            "udp dport 53 accept",
            "tcp dport 53 accept",
            "tcp dport { 80, 443 } accept",
            "ct state established accept",
            "iifname lan0 drop",
        ),
        firewall("egress_web_only"),
    ),
    port(
        "push-dropped-on-both-ports",
        "75",
        ("tcp dport 5223 drop", *ON_443_TOO),
        firewall("push_fully_blocked"),
        symptom=ON_443,
        why=SWALLOWED,
    ),
    port(
        "push-filtered-by-its-protocol",
        "75",
        ("tcp dport 5223 drop", f"ip daddr {COURIERS_V4} tcp dport 443 ct packets > 3 drop"),
        firewall("push_fully_blocked", "sni_filtered"),
        symptom=PUSH,
        why="A filter that reads lets TCP to 443 pass, and then no more.",
    ),
    port(
        "push-dropped-beyond-the-provider",
        "77",
        ("tcp dport 5223 drop", *ON_443_TOO),
        CANNOT_TELL,
        where="core",
        symptom=ON_443,
        why="Nothing near here stops it, and this network had push before: a far filter and Apple's"
        " front end being down look the same from here.",
        at_start=Expect(blame="unknown", code="unknown"),
    ),
    port(
        "apple-rejected-by-block-list",
        "78",
        (
            "ip daddr 17.0.0.0/8 reject with icmpx admin-prohibited",
            "ip6 daddr { 2620:149::/32, 2403:300::/32 } reject with icmpx admin-prohibited",
        ),
        firewall("active_reject_near"),
        symptom=SECURE,
        within_seconds=SERVICE,
    ),
    port(
        "apple-reset-by-block-list",
        "78",
        (
            "ip daddr 17.0.0.0/8 tcp dport { 443, 5223 } reject with tcp reset",
            "ip6 daddr { 2620:149::/32, 2403:300::/32 } meta l4proto tcp reject with tcp reset",
        ),
        firewall("active_reject_near"),
        symptom=SECURE,
        within_seconds=SERVICE,
    ),
    port(
        "apple-dropped-by-block-list",
        "78",
        (
            "ip daddr 17.0.0.0/8 drop",
            "ip6 daddr { 2620:149::/32, 2403:300::/32 } drop",
        ),
        Expect(blame="unknown", code="unknown", causes=("apple_or_path",)),
        symptom=SECURE,
        within_seconds=SERVICE,
        trap=("apple_suspected", "isp_internet"),
        why="A list that swallows every packet to an address looks like a provider that has lost"
        " the route to it.",
    ),
    port(
        "time-blocked",
        "80",
        ("udp dport 123 drop",),
        Expect(blame="nobody", code="ok", notes=("ntp_blocked",)),
        symptom=Symptom(
            command=f"{sys.executable} tests/lab/sntp_query.py {internet.TIME_CLOUDFLARE.v4}",
            healthy="origin ours",
            broken="timed out",
        ),
        trap=("clock", "degraded"),
        within_seconds=85.0,
        configuration="[looks.ntp]\nevery_seconds = 64\n",
        why="Time servers are asked every 1024 s, and nothing else may show it; here every 64 s.",
    ),
    port(
        "quic-blocked",
        "79",
        ("udp dport 443 drop",),
        Expect(blame="nobody", code="ok", notes=("quic_blocked",)),
        symptom=Symptom(
            command=f"python3 -c \"import socket; where = '{internet.QUAD9.v4}'; family = socket"
            ".getaddrinfo(where, 443)[0][0]; s = socket.socket(family, socket.SOCK_DGRAM);"
            " s.settimeout(2); s.connect((where, 443)); s.send(b'?'); print(s.recv(9))\"",
            healthy="refused",
            broken="timed out",
        ),
        trap=("apple_suspected", "degraded"),
        within_seconds=85.0,
        configuration="[looks.quic]\nevery_seconds = 60\n",
        why="Nobody here speaks QUIC, and whoever is asked for it says so. UDP port 443 is asked"
        " every 300 s, since it changes no verdict; here every 60 s.",
    ),
    Scenario(
        name="quiet-connections-forgotten",
        row="82",
        prepare=patient_couriers,
        fault=Fault(
            inject=lambda world: world.net.sysctl("gw", FORGETFUL),
            heal=lambda world: world.net.sysctl("gw", USUAL),
            symptom=Symptom(
                where="gw",
                command="sysctl -n net.netfilter.nf_conntrack_tcp_timeout_established",
                healthy="^432000",
                broken="(?m)^60$",
            ),
        ),
        expect=Expect(blame="me", code="degraded", causes=("nat_idle_timeout_short",)),
        trap=("apple_suspected", "firewall_port_blocked"),
        within_seconds=280.0,
        recover_seconds=None,
        configuration="[looks.push_idle]\nenabled = true\nevery_seconds = 90\n"
        f"[targets.courier]\nquiet_seconds = {QUIET_SECONDS}\n",
        why="Two sessions must have died, each after 75 s of quiet and 90 s apart; one that is"
        " quiet already when the router turns forgetful is its first.",
    ),
)
