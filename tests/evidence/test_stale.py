"""A resolver that keeps an address of Apple's that is long dead: nobody is there, and the host is
where others find it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.attention import Attention
from probe.looks import PLAN
from probe.model import ALTERNATE, Observation
from probe.verdict import judge
from probe.verdict.signals.apple import services
from probe.verdict.signals.names import dns_apple
from probe.words import (
    AppleDns,
    Blame,
    Cause,
    Code,
    Failure,
    Family,
    Impact,
    Look,
    Services,
    Signal,
    Step,
)
from tests.evidence.test_names import COURIER, GOOD, R, S, answer, control
from tests.support.sightings import NOW, seen, sighting
from tests.verdict.world import readings

IDMSA, GSA = "idmsa.apple.com", "gsa.apple.com"
DEAD, DEAD_TOO, LIVE = "17.32.0.1", "17.32.0.2", "17.57.9.9"
TIMEOUT = Failure.GENERIC_TIMEOUT


def host(
    name: str, failure: Failure | None = None, *, at: str = DEAD, ago: float = 1.0,
    family: Family = Family.IPV4, step: Step = Step.CONNECT,
) -> Observation:  # fmt: skip
    group = "account" if name.startswith("account") else "web"
    return sighting(
        Look.APPLE_WEB, name, failure, step=step, silent=failure is TIMEOUT, group=group, ago=ago,
        address=f"{at}:443", family=family, operator="apple",
    )  # fmt: skip


def crossed(who: str, *addresses: str, name: str = IDMSA, here: bool = True) -> Observation:
    operator = f"resolver {who}" if here else who
    return answer(who, name, addresses, look=Look.DNS_CROSS, operator=operator)


def there(failure: Failure | None = None, *, name: str = IDMSA, ago: float = 0.5) -> Observation:
    return sighting(
        Look.DNS_CROSS, f"alternate {name}", failure, step=Step.HANDSHAKE, ago=ago,
        silent=failure is TIMEOUT, group=ALTERNATE, address=f"{LIVE}:443", operator="apple",
    )  # fmt: skip


SILENT = (host("account-web", TIMEOUT, ago=12), host("account-web", TIMEOUT))
FINE = (answer(R, COURIER, (GOOD,)), host("web", at="23.1.2.3"))
ELSEWHERE = crossed("doh", LIVE, here=False)
STALE = (AppleDns.WRONG_HERE, Cause.DNS_STALE)
RIGHT = (AppleDns.RIGHT, None)
CASES = {
    "it is where others find it": ((*SILENT, crossed(R, DEAD), ELSEWHERE, there()), STALE),
    "it is not there either": ((*SILENT, crossed(R, DEAD), ELSEWHERE, there(TIMEOUT)), RIGHT),
    "nobody looked there": ((*SILENT, crossed(R, DEAD), ELSEWHERE), RIGHT),
    "somebody else is there": (
        (*SILENT, crossed(R, DEAD), ELSEWHERE, there(Failure.SSL_INVALID_HOSTNAME)), RIGHT,
    ),
    "another host of Apple's is": (
        (*SILENT, crossed(R, DEAD), ELSEWHERE, there(name=GSA)), RIGHT,
    ),
    "it was there before it fell silent here": (
        (*SILENT, crossed(R, DEAD), ELSEWHERE, there(ago=40)), RIGHT,
    ),
    "it was silent once": ((SILENT[1], crossed(R, DEAD), ELSEWHERE, there()), RIGHT),
    "it answers here again": (
        (*SILENT, host("account-web", ago=0.2), crossed(R, DEAD), ELSEWHERE, there()), RIGHT,
    ),
    "the resolver gives another one, too, and nobody has tried it": (
        (*SILENT, crossed(R, DEAD, DEAD_TOO), ELSEWHERE, there()), RIGHT,
    ),
    "the resolver gives two dead ones": (
        (
            host("account-web", TIMEOUT, ago=12, at=DEAD_TOO), SILENT[1],
            crossed(R, DEAD, DEAD_TOO), ELSEWHERE, there(),
        ),
        STALE,
    ),
    "it answered at one of the two since": (
        (
            host("account-web", TIMEOUT, ago=40, at=DEAD_TOO), host("account-web", ago=30),
            *SILENT, crossed(R, DEAD, DEAD_TOO), ELSEWHERE, there(),
        ),
        RIGHT,
    ),
    "one resolver of two gives the living one": (
        (*SILENT, crossed(R, DEAD), crossed(S, LIVE), ELSEWHERE, there()), RIGHT,
    ),
    "both keep the dead one": (
        (*SILENT, crossed(R, DEAD), crossed(S, DEAD), ELSEWHERE, there()), STALE,
    ),
    "one keeps it, and the other knows no such name": (
        (
            *SILENT, crossed(R, DEAD),
            answer(
                S, IDMSA, (), Failure.DNS_NXDOMAIN, look=Look.DNS_CROSS, operator=f"resolver {S}"
            ),
            ELSEWHERE, there(),
        ),
        (AppleDns.WRONG_HERE, Cause.DNS_FILTERED),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_address_that_is_dead(case: str) -> None:
    observations, expected = CASES[case]

    reading = dns_apple(seen(*FINE, *observations))

    assert (reading.value, reading.cause) == expected
    told = "nobody answers there, and it answers where others find it"
    assert (told in reading.said) is (expected == STALE)


def test_apple_is_not_suspected_of_an_address_that_a_resolver_keeps() -> None:
    account = [
        replace(one, finding=replace(one.finding, target="account-lookup")) for one in (*SILENT,)
    ]
    kept = [crossed(R, DEAD, name=name) for name in (IDMSA, GSA)]
    given = [crossed("doh", LIVE, name=name, here=False) for name in (IDMSA, GSA)]
    sight = seen(*FINE, *SILENT, *account, *kept, *given, there())
    names = dns_apple(sight)

    assert services(sight).value is Services.ONE_SILENT
    silent = readings({Signal.SERVICES: Services.ONE_SILENT})
    assert judge(silent).code is Code.APPLE_SUSPECTED
    verdict = judge({**silent, Signal.DNS_APPLE: names})
    assert (verdict.code, verdict.cause) == (Code.DNS, Cause.DNS_STALE)
    assert (verdict.blame, verdict.impact) == (Blame.UNKNOWN, Impact.PARTIAL)
    assert all(one.code is not Code.APPLE_SUSPECTED for one in verdict.also)


def due(*observations: Observation) -> tuple[Look, ...]:
    attention = Attention(plans=PLAN)
    for look in PLAN:
        attention.started(look, NOW - 70)
    return attention.due(NOW, seen(*observations))


def test_others_are_asked_about_a_silent_address_only_while_more_of_apples_own_answer() -> None:
    works = control(R, "a")
    own = host("identity", at="17.1.1.1")

    assert Look.DNS_CROSS in due(*SILENT, own, works)
    assert Look.DNS_CROSS not in due(SILENT[1], own, works)  # perhaps lost
    assert Look.DNS_CROSS not in due(*SILENT, works)
    assert Look.DNS_CROSS not in due(*SILENT, host("web", at="23.1.2.3"), works)
    refused = [host("account-web", Failure.CONNECTION_REFUSED, ago=ago) for ago in (12, 1)]
    assert Look.DNS_CROSS not in due(*refused, own, works)
    hangs = [host("account-web", TIMEOUT, ago=ago, step=Step.HANDSHAKE) for ago in (12, 1)]
    assert Look.DNS_CROSS not in due(*hangs, own, works)
