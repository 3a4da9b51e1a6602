"""Addresses that a proxy on this device makes up for every name, and a filter's that look alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.attention import Attention
from probe.looks import PLAN
from probe.model import AnswerFact, Observation
from probe.targets import Targets
from probe.verdict.signals.madeup import is_untried, leads_there
from probe.verdict.signals.names import dns, dns_apple
from probe.words import AppleDns, Cause, Dns, Failure, Look, Step
from tests.evidence.test_names import COURIER, GOOD, R, answer, control, earlier, elsewhere
from tests.support.sightings import NOW, seen, sighting, twice

REFUSED, TIMEOUT = Failure.CONNECTION_REFUSED, Failure.GENERIC_TIMEOUT


def answers(first: str, second: str, apple: str, *, ago: float = 0.0) -> list[Observation]:
    """Two names of others and one of Apple's own, asked of the resolver and by an application."""
    app = answer("this device", COURIER, (apple,), look=Look.DNS_APP)
    here = [
        control(R, "a", addresses=(first,)),
        control(R, "b", addresses=(second,)),
        answer(R, COURIER, (apple,)),
        replace(app, finding=replace(app.finding, target=COURIER)),
    ]
    return [earlier(one, ago) for one in here]


def behind(
    address: str, failure: Failure | None = None, *, look: Look = Look.REF_NAME,
    step: Step = Step.CONNECT, ago: float = 1.0,
) -> Observation:  # fmt: skip
    return sighting(look, address, failure, step=step, ago=ago, address=f"{address}:443")


