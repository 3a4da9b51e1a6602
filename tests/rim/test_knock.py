"""One attempt to connect that may die on the way: what comes back, read rightly."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import cast

import pytest

from probe import passage
from probe.machine import Network
from probe.passage import read_fates
from probe.tools import Tools
from probe.tools.datagram import Heard, Poke
from probe.tools.knock import Knock, knock, read_fate
from probe.words import Cause
from tests.support.servers import HOST, hang, refusing_port, tcp_server

pytestmark = pytest.mark.real

ROUTER = "192.0.2.1"


async def test_a_listener_opens() -> None:
    async with tcp_server(hang) as port:
        assert await knock(HOST, port, ttl=1) == Knock(opened=True)


async def test_a_closed_port_refuses() -> None:
    with refusing_port(socket.SOCK_STREAM) as port:
        assert await knock(HOST, port, ttl=1) == Knock(refused=True)


async def test_a_name_is_not_taken() -> None:
    with pytest.raises(ValueError, match="localhost"):
        await knock("localhost", 443, ttl=1)


def icmp(kind: int, code: int, offender: str = ROUTER, *, own: bool = False) -> Poke:
    return Poke(heard=Heard.ICMP, icmp_type=kind, icmp_code=code, offender=offender, own=own)


FATES = {
    "nothing against it": (None, 0, Knock(opened=True)),
    "reset": (None, errno.ECONNREFUSED, Knock(refused=True)),
    "unreachable, by nobody known": (None, errno.EHOSTUNREACH, Knock()),
    "out of hops": (
        icmp(11, 0),
        errno.EHOSTUNREACH,
        Knock(expired=True, expired_at=ROUTER, icmp=(11, 0)),
    ),
    "out of hops, over IPv6": (
        icmp(3, 0, "2001:db8::1"),
        errno.EHOSTUNREACH,
        Knock(expired=True, expired_at="2001:db8::1", icmp=(3, 0)),
    ),
    "prohibited by the router": (
        icmp(3, 13),
        errno.EHOSTUNREACH,
        Knock(turned_away_by=ROUTER, icmp=(3, 13)),
    ),
    "refused by our own filter": (
        icmp(3, 3, "192.0.2.9", own=True),
        errno.ECONNREFUSED,
        Knock(turned_away_by="192.0.2.9", own=True, icmp=(3, 3)),
    ),
}


@pytest.mark.parametrize("case", FATES)
def test_what_became_of_it(case: str) -> None:
    queued, number, knocked = FATES[case]

    assert read_fate(queued, number) == knocked


SILENT, REFUSED, WITHHELD = (
    Knock(silent=True),
    Knock(refused=True),
    Knock(silent=True, withheld=True),
)
READ = {
    "swallowed each time": ([SILENT] * 3, Cause.PUSH_FULLY_BLOCKED),
    "refused each time": ([REFUSED] * 3, Cause.ACTIVE_REJECT_NEAR),
    "never sent": ([WITHHELD] * 3, Cause.LOCAL_HOST_FIREWALL),
    "not sent once: somebody else's packet was counted": (
        [SILENT, WITHHELD, SILENT],
        Cause.PUSH_FULLY_BLOCKED,
    ),
    "now this, now that": ([SILENT, REFUSED, SILENT], None),
}


@pytest.mark.parametrize("case", READ)
def test_several_attempts_must_agree(case: str) -> None:
    fates, cause = READ[case]

    held = read_fates(fates, "192.0.2.7", 5223, Cause.PUSH_FULLY_BLOCKED)

    assert (held.cause if held else None) is cause


@dataclass
class Near:
    """A router that resets port 443, in front of a machine that seldom says what expired at it."""

    says: list[bool]  # whether it says so, time after time
    fate: Knock = REFUSED

    async def knock(self, address: str, port: int, **more: float) -> Knock:
        if port == 443:
            return self.fate
        return Knock(expired=self.says.pop(0) if self.says else False)

    async def poke(self, address: str, port: int, **more: float) -> Poke:
        return Poke(heard=Heard.SILENT)


@pytest.mark.parametrize(
    ("near", "cause"),
    [
        (Near(says=[False, True]), Cause.ACTIVE_REJECT_NEAR),  # asked again, and once is enough
        (Near(says=[]), None),  # it never says so of any port
        (Near(says=[True], fate=SILENT), None),  # silence proves something beside a twin each time
    ],
)
async def test_a_refusal_within_two_hops_needs_the_other_port_only_once(
    near: Near, cause: Cause | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passage, "KNOCK_SECONDS", 0.0)
    walked = await passage.held_up(
        cast(Tools, near), Network(), "192.0.2.7", 443, silently=Cause.PUSH_FULLY_BLOCKED
    )

    assert (walked.held_up.cause if walked.held_up else None) is cause
    assert walked.heard is (cause is not None)


async def test_a_port_that_expires_behind_the_router_was_heard_to_pass() -> None:
    near = Near(says=[True], fate=Knock(expired=True))

    walked = await passage.held_up(
        cast(Tools, near), Network(), "192.0.2.7", 443, silently=Cause.PUSH_FULLY_BLOCKED
    )

    assert walked == passage.PASSES
