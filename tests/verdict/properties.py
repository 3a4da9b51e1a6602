"""What must hold in every state, as tables over pairs and as places where a rule may decide.

P-numbers are those of the diagnosis research. Each property is written from its own meaning, not
from the rules, so that a wrong rule shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from probe.verdict.table import ONE_INCIDENT, Clause, Rule, same_story
from probe.words import (
    GOOD,
    VALUES,
    AppleDns,
    AppleStatus,
    Certainty,
    Code,
    Daemon,
    Dns,
    Gateway,
    HostClock,
    Internet,
    Ipv6,
    Link,
    Nearby,
    Portal,
    Proxy,
    Push,
    Services,
    Signal,
    Tls,
)
from tests.verdict.states import (
    INNER,
    OUTER,
    RANK,
    Block,
    Bools,
    Outer,
    Space,
    around,
    index_of,
    mask,
    replaced,
    values_of,
)

Words = frozenset[StrEnum]


def words(*values: StrEnum) -> Words:
    return frozenset(values)


# ---------------------------------------------------------------- where a code may be told at all

# P2: everything that `ok` leans on is good, and known.
OK_NEEDS: Mapping[Signal, Words] = {
    signal: words(GOOD[signal])
    for signal in Signal
    if signal not in {Signal.LINK, Signal.GATEWAY, Signal.PROXY, Signal.PORT, Signal.NEARBY}
}

# P3, and the contract: never while a control fails or is unknown.
SUSPECTED_NEEDS: Mapping[Signal, Words] = {
    Signal.SELF: words(Daemon.FINE),
    Signal.INTERNET: words(Internet.REACHED),
    Signal.PORTAL: words(Portal.CLEAR),
    Signal.CLOCK: words(HostClock.RIGHT),
    Signal.DNS: words(Dns.WORKS),
    Signal.DNS_APPLE: words(AppleDns.RIGHT, AppleDns.WRONG_EVERYWHERE),
    Signal.TLS: words(Tls.TRUSTED),
    Signal.APPLE_STATUS: words(AppleStatus.CLEAR, AppleStatus.UNKNOWN),
    Signal.NEARBY: words(Nearby.CLEAN, Nearby.FAILS_ELSEWHERE),
}

NEEDS: Mapping[Code, Mapping[Signal, Words]] = {
    Code.OK: OK_NEEDS,
    Code.APPLE_SUSPECTED: SUSPECTED_NEEDS,
    # P4
    Code.APPLE_ACKNOWLEDGED: {Signal.APPLE_STATUS: words(AppleStatus.INCIDENT)},
    Code.MAINTENANCE: {Signal.APPLE_STATUS: words(AppleStatus.MAINTENANCE)},
}

# P8: every blame has its own failing signal; one of these, by each rule of the code.
OWN: Mapping[Code, Mapping[Signal, Words]] = {
    Code.LOCAL_LINK: {
        Signal.LINK: words(Link.DOWN),
        Signal.NEARBY: words(Nearby.LOCAL_ROUTE),
    },
    Code.LOCAL_GATEWAY: {Signal.GATEWAY: words(Gateway.GONE)},
    Code.CAPTIVE_PORTAL: {Signal.PORTAL: words(Portal.CAPTIVE)},
    Code.PROXY: {Signal.PROXY: words(Proxy.REQUIRED, Proxy.BROKEN)},
    Code.CLOCK: {Signal.CLOCK: words(HostClock.WRONG)},
    Code.DNS: {Signal.DNS: words(Dns.FAILS), Signal.DNS_APPLE: words(AppleDns.WRONG_HERE)},
    Code.TLS_INTERCEPTION: {Signal.TLS: words(Tls.INTERCEPTED, Tls.INTERCEPTED_APPLE)},
    Code.FIREWALL_PORT_BLOCKED: {
        Signal.INTERNET: words(Internet.UNREACHABLE),
        Signal.NEARBY: words(Nearby.FILTERED),
        Signal.PUSH: words(Push.ONLY_443, Push.FAILS, Push.SILENT),
    },
    Code.IPV6_BROKEN: {Signal.IPV6: words(Ipv6.BROKEN)},
    Code.ISP_INTERNET: {
        Signal.INTERNET: words(Internet.UNREACHABLE),
        Signal.NEARBY: words(Nearby.FINE_ELSEWHERE),
        Signal.IPV6: words(Ipv6.BROKEN),
    },
}

# ---------------------------------------------------------------- children and their parents

NO_APPLE: Clause = {
    Signal.SERVICES: words(*(set(Services) - {Services.WORK})),
    Signal.PUSH: words(*(set(Push) - {Push.WORKS, Push.ONLY_443})),
}
NOBODY: Clause = {
    **NO_APPLE,
    Signal.INTERNET: words(Internet.PARTLY, Internet.UNREACHABLE, Internet.UNKNOWN),
}
NEARER_THAN_INTERNET = frozenset(
    {
        Code.UNKNOWN,
        Code.LOCAL_LINK,
        Code.LOCAL_GATEWAY,
        Code.CAPTIVE_PORTAL,
        Code.PROXY,
    }
)


@dataclass(frozen=True, kw_only=True)
class Parent:
    """A state in which only some codes may be told: a parent is down, or not known to be up."""

    name: str
    when: Clause
    may_tell: frozenset[Code]


PARENTS: tuple[Parent, ...] = (
    Parent(
        name="self impaired",
        when={Signal.SELF: words(Daemon.IMPAIRED)},
        may_tell=frozenset({Code.UNKNOWN}),
    ),
    Parent(
        name="link down",
        when={**NOBODY, Signal.LINK: words(Link.DOWN)},
        may_tell=frozenset({Code.UNKNOWN, Code.LOCAL_LINK}),
    ),
    Parent(
        name="gateway gone",
        when={**NOBODY, Signal.GATEWAY: words(Gateway.GONE)},
        may_tell=frozenset({Code.UNKNOWN, Code.LOCAL_LINK, Code.LOCAL_GATEWAY}),
    ),
    Parent(
        name="portal in the way",
        when={**NOBODY, Signal.PORTAL: words(Portal.CAPTIVE)},
        may_tell=NEARER_THAN_INTERNET - {Code.PROXY},
    ),
    Parent(
        name="internet unreachable",
        when={**NO_APPLE, Signal.INTERNET: words(Internet.UNREACHABLE)},
        may_tell=NEARER_THAN_INTERNET | {Code.FIREWALL_PORT_BLOCKED, Code.ISP_INTERNET},
    ),
    Parent(
        name="internet unknown",
        when={**NO_APPLE, Signal.INTERNET: words(Internet.UNKNOWN)},
        may_tell=NEARER_THAN_INTERNET | {Code.APPLE_ACKNOWLEDGED, Code.MAINTENANCE},
    ),
    *(
        Parent(name=f"{signal} {value}", when={signal: words(value)}, may_tell=may_tell)
        for signal, value, may_tell in (
            (
                Signal.CLOCK,
                HostClock.WRONG,
                NEARER_THAN_INTERNET | {Code.FIREWALL_PORT_BLOCKED, Code.ISP_INTERNET, Code.CLOCK},
            ),
            (
                Signal.DNS,
                Dns.FAILS,
                NEARER_THAN_INTERNET
                | {Code.FIREWALL_PORT_BLOCKED, Code.ISP_INTERNET, Code.CLOCK, Code.DNS},
            ),
            (
                Signal.DNS_APPLE,
                AppleDns.WRONG_HERE,
                frozenset(Code) - ONE_INCIDENT - {Code.OK, Code.DEGRADED},
            ),
            (Signal.TLS, Tls.INTERCEPTED, frozenset(Code) - ONE_INCIDENT - {Code.OK}),
            (Signal.TLS, Tls.INTERCEPTED_APPLE, frozenset(Code) - ONE_INCIDENT - {Code.OK}),
        )
    ),
)

# ---------------------------------------------------------------- pairs of states

PATH_AND_LIES = frozenset(
    {
        Code.LOCAL_LINK,
        Code.LOCAL_GATEWAY,
        Code.CAPTIVE_PORTAL,
        Code.PROXY,
        Code.ISP_INTERNET,
        Code.CLOCK,
        Code.DNS,
        Code.TLS_INTERCEPTION,
    }
)
UNMOVED = PATH_AND_LIES - {Code.LOCAL_LINK, Code.ISP_INTERNET}  # P7 as the research has it
# P13: the one rule that an answer of Apple's may move to this side. It says that nothing secure
# passes: a secure answer refutes it, and what it hid is told. No other verdict is let off.
REFUTED_BY_AN_ANSWER = "https_blocked"


@dataclass(slots=True)
class Pairs:
    """For two states that differ in one signal: which pairs of answers are forbidden.

    Tables over the packed answers (rule and certainty), so that looking up is one step.
    """

    rules: tuple[Rule, ...]
    lost: Bools = field(init=False)  # [known, with one signal unknown]
    worse: Bools = field(init=False)  # [with one signal good, with it worse]
    moved: Bools = field(init=False)  # [one value, another] of a signal that moves no local verdict
    healed: Bools = field(init=False)  # [Apple answers, Apple does not]

    def __post_init__(self) -> None:
        size = 3 * len(self.rules)
        tables = {name: np.zeros((size, size), np.bool_) for name in ("lost", "worse", "moved")}
        healed = np.zeros((size, size), np.bool_)
        for one in range(size):
            for other in range(size):
                before, after = self.rules[one // 3], self.rules[other // 3]
                left, right = before.code, after.code
                tables["lost"][one, other] = (
                    other % 3 > one % 3  # more certain for knowing less
                    or (other % 3 > RANK[Certainty.LOW] and not same_story(before, after))
                    or (right is Code.OK and left is not Code.OK)
                    or (right is Code.APPLE_SUSPECTED and left not in ONE_INCIDENT)
                )
                tables["worse"][one, other] = right is Code.OK and left is not Code.OK
                tables["moved"][one, other] = left is not right and bool({left, right} & UNMOVED)
                healed[one, other] = (
                    left in PATH_AND_LIES
                    and right not in PATH_AND_LIES
                    and right is not Code.UNKNOWN  # nothing was decided
                    and after.name != REFUTED_BY_AN_ANSWER
                )
        self.lost, self.worse, self.moved = tables["lost"], tables["worse"], tables["moved"]
        self.healed = healed


MOVES_NOTHING = (Signal.APPLE_STATUS, Signal.PORT, Signal.IPV6)  # P7
PROVES_APPLE = (  # P13
    (Signal.SERVICES, Services.WORK),
    (Signal.PUSH, Push.WORKS),
    (Signal.PUSH, Push.ONLY_443),
)


@dataclass(slots=True)
class Inspection:
    """Walks blocks and names what does not hold; remembers what it has already looked at."""

    space: Space
    pairs: Pairs = field(init=False)
    decided: set[int] = field(default_factory=set)  # rules that decide some state
    states: int = 0
    _done: set[tuple[object, ...]] = field(default_factory=set)
    _placed: dict[int, frozenset[tuple[int, Signal, StrEnum]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pairs = Pairs(rules=tuple(self.space.rules))

    def faults(self, outers: Iterable[Outer]) -> Iterator[str]:
        """Every property that some state of these blocks breaks, with where."""
        for outer in outers:
            block = self.space.block(outer)
            self.states += block.packed.size
            if (block.packed == 255).any():
                yield f"P1 a state without a verdict (at {', '.join(outer)})"
                continue
            for fault in (
                *self._places(outer, block),
                *self._children(outer, block),
                *self._grown_old(block),
                *self._inner_pairs(block),
                *self._outer_pairs(outer, block),
            ):
                yield f"{fault} (at {', '.join(outer)})"

    def _places(self, outer: Outer, block: Block) -> Iterator[str]:
        unknown = np.array([rule.code is Code.UNKNOWN for rule in self.space.rules])
        if (unknown[block.rule] & (block.certainty > RANK[Certainty.LOW])).any():
            yield "not knowing is told with certainty"
        seen = self._seen_values(block)
        near = dict(zip(OUTER, outer, strict=True))
        for place in {place for place, _, _ in seen}:
            self.decided.add(place)
            rule = self.space.rules[place]
            at = {
                signal: {near[signal]}
                if signal in near
                else {value for one, axis, value in seen if one == place and axis is signal}
                for signal in Signal
            }
            for signal, allowed in NEEDS.get(rule.code, {}).items():
                if not at[signal] <= allowed:
                    wrong = ", ".join(sorted(at[signal] - allowed))
                    yield f"P2-P4 {rule.name} tells {rule.code} with {signal} {wrong}"
            own = OWN.get(rule.code)
            if own and not any(at[signal] <= failing for signal, failing in own.items()):
                yield f"P8 {rule.name} tells {rule.code} without a failing signal of its own"

    def _seen_values(self, block: Block) -> frozenset[tuple[int, Signal, StrEnum]]:
        """Which rule decides at which values of the inner signals."""
        if id(block) not in self._placed:
            found: set[tuple[int, Signal, StrEnum]] = set()
            rule = block.rule.astype(np.int32)
            for axis, signal in enumerate(INNER):
                values = values_of(signal)
                line = np.arange(len(values)).reshape(
                    [-1 if at == axis else 1 for at in range(len(INNER))]
                )
                counts = np.bincount((rule * len(values) + line).ravel())
                found |= {
                    (int(hit) // len(values), signal, values[int(hit) % len(values)])
                    for hit in np.flatnonzero(counts)
                }
            self._placed[id(block)] = frozenset(found)
        return self._placed[id(block)]

    def _children(self, outer: Outer, block: Block) -> Iterator[str]:
        for parent in PARENTS:
            here = mask(parent.when, outer)
            if here is None or not self._first_time("parent", parent.name, id(block)):
                continue
            wrong = np.repeat([rule.code not in parent.may_tell for rule in self.space.rules], 3)
            if (wrong[block.packed] & here).any():
                yield f"a child is blamed while its parent is down: {parent.name}"

    def _grown_old(self, block: Block) -> Iterator[str]:
        """P15: of one sweep any part may have grown old, and Apple's own word not yet.

        Apple's fresh word stands without our controls (the contract, product.md 2): so it may come
        out from under another story, at low certainty. Nothing else may. The outer signals are all
        known where it is `ok` or Apple is suspected (P2, P3): only inner ones can be lost there.
        """
        if not self._first_time("old", id(block)):
            return
        codes = [rule.code for rule in self.space.rules]
        its_word = [code in ONE_INCIDENT - {Code.APPLE_SUSPECTED} for code in codes]
        for what, here, was in (
            ("ok", _told(block, [code is Code.OK for code in codes]), {Code.OK}),
            (
                "a suspicion",
                _told(block, [code is Code.APPLE_SUSPECTED for code in codes]),
                ONE_INCIDENT,
            ),
            (
                "a sure word of Apple's",
                _told(block, its_word) & (block.certainty > RANK[Certainty.LOW]),
                ONE_INCIDENT,
            ),
        ):
            if (
                here.any()
                and (here & _knew_more(_told(block, [c not in was for c in codes]))).any()
            ):
                yield f"P15 {what} comes of what grew old"

    def _inner_pairs(self, block: Block) -> Iterator[str]:
        if not self._first_time("inner", id(block)):
            return
        for signal in INNER:
            unknown = around(block, signal, VALUES[signal]("unknown"))
            good = around(block, signal, GOOD[signal])
            if self.pairs.lost[block.packed, unknown.packed].any():
                yield f"P5 losing {signal} creates or strengthens a verdict"
            if self.pairs.worse[good.packed, block.packed].any():
                yield f"P6 a worse {signal} makes it ok"
            if signal in MOVES_NOTHING and self.pairs.moved[good.packed, block.packed].any():
                yield f"P7 {signal} moves a local verdict"
        for signal, works in PROVES_APPLE:
            answered = around(block, signal, works)
            if self.pairs.healed[answered.packed, block.packed].any():
                yield f"P13 {signal} {works} moves the blame to this side"

    def _outer_pairs(self, outer: Outer, block: Block) -> Iterator[str]:
        for signal in OUTER:
            unknown = self.space.block(replaced(outer, signal, VALUES[signal]("unknown")))
            good = self.space.block(replaced(outer, signal, GOOD[signal]))
            if (
                self._first_time("lost", id(block), id(unknown))
                and self.pairs.lost[block.packed, unknown.packed].any()
            ):
                yield f"P5 losing {signal} creates or strengthens a verdict"
            if (
                self._first_time("worse", id(good), id(block))
                and self.pairs.worse[good.packed, block.packed].any()
            ):
                yield f"P6 a worse {signal} makes it ok"

    def _first_time(self, *what: object) -> bool:
        if what in self._done:
            return False
        self._done.add(what)
        return True


def _told(block: Block, rules: Sequence[bool]) -> Bools:
    """Where one of these rules decides."""
    return np.array(rules)[block.rule]


def _knew_more(told: Bools) -> Bools:
    """Where it was told, or would be if any of the unknown inner signals were known."""
    found = told.copy()
    for axis, signal in enumerate(INNER):
        unknown = [slice(None)] * len(INNER)
        at = index_of(signal, VALUES[signal]("unknown"))
        unknown[axis] = slice(at, at + 1)
        found[tuple(unknown)] = found.any(axis=axis, keepdims=True)
    return found
