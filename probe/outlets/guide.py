"""The guide for "Not Delivered" on a terminal: the questions, and the guidance as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from probe.outlets.printable import printable
from probe.outlets.terminal import Paper, wrapped
from probe.triage import Answers, answers_of, catalogue
from probe.triage.told import questions

Say = Callable[[str], object]


def ask(read: Callable[[str], str], say: Say, paper: Paper) -> Answers:
    """Ask everything once. An empty line is no answer; a wrong one is asked again.

    At the end of the input (EOFError of `read`) it goes by what was answered until then.
    """
    pairs: list[tuple[str, str]] = []
    say("\n".join([catalogue.TITLE, *wrapped(catalogue.INTRO, paper), ""]))
    with suppress(EOFError):
        for question in questions():
            say("\n".join(asked(question, paper)))
            pairs += _answered(question, read, say)
    return answers_of(pairs)


def asked(question: Mapping[str, Any], paper: Paper) -> list[str]:
    """The question, and its answers with their numbers."""
    lines = wrapped(question["text"], paper)
    for number, answer in enumerate(question["answers"], start=1):
        lines += wrapped(answer["text"], paper, first=f"{number:4}  ")
    return lines


def _answered(
    question: Mapping[str, Any], read: Callable[[str], str], say: Say
) -> list[tuple[str, str]]:
    offered = question["answers"]
    prompt = catalogue.ASK_MANY if question["many"] else catalogue.ASK_ONE
    while True:
        numbers = read(prompt).replace(",", " ").split()
        if len(numbers) > 1 and not question["many"]:
            say(catalogue.ONE_PLEASE)
            continue
        if all(number.isdecimal() and 1 <= int(number) <= len(offered) for number in numbers):
            return [(question["code"], offered[int(number) - 1]["code"]) for number in numbers]
        say(catalogue.NUMBER_PLEASE.format(most=len(offered)))


def pages(told: Mapping[str, Any], paper: Paper) -> str:
    """What is seen, reasons, steps, and what cannot be seen from here."""
    text = catalogue
    lines = [text.SEEN_HEADING, *_listed(told["seen"]["said"], paper)]
    lines += ["", text.REASONS_HEADING]
    for reason in told["reasons"]:
        sure = text.SURE_TEXTS[reason["sure"]]
        lines += wrapped(f"{reason['title']} ({sure})", paper, first="  - ")
        lines += wrapped(" ".join([reason["said"], *reason["because"]]), paper, first="    ")
    lines += wrapped(text.CANNOT_BE_SURE, paper, first="  ")
    lines += ["", text.STEPS_HEADING]
    for number, step in enumerate(told["steps"], start=1):
        lines += wrapped(step["do"], paper, first=f"{number:3}. ")
        lines += _listed(step["first"], paper, first="     - ")
        for said in (
            step["does"],
            text.LOSES.format(what=step["loses"]),
            text.WORKED.format(what=step["worked"]),
        ):
            lines += wrapped(said, paper, first="     ")
    for heading, said in (
        (text.GREEN_HEADING, told["green"]),
        (text.CANNOT_KNOW_HEADING, told["cannot_know"]),
    ):
        if said:
            lines += ["", heading, *_listed(said, paper)]
    return "\n".join(lines)


def _listed(texts: list[str], paper: Paper, first: str = "  - ") -> list[str]:
    return [line for text in texts for line in wrapped(printable(text), paper, first=first)]
