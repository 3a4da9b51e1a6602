"""Why names fail, as far as the resolvers themselves tell: whose is the silence, the SERVFAIL?

A resolver on this network is ours. One beyond it may be the provider's, or anybody's, and its way
there is the provider's too: its silence accuses nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import median

from probe.model import AnswerFact, DialFact, LifeFact
from probe.verdict.past import APART_SECONDS
from probe.verdict.seen import Seen, Standing, facts_of, once
from probe.verdict.signals.line import CONNECTING
from probe.verdict.signals.way import gateways_of
from probe.verdict.signals.way import is_near as is_on_link
from probe.verdict.usual import trip_seconds
from probe.wire.addresses import OWN_NETWORKS, in_networks
from probe.words import Cause, Failure, Look, Speed, Step

STUB, RESOLVER = "stub ", "resolver "  # how findings call whom they asked (probe/opinion.py)
# RFC 8914: no reachable authority, network error. A forwarder says so of what is behind it.
NO_REACHABLE_AUTHORITY = frozenset({22, 23})
# RFC 8914, the DNSSEC family: no dead upstream, but a validation that fails, often by a clock.
DNSSEC = frozenset({1, 2, 5, 6, 7, 8, 9, 10, 11, 12})
UNHEARD = frozenset(
    {Failure.GENERIC_TIMEOUT, Failure.HOST_UNREACHABLE, Failure.NETWORK_UNREACHABLE}
)
CAUSES = {
    Failure.CONNECTION_REFUSED: Cause.RESOLVER_REFUSED,
    Failure.DNS_SERVFAIL: Cause.DNS_SERVFAIL,
    Failure.DNS_REFUSED: Cause.DNS_REFUSED,
    Failure.DNS_TCP_BLOCKED: Cause.DNS_TCP_BLOCKED,
}
# ChromeOS calls more than 500 ms a problem. An answer that no cache has costs up to four ways there
# and back (root, zone, server, and the line itself), so a long line is no slow resolver.
SLOW_SECONDS = 0.5
ROUND_TRIPS = 4


def address_of(one: Standing) -> str:
    """The resolver that was asked, without its port."""
    return one.newest.finding.address.partition("#")[0]


def is_near(seen: Seen, resolver: str) -> bool:
    """It stands in this network: on this device, or at an address that only this network has, or
    on this device's own link."""
    if in_networks(resolver, OWN_NETWORKS):
        return True
    try:
        return is_on_link(seen, resolver)
    except ValueError:  # what is no address is on no link
        return False


def deciding(standings: Sequence[Standing]) -> tuple[Standing, ...]:
    """Those whose word reaches applications.

    Where a stub on this device answers applications, its word does; what the resolvers behind it
    say tells why.
    """
    stubs = tuple(one for one in standings if one.newest.finding.operator.startswith(STUB))
    return stubs or tuple(standings)


def why_dns_fails(seen: Seen, wrong: Sequence[Standing]) -> Cause:
    """The cause behind failing control names. `wrong` is not empty."""
    failures = Counter(one.failure for one in wrong if one.failure)
    resolvers = {address_of(one) for one in wrong}
    near = all(is_near(seen, resolver) for resolver in resolvers)
    if not near and intercepted_and_broken(seen):
        return Cause.INTERCEPTED_RESOLVER_BROKEN
    if not failures:
        return Cause.DNS_MISBEHAVING  # answers came, and none of them can be true
    most = max(failures.values())
    causes = {
        why_so(seen, wrong, failure, near=near)
        for failure, times in failures.items()
        if times == most
    }
    # Two names that fail in two ways say two things: neither is known.
    return causes.pop() if len(causes) == 1 else Cause.RESOLVER_OR_UPSTREAM


def why_so(seen: Seen, wrong: Sequence[Standing], failure: Failure, *, near: bool) -> Cause:
    """What it means that control names fail in this way."""
    resolvers = {address_of(one) for one in wrong}
    errors = {fact.extended_error for _, fact in facts_of(wrong) if isinstance(fact, AnswerFact)}
    forwards = resolvers <= gateways_of(seen)
    if failure in UNHEARD:
        return why_silent(seen, wrong, near=near)
    if forwards and errors & NO_REACHABLE_AUTHORITY:
        return Cause.RESOLVER_UPSTREAM_DEAD
    if failure is Failure.DNS_SERVFAIL and not errors & DNSSEC:
        # A home router only forwards: its SERVFAIL is its provider's.
        if forwards:
            return Cause.RESOLVER_UPSTREAM_DEAD
        # A public address on this link may be the router's own, whose link-local one routes.
        own = all(in_networks(resolver, OWN_NETWORKS) for resolver in resolvers)
        return Cause.DNS_SERVFAIL if own else Cause.RESOLVER_OR_UPSTREAM
    if failure is Failure.CONNECTION_REFUSED and not near:
        return Cause.RESOLVER_OR_UPSTREAM
    if failure is Failure.DNS_REFUSED and forwards:
        return why_a_forwarder_refuses(seen, wrong)
    return CAUSES.get(failure, Cause.DNS_MISBEHAVING)


