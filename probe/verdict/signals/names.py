"""The signals of name resolution: dns (names of others) and dns_apple (Apple's names).

Answers are compared by class, never as sets: a CDN gives every region its own addresses, and two
right answers may have none in common.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from probe.model import AnswerFact, Observation, Reading
from probe.targets import Targets
from probe.verdict.past import APART_SECONDS
from probe.verdict.seen import Seen, Standing, facts_of, observations_of
from probe.verdict.signals.path import since_then
from probe.verdict.signals.way import NO_REACHABLE_AUTHORITY, gateways_of
from probe.wire.addresses import in_networks, is_bogon
from probe.words import AppleDns, Cause, Dns, Failure, Look, Signal

DNS_CAUSES = {
    Failure.CONNECTION_REFUSED: Cause.RESOLVER_REFUSED,
    Failure.GENERIC_TIMEOUT: Cause.RESOLVER_SILENT,
    Failure.HOST_UNREACHABLE: Cause.RESOLVER_SILENT,
    Failure.NETWORK_UNREACHABLE: Cause.RESOLVER_SILENT,
    Failure.DNS_SERVFAIL: Cause.DNS_SERVFAIL,
    Failure.DNS_REFUSED: Cause.DNS_REFUSED,
    Failure.DNS_TCP_BLOCKED: Cause.DNS_TCP_BLOCKED,
    Failure.DNS_NO_RESOLVER: Cause.NO_RESOLVER_CONFIGURED,
}
# What a filter says. Silence and SERVFAIL are what a broken or split resolver says.
FILTERING = frozenset({Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER, Failure.DNS_REFUSED})
EXACT = frozenset({Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER})
OPINIONS_NEEDED = 2  # operators of DNS over HTTPS that must agree before Apple's DNS is doubted


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one resolver said about one name: right, or wrong in some way, or hard to tell."""

    standing: Standing
    name: str
    right: bool
    bogus: bool  # an answer came, and its address cannot be true
    confirmed_wrong: bool


def said_by(seen: Seen, look: Look, *, group: str) -> list[Said]:
    """The newest word of every resolver about every name of a group."""
    targets = seen.targets
    result = []
    for standing in since_then(seen, seen.of(look, group=group)):
        answers = [fact for _, fact in facts_of((standing,)) if isinstance(fact, AnswerFact)]
        name = answers[0].name if answers else standing.key[1].rpartition(" ")[2]
        bogus = is_bogus(standing.newest, targets)
        right = standing.passed and not bogus
        result.append(
            Said(
                standing=standing,
                name=name,
                right=right,
                bogus=bogus,
                # An answer that cannot be true, and "there is no such name", are exact: they need
                # no second look. Silence, SERVFAIL and REFUSED may be a moment's.
                confirmed_wrong=bogus
                or standing.hard
                or (standing.failed and standing.failure in EXACT),
            )
        )
    return result


def is_bogus(observation: Observation, targets: Targets) -> bool:
    """An answer came, and its address cannot be true."""
    answers = [fact for fact in observation.finding.facts if isinstance(fact, AnswerFact)]
    expected = (*targets.apple_networks, *targets.known_networks)
    return any(
        is_bogon(address, expected=expected)
        or (
            answer.name in targets.apple_own_names
            and not in_networks(address, targets.apple_networks)
        )
        for answer in answers
        for address in answer.addresses
    )


def dns(seen: Seen) -> Reading:
    """Works when any configured resolver is right; fails when none is, on two different names."""
    said = said_by(seen, Look.DNS_EACH, group="control")
    wrong = [one for one in said if not one.right]
    value, cause = Dns.UNKNOWN, None
    if any(one.right for one in said):
        value = Dns.WORKS
    elif any(one.standing.failure is Failure.DNS_NO_RESOLVER for one in said):
        value, cause = Dns.FAILS, Cause.NO_RESOLVER_CONFIGURED
    elif len({one.name for one in wrong if not one.standing.silent}) >= 2 or any(
        # Two datagrams that were lost in one moment are one silence.
        one.standing.hard
        for one in wrong
    ):
        value, cause = Dns.FAILS, why_dns_fails(seen, wrong)
    because = observations_of(one.standing for one in (wrong if cause else said))
    return Reading(
        signal=Signal.DNS,
        value=value,
        said=sentence_about(said, "control"),
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
    )


def why_dns_fails(seen: Seen, wrong: Sequence[Said]) -> Cause:
    errors = {
        fact.extended_error
        for one in wrong
        for _, fact in facts_of((one.standing,))
        if isinstance(fact, AnswerFact)
    }
    if errors & NO_REACHABLE_AUTHORITY:
        return Cause.RESOLVER_UPSTREAM_DEAD
    failures = Counter(one.standing.failure for one in wrong if one.standing.failure)
    if not failures:
        return Cause.DNS_MISBEHAVING  # answers came, and none of them can be true
    most = failures.most_common(1)[0][0]
    resolvers = {one.standing.newest.finding.address.partition("#")[0] for one in wrong}
    if most is Failure.DNS_SERVFAIL and resolvers <= gateways_of(seen):
        # A home router only forwards: its SERVFAIL is its provider's.
        return Cause.RESOLVER_UPSTREAM_DEAD
    return DNS_CAUSES.get(most, Cause.DNS_MISBEHAVING)


