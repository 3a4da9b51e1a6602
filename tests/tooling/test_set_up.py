"""`make run` and `make test` set themselves up, with any Python that will do, and repair it."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tools import set_up

ROOT = Path(__file__).parent.parent.parent
LOCKS = tuple(set_up.LOCKS.values())
WORDS = ("sh", "dirname", "cat")  # what the script may rely on besides a Python


def checkout(root: Path) -> Path:
    """A checkout with only the parts that the set-up reads."""
    for name in ("pyproject.toml", "tools/setup", "tools/set_up.py", *map(str, LOCKS)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    return root


def finished(root: Path, *purposes: str) -> Path:
    """The same with a .venv that looks as a finished set-up leaves it."""
    scripts = root / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "python").symlink_to(sys.executable)
    (root / ".venv" / set_up.OURS).touch()
    stamp = {"python": sys.version, **{each: set_up.wanted(root, each) for each in purposes}}
    (root / ".venv" / set_up.READY).write_text(json.dumps(stamp), encoding="utf-8")
    return root


# ---------------------------------------------------------------- is it ready?


def test_a_finished_set_up_is_ready(tmp_path: Path) -> None:
    root = finished(checkout(tmp_path), "run", "dev")

    assert set_up.is_ready(root, "run")
    assert set_up.is_ready(root, "dev")


def test_what_serves_the_service_does_not_serve_the_tests(tmp_path: Path) -> None:
    root = finished(checkout(tmp_path), "run")

    assert set_up.is_ready(root, "run")
    assert not set_up.is_ready(root, "dev")


@pytest.mark.parametrize(
    "file", ["requirements/run.txt", "tools/set_up.py"], ids=["the lock", "the set-up itself"]
)
def test_a_change_of_what_is_installed_asks_for_a_new_set_up(tmp_path: Path, file: str) -> None:
    root = finished(checkout(tmp_path), "run")

    with (root / file).open("a") as changed:
        changed.write("\n# changed\n")

    assert not set_up.is_ready(root, "run")


def test_a_new_dependency_asks_for_a_new_set_up_and_a_new_lint_rule_does_not(
    tmp_path: Path,
) -> None:
    root = finished(checkout(tmp_path), "run")
    project = root / "pyproject.toml"
    text = project.read_text(encoding="utf-8")

    project.write_text(text.replace("line-length = 100", "line-length = 90"), encoding="utf-8")
    after_lint = set_up.is_ready(root, "run")
    project.write_text(text.replace('"h11', '"h12'), encoding="utf-8")
    after_dependency = set_up.is_ready(root, "run")

    assert (after_lint, after_dependency) == (True, False)


def test_a_moved_checkout_is_not_ready(tmp_path: Path) -> None:
    root = finished(checkout(tmp_path / "before"), "run")

    moved = root.rename(tmp_path / "after")

    assert not set_up.is_ready(moved, "run")


def test_an_interpreter_that_has_gone_is_not_ready(tmp_path: Path) -> None:
    root = finished(checkout(tmp_path), "run")
    python = root / ".venv" / "bin" / "python"

    python.unlink()
    python.symlink_to(tmp_path / "python-of-last-year")

    assert not set_up.is_ready(root, "run")


@pytest.mark.parametrize("left", ["", "{", "[]", '{"run": 1}'])
def test_a_stamp_that_cannot_be_read_is_no_stamp(tmp_path: Path, left: str) -> None:
    root = finished(checkout(tmp_path), "run")

    (root / ".venv" / set_up.READY).write_text(left, encoding="utf-8")

    assert not set_up.is_ready(root, "run")


# ---------------------------------------------------------------- beginning


def test_a_set_up_cut_short_begins_anew(tmp_path: Path) -> None:
    root = finished(checkout(tmp_path), "run")
    (root / ".venv" / set_up.READY).unlink()

    set_up.begin(root, keep=False)

    assert [each.name for each in (root / ".venv").iterdir()] == [set_up.OURS]


def test_adding_the_tests_leaves_the_service_ready(tmp_path: Path) -> None:
    root = finished(checkout(tmp_path), "run")

    set_up.begin(root, keep=True)

    assert set_up.is_ready(root, "run")
    assert set_up.ADDING in set_up.stamp(root)


def test_an_update_that_fails_leaves_what_worked(tmp_path: Path) -> None:
    root = finished(checkout(tmp_path), "run")

    set_up.begin(root, keep=False)
    (root / ".venv" / "half-a-package").touch()
    set_up.put_back(root)

    assert set_up.is_ready(root, "run")
    assert not (root / ".venv" / "half-a-package").exists()


def test_two_updates_that_fail_leave_what_worked(tmp_path: Path) -> None:
    root = finished(checkout(tmp_path), "run")

    set_up.begin(root, keep=False)  # killed here
    set_up.begin(root, keep=False)
    set_up.put_back(root)

    assert set_up.is_ready(root, "run")


def test_somebody_elses_environment_is_never_deleted(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)

    with pytest.raises(set_up.SetUpError, match="Move it away"):
        set_up.begin(tmp_path, keep=False)

    assert (tmp_path / ".venv" / "bin").is_dir()


# ---------------------------------------------------------------- which Python?


def on_path(folder: Path, **scripts: str) -> dict[str, str]:
    """An environment whose PATH holds these scripts only."""
    folder.mkdir()
    for word in WORDS:
        there = shutil.which(word)
        assert there is not None
        (folder / word).symlink_to(there)
    for name, text in scripts.items():
        script = folder / name.replace("_", ".")
        script.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {"PATH": str(folder), "HOME": str(folder)}


def started(root: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [root / "tools" / "setup", "run"],
        env=environment, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


OLD = 'case "$*" in *version_info\\ \\<*) exit 1;; esac; echo "python3 (python3 is 3.9)"'
BARE = 'case "$*" in *ensurepip*) exit 1;; *print*) echo 3.12;; esac'  # Debian without its venv
GOOD = 'case "$*" in *set_up.py*) echo "chosen: $0";; esac'


def test_a_python_under_another_name_is_found(tmp_path: Path) -> None:
    environment = on_path(tmp_path / "bin", python3=OLD, python3_12=GOOD)

    done = started(checkout(tmp_path / "isitme"), environment)

    assert done.stdout == f"chosen: {tmp_path}/bin/python3.12\n"


def test_a_complete_python_comes_before_one_that_lacks_venv(tmp_path: Path) -> None:
    environment = on_path(tmp_path / "bin", python3=BARE, python3_11=GOOD)

    done = started(checkout(tmp_path / "isitme"), environment)

    assert done.stdout == f"chosen: {tmp_path}/bin/python3.11\n"


def test_the_python_that_was_asked_for_is_taken(tmp_path: Path) -> None:
    environment = on_path(tmp_path / "bin", python3=GOOD, mine=GOOD)

    done = started(checkout(tmp_path / "isitme"), {**environment, "PYTHON": "mine"})

    assert done.stdout == f"chosen: {tmp_path}/bin/mine\n"


def test_without_a_python_new_enough_it_says_what_to_install(tmp_path: Path) -> None:
    environment = on_path(tmp_path / "bin", python3=OLD)

    done = started(checkout(tmp_path / "isitme"), environment)

    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "python3 is 3.9" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr


def test_without_the_venv_module_it_says_what_to_install(tmp_path: Path) -> None:
    environment = on_path(tmp_path / "bin", python3=BARE)

    done = started(checkout(tmp_path / "isitme"), environment)

    assert done.returncode == 1
    assert "apt install python3-venv   (or python3.12-venv)" in done.stderr


def test_with_uv_the_venv_module_is_not_missed(tmp_path: Path) -> None:
    bare = f'{BARE}\ncase "$*" in *set_up.py*) echo "chosen: $0";; esac'
    environment = on_path(tmp_path / "bin", python3=bare, uv="exit 0")

    done = started(checkout(tmp_path / "isitme"), environment)

    assert done.stdout == f"chosen: {tmp_path}/bin/python3\n"


def test_once_ready_nothing_is_looked_for_or_installed(tmp_path: Path) -> None:
    root = finished(checkout(tmp_path / "isitme"), "run")
    environment = on_path(tmp_path / "bin", python3="echo looked; exit 1", uv="echo called; exit 1")

    done = started(root, environment)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "isitme-ready.json.draft" not in os.listdir(root / ".venv")
