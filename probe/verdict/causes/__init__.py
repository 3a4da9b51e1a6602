"""The one table from cause to code, blame, impact, words and advice."""

from __future__ import annotations

from collections.abc import Mapping

from probe.verdict.causes.beyond import APPLE, PROVIDER
from probe.verdict.causes.here import HERE
from probe.verdict.causes.mild import DEGRADED, UNDECIDED
from probe.verdict.causes.story import Story
from probe.words import Blame, Cause, Code, Impact

CAUSES: Mapping[Cause, Story] = {**HERE, **PROVIDER, **APPLE, **DEGRADED, **UNDECIDED}

FINE = Story(
    codes=(Code.OK,),
    blame=Blame.NOBODY,
    impact=Impact.NONE,
    headline="All fine from here: the internet and Apple's services answer.",
    technical="Everything that matters was looked at lately, from this host, and works.",
    advice=("If a message still fails, try the other device's network.",),
)


def story_of(cause: Cause | None) -> Story:
    """The row of a cause. No cause is the row of `ok`."""
    return FINE if cause is None else CAUSES[cause]


__all__ = ["CAUSES", "FINE", "Story", "story_of"]
