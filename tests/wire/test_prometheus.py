"""What Prometheus says that other sites see, and what it does not."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.failures import LookFailed
from probe.wire.peer import CONTROLS, Word
from probe.wire.prometheus import OLDEST, SIGNAL, path_of, read
from probe.words import Signal
from tests.wire.hostile import fuzzed, value_or_failure

NOW = 1_800_000_000.0
PUSH, SERVICES = Signal.PUSH, Signal.SERVICES
WELL = {**{signal.value: word for signal, word in CONTROLS}, "push": "works", "services": "work"}


def row(name: str, number: float | str, where: str = "munich", /, **labels: str) -> dict[str, Any]:
    metric = {"__name__": name, "site": where, "instance": f"{where}:10054", **labels}
    return {"metric": metric, "value": [NOW, str(number)]}


def site(
    name: str = "munich", *, age: float = 3.0, dated: bool = True, **signals: str
) -> list[dict[str, Any]]:
    """All that Prometheus has of one site."""
    return [
        *(row(SIGNAL, 1, name, signal=s, value=v) for s, v in (WELL | signals).items()),
        *(row(SIGNAL, 0, name, signal=s, value="unknown") for s in WELL),
        *(row(OLDEST, NOW - age, name, signal=s) for s in ("push", "services") if dated),
    ]


def answer(*rows: Any) -> bytes:
    data = {"resultType": "vector", "result": list(rows)}
    return json.dumps({"status": "success", "data": data}).encode()


CASES: dict[str, tuple[list[dict[str, Any]], list[tuple[Signal, bool]]]] = {
    "all is well": (site(), [(PUSH, True), (SERVICES, True)]),
    "push is silent there": (site(push="silent"), [(PUSH, False), (SERVICES, True)]),
    "it is not known": (site(push="unknown"), [(SERVICES, True)]),
    "one group alone is no comparison": (site(services="one_fails"), [(PUSH, True)]),
    "its own internet is away": (
        site(internet="unreachable", push="silent", services="silent"), []),
    "it does not say since when": (site(dated=False), []),
    "its clock is not right, so nobody knows when": (site(clock="wrong"), []),
    "it says what will be seen": (site(age=-60), []),
    "one of two sites fails": (
        [*site("munich", push="fails"), *site("berlin")],
        [(PUSH, False), (SERVICES, True), (PUSH, True), (SERVICES, True)]),
    "nobody else is there": ([], []),
    "series that say nothing": ([row(SIGNAL, "NaN"), {"metric": {}, "value": [1]}, {}], []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_the_sites_say(case: str) -> None:
    rows, said = CASES[case]

    assert [(word.subject, word.works) for word in read(answer(*rows), now=NOW)] == said


def test_how_old_a_word_is_is_told_against_it() -> None:
    """Two right clocks may differ by two seconds: what was seen may be so much older."""
    assert read(answer(*site(age=3.0, services="silent")), now=NOW) == (
        Word(subject=PUSH, works=True, age_seconds=5.0),
        Word(subject=SERVICES, works=False, age_seconds=5.0),
    )


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", json.dumps({"status": "error", "error": "x"}).encode(),
     json.dumps({"status": "success", "data": {"resultType": "matrix", "result": []}}).encode()],
)  # fmt: skip
def test_what_is_no_answer_says_nothing(body: bytes) -> None:
    with pytest.raises(LookFailed):
        read(body, now=NOW)


@given(st.binary(max_size=400))
@fuzzed
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    value_or_failure(lambda: read(data, now=NOW))


def test_neither_this_site_nor_one_behind_the_same_provider_is_asked() -> None:
    path = path_of("/prometheus/", site='the "old" house', provider="cable-one")

    parts = urlsplit(path)
    assert parts.path == "/prometheus/api/v1/query"
    query = parse_qs(parts.query)["query"][0]
    assert query.count(r'{site!="",site!="the \"old\" house",provider!="cable-one"') == 2
