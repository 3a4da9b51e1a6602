"""Makes .venv ready: what the lock names, checked by its hashes, and isitme itself.

Only the standard library: this runs before anything is installed. Start it through tools/setup,
which finds the interpreter.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"run": Path("requirements/run.txt"), "dev": Path("requirements/dev.txt")}
# Which parts of pyproject.toml reach an installed isitme; a new linter rule need not.
INSTALLED_TABLES = ("build-system", "project", "hatch")
OURS = "isitme-made-this"  # in .venv from its first moment: only such a .venv is ever deleted
READY = "isitme-ready.json"  # written last: without it the set-up was cut short
ADDING = "adding"  # in the stamp while the dev part is put beside a run part that stays good
BEFORE = Path(".cache/venv-before")  # the last good .venv, until the new one is whole


class SetUpError(Exception):
    """The set-up cannot go on; the text says why, and what to do."""


def main(arguments: Sequence[str]) -> int:
    """Set up, or with `--ready` only ask. Returns the exit code."""
    match arguments:
        case ["--ready", ("run" | "dev") as purpose]:
            return 0 if is_ready(ROOT, purpose) else 1
        case [("run" | "dev") as purpose]:
            pass
        case _:
            say("usage: tools/setup run|dev")
            return 2
    try:
        with one_at_a_time(ROOT):
            if not is_ready(ROOT, purpose):
                set_up(ROOT, purpose)
    except KeyboardInterrupt:
        say("stopped; the next call begins again.")
        return 130
    except (SetUpError, OSError) as error:
        say(str(error))
        if purpose == "run" and "run" in stamp(ROOT):
            say("starting with the set-up of before; it may lack what is new.")
            return 0
        return 1
    return 0


def say(text: str) -> None:
    print(f"isitme: {text}", file=sys.stderr, flush=True)


# ---------------------------------------------------------------- what is there


def wanted(root: Path, purpose: str) -> str:
    """A digest of all that decides what .venv holds for this purpose."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    tables = {**project.get("tool", {}), **project}
    parts = [
        str(root),  # an environment knows its own place, and breaks when it is moved
        json.dumps([tables.get(table) for table in INSTALLED_TABLES], sort_keys=True),
        (root / "tools" / "set_up.py").read_text(encoding="utf-8"),
        (root / LOCKS[purpose]).read_text(encoding="utf-8"),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def stamp(root: Path) -> Mapping[str, str]:
    """Purpose to digest, as the last finished set-up left it; empty when there was none."""
    try:
        read = json.loads((root / ".venv" / READY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def is_ready(root: Path, purpose: str) -> bool:
    ready = stamp(root)
    return ready.get(purpose) == wanted(root, purpose) and works(root, ready.get("python", ""))


def works(root: Path, version: str) -> bool:
    """Whether the environment's interpreter still runs, and is the one that was set up."""
    python = root / ".venv" / "bin" / "python"
    if Path(sys.prefix) == root / ".venv":
        return sys.version == version
    try:
        asked = subprocess.run(
            [python, "-I", "-c", "import sys; print(sys.version, end='')"],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and asked.stdout == version


# ---------------------------------------------------------------- making it so


@contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Two commands started at once must not build the same .venv. The kernel frees it at exit."""
    (root / ".cache").mkdir(exist_ok=True)
    with (root / ".cache" / "set-up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is under way; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def set_up(root: Path, purpose: str) -> None:
    """Build .venv, or add the dev part to a good one.

    Raises SetUpError with what to do; what was good before is then back in its place.
    """
    version = "{}.{}.{}".format(*sys.version_info[:3])
    say(f"setting up .venv with Python {version} (only this once; it needs the network).")
    # The dev lock holds every pin of the run lock, so that it only adds, and a service that is
    # running keeps all it has. Anything else begins anew: a leftover of an older lock could hide
    # a dependency that is missing now, and one that was cut short may hold half a package.
    adding = purpose == "dev" and is_ready(root, "run") and ADDING not in stamp(root)
    uv = shutil.which("uv")
    try:
        if uv is None or not with_uv(root, purpose, uv, adding=adding):
            with_pip(root, purpose, adding=adding and uv is None)
    except SetUpError:
        put_back(root)
        raise
    write_stamp(root, purpose)
    shutil.rmtree(root / BEFORE, ignore_errors=True)
    say("ready.")


def with_uv(root: Path, purpose: str, uv: str, *, adding: bool) -> bool:
    """Whether uv could do it. It does not read pip's configuration, so that pip may still can."""
    python = str(root / ".venv" / "bin" / "python")
    install: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", python]
    begin(root, keep=adding)
    steps: list[list[str | Path]] = [
        [*install, "--require-hashes", "--compile-bytecode", "--requirement", LOCKS[purpose]],
        [*install, "--no-deps", "--no-build-isolation", "--editable", "."],
    ]
    if not adding:
        make: list[str | Path] = [uv, "venv", "--quiet", "--allow-existing"]
        steps.insert(0, [*make, "--python", sys.executable, ".venv"])
    # uv must use the Python that was found here, never fetch one.
    if all(ran(root, step, {"UV_PYTHON_DOWNLOADS": "never"}) for step in steps):
        return True
    say("uv could not do it; trying with pip.")
    return False


def with_pip(root: Path, purpose: str, *, adding: bool) -> None:
    python = root / ".venv" / "bin" / "python"
    pip: list[str | Path] = [python, "-I", "-m", "pip"]
    install = [*pip, "install", "--quiet", "--disable-pip-version-check"]
    begin(root, keep=adding)
    if not adding and not ran(root, [sys.executable, "-I", "-m", "venv", ".venv"]):
        raise SetUpError("could not make the virtual environment .venv; the reason stands above.")
    if not ran(root, [*install, "--require-hashes", "--requirement", LOCKS[purpose]]):
        raise SetUpError(
            f"could not install {LOCKS[purpose]}; the reason stands above.\n"
            "  The first start fetches packages once and needs the network. Run the same command"
            " again; nothing else needs repair."
        )
    if not ran(root, [*install, "--no-deps", "--no-build-isolation", "--editable", "."]):
        raise SetUpError("could not install isitme itself; the reason stands above.")


def begin(root: Path, *, keep: bool) -> None:
    """From here until the stamp is written, .venv counts as unfinished."""
    venv = root / ".venv"
    if keep:
        put_stamp(root, {**stamp(root), ADDING: "dev"})
        return
    if venv.is_symlink() or (venv.exists() and not (venv / OURS).exists() and any(venv.iterdir())):
        raise SetUpError(".venv is here, but `make` did not make it. Move it away, then try again.")
    if stamp(root):
        shutil.rmtree(root / BEFORE, ignore_errors=True)
        (root / BEFORE).parent.mkdir(exist_ok=True)
        venv.rename(root / BEFORE)
    venv.mkdir(exist_ok=True)
    (venv / OURS).touch()
    for leftover in venv.iterdir():
        if leftover.name == OURS:
            continue  # it stays: a deletion that is cut short must still know whose .venv this is
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def put_back(root: Path) -> None:
    """Exchange an unfinished .venv for the last good one, if there is one.

    isitme is wanted most when the network is down: an update that cannot be fetched must not take
    away what worked.
    """
    if (root / BEFORE).exists() and not stamp(root):
        shutil.rmtree(root / ".venv")
        (root / BEFORE).rename(root / ".venv")


def ran(root: Path, command: Sequence[str | Path], more: Mapping[str, str] | None = None) -> bool:
    """Run one step in the checkout, its words on our stderr. Returns whether it succeeded."""
    environment = {**os.environ, **(more or {})}
    return subprocess.run(command, cwd=root, env=environment, stdout=2, check=False).returncode == 0


def write_stamp(root: Path, purpose: str) -> None:
    """Say what is ready, as the very last thing."""
    purposes = ("run", "dev") if purpose == "dev" else ("run",)
    version = subprocess.run(
        [root / ".venv" / "bin" / "python", "-I", "-c", "import sys; print(sys.version, end='')"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    ready = {"python": version, **{each: wanted(root, each) for each in purposes}}
    put_stamp(root, ready)


def put_stamp(root: Path, ready: Mapping[str, str]) -> None:
    draft = root / ".venv" / f"{READY}.draft"
    draft.write_text(json.dumps(ready, indent=2), encoding="utf-8")
    draft.replace(root / ".venv" / READY)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
