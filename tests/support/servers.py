"""Small real servers on loopback that do exactly one thing to whoever calls."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def tcp_server(
    handler: Handler, *, tls: ssl.SSLContext | None = None, host: str = HOST
) -> AsyncIterator[int]:
    """A server that runs `handler` for each connection; gives its port."""
    writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        writers.add(writer)
        try:
            with suppress(OSError, EOFError, ssl.SSLError):
                await handler(reader, writer)
        finally:
            tasks.discard(task)
            writers.discard(writer)
            writer.transport.abort()

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


@contextmanager
def refusing_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> Iterator[int]:
    """A port where nobody listens, kept from others while it is used."""
    with socket.socket(type=kind) as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        if kind is socket.SOCK_DGRAM:
            sock.close()  # a bound UDP socket would be silent, not closed
        yield port


@contextmanager
def silent_port() -> Iterator[int]:
    """A port whose SYNs go unanswered: its accept queue is full (Linux drops the SYN then)."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        fillers = []
        try:
            for _ in range(4):
                filler = socket.socket()
                fillers.append(filler)
                filler.settimeout(0.05)
                with suppress(TimeoutError):
                    filler.connect((HOST, port))
            yield port
        finally:
            for filler in fillers:
                filler.close()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read something, then RST."""
    await reader.read(1)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read something, then FIN."""
    await reader.read(4096)
    writer.write_eof()
    await reader.read()


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


def saying(answer: bytes) -> Handler:
    """Read a little, say this, hang up."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(answer)
        await writer.drain()
        writer.close()

    return handler


def http_answer(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answers: Callable[[bytes], list[bytes]]) -> None:
        self._answers = answers
        self.asked: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python's own selector transport is a DatagramTransport by name only.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked.append(data)
        for answer in self._answers(data):
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def udp_server(
    answers: Callable[[bytes], list[bytes]], *, port: int = 0
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answers each datagram with these; gives the port, and what was asked."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: _Datagrams(answers), local_addr=(HOST, port)
    )
    try:
        yield transport.get_extra_info("sockname")[1], protocol.asked
    finally:
        transport.close()
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Authority:
    """A certificate authority for tests: its root as a file, and servers' contexts."""

    ca: trustme.CA
    root: Path

    @classmethod
    def make(cls, directory: Path, name: str = "root") -> Authority:
        ca = trustme.CA(organization_name=name)
        root = directory / f"{name}.pem"
        ca.cert_pem.write_to_path(str(root))
        return cls(ca, root)

    def server(
        self,
        *names: str,
        alpn: tuple[str, ...] = (),
        not_before: datetime.datetime | None = None,
        not_after: datetime.datetime | None = None,
    ) -> ssl.SSLContext:
        """A server's context whose certificate carries these names and dates."""
        leaf = self.ca.issue_cert(*names, not_before=not_before, not_after=not_after)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context

    def bare_server(self, name: str, directory: Path) -> ssl.SSLContext:
        """A certificate without any key identifier, which strict verification refuses."""
        key = serialization.load_pem_private_key(self.ca.private_key_pem.bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # what trustme makes
        root = x509.load_pem_x509_certificate(self.ca.cert_pem.bytes())
        now = datetime.datetime.now(datetime.UTC)
        leaf = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(root.subject)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
            .sign(key, hashes.SHA256())
        )
        chain, private = directory / "bare.pem", directory / "bare.key"
        chain.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(self.ca.private_key_pem.bytes())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, private)
        return context


async def relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    """Carry bytes both ways until both sides are done."""

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()

    try:
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
    finally:
        far_writer.transport.abort()


def tunnelling(
    place_of: Callable[[str, int], tuple[str, int] | None], asked: list[bytes] | None = None
) -> Handler:
    """A web proxy: connects to where a "host:port" stands (RFC 9110 9.3.6), refuses None with 403.

    `asked` keeps what it was asked.
    """

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if asked is not None:
            asked.append(head)
        host, _, port = head.split()[1].decode().rpartition(":")
        place = place_of(host, int(port))
        if place is None:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(*place)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await relay(reader, writer, far_reader, far_writer)

    return handler
