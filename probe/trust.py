"""Whom to believe: one TLS context per use, each built once, none shared.

One per use, because httpcore sets ALPN on the context it is given, and because Apple's own roots
must vouch for Apple's private hosts alone: the system's store, to which an inspecting proxy may
have added itself, has no say there.

What the system's store believes is what programs here feel, so it judges public hosts. Whether a
root in it is a public one is told by the set that isitme brings (Mozilla's, from certifi).
"""

from __future__ import annotations

import hashlib
import os
import ssl
import threading
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

APPLE_ROOTS = (
    Path(__file__).with_name("data") / "apple_root_ca.pem",
    Path(__file__).with_name("data") / "apple_root_ca_g3.pem",
)
PEM_BEGIN, PEM_END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class Use(StrEnum):
    """What a TLS connection is for; it decides the roots and the protocol asked for (ALPN)."""

    WEB = "web"  # HTTP/1.1, public roots
    LARGE = "large"  # the same, with a greeting as large as newer devices'
    DOH = "doh"
    FEED = "feed"
    PROVIDER = "provider"  # the provider side of push: HTTP/2 only
    WEBHOOK = "webhook"
    SIGNAL = "signal"  # Signal's own root, which a person names
    APPLE = "apple"  # HTTP/1.1, Apple's own roots and no others
    COURIER = "courier"  # push couriers, Apple's own roots and no others


class Checks(StrEnum):
    """What a context checks of the far end's certificate."""

    ALL = "all"  # chain, dates and name
    ALL_BUT_DATES = "all_but_dates"
    ALL_BUT_NAMES = "all_but_names"
    NOTHING = "nothing"


class Roots(StrEnum):
    """Whom a context believes."""

    SYSTEM = "system"
    GIVEN = "given"  # instead of the system's
    APPLE = "apple"
    SIGNAL = "signal"


# X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h, since 1.1.0; the ssl module has no name for it.
NO_CHECK_TIME = ssl.VerifyFlags(0x200000)

APPLE_ONLY = frozenset({Use.APPLE, Use.COURIER})

# Names that no server knows and every server passes over (RFC 7301 3.2). They make a greeting of
# about 1,800 bytes, two packets, as post-quantum key shares do (X25519MLKEM768 alone adds 1,216).
PADDING = tuple(f"isitme-padding-{n}-".ljust(255, "x") for n in range(5))

ALPN: dict[Use, tuple[str, ...]] = {
    Use.WEB: ("http/1.1",),
    Use.LARGE: ("http/1.1", *PADDING),
    Use.DOH: ("h2", "http/1.1"),
    Use.FEED: ("h2", "http/1.1"),
    Use.PROVIDER: ("h2",),
    Use.WEBHOOK: ("http/1.1",),
    Use.SIGNAL: ("http/1.1",),
    Use.APPLE: ("http/1.1",),
    Use.COURIER: ("apns-security-v3",),
}


class TrustError(ValueError):
    """The roots cannot be used. The message names the file and the setting."""


