"""A verdict explains itself: because, not because, could not check, also."""

from __future__ import annotations

import pytest

from probe.model import AppleService, NoteSaid, Readings
from probe.verdict import RULES, judge, waiting, why_not
from probe.verdict.table import first_met
from probe.words import (
    AppleDns,
    AppleStatus,
    Blame,
    Cause,
    Certainty,
    Code,
    Daemon,
    Failure,
    HostClock,
    Internet,
    Ipv6,
    Link,
    Look,
    Note,
    Port,
    Push,
    Services,
    Signal,
    Speed,
    Step,
)
from tests.verdict.world import AT, DEAD, NOTHING_KNOWN, readings, seen


def also(evidence: Readings) -> list[tuple[Code, Cause | None]]:
    return [(further.code, further.cause) for further in judge(evidence).also]


def test_a_healthy_world_is_ok_and_blames_nobody() -> None:
    verdict = judge(readings())

    assert verdict.told_as == (Blame.NOBODY, Code.OK, None)
    assert (verdict.certainty, verdict.also, verdict.could_not_check) == (Certainty.HIGH, (), ())
    assert "from here" in verdict.headline


def test_a_cause_is_taken_from_the_evidence_only_where_it_may_stand_behind_the_code() -> None:
    fits = judge(
        readings({Signal.CLOCK: HostClock.WRONG}, suggests={Signal.CLOCK: Cause.TLS_DATE_ERRORS})
    )
    foreign = judge(
        readings({Signal.CLOCK: HostClock.WRONG}, suggests={Signal.CLOCK: Cause.DNS_SLOW})
    )

    assert fits.cause is Cause.TLS_DATE_ERRORS
    assert foreign.cause is Cause.OFFSET_LARGE


def test_what_is_handed_in_is_handed_on() -> None:
    notes = (NoteSaid(code=Note.NAT64, said="This network is IPv6 only."),)
    services = (AppleService(name="iMessage", reachable=True, apple_says="available"),)

    verdict = judge(readings(), notes=notes, services=services, could_not_check=("a courier",))

    assert (verdict.notes, verdict.services) == (notes, services)
    assert verdict.could_not_check == ("a courier",)


# ---------------------------------------------------------------- because


def test_failures_are_cited_first_and_what_answered_wrongly_before_what_was_silent() -> None:
    evidence = readings(
        {Signal.SERVICES: Services.FAIL},
        because={
            Signal.INTERNET: (seen("cloudflare", look=Look.REF_NAME),),
            Signal.SERVICES: (
                seen("web"),
                seen("identity", failure=Failure.GENERIC_TIMEOUT, speed=Speed.SILENT),
                seen("account", failure=Failure.HTTP_5XX, said="answered 503"),
            ),
        },
    )

    because = judge(evidence).because

    assert [reason.target for reason in because] == ["account", "identity", "web"]
    first = because[0]
    assert (first.look, first.step, first.failure) == (
        Look.APPLE_WEB,
        Step.HANDSHAKE,
        Failure.HTTP_5XX,
    )
    assert (first.at, first.said) == (AT, "answered 503")


def test_signals_take_turns_so_that_none_fills_all_the_places() -> None:
    failing = {
        signal: tuple(
            seen(f"{signal}-{number}", failure=Failure.GENERIC_TIMEOUT) for number in range(3)
        )
        for signal in (Signal.LINK, Signal.INTERNET)
    }

    because = judge(readings({**DEAD, Signal.LINK: Link.DOWN}, because=failing)).because

    assert [reason.target for reason in because] == ["link-0", "internet-0", "link-1"]


def test_apple_out_of_reach_as_well_is_no_reason_for_a_nearer_fault() -> None:
    failing = {Signal.SERVICES: (seen("identity", failure=Failure.GENERIC_TIMEOUT),)}

    because = judge(readings({**DEAD, Signal.LINK: Link.DOWN}, because=failing)).because

    assert "identity" not in [reason.target for reason in because]


def test_one_observation_that_feeds_two_signals_is_cited_once() -> None:
    shared = seen("identity", failure=Failure.HTTP_5XX)
    evidence = readings(
        {Signal.SERVICES: Services.FAIL, Signal.DNS_APPLE: AppleDns.WRONG_EVERYWHERE},
        because={Signal.SERVICES: (shared,), Signal.DNS_APPLE: (shared,)},
    )

    assert [reason.target for reason in judge(evidence).because] == ["identity"]


def test_ok_cites_the_farthest_success_because_it_proves_the_rest() -> None:
    evidence = readings(
        because={
            Signal.INTERNET: (seen("cloudflare"),),
            Signal.SERVICES: (seen("identity"),),
        }
    )

    assert [reason.target for reason in judge(evidence).because] == ["identity", "cloudflare"]


