"""What every look finds in a recorded moment: the real findings' shape, without the wires."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from probe.backtest.recording import INTERNET, PUSH, SENDERS, Elsewhere, Fate, Moment
from probe.clock import Clock
from probe.conversation import Host
from probe.model import (
    AnswerFact,
    DaemonFact,
    Fact,
    Finding,
    NearbyFact,
    NetworkFact,
    Observation,
    OffsetFact,
    StepTaken,
)
from probe.reach import in_turn
from probe.targets import Peer, Targets
from probe.tools import Tools
from probe.words import Failure, Family, Look, Nearby, Signal, Speed, Step

ANSWER_SECONDS = 0.05
APPLE_ADDRESS, OTHER_ADDRESS = "17.57.144.10", "142.250.74.36"
# How each fate shows, as the looks really see it: step, failure, and how long it is waited for.
SHOWN: dict[Fate, tuple[Step, Failure, float]] = {
    Fate.SILENT: (Step.CONNECT, Failure.GENERIC_TIMEOUT, 5.0),
    Fate.REFUSED: (Step.CONNECT, Failure.CONNECTION_REFUSED, 0.05),
    Fate.HANGS: (Step.HANDSHAKE, Failure.GENERIC_TIMEOUT, 5.0),
    Fate.ERROR: (Step.CONTENT, Failure.HTTP_5XX, 0.1),
    Fate.TOO_OFTEN: (Step.CONTENT, Failure.RATE_LIMITED, 0.1),
    Fate.EXPIRED: (Step.HANDSHAKE, Failure.SSL_CERT_EXPIRED, 0.1),
    Fate.NO_NAME: (Step.RESOLVE, Failure.DNS_SERVFAIL, 0.1),
}
# TLS alone is asked there: it can say no more than that it cannot go on.
COURIER_SHOWN = SHOWN | {Fate.ERROR: (Step.HANDSHAKE, Failure.CONNECTION_RESET, 0.1)}
AT_THE_END = frozenset({Fate.REFUSED, Fate.HANGS})
ELSEWHERE = Peer(name="elsewhere", host="elsewhere.example")  # RFC 2606: nobody is asked

NETWORK = NetworkFact(
    default_interfaces=("replay0",),
    carrier=True,
    addresses=("192.168.1.7",),
    gateways=("192.168.1.1",),
    has_default_route={Family.IPV4: True, Family.IPV6: False},
    fingerprint="replay",
)
DAEMON = DaemonFact(lag_seconds=0.0, free_descriptors=900)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One target of one look, whose fate is that of its group."""

    target: str
    operator: str
    group: str = ""
    of: str = INTERNET  # whose fate it shares; empty: nobody's
    facts: tuple[Fact, ...] = ()
    family: Family = Family.IPV4
    port: int = 443
    address: str = OTHER_ADDRESS


def offset(source: str) -> OffsetFact:
    return OffsetFact(source=source, low_seconds=-0.5, high_seconds=0.5, authenticated=True)


def answer(resolver: str, name: str, *, apple: bool, over_https: bool = False) -> AnswerFact:
    address = APPLE_ADDRESS if apple else OTHER_ADDRESS
    return AnswerFact(
        resolver=resolver,
        name=name,
        addresses=(address,),
        rcode="NOERROR",
        over_https=over_https,
    )


def asks(targets: Targets) -> dict[Look, tuple[Ask, ...]]:
    """Everything that is asked, look by look. What a recording cannot speak of is always well."""
    by_address, by_name = targets.references_by_address, targets.references_by_name
    names = [(n, False) for n in targets.control_names] + [(n, True) for n in targets.apple_names]
    router = "192.168.1.1"

    def courier(number: int, port: int) -> Ask:
        return Ask(target=f"courier-{number}", operator="apple", group=PUSH, of=PUSH, port=port,
                   address=f"17.57.144.{10 + number}")  # fmt: skip

    return {
        Look.SELF: (Ask(target="isitme", operator="self", of="", facts=(DAEMON,),
                        family=Family.NONE),),
        Look.LINK: (Ask(target="this host", operator="self", of="", facts=(NETWORK,),
                        family=Family.NONE),),
        Look.GATEWAY: (Ask(target="gateway", operator="self", of=""),),
        Look.REF_IP: tuple(
            Ask(target=r.name, operator=r.operator, facts=(offset(r.operator),)) for r in by_address
        ),
        Look.REF_NAME: tuple(
            Ask(target=r.name, operator=r.operator, facts=(offset(r.operator),)) for r in by_name
        ),
        Look.CAPTIVE: tuple(Ask(target=p.name, operator=p.operator) for p in targets.portal_pages),
        Look.DNS_EACH: tuple(
            Ask(target=f"{router} {name}", operator=f"resolver {router}", family=Family.NONE,
                group="apple" if apple else "control",
                facts=(answer(router, name, apple=apple),))
            for name, apple in names
        ),
        Look.DNS_APP: tuple(
            Ask(target=name, operator="self", group="apple", family=Family.NONE,
                facts=(answer("this device", name, apple=True),))
            for name in targets.apple_names[:1]
        ),
        Look.DNS_ALT: tuple(
            Ask(target=f"{r.name} {name}", operator=r.operator, group="apple",
                facts=(answer(r.name, name, apple=True, over_https=True),))
            for r in by_address
            for name in targets.apple_names
        ),
        Look.NTP: tuple(
            Ask(target=t.name, operator=t.operator, facts=(offset(f"ntp {t.operator}"),))
            for t in targets.time_servers
        ),
        Look.PORT_CTL: tuple(
            Ask(target=c.name, operator=c.operator, port=c.port) for c in targets.port_controls
        ),
        Look.PUSH_5223: (courier(1, 5223), courier(2, 5223)),
        Look.PUSH_443: (courier(1, 443),),
        Look.PUSH_HTTP: (Ask(target="provider-api", operator="apple", group=PUSH, of=SENDERS,
                             address="17.188.143.34"),),
        Look.APPLE_WEB: tuple(
            Ask(target=h.name, operator="apple", group=h.group, of=h.group, port=h.port,
                address=f"17.32.194.{10 + number}" if h.own_network else "23.63.99.10")
            for number, h in enumerate(targets.apple_hosts)
        ),
    }  # fmt: skip


