"""The guide for "Not Delivered" as a page: a form that works without JavaScript, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probe.outlets.web.page import reader_said, render
from probe.triage import Answers, catalogue
from probe.triage.told import questions


def triage_page(
    told: Mapping[str, Any], answers: Answers, *, asked: bool, drill: str, reader: str
) -> str:
    """The form; and above it the guidance, once something was asked."""
    chosen = {question: {answer} for question, answer in answers.given.items()}
    return render(
        "triage.html",
        kind="guide",
        mood="",
        root="",
        live=False,
        title=f"{catalogue.TITLE} · isitme",
        text=catalogue,
        told=told,
        asked=asked,
        questions=questions(),
        chosen={q["code"]: chosen.get(q["code"], set()) for q in questions()}
        | {"more": set(answers.more)},
        drill=drill,
        reader=reader_said(reader),
    )
