"""This host, its link, its router and the provider's line."""

from __future__ import annotations

from tests.lab import internet
from tests.lab.scenario import ACTIVE, LINK, SILENT, Expect, Fault, Scenario, Symptom
from tests.lab.world import World

CARRIER = Symptom(
    command="ip -br link show eth0", healthy=r"eth0\S*\s+UP", broken=r"eth0\S*\s+(LOWERLAYER)?DOWN"
)
WAY_OUT = Symptom(
    command=f"curl -sS -m 3 -o /dev/null -k https://{internet.QUAD9.v4}/",
    healthy="exit=0",
    broken=r"exit=(7|28)",
)


def cable_out(world: World) -> None:
    world.net.ip("lan", "link", "set", "to-host", "down")


def cable_in(world: World) -> None:
    world.net.ip("lan", "link", "set", "to-host", "up")


def wan_cable_out(world: World) -> None:
    world.net.ip("gw", "link", "set", "wan", "down")


def wan_cable_in(world: World) -> None:
    """The kernel forgets routes over a link that was down; a router's dialler sets them again."""
    world.net.ip("gw", "link", "set", "wan", "up")
    world.net.ip("gw", "route", "replace", "default", "via", internet.ISP_WAN_V4)
    world.net.ip("gw", "addr", "replace", f"{internet.WAN_V6}/64", "dev", "wan")
    world.net.ip("gw", "-6", "route", "replace", "default", "via", internet.ISP_WAN_V6)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="cable-out",
        row="1",
        fault=Fault(inject=cable_out, heal=cable_in, symptom=CARRIER),
        expect=Expect(blame="me", code="local_link", causes=("no_carrier",)),
        trap=("isp_internet", "apple_suspected", "dns"),
        within_seconds=LINK,
    ),
    Scenario(
        name="wan-cable-out",
        row="13",
        fault=Fault(inject=wan_cable_out, heal=wan_cable_in, symptom=WAY_OUT),
        expect=Expect(blame="provider", code="isp_internet", causes=("wan_down",)),
        trap=("local_link", "apple_suspected", "dns"),
        within_seconds=ACTIVE,
    ),
    Scenario(
        name="provider-black-hole",
        row="14",
        fault=Fault(
            inject=lambda world: world.filter("isp", "drop"),
            heal=lambda world: world.unfilter("isp"),
            symptom=WAY_OUT,
        ),
        expect=Expect(blame="provider", code="isp_internet", causes=("upstream_silent",)),
        trap=("apple_suspected", "dns"),
        within_seconds=SILENT,
    ),
)
