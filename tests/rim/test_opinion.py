"""What a resolver elsewhere says in place of an answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from probe.http import Http, HttpAnswer
from probe.opinion import ask_elsewhere, with_doh
from probe.targets import Targets
from probe.tools import Tools
from probe.trust import Trust
from probe.words import Failure, Family, Step
from tests.support.h2_server import h2_ending
from tests.support.servers import Authority, tcp_server
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


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (0x0, Failure.HTTP2_GOAWAY),  # NO_ERROR: it is being shut down
        (0xB, Failure.RATE_LIMITED),  # ENHANCE_YOUR_CALM: that is about us
    ],
    ids=["shut down", "asked too often"],
)
async def test_a_resolver_that_says_goodbye_over_http_2_took_the_question(
    tmp_path: Path, code: int, failure: Failure
) -> None:
    authority = Authority.make(tmp_path)
    http = Http(Trust(public_roots=authority.root), {}, "isitme/test")
    tools = cast(Tools, SimpleNamespace(clock=FakeClock(), http=http))
    one = Targets().references_by_address[0]
    tls = authority.server("127.0.0.1", alpn=("h2",))

    async with tcp_server(h2_ending(code), tls=tls) as port:
        reference = replace(one, host="127.0.0.1", port=port, doh="/dns-query")
        finding = await ask_elsewhere(tools, reference, "init.ess.apple.com", Family.IPV4)

    assert finding.failed is not None
    assert (finding.failed.failure, finding.failed.step) == (failure, Step.EXCHANGE)
