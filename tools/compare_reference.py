"""Compare the product's rule table with the research's executable reference, on every state.

    python tools/compare_reference.py [decision_table.py]

The reference knows fifteen letters where the product knows sixteen words, so each word is mapped
to its letter and the reference's own rules are asked at every state of the product. Every class of
differences must be explained by a decision; exit 1 if one is not.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import ModuleType

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from probe.verdict.rules import RULES  # noqa: E402 # the checkout beside this file is compared
from probe.verdict.table import Clause, only  # noqa: E402
from probe.words import (  # noqa: E402
    AppleStatus,
    Code,
    Daemon,
    Internet,
    Ipv6,
    Portal,
    Push,
    Services,
    Signal,
)
from tests.verdict.states import (  # noqa: E402
    INNER,
    OUTER,
    SHAPE,
    STATES,
    Bools,
    Bytes,
    Outer,
    Space,
    mask,
    outers,
    values_of,
)

REFERENCE = ROOT.parent / "shared" / "design" / "reference" / "decision_table.py"
DECISION = "0001-where-the-rule-table-leaves-its-reference.md"

# The reference's axis, and its letter for each of our words, in our words' order.
LETTERS: Mapping[Signal, tuple[str, str]] = {
    Signal.LINK: ("link", "PFU"),
    Signal.GATEWAY: ("gw", "PFU"),
    Signal.INTERNET: ("net", "PDFU"),
    Signal.PORTAL: ("cap", "CXEU"),
    Signal.PROXY: ("prx", "NRBU"),
    Signal.CLOCK: ("clk", "PFU"),
    Signal.DNS: ("dnsc", "PFU"),
    Signal.DNS_APPLE: ("dnsa", "PFGU"),
    Signal.TLS: ("tls", "PIAU"),
    Signal.PUSH: ("push", "PQFFU"),
    Signal.SERVICES: ("web", "PDDDFFU"),
    Signal.PORT: ("port", "PFU"),
    Signal.IPV6: ("v6", "KBU"),
    Signal.APPLE_STATUS: ("stat", "KIMU"),
    Signal.NEARBY: ("near", "KWVKLU"),
}


@dataclass(frozen=True, kw_only=True)
class Explained:
    """One reason to differ: from which verdicts to which, in which states."""

    why: str
    reference: frozenset[str]
    product: frozenset[Code]
    when: tuple[Clause, ...]
    decision: str = DECISION


EXPLAINED: tuple[Explained, ...] = (
    Explained(
        why="Apple's own word stands without our controls",
        reference=frozenset({"unknown"}),
        product=frozenset({Code.APPLE_ACKNOWLEDGED, Code.MAINTENANCE}),
        when=(
            {
                Signal.INTERNET: only(Internet.UNKNOWN),
                Signal.APPLE_STATUS: only(AppleStatus.INCIDENT, AppleStatus.MAINTENANCE),
            },
        ),
    ),
    Explained(
        why="One failing or silent service group is a failure of Apple's, or of the way to it",
        reference=frozenset(
            {
                "degraded",
                "ipv6_broken",
                "firewall_port_blocked",
                "unknown",
                "apple_acknowledged",
                "maintenance",
            }
        ),
        product=frozenset(
            {
                Code.LOCAL_LINK,
                Code.FIREWALL_PORT_BLOCKED,
                Code.ISP_INTERNET,
                Code.APPLE_SUSPECTED,
                Code.UNKNOWN,
            }
        ),
        when=({Signal.SERVICES: only(Services.ONE_FAILS, Services.ONE_SILENT)},),
    ),
    Explained(
        why="Silence alone does not separate Apple from a filter or a path",
        reference=frozenset({"apple_suspected"}),
        product=frozenset({Code.UNKNOWN}),
        when=(
            {Signal.SERVICES: only(Services.SILENT)},
            {Signal.PUSH: only(Push.SILENT)},
        ),
    ),
    Explained(
        why="Push on its own port crosses a filter of port 443",
        reference=frozenset(
            {
                "clock",
                "dns",
                "tls_interception",
                "local_link",
                "firewall_port_blocked",
                "isp_internet",
                "apple_acknowledged",
                "maintenance",
                "unknown",
                "ipv6_broken",
                "degraded",
            }
        ),
        product=frozenset({Code.FIREWALL_PORT_BLOCKED}),
        when=(
            {
                Signal.INTERNET: only(Internet.UNREACHABLE),
                Signal.PORTAL: only(Portal.CLEAR),
                Signal.PUSH: only(Push.WORKS),
            },
        ),
    ),
    Explained(
        why="A translator to IPv4 that is dead is the provider's, where IPv6 itself answers",
        reference=frozenset(
            {"unknown", "ipv6_broken", "apple_acknowledged", "maintenance", "firewall_port_blocked"}
        ),
        product=frozenset({Code.ISP_INTERNET}),
        when=({Signal.INTERNET: only(Internet.PARTLY), Signal.IPV6: only(Ipv6.BROKEN)},),
    ),
    Explained(
        why="A process whose own health is unknown says neither ok nor Apple",
        reference=frozenset({"ok", "degraded", "apple_suspected"}),
        product=frozenset({Code.UNKNOWN}),
        when=({Signal.SELF: only(Daemon.UNKNOWN)},),
    ),
)


def load(path: Path) -> ModuleType:
    """The reference, by its path: it is no part of this project. Raises OSError if not there."""
    spec = importlib.util.spec_from_file_location("reference", path)
    if spec is None or spec.loader is None:
        raise OSError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reference_block(reference: ModuleType, outer: Outer) -> Bytes:
    """The reference's verdict in every state of one block, as its own number."""
    near = dict(zip(OUTER, outer, strict=True))
    if near[Signal.SELF] is Daemon.IMPAIRED:
        return np.full(SHAPE, reference.ID["unknown"], np.uint8)
    signals = {}
    for signal, (axis, letters) in LETTERS.items():
        codes = np.array([reference.AX[axis].index(letter) for letter in letters], np.uint8)
        if signal in near:
            signals[axis] = codes[values_of(signal).index(near[signal])]
        else:
            at = INNER.index(signal)
            signals[axis] = codes.reshape([-1 if one == at else 1 for one in range(len(INNER))])
    told = np.full(SHAPE, 255, np.uint8)
    for verdict, condition in reference.rules(signals):
        np.copyto(told, np.uint8(reference.ID[verdict]), where=(told == 255) & condition)
    return told


