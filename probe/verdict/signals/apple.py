"""The signals of Apple as seen from here: push, services, port, nearby.

Only what the far end itself said can accuse it. Silence, and a refusal that anybody on the way
could have sent, leave open whether it is Apple, a filter or the path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from probe.looks import APPLE_LOOKS, PLAN
from probe.model import CertificateFact, NearbyFact, Observation, Reading
from probe.verdict.past import APART_SECONDS, began, failed_by_the_world
from probe.verdict.seen import (
    PORT_MEMORY_SECONDS,
    Seen,
    Standing,
    confirmed,
    facts_of,
    observations_of,
    once,
    operators_of,
    sentence,
)
from probe.verdict.signals.elsewhere import (
    elsewhere,
    newest_failure,
    newest_pass,
    oldest,
)
from probe.verdict.signals.line import (
    apples_own,
    is_intermittent,
    quality,
)
from probe.verdict.signals.names import dns_apple
from probe.verdict.signals.path import (
    AUTHENTICATED,
    UNAUTHENTICATED,
    internet,
    since_then,
    without_broken_ipv4,
)
from probe.verdict.signals.resolvers import hampered
from probe.verdict.signals.slowness import apple_is_slow, dragging
from probe.verdict.signals.way import cut_off
from probe.words import (
    AppleDns,
    Cause,
    Failure,
    Internet,
    Look,
    Nearby,
    Port,
    Push,
    Services,
    Signal,
    Speed,
    Step,
)

# The side of push where apps' and managers' servers hand their messages in.
SENDERS = "push for senders"
# Its own word that it is unwell: a server error, and an end of the connection without an answer.
UNWELL = frozenset({Failure.HTTP_5XX, Failure.HTTP2_GOAWAY})
OWN_CERTIFICATE = frozenset({Failure.SSL_CERT_EXPIRED, Failure.ALPN_NOT_SELECTED})
# A lost greeting is sent again after 1 s and after 3 s (RFC 6298). A handshake that was left less
# time, because the connection took the most of it, has shown nothing.
HUNG_SECONDS = 3.0
NEAR_ORDER = (
    Nearby.LOCAL_ROUTE,
    Nearby.FILTERED,
    Nearby.FINE_ELSEWHERE,
    Nearby.FAILS_ELSEWHERE,
)


def hung(one: Standing) -> bool:
    """TCP was accepted and TLS never spoke, though it was waited for."""
    step = one.newest.finding.failed
    return (
        step is not None
        and step.step is Step.HANDSHAKE
        and step.speed is Speed.SILENT
        and step.seconds >= HUNG_SECONDS
    )


def testified(seen: Seen, one: Standing) -> bool:
    """The far end itself showed that it is unwell.

    A box on the way can take a connection, or refuse one, in Apple's name. So that counts only when
    whoever did it was seen to stand where the address itself stands (probe/distance.py).
    """
    if one.failure in AUTHENTICATED | OWN_CERTIFICATE or misnamed(one):
        return True
    return (hung(one) or refused(one)) and answered_at_the_end(seen, one)


def misnamed(one: Standing) -> bool:
    """Apple's own authority vouches for it, under the name of another host."""
    return one.failure is Failure.SSL_INVALID_HOSTNAME and any(
        isinstance(fact, CertificateFact) and fact.by_own_roots for fact in one.newest.finding.facts
    )


def refused(one: Standing) -> bool:
    return one.failure is Failure.CONNECTION_REFUSED and one.failed_at is Step.CONNECT


def answered_at_the_end(seen: Seen, one: Standing) -> bool:
    """Measured of this group and port, now or the time before: a router that is asked often says
    nothing now and then."""
    group, port = one.newest.finding.group, one.newest.finding.address.rpartition(":")[2]
    return any(
        isinstance(fact, NearbyFact) and fact.at_the_end
        for near in seen.of(Look.NEARBY, group=group)
        if near.passed
        for examined in (near.newest, near.before)
        if examined is not None and examined.finding.address.rpartition(":")[2] == port
        for fact in examined.finding.facts
    )


