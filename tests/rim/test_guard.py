"""The guard itself: a test that leaves this machine fails, and says where it wanted to go."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.guard import is_inside

ROOT = Path(__file__).parents[2]

VIOLATIONS = {
    "resolves a name": "socket.getaddrinfo('example.com', 443)",
    "resolves a name the old way": "socket.gethostbyname('example.com')",
    "connects": "socket.socket().connect(('192.0.2.1', 443))",
    "connects without an exception": "socket.socket().connect_ex(('192.0.2.1', 443))",
    "connects over IPv6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 443))",
    "sends a datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    "sends a datagram with flags": (
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', 0, ('192.0.2.1', 53))"
    ),
    "sends a message": (
        "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))"
    ),
    "connects in a loop": (
        "asyncio.run(asyncio.wait_for(asyncio.open_connection('192.0.2.1', 443), 5))"
    ),
    "resolves in a loop": (
        "asyncio.run(asyncio.wait_for(asyncio.open_connection('example.com', 443), 5))"
    ),
}
ALLOWED = {
    "knows its own name": "socket.getaddrinfo('localhost', 80)",
    "reads a literal": "socket.getaddrinfo('192.0.2.1', 80)",
    "talks to loopback": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.9.9.9', 9))",
    "talks to a local socket": "socket.socket(socket.AF_UNIX).connect_ex('/nowhere')",
}


def run_pytest(
    directory: Path, source: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    (directory / "test_it.py").write_text(source)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider"],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.mark.slow
def test_every_way_out_fails_its_test(tmp_path: Path) -> None:
    cases = [
        f"def test_{number}():\n    {body}\n" for number, body in enumerate(VIOLATIONS.values())
    ]
    swallowed = [
        f"def test_swallowed_{number}():\n    try:\n        {body}\n    except Exception:\n"
        "        pass\n"
        for number, body in enumerate(VIOLATIONS.values())
    ]

    ran = run_pytest(tmp_path, "import asyncio, socket\n" + "".join(cases + swallowed))

    assert ran.returncode == 1, ran.stdout
    # A swallowed refusal lets the test body pass; its teardown then fails the run.
    assert f"{len(VIOLATIONS)} failed" in ran.stdout
    assert f"{2 * len(VIOLATIONS)} errors" in ran.stdout
    assert "this one tried to connect 192.0.2.1 port 443" in ran.stdout


@pytest.mark.slow
def test_this_machine_is_allowed(tmp_path: Path) -> None:
    cases = [f"def test_{number}():\n    {body}\n" for number, body in enumerate(ALLOWED.values())]

    ran = run_pytest(tmp_path, "import socket\n" + "".join(cases))

    assert f"{len(ALLOWED)} passed" in ran.stdout, ran.stdout


SKIPPING = """
import pytest
def test_fine():
    pass
@pytest.mark.skip(reason="no namespaces here")
def test_lab():
    pass
@pytest.mark.skip(reason="no namespaces here")
def test_lab_too():
    pass
"""


@pytest.mark.slow
def test_skips_are_told_in_one_line(tmp_path: Path) -> None:
    ran = run_pytest(tmp_path, SKIPPING, ISITME_REQUIRE_ALL="")

    assert "isitme skips: 2 (no namespaces here (x2))" in ran.stdout
    assert ran.returncode == 0


@pytest.mark.slow
def test_no_skip_is_allowed_when_all_is_required(tmp_path: Path) -> None:
    ran = run_pytest(tmp_path, SKIPPING, ISITME_REQUIRE_ALL="1")

    assert ran.returncode == 1
    assert "not allowed" in ran.stdout


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("127.0.0.1", True),
        ("127.200.1.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        (b"127.0.0.2", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("localhost.example", False),
        ("fe80::1%lo", False),
    ],
)
def test_inside_is_loopback_and_nothing_else(address: object, inside: bool) -> None:
    assert is_inside(address) is inside


def test_a_refused_socket_has_sent_nothing() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.MonkeyPatch.context() as patch:
        from tests.support.guard import OutsideWorldError, guarded

        with guarded(patch) as guard:
            with pytest.raises(OutsideWorldError):
                sock.sendto(b"x", ("192.0.2.1", 9))

            assert guard.attempts == ["sendto 192.0.2.1 port 9"]
