"""What must hold for every evidence there can be (P9-P11, P14-P17, P20 of the design).

Evidence is made look by look, as the world makes it: each look asks all its targets at one moment,
and any of them may pass, or fail in any way that its look knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import pytest
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
    Certainty,
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


# P9: all that is asked only so that Apple's silence has something to be compared with.
CONTROL_LOOKS = {
    Look.REF_IP, Look.REF_NAME, Look.CAPTIVE, Look.NTP, Look.PORT_CTL, Look.DNS_ALT
}  # fmt: skip
CONTROLS = [ask for ask in ASKS if ask.look in CONTROL_LOOKS]
OPERATORS = sorted({ask.operator for ask in CONTROLS})
# Names that are asked of a resolver stay: Apple's are asked of others too. (That the order of the
# control names decides nothing where they fail in two ways: test_resolvers.py.)
ASKED_OF_RESOLVERS = {*TARGETS.apple_names, *TARGETS.control_names}
LABELS = sorted(
    {label for ask in CONTROLS for label in ask.target.split()} - {"r", *ASKED_OF_RESOLVERS}
)


@dataclass(frozen=True, slots=True)
class Names:
    """Other names for whoever runs the controls and for what is asked of them."""

    operators: dict[str, str]
    labels: dict[str, str]  # the words of which the names of targets are made

    def label(self, target: str) -> str:
        return " ".join(self.labels.get(word, word) for word in target.split())

    def fact(self, fact: Fact) -> Fact:
        if isinstance(fact, OffsetFact):
            *before, operator = fact.source.split()
            return replace(fact, source=" ".join([*before, self.operators[operator]]))
        if isinstance(fact, AnswerFact):
            return replace(
                fact,
                resolver=self.label(fact.resolver),
                name=self.labels.get(fact.name, fact.name),
            )
        return fact

    def of(self, one: Observation) -> Observation:
        asked = (one.look, one.finding.target)
        if asked not in {(ask.look, ask.target) for ask in CONTROLS}:
            return one
        finding = replace(
            one.finding,
            target=self.label(one.finding.target),
            operator=self.operators[one.finding.operator],
            facts=tuple(map(self.fact, one.finding.facts)),
        )
        return replace(one, finding=finding)


@st.composite
def other_names(draw: st.DrawFn) -> Names:
    """The same names dealt out anew, or others; what sorted first may then sort last."""
    mine = draw(st.booleans())
    dealt = []
    for known in (OPERATORS, LABELS):
        order = draw(st.permutations(known))
        new = [name if mine else f"{name}.example" for name in order]
        dealt.append(dict(zip(known, new, strict=True)))
    return Names(*dealt)


@st.composite
def dead_operators(draw: st.DrawFn) -> tuple[Observation, ...]:
    """Some who run the controls are out of order, all alike, and perhaps a part of Apple too."""
    dead = draw(st.sets(st.sampled_from(OPERATORS), min_size=1))
    way = draw(st.sampled_from(WAYS[1:6]))
    group = draw(st.sampled_from(("", *GROUPS)))

    def fails(ask: Ask) -> bool:
        mine = ask.look in CONTROL_LOOKS and ask.operator in dead
        return mine or (ask.look is Look.APPLE_WEB and ask.group == group)

    return tuple(
        observed(ask, way if fails(ask) else None, started)
        for started in (START + 20, START + 40)
        for ask in ASKS
    )


def told_otherwise(
    observations: Sequence[Observation], other: Names, judged: Callable[..., Verdict]
) -> str:
    """What differs once the controls have other names; "" when nothing does."""
    witnesses = {(ask.look, other.label(ask.target)) for ask in CONTROLS} | EVERY_WITNESS
    before = judged(observations, witnesses=EVERY_WITNESS)
    after = judged([other.of(one) for one in observations], witnesses=frozenset(witnesses))
    said = [(v.told_as, v.impact, v.certainty) for v in (before, after)]
    return "" if said[0] == said[1] else f"{said[0]} became {said[1]}"


@given(dead_operators() | sweeps(), other_names())
def test_who_runs_the_controls_and_what_they_are_called_changes_nothing(
    observations: tuple[Observation, ...], other: Names
) -> None:
    assert told_otherwise(observations, other, verdict_of) == ""


def partisan(
    observations: Sequence[Observation], *, witnesses: frozenset[Witness] = EVERY_WITNESS
) -> Verdict:
    """Nobody is believed but two."""
    believed = [
        o for o in observations
        if o.look not in CONTROL_LOOKS or o.finding.operator in {"cloudflare", "mozilla"}
    ]  # fmt: skip
    return verdict_of(believed, witnesses=witnesses)


def first_come(
    observations: Sequence[Observation], *, witnesses: frozenset[Witness] = EVERY_WITNESS
) -> Verdict:
    """Of all time servers and references the first by name decides."""
    first = {look: min(o.finding.target for o in observations if o.look is look) for look in LOOKS}
    believed = [
        o for o in observations
        if o.look not in CONTROL_LOOKS or o.finding.target == first[o.look]
    ]  # fmt: skip
    return verdict_of(believed, witnesses=witnesses)


@pytest.mark.parametrize("broken", [partisan, first_come])
def test_a_control_that_counts_by_its_name_is_caught(broken: Callable[..., Verdict]) -> None:
    """One operator is out of order; which one it is, is nobody's business."""
    fails = (Step.CONNECT, Failure.CONNECTION_REFUSED, Speed.ACTIVE)
    world = [
        observed(ask, fails if ask.operator == "cloudflare" else None, started)
        for started in (START + 20, START + 40)
        for ask in ASKS
    ]
    swap = {"cloudflare": "quad9", "quad9": "cloudflare", "mozilla": "google", "google": "mozilla"}
    other = Names(
        operators={name: swap.get(name, name) for name in OPERATORS},
        labels=dict(zip(LABELS, reversed(LABELS), strict=True)),
    )

    assert told_otherwise(world, other, verdict_of) == ""
    assert told_otherwise(world, other, broken) != ""


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
ITS_WORD = {Code.APPLE_ACKNOWLEDGED, Code.MAINTENANCE}
Judged: TypeAlias = Callable[[Sequence[Observation], float], Verdict]


