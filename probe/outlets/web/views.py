"""The pages for people, as routes: the first one, the wall, a signal, an incident, the script."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from probe.looks import PLAN
from probe.model import Status
from probe.outlets.web.api import Sources
from probe.outlets.web.guard import error
from probe.outlets.web.memory import Memory
from probe.outlets.web.page import (
    BLAME_SAID,
    SEALS,
    content_security_policy,
    frame,
    page,
    render,
    script,
    wall,
)
from probe.outlets.web.rows import LOOKS, NAMES, row
from probe.outlets.web.story import incident, level_of
from probe.words import VALUES, Blame, Look, Signal

LARGEST_ID = 2**63 - 1  # SQLite's


def views(sources: Sources) -> list[Route]:
    status, kept, versions = sources.status, sources.history, sources.versions
    memory = Memory(kept, render=render, elapsed=sources.elapsed) if kept else None

    async def first_page(request: Request) -> Response:
        now = status()
        past = await memory.past(told(now)) if memory else None
        charts = await memory.charts(now.at.timestamp()) if memory else ""
        return html(
            page(
                now,
                versions=versions,
                reader=request.client.host if request.client else "",
                past=past,
                charts=charts,
                no_past=no_past(),
            )
        )

    async def wall_page(request: Request) -> Response:
        now = status()
        return html(wall(now, past=await memory.past(told(now)) if memory else None))

    async def signal_page(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in VALUES:
            return error(404, "not_found", "there is no such signal")
        signal, now = Signal(name), status()
        charts = await memory.of_signal(signal, now.at.timestamp()) if memory else []
        return html(
            render(
                "signal.html",
                **(
                    frame(now, "signal", root="../")
                    | {"title": f"{NAMES[signal]} · isitme {now.site}"}
                ),
                signal=signal,
                row=row(now, signal),
                values=[value.value for value in VALUES[signal]],
                charts=charts,
                looks=[(look.value, pace(look), PLAN[look].why) for look in LOOKS[signal]],
            )
        )

    async def incident_page(request: Request) -> Response:
        id, now = request.path_params["id"], status()
        kept_row = await kept.incident(id) if kept and id <= LARGEST_ID else None
        if kept_row is None:
            return error(404, "not_found", "there is no such incident, or it is not kept any more")
        blame = Blame(kept_row["blame"])
        turns = [
            {**turn, "level": level_of(turn["blame"], turn["impact"])} for turn in kept_row["turns"]
        ]
        more = {
            "title": f"Incident {id} · isitme {now.site}",
            "mood": blame.value,
            "blame": BLAME_SAID[blame],
            "seal": SEALS[blame],
        }
        return html(
            render(
                "incident.html",
                **(frame(now, "incident", root="../") | more),
                told=incident(kept_row, now.at.timestamp()),
                kept=kept_row,
                turns=turns,
            )
        )

    async def page_script(request: Request) -> Response:
        headers = {"cache-control": "no-cache"}
        return Response(script(), media_type="text/javascript; charset=utf-8", headers=headers)

    def no_past() -> str:
        if kept is None:
            return "Nothing is kept here."
        return f"The history cannot be read: {kept.trouble or 'the log says why'}."

    return [
        Route("/", first_page),
        Route("/wall", wall_page),
        Route("/page.js", page_script),
        Route("/signal/{name}", signal_page),
        Route("/incident/{id:int}", incident_page),
    ]


def told(status: Status) -> tuple[Any, ...]:
    return (*status.verdict.told_as, status.since)


def pace(look: Look) -> str:
    plan = PLAN[look]
    if plan.on_demand_seconds:
        return f"when in doubt, at most every {plan.on_demand_seconds:g} s"
    return f"every {plan.every_seconds:g} s when all is calm, sooner in doubt"


def html(said: str) -> Response:
    headers = {"content-security-policy": content_security_policy(), "cache-control": "no-store"}
    return HTMLResponse(said, headers=headers)
