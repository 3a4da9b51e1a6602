from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.wire.provider import read
from probe.words import Failure
from tests.wire.hostile import failure, fuzzed, value_or_failure

ALIVE = {
    "nobody we know": (403, "HTTP/2", b'{"reason":"MissingProviderToken"}', "as it should"),
    "as httpx names the version": (
        403, "HTTP/2.0", b'{"reason": "MissingProviderToken"}\n', "as it should"),
    "a token it does not like": (
        403, "HTTP/2", b'{"reason":"InvalidProviderToken"}', "(InvalidProviderToken)"),
    "a method it does not like": (
        405, "HTTP/2", b'{"reason":"MethodNotAllowed"}', "(MethodNotAllowed)"),
    "with a time": (
        410, "HTTP/2", b'{"reason":"Unregistered","timestamp":1}', "(Unregistered)"),
}  # fmt: skip


@pytest.mark.parametrize(("status", "version", "body", "said"), ALIVE.values(), ids=ALIVE.keys())
def test_a_reason_over_http_2_shows_that_the_front_is_alive(
    status: int, version: str, body: bytes, said: str
) -> None:
    assert said in read(status, version, body)


NOT_ALIVE = {
    "500": (500, "HTTP/2", b'{"reason":"InternalServerError"}', Failure.HTTP_5XX),
    "503": (503, "HTTP/2", b'{"reason":"ServiceUnavailable"}', Failure.HTTP_5XX),
    "502 of something between": (502, "HTTP/2", b"<html>", Failure.HTTP_5XX),
    "429": (429, "HTTP/2", b'{"reason":"TooManyRequests"}', Failure.RATE_LIMITED),
    "over HTTP/1.1": (
        403, "HTTP/1.1", b'{"reason":"MissingProviderToken"}', Failure.HTTP_UNEXPECTED_STATUS),
    "over no version": (403, "", b'{"reason":"BadPath"}', Failure.HTTP_UNEXPECTED_STATUS),
    "no body": (403, "HTTP/2", b"", Failure.HTTP_BODY_MISMATCH),
    "a page": (403, "HTTP/2", b"<html>blocked</html>", Failure.HTTP_BODY_MISMATCH),
    "a page that says it is fine": (200, "HTTP/2", b"OK", Failure.HTTP_BODY_MISMATCH),
    "JSON without a reason": (403, "HTTP/2", b'{"error":"x"}', Failure.HTTP_BODY_MISMATCH),
    "JSON of another form": (403, "HTTP/2", b'["reason"]', Failure.HTTP_BODY_MISMATCH),
    "a reason that is no text": (403, "HTTP/2", b'{"reason":7}', Failure.HTTP_BODY_MISMATCH),
    "a reason that is no word": (
        403, "HTTP/2", b'{"reason":"<script>"}', Failure.HTTP_BODY_MISMATCH),
    "an empty reason": (403, "HTTP/2", b'{"reason":""}', Failure.HTTP_BODY_MISMATCH),
    "nested without end": (403, "HTTP/2", b'{"reason":' * 5000, Failure.HTTP_BODY_MISMATCH),
    "longer than any": (
        403, "HTTP/2", b'{"reason":"A","a":"' + b"a" * 100_000, Failure.HTTP_BODY_MISMATCH),
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "version", "body", "expected"), NOT_ALIVE.values(), ids=NOT_ALIVE.keys()
)
def test_anything_else_is_a_failure(
    status: int, version: str, body: bytes, expected: Failure
) -> None:
    assert failure(lambda: read(status, version, body)) is expected


REASONS = st.text(max_size=30).map(lambda word: b'{"reason":"%b"}' % word.encode())


@fuzzed
@given(
    st.integers(0, 999),
    st.sampled_from(["HTTP/2", "HTTP/1.1"]) | st.text(max_size=9),
    st.binary(max_size=50) | REASONS,
)
def test_any_answer_is_a_sentence_or_a_failure(status: int, version: str, body: bytes) -> None:
    said = value_or_failure(lambda: read(status, version, body))

    assert said is None or said.isprintable()
