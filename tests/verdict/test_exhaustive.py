"""Every state of the signals, under the very table that the product runs.

By default: all 1,088,640 inner states around each outer state that differs from healthy in at most
one signal. With ISITME_REQUIRE_ALL=1: every state.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np
import pytest

from probe.verdict import RULES, Rule, judge
from probe.verdict.table import Clause, certainty_of, first_met, only
from probe.words import (
    GOOD,
    AppleStatus,
    Certainty,
    Dns,
    HostClock,
    Internet,
    Ipv6,
    Port,
    Push,
    Services,
    Signal,
)
from tests.verdict.properties import Inspection
from tests.verdict.states import (
    AXES,
    INNER,
    OUTER,
    RANK,
    STATES,
    Block,
    Outer,
    Space,
    index_of,
    outers,
    values_of,
)
from tests.verdict.world import readings

EVERYTHING = os.environ.get("ISITME_REQUIRE_ALL") == "1"
HEALTHY: Outer = tuple(GOOD[signal] for signal in OUTER)


def near_healthy() -> list[Outer]:
    return [
        outer
        for outer in outers()
        if sum(value != good for value, good in zip(outer, HEALTHY, strict=True)) <= 1
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_property_holds_in_every_state() -> None:
    inspection = Inspection(space=Space())

    faults = list(inspection.faults(outers() if EVERYTHING else near_healthy()))

    assert faults == []
    dead = {rule.name for place, rule in enumerate(RULES) if place not in inspection.decided}
    assert dead == set(), "these rules decide no state"
    if EVERYTHING:
        assert inspection.states == STATES


@pytest.mark.slow
def test_the_enumeration_says_what_the_product_says() -> None:
    chance = random.Random(20261123)
    space = Space()
    looked_at = chance.sample(list(outers()), 12)

    for outer in looked_at:
        block = space.block(outer)
        rules, certainties = block.rule, block.certainty
        for _ in range(60):
            inner = tuple(chance.choice(values_of(signal)) for signal in INNER)
            values = dict(zip((*OUTER, *INNER), (*outer, *inner), strict=True))
            cell = tuple(
                index_of(signal, value) for signal, value in zip(INNER, inner, strict=True)
            )
            rule, _ = first_met(RULES, values)
            verdict = judge(readings(values))

            assert RULES[rules[cell]] is rule
            assert certainties[cell] == RANK[certainty_of(RULES, rule, values)]
            assert (verdict.code, RANK[verdict.certainty]) == (rule.code, certainties[cell])


def test_the_space_is_the_whole_of_the_words() -> None:
    assert set(AXES) == set(Signal) == {*OUTER, *INNER}
    assert STATES == 1_881_169_920


# ---------------------------------------------------------------- the net is not torn


def changed(name: str, **fields: object) -> tuple[Rule, ...]:
    """The table with one rule changed."""
    assert any(rule.name == name for rule in RULES)
    return tuple(
        replace(rule, **fields) if rule.name == name else rule  # type: ignore[arg-type] # by name
        for rule in RULES
    )


def without(name: str, signal: Signal) -> tuple[Rule, ...]:
    """The table with one rule no longer asking for a signal."""
    (rule,) = (rule for rule in RULES if rule.name == name)
    looser: tuple[Clause, ...] = tuple(
        {axis: wanted for axis, wanted in clause.items() if axis is not signal}
        for clause in rule.when
    )
    return changed(name, when=looser)


def only_with(name: str, signal: Signal, value: StrEnum) -> tuple[Rule, ...]:
    """The table with one rule that asks for one value of a signal, whatever it asked before."""
    (rule,) = (rule for rule in RULES if rule.name == name)
    return changed(name, when=tuple({**clause, signal: only(value)} for clause in rule.when))


def earlier(name: str, before: str) -> tuple[Rule, ...]:
    """The table with one rule moved before another."""
    (rule,) = (rule for rule in RULES if rule.name == name)
    rest = [other for other in RULES if other is not rule]
    at = [other.name for other in rest].index(before)
    return (*rest[:at], rule, *rest[at:])


def at(**differs: StrEnum) -> list[Outer]:
    """The block of states that differ from healthy in these outer signals."""
    return [tuple(differs.get(signal.value, GOOD[signal]) for signal in OUTER)]


(SUSPECTED_PUSH,) = (rule for rule in RULES if rule.name == "suspected_push")
MUTANTS: dict[str, tuple[Callable[[], Sequence[Rule]], list[Outer], str]] = {
    "ok without looking at the clock": (
        lambda: without("ok", Signal.CLOCK),
        at(clock=HostClock.UNKNOWN),
        "P2-P4 ok",
    ),
    "ok without Apple's own word": (
        lambda: without("ok", Signal.APPLE_STATUS),
        at(),
        "P2-P4 ok",
    ),
    "Apple suspected with a portal in the way": (
        lambda: without("suspected_services", Signal.PORTAL),
        at(),
        "P2-P4 suspected_services",
    ),
    "Apple suspected where nobody looked for a filter": (
        lambda: without("suspected_one_service", Signal.NEARBY),
        at(),
        "P5 losing nearby",
    ),
    "a lost port control turns a firewall into Apple": (
        lambda: changed(
            "suspected_push",
            when=({**SUSPECTED_PUSH.when[0], Signal.PORT: only(Port.OPEN, Port.UNKNOWN)},),
        ),
        at(),
        "P5 losing port",
    ),
    "Apple's word before the proofs about this network": (
        lambda: earlier("acknowledged", "dns_fails"),
        at(dns=Dns.FAILS),
        "a child is blamed while its parent is down: dns fails",
    ),
    "names blamed while the internet is down": (
        lambda: earlier("dns_fails", "internet_unreachable"),
        at(internet=Internet.UNREACHABLE, dns=Dns.FAILS),
        "a child is blamed while its parent is down: internet unreachable",
    ),
    "a gateway blamed that nobody missed": (
        lambda: without("gateway_gone", Signal.GATEWAY),
        at(internet=Internet.UNREACHABLE),
        "P8 gateway_gone",
    ),
    "not knowing with high certainty": (
        lambda: changed("insufficient_evidence", certainty=Certainty.HIGH),
        at(),
        "not knowing is told with certainty",
    ),
    "ok only where IPv6 is broken": (
        lambda: sorted(
            only_with("ok", Signal.IPV6, Ipv6.BROKEN), key=lambda rule: rule.name != "ok"
        ),
        at(),
        "P6 a worse ipv6",
    ),
    "names blamed only while Apple says that all is well": (
        lambda: only_with("dns_fails", Signal.APPLE_STATUS, AppleStatus.CLEAR),
        at(dns=Dns.FAILS),
        "P7 apple_status",
    ),
    "names blamed only while Apple's services answer": (
        lambda: only_with("dns_fails", Signal.SERVICES, Services.WORK),
        at(dns=Dns.FAILS),
        "P13 services",
    ),
    "names blamed only while push works on the fallback port": (
        lambda: only_with("dns_fails", Signal.PUSH, Push.ONLY_443),
        at(dns=Dns.FAILS),
        "P13 push only_443",
    ),
    # An exemption of whole codes, as it was, would let this pass.
    "a port blamed before the clock, and no longer where Apple answers": (
        lambda: earlier("port_blocked_push_dead", "clock_wrong"),
        at(clock=HostClock.WRONG),
        "P13 push works",
    ),
    "ok although it is not known whether push works": (
        lambda: only_with("ok", Signal.PUSH, Push.UNKNOWN),
        at(),
        "P15 ok",
    ),
    "Apple suspected of what a port control, now old, had explained": (
        lambda: changed(
            "suspected_push",
            when=({**SUSPECTED_PUSH.when[0], Signal.PORT: only(Port.OPEN, Port.UNKNOWN)},),
        ),
        at(),
        "P15 a suspicion",
    ),
    "a state that no rule decides": (lambda: RULES[:-1], at(), "P1"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_table_is_caught(name: str) -> None:
    make, where, expected = MUTANTS[name]

    faults = list(Inspection(space=Space(rules=make())).faults(where))

    assert any(fault.startswith(expected) for fault in faults), faults


class Cocksure(Space):
    """Every rule as certain as it can be, whatever is not known."""

    def _work_out(self, outer: Outer) -> Block:
        rule = super()._work_out(outer).rule
        own = np.array([RANK[one.certainty] for one in self.rules], np.uint8)
        return Block(packed=rule * np.uint8(3) + own[rule])


@pytest.mark.slow
def test_certainty_that_forgets_what_is_unknown_is_caught() -> None:
    faults = [fault.partition(" (")[0] for fault in Inspection(space=Cocksure()).faults(at())]

    assert "P5 losing nearby creates or strengthens a verdict" in faults
    assert "P15 a sure word of Apple's comes of what grew old" in faults
