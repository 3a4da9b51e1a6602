"""A room leads nowhere, or nothing is built in it; and nothing of it outlives whoever opened it."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.lab import sandbox
from tests.lab.conftest import Open
from tests.lab.net import REPOSITORY
from tests.lab.visit import Visit

KINDS = ("net", "mnt", "pid")  # of namespaces (namespaces(7))
SEAL = "from tests.lab import sandbox; sandbox.seal(); print('sealed')"
# What has been done in a fresh room before the lab comes, and why the lab then refuses.
WAYS_OUT = {
    "an interface": ("ip link add leak type bridge", "network interfaces: leak"),
    "a route": ("ip link set lo up; ip route add 10.0.0.0/8 dev lo", "there are routes"),
    "a route of a table of its own": (
        "ip link set lo up; ip route add 10.0.0.0/8 dev lo table 7",
        "there are routes",
    ),
    "an IPv6 route": ("ip link set lo up; ip -6 route add 2000::/3 dev lo", "there are routes"),
}


def sealing(before: str, enter: tuple[str, ...] = sandbox.ROOM) -> str:
    """What comes of sealing a room in which something was done before."""
    done = subprocess.run(
        [*enter, "sh", "-c", f'{before}; exec "$0" -c "$1"', sys.executable, SEAL],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_fresh_room_is_sealed() -> None:
    assert sealing("true").strip() == "sealed"


@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_room_with_a_way_out_is_refused(way: str) -> None:
    before, why = WAYS_OUT[way]

    said = sealing(before)

    assert "NotSealed" in said
    assert why in said


def test_outside_of_a_room_nothing_is_built() -> None:
    assert "not the first process" in sealing("true", enter=sandbox.DIES_WITH_US)


def test_the_network_of_someone_else_is_refused() -> None:
    """A room that shares its network with a namespace which has an interface, as the machine's."""
    shared = ("unshare", "--net", "sh", "-c", 'ip link add nic0 type bridge; "$@"', "sh")
    room = tuple(word for word in sandbox.ROOM if word != "--net")

    assert "network interfaces: nic0" in sealing("true", enter=(*shared, *room))


def test_a_world_says_where_it_leads_out(visit: Open) -> None:
    world = visit()

    assert world.leak() == ""
    world.says("ip -n isp link add uplink2 type bridge", where=None)
    assert world.leak() == "isp has an interface nobody made: uplink2"


def test_what_listens_outside_would_hear_the_lab() -> None:
    """The proof that nothing leaves is worth something only if it hears what does."""
    script = (
        "import pathlib, subprocess, sys, time; from tests.lab.outside import Outside\n"
        "log = pathlib.Path(sys.argv[1])\n"
        "with Outside(log) as outside:\n"
        "    while b'listening' not in log.read_bytes(): time.sleep(0.05)\n"
        "    subprocess.run(sys.argv[2].split(), stdout=subprocess.DEVNULL)\n"
        "    time.sleep(0.5)\n"
        "print(outside.said())"
    )
    quiet = "outside: no packet of the lab on the machine's own interfaces"

    def heard(log: str, command: str) -> str:
        own = "ip link set lo up; ip addr add 17.57.144.10/32 dev lo"
        done = subprocess.run(
            [
                *(*sandbox.ROOM, "sh", "-c", f'{own}; exec "$@"', "sh"),
                *(sys.executable, "-c", script, f"/tmp/{log}", command),
            ],
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            check=True,
        )
        return done.stdout.strip()

    log = f"isitme-outside-{os.getpid()}.log"
    try:
        assert heard(log, "ping -c 1 127.0.0.1") == quiet
        assert "NOT QUIET" in heard(log, "ping -c 1 17.57.144.10")
    finally:
        Path(f"/tmp/{log}").unlink(missing_ok=True)


# ---------------------------------------------------------------- ends


@contextmanager
def namespaces(pids: list[int]) -> Iterator[set[str]]:
    """The network, mount and PID namespaces of processes, without the machine's.

    They are held open meanwhile: the kernel gives the number of a namespace that is gone to the
    next one, which may be of a world that another test builds at this very moment.
    """
    ours = {_namespace(os.getpid(), kind) for kind in KINDS}
    held: dict[str, int] = {}
    try:
        for pid, kind in itertools.product(pids, KINDS):
            with suppress(OSError):  # it may just have ended
                fd = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
                name = os.readlink(f"/proc/self/fd/{fd}")
                if name in ours or name in held:
                    os.close(fd)
                else:
                    held[name] = fd
        yield set(held)
    finally:
        for fd in held.values():
            os.close(fd)


def _namespace(pid: int | str, kind: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/{kind}")
    except OSError:
        return ""


def descendants(pid: int) -> list[int]:
    """All processes below one, and itself."""
    found = [pid]
    for one in found:
        try:
            tasks = list(Path(f"/proc/{one}/task").iterdir())
            found += [int(n) for task in tasks for n in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def alive(pids: list[int]) -> list[str]:
    """Those that still run, with their command lines."""
    left = []
    for pid in pids:
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state not in "ZX":
            left.append(f"{pid} {line}")
    return left


def who_is_in(wanted: set[str]) -> list[str]:
    """Processes that keep one of these namespaces alive."""
    pids = [path.name for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if wanted & {_namespace(pid, kind) for kind in KINDS}]


def mounts() -> list[str]:
    """What is mounted for this process: a room's mounts are its own."""
    return sorted(
        line.split(" ", 3)[3] for line in Path("/proc/self/mountinfo").read_text().splitlines()
    )


def until(true: Callable[[], object], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def nothing_is_left_of(pids: list[int], spaces: set[str]) -> None:
    """Called when the first of them was killed, and while their namespaces are held."""
    until(lambda: not alive(pids) and not who_is_in(spaces), seconds=5.0)
    assert alive(pids) == []
    assert who_is_in(spaces) == []


def test_a_killed_room_leaves_nothing(lab_certificates: Path, tmp_path: Path) -> None:
    before = mounts()
    world = Visit(tmp_path, lab_certificates)
    pids = descendants(world.process.pid)
    with namespaces(pids) as spaces:
        assert len(pids) > 12  # its servers
        assert len(spaces) > 12  # the room's own three, and a network for each place

        world.process.kill()
        world.process.communicate()

        nothing_is_left_of(pids, spaces)
    assert mounts() == before


@pytest.mark.timeout(120)
@pytest.mark.parametrize("when", ["while it builds", "while the program runs"])
def test_a_killed_runner_leaves_nothing(when: str, tmp_path: Path) -> None:
    before = mounts()
    runner = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.lab",
            "cable-out",
            "--jobs",
            "1",
            "--keep",
            tmp_path / "kept",
        ],
        stdout=subprocess.DEVNULL,
        cwd=REPOSITORY,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    mark = "unbound" if when == "while it builds" else "isitme run"
    with ExitStack() as held:
        try:
            assert until(lambda: mark in str(alive(descendants(runner.pid))), seconds=60.0)
            pids = descendants(runner.pid)
            spaces = held.enter_context(namespaces(pids))
            assert spaces
        finally:
            os.kill(runner.pid, signal.SIGKILL)
            runner.wait()

        nothing_is_left_of(pids, spaces)
    assert mounts() == before
