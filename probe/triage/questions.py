"""What a person is asked. Few questions, closed answers; what is not answered is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from probe.triage import catalogue

QUESTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bubble": ("blue", "green", "turned_green"),
        "pace": ("at_once", "after_waiting"),
        "who": ("one", "several", "everyone"),
        "calls": ("fine", "voicemail", "rings_out"),
        "facetime": ("fine", "rings_out"),
        "where": ("here", "this_device", "elsewhere"),
    }
)
MORE = "more"  # any number of these
CIRCUMSTANCES: tuple[str, ...] = (
    "moved_network",
    "password",
    "signed_out",
    "sim",
    "switched",
    "mixed_group",
    "email_address",
    "attachment",
    "abroad",
    "arrived",
    "one_thread",
    "beta",
    "date_by_hand",
)


class BadAnswer(ValueError):
    """An answer that is not among those offered. The text says what was wanted and found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One person's answers: question -> answer, and the circumstances that hold."""

    given: Mapping[str, str] = field(default_factory=dict)
    more: frozenset[str] = frozenset()


def answers_of(pairs: Iterable[tuple[str, str]]) -> Answers:
    """Read answers as a form or a query sends them; "" and "unknown" are no answer.

    `more` may come several times, or with commas. Raises BadAnswer.
    """
    given: dict[str, str] = {}
    more: set[str] = set()
    for question, answer in pairs:
        if question == MORE:
            for one in filter(None, answer.split(",")):
                more.add(_offered(MORE, one, CIRCUMSTANCES))
        elif question not in QUESTIONS:
            offered = ", ".join((*QUESTIONS, MORE))
            raise BadAnswer(catalogue.NO_QUESTION.format(wanted=offered, found=repr(question[:40])))
        elif answer not in ("", "unknown"):
            given[question] = _offered(question, answer, QUESTIONS[question])
    return Answers(given=given, more=frozenset(more))


def _offered(question: str, answer: str, offered: tuple[str, ...]) -> str:
    if answer not in offered:
        wanted = ", ".join(offered)
        raise BadAnswer(
            catalogue.NO_ANSWER.format(question=question, wanted=wanted, found=repr(answer[:40]))
        )
    return answer
