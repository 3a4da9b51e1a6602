"""From exceptions to failure names, and bugs that stay bugs."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl

import pytest

from probe.failures import ERRNOS, LookFailed, failure_of
from probe.words import Failure, Speed


def chained(outer: BaseException, inner: BaseException, *, hidden: bool = False) -> BaseException:
    """`outer`, raised while `inner` was handled; hidden: with `from None`, as httpcore does."""
    try:
        try:
            raise inner
        except BaseException:
            if hidden:
                raise outer from None
            raise outer  # noqa: B904 - the implicit context is what is under test
    except BaseException as error:
        return error


def verification(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_code, error.verify_message = code, "no good"
    return error


RESET = ConnectionResetError(errno.ECONNRESET, "reset")
CASES: dict[str, tuple[BaseException, Failure, Speed]] = {
    "a refused connection": (
        ConnectionRefusedError(errno.ECONNREFUSED, "no"),
        Failure.CONNECTION_REFUSED,
        Speed.ACTIVE,
    ),
    "our own patience": (TimeoutError(), Failure.GENERIC_TIMEOUT, Speed.SILENT),
    "the kernel's patience": (
        OSError(errno.ETIMEDOUT, "timed out"),
        Failure.GENERIC_TIMEOUT,
        Speed.SILENT,
    ),
    "a filter of this device": (
        OSError(errno.EPERM, "Operation not permitted"),
        Failure.OPERATION_NOT_PERMITTED,
        Speed.ACTIVE,
    ),
    "prohibited over IPv6, by whomever": (
        OSError(errno.EACCES, "Permission denied"),
        Failure.HOST_UNREACHABLE,
        Speed.ACTIVE,
    ),
    "no descriptors left": (
        OSError(errno.EMFILE, "too many"),
        Failure.SELF_FD_EXHAUSTED,
        Speed.ACTIVE,
    ),
    "a stranger's certificate": (
        verification(20),
        Failure.SSL_UNKNOWN_AUTHORITY,
        Speed.ACTIVE,
    ),
    "a certificate wrong in some new way": (
        verification(9999),
        Failure.SSL_INVALID_CERTIFICATE,
        Speed.ACTIVE,
    ),
    "an end under TLS": (ssl.SSLEOFError(8, "EOF"), Failure.EOF, Speed.ACTIVE),
    "an end in the middle": (asyncio.IncompleteReadError(b"", 2), Failure.EOF, Speed.ACTIVE),
    "any other trouble of TLS": (
        ssl.SSLError(1, "wrong version number"),
        Failure.SSL_FAILED_HANDSHAKE,
        Speed.ACTIVE,
    ),
    "a name that does not exist": (
        socket.gaierror(socket.EAI_NONAME, "not known"),
        Failure.DNS_NXDOMAIN,
        Speed.ACTIVE,
    ),
    "a resolver's unclear trouble": (
        socket.gaierror(socket.EAI_AGAIN, "again"),
        Failure.DNS_MISBEHAVING,
        Speed.ACTIVE,
    ),
    "an error without a number, around one with": (
        chained(OSError("All connection attempts failed"), RESET),
        Failure.CONNECTION_RESET,
        Speed.ACTIVE,
    ),
    "a hidden cause in such an error": (
        chained(OSError("All connection attempts failed"), RESET, hidden=True),
        Failure.CONNECTION_RESET,
        Speed.ACTIVE,
    ),
    "a group of them": (
        ExceptionGroup("both families", [OSError("?"), RESET]),
        Failure.CONNECTION_RESET,
        Speed.ACTIVE,
    ),
    "a reset that came while TLS waited for more": (
        chained(ConnectionResetError(errno.ECONNRESET, "reset"), ssl.SSLWantReadError(2, "more")),
        Failure.CONNECTION_RESET,
        Speed.ACTIVE,
    ),
    "what was said already": (
        LookFailed(Failure.HTTP_5XX, Speed.ACTIVE, "503"),
        Failure.HTTP_5XX,
        Speed.ACTIVE,
    ),
}


@pytest.mark.parametrize(
    ("error", "failure", "speed"), [pytest.param(*case, id=name) for name, case in CASES.items()]
)
def test_the_world_in_our_words(error: BaseException, failure: Failure, speed: Speed) -> None:
    known = failure_of(error)

    assert known is not None
    assert known[:2] == (failure, speed)


BUGS: dict[str, BaseException] = {
    "a plain bug": KeyError("x"),
    "a bug while a reset was handled": chained(KeyError("x"), RESET),
    "a bug because of a reset": chained(RuntimeError("x"), RESET, hidden=True),
    "an errno that no network gives": OSError(errno.ENOSPC, "disk full"),
    "an errno that no network gives, while a reset was handled": chained(
        OSError(errno.ENOSPC, "disk full"), RESET
    ),
    "a group of bugs": ExceptionGroup("x", [KeyError("x")]),
    "being told to stop": asyncio.CancelledError(),
}


@pytest.mark.parametrize("error", [pytest.param(error, id=name) for name, error in BUGS.items()])
def test_a_bug_is_nobodys_failure(error: BaseException) -> None:
    assert failure_of(error) is None


def test_every_errno_in_the_table_is_told_by_it() -> None:
    for number, failure in ERRNOS.items():
        known = failure_of(OSError(number, "x"))
        assert known is not None
        assert known[0] is failure
