"""tls: who vouches for secure connections, and whose doing it is when it is nobody known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import CertificateFact, Fact, Observation, OffsetFact, PortalFact
from probe.verdict.past import APART_SECONDS
from probe.verdict.signals.certificates import notes, strangers, tls
from probe.words import Cause, Failure, Look, Note, Signal, Step, Tls
from tests.support.sightings import NOW, seen, sighting

PUBLIC, PRIVATE = "17.253.0.1:443", "192.168.77.1:443"
OPERATOR = {"x": "apple", "y": "apple"}


def fine(target: str, look: Look = Look.REF_NAME) -> Observation:
    return sighting(look, target, operator=OPERATOR.get(target, target), group="x")


def dated(target: str) -> OffsetFact:
    """What most answers over TLS tell beside who vouches for them."""
    return OffsetFact(source=target, low_seconds=-1.0, high_seconds=1.0, authenticated=True)


def signed(
    target: str,
    issuer: str = "Corp CA",
    *,
    look: Look = Look.REF_NAME,
    believed: bool = False,
    passed: bool = False,
    logged: bool = False,
    apples: bool = False,
    failure: Failure = Failure.SSL_UNKNOWN_AUTHORITY,
    address: str = PUBLIC,
) -> Observation:
    """A host for which a stranger vouches."""
    fact = CertificateFact(
        issuer=issuer,
        verified=believed,
        by_own_roots=False,
        logged=logged,
        calls_itself_apple=apples,
    )
    return sighting(
        look,
        target,
        None if passed else failure,
        operator=OPERATOR.get(target, target),
        step=Step.HANDSHAKE,
        facts=[dated(target), fact],
        group="x",
        address=address,
    )


def apple(
    target: str, issuer: str = "Corp CA", *, believed: bool = False, apples: bool = False
) -> Observation:
    return signed(target, issuer, look=Look.APPLE_WEB, believed=believed, apples=apples)


def wrong_name(target: str) -> Observation:
    """A certificate of a public authority, for another host of Apple's."""
    fact = CertificateFact(issuer="Public CA", verified=True, by_own_roots=True)
    one = signed(target, look=Look.APPLE_WEB, failure=Failure.SSL_INVALID_HOSTNAME)
    return replace(one, finding=replace(one.finding, facts=(fact,)))


