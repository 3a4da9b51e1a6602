"""The guide for "Not Delivered" on a terminal: the questions, and the guidance as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from probe.outlets.printable import printable
from probe.outlets.terminal import Paper, wrapped
from probe.triage import Answers, answers_of, catalogue
from probe.triage.told import questions


def ask(read: Callable[[str], str], say: Callable[[str], object]) -> Answers:
    """Ask everything once. An empty line is no answer; a wrong one is asked again."""
    pairs: list[tuple[str, str]] = []
    say(f"{catalogue.TITLE}\n{catalogue.INTRO}\n")
    for question in questions():
        say(question["text"])
        for number, answer in enumerate(question["answers"], start=1):
            say(f"  {number}  {answer['text']}")
        many = " (several, with blanks between)" if question["many"] else ""
        pairs += _answered(question, read, say, f"Number{many}, or Enter: ")
    return answers_of(pairs)


def _answered(
    question: Mapping[str, Any],
    read: Callable[[str], str],
    say: Callable[[str], object],
    prompt: str,
) -> list[tuple[str, str]]:
    offered = question["answers"]
    while True:
        numbers = read(prompt).replace(",", " ").split()
        if len(numbers) > 1 and not question["many"]:
            say("One number, please.")
            continue
        if all(number.isdecimal() and 1 <= int(number) <= len(offered) for number in numbers):
            return [(question["code"], offered[int(number) - 1]["code"]) for number in numbers]
        say(f"A number from 1 to {len(offered)}, please.")


def pages(told: Mapping[str, Any], paper: Paper) -> str:
    """Reasons, then steps, then what cannot be seen from here."""
    lines = [f"isitme says now: {printable(told['seen']['headline'])}", "", "Why, most likely"]
    for reason in told["reasons"]:
        lines += wrapped(f"{reason['title']} ({reason['sure']})", paper, first="  - ")
        lines += wrapped(reason["said"], paper, first="    ")
    lines += ["", "What to do, in this order"]
    for number, step in enumerate(told["steps"], start=1):
        lines += wrapped(step["do"], paper, first=f"{number:3}. ")
        lines += wrapped(step["does"], paper, first="     ")
        if step["loses"] != "Nothing.":
            lines += wrapped(f"You lose: {step['loses']}", paper, first="     ")
        lines += wrapped(f"It worked when: {step['worked']}", paper, first="     ")
        for one in step["first"]:
            lines += wrapped(printable(one), paper, first="     - ")
    lines += ["", "What isitme cannot see"]
    for said in told["cannot_know"]:
        lines += wrapped(said, paper, first="  - ")
    return "\n".join(lines)
