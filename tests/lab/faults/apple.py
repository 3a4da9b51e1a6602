"""Apple's side: push, its services, its names, and what only looks like Apple."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace

from probe.drill.feeds import consumer
from tests.lab import internet, servers
from tests.lab.faults import feeds
from tests.lab.internet import Server
from tests.lab.net import LabError
from tests.lab.scenario import OK, SERVICE, SILENT, Change, Expect, Fault, Scenario, Symptom
from tests.lab.world import World

OWN_NETWORK = ("ip daddr 17.0.0.0/8", "ip6 daddr { 2620:149::/32, 2403:300::/32 }")
OWN_NETWORK_BUT_NAMES = (
    f"ip daddr 17.0.0.0/8 ip daddr != {internet.APPLE_DNS.v4}",
    f"ip6 daddr {{ 2620:149::/32, 2403:300::/32 }} ip6 daddr != {internet.APPLE_DNS.v6}",
)
COURIER_NETWORK = ("ip daddr 17.57.144.0/22", "ip6 daddr 2620:149:a44::/48")
# A full packet of a web server's certificate, and nothing of ours, is larger.
LARGE_BYTES = 900
# Something of every group is asked every 20 s, by turns (probe/looks.py). What is silent is waited
# for twice, 5 s each, and where whoever answers stands is measured.
ONE_GROUP = 45.0
SENDERS = 135.0  # the provider API: every two minutes, and once more at once


def tls(server: Server, port: int, name: str, more: str = "") -> str:
    """A greeting as openssl gives it."""
    return (
        f"timeout 4 openssl s_client -connect {server.v4}:{port} -servername {name} {more} "
        "-brief </dev/null"
    )


def asks(server: Server, path: str = "/") -> str:
    """The status of one web answer, or curl's own exit code."""
    name = server.names[0]
    return (
        f"curl -sS -m 4 -k -o /dev/null -w 'status=%{{http_code}} ' "
        f"--resolve {name}:443:{server.v4} https://{name}{path}"
    )


COURIER = internet.COURIERS[1]
COURIER_NAME = "courier.push.apple.com"
COURIER_SPEAKS = tls(COURIER, 5223, COURIER_NAME, "-alpn apns-security-v3")
COURIER_SILENT = Symptom(command=COURIER_SPEAKS, healthy="Protocol version: TLS", broken="exit=124")


def apple(world: World, *, every_answer: str = "", couriers: str = "", senders: str = "") -> None:
    servers.apple_sites(
        world.net,
        world.certificates,
        every_answer=every_answer,
        couriers=couriers,
        senders=senders,
    )


def as_ever(world: World) -> None:
    for name in HANGING:
        world.net.stop(name)
    apple(world)


HANGING = ("hang-apple17", "hang-gw", "hang-isp", "goodbye")


def hang(world: World, namespace: str, *places: str) -> None:
    world.net.spawn(
        namespace,
        f"hang-{namespace}",
        *(sys.executable, "-m", "tests.lab.servers_that_lie.hangs", *places),
        ready="ready",
    )


def couriers_hang(world: World) -> None:
    """Every courier takes the connection and never answers the greeting."""
    apple(world, couriers="none")
    places = [
        place
        for courier in internet.COURIERS
        for port in (5223, 443)
        for place in (f"{courier.v4}:{port}", f"[{courier.v6}]:{port}")
    ]
    hang(world, "apple17", *places)


def couriers_show(certificate: str) -> Change:
    """Every courier shows another certificate than its own."""

    def inject(world: World) -> None:
        pem = world.certificates / f"{certificate}.pem"
        own = world.certificates / "courier.pem"
        blocks = "\n".join(
            servers.courier(courier, world.certificates).replace(str(own), str(pem))
            for courier in internet.COURIERS
        )
        apple(world, couriers=blocks)

    return inject


