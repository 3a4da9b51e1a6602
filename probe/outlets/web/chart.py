"""Lines over time as SVG: plain numbers in, path data out. No text: it would be stretched."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from markupsafe import Markup

WIDE, HIGH = 600.0, 100.0  # of the drawing; the page stretches it
NOTHING = "none"
LEAST_STROKE = 0.07  # of the height: one failure among many is still seen
MORE_THAN_THE_TOP = 1.12  # room above the highest point


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    at: float
    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`line` and `spread` are path data; `marks`: where something failed, and
    how high its stroke is: the share that failed."""

    name: str
    key: str  # the signal whose page says more
    line: Markup
    spread: Markup
    dots: tuple[tuple[float, float], ...]  # points without a neighbour: a line has two ends
    marks: tuple[tuple[float, float], ...]
    wide: float  # of one step, in drawing units
    zero: float | None  # where zero lies, if it is inside
    top: str
    bottom: str
    newest: str
    said: str  # the whole of it in one sentence

    @property
    def empty(self) -> bool:
        return not (self.line or self.dots or self.marks)


def pace_chart(
    rows: Iterable[Mapping[str, Any]],
    *,
    name: str,
    key: str,
    begin: float,
    end: float,
    step: float,
) -> Chart:
    """How long answers took (`probe/history/past.py` pace, of one look), from zero up."""
    rows = list(rows)
    points = [
        Point(at=r["at"], low=0.0, middle=r["mean"], high=r["mean"])
        for r in rows
        if r["mean"] is not None
    ]
    failed = [
        (row["at"], row["failed"] / (row["failed"] + row["passed"]))
        for row in rows
        if row["failed"]
    ]
    count = sum(row["failed"] for row in rows)
    if points:
        usual = f"usually {seconds_said(median(p.middle for p in points))}"
        slowest = max((r["slowest"] for r in rows if r["slowest"] is not None), default=0.0)
        said = f"{name}: {usual}, slowest {seconds_said(slowest)}"
    else:
        said = f"{name}: no answer was timed"
    said += f", {count} attempts failed." if count else ", none failed."
    return drawn(
        points,
        failed,
        name=name,
        key=key,
        said=said,
        begin=begin,
        end=end,
        step=step,
        least=0.0,
        most=max((p.high for p in points), default=0.0) * MORE_THAN_THE_TOP or 1.0,
    )


def clock_chart(rows: Iterable[Mapping[str, Any]], *, begin: float, end: float) -> Chart:
    """How far this clock was off, by what each source said in a quarter of an hour.

    The middle of the sources, each at the middle of its bounds. Where a source knows better than
    to a second (NTP), those that do not (an HTTPS Date, RFC 9110 6.6.1) are left out.
    """
    quarters: dict[float, list[tuple[float, float]]] = {}
    for row in rows:
        quarters.setdefault(row["at"], []).append((row["low"], row["high"]))
    points = []
    for at, bounds in quarters.items():
        exact = [each for each in bounds if each[1] - each[0] < 1.0] or bounds
        lows, highs = zip(*exact, strict=True)
        middle = median((low + high) / 2 for low, high in exact)
        points.append(Point(at=at, low=median(lows), middle=middle, high=median(highs)))
    most = max((max(abs(p.low), abs(p.high)) for p in points), default=0.001)
    newest = points[-1].middle if points else 0.0
    name = "This clock"
    said = f"{name}: {offset_said(newest)}." if points else f"{name}: nothing was measured."
    return drawn(
        points,
        (),
        name=name,
        key="clock",
        said=said,
        begin=begin,
        end=end,
        step=900.0,
        least=-most * MORE_THAN_THE_TOP,
        most=most * MORE_THAN_THE_TOP,
    )


def drawn(
    points: Sequence[Point],
    failed: Sequence[tuple[float, float]],
    *,
    name: str,
    key: str,
    said: str,
    begin: float,
    end: float,
    step: float,
    least: float,
    most: float,
) -> Chart:
    def x(at: float) -> float:
        return round((at + step / 2 - begin) / (end - begin) * WIDE, 1)

    def y(value: float) -> float:
        return round(HIGH - (value - least) / (most - least) * HIGH, 1)

    inside = [p for p in points if begin - step < p.at <= end]
    # Slow looks come every 17 minutes (NTP): a hole is what is longer than three of what is usual.
    apart = [b.at - a.at for a, b in pairwise(inside)]
    hole = 3.0 * max(step, median(apart) if apart else step)
    runs: list[list[Point]] = []
    for point in inside:
        if runs and point.at - runs[-1][-1].at <= hole:
            runs[-1].append(point)
        else:
            runs.append([point])
    line, area, dots = [], [], []
    for run in runs:
        if len(run) == 1:
            dots.append((x(run[0].at), y(run[0].middle)))
            continue
        line.append("M" + "L".join(f"{x(p.at)} {y(p.middle)}" for p in run))
        there = [f"{x(p.at)} {y(p.high)}" for p in run]
        back = [f"{x(p.at)} {y(p.low)}" for p in reversed(run)]
        area.append("M" + "L".join((*there, *back)) + "Z")
    signed = least < 0
    return Chart(
        name=name,
        key=key,
        # Markup: numbers of ours, and longer than any sentence that printable.py lets through.
        line=Markup("".join(line)),
        spread=Markup("".join(area)),
        dots=tuple(dots),
        marks=tuple(
            (x(at), round(HIGH * (1 - max(LEAST_STROKE, share)), 1))
            for at, share in failed
            if begin - step < at <= end
        ),
        wide=max(2.0, round(step / (end - begin) * WIDE, 1)),
        zero=y(0.0) if signed else None,
        top=("+" if signed else "") + seconds_said(most),
        bottom=seconds_said(least) if signed else "0",
        newest=(offset_said if signed else seconds_said)(inside[-1].middle) if inside else NOTHING,
        said=said,
    )


def seconds_said(seconds: float) -> str:
    """Two digits that matter: 4.2 ms, 31 ms, 1.4 s."""
    size = abs(seconds)
    if not math.isfinite(seconds):
        return NOTHING
    if size >= 1:
        return f"{seconds:.3g} s"
    if size >= 0.01:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds * 1000:.2g} ms"


def offset_said(seconds: float) -> str:
    """An offset is where true time lies against this clock: positive means that it is slow."""
    if abs(seconds) < 0.0005:
        return "right"
    return f"{seconds_said(abs(seconds))} {'slow' if seconds > 0 else 'fast'}"
