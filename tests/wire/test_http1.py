from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.wire.http1 import HEADER_BYTES, Response, ResponseReader, request
from probe.words import Failure
from tests.wire.hostile import damaged, failure, fuzzed, memory_bounded, value_or_failure

MOST = 1000


def read(*parts: bytes, most: int = MOST) -> Response:
    """Feed the parts; the answer must be whole with the last, and not before."""
    reader = ResponseReader(most)
    for part in parts[:-1]:
        assert not reader.feed(part)
    assert reader.feed(parts[-1])
    return reader.response


def test_a_request_asks_for_one_plain_answer_and_the_end() -> None:
    sent = request("GET", "www.example.com", "/a?b=c", user_agent="isitme", headers=[("X-A", "1")])

    lines = sent.decode().split("\r\n")
    assert lines[0] == "GET /a?b=c HTTP/1.1"
    assert lines[-2:] == ["", ""]
    assert {line.lower() for line in lines[1:-2]} == {
        "host: www.example.com",
        "user-agent: isitme",
        "accept: */*",
        "accept-encoding: identity",
        "connection: close",
        "x-a: 1",
    }


def test_a_host_that_is_an_ipv6_literal_is_bracketed() -> None:
    sent = request("GET", "2606:4700:4700::1111", "/", user_agent="isitme")

    assert b"host: [2606:4700:4700::1111]\r\n" in sent.lower()


@pytest.mark.parametrize("header", ["a\r\nevil: 1", "a\nevil: 1", "a\0"])
def test_a_header_cannot_smuggle_another(header: str) -> None:
    with pytest.raises(Exception, match="header"):
        request("GET", "www.example.com", "/", user_agent=header)


HEAD = b"HTTP/1.1 200 OK\r\nDate: Tue, 03 Feb 2026 10:00:00 GMT\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

GOOD = {
    "by length": ([HEAD + b"Content-Length: 7\r\n\r\nsuccess"], b"success"),
    "in pieces": ([HEAD[:9], HEAD[9:], b"Content-Length: 7\r\n\r\nsuc", b"cess"], b"success"),
    "in chunks": ([CHUNKED + b"3\r\nsuc\r\n4\r\n", b"cess\r\n0\r\n\r\n"], b"success"),
    "until the end": ([HEAD + b"\r\nsuccess", b""], b"success"),
    "no body": ([b"HTTP/1.1 204 No Content\r\n\r\n"], b""),
    "after interim answers": ([b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD
                               + b"Content-Length: 1\r\n\r\na"], b"a"),
    "said to be identity": ([HEAD + b"Content-Encoding: Identity\r\nContent-Length: 1\r\n\r\na"],
                            b"a"),
    "as large as allowed": ([HEAD + b"Content-Length: 1000\r\n\r\n" + b"a" * MOST], b"a" * MOST),
    "HTTP/1.0": ([b"HTTP/1.0 200 OK\r\n\r\nold", b""], b"old"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "body"), GOOD.values(), ids=GOOD.keys())
def test_a_whole_answer_is_read(parts: list[bytes], body: bytes) -> None:
    assert read(*parts).body == body


def test_status_headers_and_version_are_told() -> None:
    answer = read(b"HTTP/1.1 511 X\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n")

    assert answer.status == 511
    assert answer.http_version == "HTTP/1.1"
    assert answer.headers == {"x-a": "1, 2", "content-length": "0"}


def test_a_response_that_is_not_whole_is_not_given() -> None:
    reader = ResponseReader(MOST)
    reader.feed(HEAD)

    with pytest.raises(RuntimeError, match="not whole"):
        _ = reader.response


def test_an_answer_to_head_has_no_body() -> None:
    reader = ResponseReader(MOST, method="HEAD")

    assert reader.feed(HEAD + b"Content-Length: 1000000\r\n\r\n")


