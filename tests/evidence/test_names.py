"""dns and dns_apple: classes of answers, never sets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import AnswerFact, NetworkFact, Observation
from probe.verdict.signals.names import dns, dns_apple
from probe.words import AppleDns, Cause, Dns, Failure, Family, Look, Step
from tests.support.sightings import seen, sighting, twice

COURIER, IDENTITY = "1-courier.push.apple.com", "init.ess.apple.com"
GOOD = "17.57.144.10"


def answer(
    resolver: str,
    name: str,
    addresses: tuple[str, ...] = (),
    failure: Failure | None = None,
    *,
    group: str = "apple",
    look: Look = Look.DNS_EACH,
    rcode: str = "NOERROR",
    ede: int | None = None,
    silent: bool = False,
    operator: str = "",
) -> Observation:
    fact = AnswerFact(
        resolver=resolver,
        name=name,
        addresses=addresses,
        rcode=rcode,
        over_https=look is Look.DNS_ALT,
        extended_error=ede,
    )
    return sighting(
        look,
        f"{resolver} {name}",
        failure,
        step=Step.CONTENT if not silent else Step.EXCHANGE,
        silent=silent,
        facts=() if silent else (fact,),
        group=group,
        operator=operator or resolver,
        address=resolver,
    )


def control(
    resolver: str, name: str, failure: Failure | None = None, *, silent: bool = False,
    ede: int | None = None, addresses: tuple[str, ...] = ("142.250.1.1",),
) -> Observation:  # fmt: skip
    given = () if failure else addresses
    return answer(resolver, name, given, failure, group="control", silent=silent, ede=ede)


def elsewhere(operator: str, name: str, addresses: tuple[str, ...], failure: Failure | None = None):  # type: ignore[no-untyped-def]
    return answer(operator, name, addresses, failure, look=Look.DNS_ALT)


SERVFAIL, TIMEOUT = Failure.DNS_SERVFAIL, Failure.GENERIC_TIMEOUT
CONTROL = {
    "nothing was asked": ((), Dns.UNKNOWN, None),
    "it works": ((control("r", "a"), control("r", "b")), Dns.WORKS, None),
    "the second resolver works": (
        (control("r", "a", TIMEOUT, silent=True), control("s", "a")),
        Dns.WORKS,
        None,
    ),
    "one failure on one name is soft": (
        (control("r", "a", TIMEOUT, silent=True),),
        Dns.UNKNOWN,
        None,
    ),
    "two names fail": (
        (control("r", "a", SERVFAIL), control("r", "b", SERVFAIL)),
        Dns.FAILS,
        Cause.DNS_SERVFAIL,
    ),
    "two names that are lost in one moment are one silence": (
        (control("r", "a", TIMEOUT, silent=True), control("r", "b", TIMEOUT, silent=True)),
        Dns.UNKNOWN,
        None,
    ),
    "one name fails twice": (
        twice(control("r", "a", TIMEOUT, silent=True)),
        Dns.FAILS,
        Cause.RESOLVER_SILENT,
    ),
    "refused": (
        (
            control("r", "a", Failure.CONNECTION_REFUSED),
            control("r", "b", Failure.CONNECTION_REFUSED),
        ),
        Dns.FAILS,
        Cause.RESOLVER_REFUSED,
    ),
    "servfail": (
        (control("r", "a", SERVFAIL), control("r", "b", SERVFAIL)),
        Dns.FAILS,
        Cause.DNS_SERVFAIL,
    ),
    "servfail because nothing is behind it": (
        (control("r", "a", SERVFAIL, ede=22), control("r", "b", SERVFAIL, ede=22)),
        Dns.FAILS,
        Cause.RESOLVER_UPSTREAM_DEAD,
    ),
    "answers that cannot be true": (
        (
            control("r", "a", addresses=("192.168.77.1",)),
            control("r", "b", addresses=("192.168.77.1",)),
        ),
        Dns.FAILS,
        Cause.DNS_MISBEHAVING,
    ),
}


@pytest.mark.parametrize("case", CONTROL)
def test_dns(case: str) -> None:
    observations, value, cause = CONTROL[case]

    reading = dns(seen(*observations))

    assert (reading.value, reading.cause) == (value, cause)


APPLE = {
    "nothing was asked": ((), AppleDns.UNKNOWN, None),
    "right": (
        (answer("r", COURIER, (GOOD,)), answer("r", IDENTITY, ("17.1.1.1",))),
        AppleDns.RIGHT,
        None,
    ),
    "other addresses elsewhere are right too": (
        (answer("r", COURIER, (GOOD,)), elsewhere("doh", COURIER, ("17.9.9.9",))),
        AppleDns.RIGHT,
        None,
    ),
    "a null answer, and elsewhere the truth": (
        (answer("r", COURIER, ("0.0.0.0",)), elsewhere("doh", COURIER, (GOOD,))),
        AppleDns.WRONG_HERE,
        Cause.DNS_FILTERED,
    ),
    "a null answer, and nobody else to ask": (
        (answer("r", COURIER, ("0.0.0.0",)),),
        AppleDns.UNKNOWN,
        None,
    ),
    "no such name here only": (
        (
            answer("r", COURIER, (), Failure.DNS_NXDOMAIN, rcode="NXDOMAIN"),
            elsewhere("doh", COURIER, (GOOD,)),
        ),
        AppleDns.WRONG_HERE,
        Cause.DNS_FILTERED,
    ),
    "a courier outside Apple's networks": (
        (answer("r", COURIER, ("52.1.1.1",)), elsewhere("doh", COURIER, (GOOD,))),
        AppleDns.WRONG_HERE,
        Cause.DNS_FILTERED,
    ),
    "an identity host outside Apple's networks may be a CDN": (
        (answer("r", IDENTITY, ("52.1.1.1",)),),
        AppleDns.RIGHT,
        None,
    ),
    "servfail once: perhaps a moment's": (
        (answer("r", COURIER, (), SERVFAIL), elsewhere("doh", COURIER, (GOOD,))),
        AppleDns.UNKNOWN,
        None,
    ),
    "servfail here only": (
        (*twice(answer("r", COURIER, (), SERVFAIL)), elsewhere("doh", COURIER, (GOOD,))),
        AppleDns.WRONG_HERE,
        Cause.SPLIT_DNS_ROUTE,
    ),
    "one of two resolvers is right": (
        (
            answer("r", COURIER, ("0.0.0.0",)),
            answer("s", COURIER, (GOOD,)),
            elsewhere("doh", COURIER, (GOOD,)),
        ),
        AppleDns.RIGHT,
        None,
    ),
    "everywhere": (
        (
            *twice(answer("r", COURIER, (), SERVFAIL)),
            elsewhere("doh", COURIER, (), SERVFAIL),
            elsewhere("doh2", COURIER, (), SERVFAIL),
        ),
        AppleDns.WRONG_EVERYWHERE,
        Cause.APPLE_AUTHORITATIVE_DNS,
    ),
    "everywhere, by one voice only": (
        (*twice(answer("r", COURIER, (), SERVFAIL)), elsewhere("doh", COURIER, (), SERVFAIL)),
        AppleDns.UNKNOWN,
        None,
    ),
    "the hosts file bends it for applications": (
        (
            answer("r", COURIER, (GOOD,)),
            answer("this device", COURIER, ("127.0.0.1",), look=Look.DNS_APP),
        ),
        AppleDns.WRONG_HERE,
        Cause.HOSTS_FILE_OVERRIDE,
    ),
}


@pytest.mark.parametrize("case", APPLE)
def test_dns_apple(case: str) -> None:
    observations, value, cause = APPLE[case]

    reading = dns_apple(seen(*observations))

    assert (reading.value, reading.cause) == (value, cause)


BENT = answer("this device", COURIER, ("0.0.0.0",), look=Look.DNS_APP)


def earlier(observation: Observation, seconds: float) -> Observation:
    return replace(
        observation,
        started=observation.started - seconds,
        ended=observation.ended - seconds,
    )


def test_a_right_answer_from_before_does_not_bend_what_applications_get_now() -> None:
    """A filter that was switched on between the two: no hosts file is to blame."""
    before = [earlier(answer("r1", name, (GOOD,)), 20) for name in (COURIER, IDENTITY)]

    assert dns_apple(seen(*before, BENT)).value is not AppleDns.WRONG_HERE


def test_applications_that_get_it_wrong_beside_right_answers_are_bent_all_the_time() -> None:
    """Resolvers are asked twice as often as applications: whoever was last changes nothing."""
    right = [earlier(answer("r1", name, (GOOD,)), 20) for name in (COURIER, IDENTITY)]

    reading = dns_apple(seen(*right, earlier(BENT, 60), BENT))

    assert (reading.value, reading.cause) == (AppleDns.WRONG_HERE, Cause.HOSTS_FILE_OVERRIDE)


def test_a_home_routers_servfail_is_its_providers() -> None:
    fact = NetworkFact(
        default_interfaces=("eth0",),
        carrier=True,
        addresses=("192.168.1.7",),
        gateways=("192.168.1.1",),
        has_default_route={Family.IPV4: True},
        fingerprint="home",
    )
    link = sighting(Look.LINK, "this host", facts=[fact], step=Step.READ)
    failing = [control("192.168.1.1", name, SERVFAIL) for name in "ab"]

    assert dns(seen(link, *failing)).cause is Cause.RESOLVER_UPSTREAM_DEAD


def lost_twice(seconds_ago: float) -> tuple[Observation, ...]:
    """The courier's name, SERVFAIL here both times."""
    return tuple(earlier(one, seconds_ago) for one in twice(answer("r", COURIER, (), SERVFAIL)))


