"""The page and its neighbours, asked as a browser, a scraper or a stranger would."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from probe.model import Status
from probe.outlets.status_json import status_to_json
from probe.outlets.web import Sources, Stream, web_app
from tests.support.html import Reading
from tests.support.statuses import apple_outage, dns_block, healthy, link_down, starting

VERSIONS = {"isitme": "1.2.3", "rules": "2026-11"}


def app_of(
    status: Status, *, allowed_hosts: Sequence[str] = (), lan: bool = False, **more: Any
) -> ASGIApp:
    sources = Sources(
        status=lambda: status,
        metrics=lambda accept: (f"asked for {accept}\n".encode(), "text/x-metrics"),
        versions=VERSIONS,
        stream=Stream(lambda: status, versions=VERSIONS),
        **more,
    )
    return web_app(sources, allowed_hosts=allowed_hosts, lan=lan)


async def ask(
    app: ASGIApp, path: str, *, method: str = "GET", client: str = "127.0.0.1", **headers: str
) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(client, 5000))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    base = f"http://{named.pop('host', '127.0.0.1:10054')}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as asking:
        return await asking.request(method, path, headers=named)


# ---------------------------------------------------------------- /status


async def test_status_is_the_json_of_the_contract() -> None:
    answer = await ask(app_of(dns_block()), "/status")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == status_to_json(dns_block(), versions=VERSIONS)


ACCEPT = {
    "*/*": "application/json",
    "": "application/json",
    "text/plain": "text/plain; charset=utf-8",
    "text/plain;q=0.5, application/json": "application/json",
    "application/json;q=0.5, text/*": "text/plain; charset=utf-8",
    "text/plain;q=0": "application/json",
    "text/html, */*;q=0.8": "application/json",
    "text/plain;q=lots": "application/json",
}


@pytest.mark.parametrize(("accept", "expected"), ACCEPT.items(), ids=ACCEPT.keys())
async def test_status_comes_as_it_is_liked(accept: str, expected: str) -> None:
    answer = await ask(app_of(dns_block()), "/status", accept=accept)

    assert answer.headers["content-type"] == expected
    assert answer.headers["vary"] == "accept"


async def test_as_text_it_is_one_line() -> None:
    answer = await ask(app_of(dns_block()), "/status", accept="text/plain")

    assert answer.text == (
        "It's you: your DNS resolver blocks Apple push. "
        "(blame me, dns/dns_filtered, certainty high, since 2026-11-23T09:58:12Z)\n"
    )


async def test_who_has_it_already_is_told_so_and_a_change_is_sent() -> None:
    app = app_of(dns_block())
    etag = (await ask(app, "/status")).headers["etag"]

    again = await ask(app, "/status", if_none_match=f'"other", W/{etag}')
    changed = await ask(app_of(healthy()), "/status", if_none_match=etag)
    as_text = await ask(app, "/status", if_none_match=etag, accept="text/plain")

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (changed.status_code, as_text.status_code) == (200, 200)


# ---------------------------------------------------------------- the rest


async def test_metrics_are_given_the_accept_header_and_need_no_slash() -> None:
    answer = await ask(app_of(healthy()), "/metrics", accept="application/openmetrics-text")

    assert answer.status_code == 200
    assert answer.text == "asked for application/openmetrics-text\n"
    assert answer.headers["content-type"] == "text/x-metrics"


@pytest.mark.parametrize("status", [healthy(), starting(), link_down()])
async def test_it_is_healthy_whatever_the_network_does(status: Status) -> None:
    assert (await ask(app_of(status), "/-/healthy")).status_code == 200


async def test_it_is_ready_once_the_first_sweep_is_judged() -> None:
    assert (await ask(app_of(starting()), "/-/ready")).status_code == 503
    assert (await ask(app_of(link_down()), "/-/ready")).status_code == 200


def error_of(answer: httpx.Response) -> tuple[int, str]:
    """Every error has one shape: {"error": {"code", "message"}}."""
    body = json.loads(answer.content)
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message"]
    return answer.status_code, body["error"]["code"]


async def test_every_error_has_one_shape() -> None:
    app = app_of(starting())

    assert error_of(await ask(app, "/nowhere")) == (404, "not_found")
    assert error_of(await ask(app, "/status/")) == (404, "not_found")
    assert error_of(await ask(app, "/status", method="DELETE")) == (405, "method_not_allowed")
    assert error_of(await ask(app, "/-/ready")) == (503, "not_ready")
    assert error_of(await ask(app, "/", host="evil.example")) == (421, "misdirected_request")
    assert error_of(await ask(app, "/-/reload", method="POST")) == (501, "not_implemented")


async def test_a_bug_of_ours_tells_strangers_nothing() -> None:
    def broken() -> Status:
        raise RuntimeError("secret detail")

    stream = Stream(broken, versions=VERSIONS)
    app = web_app(
        Sources(status=broken, metrics=lambda _: (b"", ""), versions=VERSIONS, stream=stream)
    )
    answer = await ask(app, "/")

    assert error_of(answer) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


# ---------------------------------------------------------------- reload


def reloading(said: str = "") -> tuple[Callable[[], Awaitable[Mapping[str, Any]]], list[int]]:
    times: list[int] = []

    async def reload() -> Mapping[str, Any]:
        times.append(1)
        if said:
            raise ValueError(said)
        return {"changed": ["site"], "waits_for_restart": []}

    return reload, times


async def test_reload_is_asked_for_by_post() -> None:
    reload, times = reloading()
    app = app_of(healthy(), reload=reload)

    asked = await ask(app, "/-/reload")
    done = await ask(app, "/-/reload", method="POST")

    assert (error_of(asked), asked.headers["allow"]) == ((405, "method_not_allowed"), "POST")
    assert (done.status_code, times) == (200, [1])
    assert done.json() == {"changed": ["site"], "waits_for_restart": []}


async def test_bad_settings_are_told_to_who_asked() -> None:
    reload, _ = reloading("isitme.toml: web.listen: wanted x, found y")
    answer = await ask(app_of(healthy(), reload=reload), "/-/reload", method="POST")

    assert error_of(answer) == (422, "bad_settings")
    assert "web.listen: wanted x, found y" in answer.json()["error"]["message"]


MAY_NOT = {
    "a phone on the network": {"client": "192.168.1.7"},
    "another web page, through our reader's browser": {"origin": "https://evil.example"},
    "a page in a sandbox": {"origin": "null"},
}


@pytest.mark.parametrize("who", MAY_NOT.values(), ids=MAY_NOT.keys())
async def test_who_may_not_reload(who: dict[str, str]) -> None:
    reload, times = reloading()
    app = app_of(healthy(), reload=reload, lan=True)

    answer = await ask(app, "/-/reload", method="POST", **who)

    assert (error_of(answer), times) == ((403, "forbidden"), [])


async def test_our_own_page_may_reload() -> None:
    reload, times = reloading()
    app = app_of(healthy(), reload=reload)

    await ask(app, "/-/reload", method="POST", origin="http://127.0.0.1:10054")

    assert times == [1]


# ---------------------------------------------------------------- hosts

HOSTS = {
    # host: (by default, open to the network)
    "127.0.0.1:10054": (200, 200),
    "127.9.9.9": (200, 200),
    "[::1]:10054": (200, 200),
    "localhost:10054": (200, 200),
    "LOCALHOST.": (200, 200),
    "page.localhost": (200, 200),
    "mini.example:80": (200, 200),
    "192.168.1.5:10054": (421, 200),
    "[fd00::5]": (421, 200),
    "evil.example": (421, 421),
    "evil.example:10054": (421, 421),
    "127.0.0.1.evil.example": (421, 421),
    "localhost.evil.example": (421, 421),
    "xlocalhost": (421, 421),
    "mini.example.evil.example": (421, 421),
}


@pytest.mark.parametrize(("host", "expected"), HOSTS.items(), ids=HOSTS.keys())
async def test_it_answers_to_its_own_names_only(host: str, expected: tuple[int, int]) -> None:
    apps = [app_of(healthy(), allowed_hosts=["Mini.example"], lan=lan) for lan in (False, True)]

    got = [(await ask(app, "/status", host=host)).status_code for app in apps]

    assert tuple(got) == expected


async def test_every_name_can_be_allowed() -> None:
    app = app_of(healthy(), allowed_hosts=["*"])

    assert (await ask(app, "/status", host="any.example")).status_code == 200


# ---------------------------------------------------------------- what is kept


ROWS = [{"id": 9, "code": "dns"}, {"id": 8, "code": "ok"}]


def keeping(asked: list[tuple[float, int, int | None]]) -> Any:
    async def told(what: str, since: float, most: int, before: int | None) -> Any:
        asked.append((since, most, before))
        return {"turns": ROWS[:most], "incidents": [], "looking": []}

    return told


async def test_the_history_comes_in_pages() -> None:
    asked: list[tuple[float, int, int | None]] = []
    app = app_of(healthy(), told=keeping(asked))

    first = await ask(app, "/api/v1/history?since=3600&limit=2")
    last = await ask(app, "/api/v1/history?limit=100&after=8")

    assert first.json()["turns"] == ROWS
    assert first.json()["next"] == 8
    assert last.json()["next"] is None
    assert asked == [(3600.0, 2, 2**62), (86_400.0, 100, 8)]


async def never(*_: object) -> tuple[bytes, str]:
    raise AssertionError("nobody asked")


BAD_QUESTIONS = {
    "/api/v1/history?limit=0": "limit: wanted a whole number from 1 to 500, found '0'",
    "/api/v1/history?limit=1e3": "limit: wanted a whole number from 1 to 500, found '1e3'",
    "/api/v1/history?limit=5&limit=6": "limit: wanted once, found twice",
    "/api/v1/incidents?since=-1": "since: wanted a whole number from 1 to 31622400, found '-1'",
    "/api/v1/incidents?sinc=1": "there is no sinc; there are since, limit and after",
    "/api/v1/observations?probe=pin": "probe: wanted one of self, link,",
    "/probe?module=link": "target: wanted a text of 1 to 400 characters, found nothing",
    "/probe?module=&target=link": "module: wanted one of self, link,",
}


@pytest.mark.parametrize(("path", "said"), BAD_QUESTIONS.items(), ids=BAD_QUESTIONS)
async def test_a_question_that_makes_no_sense_is_told_what_was_wanted(path: str, said: str) -> None:
    answer = await ask(app_of(healthy(), told=keeping([]), probing=never), path)

    assert error_of(answer) == (400, "bad_request")
    assert answer.json()["error"]["message"].startswith(said)


async def test_a_history_that_cannot_be_read_is_no_empty_history() -> None:
    async def broken(what: str, since: float, most: int, before: int | None) -> None:
        return None

    answer = await ask(app_of(healthy(), told=broken), "/api/v1/incidents")

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "no_history"


# ---------------------------------------------------------------- "Not Delivered"


async def test_the_guide_asks_first_and_answers_on_the_same_page() -> None:
    app = app_of(apple_outage())

    first = Reading((await ask(app, "/triage")).text)
    answer = await ask(app, "/triage?bubble=blue&who=everyone&more=password&pace=&ask=1")

    assert "fieldset" in first.tags
    assert "Why, most likely" not in first.text
    assert "Wait. Do not sign out and do not reset anything." in answer.text
    assert "Sign Out. Then sign in again" not in answer.text
    assert 'value="password" checked' in answer.text
    assert "script" not in Reading(answer.text).tags
    assert 'http-equiv="refresh"' not in answer.text


async def test_the_guide_as_json_says_what_it_asks_and_what_it_found() -> None:
    answer = await ask(app_of(healthy()), "/api/v1/triage?bubble=green&more=attachment,abroad")

    told = answer.json()
    assert told["reasons"][0]["code"] == "carrier"
    assert told["steps"][0]["code"] == "smaller_attachment"
    assert told["answers"] == {"bubble": "green", "more": ["abroad", "attachment"]}
    assert [question["code"] for question in told["questions"]][-1] == "more"


@pytest.mark.parametrize("page", ["/triage", "/api/v1/triage"])
async def test_an_answer_that_was_not_offered_is_refused_in_words(page: str) -> None:
    answer = await ask(app_of(healthy()), f"{page}?bubble=<script>")

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == (
        "bubble: wanted blue, green, turned_green, found '<script>'"
    )
