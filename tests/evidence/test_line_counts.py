"""What a line loses, counted on connections: which count, what is a loss, how many prove it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import DialFact, LineFact, Observation, StepTaken
from probe.verdict.seen import Seen
from probe.verdict.signals.line import (
    AMONG_SECONDS,
    AT_ONCE_SECONDS,
    BESIDE_SECONDS,
    WINDOW_SECONDS,
    Count,
    Dial,
    beside,
    count,
    dials,
    dials_of,
    hops,
    in_doubt,
    lost_before_the_router,
    newest,
    of_losses,
    out_of_reach,
    quality,
    retries,
    through,
    trembles,
    waited,
    way_before,
)
from probe.words import Cause, Failure, Family, Look, Step
from tests.evidence.test_line import CALM, FINE, RETRIED, burst, connects, lately
from tests.support.sightings import NOW, seen, sighting

TIMEOUT = Failure.GENERIC_TIMEOUT
TWICE = 2.02  # two SYNs were lost

# ---------------------------------------------------------------- which connections are counted


def tried(
    seconds: float, failure: Failure | None = None, *, resent: int | None = None
) -> Observation:
    """A name that was found, and a connection that took so long."""
    one = sighting(Look.REF_NAME, "a", failure)
    steps = (
        StepTaken(step=Step.RESOLVE, seconds=3.0),
        replace(one.finding.steps[0], seconds=seconds),
    )
    facts = () if resent is None else (DialFact(resent=resent),)
    return replace(one, finding=replace(one.finding, steps=steps, facts=facts))


DIALS: dict[str, tuple[Observation, list[tuple[float | None, int, int | None]]]] = {
    "it came": (tried(0.02), [(0.02, 1, None)]),
    "it came with the second SYN, by the kernel's count": (tried(1.02, resent=1), [(1.02, 1, 1)]),
    "in vain for five seconds: five SYNs": (tried(5.0, TIMEOUT), [(None, 5, None)]),
    "in vain, and the last SYN fell due as it ended": (tried(4.0, TIMEOUT), [(None, 4, None)]),
    "in vain for just as long as a SYN is waited for": (tried(0.8, TIMEOUT), [(None, 1, None)]),
    "turned away at once": (tried(0.5, Failure.CONNECTION_REFUSED), []),
    "our own trouble": (tried(5.0, Failure.SELF_FD_EXHAUSTED), []),
    "it fell at its name": (
        sighting(Look.REF_NAME, "a", TIMEOUT, step=Step.RESOLVE, silent=True),
        [],
    ),
    "datagrams to the router": (
        sighting(
            Look.LINE, "router", facts=[LineFact(hop=1, apart_seconds=0.2, seconds=(0.01, None))]
        ),
        [],
    ),
}


@pytest.mark.parametrize("case", DIALS)
def test_which_connections_are_counted(case: str) -> None:
    observation, expected = DIALS[case]

    assert [(one.seconds, one.tries, one.resent) for one in dials_of(observation)] == expected


@pytest.mark.parametrize("resent", [(), (0, None, 2)])
def test_a_burst_is_one_connection_after_the_other_of_four_syns_each(
    resent: tuple[int | None, ...],
) -> None:
    """probe/probes/line.py waits for four SYNs."""
    took = (0.02, None, 2.02)
    fact = LineFact(hop=0, apart_seconds=0.25, seconds=took, resent=resent)

    found = dials_of(sighting(Look.LINE, "a", ago=10.0, facts=[fact]))

    assert [one.at for one in found] == [NOW - 10, NOW - 9.75, NOW - 9.5]
    assert [one.seconds for one in found] == list(took)
    assert [one.resent for one in found] == list(resent or (None, None, None))
    assert {(one.operator, one.tries, one.family) for one in found} == {("a", 4, Family.IPV4)}


@pytest.mark.parametrize(
    ("address", "family"),
    [("[64:ff9b::c000:207]:443", Family.IPV4), ("[2001:db8::7]:443", Family.IPV6)],
)
def test_what_goes_by_a_translator_is_ipv4(address: str, family: Family) -> None:
    one = sighting(Look.REF_IP, "a", family=Family.IPV6, address=address)

    assert [dial.family for dial in through(one, ["64:ff9b::/96"])] == [family]


def test_only_the_last_three_minutes_count() -> None:
    edge = sighting(Look.REF_IP, "a", ago=WINDOW_SECONDS)
    older = sighting(Look.REF_IP, "a", ago=180.5)

    assert [one.at for one in dials(seen(edge, older), [Look.REF_IP])] == [NOW - 180]
    assert dials(seen(edge), [Look.REF_NAME]) == []


# ---------------------------------------------------------------- what is a loss

AT = 16.0
BESIDE: dict[str, tuple[list[float], bool]] = {
    "before it and after it, near": ([AT - 0.5, AT + 0.5], True),
    "at once with it": ([AT + 0.05], True),
    "at once with it, at the very edge": ([AT + AT_ONCE_SECONDS], True),
    "near it at the very edge": ([AT - 1.5, AT + BESIDE_SECONDS], True),
    "after it at the very edge": ([AT - 0.5, AT + AMONG_SECONDS], True),
    "near it nobody": ([AT - 0.75, AT + 0.75], False),
    "after it nobody: a fault begins": ([AT - 0.5], False),
    "after it only much later": ([AT - 0.5, AT + 2.5], False),
    "before it nobody: a fault ends": ([AT + 0.5], False),
    "before it only much earlier": ([AT - 2.5, AT + 0.5], False),
    "hardly at once with it, and nobody before": ([AT + 0.15, AT + 1.0], False),
    "hardly at once with it, and nobody after": ([AT - 1.0, AT - 0.15], False),
}


@pytest.mark.parametrize("case", BESIDE)
def test_a_syn_is_lost_while_others_of_its_moment_are_answered(case: str) -> None:
    answered, is_beside = BESIDE[case]

    assert beside(answered, AT) is is_beside


def dial(
    at: float, seconds: float | None = FINE, *, operator: str = "a", tries: int = 4,
    resent: int | None = None,
) -> Dial:  # fmt: skip
    return Dial(
        at=at, operator=operator, target=operator, seconds=seconds, tries=tries, resent=resent
    )


@pytest.mark.parametrize(
    ("late", "lost"), [(0.75, 0), (0.8, 1), (1.02, 1), (1.1, 1), (1.75, 1), (2.02, 2), (4.02, 4)]
)
def test_a_connection_that_is_a_second_late_lost_its_first_syn(late: float, lost: int) -> None:
    """tcp_syn_linear_timeouts: a SYN goes out every second."""
    assert retries(dial(0.0), late) == lost
    assert retries(dial(0.0, resent=3), late) == 3, "the kernel knows better"


def test_losses_are_counted_with_who_lost_and_since_when_nothing_is_lost() -> None:
    beats = [dial(at / 2, operator="b") for at in range(20)]  # b answers twice a second
    late = dial(2.0, 1.02, operator="a")  # its first SYN was lost
    vain = dial(5.1, None, operator="a", tries=2)  # both were
    early = dial(0.1, 0.02, operator="a")

    newest_first = sorted([*beats, late, vain, early], key=lambda one: -one.at)

    assert count(newest_first) == Count(
        lost=3,
        sent=3 + 22,
        retried=1,
        vain=1,
        operators=1,
        clean=9,  # b's, at 5.5 to 9.5 s
        connections=22 + 1,
    )


def test_what_nobody_was_answered_beside_is_no_loss_and_ends_no_calm() -> None:
    """A fault with a beginning and an end, and calm before and after it."""
    dials = [dial(20.0), dial(10.0, None), dial(0.0)]

    assert count(dials) == Count(
        lost=0, sent=2, retried=0, vain=0, operators=0, clean=2, connections=2
    )


def test_on_a_long_way_what_came_at_once_was_answered_at_once() -> None:
    """A satellite's half a second is no second SYN."""
    answered = [dial(10.0, 0.5, operator="b"), dial(9.75, 0.5, operator="b")]

    assert count([*answered, dial(9.75, None, tries=1), dial(0.0, 0.5)]).lost == 1


