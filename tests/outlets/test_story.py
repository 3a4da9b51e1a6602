"""What was told becomes cells and words; what nobody looked at is never shown as good."""

from __future__ import annotations

from typing import Any

import pytest

from probe.outlets.web.chart import clock_chart, offset_said, pace_chart, seconds_said
from probe.outlets.web.story import Level, bands, lag, lasting, level_of, pieces

DAY = 86_400.0
HOUR = 3600.0
NOW = 20_000 * DAY + 12 * HOUR
LETTERS = {"good": ".", "mild": "m", "doubt": "?", "bad": "X", "gap": " "}


def turn(at: float, blame: str = "nobody", impact: str = "none") -> dict[str, Any]:
    headline = "All is well." if blame == "nobody" else f"It is {blame}."
    return {"at": at, "blame": blame, "impact": impact, "headline": headline}


def span(started: float, seen: float) -> dict[str, float]:
    return {"started": started, "seen": seen}


def story(turns: list[Any], spans: list[Any], incidents: list[Any] | None = None) -> dict[str, Any]:
    return {"now": NOW, "turns": turns, "spans": spans, "incidents": incidents or []}


def drawn(told: dict[str, Any], band: int = 0, last: int = 12) -> str:
    return "".join(LETTERS[cell.level.value] for cell in bands(told)[band].cells[-last:])


def test_a_day_is_quarters_of_an_hour_and_ends_now() -> None:
    told = story([turn(NOW - 2 * HOUR)], [span(NOW - 2 * HOUR, NOW)])
    day = bands(told)[0]

    assert len(day.cells) == 96
    assert day.cells[-1].end == NOW
    assert drawn(told) == "    " + "." * 8
    assert day.said == "All was well, not looking for 22 h."


def test_the_worst_of_a_cell_is_shown_and_said() -> None:
    trouble = [turn(NOW - 3 * HOUR), turn(NOW - HOUR, "me", "full"), turn(NOW - HOUR + 60)]
    incidents = [{"id": 4, "started": NOW - HOUR, "ended": NOW - HOUR + 60}]
    cell = bands(story(trouble, [span(NOW - 3 * HOUR, NOW)], incidents))[0].cells[-4]

    assert (cell.level, cell.incident) == (Level.BAD, 4)
    assert cell.said == "It is me. (1 min)"
    assert not cell.brief
    in_days = bands(story(trouble, [span(NOW - 3 * HOUR, NOW)], incidents))[1].cells[-1]
    assert (in_days.level, in_days.brief) == (Level.BAD, True)


def test_what_nobody_looked_at_is_a_gap_also_inside_a_verdict() -> None:
    """The machine slept between: the verdict before says nothing about that time."""
    spans = [span(NOW - 3 * HOUR, NOW - 2 * HOUR), span(NOW - HOUR, NOW)]
    told = story([turn(NOW - 3 * HOUR)], spans)

    assert drawn(told) == "." * 4 + "    " + "." * 4
    assert sum(piece.end - piece.begin for piece in pieces(told)) == 2 * HOUR


def test_it_still_looks_when_it_said_so_a_moment_ago() -> None:
    """The service says every 30 s that it looks; older than 90 s, it was stopped."""
    fresh = story([turn(NOW - HOUR)], [span(NOW - HOUR, NOW - 30)])
    stopped = story([turn(NOW - HOUR)], [span(NOW - HOUR, NOW - 600)])

    assert pieces(fresh)[-1].end == NOW
    assert pieces(stopped)[-1].end == NOW - 600


def test_a_verdict_goes_on_across_a_restart() -> None:
    """No turn is told when a restart ends in the same verdict."""
    spans = [span(NOW - 9 * HOUR, NOW - 8 * HOUR), span(NOW - HOUR, NOW)]
    told = story([turn(NOW - 9 * HOUR, "apple", "partial")], spans)

    assert [piece.level for piece in pieces(told)] == [Level.BAD, Level.BAD]


def test_without_anything_it_says_that_nobody_looked() -> None:
    day, quarter = bands(story([], []))

    assert {cell.level for cell in (*day.cells, *quarter.cells)} == {Level.GAP}
    assert day.said == quarter.said == "Nobody was looking."


LEVELS = {
    ("nobody", "none"): Level.GOOD,
    ("me", "low"): Level.MILD,
    ("unknown", "none"): Level.MILD,
    ("unknown", "full"): Level.DOUBT,
    ("provider", "partial"): Level.BAD,
    ("apple", "full"): Level.BAD,
}


@pytest.mark.parametrize(("told", "level"), LEVELS.items())
def test_how_bad_it_was(told: tuple[str, str], level: Level) -> None:
    assert level_of(*told) is level


LASTING = {0.4: "0 s", 59: "59 s", 61: "1 min", 3590: "1 h", 7500: "2 h 5 min", 273_600: "3 d 4 h"}


@pytest.mark.parametrize(("seconds", "said"), LASTING.items())
def test_how_long_it_lasted(seconds: float, said: str) -> None:
    assert lasting(seconds) == said


def test_whose_word_came_first() -> None:
    assert lag(None, None) == ""
    assert lag(100.0, None) == ""
    assert lag(None, 100.0) == "Apple said so first"
    assert lag(100.0, 700.0) == "Apple said so 10 min after isitme"
    assert lag(700.0, 100.0) == "Apple said so 10 min before isitme saw it"


# ---------------------------------------------------------------- lines


def pace(at: float, mean: float | None, failed: int = 0) -> dict[str, Any]:
    return {"at": at, "mean": mean, "slowest": mean, "passed": 3 if mean else 0, "failed": failed}


def test_a_hole_in_what_was_measured_is_a_hole_in_the_line() -> None:
    rows = [pace(600.0 * n, 0.02) for n in (0, 1, 2, 20, 21, 40)]
    chart = pace_chart(rows, name="DNS", key="dns", begin=0, end=86_400, step=600)

    assert chart.line.count("M") == 2
    assert len(chart.dots) == 1
    assert chart.said == "DNS: usually 20 ms, slowest 20 ms, none failed."
    assert (chart.bottom, chart.newest) == ("0", "20 ms")


def test_where_all_failed_there_is_a_whole_stroke_and_no_line() -> None:
    chart = pace_chart([pace(600, None, 4)], name="DNS", key="dns", begin=0, end=6000, step=600)

    assert chart.line == ""
    assert chart.marks == ((90.0, 0.0),)
    assert chart.said == "DNS: no answer was timed, 4 attempts failed."
    assert chart.newest == "none"


def test_the_clock_is_drawn_by_those_who_know_best() -> None:
    rows = [
        {"at": 900, "source": "apple", "low": 0.010, "high": 0.030},
        {"at": 900, "source": "web", "low": -1.0, "high": 1.0},
        {"at": 1800, "source": "web", "low": 600.0, "high": 602.0},
    ]
    chart = clock_chart(rows, begin=0, end=9000)

    assert chart.newest == "601 s slow"
    assert clock_chart(rows[:2], begin=0, end=9000).newest == "20 ms slow"
    assert clock_chart([], begin=0, end=9000).said == "This clock: nothing was measured."


def test_two_digits_that_matter() -> None:
    said = [seconds_said(s) for s in (0.0042, 0.0314, 0.5, 1.444, 601.0)]
    assert said == ["4.2 ms", "31 ms", "500 ms", "1.44 s", "601 s"]
    assert [offset_said(s) for s in (0.0001, 0.25, -2.0)] == [
        "right", "250 ms slow", "2 s fast",
    ]  # fmt: skip
