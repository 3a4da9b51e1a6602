"""The signals of name resolution: dns (names of others) and dns_apple (Apple's names).

Answers are compared by class, never as sets: a CDN gives every region its own addresses, and two
right answers may have none in common.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import cast

from probe.model import ALTERNATE, APPLE_IPV6, AnswerFact, Observation, Reading
from probe.targets import Targets
from probe.verdict.past import APART_SECONDS, failed_by_the_world, fell_at_its_name
from probe.verdict.seen import Seen, Standing, facts_of, observations_of, once
from probe.verdict.signals.madeup import is_untried, leads_there
from probe.verdict.signals.path import since_then
from probe.verdict.signals.resolvers import (
    RESOLVER,
    STUB,
    UNHEARD,
    address_of,
    deciding,
    fresh_names,
    is_near,
    lives_of,
    nothing_fresh,
    says_stale,
    why_dns_fails,
)
from probe.wire.addresses import STUBS, in_networks, is_bogon
from probe.words import AppleDns, Cause, Dns, Failure, Look, Signal, Step

# What a filter says. Silence and SERVFAIL are what a broken or split resolver says.
FILTERING = frozenset({Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER, Failure.DNS_REFUSED})
EXACT = frozenset({Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER})
# Silence of one moment; after this long without a word about the resolver itself, none will come.
UNEXAMINED_SECONDS = 10.0
# How long a resolver may go on failing after there are answers again: unbound keeps a failure for
# 5 s and BIND for 30 s at most (servfail-ttl), and one may stand behind another.
FAILURE_KEPT_SECONDS = 60.0
# Over verified TLS, in place of an answer: whoever stands in front of the resolver got none either.
GIVEN_UP = frozenset({Failure.EOF, Failure.HTTP_5XX, Failure.HTTP2_GOAWAY})
UNLISTED = "resolvers"  # what the look at each is called where there is none to name
OPINIONS_NEEDED = 2  # operators of DNS over HTTPS that must agree before Apple's DNS is doubted


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one resolver said about one name: right, or wrong in some way, or hard to tell."""

    standing: Standing
    name: str
    right: bool
    bogus: bool  # an answer came, and its address cannot be true
    untried: bool  # it may yet be: nobody has looked who is there
    confirmed_wrong: bool


def said_by(seen: Seen, look: Look, *, group: str) -> list[Said]:
    """The newest word of every resolver about every name of a group."""
    return [said_of(seen, standing) for standing in since_then(seen, seen.of(look, group=group))]


def said_of(seen: Seen, standing: Standing) -> Said:
    bogus, untried = is_false(standing.newest, seen), is_open(standing.newest, seen)
    return Said(
        standing=standing,
        name=standing.key[1].rpartition(" ")[2],
        right=standing.passed and not bogus and not untried,
        bogus=bogus,
        untried=untried,
        # An answer that cannot be true, and "there is no such name", are exact: they need no second
        # look. Silence, SERVFAIL and REFUSED may be a moment's.
        confirmed_wrong=bogus or standing.hard or standing.failure in EXACT,
    )


@once
def answers_of(observation: Observation) -> tuple[AnswerFact, ...]:
    return tuple(fact for fact in observation.finding.facts if isinstance(fact, AnswerFact))


def is_false(observation: Observation, seen: Seen) -> bool:
    """An answer came whose address cannot be true; nor was it made up by whoever carries everything
    from here, nor may it still turn out to be."""
    impossible = impossible_of(observation, seen.targets)
    return (
        bool(impossible)
        and not leads_there(seen, impossible)
        and not is_untried(seen, observation, impossible)
    )


def is_open(observation: Observation, seen: Seen) -> bool:
    """Whether its address can be true is known when somebody was looked for behind it."""
    return is_untried(seen, observation, impossible_of(observation, seen.targets))


def impossible_of(observation: Observation, targets: Targets) -> tuple[str, ...]:
    """The addresses it answered that cannot be true by themselves."""
    if not (answers := answers_of(observation)):
        return ()  # most observations, at every judgement
    # Of the others it is asked several times a judgement: kept, for as long as the targets are.
    kept = cast(tuple[Targets, tuple[str, ...]] | None, observation.memo.get(impossible_of))
    if kept is None or kept[0] is not targets:
        found = (address for one in answers for address in impossible_in(one, targets))
        kept = targets, tuple(dict.fromkeys(found))
        observation.memo[impossible_of] = kept
    return kept[1]


