"""Greetings as large as newer devices', and boxes that lose them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from probe.clock import Chance, SystemClock
from probe.conversation import LARGE_SECONDS, Host
from probe.http import Http
from probe.machine import LinuxMachine
from probe.model import DialFact, Finding, GreetingFact
from probe.reach import alive, reach
from probe.tools import Tools
from probe.trust import Trust, Use
from probe.verdict.usual import way_seconds
from probe.words import Failure
from tests.support.servers import HOST, Authority, Handler, http_answer, relay, saying, tcp_server

pytestmark = pytest.mark.real
NAME = "host.example"
LARGE_BYTES = 1000


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("greetings"))


def box(far: int, sizes: list[int], treat: Callable[[asyncio.StreamWriter], object]) -> Handler:
    """Carries bytes to a port of this machine; a first message that is large is treated as told."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(65536)
        sizes.append(len(first))
        if len(first) > LARGE_BYTES:
            treat(writer)
            await asyncio.sleep(3600)
        far_reader, far_writer = await asyncio.open_connection(HOST, far)
        far_writer.write(first)
        await relay(reader, writer, far_reader, far_writer)

    return handler


async def greeted(authority: Authority, port: int, *, large: bool = True) -> Finding:
    trust = Trust(authority.root)
    tools = Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=LinuxMachine(environment={}),
        trust=trust,
        http=Http(trust, {}, "isitme/test"),
        ports={443: port},
        user_agent="isitme/test",
    )
    host = Host(
        target="x", operator="x", host=HOST, port=443, use=Use.WEB, server_name=NAME, path="/",
        large=large,
    )  # fmt: skip
    return await reach(tools, host, alive(NAME))


def through(finding: Finding) -> list[bool]:
    return [fact.large_got_through for fact in finding.facts if isinstance(fact, GreetingFact)]


async def looked(
    authority: Authority, treat: Callable[[asyncio.StreamWriter], object], *, large: bool = True
) -> tuple[Finding, list[int]]:
    sizes: list[int] = []
    answer = saying(http_answer(b"", status="204 No Content"))
    async with (
        tcp_server(answer, tls=authority.server(NAME, HOST)) as far,
        tcp_server(box(far, sizes, treat)) as port,
    ):
        return await greeted(authority, port, large=large), sizes


async def test_a_server_passes_over_the_padding(authority: Authority) -> None:
    answer = saying(http_answer(b"", status="204 No Content"))
    tls = authority.server(NAME, HOST, alpn=("h2", "http/1.1"))
    async with tcp_server(answer, tls=tls) as port:
        finding = await greeted(authority, port)

    assert finding.passed
    assert through(finding) == [True]


@pytest.mark.skipif(shutil.which("ss") is None, reason="the kernel tells it on Linux alone")
async def test_what_the_kernel_saw_of_the_connection_is_part_of_the_finding(
    authority: Authority,
) -> None:
    answer = saying(http_answer(b"", status="204 No Content"))
    async with tcp_server(answer, tls=authority.server(NAME, HOST)) as port:
        finding = await greeted(authority, port, large=False)
    (dial,) = (fact for fact in finding.facts if isinstance(fact, DialFact))

    assert dial.resent == 0
    assert dial.trip_seconds is not None
    assert 0 < dial.trip_seconds <= finding.ended - finding.started


async def test_a_large_greeting_that_vanishes_is_told_from_a_server_that_is_silent(
    authority: Authority,
) -> None:
    finding, sizes = await looked(authority, lambda writer: None)

    assert finding.passed
    assert through(finding) == [False]
    large, small = sizes
    assert large > 1460 > small, "two packets, and one"
    assert LARGE_SECONDS <= finding.ended - finding.started < LARGE_SECONDS + 2
    assert way_seconds(finding) < LARGE_SECONDS, "what was waited for in vain is not slowness"


async def test_who_breaks_off_on_a_large_greeting_is_not_accused(authority: Authority) -> None:
    finding, sizes = await looked(authority, lambda writer: writer.transport.abort())

    assert finding.passed
    assert through(finding) == []
    assert len(sizes) == 2


async def test_others_greet_in_one_packet(authority: Authority) -> None:
    finding, sizes = await looked(authority, lambda writer: None, large=False)

    assert finding.passed
    assert through(finding) == []
    assert len(sizes) == 1


async def test_a_stranger_is_a_stranger_however_he_is_greeted(
    authority: Authority, tmp_path: Path
) -> None:
    other = Authority.make(tmp_path, "other")
    answer = saying(http_answer(b"", status="204 No Content"))
    async with tcp_server(answer, tls=other.server(NAME, HOST)) as port:
        finding = await greeted(authority, port)

    assert finding.failed is not None
    assert finding.failed.failure is Failure.SSL_UNKNOWN_AUTHORITY
