from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.failures import LookFailed
from probe.wire import sntp
from probe.words import Failure
from tests.wire.hostile import damaged, failure, fuzzed, value_or_failure

COOKIE = bytes.fromhex("a1b2c3d4e5f60718")
NOW = 1_790_000_000.0  # 2026-09-21
ERA_1 = 2_085_978_496.0  # 2036-02-07 06:28:16, when the 32 bits begin anew (RFC 5905 figure 4)
UNIX_EPOCH = 2_208_988_800


def stamp(unix: float) -> bytes:
    """Seconds since 1900 as 32.32 bits; the era is lost, as on the wire."""
    return struct.pack("!Q", round((unix + UNIX_EPOCH) * 2**32) % 2**64)


def short(seconds: float) -> bytes:
    return struct.pack("!I", round(seconds * 2**16))


def reply(
    *,
    leap: int = 0,
    version: int = 4,
    mode: int = 4,
    stratum: int = 2,
    precision: int = -20,
    root_delay: float = 0.010,
    root_dispersion: float = 0.005,
    reference: bytes = b"GPS\0",
    origin: bytes = COOKIE,
    received: float | None = NOW,
    sent: float | None = NOW,
    last_set: float = NOW - 60,
) -> bytes:
    return (
        struct.pack("!BBBb", leap << 6 | version << 3 | mode, stratum, 6, precision)
        + short(root_delay)
        + short(root_dispersion)
        + reference
        + stamp(last_set)
        + origin
        + (bytes(8) if received is None else stamp(received))
        + (bytes(8) if sent is None else stamp(sent))
    )


def read(data: bytes, *, sent_unix: float = NOW, took: float = 0.0) -> sntp.NtpSample:
    return sntp.read(data, cookie=COOKIE, sent_unix=sent_unix, took_seconds=took)


def test_a_request_is_a_version_4_client_packet_that_tells_nothing_but_the_cookie() -> None:
    assert sntp.request(COOKIE) == b"\x23" + bytes(39) + COOKIE


def test_a_cookie_of_another_length_is_a_bug() -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        sntp.request(b"short")


def test_a_reply_is_known_by_the_cookie() -> None:
    assert sntp.is_reply_to(reply(), COOKIE)
    assert not sntp.is_reply_to(reply(origin=bytes(8)), COOKIE)
    assert not sntp.is_reply_to(reply()[:47], COOKIE)


# Of RFC 5905 figure 5: theta = ((T2-T1)+(T3-T4))/2, delta = (T4-T1)-(T3-T2).
OFFSETS = {
    "right": (NOW + 0.05, NOW + 0.05, 0.1, 0.0, 0.1),
    "this host is 90 s behind": (NOW + 90.05, NOW + 90.05, 0.1, 90.0, 0.1),
    "this host is an hour ahead": (NOW - 3599.95, NOW - 3599.95, 0.1, -3600.0, 0.1),
    "the server thinks for a second": (NOW + 0.05, NOW + 1.05, 1.1, 0.0, 0.1),
    "all of the way is the way out": (NOW + 0.1, NOW + 0.1, 0.1, 0.05, 0.1),
}


@pytest.mark.parametrize(
    ("received", "sent", "took", "offset", "delay"), OFFSETS.values(), ids=OFFSETS.keys()
)
def test_the_offset_and_the_delay_are_those_of_the_rfc(
    received: float, sent: float, took: float, offset: float, delay: float
) -> None:
    sample = read(reply(received=received, sent=sent), took=took)

    assert sample.offset_seconds == pytest.approx(offset, abs=1e-5)
    assert sample.delay_seconds == pytest.approx(delay, abs=1e-5)
    # delay/2 + root delay/2 + root dispersion + precision + 20 ms of our own
    margin = delay / 2 + 0.005 + 0.005 + 2**-20 + 0.020
    assert sample.low_seconds == pytest.approx(offset - margin, abs=1e-4)
    assert sample.high_seconds == pytest.approx(offset + margin, abs=1e-4)


@fuzzed
@given(
    st.floats(-1e6, 1e6), st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0, 3), st.floats(0, 0.5)
)
def test_the_true_offset_is_always_inside_the_interval(
    off: float, out: float, back: float, held: float, dispersion: float
) -> None:
    data = reply(received=NOW + off + out, sent=NOW + off + out + held, root_dispersion=dispersion)

    sample = read(data, took=out + held + back)

    assert sample.low_seconds <= off <= sample.high_seconds


def test_what_the_server_says_of_itself_is_kept() -> None:
    sample = read(reply(stratum=3, leap=1, root_delay=0.5, root_dispersion=0.25))

    assert (sample.stratum, sample.leap) == (3, 1)
    assert (sample.root_delay_seconds, sample.root_dispersion_seconds) == (0.5, 0.25)


@pytest.mark.parametrize("host", [-40.0, 0.0, 40.0])
@pytest.mark.parametrize("true", [ERA_1 - 20, ERA_1 + 20])
def test_the_era_of_2036_begins_without_anybody_noticing(true: float, host: float) -> None:
    data = reply(received=true, sent=true)

    assert read(data, sent_unix=true - host).offset_seconds == pytest.approx(host, abs=1e-5)


