"""dns and dns_apple, the small print: whose word counts when, which cause, and what is cited."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import AnswerFact, Observation, OffsetFact
from probe.targets import Targets
from probe.verdict.past import APART_SECONDS
from probe.verdict.signals.names import FAILURE_KEPT_SECONDS, dns, dns_apple, impossible_of
from probe.wire.addresses import STUBS
from probe.words import AppleDns, Cause, Dns, Failure, Family, Look, Signal, Step
from tests.evidence.test_names import (
    BENT,
    COURIER,
    FAR,
    GOOD,
    GSA_FAILS,
    IDENTITY,
    LINK,
    NOBODY_THERE,
    ROUTER,
    SERVFAIL,
    STUB,
    TIMEOUT,
    WEB_FAILS,
    R,
    S,
    answer,
    control,
    earlier,
    elsewhere,
    gave_up,
    life,
    over_ipv6,
    random,
    silent,
)
from tests.evidence.test_stale import DEAD, DEAD_TOO, ELSEWHERE, FINE, STALE, host, there
from tests.evidence.test_stale import SILENT as UNANSWERED
from tests.support.sightings import seen, sighting, twice

NXDOMAIN, NO_ANSWER = Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER
REFUSED, TCP_BLOCKED = Failure.DNS_REFUSED, Failure.DNS_TCP_BLOCKED
OUT, INSIDE = "52.1.1.1", "17.1.1.1"  # outside Apple's networks, and within
GSA, IDMSA, WWW = "gsa.apple.com", "idmsa.apple.com", "www.apple.com"


def lost(resolver: str, failure: Failure = SERVFAIL, name: str = COURIER) -> list[Observation]:
    """One of Apple's names, twice in vain."""
    return list(twice(answer(resolver, name, (), failure, silent=failure is TIMEOUT)))


def beside_time(observation: Observation) -> Observation:
    """With what an answer over HTTPS tells beside: the date."""
    date = OffsetFact(source="doh", low_seconds=-1.0, high_seconds=1.0, authenticated=True)
    finding = observation.finding
    return replace(observation, finding=replace(finding, facts=(date, *finding.facts)))


RIGHT = beside_time(elsewhere("doh", COURIER, (GOOD,)))

# ---------------------------------------------------------------- names of others

WORK = (control(R, "a"), control(R, "b"))
NO_RESOLVER = sighting(Look.DNS_EACH, "resolvers", Failure.DNS_NO_RESOLVER, group="control")


def as_app(name: str, addresses: tuple[str, ...], group: str) -> Observation:
    fact = AnswerFact(resolver="this device", name=name, addresses=addresses, rcode="NOERROR")
    return sighting(Look.DNS_APP, name, step=Step.RESOLVE, facts=[fact], group=group)


