"""What a resolver elsewhere says in place of an answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from probe.http import HttpAnswer
from probe.opinion import ask_elsewhere, with_doh
from probe.targets import Targets
from probe.tools import Tools
from probe.words import Failure, Family, Step
from tests.support.time import FakeClock


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (502, Failure.HTTP_5XX),  # what stands before it got no answer either
        (429, Failure.HTTP_UNEXPECTED_STATUS),  # it wants nothing of us
    ],
)
async def test_a_resolver_that_gave_up_is_told_from_one_that_turns_us_away(
    status: int, failure: Failure
) -> None:
    async def fetch(**_: object) -> HttpAnswer:
        return HttpAnswer(status=status, http_version="HTTP/2", headers={}, body=b"", seconds={})

    tools = cast(Tools, SimpleNamespace(clock=FakeClock(), http=SimpleNamespace(fetch=fetch)))
    reference = with_doh(Targets().references_by_address, Family.IPV4)[0]

    finding = await ask_elsewhere(tools, reference, "init.ess.apple.com", Family.IPV4)

    assert finding.failed is not None
    assert (finding.failed.failure, finding.failed.step) == (failure, Step.CONTENT)
