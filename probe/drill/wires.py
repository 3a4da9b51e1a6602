"""The ends of the drill's wires: ports on loopback that answer, refuse, reset or swallow."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

BACKLOG = 128
# A close_notify that the far end never answers must not keep a socket; asyncio's default is 30 s.
GOODBYE_SECONDS = 1.0
HANDSHAKE_SECONDS = 30.0
DATAGRAM_BYTES = 4096
NO_LINGER = struct.pack("ii", 1, 0)  # struct linger: close() sends RST
DATAGRAMS_AT_ONCE = 64


class Wire(StrEnum):
    """What a caller meets at a port."""

    UP = "up"
    REFUSED = "refused"  # RST to every SYN; ICMP port unreachable to every datagram
    SILENT = "silent"  # nothing ever comes back
    RESET = "reset"  # TCP: accepted, then reset. UDP has no such thing: as REFUSED


class Line:
    """One accepted connection, as a server sees it: bare until `begin`."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._writer: asyncio.StreamWriter | None = None

    async def begin(
        self, context: ssl.SSLContext | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Speak from here on, inside TLS when there is a context. Raises OSError, ssl.SSLError."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            self._socket,
            ssl=context,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if context else None,
            ssl_shutdown_timeout=GOODBYE_SECONDS if context else None,
        )
        self._writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        return reader, self._writer

    async def hang(self) -> None:
        """Take what comes and say nothing, until the far end gives up."""
        while await asyncio.get_running_loop().sock_recv(self._socket, DATAGRAM_BYTES):
            pass

    def reset(self) -> None:
        """Hang up with a RST."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self._socket.close()

    async def close(self) -> None:
        """Say goodbye, wait a moment for the far end's, and let go."""
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._writer.wait_closed()
        self.drop()

    def park(self) -> None:
        """Stay connected and deaf, as a cut wire leaves a connection."""
        if self._writer is not None and not self._writer.is_closing():
            _transport_of(self._writer).pause_reading()

    def drop(self) -> None:
        """Let go now. May be called twice."""
        if self._writer is not None:
            _transport_of(self._writer).abort()
        else:
            self._socket.close()


Speak = Callable[[Line], Awaitable[None]]


class TcpDoor:
    """One TCP port of one server. `speak` has a conversation with each caller.

    Its changes take effect at once and need no waiting, so that a whole world turns between two
    steps of the event loop.
    """

    def __init__(
        self, address: str, port: int, speak: Speak, *, on_bug: Callable[[Exception], None]
    ) -> None:
        self.address, self.port, self.wire = address, port, Wire.UP
        self._speak, self._on_bug = speak, on_bug
        self._talks: set[asyncio.Task[None]] = set()
        self._parked: list[Line] = []
        self._filler: socket.socket | None = None
        self._closed = False
        self._listener = _bound(socket.SOCK_STREAM, address, port)
        self._listen()

    def turn(self, wire: Wire) -> None:
        """Change what callers meet. Raises OSError when somebody else took the port meanwhile."""
        if wire is self.wire:
            return
        self._shut()
        self.wire = wire  # before the talks' last words: they ask it how to end
        self._listener = _bound(socket.SOCK_STREAM, self.address, self.port)
        if wire is Wire.SILENT:
            # Linux drops every SYN for a full accept queue. A backlog of 0 has room for one, and
            # that one is ours, never accepted: an unprivileged blackhole.
            self._listener.listen(0)
            self._filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._filler.setblocking(False)
            self._filler.connect_ex((self.address, self.port))
        elif wire is not Wire.REFUSED:  # a port that is bound and does not listen refuses
            self._listen()

    async def close(self) -> None:
        """End every conversation and free the port."""
        self._closed = True
        self._shut()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _listen(self) -> None:
        self._listener.listen(BACKLOG)
        asyncio.get_running_loop().add_reader(self._listener.fileno(), self._accept)

    def _shut(self) -> None:
        # remove_reader before close: the loop must never watch a number that may be used again.
        asyncio.get_running_loop().remove_reader(self._listener.fileno())
        self._listener.close()
        if self._filler is not None:
            self._filler.close()
            self._filler = None
        for line in self._parked:
            line.drop()
        self._parked.clear()
        for talk in self._talks:
            talk.cancel()

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            try:
                sock, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            sock.setblocking(False)
            line = Line(sock)
            if self.wire is Wire.RESET:
                line.reset()
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            talk = asyncio.get_running_loop().create_task(self._talk(line))
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)

    async def _talk(self, line: Line) -> None:
        try:
            await self._speak(line)
            await line.close()
        except (OSError, EOFError):  # callers hang up, and lie: that is what callers do
            line.drop()
        except Exception as error:
            line.drop()
            self._on_bug(error)
        except asyncio.CancelledError:
            if self.wire is Wire.SILENT and not self._closed:
                line.park()
                self._parked.append(line)
            else:
                line.drop()
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One datagram back, perhaps late."""

    data: bytes
    after_seconds: float = 0.0


class UdpDoor:
    """One UDP port of one server. `answer` makes of a datagram its reply, or None."""

    def __init__(
        self,
        address: str,
        port: int,
        answer: Callable[[bytes], Reply | None],
        *,
        on_bug: Callable[[Exception], None],
    ) -> None:
        self.address, self.port, self.wire = address, port, Wire.UP
        self._answer, self._on_bug = answer, on_bug
        self._socket: socket.socket | None = None
        self._open()

    def turn(self, wire: Wire) -> None:
        """Change what callers meet. Raises OSError when somebody else took the port meanwhile."""
        self.wire = wire
        if wire in (Wire.REFUSED, Wire.RESET):
            self._shut()
        elif self._socket is None:
            self._open()

    async def close(self) -> None:
        self._shut()

    def _open(self) -> None:
        self._socket = _bound(socket.SOCK_DGRAM, self.address, self.port)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._hear)

    def _shut(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _hear(self) -> None:
        for _ in range(DATAGRAMS_AT_ONCE):
            if self._socket is None:
                return
            try:
                data, caller = self._socket.recvfrom(DATAGRAM_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an earlier caller's port is closed by now
                continue
            if self.wire is Wire.SILENT:
                continue
            try:
                reply = self._answer(data)
            except Exception as error:  # a bug must not stop the server from answering others
                self._on_bug(error)
                continue
            if reply is not None:
                asyncio.get_running_loop().call_later(
                    reply.after_seconds, self._send, reply.data, caller
                )

    def _send(self, data: bytes, caller: tuple[str, int]) -> None:
        if self._socket is not None and self.wire is Wire.UP:
            with contextlib.suppress(OSError):
                self._socket.sendto(data, caller)


Door = TcpDoor | UdpDoor


def _transport_of(writer: asyncio.StreamWriter) -> asyncio.Transport:
    transport = writer.transport
    assert isinstance(transport, asyncio.Transport)  # typeshed knows the writing half only
    return transport


def _bound(kind: socket.SocketKind, address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, kind)
    try:
        sock.setblocking(False)
        if kind is socket.SOCK_STREAM:
            # A server that comes back takes its port from connections in TIME_WAIT.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
    except BaseException:
        sock.close()
        raise
    return sock