def an_event(kind: str = "outage") -> Observation:
    """Apple's own page, lately, with an open event of a watched service."""
    event = FeedEventFact(
        service="iMessage",
        message_id="1",
        kind=kind,
        state="ongoing",
        started_at=None,
        ended_at=None,
        message="",
    )
    (feed,) = (f for ask in ASKS if ask.look is Look.STATUS for f in ask.facts)
    assert isinstance(feed, FeedFact)
    ask = Ask(Look.STATUS, "consumer", "apple", facts=(replace(feed, events=(event,)),))
    return observed(ask, None, START + 44)


def grown_old(observations: Sequence[Observation], judged: Judged) -> str:
    """What is told wrongly while time passes and nobody looks; "" when nothing is.

    Apple's own word needs no controls (the contract, product.md 2): while its page is fresh it may
    come out from under a fault that nobody sees any more, at low certainty and as Apple's report.
    """
    first = judged(observations, NOW)
    edges = sorted(
        {o.ended + PLAN[o.look].max_age_seconds + 0.001 for o in observations if o.look in PLAN}
    )
    now = first
    for moment in (*(max(NOW, edge) for edge in edges), NOW + LONGEST + 1):
        now = judged(observations, moment)
        fresh = any(
            o.look is Look.STATUS and moment - o.ended <= PLAN[o.look].max_age_seconds
            for o in observations
        )
        if now.code is Code.OK and first.code is not Code.OK:
            return f"ok at {moment}"
        if now.code is Code.APPLE_SUSPECTED and first.code not in {now.code, *ITS_WORD}:
            return f"suspected at {moment}"
        if now.code in ITS_WORD and not fresh:
            return f"Apple's word is old at {moment}"
        if now.code in ITS_WORD and first.blame is not Blame.APPLE and now.certainty != "low":
            return f"Apple's word made {now.certainty} at {moment}"
    return "" if now.code is Code.UNKNOWN else f"{now.code} in the end"