@dataclass(slots=True)
class World:
    """The moment that is replayed now, for every look."""

    moment: Moment
    targets: Targets
    clock: Clock
    asks: dict[Look, tuple[Ask, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.asks = asks(self.targets)

    def fate(self, of: str) -> Fate:
        reach = self.moment.reach
        if of and (lost := reach.get(INTERNET)) is not None:
            return lost
        # Senders use another door of the same service, and fare as it does unless it is said.
        return reach.get(of) or (reach.get(PUSH) if of == SENDERS else None) or Fate.FINE

    def find(self, ask: Ask, began: float) -> Finding:
        fate = self.fate(ask.of)
        shown = (COURIER_SHOWN if ask.group == PUSH and ask.of == PUSH else SHOWN).get(fate)
        if shown is None:
            return finding(ask, began, StepTaken(step=Step.CONTENT, seconds=ANSWER_SECONDS))
        step, failure, seconds = shown
        speed = Speed.SILENT if failure is Failure.GENERIC_TIMEOUT else Speed.ACTIVE
        failed = StepTaken(step=step, seconds=seconds, failure=failure, speed=speed)
        return finding(replace(ask, facts=()), began, failed)

    def feeds(self, began: float) -> list[Finding]:
        """Apple's own word, where it can be heard at all."""
        found = []
        for name, feed in self.moment.feeds.items():
            ask = Ask(target=name, operator="apple", address="23.63.99.10")
            if self.fate(INTERNET) is not Fate.FINE:
                found.append(self.find(ask, began))
            elif feed.fact is None:
                failure = feed.failure or Failure.FEED_UNREADABLE
                failed = StepTaken(
                    step=Step.CONTENT,
                    seconds=ANSWER_SECONDS,
                    failure=failure,
                    speed=Speed.ACTIVE,
                )
                found.append(finding(ask, began, failed))
            else:
                read = StepTaken(step=Step.CONTENT, seconds=ANSWER_SECONDS)
                found.append(finding(replace(ask, facts=(feed.fact,)), began, read))
        return found

    def near(self, seen: Sequence[Observation], began: float) -> list[Finding]:
        """What a search near this host would show: nothing there, and, where the recording says so,
        that the far end itself is unwell; and what somebody on another line says."""
        failing = [
            one
            for one in seen
            if one.look in {Look.PUSH_5223, Look.PUSH_443, Look.APPLE_WEB}
            and not one.finding.passed
        ]
        read = StepTaken(step=Step.CONTENT, seconds=ANSWER_SECONDS)
        found = [
            replace(
                one.finding,
                target=one.examined_as,
                steps=(read,),
                facts=(
                    NearbyFact(
                        target=one.finding.target,
                        found=Nearby.CLEAN,
                        at_the_end=self.fate(one.finding.group) in AT_THE_END,
                    ),
                ),
                started=began,
                ended=began + ANSWER_SECONDS,
            )
            for one in failing
        ]
        if self.moment.elsewhere is not None and failing:
            fine = self.moment.elsewhere is Elsewhere.FINE
            word = Nearby.FINE_ELSEWHERE if fine else Nearby.FAILS_ELSEWHERE
            subjects = dict.fromkeys(
                Signal.SERVICES if one.look is Look.APPLE_WEB else Signal.PUSH for one in failing
            )
            facts = tuple(
                NearbyFact(target=subject.value, found=word, seen_at=began) for subject in subjects
            )
            ask = Ask(target=ELSEWHERE.name, operator=ELSEWHERE.name, facts=facts)
            found.append(finding(ask, began, read))
        return found


def finding(ask: Ask, began: float, step: StepTaken) -> Finding:
    words = "fine" if step.failure is None else step.failure.value
    return Finding(
        target=ask.target,
        operator=ask.operator,
        family=ask.family,
        group=ask.group,
        address=f"{ask.address}:{ask.port}",
        steps=(step,),
        facts=ask.facts,
        said=f"{ask.target}: {words}",
        started=began,
        ended=began + step.seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One look, answered from the recording; it takes as long as it would."""

    which: Look
    world: World

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        began = self.world.clock.elapsed()
        if self.which is Look.STATUS:
            return await self._taken(self.world.feeds(began), began)
        if self.which is Look.NEARBY:
            return await self._taken(self.world.near(seen, began), began)
        return await self._asked(self.world.asks[self.which])

    async def look_in_turn(
        self, tools: Tools, seen: Sequence[Observation], turn: int, turns: int
    ) -> Sequence[Finding]:
        hosts = [
            Host(target=a.target, operator=a.operator, host="", port=a.port, use=None,
                 group=a.group)
            for a in self.world.asks[self.which]
        ]  # fmt: skip
        mine = {host.target for host in in_turn(hosts, turn, turns)}
        return await self._asked([a for a in self.world.asks[self.which] if a.target in mine])

    async def _asked(self, asks: Sequence[Ask]) -> Sequence[Finding]:
        began = self.world.clock.elapsed()
        return await self._taken([self.world.find(ask, began) for ask in asks], began)

    async def _taken(self, found: Sequence[Finding], began: float) -> Sequence[Finding]:
        if found:
            await asyncio.sleep(max(one.ended for one in found) - began)
        return found
