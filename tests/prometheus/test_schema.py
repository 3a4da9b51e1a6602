"""The dashboards against Grafana's own published types, by TypeScript's compiler.

npm fetches both, in the versions of schema/package.json, into .cache.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.dashboards.__main__ import FOLDER

HERE = Path(__file__).parent / "schema"
CACHE = FOLDER.parent / ".cache" / "schema"
COMPILE = (
    "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext",
    "--moduleResolution", "bundler", "--pretty", "false",
)  # fmt: skip

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def compiler() -> Path:
    wanted = (HERE / "package.json").read_text(encoding="utf-8")
    there = CACHE / "package.json"
    binary = CACHE / "node_modules" / ".bin" / "tsc"
    if not binary.exists() or there.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        there.write_text(wanted, encoding="utf-8")
        install = ("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent")
        subprocess.run(install, cwd=CACHE, check=True)
    shutil.copy(HERE / "dashboard.ts", CACHE)
    return binary


def objections(compiler: Path, boards: dict[str, str]) -> str:
    """What the compiler says against these; nothing when they are right."""
    constants = (
        f"export const board{n}: Board = {text};" for n, text in enumerate(boards.values())
    )
    lines = ('import type { Board } from "./dashboard";', *constants, "")
    (CACHE / "boards.ts").write_text("\n".join(lines), encoding="utf-8")
    compile_ = (str(compiler), *COMPILE, "boards.ts")
    return subprocess.run(compile_, cwd=CACHE, capture_output=True, text=True).stdout


def written() -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(FOLDER.glob("*.json"))}


def test_grafanas_types_take_every_dashboard(compiler: Path) -> None:
    boards = written()

    assert len(boards) == 6
    assert objections(compiler, boards) == ""


def test_and_would_not_take_just_anything(compiler: Path) -> None:
    """A word that no panel knows, a key that none has, and one that must be there."""
    text = written()["isitme-overview.json"]
    board = json.loads(text)
    del board["schemaVersion"]
    wrong = {
        "word": text.replace('"colorMode": "background"', '"colorMode": "backdrop"'),
        "key": text.replace('"graphTooltip"', '"graphTooltips"'),
        "missing": json.dumps(board),
    }

    said = objections(compiler, wrong)

    assert "'\"backdrop\"'" in said or '"backdrop"' in said
    assert "graphTooltips" in said
    assert "schemaVersion" in said
