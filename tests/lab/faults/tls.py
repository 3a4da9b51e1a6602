"""Boxes that open, re-sign or cut secure connections, and certificates that are wrong by
themselves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from probe.drill.certificates import Authority
from tests.lab import internet, servers
from tests.lab.internet import Server
from tests.lab.scenario import OK, SERVICE, SILENT, SLOWLY, Change, Expect, Fault, Scenario, Symptom
from tests.lab.world import World

BOX_PORT = 8443
BOX = "tests.lab.servers_that_lie.middlebox"
SCANNER = Authority("Avast Web/Mail Shield Root", "Avast Web/Mail Shield")
# What this machine trusts, where a box's root was put into its store. A place of the world's own.
STORE = Path("/etc/netns/trusted.pem")
# The same as the system's own store, where OpenSSL looks. isitme's own list of public roots stays
# what it is, so in this lab "Lab Public Root" itself is a root that no public list knows.
DIRECTORY = Path("/etc/netns/store")
BY_SYSTEM = {
    "SSL_CERT_DIR": str(DIRECTORY),
    "SSL_CERT_FILE": "",  # whoever names a file says whom to trust
    "ISITME_TRUST__PUBLIC_ROOTS": "",
}
LAB_ROOT_IS_NOTED = Expect(blame="nobody", code="ok", notes=("inspection_spares_apple",))
# The same store as the roots that were set: all of them public, the box's too.
BY_SETTING = {"ISITME_TRUST__PUBLIC_ROOTS": str(STORE)}
# Only the lab's public root was set; what programs here believe is in the system's store.
BESIDE = {"SSL_CERT_FILE": str(STORE)}


def pem_of(authority: Authority) -> bytes:
    """A root and its key, for the box."""
    private = authority.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return authority.root_pem(datetime.now(UTC)) + private


def root_of(world: World, who: str) -> bytes:
    if who == "scanner":
        return SCANNER.root_pem(datetime.now(UTC))
    return (world.certificates / f"{who}_roots.pem").read_bytes()


def trusts(*who: str) -> Change:
    def prepare(world: World) -> None:
        STORE.write_bytes(b"".join(root_of(world, one) for one in who))
        DIRECTORY.mkdir(exist_ok=True)
        for one in who:
            (DIRECTORY / f"{one}.pem").write_bytes(root_of(world, one))
        world.net.run(None, "openssl", "rehash", str(DIRECTORY))

    return prepare


def box(world: World, where: str, *words: str) -> None:
    world.net.spawn(where, "box", sys.executable, "-m", BOX, str(BOX_PORT), *words, ready="ready")


def inspect(*words: str) -> Change:
    """The router opens what goes to 443, and signs anew."""

    def inject(world: World) -> None:
        box(world, "gw", "--ca", str(world.certificates / "stranger_ca.pem"), *words)
        world.redirect(f"tcp dport 443 redirect to :{BOX_PORT}")

    return inject


def inspect_no_more(world: World) -> None:
    world.no_redirect()
    world.net.stop("box")


def scan_on_the_host(world: World) -> None:
    """Security software of this device opens what goes to 443, whatever the network."""
    ca = world.out / "scanner_ca.pem"
    ca.write_bytes(pem_of(SCANNER))
    box(world, "host", "--ca", str(ca))
    world.net.nft(
        "host",
        servers.lines(
            "table inet scanner {",
            " chain rules {",
            "  type nat hook output priority -100;",
            f"  meta mark != 7 tcp dport 443 redirect to :{BOX_PORT}",
            " }",
            "}",
        ),
    )


def scan_no_more(world: World) -> None:
    world.net.no_nft("host", "inet scanner")
    world.net.stop("box")


def issuer_of(server: Server, healthy: str, broken: str) -> Symptom:
    name = server.names[0]
    return Symptom(
        command=f"openssl s_client -connect {name}:443 -servername {name} </dev/null 2>/dev/null"
        " | openssl x509 -noout -issuer -dates",
        healthy=healthy,
        broken=broken,
    )


RESIGNED = issuer_of(internet.GOOGLE, "Lab Public Root", "Lab Inspection Root")
SCANNED = issuer_of(internet.GOOGLE, "Lab Public Root", "Avast Web/Mail Shield")


def with_certificate(server: Server, make: Callable[[World], Path]) -> Change:
    """One of Apple's own hosts shows another certificate from now on."""

    def inject(world: World) -> None:
        configuration = world.out / "apple-web" / "nginx.conf"
        pem = make(world)
        blocks = configuration.read_text().split("server {")
        mine = servers.listens(server, 443, "ssl")
        changed = [
            _with_keys(block, pem) if block.lstrip().startswith(mine) else block for block in blocks
        ]
        assert changed != blocks, f"no such server: {server.names}"
        _restart(world, "server {".join(changed))

    return inject


def _with_keys(block: str, pem: Path) -> str:
    kept = [line for line in block.splitlines() if not line.startswith("ssl_certificate ")]
    keys = f"ssl_certificate {pem}; ssl_certificate_key {pem};"
    return "\n".join([kept[0], kept[1], keys, *kept[2:]]) + "\n"


