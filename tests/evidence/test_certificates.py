"""tls: who vouches for secure connections, and whose doing it is when it is nobody known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import CertificateFact, Observation, PortalFact
from probe.verdict.signals.certificates import notes, tls
from probe.words import Cause, Failure, Look, Note, Step, Tls
from tests.support.sightings import NOW, seen, sighting

PUBLIC, PRIVATE = "17.253.0.1:443", "192.168.77.1:443"
OPERATOR = {"x": "apple", "y": "apple"}


def fine(target: str, look: Look = Look.REF_NAME) -> Observation:
    return sighting(look, target, operator=OPERATOR.get(target, target), group="x")


def signed(
    target: str,
    issuer: str = "Corp CA",
    *,
    look: Look = Look.REF_NAME,
    believed: bool = False,
    passed: bool = False,
    logged: bool = False,
    failure: Failure = Failure.SSL_UNKNOWN_AUTHORITY,
    address: str = PUBLIC,
) -> Observation:
    """A host for which a stranger vouches."""
    fact = CertificateFact(issuer=issuer, verified=believed, by_own_roots=False, logged=logged)
    return sighting(
        look,
        target,
        None if passed else failure,
        operator=OPERATOR.get(target, target),
        step=Step.HANDSHAKE,
        facts=[fact],
        group="x",
        address=address,
    )


def apple(target: str, issuer: str = "Corp CA", *, believed: bool = False) -> Observation:
    return signed(target, issuer, look=Look.APPLE_WEB, believed=believed)


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
    "Apple's own authority that we do not know is not interception": (
        (fine("a"), fine("b"), apple("x", "Apple New Root"), apple("y", "Apple New Root")),
        Tls.TRUSTED,
        None,
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


def test_what_a_sign_in_page_signed_accuses_nobody_once_it_is_gone() -> None:
    page = PortalFact(kind=Cause.PORTAL_CONTENT, said="changed")
    before = sighting(
        Look.CAPTIVE, "a", Failure.HTTP_BODY_MISMATCH, step=Step.CONTENT, facts=[page], ago=20.0,
        address=PUBLIC,
    )  # fmt: skip
    gone = sighting(Look.CAPTIVE, "a", step=Step.CONTENT, ago=5.0, address=PUBLIC)
    old = [replace(signed(name), started=NOW - 15, ended=NOW - 15) for name in "ab"]
    again = [signed("a"), signed("b")]

    assert tls(seen(before, gone, *old)).value is Tls.UNKNOWN
    assert tls(seen(before, gone, *again)).value is Tls.INTERCEPTED


def test_the_issuer_is_named() -> None:
    reading = tls(seen(signed("a"), signed("b")))

    assert reading.said == "connections are signed by Corp CA, not by their owners"
    assert len(reading.because) == 2


def test_who_looks_in_and_leaves_apple_alone_is_worth_a_note() -> None:
    looked_into = (signed("a", passed=True), signed("b", passed=True))
    spared, touched = fine("x", Look.APPLE_WEB), apple("x")

    assert [code for code, _ in notes(seen(*looked_into, spared))] == [Note.INSPECTION_SPARES_APPLE]
    assert notes(seen(*looked_into, touched)) == []
    assert notes(seen(*looked_into)) == [], "whether Apple is left alone is not known"
    assert notes(seen(fine("a"), fine("b"), spared)) == []
