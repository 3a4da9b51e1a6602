from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model import FeedEventFact, FeedFact
from probe.wire.feed import DEPTH, FEED_BYTES, MESSAGE_CHARACTERS, VALUES
from probe.wire.feed import read as read_feed
from probe.wire.names import ALIASES, canonical, same_service
from probe.words import Failure
from tests.wire.hostile import damaged, failure, fuzzed, memory_bounded, value_or_failure

START = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
START_MS = 1_790_000_000_000


def event(**changes: Any) -> dict[str, Any]:
    """An event as Apple writes one since 2020, with fields of our own choosing."""
    return {
        "messageId": "2000001234",
        "statusType": "Outage",
        "eventStatus": "ongoing",
        "usersAffected": "Some users are affected",
        "epochStartDate": START_MS,
        "epochEndDate": None,
        "startDate": "09/21/2026 07:13 PDT",
        "endDate": None,
        "datePosted": "09/21/2026 08:00 PDT",
        "affectedServices": None,
        "message": "Users may be unable to use this service.",
    } | changes


def service(name: Any = "iMessage", events: Any = ()) -> dict[str, Any]:
    listed = list(events) if isinstance(events, tuple) else events
    return {"serviceName": name, "redirectUrl": None, "events": listed}


def body(*services: Any, **top: Any) -> bytes:
    document = {"drpost": False, "drMessage": None, "services": list(services)} | top
    return json.dumps(document).encode()


def read(data: bytes, headers: Mapping[str, str] | None = None) -> FeedFact:
    return read_feed(data, feed="consumer", headers=headers, now_unix=START_MS / 1000)


def the_event(**changes: Any) -> FeedEventFact:
    (only,) = read(body(service(events=(event(**changes),)))).events
    return only


QUIET = body(service(), service("iCloud Web Apps (iCloud.com)"))
FORMS = {
    "JSON": QUIET,
    "JSONP": b"jsonCallback(" + QUIET + b");",
    "JSONP with a line end, as since 2022": b"jsonCallback(" + QUIET + b");\n",
    "JSONP without a semicolon": b"jsonCallback(" + QUIET + b")",
    "JSONP cut short behind the object": b"jsonCallback(" + QUIET,
    "white space around": b"\r\n  " + QUIET + b"\n\n",
    "a byte order mark": b"\xef\xbb\xbf" + QUIET,
    "a byte order mark before JSONP": b"\xef\xbb\xbfjsonCallback(" + QUIET + b");",
    "text behind it": QUIET + b"\n// made at noon",
    "text with a brace behind it": b"jsonCallback(" + QUIET + b");\n/* } */",
    "pretty": json.dumps(json.loads(QUIET), indent=2).encode(),
    "other order, other keys": b'{"x": [[1]], "services": '
    + json.dumps(json.loads(QUIET)["services"]).encode()
    + b"}",
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS.keys())
def test_every_form_says_the_same(data: bytes) -> None:
    fact = read(data)

    assert fact.services == ("iMessage", "iCloud Web Apps (iCloud.com)")
    assert (fact.events, fact.unknown_words) == ((), 0)


def test_an_event_is_read_whole() -> None:
    assert the_event() == FeedEventFact(
        service="iMessage",
        message_id="2000001234",
        kind="outage",
        state="ongoing",
        started_at=START,
        ended_at=None,
        message="Users may be unable to use this service.",
    )


def test_another_language_says_the_same_to_those_who_read_epochs_and_states() -> None:
    """The feeds of other locales write their dates and sentences otherwise (ru_RU, recorded)."""
    elsewhere = event(
        usersAffected="\u041d\u0435\u043a\u043e\u0442\u043e\u0440\u044b\u0435",
        startDate="21.09.2026 14:13 GMT",
        datePosted="21.09.2026 15:00 GMT",
    )

    here = read(body(service(events=(event(),)))).events
    assert read(body(service(events=(elsewhere,)))).events == here


def test_an_event_of_2017_without_affected_services_is_an_event() -> None:
    old = {key: value for key, value in event().items() if key != "affectedServices"}

    assert read(body(service(events=(old,)))).unknown_words == 0


def test_one_message_may_be_about_several_services_each_with_its_own_kind() -> None:
    fact = read(
        body(
            service("iCloud Mail", (event(statusType="Outage"),)),
            service("Photos", (event(statusType="Performance"),)),
        )
    )

    assert {(e.service, e.message_id, e.kind) for e in fact.events} == {
        ("iCloud Mail", "2000001234", "outage"),
        ("Photos", "2000001234", "performance"),
    }


def test_names_are_stripped() -> None:
    fact = read(body(service(" App Store Connect - App Processing ", (event(),))))

    assert fact.services == ("App Store Connect - App Processing",)
    assert fact.events[0].service == "App Store Connect - App Processing"


