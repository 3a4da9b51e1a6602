"""What does Apple itself say? Both status feeds, asked politely: only when they changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from probe.attempt import Attempt
from probe.failures import LookFailed
from probe.http import HttpAnswer
from probe.model import FeedFact, Finding, Observation
from probe.reach import families, resolve
from probe.targets import Feed
from probe.tools import Tools
from probe.trust import Use
from probe.wire import feed as feed_answer
from probe.words import Failure, Family, Speed, Step

FEED_SECONDS = 7.2  # with its name, under the look's 10 s


@dataclass(slots=True, kw_only=True)
class _Kept:
    """The last whole answer of one feed, for "not modified"."""

    validators: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleStatusFeeds:
    feeds: tuple[Feed, ...]
    _kept: dict[str, _Kept] = field(default_factory=dict, compare=False, repr=False)

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        family = families(tools.machine.network())[0]
        return await asyncio.gather(*(self._ask(tools, feed, family) for feed in self.feeds))

    async def _ask(self, tools: Tools, feed: Feed, family: Family) -> Finding:
        attempt = Attempt(tools.clock, target=feed.name, operator="apple", family=family)
        kept = self._kept.setdefault(feed.name, _Kept())
        with attempt:
            address = await resolve(tools, attempt, feed.host, family)
            attempt.address = f"{address}:{feed.port}"
            async with attempt.step(Step.EXCHANGE, within_seconds=FEED_SECONDS):
                answer = await tools.http.fetch(
                    method="GET",
                    address=address,
                    host=feed.host,
                    port=feed.port,
                    path=feed.path,
                    use=Use.FEED,
                    headers=kept.validators,
                    max_bytes=feed_answer.FEED_BYTES,
                    within_seconds=FEED_SECONDS,
                )
            said = f"{answer.http_version} {answer.status} {dict(answer.headers)}\n".encode()
            tools.keep("feed", f"{feed.host}{feed.path}", said + answer.body)
            with attempt.reading():
                fact = self._read(feed, kept, answer, tools.clock.now().timestamp())
                attempt.learn(fact)
                attempt.said = f"Apple lists {len(fact.services)} services"
        return attempt.finding()

    def _read(self, feed: Feed, kept: _Kept, answer: HttpAnswer, now_unix: float) -> FeedFact:
        if answer.status == 304 and kept.body:
            body = kept.body
        elif answer.status == 200:
            body = answer.body
        elif answer.status == 429:
            raise LookFailed(Failure.RATE_LIMITED, Speed.ACTIVE, "asked Apple's feed too often")
        else:
            kept.validators = ()
            failure = Failure.HTTP_5XX if answer.status >= 500 else Failure.HTTP_UNEXPECTED_STATUS
            raise LookFailed(failure, Speed.ACTIVE, f"got {answer.status}, want 200")
        fact = feed_answer.read(body, feed=feed.name, headers=answer.headers, now_unix=now_unix)
        if answer.status == 200:
            kept.body = body
            kept.validators = validators_of(answer)
        return fact


def validators_of(answer: HttpAnswer) -> tuple[tuple[str, str], ...]:
    """What to send next time so that an unchanged feed costs one small answer (RFC 9110 13.1)."""
    pairs = (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
    return tuple((ask, answer.headers[have]) for ask, have in pairs if answer.headers.get(have))
