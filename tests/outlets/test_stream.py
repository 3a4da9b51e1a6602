"""Those who keep a line open, over a real server: what they hear, and when they are let go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.requests import Request

from probe.model import Status, Turn
from probe.outlets.status_json import status_to_json
from probe.outlets.web import Sources, Stream, WebServer, web_app
from probe.outlets.web import stream as module
from tests.support.statuses import AT, apple_outage, dns_block, healthy

pytestmark = pytest.mark.real
VERSIONS = {"isitme": "1.2.3", "rules": "2026-11"}
HOST = "127.0.0.1"


@dataclass
class Scene:
    """A service whose answer the test turns."""

    status: Status = field(default_factory=healthy)
    port: int = 0

    def __post_init__(self) -> None:
        self.stream = Stream(lambda: self.status, versions=VERSIONS)
        self.server = WebServer(
            web_app(
                Sources(
                    status=lambda: self.status,
                    metrics=lambda accept: (b"", "text/plain"),
                    stream=self.stream,
                    versions=VERSIONS,
                )
            )
        )

    async def turn(self, after: Status, *, seconds: float = 60) -> None:
        before, at = self.status, AT + timedelta(seconds=seconds)
        self.status = replace(after, since=at, at=at)
        await self.stream.hear(Turn(at=at, before=before.verdict, after=after.verdict))


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    one = Scene()
    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        one.server.serve(HOST, 0, listening=lambda _, port: bound.set_result(port))
    )
    one.port = await bound
    try:
        yield one
    finally:
        one.stream.close()
        await one.server.stop()
        await serving


@dataclass
class Listener:
    reader: asyncio.StreamReader
    head: str = ""

    async def event(self) -> tuple[str, str, Any]:
        """The next event: its name, id and data."""
        said = ""
        while "event:" not in said:
            block = b""
            while not block.endswith(b"\n\n"):
                size = int(await self.reader.readuntil(b"\r\n"), 16)
                assert size, "the stream has ended"
                block += (await self.reader.readexactly(size + 2))[:-2]
            said = block.decode()
        fields = dict(line.split(": ", 1) for line in said.strip().split("\n"))
        return fields["event"], fields["id"], json.loads(fields["data"])


@asynccontextmanager
async def listening(port: int, *headers: str, method: str = "GET") -> AsyncIterator[Listener]:
    reader, writer = await asyncio.open_connection(HOST, port)
    lines = (f"{method} /api/v1/stream HTTP/1.1", f"Host: {HOST}", *headers, "", "")
    writer.write("\r\n".join(lines).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    try:
        yield Listener(reader, head)
    finally:
        writer.close()
        await writer.wait_closed()


async def until(scene: Scene, listeners: int) -> None:
    async with asyncio.timeout(5):
        while scene.stream.listeners != listeners:  # noqa: ASYNC110  # a socket sets no event
            await asyncio.sleep(0.01)


async def test_a_turn_is_told_to_everybody_as_status_tells_it(scene: Scene) -> None:
    async with listening(scene.port) as one, listening(scene.port) as other:
        first = await one.event()
        await other.event()
        await scene.turn(dns_block())
        heard = await one.event()
        assert await other.event() == heard

    assert "content-type: text/event-stream; charset=utf-8" in one.head
    assert "content-length" not in one.head
    assert first[0] == "heartbeat"
    assert first[1] == "2026-11-23T09:58:12Z/ok/"
    assert heard[:2] == ("turn", "2026-11-23T10:01:00Z/dns/dns_filtered")
    assert heard[2] == status_to_json(scene.status, versions=VERSIONS)


async def test_between_turns_a_heartbeat_says_where_we_stand(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.01)
    async with listening(scene.port) as one:
        beats = [await one.event() for _ in range(3)]

    assert [name for name, _, _ in beats] == ["heartbeat"] * 3
    assert beats[-1][2] == {
        "at": "2026-11-23T10:00:00Z",
        "ready": True,
        "blame": "nobody",
        "code": "ok",
        "cause": None,
        "since": "2026-11-23T09:58:12Z",
    }


async def test_who_comes_back_hears_at_once_of_a_turn_that_was_missed(scene: Scene) -> None:
    async with listening(scene.port) as one:
        _, id, _ = await one.event()
    await scene.turn(dns_block())

    async with listening(scene.port, f"Last-Event-ID: {id}") as again:
        missed = await again.event()
    async with listening(scene.port, f"Last-Event-ID: {missed[1]}") as once_more:
        nothing = await once_more.event()

    assert missed[0] == "turn"
    assert missed[2]["verdict"]["code"] == "dns"
    assert nothing[0] == "heartbeat"


async def test_who_hangs_up_is_forgotten(scene: Scene) -> None:
    async with listening(scene.port) as one:
        await one.event()
        assert scene.stream.listeners == 1

    await until(scene, 0)


async def test_listeners_are_bounded_and_the_rest_of_the_page_is_served(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LISTENERS", 1)
    async with listening(scene.port) as one:
        await one.event()
        async with listening(scene.port) as refused:
            assert refused.head.startswith("HTTP/1.1 503")
            assert "too_many_listeners" in (await refused.reader.readuntil(b"}}")).decode()
        await scene.turn(dns_block())
        assert (await one.event())[0] == "turn"


async def test_the_end_of_the_service_ends_every_line_at_once(scene: Scene) -> None:
    async with listening(scene.port) as one:
        await one.event()
        async with asyncio.timeout(1):
            scene.stream.close()
            await scene.server.stop()
            assert (await one.reader.read()).endswith(b"0\r\n\r\n")


async def test_asked_for_the_head_alone_it_ends(scene: Scene) -> None:
    async with listening(scene.port, "Connection: close", method="HEAD") as one:
        assert await one.reader.read() == b""
    assert scene.stream.listeners == 0


class Stuck:
    """A reader that takes `most` messages and then no more, as a server shows it to us."""

    def __init__(self, most: int) -> None:
        self.taken: list[bytes] = []
        self._most = most
        self.hung_up = asyncio.Event()

    async def send(self, message: Any) -> None:
        if len(self.taken) >= self._most:
            await asyncio.Event().wait()
        self.taken.append(message.get("body", b""))

    async def receive(self) -> dict[str, str]:
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    def request(self) -> Request:
        return Request({"type": "http", "method": "GET", "headers": []})

    def listen(self, stream: Stream) -> asyncio.Task[None]:
        asked = self.request()
        return asyncio.create_task(stream.answer(asked)(asked.scope, self.receive, self.send))


async def test_a_reader_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEND_SECONDS", 0.05)
    scene, stuck = Scene(), Stuck(most=2)
    ended = stuck.listen(scene.stream)

    await until(scene, 1)
    await until(scene, 0)

    stuck.hung_up.set()
    ended.cancel()  # the last word cannot be sent either
    await asyncio.wait([ended])


async def test_a_reader_far_behind_costs_no_memory_and_nobody_else_a_turn(scene: Scene) -> None:
    stuck = Stuck(most=2)
    ended = stuck.listen(scene.stream)
    async with listening(scene.port) as one:
        await one.event()
        await until(scene, 2)
        for n in range(module.MOST_WAITING + 3):
            await scene.turn(dns_block() if n % 2 == 0 else apple_outage(), seconds=60.0 + n)
            assert (await one.event())[0] == "turn"

    assert len(stuck.taken) == 2
    ended.cancel()
    await asyncio.wait([ended])
