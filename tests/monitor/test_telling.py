"""For which answers a search near us, or another look that doubt asks for, is waited for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from probe.doubts import telling
from probe.model import Because, Verdict
from probe.verdict.judge import waiting
from probe.words import Cause, Code, Failure, Look, Step
from tests.support.sightings import AT


def verdict(code: Code, cause: Cause, *cited: tuple[Step, Failure | None]) -> Verdict:
    because = tuple(
        Because(look=Look.REF_IP, target="a", step=step, failure=failure, at=AT, said="")
        for step, failure in cited
    )
    return replace(waiting(cause), code=code, because=because)


FIREWALL, PAGES = Code.FIREWALL_PORT_BLOCKED, Cause.PARTIAL_CONNECTIVITY
UNOPENED = (Step.CONNECT, Failure.GENERIC_TIMEOUT)
HUNG = (Step.HANDSHAKE, Failure.GENERIC_TIMEOUT)
SILENT = (Step.EXCHANGE, Failure.GENERIC_TIMEOUT)
EXACT_PAGE = (Step.CONTENT, None)
CASES = {
    "secure pages that nothing opens": (verdict(FIREWALL, PAGES, UNOPENED, EXACT_PAGE), ()),
    "secure pages that open and hang: large packets may be lost": (
        verdict(FIREWALL, PAGES, HUNG, EXACT_PAGE),
        (Look.NEARBY, Look.PORT_CTL),
    ),
    "a port of Apple's: who stops it, and where": (
        verdict(FIREWALL, Cause.FALLBACK_443_OK, UNOPENED),
        (Look.NEARBY, Look.PORT_CTL),
    ),
    "names that are lost, here or beyond: is the resolver alive, is it the one that answers?": (
        verdict(Code.DNS, Cause.RESOLVER_OR_UPSTREAM, SILENT),
        (Look.DNS_ALIVE, Look.DNS_MANNERS),
    ),
    "names that a resolver here refuses": (verdict(Code.DNS, Cause.RESOLVER_REFUSED, SILENT), ()),
    "an answer that no such look can change": (
        verdict(Code.ISP_INTERNET, Cause.WAN_DOWN, UNOPENED),
        (),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_look_is_waited_for_where_it_could_tell_another_cause(case: str) -> None:
    answer, looks = CASES[case]
    awaited: Collection[Look] = telling(answer)

    assert awaited == set(looks)