RIGHT_ELSEWHERE = elsewhere("doh", COURIER, (GOOD,))
FAKE = ("198.18.0.4", "198.18.0.5", "198.18.0.6")
SYNTHETIC = ("100.64.0.4", "100.80.0.5", "100.64.3.6")
FAKE_V6 = ("fc00::4", "fc00::5", "fc00::6")
WORKS = (Dns.WORKS, AppleDns.RIGHT)
FAILS = (Dns.FAILS, AppleDns.WRONG_HERE)
OPEN = (Dns.UNKNOWN, AppleDns.UNKNOWN)
CASES = {
    "a name was reached there": (FAKE, [behind("198.19.7.7")], WORKS),
    "Apple's push was": (FAKE, [behind("198.18.0.6", look=Look.PUSH_5223)], WORKS),
    "the far end said there that it is unwell": (
        FAKE, [behind("198.18.0.6", Failure.HTTP_5XX, step=Step.CONTENT)], WORKS,
    ),
    "minutes ago, and not since": (
        FAKE, [behind("198.18.0.4", TIMEOUT), behind("198.18.0.4", ago=400)], WORKS,
    ),
    "too long ago": (FAKE, [behind("198.18.0.4", TIMEOUT), behind("198.18.0.4", ago=700)], FAILS),
    "in the block that carriers share": (SYNTHETIC, [behind("100.64.0.4")], WORKS),
    "over IPv6": (FAKE_V6, [behind("[fc00::4]")], WORKS),
    "in another such block": (FAKE, [behind("198.18.0.4", REFUSED), behind("100.64.0.4")], FAILS),
    "a sign-in page there is not the host": (
        SYNTHETIC,
        [behind("100.64.0.4", Failure.SSL_INVALID_HOSTNAME, step=Step.HANDSHAKE)],
        FAILS,
    ),
    "a block page there takes no secure connection": (FAKE, [behind("198.18.0.4", REFUSED)], FAILS),
    "a filter leads nowhere, whoever makes addresses up": (
        ("0.0.0.0", "0.0.0.0", "0.0.0.0"), [behind("198.18.0.4"), behind("0.0.0.0")], FAILS,
    ),
    "nor in IPv6": (("::", "::", "::"), [behind("[fc00::4]"), behind("[::]")], FAILS),
    "a private address is nobody's but this network's": (
        ("10.0.0.80", "10.0.0.80", "10.0.0.80"), [behind("10.0.0.80")], FAILS,
    ),
    "Apple's own name leads to somebody else's": (
        ("198.18.0.4", "198.18.0.5", "52.1.1.1"), [behind("198.18.0.4")],
        (Dns.WORKS, AppleDns.WRONG_HERE),
    ),
    "nobody was looked for there yet": (FAKE, [behind("142.250.1.1")], OPEN),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_address_nobody_has(case: str) -> None:
    addresses, looks, expected = CASES[case]

    sight = seen(*answers(*addresses), *looks, RIGHT_ELSEWHERE)

    assert (dns(sight).value, dns_apple(sight).value) == expected


def test_it_is_not_waited_for_for_ever_whether_somebody_is_there() -> None:
    sight = seen(*answers(*FAKE), *answers(*FAKE, ago=30), RIGHT_ELSEWHERE)

    assert (dns(sight).value, dns(sight).cause) == (Dns.FAILS, Cause.DNS_MISBEHAVING)
    assert dns_apple(sight).value is AppleDns.WRONG_HERE


def test_a_host_of_apples_that_fails_behind_a_made_up_address_is_no_filters_work() -> None:
    """Everything else is reached at such addresses; that others know another one proves nothing."""
    host = next(host for host in Targets().apple_hosts if host.own_network)
    fails = twice(
        sighting(
            Look.APPLE_WEB, host.name, TIMEOUT, silent=True, group=host.group,
            address="198.18.0.9:443",
        )
    )  # fmt: skip
    here = answer(R, host.host, ("198.18.0.9",), look=Look.DNS_CROSS, operator=f"resolver {R}")
    there = answer("doh", host.host, (GOOD,), look=Look.DNS_CROSS)

    reached = seen(*answers(*FAKE), *fails, here, there, behind("198.18.0.4"), RIGHT_ELSEWHERE)

    assert dns_apple(reached).value is AppleDns.RIGHT


def test_such_answers_are_no_symptom_where_they_lead_somewhere() -> None:
    fake = AnswerFact(resolver=R, name=COURIER, addresses=("198.18.0.6",), rcode="NOERROR")
    asked = sighting(Look.DNS_EACH, "r courier", group="apple", facts=[fake], ago=0.1)

    def due(*beside: Observation) -> tuple[Look, ...]:
        attention = Attention(plans=PLAN)
        for look in PLAN:
            attention.started(look, NOW - 30)
        return attention.due(NOW, seen(asked, *beside))

    assert due(behind("198.18.0.4")) == ()
    assert due() == ()  # the same sweep looks who is there
    assert Look.DNS_ALT in due(behind("198.18.0.4", REFUSED))


# ---------------------------------------------------------------- who is there, asked directly

NO_STEP = replace(behind(FAKE[0]), finding=replace(behind(FAKE[0]).finding, steps=()))


@pytest.mark.parametrize(
    ("look", "proves"),
    [
        (Look.REF_NAME, True),
        (Look.APPLE_WEB, True),
        (Look.PUSH_5223, True),
        (Look.PUSH_443, True),
        (Look.PUSH_HTTP, True),
        (Look.REF_IP, False),  # asks for no name
        (Look.STATUS, False),
        (Look.PORT_CTL, False),
    ],
)
def test_which_looks_prove_who_is_there(look: Look, proves: bool) -> None:
    assert leads_there(seen(behind(FAKE[0], look=look)), FAKE) is proves


@pytest.mark.parametrize(
    ("looks", "addresses", "there"),
    [
        ([behind(FAKE[0])], FAKE, True),
        ([behind(FAKE[0])], (FAKE[1], SYNTHETIC[0]), False),  # each must
        ([behind(FAKE[0]), behind(FAKE[0], REFUSED, ago=9)], FAKE, True),  # in whichever order
        ([behind(FAKE[0], REFUSED), behind(FAKE[0], ago=9)], FAKE, True),
        ([NO_STEP], FAKE, False),
    ],
)
def test_each_address_leads_to_whoever_passed_once(
    looks: list[Observation], addresses: tuple[str, ...], there: bool
) -> None:
    assert leads_there(seen(*looks), addresses) is there


@pytest.mark.parametrize(
    ("since", "addresses", "untried"),
    [
        (0.0, (FAKE[1],), False),  # its block was tried
        (0.0, (FAKE[1], SYNTHETIC[0]), True),
        (0.0, (GOOD, SYNTHETIC[0]), False),
        (9.5, SYNTHETIC, True),
        (10.0, SYNTHETIC, False),  # that long, and nobody tries
        (15.0, SYNTHETIC, False),
    ],
)
def test_how_long_an_answer_is_untried(
    since: float, addresses: tuple[str, ...], untried: bool
) -> None:
    newest = answer(R, COURIER, addresses)
    sight = seen(behind(FAKE[0]), earlier(newest, since), newest)

    assert is_untried(sight, newest, addresses) is untried
