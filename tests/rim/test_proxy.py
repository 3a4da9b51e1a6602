"""Looking through a proxy: a tunnel, TLS inside it, and what proxies say instead."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from probe.clock import Chance, SystemClock
from probe.http import Http
from probe.machine import LinuxMachine
from probe.model import CertificateFact, Finding
from probe.probes.proxy import ThroughProxy
from probe.targets import Courier, Reference, WebProxy
from probe.tools import Tools
from probe.trust import Trust
from probe.words import Failure, Speed, Step
from tests.support.servers import (
    HOST,
    Authority,
    Handler,
    hang,
    hang_up,
    http_answer,
    refusing_port,
    saying,
    tcp_server,
    tunnelling,
)

pytestmark = pytest.mark.real
REFERENCE, COURIER = "reference.example", "courier.push.apple.com"
ALPN = "apns-security-v3"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("proxy"))


@asynccontextmanager
async def world(authority: Authority) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A reference and a courier behind a proxy; gives the proxy's port, and what it was asked."""
    asked: list[bytes] = []
    answer = saying(http_answer(b"", status="204 No Content"))
    reference = authority.server(REFERENCE)
    courier = authority.server(COURIER, alpn=(ALPN,))
    async with (
        tcp_server(answer, tls=reference) as one,
        tcp_server(hang, tls=courier) as other,
    ):
        to = {REFERENCE: one, "7-courier.push.apple.com": other}
        async with tcp_server(tunnelling(lambda host, _: (HOST, to[host]), asked)) as port:
            yield port, asked


async def looked(authority: Authority, proxy: WebProxy, *, foreign: bool = False) -> list[Finding]:
    roots = authority.root
    trust = Trust() if foreign else Trust(public_roots=roots, apple_roots=roots)
    tools = Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=LinuxMachine(environment={}),
        trust=trust,
        http=Http(trust, {}, "isitme/test"),
        user_agent="isitme/test",
    )
    look = ThroughProxy(
        proxy=proxy,
        references=(Reference(name="ref", operator="somebody", host=REFERENCE),),
        courier=Courier(host_pattern="7-courier.push.apple.com", count=1),
    )
    return list(await look.look(tools, ()))


async def test_what_is_behind_the_proxy_proves_itself(authority: Authority) -> None:
    async with world(authority) as (port, asked):
        findings = await looked(authority, WebProxy(host=HOST, port=port))

    assert [(one.target, one.operator, one.passed) for one in findings] == [
        ("ref", "somebody", True),
        ("courier-1", "apple", True),
    ]
    assert {head.split(b"\r\n")[0] for head in asked} == {
        b"CONNECT reference.example:443 HTTP/1.1",
        b"CONNECT 7-courier.push.apple.com:443 HTTP/1.1",
    }
    assert not any(b"authorization" in head.lower() for head in asked)


async def test_the_password_goes_to_the_proxy_and_nowhere_else(authority: Authority) -> None:
    async with world(authority) as (port, asked):
        proxy = WebProxy(host=HOST, port=port, user="anna", password="p@ss:word")
        findings = await looked(authority, proxy)

    secret = base64.b64encode(b"anna:p@ss:word")
    assert all(b"Proxy-Authorization: Basic " + secret in head for head in asked)
    assert "p@ss" not in repr(findings)
    assert all(one.passed for one in findings)


async def test_a_proxy_that_opens_connections_is_no_way_out(authority: Authority) -> None:
    """What it shows is not believed, and it is named."""
    async with world(authority) as (port, _):
        findings = await looked(authority, WebProxy(host=HOST, port=port), foreign=True)

    for one in findings:
        assert one.failed is not None
        assert one.failed.failure is Failure.SSL_UNKNOWN_AUTHORITY
        (fact,) = [fact for fact in one.facts if isinstance(fact, CertificateFact)]
        assert fact.issuer


ANSWERS: dict[str, tuple[Handler, Failure, Speed]] = {
    "wants to know who asks": (
        saying(http_answer(b"no", status="407 Proxy Authentication Required")),
        Failure.PROXY_AUTH_REQUIRED,
        Speed.ACTIVE,
    ),
    "does not reach anybody": (
        saying(http_answer(b"no", status="503 Service Unavailable")),
        Failure.PROXY_CONNECT_FAILED,
        Speed.ACTIVE,
    ),
    "forbids it": (
        saying(http_answer(b"no", status="403 Forbidden")),
        Failure.PROXY_CONNECT_FAILED,
        Speed.ACTIVE,
    ),
    "speaks something else": (saying(b"SSH-2.0-x\r\n\r\n"), Failure.HTTP_MALFORMED, Speed.ACTIVE),
    "hangs up": (hang_up, Failure.EOF, Speed.ACTIVE),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_a_proxy_that(case: str, authority: Authority) -> None:
    handler, failure, speed = ANSWERS[case]
    async with tcp_server(handler) as port:
        findings = await looked(authority, WebProxy(host=HOST, port=port))

    for one in findings:
        assert one.failed is not None
        assert (one.failed.step, one.failed.failure, one.failed.speed) == (
            *(Step.EXCHANGE, failure),
            speed,
        )


async def test_a_proxy_that_is_not_there_refuses(authority: Authority) -> None:
    with refusing_port() as port:
        findings = await looked(authority, WebProxy(host=HOST, port=port))

    for one in findings:
        assert one.failed is not None
        assert (one.failed.step, one.failed.failure) == (
            *(Step.CONNECT,),
            Failure.CONNECTION_REFUSED,
        )
        assert one.address == f"{HOST}:{port}"
