"""One TCP connection and TLS on top, against servers that do every wrong thing."""

from __future__ import annotations

import asyncio
import datetime
import gc
import os
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probe.failures import failure_of
from probe.tools.stream import Stream, socket_address
from probe.trust import Trust, Use
from probe.words import Failure, Speed
from tests.support.servers import (
    HOST,
    Authority,
    Handler,
    echo,
    hang,
    hang_up,
    refusing_port,
    reset,
    saying,
    silent_port,
    tcp_server,
)

pytestmark = pytest.mark.real
NAME = "host.example"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("roots"))


@pytest.fixture(scope="module")
def trust(authority: Authority) -> Trust:
    return Trust(public_roots=authority.root, apple_roots=authority.root)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Stream]:
    stream = await Stream.connect(HOST, port)
    try:
        yield stream
    finally:
        stream.close()


async def test_bytes_go_and_come_back() -> None:
    async with tcp_server(echo) as port, connected(port) as stream:
        await stream.send(b"hello")

        assert await stream.receive(100) == b"hello"
        assert stream.alpn is None
        assert stream.version is None
        assert stream.peer_certificate is None


async def test_verified_tls_carries_bytes_and_says_who_is_there(
    authority: Authority, trust: Trust
) -> None:
    tls = authority.server(NAME, alpn=("apns-security-v3",))
    async with tcp_server(echo, tls=tls) as port, connected(port) as stream:
        await stream.handshake(trust.context(Use.COURIER), NAME)
        data = os.urandom(1_000_000)
        sending = asyncio.create_task(stream.send(data))
        back = b""
        while len(back) < len(data):
            back += await stream.receive(65536)
        await sending

        assert back == data
        assert stream.alpn == "apns-security-v3"
        assert stream.version == "TLSv1.3"
        certificate = stream.peer_certificate
        assert certificate is not None
        assert NAME.encode() in certificate


async def test_an_address_is_verified_like_a_name(authority: Authority, trust: Trust) -> None:
    async with tcp_server(echo, tls=authority.server(HOST)) as port, connected(port) as stream:
        await stream.handshake(trust.context(Use.WEB), HOST)

        assert stream.version is not None


async def test_the_end_is_no_bytes(authority: Authority, trust: Trust) -> None:
    async with (
        tcp_server(saying(b"bye"), tls=authority.server(NAME)) as port,
        connected(port) as stream,
    ):
        await stream.handshake(trust.context(Use.WEB), NAME)
        await stream.send(b"?")

        assert await stream.receive(100) == b"bye"
        assert await stream.receive(100) == b""


async def test_an_end_without_goodbye_is_an_end_too(authority: Authority, trust: Trust) -> None:
    async def vanish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.get_extra_info("socket").shutdown(1)  # FIN under TLS's feet
        await asyncio.sleep(1)

    async with (
        tcp_server(vanish, tls=authority.server(NAME)) as port,
        connected(port) as stream,
    ):
        await stream.handshake(trust.context(Use.WEB), NAME)
        await stream.send(b"?")

        assert await stream.receive(100) == b""


async def test_refused_at_once() -> None:
    with refusing_port() as port, pytest.raises(ConnectionRefusedError):
        await Stream.connect(HOST, port)


async def test_silence_waits_for_the_callers_patience() -> None:
    before = descriptors()
    with silent_port() as port, pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await Stream.connect(HOST, port)

    assert descriptors() == before


DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.UTC)


@pytest.mark.parametrize(
    ("handler", "expected", "speed"),
    [
        pytest.param(reset, Failure.CONNECTION_RESET, Speed.ACTIVE, id="resets"),
        pytest.param(hang_up, Failure.EOF, Speed.ACTIVE, id="hangs up"),
        pytest.param(
            saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            Failure.SSL_FAILED_HANDSHAKE,
            Speed.ACTIVE,
            id="speaks something else",
        ),
        pytest.param(
            saying(b"\x16\x03\x03\x00\x20" + b"\xff" * 32),
            Failure.SSL_FAILED_HANDSHAKE,
            Speed.ACTIVE,
            id="speaks garbage in a TLS record",
        ),
        pytest.param(
            saying(b"\x15\x03\x03\x00\x02\x02\x28"),
            Failure.SSL_FAILED_HANDSHAKE,
            Speed.ACTIVE,
            id="sends a fatal alert",
        ),
        pytest.param(hang, Failure.GENERIC_TIMEOUT, Speed.SILENT, id="accepts and hangs"),
    ],
)
async def test_a_handshake_against_a_server_that(
    handler: Handler, expected: Failure, speed: Speed, trust: Trust
) -> None:
    async with tcp_server(handler) as port, connected(port) as stream:
        with pytest.raises((OSError, EOFError)) as caught:
            async with asyncio.timeout(0.5):
                await stream.handshake(trust.context(Use.WEB), NAME)

    known = failure_of(caught.value)
    assert known is not None
    assert known[:2] == (expected, speed)


