"""The answer over HTTP: the pages for people, and what programs ask (api.py).

Everything works while the internet is down: no external asset, no look-up per request.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from probe.outlets.web.api import Sources, guided, routes
from probe.outlets.web.guard import Guard, error
from probe.outlets.web.locked import Locked
from probe.outlets.web.page import content_security_policy
from probe.outlets.web.server import CannotListen, WebServer
from probe.outlets.web.stream import Stream
from probe.outlets.web.triage import triage_page
from probe.outlets.web.views import views
from probe.triage import BadAnswer, answers_of

__all__ = ["CannotListen", "Sources", "Stream", "WebServer", "web_app"]

ASK = "ask"  # the form was sent, perhaps with nothing chosen
CODES = {404: "not_found", 405: "method_not_allowed"}
MESSAGES = {404: "there is no such page", 405: "this page does not take that method"}


def web_app(
    sources: Sources,
    *,
    allowed_hosts: Collection[str] = (),
    lan: bool = False,
    users: Callable[[], Mapping[str, str]] = dict,
) -> Guard:
    """The application. `lan` lets every address literal be a Host; `users` are those who may ask,
    with bcrypt hashes of their passwords, or nobody: then everybody may."""
    status, versions = sources.status, sources.versions

    async def triage_form(request: Request) -> Response:
        pairs = request.query_params.multi_items()
        try:
            answers = answers_of(pair for pair in pairs if pair[0] != ASK)
        except BadAnswer as mistake:
            return error(400, "bad_request", str(mistake))
        now = status()
        said = triage_page(
            guided(answers, now, versions),
            answers,
            asked=ASK in request.query_params or bool(answers.given or answers.more),
            drill=now.drill,
            reader=request.client.host if request.client else "",
        )
        policy = {"content-security-policy": content_security_policy(), "cache-control": "no-store"}
        return HTMLResponse(said, headers=policy)

    app = Starlette(
        routes=[*views(sources), Route("/triage", triage_form), *routes(sources)],
        exception_handlers={HTTPException: _said_wrong, Exception: _our_bug},
    )
    app.router.redirect_slashes = False  # one address per page
    return Guard(Locked(app, users), allowed_hosts=allowed_hosts, lan=lan)


async def _said_wrong(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)
    code = CODES.get(wrong.status_code, "error")
    message = MESSAGES.get(wrong.status_code, wrong.detail)
    return error(wrong.status_code, code, message, **dict(wrong.headers or {}))


async def _our_bug(request: Request, bug: Exception) -> Response:
    return error(500, "internal_error", "a bug of isitme; its log says more")
