"""DNS messages: a query out, an answer in. The only door to dnspython.

Any well-formed reply is an Answer, whatever its code: what a resolver says is evidence. Only bytes
that are no reply to the query raise.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from probe.failures import LookFailed
from probe.wire.addresses import in_networks, is_bogon
from probe.words import Failure, Speed

__all__ = [
    "Answer",
    "failure_of_answer",
    "in_networks",
    "is_bogon",
    "is_reply_to",
    "knows_edns",
    "query",
    "read",
    "reason_given",
]

UDP_BYTES = 1232  # the DNS flag day 2020 size: fits every IPv6 path unfragmented
ADDRESSES_KEPT = 32  # a name with more says nothing more
CHAIN_LENGTH = 16  # CNAMEs followed inside one answer; Apple's longest seen is 4
HEADER_BYTES = 12  # RFC 1035 4.1.1
# RFC 6891 7: what a server that does not know EDNS says to it.
NO_EDNS = frozenset({dns.rcode.FORMERR, dns.rcode.NOTIMP})
TRUNCATED = 0x02  # the TC bit, in the third byte
# 64 KiB hold 5,800 records, which take dnspython 0.7 s to read (measured). No answer about a host
# comes near this.
RECORDS = 300

FAILURES: dict[str, Failure] = {
    "SERVFAIL": Failure.DNS_SERVFAIL,
    "REFUSED": Failure.DNS_REFUSED,
    "NXDOMAIN": Failure.DNS_NXDOMAIN,
    "FORMERR": Failure.DNS_FORMERR,
}

# RFC 8914 5.2, as its registry names them.
EXTENDED_ERRORS: dict[int, str] = dict(
    enumerate(
        (
            "Other Error", "Unsupported DNSKEY Algorithm", "Unsupported DS Digest Type",
            "Stale Answer", "Forged Answer", "DNSSEC Indeterminate", "DNSSEC Bogus",
            "Signature Expired", "Signature Not Yet Valid", "DNSKEY Missing", "RRSIGs Missing",
            "No Zone Key Bit Set", "NSEC Missing", "Cached Error", "Not Ready", "Blocked",
            "Censored", "Filtered", "Prohibited", "Stale NXDOMAIN Answer", "Not Authoritative",
            "Not Supported", "No Reachable Authority", "Network Error", "Invalid Data",
        )
    )
)  # fmt: skip
REASON_CHARACTERS = 80  # of a resolver's own words in a sentence of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a resolver said."""

    rcode: str  # as RFC 1035 and 6895 name it, e.g. "NOERROR"
    addresses: tuple[str, ...]
    truncated: bool
    extended_error: int | None = None  # RFC 8914
    extended_text: str = ""
    min_ttl: int | None = None  # seconds
    canonical_name: str = ""  # where the chain of CNAMEs ends


def query(name: str, rdtype: str, message_id: int, *, edns: bool = True) -> bytes:
    """One question about an absolute name, recursion desired, EDNS with 1232 bytes unless told
    otherwise.

    Raises ValueError for a name that cannot be one.
    """
    absolute = name if name.endswith(".") else f"{name}."
    try:
        message = dns.message.make_query(
            absolute, rdtype, use_edns=0 if edns else -1, payload=UDP_BYTES, id=message_id
        )
    except dns.exception.DNSException as error:
        raise ValueError(f"not a name: {name[:80]}") from error
    return message.to_wire()


def version_query(message_id: int) -> bytes:
    """Who are you? Answered, or refused, by the server itself: nobody else is asked (RFC 4892)."""
    message = dns.message.make_query("version.bind.", "TXT", "CH", id=message_id)
    return message.to_wire()


def is_reply_to(reply: bytes, asked: bytes) -> bool:
    """Whether a datagram is a reply with the query's id.

    Its question is not compared here but in `read`: a resolver that answers another question than
    it was asked is seen for what it is, and not taken for silent.
    """
    return len(reply) >= HEADER_BYTES and reply[:2] == asked[:2] and bool(reply[2] & 0x80)


