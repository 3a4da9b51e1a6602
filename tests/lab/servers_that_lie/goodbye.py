"""Speaks HTTP/2 and says goodbye (GOAWAY) to whoever asks: a front that is being shut down.

python -m tests.lab.servers_that_lie.goodbye CERTIFICATE ADDRESS:PORT ...
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys

from tests.support.h2_server import h2_ending

# In the form in which Apple's article on the provider API gives its reasons.
SAYS_GOODBYE = h2_ending(0x0, b'{"reason":"Shutdown"}')


async def say_goodbye(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        await SAYS_GOODBYE(reader, writer)
    writer.close()


async def main(certificate: str, places: list[str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2"])
    for place in places:
        address, _, port = place.rpartition(":")
        await asyncio.start_server(say_goodbye, address.strip("[]"), int(port), ssl=context)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
