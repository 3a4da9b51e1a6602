"""What is asked by turns: every target in one of them, every service group in as many as it can."""

from __future__ import annotations

import pytest

from probe.conversation import Host
from probe.reach import in_turn
from probe.targets import Targets
from probe.words import Family

TURNS = 4


def hosts(*families: Family) -> list[Host]:
    return [
        Host(
            target=host.name,
            operator="apple",
            host=host.host,
            port=443,
            use=None,
            family=family,
            group=host.group,
        )
        for family in families
        for host in Targets().apple_hosts
    ]


@pytest.mark.parametrize("families", [(Family.IPV4,), (Family.IPV4, Family.IPV6)])
def test_everything_has_one_turn(families: tuple[Family, ...]) -> None:
    every = hosts(*families)

    asked = [one for turn in range(TURNS) for one in in_turn(every, turn, TURNS)]

    assert sorted(asked, key=str) == sorted(every, key=str)


def test_a_group_of_two_is_touched_every_other_time() -> None:
    groups = [{one.group for one in in_turn(hosts(Family.IPV4), t, TURNS)} for t in range(TURNS)]

    for group in ("messaging", "account"):
        turns = [turn for turn in range(TURNS) if group in groups[turn]]
        assert len(turns) == 2
        assert turns[1] - turns[0] == 2


def test_a_group_of_four_is_touched_every_time() -> None:
    every = hosts(Family.IPV4, Family.IPV6)

    assert all(
        "messaging" in {one.group for one in in_turn(every, turn, TURNS)} for turn in range(TURNS)
    )
