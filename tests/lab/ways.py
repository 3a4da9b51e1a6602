"""In how many ways a fault can come: the dimensions that cut across every row.

Not every row in every way (that would be thousands of worlds): each row gets the next of a list of
ways in which every pair of values of two dimensions occurs. The list depends on a seed, which is
printed, so that a run can be had again.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.lab.world import Families

BRIEF_SECONDS = 5.0  # shorter than any confirmation: no verdict may turn
SHORT_SECONDS = 30.0
LONG_SECONDS = 600.0  # for a few rows only


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way in which a fault comes and goes."""

    at_start: bool = False  # the fault is there before the program
    families: Families | None = None  # None: as the row says
    heal_seconds: float | None = None  # None: when the right answer has been seen to hold
    second: str = ""  # the name of a scenario whose fault comes on top
    starved: bool = False  # the program gets a tenth of a core's time
    no_controls: bool = False  # ports that are neither Apple's nor the web's are not asked
    vantage: bool = False  # a second isitme elsewhere is asked what it sees

    def __str__(self) -> str:
        words = ["at start" if self.at_start else "mid-run"]
        words += [self.families.value] if self.families else []
        words += [f"heals {self.heal_seconds:g} s"] if self.heal_seconds else []
        words += [f"+{self.second}"] if self.second else []
        words += ["starved"] if self.starved else []
        words += ["no port controls"] if self.no_controls else []
        words += ["seen from elsewhere"] if self.vantage else []
        return ", ".join(words)


DIMENSIONS: dict[str, tuple[object, ...]] = {
    "at_start": (False, True),
    "families": (Families.V4, Families.DUAL, Families.NAT64),
    "heal_seconds": (None, BRIEF_SECONDS, SHORT_SECONDS),
    "second": ("", "provider-black-hole", "push-5223-dropped"),
    "starved": (False, True),
    "no_controls": (False, True),
    "vantage": (False, True),
}


def ways(seed: int) -> Sequence[Way]:
    """A list of ways with every pair of values in it, in an order that the seed chose."""
    chance = random.Random(seed)
    names = list(DIMENSIONS)
    every = [
        dict(zip(names, values, strict=True)) for values in itertools.product(*DIMENSIONS.values())
    ]
    every = [way for way in every if sensible(way)]
    chance.shuffle(every)
    owed = {pair for way in every for pair in pairs(way)}
    chosen = []
    while owed:
        best = max(every, key=lambda way: len(owed & pairs(way)))
        owed -= pairs(best)
        chosen.append(Way(**best))  # type: ignore[arg-type]  # the dimensions are its fields
    return chosen


def sensible(way: dict[str, object]) -> bool:
    """A fault of 5 s neither starts before the program nor waits for a second one."""
    return not (way["heal_seconds"] is not None and (way["at_start"] or way["second"]))


def pairs(way: dict[str, object]) -> frozenset[tuple[tuple[str, object], tuple[str, object]]]:
    return frozenset(itertools.combinations(way.items(), 2))
