"""Tells another program when the answer turns: one signed message a turn, in order, none lost.

A turn is mostly told while the line it would travel on is down, so it waits in a queue until the
line is back. The form and the signature are those of Standard Webhooks (standardwebhooks.com):
`webhook-id` stays the same when a message is sent again, so that a receiver can tell.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from probe.clock import Clock
from probe.failures import LookFailed
from probe.model import News, Turn, Verdict
from probe.outlets.status_json import utc
from probe.reach import families
from probe.tools import Tools
from probe.trust import Use
from probe.words import Blame, Impact

log = logging.getLogger(__name__)

SCHEMA = 1
SECRET_PREFIX = "whsec_"  # Standard Webhooks: what follows is base64
ANSWER_BYTES = 64 * 1024
POST_SECONDS = 15.0  # Standard Webhooks: 15 to 30 s
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5.0, 300.0
MOST_AN_HOUR = 20  # more turns than that are told together
MOST_WAITING = 200  # a week of flapping; the oldest of them are then told together
GIVE_UP_SECONDS = 3 * 86_400.0
ORDER = (Impact.NONE, Impact.LOW, Impact.PARTIAL, Impact.FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Where to, signed with what, and from which impact on."""

    url: str
    secret: bytes = b""
    least_impact: Impact = Impact.PARTIAL


class Waiting(Protocol):
    """A message in the queue."""

    @property
    def row(self) -> int: ...
    @property
    def id(self) -> str: ...
    @property
    def at(self) -> float:
        """Seconds since 1970."""

    @property
    def turn(self) -> Mapping[str, Any]: ...


