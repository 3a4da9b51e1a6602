"""The drill's world does what its states say, seen by clients that are not ours, and heals."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import time
from pathlib import Path

import dns.message
import httpx
import pytest

from probe.drill.states import DRILLS
from probe.drill.wires import Wire
from probe.drill.world import World, WorldError
from probe.words import Code
from tests.drill import clients
from tests.drill.clients import SILENCE

pytestmark = pytest.mark.real

HEALTHY = {
    "a name": "127.77.1.20",
    "a courier's name": "127.77.2.10",
    "a courier's name elsewhere": "127.77.2.10",
    "by address": "200",
    "by name": "204",
    "a known page": "200 success",
    "courier 5223": "apns-security-v3",
    "courier 443": "apns-security-v3",
    "another courier 5223": "apns-security-v3",
    "provider": "403 MissingProviderToken",
    "identity": "404",
    "account": "200",
    "account web": "404",
    "feed": "all available",
    "clock": "+0 s",
    "clock by https": "+0 s",
    "port 5228": "connects",
    "port 5222": "connects",
}
NO_ROUTE = "SERVFAIL EDE 22 (No Reachable Authority)"
BEYOND_THE_ROUTER = {
    "a courier's name elsewhere": SILENCE,
    "by address": SILENCE,
    "by name": SILENCE,
    "a known page": SILENCE,
    "courier 5223": "no connection",
    "courier 443": "no connection",
    "another courier 5223": "no connection",
    "provider": SILENCE,
    "identity": SILENCE,
    "account": SILENCE,
    "account web": SILENCE,
    "feed": SILENCE,
    "clock": SILENCE,
    "clock by https": SILENCE,
    "port 5228": SILENCE,
    "port 5222": SILENCE,
}
# What each drill changes; all else stays as in HEALTHY.
CHANGED: dict[str, dict[str, str]] = {
    "healthy": {},
    "apple-outage": {
        "courier 5223": "no handshake",
        "courier 443": "no handshake",
        "another courier 5223": "no handshake",
        "provider": "503 ServiceUnavailable",
        "identity": "503",
        "account": "503",
        "account web": "503",
    },
    "apple-acknowledged": {"feed": "FaceTime, iMessage"},
    "apple-silent": {
        "courier 5223": "no connection",
        "courier 443": "no connection",
        "another courier 5223": "no connection",
        "provider": SILENCE,
        "identity": SILENCE,
        "account": SILENCE,
        "account web": SILENCE,
        "clock": SILENCE,  # Apple's time servers stand in its own network
    },
    "provider-dns": {"a name": "SERVFAIL", "a courier's name": "SERVFAIL"},
    "dns-block": {"a courier's name": "0.0.0.0"},
    "clock-wrong": {"clock": "+600 s", "clock by https": "+600 s"},
    "portal": BEYOND_THE_ROUTER
    | {"a known page": "302 http://127.77.0.1/login?from=detectportal.firefox.com"},
    "push-blocked": {
        "courier 5223": "no connection",
        "another courier 5223": "no connection",
        "port 5228": SILENCE,
        "port 5222": SILENCE,
    },
    "internet-down": BEYOND_THE_ROUTER | {"a name": NO_ROUTE, "a courier's name": NO_ROUTE},
    "link-down": BEYOND_THE_ROUTER | {"a name": SILENCE, "a courier's name": SILENCE},
}
PROMISED = {
    "healthy": Code.OK,
    "apple-outage": Code.APPLE_SUSPECTED,
    "apple-acknowledged": Code.APPLE_ACKNOWLEDGED,
    "apple-silent": Code.UNKNOWN,
    "provider-dns": Code.DNS,
    "dns-block": Code.DNS,
    "clock-wrong": Code.CLOCK,
    "portal": Code.CAPTIVE_PORTAL,
    "push-blocked": Code.FIREWALL_PORT_BLOCKED,
    "internet-down": Code.ISP_INTERNET,
    "link-down": Code.LOCAL_LINK,
}


@pytest.mark.parametrize("name", CHANGED)
async def test_each_drill_shows_its_symptom_and_nothing_else_and_heals(name: str) -> None:
    async with World() as world:
        await world.turn(name)
        seen = await clients.symptoms(world)
        state = world.state
        await world.turn("healthy")
        healed = await clients.symptoms(world)

    assert seen == HEALTHY | CHANGED[name]
    assert state == name
    assert healed == HEALTHY


async def test_one_drill_after_another_leaves_nothing_of_the_first() -> None:
    async with World() as world:
        for name in ("portal", "clock-wrong", "internet-down", "apple-outage", "dns-block"):
            await world.turn(name)
        seen = await clients.symptoms(world)

    assert seen == HEALTHY | CHANGED["dns-block"]


def test_the_drills_are_these_and_promise_these_verdicts() -> None:
    assert {name: drill.code for name, drill in DRILLS.items()} == PROMISED
    assert all(drill.name == name for name, drill in DRILLS.items())
    assert all(drill.said.endswith(".") and "\n" not in drill.said for drill in DRILLS.values())


async def test_an_unknown_drill_names_the_known_ones() -> None:
    async with World() as world:
        with pytest.raises(WorldError, match=r"'earthquake'.*healthy, apple-outage"):
            await world.turn("earthquake")


async def test_two_worlds_live_side_by_side() -> None:
    async with World() as ill, World() as well:
        await ill.turn("apple-outage")
        seen = await asyncio.gather(clients.symptoms(ill), clients.symptoms(well))

    assert not set(ill.ports.values()) & set(well.ports.values())
    assert seen[0] == HEALTHY | CHANGED["apple-outage"]
    assert seen[1] == HEALTHY


def open_descriptors() -> set[tuple[str, str]]:
    """What this process has open, by number and by kind."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.add((entry.name, os.readlink(entry)))
        except FileNotFoundError:  # the listing's own
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors are counted in /proc")
@pytest.mark.parametrize("name", ["healthy", "apple-outage", "internet-down"])
async def test_nothing_is_left_when_a_world_ends(name: str) -> None:
    before, tasks_before = open_descriptors(), asyncio.all_tasks()
    async with World() as world:
        port, directory = world.ports[443], world.public_roots.parent
        _, writer = await asyncio.open_connection("127.77.2.10", port)
        await world.turn(name)
        await clients.within(clients.courier(world, 443))
        assert directory.is_dir()
    tasks_left = asyncio.all_tasks() - tasks_before
    writer.transport.abort()
    await asyncio.sleep(0.01)  # transports that were let go close their sockets on the next turn

    assert not directory.exists()
    assert not tasks_left
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.77.2.10", port)
    assert {kind for _, kind in open_descriptors() - before if "socket" in kind} == set()


