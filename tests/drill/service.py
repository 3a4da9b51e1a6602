"""One `isitme drill` as a process of its own, and what it says."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

import pytest

HEALTHY_SECONDS = 12.0  # a busy machine takes so long for the first sweep


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@dataclass
class Service:
    """One `isitme drill`, and what it says."""

    name: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "probe", "drill", self.name,
                "--listen", f"127.0.0.1:{self.port}", "--after", str(HEALTHY_SECONDS),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip

    def get(self, path: str, accept: str = "*/*") -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path, headers={"Accept": accept})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def status(self) -> dict[str, Any] | None:
        try:
            code, body = self.get("/status")
        except OSError:
            return None
        return dict(json.loads(body)) if code == 200 else None

    def wait_for(self, code: str, seconds: float) -> list[str]:
        """The codes shown until this one came, last one included. Fails when it does not come."""
        shown: list[str] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            now = self.status()
            if now is not None:
                verdict = now["verdict"]
                word = f"{verdict['code']}/{verdict['cause']} {verdict['certainty']}"
                if not shown or shown[-1] != word:
                    shown.append(word)
                if verdict["code"] == code and now["ready"]:
                    return shown
            time.sleep(0.25)
        pytest.fail(f"{self.name}: {code} did not come within {seconds} s; shown: {shown}")

    def end(self) -> str:
        assert self.process is not None
        self.process.terminate()
        said, _ = self.process.communicate(timeout=20)
        return said
