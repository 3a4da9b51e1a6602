"""What programs ask: one method for each row of endpoints.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from probe.model import Observation, Status
from probe.outlets.blackbox import NoSuchName, NotSeen
from probe.outlets.status_json import one_line, status_to_json, utc
from probe.outlets.web import asked
from probe.outlets.web.answers import TEXT, prefers_text, tagged, told_as_json
from probe.outlets.web.asked import BadQuestion
from probe.outlets.web.badge import badge
from probe.outlets.web.endpoints import ENDPOINTS
from probe.outlets.web.feed import FEED_SECONDS, MOST_ENTRIES, TYPE, feed
from probe.outlets.web.guard import error, may_not_change
from probe.outlets.web.memory import Kept
from probe.outlets.web.stream import Stream
from probe.triage import Answers, BadAnswer, answers_of, guide, sight_of
from probe.triage.told import questions
from probe.triage.told import told as told_of
from probe.words import Look

# "turns" or "incidents", seconds back, most rows, and the id of the last row of the page before.
# The spans in which isitme looked come beside them. None: cannot be read.
Told = Callable[[str, float, int, int | None], Awaitable[Mapping[str, list[dict[str, Any]]] | None]]
NO_STORE = {"cache-control": "no-store"}


class Probing(Protocol):
    """What /probe asks: look, target, the scrape's timeout and Accept headers.

    Raises NoSuchName, and NotSeen when nothing fresh is known.
    """

    async def __call__(
        self, look: Look, target: str, timeout: str | None, accept: str
    ) -> tuple[bytes, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the answers come from."""

    status: Callable[[], Status]
    metrics: Callable[[str], tuple[bytes, str]]  # takes an Accept header
    versions: Mapping[str, str]
    stream: Stream
    told: Told | None = None
    history: Kept | None = None  # what the pages show of the past; None: nothing is kept
    elapsed: Callable[[], float] = lambda: 0.0  # a clock that never goes back
    probes: Callable[[], list[dict[str, Any]]] = field(default=list)
    probing: Probing | None = None
    # What changed and what waits for a restart. Raises ValueError when the settings cannot be used.
    reload: Callable[[], Awaitable[Mapping[str, Any]]] | None = None


def routes(sources: Sources) -> list[Route]:
    """All of them."""
    api = Api(sources)
    return [
        Route(one.path, getattr(api, one.name), methods=[one.method], name=one.name)
        for one in ENDPOINTS
    ]


