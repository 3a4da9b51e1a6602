"""Real isitmes that live through more than one drill.

    python -m tests.prometheus.stories NAME PORTS

The real service in a drill's world on loopback, as `isitme drill` runs it, with more than one turn,
and without saying that it is a drill: another isitme would not take its word. PORTS: the port of
each story as JSON, and that of "the others' Prometheus".
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from probe import app, service
from probe.drill.layout import APPLES_OWN
from probe.drill.manners import FeedManner
from probe.drill.states import DRILLS
from probe.drill.wires import Wire
from probe.drill.world import World
from probe.looks import Plan
from probe.model import News, Status, Turn, Verdict
from probe.settings import Settings
from probe.staging import setup_of
from probe.targets import Peer, Vantage
from probe.words import Cause, Code, Look

HEALTHY_SECONDS = 10.0  # after the first answer: a few scrapes of a healthy world
EACH_SECONDS = 20.0  # for a drill to be told, twice what it takes on an idle machine
SCRAPES_SECONDS = 7.0  # so long is a state kept, for Prometheus to see it
HURRIED_FROM, HURRIED_SECONDS = 3, 8.0  # a drill's own pace is 15 s
DRIFT_SECONDS = 3.0  # more than the second that is told of, less than breaks anything
LOOPBACK = "127.0.0.1"
THE_OTHERS = "the others' Prometheus"
PROVIDER_OF = {"apple": "cable-one", "healthy": "fibre-two"}  # what that Prometheus knows
STUCK_SECONDS, FREE_SECONDS = 4.0, 0.5


@dataclass(kw_only=True)
class Stage:
    """One running service, and the world around it."""

    world: World
    setup: app.Setup
    ports: Mapping[str, int]  # of the others, by what they play
    port: int
    settings: list[Callable[[], app.Setup]] = field(default_factory=list)

    def reread(self) -> service.Reread:
        """The settings that wait to be read. Raises ValueError for a mistake in them."""
        setup = self.settings.pop()()
        return service.Reread(setup=setup, allowed_hosts=(), changed=(), waits_for_restart={})

    async def reload(self, settings: Callable[[], app.Setup]) -> None:
        self.settings.append(settings)
        ask = urllib.request.Request(f"http://{LOOPBACK}:{self.port}/-/reload", method="POST")
        with suppress(urllib.error.HTTPError):  # they were refused
            (await asyncio.to_thread(urllib.request.urlopen, ask, timeout=20)).close()


Act = Callable[[Stage], object]  # what happens; awaited when it is to be


def drill(name: str) -> Act:
    return lambda stage: stage.world.turn(name)


def couriers_silent_and_feed_broken(stage: Stage) -> None:
    """Push alone is silent, on every port; and Apple's status page is another page."""
    couriers = tuple(key for key in APPLES_OWN if key.startswith("courier"))
    stage.world.wire(Wire.SILENT, places=couriers)
    stage.world.manners.feed = FeedManner.BROKEN


def a_detour_a_drift_and_new_words(stage: Stage) -> None:
    """Push passes on port 443 only, the clock is a little off, the feed has a new kind of event."""
    stage.world.restore()
    stage.world.wire(Wire.SILENT, real_ports=(5223,))
    stage.world.clock_offset_seconds = DRIFT_SECONDS
    stage.world.manners.feed = FeedManner.NEW_WORDS


async def without_the_feed(stage: Stage) -> None:
    """New settings switch the look at Apple's status page off."""
    plans = dict(stage.setup.plans)
    del plans[Look.STATUS]
    await stage.reload(lambda: replace(stage.setup, plans=plans))


async def with_a_mistake(stage: Stage) -> None:
    """New settings that cannot be read."""

    def mistaken() -> app.Setup:
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write('sight = "berlin"\n')
            file.flush()
            Settings.load(Path(file.name), {}, usual_places=())
        raise AssertionError("they were taken")

    await stage.reload(mistaken)


def ask(**whom: object) -> Act:
    """New settings say who else may be asked what it sees of Apple."""

    async def act(stage: Stage) -> None:
        nobody = replace(stage.setup.targets, peers=(), vantage=None)
        if "peer" in whom:
            peer = Peer(name="peer", host=LOOPBACK, port=stage.ports[str(whom["peer"])])
            targets = replace(nobody, peers=(peer,))
        else:
            port, not_at = stage.ports[THE_OTHERS], str(whom["not_at"])
            vantage = Vantage(host=LOOPBACK, port=port, site="home", provider=not_at)
            targets = replace(nobody, vantage=vantage)
        await stage.reload(lambda: replace(stage.setup, targets=targets))

    return act


