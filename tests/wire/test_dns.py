from __future__ import annotations

import struct
import time

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.wire import dns as wire
from probe.words import Failure
from tests.wire.hostile import damaged, failure, fuzzed, value_or_failure

NAME = "1-courier.push.example"
QUERY = wire.query(NAME, "A", 0x1234)
QUESTION = QUERY[12 : QUERY.index(b"\0", 12) + 5]


def reply(
    *records: str,
    rcode: int = 0,
    flags: int = 0,
    error: tuple[int, str] | None = None,
    question: bytes = QUERY,
) -> bytes:
    """A reply to the query; each record as "name ttl type data"."""
    message = dns.message.make_response(dns.message.from_wire(question))
    message.set_rcode(dns.rcode.Rcode(rcode))
    message.flags |= flags
    for record in records:
        name, ttl, kind, data = record.split(maxsplit=3)
        message.answer.append(dns.rrset.from_text(name, int(ttl), "IN", kind, data))
    if error is not None:
        code, text = error
        message.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode(code), text)])
    return message.to_wire()


def raw(
    *, flags: int = 0x8180, questions: int = 1, answers: int = 0, rest: bytes = QUESTION
) -> bytes:
    """A reply built by hand, for what no library writes."""
    return QUERY[:2] + struct.pack("!HHHHH", flags, questions, answers, 0, 0) + rest


def test_a_query_asks_one_absolute_name_with_recursion_and_1232_bytes_of_edns() -> None:
    asked = dns.message.from_wire(QUERY)

    assert asked.id == 0x1234
    assert [entry.to_text() for entry in asked.question] == [f"{NAME}. IN A"]
    assert (asked.flags, asked.edns, asked.payload) == (dns.flags.RD, 0, 1232)
    assert wire.query(f"{NAME}.", "A", 0x1234) == QUERY


