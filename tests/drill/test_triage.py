"""The guide for "Not Delivered" against the real service: by flags, and on a real terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from probe.drill.states import DRILLS
from tests.drill.service import Service

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]
START_SECONDS, TURN_SECONDS = 20.0, 45.0


@contextmanager
def drill(name: str) -> Iterator[Service]:
    service = Service(name)
    service.start()
    try:
        service.wait_for("ok", START_SECONDS)
        service.wait_for(DRILLS[name].code, TURN_SECONDS)
        yield service
    finally:
        service.end()


def triage(service: Service, *arguments: str) -> list[str]:
    url = f"http://127.0.0.1:{service.port}"
    return [sys.executable, "-m", "probe", "triage", "--url", url, *arguments]


# drill: first reason, first step, and what must not be advised
GUIDED = {
    "healthy": ("registration", "try_again", {"wait_for_apple", "fix_network"}),
    "apple-acknowledged": ("apple", "wait_for_apple", {"sign_out_and_in", "try_again"}),
    "apple-outage": ("apple", "wait_for_apple", {"sign_out_and_in", "toggle_imessage"}),
    "internet-down": ("network", "fix_network", {"sign_out_and_in", "airplane_mode"}),
    "dns-block": ("network", "fix_network", {"sign_out_and_in", "toggle_imessage"}),
}


@pytest.mark.parametrize("name", GUIDED)
def test_the_guide_goes_by_what_the_service_sees(name: str) -> None:
    reason, step, never = GUIDED[name]
    answers = ("--answer", "bubble=blue", "--answer", "who=everyone", "--answer",
               "pace=after_waiting")  # fmt: skip
    with drill(name) as service:
        done = subprocess.run(
            triage(service, *answers, "--json"), capture_output=True, text=True, check=True
        )

    told = json.loads(done.stdout)
    steps = [step["code"] for step in told["steps"]]
    assert told["reasons"][0]["code"] == reason
    assert steps[0] == step
    assert not never & set(steps)


def test_a_person_at_a_terminal_is_asked_and_guided() -> None:
    with drill("healthy") as service:
        said, code = typed(triage(service), ["2", "", "1 2", "1", "9", "", "", "8 9"])

    assert code == 0
    assert "What colour is the message?" in said
    assert "One number, please." in said
    assert "A number from 1 to 3, please." in said
    assert "The mobile carrier (likely)" in said
    assert "Send the text without the picture or video" in said
    assert "isitme cannot see your carrier." in said
    assert "Sign Out" not in said


def typed(command: list[str], answers: list[str]) -> tuple[str, int]:
    """Run it on a pseudo-terminal, and type an answer whenever it asks for a number."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm", COLUMNS="100")
        os.execv(command[0], command)
    said, asked, until = b"", 0, time.monotonic() + 60
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:  # it has ended
            break
        if not part:
            break
        said += part
        if said.count(b", or Enter: ") > asked:
            asked += 1
            os.write(terminal, f"{answers.pop(0)}\n".encode())
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return said.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)
