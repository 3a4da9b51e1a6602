"""One TCP connection, and TLS on top when asked, as close to the socket as asyncio allows.

`loop.sock_*` and a memory BIO cost 0.80 ms of CPU per HTTPS look where asyncio's streams cost 0.86
and httpx 2.16 (measured), and the moment at which a step ends is the moment the kernel said so.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import errno
import fcntl
import socket
import ssl
import struct
import sys
import termios
from ipaddress import ip_address
from typing import Any

from probe.failures import TurnedAway
from probe.tools import icmp_errors
from probe.wire.icmp import Word, word_of

# struct tcp_info of linux/tcp.h, four-byte fields after eight single bytes: tcpi_rtt the sixteenth,
# in microseconds, and tcpi_total_retrans, the 24th. Other systems lay it out otherwise.
RTT_OFFSET, TOTAL_RETRANS_OFFSET = 68, 100
TCP_INFO_BYTES = 104
READ_BYTES = 32 * 1024  # two TLS records of the largest size, RFC 8446 5.1
# A socket that always has more to read never lets the loop run, and then no timeout ever fires.
READS_BEFORE_YIELDING = 8
DER = 2  # _ssl.ENCODING_DER


def socket_address(address: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    """The family and kernel form of a literal address. Raises ValueError for a name.

    The scope of fe80::1%eth0 is looked up here: asyncio would hand such an address to getaddrinfo.
    """
    literal = ip_address(address)
    if literal.version == 4:
        return socket.AF_INET, (str(literal), port)
    scope = literal.scope_id
    if scope is None:
        return socket.AF_INET6, (str(literal), port, 0, 0)
    number = int(scope) if scope.isdecimal() else socket.if_nametoindex(scope)
    return socket.AF_INET6, (str(literal).partition("%")[0], port, 0, number)


def open_socket(
    family: socket.AddressFamily,
    kind: socket.SocketKind,
    address: str,
    source: str | None,
    *,
    protocol: int = 0,
) -> socket.socket:
    """A non-blocking socket, bound to `source` when that is of the same family.

    Loopback keeps its own source: a resolver on 127.0.0.53 cannot answer to another interface.
    Raises OSError.
    """
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        if source is not None and not ip_address(address).is_loopback:
            own_family, own = socket_address(source, 0)
            if own_family == family:
                sock.bind(own)
    except BaseException:
        sock.close()
        raise
    return sock


def turned_away(
    error: OSError, met: icmp_errors.IcmpError | None, family: socket.AddressFamily
) -> OSError:
    """The error, with who sent the ICMP behind it where that was heard."""
    if error.errno == errno.EINVAL:  # how the kernel words a blackhole route (ip-route(8))
        return OSError(errno.ENETUNREACH, "this device's own table of routes leads nowhere")
    if met is None or met.offender is None or error.errno is None:
        return error
    word = word_of(4 if family == socket.AF_INET else 6, met.icmp_type, met.icmp_code)
    no_way = word is Word.NO_WAY
    return TurnedAway(error.errno, error.strerror or "", offender=met.offender, no_way=no_way)


class Stream:
    """A TCP connection that is already there. Bytes in, bytes out; EOF reads as b"".

    Not for two tasks at once. Whoever has it must close it.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        self._reads = 0

    @classmethod
    async def connect(
        cls,
        address: str,
        port: int,
        *,
        source: str | None = None,
        segment_bytes: int | None = None,
    ) -> Stream:
        """Dial a literal address. Raises OSError, ValueError for a name.

        `segment_bytes` bounds what either side puts into one packet (TCP_MAXSEG). TurnedAway
        says who sent the ICMP error, where that was heard.
        """
        family, target = socket_address(address, port)
        sock = open_socket(family, socket.SOCK_STREAM, address, source)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if segment_bytes is not None:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment_bytes)
            icmp_errors.listen(sock)
            await asyncio.get_running_loop().sock_connect(sock, target)
            # A connection that stands is not to be broken off by anybody's ICMP.
            icmp_errors.listen(sock, on=False)
        except OSError as error:
            met = icmp_errors.take(sock)
            sock.close()
            raise turned_away(error, met, family) from error
        except BaseException:
            sock.close()
            raise
        return cls(sock)

    async def handshake(self, context: ssl.SSLContext, server_name: str) -> None:
        """Speak TLS from here on. `server_name` must be in the certificate if the context checks.

        Raises ssl.SSLCertVerificationError, ssl.SSLError, OSError.
        """
        tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._tls = tls
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                pass  # waiting happens outside, so that errors there carry no TLS error as context
            except ssl.SSLError:
                self._flush_now()  # our alert, so that the far end knows why
                raise
            await self._flush()
            await self._fill()
        await self._flush()

    async def send(self, data: bytes) -> None:
        """Send it all. Raises OSError, ssl.SSLError."""
        if self._tls is None:
            await asyncio.get_running_loop().sock_sendall(self._socket, data)
            return
        self._tls.write(data)
        await self._flush()

    async def receive(self, limit: int) -> bytes:
        """At least one byte and at most `limit`; b"" at the end. Raises OSError, ssl.SSLError.

        An end without close_notify is an end: many servers close like that, and whether the answer
        was whole is for its own framing to say.
        """
        if self._tls is None:
            return await self._read_socket(limit)
        while True:
            try:
                return self._tls.read(limit)
            except ssl.SSLWantReadError:
                pass
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            await self._flush()  # an answer to a key update
            await self._fill()

    @property
    def alpn(self) -> str | None:
        """The protocol the server selected; None: none, or no TLS."""
        return self._tls.selected_alpn_protocol() if self._tls else None

    @property
    def version(self) -> str | None:
        """For example "TLSv1.3"."""
        return self._tls.version() if self._tls else None

    @property
    def peer_certificate(self) -> bytes | None:
        """The leaf, DER. None before a handshake, and after one that failed."""
        if self._tls is None:
            return None
        try:
            return self._tls.getpeercert(binary_form=True)
        except ValueError:  # the handshake did not finish
            return None

    @property
    def trusted_root(self) -> bytes | None:
        """The root that vouched for the peer, DER. None where Python cannot say, or nobody did.

        Public since Python 3.13; before that the same call exists one level below.
        """
        below: Any = self._tls
        if below is not None and not hasattr(below, "get_verified_chain"):
            below = getattr(below, "_sslobj", None)
        try:
            chain = below.get_verified_chain() if below is not None else ()
        except (AttributeError, ValueError):  # an older Python; an unfinished handshake
            return None
        if not chain:
            return None
        root = chain[-1]
        return root if isinstance(root, bytes) else bytes(root.public_bytes(DER))

    @property
    def resent(self) -> int | None:
        """Packets that this host's kernel has sent again on this connection, its SYN included.

        The kernel's own count, whatever the time it took us to hear of it. None: it does not tell.
        """
        return self._of_the_kernel(TOTAL_RETRANS_OFFSET)

    @property
    def trip_seconds(self) -> float | None:
        """One round trip, smoothed, as the kernel saw it; however busy this process is.

        None: it does not tell, or has seen none that it can be sure of (RFC 6298, Karn).
        """
        microseconds = self._of_the_kernel(RTT_OFFSET)
        return microseconds / 1e6 if microseconds else None

    def _of_the_kernel(self, offset: int) -> int | None:
        """One field of what it keeps of this connection."""
        if sys.platform != "linux":
            return None
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
        except OSError:
            return None
        if len(info) < TCP_INFO_BYTES:
            return None
        return int(struct.unpack_from("=I", info, offset)[0])

    @property
    def local_address(self) -> str:
        """The address this host spoke from."""
        return str(self._socket.getsockname()[0])

    @property
    def unacknowledged(self) -> int | None:
        """Bytes sent that the far end has not acknowledged; None where that is not told."""
        if sys.platform != "linux":
            return None
        waiting = array.array("i", [0])
        fcntl.ioctl(self._socket.fileno(), termios.TIOCOUTQ, waiting)  # SIOCOUTQ, tcp(7)
        return waiting[0]

    def close(self) -> None:
        """Say goodbye if that needs no waiting, and let go. May be called twice."""
        if self._socket.fileno() == -1:
            return
        if self._tls is not None:
            # unwrap() writes our close_notify and then wants the far end's, which nobody awaits.
            with contextlib.suppress(ssl.SSLError, OSError, ValueError):
                self._tls.unwrap()
            self._flush_now()
        self._socket.close()

    async def _flush(self) -> None:
        if self._outgoing.pending:
            data = self._outgoing.read()
            await asyncio.get_running_loop().sock_sendall(self._socket, data)

    def _flush_now(self) -> None:
        if self._outgoing.pending:
            with contextlib.suppress(OSError):
                self._socket.send(self._outgoing.read())

    async def _fill(self) -> None:
        data = await self._read_socket(READ_BYTES)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _read_socket(self, limit: int) -> bytes:
        self._reads += 1
        if self._reads % READS_BEFORE_YIELDING == 0:
            await asyncio.sleep(0)
        return await asyncio.get_running_loop().sock_recv(self._socket, limit)
