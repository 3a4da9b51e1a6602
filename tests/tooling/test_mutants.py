"""What `make mutants` changes: each kind of change once, and nothing that people are told."""

from __future__ import annotations

from enum import Enum

import pytest

from benchmarks.mutants import all_mutants, read_table
from benchmarks.mutations import mutants_of


class Colour(Enum):
    RED = 1
    BLUE = 2


def changes(source: str) -> list[str]:
    return [one.said for one in mutants_of("x.py", source, {"Colour": Colour})]


CHANGES = {
    "def f(a):\n    return a >= 2": ["a >= 2 -> a > 2", "a >= 2 -> a < 2", "2 -> 4"],
    "def f(a, b):\n    return a and b": [
        "a and b -> a or b", "without a in a and b", "without b in a and b"
    ],
    "def f(a):\n    return not a": ["not a -> a"],
    "def f(a):\n    return any(a)": ["any(a) -> all(a)"],
    "X = Colour.RED": ["Colour.RED -> Colour.BLUE"],
    "X = (1, y)": ["without 1 in (1, y)", "without y in (1, y)", "1 -> 2"],
    "X = only(a, b)": ["without a in only(a, b)", "without b in only(a, b)"],
    "X = {a: b}": ["without a in {a: b}"],
    "def f(a):\n    return [x for x in a if x]": ["without 'if x'"],
    "def f(a) -> bool:\n    return g(a)": ["g(a) -> not g(a)"],
    "def f(a) -> int | None:\n    return a": ["returns None, not a"],
    "X = 'a sentence for people'": [],
    'def f():\n    """0 < 1"""': [],
    "def f(a: int = 3) -> int:\n    ...": [],
}  # fmt: skip


@pytest.mark.parametrize("source", CHANGES)
def test_each_kind_of_change_is_made_once(source: str) -> None:
    assert changes(source) == CHANGES[source]


def test_a_change_is_named_by_its_row_and_apart_from_its_twins() -> None:
    source = "T = (Rule(name='a', when=(1, 1)), Rule(name='b', when=(1, 1)))"

    named = [(one.where, one.said) for one in mutants_of("x.py", source, {})]

    assert len(named) == len(set(named))
    assert ("x.py T 'b'", "1 -> 2 (no. 2)") in named


def test_a_change_is_made_in_the_tree_it_was_found_in() -> None:
    import ast

    (mutant,) = mutants_of("x.py", "def f(a):\n    return not a", {})

    mutant.put()

    assert ast.unparse(mutant.scope) == "def f(a):\n    return a"


def test_what_is_listed_as_no_gap_can_still_be_made_and_has_its_reason() -> None:
    made = {(one.where, one.said) for one in all_mutants()}
    listed = read_table()

    assert set(listed) <= made
    assert all(listed.values())
