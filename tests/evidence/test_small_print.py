"""The small print of the signals: facts of the specification that a small slip would turn around.

Each was seen to be missing by `make mutants` (docs/mutants.md).
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import (
    AnswerFact,
    CertificateFact,
    DialFact,
    FeedEventFact,
    FeedFact,
    NearbyFact,
    NetworkFact,
    Observation,
    OffsetFact,
)
from probe.targets import Peer, Targets
from probe.verdict.signals import apple, certificates, feeds, host, hostclock, names, path
from probe.verdict.signals.resolvers import fresh_names, nothing_fresh
from probe.words import (
    AppleStatus,
    Cause,
    Daemon,
    Failure,
    Family,
    Internet,
    Ipv6,
    Look,
    Nearby,
    Note,
    Portal,
    Proxy,
    Push,
    Step,
)
from tests.support.sightings import NOW, seen, sighting, twice

TIMEOUT = Failure.GENERIC_TIMEOUT
TARGETS = Targets()


def ref(name: str, failure: Failure | None = None, **more: object) -> Observation:
    return sighting(Look.REF_IP, name, failure, **more)  # type: ignore[arg-type]


def network(*, gateways: tuple[str, ...] = ("192.168.1.1",), ipv6: bool = False) -> Observation:
    fact = NetworkFact(
        default_interfaces=("eth0",),
        carrier=True,
        addresses=("192.168.1.7",),
        gateways=gateways,
        has_default_route={Family.IPV4: True, Family.IPV6: ipv6},
        fingerprint="home",
        networks=("192.168.1.7/24",),
    )
    return sighting(Look.LINK, "this host", step=Step.READ, facts=[fact])


# ---------------------------------------------------------------- path


@pytest.mark.parametrize(
    ("up", "of", "value"),
    [(2, 6, Internet.PARTLY), (3, 6, Internet.REACHED), (2, 3, Internet.REACHED)],
)
def test_half_of_the_operators_and_two_at_least_are_a_quorum(
    up: int, of: int, value: Internet
) -> None:
    """Signal `net`: at least max(2, half of them) pass."""
    looks = [
        one
        for number in range(of)
        for one in twice(
            ref(
                f"r{number}",
                None if number < up else TIMEOUT,
                step=Step.HANDSHAKE,
                silent=number >= up,
            )
        )
    ]

    assert path.internet(seen(*looks)).value is value


def test_a_page_that_failed_for_another_reason_was_not_altered() -> None:
    """Only an answer that is another is a portal's; that a connection was made is not."""
    pages = [
        sighting(Look.CAPTIVE, name, TIMEOUT, silent=True, facts=[DialFact(resent=0)])
        for name in "ab"
    ]

    assert path.portal(seen(*pages)).value is Portal.FAILED


def test_ipv6_is_absent_only_when_this_host_alone_says_so_to_all() -> None:
    """ENETUNREACH on IPv6 is absent, and no fault; silence beside it is none of that."""
    six = {"family": Family.IPV6}
    absent = [ref(name, Failure.NETWORK_UNREACHABLE, **six) for name in "ab"]
    mixed = [absent[0], *twice(ref("b", TIMEOUT, silent=True, **six))]
    four = [ref(name) for name in "ab"]

    assert path.ipv6(seen(network(ipv6=True), *four, *absent)).value is Ipv6.FINE
    assert path.ipv6(seen(network(ipv6=True), *four, *mixed)).value is not Ipv6.FINE


# ---------------------------------------------------------------- host


@pytest.mark.parametrize(
    ("checked_ago", "exhausted_ago", "value"),
    [(5.0, 1.0, Daemon.IMPAIRED), (1.0, 5.0, Daemon.FINE)],
)
def test_running_out_of_descriptors_counts_until_a_look_at_ourselves_passes(
    checked_ago: float, exhausted_ago: float, value: Daemon
) -> None:
    own = sighting(Look.SELF, "isitme", step=Step.OURS, ago=checked_ago)
    exhausted = sighting(
        Look.APPLE_WEB, "web", Failure.SELF_FD_EXHAUSTED, step=Step.OURS, ago=exhausted_ago
    )

    reading = host.daemon(seen(own, exhausted))

    assert reading.value is value
    assert (reading.cause is Cause.SELF_IMPAIRED) is (value is Daemon.IMPAIRED)


