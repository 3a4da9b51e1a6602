"""Ask every host of some groups of the catalogue once, gently: what does this network let out?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from probe.attempt import Attempt
from probe.catalogue import (
    APPLE,
    EITHER,
    HTTP_PORT,
    MEDIA,
    NTP,
    PUBLIC,
    QUIC,
    Entry,
    entries_of,
    with_included,
)
from probe.conversation import Host, Judge
from probe.failures import LookFailed
from probe.model import Finding
from probe.probes.apple_web import judging
from probe.probes.ntp import Ntp
from probe.probes.portal import REDIRECTS, difference
from probe.probes.proxy import ThroughProxy
from probe.probes.quic import answers
from probe.reach import alive, families, reach, resolve
from probe.targets import PortalPage, Reference, Targets, TimeServer, WebProxy, apple_host
from probe.tools import Tools
from probe.trust import Use
from probe.ways import (
    UNTRUSTED,
    Ask,
    Row,
    Survey,
    Way,
    failure_of,
    proved,
    read,
    row_of,
    signed_by_a_stranger,
)
from probe.wire.http1 import Response
from probe.words import Failure, Family, Speed, Step

# Apple's edge answers bursts with 429, and a small router forgets older connections in one.
AT_ONCE = 4
# On average between two questions of one of them: 70 hosts on one family take about 20 s.
PAUSE_SECONDS = 0.5
ROOTS = {APPLE: Use.APPLE, PUBLIC: Use.WEB, EITHER: Use.WEB}
OTHER_ROOT = {Use.APPLE: PUBLIC, Use.WEB: APPLE, Use.COURIER: PUBLIC}


async def survey(
    groups: Sequence[str],
    tools: Tools,
    targets: Targets,
    *,
    proxy: WebProxy | None = None,
    heard: Callable[[Row], object] = lambda row: None,
    pause_seconds: float = PAUSE_SECONDS,
) -> Survey:
    """Ask every host of these groups and of what they include, and some that are not Apple's.

    Raises KeyError for a group that is none.
    """
    rows, others = await asyncio.gather(
        ask_all(
            entries_of(groups),
            tools,
            targets,
            proxy=proxy,
            heard=heard,
            pause_seconds=pause_seconds,
        ),
        asyncio.gather(*(control(one, tools, proxy) for one in targets.references_by_name)),
    )
    return Survey(
        groups=with_included(groups),
        rows=rows,
        others=tuple(others),
        proxy=f"{proxy.host}:{proxy.port}" if proxy is not None else "",
        proxy_variables=tuple(sorted(tools.machine.proxy_variables())),
    )


async def control(one: Reference, tools: Tools, proxy: WebProxy | None) -> tuple[str, bool]:
    """Whether a host that is not Apple's is reached."""
    host = Host(
        target=one.name,
        operator=one.operator,
        host=one.host,
        port=one.port,
        use=Use.WEB,
        family=families(tools.machine.network())[0],
    )
    return one.host, proved(await get(tools, host, None, proxy))


async def ask_all(
    entries: Sequence[Entry],
    tools: Tools,
    targets: Targets,
    *,
    proxy: WebProxy | None = None,
    heard: Callable[[Row], object],
    pause_seconds: float,
) -> tuple[Row, ...]:
    """Ask each once, a few at a time. `heard` is told of each as it comes. Raises nothing for what
    the world does."""
    asks = [
        Ask(entry=entry, port=port, family=family)
        for entry in entries
        for port in entry.ports
        for family in families_for(entry, tools)
    ]
    room = asyncio.Semaphore(AT_ONCE)

    async def one(ask: Ask) -> Row:
        async with room:
            if ask.entry.protocol != MEDIA:
                # Not in step, and never faster than a person clicks.
                await asyncio.sleep(2 * pause_seconds * tools.chance.spread())
            row = await asked(ask, tools, targets, proxy)
        heard(row)
        return row

    return tuple(await asyncio.gather(*(one(ask) for ask in asks)))


def families_for(entry: Entry, tools: Tools) -> Sequence[Family]:
    """A time server is one, however many families lead to it, and is not asked twice in a row."""
    tried = families(tools.machine.network())
    return tried[:1] if entry.protocol == NTP else tried


