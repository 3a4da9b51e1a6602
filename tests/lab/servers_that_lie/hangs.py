"""Takes every connection and never says a word: a server that is stuck, or a box that plays one.

python -m tests.lab.servers_that_lie.hangs ADDRESS:PORT ...
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.read(4096):
            pass
    finally:
        writer.close()


async def main(places: list[str]) -> None:
    async with AsyncExitStack() as stack:
        for place in places:
            address, _, port = place.rpartition(":")
            server = await asyncio.start_server(say_nothing, address.strip("[]"), int(port))
            await stack.enter_async_context(server)
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
