"""Whole looks against servers that mean harm: they end in time, and are believed nothing."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable

import pytest

from probe.clock import Chance, SystemClock
from probe.http import Http
from probe.looks import PLAN
from probe.machine import LinuxMachine
from probe.model import FeedFact, Finding
from probe.monitor import observe
from probe.probes import Probe
from probe.probes.apple_status import AppleStatusFeeds
from probe.probes.apple_web import AppleWeb
from probe.probes.push import Couriers
from probe.targets import AppleHost, Courier, Feed
from probe.tools import Tools
from probe.trust import Trust
from probe.words import Failure, Look
from tests.support.hostile_http import (
    BOMB,
    MIB,
    drip,
    drip_headers,
    endless,
    endless_chunks,
    endless_interim,
    rss_bytes,
)
from tests.support.servers import HOST, Authority, Handler, hang, http_answer, saying, tcp_server

pytestmark = [pytest.mark.real, pytest.mark.slow]

DEEP = b'{"services":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
WRONG_TYPES = json.dumps({"services": [7, None, {"serviceName": []}, {"events": "x"}]}).encode()
PAGE = b"<!DOCTYPE html><title>System Status - Not Found Redirect</title><script>x()</script>"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


def tools(authority: Authority, port: int) -> Tools:
    trust = Trust(authority.root, authority.root)
    ports = {443: port, 5223: port}
    return Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=LinuxMachine(environment={}),
        trust=trust,
        http=Http(trust, ports, "isitme/test"),
        ports=ports,
        user_agent="isitme/test",
    )


async def looked(look: Look, probe: Probe, using: Tools) -> tuple[Finding, float, int]:
    """What one look found, how long it took, and how far memory rose meanwhile."""
    gc.collect()
    highest = before = rss_bytes()

    async def watch() -> None:
        nonlocal highest
        while True:
            highest = max(highest, rss_bytes())
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    began = time.monotonic()
    # On a host with two families the same literal is tried twice: one finding says it all.
    seen = await observe(look, probe, PLAN[look], using, 0, ())
    took = time.monotonic() - began
    watching.cancel()
    return seen[0].finding, took, highest - before


FEED = AppleStatusFeeds(feeds=(Feed(name="consumer", host=HOST, path="/feed.js"),))
FEEDS: dict[str, tuple[Handler, set[Failure]]] = {
    "a body of 1 GB": (endless, {Failure.HTTP_TOO_LARGE}),
    "a body without end": (endless_chunks, {Failure.HTTP_TOO_LARGE}),
    "a gzip bomb": (
        saying(http_answer(BOMB, headers="Content-Encoding: gzip\r\n")),
        {Failure.HTTP_ENCODING},
    ),
    "a byte now and then": (drip, {Failure.GENERIC_TIMEOUT}),
    "a header now and then": (drip_headers, {Failure.GENERIC_TIMEOUT}),
    "interim answers without end": (endless_interim, {Failure.GENERIC_TIMEOUT}),
    "a hundred thousand levels": (saying(http_answer(DEEP)), {Failure.FEED_UNREADABLE}),
    "wrong types": (saying(http_answer(WRONG_TYPES)), {Failure.FEED_UNREADABLE}),
    "a web page": (saying(http_answer(PAGE)), {Failure.FEED_UNREADABLE}),
    "nothing at all": (hang, {Failure.GENERIC_TIMEOUT}),
}


@pytest.mark.parametrize("case", FEEDS)
async def test_a_hostile_feed(case: str, authority: Authority) -> None:
    handler, expected = FEEDS[case]
    async with tcp_server(handler, tls=authority.server(HOST)) as port:
        using = tools(authority, port)
        await asyncio.to_thread(using.trust.warm)
        finding, took, rise = await looked(Look.STATUS, FEED, using)
        await using.http.aclose()

    assert finding.failed is not None
    assert finding.failed.failure in expected
    assert not finding.facts
    assert took < PLAN[Look.STATUS].timeout_seconds + 1
    assert rise <= 8 * MIB


WEB: dict[str, tuple[Handler, set[Failure]]] = {
    "a body of 1 GB": (endless, {Failure.HTTP_TOO_LARGE}),
    "a body without end": (endless_chunks, {Failure.HTTP_TOO_LARGE}),
    "a gzip bomb": (
        saying(http_answer(BOMB, headers="Content-Encoding: gzip\r\n")),
        {Failure.HTTP_ENCODING},
    ),
    "a byte now and then": (drip, {Failure.GENERIC_TIMEOUT}),
    "a header now and then": (drip_headers, {Failure.GENERIC_TIMEOUT}),
    "interim answers without end": (
        endless_interim,
        {Failure.GENERIC_TIMEOUT, Failure.HTTP_TOO_LARGE},
    ),
    "a page instead of a bag": (saying(http_answer(PAGE)), {Failure.HTTP_BODY_MISMATCH}),
    "not HTTP at all": (saying(b"\x00" * 5000), {Failure.HTTP_MALFORMED}),
}


@pytest.mark.parametrize("case", WEB)
async def test_a_hostile_apple_host(case: str, authority: Authority) -> None:
    handler, expected = WEB[case]
    probe = AppleWeb(
        hosts=(AppleHost(name="x", group="g", host=HOST, path="/", statuses=(200,), bag=True),)
    )
    async with tcp_server(handler, tls=authority.server(HOST)) as port:
        using = tools(authority, port)
        await asyncio.to_thread(using.trust.warm)
        finding, took, rise = await looked(Look.APPLE_WEB, probe, using)

    assert finding.failed is not None
    assert finding.failed.failure in expected
    assert took < PLAN[Look.APPLE_WEB].timeout_seconds + 1
    assert rise <= 8 * MIB


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(bytes(range(256)) * 64)
    await writer.drain()
    await asyncio.sleep(10)


async def record_without_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """TLS record headers that promise more than ever comes."""
    writer.write(b"\x16\x03\x03\x3f\xff")
    while True:
        writer.write(b"\x00" * 16)
        await writer.drain()
        await asyncio.sleep(0.05)


TLS: dict[str, tuple[Callable[..., Awaitable[None]], set[Failure]]] = {
    "garbage": (garbage, {Failure.SSL_FAILED_HANDSHAKE}),
    "a record without end": (
        record_without_end,
        {Failure.GENERIC_TIMEOUT, Failure.SSL_FAILED_HANDSHAKE},
    ),
    "silence": (hang, {Failure.GENERIC_TIMEOUT}),
    "plain HTTP": (saying(http_answer(PAGE)), {Failure.SSL_FAILED_HANDSHAKE}),
}


@pytest.mark.parametrize("case", TLS)
async def test_tls_garbage_from_a_courier(case: str, authority: Authority) -> None:
    handler, expected = TLS[case]
    probe = Couriers(courier=Courier(host_pattern=HOST), fallback=False, slots=("courier-1",))
    async with tcp_server(handler) as port:
        using = tools(authority, port)
        await asyncio.to_thread(using.trust.warm)
        finding, took, rise = await looked(Look.PUSH_5223, probe, using)

    assert finding.failed is not None
    assert finding.failed.failure in expected
    assert took < PLAN[Look.PUSH_5223].timeout_seconds + 1
    assert rise <= 8 * MIB


async def test_a_script_in_a_message_is_kept_as_text(authority: Authority) -> None:
    event = {
        "statusType": "Outage",
        "eventStatus": "ongoing",
        "messageId": "1",
        "message": "<script>alert(1)</script>",
    }
    body = json.dumps({"services": [{"serviceName": "iMessage", "events": [event]}]}).encode()
    async with tcp_server(saying(http_answer(body)), tls=authority.server(HOST)) as port:
        using = tools(authority, port)
        finding, _, _ = await looked(Look.STATUS, FEED, using)
        await using.http.aclose()

    (fact,) = finding.facts
    assert isinstance(fact, FeedFact)
    assert fact.events[0].message == "<script>alert(1)</script>"
