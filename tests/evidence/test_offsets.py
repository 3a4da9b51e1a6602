"""A majority of intervals, and what it cannot be talked into."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probe.model import OffsetFact
from probe.verdict.signals.offsets import marzullo, weigh


@given(
    truth=st.floats(-1e6, 1e6),
    honest=st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=2, max_size=6),
    liars=st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 50)), max_size=5),
)
def test_with_an_honest_majority_that_shares_a_point_the_truth_is_never_condemned(
    truth: float, honest: list[tuple[float, float]], liars: list[tuple[float, float]]
) -> None:
    """P20's other side: whatever liars say, what the majority agrees on overlaps the truth."""
    liars = liars[: len(honest) - 1]
    intervals = {f"h{i}": (truth - a, truth + b) for i, (a, b) in enumerate(honest)}
    intervals |= {f"l{i}": (low, low + width) for i, (low, width) in enumerate(liars)}

    agreed = marzullo(intervals)

    assert agreed is not None
    touched = set(agreed.sources) & {name for name in intervals if name.startswith("h")}
    assert touched  # a majority always holds at least one honest source


def test_of_two_equally_large_majorities_neither_is_preferred() -> None:
    agreed = marzullo({"a": (0, 2), "b": (1, 100), "c": (99, 101)})

    assert agreed is not None
    assert (agreed.low_seconds, agreed.high_seconds) == (1, 100)


def claim(source: str, offset: float, machine: str = "") -> OffsetFact:
    return OffsetFact(
        source=source,
        low_seconds=offset - 0.02,
        high_seconds=offset + 0.02,
        authenticated=False,
        machine=machine,
    )


def proof(source: str, offset: float) -> OffsetFact:
    return OffsetFact(
        source=source, low_seconds=offset - 0.5, high_seconds=offset + 0.5, authenticated=True
    )


@given(
    lie=st.one_of(st.floats(2, 1e6), st.floats(-1e6, -2)),
    liars=st.integers(1, 9),
    operators=st.integers(2, 5),
)
def test_no_number_of_lying_time_servers_outvotes_authenticated_dates(
    lie: float, liars: int, operators: int
) -> None:
    facts = [claim(f"ntp {n}", lie) for n in range(liars)]
    facts += [proof(f"date {n}", 0.0) for n in range(operators)]

    vote = weigh(facts)

    assert vote.agreed is not None
    assert (vote.agreed.low_seconds, vote.agreed.high_seconds) == (-0.5, 0.5)
    assert len(vote.wrong_servers) == liars


def test_a_router_that_answers_for_every_time_server_is_one_source() -> None:
    """Three addresses and one machine do not outvote two servers of their own."""
    intercepted = [claim(f"ntp {n}", 600.0, machine="router") for n in "abc"]
    honest = [claim("ntp d", 0.0, machine="d"), claim("ntp e", 0.0, machine="e")]

    agreed = weigh([*intercepted, *honest]).agreed

    assert agreed is not None
    assert abs(agreed.low_seconds + agreed.high_seconds) < 1e-6


def test_two_servers_that_follow_one_source_and_disagree_are_two() -> None:
    facts = [claim("ntp a", 0.0, machine="GPS"), claim("ntp b", 600.0, machine="GPS")]

    assert weigh(facts).agreed is None
