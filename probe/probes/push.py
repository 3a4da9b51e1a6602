"""Do Apple's push couriers answer, on the port devices call first and on the fallback?

A courier's TLS needs no client certificate; the certificate is for courier.push.apple.com whatever
the number of the host, and comes from Apple's own root. Couriers are drawn anew each time, so that
one dead server among fifty is not "Apple"; and while one has failed, the one that answered last is
asked as well, so that half of them dead are not all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from probe.attempt import Attempt
from probe.conversation import Host
from probe.model import Finding, Observation
from probe.reach import families, in_turn, reach, resolve
from probe.targets import PROVIDER, Courier, Provider
from probe.tools import Tools
from probe.trust import Use
from probe.wire import bag
from probe.wire import provider as provider_answer
from probe.wire.http1 import Response
from probe.words import Family, Look, Note, Step

PROVIDER_SECONDS = 4.2  # with its name, under the look's 7 s
PROVIDER_BYTES = 16 * 1024


# A bag says how long it is good for, and apsd takes 900 s where it does not (decompiled).
BAG_EVERY_SECONDS = 4 * 900.0
BAG_SECONDS = 4.0  # beside the couriers, under the look's 7 s


SWITCHED_OFF = (
    Note.COURIERS_SWITCHED_OFF,
    "Apple's own list says that its message delivery (push) is switched off.",
)


@dataclass(slots=True, kw_only=True)
class Couriers:
    """No plain value: it remembers which courier answered last, and what Apple's list said."""

    courier: Courier
    fallback: bool
    slots: tuple[str, ...]  # one courier each per look, by these names
    answered: dict[Family, str] = field(default_factory=dict, compare=False, repr=False)
    list_asked_at: float | None = field(default=None, compare=False, repr=False)
    listed: int | None = field(default=None, compare=False, repr=False)  # how many there are
    switched_off: bool = field(default=False, compare=False, repr=False)

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        return await self._ask(tools, self._hosts(tools, seen))

    async def look_in_turn(
        self, tools: Tools, seen: Sequence[Observation], turn: int, turns: int
    ) -> Sequence[Finding]:
        """On one family as often as on two: each time it is another of their many machines."""
        hosts = self._hosts(tools, seen)
        parts = min(turns, len(hosts))
        findings, _ = await asyncio.gather(
            self._ask(tools, in_turn(hosts, turn % parts, parts)), self._count(tools)
        )
        return findings

    async def _count(self, tools: Tools) -> None:
        """Ask how many there are, seldom and in calm alone; whoever cannot say it changes nothing.

        Only what is said under Apple's own root and of these very couriers counts.
        """
        now, courier = tools.clock.elapsed(), self.courier
        asked = self.list_asked_at
        if self.fallback or not courier.bag_host:
            return
        if asked is not None and now - asked < BAG_EVERY_SECONDS:
            return
        self.list_asked_at = now
        off = False
        host = Host(
            target="push-init",
            operator="apple",
            host=courier.bag_host,
            port=443,
            use=Use.APPLE,
            family=families(tools.machine.network())[0],
            group="push",
            path=courier.bag_path,
        )

        def judge(response: Response) -> str:
            told = bag.read(response.body)
            if courier.host_pattern == f"{{n}}-{told.courier_hostname}":
                nonlocal off
                self.listed, off = told.courier_count, told.courier_status is False
            return f"{courier.bag_host} lists {told.courier_count} couriers"

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BAG_SECONDS):
                await reach(tools, host, judge)
        self.switched_off = off  # of a list that cannot be had nothing is held against them

    async def _ask(self, tools: Tools, hosts: Sequence[Host]) -> Sequence[Finding]:
        findings = await asyncio.gather(*(reach(tools, host) for host in hosts))
        for host, finding in zip(hosts, findings, strict=True):
            if finding.passed:
                self.answered[host.family] = host.host
            elif self.answered.get(host.family) == host.host:
                del self.answered[host.family]
        if not self.switched_off:
            return findings
        return [replace(one, notes=(*one.notes, SWITCHED_OFF)) for one in findings]

    def _hosts(self, tools: Tools, seen: Sequence[Observation]) -> list[Host]:
        tried = families(tools.machine.network())
        count = self.listed or self.courier.count
        first = tools.chance.below(count)
        look = Look.PUSH_443 if self.fallback else Look.PUSH_5223
        failing = {
            one.finding.family for one in seen if one.look is look and not one.finding.passed
        }
        return [
            Host(
                target=name,
                operator="apple",
                host=self._host(count, first, slot, family if family in failing else None),
                port=self.courier.fallback_port if self.fallback else self.courier.port,
                use=Use.COURIER,
                family=family,
                group="push",
                server_name=self.courier.server_name,
                alpn=self.courier.alpn,
            )
            for family in tried
            for slot, name in enumerate(self.slots)
        ]

    def _host(self, count: int, first: int, slot: int, failing: Family | None) -> str:
        """Numbers 1..count, apart from each other, so that two slots are two couriers; the last of
        them is one that answered, while another fails over this family."""
        number = (first + slot * max(1, count // len(self.slots))) % count + 1
        drawn = self.courier.host_pattern.format(n=number)
        answered = None if failing is None else self.answered.get(failing)
        if answered is None:
            return drawn
        if slot == len(self.slots) - 1:
            return answered
        if drawn == answered:
            return self.courier.host_pattern.format(n=number % count + 1)
        return drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFront:
    """The side of push that senders use. HTTP/2 only; refuses strangers politely when alive."""

    provider: Provider

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        family = families(tools.machine.network())[0]
        attempt = Attempt(
            tools.clock, target=PROVIDER.name, operator="apple", family=family, group="push"
        )
        port = self._port(seen)
        with attempt:
            address = await resolve(tools, attempt, self.provider.host, family)
            attempt.address = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
            async with attempt.step(Step.EXCHANGE, within_seconds=PROVIDER_SECONDS):
                answer = await tools.http.fetch(
                    method="POST",
                    address=address,
                    host=self.provider.host,
                    port=port,
                    path=self.provider.path,
                    use=Use.PROVIDER,
                    body=b"{}",
                    http2=True,
                    max_bytes=PROVIDER_BYTES,
                    within_seconds=PROVIDER_SECONDS,
                )
            said = f"{answer.http_version} {answer.status} {dict(answer.headers)}\n".encode()
            tools.keep("http2", self.provider.host, said + answer.body)
            with attempt.reading():
                attempt.said = provider_answer.read(answer.status, answer.http_version, answer.body)
        return (attempt.finding(),)

    def _port(self, seen: Sequence[Observation]) -> int:
        """Where to knock: on the other port after a failure, so that two failures are two places
        and a network that lets only one of them out is not Apple's fault."""
        last = next((one.finding for one in seen if one.look is Look.PUSH_HTTP), None)
        failed_on_main = (
            last is not None
            and last.failed is not None
            and last.address.endswith(f":{self.provider.port}")
        )
        return self.provider.other_port if failed_on_main else self.provider.port