AVAST = "Avast Web/Mail Shield Root, Avast Web/Mail Shield"
Case = tuple[tuple[Observation, ...], Tls, Cause | None]
TLS: dict[str, Case] = {
    "nothing was looked at": ((), Tls.UNKNOWN, None),
    "two operators proved themselves": ((fine("a"), fine("b")), Tls.TRUSTED, None),
    "one operator is not enough": ((fine("a"),), Tls.UNKNOWN, None),
    "one stranger on two unrelated origins": (
        (signed("a"), signed("b")),
        Tls.INTERCEPTED,
        Cause.INSPECTION_UNKNOWN_ROOT,
    ),
    "another stranger on each is rather our own list": (
        (signed("a", "One CA"), signed("b", "Another CA")),
        Tls.UNKNOWN,
        None,
    ),
    "one stranger on two origins, and another on a third": (
        (signed("a"), signed("b"), signed("c", "Another CA")),
        Tls.INTERCEPTED,
        Cause.INSPECTION_UNKNOWN_ROOT,
    ),
    "the same, whoever comes last by name": (
        (signed("a"), signed("b"), signed("c", "A CA")),
        Tls.INTERCEPTED,
        Cause.INSPECTION_UNKNOWN_ROOT,
    ),
    "one stranger on two origins, and more that cannot be read but are believed": (
        (
            *(signed(name) for name in "ab"),
            *(signed(name, "", passed=True, believed=True) for name in "cd"),
        ),
        Tls.TRUSTED,
        None,
    ),
    "strangers that cannot be read accuse nobody": (
        (signed("a", ""), signed("b", "")),
        Tls.UNKNOWN,
        None,
    ),
    "one bad certificate is that host's own": (
        (signed("a"), fine("b"), fine("c")),
        Tls.TRUSTED,
        None,
    ),
    "a root was put into this machine": (
        (
            *(signed(name, passed=True, believed=True) for name in "abc"),
            apple("x"),
            apple("y"),
        ),
        Tls.INTERCEPTED,
        Cause.INSPECTION_ROOT_INSTALLED,
    ),
    "and programs here would believe it": (
        (signed("a", believed=True), signed("b", believed=True)),
        Tls.INTERCEPTED,
        Cause.INSPECTION_ROOT_INSTALLED,
    ),
    "security software of this very device": (
        (signed("a", AVAST, passed=True), signed("b", AVAST, passed=True), apple("x", AVAST)),
        Tls.INTERCEPTED,
        Cause.ON_HOST_AV,
    ),
    "one reference and Apple are two origins": (
        (signed("a"), fine("b"), fine("c"), apple("x")),
        Tls.INTERCEPTED,
        Cause.INSPECTION_UNKNOWN_ROOT,
    ),
    "looked into, but for Apple": (
        (
            signed("a", passed=True),
            signed("b", passed=True),
            fine("x", Look.APPLE_WEB),
        ),
        Tls.TRUSTED,
        None,
    ),
    "looked into, Apple's public pages too, and programs here believe it": (
        (
            signed("a", passed=True),
            signed("b", passed=True),
            signed("x", look=Look.APPLE_WEB, passed=True),
            fine("y", Look.APPLE_WEB),
        ),
        Tls.TRUSTED,
        None,
    ),
    "looked into, and one host of Apple's has another stranger": (
        (
            signed("a", passed=True),
            signed("b", passed=True),
            apple("x", "Another CA"),
        ),
        Tls.TRUSTED,
        None,
    ),
    "a public authority that our list does not know yet": (
        (signed("a", logged=True, passed=True), signed("b", logged=True, passed=True), apple("x")),
        Tls.TRUSTED,
        None,
    ),
    "Apple alone, by one stranger that nobody here believes": (
        (fine("a"), fine("b"), apple("x"), apple("y")),
        Tls.INTERCEPTED_APPLE,
        Cause.INSPECTION_UNKNOWN_ROOT,
    ),
    "Apple alone, by one stranger that programs here believe": (
        (fine("a"), fine("b"), apple("x", believed=True), apple("y")),
        Tls.INTERCEPTED_APPLE,
        Cause.INSPECTION_ROOT_INSTALLED,
    ),
    "Apple alone, by security software of this very device": (
        (fine("a"), fine("b"), apple("x", AVAST), apple("y", AVAST, believed=True)),
        Tls.INTERCEPTED_APPLE,
        Cause.ON_HOST_AV,
    ),
    "Apple alone, by another stranger on each": (
        (fine("a"), fine("b"), apple("x", "One CA"), apple("y", "Another CA")),
        Tls.TRUSTED,
        None,
    ),
    "Apple alone, by strangers that cannot be read": (
        (fine("a"), fine("b"), apple("x", ""), apple("y", "")),
        Tls.TRUSTED,
        None,
    ),
    "Apple alone, by one stranger that could be read on one host": (
        (fine("a"), fine("b"), apple("x"), apple("y", "")),
        Tls.INTERCEPTED_APPLE,
        Cause.INSPECTION_UNKNOWN_ROOT,
    ),
    "Apple alone, under wrong names that a known authority vouches for": (
        (fine("a"), fine("b"), wrong_name("x"), wrong_name("y")),
        Tls.TRUSTED,
        None,
    ),
    "Apple's own authority that we do not know is not interception": (
        (
            fine("a"),
            fine("b"),
            *(apple(name, "New Root, Apple Inc.", apples=True) for name in "xy"),
        ),
        Tls.TRUSTED,
        None,
    ),
    "a box whose name only sounds like Apple's, before Apple alone": (
        (fine("a"), fine("b"), *(apple(name, "WiFi Pineapple CA") for name in "xy")),
        Tls.INTERCEPTED_APPLE,
        Cause.INSPECTION_UNKNOWN_ROOT,
    ),
    "and before everybody": (
        tuple(signed(name, "Applegate Proxy") for name in "ab"),
        Tls.INTERCEPTED,
        Cause.INSPECTION_UNKNOWN_ROOT,
    ),
    "wrong names alone are a page in the way, not a middlebox": (
        tuple(signed(name, failure=Failure.SSL_INVALID_HOSTNAME) for name in "ab"),
        Tls.UNKNOWN,
        None,
    ),
    "names that lead inside are a matter of DNS": (
        (
            signed("a", address=PRIVATE),
            signed("x", look=Look.APPLE_WEB, address=PRIVATE),
            fine("b"),
            fine("c"),
        ),
        Tls.TRUSTED,
        None,
    ),
}


@pytest.mark.parametrize("case", TLS)
def test_tls(case: str) -> None:
    observations, value, cause = TLS[case]

    reading = tls(seen(*observations))

    assert (reading.value, reading.cause) == (value, cause)


def test_behind_a_sign_in_page_a_stranger_is_that_page() -> None:
    page = PortalFact(kind=Cause.PORTAL_CONTENT, said="changed")
    altered = [
        sighting(
            Look.CAPTIVE, name, Failure.HTTP_BODY_MISMATCH, step=Step.CONTENT, facts=[page],
            address=PUBLIC,
        )
        for name in "ab"
    ]  # fmt: skip

    assert tls(seen(signed("a"), signed("b"), *altered)).value is Tls.UNKNOWN


def ago(observation: Observation, seconds: float) -> Observation:
    return replace(observation, started=NOW - seconds, ended=NOW - seconds)


def sign_in_page(operator: str, *, gone_ago: float) -> tuple[Observation, Observation]:
    """A plain page that was altered, and comes through again."""
    facts: list[Fact] = [dated(operator), PortalFact(kind=Cause.PORTAL_CONTENT, said="changed")]
    altered = sighting(
        Look.CAPTIVE, operator, Failure.HTTP_BODY_MISMATCH, step=Step.CONTENT, facts=facts, ago=40.0
    )
    return altered, sighting(Look.CAPTIVE, operator, step=Step.CONTENT, ago=gone_ago)


