"""Does the router give any sign of life, and when nothing beyond it answers: who on the way does?

Several questions at once, because a router may ignore any one of them: a datagram to a port of the
router's where nobody listens ("port unreachable"), one to the world that may live one hop only
("time exceeded"), an echo where this process may send one. In doubt also a connection to the
router's name service, and the kernel's own question asked anew ("who has this address?") where that
is allowed. Only a router that none of them wakes is silent, and only one whose neighbour entry
fails cannot be found at all.

In doubt packets that live two to four hops show how far the way goes: a machine of the provider's
that speaks up proves router and line, a router that says "no way" has lost its line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from probe.attempt import IN_DOUBT, Attempt
from probe.failures import LookFailed, failure_of
from probe.machine import Neighbour, Network
from probe.model import ConflictFact, Finding, Hop, Observation, RouterFact
from probe.tools import Tools
from probe.tools.datagram import Poke
from probe.wire.icmp import Word, word_of
from probe.words import Failure, Family, Look, Note, Speed, Step

# Failed ARP reports after 3.05-3.08 s (measured); less would blur it into a timeout.
POKE_SECONDS = 3.5
# The longest wait for what else is asked: a router that cannot find its next hop says so after its
# own 3 s of ARP.
DOUBT_SECONDS = 3.4
# At the very first look nothing is known to fail: whoever is on the way answers in this time.
FIRST_SECONDS = 1.0
HOPS = (2, 3, 4)
# Linux echo replies are not rate-limited (icmp_ratemask), so three lost ones are no accident.
PINGS = 3
PING_SECONDS = 0.4
CLAIMS = 3  # RFC 5227 2.1.1: PROBE_NUM
CLAIM_SECONDS = 1.0
HOST_UNREACHABLE = frozenset({(3, 1), (1, 3)})  # type and code, RFC 792 and RFC 4443
TRACEROUTE_PORT = 33434  # where traceroute starts: no service listens there
DNS_PORT, HTTPS_PORT = 53, 443
# An age that the kernel tells in hundredths, and its work in between.
SLACK_SECONDS = 0.2
# What makes it worth knowing how far the way goes.
DOUBTFUL = frozenset({Look.GATEWAY, Look.REF_IP, Look.REF_NAME, Look.CAPTIVE, Look.DNS_EACH})
FAMILIES = (Family.IPV4, Family.IPV6)
VERSIONS = {Family.IPV4: 4, Family.IPV6: 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLook:
    beyond: Mapping[Family, str]  # an address that only the router leads to

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        network = tools.machine.network()
        gateways = {family: network.gateway(family) for family in FAMILIES}
        waiting = how_doubtful(seen)
        # At once: two lost neighbours one after the other would outlast the look.
        return await asyncio.gather(
            *(
                ask(tools, family, gateway, beyond=self.beyond.get(family), doubt_seconds=waiting)
                for family, gateway in gateways.items()
                if gateway
            )
        )


def how_doubtful(seen: Sequence[Observation]) -> float:
    """For how long the way is to be searched; 0: nothing fails."""
    if IN_DOUBT.get():
        return DOUBT_SECONDS
    if not any(one.look in {Look.REF_IP, Look.REF_NAME} for one in seen):
        return FIRST_SECONDS
    failing = (one.finding.failed for one in seen if one.look in DOUBTFUL)
    return DOUBT_SECONDS if any(s is not None and s.step is not Step.OURS for s in failing) else 0.0


async def ask(
    tools: Tools,
    family: Family,
    gateway: str,
    *,
    beyond: str | None = None,
    doubt_seconds: float = 0.0,
) -> Finding:
    attempt = Attempt(tools.clock, target="gateway", operator="self", family=family)
    attempt.address = gateway
    began = tools.clock.elapsed()
    network = tools.machine.network()
    with attempt:
        async with attempt.step(Step.EXCHANGE, within_seconds=POKE_SECONDS + 0.3):
            life, echoes, hops, conflict = await asyncio.gather(
                _signs_of_life(tools, network, gateway, beyond, in_doubt=doubt_seconds > 0),
                tools.ping(gateway, tries=PINGS, within_seconds=PING_SECONDS),
                _hops(tools, network, beyond, doubt_seconds),
                _conflict(tools, network, family, gateway, in_doubt=doubt_seconds > 0),
            )
            if conflict is not None:
                attempt.learn(conflict)
            answers = life.alive or bool(echoes) or any(hop.near for hop in hops)
            attempt.learn(RouterFact(address=gateway, answers=answers, hops=hops))
            neighbour = tools.machine.network().neighbour(gateway)
            took = tools.clock.elapsed() - began + SLACK_SECONDS
            if answers:
                attempt.said = f"the router {gateway} answers"
            elif hops:
                attempt.said = f"the router {gateway} passes packets on"
            elif life.claimed or _is_there(neighbour, took, in_doubt=doubt_seconds > 0):
                attempt.said = f"the router {gateway} is there"
            elif life.unfound or (neighbour is not None and neighbour.failed):
                said = f"the router {gateway} cannot be found"
                raise LookFailed(Failure.GW_NEIGH_FAILED, Speed.ACTIVE, said)
            else:
                said = f"the router {gateway} says nothing"
                raise LookFailed(Failure.GW_SILENT, Speed.SILENT, said)
            if answers and echoes is False:
                attempt.note(
                    Note.GATEWAY_IGNORES_PING,
                    f"The router {gateway} ignores calls (ping), which is no fault.",
                )
    return attempt.finding()


def _is_there(neighbour: Neighbour | None, took: float, *, in_doubt: bool) -> bool:
    """The kernel has it in its table. While nothing fails that is enough; in doubt it must have
    been proven while this look was under way."""
    if neighbour is None:
        return False
    return neighbour.proven_within(took) or (neighbour.reachable and not in_doubt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What became of the questions put to the router."""

    alive: bool = False  # it answered
    claimed: bool = False  # it claims its address, and no more
    unfound: bool = False  # this host's own stack says that nobody has the address