def knows_edns(reply: bytes) -> bool:
    """Whether a reply to a question with EDNS is about the question, and not about EDNS."""
    return reply[3] & 0x0F not in NO_EDNS


def read(reply: bytes, asked: bytes) -> Answer:
    """Read a reply to a query. Raises LookFailed: DNS_WRONG_ID, DNS_MISBEHAVING."""
    if len(reply) < HEADER_BYTES:
        raise _misbehaving(f"a reply of {len(reply)} bytes")
    if reply[:2] != asked[:2]:
        raise LookFailed(Failure.DNS_WRONG_ID, Speed.ACTIVE, "a reply to another question")
    if sum(struct.unpack_from("!HHHH", reply, 4)) > RECORDS:
        raise _misbehaving(f"a reply of more than {RECORDS} records")
    try:
        question = dns.message.from_wire(asked)
        # A truncated message may end anywhere: what is there is read, the rest comes over TCP.
        message = dns.message.from_wire(
            reply, ignore_trailing=True, continue_on_error=bool(reply[2] & TRUNCATED)
        )
        return _answer(question, message)
    except LookFailed:
        raise
    except (dns.exception.DNSException, ValueError, IndexError, KeyError) as error:
        raise _misbehaving(f"unreadable reply: {type(error).__name__}") from error


def _answer(question: dns.message.Message, message: dns.message.Message) -> Answer:
    if not message.flags & dns.flags.QR:
        raise _misbehaving("a question instead of a reply")
    rcode = dns.rcode.to_text(message.rcode())
    # Refusals may leave the question out (RFC 1035 says nothing); anything else must repeat it.
    if message.question and message.question != question.question:
        raise _misbehaving("a reply about another name")
    if not message.question and rcode == "NOERROR":
        raise _misbehaving("a reply about no name")
    asked = question.question[0]
    name, addresses, ttls = asked.name, [], []
    for _ in range(CHAIN_LENGTH):
        found = message.get_rrset(message.answer, name, asked.rdclass, asked.rdtype)
        if found is not None:
            addresses = [item.address for item in found][:ADDRESSES_KEPT]
            ttls.append(found.ttl)
            break
        alias = message.get_rrset(message.answer, name, asked.rdclass, dns.rdatatype.CNAME)
        if alias is None:
            break
        ttls.append(alias.ttl)
        name = alias[0].target
    code, text = _extended(message)
    return Answer(
        rcode=rcode,
        addresses=tuple(addresses),
        truncated=bool(message.flags & dns.flags.TC),
        extended_error=code,
        extended_text=text,
        min_ttl=min(ttls) if ttls else None,
        canonical_name=name.to_text(omit_final_dot=True)[:255],
    )


def _extended(message: dns.message.Message) -> tuple[int | None, str]:
    for option in message.options:
        if isinstance(option, dns.edns.EDEOption):
            return int(option.code), (option.text or "")[:200]
    return None, ""


def reason_given(answer: Answer) -> str:
    """What a resolver says of its own answer (RFC 8914), to stand behind a sentence about it, such
    as ` and says "Blocked: by policy"`; "" when it says nothing. On one line, and printable."""
    if answer.extended_error is None:
        return ""
    code = answer.extended_error
    name = EXTENDED_ERRORS.get(code, f"extended error {code}")
    plain = "".join(c if c.isprintable() else " " for c in answer.extended_text)
    text = " ".join(plain.replace('"', "'").split())
    if len(text) > REASON_CHARACTERS:
        text = text[: REASON_CHARACTERS - 1] + "…"
    return f' and says "{name}: {text}"' if text else f' and says "{name}"'


def failure_of_answer(answer: Answer) -> Failure | None:
    """The failure an answer stands for; None when it brings an address."""
    if answer.rcode in FAILURES:
        return FAILURES[answer.rcode]
    if answer.rcode != "NOERROR":
        return Failure.DNS_MISBEHAVING
    return None if answer.addresses else Failure.DNS_NO_ANSWER


def _misbehaving(detail: str) -> LookFailed:
    return LookFailed(Failure.DNS_MISBEHAVING, Speed.ACTIVE, detail)
