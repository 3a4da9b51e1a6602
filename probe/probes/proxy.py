"""Does the configured proxy let us out? Tunnels through it, to references and to a courier.

Every other look goes out directly: only so can "a proxy is needed here" be told from "the proxy is
broken". What is asked through the proxy is proven inside TLS, as everywhere, so a proxy that opens
secure connections is seen too. Names are the proxy's to resolve: a network that wants a proxy often
resolves none itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from probe.attempt import Attempt
from probe.conversation import EXCHANGE_SECONDS, Host, Judge, Left, converse
from probe.failures import LookFailed
from probe.model import Finding, Observation
from probe.reach import CONNECT_SECONDS, alive, families, resolve
from probe.targets import Courier, Reference, WebProxy
from probe.tools import Stream, Tools
from probe.trust import Use
from probe.wire import http1
from probe.words import Failure, Family, Speed, Step

REFERENCES_TRIED = 2  # of two operators: one that is down says nothing about the proxy
HEAD_BYTES = 16 * 1024
PROXY_AUTHENTICATION_REQUIRED = 407


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughProxy:
    proxy: WebProxy
    references: tuple[Reference, ...]
    courier: Courier

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        family = families(tools.machine.network())[0]
        chosen = list({one.operator: one for one in reversed(self.references)}.values())
        hosts: list[tuple[Host, Judge | None]] = [
            (_reference(one, family), alive(one.host)) for one in chosen[-REFERENCES_TRIED:]
        ]
        hosts.append((self._courier(tools.chance.below(self.courier.count) + 1, family), None))
        return await asyncio.gather(*(self.ask(tools, host, judge) for host, judge in hosts))

    def _courier(self, number: int, family: Family) -> Host:
        return Host(
            target="courier-1",
            operator="apple",
            host=self.courier.host_pattern.format(n=number),
            port=self.courier.fallback_port,
            use=Use.COURIER,
            family=family,
            server_name=self.courier.server_name,
            alpn=self.courier.alpn,
        )

    async def ask(self, tools: Tools, host: Host, judge: Judge | None) -> Finding:
        attempt = Attempt(
            tools.clock, target=host.target, operator=host.operator, family=host.family
        )
        left = Left.of(tools, attempt)
        with attempt:
            address = await resolve(tools, attempt, self.proxy.host, host.family)
            attempt.address = f"{address}:{self.proxy.port}"

            async def dial() -> Stream:
                stream = await tools.connect(address, self.proxy.port)
                await self._tunnel(tools, stream, host)
                return stream

            async with attempt.step(Step.CONNECT, within_seconds=left(CONNECT_SECONDS)):
                stream = await tools.connect(address, self.proxy.port)
            async with attempt.step(Step.EXCHANGE, within_seconds=left(EXCHANGE_SECONDS)):
                await self._tunnel(tools, stream, host)
            await converse(tools, attempt, host, stream, dial, left, judge)
        return attempt.finding()

    async def _tunnel(self, tools: Tools, stream: Stream, host: Host) -> None:
        """Have the proxy connect to the host. Closes the stream when that fails."""
        authority = f"{host.host}:{host.port}"
        who = (self.proxy.user, self.proxy.password) if self.proxy.user else None
        reader = http1.ResponseReader(max_body=0, method="CONNECT")
        try:
            await stream.send(
                http1.connect(authority, user_agent=tools.user_agent, credentials=who)
            )
            while not reader.feed(await stream.receive(HEAD_BYTES)):
                pass
            _judge(reader.response.status, authority)
        except BaseException:
            stream.close()
            raise


def _judge(status: int, authority: str) -> None:
    if status == PROXY_AUTHENTICATION_REQUIRED:
        said = "the proxy wants a user name and a password"
        raise LookFailed(Failure.PROXY_AUTH_REQUIRED, Speed.ACTIVE, said)
    if not 200 <= status < 300:
        said = f"the proxy answered {status} when asked for {authority}"
        raise LookFailed(Failure.PROXY_CONNECT_FAILED, Speed.ACTIVE, said)


def _reference(reference: Reference, family: Family) -> Host:
    return Host(
        target=reference.name,
        operator=reference.operator,
        host=reference.host,
        port=reference.port,
        use=Use.WEB,
        family=family,
        path=reference.path,
    )
