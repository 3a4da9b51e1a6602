from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from probe.signers import fact_of
from probe.wire.certificate import describe, who_signed
from probe.words import Failure
from tests.wire.hostile import damaged, failure, fuzzed, value_or_failure

KEY = ec.generate_private_key(ec.SECP256R1())
FROM, TO = datetime(2026, 1, 2, tzinfo=UTC), datetime(2027, 2, 3, tzinfo=UTC)


def name(common: str, organisation: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else []
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts)


def certificate(subject: x509.Name, issuer: x509.Name, *names: str) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(KEY.public_key())
        .serial_number(7)
        .not_valid_before(FROM)
        .not_valid_after(TO)
    )
    if names:
        listed = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        builder = builder.add_extension(listed, critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


GOOD = certificate(
    name("courier.push.example", "Example"), name("Example CA 2", "Apple Inc."), "a.example"
)


def test_a_certificate_is_put_into_words() -> None:
    words = describe(GOOD)

    assert words.subject == "courier.push.example, Example"
    assert words.issuer == "Example CA 2, Apple Inc."
    assert (words.not_before, words.not_after) == (FROM, TO)
    assert words.names == ("a.example",)
    assert not words.self_signed
    assert words.is_apple_pki


ISSUERS = {
    "a box that reads along": (name("Inspection CA", "Box Ltd"), False),
    "a box that pretends in its name": (name("Apple Inc.", "Box Ltd"), False),
    "an organisation that begins alike": (name("CA", "Apple Inc. of Nowhere"), False),
    "nobody": (name("CA"), False),
    "Apple": (name("CA", "Apple Inc."), True),
}


@pytest.mark.parametrize(("issuer", "expected"), ISSUERS.values(), ids=ISSUERS.keys())
def test_only_the_issuers_organisation_claims_to_be_apple(
    issuer: x509.Name, expected: bool
) -> None:
    assert describe(certificate(name("Apple Inc."), issuer)).is_apple_pki is expected


def test_who_signs_itself_is_told() -> None:
    words = describe(certificate(name("router"), name("router")))

    assert words.self_signed
    assert (words.subject, words.issuer, words.names) == ("router", "router", ())


def test_words_are_one_bounded_printable_line() -> None:
    words = describe(
        certificate(
            name("a\n\x1b[2Jb\u202ec", "d" * 64), name("i" * 64, "o" * 64), *["n" * 300] * 50
        )
    )

    assert words.subject == "a [2Jbc, " + "d" * 64
    assert words.issuer == "i" * 64 + ", " + "o" * 54
    assert words.names == ("n" * 253,) * 20


NO_CERTIFICATE = {
    "nothing": b"",
    "text": b"-----BEGIN CERTIFICATE-----",
    "half of one": GOOD[: len(GOOD) // 2],
    "one with bytes behind it": GOOD + b"x",
    "longer than any": certificate(
        name("a"), name("a"), *(f"{number}.{'n' * 60}.example" for number in range(1000))
    ),
    "nested lengths": b"\x30\x80" * 1000,
}


@pytest.mark.parametrize("der", NO_CERTIFICATE.values(), ids=NO_CERTIFICATE.keys())
def test_what_is_no_certificate_is_invalid_and_has_no_issuer(der: bytes) -> None:
    assert failure(lambda: describe(der)) is Failure.SSL_INVALID_CERTIFICATE
    assert who_signed(der) == ("", False, False)


def test_the_issuer_alone_can_be_asked_for() -> None:
    assert who_signed(GOOD) == ("Example CA 2, Apple Inc.", False, True)


def test_who_calls_itself_apple_is_known_from_who_only_sounds_like_it() -> None:
    pineapple = certificate(name("www.apple.com"), name("WiFi Pineapple CA", "Applegate Ltd"))

    def claims(der: bytes) -> bool:
        return fact_of(der, verified=False, by_own_roots=False).calls_itself_apple

    assert [claims(der) for der in (GOOD, pineapple, b"")] == [True, False, False]


def test_a_certificate_from_a_public_log_says_so() -> None:
    # RFC 6962 3.3: one timestamp of one log, in two layers of lengths.
    stamp = bytes(33) + bytes(8) + b"\0\0" + b"\4\3" + b"\0\2" + b"\x30\x00"
    listed = len(stamp).to_bytes(2, "big") + stamp
    raw = b"\x04" + bytes([len(listed) + 2]) + len(listed).to_bytes(2, "big") + listed
    oid = x509.PrecertificateSignedCertificateTimestamps.oid
    logged = (
        x509.CertificateBuilder()
        .subject_name(name("host.example"))
        .issuer_name(name("Example CA 3"))
        .public_key(KEY.public_key())
        .serial_number(7)
        .not_valid_before(FROM)
        .not_valid_after(TO)
        .add_extension(x509.UnrecognizedExtension(oid, raw), critical=False)
        .sign(KEY, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )

    assert who_signed(logged) == ("Example CA 3", True, False)


def test_cryptography_is_not_loaded_before_it_is_needed() -> None:
    asked = "import sys, probe.wire.certificate; print('cryptography' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "False"


@fuzzed
@given(damaged(GOOD))
def test_damaged_bytes_are_a_certificate_or_invalid(der: bytes) -> None:
    words = value_or_failure(lambda: describe(der))

    assert words is None or words.issuer.isprintable()


@fuzzed
@given(st.binary(max_size=100))
def test_random_bytes_are_no_certificate(der: bytes) -> None:
    assert failure(lambda: describe(der)) is Failure.SSL_INVALID_CERTIFICATE
