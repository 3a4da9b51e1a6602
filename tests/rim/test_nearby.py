"""The search near us against real sockets: a filter told from a far end that recovered."""

from __future__ import annotations

import asyncio
import socket

import pytest

from probe.clock import Chance, SystemClock
from probe.drill.machine import Link, StagedMachine
from probe.http import Http
from probe.model import Finding, NearbyFact
from probe.probes.nearby import SMALL_SEGMENT_BYTES, NearbyLook
from probe.targets import Courier, Targets
from probe.tools import Tools
from probe.trust import Trust
from probe.words import Cause, Failure, Look, Nearby, Step
from tests.support.servers import Authority, Handler, hang, tcp_server
from tests.support.sightings import sighting

pytestmark = pytest.mark.real

ALERT = b"\x15\x03\x03\x00\x02\x02\x28"  # handshake_failure, RFC 8446 6


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


async def filter_of_names(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Swallows what calls Apple by name."""
    if b"apple" in await reader.read(4096):
        await asyncio.sleep(10)
    writer.write(ALERT)
    await writer.drain()


async def speaks_to_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Whatever was wrong here is over."""
    await reader.read(4096)
    writer.write(ALERT)
    await writer.drain()


async def loses_large_packets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As seen from a path that loses them: only who asks for small ones hears anything."""
    sock = writer.get_extra_info("socket")
    if sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) > SMALL_SEGMENT_BYTES:
        await asyncio.sleep(10)
    await speaks_to_all(reader, writer)


CASES: dict[str, tuple[Handler, Nearby]] = {
    "a filter that hunts Apple's names": (filter_of_names, Nearby.FILTERED),
    "a far end that has recovered meanwhile": (speaks_to_all, Nearby.CLEAN),
    "a far end that is silent to all": (hang, Nearby.CLEAN),
}


@pytest.mark.parametrize("target", ["courier-1", "identity"])
@pytest.mark.parametrize("case", CASES)
async def test_only_a_filter_speaks_to_a_neutral_name_alone(
    case: str, target: str, authority: Authority
) -> None:
    handler, expected = CASES[case]
    finding = await examined(handler, target, authority)

    (fact,) = finding.facts
    assert isinstance(fact, NearbyFact)
    assert fact.found is expected


async def test_a_path_that_loses_large_packets_is_neither_clean_nor_a_filter(
    authority: Authority,
) -> None:
    finding = await examined(loses_large_packets, "identity", authority)

    (fact,) = finding.facts
    assert isinstance(fact, NearbyFact)
    assert (fact.found, fact.cause) == (Nearby.UNKNOWN, Cause.PMTU_BLACKHOLE)
    assert not finding.passed
    assert "large" in finding.said


async def examined(handler: Handler, target: str, authority: Authority) -> Finding:
    """What the search near us says of a target that took the connection and hung."""
    async with tcp_server(handler) as port:
        ports = {443: port}
        trust = Trust(authority.root, authority.root)
        using = Tools(
            clock=SystemClock(),
            chance=Chance(1),
            machine=StagedMachine(link=Link(), name_servers=(), ports=ports),
            trust=trust,
            http=Http(trust, ports, "isitme/test"),
            ports=ports,
            user_agent="isitme/test",
        )
        suspect = sighting(
            Look.PUSH_443,
            target,
            Failure.GENERIC_TIMEOUT,
            step=Step.HANDSHAKE,
            silent=True,
            address="127.0.0.1:443",
        )
        look = NearbyLook(apple_hosts=Targets().apple_hosts, courier=Courier())
        (finding,) = await look.look(using, [suspect])
    return finding
