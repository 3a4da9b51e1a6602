"""Hostile variants of what Apple answers, through the readers of feeds, bags and the provider API.

    python -m benchmarks.fuzz [--seconds 20] [--seed 1]

Each reader gets variants for so long: bytes changed, cut, doubled and swapped; trees with hostile
values grafted in; layers inside layers. It must give a value or LookFailed, within its time and its
memory, and leave nothing behind. Prints what was tried; ends with 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import gc
import json
import plistlib
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from probe.drill import feeds, sites
from probe.failures import LookFailed
from probe.wire import bag, feed, provider

# The largest feed that is read at all takes some 60 ms on one core of a small machine (measured);
# in the event loop that is as long as anything may take.
MOST_SECONDS = 0.5
MOST_MIB = 8.0  # what a look may cost this process (probe/wire/feed.py)
MOST_GROWTH_BLOCKS = 2000  # of Python's own memory, once a tenth of the run has filled its caches
WEIGHED_EVERY = 25  # tracing memory makes reading four times as slow
HOSTILE: tuple[Any, ...] = (
    None, True, -1, 0, 10**400, -(2**63), 1e308, "", "\ud800", "\x00", "ongoing", "resolved",
    "(iCloud.com)", ");", "x" * 5000, [], {}, [[]], {"": {}}, 1750435200000, "1750435200000",
)  # fmt: skip
TEXTS = (b"\xef\xbb\xbf", b"jsonCallback(", b");\n", b"{", b"}", b"[" * 40, b"\\u0000", b"NaN",
         b"Infinity", b"1e999", b"<!--", b"<![CDATA[", b"<array>" * 40, b"&a;", b"\xff\xfe",
         b'<!DOCTYPE p [<!ENTITY a "aaaa">]>', b"</plist>", b"HTTP/2", b"9" * 5000)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What came of one reader's variants."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest_seconds: float = 0.0
    most_mib: float = 0.0
    broken: list[str] = field(default_factory=list)


def changed(chance: Random, data: bytes) -> bytes:
    """Bytes changed, cut, doubled, swapped, or hostile ones put in; a few times over."""
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if not data:
            return data
        at, to = sorted((chance.randrange(len(data)), chance.randrange(len(data))))
        match chance.randrange(6):
            case 0:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 1:
                data = data[:at]
            case 2:
                data = data[:to] + data[at:to] * chance.choice((1, 2, 30)) + data[to:]
            case 3:
                data = data[:at] + data[to:]
            case 4:
                data = data[:at] + chance.choice(TEXTS) + data[at:]
            case _:
                data = data[to:] + data[at:to] + data[:at]
        data = data[: 2 * feed.FEED_BYTES]  # twice what is read at all
    return data


def grafted(chance: Random, tree: Any) -> Any:
    """A tree with hostile values, lost keys and doubled branches."""
    if chance.random() < 0.02:
        return chance.choice(HOSTILE)
    if isinstance(tree, dict):
        kept = {key: grafted(chance, value) for key, value in tree.items()}
        if kept and chance.random() < 0.05:
            kept.pop(chance.choice(list(kept)))
        return kept
    if isinstance(tree, list):
        kept_list = [grafted(chance, value) for value in tree]
        return kept_list * (chance.choice((2, 50)) if chance.random() < 0.01 else 1)
    return tree


def a_feed(chance: Random) -> Callable[[], object]:
    whole = feeds.consumer(chance.choice((None, 1.7e9))) if chance.random() < 0.7 else b""
    whole = whole or feeds.developer()
    body = whole
    if chance.random() < 0.5:
        start, end = whole.index(b"{"), whole.rindex(b"}") + 1
        tree = grafted(chance, json.loads(whole[start:end]))
        body = whole[:start] + json.dumps(tree).encode() + whole[end:]
    if chance.random() < 0.6:
        body = changed(chance, body)
    headers = {
        "date": chance.choice(("", "Thu, 01 Jan 2026 00:00:00 GMT", "x" * 500, "0")),
        "age": chance.choice(("0", "-1", "9" * 400, "x", "12")),
    }
    return lambda: feed.read(body, feed="consumer", headers=headers, now_unix=1.77e9)


def a_bag(chance: Random) -> Callable[[], object]:
    outer = plistlib.loads(sites.bag(1.7e9))
    inner = {"APNSCourierHostname": "courier.push.apple.com", "APNSCourierHostcount": 50}
    packed = outer["bag"] if chance.random() < 0.5 else plistlib.dumps(inner)
    if chance.random() < 0.5:
        packed = changed(chance, packed)
    form = plistlib.FMT_BINARY if chance.random() < 0.1 else plistlib.FMT_XML
    body = packed
    for _ in range(chance.choice((0, 1, 1, 1, 3))):
        body = plistlib.dumps({**outer, "bag": body}, fmt=form)
    if chance.random() < 0.6:
        body = changed(chance, body)
    return lambda: bag.read(body)


def an_answer(chance: Random) -> Callable[[], object]:
    tree = grafted(chance, {"reason": "MissingProviderToken", "timestamp": 1})
    body = json.dumps(tree).encode()
    if chance.random() < 0.6:
        body = changed(chance, body)
    status = chance.choice((200, 400, 403, 405, 410, 429, 500, 503, 0, 999, -1))
    version = chance.choice(("HTTP/2", "HTTP/2.0", "HTTP/1.1", "", "HTTP/" + "2" * 900))
    return lambda: provider.read(status, version, body)


READERS = {"feed": a_feed, "bag": a_bag, "provider": an_answer}


def tried(make: Callable[[Random], Callable[[], object]], seed: int, seconds: float) -> Tally:
    """So many seconds of variants."""
    tally, number = Tally(), 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        number += 1
        read = make(Random(f"{seed}-{number}"))
        weighed = number % WEIGHED_EVERY == 0
        if weighed:
            tracemalloc.start()
        began = time.process_time()
        try:
            read()
            outcome = "read"
        except LookFailed as failed:
            outcome = failed.failure.value
        except Exception as error:
            outcome = "BROKEN"
            tally.broken.append(f"variant {number}: {type(error).__name__}: {error}"[:200])
        took = time.process_time() - began
        tally.outcomes[outcome] += 1
        if weighed:
            tally.most_mib = max(tally.most_mib, tracemalloc.get_traced_memory()[1] / 2**20)
            tracemalloc.stop()
        else:
            tally.slowest_seconds = max(tally.slowest_seconds, took)
    if tally.slowest_seconds > MOST_SECONDS:
        tally.broken.append(f"{tally.slowest_seconds:.2f} s for one, {MOST_SECONDS} are allowed")
    if tally.most_mib > MOST_MIB:
        tally.broken.append(f"{tally.most_mib:.1f} MiB for one, {MOST_MIB} are allowed")
    return tally


def blocks() -> int:
    """What this process holds on to."""
    gc.collect()
    return sys.getallocatedblocks()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each reader")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    broken = []
    for name, make in READERS.items():
        tried(make, given.seed + 1, given.seconds / 10)  # what is loaded and cached once
        before = blocks()
        tally = tried(make, given.seed, given.seconds)
        grown = blocks() - before
        if grown > MOST_GROWTH_BLOCKS:
            tally.broken.append(f"{grown} blocks of memory are left behind")
        outcomes = ", ".join(f"{word} {count}" for word, count in tally.outcomes.most_common())
        print(
            f"{name:<9} {sum(tally.outcomes.values()):>7} variants: {outcomes}; "
            f"slowest {1000 * tally.slowest_seconds:.1f} ms, most {tally.most_mib:.1f} MiB, "
            f"grown {grown} blocks"
        )
        broken += [f"{name}: {one}" for one in tally.broken]
    print(*broken[:20], sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
