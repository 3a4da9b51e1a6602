"""The API as programs use it: its pages, pictures and feeds, and that it is as it is described."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from starlette.types import ASGIApp

from probe.history.keeper import History
from probe.inventory import inventory
from probe.looks import USUAL
from probe.model import Status, Turn
from probe.outlets.blackbox import NotSeen
from probe.outlets.web import Sources, Stream, WebServer, shapes, web_app
from probe.outlets.web.badge import COLOURS, SAID
from probe.outlets.web.endpoints import ENDPOINTS
from probe.targets import Targets
from probe.words import Blame, Look
from tests.support.statuses import AT, apple_outage, dns_block, healthy, starting
from tests.support.time import FakeClock

VERSIONS = {"isitme": "1.2.3", "rules": "2026-11"}
TURN = {
    "id": 7,
    "at": "2026-11-23T09:58:12Z",
    "blame": "me",
    "code": "dns",
    "cause": "dns_filtered",
    "impact": "partial",
    "certainty": "high",
    "headline": "It's you: <b>& more\u202e.",
}
INCIDENT = {
    **{key: TURN[key] for key in TURN if key != "at"},
    "started": "2026-11-23T09:58:12Z",
    "ended": None,
    "evidence": [
        {
            "probe": "dns_each",
            "target": "1-courier.push.apple.com",
            "step": "content",
            "failure": "dns_bogon_error",
            "at": "2026-11-23T09:59:58Z",
            "said": "answered 0.0.0.0",
        }
    ],
    "apple_events": ["2000001"],
    "suspected": None,
    "acknowledged": None,
    "apple_lag_seconds": None,
    "outcome": None,
    "because": None,
}


async def told(
    what: str, since: float, most: int, before: int | None
) -> dict[str, list[dict[str, Any]]]:
    below = before is None or before > 7
    span = {"from": "2026-11-23T09:00:00Z", "to": "2026-11-23T10:00:00Z"}
    rows = {"turns": [TURN], "incidents": [INCIDENT]} if below else {"turns": [], "incidents": []}
    return {**rows, "looking": [span]}


async def probing(look: Look, target: str, timeout: str | None, accept: str) -> tuple[bytes, str]:
    if target != "courier":
        raise NotSeen(f"{look.value} has seen nothing of {target!r} lately")
    return b"probe_success 1.0\n", "text/plain; version=0.0.4; charset=utf-8"


async def reload() -> dict[str, Any]:
    return {"changed": [], "waits_for_restart": [{"key": "web.listen", "why": "bound once"}]}


def app_of(status: Status, *, lan: bool = False) -> ASGIApp:
    return web_app(
        Sources(
            status=lambda: status,
            metrics=lambda accept: (b"up 1\n", "text/plain"),
            versions=VERSIONS,
            stream=Stream(lambda: status, versions=VERSIONS),
            told=told,
            probes=lambda: inventory(USUAL, Targets(), lambda key: "default"),
            probing=probing,
            reload=reload,
        ),
        lan=lan,
    )


async def ask(status: Status, path: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app_of(status), client=("127.0.0.1", 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:10054") as asking:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await asking.get(path, headers=named)


# ---------------------------------------------------------------- as it is described


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """A real server on a thread of its own: the fuzzer's callers know no loop."""
    began: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        server, end = WebServer(app), asyncio.Event()
        loop = asyncio.get_running_loop()
        serving = asyncio.create_task(
            server.serve(
                "127.0.0.1", 0, listening=lambda _, port: began.set_result((port, loop, end))
            )
        )
        await end.wait()
        await server.stop()
        await serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    port, loop, end = began.result(10)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(10)


UNENDING = "/api/v1/stream"  # test_stream.py listens to it
FEW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.timeout(180)  # a busy machine: two cores, and five other programs
def test_every_answer_is_as_the_description_says() -> None:
    """Good and bad questions to every route: no crash, no status, type or key that is not there,
    no bad question that is taken."""
    asked: dict[str, int] = {}
    with served(app_of(dns_block())) as address:
        whole = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
        for result in whole.exclude(path=UNENDING).get_all_operations():
            assert isinstance(result, Ok), result
            operation = result.ok()
            modes = [GenerationMode.POSITIVE]
            if operation.query:
                modes.append(GenerationMode.NEGATIVE)
            for mode in modes:

                @FEW
                @given(operation.as_strategy(generation_mode=mode))
                def fuzz(case: schemathesis.Case[Any]) -> None:
                    # 503 is a described answer of ours: "not now".
                    answer = case.call_and_validate(excluded_checks=[not_a_server_error])
                    assert answer.status_code < 500 or answer.status_code == 503
                    asked[case.operation.path] = asked.get(case.operation.path, 0) + 1

                fuzz()

    # What it has read the description from, it asks no more.
    assert set(asked) == {one.path for one in ENDPOINTS} - {UNENDING, "/api/v1/openapi.json"}
    assert asked["/api/v1/observations"] > FEW.max_examples  # both good and bad ones


async def test_every_route_is_described_but_for_the_pages_for_people() -> None:
    description = (await ask(healthy(), "/api/v1/openapi.json")).json()
    guard: Any = app_of(healthy())
    served = {
        (route.path, method.lower())
        for route in guard._app._app.routes
        for method in route.methods - {"HEAD"}
    }
    described = {
        (path, method) for path, methods in description["paths"].items() for method in methods
    }

    assert described <= served
    undescribed = {path for path, _ in served - described}
    assert [path for path in undescribed if path.startswith(("/api/", "/-/"))] == []
    assert description["openapi"] == "3.1.0"
    assert description["info"]["version"] == VERSIONS["isitme"]


