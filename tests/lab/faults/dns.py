"""Names: resolvers that are dead, that lie, that filter."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.lab import internet, servers, translation
from tests.lab.scenario import ACTIVE, OK, SILENT, SLOWLY, Expect, Fault, Scenario, Symptom
from tests.lab.world import Families, World

COURIER = internet.COURIERS[1].names[0]
GATEWAY, PROVIDERS = internet.GATEWAY_V4, internet.ISP_DNS_V4
# A resolver of its own on the home's network, as a Pi-hole is, and an address where nobody is.
OWN, OWN_NAME = internet.OWN_DNS_V4, "own-dns"
STUB = "127.0.0.53"
ANY = "www.google.com"
# The looks for notes run every quarter of an hour; a lab cannot wait that long.
OFTEN = "[looks.dns_manners]\nevery_seconds = 60.0\n"
ONE_LOOK = 60.0  # a look at Apple's names every 30 s; the fault shows nowhere else before


def dig(
    resolver: str, name: str, broken: str, *, healthy: str = "NOERROR", how: str = ""
) -> Symptom:
    return Symptom(
        command=f"dig +time=2 +tries=1 {how} @{resolver} {name}", healthy=healthy, broken=broken
    )


def lie(*how: str, listen: str = GATEWAY) -> Callable[[World], None]:
    """The router's forwarder does one thing wrong."""

    def inject(world: World) -> None:
        world.net.stop("gw-dns")
        world.net.spawn(
            "gw",
            "gw-dns",
            *(sys.executable, "-m", "tests.lab.servers_that_lie.forwarder"),
            *(world.at_home(listen), PROVIDERS, *how),
            ready="ready",
        )

    return inject


def options(*dnsmasq: str, upstreams: tuple[str, ...] = ()) -> Callable[[World], None]:
    return lambda world: world.home_resolver(*dnsmasq, upstreams=upstreams)


def home_again(world: World) -> None:
    world.home_resolver()


def own_resolver(*lines: str) -> Callable[[World], None]:
    """unbound on a machine of its own in the home, asking the provider's."""

    def start(world: World) -> None:
        servers.unbound(
            world.net,
            "lan",
            OWN_NAME,
            [
                f"interface: {world.at_home(OWN)}",
                "cache-max-ttl: 5",
                "cache-max-negative-ttl: 1",
                *lines,
            ],
            servers.forwards({".": (world.at_home(PROVIDERS),)}),
        )

    return start


# unbound keeps on answering what it knew, and says so.
KEEPS_STALE = (
    "serve-expired: yes",
    "serve-expired-client-timeout: 0",
    "ede: yes",
    "ede-serve-expired: yes",
)


def with_own_resolver(*lines: str, others: tuple[str, ...] = ()) -> Callable[[World], None]:
    """Prepare: the home has that machine, and the host asks it first."""

    def prepare(world: World) -> None:
        plug_in(world)
        own_resolver(*lines)(world)
        world.resolv_conf(OWN, *others)

    return prepare


def own_address(world: World) -> str:
    return f"{world.at_home(OWN)}/{64 if world.v6_only else 24}"


def plug_in(world: World) -> None:
    world.net.ip("lan", "addr", "add", own_address(world), "dev", "br0")
    world.net.ip("lan", "route", "replace", "default", "via", world.at_home(GATEWAY))


def own_machine_off(world: World) -> None:
    world.net.ip("lan", "addr", "del", own_address(world), "dev", "br0")


def own_machine_on(world: World) -> None:
    plug_in(world)
    own_resolver()(world)


def stub(*upstreams: str) -> Callable[[World], None]:
    """A stub on the host itself, in front of the real resolver."""

    def start(world: World) -> None:
        world.net.stop("stub")
        world.net.spawn(
            "host",
            "stub",
            *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root"),
            *("--pid-file=", "--no-resolv", "--no-hosts", "--cache-size=0", "--bind-interfaces"),
            *("--log-facility=-", f"--listen-address={STUB}"),
            *(f"--server={world.at_home(upstream)}" for upstream in upstreams),
            ready="started",
        )

    return start


