"""Somebody else's upload: fills a line a little more than it can carry, then lets it drain, over
and over, so that its queue is never the same for long.

Arguments: address, bytes a second while filling, while draining, seconds of each.
"""

from __future__ import annotations

import socket
import sys
import time

BYTES = 1200
DISCARD = 9  # RFC 863


def main(address: str, filling: float, draining: float, seconds: float) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    print("ready", flush=True)
    began = due = time.monotonic()
    while True:
        fills = int((time.monotonic() - began) / seconds) % 2 == 0
        due += BYTES / (filling if fills else draining)
        time.sleep(max(0.0, due - time.monotonic()))
        try:
            sock.sendto(b"x" * BYTES, (address, DISCARD))
        except OSError:  # "nobody listens there" comes back now and then
            continue


if __name__ == "__main__":
    main(sys.argv[1], *(float(argument) for argument in sys.argv[2:5]))
