"""Who keeps a line open hears every turn, and every 15 seconds that we are still here.

Server-sent events (WHATWG HTML, 9.2). An event's `id` names the told answer: a listener that comes
back with `Last-Event-ID` is told at once when it missed a turn, also across our restart.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from probe.model import News, Status, Turn
from probe.outlets.status_json import status_to_json, utc
from probe.outlets.web.guard import error

HEARTBEAT_SECONDS = 15.0  # WHATWG HTML 9.2.7 advises "every 15 seconds or so": proxies cut silence
MOST_LISTENERS = 32  # half of what the server serves at once: pages and scrapers need the rest
MOST_WAITING = 8  # turns that a slow reader may be behind; flapping makes no more in a minute
SEND_SECONDS = 10.0  # for the reader's side to take one event
COME_BACK_MS = 3000  # when a browser tries again; it is a restart's length

HEADERS: Mapping[str, str] = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # nginx would keep events back
}

Line = asyncio.Queue[bytes | None]  # None: the end


class Stream:
    """An outlet, and what /api/v1/stream answers with."""

    def __init__(self, status: Callable[[], Status], *, versions: Mapping[str, str]) -> None:
        self._status, self._versions = status, versions
        self._lines: set[Line] = set()
        self._closed = False

    @property
    def listeners(self) -> int:
        return len(self._lines)

    async def hear(self, news: News) -> None:
        """Tell a turn to everybody; who has not taken the ones before is let go."""
        if not isinstance(news, Turn) or not self._lines:
            return
        said = self._turn()
        for line in self._lines:
            try:
                line.put_nowait(said)
            except asyncio.QueueFull:
                end(line)

    def close(self) -> None:
        """End every line, and take no new one."""
        self._closed = True
        for line in self._lines:
            end(line)

    def answer(self, request: Request) -> Response:
        """The stream for one listener; 503 when there are too many, or when we end."""
        if self._closed:
            return error(503, "ending", "isitme ends or starts anew", **{"retry-after": "3"})
        if len(self._lines) >= MOST_LISTENERS:
            said = f"{MOST_LISTENERS} listen already; ask /status now and then instead"
            return error(503, "too_many_listeners", said, **{"retry-after": "60"})
        return _Events(self, request.headers.get("last-event-id"), head=request.method == "HEAD")

    # ------------------------------------------------------------ for one listener

    def join(self, known: str | None) -> Line:
        """A line whose first event says where we stand: a turn, for who knows another answer."""
        line: Line = asyncio.Queue(MOST_WAITING)
        missed = known is not None and known != id_of(self._status())
        line.put_nowait(self._turn() if missed else self.heartbeat())
        self._lines.add(line)
        return line

    def leave(self, line: Line) -> None:
        self._lines.discard(line)

    def heartbeat(self) -> bytes:
        status = self._status()
        verdict = status.verdict
        return event(
            "heartbeat",
            id_of(status),
            {
                "at": utc(status.at),
                "ready": status.ready,
                "blame": verdict.blame.value,
                "code": verdict.code.value,
                "cause": verdict.cause.value if verdict.cause else None,
                "since": utc(status.since),
            },
        )

    def _turn(self) -> bytes:
        status = self._status()
        return event("turn", id_of(status), status_to_json(status, versions=self._versions))


class _Events(Response):
    """One listener's answer, until either side ends it."""

    def __init__(self, stream: Stream, known: str | None, *, head: bool) -> None:
        super().__init__(headers=dict(HEADERS))
        del self.headers["content-length"]  # nobody knows
        self._stream, self._known, self._head = stream, known, head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": list(self.raw_headers)}
        )
        if not self._head:
            await self._listen(receive, send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _listen(self, receive: Receive, send: Send) -> None:
        """Speak until the listener hangs up, or we end. One that is stuck only counts as gone: the
        server closes its connection when it has taken nothing for a while (server.py)."""
        line = self._stream.join(self._known)
        speaking = asyncio.create_task(self._speak(line, send), name="stream")
        gone = asyncio.create_task(hang_up(receive), name="stream's listener")
        try:
            await asyncio.wait({speaking, gone}, return_when=asyncio.FIRST_COMPLETED)
            self._stream.leave(line)
            if speaking.done():
                try:
                    speaking.result()
                except TimeoutError:
                    await gone
        finally:
            self._stream.leave(line)
            for task in (speaking, gone):
                task.cancel()
            await asyncio.gather(speaking, gone, return_exceptions=True)

    async def _speak(self, line: Line, send: Send) -> None:
        said: bytes | None = f"retry: {COME_BACK_MS}\n\n".encode()
        while said is not None:
            async with asyncio.timeout(SEND_SECONDS):  # who does not take it is let go
                await send({"type": "http.response.body", "body": said, "more_body": True})
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    said = await line.get()
            except TimeoutError:
                said = self._stream.heartbeat()


async def hang_up(receive: Receive) -> None:
    """Return when the caller has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def end(line: Line) -> None:
    """Nothing more on this line, not even what waits."""
    while not line.empty():
        line.get_nowait()
    line.put_nowait(None)


def id_of(status: Status) -> str:
    """The told answer's name: another after every turn, the same after a restart without one."""
    verdict = status.verdict
    return (
        f"{utc(status.since)}/{verdict.code.value}/{verdict.cause.value if verdict.cause else ''}"
    )


def event(name: str, id: str, data: Mapping[str, Any]) -> bytes:
    """One event. JSON has no line break of its own, so that it is one `data` line."""
    said = json.dumps(data, ensure_ascii=False)
    return f"event: {name}\nid: {id}\ndata: {said}\n\n".encode(errors="replace")
