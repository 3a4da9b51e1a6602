"""Small real HTTP/2 servers: one answer to every request, or goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import h2.config
import h2.connection
import h2.events

from tests.support.servers import Handler

Headers = dict[str, str]


def h2_saying(
    answer: Callable[[Headers, bytes], tuple[int, Headers, bytes]],
) -> Handler:
    """Serves `answer(request headers, request body)`: status, headers, body."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        connection = h2.connection.H2Connection(config=config)
        connection.initiate_connection()
        requests: dict[int, tuple[Headers, bytearray]] = {}
        writer.write(connection.data_to_send())
        while data := await reader.read(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    headers = {str(name): str(value) for name, value in event.headers or ()}
                    requests[event.stream_id or 0] = headers, bytearray()
                elif isinstance(event, h2.events.DataReceived):
                    requests[event.stream_id or 0][1].extend(event.data or b"")
                elif isinstance(event, h2.events.StreamEnded):
                    stream = event.stream_id or 0
                    headers, body = requests.pop(stream)
                    status, more, said = answer(headers, bytes(body))
                    lines = [(":status", str(status)), *more.items()]
                    connection.send_headers(stream, lines)
                    connection.send_data(stream, said, end_stream=True)
            writer.write(connection.data_to_send())
            await writer.drain()

    return handler


def h2_ending(
    error_code: int, additional_data: bytes = b"", *, request_only: bool = False
) -> Handler:
    """Says GOAWAY (RFC 9113 6.8) at the first request, and waits for the caller to go.

    `request_only`: resets that request (RST_STREAM, 6.4), and the connection goes on.

    A server that closes with a caller's bytes unread resets the connection, goodbye and all.
    """

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        config = h2.config.H2Configuration(client_side=False)
        connection = h2.connection.H2Connection(config=config)
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while data := await reader.read(65536):
            events = connection.receive_data(data)
            asked = [one for one in events if isinstance(one, h2.events.RequestReceived)]
            if asked:
                if request_only:
                    connection.reset_stream(asked[0].stream_id or 0, error_code)
                else:
                    connection.close_connection(error_code, additional_data, last_stream_id=0)
                writer.write(connection.data_to_send())
                await writer.drain()
                break
            writer.write(connection.data_to_send())
        while await reader.read(65536):
            pass

    return handler
