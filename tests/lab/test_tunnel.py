"""A tunnel really delays, loses, repeats and reorders: measured with ping, inside the room."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.lab import internet
from tests.lab.conftest import Open
from tests.lab.visit import Visit
from tests.lab.world import Families, Tunnel

FAR = internet.CLOUDFLARE.v4
PINGS = 300
# While frames were lost, in this test or the one before it, a neighbour's address may have been,
# too: it is asked for once a second.
UNTIL_FOUND = f"ping -c 10 -i 0.3 -W 3 {FAR}"


@pytest.fixture
def line(visit: Open) -> Iterator[Visit]:
    """A world whose way from router to provider is a tunnel; like a cable again afterwards."""
    world = visit(Families.V4, Tunnel.WAN)
    yield world
    world.manners(Tunnel.WAN)


def round_trips(line: Visit, count: int = 10) -> list[float]:
    said = line.says(f"ping -c {count} -i 0.05 -W 2 {FAR}")
    return [float(ms) for ms in re.findall(r"time=([\d.]+) ms", said)]


def answered(line: Visit) -> float:
    """The share of many pings that came back."""
    said = line.says(f"ping -q -c {PINGS} -i 0.01 -W 1 {FAR}")
    found = re.search(r"(\d+) received", said)
    assert found, said
    return int(found[1]) / PINGS


def test_without_manners_it_is_a_cable(line: Visit) -> None:
    assert answered(line) == 1.0
    assert min(round_trips(line)) < 10.0


def test_75_ms_each_way_is_150_ms_there_and_back(line: Visit) -> None:
    line.manners(Tunnel.WAN, delay_ms=75)

    trips = round_trips(line)

    assert len(trips) == 10
    assert min(trips) >= 150.0
    assert sorted(trips)[len(trips) // 2] < 180.0


def test_jitter_spreads_the_delay(line: Visit) -> None:
    line.manners(Tunnel.WAN, delay_ms=75, jitter_ms=50)

    trips = round_trips(line, count=40)

    assert max(trips) - min(trips) > 50.0  # each way between 25 and 125 ms
    assert min(trips) >= 50.0


# What is lost on either way is lost for the round trip. The margins are five standard deviations.
@pytest.mark.parametrize(
    ("manners", "share"),
    [
        ({"loss": 20}, 0.64),
        ({"up_loss": 40}, 0.6),
        ({"down_loss": 40}, 0.6),
        ({"loss": 5, "up_loss": 0}, 0.95),
        ({"loss": 100}, 0.0),
    ],
    ids=str,
)
def test_frames_are_lost_as_often_as_asked(
    line: Visit, manners: dict[str, float], share: float
) -> None:
    line.manners(Tunnel.WAN, **manners)

    margin = 5 * (share * (1 - share) / PINGS) ** 0.5
    assert answered(line) == pytest.approx(share, abs=margin)


def test_frames_are_repeated(line: Visit) -> None:
    line.manners(Tunnel.WAN, duplicate=100)

    assert "DUP!" in line.says(UNTIL_FOUND)


def test_good_manners_come_back(line: Visit) -> None:
    line.manners(Tunnel.WAN, delay_ms=200, loss=50)
    assert answered(line) < 0.5

    line.manners(Tunnel.WAN)

    line.says(UNTIL_FOUND)
    assert answered(line) == 1.0
    assert min(round_trips(line)) < 10.0


@pytest.mark.parametrize("tunnel", Tunnel)
def test_every_tunnel_carries_what_its_cable_did(visit: Open, tunnel: Tunnel) -> None:
    world = visit(Families.DUAL, *Tunnel)
    world.manners(tunnel, delay_ms=30)

    apple, courier = internet.WWW_APPLE, internet.COURIERS[0]
    far = courier.v4 if tunnel is Tunnel.APPLE else apple.v4
    said = world.says(f"ping -c 2 -i 0.05 {far}; curl -sS -m 5 -kI https://{apple.names[0]}/")

    trips = [float(ms) for ms in re.findall(r"time=([\d.]+) ms", said)]
    assert len(trips) == 2
    assert min(trips) >= 60.0
    assert "200" in said
    world.manners(tunnel)
