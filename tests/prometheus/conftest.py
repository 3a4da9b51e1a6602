"""One play for all tests: it takes minutes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.prometheus.live import Prometheus, everything, fetched
from tests.prometheus.scene import ENDS, PATIENCE_SECONDS, leaving

GONE = 'max_over_time(up{site="cork"}[10m]) unless up{site="cork"}'


@pytest.fixture(scope="session")
def series() -> dict[str, int]:
    """How many lines the page of metrics had, healthy and at last."""
    return {}


@pytest.fixture(scope="session")
def prometheus(
    tmp_path_factory: pytest.TempPathFactory, series: dict[str, int]
) -> Iterator[Prometheus]:
    """Everything, when every story has been told."""
    folder = tmp_path_factory.mktemp("prometheus")
    with everything(folder) as asked:
        for expr, story in ENDS:
            if story == "odds":  # the others have settled, and the parade is not over
                series["healthy"] = lines_of(asked, "healthy")
            if not asked.wait_for(expr, PATIENCE_SECONDS):
                told = asked.over('isitme_verdict{job="isitme"} == 1')
                pytest.fail(f"{story} did not come to its end: {spells(told)}")
        series["worst"] = lines_of(asked, "parade")
        leaving(folder, {})
        asked.wait_for(GONE, PATIENCE_SECONDS)
        yield asked


def spells(told: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """Site, code, and for how many steps of 5 s it was told."""
    return [(s["metric"]["site"], s["metric"]["code"], len(s["values"])) for s in told]


def lines_of(asked: Prometheus, story: str) -> int:
    page = fetched(asked.ports[story], "/metrics")
    return sum(not line.startswith("#") for line in page.splitlines())
