"""TLS that fails by its date alone, against real servers: what is learned, and what is not."""

from __future__ import annotations

import datetime as dt
import ssl
from email.utils import format_datetime

import pytest

from probe.clock import Chance, SystemClock
from probe.conversation import Host
from probe.http import Http
from probe.machine import LinuxMachine
from probe.model import Finding, OffsetFact
from probe.reach import alive, reach
from probe.tools import Tools
from probe.trust import Trust, Use
from probe.words import Failure
from tests.support.servers import HOST, Authority, http_answer, saying, tcp_server

pytestmark = [pytest.mark.real]

# What this machine's clock is: its servers live 400 days later, or earlier.
AWAY = dt.timedelta(days=400)
LIFE = dt.timedelta(days=45)


def now() -> dt.datetime:
    """At the moment of asking: a suite may run for minutes after its modules were read."""
    return dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


async def reached(
    server: ssl.SSLContext, authority: Authority, date: dt.datetime | None, *, name: str = HOST
) -> Finding:
    dated = f"Date: {format_datetime(date, usegmt=True)}\r\n" if date else ""
    async with tcp_server(saying(http_answer(b"", headers=dated)), tls=server) as port:
        trust = Trust(authority.root, authority.root)
        tools = Tools(
            clock=SystemClock(),
            chance=Chance(1),
            machine=LinuxMachine(environment={}),
            trust=trust,
            http=Http(trust, {}, "isitme/test"),
            user_agent="isitme/test",
        )
        host = Host(
            target="x",
            operator="x",
            host=HOST,
            port=port,
            use=Use.WEB,
            path="/",
            server_name=name,
        )
        return await reach(tools, host, alive("x"))


def living(authority: Authority, at: dt.datetime, *names: str) -> ssl.SSLContext:
    return authority.server(*(names or (HOST,)), not_before=at - LIFE, not_after=at + LIFE)


def hints(finding: Finding) -> list[OffsetFact]:
    return [fact for fact in finding.facts if isinstance(fact, OffsetFact)]


@pytest.mark.parametrize(
    ("away", "failure"),
    [(AWAY, Failure.SSL_CERT_NOT_YET_VALID), (-AWAY, Failure.SSL_CERT_EXPIRED)],
)
async def test_a_right_chain_at_the_wrong_time_gives_its_date_as_a_hint(
    authority: Authority, away: dt.timedelta, failure: Failure
) -> None:
    finding = await reached(living(authority, now() + away), authority, now() + away)

    assert finding.failed is not None
    assert finding.failed.failure is failure
    (hint,) = hints(finding)
    assert hint.hint
    assert not hint.authenticated
    assert hint.low_seconds - 60 < away.total_seconds() < hint.high_seconds + 60


async def test_a_certificate_that_has_run_out_by_its_owners_clock_is_no_hint(
    authority: Authority,
) -> None:
    finding = await reached(living(authority, now() - AWAY), authority, now())

    assert finding.failed is not None
    assert finding.failed.failure is Failure.SSL_CERT_EXPIRED
    assert not hints(finding)


async def test_an_answer_without_a_date_is_no_hint(authority: Authority) -> None:
    finding = await reached(living(authority, now() + AWAY), authority, None)

    assert not hints(finding)


async def test_a_stranger_with_an_old_certificate_is_a_stranger(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Authority.make(tmp_path_factory.mktemp("stranger"), "stranger")

    finding = await reached(living(stranger, now() - AWAY), authority, now() - AWAY)

    assert finding.failed is not None
    assert finding.failed.failure is Failure.SSL_UNKNOWN_AUTHORITY
    assert not hints(finding)


async def test_another_name_with_an_old_certificate_is_another_name(
    authority: Authority,
) -> None:
    server = living(authority, now() - AWAY, "somebody.example")

    finding = await reached(server, authority, now() - AWAY, name="us.example")

    assert finding.failed is not None
    assert finding.failed.failure is Failure.SSL_INVALID_HOSTNAME
    assert not hints(finding)


async def test_a_right_certificate_is_looked_at_once(authority: Authority) -> None:
    finding = await reached(living(authority, now()), authority, now())

    assert finding.passed
    (fact,) = hints(finding)
    assert fact.authenticated
    assert not fact.hint
