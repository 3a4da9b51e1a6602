"""The guide for "Not Delivered" against the real service: by flags, and on a real terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from probe.drill.states import DRILLS
from probe.triage import catalogue
from tests.drill.service import Service

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]
START_SECONDS, TURN_SECONDS = 20.0, 45.0
CTRL_C, CTRL_D = b"\x03", b"\x04"
# Blue; after waiting; everybody; no word on calls, FaceTime, the place and the rest.
BLUE_TO_ALL = ("1", "2", "3", "", "", "", "")


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


HARD = {"sign_out_and_in", "reset_network", "recreate_thread", "toggle_imessage"}
# drill: first reason, first step, and what must not be advised
GUIDED = {
    "healthy": ("registration", "try_again", {"wait_for_apple", "fix_network", "set_date"}),
    "apple-acknowledged": ("apple_announced", "wait_for_apple", {*HARD, "try_again", "set_date"}),
    "apple-outage": ("apple_suspected", "wait_for_apple", {*HARD, "try_again", "set_date"}),
    "apple-silent": ("apple_or_way", "try_again", {*HARD, "fix_network", "wait_for_apple"}),
    "internet-down": ("network", "fix_network", {*HARD, "airplane_mode", "other_app"}),
    "dns-block": ("network", "fix_network", {*HARD, "airplane_mode"}),
    # A detour works there.
    "push-blocked": ("network", "try_again", {*HARD, "fix_network", "wait_for_apple"}),
    "portal": ("network", "fix_network", {*HARD, "airplane_mode"}),
    "link-down": ("network", "fix_network", {*HARD, "airplane_mode", "other_app"}),
    "clock-wrong": ("time", "set_date", {*HARD, "fix_network", "wait_for_apple"}),
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
        shown, code = typed(triage(service), BLUE_TO_ALL)

    told = json.loads(done.stdout)
    steps = [step["code"] for step in told["steps"]]
    assert told["reasons"][0]["code"] == reason
    assert steps[0] == step
    assert not never & set(steps)
    # A person at a terminal gets the same.
    said = " ".join(shown.split())
    assert code == 0
    assert f"1. {catalogue.STEP_TEXTS[step].do}" in said
    assert f"- {catalogue.REASON_TEXTS[reason].title} (" in said
    for each in told["seen"]["said"]:
        assert each in said
    for forbidden in never:
        assert catalogue.STEP_TEXTS[forbidden].do not in said


def test_a_person_at_a_terminal_may_err_leave_off_and_see_no_colour() -> None:
    """One world, and all that a person may do at the questions."""
    with drill("healthy") as service:
        command = triage(service)
        erring = typed(command, ["2", "", "1 2", "1", "9", "x", "", "", "", "8, 9"])
        narrow = typed(command, BLUE_TO_ALL, columns=40)
        left_off = typed(command, ["1", CTRL_C])
        ended = typed(command, ["2", "1", CTRL_D])
        piped = typed([*command, "--json"], BLUE_TO_ALL, into_a_pipe=True)

    said, code = erring
    assert code == 0
    assert "What colour is the message?" in said
    assert "One number, please." in said
    assert said.count("A number from 1 to 3, please.") == 2
    assert "The mobile carrier (likely)" in said
    assert "Send the text without the picture or video" in said
    assert "Most of them never touch this network" in said
    assert "You lose: Nothing." in said
    assert "Sign Out" not in said

    said, code = narrow
    assert code == 0
    assert max(map(len, said.splitlines())) <= 40, said
    assert "\x1b" not in said

    said, code = left_off
    assert code == 130, said
    assert said.endswith("Left off. Nothing was changed.\n")
    assert "Traceback" not in said

    # What was answered until then counts.
    said, code = ended
    assert code == 0
    assert "Traceback" not in said
    assert "The mobile carrier (likely)" in said

    # Questions are no data.
    said, code = piped
    assert code == 0
    assert json.loads(said)["answers"] == {"bubble": "blue", "pace": "after_waiting",
                                           "who": "everyone", "more": []}  # fmt: skip


def typed(
    command: list[str],
    answers: Sequence[str | bytes],
    *,
    columns: int = 100,
    into_a_pipe: bool = False,
) -> tuple[str, int]:
    """Run it on a pseudo-terminal, and type an answer whenever it asks for a number.

    What the terminal shows; `into_a_pipe`: what it writes into one instead. And its exit code.
    """
    left, reading, writing = list(answers), *os.pipe()
    pid, terminal = pty.fork()
    if pid == 0:
        for name in ("COLUMNS", "NO_COLOR"):
            os.environ.pop(name, None)
        os.environ["TERM"] = "xterm-256color"
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background ignores it
        if into_a_pipe:
            os.dup2(writing, 1)
        os.execv(command[0], command)
    os.close(writing)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
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
            answer = left.pop(0)
            os.write(terminal, answer if isinstance(answer, bytes) else f"{answer}\n".encode())
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(reading, "rb") as pipe:
        written = pipe.read()
    shown = written if into_a_pipe else said
    return shown.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)
