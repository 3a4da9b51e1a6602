"""SNTP packets, checked as RFC 5905 and chrony check them. The only door to ntplib, as codec.

ntplib's own client checks only the sender's address: no origin stamp, no kiss-o'-death, no leap
indicator, no zero stamps. All of that is here.
"""

from __future__ import annotations

from dataclasses import dataclass

import ntplib

from probe.failures import LookFailed
from probe.words import Failure, Speed

PACKET_BYTES = 48
ERA_SECONDS = 2**32  # NTP counts seconds since 1900 in 32 bits; era 1 begins in 2036
UNIX_EPOCH = 2208988800  # seconds from 1900 to 1970, RFC 5905 figure 4
SERVER_MODE = 4
UNSYNCHRONIZED = 3  # leap indicator
NOT_YET_SYNCHRONIZED = frozenset({"INIT", "STEP"})  # kiss codes, RFC 5905 figure 13
MOST_STRATUM = 15
MOST_DELAY_SECONDS = 4.0  # a slower answer bounds nothing that matters here
MOST_HELD_SECONDS = 4.0  # chrony's MAX_SERVER_INTERVAL
MOST_DISTANCE_SECONDS = 3.0  # chrony's maxdistance
OWN_ERROR_SECONDS = 0.020  # asyncio's scheduling on a busy small machine, each way


@dataclass(frozen=True, slots=True, kw_only=True)
class NtpSample:
    """One comparison with one server. A positive offset: this host is behind."""

    offset_seconds: float
    delay_seconds: float
    low_seconds: float
    high_seconds: float
    stratum: int
    leap: int  # RFC 5905 7.3: 0, or a leap second coming (1) or going (2) at the day's end
    root_delay_seconds: float
    root_dispersion_seconds: float
    machine: str  # whose time this is, as far as a reply tells


def request(cookie: bytes) -> bytes:
    """A client packet whose transmit stamp is the cookie: it tells the server nothing.

    Raises ValueError unless the cookie has 8 bytes.
    """
    if len(cookie) != 8:
        raise ValueError("a cookie has 8 bytes")
    packet = ntplib.NTPPacket(version=4, mode=3).to_data()
    return bytes(packet[:40]) + cookie


def is_reply_to(reply: bytes, cookie: bytes) -> bool:
    return len(reply) >= PACKET_BYTES and reply[24:32] == cookie


def read(reply: bytes, *, cookie: bytes, sent_unix: float, took_seconds: float) -> NtpSample:
    """Judge one reply. T4 is T1 plus steady time, so a clock that is set meanwhile harms nothing.

    Raises LookFailed: NTP_BOGUS, NTP_KOD, NTP_UNSYNCHRONIZED, NTP_BAD_DISTANCE.
    """
    if len(reply) < PACKET_BYTES:
        raise _failed(Failure.NTP_BOGUS, f"a reply of {len(reply)} bytes")
    if not is_reply_to(reply, cookie):
        raise _failed(Failure.NTP_BOGUS, "a reply to a question that was not asked")
    stats = ntplib.NTPStats()
    try:
        stats.from_data(reply[:PACKET_BYTES])
    except ntplib.NTPException as error:
        raise _failed(Failure.NTP_BOGUS, str(error)) from error
    if stats.mode != SERVER_MODE:
        raise _failed(Failure.NTP_BOGUS, f"mode {stats.mode}, want {SERVER_MODE}")
    kiss = kiss_of(reply, cookie)
    if kiss and kiss not in NOT_YET_SYNCHRONIZED:
        raise _failed(Failure.NTP_KOD, f"the server asks to be left alone: {kiss}")
    if stats.leap == UNSYNCHRONIZED or not 1 <= stats.stratum <= MOST_STRATUM:
        raise _failed(Failure.NTP_UNSYNCHRONIZED, "the server does not know the time itself")
    if not any(reply[32:40]) or not any(reply[40:48]):
        raise _failed(Failure.NTP_BOGUS, "a reply without its stamps")
    return _sample(stats, sent_unix, took_seconds, machine=_machine(reply))


def _machine(reply: bytes) -> str:
    """Whose time it is: two replies that share it are one source, whatever addresses sent them.

    From stratum 2 on the reference id names whom the server follows (RFC 5905 7.3), so two that
    share it know nothing of their own. At stratum 1 it names a kind of clock, such as GPS; there
    the moment at which that last set the server tells them apart, to 2**-32 s.
    """
    stratum, reference, when = reply[1], reply[12:16], reply[16:24]
    if stratum == 1:
        return f"1 {reference.hex()} {when.hex()}" if any(when) else ""
    return f"{stratum} {reference.hex()}" if any(reference) else ""


def kiss_of(reply: bytes, cookie: bytes) -> str:
    """The kiss code of a reply of stratum 0 to our own question, such as "RATE"; else "".

    Stratum 0 without a code is a server that knows no time, as chrony says it.
    """
    if not is_reply_to(reply, cookie) or reply[1] != 0 or reply[0] & 7 != SERVER_MODE:
        return ""
    code = reply[12:16].decode("ascii", errors="replace").strip("\0 ")
    return code if code.isalnum() else ""


def _sample(
    stats: ntplib.NTPStats, sent_unix: float, took_seconds: float, *, machine: str
) -> NtpSample:
    received, transmitted = (
        _unix(stamp, near=sent_unix) for stamp in (stats.recv_timestamp, stats.tx_timestamp)
    )
    held = transmitted - received
    delay = took_seconds - held
    precision = 2.0 ** max(-30, min(stats.precision, 4))
    offset = ((received - sent_unix) + (transmitted - (sent_unix + took_seconds))) / 2
    if not 0 <= held <= MOST_HELD_SECONDS:
        raise _failed(Failure.NTP_BOGUS, "the server's own stamps contradict each other")
    if not -precision <= delay <= MOST_DELAY_SECONDS:
        raise _failed(Failure.NTP_BAD_DISTANCE, f"the answer took {delay:.2f} s")
    if stats.root_delay / 2 + stats.root_dispersion >= MOST_DISTANCE_SECONDS:
        raise _failed(Failure.NTP_BAD_DISTANCE, "the server is too far from its own reference")
    error = (
        max(delay, 0.0) / 2
        + stats.root_delay / 2
        + stats.root_dispersion
        + precision
        + OWN_ERROR_SECONDS
    )
    return NtpSample(
        offset_seconds=offset,
        delay_seconds=delay,
        low_seconds=offset - error,
        high_seconds=offset + error,
        stratum=stats.stratum,
        leap=stats.leap,
        root_delay_seconds=stats.root_delay,
        root_dispersion_seconds=stats.root_dispersion,
        machine=machine,
    )


def _unix(ntp_seconds: float, *, near: float) -> float:
    """The era nearest to what this host believes: right while it is less than 68 years off."""
    unix = ntp_seconds - UNIX_EPOCH
    return unix + ERA_SECONDS * round((near - unix) / ERA_SECONDS)


def _failed(failure: Failure, detail: str) -> LookFailed:
    return LookFailed(failure, Speed.ACTIVE, detail)
