"""The cause table: complete, consistent with the contract, and readable."""

from __future__ import annotations

import re

import pytest

from probe.cli import COMMANDS
from probe.verdict import CAUSES, FINE, RULES, story_of
from probe.verdict.explain import EXPLAINS, SUBJECTS, WRONG_GUESSES
from probe.verdict.table import ONE_INCIDENT
from probe.words import VALUES, Blame, Cause, Code, Impact, Signal

LOCAL = frozenset(
    {
        Code.LOCAL_LINK,
        Code.LOCAL_GATEWAY,
        Code.CAPTIVE_PORTAL,
        Code.PROXY,
        Code.CLOCK,
        Code.TLS_INTERCEPTION,
        Code.FIREWALL_PORT_BLOCKED,
    }
)
# Words that a person without the trade's vocabulary stumbles over.
JARGON = re.compile(
    r"\b(TCP|UDP|TLS|SNI|NAT\d*|MTU|MSS|RST|SERVFAIL|REFUSED|NXDOMAIN|HTTPS?|resolver|courier"
    r"|gateway|handshake|5223|443)\b"
)
LEADS = {
    Blame.ME: ("It's you: ",),
    Blame.PROVIDER: ("It's your provider: ",),
    Blame.APPLE: ("It looks like Apple: ", "It may be Apple: ", "Apple reports "),
    Blame.NOBODY: ("All fine ", "It works "),
    Blame.UNKNOWN: ("Not ", "Looking"),
}
EVERY = [(None, FINE), *CAUSES.items()]
every_cause = pytest.mark.parametrize("cause", [None, *Cause])


def test_advice_names_only_commands_that_exist() -> None:
    named = {
        command
        for _, story in EVERY
        for command in re.findall(r"`isitme ([a-z]+)", " ".join(story.advice))
    }

    assert named
    assert named <= set(COMMANDS)


def test_every_cause_has_a_row() -> None:
    assert set(CAUSES) == set(Cause)


@every_cause
def test_every_row_stands_behind_a_code_that_rules_tell(cause: Cause | None) -> None:
    codes = story_of(cause).codes

    assert codes
    assert set(codes) <= {rule.code for rule in RULES}


@every_cause
def test_blame_follows_from_the_code(cause: Cause | None) -> None:
    story = story_of(cause)

    for code in story.codes:
        allowed = {
            Code.OK: {Blame.NOBODY},
            Code.DNS: {Blame.ME, Blame.PROVIDER, Blame.UNKNOWN},
            Code.IPV6_BROKEN: {Blame.ME, Blame.PROVIDER},
            Code.ISP_INTERNET: {Blame.PROVIDER, Blame.UNKNOWN},
            Code.DEGRADED: {Blame.ME, Blame.PROVIDER, Blame.UNKNOWN, Blame.NOBODY},
            Code.UNKNOWN: {Blame.UNKNOWN},
            **{one: {Blame.APPLE} for one in ONE_INCIDENT},
            **{one: {Blame.ME} for one in LOCAL},
        }[code]
        assert story.blame in allowed


@pytest.mark.parametrize(
    "cause",
    [
        Cause.GATEWAY_OR_UPSTREAM,
        Cause.RESOLVER_OR_UPSTREAM,
        Cause.APPLE_OR_PATH,
        Cause.PUSH_OR_FILTER,
    ],
)
def test_a_cause_that_fits_two_parties_blames_neither_and_says_who_it_is_not(cause: Cause) -> None:
    assert CAUSES[cause].blame is Blame.UNKNOWN
    assert CAUSES[cause].headline.startswith("Not ")


@every_cause
def test_nobody_is_blamed_for_what_nobody_notices_and_somebody_for_the_rest(
    cause: Cause | None,
) -> None:
    story = story_of(cause)

    if story.blame is Blame.NOBODY:
        assert story.impact is Impact.NONE
    elif story.blame is not Blame.UNKNOWN:
        assert story.impact is not Impact.NONE


@every_cause
def test_a_headline_is_one_sentence_that_a_person_understands(cause: Cause | None) -> None:
    headline = story_of(cause).headline

    assert headline.endswith(".")
    assert headline.count(".") == 1
    assert len(headline.split()) <= 20
    assert not JARGON.search(headline.replace("IPv4", "").replace("IPv6", ""))


@every_cause
def test_a_headline_begins_with_whose_fault_it_is(cause: Cause | None) -> None:
    story = story_of(cause)

    assert story.headline.startswith(LEADS[story.blame])


@every_cause
def test_apple_is_the_culprit_in_no_sentence_of_a_local_cause(cause: Cause | None) -> None:
    story = story_of(cause)

    if story.blame in {Blame.ME, Blame.PROVIDER}:
        assert not re.search(r"(^|[:;] )Apple('s)? \w+", story.headline.removeprefix("It's ")) or (
            cause is Cause.PATH_TO_APPLE
        )


@every_cause
def test_advice_is_steps_of_one_sentence_each(cause: Cause | None) -> None:
    story = story_of(cause)

    assert 1 <= len(story.advice) <= 3
    assert len(set(story.advice)) == len(story.advice)
    for step in (*story.advice, story.meaning):
        assert step.endswith(".")
        assert ". " not in step


def test_no_two_causes_are_told_in_the_same_words() -> None:
    assert len({story.headline for _, story in EVERY}) == len(EVERY)


def test_every_code_and_signal_has_its_words() -> None:
    assert set(EXPLAINS) == set(Code) == set(WRONG_GUESSES)
    assert set(SUBJECTS) == set(Signal) == set(VALUES)


def test_a_wrong_guess_is_refuted_by_words_of_its_signals() -> None:
    for guesses in WRONG_GUESSES.values():
        for guess in guesses:
            assert guess.said.startswith("Not ")
            for signal, wanted in guess.when.items():
                assert {type(value) for value in wanted} == {VALUES[signal]}