def impossible_in(answer: AnswerFact, targets: Targets) -> list[str]:
    """Addresses that lead nowhere, and those outside of Apple's networks for its own names."""
    expected = (*targets.apple_networks, *targets.known_networks)
    own = answer.name in targets.apple_own_names
    return [
        address
        for address in answer.addresses
        if is_bogon(address, expected=expected)
        or (own and not in_networks(address, targets.apple_networks))
    ]


@once
def dns(seen: Seen) -> Reading:
    """Works when any resolver that applications hear is right; fails when none is, on two different
    names. Names that a cache knows prove nothing about those that none knows.

    Where no resolver is known, applications may have one all the same: they are what counts."""
    said = said_by(seen, Look.DNS_EACH, group="control")
    heard = deciding([one.standing for one in said])
    counted = [one for one in said if one.standing in heard]
    nobody = unlisted(seen)
    apps = said_by(seen, Look.DNS_APP, group="control") if nobody else []
    value, cause, cited = Dns.UNKNOWN, None, tuple(one.standing for one in said) or nobody
    if any(one.right for one in counted):
        value = Dns.WORKS
        if forgotten := nothing_but_memory(seen):
            value, cause, cited = Dns.FAILS, why_dns_fails(seen, forgotten), forgotten
    elif any(one.right for one in apps):
        value, cited = Dns.WORKS, tuple(one.standing for one in apps)
    elif any(one.untried for one in (*counted, *apps)):
        pass  # whether these are false answers is being asked
    elif apps and any(one.failure is Failure.DNS_NO_RESOLVER for one in heard):
        value, cause, cited = Dns.FAILS, Cause.NO_RESOLVER_CONFIGURED, heard
    elif fails_twice(counted) and not being_examined(seen, heard):
        # What a stub was told by those behind it says why, where none of them is right.
        behind = tuple(one for one in said if one.standing not in heard)
        silenced = bool(behind) and not any(one.right for one in behind)
        at_fault = tuple(one.standing for one in behind) if silenced else heard
        value, cause, cited = Dns.FAILS, why_dns_fails(seen, at_fault), heard
    because = observations_of(cited)
    return Reading(
        signal=Signal.DNS,
        value=value,
        said=sentence_about([said_of(seen, one) for one in cited], "control"),
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
    )


@once
def unlisted(seen: Seen) -> tuple[Standing, ...]:
    """What says that no resolver can be asked itself: none is set, or which ones are cannot be
    read. Nothing as long as any is known."""
    asked = tuple(one for one in seen.standings if one.key[0] is Look.DNS_EACH)
    return asked if all(one.key[1] == UNLISTED for one in asked) else ()


def fails_twice(wrong: Sequence[Said]) -> bool:
    """Two names fail, or one fails twice."""
    # Two datagrams that were lost in one moment are one silence.
    answered_wrongly = {one.name for one in wrong if not one.standing.silent}
    return len(answered_wrongly) >= 2 or any(one.standing.hard for one in wrong)


def being_examined(seen: Seen, wrong: Sequence[Standing]) -> bool:
    """Who is to blame is being asked: whether a silent resolver of this network is alive, whether
    somebody here answers in place of one beyond it.

    Not for ever: the question may find no room.
    """
    since = min(one.newest.started for one in wrong)
    waited = max(one.newest.ended - (one.before or one.newest).started for one in wrong)
    if waited >= UNEXAMINED_SECONDS:
        return False
    if all(is_near(seen, address_of(one)) for one in wrong):
        return all(one.failure in UNHEARD for one in wrong) and not lives_of(seen)
    nobody = seen.of(Look.DNS_MANNERS, group="nobody")
    return not any(one.newest.started >= since for one in nobody)


