"""Every outside host that is contacted is listed, with its port and its reason."""

from __future__ import annotations

from dataclasses import replace

from probe.inventory import hosts_of, inventory, inventory_text
from probe.looks import PLAN
from probe.targets import MESSENGERS, Targets, Vantage, WebProxy
from probe.words import Look

TARGETS = Targets()
PROXY = WebProxy(host="proxy.example", port=3128)
THIS_NETWORK = {Look.SELF, Look.LINK, Look.GATEWAY, Look.NAT64}


def listed(look: Look) -> set[str]:
    return {row["host"] for row in hosts_of(look, TARGETS, PROXY)}


def test_every_look_beyond_this_network_lists_its_hosts() -> None:
    assert {look for look in PLAN if not listed(look)} == {*THIS_NETWORK, Look.MESSENGERS}


def test_other_apps_are_listed_once_somebody_chose_them() -> None:
    chosen = replace(TARGETS, messengers=MESSENGERS)

    assert {row["host"] for row in hosts_of(Look.MESSENGERS, chosen, PROXY)} == {
        "web.whatsapp.com",
        "chat.signal.org",
        "web.telegram.org",
    }


def test_a_second_opinion_may_be_asked_over_either_family() -> None:
    for reference in TARGETS.references_by_address:
        assert {reference.host, reference.host_v6} <= listed(Look.DNS_ALT)


def test_the_search_near_us_talks_to_the_hosts_that_fail() -> None:
    couriers = {TARGETS.courier.host_pattern}

    assert listed(Look.NEARBY) == {host.host for host in TARGETS.apple_hosts} | couriers


def test_the_prometheus_of_the_other_sites_is_listed_once_somebody_names_it() -> None:
    chosen = replace(TARGETS, vantage=Vantage(host="metrics.example.net", site="home"))

    assert "metrics.example.net" in {r["host"] for r in hosts_of(Look.NEARBY, chosen, PROXY)}


def test_the_webhook_is_listed_without_the_path_that_may_be_a_secret() -> None:
    hook = "https://hooks.example/T0/secret"
    rows = inventory(PLAN, TARGETS, lambda key: "default", webhook=hook)
    said = inventory_text(rows)

    assert "notify     at every turn" in said
    assert "hooks.example:443" in said
    assert "secret" not in said.partition("notify")[2]


def test_every_host_has_a_reason_in_what_a_person_reads() -> None:
    rows = inventory(PLAN, TARGETS, lambda key: "default")

    assert all(host["why"] for row in rows for host in row["hosts"])
    assert "captive.apple.com:80" in inventory_text(rows)
