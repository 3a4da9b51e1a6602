"""Who signed a certificate. The only door to cryptography, opened on suspicion only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from probe.failures import LookFailed
from probe.words import Failure, Speed

if TYPE_CHECKING:
    from cryptography import x509

SHOWN_CHARACTERS = 120
CERTIFICATE_BYTES = 64 * 1024
NAMES_KEPT = 20
NAME_CHARACTERS = 253  # a domain name's most, RFC 1035
APPLE = "Apple Inc."  # the organisation in the issuers of Apple's private and public authorities


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateWords:
    """A certificate in words a person can compare."""

    subject: str
    issuer: str
    not_before: datetime  # UTC
    not_after: datetime  # UTC
    names: tuple[str, ...]  # DNS names it is for
    self_signed: bool
    is_apple_pki: bool  # its issuer calls itself Apple's: a claim that only a verified chain proves
    is_logged: bool  # carries signed timestamps of public logs: a claim, like the one before


def describe(der: bytes) -> CertificateWords:
    """Read one certificate. Raises LookFailed(SSL_INVALID_CERTIFICATE) for anything else."""
    from cryptography import x509

    try:
        if len(der) > CERTIFICATE_BYTES:
            raise ValueError("too large")
        certificate = x509.load_der_x509_certificate(der)
        return CertificateWords(
            subject=_words(certificate.subject),
            issuer=_words(certificate.issuer),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            names=_dns_names(certificate),
            self_signed=certificate.subject == certificate.issuer,
            is_apple_pki=_organisation(certificate.issuer) == APPLE,
            is_logged=_has_log_timestamps(certificate),
        )
    # cryptography raises many kinds for bytes that a stranger chose; all mean the same here.
    except Exception as error:
        said = f"unreadable certificate: {type(error).__name__}"
        raise LookFailed(Failure.SSL_INVALID_CERTIFICATE, Speed.ACTIVE, said) from error


def who_signed(der: bytes) -> tuple[str, bool, bool]:
    """The issuer in words, whether the certificate was logged publicly, and whether the issuer
    calls itself Apple's; empty and False when it cannot be read."""
    try:
        words = describe(der)
    except LookFailed:
        return "", False, False
    return words.issuer, words.is_logged, words.is_apple_pki


def _words(name: x509.Name) -> str:
    """Common name and organisation, as far as they are given, on one line."""
    from cryptography.x509.oid import NameOID

    parts = [_first(name, NameOID.COMMON_NAME), _organisation(name)]
    text = " ".join(", ".join(filter(None, parts)).split())
    return "".join(c for c in text if c.isprintable())[:SHOWN_CHARACTERS]


def _organisation(name: x509.Name) -> str:
    from cryptography.x509.oid import NameOID

    return _first(name, NameOID.ORGANIZATION_NAME)


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    return next((str(found.value) for found in name.get_attributes_for_oid(oid)), "")


def _dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    names = extension.value.get_values_for_type(x509.DNSName)[:NAMES_KEPT]
    return tuple(name[:NAME_CHARACTERS] for name in names)


def _has_log_timestamps(certificate: x509.Certificate) -> bool:
    """RFC 6962 3.3. Public authorities embed them since browsers ask for them (2018); whoever signs
    anew for a middlebox has no log that would take his certificates."""
    from cryptography import x509

    found = x509.PrecertificateSignedCertificateTimestamps
    return any(isinstance(extension.value, found) for extension in certificate.extensions)