@pytest.mark.parametrize(
    ("vain", "before", "unheard"), [(8, FINE, {"a"}), (7, FINE, set()), (7, None, {"a"})]
)
def test_what_a_whole_burst_did_not_reach_is_no_loss(
    vain: int, before: float | None, unheard: set[str]
) -> None:
    """Blocked or down: a burst is eight connections (probe/probes/line.py)."""
    in_vain = [dial(90.0 - n, None) for n in range(vain)]

    assert out_of_reach([*in_vain, dial(50.0, before), dial(40.0, operator="b")]) == unheard


def test_only_syns_of_the_moment_that_others_were_answered_in_are_lost() -> None:
    """Sent at 5, 6, 7 and 8 s; answers around the last two alone."""
    answers = [dial(at, operator="b") for at in (6.6, 7.1, 7.5, 8.2, 8.5)]
    newest_first = [*reversed(answers), dial(5.0, None), dial(0.0)]

    assert count(newest_first).lost == 2


@pytest.mark.parametrize(("silent", "lost"), [("b", 1), ("c", 0)])
def test_what_an_operator_of_whom_nobody_answers_did_not_answer_is_no_loss(
    silent: str, lost: int
) -> None:
    tried = [dial(6.0, operator="b"), dial(5.5, None, operator=silent, tries=1), dial(5.0)]

    assert count([*tried, dial(0.0, operator="b")]).lost == lost


