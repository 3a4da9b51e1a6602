"""The past as the page draws it: bands of cells, and incidents.

A cell shows the worst that was told in it. What nobody looked at is a gap, never good.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from probe.words import Blame, Impact

DAY_SECONDS = 86_400.0
# The service says every 30 s that it looks, and counts three missed as a gap (probe/history/store).
STILL_LOOKING_SECONDS = 90.0
WITHDRAWN = "withdrawn"  # an outcome of probe/history/apple.py
BRIEF_SHARE = 0.02  # trouble in less of a cell is drawn small: half an hour of a day


class Level(StrEnum):
    """How a moment was, best first; what was not looked at is beside them, not among them."""

    GOOD = "good"
    MILD = "mild"  # something is wrong, and few would notice
    DOUBT = "doubt"  # something is wrong, and nobody can say whose it is
    BAD = "bad"
    GAP = "gap"


WORST_FIRST = (Level.BAD, Level.DOUBT, Level.MILD, Level.GOOD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One told verdict, as long as it was in force and isitme was looking."""

    begin: float
    end: float
    level: Level
    headline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    level: Level
    brief: bool
    begin: float
    end: float
    said: str
    incident: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A stretch of time. `kind` names how it is drawn."""

    kind: str
    title: str
    said: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    id: int
    level: Level
    started: float
    ended: float | None
    headline: str
    code: str
    cause: str
    lasted: str
    lag: str  # how Apple's own word came, where it came
    withdrawn: str  # why isitme took back that it was Apple; empty: it did not


def level_of(blame: str, impact: str) -> Level:
    if blame == Blame.NOBODY:
        return Level.GOOD
    if impact in (Impact.NONE, Impact.LOW):
        return Level.MILD
    return Level.DOUBT if blame == Blame.UNKNOWN else Level.BAD


def pieces(story: Mapping[str, Any]) -> list[Piece]:
    """What was in force while isitme looked, oldest first."""
    turns, now = story["turns"], story["now"]
    found: list[Piece] = []
    at = 0
    for span in story["spans"]:
        end = now if now - span["seen"] <= STILL_LOOKING_SECONDS else span["seen"]
        while at + 1 < len(turns) and turns[at + 1]["at"] <= span["started"]:
            at += 1
        for number in range(at, len(turns)):
            turn = turns[number]
            if turn["at"] >= end:
                break
            until = turns[number + 1]["at"] if number + 1 < len(turns) else end
            begin, until = max(turn["at"], span["started"]), min(until, end)
            if begin < until:
                level = level_of(turn["blame"], turn["impact"])
                found.append(Piece(begin=begin, end=until, level=level, headline=turn["headline"]))
    return found


def band(
    kind: str, title: str, story: Mapping[str, Any], *, cell_seconds: float, cells: int
) -> Band:
    """The last so many cells. They begin on the wall clock's round moments, in UTC."""
    last = math.ceil(story["now"] / cell_seconds) - 1  # a cell that only begins now is none yet
    first = last - cells + 1
    begin = first * cell_seconds
    heard: list[list[Piece]] = [[] for _ in range(cells)]
    for piece in pieces(story):
        if piece.end <= begin:
            continue
        low = max(0, int(piece.begin // cell_seconds - first))
        high = min(cells - 1, int(piece.end // cell_seconds - first))
        for number in range(low, high + 1):
            heard[number].append(piece)
    made = tuple(
        cell(
            heard[number],
            begin + number * cell_seconds,
            min(begin + (number + 1) * cell_seconds, story["now"]),
            story["incidents"],
        )
        for number in range(cells)
    )
    return Band(kind=kind, title=title, said=summary(heard, begin, story), cells=made)


def cell(
    heard: Sequence[Piece], begin: float, end: float, incidents: Sequence[Mapping[str, Any]]
) -> Cell:
    seconds = dict.fromkeys(WORST_FIRST, 0.0)
    words: dict[str, float] = {}
    for piece in heard:
        inside = min(piece.end, end) - max(piece.begin, begin)
        if inside > 0:
            seconds[piece.level] += inside
            if piece.level is not Level.GOOD:
                words[piece.headline] = words.get(piece.headline, 0.0) + inside
    looked = sum(seconds.values())
    level = next((one for one in WORST_FIRST if seconds[one]), Level.GAP)
    missed = max(0.0, end - begin - looked)
    parts = [
        f"{headline} ({lasting(spent)})"
        for headline, spent in sorted(words.items(), key=lambda item: -item[1])
    ]
    if level is Level.GAP:
        parts = ["not looking"]
    else:
        parts = parts or ["all is well"]
        if missed > STILL_LOOKING_SECONDS:
            parts.append(f"not looking for {lasting(missed)}")
    return Cell(
        level=level,
        brief=looked > 0 and 0 < sum(words.values()) < BRIEF_SHARE * (end - begin),
        begin=begin,
        end=end,
        said=" · ".join(parts),
        incident=next(_during(incidents, begin, end), None)
        if level not in (Level.GOOD, Level.GAP)
        else None,
    )


def _during(incidents: Sequence[Mapping[str, Any]], begin: float, end: float) -> Iterator[int]:
    for one in incidents:
        if one["started"] < end and (one["ended"] is None or one["ended"] > begin):
            yield one["id"]


def summary(heard: Sequence[Sequence[Piece]], begin: float, story: Mapping[str, Any]) -> str:
    """One line on a band, for those who cannot see it too."""
    seen = {id(piece): piece for inside in heard for piece in inside}.values()
    spent = {
        level: sum(p.end - max(p.begin, begin) for p in seen if p.level is level)
        for level in WORST_FIRST
    }
    looked = sum(spent.values())
    if not looked:
        return "Nobody was looking."
    said = [
        f"{word} for {lasting(spent[level])}"
        for level, word in (
            (Level.BAD, "in trouble"),
            (Level.DOUBT, "in trouble nobody could place"),
            (Level.MILD, "with a small fault"),
        )
        if spent[level] >= 0.5
    ] or ["all was well"]
    missed = story["now"] - begin - looked
    if missed > STILL_LOOKING_SECONDS:
        said.append(f"not looking for {lasting(missed)}")
    text = ", ".join(said)
    return f"{text[0].upper()}{text[1:]}."


def bands(story: Mapping[str, Any]) -> tuple[Band, Band]:
    return (
        band("day", "Last 24 hours", story, cell_seconds=900, cells=96),
        band("quarter", "Last 90 days", story, cell_seconds=DAY_SECONDS, cells=90),
    )


def incidents(story: Mapping[str, Any]) -> tuple[Incident, ...]:
    """Newest first."""
    return tuple(incident(row, story["now"]) for row in story["incidents"])


def incident(row: Mapping[str, Any], now: float) -> Incident:
    return Incident(
        id=row["id"],
        level=level_of(row["blame"], row["impact"]),
        started=row["started"],
        ended=row["ended"],
        headline=row["headline"],
        code=row["code"],
        cause=row["cause"] or "",
        lasted=lasting(max(0.0, (row["ended"] or now) - row["started"])),
        lag=lag(row["suspected"], row["acknowledged"]),
        withdrawn=(row["because"] or "") if row["outcome"] == WITHDRAWN else "",
    )


def lag(suspected: float | None, acknowledged: float | None) -> str:
    if acknowledged is None:
        return ""
    if suspected is None:
        return "Apple said so first"
    late = acknowledged - suspected
    if late < 0:
        return f"Apple said so {lasting(-late)} before isitme saw it"
    return f"Apple said so {lasting(late)} after isitme"


def lasting(seconds: float) -> str:
    """A duration in words: 40 s, 14 min, 2 h 5 min, 3 d 4 h."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(round(seconds / 3600), 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def when(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)
