"""The guidance as plain values with its words, for JSON, the page and the terminal alike."""

from __future__ import annotations

from typing import Any

from probe.triage import catalogue
from probe.triage.guide import Guidance
from probe.triage.questions import CIRCUMSTANCES, MORE, QUESTIONS, Answers
from probe.triage.sight import Sight

WHAT_IS_SEEN = ("network", "apple", "clock", "carrier")


def told(guidance: Guidance, answers: Answers, sight: Sight) -> dict[str, Any]:
    """Keys are stable, texts may change. `sight` is seen from here, wherever the phone is."""
    return {
        "schema": 1,
        "answers": {**answers.given, MORE: sorted(answers.more)},
        "seen": {
            **{what: sight.value(what) for what in WHAT_IS_SEEN},
            "code": sight.code,
            "certainty": sight.certainty,
            "headline": sight.headline,
            "said": seen_said(sight),
        },
        "reasons": [
            {
                "code": reason.key,
                "sure": reason.sure,
                "title": catalogue.REASON_TEXTS[reason.key].title,
                "said": catalogue.REASON_TEXTS[reason.key].said,
                "because": [catalogue.WHY_TEXTS[sign.why] for sign in reason.signs],
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
                "first": first(step.key, guidance.sight),
            }
            for step in guidance.steps
        ],
        "green": list(catalogue.GREEN_TEXTS) if guidance.green else [],
        "cannot_know": [catalogue.CANNOT_KNOW_TEXTS[key] for key in guidance.cannot_know],
    }


def seen_said(sight: Sight) -> list[str]:
    """What isitme sees, in the guide's own plain words; what says nothing is left out."""
    texts = catalogue.SEEN_TEXTS
    return [
        texts[what][sight.value(what)] for what in WHAT_IS_SEEN if sight.value(what) in texts[what]
    ]


def first(step: str, sight: Sight) -> list[str]:
    """What belongs to a step at this moment: how to mend this network, or an app that works."""
    if step == "fix_network":
        return [*filter(None, [catalogue.FIX_TEXTS.get(sight.code)]), catalogue.FIX_MORE]
    if step == "mend_weakness":
        return [*filter(None, [catalogue.WEAK_TEXTS.get(sight.code)]), catalogue.FIX_MORE]
    if step == "other_app":
        works = [catalogue.APP_WORKS.format(app=app) for app in sight.other_apps]
        fails = [catalogue.APP_FAILS.format(app=app) for app in sight.failing_apps]
        return [*works, *fails] or [catalogue.APPS_NOT_ASKED]
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
