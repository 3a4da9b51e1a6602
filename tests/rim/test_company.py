"""Connections of one look: what the router tells one of them shortens the others' wait."""

from __future__ import annotations

import asyncio
import errno

import pytest

from probe.company import SHUT_SECONDS, Company
from probe.failures import TurnedAway
from probe.machine import Network
from probe.wire.netlink import Route
from probe.words import Family
from tests.support.time import FakeClock

ROUTER, PROVIDER = "192.168.1.1", "100.64.0.1"
USUAL = 5.0


def company() -> Company:
    route = Route(
        family=Family.IPV4, destination="", prefix_length=0, gateway=ROUTER, interface_index=2
    )
    return Company(Network(routes=(route,)), Family.IPV4)


async def connects(
    together: Company, *, after: float, error: OSError | None = None, begins: float = 0.0
) -> float:
    """Seconds that it waited, from its own beginning."""
    await asyncio.sleep(begins)
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with asyncio.timeout(USUAL) as bound:
            with together.waits(bound):
                await asyncio.sleep(after)
                if error is not None:
                    raise error
    except (TimeoutError, OSError):
        pass
    return loop.time() - began


def away(offender: str, *, no_way: bool = True) -> TurnedAway:
    return TurnedAway(errno.ENETUNREACH, "unreachable", offender=offender, no_way=no_way)


async def test_the_routers_word_to_one_ends_the_wait_of_the_others(
    virtual_time: FakeClock,
) -> None:
    together = company()
    heard, waiting, later = await asyncio.gather(
        connects(together, after=0.3, error=away(ROUTER)),
        connects(together, after=60.0),
        connects(together, after=60.0, begins=1.0),
    )

    assert heard == pytest.approx(0.3)
    assert waiting == pytest.approx(SHUT_SECONDS)
    assert later == pytest.approx(SHUT_SECONDS)


async def test_what_is_answered_in_time_is_answered(virtual_time: FakeClock) -> None:
    together = company()
    _, slow = await asyncio.gather(
        connects(together, after=0.3, error=away(ROUTER)), connects(together, after=2.0)
    )

    assert slow == pytest.approx(2.0)


async def test_a_word_that_comes_late_ends_the_wait_at_once(virtual_time: FakeClock) -> None:
    together = company()
    _, waiting = await asyncio.gather(
        connects(together, after=3.5, error=away(ROUTER)), connects(together, after=60.0)
    )

    assert waiting == pytest.approx(3.5)


@pytest.mark.parametrize(
    "error",
    [away(PROVIDER), away(ROUTER, no_way=False), OSError(errno.ENETUNREACH, "unreachable")],
    ids=["somebody further away", "this address is prohibited", "nobody knows who said it"],
)
async def test_another_word_is_no_reason_to_wait_less(
    virtual_time: FakeClock, error: OSError
) -> None:
    together = company()
    _, waiting = await asyncio.gather(
        connects(together, after=0.3, error=error), connects(together, after=60.0)
    )

    assert waiting == pytest.approx(USUAL)
