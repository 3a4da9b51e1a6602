"""Who vouches for a host: by the system's store, by the roots that isitme brings, by nobody."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from probe.clock import Chance, SystemClock
from probe.conversation import Host
from probe.http import Http
from probe.machine import LinuxMachine
from probe.model import CertificateFact, Finding
from probe.reach import alive, reach
from probe.tools import Tools
from probe.trust import Trust, Use
from probe.words import Failure
from tests.support.servers import HOST, Authority, http_answer, saying, tcp_server

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a store"),
]
NAME = "host.example"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("company"), "company")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("other"), "other")


@pytest.fixture
async def port(company: Authority) -> AsyncIterator[int]:
    """A host for which the company vouches."""
    answer = saying(http_answer(b"", status="204 No Content"))
    async with tcp_server(answer, tls=company.server(NAME, HOST)) as port:
        yield port


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, company: Authority) -> None:
    """A system's store, in the place where OpenSSL looks for it, with the company in it."""
    (tmp_path / "company.pem").write_bytes(company.root.read_bytes())
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True, capture_output=True)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


@pytest.fixture
def believing(monkeypatch: pytest.MonkeyPatch, company: Authority) -> Path:
    """The system's store believes the company, and nobody else."""
    monkeypatch.setenv("SSL_CERT_FILE", str(company.root))
    return company.root


async def found(trust: Trust, port: int, use: Use = Use.WEB, *, name: str = NAME) -> Finding:
    tools = Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=LinuxMachine(environment={}),
        trust=trust,
        http=Http(trust, {}, "isitme/test"),
        ports={443: port},
        user_agent="isitme/test",
    )
    host = Host(target="x", operator="x", host=HOST, port=443, use=use, server_name=name, path="/")
    return await reach(tools, host, alive(NAME))


def signer(finding: Finding) -> CertificateFact | None:
    facts = [fact for fact in finding.facts if isinstance(fact, CertificateFact)]
    return facts[0] if facts else None


async def test_a_root_that_no_public_list_has_is_noticed_where_all_else_is_well(
    port: int, store: None
) -> None:
    finding = await found(Trust(), port)

    assert finding.passed
    fact = signer(finding)
    assert fact is not None
    assert (fact.verified, fact.by_own_roots, fact.logged) == (True, False, False)
    assert "company" in fact.issuer
    assert "vouched for by" in finding.said


async def test_roots_that_were_set_are_public_ones(
    port: int, company: Authority, believing: Path
) -> None:
    for trust in (Trust(public_roots=company.root), Trust()):
        finding = await found(trust, port)

        assert finding.passed
        assert signer(finding) is None


async def test_what_only_the_system_believes_is_told_from_what_nobody_does(
    port: int, other: Authority, believing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_its_word = await found(Trust(public_roots=other.root), port)
    monkeypatch.setenv("SSL_CERT_FILE", str(other.root))
    without = await found(Trust(public_roots=other.root), port)

    for finding in (with_its_word, without):
        assert finding.failed is not None
        assert finding.failed.failure is Failure.SSL_UNKNOWN_AUTHORITY
    first, second = signer(with_its_word), signer(without)
    assert first is not None
    assert second is not None
    assert (first.verified, second.verified) == (True, False)
    assert first.issuer == second.issuer != ""


async def test_the_public_roots_have_no_say_about_apples_hosts_but_are_asked_who_believes_it(
    port: int, company: Authority, other: Authority
) -> None:
    finding = await found(Trust(company.root, other.root), port, Use.APPLE)

    assert finding.failed is not None
    assert finding.failed.failure is Failure.SSL_UNKNOWN_AUTHORITY
    fact = signer(finding)
    assert fact is not None
    assert fact.verified


async def test_nobody_is_asked_twice_without_suspicion(company: Authority) -> None:
    connections = 0
    answer = saying(http_answer(b"", status="204 No Content"))

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await answer(reader, writer)

    async with tcp_server(counting, tls=company.server(NAME, HOST)) as port:
        await found(Trust(public_roots=company.root), port)

    assert connections == 1


@pytest.mark.parametrize("by_apple", [True, False])
async def test_whether_apple_itself_vouches_for_another_host_is_found_out(
    port: int, company: Authority, other: Authority, *, by_apple: bool
) -> None:
    """The certificate is for another name; only its signer says whose mistake that is."""
    apple = company if by_apple else other
    trust = Trust(public_roots=other.root, apple_roots=apple.root)

    finding = await found(trust, port, Use.COURIER, name="courier.example")

    assert finding.failed is not None
    fact = signer(finding)
    assert fact is not None
    assert fact.by_own_roots is by_apple
    misnamed = finding.failed.failure is Failure.SSL_INVALID_HOSTNAME
    assert misnamed is by_apple
