"""internet, portal, tls, ipv6: what is made of references and pages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import (
    OWN_WORD,
    AnswerFact,
    DialFact,
    GreetingFact,
    NetworkFact,
    Observation,
    PortalFact,
    TranslatorFact,
    TurnedAwayFact,
)
from probe.verdict.signals.names import dns_apple
from probe.verdict.signals.path import internet, ipv6, portal, without_broken_ipv4
from probe.words import AppleDns, Cause, Failure, Family, Internet, Ipv6, Look, Portal, Step
from tests.support.sightings import NOW, seen, sighting, twice

TIMEOUT, REFUSED = Failure.GENERIC_TIMEOUT, Failure.CONNECTION_REFUSED
FORGED = Failure.SSL_UNKNOWN_AUTHORITY


def ref(operator: str, failure: Failure | None = None, **more: object) -> Observation:
    return sighting(Look.REF_IP, f"{operator}-ip", failure, operator=operator, **more)  # type: ignore[arg-type]


def by_name(operator: str, failure: Failure | None = None, **more: object) -> Observation:
    return sighting(Look.REF_NAME, operator, failure, operator=operator, **more)  # type: ignore[arg-type]


def network(*, v4: bool = True, v6: bool = False, gateway: str = "192.168.1.1") -> Observation:
    fact = NetworkFact(
        default_interfaces=("eth0",),
        carrier=True,
        addresses=("192.168.1.7",),
        gateways=(gateway,),
        has_default_route={Family.IPV4: v4, Family.IPV6: v6},
        fingerprint="home",
    )
    return sighting(Look.LINK, "this host", step=Step.READ, facts=[fact])


def page(operator: str, failure: Failure | None = None, kind: Cause | None = None) -> Observation:
    facts = [PortalFact(kind=kind, said="changed")] if kind else []
    return sighting(
        Look.CAPTIVE,
        operator,
        failure,
        operator=operator,
        step=Step.CONTENT,
        facts=facts,
        address="17.253.0.1:80",
    )


def greeted(operator: str, *, through: bool) -> Observation:
    # How long it took to connect is learnt besides.
    return by_name(operator, facts=[DialFact(resent=0), GreetingFact(large_got_through=through)])


def altered_page(operator: str) -> Observation:
    return page(operator, Failure.HTTP_BODY_MISMATCH, Cause.PORTAL_CONTENT)


INTERNET = {
    "nothing was looked at": ((), Internet.UNKNOWN, None),
    "one operator is not the internet": ((ref("a"),), Internet.UNKNOWN, None),
    "one operator down changes nothing": (
        (ref("a", TIMEOUT, silent=True), ref("b"), ref("c")),
        Internet.REACHED,
        None,
    ),
    "all silent": (
        (ref("a", TIMEOUT, silent=True), ref("b", TIMEOUT, silent=True)),
        Internet.UNREACHABLE,
        Cause.GATEWAY_OR_UPSTREAM,
    ),
    "all refused": ((ref("a", REFUSED), ref("b", REFUSED)), Internet.UNREACHABLE, None),
    "one of four answers": (
        (ref("a"), *(ref(x, TIMEOUT, silent=True) for x in "bcd")),
        Internet.PARTLY,
        Cause.CONTROLS_PARTLY,
    ),
    "a server error inside verified TLS is the internet all right": (
        (
            ref("a", Failure.HTTP_5XX, step=Step.CONTENT),
            ref("b", Failure.HTTP_5XX, step=Step.CONTENT),
        ),
        Internet.REACHED,
        None,
    ),
    "certificates wrong by date only were reached": (
        (
            ref("a", Failure.SSL_CERT_NOT_YET_VALID, step=Step.HANDSHAKE),
            ref("b", Failure.SSL_CERT_NOT_YET_VALID, step=Step.HANDSHAKE),
        ),
        Internet.REACHED,
        None,
    ),
    "impostors everywhere are not silence": (
        (ref("a", FORGED, step=Step.HANDSHAKE), ref("b", FORGED, step=Step.HANDSHAKE)),
        Internet.PARTLY,
        Cause.CONTROLS_PARTLY,
    ),
    "large greetings get no answer from anybody, small ones do": (
        (ref("a"), ref("b"), greeted("a", through=False), greeted("b", through=False)),
        Internet.PARTLY,
        Cause.LARGE_CLIENT_HELLO_DROPPED,
    ),
    "one large greeting was lost on the way": (
        (ref("a"), ref("b"), greeted("a", through=False), greeted("b", through=True)),
        Internet.REACHED,
        None,
    ),
    "one operator does not like large greetings": (
        (ref("a"), ref("b"), greeted("a", through=False)),
        Internet.REACHED,
        None,
    ),
    "impostors behind a sign-in page let nobody out": (
        (
            ref("a", FORGED, step=Step.HANDSHAKE),
            ref("b", FORGED, step=Step.HANDSHAKE),
            altered_page("a"),
            altered_page("b"),
        ),
        Internet.UNREACHABLE,
        None,
    ),
    "names that do not resolve say nothing about the internet": (
        (
            by_name("a", Failure.DNS_SERVFAIL, step=Step.RESOLVE),
            by_name("b", Failure.DNS_SERVFAIL, step=Step.RESOLVE),
        ),
        Internet.UNKNOWN,
        None,
    ),
    "IPv4 carries nothing while IPv6 works": (
        (
            ref("a", TIMEOUT, silent=True),
            ref("b", TIMEOUT, silent=True),
            ref("a", family=Family.IPV6),
            ref("b", family=Family.IPV6),
        ),
        Internet.PARTLY,
        Cause.IPV4_BROKEN,
    ),
}


@pytest.mark.parametrize("case", INTERNET)
def test_internet(case: str) -> None:
    observations, value, cause = INTERNET[case]

    reading = internet(seen(*observations))

    assert reading.value is value
    if cause is not None:
        assert reading.cause is cause


def test_a_router_that_says_it_has_nothing_behind_it_is_no_witness_of_its_line() -> None:
    """A pulled cable between router and socket makes it say the same."""
    word = AnswerFact(
        resolver="192.168.1.1", name="x", addresses=(), rcode="SERVFAIL", extended_error=22
    )
    asked = sighting(
        Look.DNS_EACH, "r x", Failure.DNS_SERVFAIL, step=Step.CONTENT, facts=[word], group="control"
    )
    silent = (ref("a", TIMEOUT, silent=True), ref("b", TIMEOUT, silent=True))

    by_the_router = internet(seen(*silent, network(), asked))

    assert by_the_router.cause is Cause.GATEWAY_OR_UPSTREAM


def own_word(failure: Failure | None = None) -> Observation:
    """What the network says of itself (RFC 8908)."""
    facts = [PortalFact(kind=Cause.PORTAL_API, said="says so")] if failure else []
    return sighting(Look.CAPTIVE, OWN_WORD, failure, step=Step.CONTENT, group=OWN_WORD, facts=facts)


WANTED = own_word(Failure.PORTAL_API)
REDIRECT = (Failure.HTTP_UNEXPECTED_REDIRECT, Cause.PORTAL_REDIRECT)
PORTAL = {
    "nothing was looked at": ((), Portal.UNKNOWN),
    "all exact": ((page("a"), page("b")), Portal.CLEAR),
    "two operators redirected": ((page("a", *REDIRECT), page("b", *REDIRECT)), Portal.CAPTIVE),
    "one allowed through, two redirected": (
        (page("apple"), page("a", *REDIRECT), page("b", *REDIRECT)),
        Portal.CAPTIVE,
    ),
    "one odd page among exact ones is that page's own affair": (
        (page("a", *REDIRECT), page("b"), page("c")),
        Portal.CLEAR,
    ),
    "the only page that was answered was changed": (
        (page("a", *REDIRECT), page("b", TIMEOUT), page("c", TIMEOUT)),
        Portal.CAPTIVE,
    ),
    "no answer at all accuses nobody": ((page("a", TIMEOUT), page("b", TIMEOUT)), Portal.FAILED),
    "no answer at all, and the network wants a sign-in": (
        (page("a", TIMEOUT), page("b", TIMEOUT), WANTED),
        Portal.CAPTIVE,
    ),
    "the network's word alone": ((WANTED,), Portal.CAPTIVE),
    "the network's word against a page that came through": ((page("a"), WANTED), Portal.CLEAR),
    "one odd page, the network's word, and one exact page": (
        (page("a", *REDIRECT), page("b"), WANTED),
        Portal.CLEAR,
    ),
    "that the network wants none proves nothing": ((own_word(),), Portal.UNKNOWN),
    "that the network wants none does not make silence less": (
        (page("a", TIMEOUT), page("b", TIMEOUT), own_word()),
        Portal.FAILED,
    ),
    "that the network wants none does not undo what was changed": (
        (page("a", *REDIRECT), page("b", TIMEOUT), own_word()),
        Portal.CAPTIVE,
    ),
}


@pytest.mark.parametrize("case", PORTAL)
def test_portal(case: str) -> None:
    observations, value = PORTAL[case]

    assert portal(seen(*observations)).value is value


WHICH_PORTAL: dict[str, tuple[tuple[Observation, ...], bool, Cause]] = {
    "sends elsewhere": ((page("a", *REDIRECT), page("b", *REDIRECT)), False, Cause.PORTAL_REDIRECT),
    "answers itself": ((altered_page("a"), altered_page("b")), False, Cause.PORTAL_CONTENT),
    "answers secure pages too": (
        (
            page("a", *REDIRECT),
            page("b", *REDIRECT),
            ref("a", FORGED, step=Step.HANDSHAKE),
            ref("b", TIMEOUT, silent=True),
        ),
        False,
        Cause.PORTAL_TLS,
    ),
    "came back on a network that led out": (
        (page("a", *REDIRECT), page("b", *REDIRECT), ref("a", FORGED, step=Step.HANDSHAKE)),
        True,
        Cause.PORTAL_EXPIRED,
    ),
    "by the network's own word": ((page("a", TIMEOUT), WANTED), False, Cause.PORTAL_API),
    "by its own word, where it led out before": (
        (page("a", TIMEOUT), WANTED),
        True,
        Cause.PORTAL_EXPIRED,
    ),
    "by its own word beside changed pages": (
        (page("a", *REDIRECT), page("b", *REDIRECT), WANTED),
        False,
        Cause.PORTAL_REDIRECT,
    ),
}


@pytest.mark.parametrize("case", WHICH_PORTAL)
def test_which_portal(case: str) -> None:
    observations, was_open, cause = WHICH_PORTAL[case]

    assert portal(seen(*observations, was_open=was_open)).cause is cause


def test_pages_served_from_private_addresses_are_bent_names() -> None:
    fact = PortalFact(kind=Cause.PORTAL_CONTENT, said="changed")
    bent = [
        sighting(
            Look.CAPTIVE,
            operator,
            Failure.HTTP_BODY_MISMATCH,
            step=Step.CONTENT,
            facts=[fact],
            address="192.168.77.1:80",
        )
        for operator in "ab"
    ]

    assert portal(seen(*bent)).cause is Cause.PORTAL_DNS


V6_DOWN = [
    one
    for operator in "ab"
    for one in twice(ref(operator, TIMEOUT, silent=True, family=Family.IPV6))
]
TRANSLATOR_DEAD = [
    *(ref(operator, TIMEOUT, silent=True) for operator in "ab"),
    *(ref(operator, family=Family.IPV6) for operator in "ab"),
]
IPV6 = {
    "nothing was looked at": ((), Ipv6.UNKNOWN),
    "absent is fine": ((network(), ref("a")), Ipv6.FINE),
    "it works": ((network(v6=True), ref("a", family=Family.IPV6)), Ipv6.FINE),
    "promised, and leads nowhere": (
        (network(v6=True), ref("a"), ref("b"), *V6_DOWN),
        Ipv6.BROKEN,
    ),
    "nothing works: then it is not about IPv6": ((network(v6=True), *V6_DOWN), Ipv6.UNKNOWN),
    "a few answer over IPv4: a bad line, not a bad IPv6": (
        (network(v6=True), ref("a"), *V6_DOWN, *twice(ref("b", TIMEOUT, silent=True))),
        Ipv6.UNKNOWN,
    ),
    "nothing is translated to IPv4": ((network(v4=False, v6=True), *TRANSLATOR_DEAD), Ipv6.BROKEN),
    "this host's own IPv4 is broken": ((network(v6=True), *TRANSLATOR_DEAD), Ipv6.FINE),
    "a router says that it has no way for what it promised": (
        (
            network(v6=True),
            ref("a"),
            ref("b"),
            *(
                one
                for x in "ab"
                for one in twice(
                    ref(
                        x,
                        Failure.NETWORK_UNREACHABLE,
                        family=Family.IPV6,
                        facts=[TurnedAwayFact(offender="fe80::1%eth0", no_way=True)],
                    )
                )
            ),
        ),
        Ipv6.BROKEN,
    ),
    "the kernel itself refuses: absent": (
        (
            network(v6=True),
            ref("a"),
            *(ref(x, Failure.NETWORK_UNREACHABLE, family=Family.IPV6) for x in "ab"),
        ),
        Ipv6.FINE,
    ),
}


@pytest.mark.parametrize("case", IPV6)
def test_ipv6(case: str) -> None:
    observations, value = IPV6[case]

    assert ipv6(seen(*observations)).value is value


def translator(prefix: str) -> Observation:
    fact = TranslatorFact(prefixes=(prefix,))
    return sighting(Look.NAT64, "nat64", step=Step.EXCHANGE, facts=[fact], family=Family.IPV6)


def test_a_dead_translator_is_told_as_that() -> None:
    reading = internet(seen(network(v4=False, v6=True), *TRANSLATOR_DEAD))

    assert (reading.value, reading.cause) == (Internet.PARTLY, Cause.NAT64_DEAD)


@pytest.mark.parametrize("prefix", ["2001:db8:64::", "64:ff9b::"])  # its own; RFC 6052's
def test_what_has_no_ipv6_is_out_of_reach_for_that_and_accuses_nobody(prefix: str) -> None:
    apple = [
        sighting(Look.APPLE_WEB, "identity", TIMEOUT, silent=True, operator="apple"),
        sighting(
            Look.APPLE_WEB,
            "account",
            TIMEOUT,
            silent=True,
            operator="apple",
            family=Family.IPV6,
            address=f"[{prefix}1120:c206]:443",
        ),
        sighting(Look.APPLE_WEB, "web", TIMEOUT, silent=True, family=Family.IPV6),
    ]
    fine = [ref(operator) for operator in "ab"]
    with_prefix = translator(f"{prefix}/96")

    broken = seen(*TRANSLATOR_DEAD, with_prefix, *apple)
    whole = seen(*fine, with_prefix, *apple)

    accusing = [one.key[1] for one in without_broken_ipv4(broken, broken.of(Look.APPLE_WEB))]
    assert accusing == ["web"]
    assert len(without_broken_ipv4(whole, whole.of(Look.APPLE_WEB))) == 3


def test_addresses_invented_for_the_translator_are_read_as_what_they_stand_for() -> None:
    invented = AnswerFact(
        resolver="2001:db8::53",
        name="1-courier.push.apple.com",
        addresses=("2001:db8:64::1139:900a",),
        rcode="NOERROR",
    )
    asked = sighting(
        Look.DNS_EACH,
        "2001:db8::53 1-courier.push.apple.com",
        step=Step.EXCHANGE,
        group="apple",
        facts=[invented],
    )

    assert dns_apple(seen(asked)).value is not AppleDns.RIGHT
    assert dns_apple(seen(asked, translator("2001:db8:64::/96"))).value is AppleDns.RIGHT


# ---------------------------------------------------------------- what was seen before


@pytest.mark.parametrize(
    ("ago", "value"), [(1.0, Portal.CLEAR), (8.4, Portal.CLEAR), (9.0, Portal.UNKNOWN)]
)
def test_pages_of_before_say_nothing_of_a_network_on_which_all_is_silent(
    ago: float, value: Portal
) -> None:
    """Silent since 8 s ago: else plain pages pass, and secure ones are blocked, by what was."""
    pages = [replace(page(name), started=NOW - ago, ended=NOW - ago + 0.1) for name in "ab"]
    silent = [replace(ref(name, TIMEOUT, silent=True), started=NOW - 8.0) for name in "abc"]
    silent = [replace(one, ended=NOW - 8.0 + seconds_of(one)) for one in silent]

    assert portal(seen(*pages, *silent)).value is value
    assert portal(seen(*pages, *silent, by_name("d"))).value is Portal.CLEAR


def test_a_host_that_is_cut_off_has_no_references_that_began_to_fail() -> None:
    cut = sighting(Look.LINK, "this host", Failure.NO_CARRIER, step=Step.READ)

    assert internet(seen(cut, page("a"))).value is Internet.UNREACHABLE
    assert portal(seen(cut, page("a"))).value is Portal.CLEAR


def test_pages_count_from_when_enough_operators_had_fallen_silent() -> None:
    """By when each was asked first; one that is asked later, or again, changes nothing."""
    pages = [replace(page(name), started=NOW - 5.0, ended=NOW - 4.9) for name in "ab"]

    def silent_since(*ago: float) -> list[Observation]:
        asked = (ref("a", TIMEOUT, silent=True), by_name("a", TIMEOUT, silent=True),
                 ref("b", TIMEOUT, silent=True), ref("c", TIMEOUT, silent=True))  # fmt: skip
        return [
            replace(one, started=NOW - since, ended=NOW - since + 2.0)
            for one, since in zip(asked, ago, strict=False)
        ]

    assert portal(seen(*pages, *silent_since(5.4, 3.0, 7.0))).value is Portal.CLEAR
    assert portal(seen(*pages, *silent_since(3.0, 5.4, 7.0, 3.0))).value is Portal.CLEAR
    again = (*silent_since(5.4, 5.4, 7.0), *silent_since(1.0, 1.0, 1.0))
    assert portal(seen(*pages, *again)).value is Portal.CLEAR
    assert portal(seen(*pages, *silent_since(3.0, 3.0, 7.0))).value is Portal.UNKNOWN
    assert portal(seen(*pages, *silent_since(3.0, 3.0, 60.0, 3.0))).value is Portal.UNKNOWN
    failing = page("c", TIMEOUT)
    assert portal(seen(*pages, failing, *silent_since(3.0, 3.0, 7.0))).value is Portal.FAILED


def seconds_of(one: Observation) -> float:
    return sum(step.seconds for step in one.finding.steps)


def test_a_family_that_waits_to_be_asked_again_may_still_carry_something() -> None:
    """IPv4 fails, and something newer failed besides: what IPv6 carried before is no evidence, and
    its absence is none either."""
    v4 = [one for name in "abc" for one in twice(ref(name, TIMEOUT, silent=True))]
    v6 = [ref(name, family=Family.IPV6, ago=10) for name in "abc"]
    looked = seen(network(v6=True), *v4, *v6)

    assert internet(looked).value is Internet.PARTLY
    waits = looked.without({}, {Look.REF_IP: NOW - 5})
    assert waits.waiting == {one.key for one in looked.of(Look.REF_IP) if one.passed}
    assert internet(waits).value is Internet.UNKNOWN
    # Asked and not heard, or asked of others, it carries nothing.
    both = [ref(name, TIMEOUT, silent=True, family=Family.IPV6) for name in "abc"]
    assert internet(seen(*v4, *both).without({}, {Look.REF_IP: NOW - 5})).value is (
        Internet.UNREACHABLE
    )
    other = ref("d", family=Family.IPV6, ago=10)
    assert internet(seen(*v4, other).without({}, {Look.REF_IP: NOW - 5})).value is (
        Internet.UNREACHABLE
    )
    assert internet(looked.without({Look.REF_IP: NOW - 5}, {})).value is Internet.UNREACHABLE
