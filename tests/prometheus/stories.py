"""Real isitmes that live through more than one drill.

    python -m tests.prometheus.stories NAME PORT

The real service in a drill's world on loopback, as `isitme drill` runs it, with more than one turn.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence

from probe import service
from probe.drill.states import DRILLS
from probe.drill.world import World
from probe.model import News, Turn
from probe.staging import setup_of
from probe.words import Code

HEALTHY_SECONDS = 10.0  # after the first answer: a few scrapes of a healthy world
EACH_SECONDS = 12.0
LAG_SECONDS = 15.0

Act = Callable[[World], object]  # what happens; awaited when it is to be


def drill(name: str) -> Act:
    return lambda world: world.turn(name)


# When this code is told (`ok`: at the first answer), and so many seconds later, this happens.
STORIES: Mapping[str, Sequence[tuple[Code | None, float, Act]]] = {
    "healthy": (),
    "dns-block": ((Code.OK, HEALTHY_SECONDS, drill("dns-block")),),
    "internet-down": ((Code.OK, HEALTHY_SECONDS, drill("internet-down")),),
    # Apple fails, and says so later.
    "apple": (
        (Code.OK, HEALTHY_SECONDS, drill("apple-outage")),
        (Code.APPLE_SUSPECTED, LAG_SECONDS, lambda world: world.post_outage()),
    ),
    # Everything that can be staged, one after the other.
    "parade": tuple(
        (Code.OK if place == 0 else None, EACH_SECONDS, drill(name))
        for place, name in enumerate(name for name in DRILLS if name != "healthy")
    ),
}


class Told:
    """Hears the turns, for those who wait for one."""

    def __init__(self) -> None:
        self._codes = asyncio.Queue[Code]()

    async def hear(self, news: News) -> None:
        if isinstance(news, Turn):
            self._codes.put_nowait(news.after.code)

    def first(self, code: Code) -> None:
        self._codes.put_nowait(code)

    async def wait_for(self, code: Code) -> None:
        while await self._codes.get() is not code:
            pass


async def live(name: str, port: int) -> None:
    async with World() as world:
        told = Told()

        async def play() -> None:
            for code, seconds, act in STORIES[name]:
                if code is not None:
                    await told.wait_for(code)
                await asyncio.sleep(seconds)
                happening = act(world)
                if asyncio.iscoroutine(happening):
                    await happening

        playing = asyncio.create_task(play())
        try:
            await service.run(
                setup_of(world, name),
                host="127.0.0.1",
                port=port,
                on_ready=lambda status: told.first(status.verdict.code),
                outlets=[told],
            )
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], int(sys.argv[2])))