def product_block(space: Space, outer: Outer, numbers: Mapping[str, int]) -> Bytes:
    """The product's code in every state of one block, in the reference's numbers."""
    lookup = np.array([numbers[str(rule.code)] for rule in RULES], np.uint8)
    codes: Bytes = lookup[space.block(outer).rule]
    return codes


def classes(left: Bytes, right: Bytes, where: Bools, names: list[str]) -> Counter[tuple[str, str]]:
    """How many of these states go from which verdict to which."""
    pairs = left[where].astype(np.int32) * len(names) + right[where]
    counts = np.bincount(pairs)
    return Counter(
        {
            (names[int(pair) // len(names)], names[int(pair) % len(names)]): int(counts[pair])
            for pair in np.flatnonzero(counts)
        }
    )


def explained_here(
    one: Explained, outer: Outer, told: Bytes, says: Bytes, names: list[str]
) -> Bools | None:
    """Where in a block a reason to differ holds; None for nowhere."""
    found: Bools | None = None
    for clause in one.when:
        part = mask(clause, outer)
        if part is not None:
            found = part if found is None else found | part
    if found is None:
        return None
    may_leave = np.array([name in one.reference for name in names])
    may_tell = np.array([name in one.product for name in names])
    here: Bools = found & may_leave[told] & may_tell[says]
    return here


def example(where: Bools, outer: Outer) -> Mapping[Signal, StrEnum]:
    """One of these states, in words."""
    cell = np.argwhere(where)[0]
    inner = {signal: values_of(signal)[at] for signal, at in zip(INNER, cell.tolist(), strict=True)}
    return {**dict(zip(OUTER, outer, strict=True)), **inner}


def compare(reference: ModuleType) -> Iterator[str]:
    """Report lines; the last one says whether every difference is explained."""
    names: list[str] = list(reference.V)
    space = Space()
    same = 0
    why: dict[str, Counter[tuple[str, str]]] = {one.why: Counter() for one in EXPLAINED}
    open_: Counter[tuple[str, str]] = Counter()
    shown: dict[tuple[str, str], Mapping[Signal, StrEnum]] = {}
    for outer in outers():
        told = reference_block(reference, outer)
        says = product_block(space, outer, reference.ID)
        left = told != says
        same += int(left.size - left.sum())
        for one in EXPLAINED:
            here = explained_here(one, outer, told, says, names) if left.any() else None
            if here is not None:
                why[one.why] += classes(told, says, left & here, names)
                left &= ~here
        if left.any():
            for pair, count in classes(told, says, left, names).items():
                open_[pair] += count
                one_left = left & (told == reference.ID[pair[0]]) & (says == reference.ID[pair[1]])
                shown.setdefault(pair, example(one_left, outer))
    yield f"{STATES:,} states of the product; the reference says the same in {same:,}"
    for one in EXPLAINED:
        yield f"{one.why} ({one.decision}): {sum(why[one.why].values()):,}"
        for (before, after), count in sorted(why[one.why].items()):
            yield f"    {before} -> {after}: {count:,}"
    for (before, after), count in sorted(open_.items()):
        state = ", ".join(f"{signal}={value}" for signal, value in shown[before, after].items())
        yield f"UNEXPLAINED {before} -> {after}: {count:,}, e.g. {state}"
    yield f"unexplained: {sum(open_.values()):,}"


def main(arguments: list[str]) -> int:
    path = Path(arguments[0]) if arguments else REFERENCE
    missing = [
        one.decision
        for one in EXPLAINED
        if not (ROOT / "docs" / "decisions" / one.decision).is_file()
    ]
    for decision in missing:
        print(f"MISSING docs/decisions/{decision}")
    line = ""
    for line in compare(load(path)):
        print(line, flush=True)
    return 0 if line == "unexplained: 0" and not missing else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
