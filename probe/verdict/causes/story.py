"""What a cause means for a person: one row of the cause table."""

from __future__ import annotations

from dataclasses import dataclass

from probe.words import Blame, Code, Impact


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Whose fault it is, what is noticed, what to say, what to do.

    In the sentences for people a technical word stands in brackets only, behind plain words for it.
    """

    codes: tuple[Code, ...]  # the codes it may stand behind
    blame: Blame
    impact: Impact
    headline: str  # one sentence, at most 20 words
    technical: str  # the same for an engineer: what was seen, and what it proves
    advice: tuple[str, ...]  # most likely to help first, one sentence each
