"""The drill's time servers: SNTP replies (RFC 4330), honest or not."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from probe.drill.wires import Reply

NTP_EPOCH_SECONDS = 2_208_988_800  # 1900-01-01 to 1970-01-01, RFC 5905 6
PACKET = struct.Struct("!BBbbII4sQQQQ")
SERVER = 4  # mode
CLIENT = 3
PRECISION = -20  # about a microsecond, as 2**-20 s
ROOT_DELAY = 1 << 10  # 16.16 fixed point: 15.6 ms, what a stratum-1 server near by shows
ROOT_DISPERSION = 1 << 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeManner:
    """How a time server answers."""

    offset_seconds: float = 0.0  # beside the whole world's offset
    stratum: int = 1
    leap: int = 0  # 3: not synchronized
    kiss: bytes = b""  # a kiss-o'-death code such as b"RATE"; goes with stratum 0
    zero_stamps: bool = False
    wrong_origin: bool = False
    silent: bool = False


HONEST = TimeManner()


def answer(
    request: bytes, manner: TimeManner, now_unix: float, after_seconds: float
) -> Reply | None:
    """The reply to a request that came at `now_unix` of the world's clock. None: nothing."""
    if manner.silent or len(request) < PACKET.size or request[0] & 7 != CLIENT:
        return None
    version = request[0] >> 3 & 7
    (origin,) = struct.unpack_from("!Q", request, 40)  # the client's transmit stamp comes back
    if manner.wrong_origin:
        origin ^= 1
    # A delay is split in halves, as on a real path, so that it shifts no clock.
    stamp = _stamp(now_unix + manner.offset_seconds + after_seconds / 2)
    reference = _stamp(now_unix + manner.offset_seconds - 16)  # set 16 s ago, a usual poll
    if manner.zero_stamps:
        reference = stamp = 0
    return Reply(
        data=PACKET.pack(
            manner.leap << 6 | version << 3 | SERVER,
            0 if manner.kiss else manner.stratum,
            0,
            PRECISION,
            ROOT_DELAY,
            ROOT_DISPERSION,
            manner.kiss or b"GPS\0",
            reference,
            origin,
            stamp,
            stamp,
        ),
        after_seconds=after_seconds,
    )


def _stamp(unix: float) -> int:
    """64-bit NTP time, wrapped at its era as RFC 4330 3 says."""
    return int((unix + NTP_EPOCH_SECONDS) * 2**32) % 2**64
