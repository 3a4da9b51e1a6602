"""Without any network, `make run` starts and tells the truth. Run it inside `unshare -rn`."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import IO

ANSWER_WITHIN = 8.0  # issue: the first answer within 8 s of the service starting
CHECK_WITHIN = 6.0  # and `isitme check` with only loopback in under 6 s
END_WITHIN = 5.0
ISITME = ".venv/bin/isitme"
PAGE = "http://127.0.0.1:10054/"


def main(loopback: str) -> None:
    if loopback == "up":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    began = time.monotonic()
    checked = subprocess.run([ISITME, "check", "--json"], capture_output=True, text=True)
    took = time.monotonic() - began
    verdict = json.loads(checked.stdout)["verdict"]
    print(f"check: {verdict['blame']} {verdict['code']}, exit {checked.returncode}, {took:.1f} s")
    expect((verdict["blame"], verdict["code"]), ("me", "local_link"))
    expect(checked.returncode, 10)
    assert took < CHECK_WITHIN, f"check took {took:.1f} s, wanted under {CHECK_WITHIN} s"
    assert "apple" not in verdict["headline"].lower(), verdict["headline"]

    began = time.monotonic()
    # A session of its own, so that Ctrl-C can be sent to make and all under it, as a terminal does.
    service = subprocess.Popen(
        ["make", "--silent", "run"], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert service.stdout is not None
        said = read_until(service.stdout, PAGE, within=ANSWER_WITHIN)
        print(f"run: the first answer after {time.monotonic() - began:.1f} s")
        print(said)
        assert verdict["headline"] in said, "check and run disagree"
        if loopback == "up":
            asked = subprocess.run([ISITME, "status", "--json"], capture_output=True, text=True)
            told = json.loads(asked.stdout)["verdict"]
            expect((told["blame"], told["code"], asked.returncode), ("me", "local_link", 10))
        assert service.poll() is None, "the service ended by itself"
    finally:
        os.killpg(service.pid, signal.SIGINT)
        service.wait(END_WITHIN)


def expect(found: object, wanted: object) -> None:
    assert found == wanted, f"wanted {wanted}, found {found}"


def read_until(stream: IO[bytes], text: str, *, within: float) -> str:
    """What the service says up to and with `text`."""
    until = time.monotonic() + within
    said = ""
    while text not in said:
        left = until - time.monotonic()
        ready, _, _ = select.select([stream], [], [], max(left, 0))
        assert ready, f"no answer within {within} s; said so far: {said!r}"
        more = os.read(stream.fileno(), 65536)
        assert more, f"the service ended; it said: {said!r}"
        said += more.decode()
    return said


if __name__ == "__main__":
    main(sys.argv[1])
