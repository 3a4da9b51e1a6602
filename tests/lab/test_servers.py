"""Every server of the healthy world answers plain tools as its real counterpart does."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.lab import internet
from tests.lab.conftest import Open
from tests.lab.internet import Server
from tests.lab.world import Families

PUBLIC, APPLE = "public_roots.pem", "apple_roots.pem"
SNTP = f"{sys.executable} tests/lab/sntp_query.py"

# One question: a command that asks a server at {address} ({url}: the same, in brackets where it is
# IPv6), and what must be in its answer. {roots} is the directory of the lab's roots.
Question = tuple[str, str]


def web(name: str, path: str, status: int, said: str = "", roots: str = PUBLIC) -> Question:
    """One page over TLS, its certificate checked against these roots and no other."""
    return (
        f"curl -sS -m 5 --cacert {{roots}}/{roots} --resolve {name}:443:{{url}}"
        f" -w '%{{{{http_code}}}}' https://{name}{path}",
        f"(?s){said}.*{status}exit=0",
    )


def plain(name: str, path: str, status: int, said: str = "") -> Question:
    return (
        f"curl -sS -m 5 --resolve {name}:80:{{url}} -w '%{{{{http_code}}}}' http://{name}{path}",
        f"(?s){said}.*{status}exit=0",
    )


def tls(port: int, name: str, said: str, more: str = "", roots: str = PUBLIC) -> Question:
    return (
        f"openssl s_client -connect {{url}}:{port} -servername {name} {more}"
        f" -verify_return_error -CAfile {{roots}}/{roots} </dev/null 2>&1",
        said,
    )


COURIER_TLS = [
    tls(
        port,
        "courier.push.apple.com",
        r"(?s)CN = courier\.push\.apple\.com.*ALPN protocol: apns-security-v3.*code: 0 \(ok\)",
        more="-alpn apns-security-v3 -verify_hostname courier.push.apple.com",
        roots=APPLE,
    )
    for port in (5223, 443)
]
PING = ("ping -c 1 -W 2 {address}", "1 received.*(?s:.)*exit=0")


def resolver(name: str) -> list[Question]:
    """A public resolver: names over UDP, TCP, TLS and HTTPS, by dig and by curl, and a page."""
    expected = rf"\b{re.escape(internet.WWW_APPLE.v4)}\n"
    dig = "dig +short +time=3 +tries=1"
    return [
        (f"{dig} @{{address}} www.apple.com", expected),
        (f"{dig} +tcp @{{address}} www.apple.com", expected),
        (f"{dig} +tls +tls-ca={{roots}}/{PUBLIC} @{{address}} www.apple.com", expected),
        (f"{dig} +https +tls-ca={{roots}}/{PUBLIC} @{{address}} www.apple.com", expected),
        (
            f"curl -sS -m 5 -o /dev/null -w '%{{{{remote_ip}}}}' --cacert {{roots}}/{PUBLIC}"
            f" --resolve {name}:443:{{url}} --doh-url https://{{url}}/dns-query --doh-insecure"
            " https://www.apple.com/",
            f"^{re.escape(internet.WWW_APPLE.v4)}exit=0",
        ),
        ("dig +time=3 +tries=1 @{address} nowhere.apple.com", "status: NXDOMAIN"),
        (f"{dig} @{{address}} . NS", "a.root-servers.net"),
        tls(853, name, r"code: 0 \(ok\)"),
        web(name, "/", 200, "hello"),
        PING,
    ]


SUCCESS = "<TITLE>Success</TITLE>"
ASKED: dict[Server, list[Question]] = {
    internet.ROOT_DNS: [
        (f"dig +short{tcp} @{{address}} www.google.com", re.escape(internet.GOOGLE.v4))
        for tcp in ("", " +tcp")
    ],
    internet.APPLE_DNS: [
        (f"dig +short{tcp} @{{address}} www.apple.com", re.escape(internet.WWW_APPLE.v4))
        for tcp in ("", " +tcp")
    ],
    **{server: resolver(server.names[0]) for server in internet.REFERENCES},
    internet.GOOGLE: [web("www.google.com", "/generate_204", 204), PING],
    internet.GSTATIC: [plain("connectivitycheck.gstatic.com", "/generate_204", 204)],
    internet.CP_CLOUDFLARE: [web("cp.cloudflare.com", "/", 204)],
    internet.MOZILLA: [
        ask("detectportal.firefox.com", "/success.txt", 200, "success") for ask in (web, plain)
    ],
    internet.WIKIPEDIA: [web("www.wikipedia.org", "/", 200, "hello")],
    internet.MTALK: [tls(5228, "mtalk.google.com", r"code: 0 \(ok\)")],
    internet.WHATSAPP: [("timeout 3 bash -c '</dev/tcp/{address}/5222'", "exit=0")],
    **{server: [*COURIER_TLS, PING] for server in internet.COURIERS},
    internet.INIT_ESS: [
        web("init.ess.apple.com", "/WebObjects/VCInit.woa/wa/getBag?ix=3", 200, "<plist", APPLE)
    ],
    internet.IDENTITY: [web("identity.ess.apple.com", "/", 404, roots=APPLE)],
    internet.GSA: [
        web("gsa.apple.com", "/grandslam/GsService2/lookup", 200, "<plist", roots=APPLE)
    ],
    internet.IDMSA: [web("idmsa.apple.com", "/", 200, "hello")],
    internet.PROVIDER: [
        web("api.push.apple.com", "/3/device/00", 403, '"MissingProviderToken"'),
        tls(443, "api.push.apple.com", "ALPN protocol: h2", more="-alpn h2"),
    ],
    internet.MASK: [web("mask.icloud.com", "/", 404)],
    internet.WWW_APPLE: [
        web("www.apple.com", "/library/test/success.html", 200, SUCCESS),
        web("www.apple.com", "/support/systemstatus/data/system_status_en_US.js", 200, "services"),
        web(
            "www.apple.com",
            "/support/systemstatus/data/developer/system_status_en_US.js",
            200,
            "services",
        ),
        PING,
    ],
    internet.ICLOUD: [web("setup.icloud.com", "/", 404, "")],
    internet.CLOUDKIT: [web("api.apple-cloudkit.com", "/", 404, "")],
    internet.STORE: [web("itunes.apple.com", "/", 301, ""), web("apps.apple.com", "/", 301, "")],
    internet.CAPTIVE_APPLE: [plain("captive.apple.com", "/hotspot-detect.html", 200, SUCCESS)],
    **{
        server: [(f"{SNTP} {{address}}", r"mode 4 stratum \d+ offset [+-]0\.\d")]
        for server in internet.TIME_SERVERS
    },
}
# Nothing is served there yet: its scenarios start what they need.
NOT_ASKED = {internet.VPS}


def test_every_server_is_asked() -> None:
    assert set(ASKED) | NOT_ASKED == set(internet.SERVERS)


def cases(*, v6: bool) -> list[ParameterSet]:
    found = []
    for server, questions in ASKED.items():
        address = server.v6 if v6 else server.v4
        who = server.names[0] if server.names else server.site
        for number, (command, said) in enumerate(questions if address else [], start=1):
            found.append(pytest.param(address, command, said, id=f"{who} {address} {number}"))
    return found


def check(open_one: Open, families: Families, roots: Path, question: tuple[str, str, str]) -> None:
    address, command, said = question
    url = f"[{address}]" if ":" in address else address
    full = command.format(address=address, url=url, roots=roots)

    answer = open_one(families).says(full)

    assert re.search(said, answer), f"{full}\n{answer}"


@pytest.mark.parametrize(("address", "command", "said"), cases(v6=False))
def test_it_answers_over_ipv4(
    visit: Open, lab_certificates: Path, address: str, command: str, said: str
) -> None:
    check(visit, Families.V4, lab_certificates, (address, command, said))


@pytest.mark.parametrize(("address", "command", "said"), cases(v6=True))
def test_it_answers_over_ipv6(
    visit: Open, lab_certificates: Path, address: str, command: str, said: str
) -> None:
    check(visit, Families.DUAL, lab_certificates, (address, command, said))


@pytest.mark.parametrize("families", [Families.V4, Families.DUAL])
@pytest.mark.parametrize("way", ["", "+tcp"])
def test_the_home_and_the_provider_resolve_every_name(
    visit: Open, families: Families, way: str
) -> None:
    world = visit(families)
    names = {name: server.v4 for server in internet.SERVERS for name in server.names}
    resolvers = [internet.GATEWAY_V4, internet.ISP_DNS_V4]
    if families is Families.DUAL:
        resolvers += [internet.GATEWAY_V6, internet.ISP_DNS_V6]

    for address in resolvers:
        asked = " ".join(f"{name} A" for name in names)
        said = world.says(f"dig +short +time=3 +tries=1 {way} @{address} {asked}")
        assert said.split() == [*names.values(), "exit=0"]


@pytest.mark.parametrize("families", [Families.V4, Families.DUAL])
def test_the_way_to_apple_goes_through_the_home_and_the_provider(
    visit: Open, families: Families
) -> None:
    """Each hop says that it is one, as routers do when a packet's time runs out."""
    world = visit(families)
    ways = [(internet.COURIERS[0].v4, (internet.GATEWAY_V4, internet.ISP_WAN_V4))]
    if families is Families.DUAL:
        ways.append((internet.COURIERS[0].v6, (internet.GATEWAY_V6, internet.ISP_WAN_V6)))

    for far, hops in ways:
        for ttl, hop in enumerate(hops, start=1):
            said = world.says(f"ping -c 1 -W 2 -t {ttl} {far}")
            assert re.search(rf"From {hop}\b.*([Tt]ime to live|Hop limit|[Tt]ime) exceeded", said)


def test_a_home_with_ipv4_only_has_no_way_over_ipv6(visit: Open) -> None:
    said = visit(Families.V4).says(f"ping -c 1 -W 1 {internet.WWW_APPLE.v6}")

    assert "unreachable" in said
