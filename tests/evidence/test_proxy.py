"""proxy: needed when nothing leads out but through it, broken when nothing leads out at all."""

from __future__ import annotations

import pytest

from probe.model import Observation
from probe.verdict.signals.host import notes, proxy
from probe.words import Failure, Look, Note, Proxy
from tests.support.sightings import seen, sighting, twice

TIMEOUT, REFUSED = Failure.GENERIC_TIMEOUT, Failure.CONNECTION_REFUSED


def direct(*failing: str, fine: str = "", ago: float = 1.0) -> tuple[Observation, ...]:
    return (
        *(sighting(Look.REF_IP, name, TIMEOUT, silent=True, ago=ago) for name in failing),
        *(sighting(Look.REF_IP, name, ago=ago) for name in fine),
    )


def through(failure: Failure | None = None, *, ago: float = 1.0) -> tuple[Observation, ...]:
    return (
        sighting(Look.PROXY, "ref", failure, operator="a", ago=ago),
        sighting(Look.PROXY, "courier-1", failure, operator="apple", ago=ago),
    )


NO_COURIER = sighting(Look.PUSH_443, "courier-1", TIMEOUT, operator="apple", group="push")
PROXY = {
    "direct connections work": ((*direct(fine="abc"), *through()), Proxy.NOT_NEEDED),
    "direct connections work, the proxy does not": (
        (*direct(fine="abc"), *through(REFUSED)),
        Proxy.NOT_NEEDED,
    ),
    "only the proxy leads out": ((*direct(*"abc"), *through()), Proxy.REQUIRED),
    "nothing leads out": ((*direct(*"abc"), *through(REFUSED)), Proxy.BROKEN),
    "nothing leads out, the proxy was not asked": (direct(*"abc"), Proxy.UNKNOWN),
    "nothing leads out since a while, and the proxy has failed for longer": (
        (*through(REFUSED, ago=40), *direct(fine="abc", ago=20), *through(REFUSED),
         *direct(*"abc")),
        Proxy.NOT_NEEDED,
    ),
    "nothing leads out, and the proxy fails, since the same moment": (
        (*through(ago=40), *direct(fine="abc", ago=20), *through(REFUSED), *direct(*"abc")),
        Proxy.BROKEN,
    ),
    "some hosts are let through, Apple by the proxy only": (
        (*direct(*"bcd", fine="a"), *through(), NO_COURIER),
        Proxy.REQUIRED,
    ),
    "a way out that is not known, and the proxy works": ((*direct("a"), *through()), Proxy.UNKNOWN),
    "a way out that is not known, and the proxy fails": (
        (*direct("a"), *through(REFUSED)),
        Proxy.UNKNOWN,
    ),
    "a lossy line, and a proxy that fails": (
        (*direct(*"bcd", fine="a"), *through(REFUSED), NO_COURIER),
        Proxy.NOT_NEEDED,
    ),
    "a way out that is not known, and the proxy has failed for longer": (
        (*through(REFUSED, ago=40), *direct(fine="a", ago=20), *through(REFUSED), *direct("a")),
        Proxy.UNKNOWN,
    ),
    "nothing is known": ((), Proxy.UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("case", PROXY)
def test_proxy(case: str) -> None:
    observations, value = PROXY[case]

    assert proxy(seen(*observations, proxy_configured=True)).value is value


@pytest.mark.parametrize("look", [Look.PUSH_5223, Look.PUSH_443, Look.APPLE_WEB])
def test_no_proxy_is_needed_on_a_lossy_line_on_which_apple_answers(look: Look) -> None:
    answers = sighting(look, "apple's", operator="apple")
    looked = seen(*direct(*"bcd", fine="a"), *through(), answers, proxy_configured=True)

    assert proxy(looked).value is Proxy.NOT_NEEDED


def test_without_a_configured_proxy_none_is_needed() -> None:
    assert proxy(seen(*direct(*"abc"))).value is Proxy.NOT_NEEDED


def test_a_proxy_that_fails_and_is_not_needed_is_worth_a_note() -> None:
    failing = tuple(one for each in through(REFUSED) for one in twice(each))
    fine, dead = direct(fine="abc"), direct(*"abc")

    def noted(*observations: Observation) -> list[Note]:
        return [code for code, _ in notes(seen(*observations, proxy_configured=True))]

    assert noted(*fine, *failing) == [Note.PROXY_NOT_WORKING]
    assert noted(*fine, *through(REFUSED)) == [], "one failure is no state"
    assert noted(*fine, *through()) == []
    assert noted(*fine, *failing[:2], through()[1]) == [], "it works for some"
    assert noted(*fine) == [], "nobody asked it"
    assert noted(*dead, *failing) == []
