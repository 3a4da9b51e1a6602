"""Whose side of the router it is, by who turned connections away and who passes packets on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import (
    AnswerFact,
    ConflictFact,
    Hop,
    NetworkFact,
    Observation,
    RouterFact,
    TurnedAwayFact,
)
from probe.verdict.seen import ROUTER_ANSWERS, by_target, look_back
from probe.verdict.signals.apple import push, services
from probe.verdict.signals.host import gateway, link
from probe.verdict.signals.path import internet
from probe.words import (
    Cause,
    Failure,
    Family,
    Gateway,
    Internet,
    Link,
    Look,
    Push,
    Services,
    Signal,
    Step,
)
from tests.support.sightings import NOW, seen, sighting

ROUTER, OWN, PROVIDER, SECOND = "192.168.1.1", "192.168.1.7", "100.64.0.1", "192.168.178.1"
TIMEOUT, UNREACHABLE = Failure.GENERIC_TIMEOUT, Failure.NETWORK_UNREACHABLE


def network(
    failure: Failure | None = None,
    *,
    contained: bool = False,
    router: str = ROUTER,
    vpn: str = "",
) -> Observation:
    fact = NetworkFact(
        default_interfaces=("eth0",),
        carrier=True,
        addresses=(OWN,),
        gateways=(router,),
        has_default_route={Family.IPV4: True},
        fingerprint="home",
        networks=(f"{OWN}/24",),
        contained=contained,
        vpn=vpn,
    )
    return sighting(Look.LINK, "this host", failure, step=Step.READ, facts=[fact])


def ref(
    operator: str, by: str | None = None, *, no_way: bool = True, ago: float = 1
) -> Observation:
    facts = [TurnedAwayFact(offender=by, no_way=no_way)] if by else []
    return sighting(
        Look.REF_IP, f"{operator}-ip", UNREACHABLE if by else TIMEOUT, silent=by is None,
        operator=operator, facts=facts, ago=ago,
    )  # fmt: skip


def router(
    *hops: Hop,
    failure: Failure | None = None,
    answers: bool = True,
    ago: float = 1,
    family: Family = Family.IPV4,
) -> Observation:
    fact = RouterFact(address=ROUTER, answers=answers, hops=hops)
    return sighting(
        Look.GATEWAY, "gateway", failure, step=Step.EXCHANGE, facts=[fact], operator="self",
        silent=failure is Failure.GW_SILENT, ago=ago, family=family,
    )  # fmt: skip


def hop(address: str, *, near: bool = False, no_way: bool = False) -> Hop:
    return Hop(hops=2, address=address, near=near, no_way=no_way)


SILENCE = (ref("a"), ref("b"))
WORD = AnswerFact(resolver=ROUTER, name="x", addresses=(), rcode="SERVFAIL", extended_error=22)
ASKED = sighting(
    Look.DNS_EACH, "r x", Failure.DNS_SERVFAIL, step=Step.CONTENT, facts=[WORD], group="control"
)

SIDES: dict[str, tuple[tuple[Observation, ...], Cause]] = {
    "nobody on the way says anything": ((*SILENCE, router()), Cause.GATEWAY_OR_UPSTREAM),
    "the router knows no way": ((ref("a", ROUTER), ref("b")), Cause.WAN_DOWN),
    "it said so the time before, and is held to one error a second": (
        (ref("a", ROUTER, ago=20), ref("a"), ref("b")), Cause.WAN_DOWN),
    "it said so some time ago, and nothing has come through since": (
        (ref("a", ROUTER, ago=90), ref("a", ago=50), ref("a", ago=20), ref("a"), ref("b")),
        Cause.WAN_DOWN),
    "it said so before something came through": (
        (ref("a", ROUTER, ago=90), sighting(Look.REF_IP, "a-ip", operator="a", ago=50),
         ref("a", ago=20), ref("a"), ref("b")), Cause.GATEWAY_OR_UPSTREAM),
    "it says so to a packet that lives two hops": (
        (*SILENCE, router(hop(ROUTER, near=True, no_way=True))), Cause.WAN_DOWN),
    "it forbids it": ((ref("a", ROUTER, no_way=False), ref("b")), Cause.GATEWAY_OR_UPSTREAM),
    "a machine of the provider's lets packets in": (
        (*SILENCE, router(hop(PROVIDER))), Cause.UPSTREAM_SILENT),
    "a machine of the provider's knows no way": ((ref("a", PROVIDER), ref("b")),
                                                 Cause.UPSTREAM_SILENT),
    "a machine of the provider's lets packets in, or did the time before": (
        (*SILENCE, router(hop(PROVIDER), ago=16), router()), Cause.UPSTREAM_SILENT),
    "a machine of the provider's let packets in before a reference answered last": (
        (sighting(Look.REF_NAME, "c", operator="c", ago=50), router(hop(PROVIDER), ago=16),
         sighting(Look.REF_NAME, "c", operator="c", ago=10),
         sighting(Look.REF_NAME, "c", TIMEOUT, silent=True, operator="c"), *SILENCE, router()),
        Cause.GATEWAY_OR_UPSTREAM),
    "a machine of the provider's says so to a packet that lives two hops": (
        (*SILENCE, router(hop(PROVIDER, no_way=True))), Cause.UPSTREAM_SILENT),
    "a second router, perhaps at home, lets packets in": (
        (*SILENCE, router(hop(SECOND))), Cause.GATEWAY_OR_UPSTREAM),
    "our own stack gave up": ((ref("a", OWN), ref("b", OWN)), Cause.GATEWAY_OR_UPSTREAM),
    "the router's name service finds nobody to ask: that is so in either case": (
        (*SILENCE, ASKED), Cause.GATEWAY_OR_UPSTREAM),
}  # fmt: skip


@pytest.mark.parametrize("case", SIDES)
def test_whose_side_it_is(case: str) -> None:
    observations, cause = SIDES[case]

    reading = internet(seen(network(), *observations))

    assert (reading.value, reading.cause) == (Internet.UNREACHABLE, cause)


# Straight on the provider's line, the router itself has an address of the provider's; over IPv6 one
# of its link, which an ICMP error names with the interface.
NEXT_HOPS: dict[str, tuple[str, Observation, Cause]] = {
    "a router with a provider's address passes packets on": (
        PROVIDER, router(hop(PROVIDER, near=True)), Cause.GATEWAY_OR_UPSTREAM),
    "a router with a provider's address forbids it": (
        PROVIDER, ref("c", PROVIDER, no_way=False), Cause.GATEWAY_OR_UPSTREAM),
    "a router with an address of the link knows no way": (
        "fe80::1", ref("c", "fe80::1%eth0"), Cause.WAN_DOWN),
}  # fmt: skip


@pytest.mark.parametrize("case", NEXT_HOPS)
def test_the_router_is_known_by_its_address_whatever_block_that_is_of(case: str) -> None:
    address, word, cause = NEXT_HOPS[case]

    assert internet(seen(network(router=address), word, *SILENCE)).cause is cause


IN_A_VPN: dict[str, tuple[tuple[Observation, ...], Cause]] = {
    "nothing comes back": (SILENCE, Cause.VPN_OR_UPSTREAM),
    "somebody behind the VPN knows no way": (
        (ref("a", PROVIDER), ref("b")), Cause.VPN_OR_UPSTREAM),
    "the router says that it has no way": ((ref("a", ROUTER), ref("b")), Cause.WAN_DOWN),
}  # fmt: skip


@pytest.mark.parametrize("case", IN_A_VPN)
def test_what_a_vpn_swallows_accuses_neither_router_nor_provider(case: str) -> None:
    observations, cause = IN_A_VPN[case]

    reading = internet(seen(network(vpn="tun0"), router(), *observations))

    assert (reading.value, reading.cause) == (Internet.UNREACHABLE, cause)


INSIDE: dict[str, tuple[tuple[Observation, ...], Cause]] = {
    "its engine knows no way: perhaps our own cable is out": (
        (ref("a", ROUTER), ref("b")), Cause.GATEWAY_OR_UPSTREAM),
    "its engine says so to a packet that lives two hops": (
        (*SILENCE, router(hop(ROUTER, near=True, no_way=True))), Cause.GATEWAY_OR_UPSTREAM),
    "a machine of the provider's knows no way: so cable and router are right": (
        (ref("a", PROVIDER), ref("b")), Cause.UPSTREAM_SILENT),
}  # fmt: skip


@pytest.mark.parametrize("case", INSIDE)
def test_a_containers_own_network_is_no_witness_of_cable_and_router(case: str) -> None:
    observations, cause = INSIDE[case]
    usable = seen(network(contained=True), router(), *observations)

    reading = internet(usable)

    assert (reading.value, reading.cause) == (Internet.UNREACHABLE, cause)
    assert (link(usable).value, gateway(usable).value) == (Link.UNKNOWN, Gateway.UNKNOWN)
    assert gateway(usable).signal is Signal.GATEWAY
    assert "--network host" in link(usable).said
    assert "--network host" in gateway(usable).said


def test_a_container_without_a_network_has_none() -> None:
    usable = seen(network(Failure.NO_CARRIER, contained=True))

    assert link(usable).value is Link.DOWN


GW_SILENT, LOST = Failure.GW_SILENT, Failure.GW_NEIGH_FAILED
ROUTERS: dict[str, tuple[tuple[Observation, ...], bool, Gateway]] = {
    # what is seen, whether this router ever answered here, what is said of it
    "it answers": ((router(),), True, Gateway.ALIVE),
    "silent as all beyond it, and it used to answer": (
        (router(failure=GW_SILENT, answers=False), *SILENCE), True, Gateway.GONE),
    "silent, and something beyond it answers": (
        (router(failure=GW_SILENT, answers=False), ref("a"),
         *(sighting(Look.REF_IP, f"{name}-ip", operator=name) for name in "bc")),
        True, Gateway.UNKNOWN),
    "silent as all beyond it, and it never answered": (
        (router(failure=GW_SILENT, answers=False), *SILENCE), False, Gateway.UNKNOWN),
    "nobody asked it": (SILENCE, True, Gateway.UNKNOWN),
    "this host forbids that it is asked": (
        (router(failure=Failure.OPERATION_NOT_PERMITTED, answers=False), *SILENCE), True,
        Gateway.UNKNOWN),
    "silent over one family, not found over the other": (
        (router(failure=GW_SILENT, answers=False),
         router(failure=LOST, answers=False, family=Family.IPV6), *SILENCE), True, Gateway.GONE),
    "nobody has its address": ((router(failure=LOST, answers=False),), False, Gateway.GONE),
    "silent, but it turned a connection away since": (
        (router(failure=GW_SILENT, answers=False, ago=5), ref("a", ROUTER)), True, Gateway.ALIVE),
    "silent, and it turned a connection away in the same sweep": (
        (router(failure=GW_SILENT, answers=False), ref("a", ROUTER)), True, Gateway.ALIVE),
    "it turned a connection away before it was last asked, over either family": (
        (router(failure=GW_SILENT, answers=False, ago=9), ref("a", ROUTER, ago=5), ref("b"),
         router(failure=GW_SILENT, answers=False, family=Family.IPV6)), True, Gateway.GONE),
    "silent, and it turned a connection away before": (
        (ref("a", ROUTER, ago=9), ref("b"), router(failure=GW_SILENT, answers=False)),
        True, Gateway.GONE),
    "our own stack finds nobody to send to": (
        (ref("a", OWN), ref("b", OWN)), False, Gateway.GONE),
    "our own stack found nobody for one": ((ref("a", OWN), ref("b")), False, Gateway.UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("case", ROUTERS)
def test_whether_the_router_is_there(case: str) -> None:
    observations, answered, value = ROUTERS[case]
    usable = look_back(
        by_target((network(), *observations)),
        now=NOW,
        epoch=0,
        targets=seen().targets,
        witnesses=frozenset({ROUTER_ANSWERS} if answered else ()),
    )

    reading = gateway(usable)

    assert reading.value is value
    assert (reading.cause is Cause.GW_NEIGH_FAILED) is (value is Gateway.GONE)


@pytest.mark.parametrize("failure", [Failure.NO_CARRIER, Failure.NO_USABLE_ADDRESS])
def test_without_carrier_or_address_nothing_leaves_and_nothing_needs_to_be_tried(
    failure: Failure,
) -> None:
    cut = seen(network(failure))

    assert internet(cut).value is Internet.UNREACHABLE
    assert push(cut).value is Push.SILENT
    assert services(cut).value is Services.SILENT


def test_without_a_route_what_was_not_tried_is_not_known() -> None:
    cut = seen(network(Failure.NO_DEFAULT_ROUTE))

    assert internet(cut).value is Internet.UNKNOWN
    assert push(cut).value is Push.UNKNOWN


def test_what_passes_although_no_carrier_was_seen_passes() -> None:
    passing = [sighting(Look.REF_IP, f"{name}-ip", operator=name) for name in "ab"]

    assert internet(seen(network(Failure.NO_CARRIER), *passing)).value is Internet.REACHED


CONFLICT = sighting(
    Look.GATEWAY, "gateway", step=Step.EXCHANGE, operator="self",
    facts=[ConflictFact(address=OWN, mac="02:00:00:00:00:99")],
)  # fmt: skip


def test_while_another_has_this_address_silence_says_nothing_about_the_internet() -> None:
    silent = seen(network(), CONFLICT, *SILENCE)
    looked_again = seen(network(), replace(CONFLICT, started=NOW - 9), router(), *SILENCE)
    passing = seen(
        network(), CONFLICT, *(sighting(Look.REF_IP, f"{n}-ip", operator=n) for n in "ab")
    )

    assert internet(silent).value is Internet.UNKNOWN
    assert internet(looked_again).value is Internet.UNKNOWN, "only one of two looks saw it"
    assert gateway(silent).cause is Cause.IP_CONFLICT
    assert internet(passing).value is Internet.REACHED


LAST = (router(failure=GW_SILENT, answers=False, ago=5), router(ago=1))
BY_TURNS: dict[str, tuple[tuple[Observation, ...], Internet]] = {
    "it answered, was silent, and answers": ((router(ago=30), *LAST), Internet.UNKNOWN),
    "it was silent, and answers": (LAST, Internet.UNREACHABLE),
    "it answered, and is silent": (
        (router(ago=30), router(failure=GW_SILENT, answers=False)), Internet.UNREACHABLE),
    "two minutes ago it answered": ((router(ago=120), *LAST), Internet.UNKNOWN),
    "longer ago it answered": ((router(ago=121), *LAST), Internet.UNREACHABLE),
    "it answered, we could not ask, and it answers": (
        (router(ago=30), router(failure=Failure.SELF_FD_EXHAUSTED, ago=5), router()),
        Internet.UNREACHABLE),
}  # fmt: skip


@pytest.mark.parametrize("case", BY_TURNS)
def test_a_router_that_answers_by_turns_proves_nothing_about_what_is_behind_it(case: str) -> None:
    observations, value = BY_TURNS[case]

    assert internet(seen(network(), *observations, *SILENCE)).value is value


@pytest.mark.parametrize(
    ("word", "push_is", "services_are"),
    [
        ((ref("a", ROUTER), ref("b")), Push.SILENT, Services.SILENT),
        (SILENCE, Push.UNKNOWN, Services.UNKNOWN),  # nobody says why: it is to be tried
        ((ref("a", PROVIDER), ref("b")), Push.UNKNOWN, Services.UNKNOWN),
    ],
    ids=["the router has lost its line", "silence", "somebody beyond it has"],
)
def test_what_the_router_says_it_cannot_reach_need_not_be_tried(
    word: tuple[Observation, ...], push_is: Push, services_are: Services
) -> None:
    evidence = seen(network(), router(), *word)

    assert (push(evidence).value, services(evidence).value) == (push_is, services_are)


def test_what_apple_answered_stands_beside_the_routers_word() -> None:
    answered = sighting(Look.PUSH_5223, "courier-1", group="push")

    assert push(seen(network(), router(), ref("a", ROUTER), ref("b"), answered)).value is Push.WORKS


def test_who_spoke_up_while_the_way_was_open_proves_nothing_about_its_end() -> None:
    """The first look of all searches the way; the router dies before the next but one."""
    open_then = router(hop(PROVIDER), ago=30)
    answered = sighting(Look.REF_IP, "a-ip", operator="a", ago=29.5)
    lately = (network(), answered, router(), *SILENCE)

    assert internet(seen(*lately, open_then)).cause is Cause.GATEWAY_OR_UPSTREAM
    spoke_since = router(hop(PROVIDER), ago=10)
    assert internet(seen(*lately, spoke_since)).cause is Cause.UPSTREAM_SILENT
