"""Other apps are asked as their own kind: public roots for most, Signal's own for Signal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from probe.clock import Chance, SystemClock
from probe.http import Http
from probe.machine.linux import LinuxMachine
from probe.model import Finding, Observation
from probe.outlets.web.api import guided
from probe.probes import registry
from probe.probes.messengers import OtherApps
from probe.targets import MESSENGERS, Targets
from probe.tools import Tools
from probe.triage import Answers
from probe.trust import Trust
from probe.words import Failure, Look
from tests.support.servers import (
    HOST,
    Authority,
    Handler,
    http_answer,
    refusing_port,
    saying,
    tcp_server,
)
from tests.support.statuses import apple_outage

pytestmark = pytest.mark.real


async def found(
    trust: Trust, server: Authority, answer: Handler | None = None, *, name: str = HOST
) -> Sequence[Finding]:
    """What became of each app, all of them at one real server."""
    here = tuple(replace(messenger, host=HOST) for messenger in MESSENGERS)
    answer = answer or saying(http_answer(b"", status="400 Bad Request"))
    async with tcp_server(answer, tls=server.server(name)) as port:
        return await OtherApps(messengers=here).look(tools_at(trust, port), ())


def tools_at(trust: Trust, port: int) -> Tools:
    return Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=LinuxMachine(environment={}),
        trust=trust,
        http=Http(trust, {}, "isitme/test"),
        ports={443: port},
        user_agent="isitme/test",
    )


def failures(findings: Sequence[Finding]) -> dict[str, Failure | None]:
    return {one.target: one.failed.failure if one.failed else None for one in findings}


@pytest.fixture
def public(tmp_path: Path) -> Authority:
    return Authority.make(tmp_path, "public")


def trusting(public: Authority) -> Trust:
    """One root for all three."""
    return Trust(public_roots=public.root, signal_roots=public.root)


async def test_any_answer_will_do_and_signal_is_believed_by_its_own_roots(tmp_path: Path) -> None:
    public, signal = Authority.make(tmp_path, "public"), Authority.make(tmp_path, "signal")
    trust = Trust(public_roots=public.root, signal_roots=signal.root)

    publicly = failures(await found(trust, public))
    by_signal = failures(await found(trust, signal))

    assert publicly == {
        "WhatsApp": None,
        "Telegram": None,
        "Signal": Failure.SSL_UNKNOWN_AUTHORITY,
    }
    assert by_signal["Signal"] is None
    assert by_signal["WhatsApp"] is Failure.SSL_UNKNOWN_AUTHORITY


async def test_somebody_elses_certificate_is_no_app_that_works(public: Authority) -> None:
    findings = await found(trusting(public), public, name="portal.test")

    assert set(failures(findings).values()) == {Failure.SSL_INVALID_HOSTNAME}


async def test_an_app_whose_servers_are_unwell_does_not_work(public: Authority) -> None:
    unwell = saying(http_answer(b"", status="503 Service Unavailable"))

    # Signal is asked for its certificate alone: it has nothing to say in plain HTTP.
    assert failures(await found(trusting(public), public, unwell)) == {
        "WhatsApp": Failure.HTTP_5XX,
        "Signal": None,
        "Telegram": Failure.HTTP_5XX,
    }


async def test_nobody_there_is_told_for_each(public: Authority) -> None:
    here = tuple(replace(messenger, host=HOST) for messenger in MESSENGERS)
    with refusing_port() as port:
        findings = await OtherApps(messengers=here).look(tools_at(trusting(public), port), ())

    assert failures(findings) == dict.fromkeys(
        ("WhatsApp", "Signal", "Telegram"), Failure.CONNECTION_REFUSED
    )


async def test_each_is_asked_politely_once_and_says_who_asks(public: Authority) -> None:
    heard: list[bytes] = []

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        writer.write(http_answer(b"", status="400 Bad Request"))
        await writer.drain()
        writer.close()

    await found(trusting(public), public, listening)

    asked = [request for request in heard if request]
    assert len(heard) == 3  # one connection each, Signal's without a word
    assert len(asked) == 2
    for request in asked:
        assert request.startswith((b"GET / HTTP/1.1", b"HEAD / HTTP/1.1"))
        assert b"isitme/test" in request


async def test_the_guide_names_the_one_that_works_from_here(tmp_path: Path) -> None:
    """From real servers, by the status, to the sentence: Signal's root is there, theirs is not."""
    public, signal = Authority.make(tmp_path, "public"), Authority.make(tmp_path, "signal")
    findings = await found(Trust(public_roots=public.root, signal_roots=signal.root), signal)
    now = apple_outage()
    looked = tuple(
        Observation(look=Look.MESSENGERS, finding=one, epoch=1, started=0.0, ended=1.0, at=now.at)
        for one in findings
    )

    told = guided(
        Answers(given={"bubble": "blue", "who": "everyone"}),
        replace(now, observations=(*now.observations, *looked)),
        {},
    )

    (step,) = (step for step in told["steps"] if step["code"] == "other_app")
    assert told["steps"][0]["code"] == "wait_for_apple"
    assert step["first"] == [
        "Signal can be reached from here now.",
        "WhatsApp cannot be reached from here now.",
        "Telegram cannot be reached from here now.",
    ]


def test_nobody_is_asked_unless_a_person_chose_so() -> None:
    assert Targets().messengers == ()
    assert Look.MESSENGERS not in registry(Targets())
