"""How resolvers here answer what is seldom asked: true things worth knowing, every quarter hour.

A name that cannot exist, a resolver that is none, IPv6 beside IPv4, Apple's own name over IPv6,
Private Relay, and the router where this device does not ask it itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.failures import LookFailed
from probe.model import APPLE_IPV6, AnswerFact, Finding, Observation
from probe.opinion import ASK_SECONDS, ask_patiently, operator_of, over_https, with_doh
from probe.reach import families
from probe.targets import Reference
from probe.tools import Tools
from probe.wire.addresses import in_networks, is_bogon
from probe.wire.dns import Answer, failure_of_answer, reason_given
from probe.words import Failure, Family, Note, Speed, Step

# Twenty letters: nobody has registered it, and no cache knows it.
RANDOM_LETTERS = 20
RANDOM_PARENT = "com"  # its own servers answer "none" to what nobody has registered
NOBODY_SECONDS = 2.0
HERE_SECONDS = 4.3  # all that is asked of resolvers here
ELSEWHERE_SECONDS = 1.4  # and once more elsewhere, within the look's bound
FILTERING = frozenset({Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsManners:
    control_names: tuple[str, ...]  # the first is asked, if there is one
    apple_names: tuple[str, ...]
    apple_networks: tuple[str, ...]
    known_networks: tuple[str, ...]
    relay_names: tuple[str, ...]
    no_resolvers: tuple[str, ...]
    references: tuple[Reference, ...]

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        resolvers = tuple(dict.fromkeys(tools.machine.resolvers() or ()))
        if not resolvers or not self.control_names:
            return ()
        network = tools.machine.network()
        first, *others = families(network)
        called = {resolver: operator_of(resolver, resolvers) for resolver in resolvers}
        asked = [self._random(tools, r, operator, first) for r, operator in called.items()]
        asked += [self._both_families(tools, resolver, first) for resolver in resolvers]
        # Where this device has IPv6 beside IPv4: what nobody here uses is no business of ours.
        names = self.apple_names[:1] if Family.IPV6 in others else ()
        asked += [self._apple_over_ipv6(tools, r, name) for r in resolvers for name in names]
        nobody = [a for a in self.no_resolvers if (":" in a) is (first is Family.IPV6)]
        asked += [self._nobody(tools, address, first) for address in nobody[:1]]
        if self.relay_names:
            asked.append(self._relay(tools, resolvers[0]))
        router = network.gateway(first)
        asked_anyway = {resolver.partition("%")[0] for resolver in resolvers}
        if router and router.partition("%")[0] not in asked_anyway and self.apple_names:
            asked.append(self._router(tools, router, first))
        return await asyncio.gather(*asked)

    async def _random(self, tools: Tools, resolver: str, operator: str, family: Family) -> Finding:
        """A name that nobody has: the answer must come from beyond every cache, and be "none"."""
        attempt = Attempt(
            tools.clock,
            target=f"{resolver} random",
            operator=operator,
            group="random",
        )
        attempt.address = resolver
        letters = (chr(ord("a") + tools.chance.below(26)) for _ in range(RANDOM_LETTERS))
        name = f"{''.join(letters)}.{RANDOM_PARENT}"
        with attempt:
            async with attempt.step(Step.EXCHANGE, within_seconds=ASK_SECONDS):
                answer = await ask_patiently(tools, resolver, name, family)
            attempt.learn(fact_of(resolver, "a name that nobody has", answer))
            with attempt.reading():
                failure = failure_of_answer(answer)
                if failure is not None and failure not in FILTERING:
                    said = f"{resolver} cannot say whether a new name exists{reason_given(answer)}"
                    raise LookFailed(failure, Speed.ACTIVE, said)
            attempt.said = f"{resolver} knows that a new name does not exist"
            if answer.addresses:
                attempt.said = f"{resolver} answers {answer.addresses[0]} to a name nobody has"
                attempt.note(Note.NXDOMAIN_REWRITTEN, f"{attempt.said}.")
        return attempt.finding()

    async def _both_families(self, tools: Tools, resolver: str, first: Family) -> Finding:
        """A question for IPv6 addresses beside one for IPv4: silence to one of them is no loss."""
        attempt = Attempt(
            tools.clock,
            target=f"{resolver} ipv6",
            operator=f"resolver {resolver}",
            group="families",
        )
        attempt.address = resolver
        v4, v6 = await asyncio.gather(
            _heard(tools, resolver, self.control_names[0], Family.IPV4),
            _heard(tools, resolver, self.control_names[0], Family.IPV6),
        )
        if not isinstance(v4, Answer):
            return attempt.finding()  # it is not about IPv6: the other looks say what it is
        with attempt:
            with attempt.reading(Step.EXCHANGE):
                if isinstance(v6, LookFailed) and v6.speed is Speed.SILENT:
                    said = f"{resolver} ignores questions for IPv6 addresses"
                    raise LookFailed(Failure.GENERIC_TIMEOUT, Speed.SILENT, said)
            attempt.said = f"{resolver} answers questions for IPv6 addresses"
            none_here = isinstance(v6, Answer) and v6.rcode == "NOERROR" and not v6.addresses
            if none_here and v4.addresses and await self._has_v6(tools, first):
                attempt.said = f"{resolver} leaves IPv6 addresses out"
                attempt.note(Note.AAAA_FILTERED, f"{attempt.said}; others have them.")
        return attempt.finding()

    async def _apple_over_ipv6(self, tools: Tools, resolver: str, name: str) -> Finding:
        """Apple's own name over IPv6: `dns_each` asks for the first family of this network alone,
        and a resolver may be right about that and lie about the other."""
        attempt = Attempt(
            tools.clock,
            target=f"{resolver} {name}",
            operator=f"resolver {resolver}",
            group=APPLE_IPV6,
        )
        attempt.address = resolver
        answer = await _heard(tools, resolver, name, Family.IPV6)
        if not isinstance(answer, Answer):
            return attempt.finding()  # silence to such questions is seen of another name
        with attempt, attempt.reading(Step.EXCHANGE):
            attempt.learn(fact_of(resolver, name, answer))
            given = ", ".join(answer.addresses[:3]) or "no IPv6 address"
            attempt.said = f"{resolver} answered {given} to {name}"
        return attempt.finding()

    async def _has_v6(self, tools: Tools, family: Family) -> bool:
        """Whether a resolver elsewhere has IPv6 addresses for the name. Asked on doubt only."""
        for reference in with_doh(self.references, family)[:1]:
            doubt = Attempt(tools.clock, target=reference.name, operator=reference.operator)
            with doubt:
                async with doubt.step(Step.EXCHANGE, within_seconds=ELSEWHERE_SECONDS):
                    answer = await over_https(
                        tools,
                        reference,
                        self.control_names[0],
                        "AAAA",
                        family,
                        within_seconds=ELSEWHERE_SECONDS,
                    )
                return bool(answer.addresses)
        return False

    async def _nobody(self, tools: Tools, address: str, family: Family) -> Finding:
        """A question to where nobody is. Silence is right; any reply is somebody else's."""
        attempt = Attempt(tools.clock, target="no resolver", operator="nobody", group="nobody")
        attempt.address = address
        with attempt:
            async with attempt.step(Step.EXCHANGE, within_seconds=NOBODY_SECONDS + 0.3):
                heard = await _heard_once(tools, address, self.control_names[0], family)
            attempt.said = "nobody answers in place of other resolvers"
            if heard is not None:
                attempt.learn(heard)
                attempt.said = f"questions to any resolver are answered nearby, even to {address}"
                attempt.note(
                    Note.DNS_INTERCEPTED,
                    "Something here answers in place of every server that looks up names (DNS).",
                )
        return attempt.finding()

    async def _relay(self, tools: Tools, resolver: str) -> Finding:
        """Names that a network leaves out when it wants no Private Relay: its policy, no fault."""
        attempt = Attempt(
            tools.clock, target="private relay", operator=f"resolver {resolver}", group="relay"
        )
        attempt.address = resolver
        answers = await asyncio.gather(
            *(_heard(tools, resolver, name, Family.IPV4) for name in self.relay_names)
        )
        if not all(isinstance(answer, Answer) for answer in answers):
            return attempt.finding()
        negative = [
            isinstance(answer, Answer) and failure_of_answer(answer) in FILTERING
            for answer in answers
        ]
        with attempt, attempt.reading(Step.EXCHANGE):
            attempt.said = f"{resolver} knows the names of Private Relay"
            if all(negative):
                attempt.said = f"{resolver} leaves the names of Private Relay out"
                attempt.note(
                    Note.PRIVATE_RELAY_DISABLED,
                    "This network switches iCloud Private Relay off; that is its policy.",
                )
        return attempt.finding()

    async def _router(self, tools: Tools, router: str, family: Family) -> Finding:
        """The router, which other devices here may ask even if this one does not."""
        name = router.partition("%")[0]
        attempt = Attempt(tools.clock, target="router", operator=f"resolver {name}", group="other")
        attempt.address = name
        control, apple = await asyncio.gather(
            _heard(tools, router, self.control_names[0], family),
            _heard(tools, router, self.apple_names[0], family),
        )
        answers = isinstance(control, Answer) and control.addresses
        if not answers or not isinstance(apple, Answer):
            return attempt.finding()  # it is no resolver, or not a working one, and need not be
        with attempt, attempt.reading(Step.EXCHANGE):
            attempt.said = f"the router {name} answers rightly too"
            if self._wrong(apple):
                said = apple.addresses[0] if apple.addresses else apple.rcode
                told = f"the router {name} answers {said} to {self.apple_names[0]}"
                attempt.said = f"{told}{reason_given(apple)}"
                attempt.note(
                    Note.ROUTER_DNS_DIFFERS,
                    f"The router {name} answers {said} to {self.apple_names[0]}; "
                    "devices here that ask it get no messages (push).",
                )
        return attempt.finding()

    def _wrong(self, answer: Answer) -> bool:
        if failure_of_answer(answer) in FILTERING:
            return True
        expected = (*self.apple_networks, *self.known_networks)
        return any(
            is_bogon(address, expected=expected) or not in_networks(address, self.apple_networks)
            for address in answer.addresses
        )


def fact_of(resolver: str, name: str, answer: Answer) -> AnswerFact:
    return AnswerFact(
        resolver=resolver,
        name=name,
        addresses=answer.addresses,
        rcode=answer.rcode,
        extended_error=answer.extended_error,
    )


async def _heard(tools: Tools, resolver: str, name: str, family: Family) -> Answer | LookFailed:
    """What a resolver says, or how it failed to."""
    try:
        async with asyncio.timeout(HERE_SECONDS):
            return await ask_patiently(tools, resolver, name, family)
    except LookFailed as failed:
        return failed
    except TimeoutError:
        return LookFailed(Failure.GENERIC_TIMEOUT, Speed.SILENT, f"{resolver} does not answer")


async def _heard_once(tools: Tools, address: str, name: str, family: Family) -> AnswerFact | None:
    """The word of whoever answers in another's place; None: nobody does."""
    try:
        answer = await tools.answer(address, name, family)
    except LookFailed as failed:
        garbled = {Failure.DNS_MISBEHAVING, Failure.DNS_WRONG_ID, Failure.DNS_TCP_BLOCKED}
        if failed.failure not in garbled:
            return None
        return AnswerFact(resolver=address, name=name, addresses=(), rcode="unreadable")
    return fact_of(address, name, answer)
