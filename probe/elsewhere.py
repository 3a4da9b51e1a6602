"""Is it the same elsewhere? Other isitmes, on other lines, are asked what they see of Apple.

Their word settles what nothing sent from here can: silence that only this line hears is the way
from here. Asked when something of Apple's fails here, and never otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

from probe.attempt import Attempt
from probe.model import Finding, NearbyFact, Observation
from probe.reach import families, resolve
from probe.targets import Peer
from probe.tools import Tools
from probe.trust import Use
from probe.wire import peer as peer_answer
from probe.words import Look, Nearby, Signal, Step

PEER_SECONDS = 2.5  # with its name, under the look's 6 s
PUSH_LOOKS = frozenset({Look.PUSH_5223, Look.PUSH_443})


async def ask(tools: Tools, peer: Peer, failing: Sequence[Observation]) -> Finding:
    """What one peer sees of the subjects that fail here. Never raises for what the world does."""
    family = families(tools.machine.network())[0]
    attempt = Attempt(tools.clock, target=peer.name, operator=peer.name, family=family)
    with attempt:
        address = await resolve(tools, attempt, peer.host, family)
        attempt.address = f"[{address}]:{peer.port}" if ":" in address else f"{address}:{peer.port}"
        async with attempt.step(Step.EXCHANGE, within_seconds=PEER_SECONDS):
            answer = await tools.http.fetch(
                method="GET",
                address=address,
                host=peer.host,
                port=peer.port,
                path=peer.path,
                use=Use.WEB if peer.tls else None,
                headers=(("Accept", "application/json"),),
                max_bytes=peer_answer.STATUS_BYTES,
                within_seconds=PEER_SECONDS,
            )
        tools.keep("peer", peer.name, answer.body)
        with attempt.reading():
            words = peer_answer.read(answer.body)
            facts = what_they_mean(words, failing, tools.clock.elapsed())
            for fact in facts:
                attempt.learn(fact)
            attempt.said = sentence(peer, facts)
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


def sentence(peer: Peer, facts: Sequence[NearbyFact]) -> str:
    if any(fact.found is Nearby.FINE_ELSEWHERE for fact in facts):
        return f"{peer.name} reaches from elsewhere what fails here"
    if facts:
        return f"{peer.name} cannot reach it from elsewhere either"
    return f"{peer.name} could not tell"