def why_a_forwarder_refuses(seen: Seen, wrong: Sequence[Standing]) -> Cause:
    """Its access list, or nobody behind it: dnsmasq 2.90, whose upstream says "port unreachable",
    is silent one time and answers REFUSED the next, without a reason (measured). What it needs
    nobody for it answers all the same; whom an access list turns away it tells nothing."""
    lives = lives_of_those(seen, wrong)
    if lives and not any(life.answers_itself for life in lives):
        return Cause.DNS_REFUSED
    silent = any(silent_before(seen, one) for one in wrong)
    return Cause.RESOLVER_UPSTREAM_DEAD if lives and silent else Cause.RESOLVER_OR_UPSTREAM


def silent_before(seen: Seen, one: Standing) -> bool:
    """It said nothing at all, since it last worked."""
    past = takewhile(lambda each: not each.finding.passed, seen.history.get(one.key, ()))
    steps = (each.finding.failed for each in past)
    return any(step is not None and step.speed is Speed.SILENT for step in steps)


def why_silent(seen: Seen, wrong: Sequence[Standing], *, near: bool) -> Cause:
    """A dead resolver, or a living one with nothing behind it.

    Only the router's own upstream is taken for the provider's: another forwarder may ask anybody.
    """
    if not near:
        return Cause.RESOLVER_OR_UPSTREAM
    resolvers, lives = {address_of(one) for one in wrong}, lives_of_those(seen, wrong)
    if all(one.failure is Failure.HOST_UNREACHABLE for one in wrong):
        return Cause.RESOLVER_SILENT  # nobody has that address any more
    if resolvers <= closed(seen):
        return Cause.RESOLVER_REFUSED
    if not lives:
        return Cause.RESOLVER_OR_UPSTREAM  # it was not asked yet whether it is alive
    if any(life.names_over_tcp for life in lives):
        return Cause.RESOLVER_SILENT  # it works; questions over UDP do not get to it
    if any(life.answers_itself for life in lives):
        only_forwards = resolvers <= gateways_of(seen)
        return Cause.RESOLVER_UPSTREAM_DEAD if only_forwards else Cause.RESOLVER_OR_UPSTREAM
    if all(life.tcp_open is None for life in lives):
        return Cause.RESOLVER_SILENT
    return Cause.RESOLVER_OR_UPSTREAM


@once
def closed(seen: Seen) -> frozenset[str]:
    """The resolvers whose own machine says that nobody listens there, and that have not answered
    since.

    It says so once a second to one asker (icmp(7), icmp_ratelimit): of a sweep's questions one
    hears it, whichever it is, and all others hear nothing. A program's own lookups ask whom they
    like: what they hear is said of a resolver where there is no other.
    """
    answered: dict[str, float] = {}
    said: list[tuple[str, float]] = []
    unnamed: list[float] = []
    for key, observations in seen.history.items():
        for one in observations:
            resolver = one.finding.address.partition("#")[0] if key[0] in ASKED_THEMSELVES else ""
            if resolver and one.finding.passed:
                answered[resolver] = max(one.ended, answered.get(resolver, one.ended))
            failed = one.finding.failed
            if failed is None or failed.failure is not Failure.CONNECTION_REFUSED:
                continue
            if resolver:
                said.append((resolver, one.ended))
            elif failed.step is Step.RESOLVE:
                unnamed.append(one.ended)
    resolvers = {address_of(one) for one in seen.of(Look.DNS_EACH)}
    if len(resolvers) == 1:
        said += [(one, ended) for one in resolvers for ended in unnamed]
    never = float("-inf")
    return frozenset(one for one, ended in said if ended > answered.get(one, never))


ASKED_THEMSELVES = frozenset({Look.DNS_EACH, Look.DNS_MANNERS})


def lives_of_those(seen: Seen, wrong: Sequence[Standing]) -> list[LifeFact]:
    """What those that were asked show of themselves."""
    resolvers = {address_of(one) for one in wrong}
    return [life for life in lives_of(seen) if life.resolver.partition("#")[0] in resolvers]


def lives_of(seen: Seen) -> list[LifeFact]:
    return [f for _, f in facts_of(seen.of(Look.DNS_ALIVE)) if isinstance(f, LifeFact)]


@once
def intercepted_and_broken(seen: Seen) -> bool:
    """A question to where nobody is was answered, and with no address."""
    return any(
        isinstance(fact, AnswerFact) and not fact.addresses
        for _, fact in facts_of(seen.of(Look.DNS_MANNERS, group="nobody"))
    )


# ---------------------------------------------------------------- names from memory

# RFC 8914: a stale answer, a stale "no such name". The resolver itself says that it cannot ask.
STALE = frozenset({3, 19})


