"""The real servers of a world and their configurations: names, web, time."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from probe.drill import feeds, sites
from tests.lab import internet
from tests.lab.internet import Server
from tests.lab.net import Net

PROTOCOLS = "ssl_protocols TLSv1.2 TLSv1.3;"
STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"


def lines(*parts: str) -> str:
    return "\n".join(parts) + "\n"


# ---------------------------------------------------------------- names


def authority(net: Net, name: str, server: Server, records: list[str]) -> None:
    """A name server that knows these records and denies everything else."""
    data = [f"local-data: '{record}'" for record in records]
    unbound(
        net,
        server.site,
        name,
        [
            f"interface: {server.v4}",
            f"interface: {server.v6}",
            "local-zone: . static",
            *data,
        ],
    )


def unbound(net: Net, namespace: str, name: str, options: list[str], extra: str = "") -> None:
    """unbound with these lines in its server section, and `extra` after it. Restarts its elder."""
    configuration = net.out / f"{name}.conf"
    configuration.write_text(
        lines(
            "server:",
            *(
                f"  {option}"
                for option in (
                    *('username: ""', 'chroot: ""', 'pidfile: ""', "use-syslog: no"),
                    *("num-threads: 1", "do-daemonize: no", "verbosity: 1"),
                    *("access-control: 0.0.0.0/0 allow", "access-control: ::/0 allow"),
                    'module-config: "iterator"',
                    "msg-cache-size: 1m",
                    "rrset-cache-size: 1m",
                    *options,
                )
            ),
            "remote-control:",
            "  control-enable: no",
        )
        + extra
    )
    net.stop(name)
    net.spawn(namespace, name, "unbound", "-d", "-c", str(configuration), ready="start of service")


def forwards(zones: Mapping[str, tuple[str, ...]]) -> str:
    """unbound's forward zones: zone -> servers."""
    found = []
    for zone, servers in zones.items():
        found += ["forward-zone:", f"  name: {zone}"]
        found += [f"  forward-addr: {server}" for server in servers]
    return lines(*found)


INTERNET = {
    ".": (internet.ROOT_DNS.v4,),
    **{zone: (internet.APPLE_DNS.v4,) for zone in internet.APPLE_ZONES},
}


def provider_resolver(net: Net, options: list[str] | None = None) -> None:
    """The provider's own resolver; `options` are more lines for its server section."""
    unbound(
        net,
        "isp",
        "isp-dns",
        [
            f"interface: {internet.ISP_DNS_V4}",
            f"interface: {internet.ISP_DNS_V6}",
            *(options or []),
        ],
        forwards(INTERNET),
    )


def inventing(prefix: str) -> list[str]:
    """DNS64: addresses behind this prefix for names that have IPv4 ones only."""
    return ['module-config: "dns64 iterator"', f"dns64-prefix: {prefix}"]


def translator(net: Net, prefix: str) -> None:
    """NAT64 at the provider. Restarts its elder."""
    (net.out / "tayga").mkdir(exist_ok=True)
    configuration = net.out / "tayga.conf"
    configuration.write_text(
        lines(
            "tun-device nat64",
            f"ipv4-addr {internet.NAT64_V4}",
            f"ipv6-addr {internet.NAT64_V6}",
            f"prefix {prefix}",
            f"dynamic-pool {internet.NAT64_POOL}",
            f"data-dir {net.out}/tayga",
        )
    )
    net.stop("tayga")
    net.attempt("isp", "ip", "tuntap", "del", "nat64", "mode", "tun")
    net.run("isp", "ip", "tuntap", "add", "nat64", "mode", "tun")
    net.ip("isp", "link", "set", "nat64", "up")
    net.ip("isp", "route", "add", internet.NAT64_POOL, "dev", "nat64")
    net.ip("isp", "-6", "route", "add", prefix, "dev", "nat64")
    net.spawn(
        "isp",
        "tayga",
        *("tayga", "-d", "-c", str(configuration)),
        # It prints into a buffer; the kernel tells when somebody holds the other end.
        ready=lambda: "LOWER_UP" in net.ip("isp", "link", "show", "nat64"),
    )


def home_resolver(
    net: Net, *options: str, listen: tuple[str, ...], upstreams: tuple[str, ...]
) -> None:
    """The router's forwarder: dnsmasq, with no cache, so that its fault shows at once."""
    net.stop("gw-dns")
    net.spawn(
        "gw",
        "gw-dns",
        *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--pid-file="),
        *("--no-resolv", "--no-hosts", "--cache-size=0", "--bind-interfaces", "--log-facility=-"),
        *(f"--listen-address={address}" for address in listen),
        *(f"--server={upstream}" for upstream in upstreams),
        *options,
        ready="started",
    )


