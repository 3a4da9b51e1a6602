"""`isitme record`, `audit-hosts` and `check --group` the whole way, as a person calls them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from probe import app, cli
from probe.app import Setup
from probe.catalogue import CATALOGUE, HTTP_PORT, QUIC
from probe.cli import looking
from probe.drill.layout import GATEWAY
from probe.drill.manners import CourierManner
from probe.drill.nameserver import Rule, Says
from probe.drill.world import World
from probe.staging import setup_of
from probe.survey import survey

# Nobody speaks QUIC in a drill.
OVER_QUIC = {entry.name for entry in CATALOGUE if entry.protocol == QUIC}
COURIER = "N-courier.push.apple.com"
pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


async def called(world: World, patch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of a command, in this world. A command has a loop, and so a thread, of its
    own."""
    setup = setup_of(world, "healthy")

    async def at_once(
        setup: Setup, groups: Any, heard: Callable[[Any], object] = lambda row: None
    ) -> Any:
        async with app.made(setup) as monitor:
            return await survey(
                groups, monitor.tools, setup.targets, heard=heard, pause_seconds=0.0
            )

    patch.setattr(looking, "setup_of", lambda settings: setup)
    patch.setattr("probe.app.survey", at_once)
    return await asyncio.to_thread(cli.main, list(words))


async def test_a_recording_is_written_and_holds_nothing_of_this_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with World() as world:
        code = await called(world, monkeypatch, "record", "--into", str(tmp_path / "out"))

    said = capsys.readouterr()
    files = [Path(line) for line in said.out.splitlines()]
    assert code == 0
    assert "Look the files through" in said.err
    assert "still in it" not in said.err
    assert len(files) == 2
    kinds: set[str] = set()
    for file in files:
        text = file.read_text()
        assert GATEWAY not in text
        for row in map(json.loads, text.splitlines()[1:]):
            kinds.add(row.get("kind", "observation"))
            assert GATEWAY.encode() not in base64.b64decode(row.get("base64", ""))
    assert {"observation", "feed", "http", "http2", "certificate", "datagram"} <= kinds


async def test_the_audit_asks_every_host_and_names_those_that_differ(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with World() as world:
        world.manners.names["gdmf.apple.com"] = Rule(says=Says.NXDOMAIN)
        code = await called(world, monkeypatch, "audit-hosts", "--json")

    said = json.loads(capsys.readouterr().out)
    asked = {host["host"] for host in said["hosts"]}
    assert asked == {entry.host.replace("{n}", "N") for entry in CATALOGUE}
    gone = {one.partition(":")[0] for one in said["differences"]["gone"]}
    assert gone == {"gdmf.apple.com", *OVER_QUIC}
    assert code == 13


async def test_a_report_for_the_network_team_has_each_fault_where_it_belongs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A whole site: push is opened and read, plain pages are a sign-in's, one name is refused."""
    async with World() as world:
        world.manners.courier = CourierManner.WRONG_CERTIFICATE
        world.manners.portal = True
        world.manners.names["albert.apple.com"] = Rule(says=Says.NXDOMAIN)
        code = await called(world, monkeypatch, "check", "--group", "mdm", "--json")

    said = json.loads(capsys.readouterr().out)
    ways = {(host["host"], host["port"]): host["way"] for host in said["hosts"]}
    assert code == 10
    assert (said["ready"], said["blame"]) == (False, "me")
    assert ways[COURIER, 5223] == ways[COURIER, 443] == "intercepted"
    assert ways["albert.apple.com", 443] == "no_name"
    of_plain_pages = {way for (_, port), way in ways.items() if port == HTTP_PORT}
    assert of_plain_pages == {"answered_for"}
    named = {COURIER, "albert.apple.com"}
    rest = {way for (host, port), way in ways.items() if host not in named and port != HTTP_PORT}
    assert rest == {"open"}
    advice = " ".join(said["advice"])
    assert "inspects" in advice
    assert "*.push.apple.com" in advice
    assert "leave these names alone: " in advice
    assert "albert.apple.com" in advice
