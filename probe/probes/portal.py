"""Does a sign-in page stand in the way? Ask plain-HTTP pages whose answers are known exactly."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.conversation import Host, Judge
from probe.failures import LookFailed
from probe.model import Finding, Observation, PortalFact
from probe.reach import families, resolve, speak
from probe.targets import PortalPage
from probe.tools import Tools
from probe.wire.http1 import Response
from probe.words import Cause, Failure, Family, Speed

REDIRECTS = frozenset({301, 302, 303, 307, 308})
SHOWN_CHARACTERS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalPages:
    pages: tuple[PortalPage, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        # One family is enough: a portal that takes hold takes hold of what browsers use first.
        family = families(tools.machine.network())[0]
        return await asyncio.gather(*(_ask(tools, page, family) for page in self.pages))


async def _ask(tools: Tools, page: PortalPage, family: Family) -> Finding:
    attempt = Attempt(tools.clock, target=page.name, operator=page.operator, family=family)
    host = Host(
        target=page.name,
        operator=page.operator,
        host=page.host,
        port=page.port,
        use=None,
        family=family,
        path=page.path,
    )
    with attempt:
        address = await resolve(tools, attempt, page.host, family)
        await speak(tools, attempt, host, address, judging(page, attempt))
    return attempt.finding()


def judging(page: PortalPage, attempt: Attempt) -> Judge:
    """A judge that compares an answer with what this page always says."""

    def judge(response: Response) -> str:
        wrong = difference(page, response)
        if wrong is None:
            return f"{page.host} said exactly what it always says"
        failure, fact = wrong
        if fact is not None:
            attempt.learn(fact)
        raise LookFailed(failure, Speed.ACTIVE, fact.said if fact else f"got {response.status}")

    return judge


def difference(page: PortalPage, response: Response) -> tuple[Failure, PortalFact | None] | None:
    """How an answer differs from the known one; None when it does not.

    A server error or "too many requests" of the page's own operator is a failed look, not a portal.
    """
    if response.status == 511:  # RFC 6585: network authentication required
        said = "the network says that it wants a sign-in"
        return Failure.HTTP_511, PortalFact(kind=Cause.PORTAL_CONTENT, said=said)
    if response.status in REDIRECTS:
        where = response.headers.get("location", "")[:SHOWN_CHARACTERS]
        said = f"{page.host} was redirected to {where or 'nowhere'}"
        return Failure.HTTP_UNEXPECTED_REDIRECT, PortalFact(kind=Cause.PORTAL_REDIRECT, said=said)
    if response.status == 429:
        return Failure.RATE_LIMITED, None
    if response.status >= 500:
        return Failure.HTTP_5XX, None
    if response.status == page.status and response.body.strip() == page.body:
        return None
    # Android counts 200 with next to no body as a failed look, not as a portal.
    if response.status == 200 and len(response.body.strip()) <= 4:
        return Failure.HTTP_BODY_MISMATCH, None
    said = f"{page.host} was answered by somebody else"
    return Failure.HTTP_BODY_MISMATCH, PortalFact(kind=Cause.PORTAL_CONTENT, said=said)
