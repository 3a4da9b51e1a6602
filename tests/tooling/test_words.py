"""The words others rely on do not change without a line in the changelog."""

from __future__ import annotations

import enum
import hashlib
import re
from pathlib import Path

from probe import words

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"


def digest_of_words() -> str:
    """A short name for all the closed lists together: each list and its values, in any order."""
    lists = {
        name: sorted(str(member.value) for member in found)
        for name, found in vars(words).items()
        if isinstance(found, type) and issubclass(found, enum.StrEnum) and found is not enum.StrEnum
    }
    text = "\n".join(f"{name}: {' '.join(values)}" for name, values in sorted(lists.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def test_a_changed_word_has_its_line_in_the_changelog() -> None:
    noted = re.findall(r"\(words ([0-9a-f]{12})\)", CHANGELOG.read_text(encoding="utf-8"))

    assert noted, "no line of the changelog names the words it is about"
    assert noted[0] == digest_of_words(), (
        "a word in probe/words.py changed: say so under Unreleased in CHANGELOG.md, in a line that "
        f"ends with (words {digest_of_words()})"
    )
