"""Certificates made on the spot: roots that play the public ones, Apple's and a stranger's."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Long before and after any clock a drill stages; under the 825 days that Apple's systems allow.
VALID_BEFORE = timedelta(days=30)
VALID_AFTER = timedelta(days=365)
KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _name(common_name: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in wanted for usage in KEY_USAGES})


@dataclass(frozen=True, slots=True)
class Authority:
    """A root and its key. P-256 everywhere: RSA would take most of a world's start."""

    common_name: str
    organization: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def root_pem(self, now: datetime) -> bytes:
        """Its own certificate, to be trusted."""
        name, public = _name(self.common_name, self.organization), self.key.public_key()
        certificate = (
            _dated(now)
            .subject_name(name)
            .issuer_name(name)
            .public_key(public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)

    def leaf_pem(
        self, names: tuple[str, ...], key: ec.EllipticCurvePrivateKey, now: datetime
    ) -> bytes:
        """A server's certificate for these names and literal addresses."""
        public = key.public_key()
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = (
            _dated(now)
            .subject_name(_name(names[0], self.organization))
            .issuer_name(_name(self.common_name, self.organization))
            .public_key(public)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(issuer, critical=False)
            .add_extension(x509.SubjectAlternativeName(map(_san, names)), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)


def _dated(now: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID_BEFORE)
        .not_valid_after(now + VALID_AFTER)
    )


def _san(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Certificates:
    """All certificates of one world, in a directory that the world removes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._now = datetime.now(UTC)
        self._key = ec.generate_private_key(ec.SECP256R1())  # one for all servers: all are ours
        self._public = Authority("Drill Public Root", "isitme drill")
        self._apple = Authority("Apple Root CA (drill)", "isitme drill")
        self._stranger = Authority("Inspection Root (drill)", "isitme drill")
        self.public_roots = self._written("public_roots.pem", self._public.root_pem(self._now))
        self.apple_roots = self._written("apple_roots.pem", self._apple.root_pem(self._now))

    def context(
        self, names: tuple[str, ...], *, pki: str, alpn: tuple[str, ...] = ()
    ) -> ssl.SSLContext:
        """A server's context. `pki` says who signs: public, apple, or stranger."""
        authority = {"public": self._public, "apple": self._apple, "stranger": self._stranger}[pki]
        key = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        # ssl reads certificates from files only.
        path = self._written("server.pem", authority.leaf_pem(names, self._key, self._now) + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(path)
        path.unlink()
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context

    def _written(self, name: str, data: bytes) -> Path:
        path = self._directory / name
        path.touch(mode=0o600)
        path.write_bytes(data)
        return path
