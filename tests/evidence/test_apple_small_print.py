"""push, services, port: what counts, what is cited, and what only looks alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from probe.looks import PLAN
from probe.model import (
    AnswerFact,
    CertificateFact,
    DialFact,
    Fact,
    NearbyFact,
    NetworkFact,
    Observation,
)
from probe.targets import Targets
from probe.verdict.seen import Standing, by_target, look_back
from probe.verdict.signals.apple import (
    errs,
    forgets_quiet_ones,
    groups,
    hung,
    judged,
    nearby,
    places_of,
    port,
    push,
    senders,
    services,
    stopped_near,
    why_only_443,
    why_push_fails,
)
from probe.verdict.signals.apple import testified as said_so_itself
from probe.words import (
    Cause,
    Failure,
    Family,
    Look,
    Nearby,
    Port,
    Push,
    Services,
    Speed,
    Step,
)
from tests.support.sightings import NOW, seen, sighting, twice

TIMEOUT, REFUSED, RESET = (
    Failure.GENERIC_TIMEOUT,
    Failure.CONNECTION_REFUSED,
    Failure.CONNECTION_RESET,
)
EXPIRED, WRONG_NAME = Failure.SSL_CERT_EXPIRED, Failure.SSL_INVALID_HOSTNAME
ASIDE = DialFact(resent=0)  # what is learnt besides
V6: dict[str, Any] = {"family": Family.IPV6, "address": "[2001:db8::7]:443"}


def main(slot: int = 1, failure: Failure | None = None, **more: object) -> Observation:
    return courier(Look.PUSH_5223, slot, failure, 5223, **more)


def fallback(failure: Failure | None = None, **more: object) -> Observation:
    return courier(Look.PUSH_443, 1, failure, 443, **more)


def courier(look: Look, slot: int, failure: Failure | None, at: int, **more: object) -> Observation:
    how: dict[str, Any] = {"address": f"17.57.144.1:{at}", "silent": failure is TIMEOUT, **more}
    return sighting(look, f"courier-{slot}", failure, operator="apple", group="push", **how)


def silent_courier(slot: int = 1, **more: object) -> Observation:
    return main(slot, TIMEOUT, **more)


def nameless(look: Look, slot: int = 1) -> Observation:
    return courier(look, slot, Failure.DNS_SERVFAIL, 0, step=Step.RESOLVE)


def web(host: str, group: str, failure: Failure | None = None, **more: object) -> Observation:
    return sighting(Look.APPLE_WEB, host, failure, operator="apple", group=group, **more)  # type: ignore[arg-type]


HOSTS = {
    "messaging": ("identity-bag", "identity"),
    "account": ("account-lookup", "account-web"),
    "web": ("web",),
}
FINE: dict[str, Any] = {}
SILENT: dict[str, Any] = {"failure": TIMEOUT, "silent": True}
UNWELL: dict[str, Any] = {"failure": Failure.HTTP_5XX, "step": Step.CONTENT}


def apple(**how: Mapping[str, Any]) -> list[Observation]:
    """Every host of these groups at two addresses, twice each."""
    return [
        one
        for group, each in how.items()
        for host in HOSTS[group]
        for at in (FINE, V6)
        for one in twice(web(host, group, **each, **at))
    ]


ALL_FINE = apple(messaging=FINE, account=FINE, web=FINE)


def one_standing(observation: Observation) -> Standing:
    (standing,) = seen(observation).of(observation.look)
    return standing


# ---------------------------------------------------------------- the far end's own word


def waiting(seconds: float, step: Step, speed: Speed = Speed.SILENT) -> Observation:
    one = silent_courier(step=step)
    taken = replace(one.finding.steps[0], seconds=seconds, speed=speed)
    return replace(one, finding=replace(one.finding, steps=(taken,)))


@pytest.mark.parametrize(
    ("observation", "hangs"),
    [
        (waiting(3.0, Step.HANDSHAKE), True),
        (waiting(2.9, Step.HANDSHAKE), False),  # a lost greeting is sent again after 3 s
        (waiting(5.0, Step.CONNECT), False),
        (waiting(5.0, Step.HANDSHAKE, Speed.ACTIVE), False),
        (main(), False),
    ],
)
def test_who_hangs_took_the_connection_and_was_waited_for(
    observation: Observation, hangs: bool
) -> None:
    assert hung(one_standing(observation)) is hangs


def vouched(by_own_roots: bool = True) -> CertificateFact:
    return CertificateFact(issuer="Apple", verified=False, by_own_roots=by_own_roots)


def at_the_end(
    at: int, *, ago: float = 1, failure: Failure | None = None, facts: tuple[Fact, ...] = (ASIDE,)
) -> Observation:
    """A search measured that whoever is at this port stands where the courier stands."""
    look = Look.PUSH_5223 if at == 5223 else Look.PUSH_443
    fact = NearbyFact(target="courier-1", found=Nearby.CLEAN, at_the_end=True)
    return sighting(
        Look.NEARBY, courier(look, 1, None, at).examined_as, failure, group="push",
        facts=[*facts, fact], step=Step.EXCHANGE, address=f"17.57.144.1:{at}", ago=ago,
    )  # fmt: skip


OWN_WORD: dict[str, tuple[Failure, Step, list[Observation], tuple[Fact, ...], bool]] = {
    "a server error": (Failure.HTTP_5XX, Step.CONTENT, [], (), True),
    "another answer than it ever gives": (
        Failure.HTTP_UNEXPECTED_STATUS, Step.CONTENT, [], (), True),
    "a goodbye": (Failure.HTTP2_GOAWAY, Step.EXCHANGE, [], (), True),
    "a certificate that has run out": (EXPIRED, Step.HANDSHAKE, [], (), True),
    "another protocol": (Failure.ALPN_NOT_SELECTED, Step.HANDSHAKE, [], (), True),
    "a certificate that was withdrawn": (
        Failure.SSL_CERT_REVOKED, Step.HANDSHAKE, [], (), False),
    "a redirect": (Failure.HTTP_UNEXPECTED_REDIRECT, Step.CONTENT, [], (), False),
    "another name, by its own authority": (
        WRONG_NAME, Step.HANDSHAKE, [], (ASIDE, vouched()), True),
    "another name, by any authority": (
        WRONG_NAME, Step.HANDSHAKE, [], (vouched(by_own_roots=False),), False),
    "no known authority, and its own stands beside it": (
        Failure.SSL_UNKNOWN_AUTHORITY, Step.HANDSHAKE, [], (vouched(),), False),
    "a refusal from where it stands": (REFUSED, Step.CONNECT, [at_the_end(5223)], (), True),
    "a refusal from where it stands, by another port": (
        REFUSED, Step.CONNECT, [at_the_end(443)], (), False),
    "a refusal, by a search that was not ended": (
        REFUSED, Step.CONNECT, [at_the_end(5223, failure=TIMEOUT)], (), False),
    "a refusal later than the connection": (
        REFUSED, Step.EXCHANGE, [at_the_end(5223)], (), False),
    "a reset from where it stands": (RESET, Step.CONNECT, [at_the_end(5223)], (), False),
}  # fmt: skip


@pytest.mark.parametrize("case", OWN_WORD)
def test_what_only_the_far_end_itself_can_do(case: str) -> None:
    """Contract 2: an answer that only the far end can give."""
    failure, step, searches, facts, own = OWN_WORD[case]
    looked = seen(main(1, failure, step=step, facts=facts), *searches)

    assert said_so_itself(looked, looked.of(Look.PUSH_5223)[0]) is own


# ---------------------------------------------------------------- when Apple is back


def back(look: Look, target: str, group: str, ago: float) -> list[Observation]:
    failed = sighting(look, target, TIMEOUT, silent=True, group=group, operator="apple", ago=30)
    return [failed, sighting(look, target, group=group, operator="apple", ago=ago)]


FAILING = web("account-web", "account", TIMEOUT, silent=True, ago=10)
AGAIN = replace(FAILING, started=FAILING.started - 5, ended=FAILING.ended - 5)
IDENTITY = (Look.APPLE_WEB, "identity", "messaging")
COUNTS: dict[str, tuple[list[Observation], bool]] = {
    # what else was seen, and whether what failed 10 s ago still speaks about Apple
    "nothing": ([], True),
    "another host passed, as before": (
        list(twice(web("identity", "messaging"))), True),
    "another came back since": (back(*IDENTITY, 5), False),
    "another came back in the same sweep": (back(*IDENTITY, 9.5), True),
    "another came back just after it": (back(*IDENTITY, 9.4), False),
    "another came back before": (back(*IDENTITY, 20), True),
    "one came back before, one since": (
        [*back(*IDENTITY, 20), *back(Look.APPLE_WEB, "identity-bag", "messaging", 5)], False),
    "another fails, too": (
        list(twice(web("identity", "messaging", TIMEOUT, silent=True))), True),
    "a host of a rented network came back": (back(Look.APPLE_WEB, "web", "web", 5), True),
    "push came back": (back(Look.PUSH_5223, "courier-1", "push", 5), False),
    "push came back by its detour": (back(Look.PUSH_443, "courier-1", "push", 5), False),
    "the senders' side came back": (back(Look.PUSH_HTTP, "provider-api", "push", 5), True),
}  # fmt: skip


@pytest.mark.parametrize("case", COUNTS)
def test_what_failed_before_apple_was_back_is_asked_anew(case: str) -> None:
    observations, counts = COUNTS[case]
    looked = seen(AGAIN, FAILING, *observations)

    assert bool(judged(looked, looked.of(Look.APPLE_WEB, group="account"))) is counts


# ---------------------------------------------------------------- push

NOBODY = [sighting(Look.REF_IP, name, TIMEOUT, silent=True) for name in "ab"]
TRANSLATOR_DEAD = [
    sighting(
        Look.LINK, "this host", step=Step.READ,
        facts=[
            NetworkFact(
                default_interfaces=("eth0",), carrier=True, addresses=("2001:db8::7",),
                gateways=("fe80::1",), fingerprint="home",
                has_default_route={Family.IPV4: False, Family.IPV6: True},
            )
        ],
    ),
    *NOBODY,
    *(sighting(Look.REF_IP, name, family=Family.IPV6) for name in "ab"),
]  # fmt: skip
HARD_FALLBACK = twice(fallback(TIMEOUT))
HELD_UP = sighting(
    Look.NEARBY, "courier-1", group="push", step=Step.EXCHANGE,
    facts=[NearbyFact(target="courier-1", found=Nearby.FILTERED)],
)  # fmt: skip
PUSH: dict[str, tuple[list[Observation], Push]] = {
    "it was not tried, and nobody answers": (NOBODY, Push.UNKNOWN),
    "its name is not found, and nobody answers": (
        [*NOBODY, nameless(Look.PUSH_5223)], Push.SILENT),
    "its name is not found, and nothing is translated to IPv4": (
        [*TRANSLATOR_DEAD, nameless(Look.PUSH_5223)], Push.SILENT),
    "its name is not found": ([nameless(Look.PUSH_5223)], Push.UNKNOWN),
    "its name is not found for 5223, and 443 works": (
        [nameless(Look.PUSH_5223, 1), nameless(Look.PUSH_5223, 2), fallback()], Push.UNKNOWN),
    "5223 failed once, and 443 works": ([silent_courier(), fallback()], Push.UNKNOWN),
    "5223 failed once and was seen held up near here": (
        [silent_courier(), HELD_UP, fallback()], Push.ONLY_443),
    "5223 failed once and was seen held up near here, and 443 fails, too": (
        [silent_courier(), HELD_UP, fallback(TIMEOUT)], Push.UNKNOWN),
    "5223 fails, and 443 works over one family": (
        [*twice(silent_courier()), fallback(), fallback(TIMEOUT, **V6)], Push.ONLY_443),
    "5223 failed once, and 443 fails": ([silent_courier(), *HARD_FALLBACK], Push.UNKNOWN),
    "5223 fails, and 443 failed once": (
        [*twice(silent_courier()), fallback(TIMEOUT)], Push.UNKNOWN),
    "both fail": ([*twice(silent_courier()), *HARD_FALLBACK], Push.SILENT),
    "5223 fails, and 443 was not tried": ([*twice(silent_courier())], Push.UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("case", PUSH)
def test_push(case: str) -> None:
    observations, value = PUSH[case]

    assert push(seen(*observations)).value is value


def test_what_is_cited_of_push() -> None:
    """Where it works, all that was asked; where a port fails, what failed."""
    five, other = main(), fallback(ago=5)
    held, twice_held = twice(silent_courier())
    meanwhile = fallback(ago=2)

    assert push(seen(five, other)).because == (five, other)
    assert push(seen(held, twice_held, meanwhile)).because == (twice_held,)
    assert push(seen(main(ago=9), fallback(ago=5))).age_seconds == 5
    assert push(seen(main(ago=5), fallback(ago=9))).age_seconds == 5


MEANWHILE: dict[str, tuple[list[float], float, bool]] = {
    "443 answered between two failures of 5223": ([12, 2], 8, True),
    "with the last of them": ([12, 2], 2, True),
    "after the last of them: the fault of both may be over": ([12, 8], 2, False),
    "before the first of them: it may fail as well by now": ([12, 8], 20, False),
}


@pytest.mark.parametrize("case", MEANWHILE)
def test_443_counts_beside_5223_where_it_answered_meanwhile(case: str) -> None:
    fails, answers, known = MEANWHILE[case]
    wrong = [main(1, TIMEOUT, silent=False, ago=ago) for ago in fails]

    value = push(seen(*wrong, fallback(ago=answers))).value

    assert value is (Push.ONLY_443 if known else Push.UNKNOWN)


def fails(*agos: float, slot: int = 1) -> list[Observation]:
    return [main(slot, TIMEOUT, silent=False, ago=ago) for ago in agos]


ALSO_MEANWHILE: dict[str, tuple[list[Observation], bool]] = {
    "after the first courier began to fail, before the second": (
        [*fails(12, 2), *fails(2, slot=2), fallback(ago=8)], True),
    "after the first courier's last failure, before the second's": (
        [*fails(12, 8), *fails(12, 2, slot=2), fallback(ago=4)], True),
    "between two failures, and again after them": (
        [*fails(12, 4), fallback(ago=8), fallback(ago=1)], True),
    "in the sweep of the first failure": ([*fails(12, 8), fallback(ago=12.5)], True),
    "in the sweep of the last": ([*fails(12, 8), fallback(ago=7.5)], True),
    "after them, and something else between them": (
        [*fails(12, 8), web("web", "web", ago=10), fallback(ago=2)], False),
    "after them, and failed between them": (
        [*fails(12, 8), fallback(TIMEOUT, ago=10), fallback(ago=2)], False),
}  # fmt: skip


@pytest.mark.parametrize("case", ALSO_MEANWHILE)
def test_an_answer_of_443_itself_between_any_failures_of_5223_is_enough(case: str) -> None:
    observations, known = ALSO_MEANWHILE[case]

    assert push(seen(*observations)).value is (Push.ONLY_443 if known else Push.UNKNOWN)


def test_a_failure_counts_from_its_own_look_where_push_is_asked_once_an_hour() -> None:
    """It is still used, and older than what is kept to count by."""
    hourly = {**PLAN, Look.PUSH_5223: replace(PLAN[Look.PUSH_5223], every_seconds=3600.0)}
    asked = by_target([*fails(700), *fails(10, slot=2), fallback(ago=20)])

    looked = look_back(asked, now=NOW, epoch=0, targets=Targets(), plans=hourly)

    assert push(looked).value is Push.ONLY_443


PUSH_ASIDE = frozenset({(Look.PUSH_5223, "courier-1"), (Look.PUSH_443, "courier-1")})
NEVER: dict[str, tuple[list[Observation], bool]] = {
    "both ports fail": ([silent_courier(), fallback(TIMEOUT)], True),
    "5223 alone was tried": ([silent_courier()], True),
    "another courier failed, too, that may have worked": (
        [silent_courier(), silent_courier(2), fallback(TIMEOUT)], False),
    "443 answers now": ([silent_courier(), fallback()], False),
    "the name for 5223 is not found": (
        [nameless(Look.PUSH_5223), fallback(TIMEOUT)], False),
    "the name for 443 is not found": (
        [silent_courier(), nameless(Look.PUSH_443)], False),
}  # fmt: skip


@pytest.mark.parametrize("case", NEVER)
def test_push_is_left_out_where_all_of_it_never_worked(case: str) -> None:
    """Contract 2: a check that has not passed once in its first day here is set aside."""
    observations, aside = NEVER[case]
    looked = seen(*ALL_FINE, *observations)
    known = frozenset((one.look, one.finding.target) for one in ALL_FINE)

    reading = push(replace(looked, witnesses=known, set_aside=PUSH_ASIDE))

    assert reading.set_aside is aside
    assert ("left out" in reading.said) is aside


def failing(*failures: Failure, step: Step = Step.CONNECT) -> list[Standing]:
    couriers = [main(slot, failure, step=step) for slot, failure in enumerate(failures)]
    return list(seen(*couriers).of(Look.PUSH_5223))


HOST_UNREACHABLE, FORBIDDEN = Failure.HOST_UNREACHABLE, Failure.OPERATION_NOT_PERMITTED


@pytest.mark.parametrize(
    ("failures", "cause"),
    [
        # Row 73: a router that rejects says so at once.
        ((HOST_UNREACHABLE, HOST_UNREACHABLE), Cause.ACTIVE_REJECT),
        ((HOST_UNREACHABLE, TIMEOUT), None),
        ((FORBIDDEN, TIMEOUT), Cause.LOCAL_HOST_FIREWALL),
        ((TIMEOUT, TIMEOUT), None),
    ],
)
def test_why_only_one_port_is_let_out(failures: tuple[Failure, ...], cause: Cause | None) -> None:
    assert why_only_443(failing(*failures)) is cause


@pytest.mark.parametrize(
    ("failures", "cause"),
    [
        ((REFUSED, EXPIRED), Cause.PUSH_REFUSED),
        ((Failure.ALPN_NOT_SELECTED, Failure.ALPN_NOT_SELECTED), Cause.PUSH_PROTOCOL),
        ((Failure.ALPN_NOT_SELECTED, EXPIRED), Cause.APPLE_CERTIFICATE),
    ],
)
def test_why_push_fails_is_what_people_can_name(
    failures: tuple[Failure, ...], cause: Cause
) -> None:
    assert why_push_fails(failing(*failures)) is cause


# ---------------------------------------------------------------- the senders' side of push


def front(how: Mapping[str, Any], at: int = 443, **more: Any) -> Observation:
    where: dict[str, Any] = {
        "address": f"17.188.1.1:{at}",
        "operator": "apple",
        "group": "push",
        **more,
    }
    return sighting(Look.PUSH_HTTP, "provider-api", **{**where, **how})


def knocked(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Observation]:
    return [front(first, ago=3.0), front(second, at=2197)]


LIMITED: dict[str, Any] = {"failure": Failure.RATE_LIMITED, "step": Step.CONTENT}
FRONT: dict[str, tuple[list[Observation], tuple[bool, bool, bool]]] = {
    # what was seen; whether it passes, fails as a whole, fails in part
    "it was not asked": ([], (False, False, False)),
    "it answers": (knocked(FINE, FINE), (True, False, False)),
    "it failed once": ([front(UNWELL)], (False, False, False)),
    "it errs at both ports": (knocked(UNWELL, UNWELL), (False, True, True)),
    "it errs at one address": (
        [front(UNWELL, ago=3.0), front(UNWELL)], (False, False, True)),
    "it was silent, and errs": (knocked(SILENT, UNWELL), (False, False, True)),
    "it errs over one family, and is silent over the other": (
        [*knocked(UNWELL, UNWELL), *(replace(o, finding=replace(o.finding, family=Family.IPV6))
                                     for o in knocked(SILENT, SILENT))], (False, False, True)),
    "it errs over one family, and answers over the other": (
        [*knocked(UNWELL, UNWELL), front(FINE, **V6)], (True, False, False)),
    "it wants us to be slower": (knocked(LIMITED, LIMITED), (True, False, True)),
    "it is silent": (knocked(SILENT, SILENT), (False, False, True)),
}  # fmt: skip


@pytest.mark.parametrize("case", FRONT)
def test_two_server_errors_from_two_places_are_its_own_word(case: str) -> None:
    observations, (passes, fails, partly) = FRONT[case]

    group = senders(seen(*observations))

    assert (group.passes, group.fails, group.partly) == (passes, fails, partly)
    assert group.testified is fails
    assert group.known is bool(observations and case != "it failed once")


def test_an_answer_is_no_error() -> None:
    assert not errs(front(FINE))
    assert errs(front(UNWELL))


# ---------------------------------------------------------------- services

GOODBYE: dict[str, Any] = {"failure": Failure.HTTP2_GOAWAY, "step": Step.EXCHANGE}


def half(group: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Observation]:
    """The two hosts of a group, each at two addresses."""
    return [
        again
        for host, how in zip(HOSTS[group], (one, other), strict=True)
        for at in (FINE, V6)
        for again in twice(web(host, group, **how, **at))
    ]


SERVICES: dict[str, tuple[list[Observation], Services, Cause | None]] = {
    "all fine": (ALL_FINE, Services.WORK, None),
    "one host of a group fails wherever it is asked": (
        [*half("messaging", UNWELL, FINE), *apple(account=FINE, web=FINE)],
        Services.PARTLY, Cause.APPLE_PARTLY),
    "one host's certificate has run out": (
        [*half("messaging", {"failure": EXPIRED, "step": Step.HANDSHAKE}, FINE),
         *apple(account=FINE, web=FINE)], Services.PARTLY, Cause.APPLE_ENDPOINT_CERT_EXPIRED),
    "one host of a group says that it is unwell, the other is silent": (
        [*half("messaging", UNWELL, SILENT), *apple(account=FINE, web=FINE)],
        Services.ONE_FAILS, Cause.APPLE_SERVICE_FAILS),
    "one group is silent": (
        apple(messaging=SILENT, account=FINE, web=FINE),
        Services.ONE_SILENT, Cause.APPLE_SERVICE_SILENT),
    # Of Apple's own network, one group speaks and the other does not.
    "one group is unwell, one is silent, and the rented network is fine": (
        apple(messaging=UNWELL, account=SILENT, web=FINE), Services.ONE_FAILS, None),
    "all of Apple's own is unwell": (
        apple(messaging=UNWELL, account=UNWELL, web=FINE), Services.FAIL, Cause.HTTP_5XX),
    "all of Apple's own says goodbye": (
        apple(messaging=GOODBYE, account=GOODBYE, web=FINE),
        Services.FAIL, Cause.APPLE_SERVICE_FAILS),
    # Where a group is not known, what is known has to fail as a whole.
    "the two that are known are unwell": (
        apple(messaging=UNWELL, web=UNWELL), Services.FAIL, Cause.HTTP_5XX),
    "the two that are known are silent": (
        apple(messaging=SILENT, web=SILENT), Services.SILENT, Cause.APPLE_OR_PATH),
    "of the two that are known one is silent": (
        apple(messaging=SILENT, web=UNWELL), Services.SILENT, Cause.APPLE_OR_PATH),
}  # fmt: skip


@pytest.mark.parametrize("case", SERVICES)
def test_services(case: str) -> None:
    observations, value, cause = SERVICES[case]

    reading = services(seen(*observations))

    assert (reading.value, reading.cause) == (value, cause)


def test_where_no_host_of_apples_is_asked_nothing_is_known() -> None:
    assert services(seen(targets=replace(Targets(), apple_hosts=()))).value is Services.UNKNOWN


def test_a_host_that_is_not_asked_any_more_counts_as_of_apples_own_network() -> None:
    """Other settings were read a moment ago; what still stands of it shows: not all is silent."""
    groups_of = {
        "identity-bag": "messaging", "identity": "messaging",
        "account-lookup": "account", "account-web": "account",
        "setup.icloud.com": "icloud", "api.apple-cloudkit.com": "icloud",
    }  # fmt: skip
    asked = [
        one
        for number, (name, group) in enumerate(groups_of.items())
        for silent in [group != "icloud"]
        for one in twice(
            sighting(
                Look.APPLE_WEB, name, TIMEOUT if silent else None, group=group, silent=silent,
                operator="apple", address=f"17.0.0.{number}:443",
            )
        )
    ]  # fmt: skip
    hosts = tuple(one for one in Targets().apple_hosts if one.name != "setup.icloud.com")
    targets = replace(Targets(), apple_hosts=hosts)
    beside = [sighting(Look.REF_IP, name, operator=name) for name in "ab"]

    assert services(seen(*asked, *beside, targets=targets)).value is Services.ONE_SILENT


def test_the_groups_that_fail_are_cited_and_named_and_else_all() -> None:
    down = apple(messaging=SILENT)
    failing_too = services(seen(*down, *apple(account=FINE, web=FINE)))
    fine = services(seen(*ALL_FINE))

    assert {one.finding.group for one in failing_too.because} == {"messaging"}
    assert failing_too.said == "no answer to be had from Apple's messaging"
    unwell = services(seen(*apple(messaging=UNWELL, account=FINE, web=FINE)))
    assert unwell.said == "no right answer to be had from Apple's messaging"
    assert {one.finding.group for one in fine.because} == set(HOSTS)
    assert fine.said == "3 of 3 Apple service groups answer"


def icloud(host: str, *before_and_now: Mapping[str, Any]) -> list[Observation]:
    first, last = before_and_now
    return [web(host, "icloud", ago=3, **first), web(host, "icloud", **last)]


LOST_NAME: dict[str, Any] = {"failure": Failure.DNS_SERVFAIL, "step": Step.RESOLVE}
SETUP, KIT = "setup.icloud.com", "api.apple-cloudkit.com"
FIRST_START: dict[str, tuple[list[Observation], bool]] = {
    "every host errs": ([*icloud(SETUP, UNWELL, UNWELL), *icloud(KIT, UNWELL, UNWELL)], True),
    "one errs, and the other's name is not found": (
        [*icloud(SETUP, UNWELL, UNWELL), *icloud(KIT, LOST_NAME, LOST_NAME)], True),
    "one errs, and the other is silent": (
        [*icloud(SETUP, UNWELL, UNWELL), *icloud(KIT, SILENT, SILENT)], False),
    "it was silent, and errs": (icloud(SETUP, SILENT, UNWELL), False),
    "it erred, and is silent": (icloud(SETUP, UNWELL, SILENT), False),
    "no name is found": (icloud(SETUP, LOST_NAME, LOST_NAME), False),
}  # fmt: skip


@pytest.mark.parametrize("case", FIRST_START)
def test_a_group_nobody_needs_holds_ok_back_by_its_own_word_said_twice(case: str) -> None:
    observations, holds_back = FIRST_START[case]
    known = frozenset((one.look, one.finding.target) for one in ALL_FINE)

    looked = replace(seen(*ALL_FINE, *observations), witnesses=known)

    assert ("icloud" in {group.name for group in groups(looked)}) is holds_back
    assert services(looked).value is (Services.UNKNOWN if holds_back else Services.WORK)


def test_no_answer_is_said_of_silence_alone() -> None:
    mixed = services(seen(*half("messaging", UNWELL, SILENT), *apple(account=FINE, web=FINE)))
    down = services(seen(*NOBODY, *apple(messaging=SILENT), front(FINE, ago=5)))

    assert mixed.said == "no right answer to be had from Apple's messaging"
    # What answered a moment ago makes no wrong answer of the silence.
    assert (down.value, down.said[:9]) == (Services.SILENT, "no answer")


def test_a_group_that_asks_us_to_be_slower_answers() -> None:
    looked = seen(*apple(messaging=LIMITED))

    (group,) = (one for one in groups(looked) if one.name == "messaging")

    assert (group.passes, group.fails, group.partly) == (True, False, True)


def test_one_failure_was_tried_at_one_place_whatever_passed_before() -> None:
    before = web("web", "web", ago=9, address="198.51.100.9:443")
    (once,) = seen(before, web("web", "web", TIMEOUT, silent=True)).of(Look.APPLE_WEB)

    assert len(places_of([once])) == 1


def test_services_that_people_wait_for_work_partly() -> None:
    dead, alive = (
        [
            sighting(
                Look.DNS_EACH, f"{resolver} {name}", failure, step=Step.EXCHANGE, group="control",
                silent=failure is TIMEOUT, operator=f"resolver {resolver}", address=resolver,
            )
            for name in "ab"
        ]
        for resolver, failure in (("192.168.1.1", TIMEOUT), ("192.168.1.2", None))
    )  # fmt: skip
    waits = sighting(Look.DNS_APP, "courier", TIMEOUT, step=Step.RESOLVE, silent=True)

    hard = [one for each in dead for one in twice(each)]
    reading = services(seen(*ALL_FINE, *hard, *alive, waits))

    assert (reading.value, reading.cause) == (Services.PARTLY, Cause.RESOLVER_FAILOVER_SLOW)
    assert "192.168.1.1" in reading.said
    assert set(reading.because) == set(dead)


def quiet(failure: Failure = TIMEOUT) -> tuple[Observation, ...]:
    return twice(
        sighting(
            Look.PUSH_IDLE, "quiet-courier", failure, step=Step.EXCHANGE,
            silent=failure is TIMEOUT, operator="apple", group="push",
        )
    )  # fmt: skip


def test_quiet_sessions_die_without_a_word() -> None:
    """Row 82; who ends a session says so, and one fresh session that works is enough."""
    assert forgets_quiet_ones(seen(*quiet(), main(1), silent_courier(2)))
    assert not forgets_quiet_ones(seen(*quiet(Failure.EOF), main(1)))

    reading = services(seen(*ALL_FINE, main(1), *quiet()))

    assert {one.look for one in reading.because} == {Look.PUSH_IDLE}
    assert reading.said == quiet()[1].finding.said


# ---------------------------------------------------------------- port

WEEK = 7 * 86400.0


def control(operator: str, failure: Failure | None = None) -> Observation:
    return sighting(
        Look.PORT_CTL, operator, failure, operator=operator, silent=failure is TIMEOUT
    )  # fmt: skip


CONTROLS = [control("google", TIMEOUT), control("meta", TIMEOUT)]
NO_NTP = sighting(Look.NTP, "time.apple.com", FORBIDDEN, step=Step.EXCHANGE)


def held_up(cause: Cause | None) -> list[Observation]:
    fact = NearbyFact(target="courier-1", found=Nearby.FILTERED, cause=cause)
    return [
        silent_courier(),
        sighting(Look.NEARBY, "courier-1", group="push", step=Step.EXCHANGE, facts=[fact]),
    ]


PORT: dict[str, tuple[list[Observation], float | None, Port, Cause | None]] = {
    "push answered here a week ago": ([], WEEK, Port.OPEN, None),
    "push answered here before that": ([], WEEK + 1, Port.UNKNOWN, None),
    "all controls fail": (CONTROLS, None, Port.BLOCKED, Cause.EGRESS_WEB_ONLY),
    "two of three controls fail": ([*CONTROLS, control("signal")], None, Port.UNKNOWN, None),
    "push answers, and all controls fail": ([main(), *CONTROLS], None, Port.OPEN, None),
    "push answers, and this host forbids something else": ([main(), NO_NTP], None, Port.OPEN, None),
    "this host forbids something": ([NO_NTP], None, Port.UNKNOWN, None),
    "turned away by the router, and all controls fail": (
        [*held_up(Cause.ACTIVE_REJECT_NEAR), *CONTROLS], None, Port.BLOCKED, Cause.ACTIVE_REJECT),
}  # fmt: skip


@pytest.mark.parametrize("case", PORT)
def test_port(case: str) -> None:
    observations, ago, value, cause = PORT[case]

    reading = port(seen(*observations, push_seen_seconds_ago=ago))

    assert (reading.value, reading.cause) == (value, cause)


def test_what_is_cited_of_the_port() -> None:
    answers, (held, found) = main(), held_up(None)

    assert port(seen(answers, *CONTROLS)).because == (answers,)
    assert port(seen(*CONTROLS)).because == tuple(CONTROLS)
    assert port(seen(held, found, *CONTROLS)).because == (found, *CONTROLS)


# ---------------------------------------------------------------- what is near


def search(
    target: str, found: Nearby, *, group: str = "push", cause: Cause | None = None
) -> Observation:
    fact = NearbyFact(target=target, found=found, cause=cause)
    return sighting(Look.NEARBY, target, group=group, facts=[ASIDE, fact], step=Step.EXCHANGE)


def test_only_what_still_fails_is_stopped_near_here() -> None:
    looked = seen(silent_courier(1), search("courier-1", Nearby.CLEAN))
    other = seen(silent_courier(1), search("courier-2", Nearby.FILTERED))
    held = seen(silent_courier(1), search("courier-1", Nearby.FILTERED))

    assert [bool(stopped_near(one)) for one in (looked, other, held)] == [False, False, True]


UNWELL_SERVICES = apple(messaging=UNWELL)
ANSWER = AnswerFact(resolver="r", name="1-courier.push.apple.com", addresses=(), rcode="SERVFAIL")


def lost_name(look: Look, resolver: str) -> Observation:
    fact = replace(ANSWER, resolver=resolver, over_https=look is Look.DNS_ALT)
    return sighting(
        look, f"{resolver} {fact.name}", Failure.DNS_SERVFAIL, step=Step.CONTENT, facts=[fact],
        group="apple", operator=resolver, address=resolver,
    )  # fmt: skip


LOST_EVERYWHERE = [
    *twice(lost_name(Look.DNS_EACH, "192.168.1.1")),
    lost_name(Look.DNS_ALT, "google"),
    lost_name(Look.DNS_ALT, "cloudflare"),
]
NEAR: dict[str, tuple[list[Observation], Nearby]] = {
    "nothing fails": (ALL_FINE, Nearby.UNKNOWN),
    "Apple's names are lost everywhere": (LOST_EVERYWHERE, Nearby.CLEAN),
    "what was held up answers": (
        [main(1), search("courier-1", Nearby.FILTERED)], Nearby.UNKNOWN),
    "5223 is held up, and push works by one of its other ways": (
        [*twice(silent_courier()), search("courier-1", Nearby.FILTERED),
         fallback(), fallback(TIMEOUT, **V6)], Nearby.UNKNOWN),
    # Its silence is nobody's business: no device needs it, and nobody examines it.
    "services say that they are unwell, and the senders' side is silent": (
        [*UNWELL_SERVICES, *knocked(SILENT, SILENT)], Nearby.CLEAN),
    "a route of this network's own, and a filter": (
        [silent_courier(1), silent_courier(2), search("courier-1", Nearby.FILTERED),
         search("courier-2", Nearby.LOCAL_ROUTE)], Nearby.LOCAL_ROUTE),
}  # fmt: skip


@pytest.mark.parametrize("case", NEAR)
def test_nearby(case: str) -> None:
    observations, value = NEAR[case]

    assert nearby(seen(*observations)).value is value


def test_the_search_is_cited_and_else_what_proved_itself() -> None:
    found = search("courier-1", Nearby.FILTERED)

    assert nearby(seen(*twice(silent_courier()), found)).because == (found,)
    assert set(nearby(seen(*UNWELL_SERVICES)).because) == set(UNWELL_SERVICES[1::2])
    assert nearby(seen(silent_courier(), found, *UNWELL_SERVICES)).because == (found,)


def test_one_host_that_failed_once_over_each_family_is_soft() -> None:
    once = [web("web", "web", TIMEOUT, silent=True, **at) for at in (FINE, V6)]

    assert services(seen(*apple(messaging=FINE, account=FINE), *once)).value is Services.UNKNOWN
