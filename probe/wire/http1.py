"""HTTP/1.1, one request and one answer, over h11. The only door to it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import h11

from probe.failures import LookFailed
from probe.words import Failure, Speed

HEADER_BYTES = 64 * 1024  # Apple's largest seen is under 4 KiB
PIECE_BYTES = 16 * 1024  # h11 bounds what is unfinished: fed in pieces, also what is finished
HEAD_TOO_LARGE = 431  # h11's hint for a head that outgrows its bound (RFC 6585)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer. Header names are lower-case; one that came twice is joined by ", "."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    http_version: str


def request(
    method: str,
    host: str,
    path: str,
    *,
    user_agent: str,
    accept: str = "*/*",
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A request that asks for one plain answer and then the end of the connection."""
    connection = h11.Connection(h11.CLIENT)
    event = h11.Request(
        method=method,
        target=path,
        headers=[
            ("Host", f"[{host}]" if ":" in host else host),
            ("User-Agent", user_agent),
            ("Accept", accept),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
            *headers,
        ],
    )
    return (connection.send(event) or b"") + (connection.send(h11.EndOfMessage()) or b"")


def connect(authority: str, *, user_agent: str, credentials: tuple[str, str] | None) -> bytes:
    """Ask a proxy for a tunnel to "host:port" (RFC 9110 9.3.6), as nobody or by RFC 7617."""
    headers = [("Host", authority), ("User-Agent", user_agent)]
    if credentials is not None:
        secret = base64.b64encode(":".join(credentials).encode()).decode()
        headers.append(("Proxy-Authorization", f"Basic {secret}"))
    event = h11.Request(method="CONNECT", target=authority, headers=headers)
    return h11.Connection(h11.CLIENT).send(event) or b""


class ResponseReader:
    """Takes bytes as they come until the answer is whole.

    Raises LookFailed: HTTP_MALFORMED, HTTP_TOO_LARGE, HTTP_ENCODING, EOF.
    """

    def __init__(self, max_body: int, *, method: str = "GET") -> None:
        self._max_body = max_body
        self._wants_tunnel = method == "CONNECT"
        # Interim answers and the framing of chunks are neither head nor body, and have no end of
        # their own: the whole conversation has one.
        self._bytes_left = 2 * (HEADER_BYTES + max_body)
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADER_BYTES)
        # h11 must believe that it sent the request whose answer it reads.
        self._connection.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
        self._connection.send(h11.EndOfMessage())
        self._head: h11.Response | None = None
        self._body = bytearray()
        self._done = False

    def feed(self, data: bytes) -> bool:
        """Take what came, b"" for the end. True when the answer is whole."""
        for start in range(0, max(len(data), 1), PIECE_BYTES):
            if not self._done:
                self._feed_piece(data[start : start + PIECE_BYTES])
        if data == b"" and not self._done:
            raise LookFailed(Failure.EOF, Speed.ACTIVE, "hung up without an answer")
        return self._done

    def _feed_piece(self, data: bytes) -> None:
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise LookFailed(Failure.HTTP_TOO_LARGE, Speed.ACTIVE, "an answer without an end")
        try:
            self._connection.receive_data(data)
            while not self._done and self._take(self._connection.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            if data == b"":
                raise LookFailed(Failure.EOF, Speed.ACTIVE, "hung up in the middle") from error
            if error.error_status_hint == HEAD_TOO_LARGE:
                said = f"headers of more than {HEADER_BYTES} bytes"
                raise LookFailed(Failure.HTTP_TOO_LARGE, Speed.ACTIVE, said) from error
            raise LookFailed(Failure.HTTP_MALFORMED, Speed.ACTIVE, str(error)[:100]) from error

    def _take(self, event: object) -> bool:
        match event:
            case h11.Response():
                self._head = event
                if self._wants_tunnel:  # what follows is the far end's, or a page nobody reads
                    self._done = True
                    return False
                self._refuse_encoding(event)
            case h11.Data():
                self._body += event.data
                if len(self._body) > self._max_body:
                    said = f"an answer of more than {self._max_body} bytes"
                    raise LookFailed(Failure.HTTP_TOO_LARGE, Speed.ACTIVE, said)
            case h11.EndOfMessage():
                self._done = True
            case h11.ConnectionClosed():
                raise LookFailed(Failure.EOF, Speed.ACTIVE, "hung up without an answer")
            case h11.InformationalResponse():
                pass
            case _:  # NEED_DATA, PAUSED
                return False
        return True

    @staticmethod
    def _refuse_encoding(event: h11.Response) -> None:
        """Asked for identity: anything else is somebody's bomb or somebody's proxy."""
        for name, value in event.headers:
            if name == b"content-encoding" and value.strip().lower() not in {b"", b"identity"}:
                shown = value[:40].decode("ascii", errors="replace")
                raise LookFailed(Failure.HTTP_ENCODING, Speed.ACTIVE, f"packed as {shown}")

    @property
    def response(self) -> Response:
        """The whole answer. Raises RuntimeError before `feed` has said True."""
        if self._head is None or not self._done:
            raise RuntimeError("the answer is not whole yet")
        headers: dict[str, str] = {}
        for raw_name, raw_value in self._head.headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        version = self._head.http_version.decode("ascii", errors="replace")
        return Response(
            status=self._head.status_code,
            headers=headers,
            body=bytes(self._body),
            http_version=f"HTTP/{version}",
        )
