"""Every outside host isitme talks to, as data, each with its reason.

Nothing else is contacted by the service. Each list can be replaced in the settings, or emptied to
switch it off. Apple's hosts, ports and healthy answers stand in the catalogue (probe/catalogue.py);
here is which of them are looked at all the time. `last_seen` is the day one was last seen to pass
against the real host.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from probe.catalogue import CATALOGUE, QUIC, Entry, named
from probe.words import Family

COURIER, PROVIDER = named("courier"), named("provider-api")
# Couriers asked in one look, few because Apple treats reconnect storms as attacks. Findings are
# named by the slot and not by the drawn host: names in metrics and memory stay few.
COURIER_SLOTS = ("courier-1", "courier-2")
FALLBACK_SLOTS = COURIER_SLOTS[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A host that is not Apple's, so that silence has something to be compared with."""

    name: str
    operator: str
    host: str  # a name, or an address literal whose certificate carries it as IP SAN
    host_v6: str = ""  # twin literal, for references by address
    port: int = 443
    path: str = "/"
    doh: str = ""  # path of its DNS-over-HTTPS service, RFC 8484
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalPage:
    """A plain-HTTP page whose answer is known to the byte."""

    name: str
    operator: str
    host: str
    path: str
    status: int
    body: bytes  # compared after strip(); empty for 204
    port: int = 80
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleHost:
    """One Apple host, and what a healthy answer looks like."""

    name: str
    group: str  # service group
    host: str
    path: str | None = None  # None: TLS alone
    port: int = 443
    pki: str = "public"  # public, or apple: Apple's own root
    own_network: bool = True  # in 17.0.0.0/8; False: a rented CDN, or nobody knows
    essential: bool = True  # False: not knowing it holds no good answer back
    statuses: tuple[int, ...] = ()  # empty: any status below 500 is alive
    bag: bool = False  # the answer must be a readable bag (probe/wire/bag.py)
    needs: tuple[str, ...] = ()  # Apple services that need it
    source: str = ""
    last_seen: date | None = None