def test_the_one_moment_that_is_spared_is_of_one_family() -> None:
    """Two SYNs over IPv4 and one over IPv6 were lost after the first answer of each."""
    four = [dial(6.0), dial(5.5, None, tries=1), dial(5.5, None, tries=1), dial(5.0)]
    six = [replace(one, family=Family.IPV6) for one in (four[0], four[1], four[3])]

    assert count([*four, *six]).lost == 3
    assert count([*four, *six], but_one_moment=True).lost == 1


# ---------------------------------------------------------------- how many prove it


def losses(
    lost: int = 0, sent: int = 100, *, retried: int = 20, vain: int = 0, clean: int = 0,
    operators: int = 3, connections: int = 100,
) -> Count:  # fmt: skip
    return Count(
        lost=lost, sent=sent, retried=retried, vain=vain, operators=operators, clean=clean,
        connections=connections,
    )  # fmt: skip


FAILING = Cause.NEW_CONNECTIONS_FAILING
# The probabilities are binomial: at least so many lost of so many sent, at 3 % (1 % when told).
LOSSES: dict[str, tuple[Count, bool, Cause | None]] = {
    "nothing lost": (losses(0), False, None),
    "12 of 100, by chance 5 times in 100,000": (losses(12), False, Cause.LOSS),
    "7 of 40, by chance 1.7 times in 10,000": (losses(7, 40), False, None),
    "all of it at one operator": (losses(30, operators=1), False, None),
    "at two": (losses(30, operators=2), False, Cause.LOSS),
    "told, 3 of 60: at 1 % by chance twice in a hundred": (losses(3, 60), True, Cause.LOSS),
    "told, 2 of 40: at 1 % by chance six times in a hundred": (losses(2, 40), True, None),
    "not told, 3 of 60": (losses(3, 60), False, None),
    "a fifth lost before, 41 clean since: by chance 1.1 in 10,000": (
        losses(20, 141, clean=41),
        False,
        Cause.LOSS,
    ),
    "a fifth lost before, 42 clean since: by chance 0.9 in 10,000": (
        losses(20, 142, clean=42),
        False,
        None,
    ),
    "three in vain, none late": (losses(3, retried=0, vain=3), False, FAILING),
    "two in vain, none late": (losses(2, retried=0, vain=2), False, None),
    "four in vain, two late": (losses(30, retried=2, vain=4), False, FAILING),
    "four in vain, three late": (losses(30, retried=3, vain=4), False, Cause.LOSS),
    "two in vain of many lost, none late": (losses(30, retried=0, vain=2), False, Cause.LOSS),
    "a fifth in vain before, 41 clean since": (
        losses(20, retried=0, vain=20, clean=41, connections=141),
        False,
        FAILING,
    ),
    "a fifth in vain before, 42 clean since": (
        losses(20, retried=0, vain=20, clean=42, connections=142),
        False,
        None,
    ),
}