def dns_apple(seen: Seen) -> Reading:
    """Wrong here when another resolver, reached over HTTPS, says otherwise; else nobody knows."""
    here = said_by(seen, Look.DNS_EACH, group="apple")
    elsewhere = said_by(seen, Look.DNS_ALT, group="apple")
    apps = said_by(seen, Look.DNS_APP, group="apple")
    value, cause, witnesses = AppleDns.UNKNOWN, None, tuple(here)
    by_name = grouped(here)
    # A name is lost here only when every configured resolver is wrong about it.
    lost = {n for n, said in by_name.items() if said and all(s.confirmed_wrong for s in said)}
    doubtful = {n for n, said in by_name.items() if not any(s.right for s in said)} - lost
    right_elsewhere = {
        name for name in lost if right_meanwhile(by_name[name], grouped(elsewhere).get(name, ()))
    }
    bent_for_apps = [
        one
        for one in apps
        if one.bogus
        and any(
            # A right answer from before applications got theirs says nothing about their moment.
            said.right and said.standing.newest.started >= bent_since(one, seen.targets)
            for said in by_name.get(one.name, ())
        )
    ]
    if lost & right_elsewhere:
        value = AppleDns.WRONG_HERE
        witnesses = tuple(one for one in here if one.name in lost & right_elsewhere)
        cause = why_apple_names_are_wrong(seen, witnesses)
    elif bent_for_apps:
        value, cause = AppleDns.WRONG_HERE, Cause.HOSTS_FILE_OVERRIDE
        witnesses = tuple(bent_for_apps)
    elif lost and lost == set(by_name) and everywhere(lost, elsewhere):
        value, cause = AppleDns.WRONG_EVERYWHERE, Cause.APPLE_AUTHORITATIVE_DNS
        witnesses = (*here, *elsewhere)
    elif by_name and not lost and not doubtful:
        value = AppleDns.RIGHT
    because = observations_of(one.standing for one in witnesses)
    return Reading(
        signal=Signal.DNS_APPLE,
        value=value,
        said=sentence_about(witnesses, "apple"),
        cause=cause,
        because=because,
        age_seconds=seen.age(observations_of(one.standing for one in here)),
    )


def right_meanwhile(here: Iterable[Said], elsewhere: Iterable[Said]) -> bool:
    """Somebody elsewhere was right while all here were wrong.

    After a fault of Apple's own name servers whoever is asked first is right first; what was heard
    here before that moment is no contradiction.
    """
    asked_here = min(one.standing.newest.started for one in here)
    return any(one.right and right_since(one.standing) <= asked_here for one in elsewhere)


def right_since(one: Standing) -> float:
    """Since when it is known to be right again; long ago when it was right the time before too.
    The looks of one sweep start in one moment."""
    again = one.before is not None and not one.before.finding.passed
    return one.newest.started - APART_SECONDS if again else float("-inf")


def bent_since(app: Said, targets: Targets) -> float:
    """When applications are first known to have got the false answer. The looks of one sweep start
    in one moment."""
    newest, before = app.standing.newest, app.standing.before
    first = before if before is not None and is_bogus(before, targets) else newest
    return first.started - APART_SECONDS


def why_apple_names_are_wrong(seen: Seen, wrong: Sequence[Said]) -> Cause:
    if any(one.bogus or one.standing.failure in FILTERING for one in wrong):
        return Cause.DNS_FILTERED
    if any(one.standing.failure is Failure.DNS_TCP_BLOCKED for one in wrong):
        return Cause.DNS_TCP_BLOCKED
    resolvers = {one.standing.newest.finding.address.partition("#")[0] for one in wrong}
    servfail = all(one.standing.failure is Failure.DNS_SERVFAIL for one in wrong)
    if servfail and resolvers <= gateways_of(seen):
        # A home router only forwards: its provider's resolver does not find the way to Apple's.
        return Cause.RESOLVER_UPSTREAM_DEAD
    return Cause.SPLIT_DNS_ROUTE


def everywhere(names: Iterable[str], elsewhere: Sequence[Said]) -> bool:
    """At least two operators elsewhere were reached, answered, and were wrong about all of them.

    A second opinion that could not be asked is no opinion.
    """
    by_name = grouped(one for one in elsewhere if answered(one.standing))
    return all(
        len({one.standing.newest.finding.operator for one in by_name.get(name, ())})
        >= OPINIONS_NEEDED
        and not any(one.right for one in by_name[name])
        for name in names
    )


def answered(standing: Standing) -> bool:
    return any(isinstance(fact, AnswerFact) for fact in standing.newest.finding.facts)


def grouped(said: Iterable[Said]) -> Mapping[str, list[Said]]:
    by_name: defaultdict[str, list[Said]] = defaultdict(list)
    for one in said:
        by_name[one.name].append(one)
    return by_name


def sentence_about(said: Sequence[Said], group: str) -> str:
    """One line for a person: which resolver said what."""
    if not said:
        return "no name was asked for"
    wrong = [one for one in said if not one.right]
    first = (wrong or list(said))[0]
    return first.standing.newest.finding.said or f"{group} names were asked for"
