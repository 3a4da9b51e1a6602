"""A host of Apple's that is silent at its address is looked for where others find it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import probe.probes.dns_cross as look_module
from probe.clock import Chance, SystemClock
from probe.drill.machine import Link, StagedMachine
from probe.http import Http
from probe.machine import Network
from probe.model import ALTERNATE, AnswerFact, Finding, Observation
from probe.probes.dns_cross import NAMES, DnsCross, addresses_in, other_address
from probe.targets import AppleHost, Reference, Targets
from probe.tools import Tools
from probe.trust import Trust
from probe.words import Failure, Family, Look, Step
from tests.support.servers import HOST, Authority, hang, tcp_server
from tests.support.sightings import sighting

pytestmark = pytest.mark.real
DEAD = "17.32.0.1"
REFERENCES = Targets().references_by_address
HOSTS = tuple(
    AppleHost(name=name, group="account", host=f"{name}.example")
    for name in ("idmsa", "gsa", "other")
)


def fails(name: str, failure: Failure | None = Failure.GENERIC_TIMEOUT, *, address: str = DEAD,
          step: Step = Step.CONNECT, silent: bool = True) -> Observation:  # fmt: skip
    return sighting(
        Look.APPLE_WEB, name, failure, step=step, silent=silent and failure is not None,
        address=f"{address}:443",
    )  # fmt: skip


WORKS = fails("fine", None)


def elsewhere_says(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Every resolver elsewhere gives these."""

    async def ask(
        _: Tools, one: Reference, name: str, family: Family, *, of: Family | None = None
    ) -> Finding:
        fact = AnswerFact(
            resolver=one.name, name=name, addresses=addresses, rcode="NOERROR", over_https=True
        )
        return sighting(
            Look.DNS_CROSS, f"{one.name} {name}", step=Step.EXCHANGE, group="apple", facts=[fact]
        ).finding

    monkeypatch.setattr(look_module, "ask_elsewhere", ask)


def tools(trust: Trust, port: int) -> Tools:
    return Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=StagedMachine(link=Link(), name_servers=(), ports={}),
        trust=trust,
        http=Http(trust, {}, "isitme/test"),
        ports={443: port},
        user_agent="isitme/test",
    )


async def tried(
    tmp_path: Path, *seen: Observation, certified: str = "idmsa.example"
) -> list[Finding]:
    authority = Authority.make(tmp_path)
    trust = Trust(public_roots=authority.root)
    look = DnsCross(
        apple_hosts=HOSTS, apple_networks=("17.0.0.0/8",), known_networks=(), references=REFERENCES
    )
    async with tcp_server(hang, tls=authority.server(certified)) as port:
        found = await look.look(tools(trust, port), seen)
    return [one for one in found if one.group == ALTERNATE]


async def test_where_others_find_it_the_host_proves_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere_says(monkeypatch, HOST)

    (one,) = await tried(tmp_path, fails("idmsa"), WORKS)

    assert one.passed
    assert (one.target, one.address) == ("alternate idmsa.example", f"{HOST}:443")
    assert "proved itself" in one.said


class IPv6Alone(StagedMachine):
    def network(self) -> Network:
        network = super().network()
        return replace(network, routes=(replace(network.routes[0], family=Family.IPV6),))


@pytest.mark.parametrize(
    ("v6", "v4", "said"),
    [
        pytest.param((), ("17.32.194.7",), ("17.32.194.7",), id="it has no IPv6 address"),
        pytest.param(("2620:149::7",), ("17.32.194.7",), ("2620:149::7",), id="it has one"),
        pytest.param((), (), (), id="it has none at all"),
    ],
)
async def test_where_the_network_translates_others_are_asked_for_its_ipv4_address_too(
    monkeypatch: pytest.MonkeyPatch, v6: tuple[str, ...], v4: tuple[str, ...], said: tuple[str, ...]
) -> None:
    async def ask(
        _: Tools, one: Reference, name: str, family: Family, *, of: Family | None = None
    ) -> Finding:
        assert family is Family.IPV6
        given = v4 if of is Family.IPV4 else v6
        fact = AnswerFact(
            resolver=one.name, name=name, addresses=given, rcode="NOERROR", over_https=True
        )
        failure = None if given else Failure.DNS_NO_ANSWER
        return sighting(
            Look.DNS_CROSS, f"{one.name} {name}", failure, step=Step.CONTENT, facts=[fact]
        ).finding

    monkeypatch.setattr(look_module, "ask_elsewhere", ask)
    look = DnsCross(
        apple_hosts=HOSTS, apple_networks=("17.0.0.0/8",), known_networks=(), references=REFERENCES
    )
    using = replace(tools(Trust(), 9), machine=IPv6Alone(link=Link(), name_servers=(), ports={}))
    impostor = fails("idmsa", Failure.SSL_INVALID_HOSTNAME, step=Step.HANDSHAKE, silent=False)

    found = await look.look(using, (impostor, WORKS))

    assert {addresses_in(one) for one in found} == {said}


async def test_somebody_else_there_is_no_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere_says(monkeypatch, HOST)

    (one,) = await tried(tmp_path, fails("idmsa"), WORKS, certified="another.example")

    assert one.failed is not None
    assert (one.failed.step, one.failed.failure) == (Step.HANDSHAKE, Failure.SSL_INVALID_HOSTNAME)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param((fails("idmsa"),), id="nothing of Apple's answers: it is not this name"),
        pytest.param(
            (fails("idmsa", Failure.CONNECTION_REFUSED, silent=False), WORKS), id="it answers there"
        ),
        pytest.param((fails("idmsa", step=Step.HANDSHAKE), WORKS), id="it takes connections there"),
        pytest.param(
            (fails("idmsa", Failure.DNS_NXDOMAIN, step=Step.RESOLVE, silent=False), WORKS),
            id="its name is not known here",
        ),
    ],
)
async def test_it_is_not_tried_where_nothing_shows_that_an_address_is_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: tuple[Observation, ...]
) -> None:
    elsewhere_says(monkeypatch, HOST)

    assert await tried(tmp_path, *seen) == []


async def test_a_made_up_address_that_is_not_carried_is_dead_however_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere_says(monkeypatch, HOST)
    reset = fails(
        "idmsa", Failure.CONNECTION_RESET, step=Step.HANDSHAKE, silent=False, address="198.18.0.9"
    )

    assert [one.passed for one in await tried(tmp_path, reset, WORKS)] == [True]


async def test_an_address_that_everybody_gives_is_no_resolvers_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere_says(monkeypatch, DEAD, HOST)

    assert await tried(tmp_path, fails("idmsa"), WORKS) == []


async def test_however_many_are_silent_few_are_tried_and_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere_says(monkeypatch, HOST, "127.0.0.2", "127.0.0.3")
    silent = [fails(host.name) for host in HOSTS]

    found = await tried(tmp_path, *silent, *silent, WORKS)

    assert len(found) == NAMES


def test_one_of_those_elsewhere_that_gives_the_dead_address_is_enough() -> None:
    assert other_address([["17.0.0.2"], ["17.0.0.3"]], frozenset({DEAD})) == "17.0.0.2"
    assert other_address([["17.0.0.2"], [DEAD]], frozenset({DEAD})) == ""
    assert other_address([[], []], frozenset({DEAD})) == ""
    assert other_address([["17.0.0.2"]], frozenset()) == ""
