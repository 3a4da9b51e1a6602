"""One real server on a real socket: it starts, answers, ends, and prints nothing."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import ASGIApp

from probe.outlets.web import CannotListen, Sources, Stream, WebServer, web_app
from tests.support.statuses import healthy

pytestmark = pytest.mark.real


def app() -> ASGIApp:
    versions = {"isitme": "1"}
    return web_app(
        Sources(
            status=healthy,
            metrics=lambda accept: (b"up 1\n", "text/plain"),
            versions=versions,
            stream=Stream(healthy, versions=versions),
        )
    )


@asynccontextmanager
async def serving(
    host: str = "127.0.0.1",
) -> AsyncIterator[tuple[WebServer, asyncio.Task[None], int]]:
    bound: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()
    server = WebServer(app())
    task = asyncio.create_task(
        server.serve(host, 0, listening=lambda host, port: bound.set_result((host, port)))
    )
    _, port = await bound
    try:
        yield server, task, port
    finally:
        await server.stop()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


async def said(port: int, request: str, host: str = "127.0.0.1") -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(request.replace("\n", "\r\n").encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


GET = "{method} {path} HTTP/1.1\nHost: {host}\nConnection: close\n\n"


async def test_it_answers_on_a_real_socket_and_prints_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with serving() as (_, _, port):
        answer = await said(port, GET.format(method="GET", path="/metrics", host="localhost"))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == b"up 1\n"
    assert b"\r\nserver:" not in head.lower()
    assert b"\r\ndate:" in head.lower()
    assert capfd.readouterr() == ("", "")


async def test_an_answer_on_a_kept_connection_is_not_held_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nagle's algorithm and a delayed acknowledgement make 40 ms of each (RFC 896, RFC 1122)."""
    accepted: list[socket.socket] = []
    accept = socket.socket.accept

    def kept(self: socket.socket) -> tuple[socket.socket, object]:
        sock, address = accept(self)
        accepted.append(sock)
        return sock, address

    monkeypatch.setattr(socket.socket, "accept", kept)
    async with serving() as (_, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.readuntil(b"up 1\n")
        set_so = [s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for s in accepted]
        writer.close()
        await writer.wait_closed()

    assert [bool(one) for one in set_so] == [True]


async def test_head_is_get_without_its_body() -> None:
    async with serving() as (_, _, port):
        get = await said(port, GET.format(method="GET", path="/status", host="localhost"))
        head = await said(port, GET.format(method="HEAD", path="/status", host="localhost"))

    headers, _, body = head.partition(b"\r\n\r\n")
    length = len(get.partition(b"\r\n\r\n")[2])
    assert headers.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"content-length: {length}\r\n".encode() in headers.lower() + b"\r\n"
    assert body == b""


@pytest.mark.parametrize(
    ("request_text", "expected"),
    [
        ("GET / HTTP/1.0\n\n", b"HTTP/1.1 400 Bad Request"),
        ("GET / HTTP/1.1\nHost: evil.example\nConnection: close\n\n", b"HTTP/1.1 421 "),
        ("nonsense\n\n", b"HTTP/1.1 400 Bad Request"),
    ],
    ids=["no Host at all", "somebody else's name", "no HTTP at all"],
)
async def test_strangers_are_refused_without_a_word_in_the_log(
    request_text: str, expected: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as (_, _, port):
        answer = await said(port, request_text)

    assert answer.startswith(expected)
    assert caplog.records == []


async def test_it_leaves_the_signals_to_the_application() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with serving() as (_, _, port):
        await said(port, GET.format(method="GET", path="/", host="localhost"))
        during = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    assert during == before


async def test_a_port_in_use_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotListen) as caught:
            await WebServer(app()).serve("127.0.0.1", port)

    assert f"127.0.0.1:{port} is already in use; is isitme running there?" in str(caught.value)


async def test_an_address_of_another_machine_is_told_in_words() -> None:
    with pytest.raises(CannotListen, match=r"192\.0\.2\.1:0 is not an address of this machine"):
        await WebServer(app()).serve("192.0.2.1", 0)


async def test_it_ends_when_it_is_cancelled_and_frees_its_port() -> None:
    async with serving() as (_, task, port):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with socket.create_server(("127.0.0.1", port)):
            pass


async def test_it_ends_at_once_though_a_caller_keeps_the_line() -> None:
    async with serving() as (server, task, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(1):
            await server.stop()
        assert task.done() or await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_stopped_before_it_began_it_never_begins() -> None:
    server = WebServer(app())
    began: list[int] = []

    await server.stop()
    async with asyncio.timeout(1):
        await server.serve("127.0.0.1", 0, listening=lambda host, port: began.append(port))

    assert began == []


async def test_a_bug_in_the_server_is_raised_and_stop_still_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("uvicorn.Server.startup", broken)
    server = WebServer(app())
    serving = asyncio.create_task(server.serve("127.0.0.1", 0))

    async with asyncio.timeout(1):
        await asyncio.wait([serving])
        await server.stop()
    with pytest.raises(RuntimeError, match="a bug"):
        serving.result()
