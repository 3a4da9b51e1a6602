from __future__ import annotations

import plistlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.wire.bag import BAG_BYTES, Bag, read
from probe.words import Failure
from tests.wire.hostile import damaged, failure, fuzzed, memory_bounded, value_or_failure

PUSH = {
    "APNSCourierHostname": "courier.push.apple.com",
    "APNSCourierHostcount": 50,
    "APNSCourierStatus": True,
    "ClientConnectionRetryAttempts": 100,
}
IDENTITY = {
    "id-register": "https://identity.example/register",
    "bag-test-key": "normal",
    "vc-disaster-mode": False,
}


def packed(value: Any) -> bytes:
    return plistlib.dumps(value)


def signed(inner: bytes) -> bytes:
    return packed({"signature": b"signed", "certs": [b"one", b"two"], "bag": inner})


def xml(inner: bytes, doctype: bytes = b"") -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>' + doctype + b"<plist>" + inner + b"</plist>"


@pytest.mark.parametrize("is_signed", [False, True], ids=["plain", "signed"])
def test_a_push_bag_says_where_the_couriers_are(is_signed: bool) -> None:
    body = signed(packed(PUSH)) if is_signed else packed(PUSH)

    assert read(body) == Bag(
        kind="push",
        signed=is_signed,
        keys=4,
        courier_hostname="courier.push.apple.com",
        courier_count=50,
        courier_status=True,
    )


@pytest.mark.parametrize("is_signed", [False, True], ids=["plain", "signed"])
def test_an_identity_bag_is_told_by_its_keys(is_signed: bool) -> None:
    body = signed(packed(IDENTITY)) if is_signed else packed(IDENTITY)

    bag = read(body)

    assert (bag.kind, bag.signed, bag.keys) == ("identity", is_signed, 3)
    assert (bag.courier_hostname, bag.courier_count, bag.courier_status) == ("", None, None)


def test_a_list_of_something_else_is_a_bag_of_another_kind() -> None:
    assert read(packed({"urls": {"a": "b"}})).kind == "other"


def test_apples_own_doctype_is_allowed_and_not_fetched() -> None:
    doctype = b'<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://x.example/">'

    assert read(xml(b"<dict><key>bag-test-key</key><true/></dict>", doctype)).kind == "identity"


UNREADABLE: dict[str, tuple[str, Any]] = {
    "a hostname that is a number": ("APNSCourierHostname", 7),
    "a hostname with a line end": ("APNSCourierHostname", "a\nb"),
    "a count of none": ("APNSCourierHostcount", 0),
    "a negative count": ("APNSCourierHostcount", -50),
    "a count in millions": ("APNSCourierHostcount", 50_000_000),
    "a count in words": ("APNSCourierHostcount", "fifty"),
    "a count that is true": ("APNSCourierHostcount", True),
    "a count with a fraction": ("APNSCourierHostcount", 50.5),
    "a status in words": ("APNSCourierStatus", "up"),
    "a status of one": ("APNSCourierStatus", 1),
}
FIELDS = {
    "APNSCourierHostname": "courier_hostname",
    "APNSCourierHostcount": "courier_count",
    "APNSCourierStatus": "courier_status",
}