class Queue(Protocol):
    """Messages in their order. One that is kept on disk survives a restart."""

    async def put(self, id: str, at: float, turn: Mapping[str, Any]) -> None: ...
    async def waiting(self) -> Sequence[Waiting]: ...
    async def drop(self, rows: Sequence[int]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    row: int
    id: str
    at: float
    turn: Mapping[str, Any]


class InMemory:
    """The queue of a service that keeps nothing."""

    def __init__(self) -> None:
        self._waiting: list[_Message] = []
        self._next = 1

    async def put(self, id: str, at: float, turn: Mapping[str, Any]) -> None:
        self._waiting.append(_Message(row=self._next, id=id, at=at, turn=turn))
        self._next += 1

    async def waiting(self) -> Sequence[Waiting]:
        return tuple(self._waiting)

    async def drop(self, rows: Sequence[int]) -> None:
        self._waiting = [one for one in self._waiting if one.row not in rows]


Post = Callable[[Sequence[tuple[str, str]], bytes], Awaitable[int]]
"""Headers and body out, the HTTP status back. Raises LookFailed."""


class Webhook:
    """An outlet that queues, and a task that delivers."""

    def __init__(
        self,
        hook: Hook | None,
        queue: Queue,
        post: Callable[[str], Post],
        *,
        clock: Clock,
        site: str,
        drill: str = "",
    ) -> None:
        """`post` makes the way to a URL. Without a hook nothing is queued, and what is waits."""
        self._hook, self._queue, self._way, self._clock = hook, queue, post, clock
        self._site, self._drill = site, drill
        self._told_trouble: bool | None = None  # None: this run has told nothing yet
        self._kick = asyncio.Event()
        self._sent_at: list[float] = []
        self.trouble = ""  # why the newest attempt failed, in words

    def take(self, hook: Hook | None, *, site: str) -> None:
        """Tell somebody else from the next message on; one that is under way goes where it goes."""
        self._hook, self._site = hook, site
        self._kick.set()

    async def hear(self, news: News) -> None:
        if isinstance(news, Turn) and self._hook and self._matters(news, self._hook.least_impact):
            at = news.at.timestamp()
            turn = {"at": utc(news.at), "before": brief(news.before), "after": brief(news.after)}
            # The same turn has the same id, whoever computes it: a receiver may throw away twins.
            known = json.dumps([self._site, at, turn], sort_keys=True).encode()
            await self._queue.put(f"msg_{hashlib.sha256(known).hexdigest()[:24]}", at, turn)
        if isinstance(news, Turn):
            self._kick.set()

    def _matters(self, turn: Turn, least: Impact) -> bool:
        """Trouble of the least impact that is wanted, and the end of what was told."""
        trouble = is_trouble(turn.after, least)
        ends = not trouble and (self._told_trouble or is_trouble(turn.before, least))
        self._told_trouble = trouble
        return trouble or bool(ends)

    async def run(self) -> None:
        """Deliver for good. Every turn is a reason to try at once: the line may be back."""
        wait = FIRST_WAIT_SECONDS
        while True:
            self._kick.clear()
            hook = self._hook
            waiting = await self._queue.waiting() if hook is not None else ()
            if hook is not None and waiting and not self._tired():
                wait = FIRST_WAIT_SECONDS if await self._deliver(hook, waiting) else wait * 2
                wait = min(wait, LONGEST_WAIT_SECONDS)
                if not self.trouble:
                    continue
            pause = wait if waiting else None
            try:
                async with asyncio.timeout(pause):
                    await self._kick.wait()
                wait = FIRST_WAIT_SECONDS
            except TimeoutError:
                continue

    def _tired(self) -> bool:
        """So many messages in the last hour that the next waits for its end."""
        now = self._clock.elapsed()
        self._sent_at = [at for at in self._sent_at if now - at < 3600]
        return len(self._sent_at) >= MOST_AN_HOUR

    async def _deliver(self, hook: Hook, waiting: Sequence[Waiting]) -> bool:
        """Send the oldest; or, when they are many, the newest with what happened before it."""
        room = MOST_AN_HOUR - len(self._sent_at)
        together = len(waiting) > min(room, MOST_WAITING)
        chosen, meanwhile = (waiting[-1], waiting[:-1]) if together else (waiting[0], ())
        now = self._clock.now().timestamp()
        body = json.dumps(
            {
                "schema": SCHEMA,
                "type": "turn",
                "id": chosen.id,
                "site": self._site,
                "drill": self._drill or None,
                "turn": chosen.turn,
                "meanwhile": [one.turn for one in meanwhile],
                "late_seconds": round(max(0.0, now - chosen.at), 1),
            },
            ensure_ascii=False,
        ).encode()
        done = [one.row for one in (*meanwhile, chosen)]
        try:
            headers = signed(hook.secret, chosen.id, int(now), body)
            status = await self._way(hook.url)(headers, body)
        except LookFailed as failed:
            self._failed(f"{failed.failure.value}: {failed.detail}")
            status = 0
        if 200 <= status < 300:
            self._sent_at.append(self._clock.elapsed())
            await self._queue.drop(done)
            if self.trouble:
                log.info("the webhook takes messages again")
            self.trouble = ""
            return True
        if status:
            self._failed(f"answered {status}")
        if now - chosen.at > GIVE_UP_SECONDS:
            log.warning("the webhook took no message for three days; the oldest is given up")
            await self._queue.drop(done[:1])
        return False

    def _failed(self, why: str) -> None:
        if why != self.trouble:
            log.warning("the webhook could not be told: %s; it waits", why)
        self.trouble = why


# ---------------------------------------------------------------- on values


def is_trouble(verdict: Verdict, least: Impact) -> bool:
    """Something is wrong, and a person would notice at least so much of it."""
    return verdict.blame is not Blame.NOBODY and ORDER.index(verdict.impact) >= ORDER.index(least)


def brief(verdict: Verdict) -> dict[str, Any]:
    """What a receiver wants to know of a verdict."""
    return {
        "blame": verdict.blame.value,
        "code": verdict.code.value,
        "cause": verdict.cause.value if verdict.cause else None,
        "impact": verdict.impact.value,
        "certainty": verdict.certainty.value,
        "headline": verdict.headline,
        "because": [why.said for why in verdict.because],
        "advice": list(verdict.advice),
    }


def test_message(hook: Hook, clock: Clock, *, site: str) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of a message that says it is a test."""
    at = clock.now().timestamp()
    id = f"msg_test_{int(at)}"
    body = json.dumps({"schema": SCHEMA, "type": "test", "id": id, "site": site}).encode()
    return signed(hook.secret, id, int(at), body), body


def signed(secret: bytes, id: str, at: int, body: bytes) -> list[tuple[str, str]]:
    """The headers of a message. `at` is in seconds since 1970; without a secret it is unsigned."""
    headers = [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", str(at)),
    ]
    if secret:
        mark = hmac.new(secret, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
        headers.append(("webhook-signature", f"v1,{base64.b64encode(mark).decode()}"))
    return headers


def key_of(secret: str) -> bytes:
    """The key in a secret: base64 after "whsec_", else the text itself. Raises ValueError."""
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError('base64 after "whsec_"') from None


def posting(tools: Tools, url: str) -> Post:
    """A Post to this URL over the program's own way out: no proxy variable is obeyed."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host = parts.hostname or ""
    port = parts.port or (443 if secure else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    async def post(headers: Sequence[tuple[str, str]], body: bytes) -> int:
        failed: LookFailed | None = None
        for family in families(tools.machine.network()):
            try:
                for address in (await tools.resolve(host, family))[:1]:
                    answer = await tools.http.fetch(
                        method="POST",
                        address=address,
                        host=host,
                        port=port,
                        path=path,
                        use=Use.WEBHOOK if secure else None,
                        headers=headers,
                        body=body,
                        max_bytes=ANSWER_BYTES,
                        within_seconds=POST_SECONDS,
                    )
                    return answer.status
            except LookFailed as error:
                failed = error
        if failed is not None:
            raise failed
        return 0

    return post
