"""The generated pages are as the tables are now."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from probe.verdict import CAUSES, RULES

ROOT = Path(__file__).resolve().parents[2]
WRITER = runpy.run_path(str(ROOT / "tools" / "write_docs.py"))
PAGES: dict[str, Callable[[], str]] = WRITER["PAGES"]


@pytest.mark.parametrize("name", ["verdicts", "words"])
def test_the_committed_page_is_current(name: str) -> None:
    committed = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")

    assert committed == PAGES[name](), f"run: python tools/write_docs.py {name}"


def test_every_sentence_was_read_for_its_reader() -> None:
    """A new or changed sentence: read it as who it is for, then note the day and the digest."""
    assert WRITER["digest_of_sentences"]() == WRITER["REVIEWED_DIGEST"]


def test_every_rule_and_cause_is_on_the_page() -> None:
    page = PAGES["verdicts"]()
    owed = (*(rule.name for rule in RULES), *CAUSES)

    assert [word for word in owed if f"`{word}`" not in page] == []