@once
def nothing_but_memory(seen: Seen) -> tuple[Standing, ...]:
    """The failures, when resolvers give names from their caches and can find out no others.

    A name that no cache has fails, and Apple's names, which live shortest, fail alike or are
    answers from before, as the resolver itself says.
    """
    fresh = nothing_fresh(seen)
    apple = deciding([one.standing for one in said_by(seen, Look.DNS_EACH, group="apple")])
    if not fresh or not apple:
        return ()
    if all(one.passed and says_stale(one) for one in apple):
        return fresh
    alike = all(one.hard and one.failure not in FILTERING for one in apple)
    return (*fresh, *apple) if alike else ()


@once
def dns_apple(seen: Seen) -> Reading:
    """Wrong here when another resolver, reached over HTTPS, says otherwise; else nobody knows."""
    failing = names_that_fail(seen)
    crossed = [one for one in said_by(seen, Look.DNS_CROSS, group="apple") if one.name in failing]
    here = [
        *said_by(seen, Look.DNS_EACH, group="apple"),
        *(one for one in crossed if not is_elsewhere(one)),
    ]
    elsewhere = [
        *said_by(seen, Look.DNS_ALT, group="apple"),
        *(one for one in crossed if is_elsewhere(one)),
    ]
    apps = said_by(seen, Look.DNS_APP, group="apple")
    if unlisted(seen):  # their word is the only one from here; a wrong one may be a hosts file's
        here += [one for one in apps if one.right]
    value, cause, witnesses, kept_too_long = AppleDns.UNKNOWN, None, tuple(here), ""
    by_name = {
        name: [one for one in said if one.standing in deciding([o.standing for o in said])]
        for name, said in grouped(here).items()
    }
    # A name is lost here only when every resolver that counts is wrong about it.
    lost = {
        name
        for name, said in by_name.items()
        if all(s.confirmed_wrong or misled(s, elsewhere, seen) or is_stale(s, seen) for s in said)
    }
    doubtful = {n for n, said in by_name.items() if not any(s.right for s in said)} - lost
    proved = {
        name
        for name in lost
        if right_meanwhile(seen, by_name[name], grouped(elsewhere).get(name, ()))
        and all(is_its_own_fault(seen, one) for one in by_name[name])
    }
    bent_for_apps = [
        *(
            said_of(seen, one)
            for one in seen.of(Look.DNS_APP, group="hosts")
            if leads_astray(one, seen)
        ),
        *bent(apps, by_name, seen),
    ]
    if proved:
        value = AppleDns.WRONG_HERE
        witnesses = tuple(one for name in sorted(proved) for one in by_name[name])
        cause = why_apple_names_are_wrong(seen, at_fault(witnesses, here))
        if all(is_stale(one, seen) for one in witnesses):
            kept_too_long = "; nobody answers there, and it answers where others find it"
    elif bent_for_apps:
        value, cause = AppleDns.WRONG_HERE, why_bent(seen, bent_for_apps)
        # Who lies about IPv6 alone is named first.
        over_ipv6 = said_by(seen, Look.DNS_MANNERS, group=APPLE_IPV6)
        named = {one.name for one in bent_for_apps}
        liars = [one for one in over_ipv6 if one.bogus and one.name in named]
        witnesses = (*(liars if cause is not Cause.HOSTS_FILE_OVERRIDE else ()), *bent_for_apps)
    elif lost and lost == set(by_name) and everywhere(lost, elsewhere):
        value, cause = AppleDns.WRONG_EVERYWHERE, Cause.APPLE_AUTHORITATIVE_DNS
        witnesses = (*here, *elsewhere)
    elif by_name and not lost and not doubtful:
        value = AppleDns.RIGHT
    because = observations_of(one.standing for one in witnesses)
    return Reading(
        signal=Signal.DNS_APPLE,
        value=value,
        said=sentence_about(witnesses, "apple") + kept_too_long,
        cause=cause,
        because=because,
        age_seconds=seen.age(observations_of(one.standing for one in here)),
    )


