"""internet, portal, ipv6: who counts as reached, what is cited, and what only looks alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from probe.model import (
    OWN_WORD,
    DialFact,
    Fact,
    GreetingFact,
    LineFact,
    NearbyFact,
    NetworkFact,
    Observation,
    PortalFact,
    TurnedAwayFact,
)
from probe.verdict.evidence import DERIVE
from probe.verdict.signals.path import (
    asked_since_it_works,
    internet,
    ipv4_alone_fails,
    ipv6,
    portal,
    reached,
    since_then,
    without_broken_ipv4,
)
from probe.words import Cause, Failure, Family, Internet, Ipv6, Look, Nearby, Portal, Signal, Step
from tests.support.sightings import NOW, seen, sighting, twice

TIMEOUT, FORGED = Failure.GENERIC_TIMEOUT, Failure.SSL_UNKNOWN_AUTHORITY
ROUTER, OWN = "192.168.1.1", "192.168.1.7"
V6: dict[str, Any] = {"family": Family.IPV6}
HUNG: dict[str, Any] = {"step": Step.HANDSHAKE, "silent": True}


def ref(operator: str, failure: Failure | None = None, **more: object) -> Observation:
    return sighting(Look.REF_IP, f"{operator}-ip", failure, operator=operator, **more)  # type: ignore[arg-type]


def silent(operator: str, **more: object) -> Observation:
    return ref(operator, TIMEOUT, silent=True, **more)


def by_name(operator: str, failure: Failure | None = None, **more: object) -> Observation:
    return sighting(Look.REF_NAME, operator, failure, operator=operator, **more)  # type: ignore[arg-type]


def network(routes: Mapping[Family, bool], failure: Failure | None = None) -> Observation:
    fact = NetworkFact(
        default_interfaces=("eth0",),
        carrier=failure is None,
        addresses=(OWN,),
        gateways=(ROUTER,),
        has_default_route=routes,
        fingerprint="home",
        networks=(f"{OWN}/24",),
    )
    return sighting(Look.LINK, "this host", failure, step=Step.READ, facts=[fact])


ONLY_V4 = network({Family.IPV4: True, Family.IPV6: False})
ONLY_V6 = network({Family.IPV4: False, Family.IPV6: True})
BOTH = network({Family.IPV4: True, Family.IPV6: True})


@pytest.mark.parametrize("signal", Signal)
def test_every_reading_is_of_its_own_signal(signal: Signal) -> None:
    assert DERIVE[signal](seen()).signal is signal


# ---------------------------------------------------------------- who was reached


@pytest.mark.parametrize(
    ("failure", "step", "waited", "proved"),
    [
        (None, Step.CONTENT, False, True),
        (Failure.HTTP_5XX, Step.CONTENT, False, True),
        (Failure.EOF, Step.EXCHANGE, False, True),
        # Whoever is silent after the handshake may be in trouble on the way.
        (TIMEOUT, Step.EXCHANGE, True, False),
        (TIMEOUT, Step.CONTENT, True, False),
        (Failure.CONNECTION_RESET, Step.HANDSHAKE, False, False),
        # Chain and name are right: whoever has the key was reached.
        (Failure.SSL_CERT_NOT_YET_VALID, Step.HANDSHAKE, False, True),
        (Failure.SSL_CERT_EXPIRED, Step.HANDSHAKE, False, True),
        (Failure.SSL_CERT_REVOKED, Step.HANDSHAKE, False, False),
    ],
)
def test_only_what_the_far_end_itself_can_say_proves_it(
    failure: Failure | None, step: Step, waited: bool, proved: bool
) -> None:
    """Diagnosis 0.1: only authenticated success counts."""
    (one,) = seen(ref("a", failure, step=step, silent=waited)).of(Look.REF_IP)

    assert reached(one) is proved


@pytest.mark.parametrize(
    "failure",
    [
        FORGED,
        Failure.SSL_INVALID_HOSTNAME,
        Failure.SSL_INVALID_CERTIFICATE,
        Failure.SSL_UNEXPECTED_ISSUER,
    ],
)
def test_whoever_names_somebody_else_was_reached_all_the_same(failure: Failure) -> None:
    impostors = [ref(name, failure, step=Step.HANDSHAKE) for name in "ab"]

    assert internet(seen(*impostors)).value is Internet.PARTLY


# ---------------------------------------------------------------- a fault that is over

HOST = sighting(Look.APPLE_WEB, "web", TIMEOUT, silent=True, ago=10)
BACK = [silent("a", ago=30), ref("a", ago=5), silent("b", ago=30), ref("b", ago=5)]
COUNTS: dict[str, tuple[list[Observation], bool]] = {
    # what the references did, and whether what failed 10 s ago still counts
    "both are back": (BACK, False),
    "both were back in the same sweep": (
        [silent("a", ago=30), ref("a", ago=9.5), silent("b", ago=30), ref("b", ago=9.5)], True),
    "both were back just after it": (
        [silent("a", ago=30), ref("a", ago=9.4), silent("b", ago=30), ref("b", ago=9.4)], False),
    "the second of them is back since": (
        [silent("a", ago=30), ref("a", ago=20), silent("b", ago=30), ref("b", ago=5)], False),
    "each is back by one of its ways before": (
        [silent("a", ago=30), ref("a", ago=5), silent("b", ago=30), ref("b", ago=5),
         by_name("a", TIMEOUT, ago=31), by_name("a", ago=20),
         by_name("b", TIMEOUT, ago=31), by_name("b", ago=20)], True),
    "they were asked again since": (
        [silent("a", ago=30), ref("a", ago=20), ref("a", ago=5),
         silent("b", ago=30), ref("b", ago=20), ref("b", ago=5)], True),
    "they are back, and are unwell": (
        [silent("a", ago=30), ref("a", Failure.HTTP_5XX, step=Step.CONTENT, ago=5),
         silent("b", ago=30), ref("b", Failure.HTTP_5XX, step=Step.CONTENT, ago=5)], True),
    "they never failed": ([ref("a", ago=5), ref("b", ago=5)], True),
}  # fmt: skip


@pytest.mark.parametrize("case", COUNTS)
def test_what_failed_before_a_common_fault_was_over_says_nothing(case: str) -> None:
    observations, counts = COUNTS[case]
    looked = seen(HOST, *observations)

    assert bool(since_then(looked, looked.of(Look.APPLE_WEB))) is counts


def test_what_passed_before_that_passed() -> None:
    looked = seen(sighting(Look.APPLE_WEB, "web", ago=10), *BACK)

    assert since_then(looked, looked.of(Look.APPLE_WEB))


# ---------------------------------------------------------------- internet


def test_those_that_are_down_are_cited_and_else_all() -> None:
    up, other_way, down = ref("a"), silent("a", family=Family.IPV6), silent("b")
    fine = [ref("c"), ref("d")]

    assert internet(seen(up, other_way, down)).because == (down,)
    assert internet(seen(*fine)).because == tuple(fine)


def test_how_many_proved_themselves_is_said() -> None:
    said = internet(seen(ref("a"), ref("b"), silent("c"))).said

    assert said == "2 of 3 operators beyond this network proved themselves"


def small_packets(
    target: str, cause: Cause = Cause.PMTU_BLACKHOLE, *, family: Family = Family.IPV4
) -> Observation:
    """With small packets the same place spoke."""
    facts: list[Fact] = [
        DialFact(resent=0),
        NearbyFact(target=target, found=Nearby.FILTERED, cause=cause),
    ]
    return sighting(Look.NEARBY, target, facts=facts, step=Step.EXCHANGE, family=family)


HANG = [ref("a", TIMEOUT, **HUNG), ref("b", TIMEOUT, **HUNG)]
NO_WAY = sighting(
    Look.APPLE_WEB, "web", Failure.NETWORK_UNREACHABLE,
    facts=[TurnedAwayFact(offender=ROUTER, no_way=True)],
)  # fmt: skip
SMALL = [small_packets("x"), small_packets("y")]
UNREACHABLE: dict[str, tuple[list[Observation], Cause]] = {
    # Row 23: connections open, and nothing large comes through.
    "small packets pass at two places": ([*HANG, *SMALL], Cause.PMTU_BLACKHOLE),
    "small packets pass at one": ([*HANG, SMALL[0]], Cause.GATEWAY_OR_UPSTREAM),
    "something else was found there": (
        [*HANG, *(small_packets(x, Cause.SNI_FILTERED) for x in "xy")], Cause.GATEWAY_OR_UPSTREAM),
    "whose size breaks is not known, whatever a router says of others": (
        [*HANG, NO_WAY, ONLY_V4], Cause.GATEWAY_OR_UPSTREAM),
    "small packets pass, and one connection does not even open": (
        [HANG[0], silent("b"), *SMALL], Cause.GATEWAY_OR_UPSTREAM),
    "small packets pass, and connections are cut": (
        [*(ref(x, Failure.CONNECTION_RESET, step=Step.HANDSHAKE) for x in "ab"), *SMALL],
        Cause.GATEWAY_OR_UPSTREAM),
    "connections do not open, and a router knows no way": (
        [silent("a"), silent("b"), NO_WAY, ONLY_V4], Cause.WAN_DOWN),
    "this host has no carrier": (
        [network({}, Failure.NO_CARRIER)], Cause.GATEWAY_OR_UPSTREAM),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREACHABLE)
def test_why_nobody_is_reached(case: str) -> None:
    observations, cause = UNREACHABLE[case]

    reading = internet(seen(*observations))

    assert (reading.value, reading.cause) == (Internet.UNREACHABLE, cause)


def router(failure: Failure | None, ago: float) -> Observation:
    return sighting(Look.GATEWAY, "gateway", failure, step=Step.EXCHANGE, ago=ago)


BY_TURNS = [router(None, 30), router(Failure.GW_SILENT, 5), router(None, 1)]


def test_a_router_by_turns_is_no_doubt_where_it_makes_none() -> None:
    """What was reached was reached; and without a carrier nothing leaves, whatever it did."""
    cut = network({}, Failure.NO_CARRIER)

    assert internet(seen(*BY_TURNS, ref("a"), ref("b"))).value is Internet.REACHED
    assert internet(seen(*BY_TURNS, cut)).value is Internet.UNREACHABLE


NAMES = ("cloudflare", "google", "quad9")
CALM = [ref(name, ago=ago) for name in NAMES for ago in (20, 80, 140)]


def lossy_bursts() -> list[Observation]:
    """Every second connection came a second late: its first packet was lost."""
    took = LineFact(hop=0, apart_seconds=0.25, seconds=(0.02, 1.02, 0.02, 1.02, 0.02, 2.02))
    return [sighting(Look.LINE, name, ago=6, facts=[took]) for name in NAMES]


def test_a_poor_line_is_told_by_what_measured_it() -> None:
    bursts = lossy_bursts()

    reading = internet(seen(*CALM, *bursts))

    assert (reading.value, reading.cause) == (Internet.PARTLY, Cause.LOSS)
    assert reading.because == tuple(bursts)
    assert reading.said == bursts[0].finding.said


def connected(name: str, seconds: float, *, ago: float) -> Observation:
    one = ref(name, ago=ago)
    step = replace(one.finding.steps[0], seconds=seconds)
    return replace(one, finding=replace(one.finding, steps=(step,)))


def test_a_poor_line_that_nobody_measured_yet_is_told_by_the_references() -> None:
    """Every second connection came a second late, to all."""
    looks = [
        connected(name, 1.02 if (number + at) % 2 else 0.02, ago=1 + 10.0 * number)
        for number in range(8)
        for at, name in enumerate(NAMES)
    ]

    reading = internet(seen(*looks))

    assert (reading.value, reading.cause) == (Internet.PARTLY, Cause.LOSS)
    assert {one.look for one in reading.because} == {Look.REF_IP}


def test_a_line_on_which_nobody_answers_any_more_is_not_poor_but_dead() -> None:
    dead = [silent(name, ago=1) for name in NAMES]

    assert internet(seen(*CALM, *lossy_bursts(), *dead)).value is Internet.UNREACHABLE


def test_what_one_difference_has_shown_is_told_before_a_poor_line() -> None:
    four = [silent(name, ago=1) for name in NAMES]
    six = [ref(name, **V6) for name in NAMES]
    greeting: list[Fact] = [DialFact(resent=0), GreetingFact(large_got_through=False)]
    large = [by_name(name, facts=greeting) for name in NAMES]

    assert internet(seen(*CALM, *lossy_bursts(), *four, *six)).cause is Cause.IPV4_BROKEN
    assert internet(seen(*CALM, *lossy_bursts(), *large)).cause is Cause.LARGE_CLIENT_HELLO_DROPPED


ALONE: dict[str, tuple[list[Observation], bool]] = {
    "IPv4 carries nothing, IPv6 does": ([silent("a"), silent("b"), ref("c", **V6)], True),
    "one of two answers over IPv4": ([silent("a"), ref("b"), ref("c", **V6)], False),
    "one operator is asked over IPv4": ([silent("a"), ref("c", **V6)], False),
    "nothing answers": ([silent("a"), silent("b"), silent("c", **V6)], False),
    "one of two answers over IPv6": (
        [silent("a"), silent("b"), ref("c", **V6), silent("d", **V6)], True),
}  # fmt: skip


@pytest.mark.parametrize("case", ALONE)
def test_when_ipv4_alone_fails(case: str) -> None:
    observations, alone = ALONE[case]

    all_seen = seen(*observations)

    assert ipv4_alone_fails(all_seen, all_seen.of(Look.REF_IP)) is alone


@pytest.mark.parametrize("asked_again", [True, False])
def test_what_is_back_over_one_family_first_leaves_no_broken_other(*, asked_again: bool) -> None:
    """In the lab, of a line that was gone for 5 s: the references by address were not asked again
    yet, those by name were."""
    gone = [silent(name, ago=ago) for name in ("a", "b") for ago in (9, 8)]
    still = [silent(name, ago=1) for name in ("a", "b")] if asked_again else []
    back = [
        one
        for name in ("a", "b")
        for one in (by_name(name, TIMEOUT, silent=True, ago=9, **V6), by_name(name, ago=2, **V6))
    ]
    translated = network({Family.IPV4: False, Family.IPV6: True})

    broken = DERIVE[Signal.IPV6](seen(*gone, *still, *back, translated))

    assert (broken.cause is Cause.NAT64_DEAD) is asked_again


@pytest.mark.parametrize("asked_again", [True, False])
def test_what_is_back_over_ipv4_first_leaves_no_broken_ipv6(*, asked_again: bool) -> None:
    gone = [silent(name, ago=ago, **V6) for name in ("a", "b") for ago in (9, 8)]
    still = [silent(name, ago=1, **V6) for name in ("a", "b")] if asked_again else []
    back = [one for name in ("a", "b") for one in (silent(name, ago=9), ref(name, ago=2))]
    both = network({Family.IPV4: True, Family.IPV6: True})

    broken = DERIVE[Signal.IPV6](seen(*gone, *still, *back, both))

    assert (broken.value is Ipv6.BROKEN) is asked_again


@pytest.mark.parametrize(
    ("asked", "counts"),
    [(30.0, False), (6.0, False), (5.5, True), (5.0, True), (1.0, True)],
    ids=["before all", "before the last was back", "in one sweep with it", "then", "since"],
)
def test_what_fails_counts_where_it_was_asked_since_all_else_is_back(
    *, asked: float, counts: bool
) -> None:
    """One that works was back 20 s ago, one 5 s ago, and one was never gone."""
    back = [
        one
        for name, ago in (("a", 20.0), ("b", 5.0))
        for one in (silent(name, ago=40, **V6), ref(name, ago=ago, **V6))
    ]
    looked = seen(*back, ref("c", **V6), silent("a", ago=asked))
    works = [one for one in looked.of(Look.REF_IP) if one.passed]
    failing = [one for one in looked.of(Look.REF_IP) if one.failed]

    assert (asked_since_it_works(looked, failing, works) == failing) is counts
    assert (len(works), len(failing)) == (3, 1)


def test_what_passes_over_a_broken_ipv4_passes() -> None:
    broken = seen(*ALONE["IPv4 carries nothing, IPv6 does"][0], sighting(Look.APPLE_WEB, "web"))

    assert without_broken_ipv4(broken, broken.of(Look.APPLE_WEB))


# ---------------------------------------------------------------- portal


def page(
    operator: str, failure: Failure | None = None, *, at: str = "17.253.0.1:80", ago: float = 1
) -> Observation:
    """A plain page; changed by somebody if it failed with another answer."""
    changed = failure is Failure.HTTP_BODY_MISMATCH
    facts = [PortalFact(kind=Cause.PORTAL_CONTENT, said="changed")] if changed else []
    return sighting(
        Look.CAPTIVE, operator, failure, operator=operator, step=Step.CONTENT, facts=facts,
        address=at, ago=ago,
    )  # fmt: skip


CHANGED = Failure.HTTP_BODY_MISMATCH
WHERE: dict[str, tuple[tuple[str, ...], Cause]] = {
    "inside this network": (("192.168.77.1:80", "192.168.77.1:80"), Cause.PORTAL_DNS),
    "inside this network, over IPv6": (("[fd00::1]:80", "[fd00::1]:80"), Cause.PORTAL_DNS),
    "inside this network, and where one was is not known": (
        ("192.168.77.1:80", ""), Cause.PORTAL_DNS),
    "where they were is not known": (("", ""), Cause.PORTAL_CONTENT),
    "one inside and one outside": (("192.168.77.1:80", "17.253.0.1:80"), Cause.PORTAL_CONTENT),
    "on this very host: no sign-in page": (("127.0.0.1:80", "127.0.0.1:80"), Cause.PORTAL_CONTENT),
}  # fmt: skip


@pytest.mark.parametrize("case", WHERE)
def test_names_are_bent_where_all_pages_come_from_inside(case: str) -> None:
    addresses, cause = WHERE[case]
    pages = [page(name, CHANGED, at=at) for name, at in zip("ab", addresses, strict=True)]

    assert portal(seen(*pages)).cause is cause


def test_a_portal_may_have_an_address_of_this_very_network() -> None:
    """Over IPv6 it names itself by one that is not private."""
    pages = [page(name, CHANGED, at="[2a02:8100:77::1]:80") for name in "ab"]
    (fact,) = ONLY_V6.finding.facts
    assert isinstance(fact, NetworkFact)
    there = replace(fact, networks=("2a02:8100:77::20/64",))
    link = replace(ONLY_V6, finding=replace(ONLY_V6.finding, facts=(there,)))

    assert portal(seen(*pages)).cause is Cause.PORTAL_CONTENT
    assert portal(seen(*pages, link)).cause is Cause.PORTAL_DNS


def test_silence_of_the_references_is_no_page_of_a_portal() -> None:
    pages = [page(name, CHANGED) for name in "ab"]

    assert portal(seen(*pages, silent("a"), silent("b"))).cause is Cause.PORTAL_CONTENT


def test_what_was_changed_is_cited_and_else_all_pages() -> None:
    changed, exact = page("b", CHANGED), page("b", ago=5)
    wanted = sighting(
        Look.CAPTIVE, OWN_WORD, Failure.PORTAL_API, step=Step.CONTENT, group=OWN_WORD, ago=3
    )

    assert portal(seen(exact)).because == (exact,)
    assert portal(seen(page("a", TIMEOUT), changed)).because == (changed,)
    assert portal(seen(page("a", TIMEOUT), changed)).said == changed.finding.said
    assert portal(seen(exact)).said == exact.finding.said
    assert portal(seen(wanted)).because == (wanted,)
    assert portal(seen(wanted)).age_seconds == 3
    assert portal(seen(wanted, exact)).age_seconds == 5, "as old as the pages"
    assert portal(seen(page("a", CHANGED, ago=9), page("b", TIMEOUT, ago=2))).age_seconds == 2


def test_which_way_most_pages_were_changed() -> None:
    fact = PortalFact(kind=Cause.PORTAL_REDIRECT, said="elsewhere")
    sent = [
        sighting(
            Look.CAPTIVE,
            name,
            Failure.HTTP_UNEXPECTED_REDIRECT,
            step=Step.CONTENT,
            facts=[fact],
            address="17.253.0.1:80",
        )
        for name in "ab"
    ]

    reading = portal(seen(page("c", CHANGED), *sent))

    assert (reading.value, reading.cause) == (Portal.CAPTIVE, Cause.PORTAL_REDIRECT)


# ---------------------------------------------------------------- ipv6


def v6_down(*operators: str) -> list[Observation]:
    return [one for name in operators for one in twice(silent(name, **V6))]


V6_HANGS = [one for name in "ab" for one in twice(ref(name, TIMEOUT, **HUNG, **V6))]
SMALL_V6 = [small_packets(name, **V6) for name in "xy"]
FOUR = [ref("a"), ref("b")]
IPV6: dict[str, tuple[list[Observation], Ipv6, Cause | None]] = {
    "promised, and leads nowhere": (
        [BOTH, *FOUR, *v6_down("a", "b")], Ipv6.BROKEN, Cause.V6_BLACKHOLE),
    "so too where one of three is down over IPv4": (
        [BOTH, *FOUR, silent("c"), *v6_down("a", "b")], Ipv6.BROKEN, Cause.V6_BLACKHOLE),
    "connections open and hang, and small packets pass at two places": (
        [BOTH, *FOUR, *V6_HANGS, *SMALL_V6], Ipv6.BROKEN, Cause.V6_PMTU),
    "small packets pass at one": (
        [BOTH, *FOUR, *V6_HANGS, SMALL_V6[0]], Ipv6.BROKEN, Cause.V6_BLACKHOLE),
    "small packets pass where it was asked over IPv4": (
        [BOTH, *FOUR, *V6_HANGS, SMALL_V6[0], SMALL[1]], Ipv6.BROKEN, Cause.V6_BLACKHOLE),
    "something else was found there": (
        [BOTH, *FOUR, *V6_HANGS, *(small_packets(x, Cause.SNI_FILTERED, **V6) for x in "xy")],
        Ipv6.BROKEN, Cause.V6_BLACKHOLE),
    "small packets pass, and one connection does not even open": (
        [BOTH, *FOUR, *V6_HANGS[:2], *v6_down("b"), *SMALL_V6], Ipv6.BROKEN, Cause.V6_BLACKHOLE),
    "small packets pass, and connections are cut": (
        [BOTH, *FOUR, *SMALL_V6, *(
            one for x in "ab" for one in
            twice(ref(x, Failure.CONNECTION_RESET, step=Step.HANDSHAKE, **V6)))],
        Ipv6.BROKEN, Cause.V6_BLACKHOLE),
    "of one operator": ([BOTH, *FOUR, *v6_down("a")], Ipv6.UNKNOWN, None),
    "by name it works": (
        [BOTH, by_name("a", **V6), by_name("b", **V6), *v6_down("a", "b")], Ipv6.UNKNOWN, None),
    "translated as promised": (
        [ONLY_V6, *FOUR, ref("a", **V6)], Ipv6.FINE, None),
    "not translated as promised": (
        [ONLY_V6, silent("a"), silent("b"), ref("a", **V6), ref("b", **V6)],
        Ipv6.BROKEN, Cause.NAT64_DEAD),
    "whoever is translated to shows a certificate for another name": (
        [
            ONLY_V6, ref("a", Failure.SSL_INVALID_HOSTNAME, step=Step.HANDSHAKE),
            ref("b", Failure.SSL_INVALID_HOSTNAME, step=Step.HANDSHAKE),
            ref("a", **V6), ref("b", **V6),
        ],
        Ipv6.FINE, None),
    "whoever answers over IPv6 is somebody else": (
        [
            BOTH, *FOUR,
            *twice(ref("a", Failure.SSL_UNKNOWN_AUTHORITY, step=Step.HANDSHAKE, **V6)),
            *twice(ref("b", Failure.SSL_UNKNOWN_AUTHORITY, step=Step.HANDSHAKE, **V6)),
        ],
        Ipv6.UNKNOWN, None),
    "one of those who answer over IPv6 is somebody else": (
        [
            BOTH, *FOUR, *v6_down("a", "b"),
            *twice(ref("c", Failure.SSL_UNKNOWN_AUTHORITY, step=Step.HANDSHAKE, **V6)),
        ],
        Ipv6.UNKNOWN, None),
    "no route is listed for IPv4, and nothing is translated": (
        [network({Family.IPV6: True}), silent("a"), silent("b"), ref("a", **V6)],
        Ipv6.BROKEN, Cause.NAT64_DEAD),
    "no route is listed for it": (
        [network({Family.IPV4: True}), *FOUR, *v6_down("a", "b")], Ipv6.FINE, None),
}  # fmt: skip


@pytest.mark.parametrize("case", IPV6)
def test_ipv6_is_broken_only_where_it_is_promised(case: str) -> None:
    observations, value, cause = IPV6[case]

    reading = ipv6(seen(*observations))

    assert (reading.value, reading.cause) == (value, cause)


def test_what_ipv6_carries_is_said() -> None:
    def said(*v6: Observation) -> str:
        return ipv6(seen(BOTH, *FOUR, *v6)).said

    assert said(*V6_HANGS, *SMALL_V6) == "IPv6 carries small packets and loses large ones"
    assert said(*V6_HANGS) == "connections over IPv6 open, and then hang"
    assert said(*v6_down("a", "b")) == "IPv6 is promised here and leads nowhere"
    assert said(*v6_down("a")) == "it is not clear whether IPv6 works"
    assert said() == "IPv6 was not looked at"


def test_where_looks_fail_by_chance_two_of_them_are_no_broken_ipv6() -> None:
    """Section (e): the confirmations that are required rise with the loss."""
    rounds = [
        ref(name, TIMEOUT if name == "a" and number in (4, 9, 14) else None, ago=20.0 * number + 20)
        for number in range(20)
        for name in "abc"
    ]
    once = [silent(name, ago=1, **V6) for name in "ab"]

    assert ipv6(seen(BOTH, *FOUR, *once)).value is Ipv6.BROKEN
    assert ipv6(seen(BOTH, *rounds, *FOUR, *once)).value is Ipv6.UNKNOWN


def test_what_is_cited_of_ipv6() -> None:
    fine, dead = [ref("a", **V6), ref("b", **V6)], v6_down("a", "b")[1::2]
    four = [silent("a"), silent("b")]

    assert ipv6(seen(BOTH, *FOUR, *fine)).because == tuple(fine)
    assert ipv6(seen(BOTH, *FOUR, *dead)).because == tuple(dead)
    assert ipv6(seen(ONLY_V6, *four, *fine)).because == tuple(four)


def age(*observations: Observation) -> float | None:
    return ipv6(seen(*observations)).age_seconds


def test_ipv6_is_as_old_as_the_network_or_the_look_whichever_is_newer() -> None:
    looked, older = ref("a", ago=5, **V6), ref("a", ago=9, **V6)

    assert NOW - looked.ended == age(looked) == 5
    assert age(BOTH, older) == 1