class Trust:
    """Builds contexts on first use; later calls return the same object.

    `public_roots`: a PEM file used instead of the system's store. `apple_roots`: a PEM file used
    instead of the two roots that isitme brings; for drills and tests. `signal_roots`: a PEM file of
    Signal's own roots, without which Signal is not asked.
    """

    def __init__(
        self,
        public_roots: Path | None = None,
        apple_roots: Path | None = None,
        signal_roots: Path | None = None,
    ) -> None:
        self._public_roots = public_roots
        self._apple_roots = apple_roots
        self._signal_roots = signal_roots
        # One for all uses that believe and offer the same: the system's roots are 0.9 MiB each time
        # (measured, 144 roots).
        self._built: dict[tuple[tuple[str, ...], Roots, Checks], ssl.SSLContext] = {}
        self._building = threading.Lock()  # warm() may run in a thread beside the loop
        self._public: frozenset[bytes] | None = None  # digests of the roots isitme brings

    def context(self, use: Use) -> ssl.SSLContext:
        """The context that verifies chain, dates and name. Raises TrustError."""
        return self._once(use, Checks.ALL)

    def but_for_dates(self, use: Use) -> ssl.SSLContext:
        """The same, but for the dates: whether a wrong clock is all that is wrong. Raises
        TrustError."""
        return self._once(use, Checks.ALL_BUT_DATES)

    def but_for_names(self, use: Use) -> ssl.SSLContext | None:
        """The same, but for the name: whether Apple itself vouches for another host of its own.
        None where anybody may be vouched for. Raises TrustError."""
        return self._once(use, Checks.ALL_BUT_NAMES) if use in APPLE_ONLY else None

    def unverified(self, use: Use) -> ssl.SSLContext:
        """The same, believing anyone: to see who answers once verification has failed."""
        return self._once(use, Checks.NOTHING)

    def second_opinion(self, use: Use) -> ssl.SSLContext | None:
        """Who else here might believe a certificate that `use` refuses: the public roots, for what
        only Apple's may vouch for; the system's store, where other roots replace it. None: nobody.

        A program here that believes it is how an inspecting proxy is let in.
        """
        if use in APPLE_ONLY:
            return self.context(Use.WEB)
        if self._public_roots is None:
            return None
        try:
            return self._once(use, Checks.ALL, system=True)
        except TrustError:  # this machine believes nobody
            return None

    def is_public(self, root: bytes) -> bool:
        """Whether this root is one of those that isitme brings; all are, where somebody said which
        roots to trust."""
        if self._public_roots is not None or os.environ.get("SSL_CERT_FILE"):
            return True
        if self._public is None:
            self._public = _digests_of_public_roots()
        return not self._public or hashlib.sha256(root).digest() in self._public

    def warm(self, uses: Iterable[Use] = tuple(Use)) -> None:
        """Build now what would be built on first use. For a thread, beside the loop.

        Reading the system's store takes 14-18 ms (measured), which would stand in the middle of a
        timed handshake. Raises TrustError.
        """
        for use in uses:
            self.context(use)
        self.is_public(b"")

    def _once(self, use: Use, checks: Checks, *, system: bool = False) -> ssl.SSLContext:
        with self._building:
            key = (ALPN[use], self._roots(use, system=system), checks)
            if key not in self._built:
                self._built[key] = self._build(use, checks, system=system)
            return self._built[key]

    def _build(self, use: Use, checks: Checks, *, system: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(list(ALPN[use]))
        # Said outright, so that every Python judges alike: 3.13 turned on VERIFY_X509_STRICT and
        # VERIFY_X509_PARTIAL_CHAIN in its defaults, and strictness would accuse honest servers.
        context.verify_flags = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST
        if checks is Checks.ALL_BUT_DATES:
            context.verify_flags |= NO_CHECK_TIME
        if checks is Checks.ALL_BUT_NAMES:
            context.check_hostname = False
        if checks is Checks.NOTHING:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        else:
            self._load(context, self._roots(use, system=system))
        return context

    def _roots(self, use: Use, *, system: bool) -> Roots:
        if use is Use.SIGNAL:
            return Roots.SIGNAL
        if use in APPLE_ONLY:
            return Roots.APPLE
        return Roots.GIVEN if self._public_roots is not None and not system else Roots.SYSTEM

    def _load(self, context: ssl.SSLContext, roots: Roots) -> None:
        match roots:
            case Roots.SIGNAL:
                self._load_signal(context)
            case Roots.APPLE:
                self._load_apple(context)
            case Roots.GIVEN if self._public_roots is not None:
                _load_file(context, self._public_roots, setting="[trust] public_roots")
            case _:
                _load_system(context)

    def _load_signal(self, context: ssl.SSLContext) -> None:
        """Without the root nobody is believed: the settings have refused to ask, long before."""
        if self._signal_roots is not None:
            _load_file(context, self._signal_roots, setting="[trust] signal_roots")

    def _load_apple(self, context: ssl.SSLContext) -> None:
        if self._apple_roots is not None:
            _load_file(context, self._apple_roots, setting="[trust] apple_roots")
            return
        for path in APPLE_ROOTS:
            _load_file(context, path, setting="the installation of isitme")


def _load_system(context: ssl.SSLContext) -> None:
    """The system's store, or what SSL_CERT_FILE puts in its place. Raises TrustError."""
    where = ssl.get_default_verify_paths()
    # OpenSSL passes over a file that is not there without a word, and then trusts nobody:
    # every host on earth would look intercepted.
    named = os.environ.get(where.openssl_cafile_env)
    if named:
        _load_file(context, Path(named), setting="SSL_CERT_FILE, or [trust] public_roots")
        if where.capath is not None:
            context.load_verify_locations(capath=where.capath)
        return
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if not context.cert_store_stats()["x509_ca"] and not _has_entries(where.capath):
        looked_at = where.cafile or where.openssl_cafile
        raise TrustError(
            f"no root certificates in the system's store (looked at {looked_at}): "
            "name a PEM file of them in [trust] public_roots"
        )


def _digests_of_public_roots() -> frozenset[bytes]:
    """SHA-256 of Mozilla's roots, as certifi brings them (3 ms). Empty when there are none to read:
    then every root passes for public, and nobody is accused."""
    try:
        import certifi

        text = Path(certifi.where()).read_text(encoding="ascii")
    except (ImportError, OSError, ValueError):
        return frozenset()
    ends = text.split(PEM_END)[:-1]
    bodies = (part[part.index(PEM_BEGIN) :] + PEM_END for part in ends)
    return frozenset(hashlib.sha256(ssl.PEM_cert_to_DER_cert(body)).digest() for body in bodies)


def _has_entries(directory: str | None) -> bool:
    """Hashed names in a directory are read at verification: the statistics do not count them."""
    if directory is None:
        return False
    try:
        return any(Path(directory).glob("*.[0-9]"))
    except OSError:
        return False


def _load_file(context: ssl.SSLContext, path: Path, *, setting: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError as error:  # itself an OSError, so it comes first
        raise TrustError(f"{path} holds no readable PEM certificates ({setting})") from error
    except OSError as error:
        raise TrustError(
            f"cannot read the root certificates in {path}: {error.strerror or error} ({setting})"
        ) from error
    if not context.cert_store_stats()["x509_ca"]:
        raise TrustError(f"{path} holds no root certificates ({setting})")
