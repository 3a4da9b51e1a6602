"""Hears what is seen and told, and keeps it: one file, one thread that writes.

A thread of its own, because the shared pool fills with hung name look-ups when DNS is down. A turn
is on disk before anybody else is told of it; a disk that does not take it costs history, never the
service.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from probe.clock import Clock
from probe.history import past, questions
from probe.history.apple import Post, post_of
from probe.history.read import told
from probe.history.store import Row, Store
from probe.model import (
    Asked,
    FeedEventFact,
    FeedFact,
    News,
    Observation,
    OffsetFact,
    Remembered,
    Status,
    Turn,
    Verdict,
)
from probe.verdict.settle import is_one_incident
from probe.words import Blame, Cause, Certainty, Code, Impact, Look

log = logging.getLogger(__name__)
T = TypeVar("T")

FLUSH_SECONDS = 10.0  # what a kill may cost of observations; turns are written at once
MOST_WAITING = 5000  # observations, while a disk does not take them: ten minutes at the worst pace
LOOKING_EVERY_SECONDS = 30.0
TIDY_EVERY_SECONDS = 3600.0
# A clock that says so long after isitme last looked, or that is set by so much, may be wrong: what
# is too old by it is only dropped when it still says so a day later. NTP mends a clock sooner.
LONG_SECONDS, SETTLED_SECONDS = 30 * 86_400.0, 86_400.0
TURN_SECONDS = 2.0  # how long telling waits for the disk
TRY_AGAIN_SECONDS = 300.0  # a disk that was full may have room again
QUARTER_SECONDS = 900.0  # one offset of each source for each: 2.5 MB in ninety days
PUSH_EVERY_SECONDS = 600.0  # what is kept of push is good for a week
MOST_POSTS = 1000  # a feed of the worst week has under a hundred
LOOKS = frozenset(look.value for look in Look)


class History:
    """An outlet. `trouble` says in words why nothing is kept at the moment; empty when all is."""

    def __init__(self, path: Path, *, clock: Clock, most_bytes: int) -> None:
        self.path, self.trouble = path, ""
        self._clock, self.most_bytes = clock, most_bytes
        # What only the monitor knows; set by whoever made it.
        self.network: Callable[[], str | None] = lambda: None
        self.apple_events: Callable[[], Sequence[FeedEventFact]] = lambda: ()
        self._push_kept: dict[str, float] = {}
        self._posts: dict[tuple[str, str], Post] = {}  # as they are kept
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")
        self._store: Store | None = None
        self._waiting: list[Row] = []
        self._offsets: dict[tuple[int, str], tuple[float, float]] = {}
        self._dropped = 0
        self._task: asyncio.Task[None] | None = None
        self._anew = True
        self._tried_at = float("-inf")
        self._drops_from = float("-inf")  # on the clock that counts suspend
        self._steady: float | None = None  # the wall clock minus that one

    # ------------------------------------------------------------ beginning and end

    async def open(self) -> Remembered:
        """Open or make the file and give what an earlier run knew. Never raises."""
        await self._try(self._open)
        remembered = await self._try(self._remembered)
        self._task = asyncio.create_task(self._keep(), name="history")
        return remembered or Remembered()

    async def close(self) -> None:
        """Write what waits, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._try(self._flush)
        store, self._store = self._store, None
        if store is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, store.close)
        self._thread.shutdown(wait=False)

    def resumed(self) -> None:
        """The machine slept: what lies between is not known."""
        self._anew = True

    # ------------------------------------------------------------ hearing

    async def hear(self, news: News) -> None:
        if isinstance(news, Observation):
            self._waiting.append(row_of(news))
            if len(self._waiting) > MOST_WAITING:
                del self._waiting[0]
            self._offsets |= offsets_of(news)
            await self._keep_push(news)
            await self._keep_posts(news)
        else:
            await self._bounded(self._add_turn, news)

    async def first(self, status: Status) -> None:
        """The first verdict of this run, when it is not what was told before: no turn tells it."""
        await self._bounded(self._add_first, status)

    async def told(
        self, what: str, since_seconds: float, most: int, before: int | None
    ) -> dict[str, list[dict[str, Any]]] | None:
        """A page of turns or incidents of so many seconds back; None when it cannot be read."""
        since = self._now() - since_seconds
        return await self.ask(
            lambda database: told(database, since=since, most=most, before=before, what=[what])
        )

    async def story(self) -> dict[str, Any] | None:
        """Ninety days for the page (probe/history/past.py); None when it cannot be read."""
        now = self._now()
        return await self.ask(lambda database: past.story(database, now=now))

    async def incident(self, id: int) -> dict[str, Any] | None:
        return await self.ask(lambda database: past.incident(database, id=id))

    async def pace(
        self, looks: Sequence[str], *, back_seconds: float, step: float
    ) -> list[dict[str, Any]] | None:
        """How long answers took, so many seconds back, in steps of so many seconds."""
        since = self._now() - back_seconds
        return await self.ask(
            lambda database: past.pace(database, looks=looks, since=since, step=step)
        )

    async def offsets(self, *, back_seconds: float) -> list[dict[str, Any]] | None:
        since = self._now() - back_seconds
        return await self.ask(lambda database: past.offsets(database, since=since))

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T | None:
        """Read something back, on the history's thread; None when it cannot answer."""
        return await self._try(lambda store: store.ask(question))

    async def change(self, work: Callable[[Store], None]) -> bool:
        """Change something on the history's thread; whether it was kept."""

        def done(store: Store) -> bool:
            work(store)
            return True

        return bool(await self._try(done))

    # ------------------------------------------------------------ on the loop

    async def _keep_push(self, seen: Observation) -> None:
        network = self.network()
        if seen.look is not Look.PUSH_5223 or not seen.finding.passed or network is None:
            return
        now = self._clock.elapsed()
        if now - self._push_kept.get(network, float("-inf")) >= PUSH_EVERY_SECONDS:
            self._push_kept[network] = now
            await self._try(lambda store: store.add_push(network, self._now()))

    async def _keep_posts(self, seen: Observation) -> None:
        """Apple's words, when they are others than the last time."""
        posts = {
            (post.service, post.message): post
            for fact in seen.finding.facts
            if isinstance(fact, FeedFact)
            for post in map(post_of, fact.events)
        }
        new = [post for key, post in posts.items() if self._posts.get(key) != post]
        if new and await self.change(lambda store: store.add_posts(self._now(), new)):
            self._posts |= {(post.service, post.message): post for post in new}
            while len(self._posts) > MOST_POSTS:
                self._posts.pop(next(iter(self._posts)))

    async def _keep(self) -> None:
        tidied = float("-inf")
        looked = float("-inf")
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            now = self._clock.elapsed()
            if self._store is None and now - self._tried_at >= TRY_AGAIN_SECONDS:
                await self._try(self._open)
            await self._try(self._flush)
            if now - looked >= LOOKING_EVERY_SECONDS:
                looked = now
                await self._try(self._looking)
            if now - tidied >= TIDY_EVERY_SECONDS and self.may_drop():
                tidied = now
                await self._try(lambda store: store.tidy(self._now(), most_bytes=self.most_bytes))

    def may_drop(self) -> bool:
        """Whether the wall clock may be believed about what is old enough to be dropped."""
        now = self._clock.elapsed()
        steady = self._now() - now
        if self._steady is not None and abs(steady - self._steady) > SETTLED_SECONDS:
            self._drops_from = now + SETTLED_SECONDS
            log.warning("the clock was set by more than a day: nothing old is dropped for a day")
        self._steady = steady
        return now >= self._drops_from

    async def _bounded(self, work: Callable[[Store, Any], None], given: object) -> None:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._try(lambda store: work(store, given))
        except TimeoutError:
            log.warning("the history in %s takes long to write; telling goes on", self.path)

    async def _try(self, work: Callable[[Any], T], *, again: bool = True) -> T | None:
        """Do something on the thread; say once when it fails, and once when it works again.

        A file that turns out to be spoiled is set aside, and a new one takes what it did not.
        """
        loop = asyncio.get_running_loop()
        opening = work == self._open
        if self._store is None and not opening:
            return None
        try:
            done = await loop.run_in_executor(self._thread, work, self._store)
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            if again and not opening and is_broken(error):
                await self._try(self._begin_anew, again=False)
                return await self._try(work, again=False)
            return None
        if self.trouble and not opening:
            log.info("history is kept again in %s", self.path)
            self.trouble = ""
        return done

    def _failed(self, error: Exception) -> None:
        said = f"nothing is kept: {self.path}: {in_words(error)}"
        if said != self.trouble:
            log.warning("%s", said)
        self.trouble = said

    # ------------------------------------------------------------ on the thread

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _open(self, _: object) -> None:
        self._tried_at = self._clock.elapsed()
        try:
            self._store = Store(self.path)
        except sqlite3.DatabaseError as error:
            if not is_broken(error):
                raise
            self._set_aside(error)
            self._store = Store(self.path)
        last = self._store.ask(questions.last_seen)
        if last is not None and abs(self._now() - last) > LONG_SECONDS:
            self._drops_from = self._clock.elapsed() + SETTLED_SECONDS
        self._store.looking(self._now(), anew=True)
        self._anew = False

    def _begin_anew(self, store: Store) -> None:
        """In place of a file that was opened and is spoiled."""
        store.close()
        self._store = None
        self._set_aside(self.trouble)
        self._open(None)

    def _set_aside(self, why: object) -> None:
        """Whole, so that somebody may still read it (sqlite.org/recovery.html)."""
        aside = f"{self.path.name}.broken-{self._clock.now():%Y%m%dT%H%M%S}"
        for tail in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                self.path.with_name(self.path.name + tail).replace(
                    self.path.with_name(aside + tail)
                )
        log.warning("%s cannot be read (%s): set aside as %s", self.path, why, aside)

    def _looking(self, store: Store) -> None:
        store.looking(self._now(), anew=self._anew)
        self._anew = False

    def _flush(self, store: Store) -> None:
        waiting, self._waiting = self._waiting, []
        offsets, self._offsets = self._offsets, {}
        if not waiting:
            return
        try:
            store.add_offsets(offsets)  # the same twice is the same; a lost one is a gap in a line
            store.add_observations(waiting)
        except sqlite3.Error:
            self._waiting = (waiting + self._waiting)[-MOST_WAITING:]
            raise

    def _remembered(self, store: Store) -> Remembered:
        now = self._now()
        last = store.ask(questions.last_told)
        told = verdict_of(last) if last is not None else None
        return Remembered(
            told=told,
            since=datetime.fromtimestamp(last["at"], UTC) if last and told else None,
            asked=tuple(
                Asked(
                    look=Look(row["look"]),
                    target=row["target"],
                    first_asked_seconds_ago=max(0.0, now - row["asked"]),
                    ever_passed=row["passed"] is not None,
                )
                for row in store.ask(questions.witnesses)
                if row["look"] in LOOKS
            ),
            # A moment in the future was written under a clock that has been set back since.
            push_seen_seconds_ago={
                row["network"]: now - row["at"]
                for row in store.ask(questions.networks_with_push)
                if now >= row["at"]
            },
            apple_lag_seconds=store.ask(questions.last_lag),
        )

    def _add_turn(self, store: Store, turn: Turn) -> None:
        incident = incident_of(turn.after, self.apple_events(), same=is_one_incident(turn))
        store.add_turn(turn.at.timestamp(), told_of(turn.after), incident)

    def _add_first(self, store: Store, status: Status) -> None:
        last = store.ask(questions.last_told)
        told = told_of(status.verdict)
        if last is None or any(last[key] != told[key] for key in ("blame", "code", "cause")):
            incident = incident_of(status.verdict, status.apple_events, same=False)
            store.add_turn(status.since.timestamp(), told, incident)


