"""A majority of intervals, and what it cannot be talked into."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model import Observation, OffsetFact
from probe.verdict.signals.offsets import Agreed, as_of_now, marzullo, offsets, one_each, weigh
from probe.words import Look, Step
from tests.support.sightings import NOW, seen, sighting


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


def within(source: str, low: float, high: float, machine: str = "") -> OffsetFact:
    """What a time server says, to the bit."""
    return OffsetFact(
        source=source, low_seconds=low, high_seconds=high, authenticated=False, machine=machine
    )


def vote(*servers: OffsetFact, proofs: dict[str, float] | None = None) -> Agreed:
    agreed = weigh([*servers, *(proof(n, at) for n, at in (proofs or {}).items())]).agreed
    assert agreed is not None
    return agreed


DATES = {"x": 0.0, "y": 0.0}  # both say: half a second either way


# Half a second of room for a smear on either side is added to what a time server says.
HEARD: dict[str, tuple[OffsetFact, tuple[float, float]]] = {
    "one that agrees narrows what the dates leave open": (
        within("ntp a", 0.25, 0.25),
        (-0.25, 0.5),
    ),
    "one that only touches their end from above": (within("ntp a", 1.0, 1.0), (0.5, 0.5)),
    "one that only touches their end from below": (within("ntp a", -1.0, -1.0), (-0.5, -0.5)),
    "one that knows less than they do": (within("ntp a", -9.0, 9.0), (-0.5, 0.5)),
}


@pytest.mark.parametrize("case", HEARD)
def test_a_time_server_is_heard_beside_dates_that_it_does_not_contradict(case: str) -> None:
    server, interval = HEARD[case]

    agreed = vote(server, proofs=DATES)

    assert agreed.sources == ("ntp a", "x", "y")
    assert (agreed.low_seconds, agreed.high_seconds) == interval


def test_time_servers_that_contradict_each_other_leave_the_word_to_the_dates() -> None:
    """Each lies within what two vague dates share, and no majority is left with all three."""
    dates = [
        OffsetFact(source=name, low_seconds=low, high_seconds=high, authenticated=True)
        for name, low, high in (("x", -9.0, 9.0), ("y", -9.0, 9.0), ("z", 90.0, 91.0))
    ]
    servers = [within(f"ntp {at}", at, at) for at in (-6.0, 0.0, 6.0)]

    agreed = vote(*servers, *dates)

    assert agreed.sources == ("x", "y")
    assert (agreed.low_seconds, agreed.high_seconds) == (-9.0, 9.0)


def test_servers_a_whole_leap_second_apart_agree() -> None:
    """RFC 8633 3.7.1: one that smears it and one that does not differ by up to a second."""
    servers = [within(f"ntp {n}", at, at) for n, at in enumerate((0.0, 0.0, 1.0, 1.0))]

    assert len(vote(*servers).sources) == 4


@pytest.mark.parametrize(
    ("other", "machines"),
    [((1.0, 2.0), 1), ((-2.0, 0.0), 1), ((1.5, 2.0), 2), ((-2.0, -0.5), 2)],
    ids=["touches above", "touches below", "contradicts above", "contradicts below"],
)
def test_one_machine_behind_two_names_is_heard_once_unless_it_contradicts_itself(
    other: tuple[float, float], machines: int
) -> None:
    facts = {
        "ntp a": within("ntp a", 0.0, 1.0, machine="m"),
        "ntp b": within("ntp b", *other, machine="m"),
    }

    assert len(one_each(facts)) == machines


def test_hints_beside_a_proof_are_not_heard() -> None:
    """That TLS fails by its date elsewhere is then those servers' trouble."""
    hints = [
        OffsetFact(
            source=name, low_seconds=900.0, high_seconds=901.0, authenticated=False, hint=True
        )
        for name in "xyz"
    ]
    claims = [claim("ntp a", 900.5), claim("ntp b", 900.5)]

    assert weigh([*hints, *claims, proof("w", 0.0)]).agreed is None


@pytest.mark.parametrize(
    ("low", "high", "far"),
    [(3.0, 4.0, False), (3.25, 4.0, True), (-3.0, -2.0, False), (-3.0, -2.25, True)],
)
def test_nothing_within_a_leap_second_of_the_majority_is_wrong(
    low: float, high: float, far: bool
) -> None:
    """RFC 8633 3.7.1: up to a second."""
    majority = Agreed(low_seconds=-1.0, high_seconds=2.0, sources=(), falsetickers=())

    assert majority.far_from((low, high)) is far


STEADY = 1_790_000_000.0


@pytest.mark.parametrize(
    ("then", "now", "moved"),
    [
        (STEADY, STEADY, 0.0),
        (STEADY, STEADY + 2.0, 2.0),
        (STEADY, STEADY - 2.0, -2.0),
        (STEADY, STEADY + 2.5, None),
        (STEADY, STEADY - 2.5, None),
        (None, STEADY, 0.0),
        (STEADY, None, 0.0),
    ],
)
def test_a_small_step_moves_what_was_compared_and_a_large_one_voids_it(
    then: float | None, now: float | None, moved: float | None
) -> None:
    fact = replace(within("ntp a", -1.0, 1.0), steady=then)

    found = as_of_now(fact, replace(seen(), steady=now), NOW)

    bounds = None if found is None else (found.low_seconds, found.high_seconds)
    assert bounds == (None if moved is None else (-1.0 - moved, 1.0 - moved))


def test_the_newest_word_of_a_source_counts_whichever_look_heard_it() -> None:
    def heard(look: Look, at: float, ago: float) -> Observation:
        return sighting(look, "a", facts=[proof("a", at)], step=Step.CONTENT, ago=ago)

    first = seen(heard(Look.REF_IP, 0.0, 1.0), heard(Look.REF_NAME, 9.0, 5.0))
    second = seen(heard(Look.REF_IP, 9.0, 5.0), heard(Look.REF_NAME, 0.0, 1.0))

    assert [round(offsets(one)["a"].high_seconds, 1) for one in (first, second)] == [0.5, 0.5]
