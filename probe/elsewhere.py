"""Is it the same elsewhere? Other isitmes, on other lines, are asked what they see of Apple; one by
one, or all at once by the Prometheus that scrapes them.

Their word settles what nothing sent from here can: silence that only this line hears is the way
from here. Asked when something of Apple's fails here, and never otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from probe.attempt import Attempt
from probe.model import Finding, NearbyFact, Observation
from probe.reach import families, resolve
from probe.targets import Peer, Vantage
from probe.tools import Tools
from probe.trust import Use
from probe.wire import peer as peer_answer
from probe.wire import prometheus
from probe.words import Look, Nearby, Signal, Step

PEER_SECONDS = 2.5  # with its name, under the look's 6 s
PUSH_LOOKS = frozenset({Look.PUSH_5223, Look.PUSH_443})


async def ask(tools: Tools, peer: Peer, failing: Sequence[Observation]) -> Finding:
    """What one peer sees of the subjects that fail here. Never raises for what the world does."""
    return await _asked(
        tools, peer, peer.path, peer_answer.read, failing, most_bytes=peer_answer.STATUS_BYTES
    )


async def ask_for_all(tools: Tools, vantage: Vantage, failing: Sequence[Observation]) -> Finding:
    """The same of all other sites, asked of their Prometheus."""
    path = prometheus.path_of(vantage.prefix, site=vantage.site, provider=vantage.provider)

    def read(body: bytes) -> Sequence[peer_answer.Word]:
        return prometheus.read(body, now=tools.clock.now().timestamp())

    return await _asked(
        tools, vantage, path, read, failing, most_bytes=prometheus.ANSWER_BYTES, token=vantage.token
    )


async def _asked(
    tools: Tools,
    whom: Peer | Vantage,
    path: str,
    read: Callable[[bytes], Sequence[peer_answer.Word]],
    failing: Sequence[Observation],
    *,
    most_bytes: int,
    token: str = "",
) -> Finding:
    family = families(tools.machine.network())[0]
    attempt = Attempt(tools.clock, target=whom.name, operator=whom.name, family=family)
    with attempt:
        address = await resolve(tools, attempt, whom.host, family)
        attempt.address = f"[{address}]:{whom.port}" if ":" in address else f"{address}:{whom.port}"
        async with attempt.step(Step.EXCHANGE, within_seconds=PEER_SECONDS):
            answer = await tools.http.fetch(
                method="GET",
                address=address,
                host=whom.host,
                port=whom.port,
                path=path,
                use=Use.WEB if whom.tls else None,
                headers=(
                    ("Accept", "application/json"),
                    *([("Authorization", f"Bearer {token}")] if token else []),
                ),
                max_bytes=most_bytes,
                within_seconds=PEER_SECONDS,
            )
        tools.keep("peer", whom.name, answer.body)
        with attempt.reading():
            facts = what_they_mean(read(answer.body), failing, tools.clock.elapsed())
            for fact in facts:
                attempt.learn(fact)
            attempt.said = sentence(whom, facts)
    return attempt.finding()


def what_they_mean(
    words: Sequence[peer_answer.Word], failing: Sequence[Observation], now: float
) -> list[NearbyFact]:
    """One fact for each subject that fails here and is known there.

    A success there counts only when it is newer than the failure here: at the beginning of an
    outage of Apple's the peer still remembers that all was well.
    """
    since = {subject: failed_at(failing, subject) for subject in (Signal.PUSH, Signal.SERVICES)}
    facts = []
    for word in words:
        failed = since[word.subject]
        if failed is None or now - word.age_seconds < failed:
            continue
        found = Nearby.FINE_ELSEWHERE if word.works else Nearby.FAILS_ELSEWHERE
        facts.append(NearbyFact(target=word.subject.value, found=found))
    return facts


def failed_at(failing: Sequence[Observation], subject: Signal) -> float | None:
    """When the newest failure of a subject was looked at; None: it does not fail."""
    mine = [one for one in failing if (one.look in PUSH_LOOKS) == (subject is Signal.PUSH)]
    return max((one.started for one in mine), default=None)


def sentence(peer: Peer | Vantage, facts: Sequence[NearbyFact]) -> str:
    if any(fact.found is Nearby.FINE_ELSEWHERE for fact in facts):
        return f"{peer.name} reaches from elsewhere what fails here"
    if facts:
        return f"{peer.name} cannot reach it from elsewhere either"
    return f"{peer.name} could not tell"