def right_meanwhile(seen: Seen, here: Sequence[Said], elsewhere: Iterable[Said]) -> bool:
    """Somebody elsewhere was right while all here were wrong.

    After a fault of Apple's own name servers whoever is asked first is right first, and a cache may
    keep that there was no answer; what was heard here before that is over is no contradiction.
    """
    asked_here = min(one.standing.newest.started for one in here)
    exact = any(one.bogus or one.right or one.standing.failure in EXACT for one in here)
    grace = 0.0 if exact else FAILURE_KEPT_SECONDS
    return any(
        one.right and right_since(seen, one.standing) + grace <= asked_here for one in elsewhere
    )


def right_since(seen: Seen, one: Standing) -> float:
    """Since when it is known to be right again; long ago when it was never seen to be wrong.
    The looks of one sweep start in one moment."""
    past = seen.history.get(one.key, ())
    first_right = one.newest.started
    for earlier in past:
        if not earlier.finding.passed:
            return first_right - APART_SECONDS
        first_right = earlier.started
    return float("-inf")


def bent(apps: Sequence[Said], by_name: Mapping[str, list[Said]], seen: Seen) -> list[Said]:
    """Applications get what cannot be true, while resolvers answer rightly."""
    return [
        one
        for one in apps
        if one.bogus
        and any(
            # A right answer from before applications got theirs says nothing about their moment.
            said.right and said.standing.newest.started >= bent_since(one, seen)
            for said in by_name.get(one.name, ())
        )
    ]


def leads_astray(one: Standing, seen: Seen) -> bool:
    """The hosts file sends a host of Apple's to where no public host is, or out of Apple's network
    when it lies in it."""
    rented = {host.host for host in seen.targets.apple_hosts if not host.own_network}
    inside = seen.targets.apple_networks
    return bool(impossible_of(one.newest, seen.targets)) or any(
        isinstance(fact, AnswerFact)
        and fact.name not in rented
        and not any(in_networks(address, inside) for address in fact.addresses)
        for _, fact in facts_of((one,))
    )


@once
def names_that_fail(seen: Seen) -> set[str]:
    """Hosts of Apple's that fail now: what was asked about a name answers no later doubt."""
    targets = {one.key[1] for one in seen.of(Look.APPLE_WEB) if one.failed}
    return {host.host for host in seen.targets.apple_hosts if host.name in targets}


def is_elsewhere(one: Said) -> bool:
    """Asked over HTTPS, of a resolver that is not this network's."""
    return not one.standing.newest.finding.operator.startswith((STUB, RESOLVER))


def misled(one: Said, elsewhere: Sequence[Said], seen: Seen) -> bool:
    """A host of Apple's own network, led out of it here and into it elsewhere.

    Asked only after the host failed at that address.
    """
    own = {host.host for host in seen.targets.apple_hosts if host.own_network}
    if one.standing.key[0] is not Look.DNS_CROSS or one.name not in own:
        return False
    inside = seen.targets.apple_networks
    if leads_there(seen, addresses_of(one)):
        return False  # made up by whoever carries everything from here, like those that work
    return not any(in_networks(a, inside) for a in addresses_of(one)) and any(
        other.name == one.name and any(in_networks(a, inside) for a in addresses_of(other))
        for other in elsewhere
    )


def is_stale(one: Said, seen: Seen) -> bool:
    """The host fails at every address it answers, and proved itself, since then, at one that only
    resolvers elsewhere give (ALTERNATE). That is tried where connections are not even taken."""
    dead = dead_ends(seen).get(one.name, {})
    given = addresses_of(one)
    return (
        bool(given)
        and set(given) <= dead.keys()
        and any(
            other.passed
            and other.key[1].rpartition(" ")[2] == one.name
            and other.newest.started >= max(dead[address] for address in given) - APART_SECONDS
            for other in seen.of(Look.DNS_CROSS, group=ALTERNATE)
        )
    )


@once
def dead_ends(seen: Seen) -> Mapping[str, Mapping[str, float]]:
    """Of each host of Apple's that fails: at which addresses it was tried in vain since it last
    answered, and since when."""
    names = {host.name: host.host for host in seen.targets.apple_hosts}
    found: dict[str, dict[str, float]] = {}
    for standing in seen.of(Look.APPLE_WEB):
        if not standing.hard or standing.key[1] not in names:
            continue
        for one in takewhile(fell_behind_its_name, seen.history.get(standing.key, ())):
            host = one.finding.address.rpartition(":")[0].strip("[]")
            found.setdefault(names[standing.key[1]], {})[host] = one.started
    return found


