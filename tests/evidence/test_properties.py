"""What must hold for every evidence there can be (P9-P11, P14-P17, P20 of the design).

Evidence is made look by look, as the world makes it: each look asks all its targets at one moment,
and any of them may pass, or fail in any way that its look knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from probe.looks import PLAN
from probe.model import (
    AnswerFact,
    DaemonFact,
    Fact,
    FeedEventFact,
    FeedFact,
    Finding,
    NearbyFact,
    NetworkFact,
    Observation,
    OffsetFact,
    PortalFact,
    StepTaken,
    Verdict,
)
from probe.targets import Targets
from probe.verdict.evidence import gather
from probe.verdict.judge import judge
from probe.verdict.seen import Witness, by_target, look_back
from probe.verdict.signals.hostclock import WRONG_SECONDS, clock
from probe.verdict.signals.offsets import marzullo, weigh
from probe.words import (
    Blame,
    Cause,
    Code,
    Failure,
    Family,
    HostClock,
    Look,
    Nearby,
    Speed,
    Step,
)

TARGETS = Targets()
EPOCH = 3
START = 10_000.0
AT = datetime(2026, 1, 1, tzinfo=UTC)
RIGHT_ADDRESS = "17.57.144.1"


Way: TypeAlias = tuple[Step, Failure, Speed] | None


@dataclass(frozen=True, slots=True)
class Ask:
    """One target of one look, and what it says when all is well."""

    look: Look
    target: str
    operator: str
    group: str = ""
    facts: tuple[Fact, ...] = ()
    family: Family = Family.IPV4


def offset(source: str, *, authenticated: bool) -> OffsetFact:
    return OffsetFact(
        source=source, low_seconds=-0.5, high_seconds=0.5, authenticated=authenticated
    )


def told(resolver: str, name: str, address: str, *, over_https: bool = False) -> AnswerFact:
    return AnswerFact(
        resolver=resolver, name=name, addresses=(address,), rcode="NOERROR", over_https=over_https
    )


def healthy() -> tuple[Ask, ...]:
    """Everything that a sweep of a healthy world asks, and what it hears."""
    network = NetworkFact(
        default_interfaces=("eth0",),
        carrier=True,
        addresses=("192.168.1.17",),
        gateways=("192.168.1.1",),
        has_default_route={Family.IPV4: True, Family.IPV6: False},
        fingerprint="home",
    )
    feed = FeedFact(
        feed="consumer",
        services=TARGETS.watched_services,
        events=(),
        unknown_words=0,
        age_seconds=1.0,
    )
    daemon = DaemonFact(lag_seconds=0.0, free_descriptors=900)
    return (
        Ask(Look.SELF, "isitme", "self", facts=(daemon,)),
        Ask(Look.LINK, "this host", "self", facts=(network,)),
        Ask(Look.GATEWAY, "gateway", "self"),
        *(
            Ask(look, r.name, r.operator, facts=(offset(r.operator, authenticated=True),))
            for look, references in (
                (Look.REF_IP, TARGETS.references_by_address),
                (Look.REF_NAME, TARGETS.references_by_name),
            )
            for r in references
        ),
        *(Ask(Look.CAPTIVE, page.name, page.operator) for page in TARGETS.portal_pages),
        *(
            Ask(Look.DNS_EACH, f"r {name}", "r", group, (told("r", name, address),))
            for group, names, address in (
                ("control", TARGETS.control_names, "142.250.1.1"),
                ("apple", TARGETS.apple_names, RIGHT_ADDRESS),
            )
            for name in names
        ),
        *(
            Ask(
                Look.DNS_ALT,
                f"{r.name} {name}",
                r.operator,
                "apple",
                (told(r.name, name, RIGHT_ADDRESS, over_https=True),),
            )
            for r in TARGETS.references_by_address
            for name in TARGETS.apple_names
        ),
        *(
            Ask(
                Look.NTP,
                t.name,
                t.operator,
                facts=(offset(f"ntp {t.operator}", authenticated=False),),
            )
            for t in TARGETS.time_servers
        ),
        Ask(Look.PUSH_5223, "courier-1", "apple", "push"),
        Ask(Look.PUSH_5223, "courier-2", "apple", "push"),
        Ask(Look.PUSH_443, "courier-1", "apple", "push"),
        Ask(Look.PUSH_HTTP, "provider-api", "apple", "push"),
        *(Ask(Look.PORT_CTL, c.name, c.operator) for c in TARGETS.port_controls),
        *(Ask(Look.APPLE_WEB, h.name, "apple", h.group) for h in TARGETS.apple_hosts),
        Ask(Look.STATUS, "consumer", "apple", facts=(feed,)),
    )


ASKS = healthy()
# Step, failure, speed: the ways in which a network or a far end fails.
WAYS: tuple[tuple[Step, Failure, Speed], ...] = (
    (Step.RESOLVE, Failure.DNS_SERVFAIL, Speed.ACTIVE),
    (Step.CONNECT, Failure.GENERIC_TIMEOUT, Speed.SILENT),
    (Step.CONNECT, Failure.CONNECTION_REFUSED, Speed.ACTIVE),
    (Step.CONNECT, Failure.HOST_UNREACHABLE, Speed.ACTIVE),
    (Step.CONNECT, Failure.NETWORK_UNREACHABLE, Speed.ACTIVE),
    (Step.HANDSHAKE, Failure.GENERIC_TIMEOUT, Speed.SILENT),
    (Step.HANDSHAKE, Failure.CONNECTION_RESET, Speed.ACTIVE),
    (Step.HANDSHAKE, Failure.SSL_UNKNOWN_AUTHORITY, Speed.ACTIVE),
    (Step.HANDSHAKE, Failure.SSL_CERT_EXPIRED, Speed.ACTIVE),
    (Step.EXCHANGE, Failure.GENERIC_TIMEOUT, Speed.SILENT),
    (Step.CONTENT, Failure.HTTP_5XX, Speed.ACTIVE),
    (Step.CONTENT, Failure.RATE_LIMITED, Speed.ACTIVE),
    (Step.OURS, Failure.INTERRUPTED, Speed.ACTIVE),
)
DNS_WAYS = (
    (Step.EXCHANGE, Failure.GENERIC_TIMEOUT, Speed.SILENT),
    (Step.EXCHANGE, Failure.CONNECTION_REFUSED, Speed.ACTIVE),
    (Step.CONTENT, Failure.DNS_SERVFAIL, Speed.ACTIVE),
    (Step.CONTENT, Failure.DNS_REFUSED, Speed.ACTIVE),
)
OWN_WAYS: dict[Look, tuple[tuple[Step, Failure, Speed], ...]] = {
    Look.SELF: ((Step.OURS, Failure.SELF_EVENT_LOOP_LAG, Speed.ACTIVE),),
    Look.LINK: ((Step.READ, Failure.NO_CARRIER, Speed.ACTIVE),),
    Look.GATEWAY: (
        (Step.EXCHANGE, Failure.GW_NEIGH_FAILED, Speed.ACTIVE),
        (Step.EXCHANGE, Failure.GW_SILENT, Speed.SILENT),
    ),
    Look.DNS_EACH: (*DNS_WAYS, (Step.CONTENT, Failure.DNS_NXDOMAIN, Speed.ACTIVE)),
    Look.DNS_ALT: DNS_WAYS,
}


def observed(ask: Ask, way: Way, started: float, *, epoch: int = EPOCH) -> Observation:
    step, failure, speed = way or (Step.CONTENT, None, None)
    facts = ask.facts
    if way is not None:
        facts = tuple(f for f in facts if isinstance(f, NetworkFact | DaemonFact))
        if ask.look in {Look.DNS_EACH, Look.DNS_ALT} and step is Step.CONTENT:
            facts = tuple(
                replace(f, addresses=(), rcode="SERVFAIL")
                for f in ask.facts
                if isinstance(f, AnswerFact)
            )
        if ask.look is Look.CAPTIVE and failure is Failure.SSL_UNKNOWN_AUTHORITY:
            step, failure = Step.CONTENT, Failure.HTTP_BODY_MISMATCH
            facts = (PortalFact(kind=Cause.PORTAL_CONTENT, said="altered"),)
    seconds = 5.0 if speed is Speed.SILENT else 0.01
    finding = Finding(
        target=ask.target,
        operator=ask.operator,
        family=ask.family,
        address="192.0.2.7:443" if ask.look is not Look.DNS_EACH else "192.0.2.1",
        group=ask.group,
        steps=(StepTaken(step=step, seconds=seconds, failure=failure, speed=speed),),
        facts=facts,
        said=f"{ask.target} {failure or 'fine'}",
        started=started,
        ended=started + seconds,
    )
    return Observation(
        look=ask.look,
        finding=finding,
        epoch=epoch,
        started=started,
        ended=started + seconds,
        at=AT + timedelta(seconds=started),
    )


def examined(target: str, found: Nearby, started: float) -> Observation:
    ask = Ask(Look.NEARBY, target, "apple", facts=(NearbyFact(target=target, found=found),))
    return observed(ask, None, started)


LOOKS = tuple(dict.fromkeys(ask.look for ask in ASKS))


GROUPS = ("messaging", "account", "web")


@st.composite
def fates(draw: st.DrawFn, look: Look) -> dict[str, Way]:
    """How one look goes wrong: all of it alike, one group of it, or each target its own way."""
    asks = [ask for ask in ASKS if ask.look is look]
    ways = OWN_WAYS.get(look, WAYS)
    common = draw(st.sampled_from(ways))
    match draw(st.sampled_from(("all", "group", "each"))):
        case "all":
            return {ask.target: common for ask in asks}
        case "group":
            group = draw(st.sampled_from(GROUPS))
            return {ask.target: common if ask.group == group else None for ask in asks}
        case _:
            return {ask.target: draw(st.sampled_from((None, common, *ways))) for ask in asks}


@st.composite
def sweeps(draw: st.DrawFn) -> tuple[Observation, ...]:
    """Two rounds of looks, each at its own moment; some of them go wrong, most of those twice."""
    made: list[Observation] = []
    wrong = draw(st.sets(st.sampled_from(LOOKS), max_size=3))
    for look in LOOKS:
        bad = draw(fates(look)) if look in wrong else {}
        healed, missed = draw(st.sampled_from((None, None, 0, 1))), draw(st.integers(0, 20))
        for round_ in range(2):
            if missed == round_:
                continue
            started = START + 20 * round_ + draw(st.integers(0, 12))
            now_bad = {} if healed == round_ else bad
            made += [
                observed(ask, now_bad.get(ask.target), started) for ask in ASKS if ask.look is look
            ]
    if draw(st.booleans()):
        found = draw(st.sampled_from((Nearby.CLEAN, Nearby.CLEAN, Nearby.FILTERED)))
        made += [examined(one.target, found, START + 38) for one in ASKS if one.operator == "apple"]
    return tuple(made)


NOW = START + 45
EVERY_WITNESS = frozenset((ask.look, ask.target) for ask in ASKS)


def verdict_of(
    observations: Sequence[Observation],
    *,
    now: float = NOW,
    targets: Targets = TARGETS,
    witnesses: frozenset[Witness] = EVERY_WITNESS,
) -> Verdict:
    evidence = gather(
        look_back(
            by_target(observations), now=now, epoch=EPOCH, targets=targets, witnesses=witnesses
        )
    )
    return judge(evidence.readings, notes=evidence.notes, services=evidence.services)


def test_the_healthy_world_of_these_tests_is_healthy() -> None:
    world = [observed(ask, None, START + 40) for ask in ASKS]

    assert verdict_of(world).code is Code.OK


@given(sweeps(), st.randoms(use_true_random=False))
def test_duplicates_and_order_change_nothing(
    observations: tuple[Observation, ...], random: object
) -> None:
    mixed = [*observations, *observations[::2]]
    shuffle: Callable[[list[Observation]], None] = random.shuffle  # type: ignore[attr-defined]
    shuffle(mixed)

    assert verdict_of(mixed) == verdict_of(observations)


REFERENCES = {Look.REF_IP, Look.REF_NAME}


@given(sweeps(), st.permutations(sorted({a.operator for a in ASKS if a.look in REFERENCES})))
def test_who_runs_the_references_changes_nothing(
    observations: tuple[Observation, ...], order: list[str]
) -> None:
    renamed = dict(zip(sorted(order), (f"{name}.example" for name in order), strict=True))

    def other(one: Observation) -> Observation:
        if one.look not in REFERENCES:
            return one
        finding = one.finding
        facts = tuple(
            replace(f, source=renamed[f.source]) if isinstance(f, OffsetFact) else f
            for f in finding.facts
        )
        operator = renamed[finding.operator]
        return replace(one, finding=replace(finding, operator=operator, facts=facts))

    before, after = (verdict_of(o) for o in (observations, tuple(map(other, observations))))

    assert (after.told_as, after.impact, after.certainty) == (
        before.told_as,
        before.impact,
        before.certainty,
    )


COMMON = {Look.SELF, Look.LINK, Look.GATEWAY}  # of these there is only one target
# One resolver that for good lacks one of Apple's names is what a filter looks like: no outage, but
# that resolver's fault.
FILTERED = [ask for ask in ASKS if ask.look is Look.DNS_EACH and ask.group == "apple"]
ONE_OF_MANY = [ask for ask in ASKS if ask.look not in COMMON and ask not in FILTERED]


@given(st.sampled_from(ONE_OF_MANY), st.data(), st.sampled_from((Nearby.CLEAN, Nearby.UNKNOWN)))
def test_one_failing_target_is_never_an_outage(
    victim: Ask, data: st.DataObject, found: Nearby
) -> None:
    ways = OWN_WAYS.get(victim.look, WAYS)
    way = data.draw(st.sampled_from(ways))
    world = [
        observed(ask, way if ask == victim else None, started)
        for started in (START + 20, START + 35)
        for ask in ASKS
    ]
    if found is not Nearby.UNKNOWN:
        world.append(examined(victim.target, found, START + 41))

    verdict = verdict_of(world)

    assert verdict.blame not in {Blame.APPLE, Blame.PROVIDER}, verdict
    assert verdict.code not in {Code.ISP_INTERNET, Code.DNS, Code.APPLE_SUSPECTED}, verdict


@given(sweeps(), st.sampled_from((-9000.0, 86400.0, 3e6)))
def test_only_differences_of_time_count(
    observations: tuple[Observation, ...], shift: float
) -> None:
    later = [replace(o, started=o.started + shift, ended=o.ended + shift) for o in observations]

    assert verdict_of(later, now=NOW + shift) == verdict_of(observations)


@given(sweeps(), st.sampled_from((-86400.0, 3600.0)))
def test_the_wall_clock_only_labels(observations: tuple[Observation, ...], jump: float) -> None:
    labelled = [replace(o, at=o.at + timedelta(seconds=jump)) for o in observations]

    before, after = verdict_of(observations), verdict_of(labelled)

    assert replace(after, because=()) == replace(before, because=())


LONGEST = max(plan.max_age_seconds for plan in PLAN.values())


@settings(max_examples=60)
@given(sweeps())
def test_what_grows_old_ends_in_not_knowing_and_accuses_apple_never(
    observations: tuple[Observation, ...],
) -> None:
    first = verdict_of(observations)
    edges = sorted(
        {o.ended + PLAN[o.look].max_age_seconds + 0.001 for o in observations if o.look in PLAN}
    )

    codes = [verdict_of(observations, now=max(NOW, edge)).code for edge in edges]

    if first.code is not Code.APPLE_SUSPECTED:
        assert Code.APPLE_SUSPECTED not in codes
    if first.code is not Code.OK:
        assert Code.OK not in codes
    assert verdict_of(observations, now=NOW + LONGEST + 1).code is Code.UNKNOWN


@given(sweeps(), sweeps())
def test_only_what_may_be_used_is_cited(
    observations: tuple[Observation, ...], elsewhere: tuple[Observation, ...]
) -> None:
    foreign = [replace(o, epoch=EPOCH - 1) for o in elsewhere]
    old = [
        replace(o, started=o.started - 40 * LONGEST, ended=o.ended - 40 * LONGEST)
        for o in elsewhere
    ]

    evidence = gather(
        look_back(
            by_target((*foreign, *observations, *old)),
            now=NOW,
            epoch=EPOCH,
            targets=TARGETS,
            witnesses=EVERY_WITNESS,
        )
    )

    for reading in evidence.readings.values():
        for one in reading.because:
            assert one in observations
            assert one.epoch == EPOCH
            assert NOW - one.ended <= PLAN[one.look].max_age_seconds
    assert verdict_of((*foreign, *observations, *old)) == verdict_of(observations)


@given(sweeps())
def test_what_was_never_right_here_never_accuses_apple(
    observations: tuple[Observation, ...],
) -> None:
    verdict = verdict_of(observations, witnesses=frozenset())

    if verdict.code is Code.APPLE_SUSPECTED:
        assert verdict.cause is Cause.APPLE_AUTHORITATIVE_DNS  # others' word, not these hosts'


INTERVALS = st.dictionaries(
    st.sampled_from("abcdefg"),
    st.tuples(st.floats(-400, 400), st.floats(0.0, 3.0)).map(lambda pair: (pair[0], sum(pair))),
    min_size=1,
)


@given(INTERVALS)
def test_a_clock_is_wrong_only_beyond_all_doubt_of_the_majority(
    intervals: dict[str, tuple[float, float]],
) -> None:
    facts = [
        OffsetFact(source=name, low_seconds=low, high_seconds=high, authenticated=True)
        for name, (low, high) in intervals.items()
    ]
    world = [
        observed(Ask(Look.REF_IP, fact.source, fact.source, facts=(fact,)), None, NOW)
        for fact in facts
    ]

    reading = clock(look_back(by_target(world), now=NOW, epoch=EPOCH, targets=TARGETS))

    agreed = weigh(facts).agreed
    assert agreed == marzullo(intervals)
    if reading.value is HostClock.WRONG:
        assert agreed is not None
        assert len(agreed.sources) >= 2
        assert len(agreed.sources) * 2 > len(intervals)
        low = max(intervals[name][0] for name in agreed.sources)
        high = min(intervals[name][1] for name in agreed.sources)
        assert low > WRONG_SECONDS or high < -WRONG_SECONDS


@given(INTERVALS)
def test_time_servers_alone_never_condemn_a_clock(
    intervals: dict[str, tuple[float, float]],
) -> None:
    """Whoever sits on the way can answer for all of them."""
    world = []
    for name, (low, high) in intervals.items():
        fact = OffsetFact(
            source=f"ntp {name}", low_seconds=low, high_seconds=high, authenticated=False
        )
        world.append(observed(Ask(Look.NTP, name, name, facts=(fact,)), None, NOW))

    reading = clock(look_back(by_target(world), now=NOW, epoch=EPOCH, targets=TARGETS))

    assert reading.value is not HostClock.WRONG


def test_an_open_event_alone_names_apple_only_at_low_certainty() -> None:
    event = FeedEventFact(
        service="iMessage",
        message_id="1",
        kind="outage",
        state="ongoing",
        started_at=None,
        ended_at=None,
        message="",
    )
    (feed,) = (f for ask in ASKS if ask.look is Look.STATUS for f in ask.facts)
    assert isinstance(feed, FeedFact)
    ask = Ask(Look.STATUS, "consumer", "apple", facts=(replace(feed, events=(event,)),))

    verdict = verdict_of([observed(ask, None, START + 40)])

    assert (verdict.code, verdict.certainty) == (Code.APPLE_ACKNOWLEDGED, "low")