class Api:
    """The answers."""

    def __init__(self, sources: Sources) -> None:
        self._from = sources

    # ------------------------------------------------------------ now

    async def status(self, request: Request) -> Response:
        now = self._from.status()
        if prefers_text(request.headers.get("accept", "")):
            return tagged(request, f"{one_line(now)}\n".encode(), TEXT)
        return told_as_json(request, status_to_json(now, versions=self._from.versions))

    api_status = status

    async def metrics(self, request: Request) -> Response:
        body, content_type = self._from.metrics(request.headers.get("accept", ""))
        headers = {"content-type": content_type, "vary": "accept", **NO_STORE}
        return Response(body, headers=headers)

    async def probe(self, request: Request) -> Response:
        if self._from.probing is None:
            return error(501, "not_implemented", "nothing is looked at here")
        accept = request.headers.get("accept", "")
        timeout = request.headers.get("x-prometheus-scrape-timeout-seconds")
        try:
            wanted = asked.read(asked.Probed, request)
            body, content_type = await self._from.probing(
                wanted.module, wanted.target, timeout, accept
            )
        except (BadQuestion, NoSuchName) as mistake:
            return error(400, "bad_request", str(mistake))
        except NotSeen as why:
            return error(503, "not_seen", str(why))
        headers = {"content-type": content_type, "vary": "accept", **NO_STORE}
        return Response(body, headers=headers)

    async def probes(self, request: Request) -> Response:
        seen: dict[str, list[dict[str, Any]]] = {}
        for one in self._from.status().observations:
            seen.setdefault(one.look.value, []).append(last_seen(one))
        rows = [{**row, "seen": seen.get(row["look"], [])} for row in self._from.probes()]
        return told_as_json(request, {"probes": rows})

    async def observations(self, request: Request) -> Response:
        try:
            wanted = asked.read(asked.Observations, request)
        except BadQuestion as mistake:
            return error(400, "bad_request", str(mistake))
        found = {
            place_of(one): one
            for one in self._from.status().observations
            if wanted.probe in (None, one.look) and wanted.target in (None, one.finding.target)
        }
        places = sorted(place for place in found if place > (wanted.after or ""))
        page = places[: wanted.limit]
        return told_as_json(
            request,
            {
                "observations": [observation(found[place]) for place in page],
                "next": page[-1] if len(places) > len(page) else None,
            },
        )

    async def badge(self, request: Request) -> Response:
        said = badge(self._from.status()).encode(errors="replace")
        # It is there for other pages; the rest of them is not (guard.py).
        return tagged(
            request, said, "image/svg+xml", **{"cross-origin-resource-policy": "cross-origin"}
        )

    # ------------------------------------------------------------ what is kept

    async def history(self, request: Request) -> Response:
        return await self._kept(request, "turns")

    async def incidents(self, request: Request) -> Response:
        return await self._kept(request, "incidents")

    async def _kept(self, request: Request, what: str) -> Response:
        """A page of what is kept, newest first; `next` asks for the page after it."""
        try:
            page = asked.read(asked.Rows, request)
        except BadQuestion as mistake:
            return error(400, "bad_request", str(mistake))
        told = self._from.told
        found = await told(what, page.since, page.limit, page.after) if told else None
        if found is None:
            return nothing_kept()
        rows = found[what]
        after = rows[-1]["id"] if len(rows) == page.limit else None
        return told_as_json(request, {what: rows, "looking": found["looking"], "next": after})

    async def feed(self, request: Request) -> Response:
        told, now = self._from.told, self._from.status()
        found = await told("turns", FEED_SECONDS, MOST_ENTRIES, None) if told else None
        if found is None:
            return nothing_kept()
        said = feed(
            found["turns"],
            site=now.site,
            at=utc(now.at) or "",
            base=f"{request.url.scheme}://{request.headers.get('host', '')}/",
        )
        return tagged(request, said.encode(errors="replace"), TYPE)

    # ------------------------------------------------------------ "Not Delivered"

    async def triage(self, request: Request) -> Response:
        try:
            answers = answers_of(request.query_params.multi_items())
        except BadAnswer as mistake:
            return error(400, "bad_request", str(mistake))
        found = guided(answers, self._from.status(), self._from.versions)
        return told_as_json(request, {**found, "questions": questions()})

    # ------------------------------------------------------------ about the service

    async def stream(self, request: Request) -> Response:
        return self._from.stream.answer(request)

    async def openapi(self, request: Request) -> Response:
        # Hardly anybody asks, and its shapes cost time and memory.
        from probe.outlets.web.openapi import description

        said = description(self._from.versions.get("isitme", ""))
        return tagged(request, said, "application/json")

    async def healthy(self, request: Request) -> Response:
        return PlainTextResponse("alive\n", headers=NO_STORE)

    async def ready(self, request: Request) -> Response:
        if not self._from.status().ready:
            return error(503, "not_ready", "the first sweep has not been judged yet")
        return PlainTextResponse("ready\n", headers=NO_STORE)

    async def reload(self, request: Request) -> Response:
        if refusal := may_not_change(request):
            return error(403, "forbidden", refusal)
        if self._from.reload is None:
            return error(501, "not_implemented", "this service cannot reload its settings")
        try:
            return JSONResponse(await self._from.reload(), headers=NO_STORE)
        except ValueError as mistake:
            return error(422, "bad_settings", f"the old settings stay: {mistake}")


# ---------------------------------------------------------------- on values


def nothing_kept() -> Response:
    return error(503, "no_history", "nothing is kept at the moment; the log says why")


def guided(answers: Answers, status: Status, versions: Mapping[str, str]) -> dict[str, Any]:
    """What to do about "Not Delivered", by these answers and what is seen now."""
    sight = sight_of(status_to_json(status, versions=versions))
    return told_of(guide(answers, sight), answers, sight)


def place_of(one: Observation) -> str:
    """Where an observation stands in the order of pages: its name, which no other one has."""
    return f"{one.look.value}/{one.finding.family.value}/{one.finding.target}"


def last_seen(one: Observation) -> dict[str, Any]:
    finding = one.finding
    return {
        "target": finding.target,
        "family": finding.family.value,
        "passed": finding.passed,
        "at": utc(one.at),
    }


def observation(one: Observation) -> dict[str, Any]:
    """An attempt, step by step."""
    finding = one.finding
    return {
        "probe": one.look.value,
        "target": finding.target,
        "operator": finding.operator,
        "family": finding.family.value,
        "address": finding.address,
        "passed": finding.passed,
        "at": utc(one.at),
        "seconds": round(sum(step.seconds for step in finding.steps), 6),
        "steps": [
            {
                "step": step.step.value,
                "seconds": round(step.seconds, 6),
                "failure": step.failure.value if step.failure else None,
                "speed": step.speed.value if step.speed else None,
                "detail": step.detail,
            }
            for step in finding.steps
        ],
        "said": finding.said,
    }
