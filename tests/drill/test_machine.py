"""The staged machine reads like a real one in a home, and its getaddrinfo fails like glibc's."""

from __future__ import annotations

import socket

import pytest

from probe.drill.nameserver import Rule, Says
from probe.drill.wires import Wire
from probe.drill.world import World
from probe.machine import Machine
from probe.words import Family

pytestmark = pytest.mark.real


async def test_a_healthy_home_has_one_way_out_through_its_name_server() -> None:
    async with World() as world:
        machine: Machine = world.machine()
        network = machine.network()
        (way_out,) = network.default_routes(Family.IPV4)
        router = network.neighbour(way_out.gateway)

        assert network.known
        assert machine.resolvers() == (way_out.gateway,) == world.resolvers
        assert router is not None
        assert router.reachable
        assert len(network.usable_addresses(Family.IPV4)) == 1
        assert network.default_routes(Family.IPV6) == ()
        assert machine.proxy_variables() == {}


async def test_apples_addresses_go_the_same_way_as_all_others() -> None:
    async with World() as world:
        network = world.machine().network()

        assert network.route_to("127.77.2.10") == network.route_to("1.1.1.1") is not None


async def test_a_pulled_cable_takes_carrier_address_and_route_and_gives_them_back() -> None:
    async with World() as world:
        machine = world.machine()
        before = machine.network()
        await world.turn("link-down")
        down = machine.network()
        await world.turn("healthy")
        after = machine.network()

    assert [i.name for i in down.interfaces if not i.loopback and not i.carrier] == ["drill0"]
    assert down.usable_addresses(Family.IPV4) == ()
    assert down.default_routes(Family.IPV4) == ()
    assert after == before


async def test_a_router_that_is_gone_and_a_route_that_is_missing_can_be_staged() -> None:
    async with World() as world:
        world.link.gateway_answers = False
        world.link.default_route = False
        network = world.machine().network()
        router = network.neighbour(world.resolvers[0])

    assert router is not None
    assert router.failed
    assert network.default_routes(Family.IPV4) == ()


async def test_applications_get_addresses_from_the_drills_name_server() -> None:
    async with World() as world:
        found = await world.machine().lookup("1-courier.push.apple.com")
        await world.turn("dns-block")
        blocked = await world.machine().lookup("1-courier.push.apple.com")

    assert found == ("127.77.2.10",)
    assert blocked == ("0.0.0.0",)


FAILURES = {
    Says.NXDOMAIN: socket.EAI_NONAME,
    Says.NODATA: socket.EAI_NODATA,
    Says.SERVFAIL: socket.EAI_AGAIN,
    Says.REFUSED: socket.EAI_AGAIN,
}


@pytest.mark.parametrize("says", FAILURES)
async def test_applications_are_told_what_glibc_tells_them(says: Says) -> None:
    async with World() as world:
        world.manners.names["*"] = Rule(says=says)
        with pytest.raises(socket.gaierror) as told:
            await world.machine().lookup("www.google.com")

    assert told.value.errno == FAILURES[says]


async def test_a_silent_or_refusing_name_server_is_a_temporary_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("probe.drill.machine.ATTEMPT_SECONDS", 0.1)
    async with World() as world:
        for wire in (Wire.SILENT, Wire.REFUSED):
            world.wire(wire, places=("gateway",))
            with pytest.raises(socket.gaierror) as told:
                await world.machine().lookup("www.google.com")
            assert told.value.errno == socket.EAI_AGAIN
