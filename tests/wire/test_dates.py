from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.wire.dates import age_of, date_interval, date_of
from tests.wire.hostile import fuzzed

NOW = 1_790_000_000.25


def http_date(unix: float) -> str:
    return formatdate(unix // 1, usegmt=True)


@fuzzed
@given(st.floats(-1e8, 1e8), st.floats(0, 5), st.floats(0, 5))
def test_the_true_offset_is_inside_whenever_the_server_wrote_the_date(
    off: float, out: float, back: float
) -> None:
    written = http_date(NOW + out + off)

    interval = date_interval({"date": written}, sent_unix=NOW, took_seconds=out + back)

    assert interval is not None
    low, high = interval
    assert low <= off <= high + 1e-6
    assert high - low == pytest.approx(1 + out + back)  # one second and the round trip


@fuzzed
@given(st.floats(-1e6, 1e6), st.floats(1, 60))
def test_the_true_offset_is_inside_when_a_cache_has_kept_the_answer(
    off: float, kept: float
) -> None:
    headers = {"date": http_date(NOW + off - kept), "age": str(int(kept))}

    interval = date_interval(headers, sent_unix=NOW, took_seconds=0.1)

    assert interval is not None
    assert interval[0] <= off <= interval[1] + 1e-6


UNUSABLE = {
    "no date": {},
    "empty": {"date": ""},
    "words": {"date": "yesterday at noon"},
    "a leap second": {"date": "Sat, 31 Dec 2016 23:59:60 GMT"},
    "no such day": {"date": "Tue, 31 Feb 2026 10:00:00 GMT"},
    "a year that is none": {"date": "Tue, 03 Feb 99999 10:00:00 GMT"},
    "too old": {"date": http_date(NOW), "age": "61"},
    "a negative age": {"date": http_date(NOW), "age": "-1"},
    "an age in words": {"date": http_date(NOW), "age": "some"},
    "an age in other digits": {"date": http_date(NOW), "age": "\u0663"},
    "an age of a thousand digits": {"date": http_date(NOW), "age": "9" * 1000},
}


@pytest.mark.parametrize("headers", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_without_a_usable_date_nothing_is_said(headers: dict[str, str]) -> None:
    assert date_interval(headers, sent_unix=NOW, took_seconds=0.1) is None


def test_an_age_of_a_minute_is_still_used() -> None:
    headers = {"date": http_date(NOW - 60), "age": "60"}

    assert date_interval(headers, sent_unix=NOW, took_seconds=0.0) is not None


def test_a_date_is_utc_whatever_zone_it_names_or_does_not_name() -> None:
    assert date_of({"date": "Tue, 03 Feb 2026 10:00:00 GMT"}) == 1770112800
    assert date_of({"date": "Tue, 03 Feb 2026 10:00:00 -0000"}) == 1770112800
    assert date_of({"date": "Tue, 03 Feb 2026 11:00:00 +0100"}) == 1770112800


def test_no_age_is_age_nought() -> None:
    assert age_of({}) == 0
    assert age_of({"age": " 7 "}) == 7


@fuzzed
@given(st.text(max_size=80), st.text(max_size=20))
def test_any_text_is_an_interval_or_nothing(date: str, age: str) -> None:
    interval = date_interval({"date": date, "age": age}, sent_unix=NOW, took_seconds=0.1)

    assert interval is None or interval[0] < interval[1]
