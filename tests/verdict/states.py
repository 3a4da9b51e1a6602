"""Every state of the signals, and what the product's own table says in each.

1.9 thousand million states are not judged one by one. The space is cut into blocks along the outer
axes; a block is an array over the inner ones. What a block looks like depends only on which
memberships hold on its outer axes, up to the rule that decides all that is left of it. Blocks with
the same memberships are the same array and are worked out once. That loses nothing: every state is
looked at, and the memberships are asked of the very predicates that the product calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from math import prod
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from probe.verdict.rules import RULES
from probe.verdict.table import (
    ONE_INCIDENT,
    Clause,
    Rule,
    Values,
    is_met,
    may_be_met,
    must_be_met,
)
from probe.words import VALUES, Certainty, Signal

Bytes: TypeAlias = NDArray[np.uint8]
Bools: TypeAlias = NDArray[np.bool_]
Predicate: TypeAlias = Callable[[Clause, Values], bool]

AXES: tuple[Signal, ...] = tuple(Signal)
# The signals that settle much on their own, so that many blocks are alike.
OUTER: tuple[Signal, ...] = (
    Signal.SELF,
    Signal.INTERNET,
    Signal.CLOCK,
    Signal.DNS,
    Signal.TLS,
    Signal.DNS_APPLE,
)
INNER: tuple[Signal, ...] = tuple(signal for signal in AXES if signal not in OUTER)
SHAPE: tuple[int, ...] = tuple(len(VALUES[signal]) for signal in INNER)
STATES: int = prod(len(VALUES[signal]) for signal in AXES)
RANK = {Certainty.LOW: 0, Certainty.MEDIUM: 1, Certainty.HIGH: 2}

Outer: TypeAlias = tuple[StrEnum, ...]


def values_of(signal: Signal) -> tuple[StrEnum, ...]:
    return tuple(VALUES[signal])


def index_of(signal: Signal, value: StrEnum) -> int:
    return values_of(signal).index(value)


def outers() -> Iterator[Outer]:
    return product(*(values_of(signal) for signal in OUTER))


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """All states that share the values of the first axes."""

    packed: Bytes  # three times the deciding rule's place in the table, plus its certainty's RANK

    @property
    def rule(self) -> Bytes:
        return self.packed // np.uint8(3)

    @property
    def certainty(self) -> Bytes:
        return self.packed % np.uint8(3)


@dataclass(slots=True)
class Space:
    """The whole space under one table; blocks are made when asked for."""

    rules: Sequence[Rule] = RULES
    _blocks: dict[bytes, Block] = field(default_factory=dict)
    _by_outer: dict[Outer, Block] = field(default_factory=dict)

    def block(self, outer: Outer) -> Block:
        if outer not in self._by_outer:
            signature = self._signature(dict(zip(OUTER, outer, strict=True)))
            if signature not in self._blocks:
                self._blocks[signature] = self._work_out(outer)
            self._by_outer[outer] = self._blocks[signature]
        return self._by_outer[outer]

    def distinct(self) -> tuple[Block, ...]:
        return tuple(self._blocks.values())

    def _signature(self, near: Values) -> bytes:
        bits: list[bool] = []
        for rule in self.rules:
            for clause in (*rule.when, *rule.doubted_by):
                part = _part(clause, OUTER)
                bits += (predicate(part, near) for predicate in (is_met, may_be_met, must_be_met))
            if _ends(rule, near):
                break
        return bytes(bits)

    def _work_out(self, outer: Outer) -> Block:
        near = dict(zip(OUTER, outer, strict=True))
        decided = np.full(SHAPE, 255, np.uint8)
        tells = np.zeros(SHAPE, np.uint8)  # the story of the deciding rule
        promised = np.zeros(SHAPE, np.uint8)  # the certainty it has once its story is sure
        story = np.zeros(SHAPE, np.uint8)  # 0: none possible yet, n: one story, 255: several
        for place, rule in enumerate(self.rules):
            possible = _any(rule.when, near, may_be_met)
            if possible is None:
                continue
            own = _story(rule, place)
            met = _any(rule.when, near, is_met)
            if met is not None:
                here = met & (decided == 255)
                np.copyto(decided, np.uint8(3 * place), where=here)
                np.copyto(tells, np.uint8(own), where=here)
                doubt = _any(rule.doubted_by, near, may_be_met)
                if doubt is not None:
                    here &= ~doubt
                np.copyto(promised, np.uint8(RANK[rule.certainty]), where=here)
            sure = _any(rule.when, near, must_be_met)
            if sure is not None:
                settled = sure & (tells == own) & ((story == 0) | (story == own))
                np.add(decided, promised, out=decided, where=settled)
                np.copyto(promised, np.uint8(0), where=settled)
            if _ends(rule, near):
                break
            several = possible & (story != 0) & (story != own)
            np.copyto(story, np.uint8(own), where=possible & (story == 0))
            np.copyto(story, np.uint8(255), where=several)
        return Block(packed=decided)


def mask(clause: Clause, outer: Outer, predicate: Predicate = is_met) -> Bools | None:
    """Where in a block a clause is met; None for nowhere. Broadcasts, so it stays small."""
    near = dict(zip(OUTER, outer, strict=True))
    return _clause(clause, near, predicate)


def _part(clause: Clause, signals: Sequence[Signal]) -> Clause:
    return {signal: wanted for signal, wanted in clause.items() if signal in signals}


def _clause(clause: Clause, near: Values, predicate: Predicate) -> Bools | None:
    if not predicate(_part(clause, OUTER), near):
        return None
    found: Bools = np.ones((1,) * len(INNER), np.bool_)
    for axis, signal in enumerate(INNER):
        if signal in clause:
            one: Clause = {signal: clause[signal]}
            line = np.array([predicate(one, {signal: value}) for value in values_of(signal)])
            found = found & line.reshape([-1 if at == axis else 1 for at in range(len(INNER))])
    return found


def _any(clauses: Sequence[Clause], near: Values, predicate: Predicate) -> Bools | None:
    found: Bools | None = None
    for clause in clauses:
        one = _clause(clause, near, predicate)
        if one is not None:
            found = one if found is None else found | one
    return None if found is None else np.broadcast_to(found, SHAPE)


def _story(rule: Rule, place: int) -> int:
    """A number per story: Apple's three codes are one."""
    return 1 if rule.code in ONE_INCIDENT else 2 + place


def _ends(rule: Rule, near: Values) -> bool:
    """Is this rule sure to be met all over the block? Then no later one has a say."""
    return any(set(clause) <= set(OUTER) and must_be_met(clause, near) for clause in rule.when)


def around(block: Block, signal: Signal, value: StrEnum) -> Block:
    """The block with an inner signal set to one value everywhere, ready to broadcast."""
    axis = INNER.index(signal)
    at = [index_of(signal, value)]
    return Block(packed=np.take(block.packed, at, axis=axis))


def replaced(outer: Outer, signal: Signal, value: StrEnum) -> Outer:
    """The first axes with one of them set to another value."""
    at = OUTER.index(signal)
    return (*outer[:at], value, *outer[at + 1 :])
