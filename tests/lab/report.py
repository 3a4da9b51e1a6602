"""The table of a run, and its summary in a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

Row = dict[str, Any]


def table(rows: Sequence[Row]) -> str:
    """One line a scenario, with what went wrong under it."""
    lines = [
        f"{'':4} {'row':>4}  {'scenario':32} {'how':14} {'right after':>12} {'bound':>6} "
        f"{'recovered':>9}  told"
    ]
    for row in sorted(rows, key=lambda row: (row["passed"], row["name"])):
        lines.append(
            f"{'ok' if row['passed'] else 'FAIL':4} {row['row']:>4}  {row['name']:32} "
            f"{row['how']:14} {_seconds(row['seconds']):>12} {row['bound_seconds']:>6.0f} "
            f"{_seconds(row['recovered_seconds']):>9}  {row['told']}"
        )
        if not row["right"]:
            lines.append(f"{'':12}wanted {row['expected']}")
        lines += [f"{'':12}wrong on the way: {wrong}" for wrong in row["wrong_on_the_way"]]
        lines += [f"{'':12}another try: {said}" for said in row.get("tries", ())]
        if row["broken"]:
            lines.append(f"{'':12}lab: {row['broken']}")
    return "\n".join(lines)


def summary(rows: Sequence[Row]) -> str:
    """Right, wrongly blamed, and how fast."""
    right = [row for row in rows if row["passed"]]
    ratios = sorted(
        row["seconds"] / row["bound_seconds"]
        for row in rows
        if row["right"] and row["seconds"] is not None and row["bound_seconds"]
    )
    seconds = sorted(row["seconds"] for row in rows if row["right"] and row["seconds"] is not None)
    recovered = sorted(
        row["recovered_seconds"] for row in rows if row["recovered_seconds"] is not None
    )
    twice = [row["name"] for row in rows if row["passed"] and row.get("tries")]
    late = [row["name"] for row in rows if row["right"] and late_by(row) > 0]
    lines = [
        f"{len(right)} of {len(rows)} right; "
        f"Apple blamed wrongly: {sum(row['blamed_apple'] for row in rows)}; "
        f"me blamed wrongly: {sum(row['blamed_me'] for row in rows)}; "
        f"lab trouble: {sum(bool(row['broken']) for row in rows)}",
        f"to the right answer: median {_of(seconds, 0.5)} s, p95 {_of(seconds, 0.95)} s; "
        f"against its bound: median {_of(ratios, 0.5)}, p95 {_of(ratios, 0.95)}",
        f"to recover: median {_of(recovered, 0.5)} s, p95 {_of(recovered, 0.95)} s",
    ]
    if twice:
        lines.append(f"played again, for they failed or were late: {', '.join(twice)}")
    if late:
        lines.append(f"right but later than the bound: {', '.join(late)}")
    return "\n".join(lines)


def better(before: Row, after: Row) -> Row:
    """Of two tries of a scenario the one that is right, or sooner; with what the other said."""
    first = (not before["passed"], late_by(before))
    best, other = (
        (before, after) if first < (not after["passed"], late_by(after)) else (after, before)
    )
    accused = before["blamed_apple"] or after["blamed_apple"]
    me = before["blamed_me"] or after["blamed_me"]
    said = (
        f"{_seconds(other['seconds'])} s {other['told']}"
        f" {'; '.join(other['wrong_on_the_way'])} {other['broken']}"
    )
    tries = (*before.get("tries", ()), *after.get("tries", ()), said.strip())
    passed = best["passed"] and not accused
    return best | {"tries": tries, "blamed_apple": accused, "blamed_me": me, "passed": passed}


def bounds_held(rows: Sequence[Row]) -> bool:
    """Whether at least 95 in 100 of the right answers came within their bound."""
    timed = [row for row in rows if row["right"] and row["seconds"] is not None]
    late = [row for row in timed if late_by(row) > 0]
    return len(late) * 20 <= len(timed)


def late_by(row: Row) -> float:
    """Seconds past the bound; an answer that stayed `ok` is never late."""
    seconds = row["seconds"]
    return 0.0 if seconds is None else max(0.0, seconds - row["bound_seconds"])


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"


def _of(values: Sequence[float], quantile: float) -> str:
    if not values:
        return "-"
    if quantile == 0.5:
        return f"{median(values):.2f}"
    return f"{values[min(len(values) - 1, int(quantile * len(values)))]:.2f}"
