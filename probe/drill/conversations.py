"""Who says what at which port: the drill's servers, one kind of place at a time."""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from typing import TYPE_CHECKING

from probe.drill import nameserver, timeserver, web
from probe.drill.certificates import Certificates
from probe.drill.layout import PLACES, ZONE, Kind, Place, targets
from probe.drill.manners import CourierManner
from probe.drill.sites import Sites
from probe.drill.wires import Line, Reply, Speak

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.drill.world import World

COURIER_ALPN = "apns-security-v3"
WEB_ALPN = ("h2", "http/1.1")
ALPN = {Kind.COURIER: (COURIER_ALPN,), Kind.PROVIDER: ("h2",), Kind.CHAT: ()}
PLAIN_PORTS = frozenset({80, 5222})
HELD_BYTES = 4096


class Conversations:
    """Makes the servers of a world. They ask it for its manners at each answer."""

    def __init__(self, world: World, certificates: Certificates) -> None:
        self._world = world
        self._sites = Sites(targets(), lambda: world.manners, world.now)
        self._contexts = {
            place.key: certificates.context(
                place.certified or place.names,
                pki=place.pki,
                alpn=ALPN.get(place.kind, WEB_ALPN),
            )
            for place in PLACES
            if set(place.ports) - PLAIN_PORTS and place.kind not in {Kind.GATEWAY, Kind.TIME}
        }
        courier = next(place for place in PLACES if place.kind is Kind.COURIER)
        self._odd_couriers = {
            CourierManner.WRONG_CERTIFICATE: certificates.context(
                courier.certified, pki="stranger", alpn=(COURIER_ALPN,)
            ),
            CourierManner.NO_ALPN: certificates.context(courier.certified, pki="apple"),
        }

    def over_udp(self, place: Place, real_port: int) -> Callable[[bytes], Reply | None] | None:
        """What answers datagrams at a port; None where nothing does."""
        if real_port == 53:
            return partial(self._name, place, real_port, over_udp=True)
        if real_port == 123:
            return partial(self._time, place)
        return None

    def over_tcp(self, place: Place, real_port: int) -> Speak | None:
        """What answers connections at a port; None where nothing does."""
        if real_port == 123:
            return None
        if real_port == 53:
            return partial(self._names_over_tcp, place)
        if place.kind is Kind.COURIER:
            return partial(self._courier, place, real_port)
        if place.kind is Kind.CHAT:
            return partial(self._chat, place, real_port)
        if place.kind is Kind.PROVIDER:
            return partial(self._provider, place, real_port)
        if real_port == 80:
            return partial(self._plain_site, place)
        return partial(self._site, place, real_port)

    async def _pace(self) -> None:
        """One round trip of the path that this world plays."""
        if self._world.delay_seconds:
            await asyncio.sleep(self._world.delay_seconds)

    def _name(self, place: Place, real_port: int, query: bytes, *, over_udp: bool) -> Reply | None:
        self._world.note(place, real_port, nameserver.question_of(query))
        reply = nameserver.answer(query, ZONE, self._world.manners.names, over_udp=over_udp)
        if reply is None:
            return None
        late = reply.after_seconds + self._world.delay_seconds
        return Reply(data=reply.data, after_seconds=late)

    async def _names_over_tcp(self, place: Place, line: Line) -> None:
        await self._pace()
        reader, writer = await line.begin()
        while True:
            query = await nameserver.read_over_tcp(reader)
            reply = self._name(place, 53, query, over_udp=False)
            if reply is not None:
                await asyncio.sleep(reply.after_seconds)
                writer.write(nameserver.framed(reply.data))
                await writer.drain()

    def _time(self, place: Place, request: bytes) -> Reply | None:
        self._world.note(place, 123, "time")
        manner = self._world.manners.time.get(place.key, timeserver.HONEST)
        return timeserver.answer(request, manner, self._world.now(), self._world.delay_seconds)

    async def _secured(
        self, place: Place, real_port: int, line: Line, context: ssl.SSLContext
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._world.note(place, real_port, "TLS")
        await self._pace()  # TCP's own round trip, which loopback does not take
        await self._pace()
        return await line.begin(context)

    async def _courier(self, place: Place, real_port: int, line: Line) -> None:
        manner = self._world.manners.courier
        if manner is CourierManner.HANGS:
            self._world.note(place, real_port, "TLS, in vain")
            await line.hang()
            return
        if manner is CourierManner.RESETS:
            line.reset()
            return
        context = self._odd_couriers.get(manner, self._contexts[place.key])
        reader, _ = await self._secured(place, real_port, line, context)
        await _hold(reader)  # a real courier waits for Connect, which nobody here sends

    async def _chat(self, place: Place, real_port: int, line: Line) -> None:
        if real_port in PLAIN_PORTS:
            self._world.note(place, real_port, "TCP")
            await line.hang()
            return
        reader, _ = await self._secured(place, real_port, line, self._contexts[place.key])
        await _hold(reader)

    async def _provider(self, place: Place, real_port: int, line: Line) -> None:
        reader, writer = await self._secured(place, real_port, line, self._contexts[place.key])
        # Whatever was negotiated: Apple's answers HTTP/1.1 with a frame of HTTP/2, recorded.
        await web.serve_http2(
            reader, writer, self._responder(place, real_port, secure=True), self._pace
        )

    async def _site(self, place: Place, real_port: int, line: Line) -> None:
        reader, writer = await self._secured(place, real_port, line, self._contexts[place.key])
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        serve = web.serve_http2 if tls.selected_alpn_protocol() == "h2" else web.serve_http1
        await serve(reader, writer, self._responder(place, real_port, secure=True), self._pace)

    async def _plain_site(self, place: Place, line: Line) -> None:
        await self._pace()
        reader, writer = await line.begin()
        await web.serve_http1(reader, writer, self._responder(place, 80, secure=False), self._pace)

    def _responder(self, place: Place, real_port: int, *, secure: bool) -> web.Respond:
        def respond(asked: web.Asked) -> web.Answer:
            said = f"{asked.method} {asked.path} {asked.version}"
            self._world.note(place, real_port, said)
            return self._sites.answer(place, asked, secure=secure)

        return respond


async def _hold(reader: asyncio.StreamReader) -> None:
    """Stay connected and quiet until the far end has had enough."""
    while await reader.read(HELD_BYTES):
        pass
