"""What is seldom asked of resolvers, and what doubt asks, against name servers that really lie."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Collection
from dataclasses import replace

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from probe.clock import Chance, SystemClock
from probe.drill.machine import Link, StagedMachine
from probe.failures import LookFailed
from probe.http import Http
from probe.machine import Network
from probe.model import APPLE_IPV6, AnswerFact, Finding, LifeFact, Observation
from probe.opinion import operator_of
from probe.probes import registry
from probe.probes.dns import DnsEach, DnsForApps
from probe.probes.dns_alive import DnsAlive, unhelpful_resolvers
from probe.probes.dns_manners import DnsManners
from probe.targets import Targets
from probe.tools import Tools
from probe.trust import Trust
from probe.wire.dns import Answer
from probe.words import Failure, Family, Look, Note, Speed, Step
from tests.support.servers import HOST, Handler, hang, tcp_server, udp_server
from tests.support.sightings import sighting

pytestmark = pytest.mark.real
NAME, RIGHT = "www.example.org", "198.41.0.9"
TARGETS = Targets()
Says = Callable[[bytes], list[bytes]]


def reply(asked: bytes, *, rcode: dns.rcode.Rcode = dns.rcode.NOERROR, address: str = "") -> bytes:
    made = dns.message.make_response(dns.message.from_wire(asked))
    made.set_rcode(rcode)
    if address:
        kind = "AAAA" if ":" in address else "A"
        made.answer.append(dns.rrset.from_text(made.question[0].name, 60, "IN", kind, address))
    return made.to_wire()


def kind_of(asked: bytes) -> tuple[str, str]:
    question = dns.message.from_wire(asked).question[0]
    return question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)


def honest(asked: bytes) -> list[bytes]:
    """Knows one name and those of Private Relay; over IPv4 only."""
    name, kind = kind_of(asked)
    if name not in {NAME, *TARGETS.relay_names}:
        return [reply(asked, rcode=dns.rcode.NXDOMAIN)]
    return [reply(asked, address=RIGHT if kind == "A" else "")]


def rewriting(asked: bytes) -> list[bytes]:
    name, kind = kind_of(asked)
    return honest(asked) if name == NAME else [reply(asked, address=RIGHT if kind == "A" else "")]


def deaf(asked: bytes) -> list[bytes]:
    return [] if kind_of(asked)[1] == "AAAA" else honest(asked)


def lying_over_ipv6(asked: bytes) -> list[bytes]:
    return [reply(asked, address="::")] if kind_of(asked)[1] == "AAAA" else honest(asked)


def cannot(asked: bytes) -> list[bytes]:
    return [reply(asked, rcode=dns.rcode.SERVFAIL)]


def no_relay(asked: bytes) -> list[bytes]:
    return [reply(asked)] if kind_of(asked)[0] in TARGETS.relay_names else honest(asked)


def silent(asked: bytes) -> list[bytes]:
    return []


def version_only(asked: bytes) -> list[bytes]:
    """A forwarder that waits for somebody who is dead, as dnsmasq does."""
    return [reply(asked, rcode=dns.rcode.NOTIMP)] if kind_of(asked)[1] == "TXT" else []


class DualStack(StagedMachine):
    """The same with a way out over IPv6, too."""

    def network(self) -> Network:
        network = super().network()
        address, route = network.addresses[0], network.routes[0]
        v6 = replace(address, address="2a02:8100:77::7", prefix_length=64)
        way = replace(route, family=Family.IPV6, gateway="")
        return replace(network, addresses=(*network.addresses, v6), routes=(*network.routes, way))


def tools(
    resolver_port: int, other_port: int = 9, machine: type[StagedMachine] = StagedMachine
) -> Tools:
    trust = Trust()
    return Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=machine(
            link=Link(), name_servers=(f"{HOST}#{resolver_port}",), ports={53: other_port}
        ),
        trust=trust,
        http=Http(trust, {}, "isitme/test"),
        ports={53: other_port},
        user_agent="isitme/test",
    )


async def manners(
    says: Says,
    nobody: Says = silent,
    *,
    apple: str = "",
    machine: type[StagedMachine] = StagedMachine,
) -> dict[str, Finding]:
    look = DnsManners(
        control_names=(NAME,),
        apple_names=(apple,) if apple else (),
        apple_networks=TARGETS.apple_networks,
        known_networks=(),
        relay_names=TARGETS.relay_names,
        no_resolvers=(HOST,),
        references=(),
    )
    async with udp_server(says) as (port, _), udp_server(nobody) as (other, _):
        found = await look.look(tools(port, other, machine), ())
    return {one.group: one for one in found}


async def test_an_honest_resolver_leaves_nothing_to_note() -> None:
    found = await manners(honest)

    assert {group: one.notes for group, one in found.items()} == {
        "random": (),
        "families": (),
        "nobody": (),
        "relay": (),
    }
    assert all(one.passed for one in found.values())


@pytest.mark.parametrize(
    ("says", "nobody", "group", "note"),
    [
        pytest.param(rewriting, silent, "random", Note.NXDOMAIN_REWRITTEN, id="rewriting"),
        pytest.param(honest, honest, "nobody", Note.DNS_INTERCEPTED, id="intercepting"),
        pytest.param(honest, cannot, "nobody", Note.DNS_INTERCEPTED, id="intercepting, broken"),
        pytest.param(no_relay, silent, "relay", Note.PRIVATE_RELAY_DISABLED, id="no relay"),
    ],
)
async def test_a_network_that_is(says: Says, nobody: Says, group: str, note: Note) -> None:
    found = await manners(says, nobody)

    assert {name: [code for code, _ in one.notes] for name, one in found.items()} == {
        **{key: [] for key in found},
        group: [note],
    }


@pytest.mark.slow
async def test_silence_to_ipv6_beside_an_answer_is_a_failure_and_to_both_is_none() -> None:
    half = (await manners(deaf))["families"]
    none = (await manners(silent))["families"]

    assert half.failed is not None
    assert half.failed.failure is Failure.GENERIC_TIMEOUT
    assert HOST in half.said
    assert not none.passed
    assert none.failed is None


@pytest.mark.parametrize(
    ("says", "given"),
    [
        pytest.param(lying_over_ipv6, ("::",), id="it lies"),
        pytest.param(honest, (), id="there is none"),
    ],
)
async def test_apples_own_name_is_asked_for_over_ipv6_too(
    says: Says, given: tuple[str, ...]
) -> None:
    found = (await manners(says, apple=NAME, machine=DualStack))[APPLE_IPV6]
    (fact,) = found.facts

    assert found.passed
    assert isinstance(fact, AnswerFact)
    assert (fact.name, fact.addresses) == (NAME, given)
    assert ("::" in found.said) is bool(given)


async def test_it_is_not_asked_for_where_nobody_here_uses_ipv6() -> None:
    assert APPLE_IPV6 not in await manners(lying_over_ipv6, apple=NAME)


@pytest.mark.slow
async def test_who_ignores_questions_for_ipv6_says_nothing_of_apples_name() -> None:
    found = (await manners(deaf, apple=NAME, machine=DualStack))[APPLE_IPV6]

    assert (found.passed, found.failed) == (False, None)


class OnItsLink(StagedMachine):
    """IPv6 alone, and a router that is known on its link only."""

    def network(self) -> Network:
        network = super().network()
        way = replace(network.routes[0], family=Family.IPV6, gateway="fe80::1", interface_index=7)
        return replace(network, routes=(way,))


async def test_a_router_that_is_known_on_its_link_is_asked_on_its_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def heard(self: Tools, resolver: str, name: str, family: Family) -> Answer:
        asked.append(resolver)
        raise LookFailed(Failure.GENERIC_TIMEOUT, Speed.SILENT, "it does not answer")

    monkeypatch.setattr(Tools, "answer", heard)
    found = await manners(silent, apple=NAME, machine=OnItsLink)

    assert "fe80::1%7" in asked
    assert found["other"].address == "fe80::1"


async def test_who_cannot_say_whether_a_new_name_exists_fails() -> None:
    failed = (await manners(cannot))["random"].failed

    assert failed is not None
    assert failed.failure is Failure.DNS_SERVFAIL


# ------------------------------------------------------------------ silent, and alive?


def over_tcp(says: Says) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        for made in says(await reader.readexactly(size)):
            writer.write(struct.pack("!H", len(made)) + made)
        await writer.drain()
        await reader.read()

    return handler


async def life(says: Says, tcp: Handler | None) -> LifeFact:
    async def ask(port: int) -> LifeFact:
        where = f"{HOST}#{port}"
        unheard = sighting(
            Look.DNS_EACH,
            f"{where} {NAME}",
            Failure.GENERIC_TIMEOUT,
            step=Step.EXCHANGE,
            silent=True,
            address=where,
        )
        (one,) = await DnsAlive(control_names=(NAME,)).look(tools(port), (unheard,))
        (fact,) = one.facts
        assert isinstance(fact, LifeFact)
        return fact

    if tcp is None:
        async with udp_server(says) as (port, _):
            return await ask(port)
    async with tcp_server(tcp) as port, udp_server(says, port=port):
        return await ask(port)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("says", "tcp", "expected"),
    [
        pytest.param(version_only, hang, (True, False, True), id="a forwarder without upstream"),
        pytest.param(version_only, None, (True, False, False), id="the same without TCP"),
        pytest.param(silent, over_tcp(honest), (False, True, True), id="UDP does not get there"),
        pytest.param(silent, hang, (False, False, True), id="one that hangs"),
        pytest.param(silent, over_tcp(cannot), (False, False, True), id="SERVFAIL over TCP"),
    ],
)
async def test_what_a_silent_resolver_shows_of_itself(
    says: Says, tcp: Handler | None, expected: tuple[bool, bool, bool | None]
) -> None:
    fact = await life(says, tcp)

    assert (fact.answers_itself, fact.names_over_tcp, fact.tcp_open) == expected


def test_which_resolvers_are_asked_about_themselves() -> None:
    def said(resolver: str, name: str, failure: Failure | None) -> Observation:
        silent = failure is Failure.GENERIC_TIMEOUT
        return sighting(
            Look.DNS_EACH, f"{resolver} {name}", failure, step=Step.EXCHANGE, silent=silent,
            address=f"{resolver}#53",
        )  # fmt: skip

    asked = unhelpful_resolvers(
        [
            said("10.0.0.1", "a", Failure.DNS_REFUSED),
            said("10.0.0.1", "b", Failure.GENERIC_TIMEOUT),
            said("10.0.0.2", "a", Failure.DNS_REFUSED),
            said("10.0.0.2", "b", None),
            said("10.0.0.3", "a", Failure.DNS_NXDOMAIN),
        ]
    )

    assert asked == ("10.0.0.1#53",)


async def test_a_resolver_that_answers_one_name_is_not_asked_about_itself() -> None:
    answered = sighting(Look.DNS_EACH, "r a", step=Step.EXCHANGE, address=f"{HOST}#9")
    unheard = replace(
        answered, finding=sighting(
            Look.DNS_EACH, "r b", Failure.GENERIC_TIMEOUT, silent=True, address=f"{HOST}#9"
        ).finding,
    )  # fmt: skip

    assert not await DnsAlive(control_names=(NAME,)).look(tools(9), (answered, unheard))


# ------------------------------------------------------------------ the hosts file, and stubs


async def test_the_hosts_file_is_read_for_the_names_that_matter() -> None:
    class Overruled(StagedMachine):
        async def hosts(self, names: Collection[str]) -> dict[str, tuple[str, ...]]:
            return {"gsa.apple.com": ("127.0.0.1",), "iadsdk.apple.com": ("0.0.0.0",)}

    using = replace(tools(9), machine=Overruled(link=Link(), name_servers=(), ports={53: 9}))
    look = DnsForApps(apple_names=(), control_names=(), overruled_names=("gsa.apple.com",))

    (found,) = await look.look(using, ())

    (fact,) = found.facts
    assert isinstance(fact, AnswerFact)
    assert (fact.name, fact.addresses) == ("gsa.apple.com", ("127.0.0.1",))


@pytest.mark.parametrize(
    ("resolver", "among", "operator"),
    [
        ("192.168.1.1", ("192.168.1.1", "127.0.0.53"), "resolver 192.168.1.1"),
        ("127.0.0.53", ("192.168.1.1", "127.0.0.53"), "stub 127.0.0.53"),
        ("127.0.0.53", ("127.0.0.53",), "resolver 127.0.0.53"),
        ("127.0.0.53", ("127.0.0.53", "192.168.1.1"), "resolver 127.0.0.53"),
    ],
    ids=["behind a stub", "a stub", "a stub alone", "a stub that others back up"],
)
def test_who_is_asked_is_called(resolver: str, among: tuple[str, ...], operator: str) -> None:
    assert operator_of(resolver, among) == operator


# ------------------------------------------------------------------ nobody to ask


@pytest.mark.parametrize(
    ("listed", "failure", "step"),
    [
        pytest.param((), Failure.DNS_NO_RESOLVER, Step.READ, id="none is set"),
        pytest.param(None, Failure.NOT_RUN, Step.OURS, id="they cannot be read"),
    ],
)
async def test_nobody_to_ask(listed: tuple[str, ...] | None, failure: Failure, step: Step) -> None:
    class Unlisted(StagedMachine):
        def resolvers(self) -> tuple[str, ...] | None:  # type: ignore[override]
            return listed

    machine = Unlisted(link=Link(), name_servers=(), ports={})
    using = replace(tools(9), machine=machine)
    names = DnsEach(control_names=(NAME,), apple_names=())

    (finding,) = await names.look(using, ())

    assert finding.failed is not None
    assert (finding.failed.failure, finding.failed.step) == (failure, step)
    manners = registry(TARGETS)[Look.DNS_MANNERS]
    assert await manners.look(using, ()) == ()


# ------------------------------------------------------------------ the reason that it gives


def explained(rcode: dns.rcode.Rcode, address: str = "") -> Says:
    def says(asked: bytes) -> list[bytes]:
        made = dns.message.from_wire(reply(asked, rcode=rcode, address=address))
        option = dns.edns.EDEOption(dns.edns.EDECode.CENSORED, "by order of 1984")
        made.use_edns(edns=0, options=[option])
        return [made.to_wire()]

    return says


REASON = 'and says "Censored: by order of 1984"'
TOLD: dict[str, tuple[Says, str]] = {
    "no such name": (explained(dns.rcode.NXDOMAIN), f"knows no {NAME} {REASON}"),
    "servfail": (explained(dns.rcode.SERVFAIL), f"could not find out about {NAME} {REASON}"),
    "refused": (explained(dns.rcode.REFUSED), f"refuses to answer about {NAME} {REASON}"),
    "a code of its own": (explained(dns.rcode.NOTZONE), f"says NOTZONE about {NAME} {REASON}"),
    "a false address": (
        explained(dns.rcode.NOERROR, "0.0.0.0"), f"answered 0.0.0.0 to {NAME} {REASON}"),
    "nothing besides": (cannot, f"could not find out about {NAME}"),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
async def test_the_reason_that_a_resolver_gives_is_told(case: str) -> None:
    says, told = TOLD[case]
    async with udp_server(says) as (port, _):
        look = DnsEach(control_names=(NAME,), apple_names=())
        (found,) = await look.look(tools(port), ())

    assert found.said == f"{HOST}#{port} {told}"


async def test_a_look_that_fell_at_its_name_tells_the_reason_too() -> None:
    async with udp_server(explained(dns.rcode.REFUSED)) as (port, _):
        with pytest.raises(LookFailed) as caught:
            await tools(port).resolve(NAME, Family.IPV4)

    assert caught.value.detail == f"{HOST}#{port} refuses to answer about {NAME} {REASON}"


async def test_who_cannot_find_new_names_tells_why() -> None:
    found = (await manners(explained(dns.rcode.SERVFAIL)))["random"]

    assert found.said.endswith(f"cannot say whether a new name exists {REASON}")