def aged(observations: Sequence[Observation], now: float) -> Verdict:
    return verdict_of(observations, now=now)


@settings(max_examples=60)
@given(sweeps(), st.sampled_from((None, None, "outage", "maintenance")))
def test_what_grows_old_ends_in_not_knowing_and_accuses_apple_never(
    observations: tuple[Observation, ...], kind: str | None
) -> None:
    event = () if kind is None else (an_event(kind),)

    assert grown_old((*observations, *event), aged) == ""


def no_names() -> tuple[Observation, ...]:
    """No resolver here answers, and so nothing of Apple's is found; Apple reports an event."""
    fails = (Step.CONTENT, Failure.DNS_SERVFAIL, Speed.ACTIVE)
    unresolved = (Step.RESOLVE, Failure.DNS_SERVFAIL, Speed.ACTIVE)
    by_name = {Look.REF_NAME, Look.PUSH_5223, Look.PUSH_443, Look.PUSH_HTTP, Look.APPLE_WEB}
    ways: dict[Look, Way] = {Look.DNS_EACH: fails, **dict.fromkeys(by_name, unresolved)}
    return tuple(
        observed(ask, ways.get(ask.look), started)
        for started in (START + 20, START + 40)
        for ask in ASKS
        if ask.look is not Look.STATUS
    )


def test_of_old_failing_names_only_apples_fresh_word_is_left_and_it_is_low() -> None:
    """The known order: the names, then Apple's report at low certainty, then not knowing."""
    world = (*no_names(), an_event())

    answers = [
        (told.code, told.certainty.value, told.headline)
        for passed in range(0, int(LONGEST) + 2, 5)
        for told in (aged(world, NOW + passed),)
    ]
    turns = [one for n, one in enumerate(answers) if n == 0 or one[0] is not answers[n - 1][0]]

    assert [turn[:2] for turn in turns] == [
        (Code.DNS, "high"),
        (Code.APPLE_ACKNOWLEDGED, "low"),
        (Code.UNKNOWN, "low"),
    ]
    assert turns[1][2].startswith("Apple reports")
    assert {said for code, said, _ in answers if code in ITS_WORD} == {"low"}


def cocksure(observations: Sequence[Observation], now: float) -> Verdict:
    verdict = aged(observations, now)
    return replace(verdict, certainty=Certainty.HIGH) if verdict.code in ITS_WORD else verdict


def ageless_word(observations: Sequence[Observation], now: float) -> Verdict:
    return aged([*(o for o in observations if o.look is not Look.STATUS), an_event_at(now)], now)


def an_event_at(now: float) -> Observation:
    event = an_event()
    return replace(event, started=now - 1, ended=now - 1)


def optimist(observations: Sequence[Observation], now: float) -> Verdict:
    """What nobody sees any more is taken for healed."""
    young = aged([o for o in observations if o.look is not Look.DNS_EACH], NOW)
    return aged(observations, now) if now == NOW else replace(young, code=Code.OK)


def accuser(observations: Sequence[Observation], now: float) -> Verdict:
    verdict = aged(observations, now)
    return verdict if verdict.code is Code.DNS else replace(verdict, code=Code.APPLE_SUSPECTED)


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (cocksure, "Apple's word made high"),
        (ageless_word, "Apple's word is old"),
        (optimist, "ok at"),
        (accuser, "suspected at"),
    ],
)
def test_a_broken_ageing_is_caught(broken: Judged, expected: str) -> None:
    world = (*no_names(), an_event())

    assert grown_old(world, aged) == ""
    assert grown_old(world, broken).startswith(expected)


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
    verdict = verdict_of([an_event()])

    assert (verdict.code, verdict.certainty) == (Code.APPLE_ACKNOWLEDGED, "low")
