"""Namespaces, the wires between them, and what runs in them."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
CLONE_NEWNET = 0x40000000
REPOSITORY = Path(__file__).parents[2]
COMMAND_SECONDS = 30.0


class LabError(RuntimeError):
    """The lab itself could not do something; no verdict of the program is judged by it."""


@dataclass(slots=True)
class Net:
    """All namespaces of one world. `out` holds logs and written files."""

    out: Path
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def namespace(self, name: str) -> None:
        self.run(None, "ip", "netns", "add", name)
        self.run(None, "ip", "-n", name, "link", "set", "lo", "up")
        # A forwarded packet's own sysctls; without IPv6 duplicate-address detection a world is
        # ready at once.
        self.sysctl(
            name,
            {
                "net.ipv6.conf.all.accept_dad": "0",
                "net.ipv6.conf.default.accept_dad": "0",
                "net.ipv6.conf.default.accept_ra": "0",
            },
        )

    def sysctl(self, namespace: str, values: Mapping[str, str]) -> None:
        self.run(namespace, "sysctl", "-qw", *(f"{key}={value}" for key, value in values.items()))

    def wire(self, near: str, near_device: str, far: str, far_device: str) -> None:
        """A cable: one veth pair, both ends up."""
        self.run(
            None,
            *("ip", "link", "add", near_device, "netns", near, "type", "veth"),
            *("peer", "name", far_device, "netns", far),
        )
        for namespace, device in ((near, near_device), (far, far_device)):
            self.ip(namespace, "link", "set", device, "up")

    def tunnel(self, name: str, near: str, near_device: str, far: str, far_device: str) -> None:
        """A cable whose delay and loss can be set: `self.manners(name, delay_ms=75)`."""
        process = self.spawn(
            None,
            f"tunnel-{name}",
            *(sys.executable, "-m", "tests.lab.tunnel", near, near_device, far, far_device),
            ready="ready",
        )
        assert process.stdin is not None
        for namespace, device in ((near, near_device), (far, far_device)):
            self.ip(namespace, "link", "set", device, "up")

    def manners(self, name: str, **values: float) -> None:
        """How a tunnel treats frames from now on; nothing said: like a cable. Returns once it
        does. Raises LabError."""
        process = self.running[f"tunnel-{name}"]
        log = self.out / f"tunnel-{name}.log"
        asked = json.dumps(values)
        before = log.read_text().count(asked)
        assert process.stdin is not None
        process.stdin.write(asked + "\n")
        process.stdin.flush()
        until = time.monotonic() + COMMAND_SECONDS
        while log.read_text().count(asked) == before:
            if process.poll() is not None or time.monotonic() > until:
                raise LabError(f"tunnel {name} did not take {asked}: {_tail(log)}")
            time.sleep(0.01)

    def ip(self, namespace: str, *arguments: str) -> str:
        return self.run(None, "ip", "-n", namespace, *arguments)

    def nft(self, namespace: str, text: str) -> None:
        """Load rules. One statement a line: the installed nft rejects `; } }` on one line."""
        self.run(namespace, "nft", "-f", "-", stdin=text)

    def no_nft(self, namespace: str, *tables: str) -> None:
        """Remove tables, as "inet block"; those that are not there do not matter."""
        for table in tables:
            self.attempt(namespace, "nft", "delete", "table", *table.split())

    def run(self, namespace: str | None, *command: str, stdin: str | None = None) -> str:
        """Run a command to its end and give its output. Raises LabError when it fails."""
        done = self.attempt(namespace, *command, stdin=stdin)
        if done.returncode != 0:
            raise LabError(
                f"{' '.join(command)} in {namespace or 'the room'} ended with {done.returncode}: "
                f"{done.stderr.strip() or done.stdout.strip()}"
            )
        return done.stdout

    def attempt(
        self, namespace: str | None, *command: str, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever comes of it."""
        return subprocess.run(
            [*_inside(namespace), *command],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",  # some tools print what a server sent
            timeout=COMMAND_SECONDS,
            check=False,
            cwd=REPOSITORY,
        )

    def spawn(
        self,
        namespace: str | None,
        name: str,
        *command: str,
        environment: Mapping[str, str] | None = None,
        ready: str | Callable[[], bool] | None = None,
        within_seconds: float = 10.0,
    ) -> subprocess.Popen[str]:
        """Start a server. Its output goes to `out/NAME.log`; `ready` is a text that must appear
        there, or a question that must become true. Raises LabError."""
        log = self.out / f"{name}.log"
        with log.open("a") as output:
            process = subprocess.Popen(
                [*_inside(namespace), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, **(environment or {})},
                cwd=REPOSITORY,
            )
        self.running[name] = process
        until = time.monotonic() + within_seconds
        while ready is not None:
            if process.poll() is not None:
                raise LabError(f"{name} ended with {process.returncode}: {_tail(log)}")
            if ready() if callable(ready) else ready in log.read_text(errors="replace"):
                break
            if time.monotonic() > until:
                raise LabError(f"{name} was not ready after {within_seconds:g} s: {_tail(log)}")
            time.sleep(0.02)
        return process

    def stop(self, name: str, *, kill: bool = False) -> None:
        """End a server, and wait for it. One that is not running does not matter."""
        process = self.running.pop(name, None)
        if process is None:
            return
        process.kill() if kill else process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_all(self) -> None:
        for name in list(self.running):
            self.stop(name, kill=True)

    def listening(self, namespace: str, kind: str, where: str) -> Callable[[], bool]:
        """Asks whether a socket listens: kind "tcp" or "udp", where "1.1.1.1:53"."""
        flag = "-ltnH" if kind == "tcp" else "-lunH"

        def ask() -> bool:
            table = self.run(namespace, "ss", flag)
            return any(where in line.split()[3:4] for line in table.splitlines())

        return ask


def _inside(namespace: str | None) -> Sequence[str]:
    return () if namespace is None else ("ip", "netns", "exec", namespace)


def _tail(log: Path) -> str:
    return " | ".join(log.read_text(errors="replace").splitlines()[-5:])


@contextlib.contextmanager
def standing_in(namespace: str) -> Iterator[None]:
    """Lets this thread, and no other, stand in a namespace. For a thread made for it."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/run/netns/{namespace}").open("rb") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET):
            raise LabError(f"cannot enter {namespace}: {os.strerror(ctypes.get_errno())}")
    yield


def in_namespace(namespace: str, work: Callable[[], T]) -> T:
    """Do something in a namespace, on a thread of its own. Raises what it raises."""
    done: list[T] = []
    broken: list[BaseException] = []

    def there() -> None:
        try:
            with standing_in(namespace):
                done.append(work())
        except BaseException as error:
            broken.append(error)

    thread = threading.Thread(target=there)
    thread.start()
    thread.join()
    if broken:
        raise broken[0]
    return done[0]