def test_whoever_is_right_first_after_apples_own_fault_contradicts_nobody() -> None:
    was_wrong = earlier(elsewhere("google", COURIER, (), SERVFAIL), 60.0)
    right = elsewhere("google", COURIER, (GOOD,))

    assert dns_apple(seen(*lost_twice(10.0), was_wrong, right)).value is AppleDns.UNKNOWN
    assert dns_apple(seen(*lost_twice(10.0), right)).value is AppleDns.WRONG_HERE
    assert dns_apple(seen(*lost_twice(0.0), was_wrong, right)).value is AppleDns.WRONG_HERE


def test_apples_names_that_a_home_router_cannot_find_are_lost_at_its_provider() -> None:
    network = NetworkFact(
        default_interfaces=("eth0",),
        carrier=True,
        addresses=("192.168.1.17",),
        gateways=("192.168.1.1",),
        has_default_route={Family.IPV4: True},
        fingerprint="home",
    )
    link = sighting(Look.LINK, "this host", facts=[network])
    lost = twice(answer("192.168.1.1", COURIER, (), SERVFAIL))
    right = elsewhere("google", COURIER, (GOOD,))

    assert dns_apple(seen(link, *lost, right)).cause is Cause.RESOLVER_UPSTREAM_DEAD
    assert dns_apple(seen(*lost, right)).cause is Cause.SPLIT_DNS_ROUTE