def test_several_events_of_several_services_all_come() -> None:
    fact = read(
        body(
            service("iMessage", (event(), event(messageId="2", eventStatus="resolved"))),
            service("FaceTime", (event(),)),
        )
    )

    assert [(e.service, e.message_id, e.state) for e in fact.events] == [
        ("iMessage", "2000001234", "ongoing"),
        ("iMessage", "2", "resolved"),
        ("FaceTime", "2000001234", "ongoing"),
    ]


WORDS = {
    "Outage ongoing": ("outage", "ongoing", 0),
    "Issue resolved": ("issue", "resolved", 0),
    "Performance ongoing": ("performance", "ongoing", 0),
    "Maintenance upcoming": ("maintenance", "upcoming", 0),
    "Maintenance completed": ("maintenance", "completed", 0),
    "OUTAGE Ongoing": ("outage", "ongoing", 0),
    "Meltdown ongoing": ("unknown", "ongoing", 1),
    "Outage scheduled": ("outage", "unknown", 1),
    "Meltdown scheduled": ("unknown", "unknown", 2),
}


@pytest.mark.parametrize(("words", "expected"), WORDS.items(), ids=WORDS.keys())
def test_an_unknown_word_is_counted_and_stays_unknown(
    words: str, expected: tuple[str, str, int]
) -> None:
    kind, state = words.split()

    fact = read(body(service(events=(event(statusType=kind, eventStatus=state),))))

    assert (fact.events[0].kind, fact.events[0].state, fact.unknown_words) == expected


@pytest.mark.parametrize("end", [None, START_MS, START_MS + 10**10])
def test_the_status_decides_whether_it_is_over_and_the_end_never(end: int | None) -> None:
    assert the_event(eventStatus="resolved", epochEndDate=end).state == "resolved"
    assert the_event(eventStatus="ongoing", epochEndDate=end).state == "ongoing"


NO_TIME: dict[str, Any] = {
    "null": None, "text": "09/21/2026 07:13 PDT", "seconds": START_MS // 1000, "zero": 0,
    "negative": -START_MS, "year 30000": START_MS * 500, "true": True, "a list": [START_MS],
    "400 digits": 10**400,
}  # fmt: skip


@pytest.mark.parametrize("value", NO_TIME.values(), ids=NO_TIME.keys())
def test_a_stamp_that_makes_no_sense_is_no_time(value: Any) -> None:
    assert the_event(epochStartDate=value).started_at is None


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_is_unreadable(word: str) -> None:
    data = QUIET.replace(b"null", word.encode())

    assert failure(lambda: read(data)) is Failure.FEED_UNREADABLE


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, f"{START_MS}.5"])
def test_any_number_is_survived(number: str) -> None:
    data = body(service(events=(event(epochStartDate=77),))).replace(b"77", number.encode())

    started = read(data).events[0].started_at

    assert started is None or started.timestamp() == pytest.approx(START_MS / 1000, abs=1)


STRANGE: dict[str, tuple[Any, int]] = {
    "an event that is text": ("down", 3),
    "an event that is null": (None, 3),
    "an event that is empty": ({}, 3),
    "an event that is a list": ([[]], 3),
    "a status that is a number": (event(statusType=3), 1),
    "a status that is empty, as once seen": (event(statusType=""), 1),
    "a status that is null": (event(statusType=None), 1),
    "a status that is a list": (event(statusType=["Outage"]), 1),
    "a state that is an object": (event(eventStatus={"ongoing": True}), 1),
    "a state that is missing": ({k: v for k, v in event().items() if k != "eventStatus"}, 1),
    "an id that is an object": (event(messageId={}), 1),
}


@pytest.mark.parametrize(("strange", "count"), STRANGE.values(), ids=STRANGE.keys())
def test_a_strange_event_is_trouble_and_not_nothing(strange: Any, count: int) -> None:
    fact = read(body(service(events=(strange,))))

    (only,) = fact.events
    assert fact.unknown_words == count
    assert only.service == "iMessage"
    assert only.state in {"ongoing", "unknown"}  # what is unknown counts as open


def test_events_that_are_no_list_are_trouble() -> None:
    fact = read(body(service(events="many")))

    assert [(e.kind, e.state) for e in fact.events] == [("unknown", "unknown")]
    assert fact.unknown_words == 1


SILENT: dict[str, Any] = {
    "events null": service(events=None),
    "no events": {"serviceName": "iMessage"},
    "a name that is null": service(None),
    "an empty name": service(" "),
    "a name that is an object": service({}),
    "a text": "iMessage",
    "null": None,
    "a number": 7,
}


