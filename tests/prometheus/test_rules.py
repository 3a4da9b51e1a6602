"""The rules and alerts, played by promtool: all that fires, and that nothing else does."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.prometheus.cases import BUDGET, CASES, Case, Firing

CONFIG = Path(__file__).parents[2] / "config" / "prometheus"
RULES, ALERTS = CONFIG / "isitme.rules.yml", CONFIG / "isitme.alerts.yml"
QUESTION = 'count by (alertname, severity, site, provider) (ALERTS{alertstate="firing"%s})'


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_fires_and_that_nothing_else_does(case: Case, tmp_path: Path) -> None:
    played = subprocess.run(
        ["promtool", "test", "rules", str(written(case, tmp_path))], capture_output=True, text=True
    )

    assert played.returncode == 0, played.stdout + played.stderr


def test_every_alert_fires_in_a_case() -> None:
    fired = {
        (name, severity)
        for case in CASES
        for firing in case.firing.values()
        for name, severity, _ in firing
    }
    text = ALERTS.read_text(encoding="utf-8")
    written = re.findall(r"- alert: (\w+)\n(?:.*\n)*?\s+labels: \{severity: (\w+)", text)

    assert len(written) == text.count("- alert:")
    assert set(written) == fired


def written(case: Case, folder: Path) -> Path:
    """The case as promtool wants it: JSON is YAML too."""
    providers = {site.name: site.provider for site in case.sites}
    question = QUESTION % ("" if case in BUDGET else ', about!="budget"')
    test = {
        "rule_files": [str(RULES), str(ALERTS)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "name": case.name,
                "interval": "1m",
                "input_series": [series for site in case.sites for series in site.series()],
                "promql_expr_test": [
                    {"expr": question, "eval_time": f"{minute}m", "exp_samples": samples}
                    for minute, firing in case.firing.items()
                    for samples in [expected(firing, providers)]
                ],
            }
        ],
    }
    file = folder / "case.json"
    file.write_text(json.dumps(test), encoding="utf-8")
    return file


def expected(firing: Firing, providers: dict[str, str]) -> list[dict[str, object]]:
    samples: list[dict[str, object]] = []
    for name, severity, whose in sorted(firing):
        labels = {"alertname": name, "severity": severity}
        if whose in providers:
            labels |= {"site": whose, "provider": providers[whose]}
        elif whose:
            labels |= {"provider": whose}
        words = ", ".join(f'{key}="{word}"' for key, word in labels.items())
        samples.append({"labels": f"{{{words}}}", "value": 1})
    return samples
