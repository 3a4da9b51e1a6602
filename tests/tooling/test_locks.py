"""The locks pin all that pyproject.toml asks for, with hashes, and say no place to fetch from."""

from __future__ import annotations

import re
import tomllib
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("linux", "darwin")

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = PROJECT["project"]["dependencies"]
BUILD = PROJECT["build-system"]["requires"]
DEV = [each for each in PROJECT["dependency-groups"]["dev"] if isinstance(each, str)]
CASES = [
    *(("run", each) for each in [*RUNTIME, *BUILD]),
    *(("dev", each) for each in [*RUNTIME, *BUILD, *DEV]),
]


def text_of(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")


def entries(lock: str) -> list[str]:
    """Each pin with its hashes, one line each, without comments."""
    lines = [line for line in text_of(lock).splitlines() if not line.lstrip().startswith("#")]
    return [entry for entry in "\n".join(lines).replace("\\\n", " ").splitlines() if entry.strip()]


def pins(lock: str) -> list[Requirement]:
    return [Requirement(entry.split("--hash")[0]) for entry in entries(lock)]


def markers(python: str, platform: str) -> dict[str, str]:
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": platform,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


@pytest.mark.parametrize(("lock", "asked"), CASES)
def test_every_dependency_has_one_pin_that_satisfies_it_everywhere(lock: str, asked: str) -> None:
    wanted = Requirement(asked)
    name = canonicalize_name(wanted.name)
    mine = [pin for pin in pins(lock) if canonicalize_name(pin.name) == name]

    for python, platform in product(PYTHONS, PLATFORMS):
        here = markers(python, platform)
        found = [pin for pin in mine if pin.marker is None or pin.marker.evaluate(here)]
        assert len(found) == 1, f"{here}: {found}. Run `make lock`."
        version = str(found[0].specifier).removeprefix("==")
        assert wanted.specifier.contains(version), f"{lock}.txt has {version}. Run `make lock`."


@pytest.mark.parametrize("lock", ["run", "dev"])
def test_every_pin_has_hashes(lock: str) -> None:
    without = [
        entry for entry in entries(lock) if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)
    ]

    assert entries(lock)
    assert without == []


@pytest.mark.parametrize("lock", ["run", "dev"])
def test_no_lock_says_where_to_fetch(lock: str) -> None:
    found = re.findall(r".*(?:://|--(?:extra-)?index-url|--find-links|--trusted).*", text_of(lock))

    assert found == []


def test_the_lock_of_the_tests_holds_the_lock_of_the_service() -> None:
    run, dev = ({str(pin) for pin in pins(lock)} for lock in ("run", "dev"))

    assert run <= dev
