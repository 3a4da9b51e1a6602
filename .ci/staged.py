"""The real service in a drill's world that turns as it is told: a state on each line of stdin.

    python .ci/staged.py PORT HISTORY

Beside the drills there is one state that only the page's gate wants.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from probe import service
from probe.drill.world import World
from probe.staging import setup_of

# What a hostile feed could say: none of it may run, and all of it must be shown as text.
EVIL = (
    "</p></style><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
    "<svg onload='window.hacked = 1'><a href='javascript:window.hacked = 1'>click</a>"
)
HOSTILE = "hostile"


async def turn(world: World, state: str) -> None:
    if state == HOSTILE:
        await world.turn("apple-acknowledged")
        world.manners.outage_said = EVIL
    else:
        await world.turn(state)


async def obey(world: World) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        await turn(world, line.strip())
        print(f"staged: {line.strip()}", flush=True)


async def main(port: int, history: Path) -> None:
    async with World() as world:
        obeying = asyncio.create_task(obey(world))
        setup = setup_of(world, "the page's gate", history)
        await service.run(setup, host="127.0.0.1", port=port)
        obeying.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