def judged(seen: Seen, standings: Sequence[Standing]) -> tuple[Standing, ...]:
    """Those that speak about Apple: their name resolved, they were right here before, or now.

    What failed for a certificate that anybody could have made belongs to `tls`, not here; what
    failed while nobody else could be reached, to that fault. Where connections to everybody fail by
    turns, one that was never opened is one of those.
    """
    moment = apple_back_since(seen) - APART_SECONDS
    by_turns = quality(seen) is Cause.NEW_CONNECTIONS_FAILING
    return tuple(
        one
        for one in without_broken_ipv4(seen, since_then(seen, standings))
        if one.passed
        or (
            not one.unresolved
            and (one.failure not in UNAUTHENTICATED or misnamed(one))
            and not (by_turns and one.silent and one.failed_at is Step.CONNECT)
            and seen.was_right(one)
            and one.newest.started >= moment
        )
    )


@once
def apple_back_since(seen: Seen) -> float:
    """When something of Apple's own network that had failed answered again; long ago if nothing.

    What failed before that moment may have failed of the same fault, and is asked anew. Otherwise
    the host that is asked first after a fault of all of them makes the others look like a fault of
    their own.
    """
    return max(
        (
            one.newest.started
            for one in apples_own(seen)
            if one.passed and one.before is not None and failed_by_the_world(one.before)
        ),
        default=float("-inf"),
    )


def nothing_gets_out(seen: Seen, standings: Sequence[Standing]) -> bool:
    """No reference answers even without a name, and neither did any of these; or nothing is
    translated to IPv4, and these are to be had by that alone.

    Then they were tried and are silent, whatever step they fell at; a name would not have helped.
    Without carrier or address they need not even be tried, nor when the router itself says that it
    has lost its line.
    """
    if any(one.passed for one in standings):
        return False
    way_out = internet(seen)
    silent = way_out.value is Internet.UNREACHABLE or way_out.cause is Cause.NAT64_DEAD
    shut = way_out.cause is Cause.WAN_DOWN
    return cut_off(seen) or shut or (bool(standings) and silent)


@once
def push(seen: Seen) -> Reading:
    """One courier of two is enough: fifty of them stand behind one name."""
    main, fallback = seen.of(Look.PUSH_5223), seen.of(Look.PUSH_443)
    # A fallback that never worked here says nothing; one that works needs no history.
    first, second = judged(seen, main), judged(seen, fallback)
    # 5223 that was never seen to work here may still be known blocked, when 443 works.
    new_here = [one for one in since_then(seen, main) if not one.unresolved]
    value, cause = Push.UNKNOWN, None
    because: Sequence[Standing] = (*main, *fallback)
    if any(one.passed for one in main):
        value = Push.WORKS
    elif nothing_gets_out(seen, (*main, *fallback)):
        value = Push.SILENT
    elif any(one.passed for one in fallback) and (
        stopped_near(seen) or (confirmed(new_here) and answered_meanwhile(seen, new_here))
    ):
        value, cause, because = Push.ONLY_443, why_only_443(new_here), new_here
    elif confirmed(first) and confirmed(second):
        failing = (*first, *second)
        if all(testified(seen, one) for one in failing):
            value, cause = Push.FAILS, why_push_fails(failing)
        else:
            value = Push.SILENT
        because = failing
    aside = value is Push.UNKNOWN and never_worked(seen, (*main, *fallback))
    said = sentence(because, "Apple's push service was not looked at")
    return Reading(
        signal=Signal.PUSH,
        value=value,
        said="push never worked here in its first day, and is left out" if aside else said,
        cause=cause,
        because=observations_of(because),
        set_aside=aside,
        age_seconds=seen.age(observations_of((*main, *fallback))),
        # It works by any courier on its own port, and fails by all of them on both.
        oldest_at=newest_pass(main)
        if value is Push.WORKS
        else oldest(map(newest_failure, (first, second))),
    )


def answered_meanwhile(seen: Seen, failing: Sequence[Standing]) -> bool:
    """443 answered while 5223 failed. What only answered after its last failure may be the end of
    a fault of both: seen in the lab, a false certificate on both ports for five seconds."""
    first = min((began(seen.history.get(one.key, ())) or one.newest).started for one in failing)
    last = max(one.newest.ended for one in failing)
    return any(
        first - APART_SECONDS <= one.started <= last + APART_SECONDS
        for key, kept in seen.history.items()
        if key[0] is Look.PUSH_443
        for one in kept
        if one.finding.passed
    )


