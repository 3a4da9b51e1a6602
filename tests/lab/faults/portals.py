"""Sign-in pages, and networks that let plain pages through and no others."""

from __future__ import annotations

from tests.lab import internet, servers
from tests.lab.scenario import SILENT, SLOWLY, Change, Expect, Fault, Scenario, Symptom
from tests.lab.world import World

LOGIN = "http://portal.hotel.example/login"
SENDS_ELSEWHERE = f"return 302 {LOGIN};"
ANSWERS = "default_type text/html; return 200 '<html>Welcome! Room number?</html>';"
# What the host is called on the hotel's network; there it is a stranger.
HOTEL_HOST, HOTEL_HOST_V6 = "192.168.77.3", "2a02:8100:77::3"
APPLES_OWN_PAGE = f"ip daddr {internet.CAPTIVE_APPLE.v4} tcp dport 80"
PAGE_REDIRECTED = "tcp dport 80 redirect to :8080"
SECURE_REDIRECTED = "tcp dport 443 redirect to :8443"

PAGES = Symptom(
    command=f"curl -sS -m 3 -i http://{internet.CAPTIVE_APPLE.names[0]}/hotspot-detect.html",
    healthy="Success",
    broken="302 Moved|Room number",
)
OTHERS_PAGES = Symptom(
    command=f"curl -sS -m 3 -i http://{internet.MOZILLA.names[0]}/success.txt",
    healthy="success",
    broken="302 Moved",
)


def portal_server(world: World, answer: str) -> None:
    """The page on 8080, and over TLS with a certificate of its own on 8443; both on 80 too, for
    names that lead here."""
    pem = world.certificates / "portal.pem"
    here, there = internet.GATEWAY_V4, internet.GATEWAY_V6
    on_ipv6_alone = [f"listen [{there}]:{port};" for port in ("8080", "80", "8443 ssl")]
    servers.nginx(
        world.net,
        "gw",
        "portal",
        servers.lines(
            "server {",
            f"listen {here}:8080; listen {here}:80; listen {here}:8443 ssl;",
            *([f"listen [{there}]:8080; listen [{there}]:8443 ssl;"] if world.dual else []),
            *(on_ipv6_alone if world.v6_only else []),
            f"ssl_certificate {pem}; ssl_certificate_key {pem};",
            f"location / {{ {answer} }}",
            "}",
        ),
    )


def close(world: World, answer: str, *redirected: str, allowed: tuple[str, ...] = ()) -> None:
    """Nothing passes the router but what is allowed; some of it meets the portal."""
    portal_server(world, answer)
    if redirected:
        world.redirect(*redirected)
    rules = [f"{one} accept" for one in allowed]
    world.filter("gw", "iifname wan accept", *rules, "iifname lan0 drop")
    world.forget_connections()


def open_again(world: World) -> None:
    world.unfilter("gw")
    world.net.no_nft("gw", "inet fault_redirect")
    world.net.stop("portal")


def readdress(world: World, old: str, new: str) -> None:
    """The host is on another network now, as its address says."""
    ip = world.net.ip
    if world.v6_only:
        v6 = {internet.HOST_V4: internet.HOST_V6, HOTEL_HOST: HOTEL_HOST_V6}
        ip("host", "addr", "del", f"{v6[old]}/64", "dev", "eth0")
        ip("host", "addr", "add", f"{v6[new]}/64", "dev", "eth0")
        return  # the way out is by the router's link address, which stays
    ip("host", "addr", "del", f"{old}/24", "dev", "eth0")
    ip("host", "addr", "add", f"{new}/24", "dev", "eth0")
    ip("host", "route", "replace", "default", "via", internet.GATEWAY_V4)


def joins(change: Change) -> Change:
    """The host leaves its network for a hotel's, where a page is in the way from the start."""

    def inject(world: World) -> None:
        change(world)
        readdress(world, internet.HOST_V4, HOTEL_HOST)

    return inject


def leaves(world: World) -> None:
    """It comes home."""
    open_again(world)
    world.home_resolver()
    readdress(world, HOTEL_HOST, internet.HOST_V4)


def _names_lead_here(world: World) -> None:
    close(world, ANSWERS)
    world.home_resolver(f"--address=/#/{internet.GATEWAY_V4}")


# Coming home is another change of network, and Apple's status page is asked once a minute at most:
# until then all is fine "and Apple's own word is missing", which is not yet `ok`.
COMING_HOME = SLOWLY


def portal(*causes: str) -> Expect:
    return Expect(blame="me", code="captive_portal", causes=causes)


