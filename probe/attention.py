"""What to look at next, when in doubt. Time and what was seen go in, looks come out; no I/O.

The schedule gives the calm pace. A first symptom starts one parallel sweep, because a common fault
shows everywhere at once; attempts that are left waiting are a symptom before they have failed. A
soft failure is looked at again a second after it was asked; a hard one is watched for recovery; the
first thing that recovers starts a sweep too, because what is left of the fault would be read beside
what already works, as another fault; and some looks are only asked by doubt. What all that may cost
is in probe/budget.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from probe.budget import RESERVED_ATTEMPTS, Budget
from probe.doubts import PATIENCE_SECONDS, RECHECK_SECONDS, Doubts, seconds_since
from probe.looks import Plan
from probe.verdict.past import Key, in_a_row, wrong_since
from probe.verdict.seen import Seen, Standing
from probe.verdict.signals.names import is_false
from probe.words import Failure, Look, Speed, Step

SWEEP_EVERY_SECONDS = 10.0  # a sweep at most this often
CONFIRM_AFTER_SECONDS = 1.0
# What is asked at once starts within this: it waits for room only (LOOKS_AT_ONCE in monitor.py).
IN_ONE_BREATH_SECONDS = 0.5
RECHECK_APPLE_SECONDS = 30.0  # a failing Apple is not to be hammered by its users
# It notices what shuts everything, and its end, three or six attempts at a time, so it may take
# from that, too: on a line that had gone and come three times nobody asked a reference for 50 s.
WATCH = Look.REF_IP
# When little is left. The line is cheap, and how all else is read depends on what it loses: behind
# the sweeps that such a line starts it waited for minutes, and was called well meanwhile.
FIRST = (Look.LINE, WATCH)
# Shorter than this it was a moment's, confirmed away: nobody else needs to be asked about it.
FAULT_SECONDS = 5.0
# Left without an answer this long at one step, two attempts at once are a symptom: a lost SYN is
# sent again after 1 s (measured: tcp_syn_linear_timeouts), so each has lost two. Of looks whose
# steps are one or two round trips each; a satellite's are 0.6 s.
HEDGE_SECONDS = 1.5
HEDGE_ATTEMPTS = 2
# One attempt alone, which has lost three: a part of a look often asks no more than one. At 10 % of
# loss each way that is one connection in 150 (0.19 cubed).
HEDGE_ALONE_SECONDS = 2.5
HEDGED = frozenset(
    {
        Look.REF_IP,
        Look.REF_NAME,
        Look.CAPTIVE,
        Look.DNS_EACH,
        Look.PUSH_5223,
        Look.PUSH_443,
        Look.APPLE_WEB,
    }
)

APPLE = frozenset({Look.PUSH_5223, Look.PUSH_443, Look.PUSH_HTTP, Look.APPLE_WEB, Look.STATUS})
REFERENCES = frozenset({Look.REF_IP, Look.REF_NAME})
# What is on this side of the way out, and may be the reason that it is shut.
NEAR = frozenset({Look.SELF, Look.LINK, Look.GATEWAY})
# What proves the way to Apple, and so to the provider and beyond.
THROUGH = frozenset({Look.PUSH_5223, Look.PUSH_443, Look.APPLE_WEB})
# Their operators publish how seldom they want to be asked; doubt changes nothing about it.
STRICT = frozenset({Look.NTP, Look.STATUS})


@dataclass(slots=True)
class Attention:
    """What has been noticed and asked for so far."""

    plans: Mapping[Look, Plan]
    budget: Budget = field(default_factory=Budget)
    swept_at: float | None = None
    noticed: set[tuple[Key, float]] = field(default_factory=set)
    confirm_at: dict[Look, float] = field(default_factory=dict)
    failing_since: dict[Look, float] = field(default_factory=dict)
    started_at: dict[Look, float] = field(default_factory=dict)
    owed: set[Look] = field(default_factory=set)  # wanted by a sweep that could not have them yet
    symptom_at: float | None = None  # when the newest symptom not yet swept for was looked at
    symptom_until: float = 0.0  # when it was wrong at the latest
    echo_at: float | None = None  # the same, where it only says more of what was swept for
    partly: set[Look] = field(default_factory=set)  # part of these works
    unasked: set[Look] = field(default_factory=set)  # fell at their names: nobody was bothered
    recovering: bool = False  # something works again, and the rest is being asked
    hedged_at: dict[Look, float] = field(default_factory=dict)  # left waiting, noticed when
    sweeping: dict[Look, float] = field(default_factory=dict)  # taken by a sweep, not yet answered
    fell_at: dict[Look, float] = field(default_factory=dict)  # failed then, not yet asked again
    # Known to fail since then, and under way: about to say whether it is over for it, too.
    asked_again: dict[Look, float] = field(default_factory=dict)
    newest_symptom: float = float("-inf")  # when it was looked at, swept for or not
    newest_recovery: float = float("-inf")  # when what failed was asked, and works
    got_through: bool = False  # Apple answered while no reference did
    # With nothing in doubt the kernel's table proves the router, and that is up to a minute old.
    router_asked_calmly: bool = False
    doubts: Doubts = field(default_factory=Doubts)

    def started(self, look: Look, now: float, *, calmly: bool = False) -> None:
        """A look was started, by whomever: what was owed is made, and is awaited.

        `calmly`: for no doubt, so that it may have been content with less.
        """
        self.started_at[look] = now
        self.budget.asked_whole.add(look)
        if look is Look.GATEWAY:
            self.router_asked_calmly = calmly
        if look in STRICT:
            self.confirm_at.pop(look, None)
        if look in self.owed:
            self.owed.discard(look)
            self.sweeping[look] = now

    def unanswered(
        self, look: Look, waited: Sequence[float], now: float, *, asked: float | None = None
    ) -> None:
        """A look has attempts that wait, each for that many seconds.

        `asked`: when it was, where that is not when the whole look was started.

        Sweep now and judge later. Only while the bucket holds more than the next sweep's share: on
        a lossy line this happens again and again. Where a target of the look is known to fail, its
        waiting is no news.
        """
        asked = self.started_at.get(look, now) if asked is None else asked
        if (
            look not in HEDGED
            or not left_waiting(waited)
            or look in self.failing_since
            or self.hedged_at.get(look, asked - 1.0) >= asked
            or self._in_the_sweep(asked)  # all else was asked at the same moment
            or self.budget.tokens <= RESERVED_ATTEMPTS
        ):
            return
        self.hedged_at[look] = now
        self._symptom(asked)
        self.symptom_until = max(self.symptom_until, now - max(waited))

    def alarm(self, now: float) -> None:
        """Something changed that no look saw: sweep at the next chance."""
        self.symptom_at = self.symptom_until = now

    def owe(self, *looks: Look) -> None:
        """These could not be made: they are to be made at the next chance; those whose operators
        want to be left alone when their floor allows, and nothing waits for them."""
        for look in looks:
            if self._on_demand(look):
                continue
            self.budget.asked_whole.discard(look)
            if look in STRICT and look not in self.unasked:
                self.confirm_at.setdefault(look, float("-inf"))
            else:
                self.owed.add(look)

    def drop(self, looks: Iterable[Look]) -> None:
        """These are looked at no more: nothing of theirs is awaited."""
        for look in looks:
            self.owed.discard(look)
            del self.budget.made[look]
            for noted in (
                self.confirm_at,
                self.failing_since,
                self.sweeping,
                self.hedged_at,
                self.fell_at,
                self.asked_again,
            ):
                noted.pop(look, None)
            self.partly.discard(look)
            self.unasked.discard(look)

    def forget(self, now: float) -> None:
        """Another network, or another time: what was noticed is void, what was asked of others is
        not. A Wi-Fi that comes and goes must not make a nuisance of us."""
        self.noticed.clear()
        self.confirm_at.clear()
        self.failing_since.clear()
        self.owed.clear()
        self.hedged_at.clear()
        self.sweeping.clear()
        self.fell_at.clear()
        self.asked_again.clear()
        self.budget.forget()
        self.swept_at = self.echo_at = None
        # Where there was no network they fell at their names, and no floor is to be kept.
        for look in self.unasked:
            self.started_at.pop(look, None)
        self.unasked.clear()
        self.owe(*STRICT)
        self.alarm(now)

    @property
    def pending(self) -> bool:
        """Something that failed once is about to be looked at again, or a sweep is to come."""
        return (
            self.symptom_at is not None
            or bool(self.owed)
            or any(look not in STRICT for look in self.confirm_at)
        )

    def due(self, now: float, seen: Seen, running: Iterable[Look] = ()) -> tuple[Look, ...]:
        """The looks to start now, beyond the calm pace, or to begin anew where one is under way. At
        most once each, budget permitting."""
        self.budget.refill(now)
        self.budget.count(seen, self.plans)
        self._notice(now, seen, running)
        asked_by_doubt = self.doubts.asked(
            now,
            seen,
            plans=self.plans,
            started_at=self.started_at,
            failing_since=self.failing_since,
        )
        wanted: dict[Look, None] = {}
        symptoms = [at for at in (self.symptom_at, self.echo_at) if at is not None]
        if symptoms and self.router_asked_calmly:
            self.owed.add(Look.GATEWAY)
        if symptoms:
            older = self._from_before(max(symptoms))
            if not older:
                self.symptom_at = self.echo_at = None  # everything was asked since then
            elif seconds_since(self.swept_at, now) >= SWEEP_EVERY_SECONDS:
                self.owed |= set(older) - (STRICT - self.unasked)
                wanted |= dict.fromkeys(older)
                self.symptom_at, self.echo_at, self.swept_at = None, None, now
        # What was under way when the symptom came answers for the time before it.
        wanted |= dict.fromkeys(look for look in self.plans if look in self.owed)
        wanted |= dict.fromkeys(look for look, at in self.confirm_at.items() if at <= now)
        wanted |= dict.fromkeys(asked_by_doubt)
        wanted = dict.fromkeys(look for look in FIRST if look in wanted) | wanted
        busy = set(running)
        if self.router_asked_calmly:
            busy.discard(Look.GATEWAY)  # not waited for: it is begun anew
        self._answered(seen, busy)
        asked_anew = set(self.owed)
        taken: list[Look] = []
        for look in wanted:
            if look in busy or not self.rested(look, now):
                continue
            if not self._take(look):
                break  # the first in line is waited for: cheaper ones would keep it out for good
            taken.append(look)
        self.sweeping |= dict.fromkeys(asked_anew.intersection(taken), now)
        for look in self._rechecks(now):
            if look in busy or look in taken:
                continue
            kept = 0.0 if look is WATCH else RESERVED_ATTEMPTS
            if self.budget.tokens - kept < self.budget.price(self.plans[look]):
                break  # its turn comes when there is enough; a cheaper one must not push in
            if self.rested(look, now) and self._take(look):
                taken.append(look)
        return tuple(taken)

    def void_before(self) -> dict[Look, float]:
        """Looks whose newest answers are from before a symptom, and before when they are.

        They are to be asked anew, or are being asked; what they said stands beside the symptom as
        part of another world.
        """
        waiting = set(self.owed)
        if self.symptom_at is not None:
            waiting |= set(self._from_before(self.symptom_at)) - (STRICT - self.unasked)
        # What waits to be asked again keeps its failure, until something else has recovered.
        recovered = self.newest_recovery
        fell_at = self.asked_again | self.fell_at
        void = {look: recovered for look, fell in fell_at.items() if fell < recovered}
        void |= self.sweeping | dict.fromkeys(waiting, float("inf"))
        self.recovering = self.recovering and bool(void)
        return void

    def passes_void_before(self) -> dict[Look, float]:
        """Looks that failed in part and wait to be asked again, and before when what passed in
        their other parts proves nothing: before that failure, or a newer symptom.

        A look that takes turns asked those another time: a way out that was seen then is none now.
        """
        return {look: max(at, self.newest_symptom) for look, at in self.fell_at.items()}

    def _answered(self, seen: Seen, busy: set[Look]) -> None:
        """What a sweep has asked and got an answer to is of this world again."""
        newest: dict[Look, float] = {}
        for standing in seen.standings:
            look = standing.key[0]
            newest[look] = max(standing.newest.started, newest.get(look, 0.0))
        self.sweeping = {
            look: at
            for look, at in self.sweeping.items()
            if newest.get(look, 0.0) < at and look in busy
        }
        self.fell_at = {
            look: at for look, at in self.fell_at.items() if look in self.confirm_at or look in busy
        }

    def _symptom(self, at: float) -> None:
        """Something is wrong, or right again, since then; everything else is to be asked anew."""
        self.symptom_at = max(self.symptom_at or 0.0, at)
        self.newest_symptom = max(self.newest_symptom, at - IN_ONE_BREATH_SECONDS)

    def _notice(self, now: float, seen: Seen, running: Iterable[Look]) -> None:
        """Remember every failure once; a new one asks for a sweep and for another look at it.

        The end of a fault asks for a sweep too.
        """
        failing: set[Look] = set()
        back: set[Look] = set()
        self.asked_again = {}
        new: list[Standing] = []
        works = [standing for standing in seen.standings if right(standing, seen)]
        self.partly = {standing.key[0] for standing in works}
        back_again = [one for one in works if self._is_back(one, seen)]
        back_now = {one.key for one in back_again if self._lasted(one, now)}
        self.unasked = {
            look
            for look in STRICT
            if (asked := seen.of(look)) and all(one.unresolved for one in asked)
        }
        self.owed -= STRICT - self.unasked
        shut_until = shut(seen)
        if shut_until is None:
            self.got_through = False
        for standing in seen.standings:
            look, newest = standing.key[0], standing.newest
            if standing.key in back_now or self._gets_through(standing, shut_until):
                self._symptom(newest.started)
                # By its own moment: a newer failure elsewhere is no recovery, and stands.
                began = newest.started - IN_ONE_BREATH_SECONDS
                self.newest_recovery = max(self.newest_recovery, began)
                self.recovering = True
                back.add(look)
            if not wrong(standing, seen) or self._on_demand(look):
                continue
            if standing.failure is Failure.NTP_KOD:
                continue  # who asks to be left alone is not asked again to make sure
            failing.add(look)
            mark = (standing.key, newest.started)
            known = standing.hard and not self._anew(standing) and not falls_silent(standing)
            if known and look in running and look not in STRICT:
                self.asked_again[look] = newest.started - IN_ONE_BREATH_SECONDS
            if known or wrong_before(standing, seen) or mark in self.noticed:
                continue
            self.noticed.add(mark)
            # Silence has taken its time to be known; what answered is asked again after a second.
            self.confirm_at.setdefault(look, max(now, newest.started + CONFIRM_AFTER_SECONDS))
            if look not in STRICT:
                self.fell_at[look] = newest.started - IN_ONE_BREATH_SECONDS
            new.append(standing)
        # What is left of a look of which something is back failed before that, and is asked anew.
        self.owe(*(back & failing))
        self._ask_beside(back_again, failing, now)
        # Where looks fail by chance, one that failed is asked again, and nobody else.
        said = sum(max(1, standing.in_a_row) for standing in new)
        if nothing_gets_out(seen):
            # A time server whose turn came half a minute into an outage started a whole sweep, and
            # what was left could not pay for the one that its end asked for.
            new = [standing for standing in new if standing.key[0] in NEAR | REFERENCES]
        for standing in new if said >= max((one.needed for one in new), default=2) - 1 else ():
            look, newest = standing.key[0], standing.newest
            if self._in_the_sweep(newest.started) or look is Look.DNS_MANNERS:
                continue  # all else was asked in the same breath, or it was asked because of that
            if self._is_echo(look, newest.started):
                # It may have spread, so a sweep is to come; what the last one found stands.
                self.echo_at = max(self.echo_at or 0.0, newest.started)
            else:
                self._symptom(newest.started)
            self.symptom_until = max(self.symptom_until, wrong_since(standing.newest))
        current = {(s.key, s.newest.started) for s in seen.standings}
        self.noticed &= current
        self.failing_since = {look: self.failing_since.get(look, now) for look in failing}

    def _anew(self, standing: Standing) -> bool:
        """Something recovered since it failed before: this may be another fault. On a line that
        comes and goes, names were refused in two outages and not asked in between; that was told as
        a dead resolver beside references of the moment before."""
        before = standing.before
        return before is not None and before.ended < self.newest_recovery

    def _in_the_sweep(self, started: float) -> bool:
        """It was asked by the newest sweep, whose symptom came before it: by the same breath as all
        else, so that what the others say is of the same moment."""
        at = self.swept_at
        return at is not None and at <= started < at + IN_ONE_BREATH_SECONDS

    def _is_echo(self, look: Look, started: float) -> bool:
        """More of a look for which the newest sweep was made, asked soon after it: most often the
        same look asked again to confirm it, with those of its targets whose turn had not come."""
        swept_at, since = self.swept_at, self.failing_since.get(look)
        return (
            swept_at is not None
            and since is not None
            and swept_at <= started < swept_at + SWEEP_EVERY_SECONDS
            and since >= swept_at - SWEEP_EVERY_SECONDS
        )

    def _is_back(self, standing: Standing, seen: Seen) -> bool:
        """It failed the last time, and works now; told once for every answer."""
        mark = (standing.key, standing.newest.started)
        before = standing.before
        back = before is not None and (not before.finding.passed or is_false(before, seen))
        if not back or mark in self.noticed or failed_by_chance(standing, seen):
            return False
        self.noticed.add(mark)
        return True

    def _ask_beside(self, back: Sequence[Standing], failing: set[Look], now: float) -> None:
        """What began to fail beside a moment's fault is asked again when that is over, too.

        In the lab names led to a filter for 5 s, and who was asked there was called failing for
        half a minute. What has failed for longer keeps its pace: it is another fault.
        """
        if not back:
            return
        over = max(one.newest.started for one in back) - IN_ONE_BREATH_SECONDS
        began = min(self.failing_since.get(one.key[0], now) for one in back) - FAULT_SECONDS
        for look in failing - STRICT:
            beside = self.failing_since.get(look, now) >= began
            if beside and self.started_at.get(look, now) < over:
                self.confirm_at.setdefault(look, now)

    def _lasted(self, standing: Standing, now: float) -> bool:
        """Its look has been failing for longer than a moment."""
        return now - self.failing_since.get(standing.key[0], now) >= FAULT_SECONDS

    def _gets_through(self, standing: Standing, shut_until: float | None) -> bool:
        """Apple answers after the last reference failed: the way may be open again, whoever had not
        been asked while it was shut. Once, for a network may let out nothing but Apple."""
        if (
            shut_until is None
            or standing.key[0] not in THROUGH
            or self.got_through
            or not standing.passed
            or standing.newest.started <= shut_until
        ):
            return False
        self.got_through = True
        return True

    def _on_demand(self, look: Look) -> bool:
        """What doubt asked for is the doubt's answer, not a symptom of its own."""
        if look not in self.plans:
            return True
        # What takes a quarter of an hour (opt_in) keeps its own pace, whatever else is in doubt.
        return bool(self.plans[look].on_demand_seconds) or self.plans[look].opt_in

    def _from_before(self, symptom_at: float) -> list[Look]:
        """What was asked before the symptom was looked at, and what has passed and was asked before
        that look was surely wrong: such answers prove nothing about now."""
        never = float("-inf")
        return [
            plan.look
            for plan in self.plans.values()
            if not self._on_demand(plan.look)
            and plan.look is not Look.DNS_MANNERS  # only where names fail: see doubts.py
            and plan.look not in self.confirm_at
            and self.started_at.get(plan.look, never)
            < (self.symptom_until if plan.look in self.partly else symptom_at)
        ]

    def _rechecks(self, now: float) -> list[Look]:
        """Looks that fail hard, watched for recovery: the way out, then who has waited longest."""
        failing = self.failing_since.items()
        due = [look for look, since in failing if self._recheck(look, since, now)]
        return sorted(due, key=lambda look: (look is not WATCH, self.started_at.get(look, 0.0)))

    def _recheck(self, look: Look, since: float, now: float) -> bool:
        pace = RECHECK_APPLE_SECONDS if look in APPLE else RECHECK_SECONDS
        if look is Look.GATEWAY and Look.REF_IP in self.failing_since:
            # It may be the whole of the fault, and what it is asked never leaves this network.
            pace = self.plans[look].floor_seconds
        # Where part of a look works, the rest may be blocked for good. Where nothing does, nobody
        # is bothered by our asking.
        calm = look in APPLE or look in STRICT or look in self.partly
        if now - since > PATIENCE_SECONDS and calm:
            pace = self.plans[look].every_seconds
        return seconds_since(self.started_at.get(look), now) >= pace

    def rested(self, look: Look, now: float) -> bool:
        """Whether the look's own floor lets it be asked again."""
        plan = self.plans.get(look)
        if plan is None:
            return False
        strict = look in STRICT and look not in self.unasked
        floor = plan.floor_seconds if strict else CONFIRM_AFTER_SECONDS
        return seconds_since(self.started_at.get(look), now) >= floor

    def _take(self, look: Look) -> bool:
        """Whether the bucket has enough for the look; takes it out if so."""
        if not self.budget.take(self.plans[look]):
            return False
        self.doubts.taken(look)
        self.confirm_at.pop(look, None)
        self.owed.discard(look)
        return True