@pytest.mark.parametrize("case", LOSSES)
def test_how_many_losses_prove_what(case: str) -> None:
    found, told, cause = LOSSES[case]

    assert of_losses(found, told=told) is cause


@pytest.mark.parametrize(("last", "cause"), [(4, Cause.LOSS), (3, None)])
def test_twelve_connections_are_enough(last: int, cause: Cause | None) -> None:
    odd, even = [TWICE, FINE, TWICE, FINE], [FINE, TWICE, FINE, TWICE]

    assert quality(lately(burst(odd, even, [TWICE, RETRIED, FINE, FINE][:last]))) is cause


@pytest.mark.parametrize(("another", "cause"), [(False, None), (True, Cause.LOSS)])
def test_an_outage_of_a_second_within_one_burst_is_no_line_that_loses(
    *, another: bool, cause: Cause | None
) -> None:
    """Seen in a simulated month: a line that loses 1 % was out for 1.1 s, and was called lossy."""
    out = [FINE, FINE, FINE, TWICE, RETRIED, RETRIED, RETRIED, RETRIED]
    lost_elsewhere = [FINE, RETRIED, FINE, RETRIED, RETRIED, FINE, RETRIED, FINE]
    before = burst(lost_elsewhere, out, lost_elsewhere[::-1], ago=30.0)

    assert quality(lately([*burst(out, out, out), *(before if another else [])])) is cause


# ---------------------------------------------------------------- delays that hide it


def all_at(seconds: float, *, count: int = 12, at: float = 10.0, **more: int) -> list[Dial]:
    return [dial(at - n / 8, seconds, resent=more.get("resent")) for n in range(count)]


TREMBLES: dict[str, tuple[list[Dial], bool]] = {
    "all much later than the fastest": ([*all_at(0.75), dial(0.0, 0.25)], True),
    "by just what is allowed": ([*all_at(0.4), dial(0.0, 0.0)], False),
    "by less than what is allowed": ([*all_at(0.5), dial(0.0, 0.25)], False),
    "too few of them": ([*all_at(0.75, count=11), dial(0.0, 0.25)], False),
    "too few of the newest burst": (
        [*all_at(0.75, count=11), dial(7.9375, 0.75), dial(0.0, 0.25)],
        False,
    ),
    "the first of the newest burst are two seconds older": (
        [*all_at(0.75, count=11), dial(8.0, 0.75), dial(0.0, 0.25)],
        True,
    ),
    "the kernel counts": ([*all_at(0.75, resent=0), dial(0.0, 0.25, resent=0)], False),
    "the kernel counts, and some came never": (
        [*all_at(0.75, resent=0), dial(1.0, None), dial(0.0, 0.25, resent=0)],
        False,
    ),
    "the kernel counted one alone": ([*all_at(0.75), dial(0.0, 0.25, resent=0)], True),
    "none came": ([dial(10.0, None)], False),
}


@pytest.mark.parametrize("case", TREMBLES)
def test_a_line_trembles_where_a_late_connection_shows_no_loss(case: str) -> None:
    dials, expected = TREMBLES[case]

    assert trembles(dials) is expected


# ---------------------------------------------------------------- the router's part


