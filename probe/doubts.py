"""Looks that only doubt asks for: what would tell one story from another. No I/O.

They are no part of the calm pace; each answers one question that a failure has raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probe.looks import APPLE_LOOKS, Plan
from probe.model import Verdict
from probe.verdict.seen import Seen, Standing
from probe.verdict.signals.elsewhere import too_soon
from probe.verdict.signals.line import in_doubt, may_be_over
from probe.verdict.signals.names import EXACT
from probe.verdict.signals.path import UNAUTHENTICATED
from probe.verdict.signals.resolvers import UNHEARD
from probe.wire.addresses import is_bogon
from probe.words import Cause, Code, Failure, Look, Step

RECHECK_SECONDS = 15.0  # recovery within 35 s needs two looks in that time
MANNERS_SECONDS = 10.0  # as often as a sweep
PATIENCE_SECONDS = 600.0  # after this long the calm pace is enough
# Two minutes of bursts show what a line is like; after that one a minute shows that it still is.
LINE_PATIENCE_SECONDS = 120.0
LINE_FACTOR = 3.0

# Looks asked by doubt that tell one cause of these from another.
CAUSE_FROM_DOUBT: Mapping[Code, frozenset[Look]] = {
    Code.FIREWALL_PORT_BLOCKED: frozenset({Look.NEARBY, Look.PORT_CTL}),
    Code.DEGRADED: frozenset(
        {Look.NEARBY, Look.PORT_CTL, Look.LINE, Look.DNS_ALIVE, Look.DNS_CROSS}
    ),
}
# Whose the silence is, and whether somebody answers in a resolver's place.
NAMES_FROM_DOUBT = frozenset({Look.DNS_ALIVE, Look.DNS_MANNERS})


def telling(verdict: Verdict) -> frozenset[Look]:
    """Looks asked by doubt that could still tell another cause of this verdict.

    Secure pages to which nothing connects are blocked, whatever else is; those that connect and
    hang may lose large packets instead, and only the search near us tells.
    """
    unopened = any(why.failure is not None and why.step is Step.CONNECT for why in verdict.because)
    if verdict.cause is Cause.PARTIAL_CONNECTIVITY and unopened:
        return frozenset()
    if verdict.cause is Cause.RESOLVER_OR_UPSTREAM:
        return NAMES_FROM_DOUBT
    return CAUSE_FROM_DOUBT.get(verdict.code, frozenset())


@dataclass(slots=True)
class Doubts:
    """What has been in doubt so far."""

    # What the last search near us was about: look, group and failure; and what one would be now.
    searched: frozenset[tuple[Look, str, Failure | None]] = frozenset()
    failing_near: frozenset[tuple[Look, str, Failure | None]] = frozenset()
    poor_since: float | None = None  # connections come late, or not at all

    def asked(
        self,
        now: float,
        seen: Seen,
        *,
        plans: Mapping[Look, Plan],
        started_at: Mapping[Look, float],
        failing_since: Mapping[Look, float],
    ) -> list[Look]:
        """Port controls when push fails; a search near us, and other apps, when Apple fails; the
        quality of the line when connections come late; silent resolvers about themselves; other
        resolvers about a name that fails."""
        poor = in_doubt(seen, started_at.get(Look.LINE, float("-inf")))
        self.poor_since = (self.poor_since or now) if poor else None
        failing = frozenset(
            (look, one.newest.finding.group, one.failure)
            for look in APPLE_LOOKS
            for one in seen.of(look)
            if down(one) and one.failed_at in {Step.CONNECT, Step.HANDSHAKE}
        )
        self.searched &= failing
        doubts = {
            Look.PORT_CTL: any(down(one) for one in seen.of(Look.PUSH_5223)),
            Look.LINE: poor,
            Look.NEARBY: bool(failing),
            Look.DNS_ALIVE: any(
                down(one) and one.failure in {*UNHEARD, Failure.DNS_REFUSED}
                for one in seen.of(Look.DNS_EACH)
            ),
            # Since this failure: does a name that no cache has fail too, does somebody intercept?
            Look.DNS_MANNERS: any(
                one.failed
                and one.failure not in EXACT
                and one.newest.ended > started_at.get(Look.DNS_MANNERS, float("-inf"))
                for look in (Look.DNS_EACH, Look.DNS_APP)
                for one in seen.of(look)
            ),
            # Where other names fail too, Apple's are not in doubt.
            Look.DNS_CROSS: any(
                name_in_doubt(one, seen) or may_be_stale(one, seen)
                for one in seen.of(Look.APPLE_WEB)
            )
            and any(one.passed for one in seen.of(Look.DNS_EACH, group="control")),
            Look.MESSENGERS: bool(failing),
            # A right answer elsewhere may be an older one out of a cache: while Apple's names are
            # lost here it is asked for again, until caches have run out (TTLs of 5 min, recorded).
            Look.DNS_ALT: any(one.hard for one in seen.of(Look.DNS_EACH, group="apple"))
            and now - failing_since.get(Look.DNS_EACH, now) <= PATIENCE_SECONDS,
        }
        wanted = [
            look
            for look, doubt in doubts.items()
            if doubt
            and look in plans
            and (
                seconds_since(started_at.get(look), now) >= self._pace(plans[look], now, seen)
                # What began to fail since was not searched for.
                or (look is Look.NEARBY and not failing <= self.searched)
            )
        ]
        if Look.NEARBY in wanted:
            self.failing_near = failing
        return wanted

    def _pace(self, plan: Plan, now: float, seen: Seen) -> float:
        """The quality of a line is not asked for every few seconds when the doubt goes on. Other
        sites have looked again before long: they touch every group within 20 s (probe/looks.py)."""
        if plan.look is Look.NEARBY and too_soon(seen):
            return plan.floor_seconds
        if plan.look is Look.DNS_ALT:
            return RECHECK_SECONDS
        if plan.look is Look.DNS_MANNERS:
            return MANNERS_SECONDS
        pace = plan.on_demand_seconds
        if plan.look is not Look.LINE or now - (self.poor_since or now) <= LINE_PATIENCE_SECONDS:
            return pace
        if may_be_over(seen):
            return pace
        return pace * LINE_FACTOR

    def taken(self, look: Look) -> None:
        """The look is made now."""
        if look is Look.NEARBY:
            self.searched = self.failing_near


def seconds_since(moment: float | None, now: float) -> float:
    return float("inf") if moment is None else now - moment


def down(one: Standing) -> bool:
    return one.failed and not one.unresolved


def name_in_doubt(one: Standing, seen: Seen) -> bool:
    """It fell at its name, or at an address that may be somebody else's."""
    if not one.failed or one.absent:
        return False
    if one.unresolved:
        return one.failure not in {*UNHEARD, Failure.DNS_NO_RESOLVER}
    address = one.newest.finding.address.rpartition(":")[0].strip("[]")
    false = is_bogon(address, expected=seen.targets.known_networks)
    return false or one.failure in UNAUTHENTICATED


def may_be_stale(one: Standing, seen: Seen) -> bool:
    """Nobody takes connections at its address, while others of Apple's own network answer: the name
    may lead to where the host once was."""
    if not (one.hard and one.silent and one.failed_at is Step.CONNECT):
        return False
    own = {host.name for host in seen.targets.apple_hosts if host.own_network}
    return any(other.passed and other.key[1] in own for other in seen.of(Look.APPLE_WEB))
