"""UDP port 443: what may be said of it, and what its silence alone does not say."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from probe.clock import Chance, SystemClock
from probe.drill.machine import Link, StagedMachine
from probe.http import Http
from probe.probes.quic import QuicLook
from probe.targets import Reference
from probe.tools import Tools
from probe.trust import Trust
from probe.wire import quic
from probe.words import Look, Note
from tests.support.servers import HOST, Authority, refusing_port, udp_server
from tests.support.sightings import sighting

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


def tools(authority: Authority, port: int) -> Tools:
    ports = {443: port}
    trust = Trust(authority.root, authority.root)
    return Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=StagedMachine(link=Link(), name_servers=(), ports=ports),
        trust=trust,
        http=Http(trust, ports, "isitme/test"),
        ports=ports,
        user_agent="isitme/test",
    )


LOOK_AT = tuple(Reference(name=f"{one}-ip", operator=one, host=HOST) for one in ("a", "b"))
BY_TCP = [sighting(Look.REF_IP, f"{one}-ip", operator=one) for one in ("a", "b")]


def negotiates(asked: bytes) -> list[bytes]:
    """Version 1 is spoken here (RFC 9000 17.2.1)."""
    to, me = asked[6:14], asked[15:23]
    return [b"\x80" + bytes(4) + b"\x08" + me + b"\x08" + to + b"\0\0\0\1"]


async def notes(look: QuicLook, using: Tools, seen: Any = BY_TCP) -> list[Note]:
    (finding,) = await look.look(using, seen)
    assert finding.passed  # whatever is seen here is no symptom of a fault
    return [note for note, _ in finding.notes]


async def test_who_never_answered_shows_nothing_by_silence(authority: Authority) -> None:
    look = QuicLook(references=LOOK_AT)

    async with udp_server(lambda asked: []) as (port, _):
        assert await notes(look, tools(authority, port)) == []


async def test_a_closed_port_is_not_blocked(authority: Authority) -> None:
    look = QuicLook(references=LOOK_AT)

    with refusing_port(socket.SOCK_DGRAM) as port:
        assert await notes(look, tools(authority, port)) == []


async def test_those_who_answered_and_fall_silent_together_show_a_block(
    authority: Authority,
) -> None:
    look = QuicLook(references=LOOK_AT)
    async with udp_server(negotiates) as (port, asked):
        assert await notes(look, tools(authority, port)) == []
        assert [len(one) for one in asked] == [quic.LEAST_BYTES] * 2

    async with udp_server(lambda asked: []) as (port, _):
        assert await notes(look, tools(authority, port)) == [Note.QUIC_BLOCKED]
        # Nothing reaches them at all: that is another fault's doing.
        assert await notes(look, tools(authority, port), []) == []


async def test_what_it_heard_makes_it_no_other_look(authority: Authority) -> None:
    """Else settings that are read again would throw it away (Monitor.take)."""
    look = QuicLook(references=LOOK_AT)
    async with udp_server(negotiates) as (port, _):
        await look.look(tools(authority, port), BY_TCP)

    assert look == QuicLook(references=LOOK_AT)
