"""A locked port on a real server: who is let in, over what, and that no route is left open."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import bcrypt
import httpx
import pytest
import trustme

from probe.client import NoAnswer, fetch
from probe.outlets.web import Sources, Stream, WebServer, web_app
from probe.outlets.web.endpoints import ENDPOINTS
from probe.outlets.web.locked import NOBODYS, credentials
from tests.support.statuses import healthy

pytestmark = pytest.mark.real
VERSIONS = {"isitme": "1"}
ALICE = {"alice": bcrypt.hashpw("paßwort:1".encode(), bcrypt.gensalt(4)).decode()}


class Port:
    """A server whose users and certificate the test changes."""

    def __init__(self, users: Mapping[str, str], tls: ssl.SSLContext | None = None) -> None:
        self.users, self.tls, self.number = users, tls, 0


@asynccontextmanager
async def serving(port: Port) -> AsyncIterator[Port]:
    sources = Sources(
        status=healthy,
        metrics=lambda accept: (b"up 1\n", "text/plain"),
        versions=VERSIONS,
        stream=Stream(healthy, versions=VERSIONS),
    )
    server = WebServer(web_app(sources, users=lambda: port.users))
    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(
        server.serve(
            "127.0.0.1", 0, listening=lambda _, number: bound.set_result(number),
            tls=lambda: port.tls,
        )
    )  # fmt: skip
    port.number = await bound
    try:
        yield port
    finally:
        await server.stop()
        await running


async def code(port: Port, *pair: str, path: str = "/status") -> int:
    auth = httpx.BasicAuth(*pair) if pair else None
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port.number}") as asking:
        return (await asking.get(path, auth=auth)).status_code


async def test_no_route_is_open_to_who_has_no_password() -> None:
    async with serving(Port(ALICE)) as port, httpx.AsyncClient() as asking:
        base = f"http://127.0.0.1:{port.number}"
        paths = ["/", "/wall", "/triage", "/nowhere", *(one.path for one in ENDPOINTS)]
        answers = {path: await asking.get(base + path) for path in paths}
        reload = await asking.post(f"{base}/-/reload")

    assert {path for path, answer in answers.items() if answer.status_code != 401} == set()
    assert reload.status_code == 401
    one = answers["/status"]
    assert one.headers["www-authenticate"].startswith('Basic realm="isitme"')
    assert one.json()["error"]["code"] == "unauthorized"
    assert one.headers["x-content-type-options"] == "nosniff"


async def test_who_is_let_in_and_who_is_not() -> None:
    async with serving(Port(ALICE)) as port:
        right = [await code(port, "alice", "paßwort:1") for _ in range(3)]
        wrong = [
            await code(port, name, password)
            for name, password in (
                ("alice", "paßwort"),
                ("alice", ""),
                ("Alice", "paßwort:1"),
                ("mallory", "nobody"),  # what NOBODYS is made of
                ("alice", "x" * 100),
                ("alice", "paßwort:1\0"),
            )
        ]

    assert bcrypt.checkpw(b"nobody", NOBODYS.encode())
    assert right == [200] * 3
    assert wrong == [401] * 6


async def test_users_that_change_are_taken_at_once_also_those_who_were_known() -> None:
    async with serving(Port(ALICE)) as port:
        assert await code(port, "alice", "paßwort:1") == 200
        port.users = {"alice": bcrypt.hashpw(b"other", bcrypt.gensalt(4)).decode()}
        assert await code(port, "alice", "paßwort:1") == 401
        assert await code(port, "alice", "other") == 200
        port.users = {}
        assert await code(port) == 200


async def test_who_was_right_lately_is_not_hashed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[bytes] = []
    checkpw = bcrypt.checkpw

    def counted(password: bytes, made: bytes) -> bool:
        hashed.append(password)
        return checkpw(password, made)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    async with serving(Port(ALICE)) as port:
        for _ in range(3):
            await code(port, "alice", "paßwort:1")
            await code(port, "alice", "wrong")

    assert hashed == ["paßwort:1".encode(), b"wrong", b"wrong", b"wrong"]


@pytest.mark.parametrize(
    "header",
    [b"", b"Basic", b"Basic !!!", b"Bearer abc", b"Basic " + base64.b64encode(b"no colon"),
     b"Basic " + base64.b64encode(b"\xff:x")],
)  # fmt: skip
def test_a_header_that_says_nothing_lets_nobody_in(header: bytes) -> None:
    assert credentials(header) is None


def certified(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


async def test_over_tls_status_asks_with_a_password_and_a_renewed_certificate_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = trustme.CA(), trustme.CA()

    def believe(authority: trustme.CA) -> None:
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    believe(old)
    async with serving(Port(ALICE, certified(old))) as port:
        where = f"localhost:{port.number}"
        whole = f"https://alice:pa%C3%9Fwort%3A1@{where}"
        said = await asyncio.to_thread(fetch, whole)
        with pytest.raises(NoAnswer) as without:
            await asyncio.to_thread(fetch, f"https://alice:wrong@{where}")
        with pytest.raises(NoAnswer):
            await asyncio.to_thread(fetch, f"http://{where}")
        port.tls = certified(new)
        believe(new)
        renewed = await asyncio.to_thread(fetch, whole)

    assert said["verdict"]["code"] == renewed["verdict"]["code"] == "ok"
    assert "HTTP 401" in str(without.value)
    assert "wrong" not in str(without.value)
