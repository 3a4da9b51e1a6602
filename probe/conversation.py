"""Over a connection that is there: the far end proves who it is, and perhaps answers once."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.clock import Clock
from probe.failures import LookFailed, failure_of
from probe.model import GreetingFact, OffsetFact
from probe.signers import Dial, unusual_signer, who_signed
from probe.tools import Stream, Tools
from probe.trust import Use
from probe.wire import certificate as certificate_words
from probe.wire import http1
from probe.wire.dates import date_interval, date_of
from probe.words import Failure, Family, Speed, Step

HANDSHAKE_SECONDS = 5.0
EXCHANGE_SECONDS = 5.0
# A lost greeting is sent again after 1 s (RFC 6298), and the answer to that is waited for; what is
# left of the handshake's time is enough for the small one.
LARGE_SECONDS = 2.5
# The whole attempt, its name included, so that steps cannot add up past the bound of any look that
# reaches (probe/looks.py: 6 s): a look that is cut off has seen nothing of all its targets. After
# the slowest name it still leaves 3.2 s, more than failed ARP takes.
ATTEMPT_SECONDS = 5.7
WHO_SIGNED_SECONDS = 2.0
# For a second handshake and a request, once a certificate fails by its date alone.
PAST_THE_DATE_SECONDS = 2.5
BODY_BYTES = 256 * 1024
RECEIVE_BYTES = 16 * 1024

UNTRUSTED = frozenset(
    {
        Failure.SSL_UNKNOWN_AUTHORITY,
        Failure.SSL_INVALID_HOSTNAME,
        Failure.SSL_INVALID_CERTIFICATE,
        Failure.SSL_CERT_EXPIRED,
        Failure.SSL_CERT_NOT_YET_VALID,
        Failure.SSL_CERT_REVOKED,
    }
)
DATE_CLASS = frozenset({Failure.SSL_CERT_EXPIRED, Failure.SSL_CERT_NOT_YET_VALID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Whom to reach, and how to know that it is they."""

    target: str
    operator: str
    host: str  # a name or an address literal
    port: int
    use: Use | None  # which roots vouch for it; None: plain HTTP
    family: Family = Family.IPV4
    group: str = ""
    server_name: str = ""  # when the certificate carries another name than the host
    path: str | None = None  # ask this once over HTTP/1.1; None: TLS alone
    accept: str = "*/*"  # the kind of answer that is asked for
    alpn: str = ""  # must be selected by the server
    large: bool = False  # greet as newer devices do, in two packets; in one when that is not heard
    address: str = ""  # ask for it here; empty: where its name leads


Judge = Callable[[http1.Response], str]


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of an attempt's time."""

    clock: Clock
    until: float

    def __call__(self, most: float) -> float:
        return max(0.05, min(most, self.until - self.clock.elapsed()))

    @classmethod
    def of(cls, tools: Tools, attempt: Attempt) -> Left:
        return cls(tools.clock, attempt.started + ATTEMPT_SECONDS)


async def converse(
    tools: Tools,
    attempt: Attempt,
    host: Host,
    stream: Stream,
    dial: Dial,
    left: Left,
    judge: Judge | None = None,
) -> None:
    """Over a connection that is there: prove the far end, perhaps ask once, and hang up.

    `dial` makes another such connection, to look again on suspicion. Raises LookFailed.
    """
    try:
        signer = ""
        if host.use is not None:
            stream, signer = await _handshake(tools, attempt, host, stream, dial, left)
        if host.path is not None:
            sent_unix = tools.clock.now().timestamp()
            sent = tools.clock.elapsed()
            async with attempt.step(Step.EXCHANGE, within_seconds=left(EXCHANGE_SECONDS)):
                response = await ask(tools, stream, host.host, host.path, accept=host.accept)
            took = tools.clock.elapsed() - sent
            # The Date is worth having even when the answer itself is wrong.
            _learn_date(attempt, host, response, sent_unix, sent, took)
            with attempt.reading():
                said = judge(response) if judge else f"answered {response.status}"
                attempt.said = f"{said}, vouched for by {signer}" if signer else said
    finally:
        stream.close()