async def something_hogs_the_process(stage: Stage) -> None:
    """The event loop stands still for seconds, again and again."""
    while True:
        time.sleep(STUCK_SECONDS)  # noqa: ASYNC251
        await asyncio.sleep(FREE_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """When a code or cause is told (OK: with the first answer), and so much later, this happens."""

    after: Code | Cause | None = None  # None: at once
    within_seconds: float = 120.0  # when it is not told by then, the play goes on
    then_seconds: float = SCRAPES_SECONDS
    act: Act


def broken_by(act: Act) -> Cue:
    return Cue(after=Code.OK, then_seconds=HEALTHY_SECONDS, act=act)


def parade() -> tuple[Cue, ...]:
    """Every drill, one after the other, each until it has been told and seen."""
    drills = [drill for drill in DRILLS.values() if drill.name != "healthy"]
    return (
        broken_by(drill(drills[0].name)),
        *(
            Cue(after=before.code, within_seconds=EACH_SECONDS, act=drill(after.name))
            for before, after in pairwise(drills)
        ),
    )


STORIES: Mapping[str, Sequence[Cue]] = {
    "healthy": (),
    "dns-block": (broken_by(drill("dns-block")),),
    "internet-down": (broken_by(drill("internet-down")),),
    # Apple fails, and says so later.
    "apple": (
        broken_by(drill("apple-outage")),
        Cue(after=Code.APPLE_SUSPECTED, act=lambda stage: stage.world.post_outage()),
    ),
    "parade": parade(),
    # What no drill does: the states that the lesser alerts are made for.
    "odds": (
        broken_by(couriers_silent_and_feed_broken),
        Cue(after=Cause.PUSH_OR_FILTER, act=a_detour_a_drift_and_new_words),
        Cue(after=Cause.ONLY_443, then_seconds=2 * SCRAPES_SECONDS, act=without_the_feed),
        Cue(then_seconds=1.0, act=with_a_mistake),
    ),
    # Apple is silent here, and another site is asked: first one that fails too, then a healthy one.
    "asks a peer": (
        broken_by(drill("apple-silent")),
        Cue(after=Cause.APPLE_OR_PATH, act=ask(peer="apple")),
        Cue(after=Code.APPLE_SUSPECTED, act=ask(peer="healthy")),
    ),
    "asks Prometheus": (
        broken_by(drill("apple-silent")),
        Cue(after=Cause.APPLE_OR_PATH, act=ask(not_at=PROVIDER_OF["healthy"])),
        Cue(after=Code.APPLE_SUSPECTED, act=ask(not_at=PROVIDER_OF["apple"])),
    ),
    "too busy": (broken_by(something_hogs_the_process),),
    "does not look": (),
}


class Told:
    """Hears the turns, for those who wait for one."""

    def __init__(self) -> None:
        self._words = asyncio.Queue[Code | Cause]()

    async def hear(self, news: News) -> None:
        if isinstance(news, Turn):
            self._keep(news.after)

    def first(self, status: Status) -> None:
        self._keep(status.verdict)

    def _keep(self, verdict: Verdict) -> None:
        self._words.put_nowait(verdict.code)
        if verdict.cause is not None:
            self._words.put_nowait(verdict.cause)

    def forget(self) -> None:
        while not self._words.empty():
            self._words.get_nowait()

    async def wait_for(self, word: Code | Cause, within_seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                while await self._words.get() is not word:
                    pass


def plans_of(name: str, setup: app.Setup) -> Mapping[Look, Plan]:
    """How often it looks: hurried where many states follow each other."""
    if name == "does not look":
        return {}
    if len(STORIES[name]) < HURRIED_FROM:
        return setup.plans
    return {
        look: replace(plan, every_seconds=min(plan.every_seconds, HURRIED_SECONDS))
        for look, plan in setup.plans.items()
    }


async def live(name: str, ports: Mapping[str, int]) -> None:
    async with World() as world:
        told = Told()
        setup = replace(setup_of(world, name), drill="")
        setup = replace(setup, plans=plans_of(name, setup))
        stage = Stage(world=world, setup=setup, ports=ports, port=ports[name])

        async def play() -> None:
            for cue in STORIES[name]:
                if cue.after is not None:
                    await told.wait_for(cue.after, cue.within_seconds)
                await asyncio.sleep(cue.then_seconds)
                told.forget()
                happening = cue.act(stage)
                if asyncio.iscoroutine(happening):
                    await happening

        playing = asyncio.create_task(play())
        try:
            await service.run(
                setup,
                host=LOOPBACK,
                port=stage.port,
                on_ready=told.first,
                outlets=[told],
                reread=stage.reread,
            )
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], json.loads(sys.argv[2])))
