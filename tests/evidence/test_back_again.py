"""A common fault is over: what failed of it and was not asked again accuses nobody."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from probe.model import AnswerFact, CertificateFact, Observation
from probe.verdict.seen import Seen
from probe.verdict.signals.apple import port, push, services
from probe.verdict.signals.certificates import tls
from probe.verdict.signals.names import dns, dns_apple
from probe.words import AppleDns, Dns, Failure, Look, Port, Push, Services, Step, Tls
from tests.support.sightings import seen, sighting, twice

TIMEOUT, SERVFAIL = Failure.GENERIC_TIMEOUT, Failure.DNS_SERVFAIL
HOSTS = {
    "messaging": ("identity-bag", "identity"),
    "account": ("account-lookup", "account-web"),
    "web": ("web",),
}


def references(*operators: str, back_ago: float) -> list[Observation]:
    """Silent 30 s ago, answering again since."""
    return [
        one
        for operator in operators
        for one in (
            sighting(Look.REF_IP, operator, TIMEOUT, operator=operator, silent=True, ago=30),
            sighting(Look.REF_IP, operator, operator=operator, ago=back_ago),
        )
    ]


def hung(look: Look, target: str, *, group: str = "") -> Iterable[Observation]:
    """TCP taken and nothing said, twice, the last time 10 s ago."""
    return twice(
        sighting(
            look, target, TIMEOUT, step=Step.HANDSHAKE, silent=True, ago=10,
            operator="apple" if look is not Look.PORT_CTL else target, group=group,
        )
    )  # fmt: skip


def strangers(look: Look, target: str) -> Iterable[Observation]:
    fact = CertificateFact(issuer="HotelGuard", verified=False, by_own_roots=False)
    return twice(
        sighting(
            look, target, Failure.SSL_UNKNOWN_AUTHORITY, step=Step.HANDSHAKE, ago=10,
            operator="apple", facts=[fact],
        )
    )  # fmt: skip


def lost(look: Look, resolver: str, name: str, group: str) -> Iterable[Observation]:
    failure = Failure.DNS_NXDOMAIN if group == "apple" else SERVFAIL
    fact = AnswerFact(resolver=resolver, name=name, addresses=(), rcode="")
    return twice(
        sighting(
            look, f"{resolver} {name}", failure, step=Step.CONTENT, ago=10,
            operator=resolver, group=group, facts=[fact], address=resolver,
        )
    )  # fmt: skip


def right_elsewhere(name: str) -> Observation:
    fact = AnswerFact(
        resolver="google", name=name, addresses=("17.57.144.10",), rcode="NOERROR", over_https=True
    )
    return sighting(Look.DNS_ALT, f"google {name}", operator="google", group="apple", facts=[fact])


APPLES = [o for g, hosts in HOSTS.items() for h in hosts for o in hung(Look.APPLE_WEB, h, group=g)]
COURIERS = [
    *hung(Look.PUSH_5223, "courier-1"),
    *hung(Look.PUSH_5223, "courier-2"),
    *hung(Look.PUSH_443, "courier-1"),
]
CONTROLS = [*hung(Look.PORT_CTL, "google"), *hung(Look.PORT_CTL, "meta")]
FORGED = [*strangers(Look.APPLE_WEB, "identity"), *strangers(Look.PUSH_443, "courier-1")]
COURIER = "1-courier.push.apple.com"
NAMES = [
    *lost(Look.DNS_EACH, "192.168.1.1", "www.google.com", "control"),
    *lost(Look.DNS_EACH, "192.168.1.1", "www.wikipedia.org", "control"),
    *lost(Look.DNS_EACH, "192.168.1.1", COURIER, "apple"),
    right_elsewhere(COURIER),
]


def values(evidence: Seen) -> tuple[object, ...]:
    signals = (services, push, port, tls, dns, dns_apple)
    return tuple(signal(evidence).value for signal in signals)


STALE = [*APPLES, *COURIERS, *CONTROLS, *NAMES]


def test_what_failed_of_a_fault_that_is_over_accuses_nobody() -> None:
    back = references("cloudflare", "google", back_ago=5)

    assert values(seen(*STALE, *back)) == (
        Services.UNKNOWN,
        Push.UNKNOWN,
        Port.UNKNOWN,
        Tls.TRUSTED,
        Dns.UNKNOWN,
        AppleDns.UNKNOWN,
    )


def test_forged_certificates_from_before_the_way_out_was_clean_are_over() -> None:
    back = references("cloudflare", "google", back_ago=5)

    assert tls(seen(*FORGED, *back)).value is Tls.TRUSTED


@pytest.mark.parametrize(
    "back",
    {
        "failed again since then": references("cloudflare", "google", back_ago=20),
        "only one operator was away": [
            *references("cloudflare", back_ago=5),
            sighting(Look.REF_IP, "google", operator="google"),
        ],
    }.items(),
    ids=lambda item: item[0],
)
def test_what_fails_now_counts_all_the_same(back: tuple[str, list[Observation]]) -> None:
    _, observations = back

    assert values(seen(*STALE, *observations)) == (
        Services.SILENT,
        Push.SILENT,
        Port.BLOCKED,
        Tls.TRUSTED,
        Dns.FAILS,
        AppleDns.WRONG_HERE,
    )
    assert tls(seen(*FORGED, *observations)).value is Tls.INTERCEPTED_APPLE
