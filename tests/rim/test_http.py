"""HTTP through httpx: verified by name at a literal address, bounded in bytes and in time."""

from __future__ import annotations

import asyncio
import gc
import gzip
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from probe.failures import LookFailed
from probe.http import Http, HttpAnswer
from probe.trust import Trust, Use
from probe.words import Failure, Speed, Step
from tests.support.h2_server import h2_ending, h2_saying
from tests.support.hostile_http import (
    BOMB,
    MIB,
    drip,
    drip_headers,
    endless,
    endless_chunks,
    endless_interim,
    rss_bytes,
)
from tests.support.servers import (
    HOST,
    Authority,
    Handler,
    hang,
    hang_up,
    http_answer,
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


@pytest.fixture
def http(trust: Trust) -> Http:
    return Http(trust, {}, "isitme/test")


async def fetch(
    http: Http,
    port: int,
    *,
    use: Use | None = None,
    method: str = "GET",
    host: str = NAME,
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes | None = None,
    http2: bool = False,
    max_bytes: int = 1000,
    within_seconds: float = 5.0,
) -> HttpAnswer:
    return await http.fetch(
        method=method,
        address=HOST,
        host=host,
        port=port,
        path="/a?b=c",
        use=use,
        headers=headers,
        body=body,
        http2=http2,
        max_bytes=max_bytes,
        within_seconds=within_seconds,
    )


async def failure(http: Http, port: int, **how: object) -> LookFailed:
    with pytest.raises(LookFailed) as caught:
        await fetch(http, port, **how)  # type: ignore[arg-type]
    return caught.value


def recording(heard: list[bytes], answer: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        writer.write(answer)
        await writer.drain()
        writer.close()

    return handler


async def test_plain_http_says_what_was_asked_and_what_came(http: Http) -> None:
    heard: list[bytes] = []
    answer = http_answer(b"Success", headers="Date: today\r\nX-A: 1\r\nx-a: 2\r\n")
    async with tcp_server(recording(heard, answer)) as port:
        got = await fetch(http, port, headers=(("If-None-Match", '"1"'),))

    assert (got.status, got.http_version, got.body) == (200, "HTTP/1.1", b"Success")
    assert got.headers["date"] == "today"
    assert got.headers["x-a"] == "1, 2"
    assert set(got.seconds) == {Step.CONNECT, Step.EXCHANGE}
    assert all(0 < seconds < 5 for seconds in got.seconds.values())
    lines = heard[0].decode().lower().split("\r\n")
    assert lines[0] == "get /a?b=c http/1.1"
    assert f"host: {NAME}:{port}" in lines
    assert "user-agent: isitme/test" in lines
    assert "accept-encoding: identity" in lines
    assert 'if-none-match: "1"' in lines


async def test_http_2_carries_a_body_and_verifies_the_name(
    http: Http, authority: Authority
) -> None:
    def answer(headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        return 403, {"apns-id": "7"}, f"{headers[':authority']} {headers[':path']} ".encode() + body

    tls = authority.server(NAME, alpn=("h2",))
    async with tcp_server(h2_saying(answer), tls=tls) as port:
        got = await fetch(http, port, use=Use.PROVIDER, method="POST", body=b"{}", http2=True)

    assert (got.status, got.http_version) == (403, "HTTP/2")
    assert got.headers["apns-id"] == "7"
    assert got.body == f"{NAME}:{port} /a?b=c {{}}".encode()
    assert set(got.seconds) == {Step.CONNECT, Step.HANDSHAKE, Step.EXCHANGE}


GOODBYES = {
    "being shut down": (0x0, Failure.HTTP2_GOAWAY),
    "broken inside": (0x2, Failure.HTTP2_GOAWAY),
    "asked too often": (0xB, Failure.RATE_LIMITED),
    "it complains of what we sent": (0x1, Failure.HTTP_MALFORMED),
}


@pytest.mark.parametrize("why", GOODBYES)
async def test_a_goodbye_says_whose_trouble_it_is(
    http: Http, authority: Authority, why: str
) -> None:
    code, failure = GOODBYES[why]
    tls = authority.server(NAME, alpn=("h2",))

    async with tcp_server(h2_ending(code, b'{"reason":"Shutdown"}'), tls=tls) as port:
        with pytest.raises(LookFailed) as failed:
            await fetch(http, port, use=Use.PROVIDER, method="POST", body=b"{}", http2=True)

    assert (failed.value.failure, failed.value.step) == (failure, Step.EXCHANGE)


@pytest.mark.parametrize(
    ("code", "failure"),
    [(0x2, Failure.EOF), (0x8, Failure.EOF), (0x1, Failure.HTTP_MALFORMED)],
    ids=["broken inside", "cancelled", "it complains of what we sent"],
)
async def test_a_request_that_is_given_up_ended_without_an_answer(
    http: Http, authority: Authority, code: int, failure: Failure
) -> None:
    tls = authority.server(NAME, alpn=("h2",))

    async with tcp_server(h2_ending(code, request_only=True), tls=tls) as port:
        with pytest.raises(LookFailed) as failed:
            await fetch(http, port, use=Use.PROVIDER, method="POST", body=b"{}", http2=True)

    assert (failed.value.failure, failed.value.step) == (failure, Step.EXCHANGE)


async def test_hosts_at_one_address_are_verified_each_by_its_own_name(
    http: Http, authority: Authority
) -> None:
    """httpcore would send both over one HTTP/2 connection, verified for the first name only."""

    def answer(headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, b"ok"

    tls = authority.server(NAME, alpn=("h2",))
    async with tcp_server(h2_saying(answer), tls=tls) as port:
        right, wrong = await asyncio.gather(
            fetch(http, port, use=Use.FEED, http2=True),
            fetch(http, port, use=Use.FEED, http2=True, host="other.example"),
            return_exceptions=True,
        )

    assert isinstance(right, HttpAnswer)
    assert isinstance(wrong, LookFailed)
    assert wrong.failure is Failure.SSL_INVALID_HOSTNAME


async def test_redirects_are_answers(http: Http) -> None:
    moved = http_answer(b"", status="302 Found", headers="Location: http://192.0.2.1/\r\n")
    async with tcp_server(saying(moved)) as port:
        got = await fetch(http, port)

    assert (got.status, got.headers["location"]) == (302, "http://192.0.2.1/")


async def test_another_port_is_dialled_in_place_of_the_real_one(trust: Trust) -> None:
    heard: list[bytes] = []
    async with tcp_server(recording(heard, http_answer(b""))) as port:
        await fetch(Http(trust, {80: port}, "isitme/test"), 80)

    assert f"Host: {NAME}\r\n".encode() in heard[0]


async def test_proxy_variables_are_ignored(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_port() as nobody:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://{HOST}:{nobody}")
        async with tcp_server(saying(http_answer(b"direct"))) as port:
            got = await fetch(http, port)

    assert got.body == b"direct"


async def test_a_name_is_never_resolved(http: Http) -> None:
    with pytest.raises(ValueError, match="localhost"):
        await http.fetch(
            method="GET",
            address="localhost",
            host="localhost",
            port=80,
            path="/",
            use=None,
            max_bytes=1,
            within_seconds=1,
        )


# ------------------------------------------------------------------ failures


async def test_refused(http: Http) -> None:
    with refusing_port() as port:
        failed = await failure(http, port)

    assert (failed.failure, failed.speed) == (Failure.CONNECTION_REFUSED, Speed.ACTIVE)
    assert failed.step is Step.CONNECT


async def test_silent(http: Http) -> None:
    with silent_port() as port:
        failed = await failure(http, port, within_seconds=0.3)

    assert (failed.failure, failed.speed) == (Failure.GENERIC_TIMEOUT, Speed.SILENT)
    assert failed.step is Step.CONNECT


@pytest.mark.parametrize(
    ("handler", "use", "expected", "step"),
    [
        pytest.param(
            hang, None, Failure.GENERIC_TIMEOUT, Step.EXCHANGE, id="accepts and says nothing"
        ),
        pytest.param(
            hang, Use.WEB, Failure.GENERIC_TIMEOUT, Step.HANDSHAKE, id="accepts and never does TLS"
        ),
        pytest.param(reset, None, Failure.CONNECTION_RESET, Step.EXCHANGE, id="resets"),
        pytest.param(
            reset, Use.WEB, Failure.CONNECTION_RESET, Step.HANDSHAKE, id="resets under TLS"
        ),
        pytest.param(hang_up, None, Failure.EOF, Step.EXCHANGE, id="hangs up"),
        pytest.param(hang_up, Use.WEB, Failure.EOF, Step.HANDSHAKE, id="hangs up under TLS"),
        pytest.param(
            saying(b"no http at all\r\n\r\n"),
            None,
            Failure.HTTP_MALFORMED,
            Step.EXCHANGE,
            id="speaks something else",
        ),
        pytest.param(
            saying(b"no tls at all\r\n\r\n"),
            Use.WEB,
            Failure.SSL_FAILED_HANDSHAKE,
            Step.HANDSHAKE,
            id="speaks something else under TLS",
        ),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
            None,
            Failure.EOF,
            Step.EXCHANGE,
            id="hangs up in the middle of the body",
        ),
        pytest.param(
            saying(http_answer(b"x", headers=f"X: {'y' * 200_000}\r\n")),
            None,
            Failure.HTTP_MALFORMED,
            Step.EXCHANGE,
            id="sends endless headers",
        ),
        pytest.param(
            saying(http_answer(gzip.compress(b"hi"), headers="Content-Encoding: gzip\r\n")),
            None,
            Failure.HTTP_ENCODING,
            Step.EXCHANGE,
            id="compresses unasked",
        ),
        pytest.param(
            saying(http_answer(b"x" * 1001)),
            None,
            Failure.HTTP_TOO_LARGE,
            Step.EXCHANGE,
            id="sends one byte too many",
        ),
    ],
)
async def test_a_server_that(
    handler: Handler, use: Use | None, expected: Failure, step: Step, http: Http
) -> None:
    async with tcp_server(handler) as port:
        failed = await failure(http, port, use=use, within_seconds=0.5)

    assert (failed.failure, failed.step) == (expected, step)


async def test_a_stranger_is_named_as_such(http: Http, tmp_path: Path) -> None:
    stranger = Authority.make(tmp_path, "stranger")
    async with tcp_server(hang, tls=stranger.server(NAME)) as port:
        failed = await failure(http, port, use=Use.WEB)

    assert (failed.failure, failed.step) == (Failure.SSL_UNKNOWN_AUTHORITY, Step.HANDSHAKE)


async def test_http_2_garbage_is_malformed(http: Http, authority: Authority) -> None:
    tls = authority.server(NAME, alpn=("h2",))
    data_on_stream_zero = b"\x00\x00\x01\x00\x00\x00\x00\x00\x00x"  # forbidden, RFC 9113 6.1
    async with tcp_server(saying(data_on_stream_zero), tls=tls) as port:
        failed = await failure(http, port, use=Use.PROVIDER, http2=True)

    assert failed.failure is Failure.HTTP_MALFORMED


async def test_closing_breaks_off_what_is_under_way(http: Http) -> None:
    async with tcp_server(hang) as port:
        asking = asyncio.create_task(failure(http, port, within_seconds=30))
        await asyncio.sleep(0.1)
        await http.aclose()
        async with asyncio.timeout(2):
            failed = await asking

    assert failed.step is Step.EXCHANGE


async def test_giving_up_leaves_no_connection_behind(http: Http) -> None:
    async with tcp_server(hang) as port:
        await failure(http, port, use=Use.WEB, within_seconds=0.1)
        before = descriptors()
        for use in (Use.WEB, None) * 3:
            await failure(http, port, use=use, within_seconds=0.05)
        await asyncio.sleep(0.05)

        assert descriptors() - before <= 6  # the server's ends, which hang; none of ours


# ------------------------------------------------------------------ hostile sizes


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        pytest.param(endless, Failure.HTTP_TOO_LARGE, id="a body of 1 GB"),
        pytest.param(endless_chunks, Failure.HTTP_TOO_LARGE, id="a body without end"),
        pytest.param(
            saying(http_answer(BOMB, headers="Content-Encoding: gzip\r\n")),
            Failure.HTTP_ENCODING,
            id="a gzip bomb",
        ),
        pytest.param(drip, Failure.GENERIC_TIMEOUT, id="a byte now and then"),
        pytest.param(drip_headers, Failure.GENERIC_TIMEOUT, id="a header now and then"),
        pytest.param(endless_interim, Failure.GENERIC_TIMEOUT, id="interim answers without end"),
    ],
)
async def test_hostile_answers_cost_little_memory_and_no_more_time(
    handler: Handler, expected: Failure, http: Http
) -> None:
    within = 1.0
    async with tcp_server(handler) as port:
        with refusing_port() as nobody:
            await failure(http, nobody)  # imports are not the answer's fault
        gc.collect()
        before = rss_bytes()
        highest = before

        async def watch() -> None:
            nonlocal highest
            while True:
                highest = max(highest, rss_bytes())
                await asyncio.sleep(0.005)

        watching = asyncio.create_task(watch())
        began = time.monotonic()
        failed = await failure(http, port, max_bytes=MIB, within_seconds=within)
        took = time.monotonic() - began
        watching.cancel()

    assert failed.failure is expected
    assert took < within + 1
    assert highest - before <= 8 * MIB


# ------------------------------------------------------------------ the rest


def test_importing_the_module_does_not_import_httpx() -> None:
    check = "import sys, probe.http; sys.exit('httpx' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