async def test_a_cut_wire_leaves_an_open_connection_mute_and_a_healed_world_ends_it() -> None:
    async with World() as world:
        reader, writer = await asyncio.open_connection("127.77.1.22", world.ports[80])
        request = b"GET /success.txt HTTP/1.1\r\nhost: detectportal.firefox.com\r\n\r\n"
        writer.write(request)
        first = await reader.readuntil(b"success")
        world.wire(Wire.SILENT)
        await asyncio.sleep(0)
        writer.write(request)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readuntil(b"success"), 0.3)
        world.restore()
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readuntil(b"success"), 5)
        writer.transport.abort()

    assert first.startswith(b"HTTP/1.1 200")


WIRES = {
    Wire.UP: ("127.77.1.20", "connects"),
    Wire.REFUSED: ("refused", "refused"),
    Wire.SILENT: (SILENCE, SILENCE),
    Wire.RESET: ("refused", "ConnectionResetError"),
}


@pytest.mark.parametrize("wire", WIRES)
async def test_a_wire_does_what_it_is_called(wire: Wire) -> None:
    async def talk(world: World) -> str:
        reader, writer = await asyncio.open_connection("127.77.1.41", world.ports[5222])
        try:
            # Long enough for a reset to come back, short for a server that has nothing to say.
            await asyncio.wait_for(reader.read(1), 0.3)
        except TimeoutError:
            return "connects"
        finally:
            writer.transport.abort()
            await asyncio.sleep(0)
        return "hung up"

    async def ask(world: World) -> str:
        query = dns.message.make_query("www.google.com", "A")
        reply = await clients.datagram(world.resolvers[0], world.ports[53], query.to_wire())
        return clients.said_by(dns.message.from_wire(reply))

    async with World() as world:
        world.wire(wire, real_ports=(53,))
        world.wire(wire, places=("whatsapp",))
        seen = await asyncio.gather(
            clients.within(ask(world)),
            clients.within(talk(world)),
        )

    assert tuple(seen) == WIRES[wire]


