"""What a resolver says of its own failure is what a person reads, on every outlet."""

from __future__ import annotations

import json

import dns.edns
import pytest

from probe import app
from probe.drill.nameserver import Rule, Says
from probe.drill.world import World
from probe.outlets.status_json import status_to_json
from probe.outlets.terminal import Paper, report
from probe.staging import setup_of
from probe.words import Code

pytestmark = [pytest.mark.real, pytest.mark.slow]


async def test_the_reason_that_a_resolver_gives_is_read_everywhere() -> None:
    async with World() as world:
        refused = Rule(says=Says.REFUSED, extended_error=dns.edns.EDECode.PROHIBITED)
        world.manners.names["*"] = refused
        status = await app.check(setup_of(world, "healthy"), within_seconds=15)

    assert status.verdict.code is Code.DNS
    assert any('and says "Prohibited"' in one.said for one in status.verdict.because)
    assert 'and says "Prohibited"' in report(status, Paper(width=200))
    assert 'and says \\"Prohibited\\"' in json.dumps(status_to_json(status, versions={}))