def with_stub(world: World) -> None:
    stub(GATEWAY)(world)
    world.resolv_conf(STUB)


def with_stub_that_is_followed(world: World) -> None:
    """As systemd-resolved leaves it: a stub, and whom it asks in a file of its own."""
    with_stub(world)
    Path("/run/systemd").mkdir(exist_ok=True)
    world.net.run(None, "mount", "-t", "tmpfs", "lab", "/run/systemd")  # this world's own
    Path("/run/systemd/resolve").mkdir()
    Path("/run/systemd/resolve/resolv.conf").write_text(f"nameserver {world.at_home(GATEWAY)}\n")


def no_way_to_the_provider(world: World) -> None:
    world.net.ip("lan", "route", "add", "unreachable", world.at_home(PROVIDERS))


def way_to_the_provider(world: World) -> None:
    world.net.ip("lan", "route", "del", "unreachable", world.at_home(PROVIDERS))


def named_here(v4: str, v6: str, name: str) -> Callable[[World], None]:
    """The hosts file leads a name elsewhere, in what this host has of the two protocols."""
    return lambda world: world.hosts_file(f"{v6 if world.v6_only else v4} {name}\n")


def block_page(world: World) -> None:
    """A walled garden: Apple's names lead to a page at a private address."""
    v6 = translation.reached("10.0.0.80") if world.v6_only else ""
    for address in filter(None, ("10.0.0.80", v6)):
        world.net.ip("gw", "addr", "replace", address, "dev", "lo")
    page = internet.Server(site="gw", names=(), v4="10.0.0.80", v6=v6)
    body = 'location / { default_type text/html; return 200 "This site is blocked."; }'
    pem = world.certificates / "portal.pem"
    http = servers.site(page, body) + servers.site(page, body, certificate=pem)
    servers.nginx(world.net, "gw", "garden", http)
    world.home_resolver("--address=/apple.com/10.0.0.80", "--address=/icloud.com/10.0.0.80")


def no_block_page(world: World) -> None:
    world.home_resolver()
    world.net.stop("garden")


def rewritten_too(world: World) -> tuple[str, ...]:
    """Whoever invents addresses asks one who rewrites: that address is invented as well."""
    return ("--rewrite", world.at_home("93.184.215.80")) if world.v6_only else ()


def router_fails_at_apple(world: World) -> None:
    """A router with a resolver of its own, which asks nobody for Apple's names."""
    world.net.stop("gw-dns")
    servers.unbound(
        world.net,
        "gw",
        "gw-dns",
        [f"interface: {world.at_home(GATEWAY)}"],
        servers.forwards({".": (PROVIDERS,), "apple.com.": ("127.0.0.1@1",)}),
    )


def interception(world: World) -> None:
    world.redirect(f"udp dport 53 dnat ip to {GATEWAY}", f"tcp dport 53 dnat ip to {GATEWAY}")


def asks_google(world: World) -> None:
    """A public resolver; where the home has IPv6 alone, the one that invents addresses as its
    provider's does (Google Public DNS64)."""
    if not world.v6_only:
        world.resolv_conf(internet.GOOGLE_DNS.v4)
        return
    servers.public_inventor(world.net)
    world.resolv_conf(internet.GOOGLE_DNS64_V6)


def broken_interception(world: World) -> None:
    lie("--rcode", "SERVFAIL")(world)
    interception(world)


def no_interception(world: World) -> None:
    world.no_redirect()
    world.home_resolver()


def resolver_goes_on(world: World) -> None:
    world.net.running["gw-dns"].send_signal(signal.SIGCONT)


