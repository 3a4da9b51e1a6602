"""What a code or a cause means and what to do, for `isitme explain`."""

from __future__ import annotations

from collections.abc import Mapping

from probe.verdict.causes import CAUSES, Story, story_of
from probe.verdict.rules import RULES
from probe.words import Blame, Cause, Code, Impact

BLAME_SAID: Mapping[Blame, str] = {
    Blame.NOBODY: "This is nobody's fault.",
    Blame.ME: "The fault is in this device or in its own network.",
    Blame.PROVIDER: "The fault is the internet provider's.",
    Blame.APPLE: "The fault is Apple's, as far as this device can see.",
    Blame.UNKNOWN: "Whose fault it is cannot be said.",
}
IMPACT_SAID: Mapping[Impact, str] = {
    Impact.NONE: "People notice nothing.",
    Impact.LOW: "All works, only worse.",
    Impact.PARTIAL: "Some things do not work.",
    Impact.FULL: "Most things do not work.",
}


def explanation(word: str) -> str | None:
    """The text for a code or a cause; None for any other word."""
    if word in set(Cause):
        return _of_cause(Cause(word))
    if word in set(Code):
        return _of_code(Code(word))
    return None


def _of_cause(cause: Cause) -> str:
    story = CAUSES[cause]
    codes = ", ".join(story.codes)
    return "\n".join([f"{cause} (a cause of {codes})", "", *_told(story)])


def _of_code(code: Code) -> str:
    lines = [code.value, ""]
    if code is Code.OK:
        return "\n".join([*lines, *_told(story_of(None))])
    lines += [rule.says for rule in RULES if rule.code is code]
    lines += ["", "Its causes, each with `isitme explain CAUSE`:"]
    lines += [
        f"  {cause.value:<28} {story.headline}"
        for cause, story in CAUSES.items()
        if code in story.codes
    ]
    return "\n".join(lines)


def _told(story: Story) -> list[str]:
    advice = [f"  {number}. {step}" for number, step in enumerate(story.advice, 1)]
    return [
        story.headline,
        "",
        f"{BLAME_SAID[story.blame]} {IMPACT_SAID[story.impact]}",
        "",
        f"For an engineer: {story.technical}",
        "",
        "What to do:",
        *(advice or ["  Nothing."]),
    ]
