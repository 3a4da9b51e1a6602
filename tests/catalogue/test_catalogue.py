"""One list of Apple's hosts, and everything else that names one comes from it."""

from __future__ import annotations

import pytest

from probe.catalogue import (
    APPLE,
    BY_NAME,
    CATALOGUE,
    EITHER,
    GROUP,
    GROUPS,
    MEDIA,
    PUBLIC,
    TCP,
    entries_of,
    services_of,
    with_included,
)
from probe.settings import Settings
from probe.settings.addresses import is_host
from probe.targets import Targets
from probe.wire.names import same_service


def test_every_row_is_whole() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    for entry in CATALOGUE:
        assert entry.group in GROUP, entry.name
        assert entry.pki in {PUBLIC, APPLE, EITHER}, entry.name
        assert entry.ports, entry.name
        assert all(0 < port < 65536 for port in entry.ports), entry.name
        assert entry.protocol == MEDIA or is_host(entry.host.format(n=1)), entry.name
        assert entry.why, entry.name
        assert entry.source, entry.name
        assert entry.healthy, entry.name
        assert entry.last_seen is None or entry.last_seen >= entry.checked, entry.name


def test_what_is_looked_at_all_the_time_knows_whose_network_it_is_and_who_vouches() -> None:
    watched = [entry for entry in CATALOGUE if entry.watched]

    assert [host.name for host in Targets().apple_hosts] == [entry.name for entry in watched]
    assert all(entry.own_network is not None for entry in watched if entry.essential)
    assert all(entry.pki != EITHER for entry in watched)
    assert all(entry.protocol == TCP for entry in watched)


def test_the_targets_name_no_host_of_apples_that_the_catalogue_does_not() -> None:
    targets = Targets()
    known = {entry.host for entry in CATALOGUE}

    assert targets.courier.host_pattern in known
    assert targets.provider is not None
    assert targets.provider.host in known
    assert {host.host for host in targets.apple_hosts} <= known
    assert {feed.host for feed in targets.feeds} <= known
    assert {page.host for page in targets.portal_pages if page.operator == "apple"} <= known
    assert {server.host for server in targets.time_servers if server.operator == "apple"} <= known
    assert set(targets.relay_names) <= known


@pytest.mark.parametrize("group", [group.name for group in GROUPS])
def test_every_group_has_hosts_and_includes_groups_that_exist(group: str) -> None:
    assert any(entry.group == group for entry in CATALOGUE)
    assert set(with_included([group])) <= set(GROUP)


def test_management_needs_what_devices_need_before_and_after_enrolment() -> None:
    groups = {entry.group for entry in entries_of(["mdm"])}

    assert {"mdm", "push", "activation", "updates", "certificates", "time", "account"} <= groups
    assert "relay" not in groups  # a network may forbid it and still be ready


def test_all_means_all() -> None:
    assert entries_of(["all"]) == CATALOGUE


def test_a_group_of_services_may_be_watched_by_its_name() -> None:
    settings = Settings.model_validate({"targets": {"watched_services": ["messaging", "APNS"]}})

    assert settings.targets().watched_services == ("iMessage", "FaceTime", "APNS")


def test_what_is_watched_by_default_is_messages_calls_push_account_icloud_and_the_store() -> None:
    assert services_of(Targets().watched_services) == (
        "iMessage",
        "FaceTime",
        "APNS",
        "Apple Account",
        "iCloud Account & Sign In",
        "App Store",
    )


def test_no_service_is_named_twice_in_a_group_under_old_and_new_names() -> None:
    for group in GROUPS:
        for place, service in enumerate(group.services):
            assert not any(same_service(service, other) for other in group.services[place + 1 :])
