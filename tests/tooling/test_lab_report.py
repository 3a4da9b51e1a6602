"""What the lab makes of several tries of one scenario."""

from __future__ import annotations

import pytest

from tests.lab import report


def row(*, passed: bool = True, seconds: float | None = 5.0, apple: bool = False) -> report.Row:
    return {
        "passed": passed, "right": passed, "seconds": seconds, "bound_seconds": 10.0,
        "recovered_seconds": 1.0, "told": f"told after {seconds}", "wrong_on_the_way": [],
        "broken": "", "blamed_apple": apple, "blamed_me": False, "name": "cable-out", "row": "1",
        "how": "mid-run", "expected": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "seconds"),
    [
        (row(passed=False), row(), 5.0),
        (row(seconds=14.0), row(seconds=12.0), 12.0),
        (row(seconds=12.0), row(seconds=14.0), 12.0),
        (row(seconds=14.0), row(passed=False, seconds=None), 14.0),
    ],
)
def test_the_better_try_counts_and_the_other_stays_to_be_seen(
    before: report.Row, after: report.Row, seconds: float
) -> None:
    best = report.better(before, after)

    assert (best["passed"], best["seconds"]) == (True, seconds)
    (other,) = (one for one in (before, after) if one["seconds"] != seconds or not one["passed"])
    (line,) = (one for one in report.table([best]).splitlines() if "another try" in one)
    assert line.endswith(other["told"])
    assert "cable-out" in report.summary([best]).split("played again")[1]


def test_a_third_try_forgets_neither_of_the_others() -> None:
    best = report.better(report.better(row(passed=False), row(seconds=14.0)), row(seconds=4.0))

    assert best["seconds"] == 4.0
    assert len(best["tries"]) == 2


@pytest.mark.parametrize("first", [True, False])
def test_a_wrong_blame_of_apple_is_never_forgiven(*, first: bool) -> None:
    best = report.better(row(passed=False, apple=first), row(apple=not first))

    assert not best["passed"]
    assert best["blamed_apple"]
    assert "Apple blamed wrongly: 1" in report.summary([best])


def test_bounds_hold_when_one_in_twenty_is_late() -> None:
    many = [row() for _ in range(19)]

    assert report.bounds_held([*many, row(seconds=11.0)])
    assert not report.bounds_held([*many, row(seconds=11.0), row(seconds=11.0)])
