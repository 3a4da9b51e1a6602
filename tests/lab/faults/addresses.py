"""Names that lead to a wrong address, of one host or one family; what hides behind a stub."""

from __future__ import annotations

from tests.lab import internet
from tests.lab.faults.dns import (
    COURIER,
    GATEWAY,
    OFTEN,
    ONE_LOOK,
    STUB,
    dig,
    home_again,
    options,
    router_fails_at_apple,
    with_stub_that_is_followed,
)
from tests.lab.scenario import SLOWLY, Expect, Fault, Scenario
from tests.lab.world import Families

ACCOUNT = internet.IDMSA.names[0]
NOBODY_THERE = "17.32.194.99"  # in Apple's own network, where the host may have been once

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="one-address-outdated",
        row="",
        fault=Fault(
            inject=options(f"--address=/{ACCOUNT}/{NOBODY_THERE}"),
            heal=home_again,
            symptom=dig(GATEWAY, ACCOUNT, NOBODY_THERE, healthy=internet.IDMSA.v4),
        ),
        # Until its name has been asked elsewhere, one host is out of reach, and that is all.
        expect=Expect(
            blame="unknown",
            code="dns",
            causes=("dns_stale",),
            also_right=(("unknown", "degraded"),),
        ),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=SLOWLY,
        why="One host's turn comes every 20 s; then others are asked for its name, and it is"
        " looked for where they find it.",
    ),
    Scenario(
        name="wrong-ipv6-addresses-of-apple",
        row="",
        families=Families.DUAL,
        configuration=OFTEN,
        fault=Fault(
            inject=options("--address=/apple.com/::1"),
            heal=home_again,
            symptom=dig(GATEWAY, f"{ACCOUNT} AAAA", r"\s::1\s", healthy=internet.IDMSA.v6),
        ),
        expect=Expect(blame="me", code="dns", causes=("dns_aaaa_wrong",)),
        trap=("isp_internet", "apple_suspected", "ipv6_broken"),
        within_seconds=SLOWLY,
        answered=True,
        why="The IPv4 addresses of the same names are true.",
    ),
    Scenario(
        name="stub-before-a-router-that-fails-at-apples-names",
        row="",
        prepare=with_stub_that_is_followed,
        fault=Fault(
            inject=router_fails_at_apple,
            heal=home_again,
            symptom=dig(STUB, COURIER, "SERVFAIL"),
        ),
        expect=Expect(blame="unknown", code="dns", causes=("resolver_or_upstream",)),
        trap=("isp_internet", "apple_suspected"),
        within_seconds=ONE_LOOK,
        answered=True,
        why="The router fails alike when it is asked itself: no VPN sends these names elsewhere.",
    ),
)
