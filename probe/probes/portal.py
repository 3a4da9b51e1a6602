"""Does a sign-in page stand in the way? Ask plain-HTTP pages whose answers are known exactly, and
the network itself where it says how (RFC 8908)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from probe.attempt import Attempt
from probe.conversation import Host, Judge
from probe.failures import LookFailed
from probe.model import OWN_WORD, Finding, Observation, PortalFact
from probe.reach import families, resolve, speak
from probe.targets import PortalPage
from probe.tools import Tools
from probe.trust import Use
from probe.wire.bounded import refuse_deep_json, refuse_large, refuse_many_values
from probe.wire.http1 import Response
from probe.words import Cause, Failure, Family, Speed

REDIRECTS = frozenset({301, 302, 303, 307, 308})
SHOWN_CHARACTERS = 120
MOST_APIS = 2  # one for each family
MEDIA_TYPE = "application/captive+json"  # RFC 8908 4
# A boolean, an address and two numbers; a kilobyte in practice.
API_BYTES, API_DEPTH, API_VALUES = 16 * 1024, 4, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalPages:
    pages: tuple[PortalPage, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        # One family is enough: a portal that takes hold takes hold of what browsers use first.
        family = families(tools.machine.network())[0]
        apis = tools.machine.portal_apis(tools.clock.now())[:MOST_APIS]
        pages, words = await asyncio.gather(
            asyncio.gather(*(_ask(tools, page, family) for page in self.pages)),
            asyncio.gather(*(_ask_network(tools, uri, family) for uri in apis)),
        )
        return (*pages, *(word for word in words if word is not None))


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


async def _ask_network(tools: Tools, uri: str, family: Family) -> Finding | None:
    """What this network says of itself. None when it does not say it as RFC 8908 wants it: TLS that
    public roots vouch for, and its own media type.

    Whoever runs a network may say anything in it, the time too: only the one fact is kept.
    """
    parts = urlsplit(uri)
    host = Host(
        target=OWN_WORD,
        operator="this network",
        host=parts.hostname or "",
        port=parts.port or 443,
        use=Use.WEB,
        family=family,
        group=OWN_WORD,
        path=f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}",
        accept=MEDIA_TYPE,
    )
    attempt = Attempt(
        tools.clock, target=OWN_WORD, operator=host.operator, family=family, group=OWN_WORD
    )
    with attempt:
        address = await resolve(tools, attempt, host.host, family)
        await speak(tools, attempt, host, address, _network_judge(attempt))
    finding = attempt.finding()
    if finding.failed is not None and finding.failed.failure is not Failure.PORTAL_API:
        return None
    facts = tuple(fact for fact in finding.facts if isinstance(fact, PortalFact))
    return replace(finding, facts=facts)


def _network_judge(attempt: Attempt) -> Judge:
    def judge(response: Response) -> str:
        if not is_captive(response):
            return "this network says that no sign-in is wanted"
        said = "this network itself says that a sign-in is wanted"
        attempt.learn(PortalFact(kind=Cause.PORTAL_API, said=said))
        raise LookFailed(Failure.PORTAL_API, Speed.ACTIVE, said)

    return judge


def is_captive(response: Response) -> bool:
    """RFC 8908 5: the one key that must be there. Raises LookFailed for another answer."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status != 200 or kind != MEDIA_TYPE:
        said = f"answered {response.status} as {kind[:SHOWN_CHARACTERS] or 'nothing'}"
        raise LookFailed(Failure.HTTP_UNEXPECTED_STATUS, Speed.ACTIVE, said)
    broken = Failure.JSON_PARSE
    refuse_large(response.body, API_BYTES, broken)
    refuse_deep_json(response.body, API_DEPTH, broken)
    refuse_many_values(response.body, API_VALUES, broken)
    try:
        said_so = json.loads(response.body)
    except ValueError as error:
        raise LookFailed(broken, Speed.ACTIVE, "no JSON") from error
    captive = said_so.get("captive") if isinstance(said_so, dict) else None
    if not isinstance(captive, bool):
        raise LookFailed(broken, Speed.ACTIVE, "does not say whether it is captive")
    return captive


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
