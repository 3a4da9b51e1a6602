"""Who may ask: the host names we answer to, and the headers every answer carries."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
ANY_HOST = "*"


def error(status: int, code: str, message: str, **headers: str) -> JSONResponse:
    """The one shape of every error."""
    body = {"error": {"code": code, "message": message}}
    return JSONResponse(body, status_code=status, headers=headers)


class Guard:
    """Answers only to its own names, or any web page could read us by DNS rebinding: its name
    would point here for a moment, and the browser would think that we are its server.

    An address literal cannot be rebound, so with `lan` every literal passes.
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Collection[str], lan: bool) -> None:
        self._app, self._lan = app, lan
        self.allow(allowed_hosts)

    def allow(self, hosts: Collection[str], *, lan: bool | None = None) -> None:
        """Answer to these names from now on, besides this machine's own; `lan`: None as before."""
        self._names = {host.lower().rstrip(".") for host in hosts}
        self._lan = self._lan if lan is None else lan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                extra = ((k.encode(), v.encode()) for k, v in SECURITY_HEADERS.items())
                message["headers"] += [(k, v) for k, v in extra if k not in said]
            await send(message)

        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            said = error(400, "bad_request", "wanted exactly one Host header")
            await said(scope, receive, send_guarded)
        elif not self._is_ours(host_of(hosts[0].decode("latin-1"))):
            said = error(
                421,
                "misdirected_request",
                "wanted a name that web.allowed_hosts in the settings lists",
            )
            await said(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)

    def _is_ours(self, host: str) -> bool:
        address = address_of(host)
        if address is not None:
            return self._lan or address.is_loopback or host in self._names
        known = host == "localhost" or host.endswith(".localhost")  # RFC 6761 6.3: always loopback
        return bool(host) and (known or host in self._names or ANY_HOST in self._names)


def host_of(header: str) -> str:
    """The host in a Host header, without its port, in small letters; empty when it is none."""
    if header.startswith("["):
        inner, bracket, port = header[1:].partition("]")
        return inner.lower() if bracket and (not port or port.startswith(":")) else ""
    host, _, port = header.partition(":")
    return host.lower().rstrip(".") if not port or port.isdecimal() else ""


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def may_not_change(request: Request) -> str:
    """Why this caller may not change anything; empty when it may.

    Opening the page to the network opens what can be read, not what can be done; and a web page
    elsewhere must not press our buttons through its reader's browser.
    """
    address = address_of(request.client.host) if request.client else None
    if address is None or not address.is_loopback:
        return "only this machine may do that"
    origin = request.headers.get("origin")
    if origin is not None:
        there = host_of(origin.partition("://")[2])
        if not there or there != host_of(request.headers.get("host", "")):
            return "another web page may not do that"
    return ""
