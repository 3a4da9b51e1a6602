"""What the page knows of the past: read from the history now and then, never for each reader.

A page must come in 10 ms (the contract), and a day of observations takes longer to sum up than
that. The history has one thread, which also writes: it is asked as seldom as the page can bear.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from markupsafe import Markup

from probe.outlets.web.chart import Chart, clock_chart, pace_chart
from probe.outlets.web.rows import LOOKS, NAMES
from probe.outlets.web.story import DAY_SECONDS, bands, incidents
from probe.words import Look, Signal

T = TypeVar("T")
Row = dict[str, Any]
STORY_FOR_SECONDS = 10.0  # a turn asks anew at once
CHARTS_FOR_SECONDS = 60.0
DAY_STEP = 600.0
# What is worth a line on the first page: the nearest link to the farthest.
SHOWN: Mapping[Look, Signal] = {
    Look.GATEWAY: Signal.GATEWAY,
    Look.REF_IP: Signal.INTERNET,
    Look.DNS_EACH: Signal.DNS,
    Look.PUSH_5223: Signal.PUSH,
    Look.APPLE_WEB: Signal.SERVICES,
}


class Kept(Protocol):
    """The history, as far as the page asks it. None: it cannot be read."""

    trouble: str

    async def story(self) -> Row | None: ...
    async def incident(self, id: int) -> Row | None: ...
    async def pace(
        self, looks: Sequence[str], *, back_seconds: float, step: float
    ) -> list[Row] | None: ...
    async def offsets(self, *, back_seconds: float) -> list[Row] | None: ...


class Fresh(Generic[T]):
    """A value that is read again when it is older than so many seconds: readers get what is there
    meanwhile, and only the first of all waits."""

    def __init__(
        self, read: Callable[[], Awaitable[T]], *, good_for: float, elapsed: Callable[[], float]
    ) -> None:
        self._read, self._good_for, self._elapsed = read, good_for, elapsed
        self._value: T | None = None
        self._at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def get(self, *, anew: bool = False) -> T | None:
        if anew or self._elapsed() - self._at >= self._good_for:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._again(), name="page's past")
            if anew or self._value is None:
                # A reader who goes away must not end what others wait for.
                await asyncio.shield(self._reading)
        return self._value

    async def _again(self) -> None:
        self._value = await self._read()
        self._at = self._elapsed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Ready to be put into a page."""

    story: Markup
    band: Markup  # the last day alone, for the wall


class Memory:
    """`render` fills a template of ours; `elapsed` is a clock that only goes forward."""

    def __init__(
        self, kept: Kept, *, render: Callable[..., str], elapsed: Callable[[], float]
    ) -> None:
        self.kept = kept
        self._render = render
        self._told: object = None
        self._now = 0.0
        self._pace: dict[tuple[float, str], Row] = {}
        self._story = Fresh(self._past, good_for=STORY_FOR_SECONDS, elapsed=elapsed)
        self._charts = Fresh(self._drawn, good_for=CHARTS_FOR_SECONDS, elapsed=elapsed)
        self._signals = {
            signal: Fresh(
                partial(self._drawn_of, signal), good_for=CHARTS_FOR_SECONDS, elapsed=elapsed
            )
            for signal in Signal
        }

    async def past(self, told: object) -> Past | None:
        """The story so far. `told`: what the answer is now; when it changed, the past did too."""
        anew, self._told = told != self._told, told
        return await self._story.get(anew=anew)

    async def charts(self, now: float) -> Markup:
        self._now = now
        return await self._charts.get() or Markup()

    async def _past(self) -> Past | None:
        story = await self.kept.story()
        if story is None:
            return None
        day, quarter = bands(story)
        told = incidents(story)
        return Past(
            story=Markup(self._render("story.html", bands=(day, quarter), incidents=told)),
            band=Markup(self._render("band.html", band=day)),
        )

    async def _drawn(self) -> Markup:
        begin, end = self._now - DAY_SECONDS, self._now
        # A day is summed up once; then only what is newer than the last whole step.
        newest = max((row["at"] for row in self._pace.values()), default=begin)
        pace = await self.kept.pace(
            [look.value for look in SHOWN],
            back_seconds=min(DAY_SECONDS, max(DAY_STEP, end - newest + DAY_STEP)),
            step=DAY_STEP,
        )
        offsets = await self.kept.offsets(back_seconds=DAY_SECONDS)
        if pace is None or offsets is None:
            return Markup()
        self._pace = {key: row for key, row in self._pace.items() if row["at"] >= begin}
        # The oldest step of what was just read is cut: it is kept as it was summed up whole.
        fresh = {(row["at"], row["look"]): row for row in pace}
        self._pace = {**fresh, **{k: v for k, v in self._pace.items() if v["at"] < newest}}
        rows = sorted(self._pace.values(), key=lambda row: row["at"])
        charts = [
            pace_chart(
                (row for row in rows if row["look"] == look.value),
                name=NAMES[signal],
                key=signal.value,
                begin=begin,
                end=end,
                step=DAY_STEP,
            )
            for look, signal in SHOWN.items()
        ]
        charts.append(clock_chart(offsets, begin=begin, end=end))
        return Markup(self._render("charts.html", charts=charts))

    async def of_signal(self, signal: Signal, now: float) -> list[tuple[str, list[Chart]]]:
        """A day and ninety days of every look of a signal."""
        self._now = now
        return await self._signals[signal].get() or []

    async def _drawn_of(self, signal: Signal) -> list[tuple[str, list[Chart]]]:
        looks, end = LOOKS[signal], self._now
        found = []
        for title, back, step in (
            ("Last 24 hours", DAY_SECONDS, DAY_STEP),
            ("Last 90 days", 90 * DAY_SECONDS, DAY_SECONDS / 4),
        ):
            pace = await self.kept.pace(
                [look.value for look in looks], back_seconds=back, step=step
            )
            charts = [
                pace_chart(
                    [row for row in pace or () if row["look"] == look.value],
                    name=look.value,
                    key=signal.value,
                    begin=end - back,
                    end=end,
                    step=step,
                )
                for look in looks
            ]
            if signal is Signal.CLOCK:
                offsets = await self.kept.offsets(back_seconds=back)
                charts.insert(0, clock_chart(offsets or (), begin=end - back, end=end))
            found.append((title, [chart for chart in charts if not chart.empty]))
        return found
