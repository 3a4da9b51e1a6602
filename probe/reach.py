"""Reach one host: its address, TCP, verified TLS and, when asked, one HTTP answer.

The one hot path of most looks. A success means that the far end proved who it is; TCP alone proves
nothing, because a portal or a transparent proxy accepts any connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from ipaddress import ip_address

from probe.attempt import Attempt
from probe.company import Company
from probe.conversation import Host, Judge, Left, converse
from probe.failures import LookFailed
from probe.machine import Network
from probe.model import DialFact, Finding
from probe.tools import Stream, Tools
from probe.wire import http1
from probe.words import Failure, Family, Speed, Step

# Two tries of a resolver that answers late; more would eat the look's own time.
RESOLVE_SECONDS = 2.5
# Linux sends a SYN at 0, 1, 2, 3 and 4 s (tcp_syn_linear_timeouts=4, measured): five tries. And
# more than the 3.08 s after which failed ARP shows itself.
CONNECT_SECONDS = 5.0


def families(network: Network) -> tuple[Family, ...]:
    """The families worth trying: those with a default route; IPv4 when the tables say nothing.

    A host without any route still tries IPv4, so that the kernel's own refusal is seen. IPv6 that
    no host here would use is not tried.
    """
    routed = tuple(
        family for family in (Family.IPV4, Family.IPV6) if network.default_routes(family)
    )
    if network.prefers_ipv4():
        return (Family.IPV4,)
    return routed or (Family.IPV4,)


def in_turn(hosts: Sequence[Host], turn: int, turns: int) -> list[Host]:
    """Those whose turn it is: of every group as evenly spread as can be, groups apart."""
    groups: dict[str, list[Host]] = {}
    for host in hosts:
        groups.setdefault(host.group, []).append(host)
    return [
        host
        for offset, members in enumerate(groups.values())
        for place, host in enumerate(members)
        if (place * turns // len(members) + offset) % turns == turn
    ]


def is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


async def reach(
    tools: Tools, host: Host, judge: Judge | None = None, company: Company | None = None
) -> Finding:
    """Try one host over one family.

    `judge` turns an HTTP answer into a sentence or raises LookFailed. `company`: others that go the
    same way just now. Never raises for what the world does.
    """
    attempt = Attempt(
        tools.clock,
        target=host.target,
        operator=host.operator,
        family=host.family,
        group=host.group,
    )
    with attempt:
        address = host.address or await resolve(tools, attempt, host.host, host.family)
        await speak(tools, attempt, host, address, judge, company)
    return attempt.finding()


async def resolve(tools: Tools, attempt: Attempt, name: str, family: Family) -> str:
    """One address of a name, drawn anew each time: two looks then ask two servers, where there are
    two. A literal takes no step."""
    if is_literal(name):
        return name
    async with attempt.step(Step.RESOLVE, within_seconds=RESOLVE_SECONDS):
        addresses = await tools.resolve(name, family)
        if not addresses:
            raise LookFailed(Failure.DNS_NO_ANSWER, Speed.ACTIVE, f"{name} has no address")
    return addresses[tools.chance.below(len(addresses))]


async def speak(
    tools: Tools,
    attempt: Attempt,
    host: Host,
    address: str,
    judge: Judge | None = None,
    company: Company | None = None,
) -> None:
    """Connect, prove the far end, perhaps ask once. Raises LookFailed."""
    left = Left.of(tools, attempt)

    async def dial() -> Stream:
        return await tools.connect(address, host.port)

    attempt.address = f"[{address}]:{host.port}" if ":" in address else f"{address}:{host.port}"
    async with attempt.step(Step.CONNECT, within_seconds=left(CONNECT_SECONDS)) as bound:
        with company.waits(bound) if company is not None else nullcontext():
            stream = await dial()
    if stream.resent is not None:
        attempt.learn(DialFact(resent=stream.resent, trip_seconds=stream.trip_seconds))
    await converse(tools, attempt, host, stream, dial, left, judge)


def alive(name: str, *statuses: int) -> Judge:
    """A judge: these statuses are healthy; none given: anything below 500 is."""

    def judge(response: http1.Response) -> str:
        status = response.status
        if status == 429:
            raise LookFailed(
                Failure.RATE_LIMITED, Speed.ACTIVE, f"{name} answered 429: it was asked too often"
            )
        if status >= 500:
            raise LookFailed(Failure.HTTP_5XX, Speed.ACTIVE, f"{name} answered {status}")
        if statuses and status not in statuses:
            wanted = " or ".join(map(str, statuses))
            raise LookFailed(
                Failure.HTTP_UNEXPECTED_STATUS,
                Speed.ACTIVE,
                f"{name} answered {status}, want {wanted}",
            )
        return f"{name} answered {status}"

    return judge
