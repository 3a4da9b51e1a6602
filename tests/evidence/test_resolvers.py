"""Why names fail, or come late: what the resolvers themselves tell of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import (
    AnswerFact,
    DialFact,
    Fact,
    GreetingFact,
    LifeFact,
    NetworkFact,
    Observation,
    StepTaken,
)
from probe.verdict.signals.resolvers import (
    fresh_names,
    hampered,
    is_near,
    nothing_fresh,
    says_stale,
    why_dns_fails,
)
from probe.words import Cause, Failure, Family, Look, Step
from tests.support.sightings import NOW, seen, sighting, twice

TIMEOUT, REFUSED = Failure.GENERIC_TIMEOUT, Failure.CONNECTION_REFUSED
SERVFAIL, UNREACHABLE = Failure.DNS_SERVFAIL, Failure.HOST_UNREACHABLE
ROUTER, HERE, BESIDE, FAR = "192.168.1.1", "192.168.1.53", "192.168.1.54", "192.0.2.53"
SECOND = "192.168.1.2"  # a router, too
# What a look may learn besides, and what says nothing about names.
ASIDE = DialFact(resent=0)


def network(*gateways: str) -> Observation:
    fact = NetworkFact(
        default_interfaces=("eth0",),
        carrier=True,
        addresses=("203.0.113.7",),
        gateways=gateways,
        has_default_route={Family.IPV4: True},
        fingerprint="home",
        networks=("203.0.113.7/28",),
    )
    return sighting(Look.LINK, "this host", step=Step.READ, facts=[fact])


HOME = network(ROUTER, SECOND)


def said(
    resolver: str, failure: Failure | None, *, name: str = "control.example", ede: int | None = None
) -> Observation:
    fact = AnswerFact(resolver=resolver, name=name, addresses=(), rcode="", extended_error=ede)
    unheard = failure in {TIMEOUT, UNREACHABLE}
    return sighting(
        Look.DNS_EACH,
        f"{resolver} {name}",
        failure,
        step=Step.EXCHANGE if unheard else Step.CONTENT,
        silent=failure is TIMEOUT,
        facts=[ASIDE] if unheard else [ASIDE, fact],
        group="control",
        operator=f"resolver {resolver}",
        address=f"{resolver}#53",
    )


def life(
    resolver: str, *, itself: bool = False, names: bool = False, tcp: bool | None = None
) -> Observation:
    fact = LifeFact(resolver=resolver, answers_itself=itself, names_over_tcp=names, tcp_open=tcp)
    return sighting(Look.DNS_ALIVE, resolver, facts=[ASIDE, fact], address=resolver)


def about_it(resolver: str, *, ago: float) -> Observation:
    """A question about how it behaves met a closed port."""
    return sighting(
        Look.DNS_MANNERS, f"{resolver} random", REFUSED, step=Step.EXCHANGE, ago=ago,
        address=f"{resolver}#53",
    )  # fmt: skip


def by_name(failure: Failure) -> Observation:
    """A look at a web page fell at its name."""
    return sighting(Look.REF_NAME, "a", failure, step=Step.RESOLVE, silent=failure is TIMEOUT)


def took(observation: Observation, *seconds: float) -> Observation:
    """Its steps took so long; none: it has no steps."""
    steps = tuple(replace(observation.finding.steps[0], seconds=one) for one in seconds)
    return replace(observation, finding=replace(observation.finding, steps=steps))


def to_nobody(*facts: Fact) -> Observation:
    """A question to where no resolver is, which somebody answered."""
    return sighting(Look.DNS_MANNERS, "no resolver", facts=facts, group="nobody", step=Step.CONTENT)


def replied(*addresses: str) -> AnswerFact:
    return AnswerFact(resolver="192.0.2.99", name="x", addresses=addresses, rcode="")


@pytest.mark.parametrize(
    ("resolver", "near"),
    [
        ("127.0.0.1", True),
        (HERE, True),
        ("203.0.113.2", True),  # on this host's own link
        ("198.51.100.1", True),  # this host's router, by an address of another network
        (FAR, False),
        ("", False),  # nobody was asked
    ],
)
def test_which_resolver_is_of_this_network(resolver: str, near: bool) -> None:
    assert is_near(seen(network("198.51.100.1")), resolver) is near


WHY: dict[str, tuple[tuple[Observation, ...], Cause]] = {
    # Rows 25 to 28: what a resolver of this network says.
    "it refuses connections": ((said(HERE, REFUSED),), Cause.RESOLVER_REFUSED),
    "it refuses to answer": ((said(HERE, Failure.DNS_REFUSED),), Cause.DNS_REFUSED),
    "it fails": ((said(HERE, SERVFAIL),), Cause.DNS_SERVFAIL),
    "large answers do not come through": (
        (said(HERE, Failure.DNS_TCP_BLOCKED),), Cause.DNS_TCP_BLOCKED),
    "it does not understand": ((said(HERE, Failure.DNS_FORMERR),), Cause.DNS_MISBEHAVING),
    "it answers what cannot be true": ((said(HERE, None),), Cause.DNS_MISBEHAVING),
    "it fails, and answers what cannot be true as well": (
        (said(HERE, None, name="a"), said(HERE, None, name="b"), said(HERE, SERVFAIL)),
        Cause.DNS_SERVFAIL),
    "one name fails in one way and one in another": (
        (said(HERE, SERVFAIL, name="a"), said(HERE, Failure.DNS_REFUSED, name="b")),
        Cause.RESOLVER_OR_UPSTREAM),
    "so they do the other way round": (
        (said(HERE, Failure.DNS_REFUSED, name="a"), said(HERE, SERVFAIL, name="b")),
        Cause.RESOLVER_OR_UPSTREAM),
    "it refused a moment ago, and the host now says so to others": (
        (
            *(replace(said(HERE, REFUSED), started=NOW - ago, ended=NOW - ago) for ago in (20, 10)),
            *twice(said(HERE, TIMEOUT)), life(HERE, tcp=False),
        ),
        Cause.RESOLVER_REFUSED),
    "its machine said so to another question, a moment ago": (
        (*twice(said(HERE, TIMEOUT)), about_it(HERE, ago=5), life(HERE, tcp=False)),
        Cause.RESOLVER_REFUSED),
    "its machine said so to a program that looked up a name": (
        (*twice(said(HERE, TIMEOUT)), by_name(REFUSED), life(HERE, tcp=False)),
        Cause.RESOLVER_REFUSED),
    "the machine of one of two said so to a program": (
        (*twice(said(HERE, TIMEOUT)), *twice(said(BESIDE, TIMEOUT)), by_name(REFUSED),
         life(HERE, tcp=False)),
        Cause.RESOLVER_OR_UPSTREAM),
    "a program found no name either, in silence": (
        (*twice(said(HERE, TIMEOUT)), by_name(TIMEOUT), life(HERE, tcp=False)),
        Cause.RESOLVER_OR_UPSTREAM),
    "it refused before it last worked": (
        (
            replace(said(HERE, REFUSED), started=NOW - 20, ended=NOW - 20),
            replace(said(HERE, None), started=NOW - 10, ended=NOW - 10),
            *twice(said(HERE, TIMEOUT)), life(HERE, tcp=False),
        ),
        Cause.RESOLVER_OR_UPSTREAM),
    "it refused between two times at which it worked": (
        (
            *(replace(said(HERE, None), started=NOW - ago, ended=NOW - ago) for ago in (30, 10)),
            about_it(HERE, ago=20), *twice(said(HERE, TIMEOUT)), life(HERE, tcp=False),
        ),
        Cause.RESOLVER_OR_UPSTREAM),
    "it refused at the very moment at which it last worked": (
        (
            replace(said(HERE, None), started=NOW - 10, ended=NOW - 10), about_it(HERE, ago=10),
            *twice(said(HERE, TIMEOUT)), life(HERE, tcp=False),
        ),
        Cause.RESOLVER_OR_UPSTREAM),
    "most names fail in one way": (
        (
            said(HERE, Failure.DNS_REFUSED, name="a"), said(HERE, SERVFAIL, name="b"),
            said(HERE, SERVFAIL, name="c"),
        ),
        Cause.DNS_SERVFAIL),
    # RFC 8914: a forwarder that finds nobody to ask says so.
    "the router finds no authority": (
        (said(ROUTER, Failure.DNS_REFUSED, ede=22),), Cause.RESOLVER_UPSTREAM_DEAD),
    "the router meets an error of the network": (
        (said(ROUTER, Failure.DNS_REFUSED, ede=23),), Cause.RESOLVER_UPSTREAM_DEAD),
    "the router refuses without a reason, and was not asked of itself yet": (
        (said(ROUTER, Failure.DNS_REFUSED),), Cause.RESOLVER_OR_UPSTREAM),
    "the router refuses, and tells nothing of itself either": (
        (said(ROUTER, Failure.DNS_REFUSED), life(ROUTER)), Cause.DNS_REFUSED),
    "the router refuses, and answers what it needs nobody for": (
        (said(ROUTER, Failure.DNS_REFUSED), life(ROUTER, itself=True)), Cause.RESOLVER_OR_UPSTREAM),
    # Measured: dnsmasq, whose upstream says "port unreachable".
    "the router is silent one time and refuses the next, and is alive": (
        (
            replace(said(ROUTER, TIMEOUT), started=NOW - 9, ended=NOW - 5),
            said(ROUTER, Failure.DNS_REFUSED), life(ROUTER, itself=True),
        ),
        Cause.RESOLVER_UPSTREAM_DEAD),
    "so it does, and was not asked of itself yet": (
        (
            replace(said(ROUTER, TIMEOUT), started=NOW - 9, ended=NOW - 5),
            said(ROUTER, Failure.DNS_REFUSED),
        ),
        Cause.RESOLVER_OR_UPSTREAM),
    "so it does about one name, and only refuses another": (
        (
            replace(said(ROUTER, TIMEOUT), started=NOW - 9, ended=NOW - 5),
            said(ROUTER, Failure.DNS_REFUSED),
            said(ROUTER, Failure.DNS_REFUSED, name="other"), life(ROUTER, itself=True),
        ),
        Cause.RESOLVER_UPSTREAM_DEAD),
    "before the router refused, an attempt took no step": (
        (
            replace(took(said(ROUTER, None)), started=NOW - 9, ended=NOW - 9),
            said(ROUTER, Failure.DNS_REFUSED), life(ROUTER, itself=True),
        ),
        Cause.RESOLVER_OR_UPSTREAM),
    "two routers refuse, and one of them answers what it needs nobody for": (
        (
            said(ROUTER, Failure.DNS_REFUSED), said(SECOND, Failure.DNS_REFUSED),
            life(ROUTER, itself=True), life(SECOND),
        ),
        Cause.RESOLVER_OR_UPSTREAM),
    "it was silent before it last worked": (
        (
            replace(said(ROUTER, TIMEOUT), started=NOW - 29, ended=NOW - 25),
            replace(said(ROUTER, None), started=NOW - 19, ended=NOW - 19),
            said(ROUTER, Failure.DNS_REFUSED), life(ROUTER, itself=True),
        ),
        Cause.RESOLVER_OR_UPSTREAM),
    # Beyond this network, who answers a connection or fails may be somebody on the way.
    "one far away refuses connections": ((said(FAR, REFUSED),), Cause.RESOLVER_OR_UPSTREAM),
    "one far away refuses to answer": ((said(FAR, Failure.DNS_REFUSED),), Cause.DNS_REFUSED),
    "one here and one far away fail": (
        (said(HERE, SERVFAIL), said(FAR, SERVFAIL)), Cause.RESOLVER_OR_UPSTREAM),
    "one here and one far away are silent": (
        (said(HERE, TIMEOUT), said(FAR, TIMEOUT), life(HERE, names=True)),
        Cause.RESOLVER_OR_UPSTREAM),
    # Row 45: somebody answers in the place of others, and has no answer.
    "somebody takes the question and fails": (
        (said(FAR, SERVFAIL), to_nobody(ASIDE, replied())), Cause.INTERCEPTED_RESOLVER_BROKEN),
    "somebody takes such questions and answers them": (
        (said(FAR, SERVFAIL), to_nobody(ASIDE, replied("198.51.100.7"))),
        Cause.RESOLVER_OR_UPSTREAM),
    "somebody takes such questions, and ours did not go that way": (
        (said(HERE, SERVFAIL), to_nobody(replied())), Cause.DNS_SERVFAIL),
    # Row 27: silence, and what the silent one shows of itself.
    "nobody has its address": ((said(HERE, UNREACHABLE),), Cause.RESOLVER_SILENT),
    "nobody has the address of one, another is silent": (
        (said(HERE, UNREACHABLE), said(BESIDE, TIMEOUT)), Cause.RESOLVER_OR_UPSTREAM),
    "whether it lives is not known": ((said(HERE, TIMEOUT),), Cause.RESOLVER_OR_UPSTREAM),
    "another lives": (
        (said(HERE, TIMEOUT), life(BESIDE, names=True)), Cause.RESOLVER_OR_UPSTREAM),
    "names come by TCP": ((said(HERE, TIMEOUT), life(HERE, names=True)), Cause.RESOLVER_SILENT),
    "names come by TCP from one of two": (
        (said(HERE, TIMEOUT), said(BESIDE, TIMEOUT), life(HERE, names=True),
         life(BESIDE, tcp=True)), Cause.RESOLVER_SILENT),
    "the router answers for itself": (
        (said(ROUTER, TIMEOUT), life(ROUTER, itself=True)), Cause.RESOLVER_UPSTREAM_DEAD),
    "both routers answer for themselves": (
        (said(ROUTER, TIMEOUT), said(SECOND, TIMEOUT), life(ROUTER, itself=True),
         life(SECOND, itself=True)),
        Cause.RESOLVER_UPSTREAM_DEAD),
    "another answers for itself": (
        (said(HERE, TIMEOUT), life(HERE, itself=True)), Cause.RESOLVER_OR_UPSTREAM),
    "one of two answers for itself, the other shows nothing at all": (
        (said(HERE, TIMEOUT), said(BESIDE, TIMEOUT), life(HERE, itself=True), life(BESIDE)),
        Cause.RESOLVER_OR_UPSTREAM),
    "it shows nothing at all": ((said(HERE, TIMEOUT), life(HERE)), Cause.RESOLVER_SILENT),
    "it takes a connection": (
        (said(HERE, TIMEOUT), life(HERE, tcp=True)), Cause.RESOLVER_OR_UPSTREAM),
    "one of two takes a connection": (
        (said(HERE, TIMEOUT), said(BESIDE, TIMEOUT), life(HERE), life(BESIDE, tcp=True)),
        Cause.RESOLVER_OR_UPSTREAM),
}  # fmt: skip


@pytest.mark.parametrize("case", WHY)
def test_why_names_fail(case: str) -> None:
    observations, cause = WHY[case]
    looked = seen(HOME, *observations)

    assert why_dns_fails(looked, looked.of(Look.DNS_EACH)) is cause


# ---------------------------------------------------------------- names from memory


@pytest.mark.parametrize(("ede", "stale"), [(3, True), (19, True), (22, False), (None, False)])
def test_a_resolver_says_itself_that_an_answer_is_old(ede: int | None, stale: bool) -> None:
    """RFC 8914: 3 is a stale answer, 19 a stale "no such name"."""
    (one,) = seen(said(HERE, None, ede=ede)).of(Look.DNS_EACH)

    assert says_stale(one) is stale


def unknown_name(
    failure: Failure | None = None, *, resolver: str = HERE, ago: float = 1
) -> Observation:
    return sighting(
        Look.DNS_MANNERS, f"{resolver} random", failure, step=Step.CONTENT, group="random",
        operator=f"resolver {resolver}", address=resolver, ago=ago,
    )  # fmt: skip


@pytest.mark.parametrize(("seconds_before", "fresh"), [(0.0, True), (0.5, True), (0.6, False)])
def test_a_name_of_the_same_sweep_is_fresh(seconds_before: float, fresh: bool) -> None:
    """Looks of one sweep start within half a second."""
    looked = seen(unknown_name(), unknown_name(SERVFAIL, resolver=BESIDE))

    assert fresh_names(looked, HERE, NOW - 1 + seconds_before) is fresh


def test_what_another_resolver_was_heard_about_is_its_own() -> None:
    assert not fresh_names(seen(unknown_name(resolver=BESIDE)), HERE, NOW - 9)


def test_that_nothing_is_fresh_takes_two_failures() -> None:
    assert nothing_fresh(seen(unknown_name(SERVFAIL))) == ()
    assert len(nothing_fresh(seen(*twice(unknown_name(SERVFAIL))))) == 1
    assert nothing_fresh(seen()) == ()


# ---------------------------------------------------------------- names that come late


def app(
    failure: Failure | None = None, *, name: str = "courier", seconds: float = 5.0
) -> Observation:
    silent = failure is TIMEOUT
    return took(sighting(Look.DNS_APP, name, failure, step=Step.RESOLVE, silent=silent), seconds)


HOSTS = sighting(Look.DNS_APP, "hosts file", step=Step.READ, group="hosts")


def slowly(seconds: float, *, resolver: str = HERE) -> tuple[Observation, ...]:
    """The resolver and an application waited so long for it, twice."""
    each = took(said(resolver, None), seconds), app(seconds=seconds)
    return tuple(one for first in each for one in twice(first))


def reference(
    seconds: float, *, ago: float = 1.0, name: str = "cloudflare", look: Look = Look.REF_IP
) -> Observation:
    return took(sighting(look, name, operator=name, ago=ago), seconds)


def heard(
    seconds: float, *, trip: float | None, resent: int = 0, ago: float = 1.0,
    name: str = "cloudflare", look: Look = Look.REF_IP,
) -> Observation:  # fmt: skip
    """A connection that was told to this process after so long, before a slow handshake."""
    one = reference(seconds, ago=ago, name=name, look=look)
    greeting = StepTaken(step=Step.HANDSHAKE, seconds=9.0)
    facts = (GreetingFact(large_got_through=True), DialFact(resent=resent, trip_seconds=trip))
    steps = (*one.finding.steps, greeting)
    return replace(one, finding=replace(one.finding, steps=steps, facts=facts))


def elsewhere(look: Look, seconds: float, step: Step = Step.CONNECT) -> tuple[Observation, ...]:
    """Three others that took so long."""
    return tuple(took(sighting(look, name, step=step), seconds) for name in ("a", "b", "c"))


def lost(failure: Failure, connect: float) -> Observation:
    one = took(sighting(Look.REF_IP, failure.value, operator="google"), connect)
    fell = StepTaken(step=Step.HANDSHAKE, seconds=0.1, failure=failure)
    return replace(one, finding=replace(one.finding, steps=(*one.finding.steps, fell)))


def greeted(connect: float, handshake: float) -> Observation:
    one = reference(connect)
    spoke = tuple(
        StepTaken(step=step, seconds=handshake) for step in (Step.HANDSHAKE, Step.EXCHANGE)
    )
    return replace(one, finding=replace(one.finding, steps=(*one.finding.steps, *spoke)))


DEAD = (*twice(said(HERE, TIMEOUT)), said(BESIDE, None))
WAITED = app(TIMEOUT)
BEFORE, _ = twice(app(seconds=0.8))
LATE: dict[str, tuple[tuple[Observation, ...], Cause | None]] = {
    # Row 30: each look-up asks the dead one first.
    "one of two is dead": ((*DEAD, WAITED), Cause.RESOLVER_FAILOVER_SLOW),
    "what the hosts file has is had at once": (
        (*DEAD, WAITED, HOSTS), Cause.RESOLVER_FAILOVER_SLOW),
    "no application asked": (DEAD, None),
    "one application of two waits": ((*DEAD, WAITED, app(name="web", seconds=0.01)), None),
    "applications are told at once that it fails": ((*DEAD, app(SERVFAIL)), None),
    "it answers some names": ((*DEAD, said(HERE, None, name="other"), WAITED), None),
    "it was silent once": ((said(HERE, TIMEOUT), said(BESIDE, None), WAITED), None),
    "the other is not always right": (
        (*DEAD, said(BESIDE, SERVFAIL, name="other"), WAITED), Cause.RESOLVER_FAILOVER_SLOW),
    # Row 46: more than 500 ms for what no cache has.
    "slow": ((*slowly(0.6), reference(0.0)), Cause.DNS_SLOW),
    "half a second is not slow": ((*slowly(0.5), reference(0.0)), None),
    "slow by more than four ways there and back": (
        (*slowly(0.8), reference(0.05)), Cause.DNS_SLOW),
    "slow as the line is": ((*slowly(0.8), reference(0.1)), None),
    "slow as the line is for applications alone": (
        (*twice(app(seconds=0.8)), *twice(took(said(HERE, None), 1.2)), reference(0.1)), None),
    "how long the line is, greetings tell that were answered": (
        (*slowly(0.8), reference(0.05), lost(TIMEOUT, 5.0), lost(REFUSED, 5.0)), Cause.DNS_SLOW),
    "how long the line is, greetings tell and nothing after them": (
        (*slowly(0.8), greeted(0.05, 0.5)), Cause.DNS_SLOW),
    # The line may have become longer: beside its trips since the first of these answers.
    "how long the line was before is no measure": (
        (*slowly(0.8), reference(0.0, ago=3.5)), None),
    "from the first slow answer on": ((*slowly(0.8), reference(0.0, ago=3.0)), Cause.DNS_SLOW),
    "from the first of all of them on": (
        (*twice(app(seconds=0.8)), *twice(took(said(HERE, None), 0.8), seconds=30),
         reference(0.0, ago=20.0)), Cause.DNS_SLOW),
    "the line has become longer since": (
        (*slowly(0.8), *(reference(0.0, ago=ago) for ago in (20, 40, 60)), reference(0.6)), None),
    # The kernel saw 10 ms: this process was 490 ms late to hear of it.
    "no later than this process is itself": ((*slowly(0.8), heard(0.5, trip=0.01)), None),
    "by the worst of what it heard": (
        (*slowly(0.8), heard(0.5, trip=0.01), heard(0.01, trip=0.01, name="google")), None),
    "a trip that the kernel saw is none of it": (
        (*slowly(1.1), *(reference(0.0, name=name) for name in "abc"), heard(0.5, trip=0.2)),
        Cause.DNS_SLOW),
    "what is no look at a far end says nothing of this process": (
        (*slowly(0.8), reference(0.0), heard(0.5, trip=0.01, look=Look.STATUS)), Cause.DNS_SLOW),
    "nor does what the kernel did not see": (
        (*slowly(0.8), reference(0.0), heard(0.0, trip=None, name="google")), Cause.DNS_SLOW),
    "later than this process is": ((*slowly(1.1), heard(0.5, trip=0.01)), Cause.DNS_SLOW),
    "a greeting that was sent again was not late": (
        (*slowly(1.2), heard(1.02, trip=0.01, resent=1)), Cause.DNS_SLOW),
    "how late it was before does not matter": (
        (*slowly(0.8), heard(0.5, trip=0.01, ago=30.0), reference(0.0)), Cause.DNS_SLOW),
    "what is no calm look at a far end is no measure": (
        (*slowly(0.8), reference(0.0), *elsewhere(Look.STATUS, 5.0)), Cause.DNS_SLOW),
    "nor is what was not connected": (
        (*slowly(0.8), reference(0.0), *elsewhere(Look.CAPTIVE, 5.0, Step.READ)), Cause.DNS_SLOW),
    "slow, and no application asked": (
        (*twice(took(said(HERE, None), 0.8)), reference(0.0)), None),
    "slow for one application of two": (
        (*slowly(0.8), *twice(app(name="web", seconds=0.1)), reference(0.0)), None),
    "slow for one name of two": (
        (*slowly(0.8), *twice(took(said(HERE, None, name="other"), 0.1)), reference(0.0)), None),
    "applications wait, and the resolver is quick": (
        (*twice(app(seconds=0.8)), *twice(took(said(HERE, None), 0.1)), reference(0.0)), None),
    "it fails, and slowly": (
        (*twice(app(seconds=0.8)), *twice(took(said(HERE, SERVFAIL), 0.8)), reference(0.0)), None),
    "it fails slowly for one of two names": (
        (*slowly(0.8), *twice(took(said(HERE, SERVFAIL, name="other"), 0.8)), reference(0.0)),
        None),
    "slow before, and quick now": (
        (*slowly(0.8)[::2], app(seconds=0.1), took(said(HERE, None), 0.1), reference(0.0)), None),
    "how long it took before is not known": (
        (took(BEFORE), *slowly(0.8)[:2], app(seconds=0.8), reference(0.0)), None),
}  # fmt: skip


@pytest.mark.parametrize("case", LATE)
def test_what_applications_wait_for(case: str) -> None:
    observations, cause = LATE[case]

    late = hampered(seen(*observations))

    assert (late.cause if late else None) is cause
