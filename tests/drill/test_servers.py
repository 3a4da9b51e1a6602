"""Every server of the drill's world answers as the real one is known to, and lies as told."""

from __future__ import annotations

import asyncio
import plistlib
import struct
import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network

import dns.message
import pytest

from probe.drill.manners import CourierManner
from probe.drill.nameserver import Rule, Says
from probe.drill.timeserver import TimeManner
from probe.drill.world import World
from tests.drill import clients
from tests.drill.clients import SILENCE

pytestmark = pytest.mark.real

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


async def test_apple_names_lie_in_the_network_that_plays_apple() -> None:
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
