"""One raw SNTP query: prints what the reply says of itself, and the offset in seconds.

A plain tool, apart from the program.

python tests/lab/sntp_query.py ADDRESS
"""

from __future__ import annotations

import socket
import struct
import sys
import time

SECONDS_1900_TO_1970 = 2_208_988_800
CLIENT_V4 = b"\x23" + 47 * b"\0"  # version 4, mode 3


def main(address: str) -> None:
    with socket.socket(
        socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM
    ) as query:
        query.settimeout(2.0)
        sent = time.time()
        query.sendto(CLIENT_V4, (address, 123))
        data = query.recv(512)
    middle = (sent + time.time()) / 2
    seconds, fraction = struct.unpack("!II", data[40:48])
    offset = seconds - SECONDS_1900_TO_1970 + fraction / 2**32 - middle
    code = data[12:16].decode("ascii", errors="replace").strip("\0")
    readable = code if code.isalnum() else "-"
    origin = "ours" if data[24:32] == CLIENT_V4[40:48] else "foreign"
    print(
        f"mode {data[0] & 7} stratum {data[1]} offset {offset:+.3f}"
        f" leap {data[0] >> 6} code {readable} origin {origin}"
    )


if __name__ == "__main__":
    main(sys.argv[1])