def couriers_speak(protocol: str) -> Change:
    """Every courier speaks another protocol (ALPN) than push; "" is none at all.

    nginx refuses a caller that offers none of its own (RFC 7301 3.2), and ignores what is offered
    where it has none.
    """

    def inject(world: World) -> None:
        line = f"ssl_alpn {protocol};" if protocol else ""
        blocks = "\n".join(
            servers.courier(courier, world.certificates).replace("ssl_alpn apns-security-v3;", line)
            for courier in internet.COURIERS
        )
        apple(world, couriers=blocks)

    return inject


def senders_say_goodbye(world: World) -> None:
    """Both doors of the provider API speak HTTP/2, and end every connection with GOAWAY."""
    apple(world, senders="none")
    world.net.spawn(
        "apple17",
        "goodbye",
        *(sys.executable, "-m", "tests.lab.servers_that_lie.goodbye"),
        str(world.certificates / "apple-public.pem"),
        *(
            place
            for port in (443, 2197)
            for place in (f"{internet.PROVIDER.v4}:{port}", f"[{internet.PROVIDER.v6}]:{port}")
        ),
        ready="ready",
    )


def hosts_answer(line: str, *which: Server) -> Change:
    """These web hosts of Apple's answer with a line of nginx; the others are well."""

    def inject(world: World) -> None:
        apple(world)
        file = world.net.out / "apple-web" / "nginx.conf"
        blocks = file.read_text().split("server {")
        changed = [
            block.replace("location", f"{line} location", 1)
            if any(f"listen {server.v4}:" in block for server in which)
            else block
            for block in blocks
        ]
        file.write_text("server {".join(changed))
        reload(world)

    return inject


def reload(world: World) -> None:
    done = world.net.attempt(
        "apple17",
        *("nginx", "-e", str(world.net.out / "apple-web" / "error.log")),
        *("-c", str(world.net.out / "apple-web" / "nginx.conf"), "-s", "reload"),
    )
    if done.returncode:
        raise LabError(f"nginx: {done.stderr}")


def drop(namespace: str, *matches: str, verdict: str = "drop", hook: str = "forward") -> Change:
    return lambda world: world.filter(
        namespace, *(f"{match} {verdict}" for match in matches), hook=hook
    )


def undrop(namespace: str, *, hook: str = "forward") -> Change:
    return lambda world: world.unfilter(namespace, hook=hook)


def boxed(namespace: str, device: str) -> Change:
    """A box on the way takes Apple's connections itself, and never answers the greeting."""

    def inject(world: World) -> None:
        world.net.nft(
            namespace,
            servers.lines(
                "table inet box {",
                " chain rules {",
                "  type nat hook prerouting priority dstnat;",
                *world.ruled(
                    f"iifname {device} ip daddr 17.57.144.0/22 tcp dport {{ 443, 5223 }}"
                    " redirect to :7000"
                ),
                " }",
                "}",
            ),
        )
        hang(world, namespace, "0.0.0.0:7000", *(["[::]:7000"] if world.v6_only else []))

    return inject


def unboxed(namespace: str) -> Change:
    def heal(world: World) -> None:
        world.net.run(namespace, "nft", "delete", "table", "inet", "box")
        world.net.stop(f"hang-{namespace}")

    return heal


def fails_then_says_so(world: World) -> None:
    """Apple fails; its page says so a while later."""
    apple(world, every_answer="return 503;")

    def later() -> None:
        time.sleep(45.0)
        servers.write_feeds(world.net, consumer=consumer(time.time() - 60))

    threading.Thread(target=later, daemon=True).start()


def well_again(world: World) -> None:
    apple(world)
    servers.write_feeds(world.net)


def couriers_stop_and_apple_says_so(world: World) -> None:
    servers.write_feeds(world.net, consumer=consumer(time.time() - 3600))
    apple(world, couriers="none")


def names_answered(world: World) -> None:
    """The server is back, and resolvers have forgotten that it was away."""
    records = internet.records(apple=True)
    servers.authority(world.net, "apple-dns", internet.APPLE_DNS, records)
    world.provider_resolver()
    servers.public_resolvers(world.net, world.certificates)


