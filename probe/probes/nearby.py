"""When only Apple fails: is it something near us? Differential tests on the very addresses.

Who answers there, and does not speak: the far end, or a box on the way (probe/distance.py)? And
five questions, each with a twin that differs in one thing: does the kernel send Apple's traffic
another way than the rest; does a near device answer "prohibited" for Apple's address, or swallow
one port of it (probe/passage.py); does the same address, at the same moment, speak when it
is called by a neutral name and not by its own; or when packets are small?
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from itertools import zip_longest

from probe.attempt import Attempt
from probe.distance import Stands, who_answers
from probe.elsewhere import ask, ask_for_all
from probe.failures import LookFailed
from probe.looks import APPLE_LOOKS
from probe.machine import Network, Route
from probe.model import Finding, NearbyFact, Observation
from probe.passage import HeldUp, held_up, turned_away
from probe.targets import AppleHost, Courier, Peer, Reference, Vantage
from probe.tools import Tools
from probe.trust import Use
from probe.words import Cause, Failure, Look, Nearby, Speed, Step

EXAMINED = 4  # addresses at a time; one would be enough to find a filter
NEUTRAL_NAME = "www.example.com"  # RFC 2606: says nothing to a filter that hunts Apple's names
CONNECT_SECONDS = 2.0
HANDSHAKE_SECONDS = 2.5
# Fits every link that IPv6 may use (1280 bytes, RFC 8200 5), with room for tunnels; measured
# to pass where full packets vanish.
SMALL_SEGMENT_BYTES = 1000
PUSH_GROUP = "push"


class Answer(Enum):
    """What a TLS greeting met."""

    NONE = auto()
    ALERT = auto()  # turned away, in TLS
    HELLO = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class NearbyLook:
    apple_hosts: tuple[AppleHost, ...]
    courier: Courier
    references: tuple[Reference, ...] = ()  # looked up in the routing table; nothing is sent there
    apple_networks: tuple[str, ...] = ()
    peers: tuple[Peer, ...] = ()
    vantage: Vantage | None = None

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        network = tools.machine.network()
        failing = [
            observation
            for observation in seen
            if observation.look in APPLE_LOOKS and needs_examination(observation)
        ]
        chosen = by_turns(failing)
        walked, measured = walked_for(chosen), measured_for(chosen)
        return await asyncio.gather(
            *(
                self._examine(
                    tools,
                    network,
                    one,
                    walk=one in walked,
                    measure=one in measured,
                    astray=sent_astray(network, one, seen, self.references),
                )
                for one in chosen
            ),
            *(ask(tools, peer) for peer in self.peers),
            *(ask_for_all(tools, one) for one in (self.vantage,) if one is not None),
        )

    async def _examine(
        self,
        tools: Tools,
        network: Network,
        suspected: Observation,
        *,
        walk: bool,
        measure: bool,
        astray: bool,
    ) -> Finding:
        suspect = suspected.finding
        attempt = Attempt(
            tools.clock,
            target=suspected.examined_as,
            operator="apple",
            family=suspect.family,
            group=suspect.group,
        )
        attempt.address = suspect.address
        with attempt:
            async with attempt.step(Step.EXCHANGE, within_seconds=5.5):
                (fact, words), stands = await asyncio.gather(
                    _found(
                        tools,
                        network,
                        suspected,
                        self._own_name(suspected),
                        walk=walk,
                        astray=astray,
                    ),
                    self._measured(tools, suspect) if measure else nowhere(),
                )
                if stands is Stands.NEARER and fact.found is Nearby.CLEAN:
                    said = f"somebody on the way answers in the name of {suspect.address}"
                    raise LookFailed(Failure.GENERIC_TIMEOUT, Speed.SILENT, said)
            if stands is Stands.ROUTER and fact.found is Nearby.CLEAN:
                fact = replace(fact, found=Nearby.FILTERED, cause=Cause.ACTIVE_REJECT_NEAR)
                words = f"the router here answers in the name of {suspect.address}"
            attempt.learn(replace(fact, at_the_end=stands is Stands.AT_THE_END))
            attempt.said = words
            if fact.found is Nearby.UNKNOWN:
                with attempt.reading():
                    raise LookFailed(Failure.GENERIC_TIMEOUT, Speed.SILENT, words)
        return attempt.finding()

    async def _measured(self, tools: Tools, suspect: Finding) -> Stands:
        address, port = place_of(suspect)
        return await who_answers(tools, address, port, owners_networks=self.apple_networks)

    def _own_name(self, observation: Observation) -> str:
        """What a device calls this target in its TLS greeting."""
        names = {host.name: host.host for host in self.apple_hosts}
        return names.get(observation.finding.target, self.courier.server_name)


def by_turns(failing: Sequence[Observation]) -> Sequence[Observation]:
    """As many as may be examined, of every service group and port first one, then another."""
    by_group: dict[tuple[Look, str], list[Observation]] = {}
    for one in failing:
        by_group.setdefault((one.look, one.finding.group), []).append(one)
    rounds = zip_longest(*by_group.values())
    return [one for round_ in rounds for one in round_ if one is not None][:EXAMINED]


def walked_for(chosen: Sequence[Observation]) -> tuple[Observation, ...]:
    """Of each family one, push first: whether its port passes the router.

    One at a time, because the machine behind the router says only once a second what expired there.
    """
    order = {Look.PUSH_5223: 0, Look.PUSH_443: 1}
    unopened = [one for one in chosen if (step := one.finding.failed) and step.step is Step.CONNECT]
    unopened.sort(key=lambda one: order.get(one.look, 2))
    return tuple({one.finding.family: one for one in reversed(unopened)}.values())


def measured_for(chosen: Sequence[Observation]) -> tuple[Observation, ...]:
    """Of each group and port one that answers and does not speak: where does it stand?

    One is enough, and routers say only so often what expired there.
    """
    answering = [one for one in chosen if answers_without_speaking(one)]
    once = {(one.look, one.finding.group): one for one in reversed(answering)}
    return tuple(once.values())


def answers_without_speaking(observation: Observation) -> bool:
    """The connection was taken and TLS never came, or it was refused."""
    failed = observation.finding.failed
    return failed is not None and (
        failed.failure is Failure.CONNECTION_REFUSED
        or (failed.step is Step.HANDSHAKE and failed.speed is Speed.SILENT)
    )


def needs_examination(observation: Observation) -> bool:
    """It failed after its address was known and before the far end proved itself."""
    failed = observation.finding.failed
    return (
        failed is not None
        and failed.step in {Step.CONNECT, Step.HANDSHAKE}
        and bool(observation.finding.address)
    )


async def nowhere() -> Stands:
    return Stands.UNKNOWN


def place_of(suspect: Finding) -> tuple[str, int]:
    host, _, port = suspect.address.rpartition(":")
    return host.strip("[]"), int(port)


async def _found(
    tools: Tools,
    network: Network,
    observation: Observation,
    own_name: str,
    *,
    walk: bool,
    astray: bool,
) -> tuple[NearbyFact, str]:
    """What the twins of one target showed, and the sentence for it."""
    fact = partial(NearbyFact, target=observation.finding.target)
    address, port = place_of(observation.finding)
    if astray:
        said = f"this device sends {address} another way than the rest"
        return fact(found=Nearby.LOCAL_ROUTE, cause=Cause.LOCAL_ROUTE_DIVERGENCE), said
    failed = observation.finding.failed
    assert failed is not None
    held, heard = None, True
    if failed.failure in {Failure.HOST_UNREACHABLE, Failure.NETWORK_UNREACHABLE}:
        held = await turned_away(tools, network, address, port)
    elif failed.failure is Failure.OPERATION_NOT_PERMITTED:
        held = HeldUp(cause=Cause.LOCAL_HOST_FIREWALL, said="a firewall on this device forbids it")
    elif failed.step is Step.CONNECT and not walk:
        heard = False
    elif failed.step is Step.CONNECT:
        silently = (
            Cause.PUSH_FULLY_BLOCKED
            if observation.finding.group == PUSH_GROUP
            else Cause.ACTIVE_REJECT_NEAR
        )
        passage = await held_up(tools, network, address, port, silently=silently)
        held, heard = passage.held_up, passage.heard
    if held is not None:
        return fact(found=Nearby.FILTERED, cause=held.cause), held.said
    if failed.step is Step.HANDSHAKE:
        courier = observation.finding.group == PUSH_GROUP
        speaks_to = partial(_speaks_to, tools, address, port, courier=courier)
        # Both at once: a far end that has recovered meanwhile speaks to either.
        as_itself, neutrally, in_small = await asyncio.gather(
            speaks_to(own_name),
            speaks_to(NEUTRAL_NAME),
            speaks_to(own_name, segment_bytes=SMALL_SEGMENT_BYTES),
        )
        if neutrally is not Answer.NONE and as_itself is Answer.NONE:
            said = f"{address} speaks when it is not called by Apple's name"
            alert = neutrally is Answer.ALERT
            return fact(found=Nearby.FILTERED, cause=Cause.SNI_FILTERED, turned_away=alert), said
        if in_small is not Answer.NONE and as_itself is Answer.NONE:
            # Not the far end, and nobody can tell where on the way: this is not "clean".
            said = f"{address} speaks when packets are small: something on the way loses large ones"
            return fact(found=Nearby.UNKNOWN, cause=Cause.PMTU_BLACKHOLE), said
    said = "looked, and found nothing near this device that explains it"
    return fact(found=Nearby.CLEAN, heard=heard), said


def sent_astray(
    network: Network,
    suspected: Observation,
    seen: Sequence[Observation],
    references: Sequence[Reference],
) -> bool:
    """It is sent another way than every reference, and nothing of Apple's has answered by that way
    since it was asked: a VPN that carries Apple's networks on purpose, and works, is no fault."""
    address, _ = place_of(suspected.finding)
    if not diverges(network, address, references):
        return False
    way = network.route_to(address)
    return not any(
        one.look in APPLE_LOOKS
        and one.finding.passed
        and one.ended > suspected.started
        and bool(one.finding.address)
        and alike(network.route_to(place_of(one.finding)[0]), way)
        for one in seen
    )