def never_worked(seen: Seen, standings: Sequence[Standing]) -> bool:
    """Not once in its first day, on either port, while Apple's other services work."""
    return (
        bool(standings)
        and all(one.failed and not one.unresolved for one in standings)
        and {(one.key[0], one.key[1]) for one in standings} <= seen.set_aside
        and services(seen).value is Services.WORK
    )


def why_only_443(failing: Sequence[Standing]) -> Cause | None:
    if all(one.failure is Failure.HOST_UNREACHABLE for one in failing):
        return Cause.ACTIVE_REJECT
    if any(one.failure is Failure.OPERATION_NOT_PERMITTED for one in failing):
        return Cause.LOCAL_HOST_FIREWALL
    return None


def why_push_fails(failing: Sequence[Standing]) -> Cause:
    if any(hung(one) for one in failing):
        return Cause.PUSH_TLS_HANG
    if any(refused(one) for one in failing):
        return Cause.PUSH_REFUSED
    if all(one.failure is Failure.ALPN_NOT_SELECTED for one in failing):
        return Cause.PUSH_PROTOCOL
    return Cause.APPLE_CERTIFICATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One Apple service group, as its hosts show it."""

    name: str
    own_network: bool
    passes: bool
    fails: bool  # every host of it that may speak, confirmed from two places
    partly: bool  # a host of it fails, at least: asked where not all of it does
    testified: bool
    standings: tuple[Standing, ...]

    @property
    def known(self) -> bool:
        return self.passes or self.fails or self.partly

    @property
    def says_unwell(self) -> bool:
        """Whoever was asked of it answers, as itself and twice, that it is unwell."""
        asked = [one for one in self.standings if not one.unresolved]
        return bool(asked) and all(errs(one.newest) and errs(one.before) for one in asked)


@once
def groups(seen: Seen) -> tuple[Group, ...]:
    """Every service group, in the order of the catalogue. One that is not essential is none while
    nothing is known of it, for what isitme expects of it may be wrong. But that it says itself that
    it is unwell holds `ok` back, too: a first start may be in the middle of its outage."""
    own = {host.name: host.own_network for host in seen.targets.apple_hosts}
    aside = {target for look, target in seen.set_aside if look is Look.APPLE_WEB}
    # A group that never worked here in its first day neither accuses nor holds `ok` back.
    names = dict.fromkeys(host.group for host in seen.targets.apple_hosts if host.name not in aside)
    essential = {host.group for host in seen.targets.apple_hosts if host.essential}
    every = tuple(
        group
        for name in names
        if (group := group_of(seen, name, own)).known or name in essential or group.says_unwell
    )
    front = senders(seen)
    return (*every, front) if front.known else every


@once
def senders(seen: Seen) -> Group:
    """The provider side of push. No device needs it, so not knowing it holds nothing back.

    Behind one name stand many servers, and each look draws another: two server errors in a row,
    from two places, are its own word. Whatever else it does fits a filter or the way there.
    """
    all_of_it = seen.of(Look.PUSH_HTTP)
    speaking = judged(seen, all_of_it)
    passing = any(one.passed for one in speaking)
    failing = tuple(one for one in speaking if one.hard)
    limited = any(one.failure is Failure.RATE_LIMITED for one in failing)
    fails = (
        not passing
        and all(errs(one.newest) and errs(one.before) for one in failing)
        and len(places_of(failing)) >= 2
    )
    return Group(
        name=SENDERS,
        own_network=False,  # it is judged by its own word alone, never by all of 17/8 being silent
        passes=passing or limited,
        fails=fails,
        partly=bool(failing) and not passing,
        testified=fails,
        standings=all_of_it,
    )


def errs(observation: Observation | None) -> bool:
    """It answered, as itself, that it is unwell."""
    step = observation.finding.failed if observation is not None else None
    return step is not None and step.failure in UNWELL


def group_of(seen: Seen, name: str, own: dict[str, bool]) -> Group:
    all_of_it = seen.of(Look.APPLE_WEB, group=name)
    speaking = judged(seen, all_of_it)
    failing = tuple(one for one in speaking if one.failed)
    limited = any(one.failure is Failure.RATE_LIMITED for one in failing)
    passes = limited or any(one.passed for one in speaking)
    # A single failing target is never an outage: two hosts, families or addresses must say it.
    fails = not passes and confirmed(failing) and len(places_of(failing)) >= 2
    return Group(
        name=name,
        own_network=any(own.get(one.key[1], True) for one in all_of_it),
        passes=passes,
        fails=fails,
        partly=any(one.hard for one in failing)
        or any(is_intermittent(seen, one.key) for one in all_of_it),
        testified=any(testified(seen, one) for one in failing),
        standings=all_of_it,
    )


def places_of(failing: Sequence[Standing]) -> set[tuple[str, str]]:
    """The hosts and addresses at which it was tried in vain."""
    return {
        (one.finding.target, one.finding.address)
        for standing in failing
        for one in (standing.newest, standing.before if standing.hard else None)
        if one is not None
    }


@once
def services(seen: Seen) -> Reading:
    """Group by group, because that is how Apple usually fails."""
    every = groups(seen)
    known = [group for group in every if group.known]
    failing = [group for group in known if group.fails]
    own = [group for group in known if group.own_network]
    value, cause = Services.UNKNOWN, None
    # By what they show themselves, unless something else explains it.
    said = ""
    cited: Sequence[Standing] = ()
    if nothing_gets_out(seen, seen.of(Look.APPLE_WEB)):
        value, failing = Services.SILENT, list(every)
    elif failing:
        value, cause = failing_value(known, failing, own)
    elif known and len(known) == len(every):
        value = Services.WORK
        if any(group.partly for group in known):
            value, cause = Services.PARTLY, why_partly(known)
        elif dead := forgets_quiet_ones(seen):
            value, cause, cited = Services.PARTLY, Cause.NAT_IDLE_TIMEOUT_SHORT, dead
            said = sentence(dead, "quiet connections die here")
        elif late := hampered(seen):
            # They answer, and people wait for them: what names cost is part of how they work.
            value, cause = Services.PARTLY, late.cause
            said, cited = late.said, late.standings
        elif apple_is_slow(seen):
            value, cause = Services.PARTLY, Cause.APPLE_SLOW
        elif slow := dragging(seen):
            value, cause, cited = Services.PARTLY, Cause.APPLE_SLOW, slow
            names = dict.fromkeys(one.key[1] for one in slow)
            said = f"{', '.join(names)} answered late several times running"
    because = observations_of(
        cited or [one for group in (failing or every) for one in group.standings]
    )
    # They work by one host of each group, and fail by no host of one.
    shown = newest_failure if failing else newest_pass
    # What no device needs is asked every two minutes only.
    needed = [group for group in failing or every if group.name != SENDERS]
    return Reading(
        signal=Signal.SERVICES,
        value=value,
        said=said or services_sentence(every, failing),
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
        oldest_at=oldest(shown(group.standings) for group in needed),
    )


@once
def forgets_quiet_ones(seen: Seen) -> tuple[Standing, ...]:
    """Sessions that were quiet and died without a word, each time, while fresh ones work."""
    dead = tuple(
        one
        for one in seen.of(Look.PUSH_IDLE)
        if one.hard and one.silent and one.failed_at is Step.EXCHANGE
    )
    return dead if any(one.passed for one in seen.of(Look.PUSH_5223)) else ()


def failing_value(
    known: Sequence[Group], failing: Sequence[Group], own: Sequence[Group]
) -> tuple[Services, Cause | None]:
    """Everything, one group, and with or without the far end's own word."""
    own_failing = [group for group in failing if group.own_network]
    silent = [group for group in failing if not group.testified]
    all_own = len(own_failing) == len(own) and len(own) >= 2
    if all_own and all(group in silent for group in own_failing):
        # All of Apple's own network is silent: a path or a filter looks just like that.
        return Services.SILENT, Cause.APPLE_OR_PATH
    if all_own and not silent:
        # Apple's own machines say that they are unwell, even where its rented CDN serves files.
        return Services.FAIL, why_all_fail(failing)
    if len(failing) == len(known) and len(known) >= 2:
        if silent:
            return Services.SILENT, Cause.APPLE_OR_PATH
        return Services.FAIL, why_all_fail(failing)
    if not any(group.passes for group in known):
        # Nothing of Apple's works to compare it with, and what the rest does is not known.
        return Services.UNKNOWN, None
    if len(silent) == len(failing):
        return Services.ONE_SILENT, Cause.APPLE_SERVICE_SILENT
    return Services.ONE_FAILS, None if all_own else Cause.APPLE_SERVICE_FAILS


