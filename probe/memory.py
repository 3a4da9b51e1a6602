"""What was seen here, and who has been right: the newest of every target, bounded. No I/O.

A network that changed, or a machine that slept, begins an epoch; what was seen in another counts
for nothing, but for who has been right before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from probe.looks import Plan
from probe.model import NetworkFact, Observation, Remembered, RouterFact
from probe.targets import COURIER_SLOTS, FALLBACK_SLOTS, PROVIDER, Targets
from probe.verdict.past import Key, failed_by_the_world
from probe.verdict.seen import ROUTER_ANSWERS, Seen, Witness, look_back
from probe.verdict.usual import Usual
from probe.words import Cause, Look

# The quality of the line shows in ten minutes at the usual pace, and sooner when in doubt.
KEPT_PER_TARGET = 12
# What time servers said, kept for a drift that shows over hours: so many each, so far apart.
TIMED_PER_TARGET = 64
TIMED_EVERY_SECONDS = 150.0
# A check that has not passed once in its first day here is set aside (the contract): what we expect
# of it may be wrong.
FIRST_DAY_SECONDS = 86_400.0


@dataclass(slots=True)
class Memory:
    """All moments are on the clock that counts suspend, in seconds."""

    epoch: int = 0
    network: str | None = None  # the name of the network this host is on, once it was read
    kept: dict[Key, deque[Observation]] = field(default_factory=dict)
    _place: str | None = None
    _timed: dict[Key, deque[Observation]] = field(default_factory=dict)
    _usual: Usual = field(default_factory=Usual)
    _witnesses: set[Witness] = field(default_factory=set)
    _first_asked: dict[Witness, float] = field(default_factory=dict)
    _push_seen: dict[str, float] = field(default_factory=dict)  # by network
    _open: set[str] = field(default_factory=set)  # networks that led out, with no page in the way

    def recall(self, remembered: Remembered, now: float) -> None:
        """Take over what an earlier run knew of who has been right here."""
        for asked in remembered.asked:
            witness = (asked.look, asked.target)
            if asked.target == asked.look.value and not asked.ever_passed:
                continue  # a look that broke or was cut off (monitor.ours), kept by older versions
            self._first_asked[witness] = now - asked.first_asked_seconds_ago
            if asked.ever_passed:
                self._witnesses.add(witness)
        for network, ago in remembered.push_seen_seconds_ago.items():
            self._push_seen[network] = now - ago

    def trust(self, targets: Targets) -> None:
        """The catalogue's word for who was seen to pass against the real host."""
        seen = [(Look.APPLE_WEB, host.name) for host in targets.apple_hosts if host.last_seen]
        if targets.courier.last_seen is not None:
            seen += [(Look.PUSH_5223, slot) for slot in COURIER_SLOTS]
            seen += [(Look.PUSH_443, slot) for slot in FALLBACK_SLOTS]
        if targets.provider is not None and targets.provider.last_seen is not None:
            seen.append((Look.PUSH_HTTP, PROVIDER.name))
        self._witnesses.update(seen)

    def newest(self) -> tuple[Observation, ...]:
        return tuple(kept[-1] for kept in self.kept.values())

    def remember(self, observation: Observation) -> None:
        finding = observation.finding
        key = (observation.look, finding.target, finding.family)
        self.kept.setdefault(key, deque(maxlen=KEPT_PER_TARGET)).append(observation)
        if observation.look is Look.NTP and finding.passed:
            timed = self._timed.setdefault(key, deque(maxlen=TIMED_PER_TARGET))
            if not timed or observation.ended - timed[-1].ended >= TIMED_EVERY_SECONDS:
                timed.append(observation)
        witness = (observation.look, finding.target)
        if finding.passed or failed_by_the_world(observation):
            # A look that was cut off or broke asked nobody: its own name is no target of it.
            self._first_asked.setdefault(witness, observation.started)
        if observation.epoch != self.epoch:
            return
        self._usual.learn(observation)
        if not finding.passed:
            return
        self._witnesses.add(witness)
        if any(isinstance(fact, RouterFact) and fact.answers for fact in finding.facts):
            self._witnesses.add(ROUTER_ANSWERS)
        if observation.look is Look.PUSH_5223 and self.network is not None:
            self._push_seen[self.network] = observation.ended

    def moved_to(self, fact: NetworkFact) -> bool:
        """Whether this is another network than before; takes its name.

        A file of resolvers that is empty for a moment is being written: the same network, with a
        fault perhaps.
        """
        if fact.place and not fact.resolvers and self._place == fact.place:
            return False
        changed = self.network is not None and fact.fingerprint != self.network
        self.network, self._place = fact.fingerprint, fact.place
        if changed:
            self._usual.forget()
        return changed

    def begin_epoch(self) -> None:
        """Another network, or another time."""
        self.epoch += 1
        self._witnesses.discard(ROUTER_ANSWERS)  # the router of another network says nothing here
        self._timed.clear()
        # What Apple says of itself, in verified TLS, does not depend on where it is heard nor on
        # who slept meanwhile: it grows old by itself, and is not to be asked again so soon. That it
        # could not be heard is of the network it was asked on.
        answers = {
            key: [one for one in kept if one.finding.passed]
            for key, kept in self.kept.items()
            if key[0] is Look.STATUS
        }
        self.kept = {
            key: deque(self.stamped(passed), maxlen=KEPT_PER_TARGET)
            for key, passed in answers.items()
            if passed
        }

    def stamped(self, observations: Iterable[Observation]) -> tuple[Observation, ...]:
        """The same, of this epoch."""
        return tuple(replace(one, epoch=self.epoch) for one in observations)

    def drop(self, looks: Collection[Look]) -> None:
        """Looks that are made no more."""
        self.kept = {key: kept for key, kept in self.kept.items() if key[0] not in looks}

    def drop_before(self, look: Look, since: float) -> None:
        """What a look saw while it asked something else."""
        self.kept = {
            key: kept
            for key, kept in self.kept.items()
            if key[0] is not look or kept[-1].started >= since
        }

    def led_out(self) -> None:
        """This network leads to the internet, with no sign-in page in the way."""
        if self.network is not None:
            self._open.add(self.network)

    def seen(
        self,
        now: float,
        *,
        targets: Targets,
        plans: Mapping[Look, Plan],
        proxy_configured: bool,
        told_cause: Cause | None,
        stalled_at: float | None,
        steady: float,
        before: Seen | None = None,
    ) -> Seen:
        """What may be used now. `before`: what was, a moment ago."""
        push_at = self._push_seen.get(self.network or "")
        return look_back(
            self.kept,
            now=now,
            epoch=self.epoch,
            targets=targets,
            plans=plans,
            witnesses=frozenset(self._witnesses),
            proxy_configured=proxy_configured,
            usual=self._usual.seconds,
            usual_trip=self._usual.trips,
            told_cause=told_cause,
            push_seen_seconds_ago=None if push_at is None else now - push_at,
            set_aside=frozenset(
                witness
                for witness, asked in self._first_asked.items()
                if witness not in self._witnesses and now - asked > FIRST_DAY_SECONDS
            ),
            stalled_seconds_ago=None if stalled_at is None else now - stalled_at,
            was_open=self.network in self._open,
            steady=steady,
            timed=[observation for kept in self._timed.values() for observation in kept],
            before=before,
        )
