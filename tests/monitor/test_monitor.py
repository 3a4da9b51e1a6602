"""Look, remember, judge, tell: with scripted looks, in virtual time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from probe.attempt import IN_DOUBT, Attempt
from probe.attention import HEDGE_SECONDS
from probe.looks import PLAN
from probe.machine import Change
from probe.memory import KEPT_PER_TARGET
from probe.model import (
    Asked,
    CertificateFact,
    Finding,
    NetworkFact,
    News,
    Observation,
    OffsetFact,
    PortalFact,
    Remembered,
    StepTaken,
    Verdict,
)
from probe.monitor import FIRST_ANSWER_SECONDS, Monitor, observe
from probe.targets import Targets
from probe.tools import Tools
from probe.verdict import Told, judge, settle
from probe.words import Cause, Code, Failure, Family, Look, Signal, Speed, Step
from tests.support.time import FakeClock
from tests.verdict.world import readings

HOME, OFFICE = "home", "office"


def found(target: str = "x", *, failure: Failure | None = None, **more: Any) -> Finding:
    speed = Speed.ACTIVE if failure else None
    step = StepTaken(step=Step.CONNECT, seconds=0.01, failure=failure, speed=speed)
    return Finding(
        target=target, operator=target, family=Family.IPV4, steps=(step,), said=target, **more
    )


def network(
    fingerprint: str = HOME, *, place: str = "", resolvers: tuple[str, ...] = ()
) -> Finding:
    fact = NetworkFact(
        default_interfaces=("eth0",),
        carrier=True,
        addresses=("192.0.2.9",),
        gateways=("192.0.2.1",),
        has_default_route={Family.IPV4: True},
        fingerprint=fingerprint,
        place=place,
        resolvers=resolvers,
    )
    return found("this host", facts=(fact,))


@dataclass
class Scripted:
    """A look that answers what the test says, and counts how often it was asked."""

    answer: Callable[[], Sequence[Finding]]
    asked: int = 0

    async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
        self.asked += 1
        return self.answer()


@dataclass
class Ear:
    heard: list[News] = field(default_factory=list)

    async def hear(self, news: News) -> None:
        self.heard.append(news)


def made(
    probes: Mapping[Look, Any],
    clock: FakeClock,
    *outlets: Any,
    remembered: Remembered | None = None,
    forget_names: Callable[[], None] = lambda: None,
) -> Monitor:
    tools = cast(Tools, SimpleNamespace(clock=clock))
    return Monitor(
        probes=probes,
        plans={look: PLAN[look] for look in probes},
        targets=Targets(),
        tools=tools,
        outlets=outlets,
        remembered=remembered,
        forget_names=forget_names,
    )


def looking(answers: Mapping[Look, Callable[[], Sequence[Finding]]]) -> dict[Look, Scripted]:
    return {look: Scripted(answer) for look, answer in answers.items()}


async def test_a_bug_of_ours_is_evidence_against_nobody(
    virtual_time: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Sequence[Finding]:
        raise KeyError("oops")

    probe = Scripted(broken)
    tools = cast(Tools, SimpleNamespace(clock=virtual_time))

    (seen,) = await observe(Look.REF_IP, probe, PLAN[Look.REF_IP], tools, 0, ())

    failed = seen.finding.failed
    assert failed is not None
    assert failed.step is Step.OURS
    assert "look ref_ip broke" in caplog.text


async def test_a_look_that_overruns_its_bound_is_cut_off_and_accuses_nobody(
    virtual_time: FakeClock,
) -> None:
    class Endless:
        async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
            await asyncio.sleep(3600)
            return ()

    tools = cast(Tools, SimpleNamespace(clock=virtual_time))

    (seen,) = await observe(Look.REF_IP, Endless(), PLAN[Look.REF_IP], tools, 0, ())

    failed = seen.finding.failed
    assert failed is not None
    assert (failed.step, failed.failure) == (Step.OURS, Failure.INTERRUPTED)
    assert virtual_time.elapsed() == pytest.approx(PLAN[Look.REF_IP].timeout_seconds)


async def test_before_the_first_sweep_is_judged_it_is_starting_up(virtual_time: FakeClock) -> None:
    monitor = made({}, virtual_time)

    status = monitor.status()

    assert (status.verdict.code, status.verdict.cause) == (Code.UNKNOWN, Cause.STARTING_UP)
    assert not status.ready


async def test_the_first_answer_comes_even_while_something_is_still_silent(
    virtual_time: FakeClock,
) -> None:
    class Silent:
        async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
            await asyncio.sleep(9)
            return ()

    monitor = made({Look.STATUS: Silent()}, virtual_time)

    status = await monitor.first_answer()

    assert status.ready
    assert virtual_time.elapsed() == pytest.approx(FIRST_ANSWER_SECONDS)
    await monitor.stop()


async def test_a_changed_network_voids_what_was_seen_on_the_old_one(
    virtual_time: FakeClock,
) -> None:
    where = [HOME]
    monitor = made(
        looking(
            {
                Look.LINK: lambda: [network(where[0])],
                Look.REF_IP: lambda: [found("a"), found("b")] if where[0] == HOME else [],
            }
        ),
        virtual_time,
    )
    await monitor.first_answer()
    before = monitor.status().readings[Signal.INTERNET].value

    where[0] = OFFICE
    await monitor.sweep([Look.LINK])

    status = monitor.status()
    assert before == "reached"
    assert status.readings[Signal.INTERNET].value == "unknown"
    assert status.readings[Signal.LINK].value == "up"
    await monitor.stop()


# Each network in turn, as (fingerprint, place, resolvers), and whether the last is another one.
NAMES = {
    "its list of resolvers is being written": (
        (("home 1", "home", ("1",)), ("home", "home", ())), False),
    "the same list is there again": (
        (("home 1", "home", ("1",)), ("home", "home", ()), ("home 1", "home", ("1",))), False),
    "another list is there": (
        (("home 1", "home", ("1",)), ("home", "home", ()), ("home 2", "home", ("2",))), True),
    "another place that names no resolver": (
        (("home 1", "home", ("1",)), ("office", "office", ())), True),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMES)
async def test_a_list_of_resolvers_that_cannot_be_read_is_no_other_network(
    case: str, virtual_time: FakeClock
) -> None:
    networks, changed = NAMES[case]
    at = [networks[0]]

    def link() -> Sequence[Finding]:
        fingerprint, place, resolvers = at[0]
        return [network(fingerprint, place=place, resolvers=resolvers)]

    answers = {Look.LINK: link, Look.REF_IP: lambda: [found("a"), found("b")]}
    monitor = made(looking(answers), virtual_time)
    await monitor.first_answer()
    answers[Look.REF_IP] = list
    monitor.attention.budget.tokens = 0  # nothing is asked again

    for now in networks[1:]:
        at[0] = now
        await monitor.sweep([Look.LINK])

    known = monitor.status().readings[Signal.INTERNET].value
    assert known == ("unknown" if changed else "reached")
    await monitor.stop()


async def test_names_are_forgotten_with_the_network_they_were_found_on(
    virtual_time: FakeClock,
) -> None:
    where, forgotten = [HOME], list[float]()
    monitor = made(
        looking({Look.LINK: lambda: [network(where[0])]}),
        virtual_time,
        forget_names=lambda: forgotten.append(virtual_time.elapsed()),
    )
    await monitor.first_answer()
    before = len(forgotten)

    where[0] = OFFICE
    await monitor.sweep([Look.LINK])
    moved = len(forgotten)
    virtual_time.sleep(7200)
    await monitor.tick()

    assert (before, moved, len(forgotten)) == (0, 1, 2)
    await monitor.stop()


async def test_what_apple_says_of_itself_outlives_a_change_of_network(
    virtual_time: FakeClock,
) -> None:
    where = [HOME]
    monitor = made(
        looking({Look.LINK: lambda: [network(where[0])], Look.STATUS: lambda: [found("consumer")]}),
        virtual_time,
    )
    await monitor.first_answer()
    monitor.attention.budget.tokens = 0

    where[0] = OFFICE
    await monitor.sweep([Look.LINK])

    assert {one.look for one in monitor.newest()} == {Look.LINK, Look.STATUS}
    await monitor.stop()


async def test_news_of_the_kernels_are_looked_at_once_and_never_missed(
    virtual_time: FakeClock,
) -> None:
    class Slow(Scripted):
        async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
            self.asked += 1
            await asyncio.sleep(1)
            return self.answer()

    link, router = Slow(lambda: [network()]), Scripted(lambda: [found("gateway")])
    monitor = made({Look.LINK: link, Look.GATEWAY: router}, virtual_time)

    for change in (Change.TABLES, Change.TABLES, Change.TABLES, Change.NEIGHBOUR_LOST):
        monitor.hear_of(change)
    await asyncio.sleep(5)

    assert (link.asked, router.asked) == (2, 1)
    await monitor.stop()


async def test_neighbours_that_are_lost_all_the_time_are_followed_at_the_floor_of_the_look(
    virtual_time: FakeClock,
) -> None:
    """A dead router of the other family: to ask it loses it, and each loss was news for good."""
    begun: list[float] = []

    class Dead(Scripted):
        async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
            begun.append(virtual_time.elapsed())
            await asyncio.sleep(3)
            monitor.hear_of(Change.NEIGHBOUR_LOST)
            await asyncio.sleep(0.5)
            monitor.hear_of(Change.NEIGHBOUR_LOST)
            return self.answer()

    monitor = made({Look.GATEWAY: Dead(lambda: [found("router")])}, virtual_time)

    for _ in range(300):
        monitor.hear_of(Change.NEIGHBOUR_LOST)  # and somebody scans the network
        await asyncio.sleep(0.2)

    apart = [after - before for before, after in itertools.pairwise(begun)]
    assert len(begun) > 5
    assert min(apart) >= PLAN[Look.GATEWAY].floor_seconds - 0.001
    await monitor.stop()


async def test_a_neighbour_that_is_lost_after_a_calm_look_is_followed_at_once(
    virtual_time: FakeClock,
) -> None:
    router = Scripted(lambda: [found("router")])
    monitor = made({Look.GATEWAY: router}, virtual_time)
    monitor.start(Look.GATEWAY)
    await asyncio.sleep(1)

    monitor.hear_of(Change.NEIGHBOUR_LOST)
    await asyncio.sleep(0.1)

    assert router.asked == 2
    await monitor.stop()


async def test_the_clocks_turn_keeps_the_floor_of_what_is_asked_seldom(
    virtual_time: FakeClock,
) -> None:
    servers, pages = Scripted(lambda: [found("apple")]), Scripted(lambda: [found("captive")])
    monitor = made({Look.NTP: servers, Look.CAPTIVE: pages}, virtual_time)
    monitor.start(Look.NTP, in_doubt=True)
    monitor.start(Look.CAPTIVE, in_doubt=True)
    await asyncio.sleep(5)

    for _ in range(2):
        monitor.start_calmly(Look.NTP)
        monitor.start_calmly(Look.CAPTIVE)
        await asyncio.sleep(1)
    at_once = servers.asked, pages.asked
    await asyncio.sleep(PLAN[Look.NTP].floor_seconds)

    assert at_once == (1, 3)
    assert servers.asked == 2
    await monitor.stop()


async def test_time_servers_that_are_not_asked_here_are_not_put_off_either(
    virtual_time: FakeClock,
) -> None:
    """Settings may switch a look off while the schedule still has its turn."""
    monitor = made({}, virtual_time)

    assert monitor.start_calmly(Look.NTP) is None
    await monitor.stop()


async def test_a_look_at_the_router_that_is_under_way_is_begun_anew_when_doubt_comes(
    virtual_time: FakeClock,
) -> None:
    """In no doubt it is content with less: what it would find says nothing of what fails now."""
    begun: list[bool] = []
    ended: list[bool] = []

    class Router(Scripted):
        async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
            begun.append(IN_DOUBT.get())
            await asyncio.sleep(3)
            ended.append(IN_DOUBT.get())
            return self.answer()

    failures: list[Failure | None] = [None]
    reference = Scripted(lambda: [found("a", failure=failures[0])])
    router = Router(lambda: [found("gateway")])
    monitor = made({Look.REF_IP: reference, Look.GATEWAY: router}, virtual_time)
    await monitor.first_answer()
    await asyncio.sleep(10)
    begun.clear()
    ended.clear()
    failures[0] = Failure.GENERIC_TIMEOUT
    monitor.start(Look.GATEWAY)
    await asyncio.sleep(1.5)
    await monitor.sweep([Look.REF_IP])
    await asyncio.sleep(3.2)

    assert begun[:2] == [False, True]
    assert ended[0] is True
    await monitor.stop()


async def test_a_process_that_stood_still_has_seen_nothing_and_blames_nobody(
    virtual_time: FakeClock,
) -> None:
    """The loop is held up for 20 s in the middle of a look; its timeouts run out unheard."""

    class HeldUp(Scripted):
        async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
            self.asked += 1
            if self.asked == 2:
                virtual_time.advance(20)
                return [found("a", failure=Failure.GENERIC_TIMEOUT)]
            return [found("a"), found("b")]

    itself = Scripted(lambda: [found("isitme")])
    probe = HeldUp(list)
    monitor = made({Look.REF_IP: probe, Look.SELF: itself}, virtual_time)
    await monitor.first_answer()
    monitor.beat()

    await monitor.sweep([Look.REF_IP])

    readings = monitor.status().readings
    assert monitor.status().verdict.cause is Cause.SELF_IMPAIRED
    assert readings[Signal.INTERNET].value == "reached"
    for _ in range(24):
        monitor.beat()
        await asyncio.sleep(0.5)
        await monitor.tick()
    assert monitor.status().verdict.cause is not Cause.SELF_IMPAIRED
    assert probe.asked == 3  # what has seen nothing is asked again
    await monitor.stop()


async def test_what_there_was_no_room_for_is_looked_at_when_there_is_room(
    virtual_time: FakeClock,
) -> None:
    """And what had been seen before stands meanwhile: it is about the world, not about us."""
    room = [True]

    def itself() -> Sequence[Finding]:
        return [found("isitme", failure=None if room[0] else Failure.SELF_FD_EXHAUSTED)]

    def push() -> Sequence[Finding]:
        return [found("courier-1", failure=None if room[0] else Failure.SELF_FD_EXHAUSTED)]

    probes = looking(
        {Look.SELF: itself, Look.PUSH_5223: push, Look.REF_IP: lambda: [found("a"), found("b")]}
    )
    monitor = made(probes, virtual_time)
    await monitor.first_answer()
    virtual_time.advance(10)
    room[0] = False
    await monitor.sweep([Look.SELF, Look.PUSH_5223])
    impaired = monitor.status()
    asked = probes[Look.PUSH_5223].asked, probes[Look.REF_IP].asked
    virtual_time.advance(5)
    room[0] = True
    await monitor.sweep([Look.SELF])
    await monitor.tick()
    await asyncio.sleep(1)

    assert impaired.verdict.cause is Cause.SELF_IMPAIRED
    assert impaired.readings[Signal.INTERNET].value == "reached"
    assert (probes[Look.PUSH_5223].asked, probes[Look.REF_IP].asked) == (asked[0] + 1, asked[1])
    await monitor.stop()


async def test_after_a_sleep_old_evidence_is_void(virtual_time: FakeClock) -> None:
    probes = looking({Look.REF_IP: lambda: [found("a"), found("b")]})
    monitor = made(probes, virtual_time)
    await monitor.first_answer()
    probes[Look.REF_IP].answer = list

    virtual_time.sleep(7200)
    monitor.resumed(7200)
    await monitor.tick()

    status = monitor.status()
    assert status.verdict.cause is Cause.RESUMED
    assert status.readings[Signal.INTERNET].value == "unknown"
    await monitor.stop()


async def test_what_came_and_went_before_a_sleep_is_no_flapping_after_it(
    virtual_time: FakeClock,
) -> None:
    answers = [[found("a"), found("b")], []]
    answers[1] = [found(one, failure=Failure.CONNECTION_REFUSED) for one in "ab"]
    probes = looking({Look.REF_IP: lambda: answers[0]})
    monitor = made(probes, virtual_time)
    await monitor.first_answer()
    for _ in range(10):
        answers.reverse()
        await monitor.sweep()
        await asyncio.sleep(15)
        await monitor.tick()
    flapped = monitor._flapping.on

    virtual_time.sleep(7200)
    await monitor.tick()

    assert flapped
    assert not monitor._flapping.on
    await monitor.stop()


@pytest.mark.parametrize(("then", "still"), [(HOME, True), (OFFICE, False)])
async def test_how_one_network_came_and_went_freezes_nothing_on_another(
    then: str, still: bool, virtual_time: FakeClock
) -> None:
    """A laptop that left a Wi-Fi that flaps was shown that one's fault for two minutes; a link that
    bounces comes back to the same network, and flaps on."""
    up, where = [True], [HOME]
    refused = [found(one, failure=Failure.CONNECTION_REFUSED) for one in "ab"]
    nowhere = found("this host", failure=Failure.NO_CARRIER)
    probes = looking(
        {
            Look.LINK: lambda: [network(where[0]) if where[0] else nowhere],
            Look.REF_IP: lambda: [found("a"), found("b")] if up[0] else refused,
        }
    )
    monitor = made(probes, virtual_time)
    await monitor.first_answer()
    for _ in range(11):
        up[0] = not up[0]
        await monitor.sweep()
        await asyncio.sleep(15)
        await monitor.tick()
    flapped = monitor._flapping.on

    where[0] = ""
    await monitor.sweep([Look.LINK])
    up[0], where[0] = True, then
    await monitor.sweep([Look.LINK])
    await asyncio.sleep(30)
    await monitor.sweep()

    assert flapped
    assert monitor._flapping.on is still
    await monitor.stop()


@pytest.mark.parametrize("slept", [3.0, 30.0, 7200.0])
async def test_a_machine_that_wakes_never_tells_what_it_knew_before(
    virtual_time: FakeClock, slept: float
) -> None:
    """Also before the schedule has noticed, and when it does so later: one sweep, not two."""
    monitor = made(looking({Look.REF_IP: lambda: [found("a"), found("b")]}), virtual_time)
    await monitor.first_answer()

    virtual_time.sleep(slept)
    at_once = monitor.status().verdict
    await monitor.tick()
    epoch = monitor.seen().now, monitor.memory.epoch
    monitor.resumed(slept)

    assert at_once.cause is Cause.RESUMED
    assert monitor.memory.epoch == epoch[1]
    await monitor.stop()


def comparing(clock: FakeClock) -> Finding:
    """A look that compares its own second with the clock of now."""
    steady = clock.now().timestamp() - clock.elapsed()
    fact = OffsetFact(source="a", low_seconds=-1, high_seconds=1, authenticated=True, steady=steady)
    return found("a", facts=(fact,))


async def test_a_clock_that_was_set_keeps_evidence_but_forgets_offsets(
    virtual_time: FakeClock,
) -> None:
    probes = looking({Look.REF_IP: lambda: [comparing(virtual_time), found("b")]})
    monitor = made(probes, virtual_time)
    await monitor.first_answer()
    assert monitor.status().readings[Signal.CLOCK].value == "right"
    probes[Look.REF_IP].answer = lambda: [found("a"), found("b")]

    virtual_time.jump(3600)
    await monitor.tick()  # before anybody has told it
    before_told = monitor.status().readings[Signal.CLOCK].value
    monitor.stepped(3600)
    await monitor.tick()

    readings = monitor.status().readings
    assert before_told == "unknown"
    assert readings[Signal.CLOCK].value == "unknown"
    assert readings[Signal.INTERNET].value == "reached"
    await monitor.stop()


async def test_a_look_under_way_while_the_clock_was_set_brings_no_old_offset(
    virtual_time: FakeClock,
) -> None:
    class Slow:
        async def look(self, tools: Tools, seen: Sequence[Observation]) -> Sequence[Finding]:
            finding = comparing(virtual_time)
            await asyncio.sleep(2)
            return [finding, found("b")]

    monitor = made({Look.REF_IP: Slow()}, virtual_time)
    looking_now = monitor.start(Look.REF_IP)
    assert looking_now is not None
    await asyncio.sleep(1)

    virtual_time.jump(-3600)
    monitor.stepped(-3600)
    await looking_now

    assert monitor.status().readings[Signal.CLOCK].value == "unknown"
    await monitor.stop()


async def test_evidence_grows_old_even_when_nobody_looks(virtual_time: FakeClock) -> None:
    monitor = made(looking({Look.REF_IP: lambda: [found("a"), found("b")]}), virtual_time)
    await monitor.first_answer()

    virtual_time.advance(PLAN[Look.REF_IP].max_age_seconds + 1)
    monitor.attention.budget.tokens = 0  # nobody looks
    await monitor.tick()

    assert monitor.status().readings[Signal.INTERNET].value == "unknown"
    await monitor.stop()


async def test_turns_are_told_once_and_the_first_answer_is_no_turn(
    virtual_time: FakeClock,
) -> None:
    carrier: list[Failure | None] = [None]

    def link() -> Sequence[Finding]:
        if carrier[0] is None:
            return [network()]
        return [found("this host", failure=carrier[0])]

    def refs() -> Sequence[Finding]:
        failure = Failure.NETWORK_UNREACHABLE if carrier[0] else None
        return [found("a", failure=failure), found("b", failure=failure)]

    ear = Ear()
    monitor = made(looking({Look.LINK: link, Look.REF_IP: refs}), virtual_time, ear)
    await monitor.first_answer()
    turns_at_first = [news for news in ear.heard if not isinstance(news, Observation)]

    carrier[0] = Failure.NO_CARRIER
    await monitor.sweep([Look.LINK, Look.REF_IP])
    for _ in range(24):  # twelve seconds: what is not sure is told when doubt was followed up
        await asyncio.sleep(0.5)
        await monitor.tick()

    turns = [news.after.code for news in ear.heard if not isinstance(news, Observation)]
    assert turns_at_first == []
    assert turns == [Code.LOCAL_LINK]
    await monitor.stop()


async def test_a_bug_in_judging_blames_nobody_and_stops_nothing(
    virtual_time: FakeClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor = made(looking({Look.REF_IP: lambda: [found("a"), found("b")]}), virtual_time)
    await monitor.first_answer()

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("probe.monitor.judge", broken)
        await monitor.tick()
        during = monitor.status().verdict
    await monitor.tick()

    assert (during.code, during.cause) == (Code.UNKNOWN, Cause.SELF_IMPAIRED)
    assert "judging broke" in caplog.text
    assert monitor.status().verdict.cause is not Cause.SELF_IMPAIRED
    await monitor.stop()


async def test_one_deaf_outlet_silences_nobody(
    virtual_time: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    class Deaf:
        async def hear(self, news: News) -> None:
            raise OSError("disk full")

    ear = Ear()
    monitor = made(looking({Look.REF_IP: lambda: [found("a")]}), virtual_time, Deaf(), ear)

    await monitor.first_answer()

    assert ear.heard
    assert "Deaf could not take the news" in caplog.text
    await monitor.stop()


async def test_a_look_that_is_under_way_is_not_started_twice(virtual_time: FakeClock) -> None:
    probes = looking({Look.REF_IP: lambda: [found("a")]})
    monitor = made(probes, virtual_time)

    first, second = monitor.start(Look.REF_IP), monitor.start(Look.REF_IP)

    assert first is not None
    assert second is None
    await first
    assert probes[Look.REF_IP].asked == 1
    await monitor.stop()


async def test_memory_stays_bounded_over_a_thousand_looks(virtual_time: FakeClock) -> None:
    fact = CertificateFact(issuer="x", verified=True, by_own_roots=True)
    monitor = made(looking({Look.REF_IP: lambda: [found("a", facts=(fact,))]}), virtual_time)

    for _ in range(1000):
        await monitor.sweep([Look.REF_IP])

    assert len(monitor.seen().standings) == 1
    assert sum(len(kept) for kept in monitor.memory.kept.values()) <= KEPT_PER_TARGET
    await monitor.stop()


def pages(*, kind: Cause | None = None) -> Sequence[Finding]:
    if kind is None:
        return [found(name) for name in ("apple", "google")]
    facts = (PortalFact(kind=kind, said="changed"),)
    failure = Failure.HTTP_UNEXPECTED_REDIRECT
    return [found(name, failure=failure, facts=facts) for name in ("apple", "google")]


async def test_a_sign_in_page_on_a_network_that_led_out_has_come_back(
    virtual_time: FakeClock,
) -> None:
    """And on another network it is simply there."""
    where, closed = [HOME], False

    def references() -> Sequence[Finding]:
        failure = Failure.GENERIC_TIMEOUT if closed else None
        return [found(name, failure=failure) for name in ("a", "b")]

    probes = looking(
        {
            Look.LINK: lambda: [network(where[0])],
            Look.REF_IP: references,
            Look.CAPTIVE: lambda: pages(kind=Cause.PORTAL_REDIRECT if closed else None),
        }
    )
    monitor = made(probes, virtual_time)
    await monitor.first_answer()
    closed = True
    await monitor.sweep()
    after_a_while = monitor.status().readings[Signal.PORTAL].cause
    where[0] = OFFICE
    await monitor.sweep()
    await monitor.sweep()
    elsewhere = monitor.status().readings[Signal.PORTAL].cause

    assert (after_a_while, elsewhere) == (Cause.PORTAL_EXPIRED, Cause.PORTAL_REDIRECT)
    await monitor.stop()


async def test_news_must_stand_without_what_is_from_before_the_symptom(
    virtual_time: FakeClock,
) -> None:
    """Names fail beside references that passed before: dns, or the whole line? Not known yet."""
    lost: list[Failure | None] = [None]

    def names() -> Sequence[Finding]:
        at = {"address": "192.0.2.1", "group": "control"}
        return [found(f"192.0.2.1 {name}", failure=lost[0], **at) for name in "ab"]

    monitor = made(
        looking(
            {
                Look.SELF: lambda: [found("self")],
                Look.LINK: lambda: [network()],
                Look.REF_IP: lambda: [found("a"), found("b"), found("c")],
                Look.DNS_EACH: names,
            }
        ),
        virtual_time,
    )
    await monitor.first_answer()
    virtual_time.advance(20)
    monitor.attention.budget.refilled_at, monitor.attention.budget.tokens = (
        virtual_time.elapsed(),
        8.0,
    )

    lost[0] = Failure.DNS_SERVFAIL
    shown = set()
    for _ in range(4):
        await monitor.sweep([Look.DNS_EACH])
        await asyncio.sleep(0.6)
        monitor.attention.budget.tokens = 0.0  # the sweep has to wait
        await monitor.tick()
        shown.add(monitor.status().verdict.code)
    monitor.attention.budget.tokens = 60.0
    for _ in range(24):  # longer than any hold
        await asyncio.sleep(0.5)
        await monitor.tick()

    assert Code.DNS not in shown
    assert monitor.status().verdict.code is Code.DNS
    await monitor.stop()


async def test_where_looks_fail_by_chance_news_waits_for_as_many_looks_as_make_sure(
    virtual_time: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited_for: list[int] = []

    def settling(before: Told, verdict: Verdict, *, confirmations: int, **more: Any) -> Told:
        waited_for.append(confirmations)
        return settle(before, verdict, confirmations=confirmations, **more)

    monkeypatch.setattr("probe.monitor.settle", settling)
    round_ = 0

    def hosts() -> Sequence[Finding]:
        lost = Failure.CONNECTION_RESET if round_ % 3 == 2 else None
        return [found("a", failure=lost), found("b"), found("c")]

    monitor = made(looking({Look.SELF: lambda: [found("self")], Look.REF_IP: hosts}), virtual_time)
    await monitor.first_answer()
    for round_ in range(1, 12):  # noqa: B007  # read by `hosts`; the last one fails, and is soft
        virtual_time.advance(20)
        await monitor.sweep([Look.REF_IP])

    assert waited_for[0] == 1
    assert waited_for[-1] == 4  # three of 36 failed alone and passed again: five in a row are hard
    await monitor.stop()


# ---------------------------------------------------------------- an earlier run


async def test_what_an_earlier_run_knew_is_history_and_never_evidence(
    virtual_time: FakeClock,
) -> None:
    told = judge(readings())
    since = virtual_time.now() - timedelta(hours=3)
    remembered = Remembered(
        told=told,
        since=since,
        asked=(
            Asked(look=Look.APPLE_WEB, target="web", first_asked_seconds_ago=9e4, ever_passed=True),
            Asked(
                look=Look.APPLE_WEB, target="idm", first_asked_seconds_ago=9e4, ever_passed=False
            ),
        ),
        push_seen_seconds_ago={HOME: 3600.0},
    )
    monitor = made({Look.LINK: Scripted(lambda: [network()])}, virtual_time, remembered=remembered)

    before = monitor.status()
    await monitor.first_answer()
    seen = monitor.seen()

    assert before.verdict.cause is Cause.STARTING_UP
    assert before.since == since
    assert monitor.status().verdict.code is not Code.OK
    assert (Look.APPLE_WEB, "web") in seen.witnesses
    assert (Look.APPLE_WEB, "idm") in seen.set_aside
    assert seen.push_seen_seconds_ago == pytest.approx(3600.0, abs=10.0)


@dataclass
class InParts(Scripted):
    """A look that can be asked in parts."""

    parts: list[int] = field(default_factory=list)

    async def look_in_turn(
        self, tools: Tools, seen: Sequence[Observation], turn: int, turns: int
    ) -> Sequence[Finding]:
        self.parts.append(turn)
        return self.answer()


async def test_the_clock_asks_by_turns_and_doubt_asks_the_whole(virtual_time: FakeClock) -> None:
    web = InParts(lambda: [found()])
    monitor = made({Look.APPLE_WEB: web}, virtual_time)
    turns = PLAN[Look.APPLE_WEB].turns

    for _ in range(turns + 1):
        task = monitor.start_calmly(Look.APPLE_WEB)
        assert task is not None
        await task
    whole = monitor.start(Look.APPLE_WEB)
    assert whole is not None
    await whole

    assert web.parts == [*range(turns), 0]
    assert web.asked == 1
    assert len(monitor.newest()) == 1


async def test_a_part_that_is_under_way_does_not_keep_doubt_waiting(
    virtual_time: FakeClock,
) -> None:
    monitor = made({Look.APPLE_WEB: InParts(lambda: [found()])}, virtual_time)

    part, whole = monitor.start_calmly(Look.APPLE_WEB), monitor.start(Look.APPLE_WEB)

    assert part is not None
    assert whole is not None
    assert monitor.start_calmly(Look.APPLE_WEB) is None
    await asyncio.gather(part, whole)


async def test_a_part_that_waits_is_noticed_as_soon_as_a_whole_look(
    virtual_time: FakeClock,
) -> None:
    """As the service calls it when nothing comes: two attempts of a part, left without an answer,
    are a symptom as soon as they would be in the whole look."""

    @dataclass
    class LeftWaiting(InParts):
        async def look_in_turn(
            self, tools: Tools, seen: Sequence[Observation], turn: int, turns: int
        ) -> Sequence[Finding]:
            for name in "ab":
                attempt = Attempt(virtual_time, target=name, operator="apple")
                waiting.append(asyncio.ensure_future(silent(attempt)))
            await asyncio.gather(*waiting)
            return self.answer()

    async def silent(attempt: Attempt) -> None:
        with attempt:
            async with attempt.step(Step.CONNECT, within_seconds=5.0):
                await asyncio.sleep(60)

    waiting: list[asyncio.Future[None]] = []
    references = Scripted(lambda: [found("a"), found("b")])
    healthy = {Look.SELF: Scripted(lambda: [found("isitme")]), Look.REF_IP: references}
    monitor = made({**healthy, Look.APPLE_WEB: LeftWaiting(lambda: [found()])}, virtual_time)
    await monitor.first_answer()
    await monitor.settle_doubts(virtual_time.elapsed() + 30)
    await asyncio.sleep(30)  # so that what was asked is from before the symptom
    await monitor.tick()
    before, began = references.asked, virtual_time.elapsed()

    monitor.start_calmly(Look.APPLE_WEB)
    while references.asked == before and virtual_time.elapsed() - began < 4:
        await asyncio.sleep(0.1)
        await monitor.tick(idle=True)

    assert HEDGE_SECONDS <= virtual_time.elapsed() - began <= HEDGE_SECONDS + 0.21
    await monitor.stop()


async def test_a_look_that_is_not_built_is_neither_asked_for_nor_paid_for(
    virtual_time: FakeClock,
) -> None:
    """What doubt wants and nobody looks at would be wanted again at every tick, and empty the
    bucket that a sweep needs."""
    failing = Scripted(lambda: [found("identity", failure=Failure.HTTP_5XX)])
    monitor = Monitor(
        probes={Look.APPLE_WEB: failing},
        plans=dict(PLAN),
        targets=Targets(),
        tools=cast(Tools, SimpleNamespace(clock=virtual_time)),
    )
    await monitor.first_answer()
    before = monitor.attention.budget.tokens

    for _ in range(20):
        await monitor.tick()

    assert before - monitor.attention.budget.tokens <= PLAN[Look.APPLE_WEB].attempts
    await monitor.stop()