def _restart(world: World, configuration: str) -> None:
    directory = world.out / "apple-web"
    world.net.stop("apple-web")
    (directory / "nginx.conf").write_text(configuration)
    world.net.spawn(
        "apple17",
        "apple-web",
        *("nginx", "-e", str(directory / "error.log"), "-c", str(directory / "nginx.conf")),
        ready=world.net.listening("apple17", "tcp", f"{internet.IDMSA.v4}:443"),
    )


def expired(world: World) -> Path:
    """Run out a month ago; of the same root as ever."""
    signing = serialization.load_pem_private_key(
        (world.certificates / "public_ca.pem").read_bytes(), None
    )
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    return _leaf(
        world,
        Authority("Lab Public Root", "isitme lab", signing),
        internet.IDMSA.names,
        datetime.now(UTC) - timedelta(days=400),
    )


def _leaf(world: World, who: Authority, names: tuple[str, ...], now: datetime) -> Path:
    path = world.out / f"{names[0]}-other.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(who.leaf_pem(names, key, now) + private)
    return path


def apple_again(world: World) -> None:
    servers.apple_sites(world.net, world.certificates)


def apple_with_a_new_root(world: World) -> None:
    """Apple moves its private hosts and couriers to a root that nobody here has seen yet."""
    new = Authority("Apple Root CA - G9", "Apple Inc.")
    configuration = (world.out / "apple-web" / "nginx.conf").read_text()
    for leaf in ("courier", "apple-private"):
        names = {
            "courier": ("courier.push.apple.com",),
            "apple-private": tuple(
                name
                for server in (internet.INIT_ESS, internet.IDENTITY, internet.GSA)
                for name in server.names
            ),
        }[leaf]
        path = _leaf(world, new, names, datetime.now(UTC))
        configuration = configuration.replace(str(world.certificates / f"{leaf}.pem"), str(path))
    _restart(world, configuration)


def cut_names(*words: str, ports: str = "443") -> Change:
    def inject(world: World) -> None:
        box(world, "gw", "--cut", "apple.com", *words)
        world.redirect(f"tcp dport {ports} redirect to :{BOX_PORT}")

    return inject


def greeting(name: str, where: Server = internet.IDMSA) -> str:
    return f"timeout 4 openssl s_client -connect {where.v4}:443 -servername {name} </dev/null 2>&1"


def large_greeting() -> str:
    """As a device with post-quantum key exchange would greet: two packets."""
    names = ",".join(f"padding-{n}-".ljust(250, "x") for n in range(5))
    return (
        f"timeout 4 openssl s_client -connect {internet.GOOGLE.v4}:443 -servername www.google.com"
        f" -alpn http/1.1,{names} </dev/null 2>&1 | grep -c 'BEGIN CERT'"
    )


APPLES_NAME_CUT = Symptom(
    command=f"{greeting('idmsa.apple.com')} | grep -c 'BEGIN CERT';"
    f" {greeting('www.example.com')} | grep -c 'BEGIN CERT'",
    healthy=r"^1\s+1\s",
    broken=r"^0\s+1\s",
)


def intercepted(*causes: str) -> Expect:
    return Expect(blame="me", code="tls_interception", causes=causes)