def alike(one: Route | None, other: Route | None) -> bool:
    """Both lead to the same next hop."""
    if one is None or other is None:
        return False
    return (one.gateway, one.interface_index) == (other.gateway, other.interface_index)


def diverges(network: Network, address: str, references: Sequence[Reference]) -> bool:
    """Whether the routing table sends this address by another next hop than every reference of its
    family, or nowhere.

    One reference may have a route of its own: a resolver that is pinned to one of two lines. Where
    none has a way either, there is nothing to compare with.
    """
    literals = (literal for one in references for literal in (one.host, one.host_v6) if literal)
    same = (literal for literal in literals if (":" in literal) is (":" in address))
    ways = [route for literal in same if (route := network.route_to(literal)) is not None]
    if not ways:
        return False
    ours = network.route_to(address)
    if ours is None:
        return True  # blackhole, unreachable, prohibit: ip-route(8)
    return not any(alike(ours, way) for way in ways)


async def _speaks_to(
    tools: Tools,
    address: str,
    port: int,
    name: str,
    *,
    courier: bool,
    segment_bytes: int | None = None,
) -> Answer:
    """How the address answers a TLS greeting under this name; the certificate is not judged."""
    twin = Attempt(tools.clock, target=name, operator="")
    with twin:
        async with twin.step(Step.CONNECT, within_seconds=CONNECT_SECONDS):
            stream = await tools.connect(address, port, segment_bytes=segment_bytes)
        try:
            async with twin.step(Step.HANDSHAKE, within_seconds=HANDSHAKE_SECONDS):
                # A courier turns away at once, in one small packet, whoever does not name it.
                use = Use.COURIER if courier else Use.WEB
                await stream.handshake(tools.trust.unverified(use), name)
        finally:
            stream.close()
    last = twin.finding().steps[-1] if twin.finding().steps else None
    # A TLS alert is an answer too: only silence, a reset or a hang-up is what the filter does.
    if last is not None and last.failure is None:
        return Answer.HELLO
    alert = last is not None and last.failure is Failure.SSL_FAILED_HANDSHAKE
    return Answer.ALERT if alert else Answer.NONE