def datagrams(sent: int, lost: int, *, hop: int = 1, ago: float = 5.0) -> Observation:
    seconds = (0.001,) * (sent - lost) + (None,) * lost
    fact = LineFact(hop=hop, apart_seconds=0.25, seconds=seconds)
    return sighting(Look.LINE, f"hop {hop}", ago=ago, facts=[DialFact(resent=0), fact])


QUARTER = losses(25, 100)


@pytest.mark.parametrize(
    ("sent", "lost", "before"),
    [(16, 2, True), (16, 3, True), (20, 2, False), (8, 1, False), (16, 0, False), (16, 16, False)],
    ids=["an eighth: half of it", "more", "a tenth", "one alone", "none", "it never answers"],
)
def test_half_of_what_is_lost_is_lost_before_the_router(sent: int, lost: int, before: bool) -> None:
    assert lost_before_the_router(seen(datagrams(sent, lost)), QUARTER) is before


def test_what_the_router_and_who_is_behind_it_answered_lately() -> None:
    looks = [
        datagrams(4, 1),
        datagrams(5, 0, ago=WINDOW_SECONDS),
        datagrams(6, 0, ago=180.5),
        datagrams(7, 0, hop=2),
    ]

    assert sorted(len(fact.seconds) for fact in hops(seen(*looks), 1)) == [4, 5]
    assert [len(fact.seconds) for fact in hops(seen(*looks), 2)] == [7]


def test_the_newest_burst_is_the_last_of_each_target_in_the_window() -> None:
    looks = [
        sighting(Look.LINE, "a", ago=5.0),
        sighting(Look.LINE, "a", ago=65.0),
        sighting(Look.LINE, "b", ago=WINDOW_SECONDS),
        sighting(Look.LINE, "c", ago=180.5),
        sighting(Look.REF_IP, "d", ago=5.0),
    ]

    found = newest(seen(*looks), Look.LINE)

    assert [(one.finding.target, one.started) for one in found] == [
        ("a", NOW - 5), ("b", NOW - 180),
    ]  # fmt: skip


# Twelve connections; a quarter of them, half, and three quarters came after these seconds.
UNEVEN = [[2.375, 2.5, 2.625, middle] for middle in (2.375, 2.5, 2.625)]
EVENER = [[2.45, 2.5, 2.55, middle] for middle in (2.45, 2.5, 2.55)]
IN_VAIN: list[list[float | None]] = [[FINE, None] * 3, [None, FINE] * 3, [FINE] * 6]
WAITS: dict[str, tuple[Seen, Cause | None]] = {
    "a tenth apart": (lately(*CALM, burst(*UNEVEN)), Cause.WAN_BUFFERBLOAT),
    "less than a tenth apart": (lately(*CALM, burst(*EVENER)), None),
    "connections in vain, and the router's datagrams are lost too": (
        lately(*CALM, burst(*IN_VAIN, router=(0.001, None, 0.001, None, None))),
        Cause.NEW_CONNECTIONS_FAILING,
    ),
    "too few came": (lately(*CALM, burst(*UNEVEN[:2], UNEVEN[2][:3])), None),
    "a router that says nothing": (lately(*CALM, burst(*UNEVEN, router=(None,) * 5)), None),
    "something failed a moment ago": (
        lately(*CALM, burst(*UNEVEN), [sighting(Look.APPLE_WEB, "web", TIMEOUT)]),
        None,
    ),
}


@pytest.mark.parametrize("case", WAITS)
def test_what_a_burst_shows(case: str) -> None:
    evidence, cause = WAITS[case]

    assert quality(evidence) is cause


@pytest.mark.parametrize(
    ("router", "cause"),
    [(0.125, Cause.WAN_BUFFERBLOAT), (0.2, Cause.WAN_BUFFERBLOAT), (0.25, None)],
)
def test_the_router_itself_answers_in_less_than_a_quarter_of_the_wait(
    router: float, cause: Cause | None
) -> None:
    """A sixteenth of a second before, and a whole second more since."""
    before = [connects(0.0625, ago=ago) for ago in (20, 80)]
    took = [[0.875, 1.0, 1.0625, 1.0625], [1.0625, 1.0625, 1.0625, 1.25], [0.5, 1.5, 1.75, 2.0]]

    assert quality(lately(*before, burst(*took, router=(router,) * 5), usual=0.25)) is cause


