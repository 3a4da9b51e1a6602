"""`make dashboard-pictures`: plays the drills, asks Prometheus what each panel asks, and draws it.

Needs npm and a network for Grafana's components (about 450 MB, kept in .cache), and Chromium.
Grafana itself is not there: it publishes numbers, lines and bars as components, and no state
timeline, so those bands are drawn by draw.tsx.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Route, sync_playwright

from tests.prometheus.live import Prometheus, everything
from tests.prometheus.scene import ENDS, PATIENCE_SECONDS
from tests.prometheus.test_live import filled
from tools.dashboards.__main__ import FOLDER

HERE = Path(__file__).parent
TOP = HERE.parents[2]
CACHE = TOP / ".cache" / "pictures"
PICTURES = TOP / "docs" / "pictures"
ESBUILD = (
    "--bundle", "--jsx=automatic", "--loader:.svg=dataurl", "--loader:.woff2=dataurl",
    "--loader:.ttf=dataurl",
    '--define:process.env.NODE_ENV="production"', "--minify",
)  # fmt: skip
TOO_MANY = 24  # series: more cannot be told apart


def main() -> None:
    script, style = built()
    with tempfile.TemporaryDirectory() as folder, everything(Path(folder)) as prometheus:
        for expr, story in ENDS:
            if not prometheus.wait_for(expr, PATIENCE_SECONDS):
                raise SystemExit(f"{story} did not come to its end")
        boards = [drawable(prometheus, file) for file in sorted(FOLDER.glob("*.json"))]
    draw(boards, script, style)


def draw(boards: Sequence[dict[str, Any]], script: str, style: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for board in boards:
            page = browser.new_page(viewport={"width": 1600, "height": 900})
            wrong: list[Error] = []
            page.on("pageerror", keeping(wrong))
            html = (
                f"<body style='margin:0'><script>window.board = {json.dumps(board)}</script>"
                "<div id='page'></div></body>"
            )
            # A page with an address of its own: without one it has no storage, which they want.
            page.route("**/*", answering(html))
            page.goto("http://pictures.invalid/")
            page.add_style_tag(content=style)
            page.add_script_tag(content=script)
            page.wait_for_timeout(1500)
            if wrong:
                raise SystemExit(f"{board['uid']} could not be drawn: {wrong[0]}")
            file = PICTURES / f"{board['uid']}.png"
            page.screenshot(path=file, full_page=True)
            print(f"drew {file.relative_to(TOP)}")
        browser.close()


def keeping(wrong: list[Error]) -> Callable[[Error], None]:
    return lambda error: wrong.append(error)


def answering(html: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8")


def built() -> tuple[str, str]:
    """The drawing as one script, and its style."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "draw.tsx"):
        shutil.copy(HERE / name, CACHE / name)
    install = (
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--legacy-peer-deps",
    )
    if not (CACHE / "node_modules").exists():
        subprocess.run(install, cwd=CACHE, check=True)
    (esbuild,) = CACHE.glob("node_modules/@esbuild/*/bin/esbuild")
    subprocess.run(
        [esbuild, "draw.tsx", *ESBUILD, "--outfile=draw.js", "--log-level=error"],
        cwd=CACHE,
        check=True,
    )
    script, style = (CACHE / name for name in ("draw.js", "draw.css"))
    return script.read_text(encoding="utf-8"), style.read_text(encoding="utf-8")


def drawable(prometheus: Prometheus, file: Path) -> dict[str, Any]:
    """A dashboard with the data of each panel in it."""
    board = json.loads(file.read_text(encoding="utf-8"))
    return {
        "uid": board["uid"],
        "title": board["title"],
        "from": round(prometheus.began * 1000),
        "to": round(time.time() * 1000),
        "panels": [
            {
                "type": panel["type"],
                "title": panel["title"],
                "grid": {"x": 0} | panel["gridPos"],
                "config": panel.get("fieldConfig", {}).get("defaults", {}),
                "options": panel.get("options", {}),
                "series": data(prometheus, panel),
            }
            for panel in board["panels"]
        ],
    }


def data(prometheus: Prometheus, panel: Mapping[str, Any]) -> list[dict[str, Any]]:
    series = []
    for target in panel.get("targets", []):
        expr = filled(target["expr"])
        for found in prometheus.now(expr) if target["instant"] else prometheus.over(expr):
            values = found["values"] if "values" in found else [found["value"]]
            numbers = [(at, float(value)) for at, value in values if value not in ("NaN", "+Inf")]
            series.append(
                {
                    "name": called(target["legendFormat"], found["metric"]),
                    "labels": found["metric"],
                    "times": [round(at * 1000) for at, _ in numbers],
                    "values": [value for _, value in numbers],
                }
            )
    return [one for one in series if one["values"]][:TOO_MANY]


def called(legend: str, labels: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), legend).strip()


if __name__ == "__main__":
    main()
