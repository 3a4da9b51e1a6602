"""dns and dns_apple: classes of answers, never sets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import APPLE_IPV6, AnswerFact, LifeFact, NetworkFact, Observation
from probe.verdict.signals.names import dns, dns_apple
from probe.verdict.signals.resolvers import hampered
from probe.words import AppleDns, Cause, Dns, Failure, Family, Look, Speed, Step
from tests.support.sightings import seen, sighting, twice

COURIER, IDENTITY = "1-courier.push.apple.com", "init.ess.apple.com"
GOOD = "17.57.144.10"
R, S, ROUTER = "192.168.1.2", "192.168.1.3", "192.168.1.1"
STUB, FAR, ON_LINK = "127.0.0.53", "84.200.69.80", "2a02:8100:77::1"


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
    ede: int | None = None, addresses: tuple[str, ...] = ("142.250.1.1",), stub: bool = False,
) -> Observation:  # fmt: skip
    given = () if failure else addresses
    operator = f"{'stub' if stub else 'resolver'} {resolver}"
    return answer(
        resolver, name, given, failure, group="control", silent=silent, ede=ede, operator=operator
    )


def elsewhere(operator: str, name: str, addresses: tuple[str, ...], failure: Failure | None = None):  # type: ignore[no-untyped-def]
    return answer(operator, name, addresses, failure, look=Look.DNS_ALT)


SERVFAIL, TIMEOUT = Failure.DNS_SERVFAIL, Failure.GENERIC_TIMEOUT
LINK = sighting(
    Look.LINK,
    "this host",
    step=Step.READ,
    facts=[
        NetworkFact(
            default_interfaces=("eth0",),
            carrier=True,
            addresses=("192.168.1.7",),
            gateways=(ROUTER, "fe80::1"),
            networks=("192.168.1.7/24", "2a02:8100:77::7/64"),
            has_default_route={Family.IPV4: True},
            fingerprint="home",
        )
    ],
)


def earlier(observation: Observation, seconds: float) -> Observation:
    return replace(
        observation,
        started=observation.started - seconds,
        ended=observation.ended - seconds,
    )


def silent(resolver: str) -> tuple[Observation, ...]:
    return tuple(
        one for name in "ab" for one in twice(control(resolver, name, TIMEOUT, silent=True))
    )


def life(
    resolver: str,
    *,
    tcp_open: bool | None,
    answers_itself: bool = False,
    names_over_tcp: bool = False,
) -> Observation:
    fact = LifeFact(
        resolver=resolver,
        answers_itself=answers_itself,
        names_over_tcp=names_over_tcp,
        tcp_open=tcp_open,
    )
    return sighting(Look.DNS_ALIVE, resolver, step=Step.EXCHANGE, facts=[fact], address=resolver)


def nobody(*, rcode: str = "NOERROR", addresses: tuple[str, ...] = ()) -> Observation:
    fact = AnswerFact(resolver="192.0.2.53", name="a", addresses=addresses, rcode=rcode)
    return sighting(
        Look.DNS_MANNERS, "no resolver", step=Step.EXCHANGE, facts=[fact], group="nobody"
    )


NOBODY_THERE = sighting(Look.DNS_MANNERS, "no resolver", step=Step.EXCHANGE, group="nobody")


def random(resolver: str, failure: Failure | None = None) -> Observation:
    return sighting(
        Look.DNS_MANNERS,
        f"{resolver} random",
        failure,
        step=Step.CONTENT,
        group="random",
        operator=f"resolver {resolver}",
        address=resolver,
    )


def unanswered(operator: str, step: Step = Step.EXCHANGE) -> Observation:
    """A resolver elsewhere that was asked for the courier's name and said nothing."""
    return sighting(
        Look.DNS_ALT,
        f"{operator} {COURIER}",
        TIMEOUT,
        step=step,
        silent=True,
        group="apple",
        operator=operator,
    )


