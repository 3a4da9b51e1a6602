"""The drill's world does what its states say, seen by clients that are not ours, and heals."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
import time
from collections.abc import Callable
from pathlib import Path

import dns.message
import httpx
import pytest

from probe.drill.manners import CourierManner
from probe.drill.nameserver import Rule, Says
from probe.drill.states import DRILLS
from probe.drill.timeserver import TimeManner
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


COURIERS = {
    CourierManner.WORKS: "apns-security-v3",
    CourierManner.HANGS: "no handshake",
    CourierManner.RESETS: "reset",
    CourierManner.WRONG_CERTIFICATE: "unable to get local issuer certificate",
    CourierManner.NO_ALPN: "no protocol",
}


@pytest.mark.parametrize("manner", COURIERS)
async def test_couriers_misbehave_as_told(manner: CourierManner) -> None:
    async with World() as world:
        world.manners.courier = manner
        seen = await clients.courier(world, 5223)

    assert seen == COURIERS[manner]


NAMES: dict[str, tuple[Rule, str]] = {
    "the truth": (Rule(says=Says.TRUTH), "127.77.1.20"),
    "an address that is none": (Rule(says=Says.NULL), "0.0.0.0"),
    "no such name": (Rule(says=Says.NXDOMAIN), "NXDOMAIN"),
    "a name without addresses": (Rule(says=Says.NODATA), "nothing"),
    "a server that fails": (Rule(says=Says.SERVFAIL), "SERVFAIL"),
    "a server that refuses": (Rule(says=Says.REFUSED), "REFUSED"),
    "a server that says nothing": (Rule(says=Says.SILENT), SILENCE),
    "an answer that does not fit a datagram": (Rule(says=Says.TRUNCATED), "127.77.1.20"),
}


@pytest.mark.parametrize("case", NAMES)
async def test_the_name_server_says_what_its_rules_say(case: str) -> None:
    rule, expected = NAMES[case]
    async with World() as world:
        world.manners.names["www.google.com"] = rule
        seen = await clients.within(clients.name(world, "www.google.com"))
        other = await clients.within(clients.name(world, "www.wikipedia.org"))

    assert seen == expected
    assert other == "127.77.1.24"


async def test_a_truncated_answer_says_so_and_is_whole_over_tcp() -> None:
    async with World() as world:
        world.manners.names["www.google.com"] = Rule(says=Says.TRUNCATED)
        await clients.name(world, "www.google.com")
        asked = [call.asked for call in world.calls if call.port == 53]

    assert asked == ["A www.google.com"] * 2  # over UDP, and again over TCP


async def test_a_spoofed_reply_has_another_id() -> None:
    query = dns.message.make_query("www.google.com", "A", id=4242).to_wire()
    async with World() as world:
        world.manners.names["www.google.com"] = Rule(says=Says.WRONG_ID)
        reply = await clients.datagram(world.resolvers[0], world.ports[53], query)

    assert struct.unpack_from("!H", reply) == (4243,)


async def test_a_slow_name_server_is_late() -> None:
    async with World() as world:
        world.manners.names["*"] = Rule(says=Says.TRUTH, after_seconds=0.2)
        began = time.monotonic()
        seen = await clients.name(world, "www.google.com")
        took = time.monotonic() - began

    assert seen == "127.77.1.20"
    assert took >= 0.2


async def test_there_is_no_ipv6_and_no_unknown_name() -> None:
    async with World() as world:
        assert await clients.name(world, "www.google.com", "AAAA") == "nothing"
        assert await clients.name(world, "nowhere.example") == "NXDOMAIN"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_public_resolver_tells_the_truth_whatever_the_home_says(method: str) -> None:
    async with World() as world:
        world.manners.names["*"] = Rule(says=Says.NXDOMAIN)
        said = await clients.name_elsewhere(world, "init.ess.apple.com", method=method)

    assert said == "127.77.2.30"


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


async def test_apple_names_lie_in_the_network_that_plays_apple() -> None:
    from ipaddress import ip_address, ip_network

    async with World() as world:
        (apple,) = map(ip_network, world.targets().apple_networks)
        inside = {
            name: ip_address(await clients.name(world, name)) in apple
            for name in (*world.targets().apple_names, "api.push.apple.com", "www.apple.com")
        }

    assert inside == {
        "1-courier.push.apple.com": True,
        "init.ess.apple.com": True,
        "api.push.apple.com": True,
        "www.apple.com": False,  # a rented CDN
    }


async def test_every_host_that_isitme_looks_at_exists_in_the_world() -> None:
    async with World() as world:
        targets = world.targets()
        courier = targets.courier
        assert targets.provider is not None
        named = {
            *(reference.host for reference in targets.references_by_name),
            *(page.host for page in targets.portal_pages),
            *(host.host for host in targets.apple_hosts),
            *(server.host for server in targets.time_servers),
            *(feed.host for feed in targets.feeds),
            *(control.host for control in targets.port_controls),
            *(courier.host_pattern.format(n=n + 1) for n in range(courier.count)),
            *targets.control_names,
            *targets.apple_names,
            targets.provider.host,
        }
        said = {name: await clients.name(world, name) for name in named}

    assert [name for name, answer in said.items() if not answer.startswith("127.77.")] == []


TIMES: dict[str, tuple[TimeManner, Callable[[bytes], bool]]] = {
    "unsynchronized": (TimeManner(leap=3), lambda reply: reply[0] >> 6 == 3),
    "stratum 16": (TimeManner(stratum=16), lambda reply: reply[1] == 16),
    "a kiss of death": (TimeManner(kiss=b"RATE"), lambda r: r[1] == 0 and r[12:16] == b"RATE"),
    "no stamps": (TimeManner(zero_stamps=True), lambda reply: not any(reply[32:48])),
    "not our cookie": (TimeManner(wrong_origin=True), lambda r: r[24:32] != b"cookie!!"),
    "honest": (TimeManner(), lambda r: r[24:32] == b"cookie!!" and r[0] == 4 << 3 | 4),
}


@pytest.mark.parametrize("case", TIMES)
async def test_a_time_server_lies_as_told(case: str) -> None:
    manner, shows = TIMES[case]
    async with World() as world:
        world.manners.time["apple-time"] = manner
        reply = await clients.sntp(world)
        honest = await clients.sntp(world, "cloudflare-time")

    assert shows(reply)
    assert honest[1] == 1


async def test_the_provider_speaks_http2_alone_and_wants_post() -> None:
    async with World() as world:
        assert await clients.provider(world, "GET") == "405 MethodNotAllowed"
        context = clients.trusting(world, "public", "http/1.1")
        reader, writer = await asyncio.open_connection(
            "127.77.2.20", world.ports[443], ssl=context, server_hostname="api.push.apple.com"
        )
        writer.write(b"GET / HTTP/1.1\r\nhost: api.push.apple.com\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.transport.abort()
        await asyncio.sleep(0)

    assert answer[3] == 4  # a SETTINGS frame, RFC 9113 6.5, and no HTTP/1.1 status
    assert b"HTTP/1.1" not in answer


async def test_a_courier_holds_the_connection_and_says_nothing() -> None:
    async with World() as world:
        context = clients.trusting(world, "apple", "apns-security-v3")
        reader, writer = await asyncio.open_connection(
            "127.77.2.11", world.ports[5223], ssl=context, server_hostname="courier.push.apple.com"
        )
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.3)
        writer.transport.abort()
        await asyncio.sleep(0)


async def test_apple_hosts_are_vouched_for_by_apple_alone() -> None:
    async with World() as world:
        seen = [
            await clients.tls(world, "127.77.2.31", 443, "identity.ess.apple.com", pki, "http/1.1")
            for pki in ("apple", "public")
        ]

    assert seen == ["http/1.1", "unable to get local issuer certificate"]


async def test_the_bag_is_a_signed_envelope_around_a_list_of_addresses() -> None:
    import plistlib

    async with World() as world:
        path = "/WebObjects/VCInit.woa/wa/getBag?ix=3"
        answer = await clients.get(world, "identity-bag", "init.ess.apple.com", path, pki="apple")
    envelope = plistlib.loads(answer.content)

    assert set(envelope) == {"signature", "certs", "bag"}
    assert plistlib.loads(envelope["bag"])["id-register"].startswith("https://identity.ess.")


FEEDS = "/support/systemstatus/data"


@pytest.mark.parametrize("validator", ["etag", "last-modified"])
async def test_an_unchanged_feed_costs_one_small_answer_and_a_changed_one_is_sent(
    validator: str,
) -> None:
    asking = {"etag": "if-none-match", "last-modified": "if-modified-since"}[validator]
    async with World() as world:
        path = f"{FEEDS}/system_status_en_US.js"
        world.manners.feed_changed_unix -= 3600
        first = await clients.get(world, "apple-web", "www.apple.com", path)
        known = {asking: first.headers[validator]}
        same = await clients.get(world, "apple-web", "www.apple.com", path, headers=known)
        world.post_outage()
        other = await clients.get(world, "apple-web", "www.apple.com", path, headers=known)

    assert (first.status_code, same.status_code, other.status_code) == (200, 304, 200)
    assert same.content == b""
    assert b"Outage" in other.content


async def test_the_developer_feed_is_jsonp() -> None:
    async with World() as world:
        path = f"{FEEDS}/developer/system_status_en_US.js"
        answer = await clients.get(world, "apple-web", "www.apple.com", path)

    assert answer.text.startswith('jsonCallback({"')
    assert answer.text.endswith("});\n")
    assert '"APNS"' in answer.text


async def test_every_watched_service_is_in_a_feed() -> None:
    async with World() as world:
        both = "".join(
            [
                (await clients.get(world, "apple-web", "www.apple.com", feed.path)).text
                for feed in world.targets().feeds
            ]
        )
        missing = [name for name in world.targets().watched_services if f'"{name}"' not in both]

    assert missing == []


async def test_known_pages_say_exactly_what_they_always_say() -> None:
    async with World() as world:
        keys = {"apple": "captive", "google": "gstatic", "mozilla": "mozilla"}
        answers = {
            page: await clients.get(world, keys[page.name], page.host, page.path, secure=False)
            for page in world.targets().portal_pages
        }

    assert [
        page.name
        for page, answer in answers.items()
        if (answer.status_code, answer.content.strip()) != (page.status, page.body)
    ] == []


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
    import errno

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
