"""The quality of the line: what is told of connections that come late, and of bursts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from probe.model import DialFact, LineFact, NetworkFact, Observation, TranslatorFact
from probe.verdict.past import LEAST, NEEDED, patience
from probe.verdict.seen import Seen
from probe.verdict.signals.apple import services
from probe.verdict.signals.line import in_doubt, may_be_over, quality, tail
from probe.verdict.signals.path import internet
from probe.words import Cause, Failure, Family, Internet, Look, Services, Step
from tests.support.sightings import NOW, seen, sighting

# ruff: noqa: E501  # one case, one line

REFERENCES = ("cloudflare", "google", "quad9")
TIMEOUT = Failure.GENERIC_TIMEOUT
REFUSED = Failure.CONNECTION_REFUSED
LOST = None


def burst(
    *seconds: Sequence[float | None],
    router: Sequence[float | None] = (0.001,) * 5,
    ago: float = 6.0,
) -> list[Observation]:
    """One burst: the connections of each reference, and the datagrams to the router."""
    facts = [
        (name, LineFact(hop=0, apart_seconds=0.25, seconds=tuple(took)))
        for name, took in zip(REFERENCES, seconds, strict=True)
    ]
    facts += [("router", LineFact(hop=1, apart_seconds=0.25, seconds=tuple(router)))]
    return [
        replace(
            sighting(Look.LINE, name, ago=ago, facts=[DialFact(resent=0), fact]),
            ended=NOW - ago + 5,
        )
        for name, fact in facts
    ]


def connects(seconds: float | None, *, ago: float, look: Look = Look.REF_IP) -> list[Observation]:
    """One look at the references, each connected after so many seconds, or never."""
    result = []
    for name in REFERENCES:
        one = sighting(
            look, name, None if seconds is not None else TIMEOUT, silent=seconds is None, ago=ago
        )
        took = replace(one.finding.steps[0], seconds=5.0 if seconds is None else seconds)
        result.append(replace(one, finding=replace(one.finding, steps=(took,))))
    return result


def lately(*looks: Iterable[Observation], told: Cause | None = None, usual: float = 0.06) -> Seen:
    known = {one.key: usual for one in seen(*connects(0.02, ago=1)).standings}
    return replace(seen(*(one for look in looks for one in look)), told_cause=told, usual=known)


def web_sites(*, ago: float) -> list[Observation]:
    """The same operators answer at other hosts of theirs."""
    return [
        replace(one, finding=replace(one.finding, target=f"{one.finding.target}-web"))
        for one in connects(0.02, ago=ago, look=Look.REF_NAME)
    ]


FINE, RETRIED = 0.02, 1.02
CLEAN = [FINE] * 6
LOSSY = [FINE, RETRIED, FINE, RETRIED, FINE, 2.02]
ONE_IN_SIX = [FINE, RETRIED, *CLEAN[2:]]
CALM = [connects(FINE, ago=ago) for ago in (20, 80, 140)]
# In a container, on its engine's own network.
INSIDE = [
    sighting(
        Look.LINK,
        "this host",
        step=Step.READ,
        facts=[
            NetworkFact(
                default_interfaces=("eth0",),
                carrier=True,
                addresses=("172.17.0.2",),
                gateways=("172.17.0.1",),
                has_default_route={Family.IPV4: True},
                fingerprint="inside",
                contained=True,
            )
        ],
    )
]


def one_dead(ago: float, first: float = FINE) -> list[Observation]:
    """One reference of three never answers, while others do before it and after it."""
    first_one, dead = connects(first, ago=ago)[0], connects(None, ago=ago)[1]
    others = [connects(FINE, ago=ago + by)[2] for by in (-1.0, 0.0, 1.0)]
    return [first_one, dead, *others]


QUALITY = {
    "a calm line": (lately(*CALM), None),
    "nothing was looked at": (lately(), None),
    "one connection that came late": (lately(*CALM, burst([FINE, RETRIED, *CLEAN[2:]], CLEAN, CLEAN)), None),
    "many came late, to all": (lately(*CALM, burst(LOSSY, LOSSY, LOSSY)), Cause.LOSS),
    "many came late, and the router's datagrams are lost too": (
        lately(*CALM, burst(LOSSY, LOSSY, LOSSY, router=(0.001, LOST, 0.001, LOST, LOST))),
        Cause.LAN_LOSS,
    ),
    "a router that never answers datagrams says nothing": (
        lately(*CALM, burst(LOSSY, LOSSY, LOSSY, router=(LOST,) * 5)),
        Cause.LOSS,
    ),
    "to one reference only: that is its own affair": (
        lately(*CALM, burst(CLEAN, CLEAN, [RETRIED] * 6)),
        None,
    ),
    "nobody may ask public resolvers, whose operators answer elsewhere": (
        lately(*(web_sites(ago=ago) for ago in (4.1, 5, 6, 7, 20)), burst(*[[LOST] * 8] * 3)),
        None,
    ),
    "some never came, and none came late": (
        lately(*CALM, burst([FINE, LOST] * 3, [LOST, FINE] * 3, CLEAN)),
        Cause.NEW_CONNECTIONS_FAILING,
    ),
    "one reference is dead, and another loses a packet now and then": (
        lately(*[one_dead(ago) for ago in (10, 30, 50, 70, 90)], one_dead(20, RETRIED)), None,
    ),
    "none came at all: another fault": (lately(*CALM, burst([LOST] * 6, [LOST] * 6, [LOST] * 6)), None),
    "none came for a while, then all did: a fault that is over": (
        lately(connects(None, ago=60), connects(3.1, ago=45), connects(FINE, ago=20), burst(CLEAN, CLEAN, CLEAN)),
        None,
    ),
    "connections in vain where a fault begins": (
        lately(*CALM, connects(FINE, ago=10.5), connects(None, ago=10)), None
    ),
    "connections given up as a fault ended": (
        lately(*CALM, connects(None, ago=10), connects(FINE, ago=5.1), connects(FINE, ago=4.3)), None
    ),
    "connections in vain where a fault ends": (
        lately(*CALM, connects(None, ago=10), connects(FINE, ago=4.8), connects(FINE, ago=4.3)), None
    ),
    "loss that was told, and two clean bursts since": (
        lately(
            burst(LOSSY, LOSSY, LOSSY, ago=60), burst(CLEAN, CLEAN, CLEAN, ago=26),
            burst(CLEAN, CLEAN, CLEAN), connects(FINE, ago=20), told=Cause.LOSS,
        ),
        None,
    ),
    "loss that was told, and as many clean connections as a line that loses as much has in a day": (
        lately(
            *[burst(ONE_IN_SIX, CLEAN, ONE_IN_SIX, ago=ago) for ago in (86, 106, 126)],
            *[burst(CLEAN, CLEAN, CLEAN, ago=ago) for ago in (26, 66)], told=Cause.LOSS,
        ),
        Cause.LOSS,
    ),
    "loss that was told minutes ago, and a lull of three since": (
        lately(
            *[burst(ONE_IN_SIX, CLEAN, ONE_IN_SIX, ago=ago) for ago in (200, 260, 320, 380)],
            *[burst(CLEAN, CLEAN, CLEAN, ago=ago) for ago in (66, 126)],
            burst(ONE_IN_SIX, CLEAN, CLEAN), told=Cause.LOSS,
        ),
        Cause.LOSS,
    ),
    "the same before it was told": (
        lately(
            *[burst(ONE_IN_SIX, CLEAN, ONE_IN_SIX, ago=ago) for ago in (200, 260, 320, 380)],
            *[burst(CLEAN, CLEAN, CLEAN, ago=ago) for ago in (66, 126)],
            burst(ONE_IN_SIX, CLEAN, CLEAN),
        ),
        None,
    ),
    "a satellite": (
        lately(*[connects(0.6, ago=ago) for ago in (20, 80)], burst(*[[0.6] * 6] * 3), usual=1.8),
        None,
    ),
    "a longer way than before, and an even one": (lately(*CALM, burst(*[[0.6] * 6] * 3)), None),
    "what waits behind the router, unevenly": (
        lately(*CALM, burst(*[[0.4, 0.7, 1.1, 1.5, 1.9, 2.3]] * 3)),
        Cause.WAN_BUFFERBLOAT,
    ),
    "what waits behind a container's engine, by cable, by Wi-Fi or by the line": (
        lately(*CALM, burst(*[[0.4, 0.7, 1.1, 1.5, 1.9, 2.3]] * 3), INSIDE),
        None,
    ),
    "what is lost on the way to an engine says nothing about a router": (
        lately(*CALM, burst(LOSSY, LOSSY, LOSSY, router=(0.001, LOST, 0.001, LOST, LOST)), INSIDE),
        Cause.LOSS,
    ),
    "what already waits before the router": (
        lately(*CALM, burst(*[[0.4, 0.7, 1.1, 1.5, 1.9, 2.3]] * 3, router=(0.4, 0.9, 1.1, 1.5, 2.0))),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", QUALITY)
def test_quality(case: str) -> None:
    evidence, cause = QUALITY[case]

    assert quality(evidence) is cause


def test_a_poor_line_is_partly_reached_and_says_why() -> None:
    reading = internet(lately(*CALM, burst(LOSSY, LOSSY, LOSSY)))

    assert (reading.value, reading.cause) == (Internet.PARTLY, Cause.LOSS)


BY_TURNS = burst([FINE, LOST] * 3, [LOST, FINE] * 3, CLEAN)
ASKED_ANEW = dict.fromkeys((Look.REF_IP, Look.REF_NAME), NOW)


def test_what_many_connections_have_shown_stands_while_the_references_are_asked_anew() -> None:
    reading = internet(lately(*CALM, BY_TURNS).without(ASKED_ANEW))

    assert (reading.value, reading.cause) == (Internet.PARTLY, Cause.NEW_CONNECTIONS_FAILING)
    assert internet(lately(*CALM).without(ASKED_ANEW)).value is Internet.UNKNOWN


def test_a_line_that_lost_some_and_now_loses_all_is_no_poor_line() -> None:
    dead = lately(*CALM, BY_TURNS, connects(None, ago=3), connects(None, ago=1))

    assert internet(dead).value is Internet.UNREACHABLE


def test_where_connections_to_everybody_fail_by_turns_a_silent_group_is_none() -> None:
    hosts = [one for one in apple(0.05) if one.finding.group != "messaging"]
    messaging = ("identity-bag", "identity")

    def silent(step: Step) -> list[Observation]:
        return [
            sighting(
                Look.APPLE_WEB, name, TIMEOUT, silent=True, ago=ago, group="messaging", step=step
            )
            for name in messaging
            for ago in (1.0, 4.0)
        ]

    never_opened = (*hosts, *silent(Step.CONNECT))
    assert services(lately(*CALM, never_opened)).value is Services.ONE_SILENT
    assert services(lately(*CALM, BY_TURNS, never_opened)).value is Services.UNKNOWN
    # One that opened and then hangs is another matter, and so is one that says no.
    hung = (*hosts, *silent(Step.HANDSHAKE))
    assert services(lately(*CALM, BY_TURNS, hung)).value is Services.ONE_SILENT
    refused = [
        sighting(Look.APPLE_WEB, name, REFUSED, ago=ago, group="messaging", step=Step.CONNECT)
        for name in messaging
        for ago in (1.0, 4.0)
    ]
    assert services(lately(*CALM, BY_TURNS, (*hosts, *refused))).value is Services.ONE_SILENT


def test_a_line_told_as_lossy_is_not_called_well_at_the_first_lull() -> None:
    little = burst([FINE, RETRIED, *CLEAN[2:]], CLEAN, [*CLEAN[:5], RETRIED])

    assert quality(lately(*CALM, little)) is None
    assert quality(lately(*CALM, little, told=Cause.LOSS)) is Cause.LOSS


def late_one(*, ago: float) -> list[Observation]:
    """One reference of three connected with its second SYN."""
    return [*connects(FINE, ago=ago)[:2], connects(RETRIED, ago=ago)[2]]


@pytest.mark.parametrize(
    ("evidence", "doubt"),
    [
        (lately(*CALM), False),
        (lately(*CALM, late_one(ago=5)), True),
        (lately(*CALM, burst([RETRIED, RETRIED, *CLEAN[2:]], CLEAN, CLEAN)), False),  # its own
        (lately(*CALM, connects(0.5, ago=5)), True),  # all is much slower than before
        (lately(*CALM, told=Cause.LOSS), True),
    ],
)
def test_a_burst_is_asked_for_only_on_doubt(evidence: Seen, doubt: bool) -> None:
    assert in_doubt(evidence) is doubt


OUTAGE = (4.02, 4.02, 3.02, 3.02, 2.02, 2.02, 1.02, 1.02)


@pytest.mark.parametrize("counted", [True, False])
def test_a_burst_in_an_outage_of_some_seconds_is_no_full_line(*, counted: bool) -> None:
    """Each connection waited for the SYN that got through, as the kernel counts them: told once in
    the simulated month, at 1 % of loss. Where nothing counts them they came late, and unevenly."""
    resent = tuple(int(seconds) for seconds in OUTAGE) if counted else ()
    sent = [
        replace(
            one,
            finding=replace(
                one.finding,
                facts=tuple(
                    replace(fact, resent=resent)
                    if isinstance(fact, LineFact) and fact.hop == 0
                    else fact
                    for fact in one.finding.facts
                ),
            ),
        )
        for one in burst(OUTAGE, OUTAGE, OUTAGE)
    ]

    late = quality(lately(*CALM, sent)) is Cause.WAN_BUFFERBLOAT

    assert late is not counted


@pytest.mark.parametrize(
    ("evidence", "over"),
    [
        (lately(*CALM, burst(CLEAN, CLEAN, CLEAN), told=Cause.LOSS), True),
        (lately(*CALM, burst(ONE_IN_SIX, CLEAN, CLEAN), told=Cause.LOSS), False),
        (lately(*CALM, burst(CLEAN, CLEAN, [LOST] * 6), told=Cause.LOSS), False),
        (lately(*CALM, told=Cause.LOSS), False),  # nothing was asked
        (lately(*CALM, burst(CLEAN, CLEAN, CLEAN), told=Cause.WAN_BUFFERBLOAT), False),
        (lately(*CALM, burst(CLEAN, CLEAN, CLEAN)), False),
    ],
)
def test_loss_may_be_over_when_the_newest_burst_lost_nothing(evidence: Seen, over: bool) -> None:
    assert may_be_over(evidence) is over


def test_what_was_lost_some_minutes_ago_is_told_only_where_it_was_told_already() -> None:
    since = [connects(FINE, ago=ago) for ago in (20, 50, 80, 110, 140)]
    before = burst(LOSSY, LOSSY, LOSSY, ago=240)

    assert quality(lately(*since, before)) is None
    assert quality(lately(*since, before, told=Cause.LOSS)) is Cause.LOSS


def test_improbable_is_what_it_says() -> None:
    assert tail(0, 10, 0.03) == pytest.approx(1.0)
    assert tail(10, 100, 0.03) < 1e-3
    assert tail(3, 100, 0.03) > 0.5


# ---------------------------------------------------------------- Apple's side of it

OWN = [("identity-bag", "messaging"), ("identity", "messaging"), ("account-web", "account")]


def taking(one: Observation, seconds: float) -> Observation:
    steps = (replace(one.finding.steps[0], seconds=seconds),)
    return replace(one, finding=replace(one.finding, steps=steps))


def apple(seconds: float, ago: float = 1.0) -> list[Observation]:
    """One look at each, its own network taking so long; `web` is rented, and always quick."""
    hosts = [sighting(Look.APPLE_WEB, name, group=group, ago=ago) for name, group in OWN]
    hosts.append(sighting(Look.APPLE_WEB, "web", group="web", ago=ago))
    hosts += [sighting(Look.PUSH_5223, f"courier-{n}", group="push", ago=ago) for n in (1, 2)]
    return [one if one.finding.target == "web" else taking(one, seconds) for one in hosts]


def test_a_host_that_passes_and_fails_by_turns_is_intermittent() -> None:
    turns = [
        sighting(
            Look.APPLE_WEB, "account-web", TIMEOUT if ago in (5, 65) else None,
            silent=ago in (5, 65), ago=ago, group="account",
        )
        for ago in (5, 35, 65, 95)
    ]  # fmt: skip
    others = [one for one in apple(0.05) if one.finding.target != "account-web"]
    account = sighting(Look.APPLE_WEB, "account-lookup", group="account")

    reading = services(seen(*turns, *others, account))

    assert (reading.value, reading.cause) == (Services.PARTLY, Cause.INTERMITTENT)


def test_a_host_whose_name_is_lost_by_turns_is_not_what_is_intermittent() -> None:
    turns = [
        sighting(
            Look.APPLE_WEB, "account-web", TIMEOUT if ago in (5, 65) else None, step=Step.RESOLVE,
            silent=ago in (5, 65), ago=ago, group="account",
        )
        for ago in (5, 35, 65, 95)
    ]  # fmt: skip
    others = [one for one in apple(0.05) if one.finding.target != "account-web"]
    account = sighting(Look.APPLE_WEB, "account-lookup", group="account")

    assert services(seen(*turns, *others, account)).cause is not Cause.INTERMITTENT


def test_one_outage_from_its_beginning_to_its_end_is_not_intermittent() -> None:
    turns = [
        sighting(
            Look.APPLE_WEB, "account-web", TIMEOUT if ago in (35, 65) else None,
            silent=ago in (35, 65), ago=ago, group="account",
        )
        for ago in (5, 35, 65, 95)
    ]  # fmt: skip
    others = [one for one in apple(0.05) if one.finding.target != "account-web"]
    account = sighting(Look.APPLE_WEB, "account-lookup", group="account")

    assert services(seen(*turns, *others, account)).value is Services.WORK


# ---------------------------------------------------------------- chance, and what is usual


def asked(look: Look, failing: set[int], *, rounds: int = 20) -> list[Observation]:
    """Three targets, every 20 s; in these rounds the first of them fails, and passes the next."""
    return [
        sighting(
            look, f"t{n}", TIMEOUT if n == 0 and number in failing else None,
            silent=n == 0 and number in failing, ago=20.0 * (number + 1), step=Step.EXCHANGE,
        )
        for number in range(rounds)
        for n in range(3)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("failing", "needed"),
    [(set(), 2), ({4}, 2), ({4, 9}, 3), ({4, 9, 14}, 4), ({2, 4, 6, 9, 14}, 5)],
)
def test_patience_rises_with_what_fails_by_chance(failing: set[int], needed: int) -> None:
    evidence = seen(*asked(Look.DNS_EACH, failing))

    assert patience(evidence.chances)[Look.DNS_EACH] == needed
    assert all(one.needed == needed for one in evidence.standings)


def names_lost(*operators: str) -> list[Observation]:
    """One of two hosts of each loses its name now and then, while the other passes."""
    return [
        sighting(
            Look.APPLE_WEB, f"{operator} {n}",
            TIMEOUT if n == 0 and number in (2, 5, 8) else None,
            silent=n == 0 and number in (2, 5, 8), ago=20.0 * (number + 1), step=Step.RESOLVE,
            operator=operator,
        )
        for operator in operators
        for number in range(12)
        for n in range(2)
    ]  # fmt: skip


def test_a_look_that_cannot_show_chance_goes_by_what_all_looks_show() -> None:
    """One target: nobody is beside it. It was taken for hard at two, on a line that loses 10 %."""
    alone = [sighting(Look.DNS_APP, "name", ago=30.0 * n) for n in range(1, 12)]
    router = [sighting(Look.GATEWAY, "router", ago=15.0 * n) for n in range(1, 12)]

    of_the_line = patience(seen(*alone, *router, *names_lost("a", "b")).chances)
    of_one = patience(seen(*alone, *router, *names_lost("a")).chances)

    assert of_the_line[Look.APPLE_WEB] == of_one[Look.APPLE_WEB] == 5
    assert of_the_line[Look.DNS_APP] == 5
    assert of_one[Look.DNS_APP] == LEAST
    assert Look.GATEWAY not in of_the_line  # never goes where packets are lost
    standings = seen(*router, *names_lost("a", "b")).of(Look.GATEWAY)
    assert [one.needed for one in standings] == [LEAST]


def test_a_fault_that_is_over_is_no_chance() -> None:
    everything = [
        sighting(Look.DNS_EACH, f"t{n}", TIMEOUT if number in (3, 4, 8) else None, ago=20.0 * number)
        for number in range(1, 20)
        for n in range(3)
    ]  # fmt: skip

    assert patience(seen(*everything).chances)[Look.DNS_EACH] == NEEDED[0][1]


def test_where_looks_fail_by_chance_two_in_a_row_are_not_hard() -> None:
    chances = asked(Look.DNS_EACH, {5, 9, 14})
    two = [sighting(Look.DNS_EACH, "t0", TIMEOUT, ago=ago) for ago in (3, 6)]
    four = [sighting(Look.DNS_EACH, "t0", TIMEOUT, ago=ago) for ago in (3, 6, 9, 12)]

    def hard(failures: Sequence[Observation]) -> bool:
        standings = seen(*chances, *failures).of(Look.DNS_EACH)
        return next(one for one in standings if one.key[1] == "t0").hard

    assert not hard(two)
    assert hard(four)


def test_a_family_that_fails_as_a_whole_is_no_line_that_loses() -> None:
    """IPv6 leads nowhere, and IPv4 does not lose a packet."""

    def over(family: Family, seconds: float | None, ago: float) -> list[Observation]:
        return [
            replace(one, finding=replace(one.finding, family=family))
            for one in connects(seconds, ago=ago)
        ]

    fine = [over(Family.IPV4, 0.02, ago) for ago in (2, 8, 14, 20, 26, 32)]
    before = [over(Family.IPV6, 0.02, ago) for ago in (40, 60, 80)]
    dead = [over(Family.IPV6, LOST, ago) for ago in (8, 14, 20, 26)]

    assert quality(lately(*fine, *before, *dead)) is None


def test_a_dead_translator_is_no_line_that_loses() -> None:
    """IPv6 answers; what is sent to the translator, over IPv6 too, does not."""
    prefix = TranslatorFact(prefixes=("64:ff9b::/96",))

    def over(address: str, seconds: float | None, ago: float) -> list[Observation]:
        return [
            replace(one, finding=replace(one.finding, family=Family.IPV6, address=address))
            for one in connects(seconds, ago=ago)
        ]

    known = sighting(Look.NAT64, "translator", facts=[prefix])
    fine = [over("[2001:db8::7]:443", 0.02, ago) for ago in (2, 8, 14, 20, 26, 32)]
    dead = [over("[64:ff9b::c000:207]:443", LOST, ago) for ago in (8.05, 14.05, 20.05, 26.05)]

    assert quality(lately([known], *fine, *dead)) is None
    assert quality(lately(*fine, *dead)) is not None  # as it would be without one