@pytest.mark.parametrize(
    ("seconds", "resent", "wait"),
    [
        (None, 3, None),
        (0.5, None, 0.5),
        (0.5, 0, 0.5),
        (2.5, 2, 0.5),
        # It was answered in the very moment of the second SYN, or just before: the first was.
        (1.0, 1, 1.0),
        (0.75, 1, 0.75),
    ],
)
def test_how_long_the_syn_that_was_answered_waited(
    seconds: float | None, resent: int | None, wait: float | None
) -> None:
    assert waited(dial(0.0, seconds, resent=resent)) == wait


USUAL = {
    (Look.REF_IP, "a", Family.IPV4): 0.5,
    (Look.REF_IP, "b", Family.IPV4): 0.5,
    (Look.REF_NAME, "c", Family.IPV4): 0.125,
    (Look.REF_NAME, "d", Family.IPV4): 0.125,
}


def test_the_way_before_is_half_of_a_look_by_address_or_the_fastest_connection() -> None:
    """Such a look connects, greets and asks: two round trips at least."""
    usual, unknown = replace(seen(), usual=USUAL), seen()
    slow = [dial(2.0, 1.0), dial(1.0, None), dial(0.0, 3.0)]

    assert way_before(usual, slow) == 0.25
    assert way_before(usual, [*slow, dial(0.0, 0.125)]) == 0.125
    assert way_before(unknown, slow) == 1.0


# ---------------------------------------------------------------- when a burst is worth it


def one_late(look: Look, seconds: float | None = RETRIED, *, ago: float = 5.0) -> list[Observation]:
    """One connection of this look lost its first SYN, or never came, among others that did."""
    (one, *_) = connects(seconds, ago=ago, look=look)
    finding = replace(one.finding, target="late", operator="google")
    around = [o for by in (-0.5, 0.0, 0.5, 1.5) for o in connects(FINE, ago=ago - by)]
    return [replace(one, finding=finding), *around]


@pytest.mark.parametrize("seconds", [RETRIED, None])
@pytest.mark.parametrize(
    "look",
    [Look.REF_IP, Look.REF_NAME, Look.CAPTIVE, Look.PUSH_5223, Look.PUSH_443, Look.APPLE_WEB],
)
def test_a_connection_that_lost_a_packet_asks_for_a_burst(
    look: Look, seconds: float | None
) -> None:
    assert in_doubt(lately(one_late(look, seconds)))


def test_one_that_came_late_and_one_in_vain_ask_for_a_burst_too() -> None:
    assert in_doubt(lately(one_late(Look.REF_NAME), one_late(Look.CAPTIVE, None, ago=30.0)))


def test_what_was_there_before_the_last_burst_asks_for_no_other() -> None:
    late = lately(*CALM, one_late(Look.REF_NAME, ago=5.0))

    assert not in_doubt(late, since=NOW - 5.0)
    assert in_doubt(late, since=NOW - 7.0)


def test_one_that_came_never_and_shows_no_loss_is_no_slowness() -> None:
    """Nobody was answered after it yet."""
    assert not in_doubt(lately(*CALM, connects(FINE, ago=7.0), connects(None, ago=5.0)[:1]))


def slower(count: int, *, ago: float = 5.0) -> Seen:
    return lately(*CALM, connects(0.5, ago=ago)[:count])


def test_three_that_are_slower_since_the_last_burst_ask_for_another() -> None:
    assert in_doubt(slower(3), since=NOW - 10.0)
    assert not in_doubt(slower(2), since=NOW - 10.0)
    assert not in_doubt(slower(3), since=NOW - 5.0)