@pytest.mark.parametrize("entry", SILENT.values(), ids=SILENT.keys())
def test_a_service_about_which_nothing_is_said_is_not_listed(entry: Any) -> None:
    fact = read(body(entry, service("FaceTime")))

    assert fact.services == ("FaceTime",)
    assert fact.unknown_words == 1


def test_a_banner_counts_as_a_word_nobody_knows() -> None:
    assert read(body(service(), drMessage="All is lost")).unknown_words == 1


NO_FEED = {
    "nothing": b"",
    "blanks": b"  \n",
    "HTML": b"<!DOCTYPE html>\n<html><head><title>Not Found</title></head></html>",
    "HTML with a script full of braces": b'<html><script>var a = {"services": []}</script>',
    "HTML that quotes a feed": b"<html>" + QUIET + b"</html>",
    "another callback": b"callback(" + QUIET + b");",
    "an assignment": b"var feed = " + QUIET + b";",
    "a list": b"[" + QUIET + b"]",
    "a text": b'"{}"',
    "no services": b"{}",
    "services null": body(services=None),
    "services empty": body(),
    "services an object": body(services={"iMessage": []}),
    "services text": body(services="all fine"),
    "services a number": body(services=7),
    "only services without a name": body(service(""), {}),
    "only services without events": body({"serviceName": "iMessage"}),
    "half of it": QUIET[: len(QUIET) // 2],
    "single quotes": QUIET.replace(b'"', b"'"),
    "UTF-16": QUIET.decode().encode("utf-16"),
    "latin-1": QUIET.replace(b"iMessage", b"iM\xe9ssage"),
    "gzip": bytes.fromhex("1f8b0800") + bytes(40),
    "a thousand services": body(*(service(f"s{number}") for number in range(1000))),
    "an integer of 5000 digits": QUIET.replace(b"null", b"9" * 5000),
    "deep lists": b'{"services": ' + b"[" * 100 + b"]" * 100 + b"}",
    "deep objects": b'{"a":' * 100 + b"1" + b"}" * 100,
    "a good feed with a deep remark": body(service(), x=[[]]).replace(
        b"[[]]", b"[" * 100 + b"]" * 100
    ),
    "very deep, never closed": b'{"services": ' + b"[" * 100_000,
    "too large": body(service(), x="a" * FEED_BYTES),
}


@pytest.mark.parametrize("data", NO_FEED.values(), ids=NO_FEED.keys())
def test_what_is_no_feed_is_unreadable_and_never_all_good(data: bytes) -> None:
    assert failure(lambda: read(data)) is Failure.FEED_UNREADABLE


def test_brackets_in_a_message_are_not_depth() -> None:
    words = '\\"[{' * DEPTH * 2

    assert the_event(message=words).message == words


def test_a_message_is_bounded_plain_text() -> None:
    script = "<script>alert('hello')</script>"

    assert the_event(message=script).message == script  # every outlet escapes what it shows
    assert len(the_event(message="a" * 100_000).message) == MESSAGE_CHARACTERS
    assert the_event(message={"html": "<b>"}).message == ""


def test_half_a_character_can_still_be_printed() -> None:
    assert the_event(message="\ud800 down").message.encode() == b"? down"


def test_of_very_many_events_the_open_ones_are_kept() -> None:
    over = [event(messageId=str(n), eventStatus="resolved") for n in range(100)]

    fact = read(body(service(events=(*over, event(messageId="open")))))

    assert len(fact.events) == 50
    assert "open" in {e.message_id for e in fact.events}
    assert fact.unknown_words == 51  # what was left out is not known


HOG = FEED_BYTES - 100
HOGS = {
    "empty objects": b'{"services": [' + b"{}," * (HOG // 3) + b"{}]}",
    "empty lists": b'{"services": [' + b"[]," * (HOG // 3) + b"{}]}",
    "short texts": b'{"services": [' + b'"",' * (HOG // 3) + b"{}]}",
    "numbers": b'{"services": [' + b"7," * (HOG // 2) + b"7]}",
    "quotes": b'{"services": [' + b'"' * HOG,
    "backslashes": b'{"services": ["' + b"\\" * HOG,
    "as many objects as may be": b'{"services": [' + b"{}," * (VALUES // 2 - 9) + b"{}]}",
    "as many keys as may be": b"{"
    + b",".join(b'"%d":1' % number for number in range(VALUES // 2 - 9))
    + b"}",
    "one wide message": json.dumps(
        {"services": [service(events=(event(message="\U0001f4a3" + "a" * (HOG - 600)),))]},
        ensure_ascii=False,
    ).encode(),
}


@pytest.mark.parametrize("data", HOGS.values(), ids=HOGS.keys())
def test_no_body_costs_more_than_eight_mebibytes(data: bytes) -> None:
    assert len(data) <= FEED_BYTES

    with memory_bounded(8):
        value_or_failure(lambda: read(data))


AGES = {
    "nothing said": ({}, None),
    "just made": ({"date": "Mon, 21 Sep 2026 14:13:20 GMT"}, 0),
    "made ten minutes ago": ({"date": "Mon, 21 Sep 2026 14:03:20 GMT"}, 600),
    "made in our future": ({"date": "Mon, 21 Sep 2026 15:13:20 GMT"}, 0),
    "kept by a cache": ({"date": "Mon, 21 Sep 2026 14:13:20 GMT", "age": "90"}, 90),
    "kept, and older by its date": ({"date": "Mon, 21 Sep 2026 14:03:20 GMT", "age": "90"}, 600),
    "only kept": ({"age": "90"}, 90),
    "an age nobody can read": ({"date": "Mon, 21 Sep 2026 14:13:20 GMT", "age": "old"}, None),
    # The file stood still for weeks while it was right: that says nothing about the answer.
    "last changed weeks ago": (
        {"date": "Mon, 21 Sep 2026 14:13:20 GMT", "last-modified": "Tue, 01 Sep 2026 00:00:00 GMT"},
        0,
    ),
}


@pytest.mark.parametrize(("headers", "expected"), AGES.values(), ids=AGES.keys())
def test_an_answer_is_as_old_as_its_headers_say(
    headers: dict[str, str], expected: float | None
) -> None:
    assert read(QUIET, headers).age_seconds == expected


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["ongoing", "Outage", "resolved", START_MS]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
EVENT_KEYS = st.sampled_from(sorted(event()))


@fuzzed
@given(st.lists(st.dictionaries(EVENT_KEYS, JSON) | JSON, max_size=3), JSON, JSON)
def test_any_json_is_a_feed_or_unreadable_and_no_event_is_lost(
    events: list[Any], other: Any, banner: Any
) -> None:
    data = body(service(events=tuple(events)), other, drMessage=banner)

    fact = value_or_failure(lambda: read(data))

    if fact is not None:
        assert len([e for e in fact.events if e.service == "iMessage"]) >= len(events)
        json.dumps([[e.message, e.kind] for e in fact.events], ensure_ascii=False).encode()


@fuzzed
@given(damaged(b"jsonCallback(" + body(service(events=(event(),))) + b");\n"))
def test_damaged_bytes_are_a_feed_or_unreadable(data: bytes) -> None:
    fact = value_or_failure(lambda: read(data))

    assert fact is None or fact.services


NAMES = {
    ("iMessage", "imessage "): True,
    ("Apple ID", "Apple Account"): True,
    ("apple account", "APPLE ID"): True,
    ("iTunes Sandbox", "App Store - Sandbox"): True,
    ("Apple TV+", "Apple TV"): True,
    ("App  Store", "App Store"): True,
    ("App Store", "App Store Connect"): False,
    ("APNS", "APNS Sandbox"): False,
    ("", "iMessage"): False,
}


@pytest.mark.parametrize(("names", "expected"), NAMES.items(), ids=map(str, NAMES))
def test_old_and_new_names_are_one_service(names: tuple[str, str], expected: bool) -> None:
    assert same_service(*names) is expected


def test_no_alias_leads_to_another() -> None:
    assert not set(ALIASES.values()) & set(ALIASES)
    assert all(canonical(name) == name for name in ALIASES.values())


DAYS = 86_400_000
OVER_SINCE: dict[str, tuple[dict[str, Any], bool]] = {
    "yesterday": ({"epochEndDate": START_MS - 1 * DAYS}, True),
    "a week ago": ({"epochEndDate": START_MS - 7 * DAYS}, False),
    "nobody says when": ({"epochEndDate": None}, True),
    "a week ago, and still going on": (
        {"epochEndDate": START_MS - 7 * DAYS, "eventStatus": "ongoing"},
        True,
    ),
}


@pytest.mark.parametrize("when", OVER_SINCE)
def test_what_is_long_over_is_no_news(when: str) -> None:
    changes, kept = OVER_SINCE[when]
    over = event(**{"eventStatus": "resolved"} | changes)

    assert bool(read(body(service(events=(over,)))).events) is kept


def test_how_long_ago_is_by_apples_own_clock() -> None:
    """This host's may be wrong by years."""
    over = event(eventStatus="resolved", epochEndDate=START_MS - DAYS)
    a_month_later = {"date": "Wed, 21 Oct 2026 14:13:20 GMT"}

    assert read(body(service(events=(over,)))).events
    assert not read(body(service(events=(over,))), headers=a_month_later).events