def apples_networks(world: World) -> tuple[str, ...]:
    return ("17.0.0.0/8", *(["2620:149::/32", "2403:300::/32"] if world.v6_only else []))


def provider_loses_its_way(world: World) -> None:
    for network in apples_networks(world):
        world.net.ip("isp", "route", "add", "blackhole", network)


def provider_finds_its_way(world: World) -> None:
    for network in apples_networks(world):
        world.net.ip("isp", "route", "del", "blackhole", network)
    world.provider_resolver()


SUSPECTED = "apple_suspected"
UNKNOWN = Expect(blame="unknown", code="unknown")
NOT_APPLE = (SUSPECTED, "apple_acknowledged")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="apple-network-silent",
        row="17",
        fault=Fault(
            inject=drop("isp", *OWN_NETWORK),
            heal=undrop("isp"),
            symptom=Symptom(command=asks(internet.IDMSA), healthy="status=200", broken="exit=28"),
        ),
        expect=Expect(blame="unknown", code="unknown", causes=("apple_or_path",)),
        elsewhere=(("provider", "isp_internet"),),
        trap=(*NOT_APPLE, "isp_internet", "dns"),
        within_seconds=SERVICE,
        why="Correction 2: silence of all of 17/8 is the way there as well as Apple.",
    ),
    Scenario(
        name="apple-network-silent-and-fine-elsewhere",
        row="18",
        vantage=True,
        fault=Fault(
            inject=drop("isp", *OWN_NETWORK),
            heal=undrop("isp"),
            symptom=Symptom(command=asks(internet.IDMSA), healthy="status=200", broken="exit=28"),
        ),
        expect=Expect(blame="provider", code="isp_internet", causes=("path_to_apple",)),
        trap=NOT_APPLE,
        within_seconds=ONE_GROUP,
        why="The peer is asked when the search near us is, and its word must be newer.",
    ),
    Scenario(
        name="apple-network-silent-and-elsewhere-too",
        row="18",
        vantage=True,
        fault=Fault(
            inject=drop("core", *OWN_NETWORK_BUT_NAMES),
            heal=undrop("core"),
            symptom=Symptom(command=asks(internet.IDMSA), healthy="status=200", broken="exit=28"),
        ),
        expect=Expect(blame="apple", code=SUSPECTED, causes=("unreachable_elsewhere_too",)),
        trap=("isp_internet", "dns"),
        within_seconds=2 * ONE_GROUP,
        why="The peer is silent too once its own looks have failed twice.",
    ),
    Scenario(
        name="provider-loses-its-way-to-apple",
        row="17",
        fault=Fault(
            inject=provider_loses_its_way,
            heal=provider_finds_its_way,
            symptom=Symptom(
                command=asks(internet.IDMSA), healthy="status=200", broken="exit=(6|7|28)"
            ),
        ),
        expect=Expect(
            blame="unknown", code="dns", also_right=(("provider", "dns"), ("unknown", "unknown"))
        ),
        trap=(*NOT_APPLE, "isp_internet"),
        within_seconds=ONE_GROUP,
        why="Its own resolver cannot find Apple's names either, and others can. From here a filter"
        " in the router that says SERVFAIL looks the same.",
    ),
    Scenario(
        name="apple-names-unanswered",
        row="48",
        fault=Fault(
            inject=lambda world: world.net.stop("apple-dns"),
            heal=names_answered,
            symptom=Symptom(
                command=f"dig +time=3 +tries=1 @{internet.QUAD9.v4} init.ess.apple.com",
                healthy="NOERROR",
                broken="SERVFAIL|no servers could be reached|timed out",
            ),
            symptom_after_seconds=6.0,
        ),
        expect=Expect(blame="apple", code=SUSPECTED, causes=("apple_authoritative_dns",)),
        trap=("dns",),
        within_seconds=45.0,
        why="Names live for five seconds in every cache, and real resolvers ask in vain for more.",
    ),
    Scenario(
        name="couriers-stopped-and-apple-says-so",
        row="105",
        fault=Fault(
            inject=couriers_stop_and_apple_says_so,
            heal=well_again,
            symptom=Symptom(
                command=COURIER_SPEAKS, healthy="Protocol version: TLS", broken="refused"
            ),
        ),
        expect=Expect(
            blame="apple",
            code="apple_acknowledged",
            causes=("confirmed_by_probes",),
            also_right=(("apple", SUSPECTED),),
        ),
        # Couriers that were never seen to work here confirm nothing.
        at_start=Expect(
            blame="apple",
            code="apple_acknowledged",
            causes=("confirmed_by_probes", "apple_reports"),
            also_right=(("apple", SUSPECTED),),
        ),
        trap=("firewall_port_blocked",),
        within_seconds=feeds.READ,
        recover_seconds=feeds.READ,
        configuration=feeds.OFTEN,
        why="The feed is read every minute here.",
    ),
    Scenario(
        name="couriers-hang",
        row="114",
        fault=Fault(inject=couriers_hang, heal=as_ever, symptom=COURIER_SILENT),
        expect=Expect(blame="apple", code=SUSPECTED, causes=("push_tls_hang",)),
        trap=("ok", "firewall_port_blocked"),
        within_seconds=ONE_GROUP,
    ),
    Scenario(
        name="couriers-refuse",
        row="",
        fault=Fault(
            inject=lambda world: apple(world, couriers="none"),
            heal=as_ever,
            symptom=Symptom(
                command=COURIER_SPEAKS, healthy="Protocol version: TLS", broken="refused"
            ),
        ),
        expect=Expect(blame="apple", code=SUSPECTED, causes=("push_refused",)),
        trap=("firewall_port_blocked",),
        within_seconds=ONE_GROUP,
        answered=True,
        why="The refusals come from where the addresses themselves are.",
    ),
    Scenario(
        name="one-courier-of-four-dead",
        row="116",
        fault=Fault(
            inject=drop("core", "ip daddr 17.57.144.11"),
            heal=undrop("core"),
            symptom=COURIER_SILENT,
        ),
        expect=Expect(blame="nobody", code="ok"),
        trap=(*NOT_APPLE, "firewall_port_blocked"),
        within_seconds=SILENT,
        watch_seconds=60.0,
    ),
    Scenario(
        name="half-of-the-couriers-dead",
        row="",
        fault=Fault(
            # Two that stand side by side: at times a look draws both of them.
            inject=drop(
                "core", f"ip daddr {{ {internet.COURIERS[1].v4}, {internet.COURIERS[2].v4} }}"
            ),
            heal=undrop("core"),
            symptom=COURIER_SILENT,
        ),
        expect=Expect(blame="nobody", code="ok"),
        trap=(*NOT_APPLE, "firewall_port_blocked"),
        within_seconds=SILENT,
        watch_seconds=180.0,
        why="A device draws another courier and is served; so is whoever looks.",
    ),
    Scenario(
        name="couriers-refuse-the-protocol",
        row="",
        fault=Fault(
            inject=couriers_speak("h2"),
            heal=as_ever,
            symptom=Symptom(
                command=COURIER_SPEAKS,
                healthy="Protocol version: TLS",
                broken="no application protocol",
            ),
        ),
        expect=Expect(blame="unknown", code="unknown", causes=("push_or_filter",)),
        trap=("firewall_port_blocked", "tls_interception", "clock"),
        within_seconds=ONE_GROUP,
        why="The alert comes before any certificate: a filter on the way can send it too.",
    ),
    Scenario(
        name="couriers-ignore-the-protocol",
        row="",
        fault=Fault(
            inject=couriers_speak(""),
            heal=as_ever,
            symptom=Symptom(
                command=f"{tls(COURIER, 5223, COURIER_NAME, '-alpn apns-security-v3')} 2>&1; "
                f"openssl s_client -connect {COURIER.v4}:5223 -servername {COURIER_NAME} "
                "-alpn apns-security-v3 </dev/null 2>/dev/null | grep -i alpn",
                healthy="ALPN protocol: apns-security-v3",
                broken="No ALPN negotiated",
            ),
        ),
        expect=Expect(blame="apple", code=SUSPECTED),
        trap=("firewall_port_blocked", "tls_interception", "clock"),
        within_seconds=ONE_GROUP,
        why="Apple's own authority signed it, and it does not speak push.",
    ),
    Scenario(
        name="couriers-certificate-ran-out",
        row="",
        fault=Fault(
            inject=couriers_show("courier-old"),
            heal=as_ever,
            symptom=Symptom(
                command=f"openssl s_client -connect {COURIER.v4}:5223 -servername {COURIER_NAME} "
                "</dev/null 2>/dev/null | openssl x509 -noout -checkend 0",
                healthy="will not expire",
                broken="will expire",
            ),
        ),
        expect=Expect(blame="apple", code=SUSPECTED, causes=("apple_certificate",)),
        trap=("clock", "tls_interception"),
        within_seconds=ONE_GROUP,
        why="Apple's own authority signed it, and the clock is right.",
    ),
    Scenario(
        name="couriers-certificate-of-another",
        row="",
        fault=Fault(
            inject=couriers_show("apple-private"),
            heal=as_ever,
            symptom=Symptom(
                command=f"{tls(COURIER, 5223, COURIER_NAME)} 2>&1 | grep -i subject; "
                f"openssl s_client -connect {COURIER.v4}:5223 -servername {COURIER_NAME} "
                "</dev/null 2>/dev/null | grep subject",
                healthy=COURIER_NAME,
                broken="init.ess",
            ),
        ),
        expect=Expect(blame="apple", code=SUSPECTED, causes=("apple_certificate",)),
        trap=("tls_interception", "dns"),
        within_seconds=ONE_GROUP,
        why="Apple's own authority signed it for another of Apple's hosts.",
    ),
    Scenario(
        name="couriers-alone-silent",
        row="77",
        fault=Fault(
            inject=drop("isp", *COURIER_NETWORK), heal=undrop("isp"), symptom=COURIER_SILENT
        ),
        expect=Expect(blame="unknown", code="unknown", causes=("push_or_filter",)),
        elsewhere=(("provider", "isp_internet"),),
        trap=(*NOT_APPLE, "firewall_port_blocked"),
        within_seconds=ONE_GROUP,
    ),
    Scenario(
        name="all-apple-errs",
        row="117",
        fault=Fault(
            inject=lambda world: apple(world, every_answer="return 503;"),
            heal=as_ever,
            symptom=Symptom(
                command=asks(internet.IDMSA), healthy="status=200", broken="status=503"
            ),
        ),
        expect=Expect(blame="apple", code=SUSPECTED, causes=("http_5xx",)),
        trap=("ok", "isp_internet"),
        within_seconds=SERVICE,
    ),
    Scenario(
        name="identity-errs",
        row="",
        fault=Fault(
            inject=hosts_answer("return 503;", internet.INIT_ESS, internet.IDENTITY),
            heal=as_ever,
            symptom=Symptom(
                command=asks(internet.IDENTITY), healthy="status=404", broken="status=503"
            ),
        ),
        expect=Expect(
            blame="apple", code=SUSPECTED, causes=("apple_service_fails",), impacts=("partial",)
        ),
        trap=("ok", "degraded"),
        within_seconds=SERVICE,
    ),
    Scenario(
        name="identity-refuses",
        row="",
        fault=Fault(
            inject=drop(
                "apple17",
                f"ip daddr {{ {internet.INIT_ESS.v4}, {internet.IDENTITY.v4} }} tcp dport 443",
                f"ip6 daddr {internet.INIT_ESS.v6} tcp dport 443",
                verdict="reject with tcp reset",
                hook="input",
            ),
            heal=undrop("apple17", hook="input"),
            symptom=Symptom(command=asks(internet.IDENTITY), healthy="status=404", broken="exit=7"),
        ),
        expect=Expect(blame="apple", code=SUSPECTED, impacts=("partial",)),
        trap=("ok", "firewall_port_blocked"),
        within_seconds=ONE_GROUP,
    ),
    Scenario(
        name="identity-silent",
        row="",
        fault=Fault(
            inject=drop(
                "isp",
                f"ip daddr {{ {internet.INIT_ESS.v4}, {internet.IDENTITY.v4} }}",
                f"ip6 daddr {internet.INIT_ESS.v6}",
            ),
            heal=undrop("isp"),
            symptom=Symptom(
                command=asks(internet.IDENTITY), healthy="status=404", broken="exit=28"
            ),
        ),
        expect=Expect(
            blame="apple",
            code=SUSPECTED,
            causes=("apple_service_silent",),
            certainties=("low",),
            impacts=("partial",),
            also_right=(("unknown", "unknown"),),
        ),
        elsewhere=(("provider", "isp_internet"),),
        trap=("firewall_port_blocked", "isp_internet"),
        within_seconds=ONE_GROUP,
        why="A filter on two addresses looks the same: at low certainty, no more.",
    ),
    Scenario(
        name="icloud-errs",
        row="",
        fault=Fault(
            inject=hosts_answer("return 503;", internet.ICLOUD, internet.CLOUDKIT),
            heal=as_ever,
            symptom=Symptom(
                command=asks(internet.ICLOUD), healthy="status=404", broken="status=503"
            ),
        ),
        expect=Expect(
            blame="apple", code=SUSPECTED, causes=("apple_service_fails",), impacts=("partial",)
        ),
        # It was never seen to work here, so it accuses nobody; and not all is fine.
        at_start=Expect(blame="unknown", code="unknown"),
        trap=("ok", "degraded"),
        within_seconds=ONE_GROUP,
    ),
    Scenario(
        name="store-silent",
        row="",
        fault=Fault(
            inject=drop("core", f"ip daddr {internet.STORE.v4}", f"ip6 daddr {internet.STORE.v6}"),
            heal=undrop("core"),
            symptom=Symptom(command=asks(internet.STORE), healthy="status=301", broken="exit=28"),
        ),
        expect=Expect(
            blame="apple",
            code=SUSPECTED,
            causes=("apple_service_silent",),
            certainties=("low",),
            impacts=("partial",),
            also_right=(("unknown", "unknown"), ("unknown", "degraded")),
        ),
        # What was never seen to work here, and no device needs, is no fault (decision 0030).
        at_start=replace(OK, also_right=(("unknown", "unknown"), ("unknown", "degraded"))),
        trap=("firewall_port_blocked", "isp_internet"),
        within_seconds=ONE_GROUP,
        why="A filter on its address looks the same: at low certainty, no more. A connection that"
        " is being opened as it heals is slow, and that is told.",
    ),
    Scenario(
        name="senders-err",
        row="",
        fault=Fault(
            inject=hosts_answer("return 503;", internet.PROVIDER),
            heal=as_ever,
            symptom=Symptom(
                command=asks(internet.PROVIDER), healthy="status=403", broken="status=503"
            ),
        ),
        expect=Expect(
            blame="apple", code=SUSPECTED, causes=("apple_service_fails",), impacts=("partial",)
        ),
        # No device needs it, so what is not known of it holds nothing back (decision 0030).
        at_start=OK,
        trap=("ok",),
        within_seconds=SENDERS,
        why="The provider API is asked every two minutes.",
    ),
    Scenario(
        name="senders-say-goodbye",
        row="",
        fault=Fault(
            inject=senders_say_goodbye,
            heal=as_ever,
            symptom=Symptom(
                command=asks(internet.PROVIDER), healthy="status=403", broken="status=000"
            ),
        ),
        expect=Expect(
            blame="apple", code=SUSPECTED, causes=("apple_service_fails",), impacts=("partial",)
        ),
        at_start=OK,  # as above
        trap=("ok", "tls_interception", "isp_internet"),
        within_seconds=SENDERS,
        why="GOAWAY inside verified TLS, at both doors: its own word that it is shutting down.",
    ),
    Scenario(
        name="senders-speak-http1-only",
        row="",
        fault=Fault(
            inject=lambda world: apple(world, senders="http1"),
            heal=as_ever,
            symptom=Symptom(
                command=f"{asks(internet.PROVIDER)} -w 'version=%{{http_version}}'",
                healthy="version=2",
                broken="version=1.1",
            ),
        ),
        expect=Expect(blame="unknown", code="degraded", causes=("apple_partly",)),
        at_start=OK,  # as above
        trap=("ok", *NOT_APPLE, "isp_internet"),
        within_seconds=SENDERS,
        why="Boxes that open TLS do this as well, and one that public roots vouch for cannot be"
        " told from Apple's own front.",
    ),
    Scenario(
        name="senders-limit-us",
        row="118",
        fault=Fault(
            inject=hosts_answer("return 429;", internet.PROVIDER),
            heal=as_ever,
            symptom=Symptom(
                command=asks(internet.PROVIDER), healthy="status=403", broken="status=429"
            ),
        ),
        expect=Expect(
            blame="nobody", code="degraded", causes=("rate_limited_by_target",), impacts=("none",)
        ),
        trap=(*NOT_APPLE, "isp_internet"),
        within_seconds=SENDERS,
        why="429 is about whoever asks: isitme asks too often, and nobody else is affected.",
    ),
    Scenario(
        name="suspected-then-acknowledged",
        row="120",
        fault=Fault(
            inject=fails_then_says_so,
            heal=well_again,
            symptom=Symptom(
                command=asks(internet.IDMSA), healthy="status=200", broken="status=503"
            ),
        ),
        expect=Expect(
            blame="apple",
            code="apple_acknowledged",
            causes=("confirmed_by_probes",),
            also_right=(("apple", SUSPECTED),),
        ),
        trap=("isp_internet",),
        within_seconds=45.0 + feeds.READ,
        recover_seconds=feeds.READ,
        configuration=feeds.OFTEN,
        why="Apple's page says so 45 s later, and is read every minute here.",
    ),
    Scenario(
        name="large-packets-from-apple-lost",
        row="",
        fault=Fault(
            inject=lambda world: world.filter(
                "core",
                f"ip saddr 17.0.0.0/8 ip length > {LARGE_BYTES} drop",
                f"ip6 saddr {{ 2620:149::/32, 2403:300::/32 }} ip6 length > {LARGE_BYTES} drop",
            ),
            heal=undrop("core"),
            symptom=Symptom(
                command=COURIER_SPEAKS, healthy="Protocol version: TLS", broken="exit=124"
            ),
        ),
        expect=UNKNOWN,
        trap=NOT_APPLE,
        within_seconds=ONE_GROUP,
        why="Something on the way loses large packets; where cannot be told.",
    ),
    *(
        Scenario(
            name=f"{who}-takes-apples-calls",
            row="",
            fault=Fault(
                inject=boxed(namespace, device), heal=unboxed(namespace), symptom=COURIER_SILENT
            ),
            expect=expect,
            elsewhere=(("provider", "isp_internet"),) if who == "provider" else (),
            trap=NOT_APPLE,
            within_seconds=ONE_GROUP,
            why="A box on the way plays a courier that hangs: never Apple.",
        )
        for who, namespace, device, expect in (
            ("router", "gw", "lan0", Expect(blame="me", code="firewall_port_blocked")),
            ("provider", "isp", "home", UNKNOWN),
        )
    ),
)