NAIVE = ("isp_internet", "dns", "tls_interception", "firewall_port_blocked", "apple_suspected")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="portal-redirects",
        row="51",
        fault=Fault(
            inject=joins(lambda world: close(world, SENDS_ELSEWHERE, PAGE_REDIRECTED)),
            heal=leaves,
            symptom=PAGES,
        ),
        expect=portal("portal_redirect"),
        trap=NAIVE,
        within_seconds=SILENT,
        answered=True,
        recover_seconds=COMING_HOME,
        why="Met on joining a network. On one that led out before, its sign-in has run out.",
    ),
    Scenario(
        name="portal-answers",
        row="52",
        fault=Fault(
            inject=joins(lambda world: close(world, ANSWERS, PAGE_REDIRECTED)),
            heal=leaves,
            symptom=PAGES,
        ),
        expect=portal("portal_content"),
        trap=NAIVE,
        within_seconds=SILENT,
        answered=True,
        recover_seconds=COMING_HOME,
    ),
    Scenario(
        name="portal-takes-secure-pages",
        row="53",
        fault=Fault(
            inject=joins(
                lambda world: close(world, SENDS_ELSEWHERE, PAGE_REDIRECTED, SECURE_REDIRECTED)
            ),
            heal=leaves,
            symptom=Symptom(
                command=f"curl -sS -m 3 https://{internet.GOOGLE.names[0]}/ -k -o /dev/null"
                " -w '%{certs}' | openssl x509 -noout -issuer",
                healthy="Lab Public",
                broken="Example Middlebox",
            ),
        ),
        expect=portal("portal_tls"),
        answered=True,
        trap=NAIVE,
        within_seconds=SILENT,
        recover_seconds=COMING_HOME,
    ),
    Scenario(
        name="portal-by-names",
        row="55",
        fault=Fault(
            inject=joins(_names_lead_here),
            heal=leaves,
            symptom=Symptom(
                command=f"dig +short +time=2 +tries=1 {internet.GOOGLE.names[0]}",
                healthy=r"142\.250\.74\.36",
                broken=r"192\.168\.77\.1\b",
            ),
        ),
        expect=portal("portal_dns"),
        trap=NAIVE,
        within_seconds=SILENT,
        answered=True,
        recover_seconds=COMING_HOME,
    ),
    Scenario(
        name="portal-session-expires",
        row="56",
        fault=Fault(
            inject=lambda world: close(world, SENDS_ELSEWHERE, PAGE_REDIRECTED),
            heal=open_again,
            symptom=PAGES,
        ),
        expect=portal("portal_expired"),
        at_start=portal("portal_redirect"),
        trap=("ok", *NAIVE),
        within_seconds=SILENT,
        answered=True,
        why="At the start nobody knows that this network ever led out.",
    ),
    Scenario(
        name="portal-session-expires-secure-pages-too",
        row="56",
        fault=Fault(
            inject=lambda world: close(world, ANSWERS, PAGE_REDIRECTED, SECURE_REDIRECTED),
            heal=open_again,
            symptom=PAGES,
        ),
        expect=portal("portal_expired"),
        at_start=portal("portal_tls"),
        trap=("ok", *NAIVE),
        within_seconds=SILENT,
        answered=True,
    ),
    Scenario(
        name="portal-lets-apples-page-through",
        row="",
        fault=Fault(
            inject=joins(
                lambda world: close(
                    world,
                    SENDS_ELSEWHERE,
                    f"ip daddr != {internet.CAPTIVE_APPLE.v4} {PAGE_REDIRECTED}",
                    allowed=(APPLES_OWN_PAGE,),
                )
            ),
            heal=leaves,
            symptom=OTHERS_PAGES,
        ),
        expect=portal("portal_redirect"),
        trap=NAIVE,
        within_seconds=SILENT,
        answered=True,
        recover_seconds=COMING_HOME,
        why="Some networks do so to keep Apple's own sign-in window away.",
    ),
    Scenario(
        name="secure-pages-blocked",
        row="58",
        fault=Fault(
            inject=lambda world: world.filter("gw", "tcp dport 443 drop"),
            heal=lambda world: world.unfilter("gw"),
            symptom=Symptom(
                command=f"curl -sS -m 3 -o /dev/null https://{internet.GOOGLE.names[0]}/ -k",
                healthy="exit=0",
                broken="exit=28",
            ),
        ),
        expect=Expect(blame="me", code="firewall_port_blocked", causes=("partial_connectivity",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="secure-pages-blocked-and-push",
        row="58",
        fault=Fault(
            inject=lambda world: world.filter("gw", "tcp dport {443, 5222, 5223, 5228} drop"),
            heal=lambda world: world.unfilter("gw"),
            symptom=Symptom(
                command=f"curl -sS -m 3 -o /dev/null https://{internet.GOOGLE.names[0]}/ -k",
                healthy="exit=0",
                broken="exit=28",
            ),
        ),
        expect=Expect(blame="me", code="firewall_port_blocked", causes=("partial_connectivity",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SILENT,
    ),
)
