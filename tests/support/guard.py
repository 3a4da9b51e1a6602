"""Keeps tests on this machine: no name is resolved, nothing is sent outside loopback.

It patches the socket module inside this process. Programs that a test starts are out of its reach;
they are given settings that keep them on loopback.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import pytest

OWN_NAMES = frozenset({"localhost", "", None})
INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})


class OutsideWorldError(AssertionError):
    """A test reached for something that is not on this machine."""


def is_inside(address: object) -> bool:
    """Whether a host, as name or address, is this machine's loopback."""
    if isinstance(address, bytes | bytearray):
        address = address.decode("ascii", errors="replace")
    if address in OWN_NAMES:
        return True
    try:
        literal = ip_address(str(address).partition("%")[0])
    except ValueError:
        return False
    inner = getattr(literal, "ipv4_mapped", None)
    return (inner or literal).is_loopback


class Guard:
    """Notes every attempt, because code under test may swallow the error that it gets."""

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def refuse(self, what: str) -> None:
        self.attempts.append(what)
        raise OutsideWorldError(f"tests stay on this machine, but this one tried to {what}")

    def check_socket(self, sock: socket.socket, verb: str, target: object) -> None:
        if sock.family in INTERNET and isinstance(target, tuple) and not is_inside(target[0]):
            self.refuse(f"{verb} {target[0]} port {target[1]}")


@contextmanager
def guarded(patch: pytest.MonkeyPatch) -> Iterator[Guard]:
    """Everything inside is guarded. The Guard says at the end what was tried."""
    guard = Guard()
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
        patch.setattr(socket, name, _resolving(guard, getattr(socket, name)))
    patch.setattr(socket, "getnameinfo", _naming(guard, socket.getnameinfo))
    for verb, position in (("connect", 0), ("connect_ex", 0), ("sendto", -1), ("sendmsg", 3)):
        real = getattr(socket.socket, verb)
        patch.setattr(socket.socket, verb, _sending(guard, verb, position, real))
    yield guard


def _resolving(guard: Guard, real: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(*args: Any, **kwargs: Any) -> Any:
        host = args[0] if args else kwargs.get("host")
        if not is_inside(host) and not _is_literal(host):
            guard.refuse(f"resolve {host!r}")
        return real(*args, **kwargs)

    return resolve


def _naming(guard: Guard, real: Callable[..., Any]) -> Callable[..., Any]:
    def name(address: tuple[Any, ...], flags: int) -> Any:
        if not is_inside(address[0]) and not flags & socket.NI_NUMERICHOST:
            guard.refuse(f"ask for the name of {address[0]}")
        return real(address, flags)

    return name


def _sending(
    guard: Guard, verb: str, position: int, real: Callable[..., Any]
) -> Callable[..., Any]:
    def send(sock: socket.socket, *args: Any, **kwargs: Any) -> Any:
        target = args[position] if -len(args) <= position < len(args) else None
        guard.check_socket(sock, verb, target)
        return real(sock, *args, **kwargs)

    return send


def _is_literal(host: object) -> bool:
    """A literal needs no name server."""
    try:
        ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return True
