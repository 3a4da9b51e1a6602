"""Who lives where in the drill's world: a home's gateway, some internet, and Apple.

Names, paths and port numbers are the real ones of `targets`; addresses are loopback's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_address, ip_network

from probe.catalogue import APPLE, CATALOGUE, NTP, PUBLIC, TCP
from probe.targets import Targets

GATEWAY = "127.77.0.1"
INTERNET = "127.77.1.0/24"
NOBODY = "127.77.1.53"  # no resolver is here
APPLE_NETWORK = "127.77.2.0/24"
# Every port that isitme dials in real life, each with one stand-in that the whole world shares.
REAL_PORTS = (53, 80, 123, 443, 2197, 5222, 5223, 5228)
COURIER_NAME = "courier.push.apple.com"


class Kind(StrEnum):
    """What a place does for a living; it decides who answers at its ports."""

    GATEWAY = "gateway"  # the home's router, which forwards DNS
    DOH = "doh"  # a public resolver: DNS over HTTPS, and a web page
    SITE = "site"  # web pages
    TIME = "time"
    CHAT = "chat"  # other messengers' push, on ports that are not the web's
    COURIER = "courier"
    PROVIDER = "provider"
    APPLE_SITE = "apple_site"  # Apple's own web services


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One machine."""

    key: str
    kind: Kind
    address: str
    names: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()  # real ones, TCP; time places: UDP
    pki: str = "public"
    certified: tuple[str, ...] = ()  # names in its certificate, when not its own

    @property
    def beyond_gateway(self) -> bool:
        return self.address != GATEWAY


def _couriers(address: str, numbers: range) -> Place:
    return Place(
        key=f"courier {address}",
        kind=Kind.COURIER,
        address=address,
        names=tuple(f"{n}-{COURIER_NAME}" for n in numbers),
        ports=(5223, 443),
        pki="apple",
        certified=(COURIER_NAME,),
    )


_NAMED: tuple[Place, ...] = (
    Place(key="gateway", kind=Kind.GATEWAY, address=GATEWAY, ports=(53, 80)),
    Place(key="cloudflare-ip", kind=Kind.DOH, address="127.77.1.1", ports=(443,),
          certified=("127.77.1.1",)),
    Place(key="google-ip", kind=Kind.DOH, address="127.77.1.8", ports=(443,),
          certified=("127.77.1.8",)),
    Place(key="quad9-ip", kind=Kind.DOH, address="127.77.1.9", ports=(443,),
          certified=("127.77.1.9",)),
    Place(key="google", kind=Kind.SITE, address="127.77.1.20", names=("www.google.com",),
          ports=(80, 443)),
    Place(key="cloudflare", kind=Kind.SITE, address="127.77.1.21",
          names=("cp.cloudflare.com",), ports=(80, 443)),
    Place(key="mozilla", kind=Kind.SITE, address="127.77.1.22",
          names=("detectportal.firefox.com",), ports=(80, 443)),
    Place(key="gstatic", kind=Kind.SITE, address="127.77.1.23",
          names=("connectivitycheck.gstatic.com",), ports=(80, 443)),
    Place(key="wikipedia", kind=Kind.SITE, address="127.77.1.24", names=("www.wikipedia.org",),
          ports=(80, 443)),
    Place(key="cloudflare-time", kind=Kind.TIME, address="127.77.1.30",
          names=("time.cloudflare.com",), ports=(123,)),
    Place(key="google-chat", kind=Kind.CHAT, address="127.77.1.40", names=("mtalk.google.com",),
          ports=(5228,)),
    Place(key="whatsapp", kind=Kind.CHAT, address="127.77.1.41", names=("e1.whatsapp.net",),
          ports=(5222,)),
    # Apple rents these from a CDN: they are up when Apple's own machines are not.
    Place(key="captive", kind=Kind.SITE, address="127.77.1.50", names=("captive.apple.com",),
          ports=(80, 443)),
    Place(key="apple-web", kind=Kind.SITE, address="127.77.1.51", names=("www.apple.com",),
          ports=(80, 443)),
    Place(key="private-relay", kind=Kind.SITE, address="127.77.1.52",
          names=("mask.icloud.com", "mask-h2.icloud.com")),
    # Neighbouring courier numbers are different machines.
    _couriers("127.77.2.10", range(1, 51, 2)),
    _couriers("127.77.2.11", range(2, 51, 2)),
    Place(key="provider", kind=Kind.PROVIDER, address="127.77.2.20",
          names=("api.push.apple.com",), ports=(443, 2197)),
    Place(key="identity-bag", kind=Kind.APPLE_SITE, address="127.77.2.30",
          names=("init.ess.apple.com",), ports=(443,), pki="apple"),
    Place(key="identity", kind=Kind.APPLE_SITE, address="127.77.2.31",
          names=("identity.ess.apple.com",), ports=(443,), pki="apple"),
    Place(key="account-lookup", kind=Kind.APPLE_SITE, address="127.77.2.32",
          names=("gsa.apple.com",), ports=(443,), pki="apple"),
    Place(key="account-web", kind=Kind.APPLE_SITE, address="127.77.2.33",
          names=("idmsa.apple.com",), ports=(443,)),
    Place(key="apple-time", kind=Kind.TIME, address="127.77.2.40",
          names=tuple(entry.host for entry in CATALOGUE if entry.protocol == NTP), ports=(123,)),
)  # fmt: skip


def _others(key: str, kind: Kind, address: str, pki: str) -> Place:
    """One machine for all the rest of the catalogue that one root vouches for."""
    known = {name for place in _NAMED for name in place.names}
    names = tuple(
        dict.fromkeys(
            entry.host
            for entry in CATALOGUE
            if entry.protocol == TCP
            and (entry.pki == APPLE or entry.bag) is (pki == APPLE)
            and entry.host not in known
            and "{" not in entry.host
        )
    )
    return Place(key=key, kind=kind, address=address, names=names, ports=(80, 443), pki=pki)


PLACES: tuple[Place, ...] = (
    *_NAMED,
    # What only `isitme check --group` asks.
    _others("apple-rest", Kind.SITE, "127.77.2.50", PUBLIC),
    _others("apple-rest-own", Kind.APPLE_SITE, "127.77.2.51", APPLE),
)

# In Apple's own network, and not at the CDN that it rents.
APPLES_OWN = tuple(
    place.key for place in PLACES if ip_address(place.address) in ip_network(APPLE_NETWORK)
)

ZONE: dict[str, str] = {name: place.address for place in PLACES for name in place.names}


def targets() -> Targets:
    """What isitme looks at in this world: the real list, with this world's addresses."""
    real = Targets()
    places = {place.key: place for place in PLACES}
    return replace(
        real,
        references_by_address=tuple(
            replace(reference, host=places[reference.name].address, host_v6="")
            for reference in real.references_by_address
        ),
        apple_networks=(APPLE_NETWORK,),
        no_resolvers=(NOBODY,),
        known_networks=(INTERNET,),
    )