# ---------------------------------------------------------------- what is looked at, and was seen


async def test_a_probe_is_listed_with_its_pace_its_hosts_and_what_it_last_saw() -> None:
    rows = (await ask(healthy(), "/api/v1/probes")).json()["probes"]

    by_name = {row["look"]: row for row in rows}
    assert set(by_name) == {look.value for look in USUAL}
    push = by_name["push_5223"]
    assert push["every_seconds"] == USUAL[Look.PUSH_5223].every_seconds
    assert push["hosts"][0]["port"] == 5223
    assert push["seen"] == [
        {"target": "courier", "family": "ipv4", "passed": True, "at": "2026-11-23T09:59:58Z"}
    ]


async def test_observations_come_in_pages_that_together_are_all_of_them() -> None:
    seen: list[dict[str, Any]] = []
    after = ""
    for _ in range(10):
        page = (await ask(dns_block(), f"/api/v1/observations?limit=2{after}")).json()
        seen += page["observations"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    expected = sorted((one.look.value, one.finding.target) for one in dns_block().observations)
    assert sorted((one["probe"], one["target"]) for one in seen) == expected


async def test_an_observation_says_which_step_failed_and_how_long_each_took() -> None:
    answer = await ask(dns_block(), "/api/v1/observations?probe=dns_each")

    (one,) = answer.json()["observations"]
    assert (one["passed"], one["seconds"], one["address"]) == (False, 0.004, "192.168.1.1:53")
    assert one["steps"][1] == {
        "step": "content",
        "seconds": 0.0,
        "failure": "dns_bogon_error",
        "speed": "active",
        "detail": "0.0.0.0",
    }


@pytest.mark.parametrize("path", [one.path for one in ENDPOINTS if one.tagged])
async def test_who_has_it_already_is_not_sent_it_again(path: str) -> None:
    first = await ask(healthy(), path)

    again = await ask(healthy(), path, if_none_match=first.headers["etag"])

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


# ---------------------------------------------------------------- for other pages and readers


@pytest.mark.parametrize("status", [healthy(), dns_block(), apple_outage(), starting()])
async def test_the_badge_stands_alone_and_is_as_wide_whatever_it_says(status: Status) -> None:
    answer = await ask(status, "/badge.svg")

    picture = ElementTree.fromstring(answer.text)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert picture.attrib["width"] == "144"
    assert not re.search(r"href|url\(|<script|<style|@import", answer.text)
    assert status.verdict.headline in "".join(picture.itertext())


def test_every_blame_has_its_own_words_and_is_not_told_by_colour_alone() -> None:
    assert set(SAID) == set(COLOURS) == set(Blame)
    assert len(set(SAID.values())) == len(Blame)


async def test_the_feed_is_atom_and_what_is_in_it_is_text() -> None:
    answer = await ask(healthy(), "/feed.atom")

    atom = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.fromstring(answer.text)
    (entry,) = feed.findall(f"{atom}entry")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    for element in (feed, entry):  # RFC 4287 4.1.1 and 4.1.2: each exactly once
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{atom}{name}")) == 1
    assert entry.findtext(f"{atom}title") == "It's you: <b>& more."
    assert entry.findtext(f"{atom}updated") == TURN["at"]
    again = ElementTree.fromstring((await ask(dns_block(), "/feed.atom")).text)
    assert again.find(f"{atom}entry/{atom}id").text == entry.findtext(f"{atom}id")  # type: ignore[union-attr]
    links = [link.attrib["href"] for link in feed.iter(f"{atom}link")]
    assert all(link.startswith("http://127.0.0.1:10054/") for link in links)


async def test_nothing_that_is_kept_is_no_empty_feed() -> None:
    bare = Sources(
        status=healthy,
        metrics=lambda _: (b"", ""),
        versions=VERSIONS,
        stream=Stream(healthy, versions=VERSIONS),
    )
    transport = httpx.ASGITransport(web_app(bare), client=("127.0.0.1", 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as asking:
        codes = [(await asking.get(path)).status_code for path in ("/feed.atom", "/probe")]

    assert codes == [503, 501]


# ---------------------------------------------------------------- one target


async def test_one_target_is_probed_by_its_names() -> None:
    answer = await ask(healthy(), "/probe?module=push_5223&target=courier")
    unseen = await ask(healthy(), "/probe?module=push_5223&target=8.8.8.8")

    assert answer.text == "probe_success 1.0\n"
    assert (unseen.status_code, unseen.json()["error"]["code"]) == (503, "not_seen")


# ---------------------------------------------------------------- what is kept, as it is kept


async def test_what_the_real_history_tells_has_the_shapes_that_are_described(
    tmp_path: Path,
) -> None:
    """The fuzzer is answered from samples; these are the rows themselves."""
    history = History(tmp_path / "h.db", clock=FakeClock(AT), most_bytes=10_000_000)
    history.apple_events = lambda: apple_outage().apple_events
    await history.open()
    for before, after in ((healthy(), dns_block()), (dns_block(), apple_outage())):
        await history.hear(Turn(at=AT, before=before.verdict, after=after.verdict))
    turns = await history.told("turns", 3600, 10, None)
    incidents = await history.told("incidents", 3600, 10, None)
    await history.close()

    assert turns is not None
    assert incidents is not None
    page = shapes.History.model_validate({**turns, "next": None})
    assert [one.code for one in page.turns] == ["apple_acknowledged", "dns"]
    assert len(shapes.Incidents.model_validate({**incidents, "next": None}).incidents) == 2