async def asked(ask: Ask, tools: Tools, targets: Targets, proxy: WebProxy | None) -> Row:
    """One question, and what its answer means."""
    entry = ask.entry
    if entry.protocol == MEDIA:
        return row_of(ask, Way.NOT_ASKED, entry.healthy)
    if entry.protocol == NTP:
        server = TimeServer(name=entry.name, operator="apple", host=entry.host, port=ask.port)
        finding, *_ = await Ntp(servers=(server,)).look(tools, ())
        return read(ask, finding, targets)
    if entry.protocol == QUIC:
        return read(ask, await by_quic(ask, tools), targets)
    host, judge = host_of(ask, tools, targets)
    finding = await get(tools, host, judge, proxy)
    use = host.use
    if failure_of(finding) in UNTRUSTED and use is not None:
        # Apple says of no host which root it has: before anybody is accused, the other one.
        other = replace(host, use=Use.WEB if use in {Use.APPLE, Use.COURIER} else Use.APPLE)
        second = await get(tools, replace(other, alpn=""), judge, proxy)
        if proved(second) and not signed_by_a_stranger(second):
            return read(ask, second, targets, root=OTHER_ROOT[use], proxied=proxy is not None)
    root = "" if use is None else APPLE if use in {Use.APPLE, Use.COURIER} else PUBLIC
    return read(ask, finding, targets, root=root, proxied=proxy is not None)


async def get(tools: Tools, host: Host, judge: Judge | None, proxy: WebProxy | None) -> Finding:
    """Directly, or through the proxy that is set."""
    if proxy is None:
        return await reach(tools, host, judge)
    return await ThroughProxy(proxy=proxy, references=(), courier=Targets().courier).ask(
        tools, host, judge
    )


def host_of(ask: Ask, tools: Tools, targets: Targets) -> tuple[Host, Judge | None]:
    """Whom to reach for a row of the catalogue, and how to judge the answer."""
    entry, courier = ask.entry, targets.courier
    name = entry.host.format(n=tools.chance.below(courier.count) + 1)
    host = Host(
        target=entry.name,
        operator="apple",
        host=name,
        port=ask.port,
        use=None if ask.port == HTTP_PORT else ROOTS[entry.pki],
        family=ask.family,
        group=entry.group,
        path=entry.path,
    )
    if name != entry.host:
        return replace(
            host, use=Use.COURIER, server_name=courier.server_name, alpn=courier.alpn
        ), None
    if host.use is None:
        page = next((p for p in targets.portal_pages if p.host == name), None)
        return replace(host, path=entry.path or "/"), in_plain_text(entry, page)
    if entry.group == "activation" and entry.path:
        return replace(host, path=None), None  # its page is a matter of port 80
    return host, judging(apple_host(entry)) if entry.path else None


def in_plain_text(entry: Entry, page: PortalPage | None) -> Judge:
    """Anybody on the way can answer a plain question: a sign-in page, for one."""
    judge_status = judging(apple_host(entry)) if entry.bag else alive(entry.host, *entry.statuses)

    def judge(response: Response) -> str:
        if page is not None:
            if (wrong := difference(page, response)) is not None:
                failure, fact = wrong
                raise LookFailed(failure, Speed.ACTIVE, fact.said if fact else "")
            return f"{entry.host} said exactly what it always says"
        where = response.headers.get("location", "")
        if response.status in REDIRECTS and "apple" not in where.partition("?")[0]:
            said = f"{entry.host} was redirected to {where[:120] or 'nowhere'}"
            raise LookFailed(Failure.HTTP_UNEXPECTED_REDIRECT, Speed.ACTIVE, said)
        if response.status == 511:  # RFC 6585: network authentication required
            raise LookFailed(Failure.HTTP_511, Speed.ACTIVE, "the network wants a sign-in")
        return judge_status(response)

    return judge


async def by_quic(ask: Ask, tools: Tools) -> Finding:
    """Whether UDP gets there; Private Relay falls back to TCP where it does not."""
    entry = ask.entry
    attempt = Attempt(
        tools.clock, target=entry.name, operator="apple", family=ask.family, group=entry.group
    )
    with attempt:
        address = await resolve(tools, attempt, entry.host, ask.family)
        attempt.address = f"[{address}]:{ask.port}" if ":" in address else f"{address}:{ask.port}"
        async with attempt.step(Step.EXCHANGE, within_seconds=4.0):
            if not await answers(tools, address, ask.port):
                raise LookFailed(Failure.GENERIC_TIMEOUT, Speed.SILENT, "no answer over UDP")
        attempt.said = f"{entry.host} answers over UDP"
    return attempt.finding()
