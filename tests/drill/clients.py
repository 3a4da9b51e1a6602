"""Plain clients that know nothing of isitme: what they meet is what the drill's world does."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import struct
import time
from collections.abc import Awaitable
from email.utils import parsedate_to_datetime

import dns.asyncquery
import dns.message
import dns.rcode
import httpx

from probe.drill.world import World

# Enough for two busy cores; all are asked at once, so that silence costs this once.
PATIENCE_SECONDS = 1.5
NTP_EPOCH_SECONDS = 2_208_988_800
SILENCE = "silence"


async def within(asking: Awaitable[str]) -> str:
    """What came, or how it did not."""
    try:
        return await asyncio.wait_for(asking, PATIENCE_SECONDS)
    except TimeoutError:
        return SILENCE
    except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError) as error:
        return type(error).__name__
    except OSError as error:
        return "refused" if isinstance(error, ConnectionRefusedError) else type(error).__name__


def address_of(world: World, key: str) -> str:
    return next(opening.place.address for opening in world.openings if opening.place.key == key)


def trusting(world: World, pki: str, *alpn: str) -> ssl.SSLContext:
    roots = world.apple_roots if pki == "apple" else world.public_roots
    context = ssl.create_default_context(cafile=str(roots))
    context.set_alpn_protocols(list(alpn))
    return context


async def name(world: World, asked: str, record_type: str = "A") -> str:
    """What the home's name server says: an rcode or addresses, with its extended error."""
    query = dns.message.make_query(asked, record_type, use_edns=True)
    reply, _ = await dns.asyncquery.udp_with_fallback(
        query, world.resolvers[0], port=world.ports[53], timeout=PATIENCE_SECONDS * 2
    )
    return said_by(reply)


def said_by(reply: dns.message.Message) -> str:
    words = [str(option) for option in reply.options if option.otype == 15]
    if reply.rcode() != dns.rcode.NOERROR:
        return " ".join([dns.rcode.to_text(reply.rcode()), *words])
    return " ".join(record.to_text() for rrset in reply.answer for record in rrset) or "nothing"


async def name_elsewhere(world: World, asked: str, *, method: str = "POST") -> str:
    """What a public resolver says over HTTPS and HTTP/2."""
    query = dns.message.make_query(asked, "A", id=0)
    address = address_of(world, "quad9-ip")
    async with http2(world) as client:
        url = f"https://{address}:{world.ports[443]}/dns-query"
        if method == "GET":
            encoded = base64.urlsafe_b64encode(query.to_wire()).rstrip(b"=").decode()
            answer = await client.get(f"{url}?dns={encoded}")
        else:
            headers = {"content-type": "application/dns-message"}
            answer = await client.post(url, content=query.to_wire(), headers=headers)
    assert answer.http_version == "HTTP/2"
    return said_by(dns.message.from_wire(answer.content))


def http2(world: World) -> httpx.AsyncClient:
    context = trusting(world, "public")
    return httpx.AsyncClient(verify=context, http2=True, http1=False, trust_env=False, timeout=None)


async def provider(world: World, method: str = "POST") -> str:
    """Status and reason of Apple's provider API to a stranger."""
    address = address_of(world, "provider")
    async with http2(world) as client:
        answer = await client.request(
            method,
            f"https://{address}:{world.ports[443]}/3/device/{'0' * 64}",
            headers={"host": "api.push.apple.com"},
            extensions={"sni_hostname": "api.push.apple.com"},
            content=b"{}",
        )
    assert answer.headers["apns-id"]
    return f"{answer.status_code} {answer.json()['reason']}"