def gave_up(operator: str, failure: Failure) -> Observation:
    """A resolver elsewhere took the courier's name over TLS, and what stands before it gave up."""
    one = unanswered(operator)
    step = replace(one.finding.steps[0], failure=failure, speed=Speed.ACTIVE, seconds=2.0)
    return replace(one, finding=replace(one.finding, steps=(step,)))


CONTROL = {
    "nothing was asked": ((), Dns.UNKNOWN, None),
    "it works": ((control(R, "a"), control(R, "b")), Dns.WORKS, None),
    "the second resolver works": (
        (control(R, "a", TIMEOUT, silent=True), control(S, "a")),
        Dns.WORKS,
        None,
    ),
    "one failure on one name is soft": (
        (control(R, "a", TIMEOUT, silent=True),),
        Dns.UNKNOWN,
        None,
    ),
    "silent for two names, and not asked yet whether it is alive": (
        silent(R),
        Dns.UNKNOWN,
        None,
    ),
    "silent for long, and never asked whether it is alive": (
        twice(control(R, "a", TIMEOUT, silent=True), seconds=20),
        Dns.FAILS,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "silent about everything": (
        (*silent(R), life(R, tcp_open=None)),
        Dns.FAILS,
        Cause.RESOLVER_SILENT,
    ),
    "two names that are lost in one moment are one silence": (
        (control(R, "a", TIMEOUT, silent=True), control(R, "b", TIMEOUT, silent=True)),
        Dns.UNKNOWN,
        None,
    ),
    "silent over UDP alone": (
        (*silent(R), life(R, names_over_tcp=True, tcp_open=True)),
        Dns.FAILS,
        Cause.RESOLVER_SILENT,
    ),
    "takes connections and says nothing: a dead one, or one that waits for another": (
        (*silent(R), life(R, tcp_open=True)),
        Dns.FAILS,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "alive, with nothing behind it, and it may ask anybody": (
        (*silent(R), life(R, answers_itself=True, tcp_open=True)),
        Dns.FAILS,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "the router is alive, and the one it asks is not": (
        (LINK, *silent(ROUTER), life(ROUTER, answers_itself=True, tcp_open=True)),
        Dns.FAILS,
        Cause.RESOLVER_UPSTREAM_DEAD,
    ),
    "silent beyond this network": (
        (*silent(FAR), NOBODY_THERE),
        Dns.FAILS,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "the router at its public address is silent: it is on this link": (
        (LINK, *silent(ON_LINK), life(ON_LINK, tcp_open=None)),
        Dns.FAILS,
        Cause.RESOLVER_SILENT,
    ),
    "the router at its public address says servfail": (
        (LINK, control(ON_LINK, "a", SERVFAIL), control(ON_LINK, "b", SERVFAIL)),
        Dns.FAILS,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "servfail beyond this network": (
        (control(FAR, "a", SERVFAIL), control(FAR, "b", SERVFAIL), NOBODY_THERE),
        Dns.FAILS,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "somebody here answers in place of a resolver beyond, and fails": (
        (control(FAR, "a", SERVFAIL), control(FAR, "b", SERVFAIL), nobody(rcode="SERVFAIL")),
        Dns.FAILS,
        Cause.INTERCEPTED_RESOLVER_BROKEN,
    ),
    "whether somebody here intercepts was asked before it failed": (
        (control(FAR, "a", SERVFAIL), control(FAR, "b", SERVFAIL), earlier(nobody(), 60)),
        Dns.UNKNOWN,
        None,
    ),
    "somebody here answers rightly in place of all": (
        (control(FAR, "a"), control(FAR, "b"), nobody(addresses=("142.250.1.1",))),
        Dns.WORKS,
        None,
    ),
    "the stub on this device is dead, those behind it are not": (
        (
            *(control(STUB, name, Failure.CONNECTION_REFUSED, stub=True) for name in "ab"),
            *(control(R, name) for name in "ab"),
        ),
        Dns.FAILS,
        Cause.RESOLVER_REFUSED,
    ),
    "the stub is silent, because the router behind it gets nothing from behind": (
        (
            LINK,
            *twice(control(STUB, "a", TIMEOUT, silent=True, stub=True), seconds=20),
            *silent(ROUTER),
            life(STUB, answers_itself=True, tcp_open=True),
            life(ROUTER, answers_itself=True, tcp_open=True),
        ),
        Dns.FAILS,
        Cause.RESOLVER_UPSTREAM_DEAD,
    ),
    "the stub is silent, and what is behind it answers": (
        (
            LINK,
            *twice(control(STUB, "a", TIMEOUT, silent=True, stub=True), seconds=20),
            control(ROUTER, "a"),
            life(STUB, tcp_open=True),
        ),
        Dns.FAILS,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "one behind the stub is dead": (
        (*(control(STUB, name, stub=True) for name in "ab"), *silent(R)),
        Dns.WORKS,
        None,
    ),
    "names from a cache, and none that no cache knows": (
        (
            LINK,
            *(control(ROUTER, name) for name in "ab"),
            *twice(answer(ROUTER, COURIER, (), SERVFAIL)),
            *twice(random(ROUTER, SERVFAIL)),
        ),
        Dns.FAILS,
        Cause.RESOLVER_UPSTREAM_DEAD,
    ),
    "nothing but stale answers, as the resolver says, and no new name": (
        (
            *(control(R, name) for name in "ab"),
            answer(R, COURIER, (GOOD,), ede=3),
            *twice(random(R, SERVFAIL)),
        ),
        Dns.FAILS,
        Cause.DNS_SERVFAIL,
    ),
    "only a name that nobody has fails": (
        (
            *(control(ROUTER, name) for name in "ab"),
            answer(ROUTER, COURIER, (GOOD,)),
            *twice(random(ROUTER, SERVFAIL)),
        ),
        Dns.WORKS,
        None,
    ),
    "refused": (
        (
            control(R, "a", Failure.CONNECTION_REFUSED),
            control(R, "b", Failure.CONNECTION_REFUSED),
        ),
        Dns.FAILS,
        Cause.RESOLVER_REFUSED,
    ),
    "servfail": (
        (control(R, "a", SERVFAIL), control(R, "b", SERVFAIL)),
        Dns.FAILS,
        Cause.DNS_SERVFAIL,
    ),
    "the router refuses because nothing is behind it": (
        (
            LINK,
            control(ROUTER, "a", Failure.DNS_REFUSED, ede=23),
            control(ROUTER, "b", Failure.DNS_REFUSED, ede=23),
        ),
        Dns.FAILS,
        Cause.RESOLVER_UPSTREAM_DEAD,
    ),
    "the router cannot validate": (
        (LINK, control(ROUTER, "a", SERVFAIL, ede=7), control(ROUTER, "b", SERVFAIL, ede=7)),
        Dns.FAILS,
        Cause.DNS_SERVFAIL,
    ),
    "another resolver here says that nothing is behind it": (
        (control(R, "a", SERVFAIL, ede=22), control(R, "b", SERVFAIL, ede=22)),
        Dns.FAILS,
        Cause.DNS_SERVFAIL,
    ),
    "answers that cannot be true": (
        (
            control(R, "a", addresses=("192.168.77.1",)),
            control(R, "b", addresses=("192.168.77.1",)),
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


def hosts_file(name: str, address: str) -> Observation:
    fact = AnswerFact(resolver="the hosts file", name=name, addresses=(address,), rcode="NOERROR")
    return sighting(Look.DNS_APP, "hosts file", step=Step.READ, facts=[fact], group="hosts")


HOSTS_FILE_SILENT = sighting(Look.DNS_APP, "hosts file", step=Step.READ, group="hosts")

GSA_FAILS = sighting(
    Look.APPLE_WEB, "account-lookup", Failure.DNS_NXDOMAIN, step=Step.RESOLVE, group="account"
)
WEB_FAILS = sighting(
    Look.APPLE_WEB, "web", Failure.SSL_INVALID_HOSTNAME, step=Step.HANDSHAKE, group="web"
)
GSA_WORKS = sighting(Look.APPLE_WEB, "account-lookup", group="account")
APPLE = {
    "nothing was asked": ((), AppleDns.UNKNOWN, None),
    "right": (
        (answer(R, COURIER, (GOOD,)), answer(R, IDENTITY, ("17.1.1.1",))),
        AppleDns.RIGHT,
        None,
    ),
    "other addresses elsewhere are right too": (
        (answer(R, COURIER, (GOOD,)), elsewhere("doh", COURIER, ("17.9.9.9",))),
        AppleDns.RIGHT,
        None,
    ),
    "a null answer, and elsewhere the truth": (
        (answer(R, COURIER, ("0.0.0.0",)), elsewhere("doh", COURIER, (GOOD,))),
        AppleDns.WRONG_HERE,
        Cause.DNS_FILTERED,
    ),
    "a null answer, and nobody else to ask": (
        (answer(R, COURIER, ("0.0.0.0",)),),
        AppleDns.UNKNOWN,
        None,
    ),
    "no such name here only": (
        (
            answer(R, COURIER, (), Failure.DNS_NXDOMAIN, rcode="NXDOMAIN"),
            elsewhere("doh", COURIER, (GOOD,)),
        ),
        AppleDns.WRONG_HERE,
        Cause.DNS_FILTERED,
    ),
    "a courier outside Apple's networks": (
        (answer(R, COURIER, ("52.1.1.1",)), elsewhere("doh", COURIER, (GOOD,))),
        AppleDns.WRONG_HERE,
        Cause.DNS_FILTERED,
    ),
    "an identity host outside Apple's networks may be a CDN": (
        (answer(R, IDENTITY, ("52.1.1.1",)),),
        AppleDns.RIGHT,
        None,
    ),
    "servfail once: perhaps a moment's": (
        (answer(R, COURIER, (), SERVFAIL), elsewhere("doh", COURIER, (GOOD,))),
        AppleDns.UNKNOWN,
        None,
    ),
    "servfail here only": (
        (
            *twice(answer(R, COURIER, (), SERVFAIL)),
            random(R),
            elsewhere("doh", COURIER, (GOOD,)),
        ),
        AppleDns.WRONG_HERE,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "servfail here, where no new name is found either": (
        (
            *twice(answer(R, COURIER, (), SERVFAIL)),
            random(R, SERVFAIL),
            elsewhere("doh", COURIER, (GOOD,)),
        ),
        AppleDns.UNKNOWN,
        None,
    ),
    "servfail by the stub on this device alone": (
        (
            *twice(answer(STUB, COURIER, (), SERVFAIL, operator=f"stub {STUB}")),
            answer(R, COURIER, (GOOD,)),
            random(STUB),
            elsewhere("doh", COURIER, (GOOD,)),
        ),
        AppleDns.WRONG_HERE,
        Cause.SPLIT_DNS_ROUTE,
    ),
    "another of Apple's names that a filter knows": (
        (
            GSA_FAILS,
            answer(R, COURIER, (GOOD,)),
            answer(
                R,
                "gsa.apple.com",
                (),
                Failure.DNS_NXDOMAIN,
                rcode="NXDOMAIN",
                look=Look.DNS_CROSS,
                operator=f"resolver {R}",
            ),
            answer("doh", "gsa.apple.com", (GOOD,), look=Look.DNS_CROSS),
        ),
        AppleDns.WRONG_HERE,
        Cause.DNS_FILTERED,
    ),
    "a name that a filter knew, and that works again": (
        (
            GSA_WORKS,
            answer(R, COURIER, (GOOD,)),
            answer(
                R,
                "gsa.apple.com",
                (),
                Failure.DNS_NXDOMAIN,
                rcode="NXDOMAIN",
                look=Look.DNS_CROSS,
                operator=f"resolver {R}",
            ),
            answer("doh", "gsa.apple.com", (GOOD,), look=Look.DNS_CROSS),
        ),
        AppleDns.RIGHT,
        None,
    ),
    "a host of Apple's own led to a block page": (
        (
            GSA_FAILS,
            answer(R, COURIER, (GOOD,)),
            answer(
                R,
                "gsa.apple.com",
                ("146.112.61.106",),
                look=Look.DNS_CROSS,
                operator=f"resolver {R}",
            ),
            answer("doh", "gsa.apple.com", (GOOD,), look=Look.DNS_CROSS),
        ),
        AppleDns.WRONG_HERE,
        Cause.DNS_FILTERED,
    ),
    "a rented host is elsewhere for everybody": (
        (
            WEB_FAILS,
            answer(R, COURIER, (GOOD,)),
            answer(
                R,
                "www.apple.com",
                ("23.1.2.3",),
                look=Look.DNS_CROSS,
                operator=f"resolver {R}",
            ),
            answer("doh", "www.apple.com", ("23.9.9.9",), look=Look.DNS_CROSS),
        ),
        AppleDns.RIGHT,
        None,
    ),
    "one of two resolvers is right": (
        (
            answer(R, COURIER, ("0.0.0.0",)),
            answer(S, COURIER, (GOOD,)),
            elsewhere("doh", COURIER, (GOOD,)),
        ),
        AppleDns.RIGHT,
        None,
    ),
    "everywhere": (
        (
            *twice(answer(R, COURIER, (), SERVFAIL)),
            elsewhere("doh", COURIER, (), SERVFAIL),
            elsewhere("doh2", COURIER, (), SERVFAIL),
        ),
        AppleDns.WRONG_EVERYWHERE,
        Cause.APPLE_AUTHORITATIVE_DNS,
    ),
    "everywhere, and resolvers elsewhere take the question and let it lie": (
        (
            *twice(answer("r", COURIER, (), SERVFAIL)),
            *twice(unanswered("doh")),
            *twice(unanswered("doh2")),
        ),
        AppleDns.WRONG_EVERYWHERE,
        Cause.APPLE_AUTHORITATIVE_DNS,
    ),
    "everywhere, and those elsewhere give the request up, each in its way": (
        (
            *twice(answer("r", COURIER, (), SERVFAIL)),
            *twice(gave_up("doh", Failure.EOF)),
            *twice(gave_up("doh2", Failure.HTTP_5XX)),
        ),
        AppleDns.WRONG_EVERYWHERE,
        Cause.APPLE_AUTHORITATIVE_DNS,
    ),
    "one of those elsewhere says goodbye over HTTP/2": (
        (
            *twice(answer("r", COURIER, (), SERVFAIL)),
            *twice(gave_up("doh", Failure.HTTP2_GOAWAY)),
            *twice(gave_up("doh2", Failure.EOF)),
        ),
        AppleDns.WRONG_EVERYWHERE,
        Cause.APPLE_AUTHORITATIVE_DNS,
    ),
    "one of those elsewhere says that it is asked too often": (
        (
            *twice(answer("r", COURIER, (), SERVFAIL)),
            *twice(gave_up("doh", Failure.RATE_LIMITED)),
            *twice(gave_up("doh2", Failure.EOF)),
        ),
        AppleDns.UNKNOWN,
        None,
    ),
    "those elsewhere want nothing of us": (
        (
            *twice(answer("r", COURIER, (), SERVFAIL)),
            *twice(gave_up("doh", Failure.HTTP_UNEXPECTED_STATUS)),
            *twice(gave_up("doh2", Failure.HTTP_UNEXPECTED_STATUS)),
        ),
        AppleDns.UNKNOWN,
        None,
    ),
    "they let it lie once": (
        (
            *twice(answer("r", COURIER, (), SERVFAIL)),
            unanswered("doh"),
            unanswered("doh2"),
        ),
        AppleDns.UNKNOWN,
        None,
    ),
    "they are not even reached": (
        (
            *twice(answer("r", COURIER, (), SERVFAIL)),
            *twice(unanswered("doh", Step.CONNECT)),
            *twice(unanswered("doh2", Step.CONNECT)),
        ),
        AppleDns.UNKNOWN,
        None,
    ),
    "everywhere, by one voice only": (
        (*twice(answer(R, COURIER, (), SERVFAIL)), elsewhere("doh", COURIER, (), SERVFAIL)),
        AppleDns.UNKNOWN,
        None,
    ),
    "the hosts file sends another host of Apple's to this device": (
        (answer(R, COURIER, (GOOD,)), hosts_file("gsa.apple.com", "127.0.0.1")),
        AppleDns.WRONG_HERE,
        Cause.HOSTS_FILE_OVERRIDE,
    ),
    "the hosts file sends a host of Apple's own to somebody else's": (
        (answer(R, COURIER, (GOOD,)), hosts_file("gsa.apple.com", "93.184.215.14")),
        AppleDns.WRONG_HERE,
        Cause.HOSTS_FILE_OVERRIDE,
    ),
    "the hosts file says what is true": (
        (answer(R, COURIER, (GOOD,)), hosts_file("gsa.apple.com", GOOD)),
        AppleDns.RIGHT,
        None,
    ),
    "the hosts file bends it for applications": (
        (
            answer(R, COURIER, (GOOD,)),
            answer("this device", COURIER, ("127.0.0.1",), look=Look.DNS_APP),
            hosts_file(COURIER, "127.0.0.1"),
        ),
        AppleDns.WRONG_HERE,
        Cause.HOSTS_FILE_OVERRIDE,
    ),
    "a resolver lies about IPv6 addresses alone, and the hosts file says nothing": (
        (
            answer(R, COURIER, (GOOD,)),
            answer("this device", COURIER, (GOOD, "::"), look=Look.DNS_APP),
            HOSTS_FILE_SILENT,
        ),
        AppleDns.WRONG_HERE,
        Cause.DNS_AAAA_WRONG,
    ),
    "the stub and the one behind it fail alike": (
        (
            *twice(answer(STUB, COURIER, (), SERVFAIL, operator=f"stub {STUB}")),
            *twice(answer(R, COURIER, (), SERVFAIL)),
            random(STUB),
            random(R),
            elsewhere("doh", COURIER, (GOOD,)),
        ),
        AppleDns.WRONG_HERE,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "the stub fails at what the one behind it filters": (
        (
            *twice(answer(STUB, COURIER, (), SERVFAIL, operator=f"stub {STUB}")),
            answer(R, COURIER, (), Failure.DNS_REFUSED),
            random(STUB),
            elsewhere("doh", COURIER, (GOOD,)),
        ),
        AppleDns.WRONG_HERE,
        Cause.DNS_FILTERED,
    ),
}


@pytest.mark.parametrize("case", APPLE)
def test_dns_apple(case: str) -> None:
    observations, value, cause = APPLE[case]

    reading = dns_apple(seen(*observations))

    assert (reading.value, reading.cause) == (value, cause)


BENT = answer("this device", COURIER, ("0.0.0.0",), look=Look.DNS_APP)


def over_ipv6(resolver: str, address: str, name: str = COURIER) -> Observation:
    fact = AnswerFact(resolver=resolver, name=name, addresses=(address,), rcode="NOERROR")
    one = sighting(
        Look.DNS_MANNERS, f"{resolver} {name}", step=Step.EXCHANGE, facts=[fact],
        group=APPLE_IPV6, operator=f"resolver {resolver}", address=resolver,
    )  # fmt: skip
    said = f"{resolver} answered {address} to {name}"
    return replace(one, finding=replace(one.finding, said=said))


def test_who_lies_about_ipv6_alone_is_named() -> None:
    right = (answer(R, COURIER, (GOOD,)), answer(S, COURIER, (GOOD,)))
    misled = answer("this device", COURIER, (GOOD, "::"), look=Look.DNS_APP)
    both = (over_ipv6(R, "2620:149:a44::10"), over_ipv6(S, "::"))

    named = dns_apple(seen(*right, misled, *both))
    file = dns_apple(seen(*right, misled, *both, hosts_file(COURIER, "::")))
    unused = dns_apple(
        seen(*right, answer("this device", COURIER, (GOOD,), look=Look.DNS_APP), *both)
    )

    assert (named.value, named.cause) == (AppleDns.WRONG_HERE, Cause.DNS_AAAA_WRONG)
    assert named.said == f"{S} answered :: to {COURIER}"
    assert named.because[0].finding.address == S
    assert file.cause is Cause.HOSTS_FILE_OVERRIDE
    assert f"{S} answered" not in file.said
    assert unused.value is AppleDns.RIGHT  # no application gets it


MISLED: dict[str, tuple[tuple[str, ...], Cause]] = {
    "IPv6 alone": ((GOOD, "::"), Cause.DNS_AAAA_WRONG),
    "IPv6 alone, and one of it is right": (
        (GOOD, "2620:149:a44::10", "2001:500::1"), Cause.DNS_AAAA_WRONG),
    "both": (("0.0.0.0", "::"), Cause.DNS_FILTERED),
    "one of IPv4, and IPv6": ((GOOD, "0.0.0.0", "::"), Cause.DNS_FILTERED),
    "IPv4 is kept back, and IPv6 is wrong": (("::",), Cause.DNS_FILTERED),
    "IPv4 alone": (("0.0.0.0", "2620:149:a44::10"), Cause.DNS_FILTERED),
}  # fmt: skip


@pytest.mark.parametrize("case", MISLED)
def test_that_applications_get_ipv6_alone_wrong_is_told_as_that(case: str) -> None:
    """Nobody has asked resolvers about it yet: that is done once in a quarter hour."""
    addresses, cause = MISLED[case]
    apps = answer("this device", COURIER, addresses, look=Look.DNS_APP)

    reading = dns_apple(seen(answer(R, COURIER, (GOOD,)), apps))

    assert (reading.value, reading.cause) == (AppleDns.WRONG_HERE, cause)


def test_another_name_that_is_wrong_in_both_is_a_filters() -> None:
    right = [answer(R, name, (GOOD,)) for name in (COURIER, IDENTITY)]
    apps = answer("this device", COURIER, (GOOD, "::"), look=Look.DNS_APP)
    both = answer("this device", IDENTITY, ("0.0.0.0", "::"), look=Look.DNS_APP)

    assert dns_apple(seen(*right, apps, both)).cause is Cause.DNS_FILTERED


def test_a_right_answer_from_before_does_not_bend_what_applications_get_now() -> None:
    """A filter that was switched on between the two: no hosts file is to blame."""
    before = [earlier(answer(R, name, (GOOD,)), 20) for name in (COURIER, IDENTITY)]

    assert dns_apple(seen(*before, BENT)).value is not AppleDns.WRONG_HERE


def test_applications_that_get_it_wrong_beside_right_answers_are_bent_all_the_time() -> None:
    """Resolvers are asked twice as often as applications: whoever was last changes nothing."""
    right = [earlier(answer(R, name, (GOOD,)), 20) for name in (COURIER, IDENTITY)]

    reading = dns_apple(seen(*right, earlier(BENT, 60), BENT))

    assert (reading.value, reading.cause) == (AppleDns.WRONG_HERE, Cause.DNS_FILTERED)


def test_a_home_routers_servfail_is_its_providers() -> None:
    failing = [control(ROUTER, name, SERVFAIL) for name in "ab"]

    assert dns(seen(LINK, *failing)).cause is Cause.RESOLVER_UPSTREAM_DEAD


def lost_twice(seconds_ago: float) -> tuple[Observation, ...]:
    """The courier's name, SERVFAIL here both times."""
    lost = twice(answer(R, COURIER, (), SERVFAIL))
    return (random(R), *(earlier(one, seconds_ago) for one in lost))


def test_whoever_is_right_first_after_apples_own_fault_contradicts_nobody() -> None:
    was_wrong = earlier(elsewhere("google", COURIER, (), SERVFAIL), 60.0)
    right = elsewhere("google", COURIER, (GOOD,))

    assert dns_apple(seen(*lost_twice(10.0), was_wrong, right)).value is AppleDns.UNKNOWN
    assert dns_apple(seen(*lost_twice(10.0), right)).value is AppleDns.WRONG_HERE
    # A resolver may go on failing for a while: its word counts when it is asked after that.
    assert dns_apple(seen(*lost_twice(0.0), was_wrong, right)).value is AppleDns.UNKNOWN
    again = [earlier(one, 61.0) for one in (was_wrong, right)]
    assert dns_apple(seen(*lost_twice(0.0), *again, right)).value is AppleDns.WRONG_HERE
    # That there is no such name is no failure that is kept.
    none = twice(answer(R, COURIER, (), Failure.DNS_NXDOMAIN))
    assert dns_apple(seen(random(R), *none, was_wrong, right)).value is AppleDns.WRONG_HERE


@pytest.mark.parametrize("ede", [None, 22])
def test_apples_names_alone_that_a_router_cannot_find_accuse_nobody(ede: int | None) -> None:
    """It may ask the provider or anybody, or filter; and whatever it asks answers other names."""
    lost = twice(answer(ROUTER, COURIER, (), SERVFAIL, ede=ede))
    reading = dns_apple(seen(LINK, *lost, random(ROUTER), elsewhere("google", COURIER, (GOOD,))))

    assert (reading.value, reading.cause) == (AppleDns.WRONG_HERE, Cause.RESOLVER_OR_UPSTREAM)


# ------------------------------------------------------------------ names that come late


def app(
    failure: Failure | None = None, *, name: str = COURIER, seconds: float = 0.02
) -> Observation:
    one = sighting(Look.DNS_APP, name, failure, step=Step.RESOLVE, silent=failure is TIMEOUT)
    taken = replace(one.finding.steps[0], seconds=seconds)
    return replace(one, finding=replace(one.finding, steps=(taken,)))


def took(observation: Observation, seconds: float) -> Observation:
    finding = observation.finding
    return replace(
        observation, finding=replace(finding, steps=(replace(finding.steps[0], seconds=seconds),))
    )


def reference(seconds: float) -> Observation:
    return took(sighting(Look.REF_IP, "cloudflare-ip", operator="cloudflare"), seconds)


DEAD = [o for name in "ab" for o in twice(control(R, name, TIMEOUT, silent=True))]
ALIVE = [control(S, name) for name in "ab"]
DEAF = sighting(
    Look.DNS_MANNERS, f"{R} ipv6", TIMEOUT, step=Step.EXCHANGE, silent=True, group="families"
)
SLOW = [o for name in "ab" for o in twice(took(control(R, name), 0.7))]
LATE: dict[str, tuple[list[Observation], Cause | None]] = {
    "the first of two is dead": (
        [*DEAD, *ALIVE, *twice(app(TIMEOUT))], Cause.RESOLVER_FAILOVER_SLOW,
    ),
    "the second of two is dead, and nobody waits for it": ([*DEAD, *ALIVE, app()], None),
    "all are dead": ([*DEAD, *twice(app(TIMEOUT))], None),
    "applications wait, and nobody knows why": ([*ALIVE, *twice(app(TIMEOUT))], None),
    "questions for IPv6 are ignored": (
        [*ALIVE, *twice(DEAF), *twice(app(TIMEOUT))], Cause.AAAA_QUERY_DROPPED,
    ),
    "ignored once, perhaps lost": ([*ALIVE, DEAF, *twice(app(TIMEOUT))], None),
    "ignored where applications do not ask": ([*ALIVE, *twice(DEAF), app()], None),
    "slow for all": (
        [*SLOW, *twice(app(seconds=0.7)), reference(0.02)], Cause.DNS_SLOW,
    ),
    "slow once": ([*SLOW, app(seconds=0.7), reference(0.02)], None),
    "a long line is no slow resolver": (
        [*SLOW, *twice(app(seconds=0.7)), reference(0.6)], None,
    ),
    "how long the line is is not known": ([*SLOW, *twice(app(seconds=0.7))], None),
    "slow, and applications have it from a cache": ([*SLOW, *twice(app()), reference(0.02)], None),
}  # fmt: skip


@pytest.mark.parametrize("case", LATE)
def test_what_applications_wait_for(case: str) -> None:
    observations, cause = LATE[case]

    late = hampered(seen(*observations))

    assert (late.cause if late else None) is cause
    if late is not None:
        assert R in late.said