def left_waiting(waited: Sequence[float]) -> bool:
    """Whether attempts that have waited for so many seconds are a symptom."""
    together = sum(seconds > HEDGE_SECONDS for seconds in waited) >= HEDGE_ATTEMPTS
    return together or any(seconds > HEDGE_ALONE_SECONDS for seconds in waited)


def falls_silent(standing: Standing) -> bool:
    """A reference that failed by what it said, a date that is wrong or an error, says nothing now:
    that is another fault. Pages of before the silence stood beside it, as what still works."""
    before = standing.before
    failed = before.finding.failed if before is not None else None
    spoke = failed is not None and failed.speed is Speed.ACTIVE and failed.step is not Step.CONNECT
    return standing.key[0] in REFERENCES and spoke and standing.silent


def shut(seen: Seen) -> float | None:
    """When the last reference failed, while none answers; None while one does."""
    asked = (*seen.of(Look.REF_IP), *seen.of(Look.REF_NAME))
    if not asked or any(one.passed for one in asked):
        return None
    return max(one.newest.ended for one in asked)


def nothing_gets_out(seen: Seen) -> bool:
    """Surely, and to nobody: whatever else fails beyond this network has nothing to add."""
    asked = [one for look in REFERENCES for one in seen.of(look) if not one.absent]
    shut_out = all(
        one.hard and (one.silent or one.unresolved or one.failed_at is Step.CONNECT)
        for one in asked
    )
    apple = (one for look in THROUGH for one in seen.of(look))
    return bool(asked) and shut_out and not any(one.passed for one in apple)


def right(standing: Standing, seen: Seen) -> bool:
    return standing.passed and not is_false(standing.newest, seen)


def wrong(standing: Standing, seen: Seen) -> bool:
    """It failed, or gave an answer that cannot be true: a look passes by getting an answer."""
    if standing.absent:
        return False
    return standing.failed or (standing.passed and is_false(standing.newest, seen))


def failed_by_chance(standing: Standing, seen: Seen) -> bool:
    """What failed before it passed had failed no more often than chance does here, and others of
    its look passed meanwhile: nothing is over. Two of three sweeps on a line that loses 10 % either
    way were made for such recoveries, and left nothing in the bucket to make sure with."""
    past = seen.history.get(standing.key, ())[1:]
    if in_a_row(past) >= standing.needed - 1:
        return False
    fell, now = past[0].started if past else float("-inf"), standing.newest.started
    return any(
        one.finding.passed and fell <= one.started < now
        for key, observations in seen.history.items()
        if key[0] is standing.key[0] and key != standing.key
        for one in observations
    )


def wrong_before(standing: Standing, seen: Seen) -> bool:
    """The same false answer as the time before: nothing new."""
    before = standing.before
    return before is not None and is_false(standing.newest, seen) and is_false(before, seen)
