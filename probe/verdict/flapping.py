"""A line that comes and goes: Nagios' formula (flapping.c, defaults.h). Pure.

The last 21 states, a change between two counting 0.75 when it is the oldest and 1.25 when it is the
newest. Flapping begins at 30 % of all possible changes and ends under 20 %. It freezes what is
told, never what is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from probe.model import NoteSaid, Verdict
from probe.verdict.seen import Seen
from probe.verdict.settle import PASSING
from probe.words import Cause, Certainty, Code, Look, Note

STATES = 21  # MAX_STATE_HISTORY_ENTRIES
OLDEST, NEWEST = 0.75, 1.25
STARTS, STOPS = 0.30, 0.20  # Nagios' sample configuration: high and low flap threshold
# A state every so often, so that faults and recoveries of some ten seconds each count one by one:
# both are told within 35 s (product.md 9), so slower changes are news, each of them.
EVERY_SECONDS = 10.0
AT_ONCE_SECONDS = 1.0  # all references are asked at once
SAID = "It comes and goes; what is told waits until it stays the same for a few minutes."


# What a way out that comes and goes may be told as. Whatever is behind it comes back later than the
# way does, and looks like a fault of its own for as long.
OF_THE_WAY = frozenset(
    {
        Code.LOCAL_LINK,
        Code.LOCAL_GATEWAY,
        Code.CAPTIVE_PORTAL,
        Code.PROXY,
        Code.ISP_INTERNET,
    }
)


@dataclass(frozen=True, slots=True)
class Flapping:
    """What the last minutes looked like: the answer, and the way out; oldest first."""

    answers: tuple[bool, ...] = ()  # something was wrong
    ways: tuple[bool, ...] = ()  # nobody was reached
    sampled_at: float = float("-inf")  # on the clock that counts suspend
    answer_on: bool = False
    way_on: bool = False

    @property
    def on(self) -> bool:
        return self.answer_on or self.way_on


def changes(states: tuple[bool, ...]) -> float:
    """The weighted share of possible changes that happened, 0 to 1. Missing states changed
    nothing."""
    possible = STATES - 1
    pairs = list(pairwise(states))
    first = possible - len(pairs)
    weighted = sum(
        OLDEST + (first + number) * (NEWEST - OLDEST) / (possible - 1)
        for number, (one, other) in enumerate(pairs)
        if one != other
    )
    return weighted / possible


def no_way_out(seen: Seen) -> bool | None:
    """Whether no reference answered when they were last asked, confirmed or not; None: not known.

    A line that comes and goes loses much, and so asks for more confirmations (past.patience) than
    one of its outages lasts: an outage that must be confirmed first would be none.
    """
    asked = [one for one in seen.of(Look.REF_IP) if not one.absent]
    newest = max((one.newest.started for one in asked), default=0.0)
    lately = [one for one in asked if newest - one.newest.started <= AT_ONCE_SECONDS]
    return all(one.failed for one in lately) if lately else None


def sample(
    before: Flapping, verdict: Verdict, way: bool | None, elapsed: float, *, turned: bool = False
) -> Flapping:
    """Take in what is judged, and whether there was no way out; not knowing is no change.

    `turned`: people were told of it just now. That counts whenever it is, and so does every change
    of what is kept back: a link that bounced every two seconds looked the same every ten, and was
    told 31 times before it was called flapping.
    """
    answer = None if verdict.code is Code.UNKNOWN else wrong(verdict)
    answers, ways = longer(before.answers, answer), longer(before.ways, way)
    kept_back = before.on and (answers[-1] is not last(before.answers))
    if elapsed - before.sampled_at < EVERY_SECONDS and not turned and not kept_back:
        return before
    return Flapping(
        answers=answers,
        ways=ways,
        sampled_at=elapsed,
        answer_on=is_on(answers, before=before.answer_on),
        way_on=is_on(ways, before=before.way_on),
    )


def last(states: tuple[bool, ...]) -> bool:
    return states[-1] if states else False


def longer(states: tuple[bool, ...], state: bool | None) -> tuple[bool, ...]:
    return (*states, last(states) if state is None else state)[-STATES:]


def is_on(states: tuple[bool, ...], *, before: bool) -> bool:
    share = changes(states)
    return share > STOPS if before else share >= STARTS


def wrong(verdict: Verdict) -> bool:
    """Something that people would be told of."""
    return verdict.code not in {Code.OK, Code.UNKNOWN} and verdict.cause is not Cause.RECOVERING


def frozen(flapping: Flapping, told: Verdict | None, verdict: Verdict) -> bool:
    """Whether a new verdict is kept back: the fault that was told is there every other moment."""
    if not flapping.on or told is None or not wrong(told) or verdict.told_as == told.told_as:
        return False
    if verdict.cause in PASSING or verdict.cause is Cause.SELF_IMPAIRED:
        return False
    if flapping.way_on and verdict.code not in OF_THE_WAY:
        return True
    if flapping.way_on and told.code not in OF_THE_WAY:
        return False
    better = told.certainty is Certainty.LOW and verdict.certainty is not Certainty.LOW
    return not (better and wrong(verdict))


def noted(verdict: Verdict) -> Verdict:
    """The same verdict, with the note that it comes and goes."""
    note = NoteSaid(code=Note.FLAPPING, said=SAID)
    return verdict if note in verdict.notes else replace(verdict, notes=(*verdict.notes, note))