PACKED = gzip.compress(b"a" * 100_000)
BAD = {
    "hung up at once": ([b""], Failure.EOF),
    "hung up in the head": ([HEAD, b""], Failure.EOF),
    "hung up in the body": ([HEAD + b"Content-Length: 7\r\n\r\nsuc", b""], Failure.EOF),
    "hung up in a chunk": ([CHUNKED + b"9\r\nsuc", b""], Failure.EOF),
    "not HTTP": ([b"\x15\x03\x01\x00\x02\x02\x16"], Failure.HTTP_MALFORMED),
    "HTTP/0.9": ([b"<html></html>\r\n\r\n"], Failure.HTTP_MALFORMED),
    "a frame of HTTP/2": ([b"\0\0\x12\4\0\0\0\0\0\r\n\r\n"], Failure.HTTP_MALFORMED),
    "a status of four digits": ([b"HTTP/1.1 2000 OK\r\n\r\n"], Failure.HTTP_MALFORMED),
    "a header without a colon": ([b"HTTP/1.1 200 OK\r\nsurprise\r\n\r\n"], Failure.HTTP_MALFORMED),
    "a null byte": ([b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"], Failure.HTTP_MALFORMED),
    "two lengths": (
        [HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"], Failure.HTTP_MALFORMED),
    "a negative length": ([HEAD + b"Content-Length: -1\r\n\r\n"], Failure.HTTP_MALFORMED),
    "a length of a hundred digits": (
        [HEAD + b"Content-Length: " + b"9" * 100 + b"\r\n\r\n"], Failure.HTTP_MALFORMED),
    "a chunk size that is none": (
        [CHUNKED + b"zz\r\n"], Failure.HTTP_MALFORMED),
    "a coding nobody asked for": (
        [HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n"], Failure.HTTP_MALFORMED),
    "another protocol": ([b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"], Failure.HTTP_MALFORMED),
    "gzip": ([HEAD + b"Content-Encoding: gzip\r\n\r\n" + PACKED], Failure.HTTP_ENCODING),
    "gzip over gzip": (
        [HEAD + b"Content-Encoding: identity, gzip\r\n\r\n" + PACKED], Failure.HTTP_ENCODING),
    "a coding from the future": (
        [HEAD + b"Content-Encoding: \xff\xfe\r\n\r\n"], Failure.HTTP_ENCODING),
    "one byte too many": (
        [HEAD + b"Content-Length: 1001\r\n\r\n" + b"a" * 1001], Failure.HTTP_TOO_LARGE),
    "one byte too many in chunks": (
        [CHUNKED + b"1\r\na\r\n" * 1001],
        Failure.HTTP_TOO_LARGE),
    "huge headers in one piece": (
        [HEAD + b"A: " + b"a" * (2 * HEADER_BYTES) + b"\r\n\r\n"], Failure.HTTP_TOO_LARGE),
    "many headers in one piece": (
        [HEAD + b"A: a\r\n" * HEADER_BYTES + b"\r\n"], Failure.HTTP_TOO_LARGE),
    "a status line without an end": ([b"H" * (2 * HEADER_BYTES)], Failure.HTTP_TOO_LARGE),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "expected"), BAD.values(), ids=BAD.keys())
def test_a_bad_answer_has_its_own_failure(parts: list[bytes], expected: Failure) -> None:
    assert failure(lambda: read(*parts)) is expected


ENDLESS = {
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: " + b"a" * 9000 + b"\r\n\r\n"),
    "headers": (HEAD, b"A: " + b"a" * 9000 + b"\r\n"),
    "remarks in chunks": (
        CHUNKED, b"1;" + b"a" * 9000 + b"\r\na\r\n"),
    "trailers": (CHUNKED + b"0\r\n", b"A: " + b"a" * 9000 + b"\r\n"),
    "body": (HEAD + b"\r\n", b"a" * 9000),
}  # fmt: skip


@pytest.mark.parametrize(("start", "again"), ENDLESS.values(), ids=ENDLESS.keys())
def test_what_has_no_end_is_ended(start: bytes, again: bytes) -> None:
    reader = ResponseReader(100_000)

    def drip() -> None:
        reader.feed(start or again)
        for _ in range(10_000):
            reader.feed(again)

    with memory_bounded(2):
        assert failure(drip) is Failure.HTTP_TOO_LARGE


@fuzzed
@given(
    damaged(CHUNKED + b"3\r\nsuc\r\n4\r\ncess\r\n0\r\n\r\n"),
    st.integers(1, 30),
)
def test_damaged_bytes_end_in_an_answer_or_in_a_failure(data: bytes, size: int) -> None:
    def conversation() -> Response:
        reader = ResponseReader(MOST)
        parts = [data[start : start + size] for start in range(0, len(data), size)]
        assert any(reader.feed(part) for part in [*parts, b""])
        return reader.response

    answer = value_or_failure(conversation)

    assert answer is None or len(answer.body) <= MOST