@pytest.mark.parametrize(
    ("names", "since", "until", "expected"),
    [
        pytest.param((NAME,), None, None, None, id="right"),
        pytest.param(
            ("other.example",), None, None, Failure.SSL_INVALID_HOSTNAME, id="another name"
        ),
        pytest.param(
            (NAME,), NOW - 9 * DAY, NOW - DAY, Failure.SSL_CERT_EXPIRED, id="expired yesterday"
        ),
        pytest.param(
            (NAME,), NOW + DAY, NOW + 9 * DAY, Failure.SSL_CERT_NOT_YET_VALID, id="from tomorrow on"
        ),
    ],
)
async def test_a_certificate_that_is(
    names: tuple[str, ...],
    since: datetime.datetime | None,
    until: datetime.datetime | None,
    expected: Failure | None,
    authority: Authority,
    trust: Trust,
) -> None:
    tls = authority.server(*names, not_before=since, not_after=until)
    said: Failure | None = None
    async with tcp_server(echo, tls=tls) as port, connected(port) as stream:
        try:
            await stream.handshake(trust.context(Use.WEB), NAME)
        except ssl.SSLCertVerificationError as error:
            known = failure_of(error)
            assert known is not None
            said = known[0]

    assert said == expected


async def test_a_stranger_is_refused_and_can_be_looked_at_again(
    tmp_path: Path, trust: Trust
) -> None:
    stranger = Authority.make(tmp_path, "stranger")
    async with tcp_server(echo, tls=stranger.server(NAME)) as port:
        async with connected(port) as stream:
            with pytest.raises(ssl.SSLCertVerificationError) as caught:
                await stream.handshake(trust.context(Use.WEB), NAME)
            assert stream.peer_certificate is None
        async with connected(port) as stream:
            await stream.handshake(trust.unverified(Use.WEB), NAME)
            certificate = stream.peer_certificate

    known = failure_of(caught.value)
    assert known is not None
    assert known[0] is Failure.SSL_UNKNOWN_AUTHORITY
    assert certificate is not None
    assert b"stranger" in certificate


async def test_public_roots_do_not_vouch_for_apples_own_hosts(
    tmp_path: Path, authority: Authority
) -> None:
    apple = Authority.make(tmp_path, "apple")
    trust = Trust(public_roots=authority.root, apple_roots=apple.root)
    async with tcp_server(echo, tls=authority.server(NAME)) as port, connected(port) as stream:
        with pytest.raises(ssl.SSLCertVerificationError):
            await stream.handshake(trust.context(Use.APPLE), NAME)


async def test_a_flood_does_not_keep_the_loop_to_itself() -> None:
    """sock_recv does not yield while there is something to read, and no timeout would fire."""

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 400_000)
        await writer.drain()
        await reader.read()

    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with tcp_server(flood) as port, connected(port) as stream:
        await asyncio.sleep(0.1)  # all of it is in the kernel's buffer now, or on its way
        counting = asyncio.create_task(count())
        for _ in range(100):
            assert await stream.receive(100)
        counting.cancel()

    assert turns >= 10


async def test_closing_twice_and_leaving_early_leaks_nothing(
    authority: Authority, trust: Trust
) -> None:
    async with tcp_server(hang) as port:
        before = descriptors()
        for _ in range(5):
            stream = await Stream.connect(HOST, port)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await stream.handshake(trust.context(Use.WEB), NAME)
            stream.close()
            stream.close()
        await asyncio.sleep(0.05)
        gc.collect()

        # The server's ends of the five connections are still there, our ends are not.
        assert descriptors() - before <= 5


async def test_a_name_is_never_resolved() -> None:
    with pytest.raises(ValueError, match="localhost"):
        await Stream.connect("localhost", 443)


def test_a_scope_becomes_a_number_without_asking_anybody() -> None:
    assert socket_address("fe80::1%lo", 443)[1] == ("fe80::1", 443, 0, 1)
    assert socket_address("fe80::1%7", 443)[1] == ("fe80::1", 443, 0, 7)


async def test_the_source_address_is_chosen_except_on_the_way_to_loopback() -> None:
    async with tcp_server(echo) as port:
        stream = await Stream.connect(HOST, port, source="192.0.2.77")
        local = stream.local_address
        stream.close()

    assert local == HOST


@pytest.mark.skipif(shutil.which("ss") is None, reason="no ss, which reads it from the kernel")
async def test_a_trip_is_what_the_kernels_own_tool_says() -> None:
    async with tcp_server(hang) as port, connected(port) as stream:
        asked = await asyncio.create_subprocess_exec(
            *("ss", "-tinH", "dst", f"{HOST}:{port}"), stdout=asyncio.subprocess.PIPE
        )
        said, _ = await asked.communicate()
        found = re.search(rb"\brtt:([\d.]+)/", said)

        assert found is not None, said
        assert stream.trip_seconds == pytest.approx(float(found[1]) / 1000, abs=1e-6)
        assert stream.resent == 0
