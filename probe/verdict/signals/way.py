"""How far the way out goes: who turned connections away, who passes datagrams on.

An ICMP error names its sender, so the machine that says "no way there" tells on which side of it
the fault lies: this host's own stack, the router, or somebody beyond.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from itertools import pairwise, takewhile

from probe.model import ConflictFact, Hop, NetworkFact, Observation, RouterFact, TurnedAwayFact
from probe.verdict.past import failed_by_the_world
from probe.verdict.seen import Seen, facts_of, once
from probe.words import Cause, Failure, Look


@once
def whose_side(seen: Seen) -> Cause:
    """Nothing beyond the router answers. Whose line it is, as far as anybody on the way tells.

    A router that knows no way has lost its line. A machine of the provider's that still speaks up
    proves router and line right. Without such a word, router and provider look alike; the router's
    own name service says "no reachable authority" (RFC 8914) in either case.
    """
    own = own_addresses(seen)
    refusals = [
        fact
        for one in latest(seen)
        for fact in one.finding.facts
        if isinstance(fact, TurnedAwayFact) and fact.offender not in own
    ]
    hops = hops_of(seen)
    near = [fact for fact in refusals if is_near(seen, fact.offender)]
    says_no = any(fact.no_way for fact in near) or any(hop.no_way for hop in hops if hop.near)
    # A container's next hop is this very machine: its "no way" may be our own cable.
    if says_no and not contained(seen):
        return Cause.WAN_DOWN
    if any(fact.vpn for fact in networks_of(seen)):
        # Nothing reaches the router but what is meant for it: its life proves no line, and who
        # speaks up beyond may stand behind the VPN.
        return Cause.VPN_OR_UPSTREAM
    beyond = [
        *(fact.offender for fact in refusals if fact not in near),
        *(hop.address for hop in hops if not hop.near),
    ]
    if any(is_providers(address) for address in beyond):
        return Cause.UPSTREAM_SILENT
    return Cause.GATEWAY_OR_UPSTREAM


def latest(seen: Seen) -> Iterable[Observation]:
    """The failures since the last success of every target, in the last ten minutes.

    A Linux router sends one ICMP error a second to one host (icmp_ratelimit), so what it says to
    one attempt it need not say to the next.
    """
    for standing in seen.standings:
        past = seen.history.get(standing.key, ())
        yield from takewhile(lambda one: not one.finding.passed, past)


@once
def contained(seen: Seen) -> bool:
    """In a container: its link is up and its next hop answers, whatever cable and router do."""
    return any(fact.contained for fact in networks_of(seen))


@once
def cut_off(seen: Seen) -> bool:
    """This host has no carrier on any interface, or no address that can speak beyond its link. Then
    nothing leaves it, whatever was tried."""
    return any(one.failure in CUT_OFF for one in seen.of(Look.LINK))


CUT_OFF = frozenset({Failure.NO_CARRIER, Failure.NO_USABLE_ADDRESS})


@once
def in_conflict(seen: Seen) -> bool:
    """Somebody else on the link claims this host's address, by the last two looks at the router.

    Then answers go to one or the other as the router's table happens to say.
    """
    return any(
        isinstance(fact, ConflictFact)
        for standing in seen.of(Look.GATEWAY)
        for one in (standing.newest, standing.before)
        if one is not None
        for fact in one.finding.facts
    )


def comes_and_goes(seen: Seen) -> bool:
    """The router answered, was silent to everything, and answered again, all within two minutes.

    Then what one look says does not stand beside what another says: its answers may go to another
    device with this address, and no privilege is at hand to see it.
    """
    return any(
        sum(one != other for one, other in pairwise(states)) >= 2
        for key, observations in seen.history.items()
        if key[0] is Look.GATEWAY
        for states in [
            [
                one.finding.passed
                for one in observations
                if seen.within(seen.since(one.ended), LATELY_SECONDS)
                and (one.finding.passed or failed_by_the_world(one))
            ]
        ]
    )


LATELY_SECONDS = 120.0


def is_providers(address: str) -> bool:
    """An address beyond the router that is the provider's and not a second router's at home.

    Both may number their machines from the private blocks; only the shared block 100.64.0.0/10
    (RFC 6598) and public addresses are nobody's home.
    """
    return not ip_address(address.partition("%")[0]).is_private


@once
def hops_of(seen: Seen) -> list[Hop]:
    """Who spoke up on the way, by the last two looks at the router over each family: since a
    reference answered last. The very first look searches the way too, and what spoke up then proves
    nothing about a fault that came after it."""
    open_until = answered_last(seen)
    return [
        hop
        for standing in seen.of(Look.GATEWAY)
        for one in (standing.newest, standing.before)
        if one is not None and one.started >= open_until
        for fact in one.finding.facts
        if isinstance(fact, RouterFact)
        for hop in fact.hops
    ]


def answered_last(seen: Seen) -> float:
    """When a reference was last heard; long ago when none was."""
    return max(
        (
            one.ended
            for key, past in seen.history.items()
            if key[0] in {Look.REF_IP, Look.REF_NAME}
            for one in past
            if one.finding.passed
        ),
        default=float("-inf"),
    )


def networks_of(seen: Seen) -> Iterable[NetworkFact]:
    return (fact for _, fact in facts_of(seen.of(Look.LINK)) if isinstance(fact, NetworkFact))


def gateways_of(seen: Seen) -> set[str]:
    return {gateway for fact in networks_of(seen) for gateway in fact.gateways}


@once
def own_addresses(seen: Seen) -> set[str]:
    return {address for fact in networks_of(seen) for address in fact.addresses}


def is_near(seen: Seen, address: str) -> bool:
    """This host's router, or a neighbour on its network."""
    bare = address.partition("%")[0]
    wanted = ip_address(bare)
    own = (ip_network(text, strict=False) for fact in networks_of(seen) for text in fact.networks)
    return bare in gateways_of(seen) or any(wanted in network for network in own)
