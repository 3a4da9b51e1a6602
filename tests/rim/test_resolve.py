"""Names to addresses, against resolvers that lie, cut short, refuse and say nothing."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from probe.clock import Chance, Clock
from probe.failures import LookFailed
from probe.machine.lookup import THREADS
from probe.tools.datagram import exchange
from probe.tools.resolve import LOOKUPS_AT_ONCE, Resolver, resolver_address
from probe.tools.stream import Stream
from probe.words import Failure, Family, Speed, Step
from tests.support.servers import HOST, Handler, hang, refusing_port, tcp_server, udp_server
from tests.support.time import FakeClock

pytestmark = pytest.mark.real
NAME = "push.example"
RIGHT = ("192.0.2.7", "192.0.2.8")


def answer(
    asked: bytes,
    *,
    addresses: tuple[str, ...] = RIGHT,
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR,
    truncated: bool = False,
) -> bytes:
    question = dns.message.from_wire(asked)
    reply = dns.message.make_response(question)
    reply.set_rcode(rcode)
    if truncated:
        reply.flags |= dns.flags.TC
    elif rcode == dns.rcode.NOERROR and addresses:
        name, kind = question.question[0].name, question.question[0].rdtype
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *addresses))
    return reply.to_wire()


def wrong_id(asked: bytes) -> bytes:
    return bytes([asked[0] ^ 1]) + answer(asked, addresses=("203.0.113.66",))[1:]


def another_question(asked: bytes) -> bytes:
    query = dns.message.make_query("evil.example.", "A", id=int.from_bytes(asked[:2], "big"))
    return answer(query.to_wire(), addresses=("203.0.113.66",))


async def no_names(name: str) -> tuple[str, ...]:
    """Applications get none."""
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def resolver(
    *specs: str,
    clock: Clock | None = None,
    known: bool = True,
    lookup: Callable[[str], Awaitable[tuple[str, ...]]] = no_names,
) -> Resolver:
    return Resolver(
        clock=clock or FakeClock(),
        chance=Chance(1),
        resolvers=lambda: specs if known else None,
        lookup=lookup,
        exchange=exchange,
        connect=Stream.connect,
    )


async def ask(*specs: str, family: Family = Family.IPV4) -> tuple[str, ...]:
    """Sorted, because the server shuffles, as real ones do."""
    return tuple(sorted(await resolver(*specs).addresses(NAME, family)))


async def failed(*specs: str) -> LookFailed:
    with pytest.raises(LookFailed) as caught:
        await ask(*specs)
    assert caught.value.step is Step.RESOLVE
    return caught.value


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(lambda asked: [answer(asked)], id="answers"),
        pytest.param(lambda asked: [wrong_id(asked), answer(asked)], id="is outrun by a wrong id"),
        pytest.param(lambda asked: [b"", b"\xff" * 600, answer(asked)], id="is outrun by garbage"),
        pytest.param(lambda asked: [asked, answer(asked)], id="echoes the question first"),
    ],
)
async def test_the_right_answer_from_a_resolver_that(
    answers: Callable[[bytes], list[bytes]],
) -> None:
    async with udp_server(answers) as (port, _):
        assert await ask(f"{HOST}#{port}") == RIGHT


async def test_ipv6_is_asked_for_by_its_own_type() -> None:
    async with udp_server(lambda asked: [answer(asked, addresses=("2001:db8::7",))]) as (port, _):
        assert await ask(f"{HOST}#{port}", family=Family.IPV6) == ("2001:db8::7",)


async def test_a_name_is_asked_for_again_on_another_network() -> None:
    async with udp_server(lambda asked: [answer(asked)]) as (port, asked):
        asking = resolver(f"{HOST}#{port}")
        await asking.addresses(NAME, Family.IPV4)
        await asking.addresses(NAME, Family.IPV4)
        before = len(asked)
        asking.forget()
        await asking.addresses(NAME, Family.IPV4)

    assert (before, len(asked)) == (1, 2)


async def test_what_was_asked_on_the_network_before_is_not_kept() -> None:
    forgotten: list[Resolver] = []

    def answering(asked: bytes) -> list[bytes]:
        forgotten[0].forget()
        return [answer(asked)]

    async with udp_server(answering) as (port, asked):
        asking = resolver(f"{HOST}#{port}")
        forgotten.append(asking)
        await asking.addresses(NAME, Family.IPV4)
        await asking.addresses(NAME, Family.IPV4)

    assert len(asked) == 2


async def test_ids_are_not_to_be_guessed_and_names_are_absolute() -> None:
    async with udp_server(lambda asked: [answer(asked)]) as (port, asked):
        asking = resolver(f"{HOST}#{port}")
        for number in range(5):
            await asking.addresses(f"{number}.example", Family.IPV4)

    assert len({query[:2] for query in asked}) > 1
    names = [dns.message.from_wire(query).question[0].name.to_text() for query in asked]
    assert names == [f"{number}.example." for number in range(5)]


@pytest.mark.parametrize(
    ("rcode", "expected"),
    [
        (dns.rcode.SERVFAIL, Failure.DNS_SERVFAIL),
        (dns.rcode.REFUSED, Failure.DNS_REFUSED),
        (dns.rcode.NXDOMAIN, Failure.DNS_NXDOMAIN),
        (dns.rcode.FORMERR, Failure.DNS_FORMERR),
    ],
    ids=["SERVFAIL", "REFUSED", "NXDOMAIN", "FORMERR"],
)
async def test_a_resolver_that_says(rcode: dns.rcode.Rcode, expected: Failure) -> None:
    async with udp_server(lambda asked: [answer(asked, rcode=rcode)]) as (port, _):
        error = await failed(f"{HOST}#{port}")

    assert (error.failure, error.speed) == (expected, Speed.ACTIVE)
    assert f"{HOST}#{port}" in error.detail


def with_edns(asked: bytes) -> bool:
    return dns.message.from_wire(asked).edns >= 0


@pytest.mark.parametrize(
    "otherwise",
    [
        pytest.param(lambda asked: [], id="drops"),
        pytest.param(lambda asked: [answer(asked, rcode=dns.rcode.FORMERR)], id="rejects"),
        pytest.param(lambda asked: [answer(asked, rcode=dns.rcode.NOTIMP)], id="does not know"),
    ],
)
async def test_what_applications_ask_plainly_is_asked_plainly_of_one_that_does_so_with_edns(
    otherwise: Callable[[bytes], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probe.tools.resolve.PLAIN_AFTER_SECONDS", 0.05)
    async with udp_server(lambda a: otherwise(a) if with_edns(a) else [answer(a)]) as (port, asked):
        assert await ask(f"{HOST}#{port}") == RIGHT

    assert [with_edns(one) for one in asked] == [True, False]


async def test_one_that_is_deaf_to_edns_is_soon_asked_plainly_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("probe.tools.resolve.PLAIN_AFTER_SECONDS", 0.05)
    deaf = True

    def answers(asked: bytes) -> list[bytes]:
        return [] if with_edns(asked) is deaf else [answer(asked)]

    async with udp_server(answers) as (port, asked):
        asking = resolver(f"{HOST}#{port}")
        for number in range(4):
            await asking.addresses(f"{number}.example", Family.IPV4)
        assert [with_edns(one) for one in asked] == [True, False, True, False, False, False]

        asked.clear()
        deaf = False
        monkeypatch.setattr("probe.tools.resolve.RESOLVER_SECONDS", 0.2)
        with pytest.raises(LookFailed):
            await asking.addresses("4.example", Family.IPV4)
        await asking.addresses("5.example", Family.IPV4)
        assert [with_edns(one) for one in asked] == [False, True]


async def test_an_answer_about_another_name_is_misbehaviour() -> None:
    async with udp_server(lambda asked: [another_question(asked)]) as (port, _):
        assert (await failed(f"{HOST}#{port}")).failure is Failure.DNS_MISBEHAVING


async def test_no_address_is_an_answer() -> None:
    async with udp_server(lambda asked: [answer(asked, addresses=())]) as (port, _):
        assert (await failed(f"{HOST}#{port}")).failure is Failure.DNS_NO_ANSWER


async def test_a_closed_port_is_heard() -> None:
    with refusing_port(socket.SOCK_DGRAM) as port:
        error = await failed(f"{HOST}#{port}")

    assert (error.failure, error.speed) == (Failure.CONNECTION_REFUSED, Speed.ACTIVE)


async def test_no_resolver_is_a_failure_of_its_own() -> None:
    assert (await failed()).failure is Failure.DNS_NO_RESOLVER


@pytest.mark.parametrize("known", [True, False])
async def test_where_no_resolver_is_known_names_are_found_as_applications_find_them(
    known: bool,
) -> None:
    async def lookup(name: str) -> tuple[str, ...]:
        return "192.0.2.7", "2001:db8::7"

    asking = resolver(known=known, lookup=lookup)

    assert await asking.addresses(NAME, Family.IPV4) == ("192.0.2.7",)
    assert await asking.addresses(NAME, Family.IPV6) == ("2001:db8::7",)


async def test_applications_may_have_no_address_of_that_family() -> None:
    async def lookup(name: str) -> tuple[str, ...]:
        return ("192.0.2.7",)

    with pytest.raises(LookFailed) as caught:
        await resolver(lookup=lookup).addresses(NAME, Family.IPV6)

    assert (caught.value.failure, caught.value.step) == (Failure.DNS_NO_ANSWER, Step.RESOLVE)


async def test_resolvers_that_cannot_be_read_are_not_called_missing() -> None:
    with pytest.raises(LookFailed) as caught:
        await resolver(known=False).addresses(NAME, Family.IPV4)

    assert caught.value.failure is Failure.DNS_MISBEHAVING  # as the system puts it


async def test_of_the_few_threads_some_stay_free_for_what_applications_feel() -> None:
    under_way, most = 0, 0

    async def lookup(name: str) -> tuple[str, ...]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return ("192.0.2.7",)

    asking = resolver(lookup=lookup)
    await asyncio.gather(*(asking.addresses(f"{n}.example", Family.IPV4) for n in range(9)))

    assert most == LOOKUPS_AT_ONCE < THREADS


@pytest.mark.slow
async def test_a_silent_resolver_costs_less_than_a_second_and_the_next_is_asked() -> None:
    loop = asyncio.get_running_loop()
    async with (
        udp_server(lambda asked: []) as (silent, _),
        udp_server(lambda asked: [answer(asked)]) as (good, _),
    ):
        began = loop.time()
        assert await ask(f"{HOST}#{silent}", f"{HOST}#{good}") == RIGHT

    assert 0.7 < loop.time() - began < 1.8


async def test_an_ill_resolver_is_passed_over() -> None:
    async with (
        udp_server(lambda asked: [answer(asked, rcode=dns.rcode.SERVFAIL)]) as (ill, _),
        udp_server(lambda asked: [answer(asked)]) as (good, _),
    ):
        assert await ask(f"{HOST}#{ill}", f"{HOST}#{good}") == RIGHT


async def test_a_name_that_does_not_exist_is_not_asked_for_elsewhere() -> None:
    async with (
        udp_server(lambda asked: [answer(asked, rcode=dns.rcode.NXDOMAIN)]) as (first, _),
        udp_server(lambda asked: [answer(asked)]) as (other, asked),
    ):
        error = await failed(f"{HOST}#{first}", f"{HOST}#{other}")

    assert error.failure is Failure.DNS_NXDOMAIN
    assert asked == []


# ------------------------------------------------------------------ truncation


def over_tcp(make: Callable[[bytes], bytes]) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        reply = make(await reader.readexactly(size))
        message = struct.pack("!H", len(reply)) + reply
        for start in range(0, len(message), 7):  # in pieces, as TCP may
            writer.write(message[start : start + 7])
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()

    return handler


async def test_a_truncated_answer_is_asked_for_again_over_tcp() -> None:
    many = tuple(f"192.0.2.{number}" for number in range(10, 40))
    async with (
        tcp_server(over_tcp(lambda asked: answer(asked, addresses=many))) as port,
        udp_server(lambda asked: [answer(asked, truncated=True)], port=port),
    ):
        assert await ask(f"{HOST}#{port}") == many


async def test_truncated_and_no_tcp_is_its_own_failure() -> None:
    async with udp_server(lambda asked: [answer(asked, truncated=True)]) as (port, _):
        error = await failed(f"{HOST}#{port}")

    assert (error.failure, error.speed) == (Failure.DNS_TCP_BLOCKED, Speed.ACTIVE)


@pytest.mark.slow
async def test_truncated_and_silent_over_tcp() -> None:
    async with (
        tcp_server(hang) as port,
        udp_server(lambda asked: [answer(asked, truncated=True)], port=port),
    ):
        error = await failed(f"{HOST}#{port}")

    assert (error.failure, error.speed) == (Failure.DNS_TCP_BLOCKED, Speed.SILENT)


async def test_a_lie_over_tcp_is_no_answer() -> None:
    async with (
        tcp_server(over_tcp(wrong_id)) as port,
        udp_server(lambda asked: [answer(asked, truncated=True)], port=port),
    ):
        error = await failed(f"{HOST}#{port}")

    assert error.failure in {Failure.DNS_WRONG_ID, Failure.DNS_MISBEHAVING}


# ------------------------------------------------------------------ asking once


async def test_the_same_question_at_the_same_time_is_asked_once() -> None:
    async with udp_server(lambda asked: [answer(asked)]) as (port, asked):
        asking = resolver(f"{HOST}#{port}")
        got = await asyncio.gather(
            *(asking.addresses(name, Family.IPV4) for name in (NAME, NAME + ".", NAME.upper()) * 4)
        )

    assert [tuple(sorted(addresses)) for addresses in got] == [RIGHT] * 12
    assert len(asked) == 1


async def test_an_answer_is_kept_for_five_seconds() -> None:
    clock = FakeClock()
    async with udp_server(lambda asked: [answer(asked)]) as (port, asked):
        asking = resolver(f"{HOST}#{port}", clock=clock)
        for seconds in (0, 4.9, 0.2):
            clock.advance(seconds)
            await asking.addresses(NAME, Family.IPV4)

    assert len(asked) == 2


async def test_a_failure_is_not_kept() -> None:
    """Kept, it would confirm itself when it is asked about again."""
    replies = iter((dns.rcode.SERVFAIL, dns.rcode.NOERROR))
    async with udp_server(lambda asked: [answer(asked, rcode=next(replies))]) as (port, _):
        asking = resolver(f"{HOST}#{port}")
        with pytest.raises(LookFailed):
            await asking.addresses(NAME, Family.IPV4)

        assert sorted(await asking.addresses(NAME, Family.IPV4)) == sorted(RIGHT)


async def test_one_that_gives_up_does_not_take_the_others_with_it() -> None:
    release = asyncio.Event()

    async def late(payload: bytes, address: str, port: int, **_: object) -> bytes:
        await release.wait()
        return answer(payload)

    asking = Resolver(
        clock=FakeClock(),
        chance=Chance(1),
        resolvers=lambda: (HOST,),
        lookup=no_names,
        exchange=late,
        connect=Stream.connect,
    )
    impatient = asyncio.create_task(asking.addresses(NAME, Family.IPV4))
    patient = asyncio.create_task(asking.addresses(NAME, Family.IPV4))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    release.set()

    assert sorted(await patient) == sorted(RIGHT)
    assert impatient.cancelled()


async def test_when_all_have_given_up_nobody_is_asking() -> None:
    ended = asyncio.Event()

    async def never(payload: bytes, address: str, port: int, **_: object) -> bytes:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()
        return b""

    asking = Resolver(
        clock=FakeClock(),
        chance=Chance(1),
        resolvers=lambda: (HOST,),
        lookup=no_names,
        exchange=never,
        connect=Stream.connect,
    )
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asking.addresses(NAME, Family.IPV4), 0.05)
    async with asyncio.timeout(1):
        await ended.wait()


async def test_a_literal_is_its_own_answer() -> None:
    assert await resolver().addresses("192.0.2.1", Family.IPV4) == ("192.0.2.1",)


@pytest.mark.parametrize(
    ("spec", "address"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("127.0.0.1#5353", ("127.0.0.1", 5353)),
        ("fe80::1%eth0", ("fe80::1%eth0", 53)),
        ("2001:db8::53#54", ("2001:db8::53", 54)),
    ],
)
def test_a_resolver_may_be_written_with_its_port(spec: str, address: tuple[str, int]) -> None:
    assert resolver_address(spec) == address


def test_a_resolver_is_never_a_name() -> None:
    with pytest.raises(ValueError, match="localhost"):
        resolver_address("localhost")