async def get(
    world: World,
    key: str,
    host: str,
    path: str = "/",
    *,
    pki: str = "public",
    secure: bool = True,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """One HTTP/1.1 answer, redirects not followed."""
    address = address_of(world, key)
    scheme, port = ("https", world.ports[443]) if secure else ("http", world.ports[80])
    async with httpx.AsyncClient(
        verify=trusting(world, pki), trust_env=False, timeout=None
    ) as client:
        return await client.get(
            f"{scheme}://{address}:{port}{path}",
            headers={"host": host, **(headers or {})},
            extensions={"sni_hostname": host},
        )


async def status(world: World, key: str, host: str, path: str = "/", *, pki: str = "public") -> str:
    return str((await get(world, key, host, path, pki=pki)).status_code)


async def page(world: World, key: str, host: str, path: str) -> str:
    """A plain-HTTP page: its status, and its words or where it sends us."""
    answer = await get(world, key, host, path, secure=False)
    return f"{answer.status_code} {answer.headers.get('location', answer.text.strip())}".strip()


async def troubled_services(world: World) -> str:
    """The services with an ongoing event in Apple's consumer feed."""
    answer = await get(
        world, "apple-web", "www.apple.com", "/support/systemstatus/data/system_status_en_US.js"
    )
    services = json.loads(answer.text)["services"]
    troubled = [
        service["serviceName"]
        for service in services
        if any(event["eventStatus"] == "ongoing" for event in service["events"])
    ]
    return ", ".join(troubled) or "all available"


async def tls(world: World, address: str, real_port: int, host: str, pki: str, *alpn: str) -> str:
    """What a TLS client gets: the protocol that was selected, or where it got stuck."""
    try:
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(address, world.ports[real_port]), PATIENCE_SECONDS / 2
        )
    except TimeoutError:
        return "no connection"
    try:
        await asyncio.wait_for(
            writer.start_tls(trusting(world, pki, *alpn), server_hostname=host),
            PATIENCE_SECONDS / 2,
        )
    except TimeoutError:
        return "no handshake"
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except ConnectionError:
        return "reset"
    else:
        selected = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        return selected or "no protocol"
    finally:
        writer.transport.abort()
        del reader
        await asyncio.sleep(0)


async def courier(world: World, real_port: int, key: str = "courier 127.77.2.10") -> str:
    return await tls(
        world,
        address_of(world, key),
        real_port,
        "courier.push.apple.com",
        "apple",
        "apns-security-v3",
    )


async def connects(world: World, key: str, real_port: int) -> str:
    _, writer = await asyncio.open_connection(address_of(world, key), world.ports[real_port])
    writer.transport.abort()
    await asyncio.sleep(0)
    return "connects"


async def datagram(address: str, port: int, payload: bytes) -> bytes:
    """One datagram there, the first one back."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    class Ear(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            if not answer.done():
                answer.set_result(data)

        def error_received(self, exc: Exception) -> None:
            if not answer.done():
                answer.set_exception(exc)

    transport, _ = await loop.create_datagram_endpoint(Ear, remote_addr=(address, port))
    try:
        transport.sendto(payload)
        return await answer
    finally:
        transport.close()
        await asyncio.sleep(0)


NTP_REQUEST = struct.pack("!B39x8s", 4 << 3 | 3, b"cookie!!")


async def sntp(world: World, key: str = "apple-time") -> bytes:
    return await datagram(address_of(world, key), world.ports[123], NTP_REQUEST)


async def sntp_offset(world: World) -> str:
    """Seconds that the world's time servers are ahead of this host, to the nearest ten."""
    reply = await sntp(world)
    (stamp,) = struct.unpack_from("!Q", reply, 40)
    return nearest_ten(stamp / 2**32 - NTP_EPOCH_SECONDS - time.time())


async def https_offset(world: World) -> str:
    """The same by the Date of an HTTPS answer."""
    answer = await get(world, "google", "www.google.com", "/generate_204")
    date = parsedate_to_datetime(answer.headers["date"]).timestamp()
    return nearest_ten(date - time.time())


def nearest_ten(seconds: float) -> str:
    return f"{round(seconds / 10) * 10:+d} s"


async def symptoms(world: World) -> dict[str, str]:
    """Everything a user of this world would notice, seen from outside."""
    questions: dict[str, Awaitable[str]] = {
        "a name": name(world, "www.google.com"),
        "a courier's name": name(world, "1-courier.push.apple.com"),
        "a courier's name elsewhere": name_elsewhere(world, "1-courier.push.apple.com"),
        "by address": status(world, "cloudflare-ip", address_of(world, "cloudflare-ip")),
        "by name": status(world, "google", "www.google.com", "/generate_204"),
        "a known page": page(world, "mozilla", "detectportal.firefox.com", "/success.txt"),
        "courier 5223": courier(world, 5223),
        "courier 443": courier(world, 443),
        "another courier 5223": courier(world, 5223, "courier 127.77.2.11"),
        "provider": provider(world),
        "identity": status(world, "identity", "identity.ess.apple.com", pki="apple"),
        "account": status(
            world, "account-lookup", "gsa.apple.com", "/grandslam/GsService2/lookup", pki="apple"
        ),
        "account web": status(world, "account-web", "idmsa.apple.com"),
        "feed": troubled_services(world),
        "clock": sntp_offset(world),
        "clock by https": https_offset(world),
        "port 5228": connects(world, "google-chat", 5228),
        "port 5222": connects(world, "whatsapp", 5222),
    }
    said = await asyncio.gather(*(within(question) for question in questions.values()))
    return dict(zip(questions, said, strict=True))
