"""What one TLS look costs through our Stream, asyncio's streams and httpx, in one run on loopback.

Run: python benchmarks/stream.py [rounds]. Times depend on the machine; the ratios travel better.
"""

from __future__ import annotations

import asyncio
import ssl
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import trustme

from probe.http import Http
from probe.tools.stream import Stream
from probe.trust import Trust, Use

HOST, NAME = "127.0.0.1", "host.example"
ANSWER = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
REQUEST = f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
ROUNDS = 300

Look = Callable[[int, Trust], Awaitable[None]]


def serve(context: ssl.SSLContext, ready: Callable[[int], None]) -> None:
    """A server in a thread of its own, so that its work is not counted as a client's CPU time."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER)
            await writer.drain()
            await reader.read()
        except (OSError, EOFError):
            pass
        finally:
            writer.transport.abort()

    async def main() -> None:
        server = await asyncio.start_server(handle, HOST, 0, ssl=context)
        ready(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    asyncio.run(main())


async def with_stream(port: int, trust: Trust) -> None:
    stream = await Stream.connect(HOST, port)
    await stream.handshake(trust.context(Use.WEB), NAME)
    await stream.send(REQUEST)
    await stream.receive(4096)
    stream.close()


async def with_asyncio(port: int, trust: Trust) -> None:
    reader, writer = await asyncio.open_connection(
        HOST, port, ssl=trust.context(Use.WEBHOOK), server_hostname=NAME
    )
    writer.write(REQUEST)
    await reader.read(4096)
    writer.transport.abort()


async def with_httpx(port: int, trust: Trust) -> None:
    await Http(trust, {}, "benchmark").fetch(
        method="GET",
        address=HOST,
        host=NAME,
        port=port,
        path="/",
        use=Use.FEED,
        max_bytes=1000,
        within_seconds=5,
    )


async def measure(
    looks: Mapping[str, Callable[[int, Trust], Awaitable[None]]],
    port: int,
    trust: Trust,
    rounds: int,
) -> dict[str, tuple[float, float]]:
    """Median CPU and wall milliseconds of one look. The ways take turns, so that a slow moment of
    the machine falls on all of them."""
    spent: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in looks}
    for _ in range(rounds):
        for name, look in looks.items():
            cpu, wall = time.thread_time(), time.perf_counter()
            await look(port, trust)
            spent[name][0].append(time.thread_time() - cpu)
            spent[name][1].append(time.perf_counter() - wall)
            await asyncio.sleep(0)
    return {
        name: (statistics.median(cpus) * 1e3, statistics.median(walls) * 1e3)
        for name, (cpus, walls) in spent.items()
    }


def context_costs() -> dict[str, float]:
    """Milliseconds to build each use's context, with this system's store."""
    costs = {}
    for use in Use:
        trust = Trust()
        began = time.perf_counter()
        trust.context(use)
        costs[use.value] = (time.perf_counter() - began) * 1e3
    return costs


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(server)
    started = threading.Event()
    ports: list[int] = []

    def ready(port: int) -> None:
        ports.append(port)
        started.set()

    threading.Thread(target=serve, args=(server, ready), daemon=True).start()
    started.wait(5)
    with tempfile.TemporaryDirectory() as directory:
        roots = Path(directory) / "root.pem"
        authority.cert_pem.write_to_path(str(roots))
        looks = {"stream": with_stream, "asyncio": with_asyncio, "httpx": with_httpx}
        trust = Trust(public_roots=roots)
        asyncio.run(measure(looks, ports[0], trust, 5))  # imports and caches
        measured = asyncio.run(measure(looks, ports[0], trust, rounds))
    base_cpu, base_wall = measured["stream"]
    print(f"one HTTPS look on loopback, median of {rounds}:")
    for name, (cpu, wall) in measured.items():
        print(
            f"  {name:8} cpu {cpu:6.2f} ms (x{cpu / base_cpu:.2f})"
            f"  wall {wall:6.2f} ms (x{wall / base_wall:.2f})"
        )
    print("building a TLS context, once per use:")
    for use, milliseconds in context_costs().items():
        print(f"  {use:8} {milliseconds:6.2f} ms")


if __name__ == "__main__":
    main()
