"""`isitme drill`: the real service on a small world that begins healthy and then breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from probe import app, service
from probe.drill.states import DRILLS
from probe.drill.world import World
from probe.looks import PLANS
from probe.model import News, Observation, Status

HEALTHY = "healthy"
# On loopback nobody needs protection by intervals, and a user wants to see the answer turn.
DRILL_PACE_SECONDS = 15.0
MOST_HISTORY_BYTES = 500_000_000


def setup_of(world: World, name: str, history: Path | None = None) -> app.Setup:
    """What a run needs to live in a drill's world."""
    return app.Setup(
        site="drill",
        targets=world.targets(),
        plans={
            plan.look: replace(plan, every_seconds=min(plan.every_seconds, DRILL_PACE_SECONDS))
            for plan in PLANS
        },
        machine=world.machine(),
        ports=world.ports,
        public_roots=world.public_roots,
        apple_roots=world.apple_roots,
        drill=name,
        history=history,
        history_bytes=MOST_HISTORY_BYTES,
    )


class Teller:
    """Says each turn on the terminal, so that a user sees the answer change."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say

    async def hear(self, news: News) -> None:
        if not isinstance(news, Observation):
            self._say(f"\nThe answer turned: {news.after.headline}")


async def run_drill(
    name: str,
    *,
    host: str,
    port: int,
    healthy_seconds: float,
    on_ready: Callable[[Status], object] = lambda status: None,
    say: Callable[[str], object] = lambda text: None,
    allowed_hosts: Sequence[str] = (),
    stop: asyncio.Event | None = None,
    history: Path | None = None,
) -> None:
    """Serve a healthy world, then stage the fault, and go on until stopped.

    `history`: a file to keep what happens in; None: it is kept only as long as the drill lasts.
    """
    with TemporaryDirectory(prefix="isitme-drill-") as folder:
        async with World() as world:
            setup = setup_of(world, name, history or Path(folder) / "history.db")
            breaking = asyncio.create_task(_break(world, name, healthy_seconds, say), name="drill")
            try:
                await service.run(
                    setup,
                    host=host,
                    port=port,
                    allowed_hosts=allowed_hosts,
                    on_ready=on_ready,
                    outlets=[Teller(say)],
                    stop=stop,
                )
            finally:
                breaking.cancel()
                await asyncio.gather(breaking, return_exceptions=True)


async def _break(
    world: World, name: str, healthy_seconds: float, say: Callable[[str], object]
) -> None:
    if name == HEALTHY:
        return
    await asyncio.sleep(healthy_seconds)
    await world.turn(name)
    say(f"\nNow staged: {DRILLS[name].said}")
