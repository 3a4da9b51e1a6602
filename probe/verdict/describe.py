"""What a code or a cause means and what to do, for `isitme explain`."""

from __future__ import annotations

from probe.verdict.causes import CAUSES, Story, story_of
from probe.verdict.rules import RULES
from probe.words import Cause, Code


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
        story.meaning,
        "",
        f"Whose fault: {story.blame}. What people notice: {story.impact}.",
        "",
        "What to do:",
        *(advice or ["  Nothing."]),
    ]