def says_stale(one: Standing) -> bool:
    return any(
        isinstance(fact, AnswerFact) and fact.extended_error in STALE
        for _, fact in facts_of((one,))
    )


def fresh_names(seen: Seen, resolver: str, since: float) -> bool:
    """A resolver was heard about a name that no cache has, at that moment or later."""
    return any(
        one.passed and address_of(one) == resolver and one.newest.started >= since - APART_SECONDS
        for one in seen.of(Look.DNS_MANNERS, group="random")
    )


@once
def nothing_fresh(seen: Seen) -> tuple[Standing, ...]:
    """The failures about names that no cache has, when every resolver that counts fails so."""
    asked = deciding(seen.of(Look.DNS_MANNERS, group="random"))
    return asked if all(one.hard for one in asked) else ()


# ---------------------------------------------------------------- names that come late


@dataclass(frozen=True, slots=True, kw_only=True)
class Hampered:
    """Names are right and come late: what applications wait for."""

    cause: Cause
    said: str
    standings: tuple[Standing, ...]


@once
def hampered(seen: Seen) -> Hampered | None:
    """What makes applications wait for right names, if they do and it is known."""
    apps = tuple(one for one in seen.of(Look.DNS_APP) if one.newest.finding.group != "hosts")
    if apps and all(one.silent for one in apps):
        return dead_resolver(seen) or deaf_to_ipv6(seen)
    return slow_resolver(seen, apps)


def by_resolver(standings: Iterable[Standing]) -> Mapping[str, list[Standing]]:
    found: dict[str, list[Standing]] = {}
    for one in standings:
        found.setdefault(address_of(one), []).append(one)
    return found


@once
def dead_resolver(seen: Seen) -> Hampered | None:
    """One resolver answers nothing, another does: applications wait before they ask it."""
    asked = by_resolver(seen.of(Look.DNS_EACH))
    alive = [name for name, every in asked.items() if any(one.passed for one in every)]
    for resolver, every in asked.items():
        if all(one.hard and one.failure in UNHEARD for one in every) and alive:
            said = f"{resolver} does not answer; applications wait before they ask {alive[0]}"
            return Hampered(cause=Cause.RESOLVER_FAILOVER_SLOW, said=said, standings=tuple(every))
    return None


def deaf_to_ipv6(seen: Seen) -> Hampered | None:
    deaf = tuple(one for one in seen.of(Look.DNS_MANNERS, group="families") if one.hard)
    if not deaf:
        return None
    return Hampered(
        cause=Cause.AAAA_QUERY_DROPPED, said=deaf[0].newest.finding.said, standings=deaf
    )


def slow_resolver(seen: Seen, apps: Sequence[Standing]) -> Hampered | None:
    """Every answer took long, twice, for us and for applications, on a line that is not long, and
    longer than this process was late itself."""
    if not apps:
        return None
    for resolver, every in by_resolver(seen.of(Look.DNS_EACH)).items():
        slow = [*apps, *every]
        if not all(one.passed for one in every) or not all(
            took_twice(one, SLOW_SECONDS) for one in slow
        ):
            continue  # not slow whatever the line is like
        since = min((one.before or one.newest).started for one in slow)
        line = line_seconds(seen, since)
        if line is None:
            continue
        bound = SLOW_SECONDS + ROUND_TRIPS * line + own_seconds(seen, since)
        if all(took_twice(one, bound) for one in slow):
            took = median(one.newest.finding.steps[0].seconds for one in every)
            said = f"{resolver} takes {took:.1f} s for an answer"
            return Hampered(cause=Cause.DNS_SLOW, said=said, standings=tuple(every))
    return None


def took_twice(one: Standing, bound: float) -> bool:
    """This look and the one before it took longer."""
    both = (one.newest, one.before)
    return all(
        seen is not None and bool(seen.finding.steps) and seen.finding.steps[0].seconds > bound
        for seen in both
    )


def line_seconds(seen: Seen, since: float) -> float | None:
    """There and back to servers beyond the provider, since then: how long a TCP greeting takes.

    None: nobody was asked since, and before that the line may have been another.
    """
    took = [
        trip
        for key, observations in seen.history.items()
        if key[0] in CONNECTING
        for one in observations
        if one.started >= since and one.finding.passed
        for trip in [trip_seconds(one.finding)]
        if trip is not None
    ]
    return median(took) if took else None


def own_seconds(seen: Seen, since: float) -> float:
    """By how much this process heard of a connection later than it was made, at the worst since
    then: a machine that is busy finds every answer slow, and the kernel knows better of some."""
    return max(
        (
            step.seconds - fact.trip_seconds
            for key, observations in seen.history.items()
            if key[0] in CONNECTING
            for one in observations
            if one.started >= since
            for fact in one.finding.facts
            if isinstance(fact, DialFact) and fact.trip_seconds is not None and not fact.resent
            for step in one.finding.steps
            if step.step is Step.CONNECT
        ),
        default=0.0,
    )
