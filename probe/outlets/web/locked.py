"""Every route behind a name and a password (RFC 7617), for a port that others can reach."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from starlette.types import ASGIApp, Receive, Scope, Send

from probe.outlets.web.guard import error

# It opens for nobody: an unknown name takes as long as a wrong password.
NOBODYS = "$2b$10$abcdefghijklmnopqrstuu37RkUr9H1EPO4Rc63Ngz60LSVREthYa"
MOST_BYTES = 1024  # of a header; bcrypt itself reads 72 of a password
MOST_KNOWN = 100  # a hash takes 60 ms, so that who was right lately is not hashed again


class Locked:
    """Lets in whom it knows at the moment; when it knows nobody, everybody."""

    def __init__(self, app: ASGIApp, users: Callable[[], Mapping[str, str]]) -> None:
        """`users`: bcrypt hashes by name."""
        self._app, self._users = app, users
        # One at a time: guessing costs the guesser, not this machine. A thread of its own, because
        # the shared ones hang in name look-ups when DNS is down.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
        self._known: dict[bytes, None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        users = self._users()
        if scope["type"] == "http" and users and not await self._knows(scope, users):
            realm = {"www-authenticate": 'Basic realm="isitme", charset="UTF-8"'}
            said = error(401, "unauthorized", "wanted a name and its password", **realm)
            await said(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _knows(self, scope: Scope, users: Mapping[str, str]) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(given) != 1 or len(given[0]) > MOST_BYTES:
            return False
        pair = credentials(given[0])
        if pair is None:
            return False
        name, password = pair
        hashed = users.get(name, NOBODYS)
        known = hashlib.sha256("\0".join((name, hashed)).encode() + b"\0" + password).digest()
        if known in self._known:
            return True
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._thread, is_password, password, hashed)
        if not right or name not in users:
            return False
        while len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[known] = None
        return True


def credentials(header: bytes) -> tuple[str, bytes] | None:
    """Name and password of an Authorization header; None when it has none that can be read."""
    scheme, _, coded = header.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        name, colon, password = base64.b64decode(coded.strip(), validate=True).partition(b":")
        return (name.decode(), password) if colon else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def is_password(password: bytes, hashed: str) -> bool:
    """Whether the hash is of this password; 60 ms at cost 10."""
    import bcrypt

    try:
        return bcrypt.checkpw(password, hashed.encode())
    except ValueError:  # longer than bcrypt reads, or with a zero in it
        return False
