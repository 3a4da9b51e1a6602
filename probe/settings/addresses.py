"""Addresses as people write them in settings, checked without asking the network."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from probe.targets import Vantage, WebProxy

LISTEN_DEFAULT_PORT = 10054
EVERYWHERE = "lan"
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)  # RFC 1035 2.3.4


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the page is served. An empty host means every address of this machine."""

    host: str
    port: int

    @property
    def open_to_network(self) -> bool:
        """Whether others than this machine can reach it."""
        return self.host != "localhost" and not (
            is_address(self.host) and ipaddress.ip_address(self.host).is_loopback
        )


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def is_name(text: str) -> bool:
    """A host name. "300.1.1.1" is a mistyped address: no name ends in a number (RFC 3696 2)."""
    labels = text.removesuffix(".").split(".")
    fits = len(text) <= 253 and all(LABEL.fullmatch(label) for label in labels)
    return fits and not labels[-1].isdecimal()


def is_host(text: str) -> bool:
    """A name or an address literal; no port, no scheme."""
    return is_address(text) or is_name(text)


def port_of(text: str, *, lowest: int = 1) -> int | None:
    """The port number, or None."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 5):
        return None
    return int(text) if lowest <= int(text) <= 65535 else None


def read_listen(text: str) -> Listen:
    """Read "127.0.0.1:10054", "[::1]:10054", "localhost:10054", "lan" or "lan:8080".

    Port 0 asks the system for a free one. Raises ValueError.
    """
    host, colon, tail = text.rpartition(":")
    if text == EVERYWHERE:
        return Listen("", LISTEN_DEFAULT_PORT)
    port = port_of(tail, lowest=0)
    if not colon or port is None:
        raise ValueError('HOST:PORT such as "127.0.0.1:10054", or "lan"')
    if host == EVERYWHERE:
        return Listen("", port)
    if host.startswith("[") and host.endswith("]") and ":" in host and is_address(host[1:-1]):
        return Listen(host[1:-1], port)
    if ":" in host or not is_host(host):
        raise ValueError('HOST:PORT such as "127.0.0.1:10054", or "lan"')
    return Listen(host, port)


def is_resolver(text: str) -> bool:
    """ "192.168.1.1" or "192.168.1.1#5353", as dnsmasq and systemd-resolved write ports."""
    address, sharp, port = text.partition("#")
    return is_address(address) and (not sharp or port_of(port) is not None)


def is_web_address(text: str) -> bool:
    """http://host[:port][/path] or https://..."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https")
            and is_host(parts.hostname or "")
            and parts.port != 0
            and not (parts.username or parts.password or parts.fragment)
            and text.isascii()
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        return False


def read_proxy(text: str) -> WebProxy:
    """Read what is_proxy has let pass. A user name and a password may be percent-encoded."""
    parts = urlsplit(text)
    return WebProxy(
        host=parts.hostname or "",
        port=parts.port or 0,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def read_vantage(text: str, *, site: str, provider: str, token: str) -> Vantage:
    """Read what is_web_address has let pass."""
    parts = urlsplit(text)
    secure = parts.scheme == "https"
    return Vantage(
        host=parts.hostname or "",
        port=parts.port or (443 if secure else 80),
        prefix=parts.path,
        tls=secure,
        site=site,
        provider=provider,
        token=token,
    )


def is_proxy(text: str) -> bool:
    """http://[user:password@]host:port"""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme == "http"
            and bool(parts.hostname)
            and is_host(parts.hostname or "")
            and parts.port is not None
            and parts.path in ("", "/")
            and not parts.query
            and not parts.fragment
        )
    except ValueError:
        return False
