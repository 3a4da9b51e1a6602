"""The files that people start from are what Prometheus and Alertmanager take."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.prometheus.test_rules import ALERTS, CONFIG, RULES


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["prometheus.yml", "many-sites.yml", "federation.yml"])
def test_a_scrape_configuration_is_valid(name: str) -> None:
    run("promtool", "check", "config", "--lint-fatal", str(CONFIG / name))


def test_the_agents_configuration_is_valid(tmp_path: Path) -> None:
    """promtool wants the file with the password to be there."""
    password = tmp_path / "password"
    password.write_text("x", encoding="utf-8")
    text = (CONFIG / "agent.yml").read_text(encoding="utf-8")
    file = tmp_path / "agent.yml"
    file.write_text(
        text.replace("/etc/prometheus/remote-write-password", str(password)), encoding="utf-8"
    )

    run("promtool", "check", "config", "--agent", str(file))


def test_the_rules_are_valid_and_none_is_there_twice() -> None:
    run("promtool", "check", "rules", "--lint-fatal", str(RULES), str(ALERTS))


def test_the_alertmanagers_configuration_is_valid() -> None:
    run("amtool", "check-config", str(CONFIG / "alertmanager.yml"))