async def _signs_of_life(
    tools: Tools, network: Network, gateway: str, beyond: str | None, *, in_doubt: bool
) -> Life:
    """Ask in several ways, and be content with the first that is answered."""
    questions = [_poked(tools, gateway, gateway)]
    if beyond is not None:
        questions.append(_poked(tools, beyond, gateway))
    if in_doubt:
        questions.append(_connected(tools, gateway))
        questions.append(_claimed(tools, network, gateway))
    found = Life()
    tasks = [asyncio.create_task(question) for question in questions]
    try:
        for finished in asyncio.as_completed(tasks):
            one = await finished
            if one.alive:
                return one
            found = Life(claimed=found.claimed or one.claimed, unfound=found.unfound or one.unfound)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return found


async def _poked(tools: Tools, address: str, gateway: str) -> Life:
    """A datagram that lives one hop. What a far end would say proves nothing about the router."""
    poke = await tools.poke(address, TRACEROUTE_PORT, ttl=1, within_seconds=POKE_SECONDS)
    word = word_of(6 if ":" in address else 4, poke.icmp_type, poke.icmp_code)
    theirs = address == gateway or word in {Word.EXPIRED, Word.NO_WAY}
    return Life(alive=poke.alive and theirs, unfound=unfound(poke))


async def _connected(tools: Tools, gateway: str) -> Life:
    """A refusal is a sign of life too, and it is not rate-limited as ICMP is."""
    try:
        async with asyncio.timeout(DOUBT_SECONDS):
            stream = await tools.connect(gateway, DNS_PORT)
            stream.close()
    except (OSError, ValueError) as error:
        known = failure_of(error)
        return Life(alive=known is not None and known[0] is Failure.CONNECTION_REFUSED)
    return Life(alive=True)


async def _claimed(tools: Tools, network: Network, gateway: str) -> Life:
    interface = _interface_towards(network, gateway)
    if ":" in gateway or interface is None:
        return Life()
    found = await tools.claimants(gateway, interface, tries=CLAIMS, within_seconds=CLAIM_SECONDS)
    return Life(claimed=bool(found))


async def _hops(
    tools: Tools, network: Network, beyond: str | None, seconds: float
) -> tuple[Hop, ...]:
    """Who speaks up about packets that live a few hops, nearest first.

    Connections like the references' own: a filter that lets datagrams pass and stops connections
    must not make the provider look guilty.
    """
    if beyond is None or seconds <= 0:
        return ()
    found = await asyncio.gather(*(_hop(tools, network, beyond, n, seconds) for n in HOPS))
    return tuple(hop for hop in found if hop is not None)


async def _hop(
    tools: Tools, network: Network, beyond: str, hops: int, seconds: float
) -> Hop | None:
    """Who says that a packet has lived its hops, or that there is no way; None: nobody."""
    fate = await tools.knock(beyond, HTTPS_PORT, ttl=hops, within_seconds=seconds)
    if fate.expired_at is not None:
        near = network.is_near(fate.expired_at)
        return Hop(hops=hops, address=fate.expired_at, near=near, no_way=False)
    said, by = fate.icmp or (0, 0), fate.turned_away_by
    no_way = word_of(6 if ":" in beyond else 4, *said) is Word.NO_WAY
    if by is None or fate.own or not no_way:
        return None
    return Hop(hops=hops, address=by, near=network.is_near(by), no_way=True)


async def _conflict(
    tools: Tools, network: Network, family: Family, gateway: str, *, in_doubt: bool
) -> ConflictFact | None:
    """Whether somebody else claims the address that this host speaks from."""
    own, interface = network.address_towards(gateway), _interface_towards(network, gateway)
    if family is not Family.IPV4 or not in_doubt or own is None or interface is None:
        return None
    found = await tools.claimants(own, interface, tries=CLAIMS, within_seconds=CLAIM_SECONDS)
    return ConflictFact(address=own, mac=min(found)) if found else None


def _interface_towards(network: Network, gateway: str) -> str | None:
    index = next((r.interface_index for r in network.routes if r.gateway == gateway), None)
    return next((one.name for one in network.interfaces if one.index == index), None)


def unfound(poke: Poke) -> bool:
    """This host's own stack says that nobody has the address.

    The entry in the neighbour table may already be on trial again, for another packet's sake.
    """
    return poke.own and (poke.icmp_type, poke.icmp_code) in HOST_UNREACHABLE