def why_all_fail(failing: Sequence[Group]) -> Cause:
    failures = {one.failure for group in failing for one in group.standings}
    return Cause.HTTP_5XX if Failure.HTTP_5XX in failures else Cause.APPLE_SERVICE_FAILS


def why_partly(known: Sequence[Group]) -> Cause:
    failures = {one.failure for group in known for one in group.standings}
    if Failure.RATE_LIMITED in failures:
        return Cause.RATE_LIMITED_BY_TARGET
    if Failure.SSL_CERT_EXPIRED in failures:
        return Cause.APPLE_ENDPOINT_CERT_EXPIRED
    hard = any(one.hard for group in known for one in group.standings)
    return Cause.APPLE_PARTLY if hard else Cause.INTERMITTENT


def services_sentence(every: Sequence[Group], failing: Sequence[Group]) -> str:
    if failing:
        silent = all(one.silent for group in failing for one in group.standings if one.failed)
        names = " and ".join(group.name for group in failing)
        return f"no {'' if silent else 'right '}answer to be had from Apple's {names}"
    fine = sum(group.passes for group in every)
    return f"{fine} of {len(every)} Apple service groups answer"


# What was found of a connection to 5223, as the cause of a blocked port; None: blocked, no more.
BLOCKED_BY: Mapping[Cause | None, Cause | None] = {
    Cause.ACTIVE_REJECT_NEAR: Cause.ACTIVE_REJECT,
    Cause.LOCAL_HOST_FIREWALL: Cause.LOCAL_HOST_FIREWALL,
}


