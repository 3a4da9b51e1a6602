"""A link with delay, jitter and loss, in user space: this kernel family may lack netem.

Two TAP devices, one in each namespace; frames are carried between them. The manners of the link
are read from standard input, one JSON object a line, and hold until the next:
{"delay_ms": 75, "jitter_ms": 10, "loss": 5, "up_loss": 5, "down_loss": 5, "duplicate": 1}
Each line is printed again once it holds, so that whoever asked need not guess on a busy machine.
Percentages are per frame and direction; "loss" is both directions. Delay is one way.
"""

from __future__ import annotations

import fcntl
import heapq
import json
import os
import random
import selectors
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
FRAME_BYTES = 65535


def tap(name: str, namespace: str) -> int:
    """A TAP device of this name, moved into a namespace; the descriptor stays here."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "netns", namespace], check=True)
    return descriptor


def main(near: str, near_device: str, far: str, far_device: str) -> None:
    """Carry frames until standard input ends. "up" is from near to far."""
    here, there = tap(near_device, near), tap(far_device, far)
    manners: dict[str, float] = {}
    selector = selectors.DefaultSelector()
    selector.register(here, selectors.EVENT_READ, (there, "up_loss"))
    selector.register(there, selectors.EVENT_READ, (here, "down_loss"))
    selector.register(0, selectors.EVENT_READ)
    unread = b""
    waiting: list[tuple[float, int, int, bytes]] = []
    count = 0
    print("ready", flush=True)
    while True:
        wait = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for key, _ in selector.select(wait):
            if key.data is None:
                # Not readline: it would keep a second line where no selector sees it.
                asked = os.read(0, FRAME_BYTES)
                if not asked:
                    return
                *lines, unread = (unread + asked).split(b"\n")
                if lines:
                    manners = json.loads(lines[-1])
                    print(*(line.decode() for line in lines), sep="\n", flush=True)
                continue
            out, lost = key.data
            loss = manners.get(lost, manners.get("loss", 0.0))
            while (frame := read(key.fd)) is not None:
                copies = 1 + (random.random() * 100 < manners.get("duplicate", 0.0))
                for _ in range(copies):
                    if random.random() * 100 < loss:
                        continue
                    jitter = random.uniform(-1, 1) * manners.get("jitter_ms", 0.0)
                    delay = max(0.0, manners.get("delay_ms", 0.0) + jitter) / 1000
                    count += 1
                    heapq.heappush(waiting, (time.monotonic() + delay, count, out, frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(waiting)
            try:
                os.write(out, frame)
            except OSError:  # the far end is down: the frame is lost, as on a wire
                continue


def read(descriptor: int) -> bytes | None:
    try:
        return os.read(descriptor, FRAME_BYTES)
    except OSError:  # nothing left, or this end is down
        return None


if __name__ == "__main__":
    main(*sys.argv[1:5])
