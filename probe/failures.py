"""From exceptions to failure names: the one table.

Names follow OONI df-007. What is not in the table is a bug of ours, never evidence.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl

from probe.words import Failure, Speed, Step


class LookFailed(Exception):
    """The world, not our code, failed an attempt.

    `step` overrides the step that was under way, for libraries that do several at once.
    """

    def __init__(
        self, failure: Failure, speed: Speed, detail: str = "", *, step: Step | None = None
    ) -> None:
        super().__init__(f"{failure.value}: {detail}" if detail else failure.value)
        self.failure, self.speed, self.detail, self.step = failure, speed, detail, step


class TurnedAway(OSError):
    """The kernel's error, and who sent the ICMP message that it stands for."""

    def __init__(self, number: int, said: str, *, offender: str, no_way: bool) -> None:
        super().__init__(number, said)
        self.offender = offender
        self.no_way = no_way  # "unreachable"; False: "prohibited", or another word


ERRNOS: dict[int, Failure] = {
    errno.ECONNREFUSED: Failure.CONNECTION_REFUSED,
    errno.ECONNRESET: Failure.CONNECTION_RESET,
    errno.EPIPE: Failure.CONNECTION_RESET,
    errno.ECONNABORTED: Failure.CONNECTION_ABORTED,
    errno.EHOSTUNREACH: Failure.HOST_UNREACHABLE,
    errno.EHOSTDOWN: Failure.HOST_UNREACHABLE,  # macOS, when nobody answers ARP
    errno.ENETUNREACH: Failure.NETWORK_UNREACHABLE,
    errno.EINVAL: Failure.NETWORK_UNREACHABLE,  # a blackhole route, as ip-route(8) words it
    errno.EADDRNOTAVAIL: Failure.NETWORK_UNREACHABLE,  # no source address of that family
    errno.EAFNOSUPPORT: Failure.NETWORK_UNREACHABLE,
    errno.ENETDOWN: Failure.NETWORK_DOWN,
    errno.EPERM: Failure.OPERATION_NOT_PERMITTED,
    # How Linux words "prohibited" over IPv6 (ICMPv6 1/1, 1/5, 1/6), whoever says it; over IPv4 that
    # is EHOSTUNREACH. Only EPERM is this device's own filter for sure.
    errno.EACCES: Failure.HOST_UNREACHABLE,
    errno.EMFILE: Failure.SELF_FD_EXHAUSTED,
    errno.ENFILE: Failure.SELF_FD_EXHAUSTED,
    errno.ETIMEDOUT: Failure.GENERIC_TIMEOUT,
}

OWN_LIMITS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def no_room(error: OSError) -> None:
    """Raises LookFailed at Step.OURS when it is our own limits that an error speaks of. What could
    not be read for them must not look like something that is not there."""
    if error.errno in OWN_LIMITS:
        said = f"isitme has no room to look: {error.strerror}"
        raise LookFailed(Failure.SELF_FD_EXHAUSTED, Speed.ACTIVE, said, step=Step.OURS) from error


# X509_V_ERR_* of OpenSSL's x509_vfy.h, as SSLCertVerificationError.verify_code carries them.
VERIFY_CODES: dict[int, Failure] = {
    9: Failure.SSL_CERT_NOT_YET_VALID,
    10: Failure.SSL_CERT_EXPIRED,
    18: Failure.SSL_UNKNOWN_AUTHORITY,  # self-signed leaf
    19: Failure.SSL_UNKNOWN_AUTHORITY,  # self-signed in chain
    20: Failure.SSL_UNKNOWN_AUTHORITY,  # issuer not found
    21: Failure.SSL_UNKNOWN_AUTHORITY,  # leaf not verifiable
    23: Failure.SSL_CERT_REVOKED,
    62: Failure.SSL_INVALID_HOSTNAME,
    64: Failure.SSL_INVALID_HOSTNAME,  # address mismatch
}

