"""Bounds for documents that strangers wrote."""

from __future__ import annotations

from probe.failures import LookFailed
from probe.words import Failure, Speed

OPENING, CLOSING = b"[{", b"]}"


def refuse_large(body: bytes, most: int, failure: Failure) -> None:
    """Raise LookFailed when a body is larger than `most` bytes."""
    if len(body) > most:
        raise LookFailed(failure, Speed.ACTIVE, f"{len(body)} bytes; at most {most} are read")


def refuse_deep_json(body: bytes, most: int, failure: Failure) -> None:
    """Raise LookFailed for JSON nested deeper than `most`, before any parser recurses into it.

    Strings are stepped over, so that brackets in a message do not count. One pass, no recursion.
    """
    depth, in_string, escaped = 0, False, False
    for byte in body:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:  # backslash
                escaped = True
            elif byte == 0x22:  # quote
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in OPENING:
            depth += 1
            if depth > most:
                said = f"nested deeper than {most} levels"
                raise LookFailed(failure, Speed.ACTIVE, said)
        elif byte in CLOSING:
            depth -= 1
