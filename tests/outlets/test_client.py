"""`isitme status` asks a running service; whoever sits at that port, it ends with an answer."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from probe.client import ANSWER_BYTES, NoAnswer, alive, fetch, watch
from probe.outlets.status_json import status_to_json
from tests.support.statuses import dns_block, healthy

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.real


def http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def answer(drill: str = "") -> bytes:
    status = dns_block(drill=drill) if drill else healthy()
    return http(json.dumps(status_to_json(status, versions={})).encode())


@contextmanager
def serving(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says each of these to one caller after the other, and keeps the requests."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def serve() -> None:
            for said in answers:
                caller, _ = listener.accept()
                with caller:
                    heard.append(caller.recv(4096))
                    caller.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
        thread.join()


def test_the_answer_comes_as_it_is() -> None:
    with serving(answer()) as (url, heard):
        got = fetch(url)

    assert got == json.loads(json.dumps(status_to_json(healthy(), versions={})))
    assert heard[0].startswith(b"GET /status HTTP/1.1\r\n")


def test_a_service_below_a_path_is_asked_there() -> None:
    with serving(answer()) as (url, heard):
        fetch(f"{url}/isitme/")

    assert heard[0].startswith(b"GET /isitme/status HTTP/1.1\r\n")


STRANGERS = {
    "another web server": (http(b"<html>", "404 Not Found"), "HTTP 404 without JSON"),
    "JSON of somebody else": (http(b'{"ok": true}'), "not an answer of isitme"),
    "a list": (http(b"[]"), "not an answer of isitme"),
    "our own error": (
        http(b'{"error": {"code": "misdirected", "message": "wrong host"}}', "421 Misdirected"),
        "HTTP 421: 'wrong host'",
    ),
    "an error that would command the terminal": (
        http(b'{"error": {"message": "\\u001b[2J"}}', "500 X"),
        r"'\\x1b[2J'",
    ),
    "no HTTP at all": (b"SSH-2.0-OpenSSH\r\n", "SSH-2.0-OpenSSH"),
    "silence, then the end": (b"", "Remote end closed connection"),
    "a flood": (http(b"x" * (ANSWER_BYTES + 1)), "more than"),
    "nesting": (http(b"[" * 100_000), "without JSON"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), STRANGERS.values(), ids=STRANGERS.keys())
def test_a_stranger_at_the_port_is_no_answer(said: bytes, expected: str) -> None:
    with serving(said) as (url, _), pytest.raises(NoAnswer) as caught:
        fetch(url)

    assert expected.replace("\\\\", "\\") in str(caught.value)


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
def test_alive_asks_nothing_about_the_line_and_needs_no_password(status: str) -> None:
    with serving(http(b"{}", status)) as (url, heard):
        alive(url)

    assert heard[0].startswith(b"GET /-/healthy HTTP/1.1\r\n")


def test_a_service_that_is_not_well_is_not_alive() -> None:
    with serving(http(b"", "503 X")) as (url, _), pytest.raises(NoAnswer, match="HTTP 503"):
        alive(url)


def test_nobody_there_says_how_to_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(NoAnswer, match="nothing listens there; start it with `isitme run`"):
        fetch(f"http://127.0.0.1:{port}")


def test_a_port_that_never_answers_is_left_in_time() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(NoAnswer, match=r"no answer within 0\.05 s"),
    ):
        fetch(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.05)


@pytest.mark.parametrize("url", ["127.0.0.1:10054", "ftp://x", "http://", "http://x:99999"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(NoAnswer, match=r"wanted an address|Port|port"):
        fetch(url)


def naps(most: int) -> Callable[[float], object]:
    left = iter(range(most))

    def nap(seconds: float) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    return nap


def test_watching_tells_only_what_is_new() -> None:
    said = []
    answers = (answer(), answer(), http(b"no"), http(b"no"), answer("dns-block"))
    with serving(*answers) as (url, _), suppress(KeyboardInterrupt):
        for now in watch(url, sleep=naps(4)):
            said += ["none" if isinstance(now, NoAnswer) else now["verdict"]["code"]]

    assert said == ["ok", "none", "dns"]


def test_it_loads_neither_probes_nor_pydantic() -> None:
    heavy = "('asyncio', 'pydantic', 'probe.words', 'probe.probes', 'httpx', 'jinja2')"
    code = (
        "import sys, probe.client, probe.outlets.status_json; "
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert out.stdout.strip() == "[]"
