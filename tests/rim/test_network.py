"""What can be read from the kernel's tables: the way out, usable addresses, the network's name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.failures import LookFailed
from probe.machine import Address, Interface, Landmarks, Neighbour, Network, Route
from probe.probes.link import fact_of, judge
from probe.reach import families
from probe.words import Failure, Family

V4, V6 = Family.IPV4, Family.IPV6
UNICAST, BLACKHOLE, UNREACHABLE = 1, 6, 7
REACHABLE, STALE, FAILED = 0x02, 0x04, 0x20
MAC, OTHER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
LOOPBACK, CABLE, WIFI, BRIDGE, VPN = 1, 2, 3, 4, 5


def link(index: int, name: str, *, up: bool = True, carrier: bool = True) -> Interface:
    return Interface(index=index, name=name, up=up, carrier=carrier, loopback=index == LOOPBACK)


def address(
    text: str,
    on: int = CABLE,
    *,
    length: int = 24,
    tentative: bool = False,
    temporary: bool = False,
) -> Address:
    return Address(
        address=text,
        interface_index=on,
        prefix_length=length,
        tentative=tentative,
        temporary=temporary,
    )


def route(
    to: str = "0.0.0.0/0",
    via: str = "",
    on: int = CABLE,
    *,
    metric: int = 100,
    table: int = 254,
    kind: int = UNICAST,
) -> Route:
    destination, _, length = to.partition("/")
    return Route(
        family=V6 if ":" in to else V4,
        destination=destination if length != "0" else "",
        prefix_length=int(length),
        gateway=via,
        interface_index=on,
        metric=metric,
        table=table,
        type=kind,
    )


def neighbour(text: str, mac: str = MAC, *, on: int = CABLE, state: int = REACHABLE) -> Neighbour:
    return Neighbour(address=text, interface_index=on, mac=mac, state=state)


HOME = Network(
    interfaces=(
        link(LOOPBACK, "lo"),
        link(CABLE, "eth0"),
        link(WIFI, "wlan0"),
        link(BRIDGE, "docker0"),
    ),
    addresses=(
        address("127.0.0.1", LOOPBACK, length=8),
        address("192.168.1.20"),
        address("2001:db8:1::20", length=64),
        address("2001:db8:1::7e3a", length=64, temporary=True),
        address("fe80::20", length=64),
        address("192.168.1.21", WIFI),
        address("172.17.0.1", BRIDGE, length=16),
    ),
    routes=(
        route("0.0.0.0/0", "192.168.1.1", metric=100),
        route("0.0.0.0/0", "192.168.1.1", WIFI, metric=600),
        route("192.168.1.0/24"),
        route("172.17.0.0/16", on=BRIDGE),
        route("::/0", "fe80::1", metric=1024),
        route("2001:db8:1::/64"),
        route("127.0.0.0/8", on=LOOPBACK, table=255, kind=2),
        route("192.168.1.20/32", on=LOOPBACK, table=255, kind=2),
    ),
    neighbours=(neighbour("192.168.1.1"), neighbour("fe80::1"), neighbour("192.168.1.77", "")),
)


def with_routes(*routes: Route) -> Network:
    return replace(HOME, routes=(*HOME.routes, *routes))


def test_what_else_of_ipv6_has_the_routers_hardware_address_is_the_router() -> None:
    network = replace(
        HOME,
        neighbours=(
            *HOME.neighbours,
            neighbour("2001:db8:1::1"),
            neighbour("2001:db8:1::2", on=WIFI),  # its address on another link
            neighbour("2001:db8:1::3", "02:00:00:00:00:77"),
            neighbour("192.168.1.53"),  # the router answers ARP for it
        ),
    )

    assert network.router_addresses() == ("192.168.1.1", "fe80::1", "2001:db8:1::1")
    assert replace(HOME, neighbours=()).router_addresses() == ("192.168.1.1", "fe80::1")


# ------------------------------------------------------------------ the way out


def test_the_way_out_is_the_default_route_with_the_least_metric() -> None:
    assert [(r.gateway, r.interface_index) for r in HOME.default_routes(V4)] == [
        ("192.168.1.1", CABLE),
        ("192.168.1.1", WIFI),
    ]
    assert [r.gateway for r in HOME.default_routes(V6)] == ["fe80::1"]


@pytest.mark.parametrize(
    ("up", "carrier"), [(True, False), (False, False)], ids=["cable out", "switched off"]
)
def test_a_link_without_carrier_is_no_way_out(up: bool, carrier: bool) -> None:
    network = replace(
        HOME, interfaces=(link(CABLE, "eth0", up=up, carrier=carrier), link(WIFI, "wlan0"))
    )

    assert [r.interface_index for r in network.default_routes(V4)] == [WIFI]
    assert network.default_routes(V6) == ()


def test_an_unreachable_default_route_is_none() -> None:
    network = Network(routes=(route("::/0", on=LOOPBACK, metric=2**32 - 1, kind=UNREACHABLE),))

    assert network.default_routes(V6) == ()


def test_other_tables_count_only_where_the_main_one_has_none() -> None:
    vpn = route("0.0.0.0/0", on=VPN, table=51820, metric=0)

    assert vpn not in with_routes(vpn).default_routes(V4)
    assert Network(routes=(vpn,)).default_routes(V4) == (vpn,)


V6_OUT = route("::/0", "fe80::1")
ADDRESSES = {
    "a private prefix beside IPv4 is not used": (["192.168.1.17", "fd00:77::2"], True, False),
    "a global one is": (["192.168.1.17", "fd00:77::2", "2001:db8::2"], True, True),
    "a private prefix alone is all there is": (["fd00:77::2"], False, True),
}


@pytest.mark.parametrize("case", ADDRESSES)
def test_ipv6_is_tried_where_hosts_would_use_it(case: str) -> None:
    texts, with_v4, tried = ADDRESSES[case]
    routes = (V6_OUT, *((route(via="192.168.1.1"),) if with_v4 else ()))
    network = Network(routes=routes, addresses=tuple(address(text) for text in texts))

    assert (Family.IPV6 in families(network)) is tried
    assert fact_of(network, ()).has_default_route[Family.IPV6] is tried


def test_nothing_known_is_no_way_out() -> None:
    assert Network().default_routes(V4) == ()
    assert Network().usable_addresses(V4) == ()
    assert Network().route_to("17.0.0.1") is None
    assert Network().neighbour("192.168.1.1") is None


# ------------------------------------------------------------------ addresses


def test_usable_addresses_speak_beyond_the_link() -> None:
    assert HOME.usable_addresses(V4) == ("192.168.1.20", "192.168.1.21", "172.17.0.1")
    assert HOME.usable_addresses(V6) == ("2001:db8:1::20", "2001:db8:1::7e3a")


@pytest.mark.parametrize(
    "useless",
    [
        pytest.param(address("169.254.7.7"), id="self-assigned"),
        pytest.param(address("fe80::7"), id="link-local"),
        pytest.param(address("127.0.0.9"), id="loopback"),
        pytest.param(address("::1"), id="IPv6 loopback"),
        pytest.param(address("0.0.0.0"), id="none yet"),
        pytest.param(address("192.168.1.99", tentative=True), id="still being checked"),
    ],
)
def test_an_address_is_useless_that_is(useless: Address) -> None:
    network = Network(addresses=(useless,))

    assert network.usable_addresses(V4) == ()
    assert network.usable_addresses(V6) == ()


# ------------------------------------------------------------------ routes to an address


@pytest.mark.parametrize(
    ("target", "more", "expected"),
    [
        pytest.param("17.0.0.1", (), ("192.168.1.1", CABLE), id="by default"),
        pytest.param("192.168.1.77", (), ("", CABLE), id="on the link"),
        pytest.param("192.168.1.20", (), ("", LOOPBACK), id="this host itself"),
        pytest.param("2620:149::1", (), ("fe80::1", CABLE), id="IPv6 by default"),
        pytest.param(
            "17.0.0.1",
            (route("17.0.0.0/8", "192.168.1.254", metric=999),),
            ("192.168.1.254", CABLE),
            id="by the longer prefix, whatever its metric",
        ),
        pytest.param(
            "17.0.0.1",
            (route("0.0.0.0/1", on=VPN),),
            ("", VPN),
            id="by half of the internet, as VPNs do",
        ),
        pytest.param(
            "17.0.0.1",
            (route("17.0.0.0/8", kind=BLACKHOLE),),
            None,
            id="nowhere: a blackhole",
        ),
        pytest.param(
            "17.0.0.1",
            (route("17.0.0.0/8", on=VPN, table=99),),
            ("192.168.1.1", CABLE),
            id="not by a table of its own rules",
        ),
    ],
)
def test_the_route_to(
    target: str, more: tuple[Route, ...], expected: tuple[str, int] | None
) -> None:
    found = with_routes(*more).route_to(target)

    assert (found and (found.gateway, found.interface_index)) == expected


def test_a_neighbour_is_found_however_it_is_written() -> None:
    found = HOME.neighbour("fe80:0::1%eth0")

    assert found is not None
    assert found.mac == MAC


# ------------------------------------------------------------------ the network's name

SAME: dict[str, Network] = {
    "nothing at all happened": HOME,
    "the tables came in another order": replace(
        HOME,
        interfaces=HOME.interfaces[::-1],
        addresses=HOME.addresses[::-1],
        routes=HOME.routes[::-1],
        neighbours=HOME.neighbours[::-1],
    ),
    "a neighbour's entry grew old": replace(
        HOME,
        neighbours=(neighbour("192.168.1.1", state=STALE), neighbour("fe80::1", state=STALE)),
    ),
    "another neighbour appeared": replace(
        HOME, neighbours=(*HOME.neighbours, neighbour("192.168.1.88", OTHER_MAC))
    ),
    "today's temporary address": replace(
        HOME,
        addresses=tuple(
            replace(a, address="2001:db8:1::ffff") if a.temporary else a for a in HOME.addresses
        ),
    ),
    "a new address is still being checked": replace(
        HOME, addresses=(*HOME.addresses, address("2001:db8:1::99", tentative=True))
    ),
    "a container's bridge came": replace(
        HOME,
        interfaces=(*HOME.interfaces, link(9, "br-7")),
        addresses=(*HOME.addresses, address("172.18.0.1", 9)),
        routes=(*HOME.routes, route("172.18.0.0/16", on=9)),
    ),
}
ANOTHER: dict[str, Network] = {
    "another address": replace(
        HOME,
        addresses=tuple(
            replace(a, address="192.168.1.30") if a.address == "192.168.1.20" else a
            for a in HOME.addresses
        ),
    ),
    "another gateway": replace(
        HOME,
        routes=tuple(
            replace(r, gateway="192.168.1.2") if r.gateway == "192.168.1.1" else r
            for r in HOME.routes
        ),
    ),
    "the same numbers behind another router": replace(
        HOME, neighbours=(neighbour("192.168.1.1", OTHER_MAC), neighbour("fe80::1"))
    ),
    "the cable is out": replace(
        HOME, interfaces=(link(CABLE, "eth0", carrier=False), link(WIFI, "wlan0"))
    ),
    "no way out any more": replace(HOME, routes=HOME.routes[2:4]),
    "a VPN took the default": with_routes(route("0.0.0.0/1", on=VPN), route("128.0.0.0/1", on=VPN)),
    "a VPN with a table of its own": with_routes(route("0.0.0.0/0", on=VPN, table=51820)),
}


@pytest.mark.parametrize("network", [pytest.param(n, id=name) for name, n in SAME.items()])
def test_the_name_stays_when(network: Network) -> None:
    assert network.fingerprint() == HOME.fingerprint()


@pytest.mark.parametrize("network", [pytest.param(n, id=name) for name, n in ANOTHER.items()])
def test_the_name_changes_with(network: Network) -> None:
    marks = Landmarks()

    assert marks.named(HOME).fingerprint() != marks.named(network).fingerprint()
    assert network.fingerprint() != HOME.fingerprint()


UNSEEN = replace(HOME, neighbours=())
GONE = replace(
    HOME,
    neighbours=(
        neighbour("192.168.1.1", "", state=FAILED),
        neighbour("fe80::1", "", state=FAILED),
    ),
)
ELSEWHERE = ANOTHER["the same numbers behind another router"]


def names(*networks: Network) -> list[int]:
    """For each network in turn which name it got, numbered by first appearance."""
    marks, seen = Landmarks(), dict[str, int]()
    return [seen.setdefault(marks.named(n).fingerprint(), len(seen)) for n in networks]


def test_meeting_the_gateway_is_no_change_of_network() -> None:
    assert names(UNSEEN, HOME, UNSEEN) == [0, 0, 0]


def test_the_death_of_the_gateway_is_no_change_of_network() -> None:
    assert names(HOME, GONE, HOME) == [0, 0, 0]


def test_another_router_is_another_network_and_coming_home_is_coming_home() -> None:
    assert names(HOME, ELSEWHERE, GONE, HOME, ELSEWHERE) == [0, 1, 0, 0, 1]


def test_a_long_journey_is_not_remembered_for_ever() -> None:
    marks = Landmarks()
    first = marks.named(UNSEEN).fingerprint()
    marks.named(HOME)
    for number in range(100):
        marks.named(replace(HOME, addresses=(address(f"10.0.{number}.1"),)))

    assert marks.named(HOME).fingerprint() != first  # forgotten, and named by what is known now


def with_vpn(*routes: Route, kind: str = "", also: str = "") -> Network:
    """At home, with one more link and these routes."""
    tunnel = Interface(index=VPN, name="tun0", up=True, carrier=True, loopback=False, kind=kind)
    return replace(
        HOME,
        interfaces=(*HOME.interfaces, tunnel),
        routes=(*(() if also == "no other way" else HOME.routes), *routes),
    )


HALVES = (route("0.0.0.0/1", on=VPN), route("128.0.0.0/1", on=VPN))


def test_a_router_known_on_its_link_only_is_named_with_its_link() -> None:
    both = Network(routes=(route("::/0", via="fe80::1"), route(via="192.168.1.1")))

    assert both.gateway(V6) == f"fe80::1%{CABLE}"
    assert both.gateway(V4) == "192.168.1.1"


OUT_V6 = route("::/0", via="fe80::1")
HALVES_V6 = (route("::/1", on=VPN), route("8000::/1", on=VPN))
TAKES_ALL: dict[str, tuple[Network, str]] = {
    "none": (HOME, ""),
    "by two halves, whatever link": (with_vpn(*HALVES), "tun0"),
    "by a better default route": (with_vpn(route(on=VPN, metric=50), kind="tun"), "tun0"),
    "in a table of its own": (with_vpn(route(on=VPN, table=51820), kind="wireguard"), "tun0"),
    "a worse default route": (with_vpn(route(on=VPN, metric=900), kind="tun"), ""),
    "another line, hardware": (with_vpn(route(on=VPN, metric=50)), ""),
    "for one network only": (with_vpn(route("10.0.0.0/8", on=VPN), kind="wireguard"), ""),
    "the only way out: this is the line": (
        with_vpn(route(on=VPN), kind="tun", also="no other way"), ""),
    "by two halves of IPv6, where there is nothing else": (
        with_vpn(OUT_V6, *HALVES_V6, also="no other way"), "tun0"),
    "by two halves of IPv6, beside IPv4": (with_vpn(OUT_V6, *HALVES_V6), ""),
}  # fmt: skip


@pytest.mark.parametrize("case", TAKES_ALL)
def test_a_vpn_that_takes_everything(case: str) -> None:
    network, name = TAKES_ALL[case]

    assert network.vpn() == name
    assert fact_of(network, ()).vpn == name


def made_of_software(index: int, name: str, kind: str) -> Interface:
    return replace(link(index, name), kind=kind)


@pytest.mark.parametrize(
    ("others", "routes", "failure"),
    [
        ([], [], Failure.NO_CARRIER),
        ([made_of_software(BRIDGE, "docker0", "bridge")], [], Failure.NO_CARRIER),
        ([made_of_software(VPN, "wg0", "wireguard")], [route(on=VPN)], Failure.NO_CARRIER),
        ([made_of_software(BRIDGE, "ppp0", "ppp")], [route(on=BRIDGE)], None),
        ([link(WIFI, "wlan0")], [], Failure.NO_DEFAULT_ROUTE),
    ],
)  # fmt: skip
def test_a_cable_that_is_out_is_seen_beside_what_the_machine_made_for_itself(
    others: list[Interface], routes: list[Route], failure: Failure | None
) -> None:
    network = Network(
        interfaces=(link(CABLE, "eth0", carrier=False), *others),
        addresses=(address("172.17.0.1", on=BRIDGE), address("192.0.2.9", on=WIFI)),
        routes=tuple(routes),
    )

    if failure is None:
        assert judge(network)
        return
    with pytest.raises(LookFailed) as failed:
        judge(network)
    assert failed.value.failure is failure