@once
def stopped_near(seen: Seen) -> tuple[tuple[Standing, NearbyFact], ...]:
    """Where 5223, which still fails, was seen to be held up near this host."""
    failing = {one.key[1:]: one for one in seen.of(Look.PUSH_5223) if one.failed}
    searches = (
        last_heard(seen, one, since=passed_at(seen, failing[one.key[1:]]))
        for one in seen.of(Look.NEARBY, group="push")
        if one.key[1:] in failing
    )
    return tuple(
        (one, fact)
        for one, fact in facts_of(searches)
        if isinstance(fact, NearbyFact) and fact.found is Nearby.FILTERED
    )


@once
def port(seen: Seen) -> Reading:
    """Blocked when 5223 is seen to be stopped near here, or every control on other ports fails now;
    open only by push itself.

    A network that lets Android's push out (5228) has said nothing about Apple's (5223). And what
    worked here before says nothing against what is seen now.
    """
    controls = seen.of(Look.PORT_CTL)
    failing = [one for one in since_then(seen, controls) if one.failed and not one.unresolved]
    push_now = [one for one in seen.of(Look.PUSH_5223) if one.passed]
    remembered = seen.within(seen.push_seen_seconds_ago, PORT_MEMORY_SECONDS)
    stopped = stopped_near(seen)
    controls_fail = len(failing) == len(controls) and len(operators_of(failing)) >= 2
    value, said = Port.UNKNOWN, "it is not known whether this network lets port 5223 out"
    cause, cited = None, (push_now or controls)
    if push_now:
        value, said = Port.OPEN, "port 5223 is let out: push answered there"
    elif stopped:
        value, said = Port.BLOCKED, sentence([one for one, _ in stopped], "port 5223 is blocked")
        cause = next((c for _, fact in stopped if (c := BLOCKED_BY.get(fact.cause))), None)
        cited = [*(one for one, _ in stopped), *controls]
    elif controls_fail:
        value, said = Port.BLOCKED, "nothing but the web is let out of this network"
    elif remembered:
        value, said = Port.OPEN, "port 5223 was let out of this network before"
    if value is Port.BLOCKED and kernel_forbids(seen):
        cause = Cause.LOCAL_HOST_FIREWALL
    elif value is Port.BLOCKED and cause is None and controls_fail:
        cause = Cause.EGRESS_WEB_ONLY
    because = observations_of(cited)
    return Reading(
        signal=Signal.PORT,
        value=value,
        said=said,
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
    )


