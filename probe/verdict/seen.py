"""What has been seen and may still be used: observations by target, with soft told from hard.

A first failure is soft: it asks for another look and accuses nobody. Two failures of one target,
or failures of two targets that answer the same question, are hard. Patience lives here, never in a
probe: a look is one honest attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from ipaddress import IPv6Network
from typing import Protocol, TypeAlias, TypeVar, cast

from probe.looks import PLAN, Plan
from probe.model import AnswerFact, Because, Fact, Observation, TranslatorFact
from probe.targets import Targets
from probe.verdict.past import (
    HISTORY_SECONDS,
    LEAST,
    Chances,
    Key,
    began,
    chances,
    failed_by_the_world,
    fell_at_its_name,
    in_a_row,
    patience,
    wrong_since,
)
from probe.wire import nat64
from probe.words import Cause, Failure, Family, Look, Speed, Step

Witness: TypeAlias = tuple[Look, str]

# The router here answers when it is asked, whatever else it does: then silence is news.
ROUTER_ANSWERS: Witness = (Look.GATEWAY, "answers")
# Push on this network within seven days shows that its port is let out (correction 3).
PORT_MEMORY_SECONDS = 7 * 86400.0
# Two ways to add the same seconds may differ in the last bit.
EDGE_SECONDS = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one target over one family stands."""

    key: Key
    newest: Observation
    before: Observation | None  # the one before, when it is usable too
    in_a_row: int = 0  # failures, the newest first
    needed: int = LEAST  # failures in a row that make it hard

    @property
    def passed(self) -> bool:
        return self.newest.finding.passed

    @property
    def failed(self) -> bool:
        """It failed for a reason of the world."""
        return failed_by_the_world(self.newest)

    @property
    def speaks(self) -> bool:
        """It says something about the world; our own trouble says nothing about anybody."""
        return self.passed or self.failed

    @property
    def hard(self) -> bool:
        """It failed twice, some time apart, and both times before or both times after its name.

        More often where such looks fail by chance (`past.patience`).
        """
        return self.in_a_row >= self.needed

    @property
    def failure(self) -> Failure | None:
        step = self.newest.finding.failed
        return step.failure if step else None

    @property
    def failed_at(self) -> Step | None:
        step = self.newest.finding.failed
        return step.step if step else None

    @property
    def silent(self) -> bool:
        step = self.newest.finding.failed
        return step is not None and step.speed is Speed.SILENT

    @property
    def unresolved(self) -> bool:
        """It fell at its name: that is evidence about DNS, not about the far end."""
        return fell_at_its_name(self.newest)

    @property
    def absent(self) -> bool:
        """Its name has no IPv6 address, as was seen twice: many names have none, for good."""
        family = self.newest.finding.family
        return self.hard and family is Family.IPV6 and self.failure is Failure.DNS_NO_ANSWER


class Frozen(Protocol):
    """Never changes, and keeps what was derived from it."""

    @property
    def memo(self) -> dict[object, object]: ...


F = TypeVar("F", bound=Frozen)
T = TypeVar("T")


def once(derive: Callable[[F], T]) -> Callable[[F], T]:
    """What is derived from a Seen or from an Observation alone is derived once: several signals
    ask for it, and of an Observation many judgements do."""

    @wraps(derive)
    def remembered(known: F) -> T:
        memo = known.memo
        try:
            return cast(T, memo[derive])
        except KeyError:
            found = memo[derive] = derive(known)
            return found

    return remembered


