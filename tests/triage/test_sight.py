"""What the guide takes from the live answer: every word that a verdict may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from probe.triage import sight_of
from probe.triage.catalogue import FIX_TEXTS, WEAK_TEXTS
from probe.triage.sight import VALUES, Sight
from probe.verdict.causes import CAUSES, FINE
from probe.words import Blame, Cause, Certainty, Code, HostClock, Impact

NOW = "2026-11-26T10:00:00Z"
WELL = {"iMessage": ("available", True), "APNS": ("available", True),
        "Apple Account": ("available", True), "App Store": ("available", True)}  # fmt: skip
VERDICTS = [
    (code, cause, story) for cause, story in [(None, FINE), *CAUSES.items()] for code in story.codes
]
# A mild cause about Apple, or the way there: neither is said to be at fault.
ABOUT_APPLE = {Cause.APPLE_PARTLY, Cause.APPLE_SLOW, Cause.APPLE_ENDPOINT_CERT_EXPIRED,
               Cause.ONLY_443}  # fmt: skip


def status(
    code: Code = Code.OK,
    cause: Cause | None = None,
    *,
    certainty: Certainty = Certainty.HIGH,
    services: Mapping[str, tuple[str, bool | None]] | None = None,
    messengers: list[dict[str, Any]] | None = None,
    clock: str = "right",
) -> dict[str, Any]:
    """The parts of /status that the guide reads."""
    story = FINE if cause is None else CAUSES[cause]
    return {
        "at": NOW,
        "verdict": {
            "blame": story.blame.value, "code": code.value, "cause": cause and cause.value,
            "impact": story.impact.value, "certainty": certainty.value,
            "headline": story.headline, "advice": list(story.advice),
        },
        "signals": {"clock": {"value": clock}},
        "services": [
            {"name": name, "apple_says": said, "reachable": reachable, "since": None}
            for name, (said, reachable) in (WELL if services is None else services).items()
        ],
        "messengers": messengers or [],
    }  # fmt: skip


@pytest.mark.parametrize(("code", "cause", "story"), VERDICTS)
def test_the_network_is_as_the_verdict_says(code: Code, cause: Cause | None, story: Any) -> None:
    network = sight_of(status(code, cause)).network

    if story.blame is Blame.NOBODY or story.blame is Blame.APPLE:
        assert network == "fine"
    elif code in {Code.UNKNOWN, Code.CLOCK} or cause in ABOUT_APPLE:
        assert network == "unknown"
    else:
        assert network == ("broken" if story.impact in {Impact.PARTIAL, Impact.FULL} else "shaky")


@pytest.mark.parametrize(("code", "cause", "story"), VERDICTS)
def test_a_network_that_fails_has_words_that_say_what_to_do(
    code: Code, cause: Cause | None, story: Any
) -> None:
    network = sight_of(status(code, cause)).network
    if network == "broken":
        assert FIX_TEXTS[code.value]
    if network == "shaky":
        assert WEAK_TEXTS[code.value]


@pytest.mark.parametrize("certainty", Certainty)
@pytest.mark.parametrize(("code", "cause", "story"), VERDICTS)
def test_every_word_is_one_of_those_that_the_table_knows(
    code: Code, cause: Cause | None, story: Any, certainty: Certainty
) -> None:
    sight = sight_of(status(code, cause, certainty=certainty))

    for what, values in VALUES.items():
        assert sight.value(what) in values


def apple(code: Code, cause: Cause | None, **said: tuple[str, bool | None]) -> str:
    return sight_of(status(code, cause, services={**WELL, **named(said)})).apple


def named(said: dict[str, tuple[str, bool | None]]) -> dict[str, tuple[str, bool | None]]:
    names = {"imessage": "iMessage", "apns": "APNS", "account": "Apple Account",
             "store": "App Store"}  # fmt: skip
    return {names[key]: value for key, value in said.items()}


REPORTS = (Code.APPLE_ACKNOWLEDGED, Cause.APPLE_REPORTS)
SUSPECTED = (Code.APPLE_SUSPECTED, Cause.HTTP_5XX)


@pytest.mark.parametrize("kind", ["outage", "issue", "performance"])
@pytest.mark.parametrize("service", ["imessage", "apns", "account"])
def test_apples_word_about_messages_is_announced(service: str, kind: str) -> None:
    said: dict[str, Any] = {service: (kind, True)}

    assert apple(*REPORTS, **said) == "announced"


def test_apples_word_stands_whatever_the_verdict_is() -> None:
    """The line here may be down, or the rules may have told something else first."""
    for code, cause, _ in VERDICTS:
        assert apple(code, cause, imessage=("outage", None)) == "announced"


def test_work_that_apple_announced_is_told_as_that() -> None:
    assert apple(Code.MAINTENANCE, Cause.APPLE_MAINTENANCE, imessage=("maintenance", True)) == (
        "maintenance"
    )


def test_trouble_of_the_app_store_is_no_trouble_with_messages() -> None:
    assert apple(*REPORTS, store=("outage", True)) == "other"
    assert apple(Code.APPLE_SUSPECTED, Cause.APPLE_SERVICE_FAILS, store=("available", False)) == (
        "other"
    )
    assert apple(Code.OK, None, store=("issue", True)) == "other"


def test_a_report_of_apple_without_its_services_is_taken_as_one_about_messages() -> None:
    unread = {name: ("unknown", None) for name in WELL}

    assert sight_of(status(*REPORTS, services=unread)).apple == "announced"
    assert sight_of(
        status(Code.MAINTENANCE, Cause.APPLE_MAINTENANCE, services=unread)
    ).apple == "maintenance"  # fmt: skip


def test_a_suspicion_about_messages_is_suspected_and_not_announced() -> None:
    assert apple(*SUSPECTED, imessage=("available", False)) == "suspected"
    assert apple(*SUSPECTED, apns=("available", False), imessage=("available", None)) == (
        "suspected"
    )
    nothing_seen = {name: ("available", None) for name in WELL}
    assert sight_of(status(*SUSPECTED, services=nothing_seen)).apple == "suspected"


def test_silence_that_nobody_can_place_is_unreached() -> None:
    assert apple(Code.UNKNOWN, Cause.APPLE_OR_PATH, imessage=("available", False)) == "unreached"
    assert apple(Code.UNKNOWN, Cause.PUSH_OR_FILTER, apns=("available", None)) == "unreached"
    assert apple(Code.UNKNOWN, Cause.AMBIGUOUS, account=("available", False)) == "unreached"


def test_that_apple_is_not_reached_through_a_broken_network_says_nothing_about_apple() -> None:
    gone = {name: ("available", False) for name in WELL}

    assert sight_of(status(Code.LOCAL_LINK, Cause.NO_CARRIER, services=gone)).apple == "unknown"


def test_a_host_that_nobody_looked_at_is_not_fine() -> None:
    unseen = {name: ("available", None) for name in WELL}

    assert apple(Code.OK, None) == "fine"
    assert sight_of(status(services=unseen)).apple == "unknown"
    assert sight_of(status(services={})).apple == "unknown"


def test_apples_word_alone_says_nothing_about_this_network() -> None:
    assert sight_of(status(*REPORTS, certainty=Certainty.LOW)).network == "unknown"


@pytest.mark.parametrize("value", HostClock)
def test_the_clock_is_the_signals(value: HostClock) -> None:
    assert sight_of(status(clock=value.value)).clock == value.value


def test_a_verdict_about_the_clock_is_a_wrong_clock() -> None:
    assert sight_of(status(Code.CLOCK, Cause.TLS_DATE_ERRORS, clock="unknown")).clock == "wrong"


def test_there_is_room_for_a_look_at_the_carrier() -> None:
    told = status()
    assert sight_of(told).carrier == "unknown"

    told["signals"]["carrier"] = {"value": "failing"}
    assert sight_of(told).carrier == "failing"

    told["signals"]["carrier"] = {"value": "a word of tomorrow"}
    assert sight_of(told).carrier == "unknown"


def test_another_app_counts_only_while_its_look_is_fresh() -> None:
    seen = sight_of(status(messengers=[
        {"name": "Signal", "reachable": True, "at": "2026-11-26T09:58:00Z"},
        {"name": "WhatsApp", "reachable": False, "at": "2026-11-26T09:58:00Z"},
        {"name": "Telegram", "reachable": True, "at": "2026-11-26T05:00:00Z"},
    ]))  # fmt: skip

    assert seen.other_apps == ("Signal",)
    assert seen.failing_apps == ("WhatsApp",)
    assert seen.apps == "work"
    assert Sight(failing_apps=("WhatsApp",)).apps == "fail"
    assert Sight().apps == "unknown"
