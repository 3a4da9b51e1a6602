"""Bounds for documents that strangers wrote."""

from __future__ import annotations

import re

from probe.failures import LookFailed
from probe.words import Failure, Speed

# A string, which is stepped over whole (possessive, so that it cannot backtrack), or a bracket.
STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
SEPARATORS = (b",", b":", b"[", b"{")


def refuse_large(body: bytes, most: int, failure: Failure) -> None:
    """Raise LookFailed when a body is larger than `most` bytes."""
    if len(body) > most:
        raise LookFailed(failure, Speed.ACTIVE, f"{len(body)} bytes; at most {most} are read")


def refuse_many_values(body: bytes, most: int, failure: Failure) -> None:
    """Raise LookFailed for JSON of more than about `most` values, before they are built.

    An empty object takes 3 bytes of body and 72 of memory (measured): a body of bounded size is not
    a document of bounded size. Counts in C; what stands inside strings counts too.
    """
    if sum(map(body.count, SEPARATORS)) > most:
        raise LookFailed(failure, Speed.ACTIVE, f"more than {most} values")


def refuse_deep_json(body: bytes, most: int, failure: Failure) -> None:
    """Raise LookFailed for JSON nested deeper than `most`, before any parser recurses into it.

    Strings are stepped over, so that brackets in a message do not count. One pass, no recursion.
    """
    depth = 0
    for found in STRING_OR_BRACKET.finditer(body):
        mark = body[found.start()]
        if mark in b"[{":
            depth += 1
            if depth > most:
                said = f"nested deeper than {most} levels"
                raise LookFailed(failure, Speed.ACTIVE, said)
        elif mark in b"]}":
            depth -= 1