def public_resolvers(net: Net, certificates: Path) -> None:
    """The three references: DNS, DNS over TLS and over HTTPS; haproxy shares 443 with a page."""
    addresses = [a for server in internet.REFERENCES for a in (server.v4, server.v6)]
    pem = certificates / "references.pem"
    unbound(
        net,
        "refs",
        "refs-dns",
        [
            *(f"interface: {address}" for address in addresses),
            *(f"interface: {address}@853" for address in addresses),
            "interface: 127.0.0.1@8053",
            "https-port: 8053",
            "http-notls-downstream: yes",
            f"tls-service-key: {pem}",
            f"tls-service-pem: {pem}",
        ],
        forwards(INTERNET),
    )
    configuration = net.out / "refs-front.cfg"
    configuration.write_text(
        lines(
            "defaults",
            "  mode http",
            "  timeout connect 5s",
            "  timeout client 30s",
            "  timeout server 30s",
            "frontend doh",
            *(f"  bind {a}:443 ssl crt {pem} alpn h2,http/1.1" for a in addresses),
            "  http-request return status 200 content-type text/html string hello"
            " hdr date %[date,http_date] unless { path /dns-query }",
            "  default_backend unbound",
            "backend unbound",
            "  server unbound 127.0.0.1:8053 proto h2",
        )
    )
    net.stop("refs-front")
    net.spawn(
        "refs",
        "refs-front",
        *("haproxy", "-db", "-f", str(configuration)),
        ready=net.listening("refs", "tcp", f"{internet.QUAD9.v4}:443"),
    )


def public_inventor(net: Net) -> None:
    """The public resolver that invents addresses behind the well-known prefix."""
    net.ip("refs", "addr", "replace", f"{internet.GOOGLE_DNS64_V6}/128", "dev", "lo")
    unbound(
        net,
        "refs",
        "refs-dns64",
        [f"interface: {internet.GOOGLE_DNS64_V6}", *inventing(internet.NAT64_PREFIX)],
        forwards(INTERNET),
    )


# ---------------------------------------------------------------- web