def filtered(
    name: str, row: str, inject: Callable[[World], None], broken: str, **more: str
) -> Scenario:
    return Scenario(
        name=name,
        row=row,
        fault=Fault(
            inject=inject,
            heal=home_again,
            symptom=dig(GATEWAY, more.get("asked", COURIER), broken, healthy=r"\sA\s+17\."),
        ),
        expect=Expect(blame="me", code="dns", causes=("dns_filtered",)),
        trap=("apple_suspected", "firewall_port_blocked", "tls_interception"),
        within_seconds=SLOWLY if "asked" in more else ONE_LOOK,
        answered=True,
        why="Two of Apple's names are asked for every 30 s, every other host once a minute.",
    )


DEAD: tuple[Scenario, ...] = (
    Scenario(
        name="provider-resolver-dead",
        row="25",
        fault=Fault(
            inject=lambda world: world.net.stop("isp-dns"),
            heal=World.provider_resolver,
            symptom=dig(GATEWAY, ANY, "timed out"),
        ),
        expect=Expect(blame="provider", code="dns", causes=("resolver_upstream_dead",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="provider-resolver-servfail",
        row="",
        fault=Fault(
            inject=lambda world: servers.unbound(
                world.net,
                "isp",
                "isp-dns",
                [f"interface: {PROVIDERS}"],
                servers.forwards({".": ("127.0.0.1@1",)}),
            ),
            heal=World.provider_resolver,
            symptom=dig(GATEWAY, ANY, "SERVFAIL"),
        ),
        expect=Expect(blame="provider", code="dns", causes=("resolver_upstream_dead",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
        answered=True,
    ),
    Scenario(
        name="router-fails-at-apples-names",
        row="",
        fault=Fault(
            inject=router_fails_at_apple,
            heal=home_again,
            symptom=dig(GATEWAY, COURIER, "SERVFAIL"),
        ),
        expect=Expect(blame="unknown", code="dns", also_right=(("me", "dns"),)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=ONE_LOOK,
        answered=True,
        why="A router that resolves by itself, or filters: its provider has no part in it. From"
        " here a provider's resolver that finds no way to Apple's looks the same.",
    ),
    Scenario(
        name="resolver-port-closed",
        row="26",
        fault=Fault(
            inject=lambda world: world.net.stop("gw-dns"),
            heal=home_again,
            symptom=dig(GATEWAY, ANY, "refused"),
        ),
        expect=Expect(blame="me", code="dns", causes=("connection_refused",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
        answered=True,
        why="Its machine says so once a second (seen on Linux 6.18): one of many questions hears"
        " it, the others are silent, and must be so twice.",
    ),
    Scenario(
        name="resolver-silent",
        row="27",
        fault=Fault(
            inject=lambda world: world.filter("gw", "udp dport 53 drop", hook="input"),
            heal=lambda world: world.unfilter("gw", hook="input"),
            symptom=dig(GATEWAY, ANY, "timed out"),
        ),
        expect=Expect(blame="me", code="dns", causes=("generic_timeout_error",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="servfail-for-all",
        row="28",
        prepare=with_own_resolver(),
        fault=Fault(
            inject=no_way_to_the_provider,
            heal=way_to_the_provider,
            symptom=dig(OWN, "www.wikipedia.org", "SERVFAIL"),
            symptom_after_seconds=6.0,
        ),
        expect=Expect(blame="me", code="dns", causes=("dns_servfail_error",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
        answered=True,
    ),
    Scenario(
        name="refused-for-all",
        row="29",
        prepare=with_own_resolver(),
        fault=Fault(
            inject=own_resolver(
                f"access-control: {internet.LAN_V4} refuse",
                f"access-control: {internet.LAN_V6} refuse",
            ),
            heal=own_resolver(),
            symptom=dig(OWN, ANY, "REFUSED"),
        ),
        expect=Expect(blame="me", code="dns", causes=("dns_refused_error",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=ACTIVE,
    ),
    Scenario(
        name="first-resolver-silent",
        row="30",
        prepare=with_own_resolver(others=(GATEWAY,)),
        fault=Fault(
            inject=lambda world: world.filter("lan", f"ip daddr {OWN} drop", hook="input"),
            heal=lambda world: world.unfilter("lan", hook="input"),
            symptom=dig(OWN, ANY, "timed out"),
        ),
        expect=Expect(blame="me", code="degraded", causes=("resolver_failover_slow",)),
        trap=("isp_internet", "apple_suspected", "dns"),
        within_seconds=SLOWLY,
    ),
    Scenario(
        name="first-resolver-gone",
        row="30",
        prepare=with_own_resolver(others=(GATEWAY,)),
        fault=Fault(
            inject=own_machine_off,
            heal=own_machine_on,
            symptom=dig(OWN, ANY, "timed out|unreachable"),
        ),
        expect=Expect(blame="me", code="degraded", causes=("resolver_failover_slow",)),
        trap=("isp_internet", "apple_suspected", "dns"),
        within_seconds=SLOWLY,
    ),
)

OPEN_QUESTIONS: tuple[Scenario, ...] = (
    Scenario(
        name="resolver-hangs",
        row="",
        fault=Fault(
            inject=lambda world: world.net.running["gw-dns"].send_signal(signal.SIGSTOP),
            heal=resolver_goes_on,
            symptom=dig(GATEWAY, ANY, "timed out"),
        ),
        expect=Expect(blame="unknown", code="dns", causes=("resolver_or_upstream",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
        why="A forwarder that hangs looks like one that waits for a dead upstream and says nothing "
        "of itself: its kernel takes connections, and no answer comes.",
    ),
    Scenario(
        name="providers-resolver-asked-directly",
        row="",
        prepare=lambda world: world.resolv_conf(PROVIDERS),
        fault=Fault(
            inject=lambda world: world.filter("isp", "udp dport 53 drop", hook="input"),
            heal=lambda world: world.unfilter("isp", hook="input"),
            symptom=dig(PROVIDERS, ANY, "timed out"),
        ),
        expect=Expect(blame="unknown", code="dns", causes=("resolver_or_upstream",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
        why="From here a dead resolver of the provider's and a filter on the way to it look alike.",
    ),
)

FILTERS: tuple[Scenario, ...] = (
    filtered("push-names-null", "32", options("--address=/push.apple.com/0.0.0.0"), r"0\.0\.0\.0"),
    filtered("push-names-gone", "33", options("--address=/push.apple.com/"), "NXDOMAIN"),
    Scenario(
        name="push-names-empty",
        row="34",
        prepare=with_own_resolver(),
        fault=Fault(
            inject=own_resolver("local-zone: push.apple.com. always_nodata"),
            heal=own_resolver(),
            symptom=dig(OWN, COURIER, "ANSWER: 0", healthy="ANSWER: 1"),
        ),
        expect=Expect(blame="me", code="dns", causes=("dns_filtered",)),
        trap=("apple_suspected", "firewall_port_blocked"),
        within_seconds=ONE_LOOK,
        answered=True,
    ),
    Scenario(
        name="walled-garden",
        row="35",
        fault=Fault(
            inject=block_page,
            heal=no_block_page,
            symptom=dig(GATEWAY, COURIER, r"10\.0\.0\.80", healthy=r"17\.57\."),
        ),
        expect=Expect(
            blame="me",
            code="dns",
            causes=("dns_filtered",),
            also_right=(("me", "captive_portal"),),
        ),
        trap=("apple_suspected", "tls_interception"),
        within_seconds=ONE_LOOK,
        answered=True,
        why="With nothing behind it besides, its page is all there is, as a sign-in page would be.",
    ),
    filtered(
        "one-name-gone",
        "",
        options("--address=/gsa.apple.com/"),
        "NXDOMAIN",
        asked=internet.GSA.names[0],
    ),
    filtered(
        "one-name-to-a-block-page",
        "",
        options(f"--address=/gsa.apple.com/{internet.WIKIPEDIA.v4}"),
        internet.WIKIPEDIA.v4,
        asked=internet.GSA.names[0],
    ),
    Scenario(
        name="long-answers-lost",
        row="41",
        fault=Fault(
            inject=lie("--truncate", "apple.com", "--no-tcp"),
            heal=home_again,
            symptom=dig(GATEWAY, COURIER, "refused|Truncated"),
        ),
        expect=Expect(blame="me", code="dns", causes=("dns_tcp_blocked",)),
        trap=("apple_suspected",),
        within_seconds=ONE_LOOK,
    ),
    Scenario(
        name="hosts-file",
        row="49",
        fault=Fault(
            inject=named_here("127.0.0.1", "::1", COURIER),
            heal=lambda world: world.hosts_file(),
            symptom=Symptom(
                command=f"getent ahosts {COURIER}",
                healthy=r"17\.57\.|2620:149:a44:",
                broken=r"127\.0\.0\.1|(?m:^::1 )",
            ),
        ),
        expect=Expect(blame="me", code="dns", causes=("hosts_file_override",)),
        trap=("apple_suspected", "firewall_port_blocked"),
        within_seconds=SLOWLY,
        answered=True,
    ),
    Scenario(
        name="hosts-file-account",
        row="",
        fault=Fault(
            inject=named_here("0.0.0.0", "::", internet.GSA.names[0]),
            heal=lambda world: world.hosts_file(),
            symptom=Symptom(
                command=f"getent ahosts {internet.GSA.names[0]}",
                healthy=r"17\.32\.|64:ff9b::1120:",
                broken=r"0\.0\.0\.0|(?m:^:: )",
            ),
        ),
        expect=Expect(blame="me", code="dns", causes=("hosts_file_override",)),
        trap=("apple_suspected",),
        within_seconds=ONE_LOOK,
        answered=True,
    ),
    Scenario(
        name="nothing-but-stale-answers",
        row="",
        prepare=with_own_resolver(*KEEPS_STALE),
        configuration=OFTEN,
        fault=Fault(
            inject=no_way_to_the_provider,
            heal=way_to_the_provider,
            symptom=dig(OWN, "n$(date +%N).example.org", "SERVFAIL", healthy="NXDOMAIN"),
            symptom_after_seconds=6.0,
        ),
        expect=Expect(blame="me", code="dns", causes=("dns_servfail_error",)),
        trap=("apple_suspected",),
        within_seconds=2 * SLOWLY,
        answered=True,
        why="Every name that is asked for often is answered from before; only a new one shows it.",
    ),
    Scenario(
        name="split-dns-route",
        row="50",
        prepare=with_stub,
        fault=Fault(
            inject=stub(GATEWAY, "/apple.com/10.8.0.1", "/icloud.com/10.8.0.1"),
            heal=stub(GATEWAY),
            symptom=dig(STUB, COURIER, "timed out"),
        ),
        expect=Expect(blame="me", code="dns", causes=("split_dns_route",)),
        trap=("apple_suspected", "isp_internet"),
        within_seconds=ONE_LOOK,
    ),
)

MANNERS: tuple[Scenario, ...] = (
    Scenario(
        name="nxdomain-rewritten",
        row="31",
        configuration=OFTEN,
        fault=Fault(
            inject=lambda world: lie("--rewrite", "93.184.215.80", *rewritten_too(world))(world),
            heal=home_again,
            symptom=dig(GATEWAY, "no-such-name.example.org", r"93\.184", healthy="NXDOMAIN"),
        ),
        expect=Expect(blame="nobody", code="ok", notes=("nxdomain_rewritten",)),
        trap=("dns",),
        within_seconds=SLOWLY,
    ),
    Scenario(
        name="private-relay-off",
        row="37",
        configuration=OFTEN,
        fault=Fault(
            inject=options("--address=/mask.icloud.com/", "--address=/mask-h2.icloud.com/"),
            heal=home_again,
            symptom=dig(GATEWAY, internet.MASK.names[0], "NXDOMAIN"),
        ),
        expect=Expect(blame="nobody", code="ok", notes=("private_relay_disabled_by_network",)),
        trap=("dns",),
        within_seconds=SLOWLY,
    ),
    Scenario(
        name="answers-differ",
        row="38",
        fault=Fault(
            inject=options(
                *(f"--host-record={n},17.57.144.12" for n in internet.COURIERS[1].names)
            ),
            heal=home_again,
            symptom=dig(GATEWAY, COURIER, r"17\.57\.144\.12", healthy=r"17\.57\.144\.11"),
        ),
        expect=OK,
        trap=("dns",),
        within_seconds=ONE_LOOK,
        watch_seconds=45.0,
    ),
    Scenario(
        name="aaaa-filtered",
        row="39",
        families=Families.DUAL,
        configuration=OFTEN,
        fault=Fault(
            inject=options("--filter-AAAA"),
            heal=home_again,
            symptom=dig(GATEWAY, f"{ANY} AAAA", "ANSWER: 0", healthy="ANSWER: 1"),
        ),
        expect=Expect(blame="nobody", code="ok", notes=("aaaa_filtered",)),
        trap=("ipv6_broken", "dns"),
        within_seconds=SLOWLY,
    ),
    Scenario(
        name="aaaa-questions-dropped",
        row="40",
        fault=Fault(
            inject=lie("--deaf-to-aaaa"),
            heal=home_again,
            symptom=dig(GATEWAY, f"{ANY} AAAA", "timed out"),
        ),
        expect=Expect(blame="me", code="degraded", causes=("aaaa_query_dropped",)),
        v6_only=Expect(blame="unknown", code="dns", also_right=(("me", "dns"),)),
        trap=("apple_suspected", "dns", "ipv6_broken"),
        within_seconds=SLOWLY,
        why="With IPv6 alone no name leads anywhere. A router that drops the questions looks like"
        " one that waits for a resolver which cannot invent addresses.",
    ),
    Scenario(
        name="search-domain-wildcard",
        row="43",
        prepare=options("--address=/lab.corp/10.9.9.9"),
        fault=Fault(
            inject=lambda world: world.resolv_conf(GATEWAY, more="search lab.corp\n"),
            heal=lambda world: world.resolv_conf(GATEWAY),
            symptom=Symptom(
                command="getent ahosts www",
                healthy="exit=2",
                broken=rf"10\.9\.9\.9|{translation.reached('10.9.9.9')}",
            ),
        ),
        expect=OK,
        trap=("dns", "tls_interception"),
        within_seconds=ONE_LOOK,
        watch_seconds=45.0,
    ),
    Scenario(
        name="dns-intercepted",
        row="44",
        prepare=asks_google,
        configuration=OFTEN,
        fault=Fault(
            inject=interception,
            heal=lambda world: world.no_redirect(),
            symptom=dig("192.0.2.53", ANY, "NOERROR", healthy="timed out|unreachable"),
        ),
        expect=Expect(blame="nobody", code="ok", notes=("dns_intercepted",)),
        trap=("dns",),
        within_seconds=SLOWLY,
    ),
    Scenario(
        name="interceptor-broken",
        row="45",
        prepare=asks_google,
        fault=Fault(
            inject=broken_interception,
            heal=no_interception,
            symptom=dig("8.8.8.8", ANY, "SERVFAIL"),
        ),
        expect=Expect(blame="me", code="dns", causes=("intercepted_resolver_broken",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="resolver-slow",
        row="46",
        fault=Fault(
            inject=lie("--slow", "0.6"),
            heal=home_again,
            symptom=dig(GATEWAY, ANY, r"Query time: 6\d\d", healthy=r"Query time: \d{1,2} "),
        ),
        expect=Expect(blame="me", code="degraded", causes=("dns_slow",)),
        trap=("apple_suspected", "dns"),
        within_seconds=SLOWLY,
    ),
    Scenario(
        name="resolver-deaf-to-edns",
        row="",
        fault=Fault(
            inject=lie("--deaf-to-edns"),
            heal=home_again,
            symptom=Symptom(
                command=f"dig +time=1 +tries=1 @{GATEWAY} {ANY};"
                f" dig +noedns +time=2 +tries=1 @{GATEWAY} {ANY} | grep status",
                healthy="NOERROR(?s:.*)status: NOERROR",
                broken="timed out(?s:.*)status: NOERROR",
            ),
        ),
        expect=OK,
        trap=("dns", "isp_internet", "apple_suspected", "degraded"),
        within_seconds=ACTIVE,
        watch_seconds=ONE_LOOK,
        why="Applications ask without EDNS (resolv.conf(5)), and have all they want.",
    ),
    Scenario(
        name="router-filters-for-others",
        row="",
        prepare=with_own_resolver(),
        configuration=OFTEN,
        fault=Fault(
            inject=options("--address=/push.apple.com/0.0.0.0"),
            heal=home_again,
            symptom=dig(GATEWAY, COURIER, r"0\.0\.0\.0", healthy=r"17\.57\."),
        ),
        expect=Expect(blame="nobody", code="ok", notes=("router_dns_differs",)),
        trap=("dns",),
        within_seconds=SLOWLY,
        why="This device asks another resolver; those that ask the router have no push.",
    ),
)

BEHIND_A_STUB: tuple[Scenario, ...] = (
    Scenario(
        name="stub-before-a-filter",
        row="",
        prepare=with_stub,
        fault=Fault(
            inject=options("--address=/push.apple.com/0.0.0.0"),
            heal=home_again,
            symptom=dig(STUB, COURIER, r"0\.0\.0\.0", healthy=r"17\.57\."),
        ),
        expect=Expect(blame="me", code="dns", causes=("dns_filtered",)),
        trap=("apple_suspected", "firewall_port_blocked"),
        within_seconds=ONE_LOOK,
        answered=True,
        why="The stub only passes on what the home's resolver says.",
    ),
    Scenario(
        name="stub-before-a-dead-provider",
        row="",
        prepare=with_stub_that_is_followed,
        fault=Fault(
            inject=lambda world: world.net.stop("isp-dns"),
            heal=World.provider_resolver,
            symptom=dig(STUB, ANY, "timed out|SERVFAIL|REFUSED"),
        ),
        expect=Expect(blame="provider", code="dns", causes=("resolver_upstream_dead",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
        why="The stub tells nothing of itself; the router behind it is alive, and its own is not.",
    ),
    Scenario(
        name="stub-before-a-silent-resolver",
        row="",
        prepare=with_stub,
        fault=Fault(
            inject=lambda world: world.filter("gw", "udp dport 53 drop", hook="input"),
            heal=lambda world: world.unfilter("gw", hook="input"),
            symptom=dig(STUB, ANY, "timed out"),
        ),
        expect=Expect(blame="me", code="dns", causes=("generic_timeout_error",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
        why="The stub is alive and has nothing to say.",
    ),
    Scenario(
        name="stub-stopped",
        row="",
        prepare=with_stub,
        fault=Fault(
            inject=lambda world: world.net.stop("stub"),
            heal=stub(GATEWAY),
            symptom=dig(STUB, ANY, "refused"),
        ),
        expect=Expect(blame="me", code="dns", causes=("connection_refused",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=ACTIVE,
        why="The resolver behind it is right, and no application here asks it.",
    ),
)

SCENARIOS: tuple[Scenario, ...] = (*DEAD, *OPEN_QUESTIONS, *FILTERS, *MANNERS, *BEHIND_A_STUB)
