"""The drill's name servers: one zone, and rules for who is lied to about what.

The world is IPv4-only: every name that exists has an A record and an empty AAAA.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from probe.drill.wires import Reply

TTL_SECONDS = 5  # so that no cache outlives the turn of a drill for long
NULL_ADDRESS = "0.0.0.0"  # what Pi-hole and its kin answer for a blocked name
NO_REACHABLE_AUTHORITY = dns.edns.EDECode.NO_REACHABLE_AUTHORITY  # 22, RFC 8914 4.23
LENGTH_BYTES = 2  # RFC 1035 4.2.2: TCP messages carry their length first


class Says(StrEnum):
    """How a name server answers a question."""

    TRUTH = "truth"
    NULL = "null"
    NXDOMAIN = "nxdomain"
    NODATA = "nodata"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    SILENT = "silent"
    WRONG_ID = "wrong_id"
    TRUNCATED = "truncated"  # over UDP; TCP has it all


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is said about a name. `after_seconds` makes it late."""

    says: Says
    extended_error: dns.edns.EDECode | None = None  # RFC 8914; told only to those who speak EDNS
    after_seconds: float = 0.0


TRUTH = Rule(says=Says.TRUTH)
RCODES = {
    Says.NXDOMAIN: dns.rcode.NXDOMAIN,
    Says.SERVFAIL: dns.rcode.SERVFAIL,
    Says.REFUSED: dns.rcode.REFUSED,
}


def rule_for(name: str, rules: Mapping[str, Rule]) -> Rule:
    """The rule of this very name, else of the nearest `*.parent`, else the truth."""
    if name in rules:
        return rules[name]
    labels = name.split(".")
    for depth in range(1, len(labels) + 1):
        wildcard = ".".join(("*", *labels[depth:]))
        if wildcard in rules:
            return rules[wildcard]
    return TRUTH


def question_of(wire: bytes) -> str:
    """ "A www.example.com", for the record."""
    try:
        question = dns.message.from_wire(wire).question[0]
    except (dns.exception.DNSException, IndexError):
        return "garbage"
    name = question.name.to_text(omit_final_dot=True).lower()
    return f"{dns.rdatatype.to_text(question.rdtype)} {name}"


def answer(
    wire: bytes, zone: Mapping[str, str], rules: Mapping[str, Rule], *, over_udp: bool = False
) -> Reply | None:
    """What a name server with this zone and these rules replies. None: nothing."""
    try:
        query = dns.message.from_wire(wire)
        if not query.question or query.flags & dns.flags.QR:
            return None
    except dns.exception.DNSException:
        return None
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    rule = rule_for(name, rules)
    if rule.says is Says.SILENT:
        return None
    response = dns.message.make_response(query, recursion_available=True)
    response.set_rcode(RCODES.get(rule.says, dns.rcode.NOERROR))
    address = NULL_ADDRESS if rule.says is Says.NULL else zone.get(name)
    if address is None and rule.says not in RCODES:
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif rule.says is Says.TRUNCATED and over_udp:
        response.flags |= dns.flags.TC
    elif (
        address is not None
        and rule.says not in {*RCODES, Says.NODATA}
        and question.rdclass == dns.rdataclass.IN
        and question.rdtype == dns.rdatatype.A
    ):
        response.answer.append(dns.rrset.from_text(question.name, TTL_SECONDS, "IN", "A", address))
    if rule.says is Says.WRONG_ID:
        response.id = (query.id + 1) % 65536
    if rule.extended_error is not None and query.edns >= 0:
        option = dns.edns.EDEOption(rule.extended_error)
        response.use_edns(edns=0, options=[option])
    return Reply(data=response.to_wire(), after_seconds=rule.after_seconds)


async def read_over_tcp(reader: asyncio.StreamReader) -> bytes:
    """One query. Raises EOFError when the caller is done."""
    size = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
    return await reader.readexactly(size)


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(LENGTH_BYTES, "big") + message