def test_a_signal_that_decided_nothing_is_not_cited() -> None:
    evidence = readings(
        {Signal.CLOCK: HostClock.WRONG, Signal.IPV6: Ipv6.BROKEN},
        because={Signal.IPV6: (seen("v6", failure=Failure.GENERIC_TIMEOUT),)},
    )

    assert judge(evidence).because == ()


# ---------------------------------------------------------------- not because, could not check


def test_wrong_guesses_are_refuted_only_where_the_readings_do() -> None:
    everything_right = judge(readings({Signal.SERVICES: Services.FAIL})).not_because
    nothing_known = judge(readings(NOTHING_KNOWN)).not_because

    assert [guess.split(":")[0] for guess in everything_right] == [
        "Not your internet",
        "Not your lookup of names (DNS)",
    ]
    assert nothing_known == ()


def test_never_more_than_two_wrong_guesses() -> None:
    assert len(judge(readings({Signal.SERVICES: Services.ONE_FAILS})).not_because) == 2


def test_what_was_not_known_is_named_in_words_nearest_first() -> None:
    evidence = readings(
        {**DEAD, Signal.LINK: Link.UNKNOWN, Signal.SELF: Daemon.UNKNOWN},
        said={Signal.LINK: "the tables could not be read"},
    )

    assert judge(evidence).could_not_check == (
        "isitme itself",
        "this device's connection: the tables could not be read",
    )


# ---------------------------------------------------------------- also


ALSO: dict[str, tuple[Readings, list[tuple[Code, Cause | None]]]] = {
    "Apple's own word beside a dead line": (
        readings({**DEAD, Signal.APPLE_STATUS: AppleStatus.INCIDENT}),
        [(Code.APPLE_ACKNOWLEDGED, Cause.CONFIRMED_BY_PROBES)],
    ),
    "a dead line explains everything beyond it": (readings({**DEAD, Signal.IPV6: Ipv6.BROKEN}), []),
    "a wrong clock beside a dead line": (
        readings({**DEAD, Signal.CLOCK: HostClock.WRONG}),
        [(Code.CLOCK, Cause.OFFSET_LARGE)],
    ),
    "broken IPv6 beside a blocked port": (
        readings(
            {
                Signal.PUSH: Push.ONLY_443,
                Signal.PORT: Port.BLOCKED,
                Signal.IPV6: Ipv6.BROKEN,
            }
        ),
        [(Code.IPV6_BROKEN, Cause.V6_BLACKHOLE)],
    ),
    "a filter explains the push that it blocks": (
        readings({Signal.DNS_APPLE: AppleDns.WRONG_HERE, Signal.PUSH: Push.SILENT}),
        [],
    ),
    "a wrong clock does not explain a partly missing internet": (
        readings({Signal.CLOCK: HostClock.WRONG, Signal.INTERNET: Internet.PARTLY}),
        [(Code.DEGRADED, Cause.CONTROLS_PARTLY)],
    ),
    "a process that cannot keep up names nobody": (
        readings({**DEAD, Signal.SELF: Daemon.IMPAIRED, Signal.CLOCK: HostClock.WRONG}),
        [],
    ),
}


@pytest.mark.parametrize("name", ALSO)
def test_further_causes_explain_what_the_first_one_cannot(name: str) -> None:
    evidence, expected = ALSO[name]

    assert also(evidence) == expected


# ---------------------------------------------------------------- why not, waiting


def test_every_rule_that_does_not_match_says_why() -> None:
    evidence = readings({Signal.CLOCK: HostClock.WRONG})

    reasons = {rule.name: reason for rule, reason in why_not(evidence)}

    assert reasons["dns_fails"] == "dns is works; wanted: dns is fails"
    assert reasons["link_down"] == "link is up; wanted: link is down"
    assert "clock_wrong" not in reasons
    assert reasons["ok"] == "clock is wrong; wanted: clock is right"


def test_rules_that_match_are_not_asked_why_not() -> None:
    evidence = readings(NOTHING_KNOWN)
    matched, _ = first_met(RULES, NOTHING_KNOWN)

    assert matched not in [rule for rule, _ in why_not(evidence)]


@pytest.mark.parametrize("cause", [Cause.STARTING_UP, Cause.RESUMED, Cause.NETWORK_CHANGED])
def test_while_waiting_nobody_is_blamed(cause: Cause) -> None:
    verdict = waiting(cause)

    assert verdict.told_as == (Blame.UNKNOWN, Code.UNKNOWN, cause)
    assert verdict.certainty is Certainty.LOW


def test_a_signal_without_a_reading_is_a_bug_and_says_so() -> None:
    torn = dict(readings())
    del torn[Signal.DNS]

    with pytest.raises(KeyError):
        judge(torn)