# One front of Apple's that turns other names away and is silent to its own may have nobody behind
# it; a filter that hunts Apple's names meets several services.
FILTER_MEETS = 2


@once
def kernel_forbids(seen: Seen) -> bool:
    """This host's own kernel refuses to send something: a firewall of this device is at work."""
    return any(one.failure is Failure.OPERATION_NOT_PERMITTED for one in seen.standings)


def nearby(seen: Seen) -> Reading:
    """What differential tests near this host found. Found nothing is not: nothing is there.

    What was examined counts while it still fails as it did: an answer inside verified TLS is
    another failure, and so is one after it had passed again. Clean is said when something of every
    failing group was examined, or has shown by itself that nobody near us made it fail. Push that
    works by its detour has not failed: why 5223 alone does is a question about that port.
    """
    failing = [one for look in APPLE_LOOKS for one in seen.of(look) if one.failed]
    if any(one.passed for one in seen.of(Look.PUSH_443)):
        failing = [one for one in failing if one.key[0] is Look.APPLE_WEB]
    failing += [one for one in seen.of(Look.PUSH_HTTP) if errs(one.newest)]
    group_of_target = {
        one.newest.examined_as: one.newest.finding.group
        for one in failing
        if one.failure not in AUTHENTICATED
    }
    last_passed = {one.newest.examined_as: passed_at(seen, one) for one in failing}
    looks = tuple(
        last_heard(seen, one, since=last_passed[one.key[1]])
        for one in seen.of(Look.NEARBY)
        if one.key[1] in group_of_target and one.newest.started >= last_passed[one.key[1]]
    )
    said = [
        (group_of_target[one.key[1]], fact)
        for one, fact in facts_of(looks)
        if isinstance(fact, NearbyFact)
    ]
    cut = {group for group, fact in said if fact.cause is Cause.SNI_FILTERED}
    unproved = {group for group, fact in said if fact.turned_away and len(cut) < FILTER_MEETS}
    facts = [fact for group, fact in said if not fact.turned_away or group not in unproved]
    facts += elsewhere(seen)
    found = next((f for word in NEAR_ORDER for f in facts if f.found is word), None)
    value, cause = Nearby.UNKNOWN, None
    accusing = judged(seen, failing)
    # An answer inside verified TLS was made by nobody near us.
    proved = [one for one in accusing if one.failure in AUTHENTICATED]
    doubtful = {one.newest.finding.group for one in accusing if one not in proved}
    examined = {group_of_target[one.key[1]] for one in looks}
    # Something on the way was seen, and nobody can tell whose it is.
    examined -= {group_of_target[one.key[1]] for one in looks if not one.passed}
    examined -= unproved
    if found is not None:
        value, cause = found.found, found.cause
    elif doubtful <= examined and (accusing or names_fail_everywhere(seen)):
        value = Nearby.CLEAN
    because = observations_of(looks or proved)
    return Reading(
        signal=Signal.NEARBY,
        value=value,
        said=sentence(looks, "nothing near this device was examined"),
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
    )


def last_heard(seen: Seen, search: Standing, *, since: float) -> Standing:
    """The newest search for this target that heard anything since then; the newest where none did.

    Routers say once a second at most what expired at them. A search that hears nothing is no
    evidence against one that heard, while what both were about still fails.
    """
    usable = PLAN[Look.NEARBY].max_age_seconds
    heard = (
        each
        for each in seen.history.get(search.key, ())
        if each.started >= since
        and seen.within(seen.since(each.started), usable)
        and all(fact.heard for fact in each.finding.facts if isinstance(fact, NearbyFact))
    )
    return replace(search, newest=next(heard, search.newest))


def passed_at(seen: Seen, one: Standing) -> float:
    """When this target was last asked and passed, as far as is remembered."""
    past = seen.history.get(one.key, ())
    return next((each.started for each in past if each.finding.passed), float("-inf"))


@once
def names_fail_everywhere(seen: Seen) -> bool:
    """Two operators elsewhere say over HTTPS that Apple's names are broken: not near us."""
    return dns_apple(seen).value is AppleDns.WRONG_EVERYWHERE
