"""All that a person can get from the guide is in the catalogue: terminal, page and JSON alike."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from probe.outlets.guide import ask, pages
from probe.outlets.terminal import Paper
from probe.outlets.web.page import reader_said
from probe.outlets.web.triage import triage_page
from probe.triage import Answers, BadAnswer, Sight, answers_of, catalogue, guide
from probe.triage.told import questions, told
from tests.support.html import Reading
from tests.triage.situations import ALL_FINE, SITUATIONS
from tests.triage.test_catalogue import CATALOGUE

APPS = ("WhatsApp", "Signal", "Telegram")
FILLED = {
    *CATALOGUE,
    *(text.format(app=app) for text in (catalogue.APP_WORKS, catalogue.APP_FAILS) for app in APPS),
    *(
        heading.format(what=what)
        for step in catalogue.STEP_TEXTS.values()
        for heading, what in ((catalogue.LOSES, step.loses), (catalogue.WORKED, step.worked))
    ),
    *(catalogue.NUMBER_PLEASE.format(most=most) for most in range(2, 20)),
}
# What is left of a line when the catalogue's words are taken out: marks and numbers.
MARKS = re.compile(r"[\s\d.()·-]*")
# The page's frame: whose page it is, and what every page says at its foot.
FRAME = {"isitme", "Wall", reader_said("")}


def everything_told() -> Iterator[tuple[dict[str, Any], Answers, Sight]]:
    """Every situation, in every state of the network with its code; some with other apps."""
    states = [("ok", ""), *((code, "broken") for code in catalogue.FIX_TEXTS),
              *((code, "shaky") for code in catalogue.WEAK_TEXTS)]  # fmt: skip
    apps = itertools.cycle([((), ()), (("Signal",), ("WhatsApp", "Telegram")), ((), APPS)])
    for situation in SITUATIONS:
        given = {key: value for key, value in situation.answers.items() if key != "more"}
        answers = Answers(given=given, more=situation.answers.get("more", frozenset()))
        for code, network in states:
            works, fails = next(apps)
            seen: dict[str, Any] = {**ALL_FINE, **situation.sees}
            if network:
                seen["network"] = network
            sight = Sight(**seen, code=code, headline="A headline.", other_apps=works,
                          failing_apps=fails)  # fmt: skip
            yield told(guide(answers, sight), answers, sight), answers, sight


TOLD = list(everything_told())


def left_of(text: str) -> str:
    """The text without what is in the catalogue. Longest first: titles stand inside sentences."""
    for known in BY_LENGTH:
        text = text.replace(known, " ")
    return "" if MARKS.fullmatch(text) else text.strip()


BY_LENGTH = sorted(FILLED, key=len, reverse=True)


def test_json_says_nothing_else() -> None:
    for said, answers, _ in TOLD:
        strings = {
            text
            for key, text in texts({k: v for k, v in said.items() if k != "answers"})
            if key not in ("code", "sure", "network", "apple", "clock", "carrier", "certainty",
                           "headline")
        }  # fmt: skip
        assert strings <= FILLED, (strings - FILLED, answers)
    assert {text for key, text in texts(questions()) if key != "code"} <= FILLED


def texts(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, key)


def test_the_terminal_says_nothing_else() -> None:
    shown = {" ".join(pages(said, Paper()).split()) for said, _, _ in TOLD}
    assert not {left for text in shown if (left := left_of(text))}


def test_the_questions_of_the_terminal_are_nothing_else() -> None:
    typed = iter(["99", "1 2", "x", *[""] * 20])
    shown: list[str] = []

    def read(prompt: str) -> str:
        shown.append(prompt)
        return next(typed)

    assert ask(read, shown.append, Paper()) == Answers()
    assert left_of(" ".join(" ".join(shown).split()) + " ") == ""


def test_the_page_says_nothing_else() -> None:
    first = TOLD[0]
    shown = [(*first[:2], False), *((said, answers, True) for said, answers, _ in TOLD[::7])]
    words = set()
    for said, answers, asked in shown:
        html = triage_page(said, answers, asked=asked, drill="", reader="")
        words |= {text for word in Reading(html).words if (text := " ".join(word.split()))}
    assert {left_of(word) for word in words} - {""} <= FRAME


def test_every_string_of_the_guide_is_said_somewhere() -> None:
    """What nobody can get is not in the catalogue either."""
    said: set[str] = set()
    for one, answers, _ in TOLD:
        said |= {text for _, text in texts(one)} | set(answers.more)
    asked = {text for _, text in texts(questions())}
    for group in (catalogue.WHY_TEXTS, catalogue.FIX_TEXTS, catalogue.WEAK_TEXTS):
        assert set(group.values()) <= said, set(group.values()) - said
    for step in catalogue.STEP_TEXTS.values():
        assert {step.do, step.does, step.loses, step.worked} <= said, step
    for reason in catalogue.REASON_TEXTS.values():
        assert {reason.title, reason.said} <= said, reason
    assert set(catalogue.CANNOT_KNOW_TEXTS.values()) <= said
    assert set(catalogue.QUESTION_TEXTS.values()) <= asked


def test_an_answer_that_is_none_is_refused_in_the_catalogues_words() -> None:
    with pytest.raises(BadAnswer, match=r"^bubble: wanted blue, green, turned_green, found 'red'$"):
        answers_of([("bubble", "red")])
    with pytest.raises(
        BadAnswer, match=r"^wanted one of bubble, .*, more; there is no question 'x"
    ):
        answers_of([("x\x1b", "bad")])
