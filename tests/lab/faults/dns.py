"""Names: resolvers that are dead, that lie, that filter."""

from __future__ import annotations

from tests.lab import internet
from tests.lab.scenario import Expect, Fault, Scenario, Symptom

COURIER = internet.COURIERS[1].names[0]

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="push-names-null",
        row="32",
        fault=Fault(
            inject=lambda world: world.home_resolver("--address=/push.apple.com/0.0.0.0"),
            heal=lambda world: world.home_resolver(),
            symptom=Symptom(
                command=f"dig +short +time=2 +tries=1 @{internet.GATEWAY_V4} {COURIER}",
                healthy=r"17\.57\.144\.",
                broken=r"0\.0\.0\.0",
            ),
        ),
        expect=Expect(blame="me", code="dns", causes=("dns_filtered",)),
        trap=("apple_suspected", "firewall_port_blocked"),
        within_seconds=60.0,
        why="A look at Apple's names runs every 30 s; the fault shows nowhere else before.",
    ),
)
