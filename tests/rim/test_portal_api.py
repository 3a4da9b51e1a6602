"""The network's own word on its sign-in (RFC 8908, 8910): where it is read, how it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from probe.clock import Chance, SystemClock
from probe.http import Http
from probe.machine import LinuxMachine
from probe.machine.portals import FILE_BYTES, is_usable, portal_apis
from probe.model import Finding, OffsetFact, PortalFact
from probe.probes.portal import API_BYTES, MEDIA_TYPE, PortalPages
from probe.tools import Tools
from probe.trust import Trust
from probe.words import Cause, Failure
from tests.support.servers import HOST, Authority, hang, http_answer, saying, tcp_server

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
API = "https://portal.example/api?user=7"

# ---------------------------------------------------------------- where it is read

LINK = f"""# This is private data. Do not parse.
ADMIN_STATE=configured
CAPTIVE_PORTAL={API}
DNS=192.0.2.1
"""


def lease(
    *, address: str = "192.0.2.9", expires: str = "4 2026/11/26 04:00:00", option: str
) -> str:
    return f"""lease {{
  interface "eth0";
  fixed-address {address};
  option subnet-mask 255.255.255.0;
  option {option} "{API}";
  renew 4 2026/11/26 03:30:00;
  expire {expires};
}}
"""


def read(folder: Path, *, interface: int = 2) -> tuple[str, ...]:
    return portal_apis({interface}, {"192.0.2.9"}, NOW, links=folder, leases=[folder])


def test_networkd_tells_it_of_the_interface_that_leads_out(tmp_path: Path) -> None:
    (tmp_path / "2").write_text(LINK)

    assert read(tmp_path) == (API,)
    assert read(tmp_path, interface=3) == ()


@pytest.mark.parametrize(
    "option", ["v4-captive-portal", "captive-portal", "default-url", "unknown-114"]
)
def test_dhclient_keeps_it_in_its_leases(tmp_path: Path, option: str) -> None:
    (tmp_path / "dhclient.eth0.leases").write_text(lease(option=option))

    assert read(tmp_path) == (API,)


OTHERS = {
    "of an address that this host no longer has": lease(address="10.0.0.4", option="default-url"),
    "that has run out": lease(expires="4 2026/11/26 02:59:00", option="default-url"),
    "without an end": lease(expires="never", option="default-url"),
    "with an end that is none": lease(expires="4 2026/99/26 02:59:00", option="default-url"),
    "of another option": lease(option="tftp-server-name"),
    "that a newer one replaced": lease(option="default-url") + lease(option="domain-name"),
    "that was cut off": lease(option="default-url")[:-2],
}


@pytest.mark.parametrize("case", OTHERS)
def test_no_other_network_is_asked_by_a_lease(tmp_path: Path, case: str) -> None:
    (tmp_path / "dhclient.leases").write_text(OTHERS[case])

    assert read(tmp_path) == ()


@pytest.mark.parametrize(
    "uri",
    [
        "http://portal.example/api",
        "urn:ietf:params:capport:unrestricted",
        "https://",
        "https://user:secret@portal.example/",
        "https://portal.example:99999/",
        "https://[::1/",
        "https://portal.example/a b",
        "https://portal.example/\x07",
        "https://pörtal.example/",
        f"https://portal.example/{'x' * 3000}",
        "",
    ],
)
def test_only_a_plain_secure_address_is_asked(uri: str) -> None:
    assert not is_usable(uri)


def test_what_cannot_be_read_is_none_and_a_huge_file_is_read_by_its_end(tmp_path: Path) -> None:
    (tmp_path / "2").mkdir()
    (tmp_path / "dhclient.leases").write_text("#\n" * FILE_BYTES + lease(option="default-url"))

    assert read(tmp_path) == (API,)
    assert read(tmp_path / "missing") == ()


# ---------------------------------------------------------------- how it is asked


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("public"), "public")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("strangers"), "strangers")


def answer(body: bytes, *, kind: str = MEDIA_TYPE, status: str = "200 OK") -> bytes:
    headers = f"Content-Type: {kind}\r\nDate: Thu, 26 Nov 2026 03:00:00 GMT\r\n"
    return http_answer(body, status=status, headers=headers)


@asynccontextmanager
async def offering(handler: Any, signed_by: Authority) -> AsyncIterator[str]:
    async with tcp_server(handler, tls=signed_by.server(HOST)) as port:
        yield f"https://{HOST}:{port}/api"


async def no_lookup(name: str) -> tuple[str, ...]:
    raise AssertionError(f"{name} was looked up")


async def word_of(uri: str, roots: Authority) -> list[Finding]:
    """What the look finds on a network that offers this API, and has no page to be asked."""
    trust = Trust(public_roots=roots.root)
    machine = SimpleNamespace(
        network=LinuxMachine(environment={}).network,
        resolvers=lambda: (),
        lookup=no_lookup,
        portal_apis=lambda now: (uri,),
    )
    tools = Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=cast(Any, machine),
        trust=trust,
        http=Http(trust, {}, "isitme/test"),
        user_agent="isitme/test",
    )
    return list(await PortalPages(pages=()).look(tools, ()))


@pytest.mark.real
async def test_a_network_that_wants_a_sign_in_says_so(roots: Authority) -> None:
    heard: list[bytes] = []

    async def api(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer(b'{"captive": true, "user-portal-url": "https://x.example/"}'))
        await writer.drain()

    async with offering(api, roots) as uri:
        (finding,) = await word_of(uri, roots)

    assert finding.failed is not None
    assert finding.failed.failure is Failure.PORTAL_API
    assert [fact.kind for fact in finding.facts if isinstance(fact, PortalFact)] == [
        Cause.PORTAL_API
    ]
    # Its date is no witness of the time: whoever runs a network may say anything.
    assert not any(isinstance(fact, OffsetFact) for fact in finding.facts)
    assert heard[0].startswith(b"GET /api HTTP/1.1\r\n")
    assert f"Accept: {MEDIA_TYPE}\r\n".encode() in heard[0]


@pytest.mark.real
async def test_a_network_that_wants_none_says_so(roots: Authority) -> None:
    async with offering(saying(answer(b'{"captive": false}')), roots) as uri:
        (finding,) = await word_of(uri, roots)

    assert finding.passed
    assert finding.facts == ()


NO_WORD = {
    "another media type": saying(answer(b'{"captive": true}', kind="application/json")),
    "a page for people": saying(answer(b"<html>", kind="text/html")),
    "an error": saying(answer(b'{"captive": true}', status="500 Internal Server Error")),
    "no JSON": saying(answer(b"captive")),
    "no object": saying(answer(b"[true]")),
    "no word on it": saying(answer(b'{"venue": "x"}')),
    "a word that is no boolean": saying(answer(b'{"captive": "true"}')),
    "too much of it": saying(answer(b'{"captive": true, "x": "%s"}' % (b"x" * API_BYTES))),
    "too deep": saying(answer(b'{"captive": true, "x": [[[[[[1]]]]]]}')),
    "too many values": saying(answer(b'{"captive": true, "x": [%s1]}' % (b"1," * 400))),
}


@pytest.mark.real
@pytest.mark.parametrize("case", NO_WORD)
async def test_what_is_no_such_answer_says_nothing(roots: Authority, case: str) -> None:
    async with offering(NO_WORD[case], roots) as uri:
        assert await word_of(uri, roots) == []


@pytest.mark.real
async def test_whom_nobody_vouches_for_says_nothing(roots: Authority, strangers: Authority) -> None:
    async with offering(saying(answer(b'{"captive": true}')), strangers) as uri:
        assert await word_of(uri, roots) == []


@pytest.mark.real
@pytest.mark.timeout(30)
async def test_who_never_answers_says_nothing_and_ends(roots: Authority) -> None:
    async with offering(hang, roots) as uri:
        assert await word_of(uri, roots) == []


def test_this_machine_is_read_without_privilege_and_without_harm() -> None:
    machine = LinuxMachine(environment={}, networkd_links=Path("/nowhere"), leases=())

    assert machine.portal_apis(NOW) == ()
