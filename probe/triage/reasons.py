"""The reasons, and how sure one may be of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probe.triage.questions import Answers
from probe.triage.sight import Sight
from probe.triage.signs import SIGNS, Sign, holds

LIKELY_POINTS, POSSIBLE_POINTS = 5, 2
LIKELY, POSSIBLE = "likely", "possible"

# In the order in which they are told when points are equal: nearest and cheapest to mend first.
REASONS: tuple[str, ...] = (
    "apple",
    "group",
    "software",
    "time",
    "old_number",
    "registration",
    "carrier",
    "network",
    "recipient",
    "blocked",
)
# No pattern proves a block: a phone that is off and lost looks the same.
NEVER_MORE_THAN_POSSIBLE = frozenset({"blocked", "recipient"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason that may explain it."""

    key: str
    sure: str  # likely or possible
    points: int
    signs: tuple[Sign, ...]  # what speaks for it, strongest first


def reasons(answers: Answers, sight: Sight) -> Sequence[Reason]:
    """Ranked; never empty. Of what may explain it, the surest first."""
    found = [_weighed(key, answers, sight) for key in REASONS]
    shown = [reason for reason in found if reason.points >= POSSIBLE_POINTS]
    if not shown:
        # Everything has something against it: the commonest is still worth a try.
        shown = [max(found, key=lambda reason: reason.points)]
    return sorted(shown, key=lambda reason: (-reason.points, REASONS.index(reason.key)))


def _weighed(key: str, answers: Answers, sight: Sight) -> Reason:
    signs = [s for s in SIGNS if s.reason == key and holds(s.when, answers, sight)]
    points = sum(sign.points for sign in signs)
    may_be_likely = key not in NEVER_MORE_THAN_POSSIBLE
    return Reason(
        key=key,
        sure=LIKELY if points >= LIKELY_POINTS and may_be_likely else POSSIBLE,
        points=points,
        signs=tuple(sorted((s for s in signs if s.points > 0), key=lambda s: -s.points)),
    )
