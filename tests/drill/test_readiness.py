"""Is a network ready for Apple's devices? Asked in small worlds of real servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date

import pytest

from probe import app
from probe.catalogue import APPLE, CATALOGUE, PUBLIC, Entry, entries_of, named
from probe.drill.layout import ZONE
from probe.drill.manners import CourierManner
from probe.drill.nameserver import Rule, Says
from probe.drill.world import World
from probe.model import Finding, StepTaken
from probe.outlets.readiness import (
    advice,
    audit_code,
    audit_text,
    differences,
    headline,
    readiness_code,
    readiness_text,
)
from probe.outlets.terminal import Paper
from probe.staging import setup_of
from probe.survey import AT_ONCE, ask_all, survey
from probe.targets import Targets, WebProxy
from probe.ways import Ask, Row, Survey, Way, read
from probe.words import Failure, Family, Speed, Step
from tests.support.servers import tcp_server, tunnelling

pytestmark = pytest.mark.real
TODAY = date(2026, 7, 1)


async def surveyed(world: World, *groups: str, proxy: WebProxy | None = None) -> Survey:
    setup = setup_of(world, "healthy")
    async with app.made(setup) as monitor:
        return await survey(groups, monitor.tools, setup.targets, proxy=proxy, pause_seconds=0.0)


async def rows_of(world: World, *entries: Entry) -> tuple[Row, ...]:
    setup = setup_of(world, "healthy")
    async with app.made(setup) as monitor:
        return await ask_all(
            entries, monitor.tools, setup.targets, heard=lambda row: None, pause_seconds=0.0
        )


def ways(found: Survey) -> dict[str, set[Way]]:
    by_host: dict[str, set[Way]] = {}
    for row in found.rows:
        by_host.setdefault(f"{row.entry.name}:{row.port}", set()).add(row.way)
    return by_host


async def test_a_good_network_lets_out_every_host_that_management_needs() -> None:
    async with World() as world:
        found = await surveyed(world, "mdm")

    assert {row.entry.name for row in found.rows} == {e.name for e in entries_of(["mdm"])}
    assert len(found.rows) > 70
    assert {row.way for row in found.rows} == {Way.OPEN}
    assert not [row for row in found.rows if row.answer]
    assert readiness_code(found) == 0
    assert headline(found).startswith("Ready: this network lets out all")
    assert not list(advice(found))


async def test_who_opens_connections_is_named_and_what_to_spare() -> None:
    async with World() as world:
        world.manners.courier = CourierManner.WRONG_CERTIFICATE
        found = await surveyed(world, "push")

    stopped = found.with_way(Way.INTERCEPTED)
    said = readiness_text(found, Paper(width=200))
    assert {(row.entry.name, row.port) for row in stopped} == {("courier", 5223), ("courier", 443)}
    assert all(row.issuer for row in stopped)
    assert stopped[0].issuer in said
    assert "Take these names out of what" in said
    assert "*.push.apple.com" in said
    assert readiness_code(found) == 10


async def test_a_port_that_is_closed_accuses_nobody_and_says_which() -> None:
    async with World() as world:
        await world.turn("push-blocked")
        found = await surveyed(world, "push")

    assert ways(found)["courier:5223"] == {Way.CLOSED}
    assert ways(found)["courier:443"] == {Way.OPEN}
    assert readiness_code(found) == 13
    assert "Let TCP port 5223 out to: *.push.apple.com." in list(advice(found))


def test_a_name_that_is_led_to_nobody_is_a_filter_in_the_way() -> None:
    refused = StepTaken(
        step=Step.CONNECT, seconds=0.0, failure=Failure.CONNECTION_REFUSED, speed=Speed.ACTIVE
    )
    finding = Finding(
        target="courier", operator="apple", address="0.0.0.0:5223", steps=(refused,), said="refused"
    )
    ask = Ask(entry=named("courier"), port=5223, family=Family.IPV4)

    row = read(ask, finding, Targets())
    through_a_proxy = read(ask, finding, Targets(), proxied=True)
    found = Survey(groups=("push",), rows=(row,), others=(("www.google.com", True),))

    assert row.way is Way.ANSWERED_FOR
    assert through_a_proxy.way is Way.CLOSED  # the address is the proxy's
    assert readiness_code(found) == 10
    assert "0.0.0.0" in readiness_text(found, Paper(width=200))
    assert list(advice(found)) == [
        "Let DNS and web filters leave these names alone: *.push.apple.com."
    ]


async def test_a_name_that_is_refused_is_no_name() -> None:
    async with World() as world:
        world.manners.names["gdmf.apple.com"] = Rule(says=Says.NXDOMAIN)
        (row,) = await rows_of(world, named("gdmf.apple.com"))

    assert row.way is Way.NO_NAME


async def test_private_relay_may_be_forbidden_and_that_is_no_fault() -> None:
    async with World() as world:
        world.manners.names["*.icloud.com"] = Rule(says=Says.NXDOMAIN)
        found = await surveyed(world, "relay")

    assert {row.way for row in found.rows} == {Way.FORBIDDEN}
    assert readiness_code(found) == 0
    assert "which is its right" in readiness_text(found, Paper())


async def test_a_server_error_inside_verified_tls_shows_that_the_way_is_free() -> None:
    async with World() as world:
        world.manners.apple_status = 503
        found = await surveyed(world, "account")

    lookup = next(row for row in found.rows if row.entry.name == "account-lookup")
    assert lookup.way is Way.OPEN
    assert "503" in lookup.answer
    assert readiness_code(found) == 0


async def test_a_sign_in_page_is_in_the_way_and_is_not_taken_for_apple() -> None:
    async with World() as world:
        world.manners.portal = True  # TLS still passes
        found = await surveyed(world, "certificates", "activation")

    stopped = found.with_way(Way.ANSWERED_FOR)
    assert {row.port for row in stopped} == {80}
    assert {"captive.apple.com", "ocsp.apple.com"} <= {row.entry.name for row in stopped}
    assert readiness_code(found) == 10


async def test_where_nothing_is_reached_nothing_is_said_about_apple() -> None:
    async with World() as world:
        await world.turn("internet-down")
        found = await surveyed(world, "push")

    assert readiness_code(found) == 13
    assert headline(found).startswith("Not known")
    assert audit_code(found, today=TODAY) == 13
    assert "nothing can be compared" in audit_text(found, Paper(), today=TODAY)


async def test_the_audit_says_what_moved_to_another_root_and_what_is_gone() -> None:
    moved = replace(named("gdmf.apple.com"), pki=PUBLIC, name="moved")
    back = replace(named("swscan.apple.com"), pki=APPLE, name="back")
    gone = replace(named("mesu.apple.com"), host="nobody.apple.com", ports=(443,), name="gone")
    async with World() as world:
        rows = await rows_of(world, moved, back, gone, named("identity"))
    found = Survey(groups=("all",), rows=rows, others=(("www.google.com", True),))

    said = differences(found, today=TODAY)

    assert ["apple roots" in one for one in said["changed"]] == [True, False]
    assert ["gone" in one for one in said["gone"]] == [True]
    assert said["seen"] == ["identity: passes from here"]
    assert said["old"] == []
    assert audit_code(found, today=TODAY) == 13


async def test_a_source_that_was_read_long_ago_is_to_be_read_again() -> None:
    async with World() as world:
        rows = await rows_of(world, named("identity"))
    found = Survey(groups=("all",), rows=rows, others=(("www.google.com", True),))

    assert audit_code(found, today=TODAY) == 0
    assert len(differences(found, today=date(2028, 1, 1))["old"]) == 1


@asynccontextmanager
async def proxy_into(world: World, *, refused: Sequence[str]) -> AsyncIterator[WebProxy]:
    """A proxy that resolves and connects by itself, and refuses some."""

    def place_of(host: str, port: int) -> tuple[str, int] | None:
        if host in refused or port not in world.ports:
            return None
        return ZONE[host], world.ports[port]

    async with tcp_server(tunnelling(place_of)) as port:
        yield WebProxy(host="127.0.0.1", port=port)


async def test_through_a_proxy_what_it_refuses_is_the_proxys_doing() -> None:
    async with World() as world, proxy_into(world, refused=["gsa.apple.com"]) as proxy:
        found = await surveyed(world, "account", proxy=proxy)

    assert ways(found)["account-lookup:443"] == {Way.REFUSED_BY_PROXY}
    assert ways(found)["account-web:443"] == {Way.OPEN}
    assert "Let the proxy connect to: gsa.apple.com." in list(advice(found))
    assert f"Through the proxy 127.0.0.1:{proxy.port}." in readiness_text(found, Paper(width=200))
    assert readiness_code(found) == 10


async def test_no_more_than_a_few_are_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0

    async def asked(*given: object) -> object:
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        await asyncio.sleep(0.001)
        running -= 1
        return object()

    monkeypatch.setattr("probe.survey.asked", asked)
    async with World() as world:
        rows = await rows_of(world, *CATALOGUE)

    assert len(rows) > len(CATALOGUE)
    assert most == AT_ONCE


async def test_a_time_server_is_asked_once_however_many_families_lead_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("probe.survey.families", lambda network: (Family.IPV4, Family.IPV6))
    async with World() as world:
        rows = await rows_of(world, *entries_of(["time"]))
        asked = [call for call in world.calls if call.port == 123]

    assert {row.family for row in rows} == {Family.IPV4}
    assert len(asked) == len(rows)
