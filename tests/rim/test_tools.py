"""The tools together: settable ports, the machine's resolvers, the tap of a recording."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

import dns.message
import dns.rrset
import pytest

from probe.clock import Chance
from probe.failures import LookFailed
from probe.http import Http
from probe.machine import LinuxMachine
from probe.tools import Tap, Tools
from probe.tools.datagram import Heard
from probe.trust import Trust
from probe.words import Failure, Family, Step
from tests.support.servers import HOST, echo, tcp_server, udp_server
from tests.support.time import FakeClock

pytestmark = pytest.mark.real


def tools(
    tmp_path: Path,
    *,
    ports: Mapping[int, int],
    resolvers: str = f"nameserver {HOST}\n",
    tap: Tap | None = None,
) -> Tools:
    conf = tmp_path / "resolv.conf"
    conf.write_text(resolvers)
    trust = Trust()
    return Tools(
        clock=FakeClock(),
        chance=Chance(1),
        machine=LinuxMachine(resolv_conf=conf, environment={}),
        trust=trust,
        http=Http(trust, ports, "isitme/test"),
        ports=ports,
        user_agent="isitme/test",
        tap=tap,
    )


def any_address(asked: bytes) -> list[bytes]:
    reply = dns.message.make_response(dns.message.from_wire(asked))
    question = reply.question[0]
    reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", question.rdtype, "192.0.2.7"))
    return [reply.to_wire()]


async def test_a_real_port_may_stand_for_another(tmp_path: Path) -> None:
    async with tcp_server(echo) as tcp, udp_server(lambda asked: [asked]) as (udp, _):
        using = tools(tmp_path, ports={5223: tcp, 123: udp})
        stream = await using.connect(HOST, 5223)
        await stream.send(b"over tcp")
        came = await stream.receive(100)
        stream.close()

        assert came == b"over tcp"
        assert await using.exchange(b"over udp", HOST, 123, accept=bool) == b"over udp"
        assert (await using.poke(HOST, 123, ttl=1)).heard is Heard.ANSWERED
        untouched = await using.connect(HOST, tcp)
        untouched.close()


async def test_names_are_asked_of_the_machines_resolvers(tmp_path: Path) -> None:
    async with udp_server(any_address) as (port, _):
        using = tools(tmp_path, ports={53: port})

        assert await using.resolve("push.example", Family.IPV4) == ("192.0.2.7",)
        assert (await using.answer(HOST, "push.example", Family.IPV4)).rcode == "NOERROR"


async def test_a_machine_without_resolvers_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    with pytest.raises(LookFailed) as caught:
        await tools(tmp_path, ports={}, resolvers="").resolve("push.example", Family.IPV4)

    assert (caught.value.failure, caught.value.step) == (Failure.DNS_NO_RESOLVER, Step.RESOLVE)


async def test_what_comes_is_handed_to_whoever_records(tmp_path: Path) -> None:
    heard: list[tuple[str, str, bytes]] = []
    async with udp_server(lambda asked: [b"answer"]) as (port, _):
        using = tools(tmp_path, ports={123: port}, tap=lambda *what: heard.append(what))
        await using.exchange(b"?", HOST, 123, accept=bool)

    assert heard == [("datagram", f"{HOST} port 123", b"answer")]