def nginx(net: Net, namespace: str, name: str, http: str, stream: str = "") -> None:
    """nginx with these server blocks. Restarts its elder."""
    directory = net.out / name
    directory.mkdir(exist_ok=True)
    temporary = [
        f"{kind}_temp_path {directory}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    ]
    (directory / "nginx.conf").write_text(
        lines(
            "user root;",
            "daemon off;",
            "worker_processes 1;",
            f"pid {directory}/pid;",
            f"load_module {STREAM_MODULE};",
            "events { worker_connections 1024; }",
            "http {",
            f"access_log {directory}/access.log;",
            *temporary,
            "server_tokens off;",
            PROTOCOLS,
            http,
            "}",
            f"stream {{\n{PROTOCOLS}\n{stream}\n}}" if stream else "",
        )
    )
    net.stop(name)
    process = net.spawn(
        namespace,
        name,
        *("nginx", "-e", str(directory / "error.log"), "-c", str(directory / "nginx.conf")),
        ready=lambda: (directory / "pid").exists(),
    )
    assert process.poll() is None


def listens(server: Server, port: int, *how: str) -> str:
    words = "".join(f" {word}" for word in how)
    found = f"listen {server.v4}:{port}{words};"
    return found + (f" listen [{server.v6}]:{port}{words};" if server.v6 else "")


def site(
    server: Server,
    body: str,
    *,
    certificate: Path | None = None,
    port: int = 0,
    http2: bool = False,
) -> str:
    """One server block: over TLS with a certificate, else plain."""
    how = ("ssl", "http2") if http2 else ("ssl",) if certificate else ()
    keys = f"ssl_certificate {certificate}; ssl_certificate_key {certificate};"
    return lines(
        "server {",
        listens(server, port or (443 if certificate else 80), *how),
        keys if certificate else "",
        body,
        "}",
    )


def reference_sites(net: Net, certificates: Path) -> None:
    """Google, Cloudflare, Mozilla and Wikipedia as web servers, and two ports beside the web's."""
    pem = certificates / "refs.pem"
    nothing = "location / { return 204; }"
    success = 'location / { default_type text/plain; return 200 "success\\n"; }'
    hello = 'location / { default_type text/html; return 200 "hello\\n"; }'
    http = [
        site(internet.GOOGLE, nothing, certificate=pem),
        site(internet.GSTATIC, nothing),
        site(internet.CP_CLOUDFLARE, nothing, certificate=pem),
        site(internet.MOZILLA, success, certificate=pem),
        site(internet.MOZILLA, success),
        site(internet.WIKIPEDIA, hello, certificate=pem),
    ]
    stream = lines(
        "server {",
        listens(internet.MTALK, 5228, "ssl"),
        f'ssl_certificate {pem}; ssl_certificate_key {pem}; return "";',
        "}",
        "server {",
        listens(internet.WHATSAPP, 5222),
        'return "";',
        "}",
    )
    nginx(net, "refs", "refs-web", "\n".join(http), stream)


def apple_sites(
    net: Net,
    certificates: Path,
    *,
    every_answer: str = "",
    couriers: str = "",
    senders: str = "",
) -> None:
    """Apple's own network: identity, account, push couriers and the provider API.

    `every_answer`: a line of nginx put into every web host, such as "return 503;".
    `couriers`: stream blocks that replace the couriers', or "none".
    `senders`: how the provider API is served, "http1" instead of HTTP/2, or "none".
    """
    private, public = certificates / "apple-private.pem", certificates / "apple-public.pem"
    files = net.out / "apple-files"
    files.mkdir(exist_ok=True)
    (files / "bag").write_bytes(sites.bag(time.time()))
    (files / "urls").write_bytes(sites.account_urls())
    plist = "default_type application/x-apple-plist;"
    not_found = "location / { return 404; }"
    bag = f"location /WebObjects/VCInit.woa/wa/getBag {{ {plist} alias {files}/bag; }}"
    urls = f"location /grandslam/GsService2/lookup {{ {plist} alias {files}/urls; }}"
    token = (
        "location / { default_type application/json; add_header apns-id "
        '$request_id always; return 403 \'{"reason":"MissingProviderToken"}\'; }'
    )
    hosts = [
        (internet.INIT_ESS, private, bag + not_found),
        (internet.IDENTITY, private, not_found),
        (internet.GSA, private, urls + not_found),
        (internet.IDMSA, public, 'location / { return 200 "hello"; }'),
        (internet.MASK, public, not_found),
        (internet.ICLOUD, public, not_found),
        (internet.CLOUDKIT, public, not_found),
    ]
    http = [site(server, f"{every_answer}\n{body}", certificate=pem) for server, pem, body in hosts]
    # The provider side has two doors (Apple 102266).
    http += [
        site(
            internet.PROVIDER,
            f"{every_answer}\n{token}",
            certificate=public,
            port=port,
            http2=senders != "http1",
        )
        for port in (443, 2197)
        if senders != "none"
    ]
    own = "\n".join(courier(server, certificates) for server in internet.COURIERS)
    nginx(
        net, "apple17", "apple-web", "\n".join(http), "" if couriers == "none" else couriers or own
    )


def courier(server: Server, certificates: Path) -> str:
    """The stream block of one courier: TLS with Apple's ALPN on 5223 and 443, then nothing."""
    pem = certificates / "courier.pem"
    return lines(
        "server {",
        listens(server, 5223, "ssl"),
        listens(server, 443, "ssl"),
        f"ssl_certificate {pem}; ssl_certificate_key {pem};",
        'ssl_alpn apns-security-v3; return "";',
        "}",
    )


FEED_PATH = "/support/systemstatus/data"


def write_feeds(net: Net, consumer: bytes | None = None, developer: bytes | None = None) -> None:
    """What Apple's status page says from now on; nothing given: all available."""
    files = net.out / "cdn-files"
    (files / "developer").mkdir(parents=True, exist_ok=True)
    name = "system_status_en_US.js"
    (files / name).write_bytes(feeds.consumer(None) if consumer is None else consumer)
    (files / "developer" / name).write_bytes(feeds.developer() if developer is None else developer)


def apple_cdn(net: Net, certificates: Path, *, feed_answer: str = "") -> None:
    """Apple behind its rented CDN: the web site, the status feeds and the captive page.

    `feed_answer`: a line of nginx for the feeds' place, such as "return 404;".
    """
    files = net.out / "cdn-files"
    if not files.exists():
        write_feeds(net)
    success = (
        "default_type text/html; return 200 "
        "'<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>\\n';"
    )
    pem = certificates / "apple-cdn.pem"
    www = lines(
        f"location = /library/test/success.html {{ {success} }}",
        f"location {FEED_PATH}/ {{ types {{ application/javascript js; }} {feed_answer}"
        f" alias {files}/; }}",
        "location / { return 200 'hello'; }",
    )
    http = [
        site(internet.WWW_APPLE, www, certificate=pem, http2=True),
        site(internet.CAPTIVE_APPLE, f"location / {{ {success} }}"),
        site(
            internet.STORE,
            "location / { return 301 https://www.apple.com/app-store/; }",
            certificate=pem,
        ),
    ]
    nginx(net, "applecdn", "cdn-web", "\n".join(http))


# ---------------------------------------------------------------- time


def time_server(net: Net, server: Server, *, faketime: str = "") -> None:
    """chrony, serving this machine's own time without ever setting it.

    `faketime`: an offset such as "+30s", under which the server itself then runs.
    """
    name = f"ntp-{server.names[0]}"
    configuration = net.out / f"{name}.conf"
    configuration.write_text(
        lines(
            "local stratum 2",
            "allow",
            "cmdport 0",
            "user root",
            f"pidfile {net.out}/{name}.pid",
            f"bindaddress {server.v4}",
            f"bindaddress {server.v6}",
        )
    )
    net.stop(name)
    environment = faked(faketime) if faketime else {}
    net.spawn(
        server.site,
        name,
        *("chronyd", "-x", "-d", "-f", str(configuration)),
        environment=environment,
        ready=net.listening(server.site, "udp", f"{server.v4}:123"),
    )


def faked(offset: str) -> dict[str, str]:
    """The environment that runs a program at another wall-clock time; other clocks stay."""
    machine = os.uname().machine
    return {
        "LD_PRELOAD": f"/usr/lib/{machine}-linux-gnu/faketime/libfaketimeMT.so.1",
        "FAKETIME": offset,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
    }
