"""The lab's certificates: one root plays the public ones, one Apple's; made once for all worlds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from probe.drill.certificates import Authority
from tests.lab import internet
from tests.lab.internet import Server

COURIER_NAME = "courier.push.apple.com"


def names(*servers: Server, literals: bool = False) -> tuple[str, ...]:
    """What a certificate for these servers must carry."""
    found = [name for server in servers for name in server.names]
    if literals:
        found += [address for s in servers for address in (s.v4, s.v6) if address]
    return tuple(found)


# file: who signs it, and the names in it
LEAVES: dict[str, tuple[str, tuple[str, ...]]] = {
    "references": ("public", names(*internet.REFERENCES, literals=True)),
    "refs": (
        "public",
        names(
            *(internet.GOOGLE, internet.CP_CLOUDFLARE, internet.MOZILLA, internet.WIKIPEDIA),
            *(internet.MTALK, internet.GSTATIC),
        ),
    ),
    "courier": ("apple", (COURIER_NAME,)),
    "apple-private": ("apple", names(internet.INIT_ESS, internet.IDENTITY, internet.GSA)),
    "apple-public": (
        "public",
        names(
            *(internet.IDMSA, internet.PROVIDER, internet.MASK),
            *(internet.ICLOUD, internet.CLOUDKIT),
        ),
    ),
    "apple-cdn": ("public", names(internet.WWW_APPLE, internet.CAPTIVE_APPLE, internet.STORE)),
    "portal": ("stranger", ("portal.hotel.example", internet.GATEWAY_V4)),
}


def write(directory: Path) -> None:
    """Write roots and leaves: `NAME.pem` is a leaf with its key, `NAME_roots.pem` a root."""
    now = datetime.now(UTC)
    authorities = {
        "public": Authority("Lab Public Root", "isitme lab"),
        "apple": Authority("Apple Root CA (lab)", "isitme lab"),
        "stranger": Authority("Lab Inspection Root", "Example Middlebox"),
    }
    for who, authority in authorities.items():
        (directory / f"{who}_roots.pem").write_bytes(authority.root_pem(now))
        (directory / f"{who}_ca.pem").write_bytes(authority.root_pem(now) + _pem(authority.key))
    key = ec.generate_private_key(ec.SECP256R1())
    long_ago = now - timedelta(days=400)
    old = authorities["apple"].leaf_pem((COURIER_NAME,), key, long_ago)
    (directory / "courier-old.pem").write_bytes(old + _pem(key))
    for leaf, (who, subjects) in LEAVES.items():
        certificate = authorities[who].leaf_pem(subjects, key, now)
        # The chain beside the leaf, as real servers send it: a greeting of more than one packet.
        chain = authorities[who].root_pem(now)
        (directory / f"{leaf}.pem").write_bytes(certificate + _pem(key) + chain)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
