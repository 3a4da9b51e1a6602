"""What other isitmes, on other lines, say of what fails here; and how much of it counts.

A word counts when all of it was seen there since the fault began here, and is fresh. What was seen
before says nothing of the fault: at its beginning a peer still remembers that all was well, and at
the end of an older one that all was down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from probe.looks import PLAN
from probe.model import NearbyFact
from probe.verdict.past import wrong_since
from probe.verdict.seen import Seen, Standing, facts_of, once
from probe.verdict.signals.path import AUTHENTICATED
from probe.words import Look, Nearby, Signal

PUSH_LOOKS = (Look.PUSH_5223, Look.PUSH_443)
# A word is worth no longer than any other answer of the look that brings it.
FRESH_SECONDS = PLAN[Look.NEARBY].max_age_seconds


def newest_pass(standings: Iterable[Standing]) -> float | None:
    """When one of these was last seen to work."""
    return max((one.newest.ended for one in standings if one.passed), default=None)


def newest_failure(standings: Iterable[Standing]) -> float | None:
    """When one of these was last seen to fail."""
    return max((wrong_since(one.newest) for one in standings if one.failed), default=None)


def oldest(parts: Iterable[float | None]) -> float | None:
    """The moment since which nothing is known of one of them; None: of one nothing is known."""
    moments = tuple(parts)
    known = [moment for moment in moments if moment is not None]
    return min(known) if known and len(known) == len(moments) else None


@once
def failing_here(seen: Seen) -> Mapping[str, tuple[Standing, ...]]:
    """What a peer can be asked about and fails here, by subject. Push that works by its detour does
    not: why 5223 alone fails is a question about that port."""
    push = [one for look in PUSH_LOOKS for one in seen.of(look)]
    if any(one.passed for one in push if one.key[0] is Look.PUSH_443):
        push = []
    by_subject = {Signal.PUSH.value: push, Signal.SERVICES.value: [*seen.of(Look.APPLE_WEB)]}
    failing = {
        subject: tuple(one for one in standings if one.failed and not one.absent)
        for subject, standings in by_subject.items()
    }
    return {subject: standings for subject, standings in failing.items() if standings}


@once
def words(seen: Seen) -> tuple[NearbyFact, ...]:
    """What peers say of what fails here, as long as it is fresh, whenever it was seen there."""
    names = {peer.name for peer in seen.targets.peers}
    if seen.targets.vantage is not None:
        names.add(seen.targets.vantage.name)
    wanted = failing_here(seen)
    return tuple(
        fact
        for one, fact in facts_of(seen.of(Look.NEARBY))
        if isinstance(fact, NearbyFact)
        and one.passed
        and one.key[1] in names
        and fact.target in wanted
        and fact.seen_at is not None
        and seen.within(seen.since(fact.seen_at), FRESH_SECONDS)
    )


def counts(seen: Seen, word: NearbyFact) -> bool:
    """It was all seen since the fault began here."""
    return word.seen_at is not None and word.seen_at > seen.onset(failing_here(seen)[word.target])


def elsewhere(seen: Seen) -> list[NearbyFact]:
    """The words that count: fine only if all of what fails here is fine there, and the way there
    could make it fail. What answers inside verified TLS that it is unwell is unwell."""
    failing = failing_here(seen)
    mine = [word for word in words(seen) if counts(seen, word)]
    fine = {word.target for word in mine if word.found is Nearby.FINE_ELSEWHERE}
    own_word = any(one.failure in AUTHENTICATED for all in failing.values() for one in all)
    if fine == set(failing) and not own_word:
        return mine
    return [word for word in mine if word.found is Nearby.FAILS_ELSEWHERE]


def too_soon(seen: Seen) -> bool:
    """A peer said something that does not count yet, and has looked again before long."""
    return any(not counts(seen, word) for word in words(seen))
