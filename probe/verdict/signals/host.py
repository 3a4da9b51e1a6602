"""The signals of this host and its first hop: self, link, gateway, proxy."""

from __future__ import annotations

from collections.abc import Sequence

from probe.model import Reading
from probe.verdict.seen import Seen, Standing, confirmed, observations_of, sentence
from probe.verdict.signals.path import internet
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
IMPAIRED = frozenset({Failure.SELF_EVENT_LOOP_LAG, Failure.SELF_FD_EXHAUSTED})


def daemon(seen: Seen) -> Reading:
    """Impaired as soon as it looks so: a doubt about the witness is never too early."""
    looks = seen.of(Look.SELF)
    value = Daemon.UNKNOWN
    if any(one.failure in IMPAIRED for one in looks):
        value = Daemon.IMPAIRED
    elif any(one.passed for one in looks):
        value = Daemon.FINE
    # Running out of descriptors shows itself in the looks before the next self-check.
    exhausted = [s for s in seen.standings if s.failure is Failure.SELF_FD_EXHAUSTED]
    if exhausted:
        value = Daemon.IMPAIRED
    because = observations_of(exhausted or looks)
    return Reading(
        signal=Signal.SELF,
        value=value,
        said=sentence(exhausted or looks, "isitme has not looked at itself"),
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
    return Reading(
        signal=Signal.LINK,
        value=value,
        said=sentence(looks, "the network tables could not be read"),
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
    )


def gateway(seen: Seen) -> Reading:
    """Gone only when the kernel cannot find the neighbour; silence proves nothing.

    A host with two families has one router: alive over either is alive.
    """
    looks = seen.of(Look.GATEWAY)
    because = observations_of(looks)
    value, cause = Gateway.UNKNOWN, None
    lost = [one for one in looks if one.failure is Failure.GW_NEIGH_FAILED]
    if any(one.passed for one in looks):
        value = Gateway.ALIVE
    elif lost and len(lost) == len(looks):
        # The kernel itself asked three times, a second apart: that is a hard failure in one look.
        value, cause = Gateway.GONE, Cause.GW_NEIGH_FAILED
    return Reading(
        signal=Signal.GATEWAY,
        value=value,
        said=sentence(looks, "the router has not been looked at"),
        cause=cause,
        because=because,
        age_seconds=seen.age(because),
    )


def proxy(seen: Seen) -> Reading:
    """Needed when nothing leads out directly and the proxy does; broken when neither does.

    Where something leads out directly, no proxy is needed, whatever the configured one does; but
    a network may let a few hosts through and Apple by its proxy only.
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
    direct = (Look.PUSH_5223, Look.PUSH_443, Look.APPLE_WEB)
    return any(one.newest.finding.operator == "apple" for one in through) and not any(
        one.passed for look in direct for one in seen.of(look)
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
