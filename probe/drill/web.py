"""The drill's web servers: HTTP/1.1 over h11 and HTTP/2 over h2, one answer function for both."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h11

READ_BYTES = 16 * 1024
BODY_BYTES = 64 * 1024  # nobody here has more to ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    method: str
    host: str
    path: str
    headers: Mapping[str, str]  # names lower-case
    body: bytes = b""
    version: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


Respond = Callable[[Asked], Answer]
Pace = Callable[[], Awaitable[None]]


def date_header(unix: float) -> tuple[str, str]:
    return "date", formatdate(unix, usegmt=True)


def _bodiless(asked: str, answer: Answer) -> bool:
    """RFC 9110 6.4.1."""
    return asked == "HEAD" or answer.status in {204, 304}


def _headers(answer: Answer) -> list[tuple[str, str]]:
    has_length = answer.status not in {204, 304}
    length = [("content-length", str(len(answer.body)))] if has_length else []
    return [*answer.headers, *length]


async def serve_http1(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, respond: Respond, pace: Pace
) -> None:
    """Answer one caller until either side is done. Raises OSError."""
    connection = h11.Connection(h11.SERVER)
    try:
        while True:
            asked = await _request(connection, reader)
            if asked is None:
                return
            answer = respond(asked)
            await pace()
            response = h11.Response(status_code=answer.status, headers=_headers(answer))
            data = connection.send(response) or b""
            if not _bodiless(asked.method, answer):
                data += connection.send(h11.Data(data=answer.body)) or b""
            data += connection.send(h11.EndOfMessage()) or b""
            writer.write(data)
            await writer.drain()
            if connection.our_state is not h11.DONE:
                return
            connection.start_next_cycle()
    except (h11.RemoteProtocolError, _TooMuch):
        return


async def _request(connection: h11.Connection, reader: asyncio.StreamReader) -> Asked | None:
    request: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(READ_BYTES))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > BODY_BYTES:
                raise _TooMuch
        elif isinstance(event, h11.EndOfMessage):
            assert request is not None
            headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in request.headers}
            return Asked(
                method=request.method.decode("ascii"),
                host=headers.get("host", ""),
                path=request.target.decode("latin-1"),
                headers=headers,
                body=body,
            )
        else:  # the caller hung up, or waits for an upgrade that nobody here makes
            return None


class _TooMuch(Exception):
    """A caller sent more than anybody here has to say."""


@dataclass(slots=True)
class _Stream:
    headers: dict[str, str]
    body: bytes = b""


@dataclass(slots=True)
class _Http2:
    connection: h2.connection.H2Connection
    streams: dict[int, _Stream] = field(default_factory=dict)


async def serve_http2(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, respond: Respond, pace: Pace
) -> None:
    """Answer one caller until it hangs up.

    Who speaks HTTP/1.1 instead gets what Apple's provider API gives: a SETTINGS frame, GOAWAY, and
    the end. Raises OSError.
    """
    config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
    talk = _Http2(connection=h2.connection.H2Connection(config=config))
    talk.connection.initiate_connection()
    writer.write(talk.connection.data_to_send())
    try:
        while data := await reader.read(READ_BYTES):
            for event in talk.connection.receive_data(data):
                if isinstance(event, h2.events.ConnectionTerminated):
                    return
                await _hear(talk, event, respond, pace)
            writer.write(talk.connection.data_to_send())
            await writer.drain()
    except (h2.exceptions.ProtocolError, _TooMuch):
        writer.write(talk.connection.data_to_send())  # h2 has put the GOAWAY there


async def _hear(talk: _Http2, event: h2.events.Event, respond: Respond, pace: Pace) -> None:
    if isinstance(event, h2.events.RequestReceived):
        talk.streams[event.stream_id] = _Stream({str(k): str(v) for k, v in event.headers})
    elif isinstance(event, h2.events.DataReceived):
        stream = talk.streams[event.stream_id]
        stream.body += event.data
        if len(stream.body) > BODY_BYTES:
            raise _TooMuch
        talk.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
    elif isinstance(event, h2.events.StreamReset):
        talk.streams.pop(event.stream_id, None)
    elif isinstance(event, h2.events.StreamEnded):
        stream = talk.streams.pop(event.stream_id)
        answer = respond(
            Asked(
                method=stream.headers.get(":method", ""),
                host=stream.headers.get(":authority", ""),
                path=stream.headers.get(":path", ""),
                headers=stream.headers,
                body=stream.body,
                version="HTTP/2",
            )
        )
        await pace()
        bodiless = _bodiless(stream.headers.get(":method", ""), answer) or not answer.body
        talk.connection.send_headers(
            event.stream_id,
            [(":status", str(answer.status)), *_headers(answer)],
            end_stream=bodiless,
        )
        if not bodiless:
            _send_body(talk.connection, event.stream_id, answer.body)


def _send_body(connection: h2.connection.H2Connection, stream_id: int, body: bytes) -> None:
    """Answers here are small: they fit the 65,535 bytes that RFC 9113 6.9.2 opens with."""
    size = connection.max_outbound_frame_size
    for start in range(0, len(body), size):
        end = start + size >= len(body)
        connection.send_data(stream_id, body[start : start + size], end_stream=end)
