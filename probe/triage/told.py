"""The guidance as plain values with its words, for JSON, the page and the terminal alike."""

from __future__ import annotations

from typing import Any

from probe.triage import catalogue
from probe.triage.guide import Guidance
from probe.triage.questions import CIRCUMSTANCES, MORE, QUESTIONS, Answers
from probe.triage.sight import Sight


def told(guidance: Guidance, answers: Answers, sight: Sight) -> dict[str, Any]:
    """Keys are stable; texts may change."""
    return {
        "schema": 1,
        "answers": {**answers.given, MORE: sorted(answers.more)},
        "seen": {
            "network": sight.network,
            "apple": sight.apple,
            "clock": sight.clock,
            "carrier": sight.carrier,
            "headline": sight.headline,
        },
        "reasons": [
            {
                "code": reason.key,
                "sure": reason.sure,
                "title": catalogue.REASON_TEXTS[reason.key].title,
                "said": catalogue.REASON_TEXTS[reason.key].said,
                "because": [sign.why for sign in reason.signs],
            }
            for reason in guidance.reasons
        ],
        "steps": [
            {
                "code": step.key,
                "do": catalogue.STEP_TEXTS[step.key].do,
                "does": catalogue.STEP_TEXTS[step.key].does,
                "loses": catalogue.STEP_TEXTS[step.key].loses,
                "worked": catalogue.STEP_TEXTS[step.key].worked,
                "first": first(step.key, sight),
            }
            for step in guidance.steps
        ],
        "cannot_know": [catalogue.CANNOT_KNOW_TEXTS[key] for key in guidance.cannot_know],
    }


def first(step: str, sight: Sight) -> list[str]:
    """What belongs to a step at this moment: the network's own advice, or an app that works."""
    if step == "fix_network":
        return list(sight.advice)
    if step == "other_app":
        return [catalogue.APP_WORKS.format(app=app) for app in sight.other_apps]
    return []


def questions() -> list[dict[str, Any]]:
    """What to ask, with the words of it: `many` questions take any number of answers."""
    single = [
        {
            "code": question,
            "text": catalogue.QUESTION_TEXTS[question],
            "many": False,
            "answers": [
                {"code": answer, "text": catalogue.ANSWER_TEXTS[question][answer]}
                for answer in answers
            ],
        }
        for question, answers in QUESTIONS.items()
    ]
    return [
        *single,
        {
            "code": MORE,
            "text": catalogue.QUESTION_TEXTS[MORE],
            "many": True,
            "answers": [
                {"code": one, "text": catalogue.ANSWER_TEXTS[MORE][one]} for one in CIRCUMSTANCES
            ],
        },
    ]
