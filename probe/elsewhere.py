"""Is it the same elsewhere? Other isitmes, on other lines, are asked what they see of Apple; one by
one, or all at once by the Prometheus that scrapes them.

Their word settles what nothing sent from here can: silence that only this line hears is the way
from here. Asked when something of Apple's fails here, and never otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from probe.attempt import Attempt
from probe.model import Finding, NearbyFact
from probe.reach import families, resolve
from probe.targets import Peer, Vantage
from probe.tools import Tools
from probe.trust import Use
from probe.wire import peer as peer_answer
from probe.wire import prometheus
from probe.words import Nearby, Step

PEER_SECONDS = 2.5  # with its name, under the look's 6 s


async def ask(tools: Tools, peer: Peer) -> Finding:
    """What one peer sees of push and services. Never raises for what the world does."""
    return await _asked(
        tools, peer, peer.path, peer_answer.read, most_bytes=peer_answer.STATUS_BYTES
    )


async def ask_for_all(tools: Tools, vantage: Vantage) -> Finding:
    """The same of all other sites, asked of their Prometheus."""
    path = prometheus.path_of(vantage.prefix, site=vantage.site, provider=vantage.provider)

    def read(body: bytes) -> Sequence[peer_answer.Word]:
        return prometheus.read(body, now=tools.clock.now().timestamp())

    return await _asked(
        tools, vantage, path, read, most_bytes=prometheus.ANSWER_BYTES, token=vantage.token
    )


async def _asked(
    tools: Tools,
    whom: Peer | Vantage,
    path: str,
    read: Callable[[bytes], Sequence[peer_answer.Word]],
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
            asked_at = tools.clock.elapsed()
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
            words = read(answer.body)
            for fact in facts_of(words, asked_at):
                attempt.learn(fact)
            attempt.said = sentence(whom, words)
    return attempt.finding()


def facts_of(words: Sequence[peer_answer.Word], asked_at: float) -> list[NearbyFact]:
    """Each word, dated by this host's clock. It was given after it was asked for, so it is as old
    as it says, or younger. What it is worth here is judged with what fails here
    (probe/verdict/signals/elsewhere.py)."""
    return [
        NearbyFact(
            target=word.subject.value,
            found=Nearby.FINE_ELSEWHERE if word.works else Nearby.FAILS_ELSEWHERE,
            seen_at=asked_at - word.age_seconds,
        )
        for word in words
    ]


def sentence(peer: Peer | Vantage, words: Sequence[peer_answer.Word]) -> str:
    told = ", ".join(
        f"{word.subject.value} {'works' if word.works else 'fails'} there"
        f" ({word.age_seconds:.0f} s ago)"
        for word in words
    )
    return f"{peer.name}: {told}" if told else f"{peer.name} could not tell"