UNREADABLE = sighting(Look.DNS_EACH, "resolvers", Failure.NOT_RUN, group="control", step=Step.OURS)
NO_NAME_FOR_APPS = sighting(
    Look.DNS_APP, "a", Failure.DNS_MISBEHAVING, group="control", step=Step.RESOLVE
)
NO_NEW_NAMES = twice(random(R, SERVFAIL))
NOBODY_V6 = replace(NOBODY_THERE, finding=replace(NOBODY_THERE.finding, family=Family.IPV6))
SILENT = control(R, "a", TIMEOUT, silent=True)
MADE_UP = "198.18.0.1"  # a proxy's own making, perhaps: nobody has looked who is there
CONTROL: dict[str, tuple[tuple[Observation, ...], Dns, Cause | None]] = {
    "no resolver is configured, and applications get no names": (
        (NO_RESOLVER, NO_NAME_FOR_APPS),
        Dns.FAILS,
        Cause.NO_RESOLVER_CONFIGURED,
    ),
    "no resolver is configured, and nobody has seen what applications get": (
        (NO_RESOLVER,),
        Dns.UNKNOWN,
        None,
    ),
    "no file names a resolver, and applications get names": (
        (NO_RESOLVER, as_app("a", (GOOD,), "control")),
        Dns.WORKS,
        None,
    ),
    "no file names a resolver, and applications get nonsense": (
        (NO_RESOLVER, as_app("a", ("0.0.0.0",), "control")),
        Dns.FAILS,
        Cause.NO_RESOLVER_CONFIGURED,
    ),
    "the resolvers cannot be read, and applications get names": (
        (UNREADABLE, as_app("a", (GOOD,), "control")),
        Dns.WORKS,
        None,
    ),
    "the resolvers cannot be read, and applications get no names": (
        (UNREADABLE, *twice(NO_NAME_FOR_APPS)),
        Dns.UNKNOWN,
        None,
    ),
    "a resolver that is known is asked, whatever applications get": (
        (UNREADABLE, SILENT, as_app("a", (GOOD,), "control")),
        Dns.UNKNOWN,
        None,
    ),
    "silent for nine seconds, and not asked whether it is alive": (
        twice(SILENT, seconds=9),
        Dns.UNKNOWN,
        None,
    ),
    "silent about two names in one moment, and not alive: one silence still": (
        (SILENT, control(R, "b", TIMEOUT, silent=True), life(R, tcp_open=None)),
        Dns.UNKNOWN,
        None,
    ),
    "silent for ten": (twice(SILENT, seconds=10), Dns.FAILS, Cause.RESOLVER_OR_UPSTREAM),
    "one name silent for twenty, and another once": (
        (*twice(SILENT, seconds=20), control(R, "b", TIMEOUT, silent=True)),
        Dns.FAILS,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "one near is silent, and one near refuses: no need to ask whether it is alive": (
        (*silent(R), *(control(S, name, Failure.CONNECTION_REFUSED) for name in "abc")),
        Dns.FAILS,
        Cause.RESOLVER_REFUSED,
    ),
    "one near and one beyond are silent, and it is known that nobody answers for others": (
        (*silent(R), *silent(FAR), NOBODY_THERE),
        Dns.FAILS,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "whether anybody answers for others was asked after the first failure": (
        (
            earlier(control(FAR, "a", SERVFAIL), 5), control(FAR, "b", SERVFAIL),
            earlier(NOBODY_THERE, 2),
        ),
        Dns.FAILS,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "it was asked since over IPv4, and long ago over IPv6": (
        (*(control(FAR, name, SERVFAIL) for name in "ab"), NOBODY_THERE, earlier(NOBODY_V6, 60)),
        Dns.FAILS,
        Cause.RESOLVER_OR_UPSTREAM,
    ),
    "the stub is dead, and of two behind it one is right": (
        (
            *(control(STUB, name, Failure.CONNECTION_REFUSED, stub=True) for name in "ab"),
            control(R, "a"), *(control(S, name, SERVFAIL) for name in "ab"),
        ),
        Dns.FAILS,
        Cause.RESOLVER_REFUSED,
    ),
    "no new name is found, and Apple's were not asked": ((*WORK, *NO_NEW_NAMES), Dns.WORKS, None),
    "new names are found, and Apple's are not": ((*WORK, *lost(R), random(R)), Dns.WORKS, None),
    "no new name is found; one of Apple's is stale and one is not": (
        (*WORK, answer(R, COURIER, (GOOD,), ede=3), answer(R, IDENTITY, (INSIDE,)), *NO_NEW_NAMES),
        Dns.WORKS,
        None,
    ),
    "no new name is found; a stale word says that Apple's does not exist": (
        (*WORK, answer(R, COURIER, (), NXDOMAIN, ede=19), *NO_NEW_NAMES),
        Dns.WORKS,
        None,
    ),
    "no new name is found, and Apple's are filtered": (
        (*WORK, *lost(R, NXDOMAIN), *NO_NEW_NAMES),
        Dns.WORKS,
        None,
    ),
    "no new name is found; one of Apple's is lost and one is right": (
        (*WORK, *lost(R), answer(R, IDENTITY, (INSIDE,)), *NO_NEW_NAMES),
        Dns.WORKS,
        None,
    ),
    "one answer may yet be true, and another name fails": (
        (control(R, "a", addresses=(MADE_UP,)), *twice(control(R, "b", SERVFAIL))),
        Dns.UNKNOWN,
        None,
    ),
    "no file names a resolver, and what applications get may yet be true": (
        (NO_RESOLVER, as_app("a", (MADE_UP,), "control")),
        Dns.UNKNOWN,
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTROL)
def test_dns(case: str) -> None:
    observations, value, cause = CONTROL[case]

    reading = dns(seen(*observations))

    assert (reading.value, reading.cause) == (value, cause)


def mute(observation: Observation) -> Observation:
    return replace(observation, finding=replace(observation.finding, said=""))


DEAD_STUB = tuple(control(STUB, name, Failure.CONNECTION_REFUSED, stub=True) for name in "ab")
CITED: dict[str, tuple[tuple[Observation, ...], str, list[str]]] = {
    "nothing was asked": ((), "no name was asked for", []),
    "the resolvers cannot be read": ((UNREADABLE,), "resolvers: not_run", ["resolvers"]),
    "it works": (WORK, f"{R} a: fine", [f"{R} a", f"{R} b"]),
    "one of two fails": (
        (control(R, "a"), control(S, "a", SERVFAIL)),
        f"{S} a: dns_servfail_error",
        [f"{R} a", f"{S} a"],
    ),
    "the stub that applications hear fails, and not those behind it": (
        (*DEAD_STUB, *WORK),
        f"{STUB} a: connection_refused",
        [f"{STUB} a", f"{STUB} b"],
    ),
    "nothing but memory: what is not found": (
        (*WORK, *lost(R), *NO_NEW_NAMES),
        f"{R} random: dns_servfail_error",
        [f"{R} random", f"{R} {COURIER}"],
    ),
    "nothing but memory, as it says itself": (
        (*WORK, answer(R, COURIER, (GOOD,), ede=3), *NO_NEW_NAMES),
        f"{R} random: dns_servfail_error",
        [f"{R} random"],
    ),
    "what said nothing of itself": (
        tuple(mute(one) for one in WORK),
        "control names were asked for",
        [f"{R} a", f"{R} b"],
    ),
}


@pytest.mark.parametrize("case", CITED)
def test_who_says_so_of_names_of_others(case: str) -> None:
    observations, said, cited = CITED[case]

    reading = dns(seen(*observations))

    assert (reading.signal, reading.said) == (Signal.DNS, said)
    assert [one.finding.target for one in reading.because] == cited


# ---------------------------------------------------------------- Apple's names


def crossed(
    resolver: str,
    name: str,
    addresses: tuple[str, ...],
    failure: Failure | None = None,
    *,
    kind: str = "resolver ",
) -> Observation:
    """Asked after a host of Apple's had failed; of another operator when `kind` is empty."""
    return beside_time(
        answer(
            resolver, name, addresses, failure, look=Look.DNS_CROSS, operator=f"{kind}{resolver}"
        )
    )


IDMSA_FAILS = sighting(Look.APPLE_WEB, "account-web", NXDOMAIN, step=Step.RESOLVE, group="account")
HERE_FINE = answer(R, COURIER, (GOOD,))
WAS_WRONG = earlier(elsewhere("doh", COURIER, (), SERVFAIL), 80)
WRONG_NOW = answer(R, COURIER, ("0.0.0.0",))
Case = tuple[tuple[Observation, ...], AppleDns, Cause | None]
HERE, UNKNOWN = AppleDns.WRONG_HERE, AppleDns.UNKNOWN


def bad_step(operator: str, step: Step) -> Observation:
    one = gave_up(operator, Failure.EOF)
    return replace(
        one, finding=replace(one.finding, steps=(replace(one.finding.steps[0], step=step),))
    )


def everywhere(*names: str) -> list[Observation]:
    """Two operators elsewhere are wrong about them too."""
    return [elsewhere(who, name, (), SERVFAIL) for who in ("doh", "doh2") for name in names]


WHO_IS_WRONG: dict[str, Case] = {
    "servfail once, where new names are found": (
        (answer(R, COURIER, (), SERVFAIL), random(R), RIGHT), UNKNOWN, None,
    ),
    "wrong at two resolvers here, and nobody elsewhere was asked": (
        (GSA_FAILS, *(crossed(who, GSA, (), NXDOMAIN) for who in (R, S))), UNKNOWN, None,
    ),
    "lost at two resolvers, one of which finds no new name either": (
        (*lost(R), random(R), *lost(S), random(S, SERVFAIL), RIGHT), UNKNOWN, None,
    ),
    "lost everywhere, and another of Apple's names is right": (
        (*lost(R), *everywhere(COURIER), answer(R, IDENTITY, (INSIDE,))), UNKNOWN, None,
    ),
    "two are lost, and only one of them everywhere": (
        (
            *lost(R), *lost(R, name=IDENTITY), *everywhere(COURIER),
            elsewhere("doh", IDENTITY, (), SERVFAIL),
        ),
        UNKNOWN, None,
    ),
    "two elsewhere are wrong too, and a third is right": (
        (*lost(R), *everywhere(COURIER), elsewhere("doh3", COURIER, (GOOD,))), UNKNOWN, None,
    ),
    "who is asked elsewhere lies too": (
        (answer(R, COURIER, (), NXDOMAIN), elsewhere("doh", COURIER, ("0.0.0.0",))), UNKNOWN, None,
    ),
    "both elsewhere gave up before they were asked": (
        (*lost(R), *(o for w in ("doh", "doh2") for o in twice(bad_step(w, Step.HANDSHAKE)))),
        UNKNOWN, None,
    ),
    "both elsewhere gave up when they should have answered": (
        (*lost(R), *(o for w in ("doh", "doh2") for o in twice(bad_step(w, Step.CONTENT)))),
        AppleDns.WRONG_EVERYWHERE, Cause.APPLE_AUTHORITATIVE_DNS,
    ),
    "both elsewhere said goodbye": (
        (
            *lost(R),
            *(o for w in ("doh", "doh2") for o in twice(gave_up(w, Failure.HTTP2_GOAWAY))),
        ),
        AppleDns.WRONG_EVERYWHERE, Cause.APPLE_AUTHORITATIVE_DNS,
    ),
    "another resolver's stub is ours": (
        (
            GSA_FAILS, HERE_FINE, crossed(STUB, GSA, (), NXDOMAIN, kind="stub "),
            crossed("doh", GSA, (GOOD,), kind=""),
        ),
        HERE, Cause.DNS_FILTERED,
    ),
}  # fmt: skip

# A host of Apple's own network, asked for again after it had failed at its address.
LED_ASTRAY: dict[str, Case] = {
    "into it here as well": (
        (GSA_FAILS, HERE_FINE, crossed(R, GSA, (INSIDE,)), crossed("doh", GSA, (GOOD,), kind="")),
        AppleDns.RIGHT, None,
    ),
    "into it and out of it here": (
        (
            GSA_FAILS, HERE_FINE, crossed(R, GSA, (OUT, INSIDE)),
            crossed("doh", GSA, (GOOD,), kind=""),
        ),
        AppleDns.RIGHT, None,
    ),
    "out of it for everybody": (
        (GSA_FAILS, HERE_FINE, crossed(R, GSA, (OUT,)), crossed("doh", GSA, (OUT,), kind="")),
        AppleDns.RIGHT, None,
    ),
    "out of it here, and another name into it elsewhere": (
        (
            GSA_FAILS, IDMSA_FAILS, HERE_FINE, crossed(R, GSA, (OUT,)),
            crossed("doh", IDMSA, (GOOD,), kind=""),
        ),
        AppleDns.RIGHT, None,
    ),
    "out of it here; into it elsewhere, among others": (
        (
            GSA_FAILS, IDMSA_FAILS, HERE_FINE, crossed(R, GSA, (OUT,)),
            crossed("doh", GSA, (OUT, INSIDE), kind=""), crossed("doh", IDMSA, (OUT,), kind=""),
        ),
        HERE, Cause.DNS_FILTERED,
    ),
    "out of it here, though nothing has failed there": (
        (answer(R, IDENTITY, (OUT,)), elsewhere("doh", IDENTITY, (GOOD,))), AppleDns.RIGHT, None,
    ),
    "a rented host, into it elsewhere": (
        (WEB_FAILS, HERE_FINE, crossed(R, WWW, (OUT,)), crossed("doh", WWW, (INSIDE,), kind="")),
        AppleDns.RIGHT, None,
    ),
}  # fmt: skip


def hosts(*entries: tuple[str, tuple[str, ...]]) -> Observation:
    facts = [
        AnswerFact(resolver="the hosts file", name=name, addresses=to, rcode="NOERROR")
        for name, to in entries
    ]
    return beside_time(
        sighting(Look.DNS_APP, "hosts file", step=Step.READ, facts=facts, group="hosts")
    )


RIGHT_FOR_APPS = answer("this device", COURIER, (GOOD,), look=Look.DNS_APP)
OVERRIDDEN = Cause.HOSTS_FILE_OVERRIDE
FOR_APPLICATIONS: dict[str, Case] = {
    "they get what is right": ((HERE_FINE, RIGHT_FOR_APPS), AppleDns.RIGHT, None),
    "they are misled, and one resolver of two is right": (
        (HERE_FINE, answer(S, COURIER, (), SERVFAIL), BENT), HERE, Cause.DNS_FILTERED,
    ),
    "they are misled, and no resolver is right": (
        (answer(R, COURIER, (), SERVFAIL), BENT), UNKNOWN, None,
    ),
    "a resolver was right in the same sweep": (
        (earlier(HERE_FINE, APART_SECONDS), BENT), HERE, Cause.DNS_FILTERED,
    ),
    "they are misled by a line of the hosts file": (
        (HERE_FINE, BENT, hosts((COURIER, ("0.0.0.0",)))), HERE, OVERRIDDEN,
    ),
    "they are misled, and the hosts file has the name, with a right address": (
        (HERE_FINE, BENT, hosts((COURIER, (GOOD,)))), HERE, OVERRIDDEN,
    ),
    "they are misled, and about another name by the hosts file": (
        (HERE_FINE, BENT, hosts((GSA, (OUT,)))), HERE, OVERRIDDEN,
    ),
    "they are misled, and the hosts file has another name": (
        (HERE_FINE, BENT, hosts((GSA, (INSIDE,)))), HERE, Cause.DNS_FILTERED,
    ),
    "a resolver was right just before": (
        (earlier(HERE_FINE, APART_SECONDS + 0.25), BENT), AppleDns.RIGHT, None,
    ),
    "they were right before that": (
        (earlier(RIGHT_FOR_APPS, 60), earlier(HERE_FINE, 20), BENT), AppleDns.RIGHT, None,
    ),
    "the hosts file sends a rented host to this device": (
        (HERE_FINE, hosts((WWW, ("127.0.0.1",)))), HERE, OVERRIDDEN,
    ),
    "the hosts file sends a rented host somewhere": (
        (HERE_FINE, hosts((WWW, (OUT,)))), AppleDns.RIGHT, None,
    ),
    "the hosts file sends one of two hosts somewhere": (
        (HERE_FINE, hosts((IDMSA, (INSIDE,)), (GSA, (OUT,)))), HERE, OVERRIDDEN,
    ),
    "the hosts file leaves a way into Apple's network": (
        (HERE_FINE, hosts((GSA, (OUT, INSIDE)))), AppleDns.RIGHT, None,
    ),
}  # fmt: skip

# Where no resolver is known, what applications get is all there is.
UNKNOWN_HERE: dict[str, Case] = {
    "the resolvers cannot be read, and applications are led to Apple": (
        (UNREADABLE, RIGHT_FOR_APPS), AppleDns.RIGHT, None,
    ),
    "no file names a resolver, and applications are led to Apple": (
        (NO_RESOLVER, RIGHT_FOR_APPS), AppleDns.RIGHT, None,
    ),
    "the resolvers cannot be read, and applications are led astray": (
        (UNREADABLE, *twice(BENT), RIGHT), AppleDns.UNKNOWN, None,
    ),
    "nobody has looked who the resolvers are": ((RIGHT_FOR_APPS,), AppleDns.UNKNOWN, None),
}  # fmt: skip

# After a fault of Apple's own whoever is asked first is right first (`right_meanwhile`).
MEANWHILE: dict[str, Case] = {
    "what cannot be true is no failure that is kept": (
        (WRONG_NOW, WAS_WRONG, RIGHT), HERE, Cause.DNS_FILTERED,
    ),
    "nor is a host led astray": (
        (
            GSA_FAILS, HERE_FINE, crossed(R, GSA, (OUT,)),
            earlier(crossed("doh", GSA, (), SERVFAIL, kind=""), 60),
            crossed("doh", GSA, (GOOD,), kind=""),
        ),
        HERE, Cause.DNS_FILTERED,
    ),
    "one resolver here is exact, and another failed": (
        (answer(R, COURIER, (), NXDOMAIN), *lost(S), random(S), WAS_WRONG, RIGHT),
        HERE, Cause.DNS_FILTERED,
    ),
    "a failure may be kept for a minute, to the second": (
        (*lost(R), random(R), WAS_WRONG, earlier(RIGHT, FAILURE_KEPT_SECONDS - APART_SECONDS)),
        HERE, Cause.RESOLVER_OR_UPSTREAM,
    ),
    "and it was not yet over": (
        (*lost(R), random(R), WAS_WRONG, earlier(RIGHT, FAILURE_KEPT_SECONDS - 0.75)),
        UNKNOWN, None,
    ),
    "one resolver here was last asked before that": (
        (
            *(earlier(one, 40) for one in lost(R)), random(R), *lost(S), random(S),
            earlier(WAS_WRONG, 20), earlier(RIGHT, 90), RIGHT,
        ),
        UNKNOWN, None,
    ),
}  # fmt: skip

CAUSES: dict[str, Case] = {
    "no such name": ((answer(R, COURIER, (), NXDOMAIN), RIGHT), HERE, Cause.DNS_FILTERED),
    "a name without addresses": (
        (answer(R, COURIER, (), NO_ANSWER), RIGHT), HERE, Cause.DNS_FILTERED,
    ),
    "refused": ((*lost(R, REFUSED), random(R), RIGHT), HERE, Cause.DNS_FILTERED),
    "one resolver filters, and another fails": (
        (answer(R, COURIER, (), NXDOMAIN), *lost(S), random(S), RIGHT), HERE, Cause.DNS_FILTERED,
    ),
    "too long for UDP, and TCP is blocked": (
        (*lost(R, TCP_BLOCKED), RIGHT), HERE, Cause.DNS_TCP_BLOCKED,
    ),
    "TCP is blocked to one resolver, and another fails": (
        (*lost(R, TCP_BLOCKED), *lost(S), random(S), RIGHT), HERE, Cause.DNS_TCP_BLOCKED,
    ),
    "new names were found since the first failure": (
        (*twice(answer(R, COURIER, (), SERVFAIL), seconds=10), earlier(random(R), 5), RIGHT),
        HERE, Cause.RESOLVER_OR_UPSTREAM,
    ),
    "new names were found before it": (
        (*twice(answer(R, COURIER, (), SERVFAIL), seconds=10), earlier(random(R), 15), RIGHT),
        UNKNOWN, None,
    ),
    "the router is silent about it": (
        (LINK, *lost(ROUTER, TIMEOUT), random(ROUTER), RIGHT), HERE, Cause.RESOLVER_OR_UPSTREAM,
    ),
    "the router is silent about one name and fails at another": (
        (
            LINK, *lost(ROUTER, TIMEOUT), *lost(ROUTER, name=IDENTITY), random(ROUTER), RIGHT,
            elsewhere("doh", IDENTITY, (INSIDE,)),
        ),
        HERE, Cause.RESOLVER_OR_UPSTREAM,
    ),
    "every stub that is known": (
        (
            *(
                one
                for stub in sorted(STUBS)
                for one in (
                    *twice(answer(stub, COURIER, (), SERVFAIL, operator=f"stub {stub}")),
                    random(stub),
                )
            ),
            RIGHT,
        ),
        HERE, Cause.SPLIT_DNS_ROUTE,
    ),
}  # fmt: skip


def stub(name: str, failure: Failure | None = None, *to: str) -> Observation:
    return answer(STUB, name, to, failure, operator=f"stub {STUB}")


STUB_FAILS = (*twice(stub(COURIER, SERVFAIL)), random(STUB), RIGHT)
# What a stub was told by those behind it says why, where none of them is right (`at_fault`).
BEHIND_A_STUB: dict[str, Case] = {
    "the one behind it fails as well, and another name is right": (
        (*STUB_FAILS, *lost(R), stub(IDENTITY, None, INSIDE)), HERE, Cause.RESOLVER_OR_UPSTREAM,
    ),
    "the stub knows no such name, and the one behind it fails": (
        (stub(COURIER, NXDOMAIN), *lost(R), RIGHT), HERE, Cause.RESOLVER_OR_UPSTREAM,
    ),
    "of two behind it one is right": (
        (*STUB_FAILS, HERE_FINE, *lost(S)), HERE, Cause.SPLIT_DNS_ROUTE,
    ),
}  # fmt: skip


def kept(*addresses: str) -> tuple[Observation, ...]:
    """What the resolver here says where others give an address that lives."""
    return *FINE, crossed(R, IDMSA, addresses), ELSEWHERE


DEAD_V6 = "2620:149:a44::10"
KEPT_TOO_LONG: dict[str, Case] = {
    "it was where others find it in the sweep in which it fell silent here": (
        (*kept(DEAD), *UNANSWERED, there(ago=12 + APART_SECONDS)), *STALE,
    ),
    "it was there before it fell silent at the second of two": (
        (
            *kept(DEAD, DEAD_TOO), host("account-web", TIMEOUT, ago=30, at=DEAD_TOO),
            host("account-web", TIMEOUT), there(ago=15),
        ),
        AppleDns.RIGHT, None,
    ),
    "an IPv6 address": (
        (
            *kept(DEAD_V6), there(),
            *twice(host("account-web", TIMEOUT, at=f"[{DEAD_V6}]", family=Family.IPV6)),
        ),
        *STALE,
    ),
    "a host that is no longer watched is silent too": (
        (*kept(DEAD), *UNANSWERED, there(), *twice(host("gone", TIMEOUT))), *STALE,
    ),
    "it was silent at the second of two before its name was lost for a while": (
        (
            *kept(DEAD, DEAD_TOO), host("account-web", TIMEOUT, ago=40, at=DEAD_TOO),
            host("account-web", NXDOMAIN, ago=30, step=Step.RESOLVE), *UNANSWERED, there(),
        ),
        AppleDns.RIGHT, None,
    ),
}  # fmt: skip
APPLE = {
    **WHO_IS_WRONG,
    **LED_ASTRAY,
    **FOR_APPLICATIONS,
    **UNKNOWN_HERE,
    **MEANWHILE,
    **CAUSES,
    **BEHIND_A_STUB,
    **KEPT_TOO_LONG,
}


@pytest.mark.parametrize("case", APPLE)
def test_dns_apple(case: str) -> None:
    observations, value, cause = APPLE[case]

    reading = dns_apple(seen(*observations))

    assert (reading.value, reading.cause) == (value, cause)


def test_apples_networks_may_be_private_ones() -> None:
    """In a lab, or behind a carrier's own address of Apple's."""
    private = Targets(apple_networks=("10.17.0.0/16",))

    assert dns_apple(seen(answer(R, COURIER, ("10.17.0.1",)), targets=private)).value == "right"
    assert dns_apple(seen(answer(R, COURIER, ("10.18.0.1",)), targets=private)).value == "unknown"


APPLE_CITED: dict[str, tuple[tuple[Observation, ...], str, list[str]]] = {
    "everywhere": (
        (*lost(R), *everywhere(COURIER)),
        f"{R} {COURIER}: dns_servfail_error",
        [f"{R} {COURIER}", f"doh {COURIER}", f"doh2 {COURIER}"],
    ),
    "one of two resolvers is wrong": (
        (HERE_FINE, answer(S, COURIER, (), SERVFAIL)),
        f"{S} {COURIER}: dns_servfail_error",
        [f"{R} {COURIER}", f"{S} {COURIER}"],
    ),
    "applications are misled, and about IPv6 another name": (
        (HERE_FINE, BENT, over_ipv6(S, "::", IDENTITY)),
        f"this device {COURIER}: fine",
        [f"this device {COURIER}"],
    ),
    "applications are misled, and about IPv6 the same name": (
        (HERE_FINE, BENT, over_ipv6(S, "::")),
        f"{S} answered :: to {COURIER}",
        [f"{S} {COURIER}", f"this device {COURIER}"],
    ),
    "what said nothing of itself": (
        (mute(HERE_FINE),),
        "apple names were asked for",
        [f"{R} {COURIER}"],
    ),
}


@pytest.mark.parametrize("case", APPLE_CITED)
def test_who_says_so_of_apples_names(case: str) -> None:
    observations, said, cited = APPLE_CITED[case]

    reading = dns_apple(seen(*observations))

    assert (reading.signal, reading.said) == (Signal.DNS_APPLE, said)
    assert [one.finding.target for one in reading.because] == cited


def test_impossible_addresses_are_looked_up_once_for_the_same_targets() -> None:
    targets, private = Targets(), Targets(apple_networks=("10.17.0.0/16",))
    one = answer(R, COURIER, ("10.17.0.1",))

    found = impossible_of(one, targets)

    assert found == ("10.17.0.1",)
    assert impossible_of(one, targets) is found
    assert impossible_of(one, private) == ()
