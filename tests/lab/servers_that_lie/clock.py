"""A time server that lies, or is weary: SNTP replies by the manners of the drill's.

python -m tests.lab.servers_that_lie.clock ADDRESS MANNER [FILE TEXT ...]

`moving` writes the next TEXT into FILE between a question and its answer: a clock that is set
meanwhile.
"""

from __future__ import annotations

import itertools
import socket
import sys
import time
from pathlib import Path

from probe.drill.timeserver import HONEST, TimeManner, answer

MANNERS = {
    "honest": HONEST,
    "rate": TimeManner(kiss=b"RATE"),
    "forged": TimeManner(wrong_origin=True, offset_seconds=-4e9),
    "no-stamps": TimeManner(zero_stamps=True),
    "leap-3": TimeManner(leap=3),
    "half-a-second": TimeManner(offset_seconds=0.5),
    "moving": HONEST,
}


def main() -> None:
    address, manner, *moves = sys.argv[1:]
    texts = itertools.cycle(moves[1:])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.socket(family, socket.SOCK_DGRAM)
    server.bind((address, 123))
    print("ready", flush=True)
    while True:
        asked, caller = server.recvfrom(4096)
        reply = answer(asked, MANNERS[manner], time.time(), 0.0)
        if moves and reply is not None:
            fresh = Path(f"{moves[0]}.next")
            fresh.write_text(next(texts))
            fresh.replace(moves[0])
        if reply is not None:
            server.sendto(reply.data, caller)


if __name__ == "__main__":
    main()