# ---------------------------------------------------------------- values


def row_of(observation: Observation) -> Row:
    """What is kept of an observation: names from closed or bounded lists, and no free text."""
    finding = observation.finding
    failed = finding.failed
    return Row(
        at=observation.at.timestamp(),
        look=observation.look.value,
        target=finding.target,
        family=finding.family.value,
        step=failed.step.value if failed else None,
        failure=failed.failure.value if failed and failed.failure else None,
        seconds=sum(step.seconds for step in finding.steps),
    )


def offsets_of(observation: Observation) -> dict[tuple[int, str], tuple[float, float]]:
    """What it shows of this host's clock, by quarter of an hour and source. Hints are no proof."""
    quarter = int(observation.at.timestamp() // QUARTER_SECONDS * QUARTER_SECONDS)
    return {
        (quarter, fact.source): (fact.low_seconds, fact.high_seconds)
        for fact in observation.finding.facts
        if isinstance(fact, OffsetFact) and not fact.hint
    }


def told_of(verdict: Verdict) -> dict[str, Any]:
    return {
        "blame": verdict.blame.value,
        "code": verdict.code.value,
        "cause": verdict.cause.value if verdict.cause else None,
        "impact": verdict.impact.value,
        "certainty": verdict.certainty.value,
        "headline": verdict.headline,
    }


def verdict_of(row: dict[str, Any]) -> Verdict | None:
    """A told verdict as far as it is kept; None when its words are not ours any more."""
    try:
        return Verdict(
            blame=Blame(row["blame"]),
            code=Code(row["code"]),
            cause=Cause(row["cause"]) if row["cause"] else None,
            impact=Impact(row["impact"]),
            certainty=Certainty(row["certainty"]),
            headline=row["headline"],
        )
    except ValueError:
        return None


def incident_of(
    verdict: Verdict, events: Sequence[FeedEventFact], *, same: bool
) -> dict[str, Any] | None:
    """What this verdict does to incidents; None when it ends them."""
    if verdict.blame is Blame.NOBODY:
        return None
    return {
        "same": same,
        "evidence": [
            {
                "probe": why.look.value,
                "target": why.target,
                "step": why.step.value if why.step else None,
                "failure": why.failure.value if why.failure else None,
                "at": why.at.timestamp(),
                "said": why.said,
            }
            for why in verdict.because
        ],
        "apple_events": sorted({e.message_id for e in events if e.state == "ongoing"}),
        # Seen from here: also where Apple said so first.
        "suspected": verdict.code is Code.APPLE_SUSPECTED
        or verdict.cause is Cause.CONFIRMED_BY_PROBES,
        "acknowledged": verdict.code is Code.APPLE_ACKNOWLEDGED,
        "contradicts": contradicts(verdict),
    }


def contradicts(verdict: Verdict) -> str | None:
    """What it says against Apple's having been the cause, in words: it is somebody else's, surely
    enough. None: it does not."""
    if verdict.blame not in {Blame.ME, Blame.PROVIDER} or verdict.certainty is Certainty.LOW:
        return None
    near = [why.said for why in verdict.because if why.look is Look.NEARBY]
    return " ".join((verdict.headline, *(f"({said})" for said in near[:1])))


def in_words(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)


BROKEN: Sequence[str] = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def is_broken(error: Exception) -> bool:
    """Whether the file itself is spoiled, rather than out of reach or out of room."""
    return str(getattr(error, "sqlite_errorname", "")).startswith(tuple(BROKEN))