@pytest.mark.parametrize(
    ("through", "value"), [("apple", Proxy.REQUIRED), ("google", Proxy.NOT_NEEDED)]
)
def test_a_proxy_is_needed_beside_some_way_out_only_for_apple(through: str, value: Proxy) -> None:
    out = [ref("a"), *twice(ref("b", TIMEOUT, silent=True)), *twice(ref("c", TIMEOUT, silent=True))]
    by_proxy = sighting(Look.PROXY, "x", operator=through)

    assert host.proxy(seen(*out, by_proxy, proxy_configured=True)).value is value


# ---------------------------------------------------------------- Apple


def courier(look: Look, slot: int, failure: Failure | None = None, **more: object) -> Observation:
    return sighting(
        look,
        f"courier-{slot}",
        failure,
        operator="apple",
        group="push",
        **more,  # type: ignore[arg-type]
    )


def test_a_certificate_of_apples_own_counts_beside_other_facts() -> None:
    own = CertificateFact(issuer="Apple Root CA", verified=False, by_own_roots=True)
    wrong_name = courier(
        Look.PUSH_5223,
        1,
        Failure.SSL_INVALID_HOSTNAME,
        step=Step.HANDSHAKE,
        facts=[DialFact(resent=0), own],
    )
    (standing,) = seen(wrong_name).of(Look.PUSH_5223)

    assert apple.misnamed(standing)


def test_push_that_was_not_looked_at_is_not_set_aside() -> None:
    """A check is set aside when it has not passed once in its first day; then it was made."""
    web = [sighting(Look.APPLE_WEB, h.name, group=h.group) for h in TARGETS.apple_hosts]

    reading = apple.push(seen(*web))

    assert reading.value is Push.UNKNOWN
    assert not reading.set_aside


def test_one_courier_that_hangs_is_what_people_can_name() -> None:
    hung = courier(Look.PUSH_5223, 1, TIMEOUT, step=Step.HANDSHAKE, silent=True)
    errs = courier(Look.PUSH_443, 1, Failure.SSL_CERT_EXPIRED, step=Step.HANDSHAKE)
    failing = [*seen(hung).of(Look.PUSH_5223), *seen(errs).of(Look.PUSH_443)]

    assert apple.why_push_fails(failing) is Cause.PUSH_TLS_HANG
    assert apple.why_push_fails(failing[1:]) is Cause.APPLE_CERTIFICATE


def test_what_peers_say_of_services_is_asked_when_a_service_fails() -> None:
    """All of it must be fine there: push that is fine elsewhere says nothing about services."""
    targets = replace(TARGETS, peers=(Peer(name="office", host="192.0.2.77"),))
    web = sighting(Look.APPLE_WEB, "web", Failure.GENERIC_TIMEOUT, group="web", ago=5)

    def word(of: str) -> Observation:
        fact = NearbyFact(target=of, found=Nearby.FINE_ELSEWHERE, seen_at=NOW - 1)
        return sighting(Look.NEARBY, "office", facts=[fact], step=Step.EXCHANGE, group=of)

    push_alone = apple.nearby(seen(*twice(web), word("push"), targets=targets))
    services = apple.nearby(seen(*twice(web), word("services"), targets=targets))

    assert push_alone.value is not Nearby.FINE_ELSEWHERE
    assert services.value is Nearby.FINE_ELSEWHERE


# ---------------------------------------------------------------- certificates


def test_what_apples_own_roots_vouch_for_is_no_stranger() -> None:
    own = CertificateFact(issuer="Some Company", verified=False, by_own_roots=True)
    other = replace(own, by_own_roots=False)

    def strangers(fact: CertificateFact) -> int:
        failing = ref("a", Failure.SSL_UNKNOWN_AUTHORITY, step=Step.HANDSHAKE, facts=[fact])
        sight = seen(failing)
        return len(certificates.strangers(sight, sight.of(Look.REF_IP)))

    assert (strangers(own), strangers(other)) == (0, 1)


