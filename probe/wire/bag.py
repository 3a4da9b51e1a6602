"""Apple's bags: property lists of hosts and switches, plain or signed."""

from __future__ import annotations

import plistlib
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from probe.failures import LookFailed
from probe.wire.bounded import refuse_large
from probe.words import Failure, Speed

BAG_BYTES = 1024 * 1024  # the largest recorded one has 22 kB
DEPTH = 32  # recorded bags have 4 levels
ELEMENTS = 10_000  # the largest recorded one has 336
SIGNED_KEYS = {"signature", "certs", "bag"}
# What a bag is about, by keys that only it has (recorded 2019; decompiled apsd).
PUSH_KEY, IDENTITY_KEYS = "APNSCourierHostname", {"id-register", "id-query", "bag-test-key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """What isitme needs of a bag."""

    kind: str  # push, identity, other
    signed: bool
    keys: int
    courier_hostname: str = ""
    courier_count: int | None = None
    courier_status: bool | None = None


def read(body: bytes) -> Bag:
    """Read a bag of either form. Raises LookFailed(HTTP_BODY_MISMATCH) for anything else."""
    outer = _parsed(body)
    signed = set(outer) >= SIGNED_KEYS
    inner = outer
    if signed:
        nested = outer["bag"]
        if not isinstance(nested, bytes):
            raise _not_a_bag("its inner part is no data")
        inner = _parsed(nested)
    kind = "other"
    if PUSH_KEY in inner:
        kind = "push"
    elif IDENTITY_KEYS & set(inner):
        kind = "identity"
    return Bag(
        kind=kind,
        signed=signed,
        keys=len(inner),
        courier_hostname=_host(inner.get(PUSH_KEY)),
        courier_count=_count(inner.get("APNSCourierHostcount")),
        courier_status=_switch(inner.get("APNSCourierStatus")),
    )


def _parsed(data: bytes) -> dict[str, Any]:
    refuse_large(data, BAG_BYTES, Failure.HTTP_BODY_MISMATCH)
    try:
        refuse_hostile_xml(data)
        # XML only: no bag was ever binary, and the binary form has references that can loop.
        found = plistlib.loads(data, fmt=plistlib.FMT_XML)
    except (
        plistlib.InvalidFileException,
        ExpatError,
        ValueError,
        LookupError,  # also for a declared encoding that nobody knows
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        # plistlib lets several kinds through for bytes that are no property list.
        raise _not_a_bag(f"not a property list: {type(error).__name__}") from error
    if not isinstance(found, dict) or not found:
        raise _not_a_bag("no dictionary")
    return found


def refuse_hostile_xml(data: bytes) -> None:
    """Refuse what could expand, reach out, nest deep or multiply, before anything is built of it.

    The same parser that reads it afterwards decides, so that encodings, comments and CDATA hide
    nothing. Raises LookFailed, or ExpatError for what is no XML.
    """
    parser = ParserCreate()
    depth = elements = 0

    def opened(name: str, attributes: object) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > DEPTH:
            raise _not_a_bag(f"nested deeper than {DEPTH} levels")
        if elements > ELEMENTS:
            raise _not_a_bag(f"more than {ELEMENTS} elements")

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1

    def declared(name: str, system: object, public: object, has_subset: int) -> None:
        if has_subset:
            raise _not_a_bag("it declares a grammar of its own")

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.StartDoctypeDeclHandler = declared
    parser.Parse(data, True)


def _host(value: object) -> str:
    return value[:255] if isinstance(value, str) and value.isprintable() else ""


def _count(value: object) -> int | None:
    """Courier hosts are 1..count; anything but a small number is unreadable, not fifty."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 1 <= value <= 1000 else None


def _switch(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _not_a_bag(detail: str) -> LookFailed:
    return LookFailed(Failure.HTTP_BODY_MISMATCH, Speed.ACTIVE, f"not a bag: {detail}")