async def _handshake(
    tools: Tools,
    attempt: Attempt,
    host: Host,
    stream: Stream,
    dial: Dial,
    left: Left,
) -> tuple[Stream, str]:
    """Prove the far end. Gives the connection it proved itself on, and who vouches for it where
    that is nobody whom public lists know."""
    assert host.use is not None
    name = host.server_name or host.host
    within = left(HANDSHAKE_SECONDS)
    began = tools.clock.elapsed()
    try:
        async with attempt.step(Step.HANDSHAKE, within_seconds=within):
            try:
                stream = await _greet(tools, attempt, host, stream, name, dial)
            except ssl.SSLCertVerificationError as error:
                known = failure_of(error)
                if known is None or known[0] not in DATE_CLASS or host.path is None:
                    raise
                # Under the step's own bound, which would call it silence.
                rest = within - (tools.clock.elapsed() - began) - 0.1
                await _past_the_date(
                    tools, attempt, host, name, dial, min(rest, PAST_THE_DATE_SECONDS)
                )
                raise
            if host.alpn and stream.alpn != host.alpn:
                raise LookFailed(
                    Failure.ALPN_NOT_SELECTED, Speed.ACTIVE, f"{name} did not select {host.alpn}"
                )
    except LookFailed as error:
        if error.failure in UNTRUSTED - DATE_CLASS:
            attempt.learn(await who_signed(tools, host.use, name, dial, left(WHO_SIGNED_SECONDS)))
        raise
    stranger = unusual_signer(tools, stream)
    if stranger is not None:
        attempt.learn(stranger)
    attempt.said = f"{name} proved itself over {stream.version}"
    spoken = f"{stream.version}, {stream.alpn or 'no ALPN'}"
    tools.keep("certificate", f"{name} port {host.port}, {spoken}", stream.peer_certificate or b"")
    return stream, stranger.issuer if stranger is not None and not stranger.logged else ""


async def _greet(
    tools: Tools, attempt: Attempt, host: Host, stream: Stream, name: str, dial: Dial
) -> Stream:
    """Shake hands. A large greeting that nobody answers is followed by a small one, on another
    connection to the same address: what differs is the size alone."""
    assert host.use is not None
    if not host.large:
        await stream.handshake(tools.trust.context(host.use), name)
        return stream
    silence = False
    try:
        async with asyncio.timeout(LARGE_SECONDS):
            await stream.handshake(tools.trust.context(Use.LARGE), name)
        attempt.learn(GreetingFact(large_got_through=True))
        return stream
    except TimeoutError:
        silence = True
    except (ConnectionResetError, ssl.SSLEOFError):
        pass  # a far end that is put off by it would do so: that accuses nobody
    stream.close()
    again = await dial()
    try:
        await again.handshake(tools.trust.context(host.use), name)
    except BaseException:
        again.close()
        raise
    if silence:
        attempt.learn(GreetingFact(large_got_through=False, waited_seconds=LARGE_SECONDS))
    return again


async def _past_the_date(
    tools: Tools, attempt: Attempt, host: Host, name: str, dial: Dial, within_seconds: float
) -> None:
    """Is the date all that is wrong? Then the answer's own Date is a hint at the true time.

    Raises the error of a chain or a name that is wrong as well: the date is only what OpenSSL
    names first. Of anything else that happens nothing is learned.
    """
    assert host.use is not None
    assert host.path is not None
    try:
        async with asyncio.timeout(max(0.05, within_seconds)):
            stream = await dial()
            try:
                await stream.handshake(tools.trust.but_for_dates(host.use), name)
                sent_unix, sent = tools.clock.now().timestamp(), tools.clock.elapsed()
                response = await ask(tools, stream, host.host, host.path)
                took = tools.clock.elapsed() - sent
                certificate = stream.peer_certificate or b""
            finally:
                stream.close()
        tools.keep("certificate past its date", f"{name} port {host.port}", certificate)
        shown = certificate_words.describe(certificate)
        date = date_of(response.headers)
        # A certificate that has run out by its owner's own clock says nothing about ours.
        if date and shown.not_before.timestamp() <= date <= shown.not_after.timestamp():
            _learn_date(attempt, host, response, sent_unix, sent, took, hint=True)
    except Exception as error:
        known = failure_of(error)
        if known is None:
            raise
        if known[0] in UNTRUSTED - DATE_CLASS:
            failure, speed, detail = known
            raise LookFailed(failure, speed, detail) from error


async def ask(
    tools: Tools, stream: Stream, host: str, path: str, *, accept: str = "*/*"
) -> http1.Response:
    """One GET over a stream that is already there. The body is bounded to 256 KiB."""
    await stream.send(http1.request("GET", host, path, user_agent=tools.user_agent, accept=accept))
    reader = http1.ResponseReader(max_body=BODY_BYTES)
    raw = b""
    while True:
        part = await stream.receive(RECEIVE_BYTES)
        raw += part if tools.tap else b""
        if reader.feed(part):
            break
    tools.keep("http", f"{host}{path}", raw)
    return reader.response


def _learn_date(
    attempt: Attempt,
    host: Host,
    response: http1.Response,
    sent_unix: float,
    sent: float,
    took: float,
    *,
    hint: bool = False,
) -> None:
    interval = date_interval(response.headers, sent_unix=sent_unix, took_seconds=took)
    if interval is not None:
        low, high = interval
        attempt.learn(
            OffsetFact(
                source=host.operator if host.use else f"{host.operator} (http)",
                low_seconds=low,
                high_seconds=high,
                authenticated=host.use is not None and not hint,
                hint=hint,
                steady=sent_unix - sent,
            )
        )
