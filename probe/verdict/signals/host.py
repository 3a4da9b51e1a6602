"""The signals of this host and its first hop: self, link, gateway, proxy."""

from __future__ import annotations

from collections.abc import Sequence

from probe.looks import APPLE_LOOKS
from probe.model import Reading, TurnedAwayFact
from probe.verdict.seen import (
    ROUTER_ANSWERS,
    Seen,
    Standing,
    confirmed,
    facts_of,
    observations_of,
    operators_of,
    sentence,
)
from probe.verdict.signals.path import internet
from probe.verdict.signals.way import (
    answered_last,
    contained,
    in_conflict,
    is_near,
    own_addresses,
)
from probe.words import (
    Cause,
    Daemon,
    Failure,
    Gateway,
    Internet,
    Link,
    Look,
    Note,
    Proxy,
    Signal,
)

LINK_CAUSES = {
    Failure.NO_CARRIER: Cause.NO_CARRIER,
    Failure.NO_USABLE_ADDRESS: Cause.NO_USABLE_ADDRESS,
    Failure.NO_DEFAULT_ROUTE: Cause.NO_DEFAULT_ROUTE,
}
UNSEEN_FROM_INSIDE = "a container sees its engine instead; start it with --network host"
LOST = frozenset({Failure.GW_NEIGH_FAILED, Failure.GW_SILENT})
REFERENCES = frozenset({Look.REF_IP, Look.REF_NAME})
# Two of its looks at itself, 5 s apart (probe/looks.py).
ON_TIME_SECONDS = 10.0
# Beside running out of descriptors, which shows itself in any look.
IMPAIRED = frozenset({Failure.SELF_EVENT_LOOP_LAG, Failure.SELF_LOOPBACK_FAILED})


def daemon(seen: Seen) -> Reading:
    """Impaired as soon as it looks so: a doubt about the witness is never too early.

    A process that stood still is believed again when it has been on time for a while.
    """
    looks = seen.of(Look.SELF)
    value, said = Daemon.UNKNOWN, sentence(looks, "isitme has not looked at itself")
    if any(one.failure in IMPAIRED for one in looks):
        value = Daemon.IMPAIRED
    elif any(one.passed for one in looks):
        value = Daemon.FINE
    # Running out of descriptors shows itself in the looks before the next self-check.
    checked = max((one.newest.started for one in looks if one.passed), default=float("-inf"))
    exhausted = [
        one
        for one in seen.standings
        if one.failure is Failure.SELF_FD_EXHAUSTED and one.newest.ended > checked
    ]
    if exhausted:
        value, said = Daemon.IMPAIRED, sentence(exhausted, said)
    if seen.under(seen.stalled_seconds_ago, ON_TIME_SECONDS):
        value, said = Daemon.IMPAIRED, "isitme itself stood still a moment ago"
    because = observations_of(exhausted or looks)
    return Reading(
        signal=Signal.SELF,
        value=value,
        said=said,
        cause=Cause.SELF_IMPAIRED if value is Daemon.IMPAIRED else None,
        because=because,
        age_seconds=seen.age(because),
    )


def link(seen: Seen) -> Reading:
    """The kernel's tables are facts, not samples: one look is proof both ways."""
    looks = seen.of(Look.LINK)
    because = observations_of(looks)
    value, cause = Link.UNKNOWN, None
    for one in looks:
        if one.passed:
            value = Link.UP
        elif one.failure in LINK_CAUSES:
            value, cause = Link.DOWN, LINK_CAUSES[one.failure]
    said = sentence(looks, "the network tables could not be read")
    if value is Link.UP and contained(seen):
        value, said = Link.UNKNOWN, UNSEEN_FROM_INSIDE
    return Reading(
        signal=Signal.LINK,
        value=value,
        said=said,
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
    )


