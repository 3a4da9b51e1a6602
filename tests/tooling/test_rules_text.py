"""What can be said of the rules and alerts without a Prometheus: their words and their links."""

from __future__ import annotations

import re
from pathlib import Path

from probe.verdict.causes import CAUSES, story_of
from probe.verdict.rules import RULES as RULE_TABLE
from probe.words import GOOD, VALUES, Blame

TOP = Path(__file__).parents[2]
CONFIG = TOP / "config" / "prometheus"
RULES = (CONFIG / "isitme.rules.yml").read_text(encoding="utf-8")
ALERTS = (CONFIG / "isitme.alerts.yml").read_text(encoding="utf-8")


def test_a_signal_is_good_in_the_rules_when_it_is_good_in_the_program() -> None:
    (line,) = re.findall(r'isitme_signal\{value=~"([a-z_|]+)"\}', RULES)
    words = line.split("|")

    assert len(words) == len(set(words))
    for signal, values in VALUES.items():
        assert {word.value for word in values if word.value in words} == {GOOD[signal].value}


def test_the_words_of_the_cross_site_rules_are_words_of_their_signals() -> None:
    for name, words in re.findall(r'isitme_signal\{signal="(\w+)", value=~?"([a-z_|]+)"\}', RULES):
        values = {word.value for signal, of in VALUES.items() if signal == name for word in of}
        assert set(words.split("|")) <= values


def test_an_alert_waits_for_every_answer_that_can_be_told_and_for_no_other() -> None:
    """By blame and impact, as the table of causes and the rules' own impacts have them."""
    stories = [(story.blame, story.impact) for story in CAUSES.values()]
    stories += [
        (story_of(rule.default_cause).blame, rule.impact) for rule in RULE_TABLE if rule.impact
    ]
    can_be_told = {f"{blame} {impact}" for blame, impact in stories if blame is not Blame.NOBODY}
    found = re.findall(r'told:bool\{blame="(\w+)", impact="(\w+)"\}', ALERTS)
    waited_for = [f"{blame} {impact}" for blame, impact in found]
    assert len(waited_for) == len(set(waited_for))
    assert 'told:bool{impact="low"}' in ALERTS

    mild = {answer for answer in can_be_told if answer.endswith(" low")}
    assert set(waited_for) == can_be_told - mild


def test_the_severity_of_an_answer_is_that_of_its_impact() -> None:
    """No answer at all is as bad as something that fails: nobody would know."""
    severity = {"full": "critical", "partial": "warning", "low": "info", "none": "warning"}
    found = re.findall(r'told:bool\{.*impact="(\w+)"\}.*\n(?:.*\n)*?.*severity: (\w+)', ALERTS)

    assert len(found) == ALERTS.count("told:bool{") - ALERTS.count("told:bool{instance")
    assert [(impact, said) for impact, said in found if said != severity[impact]] == []


def test_every_alert_is_complete_and_its_runbook_section_exists() -> None:
    runbook = (TOP / "docs" / "runbook.md").read_text(encoding="utf-8")
    sections = {title.lower() for title in re.findall(r"^## (\w+)$", runbook, re.MULTILINE)}
    blocks = ALERTS.split("- alert: ")[1:]
    names = {block.split("\n")[0] for block in blocks}

    for block in blocks:
        name = block.split("\n")[0]
        for needed in ("for: ", "keep_firing_for: ", "labels: {severity: ", "annotations:"):
            assert f"        {needed}" in block, f"{name} has no {needed}"
        severity = re.findall(r"severity: (\w+)", block)
        assert severity in (["critical"], ["warning"], ["info"])
        if "annotations: *" not in block:  # those are written once, above
            assert re.search(r"summary: [A-Zi].*\.$", block, re.MULTILINE), name
            assert "description: " in block
            assert f"runbook_url: docs/runbook.md#{name.lower()}\n" in block
    assert sections == {name.lower() for name in names}
