"""A greeting to ourselves: one TLS connection over loopback, both ends in this process.

Nothing of the world takes part in it. When it does not succeed in good time, it is this process,
its host's stack or its TLS library that is unwell, and nobody else is to be accused of anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from probe.tools.stream import Stream

HERE = "127.0.0.1"
WORD = b"isitme"
# Without certificates, so that neither a key on disk nor a clock plays a part; nobody but us ever
# hears it. 3 ms of CPU (measured). Builds of OpenSSL may leave these ciphers out.
ANONYMOUS = "AECDH:ADH:@SECLEVEL=0"


class NotPossible(Exception):
    """It cannot be tried here: no loopback, or a TLS library without anonymous ciphers."""


async def greet_ourselves(within_seconds: float) -> None:
    """Connect to ourselves, greet, and hear one word back.

    Raises NotPossible; OSError, ssl.SSLError or TimeoutError when the greeting itself fails.
    """
    try:
        ours, theirs = _context(ssl.PROTOCOL_TLS_CLIENT), _context(ssl.PROTOCOL_TLS_SERVER)
    except ssl.SSLError as error:
        raise NotPossible(str(error)) from error

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            writer.write(await reader.readexactly(len(WORD)))
            await writer.drain()
        writer.close()

    async with asyncio.timeout(within_seconds):
        try:
            server = await asyncio.start_server(answer, HERE, 0, ssl=theirs)
        except OSError as error:  # no loopback in this namespace, or no room for a socket
            raise NotPossible(str(error)) from error
        async with server:
            await _ask(server.sockets[0].getsockname()[1], ours)


async def _ask(port: int, context: ssl.SSLContext) -> None:
    try:
        stream = await Stream.connect(HERE, port)
    except OSError as error:  # loopback is down, or closed by this host's own firewall
        raise NotPossible(str(error)) from error
    try:
        await stream.handshake(context, HERE)
        await stream.send(WORD)
        heard = b""
        while len(heard) < len(WORD):
            more = await stream.receive(len(WORD) - len(heard))
            if not more:
                raise ConnectionResetError("our own end closed early")
            heard += more
        if heard != WORD:
            raise ConnectionResetError("our own end said something else")
    finally:
        stream.close()


def _context(kind: int) -> ssl.SSLContext:
    """Raises ssl.SSLError where no such cipher is built in."""
    context = ssl.SSLContext(kind)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # 1.3 has no greeting without certificates
    context.set_ciphers(ANONYMOUS)
    return context
