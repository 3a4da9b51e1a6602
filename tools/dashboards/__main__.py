"""Writes dashboards/*.json. A test regenerates and compares."""

from __future__ import annotations

from pathlib import Path

from tools.dashboards.overview import OVERVIEW
from tools.dashboards.probes import PROBES
from tools.dashboards.sites import SITES
from tools.dashboards.subjects import CLOCK, DNS, PUSH

FOLDER = Path(__file__).parents[2] / "dashboards"
BOARDS = (OVERVIEW, PROBES, DNS, CLOCK, PUSH, SITES)


def files() -> dict[str, str]:
    """File name -> its text."""
    return {f"{board.uid}.json": board.json() for board in BOARDS}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"wrote dashboards/{name}")
