"""A courier that keeps a session as long as its client is quiet, as Apple's do with devices.

python -m tests.lab.servers_that_lie.quiet_courier CERTIFICATE PORT ADDRESS ...
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys


async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Nothing is said until the client says something, and then goodbye."""
    with contextlib.suppress(OSError, ssl.SSLError):
        await reader.read(1)
    writer.close()


async def serve(certificate: str, port: int, addresses: list[str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["apns-security-v3"])
    for address in addresses:
        await asyncio.start_server(hold, address, port, ssl=context)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