async def test_garbage_is_answered_by_nobody_and_breaks_nothing() -> None:
    async with World() as world:
        for key, port in (("gateway", 53), ("apple-time", 123)):
            address = clients.address_of(world, key)
            asking = clients.datagram(address, world.ports[port], b"\0" * 7)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asking, 0.2)
        for port in (53, 80, 443):
            _, writer = await asyncio.open_connection(
                "127.77.0.1" if port != 443 else "127.77.2.20", world.ports[port]
            )
            writer.write(b"\xff" * 200_000)
            writer.transport.abort()
        seen = await clients.symptoms(world)

    assert seen == HEALTHY


async def test_a_delay_is_paid_once_per_round_trip() -> None:
    async with World(delay_seconds=0.1) as world:
        began = time.monotonic()
        await clients.name(world, "www.google.com")
        named = time.monotonic()
        await clients.get(world, "google", "www.google.com", "/generate_204")
        answered = time.monotonic()

    assert named - began >= 0.1
    assert answered - named >= 0.3  # TCP, TLS 1.3, one exchange


async def test_calls_are_remembered_in_order() -> None:
    async with World() as world:
        await clients.name(world, "www.google.com")
        await clients.get(world, "google", "www.google.com", "/generate_204")
        asked = [(call.place, call.port, call.asked) for call in world.calls]

    assert asked == [
        ("gateway", 53, "A www.google.com"),
        ("google", 443, "TLS"),
        ("google", 443, "GET /generate_204 HTTP/1.1"),
    ]


async def test_a_machine_with_127_0_0_1_alone_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.bind

    def bind(sock: socket.socket, address: tuple[str, int]) -> None:
        if address[0] != "127.0.0.1":
            raise OSError(errno.EADDRNOTAVAIL, "Can't assign requested address")
        real(sock, address)

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(WorldError, match=r"127\.0\.0\.1 alone"):
        async with World():
            pass


async def test_a_taken_port_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    async with World() as first:
        taken = first.ports[443]
        numbers = [taken, *range(31_000, 31_999)]
        monkeypatch.setattr("random.sample", lambda population, k: numbers)
        async with World() as second:
            assert taken not in second.ports.values()
            assert await clients.symptoms(second) == HEALTHY


async def test_a_bug_of_a_server_comes_to_light() -> None:
    world = World()
    await world.__aenter__()
    world.manners.names["www.google.com"] = None  # type: ignore[assignment]
    said = await clients.within(clients.name(world, "www.google.com"))
    with pytest.raises(ExceptionGroup, match="servers failed"):
        await world.__aexit__(None, None, None)

    assert said == SILENCE


def test_certificates_are_signed_for_one_world_only() -> None:
    async def swapped() -> str:
        async with World() as one, World() as other:
            context = ssl.create_default_context(cafile=str(other.public_roots))
            try:
                async with httpx.AsyncClient(verify=context, trust_env=False) as client:
                    await client.get(f"https://127.77.1.1:{one.ports[443]}/")
            except httpx.ConnectError as error:
                return str(error)
        return "believed"

    assert "CERTIFICATE_VERIFY_FAILED" in asyncio.run(swapped())