STRANGERS = (signed("a"), signed("b"))
GONE: dict[str, tuple[tuple[Observation, ...], float, Tls]] = {
    "signed before the page was gone": (sign_in_page("p", gone_ago=5.0), 15.0, Tls.UNKNOWN),
    "signed since": (sign_in_page("p", gone_ago=5.0), 1.0, Tls.INTERCEPTED),
    "signed in the sweep that saw it gone": (
        sign_in_page("p", gone_ago=5.0),
        5.0 + APART_SECONDS,
        Tls.INTERCEPTED,
    ),
    "signed just before that sweep": (
        sign_in_page("p", gone_ago=5.0),
        5.25 + APART_SECONDS,
        Tls.UNKNOWN,
    ),
    "one page came through before, and another only after": (
        (*sign_in_page("p", gone_ago=20.0), *sign_in_page("q", gone_ago=5.0)),
        10.0,
        Tls.INTERCEPTED,
    ),
    "a page that was only silent was no sign-in page": (
        (
            sighting(Look.CAPTIVE, "p", Failure.GENERIC_TIMEOUT, silent=True, ago=40.0),
            sighting(Look.CAPTIVE, "p", step=Step.CONTENT, ago=5.0),
        ),
        15.0,
        Tls.INTERCEPTED,
    ),
}


@pytest.mark.parametrize("case", GONE)
def test_what_a_sign_in_page_signed_accuses_nobody_once_it_is_gone(case: str) -> None:
    pages, signed_ago, value = GONE[case]

    assert tls(seen(*pages, *(ago(one, signed_ago) for one in STRANGERS))).value is value


def test_nor_does_what_it_signed_of_apple() -> None:
    """One reference has the same stranger still: alone it is that host's own."""
    still = (signed("a"), fine("b"), fine("c"))
    gone = sign_in_page("p", gone_ago=5.0)

    assert tls(seen(*gone, *still, ago(apple("x"), 15.0))).value is Tls.TRUSTED
    assert tls(seen(*gone, *still, ago(apple("x"), 5.0 + APART_SECONDS))).value is Tls.INTERCEPTED


@pytest.mark.parametrize("look", [Look.APPLE_WEB, Look.PUSH_5223, Look.PUSH_443])
def test_apples_hosts_are_those_of_every_look_at_apple(look: Look) -> None:
    strangers = [signed(target, look=look) for target in "xy"]

    assert tls(seen(fine("a"), fine("b"), *strangers)).value is Tls.INTERCEPTED_APPLE


def test_apples_new_authority_is_no_stranger() -> None:
    one, new = apple("x", "Some CA"), apple("y", "Public CA 99, Apple Inc.", apples=True)

    sight = seen(one, new)

    assert [fact.issuer for _, fact in strangers(sight, sight.of(Look.APPLE_WEB))] == ["Some CA"]


CORP = "connections are signed by Corp CA, not by their owners"
SAID: dict[str, tuple[tuple[Observation, ...], str, list[str]]] = {
    "everybody here": ((signed("a"), signed("b")), CORP, ["a", "b"]),
    "not those with another stranger": (
        (signed("a"), signed("b"), *(apple(name, "Another CA") for name in "xyz")),
        CORP,
        ["a", "b"],
    ),
    "one reference and Apple": (
        (signed("a"), fine("b"), fine("c"), apple("x")),
        CORP,
        ["a", "x"],
    ),
    "Apple alone": ((fine("a"), fine("b"), apple("x"), apple("y")), CORP, ["x", "y"]),
    "nobody": (
        (fine("a"), fine("b"), signed("c")), "2 operators proved who they are", ["a", "b", "c"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_who_vouches_is_named_with_the_hosts_that_show_it(case: str) -> None:
    observations, said, cited = SAID[case]

    reading = tls(seen(*observations))

    assert (reading.signal, reading.said) == (Signal.TLS, said)
    assert [one.finding.target for one in reading.because] == cited


def test_who_looks_in_and_leaves_apple_alone_is_worth_a_note() -> None:
    looked_into = (signed("a", passed=True), signed("b", passed=True))
    spared, touched = fine("x", Look.APPLE_WEB), apple("x")

    assert [code for code, _ in notes(seen(*looked_into, spared))] == [Note.INSPECTION_SPARES_APPLE]
    assert notes(seen(*looked_into, touched)) == []
    assert notes(seen(*looked_into)) == [], "whether Apple is left alone is not known"
    assert notes(seen(fine("a"), fine("b"), spared)) == []
    assert notes(seen(*looked_into, spared, apple("y"))) == [], "one host of Apple's is not spared"
    nobody_believes = (signed("a"), signed("b"), fine("c"), fine("d"))
    assert notes(seen(*nobody_believes, spared)) == [], "that breaks things: it is no note"