@dataclass(frozen=True, slots=True)
class Filed:
    """What one target showed, newest first, as far as it may be used."""

    asked: tuple[object, ...]  # all that this depends on but the moment
    late: tuple[Observation, ...]  # of the last minutes
    young: tuple[Observation, ...]  # young enough to say how it stands
    until: float  # when the first of these grows too old


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything a signal may be derived from, at one moment."""

    now: float
    standings: tuple[Standing, ...]
    targets: Targets
    witnesses: frozenset[Witness] = frozenset()
    proxy_configured: bool = False
    push_seen_seconds_ago: float | None = None  # on this very network
    stalled_seconds_ago: float | None = None  # when this process last stood still
    set_aside: frozenset[Witness] = field(default_factory=frozenset)
    was_open: bool = False  # this very network led to the internet before, with no page in the way
    # The wall clock minus the clock that counts suspend, now. None: not kept.
    steady: float | None = None
    # What time servers said on this network, oldest first, however old: a drift is told over hours.
    timed: tuple[Observation, ...] = ()
    # What was seen of this network in the last minutes, newest first: for what only many can show.
    history: Mapping[Key, tuple[Observation, ...]] = field(default_factory=dict)
    usual: Mapping[Key, float] = field(default_factory=dict)  # seconds that each target takes here
    usual_trip: Mapping[Key, float] = field(default_factory=dict)  # and one trip there and back
    told_cause: Cause | None = None  # of the verdict that is told now
    # Passed before a newer symptom, in a look that failed in part and waits to be asked again: no
    # evidence that these work now, nor that they do not.
    waiting: frozenset[Key] = frozenset()
    _by_look: Mapping[Look, tuple[Standing, ...]] = field(init=False, repr=False, compare=False)
    memo: dict[object, object] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )  # for `once`
    # The same target by target: the next look back need not file again what has not changed.
    filed: Mapping[Key, Filed] = field(default_factory=dict, repr=False, compare=False)
    chances: Mapping[Look, Chances] = field(default_factory=dict, repr=False, compare=False)
    # Until when what was asked of time has the same answer: one moment, the earliest noted so far.
    _stays_until: list[float] = field(
        init=False, repr=False, compare=False, default_factory=lambda: [float("inf")]
    )

    def __post_init__(self) -> None:
        by_look: dict[Look, list[Standing]] = {}
        for standing in self.standings:
            look = standing.key[0]
            if standing.speaks or look is Look.SELF:
                by_look.setdefault(look, []).append(standing)
        object.__setattr__(self, "_by_look", {look: tuple(all) for look, all in by_look.items()})

    def since(self, moment: float) -> float:
        """Seconds since then, to be asked `within`."""
        return self.now - moment

    def of(self, look: Look, *, group: str | None = None) -> tuple[Standing, ...]:
        """The standings of one look, of one group of it when that is asked for.

        Only those that say something about the world; the look at ourselves is about ourselves.
        """
        standings = self._by_look.get(look, ())
        if group is None:
            return standings
        return tuple(one for one in standings if one.newest.finding.group == group)

    @property
    def translators(self) -> tuple[str, ...]:
        """The prefixes under which this network translates IPv6 to IPv4."""
        return prefixes_seen(self)

    def within(self, ago_seconds: float | None, seconds: float) -> bool:
        """Whether it is at most so long ago; None: it never was. Whoever asks what time it is asks
        so: what was derived stands until the first of these answers changes."""
        if ago_seconds is None or ago_seconds > seconds:
            return False
        self.note_end(self.now + seconds - ago_seconds)
        return True

    def under(self, ago_seconds: float | None, seconds: float) -> bool:
        """The same, and not exactly so long ago."""
        return self.within(ago_seconds, seconds) and ago_seconds != seconds

    def note_end(self, moment: float) -> None:
        """Something that is derived from this changes then."""
        if moment < self._stays_until[0]:
            self._stays_until[0] = moment

    def is_later(self, before: Seen) -> bool:
        """Only time has passed since then, and nothing has grown too old in it."""
        return (
            before.now <= self.now < before._stays_until[0] - EDGE_SECONDS
            and steadily(before.steady, self.steady)
            and all(getattr(self, name) == getattr(before, name) for name in SEEN)
        )

    def age(self, observations: Iterable[Observation]) -> float | None:
        """Seconds since the newest of them ended."""
        ends = [observation.ended for observation in observations]
        return max(0.0, self.now - max(ends)) if ends else None

    def onset(self, failing: Iterable[Standing]) -> float:
        """Since when all of these fail without a break: a fault can have begun no later."""
        return max(
            wrong_since(began(self.history.get(one.key, ())) or one.newest) for one in failing
        )

    def silent_seconds(self, because: Iterable[Because]) -> float:
        """How long the first of these has been silent, by its first lost packet; endless where none
        is."""
        unheard = {
            (one.look, one.target) for one in because if one.failure is Failure.GENERIC_TIMEOUT
        }
        since = [
            wrong_since(began(self.history.get(one.key, ())) or one.newest)
            for one in self.standings
            if one.key[:2] in unheard and one.failed
        ]
        return self.since(min(since)) if since else float("inf")

    def without(
        self,
        void_before: Mapping[Look, float],
        passes_void_before: Mapping[Look, float] | None = None,
    ) -> Seen:
        """The same without what these looks said before these moments; of the second, without what
        had passed."""
        always, passes = float("-inf"), passes_void_before or {}
        fresh = [
            standing
            for standing in self.standings
            if standing.newest.started >= void_before.get(standing.key[0], always)
        ]
        waiting = frozenset(
            standing.key
            for standing in fresh
            if standing.passed and standing.newest.started < passes.get(standing.key[0], always)
        )
        return replace(
            self,
            standings=tuple(standing for standing in fresh if standing.key not in waiting),
            waiting=waiting,
        )

    def was_right(self, standing: Standing) -> bool:
        """This witness has been right here before; only such a one may accuse."""
        return (standing.key[0], standing.key[1]) in self.witnesses


# What `Seen` holds but for the moments: those it is asked for by `within`.
MOMENTS = frozenset({"now", "steady", "push_seen_seconds_ago", "stalled_seconds_ago"})
SEEN = tuple(f.name for f in fields(Seen) if f.compare and f.name not in MOMENTS)


def steadily(before: float | None, after: float | None) -> bool:
    """The wall clock was not set between these two."""
    if before is None or after is None:
        return before is after
    return abs(after - before) < EDGE_SECONDS


@once
def prefixes_seen(seen: Seen) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            prefix
            for _, fact in facts_of(seen.of(Look.NAT64))
            if isinstance(fact, TranslatorFact)
            for prefix in fact.prefixes
        )
    )


def by_target(observations: Iterable[Observation]) -> dict[Key, list[Observation]]:
    """What was seen of each target over each family."""
    found: dict[Key, list[Observation]] = {}
    for one in observations:
        found.setdefault((one.look, one.finding.target, one.finding.family), []).append(one)
    return found


def look_back(
    kept: Mapping[Key, Iterable[Observation]],
    *,
    now: float,
    epoch: int,
    targets: Targets,
    plans: Mapping[Look, Plan] = PLAN,
    witnesses: frozenset[Witness] = frozenset(),
    proxy_configured: bool = False,
    push_seen_seconds_ago: float | None = None,
    stalled_seconds_ago: float | None = None,
    set_aside: frozenset[Witness] = frozenset(),
    was_open: bool = False,
    steady: float | None = None,
    timed: Iterable[Observation] = (),
    usual: Mapping[Key, float] | None = None,
    usual_trip: Mapping[Key, float] | None = None,
    told_cause: Cause | None = None,
    before: Seen | None = None,
) -> Seen:
    """Keep what is usable now: of this network, and young enough. Order does not matter.

    `before`: what was seen a moment ago. What is still the same is not filed again.
    """
    # Run over all that is remembered, at every judgement: the age of each look is read once.
    ages = {look: plan.max_age_seconds for look, plan in plans.items()}
    translators = translators_in(kept)
    known = {} if before is None else before.filed
    filed: dict[Key, Filed] = {}
    changed: set[Look] = set()
    for key in sorted(kept):
        usable_for = ages.get(key[0])
        if usable_for is None:
            continue
        asked = (tuple(kept[key]), epoch, usable_for, translators)
        same = known.get(key)
        if same is None or same.asked != asked or now >= same.until - EDGE_SECONDS:
            same = file(*asked, now=now)
            changed.add(key[0])
        filed[key] = same
    history = {key: one.late for key, one in filed.items() if one.late}
    stood = {} if before is None else {one.key: one for one in before.standings}
    # How often one fails by chance is told by all targets of its look.
    changed |= {key[0] for key in known.keys() - filed.keys()}
    changed |= {key[0] for key, one in filed.items() if one.young and key not in stood}
    by_chance = chances(history, {} if before is None else before.chances, changed)
    needed = patience(by_chance)
    # What another look shows of chance may have changed what this one needs.
    changed |= {key[0] for key, one in stood.items() if one.needed != needed.get(key[0], LEAST)}
    standings = tuple(
        standing_of(key, one.young, needed.get(key[0], LEAST)) if key[0] in changed else stood[key]
        for key, one in filed.items()
        if one.young
    )
    seen = Seen(
        now=now,
        standings=standings,
        filed=filed,
        chances=by_chance,
        targets=targets,
        witnesses=witnesses,
        proxy_configured=proxy_configured,
        push_seen_seconds_ago=push_seen_seconds_ago,
        stalled_seconds_ago=stalled_seconds_ago,
        set_aside=set_aside,
        was_open=was_open,
        steady=steady,
        timed=tuple(one for one in timed if one.epoch == epoch),
        history=history,
        usual=usual or {},
        usual_trip=usual_trip or {},
        told_cause=told_cause,
    )
    seen.note_end(min((one.until for one in filed.values()), default=float("inf")))
    return seen


def file(
    kept: tuple[Observation, ...],
    epoch: int,
    usable_for: float,
    translators: tuple[IPv6Network, ...],
    *,
    now: float,
) -> Filed:
    """What one target showed, each moment once. The paces say how long it may be used."""
    oldest = max(usable_for, HISTORY_SECONDS)
    by_start = {
        one.started: one for one in kept if one.epoch == epoch and now - one.ended <= oldest
    }
    newest_first = [by_start[started] for started in sorted(by_start, reverse=True)]
    if translators:
        newest_first = [untranslated(one, translators) for one in newest_first]
    late = tuple([one for one in newest_first if now - one.ended <= HISTORY_SECONDS])
    young = tuple([one for one in newest_first if now - one.ended <= usable_for])
    ends = [one.ended + HISTORY_SECONDS for one in late]
    ends += [one.ended + usable_for for one in young]
    return Filed(
        asked=(kept, epoch, usable_for, translators),
        late=late,
        young=young,
        until=min(ends, default=float("inf")),
    )


def translators_in(kept: Mapping[Key, Iterable[Observation]]) -> tuple[IPv6Network, ...]:
    """The prefixes under which this network was seen to translate."""
    return tuple(
        IPv6Network(prefix)
        for key, observations in kept.items()
        if key[0] is Look.NAT64
        for observation in observations
        for fact in observation.finding.facts
        if isinstance(fact, TranslatorFact)
        for prefix in fact.prefixes
    )


def untranslated(observation: Observation, known: Sequence[IPv6Network]) -> Observation:
    """The same, with the addresses that a resolver invented for this network's translator (DNS64)
    read as the IPv4 addresses that they stand for."""
    finding = observation.finding
    if not any(isinstance(fact, AnswerFact) for fact in finding.facts):
        return observation
    facts = tuple(
        replace(fact, addresses=tuple(nat64.untranslated(a, known) for a in fact.addresses))
        if isinstance(fact, AnswerFact)
        else fact
        for fact in finding.facts
    )
    return replace(observation, finding=replace(finding, facts=facts))


def standing_of(key: Key, newest_first: Sequence[Observation], needed: int) -> Standing:
    return Standing(
        key=key,
        newest=newest_first[0],
        before=newest_first[1] if len(newest_first) > 1 else None,
        in_a_row=in_a_row(newest_first),
        needed=needed,
    )


def targets_of(standings: Iterable[Standing]) -> set[str]:
    return {standing.key[1] for standing in standings}


def operators_of(standings: Iterable[Standing]) -> set[str]:
    return {standing.newest.finding.operator for standing in standings}


def confirmed(failing: Iterable[Standing]) -> bool:
    """These failures agree: two targets say it, or one says it twice; more often where such looks
    fail by chance."""
    failing = tuple(failing)
    needed = max((standing.needed for standing in failing), default=LEAST)
    said = sum(standing.in_a_row for standing in failing)
    agree = len(targets_of(failing)) >= 2 and said >= needed
    return agree or any(standing.hard for standing in failing)


def observations_of(standings: Iterable[Standing]) -> tuple[Observation, ...]:
    return tuple(standing.newest for standing in standings)


def facts_of(standings: Iterable[Standing]) -> list[tuple[Standing, Fact]]:
    return [(s, fact) for s in standings for fact in s.newest.finding.facts]


def sentence(standings: Iterable[Standing], otherwise: str) -> str:
    """The first of their own sentences, or another."""
    said = (standing.newest.finding.said for standing in standings)
    return next((one for one in said if one), otherwise)