def fell_behind_its_name(one: Observation) -> bool:
    return failed_by_the_world(one) and not fell_at_its_name(one)


def addresses_of(one: Said) -> tuple[str, ...]:
    return tuple(
        address
        for _, fact in facts_of((one.standing,))
        if isinstance(fact, AnswerFact)
        for address in fact.addresses
    )


def is_its_own_fault(seen: Seen, one: Said) -> bool:
    """The failure is about this name, and not about all that the resolver has to find out anew."""
    own = one.bogus or one.right or one.standing.failure in {*EXACT, Failure.DNS_TCP_BLOCKED}
    since = (one.standing.before or one.standing.newest).started
    return own or fresh_names(seen, address_of(one.standing), since)


def bent_since(app: Said, seen: Seen) -> float:
    """When applications are first known to have got the false answer. The looks of one sweep start
    in one moment."""
    newest, before = app.standing.newest, app.standing.before
    first = before if before is not None and is_false(before, seen) else newest
    return first.started - APART_SECONDS


def why_bent(seen: Seen, misled: Sequence[Said]) -> Cause:
    """Only who was read is named: applications ask for IPv6 addresses too, which resolvers here are
    not asked for, and one that lies about these alone leaves the hosts file as it is."""
    lines = facts_of(seen.of(Look.DNS_APP, group="hosts"))
    named = {fact.name for _, fact in lines if isinstance(fact, AnswerFact)}
    by_file = any(
        one.name in named or one.standing.newest.finding.group == "hosts" for one in misled
    )
    if by_file:
        return Cause.HOSTS_FILE_OVERRIDE
    alone = all(wrong_over_ipv6_alone(one, seen) for one in misled)
    return Cause.DNS_AAAA_WRONG if alone else Cause.DNS_FILTERED


def wrong_over_ipv6_alone(one: Said, seen: Seen) -> bool:
    """None of its IPv4 addresses is false, and it has some."""
    false = impossible_of(one.standing.newest, seen.targets)
    older = [address for address in addresses_of(one) if ":" not in address]
    return bool(older) and not any(address in false for address in older)


def at_fault(wrong: Sequence[Said], here: Sequence[Said]) -> Sequence[Said]:
    """What a stub was told by those behind it says why, where none of them is right."""
    names = {one.name for one in wrong}
    behind = [one for one in here if one.name in names and one not in wrong]
    return behind if behind and not any(one.right for one in behind) else wrong


def why_apple_names_are_wrong(seen: Seen, wrong: Sequence[Said]) -> Cause:
    if all(is_stale(one, seen) for one in wrong):
        return Cause.DNS_STALE  # which cache keeps it, this one's or one behind it, is not seen
    if any(one.bogus or one.right or one.standing.failure in FILTERING for one in wrong):
        return Cause.DNS_FILTERED
    if any(one.standing.failure is Failure.DNS_TCP_BLOCKED for one in wrong):
        return Cause.DNS_TCP_BLOCKED
    resolvers = {address_of(one.standing) for one in wrong}
    if resolvers <= STUBS:
        return Cause.SPLIT_DNS_ROUTE  # a stub on this device sends these names another way
    # A filter that keeps silent or says SERVFAIL, or a resolver that cannot get to Apple's servers:
    # one of the two. Nor is a router's SERVFAIL its provider's here: it finds others' names, so
    # nothing shows that what it asks is dead, or that it asks the provider at all.
    return Cause.RESOLVER_OR_UPSTREAM


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
    """It said something; or it took the question over verified TLS and let it lie, or gave it up,
    twice.

    A resolver that asks in vain itself answers late, or never: servers of Apple's that are silent
    look like that from both sides.
    """
    if any(isinstance(fact, AnswerFact) for fact in standing.newest.finding.facts):
        return True
    let_lie = standing.silent and standing.failed_at is Step.EXCHANGE
    given_up = standing.failure in GIVEN_UP and standing.failed_at in {Step.EXCHANGE, Step.CONTENT}
    return standing.hard and (let_lie or given_up)


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
