"""The cause table: complete, consistent with the contract, and readable."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from probe.cli import COMMANDS
from probe.verdict import CAUSES, FINE, RULES, Story, story_of
from probe.verdict.describe import BLAME_SAID, IMPACT_SAID
from probe.verdict.explain import EXPLAINS, SUBJECTS, WRONG_GUESSES
from probe.verdict.table import ONE_INCIDENT
from probe.words import VALUES, Blame, Cause, Code, Impact, Signal

PROBE = Path(__file__).parents[2] / "probe"
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
# Words that somebody at home stumbles over. They stand in brackets only, behind plain words for
# them: whoever has to set something finds it under this word. (Pattern, why it is on the list.)
JARGON: tuple[tuple[str, str], ...] = (
    (r"DNS|VPN|NAT\d*|MTU|MSS|RST|SNI|ALPN|DHCP|TCP|UDP|TLS|HTTPS?|RFC|QUIC", "an abbreviation"),
    (r"IPv[46]|AAAA|SERVFAIL|REFUSED|NXDOMAIN", "a word of a protocol"),
    (r"[Pp]ush|[Cc]ouriers?", "Apple's word for how messages are brought; a push is a shove"),
    (r"[Pp]orts?", "a number to one, a harbour to another"),
    (r"[Pp]rox(?:y|ies)", "few know that something stands between"),
    (r"[Cc]ertificates?", "a paper, to most"),
    (
        r"[Pp]ackets?|[Ss]egments?|[Hh]andshakes?|[Gg]reetings?",
        "how data travels is no news to act on",
    ),
    (r"[Rr]esolvers?|[Gg]ateways?|[Kk]ernel|[Ii]nterfaces?|[Cc]arrier", "parts that nobody sees"),
    (r"[Vv]antage|[Rr]eferences?|[Oo]perators?|[Ee]ndpoints?|[Dd]etour", "words of this project"),
    (r"[Rr]oot|[Ii]ssuers?|[Cc]ache|[Dd]escriptors?|ping|ppm", "words of the trade"),
    (r"\d+\.\d+\.\d+\.\d+(?:/\d+)?|5223|443|2197|123|53", "numbers that only a setting asks for"),
)
JARGON_RE = re.compile("|".join(rf"\b(?:{pattern})\b" for pattern, _ in JARGON))
# For an engineer, and so exempt from the list: the technical line of a cause, and what was seen of
# one target, which names it, its step and its failure.
FOR_ENGINEERS = frozenset({"technical"})
# Said by a person, of Apple: that it is at fault.
ACCUSES = re.compile(
    r"(?<!to )(?<!with )(?<!than )\bApple(?:'s(?: [\w()]+){1,3})? (?:itself )?"
    r"(?:(?:is|are) (?:down|broken|silent|unwell|to blame|at fault)"
    r"|fails?|refuses?|do(?:es)? not (?:answer|work|speak))\b"
    r"|Apple's (?:own )?fault|fault of Apple|because of Apple|looks like Apple|may be Apple"
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
        Cause.DNS_STALE,
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
    for step in (*story.advice, story.technical):
        assert step.endswith(".")
        assert ". " not in step


# ---------------------------------------------------------------- every sentence, for its reader


def plain(sentence: str) -> str:
    """What somebody at home reads: no command, no host name to copy, nothing in brackets."""
    return re.sub(r"`[^`]*`|\([^)]*\)|\b\w+(?:\.[a-z]\w+)+", "", sentence)


def mistakes(sentence: str) -> list[str]:
    """What is wrong with a sentence for people."""
    found = [f"a bare {word}" for word in JARGON_RE.findall(plain(sentence))]
    long = [one for one in re.split(r"(?<=[.;])\s", sentence) if len(one.split()) > MOST_WORDS]
    return [*found, *(f"{len(one.split())} words" for one in long)]


MOST_WORDS = 20
FOR_PEOPLE: dict[str, tuple[str, ...]] = {
    "headline": tuple(story.headline for _, story in EVERY),
    "advice": tuple(dict.fromkeys(step for _, story in EVERY for step in story.advice)),
    "not_because": tuple(
        dict.fromkeys(guess.said for some in WRONG_GUESSES.values() for guess in some)
    ),
    "could_not_check, unexplained": tuple(SUBJECTS.values()),
    "whose fault": (*BLAME_SAID.values(), *IMPACT_SAID.values()),
}


@pytest.mark.parametrize("field", FOR_PEOPLE)
def test_every_sentence_for_people_is_short_and_plain(field: str) -> None:
    said = {sentence: mistakes(sentence) for sentence in FOR_PEOPLE[field]}

    assert {sentence: wrong for sentence, wrong in said.items() if wrong} == {}


def test_only_what_is_for_an_engineer_is_exempt() -> None:
    words_of_a_story = {field.name for field in fields(Story)} - {"codes", "blame", "impact"}

    assert words_of_a_story - FOR_ENGINEERS <= set(FOR_PEOPLE)


@every_cause
def test_a_line_for_an_engineer_is_short_too_and_says_more_than_the_headline(
    cause: Cause | None,
) -> None:
    story = story_of(cause)

    assert len(story.technical.split()) <= MOST_WORDS
    assert story.technical != story.headline


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("Open port 5223.", ["a bare port", "a bare 5223"]),
        ("Let message delivery out (port 5223).", []),
        ("Allow push.apple.com.", []),
        ("See `isitme ports --dns`.", []),
        ("one " * 21 + "word.", ["22 words"]),
        ("Your DNS server is slow.", ["a bare DNS"]),
    ],
)
def test_a_sentence_that_is_not_for_people_is_caught(sentence: str, wrong: list[str]) -> None:
    assert mistakes(sentence) == wrong


# ---------------------------------------------------------------- the notes

# A note is made where it is found out: these words are read from the source.
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
NOTES_OWED = {
    # Of probe/verdict/signals: for an engineer still, until they are said in plain words.
    "No time server answers here; HTTPS dates serve instead.",
    "The configured proxy does not work and is not needed: X.",
    "This clock X X ppm, give or take X",
}


def strings_of(tree: ast.AST) -> Iterator[str]:
    """Every text that a module makes, its blanks as one letter; no docstring."""
    docs = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    inside = {
        id(part) for one in ast.walk(tree) if isinstance(one, ast.JoinedStr) for part in one.values
    }
    for one in ast.walk(tree):
        if isinstance(one, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "X" for part in one.values
            )
        elif (
            isinstance(one, ast.Constant)
            and isinstance(one.value, str)
            and id(one) not in docs | inside
        ):
            yield one.value


def notes_of(module: ast.Module) -> Iterator[str]:
    """The texts that stand beside a Note: `(Note.X, said)` and `note(Note.X, said)`, and what is
    put into `said` in the same function."""
    functions = [one for one in ast.walk(module) if isinstance(one, FUNCTION)]
    for scope in (module, *functions):
        pairs = [
            one.elts if isinstance(one, ast.Tuple) else one.args
            for one in ast.walk(scope)
            if isinstance(one, ast.Tuple | ast.Call)
        ]
        texts = [
            pair[1] for pair in pairs if len(pair) == 2 and ast.unparse(pair[0]).startswith("Note.")
        ]
        filled = [
            one.value
            for text in texts
            for one in ast.walk(text)
            if isinstance(one, ast.FormattedValue)
        ]
        names = {one.id for one in (*texts, *filled) if isinstance(one, ast.Name)}
        texts += [
            one.value
            for one in (ast.walk(scope) if scope is not module else module.body)
            if isinstance(one, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id in names for target in one.targets)
        ]
        for text in texts:
            yield from strings_of(text)


def modules() -> Iterator[ast.Module]:
    for folder in ("probes", "verdict", "verdict/signals"):
        for path in sorted((PROBE / folder).glob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"))


def test_every_note_is_short_and_plain() -> None:
    notes = {note for module in modules() for note in notes_of(module)}

    assert len(notes) > 20, "the notes are not found any more"
    assert notes >= NOTES_OWED
    wrong = {note: mistakes(note) for note in notes - NOTES_OWED}
    assert {note: what for note, what in wrong.items() if what} == {}


# ---------------------------------------------------------------- who is accused


@every_cause
def test_apple_is_accused_in_no_sentence_about_another_ones_fault(cause: Cause | None) -> None:
    story = story_of(cause)

    if story.blame in {Blame.ME, Blame.PROVIDER, Blame.NOBODY}:
        said = (story.headline, story.technical, *story.advice)
        assert [one for one in said if ACCUSES.search(one)] == []


@pytest.mark.parametrize("code", sorted(set(Code) - ONE_INCIDENT))
def test_apple_is_accused_by_no_wrong_guess_of_another_code(code: Code) -> None:
    assert [guess.said for guess in WRONG_GUESSES[code] if ACCUSES.search(guess.said)] == []


def test_what_was_seen_never_says_that_apple_is_at_fault() -> None:
    """`because` cites what looks and signals said, whoever is blamed: that is no place to blame."""
    said = [text for module in modules() for text in strings_of(module)]

    assert len(said) > 500
    assert [one for one in said if ACCUSES.search(one)] == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Apple is down.",
        "Apple's message delivery (push) refuses connections.",
        "Apple itself fails.",
        "It looks like Apple: its servers answer with errors.",
        "That is Apple's fault.",
        "Apple's servers do not answer.",
    ],
)
def test_a_sentence_that_accuses_apple_is_caught(sentence: str) -> None:
    assert ACCUSES.search(sentence)


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