# What happened, for a person who is not an engineer; the error's own words stand beside it.
PLAIN: dict[Failure, str] = {
    Failure.GENERIC_TIMEOUT: "does not answer",
    Failure.CONNECTION_REFUSED: "refuses the connection",
    Failure.CONNECTION_RESET: "breaks the connection off",
    Failure.CONNECTION_ABORTED: "breaks the connection off",
    Failure.HOST_UNREACHABLE: "cannot be reached",
    Failure.NETWORK_UNREACHABLE: "cannot be reached: no way leads there",
    Failure.NETWORK_DOWN: "cannot be reached: the network is down",
    Failure.OPERATION_NOT_PERMITTED: "cannot be asked: this device forbids it",
    Failure.SELF_FD_EXHAUSTED: "was not asked: this device has no room for more connections",
    Failure.SELF_LOOPBACK_FAILED: "cannot even talk to itself",
    Failure.PORTAL_API: "says that it wants a sign-in",
    Failure.EOF: "hangs up",
    Failure.HTTP2_GOAWAY: "answers with nothing but a goodbye",
    Failure.SSL_FAILED_HANDSHAKE: "does not agree on encryption",
    Failure.SSL_INVALID_HOSTNAME: "shows a certificate for another name",
    Failure.SSL_UNKNOWN_AUTHORITY: "shows a certificate that nobody we trust has signed",
    Failure.SSL_INVALID_CERTIFICATE: "shows a certificate that is no good",
    Failure.SSL_CERT_EXPIRED: "shows a certificate that has run out",
    Failure.SSL_CERT_NOT_YET_VALID: "shows a certificate that is not valid yet",
    Failure.SSL_CERT_REVOKED: "shows a certificate that was withdrawn",
    Failure.DNS_MISBEHAVING: "cannot be looked up",
    Failure.DNS_NXDOMAIN: "is unknown to the DNS server",
}


def plain_words(failure: Failure) -> str:
    """What happened, to put behind a name: "1.1.1.1 does not answer"."""
    return PLAIN.get(failure, failure.value.replace("_", " "))


SILENT_ERRNOS = frozenset({errno.ETIMEDOUT})

# getaddrinfo's own codes, as far as they tell anything apart. EAI_AGAIN stands for SERVFAIL,
# REFUSED, silence and more (measured), so it stays "misbehaving".
GAI_CODES: dict[int, Failure] = {
    getattr(socket, "EAI_NODATA", socket.EAI_NONAME): Failure.DNS_NO_ANSWER,
    socket.EAI_NONAME: Failure.DNS_NXDOMAIN,  # last: some systems have no EAI_NODATA
}

WRAPPING_LIBRARIES = frozenset({"anyio", "httpcore", "httpx"})


def failure_of(error: BaseException) -> tuple[Failure, Speed, str] | None:
    """The failure, its speed and its own words; None when it can only be a bug of ours.

    An error that has a word of its own speaks for itself. Libraries wrap what the kernel said ("All
    connection attempts failed"), and httpcore re-raises `from None`, but the kernel's word is still
    in __context__: so a wrapper is opened. A bug is not: a KeyError raised while a reset was being
    handled carries that reset as its context, and is a bug all the same.
    """
    if isinstance(error, LookFailed):
        return error.failure, error.speed, error.detail
    own = _own_word(error)
    if own is not None or not _is_wrapper(error):
        return own
    inner: list[BaseException | None] = [error.__cause__, error.__context__]
    if isinstance(error, BaseExceptionGroup):
        inner = [*error.exceptions, *inner]
    return next((known for cause in inner if cause and (known := failure_of(cause))), None)


def _is_wrapper(error: BaseException) -> bool:
    """Whether an error only passes on another's: a group, an OSError without errno, a library's."""
    if isinstance(error, OSError):
        return error.errno is None
    library = type(error).__module__.partition(".")[0]
    return isinstance(error, BaseExceptionGroup) or library in WRAPPING_LIBRARIES


def _own_word(error: BaseException) -> tuple[Failure, Speed, str] | None:
    detail = str(error)
    match error:
        case ssl.SSLCertVerificationError():
            failure = VERIFY_CODES.get(error.verify_code, Failure.SSL_INVALID_CERTIFICATE)
            return failure, Speed.ACTIVE, error.verify_message or detail
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() | asyncio.IncompleteReadError():
            return Failure.EOF, Speed.ACTIVE, detail
        case ssl.SSLError():
            return Failure.SSL_FAILED_HANDSHAKE, Speed.ACTIVE, detail
        case TimeoutError():
            return Failure.GENERIC_TIMEOUT, Speed.SILENT, detail or "no answer in time"
        case socket.gaierror():
            failure = GAI_CODES.get(error.errno or 0, Failure.DNS_MISBEHAVING)
            return failure, Speed.ACTIVE, detail
        case OSError() if error.errno in ERRNOS:
            speed = Speed.SILENT if error.errno in SILENT_ERRNOS else Speed.ACTIVE
            return ERRNOS[error.errno], speed, detail
        case EOFError():
            return Failure.EOF, Speed.ACTIVE, detail
        case _:
            return None
