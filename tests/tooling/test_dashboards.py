"""The dashboards are what their code writes, and Grafana can both provision and import them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.models.dashboard import Dashboard

from probe.model import Remembered
from probe.words import Failure, Look, Speed, Step
from tests.outlets.test_metrics import metrics_of, scraped
from tests.support.statuses import failed, healthy, seen
from tools.dashboards.__main__ import BOARDS, FOLDER, files
from tools.dashboards.board import as_values

RULES = Path(__file__).parents[2] / "config" / "prometheus" / "isitme.rules.yml"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in board["panels"]:
        if panel["type"] != "row":
            yield panel


@pytest.fixture(params=[board.uid for board in BOARDS])
def board(request: pytest.FixtureRequest) -> dict[str, Any]:
    text = (FOLDER / f"{request.param}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def test_every_file_is_what_the_code_writes() -> None:
    there = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.json")}

    assert there == files(), "run: python -m tools.dashboards"


def test_no_key_of_it_is_unknown_to_the_sdk(board: dict[str, Any]) -> None:
    assert as_values(Dashboard.from_json(board)) == board


def test_it_provisions_and_imports_alike(board: dict[str, Any]) -> None:
    text = json.dumps(board)

    assert "__inputs" not in text
    assert "${DS_" not in text
    assert "id" not in board
    names = [variable["name"] for variable in board["templating"]["list"]]
    assert names[:3] == ["datasource", "site", "instance"]
    assert set(re.findall(r"\$\{?(\w+)\}?", text)) <= {
        *names,
        "__rate_interval",
        "__range",
        "__all",
    }


def test_every_panel_says_what_it_is(board: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in panels(board)]
    assert len(ids) == len(set(ids))
    for panel in panels(board):
        assert panel["datasource"] == DATASOURCE
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert panel["targets"]
        for target in panel["targets"]:
            assert target["datasource"] == DATASOURCE
            assert target["refId"]


def test_no_two_panels_lie_on_each_other(board: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at.get("x", 0), at.get("x", 0) + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at.get("x", 0) + at["w"] <= 24
        taken |= cells


async def test_every_metric_that_is_asked_for_exists(board: dict[str, Any]) -> None:
    metrics = metrics_of(healthy(), remembered=Remembered(apple_lag_seconds=1.0))
    for observation in healthy().observations:
        await metrics.hear(observation)
    await metrics.hear(seen(Look.NTP, "x", failed(Step.EXCHANGE, 1, Failure.NTP_KOD, Speed.ACTIVE)))
    known = {name for name, _ in scraped(metrics)} | {"up"}
    known |= set(re.findall(r"record: (\S+)", RULES.read_text(encoding="utf-8")))

    for panel in panels(board):
        for target in panel["targets"]:
            selectors = re.findall(r"([a-z_:0-9]+)\{([^}]*)\}", target["expr"])
            assert selectors, panel["title"]
            for name, labels in selectors:
                assert name in known, f"{panel['title']}: {name}"
                assert 'job="isitme"' in labels, panel["title"]
