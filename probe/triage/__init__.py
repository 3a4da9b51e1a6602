"""From a red exclamation mark to the likely reason and the next step. Pure: answers in, advice out.

questions -> signs (what speaks for which reason) -> reasons -> steps; every word that people read
is in `catalogue.py`.
"""

from probe.triage.guide import Guidance, guide
from probe.triage.questions import QUESTIONS, Answers, BadAnswer, answers_of
from probe.triage.sight import Sight, sight_of

__all__ = [
    "QUESTIONS",
    "Answers",
    "BadAnswer",
    "Guidance",
    "Sight",
    "answers_of",
    "guide",
    "sight_of",
]
