"""The answer over HTTP: the first page, /status, /metrics, and health for supervisors.

Everything works while the internet is down: no external asset, no look-up per request.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from probe.model import Status
from probe.outlets.status_json import one_line, status_to_json
from probe.outlets.web.guard import Guard, address_of, error, host_of
from probe.outlets.web.page import content_security_policy, page
from probe.outlets.web.server import CannotListen, WebServer
from probe.outlets.web.stream import Stream
from probe.outlets.web.triage import triage_page
from probe.triage import Answers, BadAnswer, answers_of, guide, sight_of
from probe.triage.told import questions
from probe.triage.told import told as told_of

__all__ = ["CannotListen", "Stream", "WebServer", "web_app"]

# Seconds back, most rows, and the id of the last row of the page before; None: cannot be read.
Told = Callable[[float, int, int | None], Awaitable[Mapping[str, list[dict[str, Any]]] | None]]
MOST_ROWS, USUAL_ROWS = 500, 100
USUAL_SECONDS, MOST_SECONDS = 86_400.0, 366 * 86_400.0
ASK = "ask"  # the form was sent, perhaps with nothing chosen
CODES = {404: "not_found", 405: "method_not_allowed"}
MESSAGES = {404: "there is no such page", 405: "this page does not take that method"}


def web_app(
    *,
    status: Callable[[], Status],
    metrics: Callable[[str], tuple[bytes, str]],
    told: Told | None = None,
    stream: Stream | None = None,
    versions: Mapping[str, str],
    allowed_hosts: Collection[str] = (),
    lan: bool = False,
    reload: Callable[[], Awaitable[None]] | None = None,
) -> ASGIApp:
    """The application. `metrics` takes an Accept header; `reload` raises ValueError when the new
    settings cannot be used; `lan` lets every address literal be a Host. A `stream` that hears of no
    turn tells heartbeats alone."""
    listening = stream or Stream(status, versions=versions)

    async def first_page(request: Request) -> Response:
        reader = request.client.host if request.client else ""
        said = page(status(), versions=versions, reader=reader)
        policy = {"content-security-policy": content_security_policy(), "cache-control": "no-store"}
        return HTMLResponse(said, headers=policy)

    async def status_page(request: Request) -> Response:
        now = status()
        if prefers_text(request.headers.get("accept", "")):
            return tagged(request, f"{one_line(now)}\n".encode(), "text/plain; charset=utf-8")
        said = json.dumps(status_to_json(now, versions=versions), ensure_ascii=False)
        return tagged(request, said.encode(errors="replace"), "application/json")

    async def metrics_page(request: Request) -> Response:
        body, content_type = metrics(request.headers.get("accept", ""))
        headers = {"content-type": content_type, "cache-control": "no-store", "vary": "accept"}
        return Response(body, headers=headers)

    def guided(request: Request) -> tuple[dict[str, Any], Answers]:
        """Raises BadAnswer."""
        pairs = [(key, value) for key, value in request.query_params.multi_items() if key != ASK]
        answers = answers_of(pairs)
        sight = sight_of(status_to_json(status(), versions=versions))
        return told_of(guide(answers, sight), answers, sight), answers

    async def triage_form(request: Request) -> Response:
        try:
            found, answers = guided(request)
        except BadAnswer as mistake:
            return error(400, "bad_request", str(mistake))
        said = triage_page(
            found,
            answers,
            asked=ASK in request.query_params or bool(answers.given or answers.more),
            drill=status().drill,
            reader=request.client.host if request.client else "",
        )
        policy = {"content-security-policy": content_security_policy(), "cache-control": "no-store"}
        return HTMLResponse(said, headers=policy)

    async def triage_answer(request: Request) -> Response:
        try:
            found, _ = guided(request)
        except BadAnswer as mistake:
            return error(400, "bad_request", str(mistake))
        said = json.dumps({**found, "questions": questions()}, ensure_ascii=False)
        return tagged(request, said.encode(errors="replace"), "application/json")

    async def history_page(request: Request) -> Response:
        return await kept(request, "turns")

    async def incidents_page(request: Request) -> Response:
        return await kept(request, "incidents")

    async def kept(request: Request, what: str) -> Response:
        """A page of what is kept, newest first; `next` asks for the page after it."""
        try:
            page = asked(request.query_params)
        except ValueError as mistake:
            return error(400, "bad_request", str(mistake))
        found = await told(page.since_seconds, page.most, page.before) if told else None
        if found is None:
            return error(503, "no_history", "nothing is kept at the moment; the log says why")
        rows = found[what]
        after = rows[-1]["id"] if len(rows) == page.most else None
        said = json.dumps({what: rows, "looking": found["looking"], "next": after})
        return tagged(request, said.encode(errors="replace"), "application/json")

    async def event_stream(request: Request) -> Response:
        return listening.answer(request)

    async def healthy(request: Request) -> Response:
        return PlainTextResponse("alive\n", headers={"cache-control": "no-store"})

    async def ready(request: Request) -> Response:
        if not status().ready:
            return error(503, "not_ready", "the first sweep has not been judged yet")
        return PlainTextResponse("ready\n", headers={"cache-control": "no-store"})

    async def reload_settings(request: Request) -> Response:
        if refusal := may_not_change(request):
            return error(403, "forbidden", refusal)
        if reload is None:
            return error(501, "not_implemented", "this service cannot reload its settings")
        try:
            await reload()
        except ValueError as mistake:
            return error(422, "bad_settings", f"the old settings stay: {mistake}")
        return PlainTextResponse("reloaded\n")

    app = Starlette(
        routes=[
            Route("/", first_page),
            Route("/status", status_page),
            Route("/metrics", metrics_page),
            Route("/api/v1/status", status_page),
            Route("/triage", triage_form),
            Route("/api/v1/triage", triage_answer),
            Route("/api/v1/history", history_page),
            Route("/api/v1/incidents", incidents_page),
            Route("/api/v1/stream", event_stream),
            Route("/-/healthy", healthy),
            Route("/-/ready", ready),
            Route("/-/reload", reload_settings, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _said_wrong, Exception: _our_bug},
    )
    app.router.redirect_slashes = False  # one address per page
    return Guard(app, allowed_hosts=allowed_hosts, lan=lan)


async def _said_wrong(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)
    code = CODES.get(wrong.status_code, "error")
    message = MESSAGES.get(wrong.status_code, wrong.detail)
    return error(wrong.status_code, code, message, **dict(wrong.headers or {}))


async def _our_bug(request: Request, bug: Exception) -> Response:
    return error(500, "internal_error", "a bug of isitme; its log says more")


def tagged(request: Request, body: bytes, content_type: str) -> Response:
    """An answer with an ETag of its content; 304 for those who have it already."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "no-cache", "vary": "accept"}
    known = request.headers.get("if-none-match", "")
    if known == "*" or etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers | {"content-type": content_type})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which page of the history is wanted."""

    since_seconds: float
    most: int
    before: int | None


def asked(query: Mapping[str, str]) -> Asked:
    """`since` in seconds back, `limit`, and `before` as an id. Raises ValueError."""
    unknown = set(query) - {"since", "limit", "before"}
    if unknown:
        raise ValueError(f"there is no {min(unknown)}; there are since, limit and before")
    since = number(query, "since", 1, MOST_SECONDS, USUAL_SECONDS)
    most = number(query, "limit", 1, MOST_ROWS, USUAL_ROWS)
    before = number(query, "before", 0, 2**62, -1)
    return Asked(since_seconds=since, most=int(most), before=None if before < 0 else int(before))


def number(query: Mapping[str, str], key: str, least: float, most: float, usual: float) -> float:
    text = query.get(key)
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or not least <= float(text) <= most:
        raise ValueError(f"{key}: wanted a whole number from {least:g} to {most:g}")
    return float(text)


def prefers_text(accept: str) -> bool:
    """Whether an Accept header likes text/plain better than JSON (RFC 9110 12.5.1)."""
    quality: dict[str, float] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            quality[kind] = float(weight)
        except ValueError:
            quality[kind] = 0.0
    rest = quality.get("*/*", 0.0)
    text = quality.get("text/plain", quality.get("text/*", rest))
    return text > quality.get("application/json", quality.get("application/*", rest))


def may_not_change(request: Request) -> str:
    """Why this caller may not change anything; empty when it may.

    Opening the page to the network opens what can be read, not what can be done; and a web page
    elsewhere must not press our buttons through its reader's browser.
    """
    address = address_of(request.client.host) if request.client else None
    if address is None or not address.is_loopback:
        return "only this machine may do that"
    origin = request.headers.get("origin")
    if origin is not None:
        there = host_of(origin.partition("://")[2])
        if not there or there != host_of(request.headers.get("host", "")):
            return "another web page may not do that"
    return ""
