"""A forwarder that does one thing wrong: `... forwarder LISTEN UPSTREAM` and one of these.

--rewrite ADDRESS    a name that does not exist is answered with this address; twice: IPv6 as well
--slow SECONDS       every answer comes so late
--deaf-to-aaaa       questions for IPv6 addresses are never answered
--deaf-to-edns       questions with EDNS (RFC 6891) are never answered
--aaaa-gone          a question for IPv6 addresses is told that there is no such name
--truncate SUFFIX    answers about these names (or "all") do not fit into UDP
--rcode RCODE        this is all it says
--no-tcp             nobody listens on TCP
"""

from __future__ import annotations

import argparse
import asyncio
import struct
from typing import cast

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

UPSTREAM_SECONDS = 4.0


async def answer(wire: bytes, how: argparse.Namespace, *, over_udp: bool) -> bytes | None:
    """What it says to a question. None: nothing."""
    query = dns.message.from_wire(wire)
    question = query.question[0]
    if how.deaf_to_aaaa and question.rdtype == dns.rdatatype.AAAA:
        return None
    if how.deaf_to_edns and query.edns >= 0:
        return None
    await asyncio.sleep(how.slow)
    reply = dns.message.make_response(query, recursion_available=True)
    if how.rcode:
        reply.set_rcode(dns.rcode.from_text(how.rcode))
        return reply.to_wire()
    if how.aaaa_gone and question.rdtype == dns.rdatatype.AAAA:
        reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()
    name = question.name.to_text(omit_final_dot=True).lower()
    if how.truncate and (how.truncate == "all" or name.endswith(how.truncate)) and over_udp:
        reply.flags |= dns.flags.TC
        return reply.to_wire()
    try:
        upstream = await dns.asyncquery.udp(query, how.upstream, timeout=UPSTREAM_SECONDS)
    except (OSError, dns.exception.DNSException):
        return None
    if how.rewrite and upstream.rcode() == dns.rcode.NXDOMAIN:
        for address in how.rewrite:
            kind = "AAAA" if ":" in address else "A"
            if question.rdtype == dns.rdatatype.from_text(kind):
                record = dns.rrset.from_text(question.name, 60, "IN", kind, address)
                reply.answer.append(record)
        return reply.to_wire()
    return upstream.to_wire()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, how: argparse.Namespace) -> None:
        self._how, self._tasks = how, set[asyncio.Task[None]]()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.create_task(self._reply(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = await answer(data, self._how, over_udp=True)
        if reply is not None:
            self._transport.sendto(reply, addr)


async def serve(how: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Datagrams(how), local_addr=(how.listen, 53))

    async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (size,) = struct.unpack("!H", await reader.readexactly(2))
                reply = await answer(await reader.readexactly(size), how, over_udp=False)
                if reply is not None:
                    writer.write(struct.pack("!H", len(reply)) + reply)
        except (EOFError, OSError):
            writer.close()

    if not how.no_tcp:
        await asyncio.start_server(over_tcp, how.listen, 53)
    print("ready", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("listen")
    parser.add_argument("upstream")
    parser.add_argument("--rewrite", action="append", default=[])
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--deaf-to-aaaa", action="store_true")
    parser.add_argument("--deaf-to-edns", action="store_true")
    parser.add_argument("--aaaa-gone", action="store_true")
    parser.add_argument("--truncate", default="")
    parser.add_argument("--rcode", default="")
    parser.add_argument("--no-tcp", action="store_true")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