LIES = {
    "nothing": (b"", Failure.NTP_BOGUS),
    "short": (reply()[:47], Failure.NTP_BOGUS),
    "an answer to another question": (reply(origin=COOKIE[::-1]), Failure.NTP_BOGUS),
    "no origin": (reply(origin=bytes(8)), Failure.NTP_BOGUS),
    "a client's packet": (reply(mode=3), Failure.NTP_BOGUS),
    "a broadcast": (reply(mode=5), Failure.NTP_BOGUS),
    "our own request sent back": (sntp.request(COOKIE), Failure.NTP_BOGUS),
    "no receive stamp": (reply(received=None), Failure.NTP_BOGUS),
    "no transmit stamp": (reply(sent=None), Failure.NTP_BOGUS),
    "neither stamp, 126 years ago": (reply(received=None, sent=None), Failure.NTP_BOGUS),
    "sent before it was received": (reply(sent=NOW - 1), Failure.NTP_BOGUS),
    "held for longer than 4 s": (reply(sent=NOW + 4.1), Failure.NTP_BOGUS),
    "leap 3": (reply(leap=3), Failure.NTP_UNSYNCHRONIZED),
    "stratum 16": (reply(stratum=16), Failure.NTP_UNSYNCHRONIZED),
    "stratum 255": (reply(stratum=255), Failure.NTP_UNSYNCHRONIZED),
    "root distance of 3 s": (reply(root_delay=2, root_dispersion=2), Failure.NTP_BAD_DISTANCE),
    "kiss-o'-death": (reply(stratum=0, reference=b"RATE"), Failure.NTP_KOD),
    "stratum 0 without a code, as chrony says that it knows no time": (
        reply(stratum=0, leap=3, reference=bytes(4)),
        Failure.NTP_UNSYNCHRONIZED,
    ),
    "stratum 0 of a server that has just begun": (
        reply(stratum=0, leap=3, reference=b"INIT"),
        Failure.NTP_UNSYNCHRONIZED,
    ),
    "kiss-o'-death that is not for us": (
        reply(stratum=0, reference=b"DENY", origin=bytes(8)),
        Failure.NTP_BOGUS,
    ),
    "kiss-o'-death as servers send it": (
        reply(stratum=0, leap=3, reference=b"RATE", received=None, sent=None),
        Failure.NTP_KOD,
    ),
}


@pytest.mark.parametrize(("data", "expected"), LIES.values(), ids=LIES.keys())
def test_a_lie_is_seen_for_what_it_is(data: bytes, expected: Failure) -> None:
    assert failure(lambda: read(data)) is expected


def test_the_code_of_a_kiss_is_told_and_nothing_else_of_it() -> None:
    with pytest.raises(LookFailed, match="RATE"):
        read(reply(stratum=0, reference=b"RATE"))
    with pytest.raises(LookFailed) as caught:
        read(reply(stratum=0, reference=b"\x1b[2J"))
    assert "\x1b" not in str(caught.value)


WHOSE_TIME = {
    "one server's two addresses": (reply(stratum=1), reply(stratum=1), True),
    "two GPS clocks": (reply(stratum=1), reply(stratum=1, last_set=NOW - 61), False),
    "two servers that follow one": (reply(), reply(last_set=NOW - 61), True),
    "two servers that follow two": (reply(), reply(reference=b"\x01\x02\x03\x04"), False),
    "nothing is told": (reply(reference=bytes(4)), reply(reference=bytes(4)), True),
}


@pytest.mark.parametrize("case", WHOSE_TIME)
def test_whose_time_it_is(case: str) -> None:
    one, other, same = WHOSE_TIME[case]

    assert (read(one).machine == read(other).machine) is same


def test_a_server_that_names_nobody_is_nobodys_twin() -> None:
    assert read(reply(reference=bytes(4))).machine == ""


DELAYS = {
    "as long as allowed": (4.0, None),
    "longer": (4.1, Failure.NTP_BAD_DISTANCE),
}


@pytest.mark.parametrize(("took", "expected"), DELAYS.values(), ids=DELAYS.keys())
def test_an_answer_may_take_four_seconds(took: float, expected: Failure | None) -> None:
    data = reply(received=NOW + took / 2, sent=NOW + took / 2)

    if expected is None:
        assert read(data, took=took).delay_seconds == pytest.approx(took)
    else:
        assert failure(lambda: read(data, took=took)) is expected


def test_the_server_cannot_have_held_it_for_longer_than_it_took() -> None:
    held = reply(sent=NOW + 0.5)

    assert failure(lambda: read(held, took=0.4)) is Failure.NTP_BAD_DISTANCE
    assert read(reply(sent=NOW + 0.5, precision=-3), took=0.4).delay_seconds < 0  # within 1/8 s


@fuzzed
@given(damaged(reply()))
def test_damaged_bytes_end_in_a_sample_that_holds_or_in_a_failure(data: bytes) -> None:
    sample = value_or_failure(lambda: read(data))

    if sample is not None:
        assert sample.low_seconds < sample.offset_seconds < sample.high_seconds
        assert 1 <= sample.stratum <= 15


@fuzzed
@given(st.binary(max_size=80))
def test_random_bytes_are_no_reply(data: bytes) -> None:
    assert failure(lambda: read(data)) is Failure.NTP_BOGUS
