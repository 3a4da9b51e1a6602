"""What a cause means for a person: one row of the cause table."""

from __future__ import annotations

from dataclasses import dataclass

from probe.words import Blame, Code, Impact


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Whose fault it is, what is noticed, what to say, what to do."""

    codes: tuple[Code, ...]  # the codes it may stand behind
    blame: Blame
    impact: Impact
    headline: str  # one sentence, no jargon, at most 20 words
    meaning: str  # for the docs and for `isitme explain`
    advice: tuple[str, ...]  # most likely to help first, one sentence each