def apple_host(entry: Entry) -> AppleHost:
    """A row of the catalogue, to be looked at all the time."""
    return AppleHost(
        name=entry.name,
        group=entry.group,
        host=entry.host,
        path=entry.path,
        port=entry.ports[0],
        pki=entry.pki,
        own_network=entry.own_network is True,
        essential=entry.essential,
        statuses=entry.statuses,
        bag=entry.bag,
        needs=entry.needs,
        source=entry.source,
        last_seen=entry.last_seen,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """The push front end: N-courier hosts share one certificate name."""

    host_pattern: str = COURIER.host
    count: int = 50  # "typically 30-50"; every bag seen said 50
    server_name: str = "courier.push.apple.com"
    alpn: str = "apns-security-v3"
    port: int = COURIER.ports[0]
    fallback_port: int = COURIER.ports[1]
    # Apple's own list of how many there are, under Apple's own root; "": nobody is asked.
    bag_host: str = named("push-init").host
    bag_path: str = named("push-init").path or "/"
    # How long looks.push_idle keeps quiet, at most 900: Apple's devices speak up that often.
    quiet_seconds: float = 900.0
    last_seen: date | None = COURIER.last_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The provider side of push. Answers 403 MissingProviderToken to anyone, over HTTP/2 only."""

    host: str = PROVIDER.host
    port: int = PROVIDER.ports[0]
    other_port: int = PROVIDER.ports[1]  # Apple 102266: 443 or 2197, to send notifications
    path: str = "/3/device/" + "0" * 64
    last_seen: date | None = PROVIDER.last_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeServer:
    name: str
    operator: str
    host: str
    port: int = 123


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    name: str
    host: str
    path: str
    port: int = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class PortControl:
    """A host that is not Apple's on a port that is not the web's. Its success proves no other port;
    only its failure says something."""

    name: str
    operator: str
    host: str
    port: int
    tls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebProxy:
    """The proxy that this network wants to be asked for a way out."""

    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another isitme on another line, which may say whether Apple is reached from there."""

    name: str
    host: str
    port: int = 10054
    path: str = "/status"
    tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """The Prometheus that scrapes isitmes at other sites, which may say it for all of them."""

    host: str
    site: str  # this one's, which is no other vantage point
    provider: str = ""  # nor are those behind the same provider; "": they are not told apart
    port: int = 9090
    prefix: str = ""  # of its paths
    tls: bool = False
    token: str = field(default="", repr=False)  # "": it is asked without one
    name: str = "prometheus"  # what its word is called among observations


@dataclass(frozen=True, slots=True, kw_only=True)
class Messenger:
    """Another app, for what cannot wait: asked only where a person chose it, and only while
    something of Apple's fails."""

    name: str
    host: str
    port: int = 443
    path: str | None = "/"  # None: TLS alone
    pki: str = "public"  # public, or signal: Signal's own root
    source: str = ""


# OONI ts-018 (2022-12-07): any answer of web.whatsapp.com will do, 400 is normal. ts-020: any
# complete answer of web.telegram.org. ts-029 (2023-12-01): chat.signal.org, under Signal's own
# root.
MESSENGERS: tuple[Messenger, ...] = (
    Messenger(name="WhatsApp", host="web.whatsapp.com", source="OONI ts-018"),
    Messenger(name="Signal", host="chat.signal.org", path=None, pki="signal",
              source="OONI ts-029"),
    Messenger(name="Telegram", host="web.telegram.org", source="OONI ts-020"),
)  # fmt: skip

MOZILLA_SUCCESS = b"success"
APPLE_SUCCESS = b"<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """All of it. The defaults are the real world; a drill or a lab brings its own."""

    references_by_address: tuple[Reference, ...] = (
        Reference(name="cloudflare-ip", operator="cloudflare", host="1.1.1.1",
                  host_v6="2606:4700:4700::1111", doh="/dns-query", why="public resolver"),
        Reference(name="google-ip", operator="google", host="8.8.8.8",
                  host_v6="2001:4860:4860::8888", doh="/dns-query", why="public resolver"),
        Reference(name="quad9-ip", operator="quad9", host="9.9.9.9",
                  host_v6="2620:fe::fe", doh="/dns-query", why="public resolver"),
    )  # fmt: skip
    references_by_name: tuple[Reference, ...] = (
        Reference(name="google", operator="google", host="www.google.com",
                  path="/generate_204", why="answers 204 with no body"),
        Reference(name="cloudflare", operator="cloudflare", host="cp.cloudflare.com",
                  path="/generate_204", why="answers 204 with no body"),
        Reference(name="mozilla", operator="mozilla", host="detectportal.firefox.com",
                  path="/success.txt", why="a few bytes, made for checks like this"),
    )  # fmt: skip
    portal_pages: tuple[PortalPage, ...] = (
        PortalPage(name="apple", operator="apple", host=named("captive.apple.com").host,
                   path=named("captive.apple.com").path or "/", status=200, body=APPLE_SUCCESS,
                   why="what Apple devices ask themselves"),
        PortalPage(name="google", operator="google", host="connectivitycheck.gstatic.com",
                   path="/generate_204", status=204, body=b"", why="what Android asks"),
        PortalPage(name="mozilla", operator="mozilla", host="detectportal.firefox.com",
                   path="/success.txt", status=200, body=MOZILLA_SUCCESS, why="what Firefox asks"),
    )  # fmt: skip
    control_names: tuple[str, ...] = ("www.google.com", "www.wikipedia.org")
    apple_names: tuple[str, ...] = (COURIER.host.format(n=1), named("identity-bag").host)
    # Couriers must lie in Apple's blocks (Apple 102266); hosts on a CDN may lie anywhere.
    apple_own_names: tuple[str, ...] = (COURIER.host.format(n=1),)
    also_ask: tuple[str, ...] = ()  # further resolvers, "address" or "address#port"
    # Documentation addresses (RFC 5737, RFC 3849): nobody is there, so whoever answers a question
    # sent there answers in place of others.
    no_resolvers: tuple[str, ...] = ("192.0.2.53", "2001:db8::53")
    # A network says by their absence that it wants no Private Relay (Apple, "Prepare your network
    # or web server for iCloud Private Relay").
    relay_names: tuple[str, ...] = tuple(
        entry.host for entry in CATALOGUE if entry.policy and entry.protocol == QUIC
    )
    apple_networks: tuple[str, ...] = (
        "17.0.0.0/8",
        "2403:300::/32",
        "2620:149::/32",
        "2a01:b740::/32",
    )
    # Addresses that no public host has are a filter's or a portal's word, but for these networks:
    # a company's own, a lab's.
    known_networks: tuple[str, ...] = ()
    courier: Courier = field(default_factory=Courier)
    provider: Provider | None = field(default_factory=Provider)
    apple_hosts: tuple[AppleHost, ...] = tuple(
        apple_host(entry) for entry in CATALOGUE if entry.watched
    )
    time_servers: tuple[TimeServer, ...] = (
        TimeServer(name="apple", operator="apple", host=named("time.apple.com").host),
        TimeServer(name="cloudflare", operator="cloudflare", host="time.cloudflare.com"),
    )
    feeds: tuple[Feed, ...] = (
        Feed(name="consumer", host=named("web").host,
             path="/support/systemstatus/data/system_status_en_US.js"),
        Feed(name="developer", host=named("web").host,
             path="/support/systemstatus/data/developer/system_status_en_US.js"),
    )  # fmt: skip
    watched_services: tuple[str, ...] = (
        "iMessage",
        "FaceTime",
        "APNS",
        "Apple Account",
        "iCloud Account & Sign In",
        "App Store",
    )
    messengers: tuple[Messenger, ...] = ()  # those that a person chose
    port_controls: tuple[PortControl, ...] = (
        PortControl(name="google-5228", operator="google", host="mtalk.google.com", port=5228,
                    tls=True),
        PortControl(name="whatsapp-5222", operator="meta", host="e1.whatsapp.net", port=5222,
                    tls=False),
    )  # fmt: skip

    @property
    def beyond(self) -> dict[Family, str]:
        """Addresses that only the router leads to: where datagrams go that shall die on the way."""
        return {
            family: address
            for one in reversed(self.references_by_address)
            for family, address in ((Family.IPV4, one.host), (Family.IPV6, one.host_v6))
            if address
        }

    peers: tuple[Peer, ...] = ()  # none but the user's own
    vantage: Vantage | None = None
