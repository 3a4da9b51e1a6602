"""The guide for "Not Delivered" as a page: a form that works without JavaScript, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from probe.outlets.web.page import reader_said, render
from probe.triage import Answers, catalogue
from probe.triage.questions import MORE
from probe.triage.told import questions


def triage_page(
    told: Mapping[str, Any], answers: Answers, *, asked: bool, drill: str, reader: str
) -> str:
    """The form; and above it the guidance, once something was asked."""
    query = urlencode([*answers.given.items(), *((MORE, one) for one in sorted(answers.more))])
    chosen = {question: {answer} for question, answer in answers.given.items()}
    return render(
        "triage.html",
        kind="guide",
        mood="",
        root="",
        live=False,
        title=f"{catalogue.TITLE} · isitme",
        text=catalogue,
        as_json=f"api/v1/triage?{query}" if query else "api/v1/triage",
        told=told,
        asked=asked,
        questions=questions(),
        chosen={q["code"]: chosen.get(q["code"], set()) for q in questions()}
        | {MORE: set(answers.more)},
        drill=drill,
        reader=reader_said(reader),
    )
