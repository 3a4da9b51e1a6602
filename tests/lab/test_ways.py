"""In how many ways a row is played, and on which line."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from tests.lab.faults import SCENARIOS
from tests.lab.play import how
from tests.lab.ways import DIMENSIONS, Way, pairs, sensible, ways
from tests.lab.world import Families


@pytest.mark.parametrize("seed", range(3))
def test_every_pair_of_values_is_played(seed: int) -> None:
    every = (
        dict(zip(DIMENSIONS, values, strict=True))
        for values in itertools.product(*DIMENSIONS.values())
    )
    owed = {pair for way in every if sensible(way) for pair in pairs(way)}
    played = {
        pair for way in ways(seed) for pair in pairs({n: getattr(way, n) for n in DIMENSIONS})
    }

    assert owed - played == set()


def test_every_kind_of_line_is_one_of_the_values() -> None:
    assert set(DIMENSIONS["families"]) == set(Families)


NEEDS_V4 = next(scenario for scenario in SCENARIOS if scenario.needs_v4)
OF_TWO = next(scenario for scenario in SCENARIOS if scenario.families is Families.DUAL)
ANY = next(s for s in SCENARIOS if s.families is Families.V4 and not s.needs_v4)


@pytest.mark.parametrize("asked", [None, *Families])
def test_a_row_is_played_on_the_line_that_is_asked_for(asked: Families | None) -> None:
    way = Way(families=asked)

    assert ANY.line(asked) is (asked or Families.V4)
    assert how(ANY, way) == str(way)


def test_a_row_that_needs_ipv4_is_played_with_it_and_says_why() -> None:
    asked = Way(families=Families.NAT64, at_start=True)

    assert NEEDS_V4.line(Families.NAT64) is Families.V4
    assert NEEDS_V4.line(Families.DUAL) is Families.DUAL
    assert how(NEEDS_V4, asked) == (
        f"{replace(asked, families=Families.V4)} (needs IPv4: {NEEDS_V4.needs_v4})"
    )


@pytest.mark.parametrize("asked", [Families.V4, Families.NAT64])
def test_a_row_about_two_protocols_is_played_with_both_and_says_so(asked: Families) -> None:
    assert OF_TWO.line(asked) is Families.DUAL
    assert how(OF_TWO, Way(families=asked)) == "mid-run, dual (dual only)"
