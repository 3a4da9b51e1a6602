"""How much doubt may ask, and what each look costs here. No I/O.

Every extra look draws from one bucket, so no pattern of failures makes isitme a nuisance. Watching
a long fault leaves enough in it for the sweep that its end asks for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from probe.looks import Plan
from probe.verdict.seen import Seen
from probe.words import Look

EXTRA_ATTEMPTS_PER_MINUTE = 60.0
# Three sweeps at once (75 attempts by probe/looks.py, on two families), then
# one attempt a second: for a symptom, for what failed in its sweep, and for its end. With two, the
# lab's dual stack stood for a minute with nothing left to ask.
BUCKET_ATTEMPTS = 230.0
# Kept for the next sweep (75 attempts by probe/looks.py) and the second looks that follow it.
RESERVED_ATTEMPTS = 80.0


@dataclass(slots=True)
class Budget:
    """What is left, in attempts; moments are on the clock that counts suspend, in seconds."""

    tokens: float = BUCKET_ATTEMPTS
    refilled_at: float | None = None
    made: Counter[Look] = field(default_factory=Counter)  # attempts of each look, last time
    asked_whole: set[Look] = field(default_factory=set)  # on this network, not in parts alone

    def refill(self, now: float) -> None:
        if self.refilled_at is not None:
            gained = max(0.0, now - self.refilled_at) * EXTRA_ATTEMPTS_PER_MINUTE / 60
            self.tokens = min(BUCKET_ATTEMPTS, self.tokens + gained)
        self.refilled_at = now

    def count(self, seen: Seen, plans: Mapping[Look, Plan]) -> None:
        """What each look makes here. Of one that takes turns a part is no measure, until the whole
        was asked on this network; nor is an attempt that was cut off. What it made before stays its
        price: at its plan's, for two families, Apple's services waited for 18 s of the bucket where
        they cost 9, and a fault that followed others was told a minute late."""
        by_turns = {plan.look for plan in plans.values() if plan.turns > 1}
        counted = Counter(
            standing.key[0]
            for standing in seen.standings
            if standing.speaks
            and (standing.key[0] in self.asked_whole or standing.key[0] not in by_turns)
        )
        self.made = Counter({**self.made, **counted})

    def price(self, plan: Plan) -> int:
        """What a look costs: what it made here last time, on one family or two, with as many
        resolvers as there are; before it was seen, what its plan says."""
        return (self.made[plan.look] or plan.attempts) if plan.packets else 0

    def take(self, plan: Plan) -> bool:
        """Take what the look costs, where there is so much left."""
        if self.tokens < self.price(plan):
            return False
        self.tokens -= self.price(plan)
        return True

    def forget(self) -> None:
        """Another network: what looks made on the last one is no price here. What was spent is."""
        self.asked_whole.clear()
        self.made.clear()