# ---------------------------------------------------------------- Apple's feeds


def feed(*events: FeedEventFact, age: float = 1.0) -> Observation:
    fact = FeedFact(
        feed="consumer",
        services=TARGETS.watched_services,
        events=events,
        unknown_words=0,
        age_seconds=age,
    )
    return sighting(Look.STATUS, "consumer", operator="apple", facts=[fact])


def event(state: str, kind: str = "outage") -> FeedEventFact:
    return FeedEventFact(
        service=TARGETS.watched_services[0],
        message_id="1",
        kind=kind,
        state=state,
        started_at=None,
        ended_at=None,
        message="",
    )


@pytest.mark.parametrize(
    ("age", "value"), [(899.0, AppleStatus.CLEAR), (901.0, AppleStatus.UNKNOWN)]
)
def test_a_page_older_than_a_quarter_of_an_hour_says_nothing_about_now(
    age: float, value: AppleStatus
) -> None:
    assert feeds.apple_status(seen(feed(age=age))).value is value


@pytest.mark.parametrize(
    ("state", "kind", "wanted"),
    [
        ("upcoming", "maintenance", {Note.MAINTENANCE_SCHEDULED}),
        ("resolved", "outage", {Note.RECENT_INCIDENT}),
        ("ongoing", "outage", set()),
    ],
)
def test_what_is_over_and_what_is_to_come_is_noted(
    state: str, kind: str, wanted: set[Note]
) -> None:
    assert {note for note, _ in feeds.notes(seen(feed(event(state, kind))))} == wanted


# ---------------------------------------------------------------- the clock


def test_one_time_server_that_was_silent_once_is_not_called_blocked() -> None:
    """Never judge on a single datagram."""
    dated = [
        ref(
            name,
            facts=[OffsetFact(source=name, low_seconds=-0.5, high_seconds=0.5, authenticated=True)],
        )
        for name in "abc"
    ]
    silent = sighting(Look.NTP, "time.apple.com", TIMEOUT, step=Step.EXCHANGE, silent=True)

    once = {note for note, _ in hostclock.notes(seen(*dated, silent))}
    again = {note for note, _ in hostclock.notes(seen(*dated, *twice(silent)))}

    assert Note.NTP_BLOCKED not in once
    assert Note.NTP_BLOCKED in again


# ---------------------------------------------------------------- names


def answered(name: str, address: str) -> Observation:
    fact = AnswerFact(resolver="r", name=name, addresses=(address,), rcode="NOERROR")
    return sighting(Look.DNS_EACH, f"r {name}", facts=[fact], address="192.168.1.1")


def test_a_network_of_its_own_is_no_lie() -> None:
    """A private network that a person named is expected where it is; another is not."""
    targets = replace(TARGETS, known_networks=("10.77.0.0/16",))
    known, other = answered("x.example", "10.77.0.1"), answered("x.example", "10.78.0.1")

    assert not names.impossible_of(known, targets)
    assert names.impossible_of(other, targets) == ("10.78.0.1",)
    assert names.impossible_of(known, TARGETS) == ("10.77.0.1",)


def random_name(
    failure: Failure | None, *, resolver: str = "192.168.1.1", ago: float = 1.0
) -> Observation:
    return sighting(
        Look.DNS_MANNERS,
        f"{resolver} random",
        failure,
        step=Step.CONTENT,
        group="random",
        operator=f"resolver {resolver}",
        address=resolver,
        ago=ago,
    )


def test_nothing_is_fresh_only_when_every_resolver_fails_at_it() -> None:
    failing = twice(random_name(Failure.DNS_SERVFAIL))
    right = random_name(None, resolver="192.168.1.2")

    assert nothing_fresh(seen(*failing))
    assert nothing_fresh(seen(*failing, right)) == ()


def test_a_fresh_name_counts_from_the_moment_that_is_in_question() -> None:
    looked = seen(random_name(None, ago=100.0))

    assert fresh_names(looked, "192.168.1.1", looked.now - 200)
    assert not fresh_names(looked, "192.168.1.1", looked.now - 10)