def gateway(seen: Seen) -> Reading:
    """Gone when the kernel cannot find the neighbour, or when a router that answered until now is
    silent to everything. The silence of one that never answered proves nothing.

    A host with two families has one router: alive over either is alive.
    """
    looks = seen.of(Look.GATEWAY)
    because, said = observations_of(looks), sentence(looks, "the router has not been looked at")
    value, cause = Gateway.UNKNOWN, None
    failures = {one.failure for one in looks}
    if contained(seen):
        return Reading(
            signal=Signal.GATEWAY,
            value=value,
            said=UNSEEN_FROM_INSIDE,
            because=because,
            age_seconds=seen.age(because),
        )
    asked = max((one.newest.started for one in looks), default=float("-inf"))
    turned = turned_away(seen, asked)
    own = own_addresses(seen)
    spoke = tuple(
        one for one, fact in turned if fact.offender not in own and is_near(seen, fact.offender)
    )
    unfound = tuple(
        one
        for one, fact in turned
        if fact.offender in own and fact.no_way and one.key[0] in REFERENCES
    )
    if any(one.passed for one in looks):
        value = Gateway.ALIVE
    elif spoke:
        value, because, said = Gateway.ALIVE, observations_of(spoke), "the router speaks up"
    elif failures == {Failure.GW_NEIGH_FAILED}:
        # The kernel itself asked three times, a second apart: that is a hard failure in one look.
        value, cause = Gateway.GONE, Cause.GW_NEIGH_FAILED
    elif (
        failures
        and failures <= LOST
        and ROUTER_ANSWERS in seen.witnesses
        and internet(seen).value is Internet.UNREACHABLE
    ):
        # Asked in every way there is, each again and again: hard in one look, too. A router whose
        # table of connections is full is silent to new ones, and passes others on.
        value, cause = Gateway.GONE, Cause.GW_NEIGH_FAILED
    elif len(operators_of(unfound)) >= 2:
        # Our own stack gave up on the next hop of whatever was tried.
        value, cause, because = Gateway.GONE, Cause.GW_NEIGH_FAILED, observations_of(unfound)
        said = "the router cannot be found"
    if in_conflict(seen):
        cause, because = Cause.IP_CONFLICT, observations_of(looks)
        said = "another device on this network has the same address"
    return Reading(
        signal=Signal.GATEWAY,
        value=value,
        said=said,
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
    )


def turned_away(seen: Seen, since: float) -> list[tuple[Standing, TurnedAwayFact]]:
    """Connections that an ICMP error ended, of attempts that began after a moment."""
    return [
        (one, fact)
        for one, fact in facts_of(one for one in seen.standings if one.newest.started >= since)
        if isinstance(fact, TurnedAwayFact)
    ]


def proxy(seen: Seen) -> Reading:
    """Needed when nothing leads out directly and the proxy does; broken when neither does.

    Where something leads out directly, no proxy is needed, whatever the configured one does; but
    a network may let a few hosts through and Apple by its proxy only. One that was as broken while
    something did lead out has no part in that nothing does now.
    """
    looks = seen.of(Look.PROXY)
    through = [one for one in looks if one.passed]
    out = internet(seen).value
    value, said = Proxy.UNKNOWN, "it is not known whether the configured proxy is needed"
    if not seen.proxy_configured:
        value, said = Proxy.NOT_NEEDED, "no proxy is configured"
    elif out is Internet.REACHED:
        value, said = Proxy.NOT_NEEDED, "connections lead out without the configured proxy"
    elif (out is Internet.UNREACHABLE and through) or (
        out is Internet.PARTLY and apple_only_by_proxy(seen, through)
    ):
        value, said = Proxy.REQUIRED, "nothing leads out but through the configured proxy"
    elif out is Internet.PARTLY:
        value, said = Proxy.NOT_NEEDED, "some connections lead out without the configured proxy"
    elif out is Internet.UNREACHABLE and looks and seen.onset(looks) < answered_last(seen):
        value, said = Proxy.NOT_NEEDED, "the configured proxy failed while others did lead out"
    elif out is Internet.UNREACHABLE and confirmed(looks):
        value, said = Proxy.BROKEN, sentence(looks, "the configured proxy does not work")
    because = observations_of(looks)
    return Reading(
        signal=Signal.PROXY,
        value=value,
        said=said,
        because=because,
        age_seconds=seen.age(because),
    )


def apple_only_by_proxy(seen: Seen, through: Sequence[Standing]) -> bool:
    return any(one.newest.finding.operator == "apple" for one in through) and not any(
        one.passed for look in APPLE_LOOKS for one in seen.of(look)
    )


def notes(seen: Seen) -> list[tuple[Note, str]]:
    """A configured proxy that fails and is not needed changes no verdict; somebody configured it
    for something, though."""
    looks = seen.of(Look.PROXY)
    unneeded = proxy(seen).value is Proxy.NOT_NEEDED
    if not (unneeded and looks and all(one.hard for one in looks)):
        return []
    said = f"The configured proxy does not work and is not needed: {sentence(looks, '')}."
    return [(Note.PROXY_NOT_WORKING, said)]
