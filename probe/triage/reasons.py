"""The reasons, and how sure one may be of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from probe.triage.questions import Answers
from probe.triage.sight import Sight
from probe.triage.signs import SIGNS, Condition, Sign, holds

LIKELY_POINTS, POSSIBLE_POINTS = 5, 2
LIKELY, POSSIBLE = "likely", "possible"

# In the order in which they are told when points are equal: nearest and cheapest to mend first.
REASONS: tuple[str, ...] = (
    "apple_announced",
    "apple_suspected",
    "apple_or_way",
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
# No pattern proves a block or a phone that is off: each looks like the other. A suspicion that
# isitme itself is not sure of is no likelihood either.
NEVER_LIKELY: Mapping[str, Condition] = {
    "blocked": {},
    "recipient": {},
    "apple_suspected": {"certainty": ("low",)},
}
# What isitme knows by itself. While one of these comes first, all that is no part of it is merely
# possible, and nothing is done for it.
KNOWN: Mapping[str, Condition] = {
    "network": {"network": ("broken",)},
    "apple_announced": {"apple": ("announced", "maintenance")},
    "apple_suspected": {"apple": ("suspected",)},
    "apple_or_way": {"apple": ("unreached",)},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason that may explain it."""

    key: str
    sure: str  # likely or possible
    points: int
    signs: tuple[Sign, ...]  # what speaks for it, strongest first


def reasons(answers: Answers, sight: Sight) -> Sequence[Reason]:
    """Ranked; never empty. Of what may explain it, the surest first."""
    held = [sign for sign in SIGNS if holds(sign.when, answers, sight)]
    found = [_weighed(key, held, answers, sight) for key in REASONS]
    shown = [reason for reason in found if reason.points >= POSSIBLE_POINTS]
    if not shown:
        # Everything has something against it: the commonest is still worth a try.
        shown = [max(found, key=lambda reason: reason.points)]
    ranked = sorted(shown, key=lambda reason: (-reason.points, REASONS.index(reason.key)))
    certain = known(ranked, answers, sight)
    rest = ranked[len(certain) :]
    return [*certain, *(replace(one, sure=POSSIBLE) if certain else one for one in rest)]


def known(ranked: Sequence[Reason], answers: Answers, sight: Sight) -> Sequence[Reason]:
    """Those at the top that isitme knows by itself; often none."""
    return list(
        takewhile(
            lambda one: one.key in KNOWN and holds(KNOWN[one.key], answers, sight),
            ranked,
        )
    )


def _weighed(key: str, held: Sequence[Sign], answers: Answers, sight: Sight) -> Reason:
    signs = [sign for sign in held if sign.reason == key]
    points = sum(sign.points for sign in signs)
    capped = key in NEVER_LIKELY and holds(NEVER_LIKELY[key], answers, sight)
    return Reason(
        key=key,
        sure=LIKELY if points >= LIKELY_POINTS and not capped else POSSIBLE,
        points=points,
        signs=tuple(sorted((s for s in signs if s.points > 0), key=lambda s: -s.points)),
    )