@pytest.mark.parametrize(("key", "value"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_value_that_makes_no_sense_is_not_used(key: str, value: Any) -> None:
    bag = read(packed(PUSH | {key: value}))

    assert bag.kind == "push"
    assert getattr(bag, FIELDS[key]) in {"", None}


LEAF = b"<dict><key>a</key><string>b</string></dict>"
LAUGHS = b'<!DOCTYPE plist [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
REACHES = b'<!DOCTYPE plist [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
NO_BAG = {
    "nothing": b"",
    "a sign-in page": b"<html><body>Please sign in</body></html>",
    "HTML that is no XML": b"<!DOCTYPE html><html><p>hello<br></html>",
    "JSON": b'{"bag": 1}',
    "a binary property list": plistlib.dumps(PUSH, fmt=plistlib.FMT_BINARY),
    "an encoding that nobody knows": packed(PUSH).replace(b"UTF-8", b"UTF-9"),
    "a list": packed([PUSH]),
    "an empty dictionary": packed({}),
    "a text": packed("bag"),
    "half of one": packed(PUSH)[:200],
    "one with bytes behind it": packed(PUSH) + b"<x>",
    "a dictionary without keys": xml(b"<dict><string>a</string></dict>"),
    "a key without a value": xml(b"<dict><key>a</key></dict>"),
    "a value nobody knows": xml(b"<dict><key>a</key><blink/></dict>"),
    "an integer of 5000 digits": xml(
        b"<dict><key>a</key><integer>" + b"9" * 5000 + b"</integer></dict>"
    ),
    "a number that is none": xml(b"<dict><key>a</key><real>much</real></dict>"),
    "the 31st of February": xml(b"<dict><key>a</key><date>2026-02-31T00:00:00Z</date></dict>"),
    "data that is no base64": xml(b"<dict><key>a</key><data>a</data></dict>"),
    "a signed bag whose inside is text": packed({"signature": b"", "certs": [], "bag": "text"}),
    "a signed bag whose inside is no bag": signed(b"<html></html>"),
    "a signed bag of nothing": signed(b""),
    "entities that multiply": xml(LEAF.replace(b"b<", b"&b;<"), LAUGHS),
    "entities that multiply, in UTF-16": xml(LEAF.replace(b"b<", b"&b;<"), LAUGHS)
    .replace(b"UTF-8", b"UTF-16")
    .decode()
    .encode("utf-16"),
    "an entity that reads a file": xml(LEAF.replace(b"b<", b"&a;<"), REACHES),
    "entities inside a signed bag": signed(xml(LEAF, LAUGHS)),
    "a grammar of its own": xml(LEAF, b"<!DOCTYPE plist [<!ELEMENT blink ANY>]>"),
    "deep": xml(b"<array>" * 100 + b"</array>" * 100),
    "very deep": xml(b"<array>" * 100_000),
    "deep behind comments": xml(
        b"<dict><key>a</key>" + b"<array><!-- > </array> -->" * 100 + b"</array>" * 100 + b"</dict>"
    ),
    "deep behind CDATA": xml(
        b"<dict><key>a</key>" + b"<array><![CDATA[</a>]]>" * 100 + b"</array>" * 100 + b"</dict>"
    ),
    "deep inside a signed bag": signed(xml(b"<array>" * 100 + b"</array>" * 100)),
    "many elements": xml(b"<dict><key>a</key><array>" + b"<true/>" * 20_000 + b"</array></dict>"),
    "too large": packed({"a": "b" * BAG_BYTES}),
}


@pytest.mark.parametrize("body", NO_BAG.values(), ids=NO_BAG.keys())
def test_what_is_no_bag_is_refused_and_costs_little(body: bytes) -> None:
    with memory_bounded(8):
        assert failure(lambda: read(body)) is Failure.HTTP_BODY_MISMATCH


@fuzzed
@given(damaged(signed(packed(PUSH | IDENTITY))))
def test_damaged_bytes_are_a_bag_or_refused(body: bytes) -> None:
    bag = value_or_failure(lambda: read(body))

    assert bag is None or bag.keys > 0


TAGS = st.sampled_from(
    ["<dict>", "</dict>", "<array>", "</array>", "<plist>", "</plist>", "<key>a</key>", "<key>",
     "</key>", "<string>b</string>", "<data>QQ==</data>", "<integer>7</integer>", "<true/>", "x",
     "<date>2026-01-01T00:00:00Z</date>", "<real>1</real>", "<!--x-->", "&amp;", "<?x?>",
     "<![CDATA[x]]>"]
)  # fmt: skip


@fuzzed
@given(st.lists(TAGS, max_size=14))
def test_any_row_of_tags_is_a_bag_or_refused(tags: list[str]) -> None:
    value_or_failure(lambda: read(xml(b"<dict>" + "".join(tags).encode() + b"</dict>")))
