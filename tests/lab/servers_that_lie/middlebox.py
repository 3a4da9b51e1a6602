"""A box in the middle of secure connections: it signs anew, or cuts by name.

    python -m tests.lab.servers_that_lie.middlebox PORT --ca FILE [--spare apple.com]
    python -m tests.lab.servers_that_lie.middlebox PORT --cut apple.com [--silently]

Connections are led here by the packet filter (redirect); where they were meant to go is asked of
the kernel (SO_ORIGINAL_DST). With --ca every host gets a certificate made on the spot, as
inspecting proxies and security software do. With --cut nothing is opened: what names a host under
this domain is broken off, everything else passes as it is.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import ssl
import struct
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from probe.drill.certificates import Authority

SO_ORIGINAL_DST = 80  # linux/netfilter_ipv4.h; the same number in netfilter_ipv6/ip6_tables.h
SOCKADDR_IN, SOCKADDR_IN6 = 16, 28  # bytes
MARK = 7  # on our own connections, so that a filter on the same host lets them pass
HELLO_SECONDS = 10.0
READ_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Hello:
    """What a TLS greeting asks for (RFC 8446 4.1.2, RFC 6066 3, RFC 7301 3.1)."""

    name: str
    protocols: tuple[str, ...]


def read_hello(data: bytes) -> Hello:
    """Read the greeting at the start of a connection. Raises IndexError, struct.error."""
    at = 5 + 4 + 2 + 32
    at += 1 + data[at]  # session
    at += 2 + struct.unpack_from("!H", data, at)[0]  # ciphers
    at += 1 + data[at]  # compression
    end = at + 2 + struct.unpack_from("!H", data, at)[0]
    at += 2
    name, protocols = "", []
    while at + 4 <= end:
        kind, length = struct.unpack_from("!HH", data, at)
        body = data[at + 4 : at + 4 + length]
        at += 4 + length
        if kind == 0:
            name = body[5:].decode("ascii")
        elif kind == 16:
            place = 2
            while place < len(body):
                protocols.append(body[place + 1 : place + 1 + body[place]].decode("ascii"))
                place += 1 + body[place]
    return Hello(name, tuple(protocols))


def peek_hello(sock: socket.socket) -> Hello:
    """The greeting, left where it is for whoever reads next."""
    sock.settimeout(HELLO_SECONDS)
    while True:
        data = sock.recv(READ_BYTES, socket.MSG_PEEK)
        if not data:
            raise OSError("no greeting came")
        if len(data) >= 5 and len(data) >= 5 + struct.unpack_from("!H", data, 3)[0]:
            return read_hello(data)
        if data[0] != 22:
            raise OSError("not TLS")


@dataclass(slots=True)
class Resigner:
    """Certificates for any host, made when they are first asked for."""

    ca: Path
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    made: dict[tuple[str, str], ssl.SSLContext] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def context(self, name: str, protocol: str | None) -> ssl.SSLContext:
        with self.lock:
            key = (name, protocol or "")
            if key not in self.made:
                self.made[key] = self._make(name, protocol)
            return self.made[key]

    def _make(self, name: str, protocol: str | None) -> ssl.SSLContext:
        pem = self.ca.read_bytes()
        subject = x509.load_pem_x509_certificate(pem).subject
        signing = serialization.load_pem_private_key(pem, None)
        assert isinstance(signing, ec.EllipticCurvePrivateKey)
        common, organisation = (
            str(subject.get_attributes_for_oid(oid)[0].value)
            for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        )
        leaf = Authority(common, organisation, signing).leaf_pem(
            (name,), self.key, datetime.now(UTC)
        )
        private = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            file.write(leaf + private)
            file.flush()
            context.load_cert_chain(file.name)
        if protocol:
            context.set_alpn_protocols([protocol])
        return context


def original(sock: socket.socket) -> tuple[str, int]:
    """Where the connection was meant to go, before the filter led it here."""
    if sock.family == socket.AF_INET6:
        raw = sock.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, SOCKADDR_IN6)
        port, address = struct.unpack("!2xH4x16s4x", raw)
    else:
        raw = sock.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, SOCKADDR_IN)
        port, address = struct.unpack("!2xH4s8x", raw)
    return socket.inet_ntop(sock.family, address), port


def reach(where: tuple[str, int]) -> socket.socket:
    far = socket.socket(socket.AF_INET6 if ":" in where[0] else socket.AF_INET)
    far.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
    far.settimeout(HELLO_SECONDS)
    far.connect(where)
    return far


def reach_securely(where: tuple[str, int], hello: Hello) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if hello.protocols:
        context.set_alpn_protocols(list(hello.protocols))
    return context.wrap_socket(reach(where), server_hostname=hello.name or None)


def splice(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until either side has had enough."""

    def carry(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := source.recv(READ_BYTES):
                sink.sendall(data)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    for sock in (one, other):
        sock.settimeout(60.0)
    back = threading.Thread(target=carry, args=(other, one), daemon=True)
    back.start()
    carry(one, other)
    back.join()


def under(name: str, domain: str) -> bool:
    return bool(domain) and (name == domain or name.endswith(f".{domain}"))


def serve(near: socket.socket, given: argparse.Namespace, resigner: Resigner | None) -> None:
    with near, contextlib.suppress(OSError, IndexError, struct.error):
        where, hello = original(near), peek_hello(near)
        if under(hello.name, given.cut):
            if given.silently:
                threading.Event().wait(HELLO_SECONDS * 6)
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if resigner is None or under(hello.name, given.spare):
            with reach(where) as far:
                splice(near, far)
            return
        with reach_securely(where, hello) as secure:
            context = resigner.context(hello.name or where[0], secure.selected_alpn_protocol())
            with context.wrap_socket(near, server_side=True) as shown:
                splice(shown, secure)


def listening(port: int) -> list[socket.socket]:
    """One socket for each family, so that each connection knows its own."""
    return [
        socket.create_server(("0.0.0.0", port), backlog=128),
        socket.create_server(("::", port), family=socket.AF_INET6, backlog=128),
    ]


def accept(server: socket.socket, given: argparse.Namespace, resigner: Resigner | None) -> None:
    while True:
        near, _ = server.accept()
        threading.Thread(target=serve, args=(near, given, resigner), daemon=True).start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--ca", type=Path)
    parser.add_argument("--spare", default="")
    parser.add_argument("--cut", default="")
    parser.add_argument("--silently", action="store_true")
    given = parser.parse_args()
    resigner = Resigner(given.ca) if given.ca else None
    servers = [
        threading.Thread(target=accept, args=(server, given, resigner))
        for server in listening(given.port)
    ]
    for server in servers:
        server.start()
    print("ready", flush=True)
    for server in servers:
        server.join()


if __name__ == "__main__":
    main()