NAIVE = ("ok", "apple_suspected", "isp_internet", "captive_portal", "clock")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="inspection-root-installed",
        row="62",
        prepare=trusts("public", "stranger"),
        environment=BY_SETTING,
        fault=Fault(inject=inspect(), heal=inspect_no_more, symptom=RESIGNED),
        expect=intercepted("inspection_root_installed"),
        trap=NAIVE,
        within_seconds=SILENT,
        answered=True,
        why="Everything public passes; Apple's private hosts cannot be faked, and give it away.",
    ),
    Scenario(
        name="inspection-root-in-the-systems-store",
        row="62",
        prepare=trusts("public", "stranger"),
        environment=BY_SYSTEM,
        healthy=LAB_ROOT_IS_NOTED,
        fault=Fault(inject=inspect(), heal=inspect_no_more, symptom=RESIGNED),
        expect=intercepted("inspection_root_installed"),
        trap=NAIVE,
        within_seconds=SILENT,
        answered=True,
    ),
    Scenario(
        name="inspection-root-beside-the-set-ones",
        row="62",
        prepare=trusts("public", "stranger"),
        environment=BESIDE,
        fault=Fault(inject=inspect(), heal=inspect_no_more, symptom=RESIGNED),
        expect=intercepted("inspection_root_installed"),
        trap=NAIVE,
        within_seconds=SILENT,
        answered=True,
    ),
    Scenario(
        name="inspection-root-unknown",
        row="63",
        fault=Fault(inject=inspect(), heal=inspect_no_more, symptom=RESIGNED),
        expect=intercepted("inspection_unknown_root"),
        trap=NAIVE,
        within_seconds=SILENT,
        answered=True,
    ),
    Scenario(
        name="inspection-leaves-apple-alone",
        row="",
        prepare=trusts("public", "stranger"),
        environment=BY_SETTING,
        fault=Fault(inject=inspect("--spare", "apple.com"), heal=inspect_no_more, symptom=RESIGNED),
        expect=OK,
        trap=("tls_interception", "apple_suspected"),
        within_seconds=SILENT,
        watch_seconds=60.0,
        why="As Apple asks of companies: nothing of Apple's is broken, and nobody is to blame.",
    ),
    Scenario(
        name="scanner-on-this-device",
        row="66",
        prepare=trusts("public", "scanner"),
        environment=BY_SETTING,
        fault=Fault(inject=scan_on_the_host, heal=scan_no_more, symptom=SCANNED),
        expect=intercepted("on_host_av"),
        trap=("isp_internet", "apple_suspected", "firewall_port_blocked"),
        within_seconds=SILENT,
        answered=True,
    ),
    Scenario(
        name="scanner-on-this-device-in-the-systems-store",
        row="66",
        prepare=trusts("public", "scanner"),
        environment=BY_SYSTEM,
        healthy=LAB_ROOT_IS_NOTED,
        fault=Fault(inject=scan_on_the_host, heal=scan_no_more, symptom=SCANNED),
        expect=intercepted("on_host_av"),
        trap=("isp_internet", "apple_suspected", "firewall_port_blocked"),
        within_seconds=SILENT,
        answered=True,
    ),
    Scenario(
        name="apple-with-a-root-of-its-own-that-is-not-known",
        row="67",
        fault=Fault(
            inject=apple_with_a_new_root,
            heal=apple_again,
            symptom=issuer_of(internet.GSA, "Apple Root CA .lab.", "Apple Root CA - G9"),
        ),
        expect=Expect(blame="unknown", code="unknown"),
        trap=("tls_interception", "apple_suspected"),
        within_seconds=SLOWLY,
        recover_seconds=SLOWLY,
        why="The catalogue has Apple's private hosts judged by the public list alone; isitme never "
        "does that, so every healthy world is that row. What is left of it is a root of Apple's "
        "that isitme has not been given: it cannot be told from a forgery that calls itself Apple, "
        "so nobody is accused and nothing is called good.",
    ),
    Scenario(
        name="one-apple-certificate-expired",
        row="68",
        fault=Fault(
            inject=with_certificate(internet.IDMSA, expired),
            heal=apple_again,
            symptom=Symptom(
                command="openssl s_client -connect idmsa.apple.com:443 </dev/null 2>/dev/null"
                " | openssl x509 -noout -checkend 0",
                healthy="will not expire",
                broken="will expire",
            ),
        ),
        expect=Expect(blame="unknown", code="degraded", causes=("apple_endpoint_cert_expired",)),
        trap=("clock", "tls_interception", "apple_suspected"),
        within_seconds=SLOWLY,
        recover_seconds=SLOWLY,
        why="One host is looked at once a minute.",
    ),
    Scenario(
        name="large-greetings-dropped",
        row="",
        fault=Fault(
            inject=lambda world: world.filter(
                "gw", "iifname lan0 tcp dport 443 meta length > 1000 drop"
            ),
            heal=lambda world: world.unfilter("gw"),
            symptom=Symptom(
                command=f"{large_greeting()}; {greeting('www.google.com', internet.GOOGLE)}"
                " | grep -c 'BEGIN CERT'",
                healthy=r"^1\s+1\s",
                broken=r"^0\s+1\s",
            ),
        ),
        expect=Expect(blame="me", code="degraded", causes=("large_client_hello_dropped",)),
        trap=("apple_suspected", "isp_internet"),
        within_seconds=SLOWLY,
        recover_seconds=SLOWLY,
        why="Greetings of newer devices take two packets. One look a minute greets like them.",
    ),
    Scenario(
        name="apples-names-reset",
        row="70",
        fault=Fault(
            inject=cut_names(ports="{443, 5223}"), heal=inspect_no_more, symptom=APPLES_NAME_CUT
        ),
        expect=Expect(blame="me", code="firewall_port_blocked", causes=("sni_filtered",)),
        trap=("apple_suspected", "tls_interception", "isp_internet"),
        within_seconds=SERVICE,
    ),
    Scenario(
        name="apples-names-reset-on-443",
        row="70",
        fault=Fault(inject=cut_names(), heal=inspect_no_more, symptom=APPLES_NAME_CUT),
        expect=Expect(blame="me", code="firewall_port_blocked", causes=("sni_filtered",)),
        trap=("apple_suspected", "tls_interception", "isp_internet"),
        within_seconds=SERVICE,
    ),
    Scenario(
        name="apples-names-silent",
        row="70",
        fault=Fault(inject=cut_names("--silently"), heal=inspect_no_more, symptom=APPLES_NAME_CUT),
        expect=Expect(blame="me", code="firewall_port_blocked", causes=("sni_filtered",)),
        trap=("apple_suspected", "tls_interception", "isp_internet"),
        within_seconds=SERVICE + 5.0,
        why="The same filter that drops in place of resetting: five seconds of silence more.",
    ),
)
