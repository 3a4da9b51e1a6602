"""What a row written with IPv4 addresses becomes where the home has IPv6 alone."""

from __future__ import annotations

import pytest

from tests.lab import internet, translation


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("curl -k https://9.9.9.9/", "curl -k https://[2620:fe::fe]/"),
        ("openssl s_client -connect 17.57.144.11:5223 -x", "-connect [2620:149:a44::11]:5223 -x"),
        ("--resolve a.example:443:17.57.144.11 b", "--resolve a.example:443:[2620:149:a44::11] b"),
        ("dig @192.168.77.1 www.google.com", "dig @2a02:8100:77::1 www.google.com"),
        ("dig @192.168.77.53 www.google.com", "dig @2a02:8100:77::53 www.google.com"),
        ("dig @84.200.69.80 www.google.com", "dig @2a02:8100:53::1 www.google.com"),
        ('proxy = "http://192.168.77.1:3128"', 'proxy = "http://[2a02:8100:77::1]:3128"'),
    ],
)
def test_a_party_is_reached_by_an_ipv6_address_of_its_own(written: str, said: str) -> None:
    assert translation.said(written).endswith(said)


def test_a_party_without_one_is_reached_through_the_translator() -> None:
    assert not internet.GSA.v6
    assert translation.said(f"ping {internet.GSA.v4}") == "ping 64:ff9b::1120:c207"


@pytest.mark.parametrize(
    "text",
    [
        "dig @127.0.0.53 www.google.com",
        "ip addr del 169.254.7.9 dev eth0",
        "curl https://[64:ff9b::9.9.9.9]/",
        "curl https://www.apple.com/ -w 1.2.3",
    ],
)
def test_what_is_no_address_of_another_stays(text: str) -> None:
    assert translation.said(text) == text


def test_a_private_address_is_not_translated() -> None:
    assert translation.reached("10.0.0.80") == "fd00:10::a00:50"


@pytest.mark.parametrize(
    ("rule", "more"),
    [
        (
            "ip daddr 17.0.0.0/8 reject with icmp type admin-prohibited",
            "ip6 daddr { 64:ff9b::1100:0/104, 2403:300::/32, 2620:149::/32 }"
            " reject with icmpv6 type admin-prohibited",
        ),
        (
            "ip daddr { 17.32.194.5, 17.32.194.6 } tcp dport 443 drop",
            "ip6 daddr { 64:ff9b::1120:c205/128, 64:ff9b::1120:c206/128, 2620:149:a01::5/128 }"
            " tcp dport 443 drop",
        ),
        (
            "ip saddr 17.188.143.34 ip length > 900 drop",
            "ip6 saddr { 64:ff9b::11bc:8f22/128, 2620:149:a02::34/128 } ip6 length > 900 drop",
        ),
        ("udp dport 53 dnat ip to 192.168.77.1", "udp dport 53 dnat ip6 to 2a02:8100:77::1"),
    ],
)
def test_a_rule_matches_the_same_parties_over_ipv6(rule: str, more: str) -> None:
    assert translation.ruled(rule) == (rule, more)


def test_what_is_to_be_met_by_all_but_one_is_met_by_all_but_that_one() -> None:
    _, more = translation.ruled("ip daddr != 23.63.99.11 tcp dport 80 redirect to :8080")

    assert more.startswith("ip6 daddr != { 64:ff9b::173f:630b/128, 2a02:26f0:a1:181::1acb/128 }")


def test_a_rule_about_neither_protocol_stays_one() -> None:
    assert translation.ruled("tcp dport 5223 drop") == ("tcp dport 5223 drop",)


@pytest.mark.parametrize(
    ("option", "more"),
    [
        ("--address=/push.apple.com/0.0.0.0", ("--address=/push.apple.com/::",)),
        ("--address=/#/192.168.77.1", ("--address=/#/2a02:8100:77::1",)),
        ("--host-record=a.example,17.57.144.12", ("--host-record=a.example,2620:149:a44::12",)),
        ("--address=/push.apple.com/", ()),
        ("--filter-AAAA", ()),
    ],
)
def test_a_name_that_leads_elsewhere_does_so_over_ipv6(option: str, more: tuple[str, ...]) -> None:
    assert translation.answered(option) == (option, *more)