@pytest.mark.parametrize("name", ["..", "a..b", "a" * 64, "a." * 200], ids=repr)
def test_what_cannot_be_a_name_is_not_asked(name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        wire.query(name, "A", 1)


ANSWERS = {
    "one address": (
        [f"{NAME}. 60 A 17.57.144.10"],
        ("17.57.144.10",), 60, NAME,
    ),
    "two addresses": (
        [f"{NAME}. 60 A 17.57.144.10", f"{NAME}. 60 A 17.57.144.11"],
        ("17.57.144.10", "17.57.144.11"), 60, NAME,
    ),
    "a chain, whose shortest life counts": (
        [f"{NAME}. 300 CNAME b.example.", "b.example. 20 CNAME c.example.",
         "c.example. 60 A 17.57.144.10"],
        ("17.57.144.10",), 20, "c.example",
    ),
    "a chain in the wrong order": (
        ["c.example. 60 A 17.57.144.10", f"{NAME}. 300 CNAME c.example."],
        ("17.57.144.10",), 60, "c.example",
    ),
    "in capitals": (
        [f"{NAME.upper()}. 60 A 17.57.144.10"],
        ("17.57.144.10",), 60, NAME,
    ),
    "a chain to nowhere, as Apple's own bare name (2021)": (
        [f"{NAME}. 279 CNAME b.example."],
        (), 279, "b.example",
    ),
    "a chain in a ring": (
        [f"{NAME}. 5 CNAME b.example.", f"b.example. 5 CNAME {NAME}."],
        (), 5, NAME,
    ),
    "the address of another name": (["evil.example. 60 A 17.57.144.10"], (), None, NAME),
    "an address of the other family": ([f"{NAME}. 60 AAAA 2001:db8::1"], (), None, NAME),
    "nothing": ([], (), None, NAME),
}  # fmt: skip


@pytest.mark.parametrize(
    ("records", "addresses", "ttl", "last"), ANSWERS.values(), ids=ANSWERS.keys()
)
def test_addresses_are_those_of_the_name_that_was_asked(
    records: list[str], addresses: tuple[str, ...], ttl: int | None, last: str
) -> None:
    answer = wire.read(reply(*records), QUERY)

    assert answer.rcode == "NOERROR"
    assert sorted(answer.addresses) == list(addresses)
    assert answer.min_ttl == ttl
    assert answer.canonical_name.lower() == last
    expected = None if addresses else Failure.DNS_NO_ANSWER
    assert wire.failure_of_answer(answer) is expected


RCODES = {
    "FORMERR": Failure.DNS_FORMERR,
    "SERVFAIL": Failure.DNS_SERVFAIL,
    "NXDOMAIN": Failure.DNS_NXDOMAIN,
    "NOTIMP": Failure.DNS_MISBEHAVING,
    "REFUSED": Failure.DNS_REFUSED,
    "BADVERS": Failure.DNS_MISBEHAVING,
}


@pytest.mark.parametrize(("rcode", "expected"), RCODES.items(), ids=RCODES.keys())
def test_a_code_is_an_answer_and_stands_for_a_failure(rcode: str, expected: Failure) -> None:
    answer = wire.read(reply(rcode=int(dns.rcode.from_text(rcode))), QUERY)

    assert answer.rcode == rcode
    assert wire.failure_of_answer(answer) is expected


def test_a_refusal_may_leave_the_question_out_but_an_answer_may_not() -> None:
    assert wire.read(raw(flags=0x8185, questions=0, rest=b""), QUERY).rcode == "REFUSED"
    assert failure(lambda: wire.read(raw(questions=0, rest=b""), QUERY)) is Failure.DNS_MISBEHAVING


def test_an_extended_error_is_kept_with_its_words() -> None:
    answer = wire.read(reply(rcode=2, error=(6, "x" * 500)), QUERY)

    assert answer.extended_error == 6
    assert answer.extended_text == "x" * 200


@pytest.mark.parametrize(
    ("error", "given"),
    [
        pytest.param(None, "", id="nothing"),
        pytest.param((15, ""), ' and says "Blocked"', id="a name"),
        pytest.param((24, ""), ' and says "Invalid Data"', id="the last of RFC 8914"),
        pytest.param((6, "expired"), ' and says "DNSSEC Bogus: expired"', id="a name and words"),
        pytest.param((4711, ""), ' and says "extended error 4711"', id="no name that is known"),
        pytest.param(
            (17, 'by "x"\x1b[2J\r\nline\u202e two'),
            """ and says "Filtered: by 'x' [2J line two\"""",
            id="what would move the cursor, or end the quotation",
        ),
        pytest.param((0, "x" * 81), f' and says "Other Error: {"x" * 79}…"', id="a long story"),
        pytest.param((0, "x" * 80), f' and says "Other Error: {"x" * 80}"', id="just so long"),
    ],
)
def test_the_reason_that_a_resolver_gives(error: tuple[int, str] | None, given: str) -> None:
    assert wire.reason_given(wire.read(reply(rcode=2, error=error), QUERY)) == given


def test_a_truncated_reply_says_so_even_when_it_is_cut_in_the_middle() -> None:
    whole = reply(f"{NAME}. 60 A 17.57.144.10", flags=dns.flags.TC)

    for length in range(len(QUESTION) + 12, len(whole) + 1):
        assert wire.read(whole[:length], QUERY).truncated


def test_a_reply_that_is_cut_and_does_not_say_so_is_misbehaviour() -> None:
    whole = reply(f"{NAME}. 60 A 17.57.144.10")

    assert failure(lambda: wire.read(whole[:-12], QUERY)) is Failure.DNS_MISBEHAVING


POINTER = b"\xc0"
LIES = {
    "nothing": (b"", Failure.DNS_MISBEHAVING),
    "eleven bytes": (reply()[:11], Failure.DNS_MISBEHAVING),
    "another id": (b"\xff\xff" + reply()[2:], Failure.DNS_WRONG_ID),
    "our own question": (QUERY, Failure.DNS_MISBEHAVING),
    "another name": (
        reply("evil.example. 9 A 17.1.1.1", question=wire.query("evil.example", "A", 0x1234)),
        Failure.DNS_MISBEHAVING,
    ),
    "another type": (reply(question=wire.query(NAME, "AAAA", 0x1234)), Failure.DNS_MISBEHAVING),
    "more records than it holds": (raw(answers=7), Failure.DNS_MISBEHAVING),
    "a name that points at itself": (
        raw(answers=1, rest=QUESTION + POINTER + bytes([12 + len(QUESTION)]) + bytes(10)),
        Failure.DNS_MISBEHAVING,
    ),
    "names that point at each other": (
        raw(answers=1, rest=QUESTION + b"\xc0\x30\xc0\x2e" * 8),
        Failure.DNS_MISBEHAVING,
    ),
    "a name that points ahead": (
        raw(answers=1, rest=QUESTION + b"\xc0\xff" + bytes(300)),
        Failure.DNS_MISBEHAVING,
    ),
    "a name of 500 bytes": (
        raw(answers=1, rest=QUESTION + (b"\x3f" + b"a" * 63) * 8 + bytes(11)),
        Failure.DNS_MISBEHAVING,
    ),
    "a label of a kind that does not exist": (
        raw(answers=1, rest=QUESTION + b"\x80" + bytes(20)),
        Failure.DNS_MISBEHAVING,
    ),
    "an address of three bytes": (
        raw(answers=1, rest=QUESTION + b"\xc0\x0c\0\1\0\1\0\0\0\1\0\3abc"),
        Failure.DNS_MISBEHAVING,
    ),
    "signed with a key nobody gave us": (
        raw(rest=QUESTION)[:10] + b"\0\1" + QUESTION + b"\0\0\xfa\0\xff\0\0\0\0\0\0",
        Failure.DNS_MISBEHAVING,
    ),
}


@pytest.mark.parametrize(("data", "expected"), LIES.values(), ids=LIES.keys())
def test_a_lie_is_seen_for_what_it_is(data: bytes, expected: Failure) -> None:
    assert failure(lambda: wire.read(data, QUERY)) is expected


def test_thousands_of_records_are_refused_before_they_are_read() -> None:
    records = b"".join(
        b"\xc0\x0c" + struct.pack("!HHIH", 1000 + number, 1, 1, 0) for number in range(5000)
    )
    began = time.perf_counter()

    said = failure(lambda: wire.read(raw(answers=5000, rest=QUESTION + records), QUERY))

    assert said is Failure.DNS_MISBEHAVING
    assert time.perf_counter() - began < 0.1  # reading them all takes 0.7 s here


def test_a_datagram_belongs_to_a_query_by_id_and_direction() -> None:
    assert wire.is_reply_to(reply(), QUERY)
    assert not wire.is_reply_to(b"\xff\xff" + reply()[2:], QUERY)
    assert not wire.is_reply_to(QUERY, QUERY)
    assert not wire.is_reply_to(reply()[:11], QUERY)


@fuzzed
@given(damaged(reply(f"{NAME}. 9 CNAME b.example.", "b.example. 9 A 17.1.2.3", error=(6, "x"))))
def test_damaged_bytes_end_in_an_answer_or_in_a_failure(data: bytes) -> None:
    answer = value_or_failure(lambda: wire.read(data, QUERY))

    if answer is not None and answer.addresses:
        assert wire.failure_of_answer(answer) is not Failure.DNS_NO_ANSWER


@fuzzed
@given(st.integers(0, 0xFFFF), st.binary(max_size=120))
def test_random_bytes_behind_the_right_id_end_in_an_answer_or_in_a_failure(
    flags: int, rest: bytes
) -> None:
    value_or_failure(lambda: wire.read(QUERY[:2] + struct.pack("!H", flags) + rest, QUERY))


BOGONS = {
    "0.0.0.0": True, "127.0.0.1": True, "127.77.2.30": True, "10.1.2.3": True,
    "172.16.0.1": True, "172.31.255.255": True, "172.32.0.1": False, "192.168.0.1": True,
    "100.64.0.1": True, "100.128.0.1": False, "169.254.1.1": True, "192.0.2.7": True,
    "198.51.100.7": True, "203.0.113.7": True, "198.18.0.1": True, "224.0.0.1": True,
    "255.255.255.255": True, "17.57.144.10": False, "1.1.1.1": False, "8.8.8.8": False,
    "::": True, "::1": True, "fc00::1": True, "fd12::1": True, "fe80::1": True,
    "fe80::1%eth0": True, "ff02::1": True, "2001:db8::1": True, "2620:149:a44::1": False,
    "::ffff:10.0.0.1": True, "::ffff:17.57.144.10": False,
    "64:ff9b::17.57.144.10": False, "64:ff9b::10.0.0.1": True,
    "no address": False, "": False,
}  # fmt: skip


@pytest.mark.parametrize(("address", "expected"), BOGONS.items(), ids=repr)
def test_no_public_host_has_a_bogon(address: str, expected: bool) -> None:
    assert wire.is_bogon(address) is expected


def test_a_network_that_is_expected_is_never_bogon() -> None:
    assert not wire.is_bogon("127.77.2.30", expected=("17.0.0.0/8", "127.77.0.0/16"))
    assert wire.is_bogon("127.78.2.30", expected=("17.0.0.0/8", "127.77.0.0/16"))


def test_an_address_lies_in_the_networks_that_hold_it() -> None:
    apple = ("17.0.0.0/8", "2620:149::/32")

    assert wire.in_networks("17.57.144.10", apple)
    assert wire.in_networks("64:ff9b::1139:900a", apple)  # NAT64 of 17.57.144.10
    assert wire.in_networks("2620:149:a44::1", apple)
    assert not wire.in_networks("18.0.0.1", apple)
    assert not wire.in_networks("17.57.144.10", ())


@fuzzed
@given(st.text(max_size=40))
def test_any_text_is_in_a_network_or_not(text: str) -> None:
    assert wire.is_bogon(text) in {True, False}
