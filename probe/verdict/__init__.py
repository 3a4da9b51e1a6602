"""From observations to an answer; pure.

`evidence.gather` derives one reading per signal, `judge` reads the table of `rules`, `settle` says
what is told and since when.
"""

from probe.verdict.causes import CAUSES, FINE, Story, story_of
from probe.verdict.judge import judge, waiting, why_not
from probe.verdict.rules import RULES
from probe.verdict.settle import Told, is_one_incident, settle, turn_of
from probe.verdict.table import Clause, Rule

__all__ = [
    "CAUSES",
    "FINE",
    "RULES",
    "Clause",
    "Rule",
    "Story",
    "Told",
    "is_one_incident",
    "judge",
    "settle",
    "story_of",
    "turn_of",
    "waiting",
    "why_not",
]
